//! TODO

pub mod context;
pub mod embed_code;
pub mod partner_role;
pub mod urls;
