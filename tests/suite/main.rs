//! The product from outside: real servers on both databases, the program itself, the migrations,
//! and what breaks.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what it expects by failing"
)]

mod support;

mod api;
mod cli;
mod docs;
mod embed;
mod faults;
mod feeds;
mod fuzz;
mod iati;
mod reindex;
mod schema;
mod tables;
mod upkeep;
