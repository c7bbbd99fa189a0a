//! TODO

pub mod handlers;
pub mod idempotency;
pub mod restore;
pub mod translations;
