//! Detects that the file of an open SQLite connection was deleted or replaced. SQLite itself
//! continues to write to a deleted file.

use std::fs::Metadata;

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;

/// Path and identity of the file that a connection has open.
pub(super) struct WatchedFile {
    path: String,
    identity: FileIdentity,
}

impl WatchedFile {
    /// Returns whether the path still refers to this file.
    pub fn is_same_file(&self) -> bool {
        file_identity(&self.path).is_ok_and(|current| current == self.identity)
    }
}

/// Opens a connection and, for SQLite, records the identity of its file. Does not create a missing
/// file; the server does so when it starts.
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
    // The identity is the same before and after, so this file was opened.
    if file_identity(path).map_err(unavailable)? != before {
        return Err(Error::Unavailable(format!(
            "the database file {path} was replaced while it was opened"
        )));
    }
    Ok((connection, Some(WatchedFile { path: path.clone(), identity: before })))
}

/// Returns the SQLite URI of a file that must exist.
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

/// Device and inode number. They identify a file while it is open, even after it was unlinked.
#[cfg(unix)]
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn file_identity(path: &str) -> std::io::Result<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found: Metadata| (found.dev(), found.ino()))
}

/// On other platforms an open file cannot be unlinked.
#[cfg(not(unix))]
type FileIdentity = bool;

#[cfg(not(unix))]
fn file_identity(path: &str) -> std::io::Result<FileIdentity> {
    std::fs::metadata(path).map(|found: Metadata| found.is_file())
}
