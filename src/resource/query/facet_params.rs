//! Parses the parameters `facets` and `facet_limit`.

use crate::http::json_fields::unknown_value_message;
use crate::http::query_params::QueryParams;
use crate::resource::schema::{FilterSchema, ResourceSchema};

/// Default number of values per facet.
pub const DEFAULT_FACET_LIMIT: i64 = 20;

/// Maximum number of values per facet.
pub const MAX_FACET_LIMIT: i64 = 1_000;

/// Facet parameters of a list request.
#[derive(Clone, Debug, Default)]
pub struct FacetParams {
    /// The filters whose values are counted.
    pub filters: Vec<&'static FilterSchema>,
    /// Maximum number of values per facet.
    pub limit: usize,
}

/// Parses both parameters.
pub(super) fn parse_facets(
    params: &mut QueryParams,
    schema: &'static ResourceSchema,
) -> FacetParams {
    let mut filters: Vec<&'static FilterSchema> = Vec::new();
    for name in params.list("facets", 20).unwrap_or_default() {
        match schema.all_facets().find(|filter| filter.name == name) {
            Some(filter) if filters.iter().any(|other| other.name == filter.name) => {}
            Some(filter) => filters.push(filter),
            None => params.error(
                "facets",
                "unknown_value",
                unknown_value_message(&name, schema.all_facets().map(|filter| filter.name)),
            ),
        }
    }
    let limit = params.integer("facet_limit", 1..=MAX_FACET_LIMIT).unwrap_or(DEFAULT_FACET_LIMIT);
    FacetParams { filters, limit: usize::try_from(limit).unwrap_or(usize::MAX) }
}
