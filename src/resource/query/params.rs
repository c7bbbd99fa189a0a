//! Parses the parameters of a list request by the schema of the kind.

use serde::Serialize;

use crate::db::ReadCost;
use crate::db::keyset::PageStart;
use crate::db::search::FieldScope;
use crate::db::sort_key::MAX_SORT_KEYS;
use crate::db::sql_fragment::Bind;
use crate::http::auth::Visibility;
use crate::http::json_fields::{truncate_for_message, unknown_value_message};
use crate::http::language::{LanguageDefaults, LanguageKey, LanguagePreference};
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::cache::counts::FilteredListKey;
use crate::resource::cache::facet_values::FacetKey;
use crate::resource::model::item::Status;
use crate::resource::query::facet_params::{FacetParams, parse_facets};
pub use crate::resource::query::filter_sql::{filter_match, status_predicates};
use crate::resource::query::missing::MissingFilter;
use crate::resource::query::pagination::PageParams;
use crate::resource::query::shape::{
    HIGHLIGHTS_FIELD, PRESENTATION_PARAMS, ResponseShape, parse_shape,
};
use crate::resource::schema::{
    FilterSchema, MAX_VALUES, RangeSchema, RangeType, ResourceKind, ResourceSchema, SortColumn,
};
use crate::text::decimal::format::decimal_sort_key;
use crate::text::query::SearchQuery;

/// Maximum length of `q`, in characters.
pub const MAX_SEARCH_LEN: usize = 2_000;

/// Maximum number of `ids` in a request.
pub const MAX_IDS: usize = 100;

/// A parsed search.
#[derive(Clone, Debug)]
pub struct SearchParams {
    /// Text of `q`.
    pub text: String,
    /// The parsed query.
    pub query: SearchQuery,
}

/// A parsed list request; the names of items in filters are not resolved yet.
#[derive(Clone)]
pub struct ListRequest {
    /// Schema of the kind.
    pub schema: &'static ResourceSchema,
    /// Requested languages.
    pub language_preference: LanguagePreference,
    /// Shape of each item.
    pub response_shape: ResponseShape,
    /// Pagination.
    pub page_params: PageParams,
    /// Base URL of this server.
    pub base_url: String,
    /// Visibility of items and texts.
    pub visibility: Visibility,
    /// Cache key of the total. Independent of the sort order and, without `q`, of `lang`.
    pub count_key: FilteredListKey,
    /// All parameters in canonical form.
    pub(super) canonical_query: String,
    /// Requested facets.
    pub facet_params: FacetParams,
    /// Whether to highlight matches.
    pub with_highlights: bool,
    /// Fields that `q` searches.
    pub scope: FieldScope,
    /// Cache key of the counts of each requested facet, in the order of `facet_params`.
    pub(super) facet_keys: Vec<FacetKey>,
    pub(super) statuses: Option<Vec<Status>>,
    pub(super) ids: Option<Vec<String>>,
    pub(super) search: Option<SearchParams>,
    pub(super) filters: Vec<(&'static FilterSchema, Vec<FilterValue>)>,
    pub(super) missing: MissingFilter,
    pub(super) ranges: Vec<(&'static RangeSchema, Bind)>,
    pub(super) sort_keys: Vec<(&'static SortColumn, bool)>,
    pub(super) by_relevance: bool,
    /// Whether only the number of items is needed.
    pub(super) counts_only: bool,
}

/// One value of a filter.
#[derive(Clone, Debug)]
pub(super) struct FilterValue {
    /// Values in the filter index, or the identifier or slug of an item as sent.
    pub(super) index_values: Vec<String>,
    pub(super) excluded: bool,
}

impl ListRequest {
    /// Parses all parameters; errors are reported together. The base URL is empty.
    pub fn parse(
        schema: &'static ResourceSchema,
        query: &str,
        language_defaults: LanguageDefaults<'_>,
        visibility: Visibility,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let mut language_preference = LanguagePreference::parse(&mut params, language_defaults);
        let shape = parse_shape(schema, &[HIGHLIGHTS_FIELD], &mut params, &mut language_preference);
        let ids = params.list("ids", MAX_IDS);
        let search = parse_search(&mut params);
        let statuses = parse_statuses(&mut params, visibility);
        let filters = schema
            .all_filters()
            .filter_map(|filter| Some((filter, parse_filter(&mut params, filter)?)))
            .collect();
        let missing = MissingFilter::parse(&mut params, schema);
        let ranges = schema
            .all_ranges()
            .filter_map(|range| Some((range, parse_range(&mut params, range)?)))
            .collect();
        let (sorts, by_relevance) = parse_sort_keys(&mut params, schema, search.is_some());
        let facets = parse_facets(&mut params, schema);
        let highlights =
            params.flag(HIGHLIGHTS_FIELD).unwrap_or_else(|| shape.names_field(HIGHLIGHTS_FIELD));
        let cursor_key = CursorKey {
            kind: schema.kind,
            query: params.canonical_without(PRESENTATION_PARAMS),
            languages: language_preference.negotiated_key(),
            visibility,
        };
        let paging = PageParams::parse(&mut params, &cursor_key);
        let list_key_without = |names: &[&str]| FilteredListKey {
            kind: schema.kind,
            query: params
                .canonical_without(&[PRESENTATION_PARAMS, &["sort", "lang"], names].concat()),
            omitted_terms: Vec::new(),
            visibility,
        };
        let count_key = list_key_without(&[]);
        let facet_keys = facets
            .filters
            .iter()
            .map(|filter| FacetKey { filter: filter.name, list: list_key_without(&[filter.name]) })
            .collect();
        let canonical_query = params.canonical_without(&[]);
        // Drafts are listed only if `status` requests them, even with a key: a site that reads with
        // a key does not leak them.
        let visibility = if statuses.is_some() { visibility } else { Visibility::Published };
        params.finish()?;
        Ok(Self {
            schema,
            language_preference,
            response_shape: shape,
            page_params: paging,
            base_url: String::new(),
            visibility,
            count_key,
            canonical_query,
            facet_params: facets,
            with_highlights: highlights,
            scope: FieldScope::default(),
            facet_keys,
            statuses,
            ids,
            search,
            filters,
            missing,
            ranges,
            sort_keys: sorts,
            by_relevance,
            counts_only: false,
        })
    }

    /// Sets the base URL.
    #[must_use]
    pub fn with_base_url(self, base_url: String) -> Self {
        Self { base_url, ..self }
    }

    /// Returns the parsed query of the search.
    pub fn query(&self) -> Option<&SearchQuery> {
        self.search.as_ref().map(|search| &search.query)
    }

    /// Returns the search.
    pub fn search(&self) -> Option<&SearchParams> {
        self.search.as_ref()
    }

    /// Returns the expected cost of the list.
    pub fn cost(&self) -> ReadCost {
        let is_heavy = self.search.is_some()
            || self.page_params.with_total
            || !self.facet_params.filters.is_empty();
        if is_heavy { ReadCost::Heavy } else { ReadCost::Light }
    }

    /// Returns the same list request with another search query, to be counted.
    #[must_use]
    pub fn with_query(&self, query: SearchQuery) -> Self {
        Self {
            search: self.search.clone().map(|search| SearchParams { query, ..search }),
            counts_only: true,
            ..self.clone()
        }
    }

    /// Returns the same list request without words of the query that no item has with the others.
    #[must_use]
    pub fn with_omitted_terms(&self, query: SearchQuery, omitted_terms: &[String]) -> Self {
        let mut request = Self { counts_only: false, ..self.with_query(query) };
        let facet_lists = request.facet_keys.iter_mut().map(|key| &mut key.list);
        for list in facet_lists.chain([&mut request.count_key]) {
            list.omitted_terms = omitted_terms.to_vec();
        }
        request
    }

    /// Returns the same list request for another text of `q`, and for its first item only.
    #[must_use]
    pub fn first_of(&self, text: &str) -> Self {
        let mut first = Self { counts_only: false, ..self.with_query(SearchQuery::parse(text)) };
        first.count_key.query.extend(["&q=", text]);
        (first.page_params.limit, first.page_params.with_total) = (1, false);
        first
    }

    /// Returns the same list request without a search.
    #[must_use]
    pub fn without_query(&self) -> Self {
        Self { search: None, by_relevance: false, ..self.clone() }
    }

    /// Whether a filter accepts a value; a filter that is not set accepts all.
    pub fn accepts(&self, filter: &str, value: &str) -> bool {
        let Some((_, values)) = self.filters.iter().find(|(set, _)| set.name == filter) else {
            return true;
        };
        let has = |filter_value: &FilterValue| {
            filter_value.index_values.iter().any(|index_value| index_value == value)
        };
        let mut included = values.iter().filter(|filter_value| !filter_value.excluded).peekable();
        !values.iter().any(|filter_value| filter_value.excluded && has(filter_value))
            && (included.peek().is_none() || included.any(has))
    }

    /// Whether a filter is set.
    pub fn is_set(&self, filter: &FilterSchema) -> bool {
        self.filters.iter().any(|(set, _)| set.name == filter.name)
    }

    /// Returns the requested facets, each with the cache key of its counts.
    pub fn facets(&self) -> impl Iterator<Item = (&'static FilterSchema, &FacetKey)> {
        self.facet_params.filters.iter().copied().zip(&self.facet_keys)
    }

    /// Identifies the request in entity tags.
    pub fn key(&self) -> ListKey<'_> {
        ListKey {
            kind: self.schema.kind,
            query: &self.canonical_query,
            languages: self.language_preference.key(),
            visibility: self.visibility,
        }
    }
}

/// Identifies a list request in entity tags.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ListKey<'a> {
    kind: ResourceKind,
    query: &'a str,
    languages: LanguageKey<'a>,
    visibility: Visibility,
}

/// Identifies the query that a cursor belongs to.
#[derive(Serialize)]
struct CursorKey<'a> {
    kind: ResourceKind,
    query: String,
    languages: Option<LanguageKey<'a>>,
    visibility: Visibility,
}

/// Parses `status`. Returns `None` for the default: published items.
pub fn parse_statuses(params: &mut QueryParams, visibility: Visibility) -> Option<Vec<Status>> {
    let names = params.list("status", 10)?;
    let mut statuses = Vec::new();
    for name in names {
        let (excluded, name) =
            name.strip_prefix('!').map_or((false, name.as_str()), |rest| (true, rest));
        match Status::ALL.iter().find(|(status, _)| *status == name) {
            Some((_, status)) if excluded => statuses.extend(
                Status::ALL.iter().map(|(_, other)| *other).filter(|other| other != status),
            ),
            Some((_, status)) => statuses.push(*status),
            None => params.error(
                "status",
                "unknown_value",
                unknown_value_message(name, Status::ALL.iter().map(|(status, _)| *status)),
            ),
        }
    }
    if !visibility.includes_unpublished() {
        if statuses.iter().any(|status| *status != Status::Published) {
            params.error(
                "status",
                "needs_key",
                "Only published items can be listed without a key.",
            );
        }
        return None;
    }
    Some(statuses)
}

fn parse_filter(
    params: &mut QueryParams,
    filter: &'static FilterSchema,
) -> Option<Vec<FilterValue>> {
    let members = params.list(filter.name, MAX_VALUES)?;
    let mut values: Vec<FilterValue> = Vec::new();
    for member in members {
        let (excluded, text) =
            member.strip_prefix('!').map_or((false, member.as_str()), |rest| (true, rest));
        match filter.filter_type.parse_value(text) {
            // A duplicate value is dropped: each value may be a subquery, and PostgreSQL would plan
            // all of them.
            Ok(stored)
                if values.iter().any(|known: &FilterValue| {
                    known.excluded == excluded && known.index_values == stored
                }) => {}
            Ok(stored) => values.push(FilterValue { index_values: stored, excluded }),
            Err(detail) => params.error(filter.name, "unknown_value", detail),
        }
    }
    Some(values)
}

/// Parses the bound of a range.
pub fn parse_range(params: &mut QueryParams, range: &'static RangeSchema) -> Option<Bind> {
    match range.value_type {
        RangeType::Time => params.time(range.name).map(Bind::Time),
        RangeType::Date => params.date(range.name).map(Bind::Date),
        RangeType::Integer => params.integer(range.name, 0..=1_000_000_000).map(Bind::Integer),
        RangeType::Decimal => {
            let text = params.get(range.name)?;
            let order = decimal_sort_key(&text);
            if order.is_none() {
                params.error(
                    range.name,
                    "invalid_value",
                    format!(
                        "A decimal number such as `1500` or `0.5` is expected, not `{}`.",
                        truncate_for_message(&text)
                    ),
                );
            }
            order.map(Bind::Text)
        }
    }
}

/// Parses `q`.
pub fn parse_search(params: &mut QueryParams) -> Option<SearchParams> {
    let text = params.text("q", MAX_SEARCH_LEN)?;
    Some(SearchParams { query: SearchQuery::parse(&text), text })
}

impl SearchParams {
    /// Returns the search with its number of results if its first page has so few results that the
    /// client may have intended another query.
    pub fn to_sparse_search<'a>(
        &'a self,
        paging: &PageParams,
        found: usize,
    ) -> Option<SparseSearch<'a>> {
        let is_whole = paging.start == PageStart::Offset(0)
            && i64::try_from(found).is_ok_and(|found| found < paging.limit);
        let is_little = is_whole && found < SPARSE_RESULT_THRESHOLD && !self.query.is_empty();
        is_little.then_some(SparseSearch {
            text: &self.text,
            query: &self.query,
            result_count: found,
        })
    }
}

type SortKeys = Vec<(&'static SortColumn, bool)>;

fn parse_sort_keys(
    params: &mut QueryParams,
    schema: &'static ResourceSchema,
    searching: bool,
) -> (SortKeys, bool) {
    let newest = |sorts: &mut SortKeys| {
        sorts.extend(
            schema
                .all_sort_keys()
                .find(|sort| sort.name == "published_at")
                .map(|sort| (&sort.column, true)),
        );
    };
    let mut sorts = Vec::new();
    let Some(names) = params.list("sort", MAX_SORT_KEYS) else {
        newest(&mut sorts);
        return (sorts, searching);
    };
    let mut by_relevance = false;
    for (index, name) in names.iter().enumerate() {
        let (descending, bare) =
            name.strip_prefix('-').map_or((false, name.as_str()), |rest| (true, rest));
        if bare == "relevance" && index == 0 && searching {
            by_relevance = true;
            continue;
        }
        match schema.all_sort_keys().find(|sort| sort.name == bare) {
            Some(sort) => sorts.push((&sort.column, descending)),
            None if bare == "relevance" => {
                params.error(
                    "sort",
                    "unknown_value",
                    "`relevance` requires `q` and must be the first sort key.",
                );
            }
            None => params.error(
                "sort",
                "unknown_value",
                unknown_value_message(bare, schema.all_sort_keys().map(|sort| sort.name)),
            ),
        }
    }
    if by_relevance {
        if !sorts.is_empty() {
            params.error(
                "sort",
                "conflicting",
                "`relevance` cannot be combined with other sort keys; equally relevant items are sorted newest first.",
            );
        }
        newest(&mut sorts);
    }
    (sorts, by_relevance)
}

/// Searches with fewer results get suggestions (`did_you_mean`).
pub const SPARSE_RESULT_THRESHOLD: usize = 3;

/// A search with few or no results.
pub struct SparseSearch<'a> {
    /// Text of `q`.
    pub text: &'a str,
    /// The parsed query.
    pub query: &'a SearchQuery,
    /// Number of results.
    pub result_count: usize,
}
