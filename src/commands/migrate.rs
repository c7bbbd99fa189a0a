//! `kinoteka migrate`.

use super::{Failure, say};
use crate::config::Settings;
use crate::db::migrations::{self, Standing};
use crate::server;

/// Applies what is missing and says so.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let mut connection = server::store(settings)?
        .connect()
        .map_err(|error| Failure::usage(format!("cannot open the database: {error}")))?;
    if let Standing::Ahead(version) = migrations::standing(&mut connection)? {
        return Err(Failure::usage(format!(
            "the database is newer than this program: it has migration {version}"
        )));
    }
    let applied = migrations::apply(&mut connection)?;
    match applied.as_slice() {
        [] => say("The database is up to date."),
        versions => say(&format!("Applied: {}", versions.join(", "))),
    }
    Ok(())
}
