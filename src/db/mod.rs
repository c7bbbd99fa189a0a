//! The only place that knows which database it is: connections, pools, types, full-text match,
//! migrations.

pub mod connection;
mod counter;
pub mod error;
mod file;
mod group;
pub mod migrations;
pub mod page;
pub mod schema;
pub mod search;
pub mod sql;
pub mod store;
pub mod types;
pub mod upkeep;
mod workers;

pub use connection::Connection;
pub use error::Error;
pub use store::Database;
pub use types::{Id, IdMap, RowId, Time};
