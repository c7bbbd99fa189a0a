//! Permanent removal of items: on request, and when the retention period after deletion has ended.
//!
//! The content of an item is deleted in one transaction. What the database files still hold of it
//! afterwards (words of the vocabulary, filter values, free pages, the write-ahead log) is removed
//! by [`scrub`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::prelude::*;

use crate::db::maintenance::{self, FreeSpace};
use crate::db::schema::{filter_index, idempotent_requests, items};
use crate::db::{Connection, Time};
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::index::full_text;
use crate::resource::index::sort_rows::delete_sort_row;
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::{Audience, bump_derived};
use crate::resource::state::AppState;
use crate::resource::store::purged_slugs::purge_slugs;
use crate::resource::store::texts::delete_texts;
use crate::resource::store::tracks;
use crate::resource::view::resource::Resource;

/// Time until the first repetition of an attempt to remove remains, which doubles for further ones.
const MIN_RETRY_PAUSE: Duration = Duration::from_secs(2);
/// Maximum time between attempts to remove remains.
const MAX_RETRY_PAUSE: Duration = Duration::from_mins(1);
/// Maximum number of items that are purged in one transaction.
const PURGE_BATCH_SIZE: i64 = 200;

/// Purges a batch of items of a kind that were deleted before `limit`. Returns their number.
pub fn purge_batch<S: Resource>(
    connection: &mut Connection,
    limit: Time,
) -> Result<usize, Problem> {
    let rows: Vec<ItemRow> = items::table
        .filter(items::kind.eq(S::SCHEMA.kind.as_str()))
        .filter(items::purged_at.is_null())
        .filter(items::deleted_at.lt(limit))
        .select(ItemRow::as_select())
        .limit(PURGE_BATCH_SIZE)
        .load(connection)?;
    for item in &rows {
        purge_item::<S>(connection, item)?;
    }
    Ok(rows.len())
}

/// Purges a deleted item. Its id is retained, and its slugs as keyed hashes, so that requests for
/// them result in 410 and the slugs are not reused.
pub fn purge_item<S: Resource>(connection: &mut Connection, item: &ItemRow) -> Result<(), Problem> {
    let number = item.number;
    delete_texts(connection, [number])?;
    diesel::delete(filter_index::table.filter(filter_index::item.eq(number)))
        .execute(connection)?;
    delete_sort_row::<S>(connection, number)?;
    tracks::delete_all(connection, number)?;
    // Stored responses contain the item, or its name where it is embedded.
    let id = format!("%{}%", item.id);
    diesel::delete(idempotent_requests::table.filter(idempotent_requests::body.like(id)))
        .execute(connection)?;
    let slug = purge_slugs(connection, item)?;
    diesel::update(items::table.find(number))
        .set((
            items::slug.eq(slug),
            items::purged_at.eq(Some(Time::now())),
            items::languages.eq(""),
            items::public_languages.eq(""),
            items::reference_list.eq(""),
            items::fields.eq(""),
            items::tracks.eq(""),
        ))
        .execute(connection)?;
    full_text::reindex_items(connection, &[number])?;
    Ok(())
}

/// Type of [`purge_batch`] for one kind.
pub type PurgeFn = fn(&mut Connection, Time) -> Result<usize, Problem>;

/// Purges the deleted items of all kinds whose retention period has ended, in batches. Returns
/// their number.
pub async fn purge_all(state: &Arc<AppState>, kinds: &[PurgeFn]) -> Result<usize, Problem> {
    let retention = state.settings.purge_after;
    if retention.is_zero() {
        return Ok(0);
    }
    let limit = Time::now().saturating_sub(retention);
    let mut total = 0_usize;
    for purge in kinds.iter().copied() {
        loop {
            let count =
                state.database.write(move |connection| purge(connection, limit)).await?.value;
            total = total.saturating_add(count);
            if count == 0 {
                break;
            }
        }
    }
    if total > 0 {
        scrub(state, FreeSpace::Reuse).await?;
    }
    Ok(total)
}

/// Removes what the database still holds of purged items: words that no text has any more, values
/// of filters that no item has, and the remains in the full-text index and in free pages.
///
/// SQLite rewrites the file, during which other writes wait: about a second for each 100 MB.
/// PostgreSQL rewrites its tables only if `free_space` states it. If another session prevents that,
/// it is repeated in the background until it succeeds; the space of deleted rows becomes reusable
/// with the next purge.
pub async fn scrub(state: &Arc<AppState>, free_space: FreeSpace) -> Result<(), Problem> {
    match try_scrub(state, free_space).await? {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(problem) if problem.kind == ProblemKind::Unavailable => {
            log::warn!("remains of what was purged cannot be removed: {problem}");
        }
        Err(problem) => return Err(problem),
    }
    log::warn!(
        "remains of what was purged are left, since another session of the database uses them; they are removed as soon as possible"
    );
    if !state.is_scrub_pending.swap(true, Ordering::AcqRel) {
        actix_web::rt::spawn(scrub_when_possible(Arc::clone(state)));
    }
    Ok(())
}

/// Removes the remains, once. Returns false if another session of the database needs them.
async fn try_scrub(
    state: &Arc<AppState>,
    free_space: FreeSpace,
) -> Result<Result<bool, Problem>, Problem> {
    let database = state.database.clone();
    let scrubbed = actix_web::web::block(move || {
        let mut connection = database.connect()?;
        maintenance::drop_deleted_index_entries(&mut connection)?;
        database.write_blocking(|connection| {
            maintenance::delete_unused_words(connection)?;
            // The public saw nothing of deleted items any more.
            bump_derived(connection, Audience::Editors, Time::now())
        })?;
        Ok(maintenance::overwrite_free_space(&mut connection, free_space)?)
    });
    scrubbed.await.map_err(Problem::internal)
}

/// Removes the remains as soon as no other session prevents it.
async fn scrub_when_possible(state: Arc<AppState>) {
    let mut pause = MIN_RETRY_PAUSE;
    loop {
        actix_web::rt::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(MAX_RETRY_PAUSE);
        // What is purged from now on is pending again if it cannot be removed.
        state.is_scrub_pending.store(false, Ordering::Release);
        match try_scrub(&state, FreeSpace::Rewrite).await {
            Ok(Ok(true)) => {
                log::info!("the remains of what was purged are removed");
                return;
            }
            // Locked, or the database is not reachable.
            Ok(Ok(false) | Err(_)) => {
                // Another task continues.
                if state.is_scrub_pending.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            Err(_cancelled) => return,
        }
    }
}
