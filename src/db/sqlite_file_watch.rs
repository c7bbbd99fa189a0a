//! The file that a SQLite connection has open, watched from outside: SQLite itself goes on writing
//! to one that was deleted.

use std::fs::Metadata;

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;

/// Which file an open connection reads and writes.
pub(super) struct WatchedFile {
    path: String,
    identity: FileIdentity,
}

impl WatchedFile {
    /// Whether the file is still found under its name.
    pub fn is_same_file(&self) -> bool {
        file_identity(&self.path).is_ok_and(|current| current == self.identity)
    }
}

/// Opens a connection, and for SQLite the watch over its file. Creates none: who starts a server
/// prepares its file.
pub(super) fn open_watched(
    target: &Target,
    access: Access,
    session: SessionConfig,
) -> Result<(Connection, Option<WatchedFile>), Error> {
    let Target::Sqlite(path) = target else {
        return Ok((Connection::open(target, access, session)?, None));
    };
    let unavailable = |error: std::io::Error| {
        Error::Unavailable(format!("the database file {path} cannot be opened: {error}"))
    };
    let before = file_identity(path).map_err(unavailable)?;
    let connection = Connection::open(&Target::Sqlite(existing_file_uri(path)), access, session)?;
    // The same before and after, so that it was also this one that was opened.
    if file_identity(path).map_err(unavailable)? != before {
        return Err(Error::Unavailable(format!(
            "the database file {path} was replaced while it was opened"
        )));
    }
    Ok((connection, Some(WatchedFile { path: path.clone(), identity: before })))
}

/// SQLite's address of a file that must be there.
fn existing_file_uri(path: &str) -> String {
    let mut url = if path.starts_with('/') { "file://".to_owned() } else { "file:".to_owned() };
    for character in path.chars() {
        match character {
            '%' => url.push_str("%25"),
            '?' => url.push_str("%3f"),
            '#' => url.push_str("%23"),
            other => url.push(other),
        }
    }
    url.push_str("?mode=rw");
    url
}

/// Tells a file from every other while it is open, even when it has lost its name.
#[cfg(unix)]
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn file_identity(path: &str) -> std::io::Result<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found: Metadata| (found.dev(), found.ino()))
}

/// Elsewhere an open file cannot lose its name.
#[cfg(not(unix))]
type FileIdentity = bool;

#[cfg(not(unix))]
fn file_identity(path: &str) -> std::io::Result<Identity> {
    std::fs::metadata(path).map(|found: Metadata| found.is_file())
}
