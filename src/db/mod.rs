//! Database access: connections, pools, column types, query building, full-text search and
//! migrations.
//!
//! This is the only module that distinguishes SQLite from PostgreSQL.

pub mod connection;
pub mod database;
pub mod driving_table;
pub mod error;
mod group_commit;
mod heavy_jobs;
mod job;
pub mod keyset;
pub mod maintenance;
pub mod migrations;
mod pool;
pub mod read_limit;
pub mod row_id_bitmap;
pub mod schema;
pub mod schema_version;
pub mod search;
pub mod sort_key;
pub mod sql_fragment;
mod sqlite_file_watch;
mod sqlite_functions;
mod statement_stats;
pub mod types;
mod worker_connection;

pub use crate::db::database::Database;
pub use connection::Connection;
pub use error::Error;
pub use job::{QueryOutcome, ReadCost};
pub use types::{Id, IdMap, RowId, Time, random_nonce};
