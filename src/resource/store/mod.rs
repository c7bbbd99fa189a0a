//! TODO

pub mod bulk;
pub mod change_log;
pub mod items;
pub mod tracks;
