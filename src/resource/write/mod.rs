//! `POST`, `PUT`, `PATCH`, `DELETE` and restoring: bodies, references, saving, idempotency keys and
//! purging. Used by the handlers of the kinds and by the commands that import and purge.

pub mod body;
pub mod handlers;
pub mod idempotency;
pub mod merge_patch;
pub mod purge;
pub mod references;
pub mod restore;
pub mod save;
pub mod schedule;
pub mod status_change;
mod text_language;
pub mod tracks;
pub mod translations;
