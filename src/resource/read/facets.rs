//! `facets=`: the number of items of the whole filtered list for each value of a filter.
//!
//! Counting in the database would read a row for each value of each item. Instead, the values of
//! all items are cached in memory, as one number each, and updated after writes; the database only
//! returns the row ids of the list. Counts are cached until the next write.

use serde_json::{Map, Value, json};

use crate::db::{Connection, Id, RowId};
use crate::http::problem::Problem;
use crate::i18n::language_names;
use crate::resource::cache::facet_values::FacetCounts;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::schema::{FilterSchema, FilterType};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_reference_targets;
use crate::text::language::Language;

/// Computes the facets of a list as JSON: an array of `{value, label, count}` for each facet.
pub fn compute_facets(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    list_request: &ListRequest,
    render_context: &mut RenderContext,
) -> Result<Map<String, Value>, Problem> {
    let ReadContext { state, revisions, .. } = read_context;
    let cache = &state.facet_cache;
    let mut facets = Map::new();
    let mut counted: Vec<(&'static FilterSchema, FacetCounts)> = Vec::new();
    // Facets whose filter is not set count the same items.
    let mut all_row_ids: Option<Vec<RowId>> = None;
    for (filter, key) in list_request.facets() {
        let is_set = list_request.is_set(filter);
        let counts = cache.counts.get_or_try_insert_with(revisions, key, || {
            let references = render_context.required_cache()?;
            let mut read = |but| list_request.load_row_ids(connection, &references, but);
            let filtered_row_ids;
            let items: &[RowId] = if is_set {
                filtered_row_ids = read(Some(filter))?;
                &filtered_row_ids
            } else {
                if all_row_ids.is_none() {
                    all_row_ids = Some(read(None)?);
                }
                all_row_ids.as_deref().unwrap_or_default()
            };
            cache
                .values
                .count_values(connection, revisions, &list_request.index_field(filter), items)
                .map_err(Problem::from)
        })?;
        counted.push((filter, counts));
    }
    let limit = list_request.facet_params.limit;
    let named = counted.iter().filter_map(|(filter, counts)| match filter.filter_type {
        FilterType::Item(kind) => Some((
            kind,
            counts.iter().take(limit).filter_map(|(value, _)| Id::parse(value)).collect(),
        )),
        _ => None,
    });
    load_reference_targets(connection, named.collect(), list_request.visibility, render_context)?;
    for (filter, counts) in counted {
        let values = counts.iter().take(limit).filter_map(|(value, count)| {
            let (value, label) = facet_label(filter, value, render_context)?;
            Some(json!({"value": value, "label": label, "count": count}))
        });
        facets.insert(filter.name.to_owned(), Value::Array(values.collect()));
    }
    Ok(facets)
}

/// Returns the value of a facet as its filter accepts it, and its display label; `None` if the
/// viewer may not see it.
fn facet_label(
    filter: &FilterSchema,
    value: &str,
    render_context: &RenderContext,
) -> Option<(String, String)> {
    let names = render_context.language_preference.ui_language;
    Some(match filter.filter_type {
        FilterType::Item(_) | FilterType::ReferencedBy(..) => {
            let reference = render_context.short_reference(&Id::parse(value)?)?;
            (reference.slug, reference.title)
        }
        FilterType::Country => (
            value.to_owned(),
            render_context.country_names.country_reference(value, names)?.name.to_owned(),
        ),
        FilterType::Language => (
            value.to_owned(),
            language_names::display_name(&Language::from_canonical(value), names),
        ),
        FilterType::OneOf(_)
        | FilterType::KindWithFeeds
        | FilterType::Text
        | FilterType::AnyCase
        | FilterType::Boolean
        | FilterType::AllOf(_)
        | FilterType::Year => (value.to_owned(), value.to_owned()),
    })
}
