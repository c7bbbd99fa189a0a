//! `kinoteka reindex`: rebuilds the full-text index while the server reads and writes.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::resource::index::rebuild::{InterruptedRebuild, RebuildReport, rebuild_index};
use crate::server;

/// Rewrites the index entries of all items in batches, see [`rebuild_index`].
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let database = server::database_from_settings(settings)?;
    server::ensure_migrated(&database, settings.auto_migrate)?;
    let started = Instant::now();
    let mut progress = Progress::default();
    let report = rebuild_index(&database, |done, total| progress.print(done, total))?;
    print_report(report, started);
    Ok(())
}

/// Prints the result of a rebuild.
pub(super) fn print_report(report: RebuildReport, started: Instant) {
    let RebuildReport { item_count, stale_count, orphan_count } = report;
    let seconds = started.elapsed().as_secs_f64();
    print_status(&format!(
        "{item_count} items reindexed in {seconds:.1} s, {stale_count} of which were out of date; {orphan_count} orphaned entries removed."
    ));
}

impl From<InterruptedRebuild> for CommandError {
    fn from(interrupted: InterruptedRebuild) -> Self {
        let mut failure = Self::from(interrupted.problem);
        failure.messages.push(format!(
            "{} items were reindexed, the others are unchanged; run `kinoteka reindex` again",
            interrupted.item_count
        ));
        failure
    }
}

/// Progress on standard error: one line that is overwritten on a terminal, otherwise a line per 10
/// %.
pub(super) struct Progress {
    /// Tenths that were printed.
    printed_tenths: usize,
    is_terminal: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { printed_tenths: 0, is_terminal: std::io::stderr().is_terminal() }
    }
}

impl Progress {
    pub(super) fn print(&mut self, done: usize, total: usize) {
        // Items may have been added meanwhile.
        let total = total.max(done);
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
