//! Storage layer between the database and the model: loads and stores items, translations, text
//! tracks and slugs. Used by the modules that index, render, read and write.

pub mod change_log;
pub mod hierarchy;
pub mod items;
pub mod lookup;
pub(in crate::resource) mod purged_slugs;
pub mod slugs;
pub mod texts;
pub mod tracks;
pub mod visibility;
