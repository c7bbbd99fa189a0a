//! Finds an item that the caller may see; deleted items are 410, others 404.

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::lookup::{Lookup, find};

/// Finds an item that the caller may see: 404 where it was never public, 410 where it was deleted.
pub fn find_visible(
    connection: &mut Connection,
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
) -> Result<Lookup, Problem> {
    let found = if is_possible_name(name) { find(connection, schema.kind, name)? } else { None };
    check_visible(schema, name, visibility, found, |item| item)
}

/// Whether there can be an item of this name at all.
pub(in crate::resource) fn is_possible_name(name: &str) -> bool {
    !name.contains('\0') && name.len() <= 200
}

/// What was found, if the caller may see it.
pub(in crate::resource) fn check_visible<T>(
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
    found: Option<Lookup<T>>,
    item: fn(&T) -> &ItemRow,
) -> Result<Lookup<T>, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::NotFound,
            format!(
                "There is no {} `{}`.",
                schema.kind.noun(),
                crate::http::json_fields::truncate_for_message(name)
            ),
        )
    };
    let found = found.ok_or_else(missing)?;
    let (Lookup::Current(one) | Lookup::Former(one)) = &found;
    let item = item(one);
    if item.deleted_at.is_some() {
        if visibility.includes_unpublished() || item.ever_public {
            return Err(Problem::new(
                ProblemKind::Gone,
                format!("The {} `{}` has been deleted.", schema.kind.noun(), item.slug),
            ));
        }
        return Err(missing());
    }
    if !visibility.includes_unpublished() && !item.is_public {
        return Err(missing());
    }
    Ok(found)
}
