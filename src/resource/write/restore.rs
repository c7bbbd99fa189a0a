//! `POST …/restore` for what was deleted, and the purge after which it cannot be restored.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;

use crate::db::schema::{facets, items};
use crate::db::sql_fragment::id_in;
use crate::db::{Connection, Id, RowId, Time};
use crate::http::accept;
use crate::http::conditional::Precondition;
use crate::http::json_fields::clip;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::Resource;
use crate::resource::index::full_text;
use crate::resource::model::revisions::{Revisions, bump};
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::items::{ItemRow, Lookup, delete_texts, find};
use crate::resource::store::{change_log, tracks};
use crate::resource::write::handlers::{
    WriteOutcome, delete_sort_row, execute, parse_response_options,
};
use crate::resource::write::idempotency::IdempotentRequest;

/// `POST /v1/{kind}/{item}/restore`: brings a deleted item back as it was. One that is not deleted
/// is answered unchanged.
pub async fn restore<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let caller = state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, false)?;
    let options = parse_response_options::<S>(&state, &request)?;
    let idempotent_request =
        IdempotentRequest::from_request(&request, caller, &serde_json::Value::Null)?;
    execute::<S>(state, &request, options, idempotent_request, move |connection, state| {
        let found = if name.contains('\0') || name.len() > 200 {
            None
        } else {
            find(connection, S::SCHEMA.kind, &name)?
        };
        let Some(item) = found.map(Lookup::into_item) else {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("There is no {} `{}`.", S::SCHEMA.kind.noun(), clip(&name)),
            )
            .into());
        };
        precondition.check(item.id, item.revision)?;
        if item.deleted_at.is_some() {
            restore_item::<S>(connection, state, &item)?;
        }
        Ok(WriteOutcome::updated(item.id))
    })
    .await
}

fn restore_item<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
) -> Result<(), Problem> {
    let schema = S::SCHEMA;
    if item.purged_at.is_some() {
        let detail = format!(
            "The {} `{}` was deleted too long ago: what it held is no longer kept.",
            schema.kind.noun(),
            item.slug
        );
        return Err(Problem::new(ProblemKind::Gone, detail));
    }
    check_references_exist(connection, schema, item)?;
    let now = Time::now();
    let is_public = item.status == "published" && !item.public_languages.is_empty();
    diesel::update(items::table.find(item.number))
        .set((
            items::deleted_at.eq(None::<Time>),
            items::updated_at.eq(now),
            items::is_public.eq(is_public),
            items::revision.eq(items::revision + 1),
            items::written.eq(Revisions::load(connection)?.next_catalogue_revision()),
        ))
        .execute(connection)?;
    full_text::set_public_flag::<S>(connection, item.number, is_public)?;
    full_text::reindex_item::<S>(connection, item)?;
    bump(connection, schema.kind, now)?;
    if is_public {
        change_log::record_feed_change(connection, &state.settings, schema.kind)?;
    }
    Ok(())
}

/// 409 where the item refers to others that are deleted too: they come first.
fn check_references_exist(
    connection: &mut Connection,
    schema: &ResourceSchema,
    item: &ItemRow,
) -> Result<(), Problem> {
    let targets: Vec<Id> =
        item.references().into_iter().map(|reference| reference.target_id).collect();
    let deleted: Vec<(String, String)> = items::table
        .filter(id_in(items::id, &targets))
        .filter(items::deleted_at.is_not_null())
        .order((items::kind, items::slug))
        .select((items::kind, items::slug))
        .load(connection)?;
    if deleted.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = deleted
        .iter()
        .take(5)
        .map(|(kind, slug)| format!("{} `{slug}`", kind.replace('_', " ")))
        .collect();
    let more = if deleted.len() > names.len() {
        format!(" and {} more", deleted.len().saturating_sub(names.len()))
    } else {
        String::new()
    };
    let detail = format!(
        "The {} `{}` refers to what is deleted itself: {}{more}. Restore these first.",
        schema.kind.noun(),
        item.slug,
        names.join(", ")
    );
    let mut problem = Problem::new(ProblemKind::Conflict, detail.clone());
    problem.errors.push(FieldError::field("", "refers_to_deleted", detail));
    Err(problem)
}

/// How many items a transaction of the purge takes.
const PURGE_BATCH_SIZE: i64 = 200;

/// Removes for good what some items of a kind hold that were deleted before `limit`; gives how
/// many. Their identifiers and slugs stay, so that they answer 410 and are not given to others.
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
        diesel::delete(facets::table.filter(facets::item.eq(number))).execute(connection)?;
        delete_sort_row::<S>(connection, *number)?;
        tracks::delete_all(connection, *number)?;
        diesel::update(items::table.find(number))
            .set((
                items::purged_at.eq(Some(Time::now())),
                items::languages.eq(""),
                items::public_languages.eq(""),
                items::refers_to.eq(""),
                items::own.eq(""),
                items::tracks.eq(""),
            ))
            .execute(connection)?;
    }
    Ok(numbers.len())
}

/// The purge of one kind.
pub type PurgeFn = fn(&mut Connection, Time) -> Result<usize, Problem>;

/// Purges all kinds, some items in each transaction; gives how many there were.
pub async fn purge_all(state: &AppState, kinds: &[PurgeFn]) -> Result<usize, Problem> {
    let days = i64::from(state.settings.purge_days);
    if days == 0 {
        return Ok(0);
    }
    let limit = Time::now().minus_micros(days.saturating_mul(86_400_000_000));
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
