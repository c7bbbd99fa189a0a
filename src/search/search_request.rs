//! The parameters of `GET /v1/search`, and the database queries for its hits.

use actix_web::HttpRequest;
use serde::Serialize;

use crate::db::driving_table::DrivingTable;
use crate::db::keyset::ListQuery;
use crate::db::search::{
    Audience, FieldScope, IndexSearch, SearchMatch, SearchMode, cached_token_frequencies,
};
use crate::db::sort_key::{SortKey, SortKeyType};
use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::{Connection, Error};
use crate::http::auth::Visibility;
use crate::http::language::LanguageKey;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::http::values::unknown_value_message;
use crate::resource::cache::counts::SearchKey;
use crate::resource::cache::references::CacheView;
use crate::resource::model::item::Status;
use crate::resource::query::filter_sql::status_predicates;
use crate::resource::query::pagination::PageParams;
use crate::resource::query::params::{SearchParams, parse_range, parse_search, parse_statuses};
use crate::resource::query::shape::{HIGHLIGHTS_FIELD, PRESENTATION_PARAMS, ResponseShape};
use crate::resource::read::partial_match::{self, PartialMatch};
use crate::resource::schema::{COMMON_RANGES, RangeSchema, ResourceKind};
use crate::resource::state::AppState;
use crate::search::hit::HIT_FIELDS;
use crate::search::kind_filter;
use crate::text::query::SearchQuery;

/// The parsed parameters of a search.
#[derive(Clone)]
pub(super) struct SearchRequest {
    pub(super) search: SearchParams,
    pub(super) kinds: Vec<ResourceKind>,
    pub(super) language_preference: LanguagePreference,
    pub(super) response_shape: ResponseShape,
    pub(super) include_item: bool,
    pub(super) paging: PageParams,
    pub(super) visibility: Visibility,
    statuses: Option<Vec<Status>>,
    ranges: Vec<(&'static RangeSchema, Bind)>,
    pub(super) kind_facet: bool,
    pub(super) highlights: bool,
    pub(super) base_url: String,
    /// The parameters that select hits except `kind`, in canonical form.
    hit_query: String,
    /// All parameters in canonical form.
    canonical_query: String,
    caller: Visibility,
    /// Words of `q` that are omitted, since no item has all of them.
    omitted_terms: Vec<String>,
}

/// Identifies a search request in entity tags and cursors.
#[derive(Serialize)]
pub(super) struct SearchRequestKey<'a> {
    query: &'a str,
    languages: Option<LanguageKey<'a>>,
    visibility: Visibility,
}

impl SearchRequest {
    /// Parses a request.
    pub(super) fn from_request(
        state: &AppState,
        request: &HttpRequest,
        caller: Visibility,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let language_preference =
            LanguagePreference::parse(&mut params, state.language_defaults(request));
        let search = parse_search(&mut params);
        if search.is_none() {
            params.error("q", "required", "`q` is required.");
        }
        let kinds = kind_filter::parse_kinds(&mut params, &ResourceKind::searched());
        let fields = params.list("fields", 100);
        for name in fields.iter().flatten().filter(|name| !HIT_FIELDS.contains(&name.as_str())) {
            params.error(
                "fields",
                "unknown_value",
                unknown_value_message(name, HIT_FIELDS.iter().copied()),
            );
        }
        let include_item = parse_single_word(&mut params, "include", "item");
        let kind_facet = parse_single_word(&mut params, "facets", "kind");
        let statuses = parse_statuses(&mut params, caller);
        let ranges = COMMON_RANGES
            .iter()
            .filter_map(|range| Some((range, parse_range(&mut params, range)?)))
            .collect();
        let response_shape = ResponseShape { fields, ..ResponseShape::default() };
        let highlights = params
            .flag(HIGHLIGHTS_FIELD)
            .unwrap_or_else(|| response_shape.names_field(HIGHLIGHTS_FIELD));
        let cursor_query = params.canonical_without(PRESENTATION_PARAMS);
        let cursor_key = SearchRequestKey {
            query: &cursor_query,
            languages: language_preference.negotiated_key(),
            visibility: caller,
        };
        let paging = PageParams::parse(&mut params, &cursor_key);
        let hit_query = params.canonical_without(&[PRESENTATION_PARAMS, &["kind"]].concat());
        let visibility = if statuses.is_some() { caller } else { Visibility::Published };
        let canonical_query = params.canonical_without(&[]);
        params.finish()?;
        let Some(search) = search else {
            return Err(Problem::internal("`q` is missing after validation"));
        };
        Ok(Self {
            search,
            kinds,
            language_preference,
            response_shape,
            include_item,
            paging,
            visibility,
            statuses,
            ranges,
            kind_facet,
            highlights,
            base_url: state.settings.base_url(request),
            hit_query,
            canonical_query,
            caller,
            omitted_terms: Vec::new(),
        })
    }

    /// Identifies the request in entity tags.
    pub(super) fn key(&self) -> SearchRequestKey<'_> {
        SearchRequestKey {
            query: &self.canonical_query,
            languages: Some(self.language_preference.key()),
            visibility: self.visibility,
        }
    }

    /// Identifies the hits among these kinds.
    pub(super) fn count_key(&self, kinds: Vec<ResourceKind>) -> SearchKey {
        SearchKey {
            kinds,
            query: self.hit_query.clone(),
            omitted_terms: self.omitted_terms.clone(),
            visibility: self.caller,
        }
    }

    /// Builds the database query for some hits of the search.
    pub(super) fn build_query(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        selection: HitSelection<'_>,
    ) -> Result<ListQuery, Error> {
        let HitSelection { query, kinds, mode } = selection;
        let prefixes: Vec<char> = kinds.iter().map(|kind| kind.index_prefix()).collect();
        let mut list = ListQuery::default();
        let index_search = IndexSearch {
            query,
            kinds: &prefixes,
            audience: self.audience(),
            scope: FieldScope::AllFields,
            frequencies: &cached_token_frequencies(connection)?,
        };
        match cache.plan_search(connection, index_search, mode)? {
            SearchMatch::Ranked(ranked) if !kinds.is_empty() => list.ranked_matches = Some(ranked),
            // Only excluded words, or no kind.
            other => {
                list.predicates.extend(if let SearchMatch::Predicate(predicate) = other {
                    Some(predicate)
                } else {
                    None
                });
                list.predicates.push(kind_predicate(kinds));
                list.sort_keys.push(SortKey {
                    expression: Fragment::new("items.published_at"),
                    key_type: SortKeyType::Time,
                    descending: true,
                    nullable: self.statuses.is_some(),
                });
            }
        }
        self.add_filters(&mut list);
        Ok(list)
    }

    fn add_filters(&self, list: &mut ListQuery) {
        let is_ranked = list.ranked_matches.is_some();
        list.predicates.extend(status_predicates(self.statuses.as_deref(), is_ranked));
        list.predicates.extend(
            self.ranges
                .iter()
                .map(|(range, bound)| range.predicate(DrivingTable::Items, bound, self.visibility)),
        );
    }

    /// Whose entries of the full-text index are searched.
    fn audience(&self) -> Audience {
        if self.visibility.includes_unpublished() { Audience::Editors } else { Audience::Public }
    }

    /// Returns the request without the words that a partial match omits.
    pub(super) fn with_partial_match(&self, partial_match: &PartialMatch) -> Self {
        let PartialMatch { query, omitted_terms } = partial_match.clone();
        let search = SearchParams { query, ..self.search.clone() };
        Self { search, omitted_terms, ..self.clone() }
    }

    /// Finds the words to omit, see [`partial_match::find_partial_match`]; `None` also if there are
    /// hits, which precede this page.
    pub(super) fn find_partial_match(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
    ) -> Result<Option<PartialMatch>, Problem> {
        let query = &self.search.query;
        let selection = HitSelection { query, kinds: &self.kinds, mode: SearchMode::Unranked };
        if query.groups.len() < 2
            || self.kinds.is_empty()
            || self.build_query(connection, cache, selection)?.count_up_to(connection, 1)? > 0
        {
            return Ok(None);
        }
        let mut filtered = ListQuery::default();
        filtered.predicates.push(kind_predicate(&self.kinds));
        self.add_filters(&mut filtered);
        let has_filters = self.statuses.is_some() || !self.ranges.is_empty();
        let items = has_filters.then(|| filtered.all_row_ids(connection)).transpose()?;
        let kinds: Vec<char> = self.kinds.iter().map(|kind| kind.index_prefix()).collect();
        let index_search = IndexSearch {
            query,
            kinds: &kinds,
            audience: self.audience(),
            scope: FieldScope::AllFields,
            frequencies: &cached_token_frequencies(connection)?,
        };
        partial_match::find_partial_match(connection, cache, index_search, items)
    }
}

/// Hits that a query of the database selects.
#[derive(Clone, Copy)]
pub(super) struct HitSelection<'a> {
    pub(super) query: &'a SearchQuery,
    pub(super) kinds: &'a [ResourceKind],
    pub(super) mode: SearchMode,
}

/// SQL condition for items of these kinds.
fn kind_predicate(kinds: &[ResourceKind]) -> Fragment {
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    Fragment::new(if names.is_empty() {
        "1 = 0".to_owned()
    } else {
        format!("items.kind IN ({})", names.join(", "))
    })
}

/// Parses a parameter with a single permitted value. Returns whether it is given.
fn parse_single_word(params: &mut QueryParams, name: &'static str, word: &str) -> bool {
    let values = params.list(name, 20).unwrap_or_default();
    for other in values.iter().filter(|value| *value != word) {
        params.error(name, "unknown_value", unknown_value_message(other, [word].into_iter()));
    }
    !values.is_empty()
}
