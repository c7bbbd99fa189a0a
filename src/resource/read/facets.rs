//! `facets=`: how many items of the whole filtered list have each value of a filter.
//!
//! Counting in the database would read a row for each value of each item. So the values of all
//! items are kept in memory, a number for each, and brought up to date with what was written since;
//! the database says only which items are in the list. What was counted is kept as long as nothing
//! is written.

use serde_json::{Map, Value, json};

use crate::db::{Connection, Id, RowId};
use crate::http::problem::Problem;
use crate::resource::cache::facet_values::{FacetCache, FacetCounts};
use crate::resource::model::revisions::Revisions;
use crate::resource::query::params::ListRequest;
use crate::resource::schema::{FilterSchema, FilterType, ResourceSchema};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_reference_targets;
use crate::text::language::Language;
use crate::text::language_names;

/// The facets of a list as JSON, an array of `{value, label, count}` for each.
pub fn compute_facets(
    cache: &FacetCache,
    connection: &mut Connection,
    (spec, wanted): (&'static ResourceSchema, &ListRequest),
    revisions: &Revisions,
    render_context: &mut RenderContext,
) -> Result<Map<String, Value>, Problem> {
    let mut facets = Map::new();
    let mut counted: Vec<(&'static FilterSchema, FacetCounts)> = Vec::new();
    // Those whose filter is not set count the same items.
    let mut whole: Option<Vec<RowId>> = None;
    for filter in &wanted.facet_params.filters {
        let is_set = wanted.is_set(filter);
        let key = format!("{}\n{}", filter.name, wanted.facet_key(filter));
        let counts = cache.counts.get_or_try_insert_with(revisions, &key, || {
            let references = render_context.cache();
            let mut read = |but| -> Result<Vec<RowId>, Problem> {
                let Some(references) = &references else {
                    return Err(Problem::internal("a list was read without a memory"));
                };
                wanted.load_row_ids(connection, spec, references, but)
            };
            let own;
            let items: &[RowId] = if is_set {
                own = read(Some(*filter))?;
                &own
            } else {
                if whole.is_none() {
                    whole = Some(read(None)?);
                }
                whole.as_deref().unwrap_or_default()
            };
            cache
                .values
                .count_values(connection, revisions, &wanted.index_field(spec, filter), items)
                .map_err(Problem::from)
        })?;
        counted.push((filter, counts));
    }
    let limit = wanted.facet_params.limit;
    let named = counted.iter().filter_map(|(filter, counts)| match filter.filter_type {
        FilterType::Item(kind) => Some((
            kind,
            counts.iter().take(limit).filter_map(|(value, _)| Id::parse(value)).collect(),
        )),
        _ => None,
    });
    load_reference_targets(connection, named.collect(), wanted.visibility, render_context)?;
    for (filter, counts) in counted {
        let values = counts.iter().take(limit).filter_map(|(value, count)| {
            let (value, label) = facet_label(filter, value, render_context)?;
            Some(json!({"value": value, "label": label, "count": count}))
        });
        facets.insert(filter.name.to_owned(), Value::Array(values.collect()));
    }
    Ok(facets)
}

/// The value of a facet as a filter takes it, and how a person calls it; nothing for what the
/// viewer may not see.
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
        | FilterType::Text
        | FilterType::Boolean
        | FilterType::AllOf(_)
        | FilterType::Year => (value.to_owned(), value.to_owned()),
    })
}
