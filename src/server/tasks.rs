//! Background tasks of the server.

use crate::resource::write::purge::PurgeFn;
use crate::resource::write::purge::purge_all;
use std::time::{Duration, Instant};

use actix_web::web;

use crate::db::search::segments;
use crate::db::{ReadCost, Time};
use crate::http::problem::Problem;
use crate::registry::resources;
use crate::resource::state::AppState;
use crate::resource::write::schedule::apply_due_changes;

/// Interval of purges.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// Purges items that were deleted longer ago than `KINOTEKA_PURGE_DAYS`, at start and every hour.
pub async fn run_purge_task(context: web::Data<AppState>) {
    // Referrers before their targets.
    let purges: Vec<PurgeFn> = resources().rev().map(|entry| entry.purge).collect();
    let context = context.into_inner();
    let mut ticks = actix_web::rt::time::interval(PURGE_INTERVAL);
    loop {
        ticks.tick().await;
        match purge_all(&context, &purges).await {
            Ok(0) => {}
            Ok(count) => log::info!("purged {count} items whose retention period has ended"),
            Err(problem) => log::warn!("purge failed: {problem}"),
        }
    }
}

/// Maximum time between two checks for scheduled changes: another server may have stored one.
const SCHEDULE_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Publishes and archives items when they are due.
pub async fn run_schedule_task(context: web::Data<AppState>) {
    let context = context.into_inner();
    loop {
        let pause = match apply_due_changes(&context).await {
            Ok(next) => next.map(|time| time.saturating_duration_since(Time::now())),
            Err(problem) => {
                log::warn!("scheduled changes cannot be made: {problem}");
                None
            }
        };
        // A change that failed remains due; it is tried again after the full interval.
        let pause = pause.filter(|pause| !pause.is_zero());
        let pause =
            pause.map_or(SCHEDULE_CHECK_INTERVAL, |pause| pause.min(SCHEDULE_CHECK_INTERVAL));
        actix_web::rt::time::sleep(pause).await;
    }
}

/// Interval of checks for segments to merge.
const MERGE_CHECK_INTERVAL: Duration = Duration::from_mins(1);
/// Pause after a merge, as a multiple of its duration.
const MERGE_PAUSE_FACTOR: u32 = 50;

/// Merges the segments of the full-text index if there are many, in small steps between other
/// writes.
pub async fn run_index_merge_task(context: web::Data<AppState>) {
    let mut ticks = actix_web::rt::time::interval(MERGE_CHECK_INTERVAL);
    let mut not_before = Instant::now();
    loop {
        ticks.tick().await;
        if Instant::now() < not_before {
            continue;
        }
        let started = Instant::now();
        if let Err(problem) = merge_index_segments(&context).await {
            log::warn!("search index merge failed: {problem}");
        }
        not_before = Instant::now() + started.elapsed().saturating_mul(MERGE_PAUSE_FACTOR);
    }
}

async fn merge_index_segments(context: &AppState) -> Result<(), Problem> {
    let count = context
        .database
        .read_primary(ReadCost::Light, |connection| Ok::<_, Problem>(segments::count(connection)?))
        .await?
        .value;
    if count <= segments::MERGE_THRESHOLD {
        return Ok(());
    }
    let mut is_first = true;
    while context
        .database
        .write(move |connection| Ok::<_, Problem>(segments::merge_step(connection, is_first)?))
        .await?
        .value
    {
        is_first = false;
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    log::info!("merged {count} search index segments");
    Ok(())
}
