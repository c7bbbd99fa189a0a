//! Settings: flags, environment, `.env`; read once and validated together.
//!
//! `settings` declares all of them, since each is a flag of every command. The other files validate
//! one group each and derive from it what the rest of the program takes.

mod catalogue;
mod database;
mod feeds;
mod http;
mod iati;
mod iati_settings;
mod settings;

pub use iati::{ORGANISATION_TYPES, is_iati_identifier};
pub use iati_settings::{IatiSettings, is_organisation_identifier};
pub use settings::{FootnoteSource, Settings};
