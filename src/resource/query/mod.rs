//! Reads the parameters of a list by the kind's declaration.

mod conditions;

use actix_web::HttpRequest;

pub use conditions::{has_value, in_states};

use super::completeness::Missing;
use super::context::Context;
use super::facets::{DEFAULT_FACET_LIMIT, MAX_FACET_LIMIT, Wanted};
use super::list::Paging;
use super::meant::{LITTLE, Little};
use super::spec::{FilterSpec, RangeSpec, RangeType, SortColumn, Spec, Takes};
use super::{Status, Subject};
use crate::db::page::{MAX_SORT_KEYS, PageStart};
use crate::db::search::FieldScope;
use crate::db::sql::Bind;
use crate::http::fields::{clip, unknown_value_message};
use crate::http::keys::Visibility;
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::params::QueryParams;
use crate::http::problem::Problem;
use crate::places;
use crate::text::decimal::decimal_order;
use crate::text::language::Language;
use crate::text::query::Query;
use crate::text::stem::Rules;

/// Characters of a search, `q`.
pub const LONGEST_SEARCH: usize = 2_000;
/// How many `ids` one request may name.
pub const MAX_IDS: usize = 100;
/// How many values one filter takes.
pub const MAX_VALUES: usize = 50;

/// Parameters that make no other list of it.
pub const NOT_OF_THE_LIST: &[&str] = &[
    "cursor",
    "limit",
    "offset",
    "total",
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
];

/// What a read of one kind shows: the fields and what is expanded.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Only these fields, and `id`.
    pub fields: Option<Vec<String>>,
    /// References to show whole.
    pub include: Vec<&'static str>,
    /// Whether to say which parts are there in which language.
    pub completeness: bool,
    /// Fields to show that a list else leaves out.
    pub extras: Vec<&'static str>,
}

/// A search as it was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What was typed.
    pub text: String,
    /// The same, read.
    pub query: Query,
    /// The rules by which it was read.
    pub rules: Vec<Rules>,
}

/// A list request, understood but for the names of items.
#[derive(Clone)]
pub struct ListRequest {
    /// Languages.
    pub wish: LanguagePreference,
    /// Shape of each item.
    pub shape: Shape,
    /// Which page.
    pub paging: Paging,
    /// The address of this server.
    pub base: String,
    /// What the caller may see of texts and items.
    pub viewer: Visibility,
    /// What makes its count another: neither the language of the answer nor the order does.
    pub counted: String,
    /// The query, without paging: for the `ETag`.
    pub identity: String,
    /// The facets that are asked for.
    pub facets: Wanted,
    /// Whether what is found is to be marked.
    pub highlights: bool,
    /// Where `q` is searched for.
    pub scope: FieldScope,
    /// For each of them what makes its counts others than those of another list.
    counted_but: Vec<(&'static str, String)>,
    statuses: Option<Vec<Status>>,
    ids: Option<Vec<String>>,
    search: Option<Asked>,
    filters: Vec<(&'static FilterSpec, Vec<Value>)>,
    missing: Missing,
    ranges: Vec<(&'static RangeSpec, Bind)>,
    sorts: Vec<(&'static SortColumn, bool)>,
    by_relevance: bool,
    /// Whether nothing is asked but how many there are.
    counts_only: bool,
}

/// One value of a filter.
#[derive(Clone, Debug)]
struct Value {
    /// As it stands in the index, or as it was written where an item is named.
    values: Vec<String>,
    excluded: bool,
}

/// Reads `fields` and `include`, for any read.
pub fn shape(
    spec: &'static Spec,
    params: &mut QueryParams,
    wish: &mut LanguagePreference,
) -> Shape {
    let mut shape = Shape::default();
    if let Some(names) = params.list("fields", 100) {
        for name in &names {
            if !spec.all_fields().any(|known| known == name) {
                params.error(
                    "fields",
                    "unknown_value",
                    unknown_value_message(name, spec.all_fields()),
                );
            }
        }
        shape
            .extras
            .extend(spec.extras.iter().filter(|extra| names.iter().any(|name| name == *extra)));
        shape.fields = Some(names);
    }
    if let Some(names) = params.list("include", 20) {
        for name in names {
            if name == "translations" {
                wish.include_translations = true;
            } else if name == "completeness" {
                shape.completeness = true;
            } else if let Some(extra) = spec.extras.iter().find(|extra| **extra == name) {
                shape.extras.push(extra);
            } else if let Some(referrer) =
                spec.referrers.iter().find(|referrer| referrer.field == name)
            {
                if !shape.include.contains(&referrer.field) {
                    shape.include.push(referrer.field);
                }
            } else if let Some(link) = spec.link(&name) {
                if !shape.include.contains(&link.field) {
                    shape.include.push(link.field);
                }
            } else {
                params.error(
                    "include",
                    "unknown_value",
                    unknown_value_message(&name, spec.all_includes()),
                );
            }
        }
    }
    shape
}

impl ListRequest {
    /// Reads every parameter; all errors are reported together.
    pub fn read<S: Subject>(
        context: &Context,
        request: &HttpRequest,
        viewer: Visibility,
    ) -> Result<Self, Problem> {
        let parsed = Self::parse(
            S::SPEC,
            request.query_string(),
            accept_language(request),
            &context.fallback,
            viewer,
        )?;
        Ok(Self { base: context.settings.base_url(request), ..parsed })
    }

    /// The same from the query string and what `Accept-Language` says.
    pub fn parse(
        spec: &'static Spec,
        query: &str,
        accepted: Option<&str>,
        fallback: &[Language],
        viewer: Visibility,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let mut wish = LanguagePreference::parse(&mut params, accepted, fallback);
        let shape = shape(spec, &mut params, &mut wish);
        let ids = params.list("ids", MAX_IDS);
        let search = read_search(&mut params, &wish);
        let statuses = read_statuses(&mut params, viewer);
        let filters = spec
            .all_filters()
            .filter_map(|filter| Some((filter, read_filter(&mut params, filter)?)))
            .collect();
        let missing = Missing::read(&mut params, spec);
        let ranges = spec
            .all_ranges()
            .filter_map(|range| Some((range, read_range(&mut params, range)?)))
            .collect();
        let (sorts, by_relevance) = read_sorts(&mut params, spec, search.is_some());
        let facets = read_facets(&mut params, spec);
        let highlights = params.flag("highlights").unwrap_or(false);
        let asked = if wish.is_explicit { String::new() } else { wish.cache_key() };
        let identity = format!(
            "{}\n{}\n{asked}\n{viewer:?}",
            spec.kind.as_str(),
            params.canonical_without(NOT_OF_THE_LIST)
        );
        let paging = Paging::read(&mut params, &identity);
        // A query is read by the rules of the languages that are asked for.
        let apart: &[&str] = if search.is_some() { &[] } else { &["lang"] };
        let counted = params.canonical_without(&[NOT_OF_THE_LIST, &["sort"], apart].concat());
        let counted = format!("{}\n{counted}\n{viewer:?}", spec.kind.as_str());
        let counted_but: Vec<(&'static str, String)> = facets
            .filters
            .iter()
            .map(|filter| {
                let rest = params
                    .canonical_without(&[NOT_OF_THE_LIST, &["sort", filter.name], apart].concat());
                (filter.name, format!("{}\n{rest}\n{viewer:?}", spec.kind.as_str()))
            })
            .collect();
        let whole = params.canonical_without(&[]);
        // With a key, drafts are listed only when they are asked for: a site that reads with a key
        // does not leak them.
        let viewer = if statuses.is_some() { viewer } else { Visibility::Published };
        let identity = format!("{}\n{whole}\n{}\n{viewer:?}", spec.kind.as_str(), wish.cache_key());
        params.finish()?;
        Ok(Self {
            wish,
            shape,
            paging,
            base: String::new(),
            viewer,
            counted,
            identity,
            facets,
            highlights,
            scope: FieldScope::default(),
            counted_but,
            statuses,
            ids,
            search,
            filters,
            missing,
            ranges,
            sorts,
            by_relevance,
            counts_only: false,
        })
    }

    /// What is searched for.
    pub fn query(&self) -> Option<&Query> {
        self.search.as_ref().map(|search| &search.query)
    }

    /// The search as it was asked for.
    pub fn search(&self) -> Option<&Asked> {
        self.search.as_ref()
    }

    /// The same list for another search, to be counted.
    #[must_use]
    pub fn searching(&self, query: Query) -> Self {
        Self {
            search: self.search.clone().map(|search| Asked { query, ..search }),
            counts_only: true,
            ..self.clone()
        }
    }

    /// Whether a filter lets a value pass; one that is not set lets all.
    pub fn takes(&self, filter: &str, value: &str) -> bool {
        let Some((_, values)) = self.filters.iter().find(|(set, _)| set.name == filter) else {
            return true;
        };
        let has = |one: &Value| one.values.iter().any(|known| known == value);
        let mut wanted = values.iter().filter(|one| !one.excluded).peekable();
        !values.iter().any(|one| one.excluded && has(one))
            && (wanted.peek().is_none() || wanted.any(has))
    }

    /// Whether a filter is set.
    pub fn is_set(&self, filter: &FilterSpec) -> bool {
        self.filters.iter().any(|(set, _)| set.name == filter.name)
    }

    /// What makes the counts of a facet others than those of another list.
    pub fn counted_but(&self, filter: &FilterSpec) -> &str {
        self.counted_but
            .iter()
            .find(|(name, _)| *name == filter.name)
            .map_or(self.counted.as_str(), |(_, counted)| counted)
    }
}

/// Reads `status`.
pub fn read_statuses(params: &mut QueryParams, viewer: Visibility) -> Option<Vec<Status>> {
    let names = params.list("status", 10)?;
    let mut statuses = Vec::new();
    for name in names {
        let (excluded, name) =
            name.strip_prefix('!').map_or((false, name.as_str()), |rest| (true, rest));
        match Status::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, status)) if excluded => statuses.extend(
                Status::ALL.iter().map(|(_, other)| *other).filter(|other| other != status),
            ),
            Some((_, status)) => statuses.push(*status),
            None => params.error(
                "status",
                "unknown_value",
                unknown_value_message(name, Status::ALL.iter().map(|(known, _)| *known)),
            ),
        }
    }
    if !viewer.includes_unpublished() {
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

fn read_filter(params: &mut QueryParams, filter: &'static FilterSpec) -> Option<Vec<Value>> {
    let members = params.list(filter.name, MAX_VALUES)?;
    let mut values: Vec<Value> = Vec::new();
    for member in members {
        let (excluded, text) =
            member.strip_prefix('!').map_or((false, member.as_str()), |rest| (true, rest));
        match filter.takes.read(text) {
            // Each would be a question of its own, and PostgreSQL would plan for all of them
            // together.
            Ok(stored)
                if values
                    .iter()
                    .any(|known: &Value| known.excluded == excluded && known.values == stored) => {}
            Ok(stored) => values.push(Value { values: stored, excluded }),
            Err(detail) => params.error(filter.name, "unknown_value", detail),
        }
    }
    Some(values)
}

impl Takes {
    /// The values that stand in the index for what was written.
    pub fn read(&self, text: &str) -> Result<Vec<String>, String> {
        let known = |words: &'static [&'static str]| {
            if words.contains(&text) {
                Ok(vec![text.to_owned()])
            } else {
                Err(unknown_value_message(text, words.iter().copied()))
            }
        };
        match self {
            Self::Item(_) | Self::Referrer(..) | Self::Text if text.len() > 200 => {
                Err(format!("`{}` is too long.", clip(text)))
            }
            Self::Item(_) | Self::Referrer(..) | Self::Text => Ok(vec![text.to_owned()]),
            Self::Country => places::find(text)
                .map(|country| vec![country.code.to_owned()])
                .ok_or_else(|| places::unknown(text)),
            Self::Word(words) | Self::Has(words) => known(words),
            Self::Flag => known(&["true", "false"]),
            Self::Year if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(vec![text.to_owned()])
            }
            Self::Year => Err(format!("A year such as `2026` is expected, not `{}`.", clip(text))),
            Self::Language => {
                let language = Language::parse(text)
                    .map_err(|error| format!("`{}` is not a language tag: {error}", clip(text)))?;
                if language.as_str() == "sr" {
                    return Ok(vec!["sr-Latn".to_owned(), "sr-Cyrl".to_owned(), "sr".to_owned()]);
                }
                Ok(vec![language.as_str().to_owned()])
            }
        }
    }
}

fn read_facets(params: &mut QueryParams, spec: &'static Spec) -> Wanted {
    let mut filters: Vec<&'static FilterSpec> = Vec::new();
    for name in params.list("facets", 20).unwrap_or_default() {
        match spec.all_facets().find(|filter| filter.name == name) {
            Some(filter) if filters.iter().any(|known| known.name == filter.name) => {}
            Some(filter) => filters.push(filter),
            None => params.error(
                "facets",
                "unknown_value",
                unknown_value_message(&name, spec.all_facets().map(|filter| filter.name)),
            ),
        }
    }
    let limit = params.integer("facet_limit", 1..=MAX_FACET_LIMIT).unwrap_or(DEFAULT_FACET_LIMIT);
    Wanted { filters, limit: usize::try_from(limit).unwrap_or(usize::MAX) }
}

/// Reads a bound.
pub fn read_range(params: &mut QueryParams, range: &'static RangeSpec) -> Option<Bind> {
    match range.holds {
        RangeType::Time => params.time(range.name).map(Bind::Time),
        RangeType::Date => params.date(range.name).map(Bind::Date),
        RangeType::Integer => params.integer(range.name, 0..=1_000_000_000).map(Bind::Integer),
        RangeType::Decimal => {
            let text = params.get(range.name)?;
            let order = decimal_order(&text);
            if order.is_none() {
                params.error(
                    range.name,
                    "invalid_value",
                    format!(
                        "A decimal number such as `1500` or `0.5` is expected, not `{}`.",
                        clip(&text)
                    ),
                );
            }
            order.map(Bind::Text)
        }
    }
}

/// Reads `q`.
pub fn read_search(params: &mut QueryParams, wish: &LanguagePreference) -> Option<Asked> {
    let text = params.text("q", LONGEST_SEARCH)?;
    let rules = rules_of(wish);
    Some(Asked { query: Query::parse(&text, &rules), text, rules })
}

impl Asked {
    /// The search and what its first page found, if that is so little that another may have been
    /// meant.
    pub fn little<'a>(&'a self, paging: &Paging, found: usize) -> Option<Little<'a>> {
        let is_whole = paging.start == PageStart::Offset(0)
            && i64::try_from(found).is_ok_and(|found| found < paging.limit);
        let is_little = is_whole && found < LITTLE && !self.query.is_empty();
        is_little.then_some(Little {
            text: &self.text,
            query: &self.query,
            rules: &self.rules,
            found,
        })
    }
}

/// The rules by which a query is read: those of the languages that are asked for, or of all.
fn rules_of(wish: &LanguagePreference) -> Vec<Rules> {
    if wish.is_explicit && !wish.include_translations {
        wish.requested.iter().filter_map(Rules::of).collect()
    } else {
        Rules::ALL.to_vec()
    }
}

type Sorts = Vec<(&'static SortColumn, bool)>;

fn read_sorts(params: &mut QueryParams, spec: &'static Spec, searching: bool) -> (Sorts, bool) {
    let newest = |sorts: &mut Sorts| {
        sorts.extend(
            spec.all_sorts()
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
        match spec.all_sorts().find(|sort| sort.name == bare) {
            Some(sort) => sorts.push((&sort.column, descending)),
            None if bare == "relevance" => {
                params.error("sort", "unknown_value", "`relevance` needs `q` and comes first.")
            }
            None => params.error(
                "sort",
                "unknown_value",
                unknown_value_message(bare, spec.all_sorts().map(|sort| sort.name)),
            ),
        }
    }
    if by_relevance {
        if !sorts.is_empty() {
            params.error(
                "sort",
                "conflicting",
                "`relevance` stands alone: of equals the newest come first.",
            );
        }
        newest(&mut sorts);
    }
    (sorts, by_relevance)
}
