//! The JSON API; every response is validated against the OpenAPI document.

mod api_keys;
mod caching;
mod captions;
mod completeness;
mod compression;
mod datasets;
mod drafts;
mod health;
mod http;
mod idempotency;
mod impact_summary;
mod indicators;
mod languages;
mod leaks;
mod lists;
mod openapi;
mod origins;
mod purge;
mod query_counts;
mod reads;
mod references;
mod request_bodies;
mod restore;
mod schedule;
mod text_tracks;
mod writes;
