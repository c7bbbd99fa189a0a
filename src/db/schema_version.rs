//! Compares the schema of the database with the one that this program requires: its version, and
//! the names of tables and columns.
//!
//! The last migration stores the version of the schema, its fingerprint (a digest of the names) and
//! the oldest version whose programs can use it, in the table `schema_version`. The names are also
//! read from the database itself, which detects a schema that was altered manually or created by
//! another edition of a migration.

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write;

use diesel::sql_types::{BigInt, Text};
use sha2::{Digest, Sha256};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::schema;
use crate::db::sql_fragment::{Fragment, Statement};

/// Version of the schema that this program uses: the number of migrations.
pub const SCHEMA_VERSION: i64 = 7;

/// Maximum number of schema differences that an error lists.
const MAX_LISTED_DIFFERENCES: usize = 5;

/// Columns of the full-text index.
const SQLITE_SEARCH_INDEX: (&str, &[&str]) = ("search_index", &["words"]);
/// The full-text index of PostgreSQL, which is not part of [`schema::TABLES`]: its name and columns.
pub const POSTGRES_SEARCH_INDEX: (&str, &[&str]) =
    ("search_index", &["rowid", "document", "words"]);

/// Sorted names of tables and columns.
type ColumnNames = BTreeSet<(String, String)>;

/// A schema that this program can use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CompatibleSchema {
    /// The schema of this version of the program.
    Current,
    /// A newer schema that declares itself compatible with this version of the program. Holds its
    /// version.
    Newer(i64),
}

/// Reason why this program cannot use the schema. Displays as one line that names the remedy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SchemaMismatch {
    /// Migrations are missing.
    Older,
    /// A newer program migrated the database, and this version is not compatible with it. Holds the
    /// newer version or migration.
    Newer(String),
    /// Tables or columns differ from those that the migrations create. Holds the differences.
    Altered(String),
}

impl fmt::Display for SchemaMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Older => write!(
                f,
                "the schema of the database is older than this program; run `kinoteka migrate`"
            ),
            Self::Newer(reason) => write!(
                f,
                "the database is newer than this program and not compatible with it: it has {reason}; start the newer version of kinoteka"
            ),
            Self::Altered(differences) => write!(
                f,
                "the schema of the database is not the one its migrations create ({differences}); undo the manual change, or restore a backup and run `kinoteka migrate`"
            ),
        }
    }
}

/// Checks whether this program can use the schema. Executes at most two statements, which only
/// read.
pub fn verify_schema(
    connection: &mut Connection,
) -> Result<Result<CompatibleSchema, SchemaMismatch>, Error> {
    let live = live_columns(connection)?;
    if !live.iter().any(|(table, _)| table == "schema_version") {
        return Ok(Err(SchemaMismatch::Older));
    }
    let stored: Vec<(i64, String, i64)> = Statement::<(BigInt, Text, BigInt)>::new(Fragment::new(
        "SELECT version, fingerprint, oldest_compatible FROM schema_version WHERE number = 1",
    ))
    .load_rows(connection)?;
    let Some((version, fingerprint, oldest_compatible)) = stored.into_iter().next() else {
        return Ok(Err(SchemaMismatch::Altered("table schema_version is empty".to_owned())));
    };
    if version < SCHEMA_VERSION {
        return Ok(Err(SchemaMismatch::Older));
    }
    let is_newer = version > SCHEMA_VERSION;
    if is_newer && oldest_compatible > SCHEMA_VERSION {
        return Ok(Err(SchemaMismatch::Newer(format!("schema version {version}"))));
    }
    let expected = expected_columns(connection.is_sqlite());
    let mut differences: Vec<String> = expected
        .difference(&live)
        .map(|(table, column)| format!("{table}.{column} is missing"))
        .collect();
    if !is_newer {
        let is_known_table = |name: &str| expected.iter().any(|(table, _)| table == name);
        differences.extend(
            live.difference(&expected)
                .filter(|(table, _)| is_known_table(table))
                .map(|(table, column)| format!("{table}.{column} is unknown")),
        );
        if differences.is_empty() && fingerprint != self::fingerprint(&expected) {
            differences.push("another edition of a migration was applied".to_owned());
        }
    }
    if differences.is_empty() {
        return Ok(Ok(if is_newer {
            CompatibleSchema::Newer(version)
        } else {
            CompatibleSchema::Current
        }));
    }
    if let Some(more) = differences.len().checked_sub(MAX_LISTED_DIFFERENCES).filter(|n| *n > 0) {
        differences.truncate(MAX_LISTED_DIFFERENCES);
        differences.push(format!("and {more} more"));
    }
    Ok(Err(SchemaMismatch::Altered(differences.join(", "))))
}

/// Returns the tables and columns that the migrations of this program create.
fn expected_columns(is_sqlite: bool) -> ColumnNames {
    let search_index = if is_sqlite { SQLITE_SEARCH_INDEX } else { POSTGRES_SEARCH_INDEX };
    schema::TABLES
        .iter()
        .chain([&search_index])
        .flat_map(|(table, columns)| {
            columns.iter().map(|column| ((*table).to_owned(), (*column).to_owned()))
        })
        .collect()
}

/// Returns the tables and columns of the database, including those of other applications.
fn live_columns(connection: &mut Connection) -> Result<ColumnNames, Error> {
    let statement = Fragment::default().by_backend(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
        "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND pg_table_is_visible(c.oid)",
    );
    let rows: Vec<(String, String)> =
        Statement::<(Text, Text)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().collect())
}

/// Returns the SHA-256 digest of the names, in hexadecimal.
fn fingerprint(columns: &ColumnNames) -> String {
    let mut digest = Sha256::new();
    for (table, column) in columns {
        digest.update(format!("{table}.{column}\n"));
    }
    digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_migration_stores_version_and_fingerprint() {
        for (is_sqlite, migration) in [
            (true, include_str!("../../migrations/sqlite/2026-11-30-200000_results/up.sql")),
            (false, include_str!("../../migrations/postgres/2026-11-30-200000_results/up.sql")),
        ] {
            let fingerprint = fingerprint(&expected_columns(is_sqlite));
            let expected = format!("version = {SCHEMA_VERSION}, fingerprint = '{fingerprint}', ");
            assert!(migration.contains(&expected), "{expected}");
        }
    }
}
