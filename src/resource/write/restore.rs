//! `POST …/restore` for deleted items.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;

use crate::db::schema::items;
use crate::db::sql_fragment::id_in;
use crate::db::{Connection, Id};
use crate::http::json_fields::truncate_for_message;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::extract::ConditionalEditor;
use crate::resource::model::item::ItemRow;
use crate::resource::model::status_change::StatusChange;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::lookup::{Lookup, find};
use crate::resource::view::resource::Resource;
use crate::resource::write::handlers::{WriteOutcome, WriteRequest, execute};
use crate::resource::write::idempotency::IdempotentRequest;
use crate::resource::write::status_change::{change_status, list_items};

/// `POST /v1/{kind}/{item}/restore`: restores a deleted item to its state before deletion. An item
/// that is not deleted is returned unchanged.
pub async fn restore<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    editor: ConditionalEditor,
    name: String,
) -> Result<HttpResponse, Problem> {
    let ConditionalEditor { key, precondition, .. } = editor;
    let write_request = WriteRequest::from_request::<S>(&state, &request)?.with_idempotency(
        IdempotentRequest::from_request(&request, key, &serde_json::Value::Null)?,
    );
    execute::<S>(state, &request, write_request, move |connection, state| {
        let found = if name.contains('\0') || name.len() > 200 {
            None
        } else {
            find(connection, S::SCHEMA.kind, &name)?
        };
        let Some(item) = found.map(Lookup::into_item) else {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("There is no {} `{}`.", S::SCHEMA.kind.noun(), truncate_for_message(&name)),
            ));
        };
        precondition.check(item.version())?;
        if item.deleted_at.is_some() {
            restore_item::<S>(connection, state, &item)?;
        }
        Ok(WriteOutcome::Updated(item.id))
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
            "The {} `{}` has been purged and can no longer be restored.",
            schema.kind.noun(),
            item.slug
        );
        return Err(Problem::new(ProblemKind::Gone, detail));
    }
    check_references_exist(connection, schema, item)?;
    change_status::<S>(connection, state, item, StatusChange::Restore)?;
    Ok(())
}

/// Fails with 409 if the item references deleted items, which must be restored first.
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
    let names = list_items(deleted.iter().map(|(kind, slug)| (kind.as_str(), slug.as_str())));
    let detail = format!(
        "The {} `{}` refers to deleted items: {names}. Restore these first.",
        schema.kind.noun(),
        item.slug
    );
    let mut problem = Problem::new(ProblemKind::Conflict, detail.clone());
    problem.errors.push(FieldError::field("", "refers_to_deleted", detail));
    Err(problem)
}
