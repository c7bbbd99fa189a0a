//! Filters by items: resolves the identifiers and slugs of a request to items, and translates
//! filters by the references of these items.

use crate::db::keyset::ListQuery;
use crate::db::schema::items;
use crate::db::sql_fragment::{Fragment, id_in_fragment, integer_in_fragment};
use crate::db::{Connection, Id, RowId};
use crate::http::json_fields::truncate_for_message;
use crate::http::problem::{FieldError, Problem};
use crate::resource::cache::references::{CacheView, VisibleKind};
use crate::resource::model::item::ItemRow;
use crate::resource::query::params::{FilterValue, ListRequest};
use crate::resource::schema::{FilterSchema, FilterType, ResourceKind};
use crate::resource::store::items as stored_items;
use crate::resource::store::lookup::{self, find};
use crate::text::name_suggestion::closest_name;

/// A filter of a request.
#[derive(Clone, Copy)]
pub(super) struct GivenFilter<'a> {
    pub(super) filter: &'static FilterSchema,
    pub(super) values: &'a [FilterValue],
    /// Whether the query reads the filter index along the single value.
    pub(super) is_driving: bool,
}

/// The parts of a query that filters add to.
pub(super) struct QueryParts<'a> {
    pub(super) cache: &'a CacheView,
    pub(super) list: &'a mut ListQuery,
    pub(super) errors: &'a mut Vec<FieldError>,
}

impl ListRequest {
    /// Restricts a list to the items that these items reference, or to those that they do not.
    pub(super) fn add_referenced_by_filter(
        &self,
        connection: &mut Connection,
        parts: &mut QueryParts<'_>,
        given: GivenFilter<'_>,
    ) -> Result<(), Problem> {
        let GivenFilter { filter, values, .. } = given;
        let FilterType::ReferencedBy(kind, field) = filter.filter_type else { return Ok(()) };
        let QueryParts { cache, list, errors } = parts;
        let (mut included, mut excluded, mut is_narrowed) = (Vec::new(), Vec::new(), false);
        for value in values {
            is_narrowed = is_narrowed || !value.excluded;
            let ids = if value.excluded { &mut excluded } else { &mut included };
            match self.resolve_item(
                connection,
                cache,
                kind,
                value.index_values.first().map(String::as_str).unwrap_or_default(),
            )? {
                Ok(id) => ids.push(id),
                Err(detail) => {
                    errors.push(FieldError::parameter(filter.name, "unknown_value", detail));
                }
            }
        }
        let mut narrow = |ids: &[Id], not: &'static str| {
            let rows = stored_items::load_items(connection, &id_in_fragment("items.id", ids))?;
            let targets: Vec<Id> = rows
                .iter()
                .filter(|row| row.deleted_at.is_none())
                .flat_map(ItemRow::references)
                .filter(|reference| reference.field == field)
                .map(|reference| reference.target_id)
                .collect();
            let these = Fragment::new(list.driving_table.row_id_column())
                .sql(not)
                .sql(" IN (SELECT shown.number FROM items shown WHERE ");
            list.predicates.push(these.append(&id_in_fragment("shown.id", &targets)).sql(")"));
            Ok::<_, Problem>(())
        };
        if is_narrowed {
            narrow(&included, "")?;
        }
        if !excluded.is_empty() {
            narrow(&excluded, " NOT")?;
        }
        Ok(())
    }

    /// Resolves the item that a filter references, or returns the error message if there is none.
    pub(super) fn resolve_item(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        kind: ResourceKind,
        name: &str,
    ) -> Result<Result<Id, String>, Problem> {
        let items = VisibleKind { kind, visibility: self.visibility };
        if let Some(id) = cache.get_id_by_name(items, name) {
            return Ok(Ok(id));
        }
        let found = find(connection, kind, name)?.map(lookup::Lookup::into_item);
        // Feeds and saved queries by a deleted item remain valid: nothing refers to it any more.
        let visible = found.filter(|item| {
            self.visibility.includes_unpublished()
                || item.is_publicly_named()
                || item.deleted_at.is_some() && item.ever_public
        });
        if let Some(item) = visible {
            cache.insert_name(items, name, item.id);
            return Ok(Ok(item.id));
        }
        let hint = suggest_slug(connection, kind, name)?
            .map_or_else(String::new, |similar| format!("; did you mean `{similar}`?"));
        Ok(Err(format!("There is no {} `{}`{hint}", kind.noun(), truncate_for_message(name))))
    }
}

/// Returns the public slug closest to a name.
fn suggest_slug(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
) -> Result<Option<String>, Problem> {
    use diesel::prelude::*;
    let slugs: Vec<String> = items::table
        .filter(items::kind.eq(kind.as_str()))
        .filter(items::is_public.eq(true))
        .order(items::slug)
        .limit(2_000)
        .select(items::slug)
        .load(connection)?;
    Ok(closest_name(name, slugs.iter().map(String::as_str)).map(str::to_owned))
}

/// Returns the predicate for the items with these identifiers or slugs; unknown ones are ignored.
pub(super) fn by_ids_or_slugs(
    connection: &mut Connection,
    kind: ResourceKind,
    names: &[String],
) -> Result<Fragment, Problem> {
    use crate::db::schema::slugs;
    use diesel::prelude::*;
    let (ids, others): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| Id::parse(name).is_some());
    let ids: Vec<Id> = ids.into_iter().filter_map(|name| Id::parse(name)).collect();
    let by_slug: Vec<RowId> = if others.is_empty() {
        Vec::new()
    } else {
        slugs::table
            .filter(slugs::kind.eq(kind.as_str()))
            .filter(slugs::slug.eq_any(others))
            .select(slugs::item)
            .load(connection)?
    };
    Ok(id_in_fragment("items.id", &ids)
        .sql(" OR ")
        .append(&integer_in_fragment("items.number", by_slug)))
}
