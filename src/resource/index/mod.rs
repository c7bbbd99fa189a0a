//! TODO

pub mod full_text;
pub mod verify;
