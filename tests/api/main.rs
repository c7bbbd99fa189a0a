//! The API from outside: real servers on both databases, every answer held against the OpenAPI document.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod support;

mod caching;
mod drafts;
mod health;
mod http;
mod keys;
mod languages;
mod lists;
mod openapi;
mod reads;
mod statements;
mod writes;
