//! `kinoteka reindex`: the full-text index written anew, while the items are served and written.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::{Failure, say};
use crate::config::Settings;
use crate::db::search::{self, Contents};
use crate::db::{Connection, Error, Store, Time, upkeep};
use crate::http::problem::Problem;
use crate::resource::index::{Rewritten, count, rewrite};
use crate::resource::revisions::bump_all;
use crate::server;

/// How many items, or entries that belong to none, are written in one transaction at most, and how
/// many in the first.
const AT_ONCE: usize = 200;
const AT_FIRST: usize = 25;
/// How long a transaction should take, since others wait that long to write.
const LONGEST: Duration = Duration::from_millis(250);

/// Rewrites the entries of all items, some at a time, each time from what the items are then: at no
/// moment does a search find less. Ended before its end it leaves some entries new and the others
/// as they were.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let store = server::store(settings)?;
    server::prepare(&store, settings.auto_migrate)?;
    let started = Instant::now();
    let mut connection = store.connect()?;
    let (all, contents) = connection
        .frozen(|connection| Ok::<_, Error>((count(connection)?, Contents::read(connection)?)))?;
    let mut progress = Progress { all, shown: 0, on_terminal: std::io::stderr().is_terminal() };
    let (mut items, mut stale, mut after, mut at_once) = (0_usize, 0_usize, None, AT_FIRST);
    loop {
        let begun = Instant::now();
        let some = write_some(&store, after, at_once, &contents)
            .map_err(|error| unfinished(error, items))?;
        at_once = fitting(at_once, begun.elapsed());
        items = items.saturating_add(some.items);
        stale = stale.saturating_add(some.stale);
        after = some.last;
        if after.is_none() {
            break;
        }
        progress.show(items);
        connection.let_others_write();
    }
    let removed =
        remove_left_over(&mut connection, &store).map_err(|error| unfinished(error, items))?;
    if let Err(error) = upkeep::tidy_search(&mut connection) {
        // Everything is written; PostgreSQL will come by itself later.
        log::warn!("the database could not be tidied after the index was written: {error}");
    }
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "{items} items reindexed in {seconds:.1} s, {stale} of which were not as they should be; {removed} left-over entries removed."
    ));
    Ok(())
}

/// How many items to write next, after so many took so long.
fn fitting(at_once: usize, took: Duration) -> usize {
    if took > LONGEST {
        at_once.div_ceil(2)
    } else if took < LONGEST / 3 {
        at_once.saturating_mul(2).min(AT_ONCE)
    } else {
        at_once
    }
}

/// Rewrites the next entries. The revisions grow with them where the index held something else:
/// tags and counts of searches hang on them.
fn write_some(
    store: &Store,
    after: Option<i64>,
    at_once: usize,
    contents: &Contents,
) -> Result<Rewritten, Problem> {
    store.write_here(|connection| {
        let some = rewrite(connection, after, at_once, contents)?;
        if some.stale > 0 {
            bump_all(connection, Time::now())?;
        }
        Ok(some)
    })
}

/// Takes out the entries that belong to no item; gives how many there were.
fn remove_left_over(connection: &mut Connection, store: &Store) -> Result<usize, Problem> {
    let mut removed = 0_usize;
    for keys in search::left_over(connection)?.chunks(AT_ONCE) {
        let some = store.write_here(|connection| {
            let some = search::remove_left_over(connection, keys)?;
            bump_all(connection, Time::now())?;
            Ok::<_, Problem>(some)
        })?;
        removed = removed.saturating_add(some);
        connection.let_others_write();
    }
    Ok(removed)
}

fn unfinished(problem: Problem, items: usize) -> Failure {
    let mut failure = Failure::from(problem);
    failure.lines.push(format!(
        "{items} items were reindexed, the others are as they were; run `kinoteka reindex` again"
    ));
    failure
}

/// How far it is, on standard error: one line that is written over on a terminal, else a line every
/// tenth.
struct Progress {
    all: usize,
    /// Tenths that were shown.
    shown: usize,
    on_terminal: bool,
}

impl Progress {
    fn show(&mut self, done: usize) {
        // Others may have come meanwhile.
        let all = self.all.max(done);
        let share = |of: usize| done.saturating_mul(of).checked_div(all).unwrap_or(of);
        let line = format!("{done} of {all} items, {} %", share(100));
        if self.on_terminal {
            let end = if done == all { "\n" } else { "" };
            drop(write!(std::io::stderr(), "\r{line}{end}"));
        } else if share(10) > self.shown {
            self.shown = share(10);
            say(&line);
        }
    }
}
