//! `kinoteka reindex`: the full-text index written anew, while the items are served and written.

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

/// How many items, or entries that belong to none, are written in one transaction at most, and how
/// many in the first.
const MAX_BATCH_SIZE: usize = 200;
const INITIAL_BATCH_SIZE: usize = 25;
/// How long a transaction should take, since others wait that long to write.
const TARGET_BATCH_TIME: Duration = Duration::from_millis(250);

/// Rewrites the entries of all items, some at a time, each time from what the items are then: at no
/// moment does a search find less. Ended before its end it leaves some entries new and the others
/// as they were.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let started = Instant::now();
    let mut connection = store.connect()?;
    let (total, snapshot) = connection.with_snapshot(|connection| {
        Ok::<_, Error>((count_indexable_items(connection)?, IndexSnapshot::load(connection)?))
    })?;
    let mut progress =
        Progress { total: total, printed_tenths: 0, is_terminal: std::io::stderr().is_terminal() };
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
        // Everything is written; PostgreSQL will come by itself later.
        log::warn!("the database could not be tidied after the index was written: {error}");
    }
    let seconds = started.elapsed().as_secs_f64();
    print_status(&format!(
        "{items} items reindexed in {seconds:.1} s, {stale} of which were not as they should be; {removed} left-over entries removed."
    ));
    Ok(())
}

/// How many items to write next, after so many took so long.
fn next_batch_size(batch_size: usize, elapsed: Duration) -> usize {
    if elapsed > TARGET_BATCH_TIME {
        batch_size.div_ceil(2)
    } else if elapsed < TARGET_BATCH_TIME / 3 {
        batch_size.saturating_mul(2).min(MAX_BATCH_SIZE)
    } else {
        batch_size
    }
}

/// Rewrites the next entries. The revisions grow with them where the index held something else:
/// tags and counts of searches hang on them.
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

/// Takes out the entries that belong to no item; gives how many there were.
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
        "{items} items were reindexed, the others are as they were; run `kinoteka reindex` again"
    ));
    failure
}

/// How far it is, on standard error: one line that is written over on a terminal, else a line every
/// tenth.
struct Progress {
    total: usize,
    /// Tenths that were shown.
    printed_tenths: usize,
    is_terminal: bool,
}

impl Progress {
    fn print(&mut self, done: usize) {
        // Others may have come meanwhile.
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
