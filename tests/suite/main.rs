//! Black-box tests: real servers on both databases, the command line, the migrations and
//! resilience.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests report failures by panicking"
)]
#![expect(clippy::too_many_arguments, reason = "helpers of tests take what one test varies")]

mod support;

mod api;
mod backup_and_check;
mod cli;
mod docs;
mod embed;
mod feeds;
mod fuzz;
mod iati;
mod impact;
mod logging;
mod reindex;
mod resilience;
mod schema;
mod tables;
