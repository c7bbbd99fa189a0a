//! Database maintenance: integrity check, planner statistics, index optimization and backup.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::schema::{TABLES, items};
use crate::db::schema_version::POSTGRES_SEARCH_INDEX;
use crate::db::search::segments;
use crate::db::sql_fragment::{Bind, Fragment, Statement};

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

/// Overwrites what deleted rows leave in the files of the database. SQLite: rewrites the file
/// without free space, and truncates the write-ahead log. PostgreSQL: vacuums the tables of the
/// schema, as `free_space` states.
///
/// Returns false if remains are left because another session needs them, or holds a lock.
pub fn overwrite_free_space(
    connection: &mut Connection,
    free_space: FreeSpace,
) -> Result<bool, Error> {
    if connection.is_sqlite() {
        connection.batch_execute("VACUUM")?;
        return truncate_write_ahead_log(connection);
    }
    check_ownership(connection)?;
    connection.batch_execute("SET statement_timeout = 0")?;
    let options = match free_space {
        FreeSpace::Reuse => "",
        FreeSpace::Rewrite if !await_older_snapshots(connection)? => return Ok(false),
        FreeSpace::Rewrite => "(FULL, ANALYZE) ",
    };
    // After a second of waiting for a lock, PostgreSQL cancels an automatic vacuum that holds it.
    // Once another session holds a lock, it probably holds further ones.
    let mut is_complete = true;
    for (table, _) in TABLES.iter().chain([&POSTGRES_SEARCH_INDEX]) {
        let lock_timeout = if is_complete { "3s" } else { "100ms" };
        connection.batch_execute(&format!("SET lock_timeout = '{lock_timeout}'"))?;
        match connection.batch_execute(&format!("VACUUM {options}{table}")).map_err(Error::from) {
            Ok(()) => {}
            Err(Error::Unavailable(_) | Error::Conflict(_)) => is_complete = false,
            Err(error) => return Err(error),
        }
    }
    // The space that is not reusable yet becomes so with the next vacuum.
    Ok(is_complete || free_space == FreeSpace::Reuse)
}

/// Checks that the role may vacuum the tables; otherwise PostgreSQL skips them with a warning.
fn check_ownership(connection: &mut Connection) -> Result<(), Error> {
    let is_owner = Fragment::new(
        "SELECT pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE') FROM pg_class c, pg_database d \
         WHERE c.oid = 'items'::regclass AND d.datname = current_database()",
    );
    let is_owner: Vec<(bool,)> = Statement::<(Bool,)>::new(is_owner).load_rows(connection)?;
    if is_owner == [(true,)] {
        return Ok(());
    }
    let cause = "the role of DATABASE_URL does not own the tables, so that it cannot rewrite them; run `VACUUM (FULL)` as their owner";
    Err(Error::Internal(cause.to_owned()))
}

/// Waits until PostgreSQL needs no row that was deleted before now, since a rewritten table still
/// has the rows that a snapshot can see. A snapshot, also that of the rewrite itself, sees the state
/// before the oldest running transaction of the whole cluster. Returns false if that takes more than
/// three seconds.
fn await_older_snapshots(connection: &mut Connection) -> Result<bool, Error> {
    let now = Fragment::new("SELECT pg_current_xact_id()::text");
    let now: Vec<(String,)> = Statement::<(Text,)>::new(now).load_rows(connection)?;
    let Some((now,)) = now.into_iter().next() else { return Ok(false) };
    for _ in 0..30 {
        // Other sessions are seen only if they have the same role, or with `pg_read_all_stats`.
        let is_past = Fragment::new("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ")
            .bind(Bind::Text(now.clone()))
            .sql(
                "::xid8 AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                 AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND age(backend_xmin) > age(",
            )
            .bind(Bind::Text(now.clone()))
            .sql("::xid8::xid))");
        let is_past: Vec<(bool,)> = Statement::<(Bool,)>::new(is_past).load_rows(connection)?;
        if is_past == [(true,)] {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(false)
}

/// Truncates the write-ahead log of SQLite. Returns false if another connection reads an older state
/// from it for longer than a second, during which no connection can write.
fn truncate_write_ahead_log(connection: &mut Connection) -> Result<bool, Error> {
    connection.batch_execute("PRAGMA busy_timeout = 1000")?;
    let checkpoint = Fragment::new("PRAGMA wal_checkpoint(TRUNCATE)");
    let rows: Vec<(i64, i64, i64)> =
        Statement::<(BigInt, BigInt, BigInt)>::new(checkpoint).load_rows(connection)?;
    Ok(rows.iter().all(|(is_busy, ..)| *is_busy == 0))
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
