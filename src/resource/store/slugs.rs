//! Slugs. Each slug belongs permanently to one item, so that former slugs can redirect.

use diesel::prelude::*;

use crate::db::schema::slugs;
use crate::db::{Connection, RowId};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::purged_slugs::find_purged;
use crate::text::slug;

/// Reserves the slug of an item for that item.
pub fn reserve_slug(connection: &mut Connection, item: &ItemRow) -> Result<(), crate::db::Error> {
    diesel::insert_into(slugs::table)
        .values((
            slugs::kind.eq(&item.kind),
            slugs::slug.eq(&item.slug),
            slugs::item.eq(item.number),
        ))
        .execute(connection)?;
    Ok(())
}

/// Generates a slug from the title in the original language, with a numeric suffix if the slug is
/// taken.
pub(in crate::resource) fn generate_slug(
    connection: &mut Connection,
    schema: &ResourceSchema,
    original_title: Option<&str>,
) -> Result<String, Problem> {
    let mut base = original_title.map(slug::slugify).unwrap_or_default();
    if schema.kind.validate_slug(&base).is_err() {
        base = if base.is_empty() {
            schema.kind.as_str().replace('_', "-")
        } else {
            slug::slugify(&format!("{} {base}", schema.kind.noun()))
        };
    }
    let mut candidate = base.clone();
    for number in 2..u32::MAX {
        if find_owner(connection, schema, &candidate)?.is_none() {
            break;
        }
        candidate = slug::slug_with_suffix(&base, number);
    }
    Ok(candidate)
}

/// Fails if the slug is or was the slug of another item. Returns whether it is or was the slug of
/// this item.
pub(in crate::resource) fn check_slug_available(
    connection: &mut Connection,
    schema: &ResourceSchema,
    item: Option<RowId>,
    slug: &str,
) -> Result<bool, Problem> {
    let owner = find_owner(connection, schema, slug)?;
    if owner.is_some() && owner != item {
        let detail = format!(
            "Another {} has or had the slug `{slug}`; choose another one.",
            schema.kind.noun()
        );
        let mut problem = Problem::new(ProblemKind::Conflict, detail.clone());
        problem.errors.push(FieldError::field("/slug", "taken", detail));
        return Err(problem);
    }
    Ok(owner.is_some())
}

/// Returns the item that has or had a slug.
fn find_owner(
    connection: &mut Connection,
    schema: &ResourceSchema,
    slug: &str,
) -> Result<Option<RowId>, Problem> {
    let owner: Option<RowId> = slugs::table
        .filter(slugs::kind.eq(schema.kind.as_str()))
        .filter(slugs::slug.eq(slug))
        .select(slugs::item)
        .first(connection)
        .optional()?;
    match owner {
        Some(owner) => Ok(Some(owner)),
        None => Ok(find_purged(connection, schema.kind.as_str(), slug)?),
    }
}
