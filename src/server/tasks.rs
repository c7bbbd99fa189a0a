//! Background tasks of the server.

use std::time::{Duration, Instant};

use actix_web::web;

use crate::db::search::segments;
use crate::http::problem::Problem;
use crate::registry::RESOURCES;
use crate::resource::state::AppState;
use crate::resource::write::restore::{PurgeFn, purge_all};

/// How often what was deleted long ago is looked for.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// Removes for good what was deleted long ago: at the start, and every hour.
pub async fn run_purge_task(context: web::Data<AppState>) {
    // Referrers before their targets.
    let purges: Vec<PurgeFn> = RESOURCES.iter().rev().map(|entry| entry.purge).collect();
    let mut ticks = actix_web::rt::time::interval(PURGE_INTERVAL);
    loop {
        ticks.tick().await;
        match purge_all(&context, &purges).await {
            Ok(0) => {}
            Ok(count) => log::info!(
                "{count} items that were deleted over {} days ago are removed for good",
                context.settings.purge_days
            ),
            Err(problem) => log::warn!("what was deleted long ago could not be removed: {problem}"),
        }
    }
}

/// How often the full-text index is looked at.
const MERGE_CHECK_INTERVAL: Duration = Duration::from_mins(1);
/// Of how much time merging takes one part at most.
const MERGE_PAUSE_FACTOR: u32 = 50;

/// Merges the segments of the full-text index where writes have left many, in small steps between
/// other writes.
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
            log::warn!("the segments of the full-text index could not be merged: {problem}");
        }
        not_before = Instant::now() + started.elapsed().saturating_mul(MERGE_PAUSE_FACTOR);
    }
}

async fn merge_index_segments(context: &AppState) -> Result<(), Problem> {
    let count = context
        .database
        .read_primary(|connection| Ok::<_, Problem>(segments::count(connection)?))
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
    log::info!("{count} segments of the full-text index are merged");
    Ok(())
}
