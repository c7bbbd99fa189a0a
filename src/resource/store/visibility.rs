//! Finds items that the client may see. A soft-deleted item results in 410, any other miss in 404.

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::lookup::{Lookup, find};

/// Finds an item that the client may see. Fails with 410 if the item was deleted and the client
/// could have seen it, and with 404 if it does not exist or is not visible.
pub fn find_visible(
    connection: &mut Connection,
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
) -> Result<Lookup, Problem> {
    let found = if is_possible_name(name) { find(connection, schema.kind, name)? } else { None };
    let mut found = check_visible(schema, name, visibility, found)?;
    if !visibility.includes_unpublished() {
        let (Lookup::Current(item) | Lookup::Former(item)) = &mut found;
        item.hide_unpublished();
    }
    Ok(found)
}

/// Whether a name can be an id or a slug at all.
pub(in crate::resource) fn is_possible_name(name: &str) -> bool {
    !name.contains('\0') && name.len() <= 200
}

/// Returns the found item if the client may see it, and the matching problem otherwise.
pub(in crate::resource) fn check_visible<T: AsRef<ItemRow>>(
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
    found: Option<Lookup<T>>,
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
    let (Lookup::Current(value) | Lookup::Former(value)) = &found;
    let item = value.as_ref();
    if item.deleted_at.is_some() {
        if visibility.includes_unpublished() || item.ever_public {
            return Err(Problem::new(
                ProblemKind::Gone,
                // The current slug may be one that the public was never shown.
                format!(
                    "The {} `{}` has been deleted.",
                    schema.kind.noun(),
                    crate::http::json_fields::truncate_for_message(name)
                ),
            ));
        }
        return Err(missing());
    }
    if !visibility.includes_unpublished() && !item.is_public {
        return Err(missing());
    }
    Ok(found)
}
