//! Deletes the content of items whose retention period after deletion has ended.

use diesel::prelude::*;

use crate::db::schema::{filter_index, items};
use crate::db::{Connection, RowId, Time};
use crate::http::problem::Problem;
use crate::resource::index::sort_rows::delete_sort_row;
use crate::resource::state::AppState;
use crate::resource::store::texts::delete_texts;
use crate::resource::store::tracks;
use crate::resource::view::resource::Resource;

/// Maximum number of items that are purged in one transaction.
const PURGE_BATCH_SIZE: i64 = 200;

/// Purges a batch of items of a kind that were deleted before `limit`. Returns their number. Their
/// ids and slugs are retained, so that requests for them result in 410 and the slugs are not
/// reused.
pub fn purge_batch<S: Resource>(
    connection: &mut Connection,
    limit: Time,
) -> Result<usize, Problem> {
    let numbers: Vec<RowId> = items::table
        .filter(items::kind.eq(S::SCHEMA.kind.as_str()))
        .filter(items::purged_at.is_null())
        .filter(items::deleted_at.lt(limit))
        .select(items::number)
        .limit(PURGE_BATCH_SIZE)
        .load(connection)?;
    delete_texts(connection, numbers.iter().copied())?;
    for number in &numbers {
        diesel::delete(filter_index::table.filter(filter_index::item.eq(number)))
            .execute(connection)?;
        delete_sort_row::<S>(connection, *number)?;
        tracks::delete_all(connection, *number)?;
        diesel::update(items::table.find(number))
            .set((
                items::purged_at.eq(Some(Time::now())),
                items::languages.eq(""),
                items::public_languages.eq(""),
                items::reference_list.eq(""),
                items::fields.eq(""),
                items::tracks.eq(""),
            ))
            .execute(connection)?;
    }
    Ok(numbers.len())
}

/// Type of [`purge_batch`] for one kind.
pub type PurgeFn = fn(&mut Connection, Time) -> Result<usize, Problem>;

/// Purges the deleted items of all kinds whose retention period has ended, in batches. Returns
/// their number.
pub async fn purge_all(state: &AppState, kinds: &[PurgeFn]) -> Result<usize, Problem> {
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
    Ok(total)
}
