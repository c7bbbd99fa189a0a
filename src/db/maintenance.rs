//! Database maintenance: integrity check, planner statistics, index optimization and backup.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::schema::items;
use crate::db::search::segments;
use crate::db::sql_fragment::{Fragment, Statement};

/// Returns the integrity errors of the database, one line each: damaged pages and indexes (SQLite),
/// violated foreign keys (SQLite; PostgreSQL enforces them), orphaned rows, and an encoding other
/// than UTF-8 (PostgreSQL).
pub fn integrity_errors(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let query_lines =
        |connection: &mut Connection, sql: &'static str| -> Result<Vec<String>, Error> {
            let rows: Vec<(String,)> =
                Statement::<(Text,)>::new(Fragment::new(sql)).load_rows(connection)?;
            Ok(rows.into_iter().map(|(line,)| line).collect())
        };
    if connection.is_sqlite() {
        let mut errors =
            query_lines(connection, "SELECT quick_check FROM pragma_quick_check LIMIT 50")?;
        errors.retain(|line| line != "ok");
        errors.extend(query_lines(
            connection,
            "SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there' \
             FROM pragma_foreign_key_check LIMIT 50",
        )?);
        errors.extend(orphaned_rows(connection)?);
        return Ok(errors);
    }
    let encodings = query_lines(connection, "SELECT current_setting('server_encoding')")?;
    let mut errors: Vec<String> = encodings
        .into_iter()
        .filter(|name| name != "UTF8")
        .map(|name| format!("the encoding is {name}; it must be UTF8"))
        .collect();
    errors.extend(orphaned_rows(connection)?);
    Ok(errors)
}

/// Returns a line for each table with rows whose item or track does not exist. The tables whose
/// keys contain a row id have no foreign keys.
fn orphaned_rows(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let mut findings = Vec::new();
    for (table_label, statement) in [
        (
            "texts",
            Fragment::new(
                "SELECT count(*) FROM texts WHERE NOT EXISTS (SELECT 1 FROM items WHERE items.number = texts.key / 512)",
            ),
        ),
        (
            "rows of the filter index",
            Fragment::new(
                "SELECT count(*) FROM filter_index WHERE NOT EXISTS (SELECT 1 FROM items WHERE items.number = filter_index.item)",
            ),
        ),
        (
            "cues",
            Fragment::new(
                "SELECT count(*) FROM cues WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE tracks.number = cues.key / 32768)",
            ),
        ),
    ] {
        let counts: Vec<i64> = Statement::<BigInt>::new(statement).load_rows(connection)?;
        findings.extend(
            counts
                .into_iter()
                .filter(|count| *count > 0)
                .map(|count| format!("{count} {table_label} refer to a missing row")),
        );
    }
    Ok(findings)
}

/// Updates PostgreSQL's planner statistics after many writes, before autovacuum does, and flushes
/// the pending list of the full-text index, which would otherwise delay a later write.
///
/// Does nothing on SQLite. Its query plans are determined by the statements, and `ANALYZE` could
/// only change them.
pub fn analyze(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_sqlite() {
        Ok(())
    } else {
        Ok(connection
            .batch_execute("ANALYZE; SELECT gin_clean_pending_list('search_index_document')")?)
    }
}

/// Optimizes the database after a transaction that stored `saved_items` items.
///
/// PostgreSQL: updates the planner statistics and the visibility map, without which an index-only
/// scan also reads the table for every row. This takes as long as reading the tables once. SQLite:
/// merges the segments of the full-text index if more than a quarter of the items was stored.
pub fn optimize_after_bulk_load(
    connection: &mut Connection,
    saved_items: usize,
) -> Result<(), Error> {
    if connection.is_sqlite() {
        let total_items: i64 = items::table.select(diesel::dsl::count_star()).first(connection)?;
        let is_bulk = i64::try_from(saved_items)
            .is_ok_and(|saved_items| saved_items.saturating_mul(4) > total_items);
        if is_bulk && segments::count(connection)? > 1 {
            merge_segments(connection, false)?;
        }
    } else {
        connection.batch_execute("SET statement_timeout = 0")?;
        connection.batch_execute(
            "VACUUM (ANALYZE) items, texts, filter_terms, filter_index, slugs, videos, programmes, impact_statistics, tracks, cues, search_index, vocabulary, revisions",
        )?;
    }
    Ok(())
}

fn merge_segments(connection: &mut Connection, yields_to_writers: bool) -> Result<(), Error> {
    let mut steps = 0_u32;
    while segments::merge_step(connection, steps == 0)? {
        steps = steps.saturating_add(1);
        if yields_to_writers && steps.is_multiple_of(4) {
            connection.yield_to_writers();
        }
    }
    Ok(())
}

/// Optimizes the full-text index after it was completely rewritten. PostgreSQL makes the space of
/// the old rows reusable; SQLite merges the segments.
pub fn optimize_search_index(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_sqlite() {
        merge_segments(connection, true)?;
    } else {
        connection.batch_execute("SET statement_timeout = 0")?;
        connection.batch_execute("VACUUM (ANALYZE) search_index")?;
    }
    Ok(())
}

/// Removes the entries of deleted items from the full-text index, where they are only marked as
/// deleted, with their words. Does nothing on PostgreSQL.
pub fn drop_deleted_index_entries(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_sqlite() {
        connection.batch_execute("INSERT INTO search_index (search_index) VALUES ('optimize')")?;
    }
    Ok(())
}

/// Deletes the words of the vocabulary that occur in no entry of the full-text index, and the
/// filter values that no item has.
pub fn delete_unused_words(connection: &mut Connection) -> Result<(), Error> {
    // A token of the index is a word after the letters of its kind and field; a token of the
    // vocabulary is a word after the letter of its script.
    connection.batch_execute(if connection.is_sqlite() {
        "CREATE VIRTUAL TABLE temp.index_terms USING fts5vocab (main, search_index, row);
         DELETE FROM vocabulary WHERE substr(token, 2) NOT IN (SELECT substr(term, 3) FROM temp.index_terms);
         DROP TABLE temp.index_terms"
    } else {
        "DELETE FROM vocabulary WHERE substr(token, 2) NOT IN (SELECT substr(word, 3) FROM ts_stat('SELECT document FROM search_index'))"
    })?;
    Ok(connection.batch_execute(
        "DELETE FROM filter_terms WHERE NOT EXISTS (SELECT 1 FROM filter_index WHERE filter_index.term = filter_terms.number)",
    )?)
}

/// What happens to the space of deleted rows in the files of PostgreSQL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FreeSpace {
    /// It becomes reusable. The bytes of deleted rows remain until new rows overwrite them.
    Reuse,
    /// Tables are rewritten without the deleted rows. Reads and writes of a table wait meanwhile.
    Rewrite,
}

/// What still holds the bytes of deleted rows, since another session uses it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Remains {
    /// Nothing.
    Nowhere,
    /// The write-ahead log of SQLite: another connection reads an older state from it.
    WriteAheadLog,
    /// These tables of PostgreSQL, which were not locked within a second.
    Tables(Vec<String>),
}

/// Overwrites what deleted rows leave in the files of the database. SQLite: rewrites the file
/// without free space, and truncates the write-ahead log. PostgreSQL: vacuums the tables, as
/// `free_space` states.
pub fn overwrite_free_space(
    connection: &mut Connection,
    free_space: FreeSpace,
) -> Result<Remains, Error> {
    if connection.is_sqlite() {
        connection.batch_execute("VACUUM")?;
        return truncate_write_ahead_log(connection, Duration::from_secs(1));
    }
    let tables = Fragment::new(
        "SELECT quote_ident(tablename)::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
    );
    let tables: Vec<(String,)> = Statement::<(Text,)>::new(tables).load_rows(connection)?;
    vacuum_tables(connection, tables.into_iter().map(|(table,)| table), free_space)
}

/// Tries again to overwrite what [`overwrite_free_space`] could not.
pub fn overwrite_remains(connection: &mut Connection, remains: Remains) -> Result<Remains, Error> {
    match remains {
        Remains::Nowhere => Ok(Remains::Nowhere),
        Remains::WriteAheadLog => truncate_write_ahead_log(connection, Duration::ZERO),
        Remains::Tables(tables) => vacuum_tables(connection, tables, FreeSpace::Rewrite),
    }
}

fn vacuum_tables(
    connection: &mut Connection,
    tables: impl IntoIterator<Item = String>,
    free_space: FreeSpace,
) -> Result<Remains, Error> {
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = '1s'")?;
    let options = match free_space {
        FreeSpace::Reuse => "",
        FreeSpace::Rewrite => "(FULL, ANALYZE) ",
    };
    let mut locked = Vec::new();
    for table in tables {
        match connection.batch_execute(&format!("VACUUM {options}{table}")).map_err(Error::from) {
            Ok(()) => {}
            Err(Error::Unavailable(_)) => locked.push(table),
            Err(error) => return Err(error),
        }
    }
    Ok(if locked.is_empty() { Remains::Nowhere } else { Remains::Tables(locked) })
}

/// Truncates the write-ahead log of SQLite, unless another connection reads an older state from it
/// for longer than `wait`, during which no connection can write.
fn truncate_write_ahead_log(connection: &mut Connection, wait: Duration) -> Result<Remains, Error> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis()))?;
    let checkpoint = Fragment::new("PRAGMA wal_checkpoint(TRUNCATE)");
    let rows: Vec<(i64, i64, i64)> =
        Statement::<(BigInt, BigInt, BigInt)>::new(checkpoint).load_rows(connection)?;
    let is_truncated = rows.iter().all(|(is_busy, ..)| *is_busy == 0);
    Ok(if is_truncated { Remains::Nowhere } else { Remains::WriteAheadLog })
}

/// Result of a backup.
#[derive(Clone, Copy, Debug)]
pub struct BackupReport {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Number of items in the backup, including soft-deleted ones.
    pub item_count: i64,
}

/// Copies a SQLite database into a new file: one snapshot, while writes continue.
///
/// The file gets its name only after it is complete, verified and synced to disk. The error is a
/// sentence for the operator.
pub fn backup(target: &Target, session: SessionConfig, to: &Path) -> Result<BackupReport, String> {
    let Target::Sqlite(_) = target else {
        return Err(
            "a PostgreSQL database is backed up with its own tools: pg_dump --format=custom"
                .to_owned(),
        );
    };
    let display_path = to.display();
    if to.exists() {
        return Err(format!(
            "{display_path} already exists; specify a new file, nothing is overwritten"
        ));
    }
    let mut part_file = to.as_os_str().to_owned();
    part_file.push(format!(".part-{}", std::process::id()));
    let part_file = PathBuf::from(part_file);
    let outcome = backup_to_file(target, session, &part_file).and_then(|outcome| {
        // Unlike a rename, a hard link never replaces a file that was created in the meantime.
        fs::hard_link(&part_file, to)
            .map_err(|error| format!("cannot write {display_path}: {error}"))?;
        if let Some(directory) = to
            .parent()
            .map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        {
            File::open(directory)
                .and_then(|file| file.sync_all())
                .map_err(|error| format!("cannot write {display_path}: {error}"))?;
        }
        Ok(outcome)
    });
    drop(fs::remove_file(&part_file));
    outcome
}

fn backup_to_file(
    target: &Target,
    session: SessionConfig,
    part_file: &Path,
) -> Result<BackupReport, String> {
    let path = part_file.to_str().ok_or("the file name is not valid UTF-8")?;
    let backup_error = |error: Error| format!("cannot back up: {error}");
    Connection::open(target, Access::Write, session)
        .and_then(|mut source| {
            Ok(source.batch_execute(&format!("VACUUM INTO '{}'", path.replace('\'', "''")))?)
        })
        .map_err(backup_error)?;
    let items = {
        let mut copy = Connection::open(&Target::Sqlite(path.to_owned()), Access::Write, session)
            .map_err(backup_error)?;
        if let Some(fault) = integrity_errors(&mut copy).map_err(backup_error)?.first() {
            return Err(format!(
                "the copy is damaged ({fault}); check the database: kinoteka check"
            ));
        }
        items::table
            .select(diesel::dsl::count_star())
            .first::<i64>(&mut copy)
            .map_err(|error| backup_error(error.into()))?
    };
    let file = File::open(part_file).map_err(|error| format!("cannot read the copy: {error}"))?;
    file.sync_all().map_err(|error| format!("cannot sync the copy to disk: {error}"))?;
    let bytes = file.metadata().map_err(|error| format!("cannot read the copy: {error}"))?.len();
    Ok(BackupReport { bytes, item_count: items })
}
