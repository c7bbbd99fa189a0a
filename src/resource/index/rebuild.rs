//! Rebuilds the full-text index while servers read and write: for `kinoteka reindex`, and after an
//! upgrade that analyzes texts in another way.

use std::time::{Duration, Instant};

use crate::db::search::analysis_version::{
    AnalysisStatus, analysis_status, lock_rebuild, store_analysis_version,
};
use crate::db::search::{self, IndexSnapshot};
use crate::db::{Connection, Database, Error, Time, maintenance};
use crate::http::problem::Problem;
use crate::resource::index::full_text::{ReindexReport, count_indexable_items, reindex_batch};
use crate::resource::model::revisions::{Audience, bump_all, bump_derived};

/// Maximum number of items or orphaned entries per transaction, and the number in the first one.
const MAX_BATCH_SIZE: usize = 200;
const INITIAL_BATCH_SIZE: usize = 25;
/// Target duration of a transaction; other writes wait that long.
const TARGET_BATCH_TIME: Duration = Duration::from_millis(250);

/// The result of a rebuild.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RebuildReport {
    /// Number of items written.
    pub item_count: usize,
    /// Number of items whose entries differed from the expected ones.
    pub stale_count: usize,
    /// Number of orphaned entries that were deleted.
    pub orphan_count: usize,
}

/// A rebuild that failed after some items.
#[derive(Debug)]
pub struct InterruptedRebuild {
    /// The cause.
    pub problem: Problem,
    /// Number of items written.
    pub item_count: usize,
}

/// Rebuilds the index if it was built by an older version of the analysis; `None` if it was not.
/// Servers on the same PostgreSQL database that start at the same time wait for the first one.
pub fn rebuild_outdated_index(
    database: &Database,
    progress: impl FnMut(usize, usize),
) -> Result<Option<RebuildReport>, InterruptedRebuild> {
    let before = |error: Error| InterruptedRebuild { problem: error.into(), item_count: 0 };
    let mut lock = database.connect().map_err(before)?;
    if analysis_status(&mut lock).map_err(before)? != AnalysisStatus::Older {
        return Ok(None);
    }
    lock_rebuild(&mut lock).map_err(before)?;
    if analysis_status(&mut lock).map_err(before)? != AnalysisStatus::Older {
        return Ok(None);
    }
    rebuild_index(database, progress).map(Some)
}

/// Rewrites the index entries of all items in batches, from the current state of the items, so that
/// searches find everything at all times, deletes orphaned entries and unused words, and stores the
/// version of the analysis. An interrupted run leaves the other entries unchanged. `progress`
/// receives the numbers of written and of all items.
pub fn rebuild_index(
    database: &Database,
    mut progress: impl FnMut(usize, usize),
) -> Result<RebuildReport, InterruptedRebuild> {
    let mut report = RebuildReport::default();
    let result = rewrite_all(database, &mut report, &mut progress);
    result
        .map(|()| report)
        .map_err(|problem| InterruptedRebuild { problem, item_count: report.item_count })
}

fn rewrite_all(
    database: &Database,
    report: &mut RebuildReport,
    progress: &mut impl FnMut(usize, usize),
) -> Result<(), Problem> {
    let mut connection = database.connect()?;
    let is_other_version = analysis_status(&mut connection)? != AnalysisStatus::Current;
    // All entries of another version are out of date.
    let (total, snapshot) = connection.with_snapshot(|connection| {
        let snapshot = if is_other_version { None } else { Some(IndexSnapshot::load(connection)?) };
        Ok::<_, Error>((count_indexable_items(connection)?, snapshot))
    })?;
    let (mut after, mut batch_size) = (None, INITIAL_BATCH_SIZE);
    loop {
        let batch_started = Instant::now();
        let batch = rewrite_batch(database, after, batch_size, snapshot.as_ref())?;
        batch_size = next_batch_size(batch_size, batch_started.elapsed());
        report.item_count = report.item_count.saturating_add(batch.item_count);
        report.stale_count = report.stale_count.saturating_add(batch.stale_count);
        after = batch.last_row_id;
        if after.is_none() {
            break;
        }
        progress(report.item_count, total);
        connection.yield_to_writers();
    }
    report.orphan_count = delete_orphans(&mut connection, database)?;
    database.write_blocking(|connection| {
        if is_other_version {
            maintenance::delete_unused_words(connection)?;
            bump_derived(connection, Audience::Public, Time::now())?;
        }
        store_analysis_version(connection)?;
        Ok::<_, Problem>(())
    })?;
    if let Err(error) = maintenance::optimize_search_index(&mut connection) {
        // The index is complete; autovacuum will do the same later.
        log::warn!("database optimization after the reindex failed: {error}");
    }
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
    database: &Database,
    after: Option<i64>,
    batch_size: usize,
    snapshot: Option<&IndexSnapshot>,
) -> Result<ReindexReport, Problem> {
    database.write_blocking(|connection| {
        let batch = reindex_batch(connection, after, batch_size, snapshot)?;
        if batch.stale_count > 0 {
            bump_all(connection, Time::now())?;
        }
        Ok(batch)
    })
}

/// Deletes orphaned entries. Returns their number.
fn delete_orphans(connection: &mut Connection, database: &Database) -> Result<usize, Problem> {
    let mut removed = 0_usize;
    for keys in search::orphaned_keys(connection)?.chunks(MAX_BATCH_SIZE) {
        let some = database.write_blocking(|connection| {
            let some = search::delete_orphans(connection, keys)?;
            bump_all(connection, Time::now())?;
            Ok::<_, Problem>(some)
        })?;
        removed = removed.saturating_add(some);
        connection.yield_to_writers();
    }
    Ok(removed)
}
