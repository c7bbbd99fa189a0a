//! `kinoteka reindex`: rebuilds the full-text index while the server reads and writes.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::search::{self, IndexSnapshot};
use crate::db::{Connection, Database, Error, Time, maintenance};
use crate::http::problem::Problem;
use crate::resource::index::full_text::{ReindexReport, count_indexable_items, reindex_batch};
use crate::resource::model::revisions::bump_all;
use crate::server;

/// Maximum number of items or orphaned entries per transaction, and the number in the first one.
const MAX_BATCH_SIZE: usize = 200;
const INITIAL_BATCH_SIZE: usize = 25;
/// Target duration of a transaction; other writes wait that long.
const TARGET_BATCH_TIME: Duration = Duration::from_millis(250);

/// Rewrites the index entries of all items in batches, from the current state of the items, so that
/// searches find everything at all times. An interrupted run leaves the other entries unchanged.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let started = Instant::now();
    let mut connection = store.connect()?;
    let (total, snapshot) = connection.with_snapshot(|connection| {
        Ok::<_, Error>((count_indexable_items(connection)?, IndexSnapshot::load(connection)?))
    })?;
    let mut progress =
        Progress { total, printed_tenths: 0, is_terminal: std::io::stderr().is_terminal() };
    let (mut items, mut stale, mut after, mut batch_size) =
        (0_usize, 0_usize, None, INITIAL_BATCH_SIZE);
    loop {
        let batch_started = Instant::now();
        let batch = rewrite_batch(&store, after, batch_size, &snapshot)
            .map_err(|error| interrupted(error, items))?;
        batch_size = next_batch_size(batch_size, batch_started.elapsed());
        items = items.saturating_add(batch.item_count);
        stale = stale.saturating_add(batch.stale_count);
        after = batch.last_row_id;
        if after.is_none() {
            break;
        }
        progress.print(items);
        connection.yield_to_writers();
    }
    let removed =
        delete_orphans(&mut connection, &store).map_err(|error| interrupted(error, items))?;
    if let Err(error) = maintenance::optimize_search_index(&mut connection) {
        // The index is complete; autovacuum will do the same later.
        log::warn!("database optimization after the reindex failed: {error}");
    }
    let seconds = started.elapsed().as_secs_f64();
    print_status(&format!(
        "{items} items reindexed in {seconds:.1} s, {stale} of which were out of date; {removed} orphaned entries removed."
    ));
    Ok(())
}

/// Returns the size of the next batch, from the duration of the last one.
fn next_batch_size(batch_size: usize, elapsed: Duration) -> usize {
    if elapsed > TARGET_BATCH_TIME {
        batch_size.div_ceil(2)
    } else if elapsed < TARGET_BATCH_TIME / 3 {
        batch_size.saturating_mul(2).min(MAX_BATCH_SIZE)
    } else {
        batch_size
    }
}

/// Rewrites the next entries. Increments the revisions if an entry was out of date, since `ETag`s and
/// cached counts of searches depend on them.
fn rewrite_batch(
    store: &Database,
    after: Option<i64>,
    batch_size: usize,
    snapshot: &IndexSnapshot,
) -> Result<ReindexReport, Problem> {
    store.write_blocking(|connection| {
        let batch = reindex_batch(connection, after, batch_size, snapshot)?;
        if batch.stale_count > 0 {
            bump_all(connection, Time::now())?;
        }
        Ok(batch)
    })
}

/// Deletes orphaned entries. Returns their number.
fn delete_orphans(connection: &mut Connection, store: &Database) -> Result<usize, Problem> {
    let mut removed = 0_usize;
    for keys in search::orphaned_keys(connection)?.chunks(MAX_BATCH_SIZE) {
        let some = store.write_blocking(|connection| {
            let some = search::delete_orphans(connection, keys)?;
            bump_all(connection, Time::now())?;
            Ok::<_, Problem>(some)
        })?;
        removed = removed.saturating_add(some);
        connection.yield_to_writers();
    }
    Ok(removed)
}

fn interrupted(problem: Problem, items: usize) -> CommandError {
    let mut failure = CommandError::from(problem);
    failure.messages.push(format!(
        "{items} items were reindexed, the others are unchanged; run `kinoteka reindex` again"
    ));
    failure
}

/// Progress on standard error: one line that is overwritten on a terminal, otherwise a line per 10
/// %.
struct Progress {
    total: usize,
    /// Tenths that were printed.
    printed_tenths: usize,
    is_terminal: bool,
}

impl Progress {
    fn print(&mut self, done: usize) {
        // Items may have been added meanwhile.
        let total = self.total.max(done);
        let share = |of: usize| done.saturating_mul(of).checked_div(total).unwrap_or(of);
        let line = format!("{done} of {total} items, {} %", share(100));
        if self.is_terminal {
            let end = if done == total { "\n" } else { "" };
            drop(write!(std::io::stderr(), "\r{line}{end}"));
        } else if share(10) > self.printed_tenths {
            self.printed_tenths = share(10);
            print_status(&line);
        }
    }
}
