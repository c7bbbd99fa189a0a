//! Resolves the references of a body, and rejects deletions of referenced items.

use crate::db::{Connection, Id};
use crate::http::json_fields::truncate_for_message;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::{ItemRow, NewReference, Reference, Status};
use crate::resource::model::status_change::OnReferences;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::{items as stored_items, lookup};
use crate::resource::write::status_change::referenced_problem;

/// Resolves the references of a body to item ids.
pub(super) fn resolve_references(
    connection: &mut Connection,
    schema: &ResourceSchema,
    new_references: &[NewReference],
    errors: &mut Vec<FieldError>,
) -> Result<Vec<(NewReference, Id)>, Problem> {
    let mut names = Vec::with_capacity(new_references.len());
    for link in new_references {
        let Some(schema) = schema.reference(link.field) else {
            return Err(Problem::internal(format!(
                "{} declares no reference {}",
                schema.kind.as_str(),
                link.field
            )));
        };
        names.push((schema.target, link.target.id_or_slug.as_str()));
    }
    let found = lookup::resolve_names(connection, &names)?;
    let mut resolved: Vec<(NewReference, Id)> = Vec::new();
    for (link, (kind, name)) in new_references.iter().zip(names) {
        let Some((id, slug)) = found.get(&(kind, name.to_owned())) else {
            let detail = format!("There is no {} `{}`.", kind.noun(), truncate_for_message(name));
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "unknown_reference",
                detail,
            ));
            continue;
        };
        let is_repeated = resolved.iter().any(|(other, other_id)| {
            other.field == link.field
                && other_id == id
                && other.role == link.role
                && other.start_ms == link.start_ms
        });
        if is_repeated {
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "repeated",
                format!("`{slug}` is listed twice."),
            ));
            continue;
        }
        resolved.push((link.clone(), *id));
    }
    Ok(resolved)
}

/// Returns references in storage order: by field, and within a field in the order of the body.
pub(super) fn sorted_references(resolved: &[(NewReference, Id)]) -> Vec<Reference> {
    let mut references: Vec<Reference> = resolved
        .iter()
        .map(|(reference, target)| Reference {
            field: reference.field.to_owned(),
            target_id: *target,
            role: reference.role.clone(),
            start_ms: reference.start_ms,
            end_ms: reference.end_ms,
        })
        .collect();
    references.sort_by(|a, b| a.field.cmp(&b.field));
    references
}

/// Fails with 409 if other items reference the item, and lists them. After those that are public
/// were archived, archived ones do not count.
pub(super) fn check_not_referenced(
    connection: &mut Connection,
    item: &ItemRow,
    on_references: OnReferences,
) -> Result<(), Problem> {
    let is_archive = on_references == OnReferences::Archive;
    let condition = stored_items::referencing_items(item.id)
        .sql(" AND items.deleted_at IS NULL ORDER BY items.kind, items.slug LIMIT 1000");
    let mut rows = stored_items::load_items(connection, &condition)?;
    rows.retain(|row| row.references().iter().any(|reference| reference.target_id == item.id));
    rows.retain(|row| !is_archive || row.status != Status::Archived.as_str());
    if rows.is_empty() {
        return Ok(());
    }
    let remedy = if is_archive {
        "They are not public and would lose their reference; change or delete these first."
    } else {
        "Change or delete these first, or repeat the request with `on_references=archive`, which archives those that are public."
    };
    Err(referenced_problem(item, &rows, remedy))
}
