//! The API: every answer is held against the OpenAPI document.

mod caching;
mod completeness;
mod compression;
mod datasets;
mod drafts;
mod health;
mod http;
mod idempotency;
mod indicators;
mod keys;
mod languages;
mod lists;
mod openapi;
mod reads;
mod restore;
mod statements;
mod summary;
mod tracks;
mod writes;
