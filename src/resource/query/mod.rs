//! List requests: parses the query parameters of a list by the schema of its kind, and translates
//! them into SQL. Used by the lists, feeds, tables, searches and embeds.

pub mod describe;
pub mod facet_params;
pub mod filter_sql;
mod filter_value;
pub mod item_filter;
pub mod missing;
pub mod pagination;
pub mod params;
pub mod shape;
pub mod sql;
