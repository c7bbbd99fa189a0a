//! What an operator asks of the database itself: whether it is whole, and a copy of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::schema::items;
use crate::db::search::segments;
use crate::db::sql_fragment::{Fragment, Statement};

/// What is wrong with the database as such, a line for each: pages and indexes that do not fit
/// (SQLite), references to rows that are not there (SQLite; PostgreSQL does not let them arise),
/// what belongs to no item, an encoding other than UTF-8 (PostgreSQL).
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

/// What belongs to items that are not there; the tables whose keys are made of an item's number
/// have no foreign keys.
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
                "SELECT count(*) FROM facets WHERE NOT EXISTS (SELECT 1 FROM items WHERE items.number = facets.item)",
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
                .map(|count| format!("{count} {table_label} belong to what is not there")),
        );
    }
    Ok(findings)
}

/// Lets PostgreSQL see what its tables hold after much was written, so that its plans fit before
/// its own upkeep comes by, and put what is new into the full-text index, which would else be left
/// to whoever writes next. SQLite's plans are written into the statements; counting would only
/// change them.
pub fn analyze(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_sqlite() {
        Ok(())
    } else {
        Ok(connection
            .batch_execute("ANALYZE; SELECT gin_clean_pending_list('search_index_document')")?)
    }
}

/// The same after a transaction that stored so many items, and besides: marks what everybody may
/// see, without which PostgreSQL looks at the table for every row that it found in an index, which
/// takes as long as reading the tables once; and merges the segments of SQLite's full-text index,
/// where a good part of it is new.
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
            "VACUUM (ANALYZE) items, texts, terms, facets, slugs, videos, programmes, impact_statistics, tracks, cues, search_index, words, revisions",
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

/// The same for the full-text index alone, after all of it was written anew: what PostgreSQL kept
/// of the old is free to be used again.
pub fn optimize_search_index(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_sqlite() {
        merge_segments(connection, true)?;
    } else {
        connection.batch_execute("SET statement_timeout = 0")?;
        connection.batch_execute("VACUUM (ANALYZE) search_index")?;
    }
    Ok(())
}

/// A copy that was made.
#[derive(Clone, Copy, Debug)]
pub struct BackupReport {
    /// Its size in bytes.
    pub bytes: u64,
    /// How many items it has, deleted ones included.
    pub item_count: i64,
}

/// Copies a SQLite database into a new file: one state of it, however much is written meanwhile.
/// The file gets its name only once it is whole, checked and on the disk. The error is a sentence
/// for the operator.
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
            "{display_path} is there already; name a new file, nothing is overwritten"
        ));
    }
    let mut part_file = to.as_os_str().to_owned();
    part_file.push(format!(".part-{}", std::process::id()));
    let part_file = PathBuf::from(part_file);
    let outcome = backup_to_file(target, session, &part_file).and_then(|outcome| {
        // A link, unlike a rename, never takes the place of a file that came meanwhile.
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
    let path = part_file.to_str().ok_or("the file's name is not UTF-8")?;
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
                "the copy is not whole ({fault}); check the database: kinoteka check"
            ));
        }
        items::table
            .select(diesel::dsl::count_star())
            .first::<i64>(&mut copy)
            .map_err(|error| backup_error(error.into()))?
    };
    let file = File::open(part_file).map_err(|error| format!("cannot read the copy: {error}"))?;
    file.sync_all().map_err(|error| format!("cannot keep the copy: {error}"))?;
    let bytes = file.metadata().map_err(|error| format!("cannot read the copy: {error}"))?.len();
    Ok(BackupReport { bytes, item_count: items })
}
