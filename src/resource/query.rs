//! Reads the parameters of a list by the kind's declaration, and turns them into a [`List`] of the database.

use actix_web::HttpRequest;

use super::completeness::Missing;
use super::context::Context;
use super::facets::{DEFAULT_FACET_LIMIT, MAX_FACET_LIMIT, Wanted};
use super::index::bit;
use super::list::Paging;
use super::load::{find, of_kind, texts_of_item};
use super::meant::{LITTLE, Little};
use super::names::Memory;
use super::spec::{FilterSpec, Kind, RangeSpec, RangeType, SortColumn, Spec, TableSpec, Takes};
use super::{Status, Subject};
use crate::db::page::{Along, Key, KeyType, List, MAX_KEYS, Start};
use crate::db::schema::items;
use crate::db::search::{Audience, Matching, Scope, frequencies, matching};
use crate::db::sql::{Bind, Fragment, id_among, number_among};
use crate::db::{Connection, Id, Number};
use crate::http::fields::{clip, not_one_of};
use crate::http::keys::Viewer;
use crate::http::language::{Wish, accepted};
use crate::http::params::Params;
use crate::http::problem::{Problem, Violation};
use crate::places;
use crate::text::choice::preference_order;
use crate::text::decimal::decimal_order;
use crate::text::language::Language;
use crate::text::nearest::nearest;
use crate::text::query::Query;
use crate::text::stem::Rules;

/// Characters of a search, `q`.
pub const LONGEST_SEARCH: usize = 2_000;
/// How many `ids` one request may name.
pub const MAX_IDS: usize = 100;
/// How many values one filter takes.
pub const MAX_VALUES: usize = 50;

/// Parameters that make no other list of it.
pub const NOT_OF_THE_LIST: &[&str] = &["cursor", "limit", "offset", "total", "fields", "include", "facets", "facet_limit", "highlights"];

/// What a read of one kind shows: the fields and what is expanded.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Only these fields, and `id`.
    pub fields: Option<Vec<String>>,
    /// References to show whole.
    pub include: Vec<&'static str>,
    /// Whether to say which parts are there in which language.
    pub completeness: bool,
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
    pub wish: Wish,
    /// Shape of each item.
    pub shape: Shape,
    /// Which page.
    pub paging: Paging,
    /// The address of this server.
    pub base: String,
    /// What the caller may see of texts and items.
    pub viewer: Viewer,
    /// What makes its count another: neither the language of the answer nor the order does.
    pub counted: String,
    /// The query, without paging: for the `ETag`.
    pub identity: String,
    /// The facets that are asked for.
    pub facets: Wanted,
    /// Whether what is found is to be marked.
    pub highlights: bool,
    /// Where `q` is searched for.
    pub scope: Scope,
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
}

/// One value of a filter.
#[derive(Clone, Debug)]
struct Value {
    /// As it stands in the index, or as it was written where an item is named.
    values: Vec<String>,
    excluded: bool,
}

/// Reads `fields` and `include`, for any read.
pub fn shape<S: Subject>(params: &mut Params, wish: &mut Wish) -> Shape {
    let spec = S::SPEC;
    let mut shape = Shape::default();
    if let Some(names) = params.list("fields", 100) {
        for name in &names {
            if !spec.all_fields().any(|known| known == name) {
                params.error("fields", "unknown_value", not_one_of(name, spec.all_fields()));
            }
        }
        shape.fields = Some(names);
    }
    if let Some(names) = params.list("include", 20) {
        for name in names {
            if name == "translations" {
                wish.translations = true;
            } else if name == "completeness" {
                shape.completeness = true;
            } else if let Some(link) = spec.link(&name) {
                if !shape.include.contains(&link.field) {
                    shape.include.push(link.field);
                }
            } else {
                params.error("include", "unknown_value", not_one_of(&name, spec.all_includes()));
            }
        }
    }
    shape
}

impl ListRequest {
    /// Reads every parameter; all errors are reported together.
    pub fn read<S: Subject>(context: &Context, request: &HttpRequest, viewer: Viewer) -> Result<Self, Problem> {
        let parsed = Self::parse::<S>(request.query_string(), accepted(request), &context.fallback, viewer)?;
        Ok(Self { base: context.settings.base_url(request), ..parsed })
    }

    /// The same from the query string and what `Accept-Language` says.
    pub fn parse<S: Subject>(query: &str, accepted: Option<&str>, fallback: &[Language], viewer: Viewer) -> Result<Self, Problem> {
        let spec = S::SPEC;
        let mut params = Params::parse(query)?;
        let mut wish = Wish::parse(&mut params, accepted, fallback);
        let shape = shape::<S>(&mut params, &mut wish);
        let ids = params.list("ids", MAX_IDS);
        let search = read_search(&mut params, &wish);
        let statuses = read_statuses(&mut params, viewer);
        let filters = spec.all_filters().filter_map(|filter| Some((filter, read_filter(&mut params, filter)?))).collect();
        let missing = Missing::read(&mut params, spec);
        let ranges = spec.all_ranges().filter_map(|range| Some((range, read_range(&mut params, range)?))).collect();
        let (sorts, by_relevance) = read_sorts(&mut params, spec, search.is_some());
        let facets = read_facets(&mut params, spec);
        let highlights = params.flag("highlights").unwrap_or(false);
        let asked = if wish.explicit { String::new() } else { wish.identity() };
        let identity = format!("{}\n{}\n{asked}\n{viewer:?}", spec.kind.as_str(), params.identity(NOT_OF_THE_LIST));
        let paging = Paging::read(&mut params, &identity);
        // A query is read by the rules of the languages that are asked for.
        let apart: &[&str] = if search.is_some() { &[] } else { &["lang"] };
        let counted = params.identity(&[NOT_OF_THE_LIST, &["sort"], apart].concat());
        let counted = format!("{}\n{counted}\n{viewer:?}", spec.kind.as_str());
        let counted_but: Vec<(&'static str, String)> = facets
            .filters
            .iter()
            .map(|filter| {
                let rest = params.identity(&[NOT_OF_THE_LIST, &["sort", filter.name], apart].concat());
                (filter.name, format!("{}\n{rest}\n{viewer:?}", spec.kind.as_str()))
            })
            .collect();
        let whole = params.identity(&[]);
        // With a key, drafts are listed only when they are asked for: a site that reads with a key does not leak them.
        let viewer = if statuses.is_some() { viewer } else { Viewer::Public };
        let identity = format!("{}\n{whole}\n{}\n{viewer:?}", spec.kind.as_str(), wish.identity());
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
            scope: Scope::default(),
            counted_but,
            statuses,
            ids,
            search,
            filters,
            missing,
            ranges,
            sorts,
            by_relevance,
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

    /// The same list for another search.
    #[must_use]
    pub fn searching(&self, query: Query) -> Self {
        Self { search: self.search.clone().map(|search| Asked { query, ..search }), ..self.clone() }
    }

    /// Whether a filter lets a value pass; one that is not set lets all.
    pub fn takes(&self, filter: &str, value: &str) -> bool {
        let Some((_, values)) = self.filters.iter().find(|(set, _)| set.name == filter) else { return true };
        let has = |one: &Value| one.values.iter().any(|known| known == value);
        let mut wanted = values.iter().filter(|one| !one.excluded).peekable();
        !values.iter().any(|one| one.excluded && has(one)) && (wanted.peek().is_none() || wanted.any(has))
    }

    /// Whether a filter is set.
    pub fn is_set(&self, filter: &FilterSpec) -> bool {
        self.filters.iter().any(|(set, _)| set.name == filter.name)
    }

    /// What makes the counts of a facet others than those of another list.
    pub fn counted_but(&self, filter: &FilterSpec) -> &str {
        self.counted_but.iter().find(|(name, _)| *name == filter.name).map_or(self.counted.as_str(), |(_, counted)| counted)
    }

    /// Under which field the values of a filter stand in the index, for this viewer.
    pub fn field(&self, spec: &Spec, filter: &FilterSpec) -> String {
        let any = matches!(filter.takes, Takes::Language) && filter.name == "language" && self.viewer.sees_unpublished();
        spec.facet(if any { "any_language" } else { filter.name })
    }

    /// The list in the database's terms; resolves the items that filters name.
    pub fn list(&self, connection: &mut Connection, spec: &'static Spec, memory: &Memory) -> Result<List, Problem> {
        self.list_but(connection, spec, memory, None)
    }

    /// The list as it would be without this filter.
    pub fn list_but(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        memory: &Memory,
        without: Option<&'static FilterSpec>,
    ) -> Result<List, Problem> {
        let filters = || self.filters.iter().filter(|(filter, _)| without.is_none_or(|without| without.name != filter.name));
        let mut list = List { along: self.along(filters().any(|(filter, values)| is_one_value(filter, values))), ..List::default() };
        let mut errors = Vec::new();
        let audience = if self.viewer.sees_unpublished() { Audience::Editors } else { Audience::Public };
        let found = match self.query() {
            Some(query) => Some(matching(query, &[spec.kind.letter()], audience, self.scope, &*frequencies(connection)?)),
            None => None,
        };
        match found {
            Some(Matching::Ranked(ranked)) if self.by_relevance => list.ranked = Some(ranked),
            Some(Matching::Ranked(ranked)) => list.predicates.push(ranked.items()),
            Some(Matching::Predicate(predicate)) => list.predicates.push(predicate),
            None => {}
        }
        if list.along == Along::Items && list.ranked.is_none() {
            list.predicates.push(of_kind(spec.kind));
        }
        if list.along == Along::Facet && self.statuses.is_none() {
            list.predicates.push(Fragment::new("walked.is_public = TRUE"));
        } else {
            list.predicates.extend(in_states(self.statuses.as_deref(), list.ranked.is_some()));
        }
        if let Some(TableSpec { name: table, .. }) = spec.table {
            let needed = self.ranges.iter().any(|(range, _)| range.column.starts_with(table))
                || self.sorts.iter().any(|(sort, _)| matches!(sort, SortColumn::Column { name, .. } if name.starts_with(table)));
            if needed {
                list.joins.push(Fragment::new(format!(" JOIN {table} ON {table}.number = items.number")));
            }
        }
        if let Some(names) = &self.ids {
            list.predicates.push(named(connection, spec.kind, names)?);
        }
        let mut walking = list.along == Along::Facet;
        for (filter, values) in filters() {
            let walked = walking && is_one_value(filter, values);
            walking = walking && !walked;
            self.filter(connection, (spec, memory), (filter, values), walked, &mut list, &mut errors)?;
        }
        list.predicates.extend(self.missing.predicates(spec, list.along, self.viewer));
        list.predicates.extend(self.ranges.iter().map(|(range, bound)| range.holds(bound)));
        if list.ranked.is_none() {
            list.keys.extend(self.sorts.iter().map(|(column, descending)| self.key(column, *descending, list.along)));
        }
        if !errors.is_empty() {
            return Err(Problem::parameters(errors));
        }
        Ok(list)
    }

    /// Along a value of the filter index, where one is asked for and nothing but filters and the date of publication matters.
    fn along(&self, one_value: bool) -> Along {
        let by_date = matches!(self.sorts.as_slice(), [(SortColumn::Column { name: "items.published_at", .. }, _)]);
        let filters_only = self.statuses.is_none() && self.ids.is_none() && self.search.is_none() && self.ranges.is_empty();
        if by_date && filters_only && one_value { Along::Facet } else { Along::Items }
    }

    fn key(&self, column: &SortColumn, descending: bool, along: Along) -> Key {
        match column {
            SortColumn::Column { name: "items.published_at", holds, .. } if along == Along::Facet => {
                Key { expression: Fragment::new(along.published_at()), holds: *holds, descending, nullable: false }
            }
            SortColumn::Column { name, holds, nullable } => {
                // What the public sees always has a date of publication.
                let nullable = *nullable && !(*name == "items.published_at" && self.statuses.is_none());
                Key { expression: Fragment::new(*name), holds: *holds, descending, nullable }
            }
            SortColumn::Title => {
                let mut expression = Fragment::new("(SELECT texts.sort_key FROM texts WHERE ").sql(texts_of_item("items.number"));
                if !self.viewer.sees_unpublished() {
                    expression = expression.sql(" AND texts.status = 'published'");
                }
                expression = expression.sql(" ORDER BY CASE");
                let mut rank: i64 = 0;
                for language in preference_order(&self.wish.asked, &self.wish.fallback) {
                    expression = expression
                        .sql(" WHEN texts.language = ")
                        .bind(Bind::Text(language.as_str().to_owned()))
                        .sql(format!(" THEN {rank}"));
                    rank = rank.saturating_add(1);
                }
                expression = expression.sql(format!(
                    " WHEN texts.language = items.original_language THEN {rank} ELSE {} END, texts.language LIMIT 1)",
                    rank.saturating_add(1)
                ));
                Key { expression, holds: KeyType::Text, descending, nullable: true }
            }
        }
    }

    fn filter(
        &self,
        connection: &mut Connection,
        (spec, memory): (&'static Spec, &Memory),
        (filter, values): (&'static FilterSpec, &[Value]),
        walked: bool,
        list: &mut List,
        errors: &mut Vec<Violation>,
    ) -> Result<(), Problem> {
        let facet = self.field(spec, filter);
        let mut wanted = Vec::new();
        let mut excluded = Vec::new();
        for value in values {
            let mut stored = value.values.clone();
            if let Takes::Item(kind) = filter.takes {
                let name = value.values.first().map(String::as_str).unwrap_or_default();
                match self.resolve(connection, memory, kind, name)? {
                    Ok(id) => stored = vec![id.to_string()],
                    Err(detail) => {
                        errors.push(Violation::parameter(filter.name, "unknown_value", detail));
                        continue;
                    }
                }
            }
            if value.excluded { excluded.extend(stored) } else { wanted.push(stored) }
        }
        let along = list.along;
        let number = along.number();
        let any_of = |values: &[String]| has_value(along, &facet, values);
        // Passes over the rows whose item cannot have the value.
        let may_have = |value: &str| {
            if filter.takes.narrows() {
                Fragment::new("walked.signature & ").bind(Bind::Integer(bit(&facet, value))).sql(" <> 0 AND ")
            } else {
                Fragment::default()
            }
        };
        if matches!(filter.takes, Takes::Has(_)) {
            for values in &wanted {
                list.predicates.push(Fragment::new("EXISTS (").then(&any_of(values)).sql(")"));
            }
        } else {
            let any: Vec<String> = wanted.concat();
            match any.as_slice() {
                [] => {}
                [value] if walked => {
                    list.predicates.push(Fragment::new("walked.term = ").then(&term(&facet, value)));
                }
                // The rows of another value stand in the same order: looking along both touches few pages.
                [value] if along == Along::Facet => {
                    let other = may_have(value)
                        .sql("EXISTS (SELECT 1 FROM facets")
                        .differs(" INDEXED BY facets_newest", "")
                        .sql(" WHERE facets.item = ")
                        .sql(number)
                        .sql(along.same_place())
                        .sql(" AND facets.term = ")
                        .then(&term(&facet, value))
                        .differs("", in_order(along))
                        .sql(")");
                    list.predicates.push(other);
                }
                [value] if list.ranked.is_some() => {
                    let has = Fragment::new("EXISTS (SELECT 1 FROM facets WHERE facets.item = items.number AND facets.term = ");
                    list.predicates.push(has.then(&term(&facet, value)).sql(")"));
                }
                // One value is joined, so that the database may begin with whichever side is rarer.
                [value] => {
                    let alias = format!("facet_{}", list.joins.len());
                    list.joins.push(
                        Fragment::new(format!(" JOIN facets {alias} ON {alias}.item = items.number AND {alias}.term = "))
                            .then(&term(&facet, value)),
                    );
                }
                several => list.predicates.push(Fragment::new("EXISTS (").then(&any_of(several)).sql(")")),
            }
        }
        if !excluded.is_empty() {
            list.predicates.push(Fragment::new("NOT EXISTS (").then(&any_of(&excluded)).sql(")"));
        }
        Ok(())
    }

    /// The item that a filter names, or the sentence that says that there is none.
    fn resolve(&self, connection: &mut Connection, memory: &Memory, kind: Kind, name: &str) -> Result<Result<Id, String>, Problem> {
        if let Some(id) = memory.named(kind, self.viewer, name) {
            return Ok(Ok(id));
        }
        let found = find(connection, kind, name)?.map(super::load::Found::item);
        let visible = found.filter(|item| item.deleted_at.is_none() && (self.viewer.sees_unpublished() || item.is_public));
        if let Some(item) = visible {
            memory.keep_name(kind, self.viewer, name, item.id);
            return Ok(Ok(item.id));
        }
        let hint = suggest(connection, kind, name)?.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Ok(Err(format!("There is no {} `{}`{hint}", kind.noun(), clip(name))))
    }
}

/// PostgreSQL would join both sides whole and sort; so it asks row by row, in order, until the page is full.
fn in_order(along: Along) -> &'static str {
    if along == Along::Facet { " OFFSET 0" } else { "" }
}

/// The rows of the filter index by which an item of a list has one of these values.
pub fn has_value(along: Along, facet: &str, values: &[String]) -> Fragment {
    let walk = if along == Along::Facet { " INDEXED BY facets_newest WHERE " } else { " WHERE " };
    Fragment::new("SELECT 1 FROM facets")
        .differs(walk, " WHERE ")
        .sql("facets.item = ")
        .sql(along.number())
        .sql(along.same_place())
        .sql(format!(" AND facets.term IN (SELECT terms.number FROM terms WHERE terms.field = '{facet}' AND terms.value IN ("))
        .binds(values.iter().cloned().map(Bind::Text))
        .sql("))")
        .differs("", in_order(along))
}

/// The number of a value; nothing equals that of a value which nothing is found by.
fn term(field: &str, value: &str) -> Fragment {
    Fragment::new(format!("(SELECT terms.number FROM terms WHERE terms.field = '{field}' AND terms.value = "))
        .bind(Bind::Text(value.to_owned()))
        .sql(")")
}

/// The public slug nearest to a name.
fn suggest(connection: &mut Connection, kind: Kind, name: &str) -> Result<Option<String>, Problem> {
    use diesel::prelude::*;
    let slugs: Vec<String> = items::table
        .filter(items::kind.eq(kind.as_str()))
        .filter(items::is_public.eq(true))
        .order(items::slug)
        .limit(2_000)
        .select(items::slug)
        .load(connection)?;
    Ok(nearest(name, slugs.iter().map(String::as_str)).map(str::to_owned))
}

/// The items of these names as a condition; unknown ones are left out.
fn named(connection: &mut Connection, kind: Kind, names: &[String]) -> Result<Fragment, Problem> {
    use crate::db::schema::slugs;
    use diesel::prelude::*;
    let (ids, others): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| Id::parse(name).is_some());
    let ids: Vec<Id> = ids.into_iter().filter_map(|name| Id::parse(name)).collect();
    let by_slug: Vec<Number> = if others.is_empty() {
        Vec::new()
    } else {
        slugs::table.filter(slugs::kind.eq(kind.as_str())).filter(slugs::slug.eq_any(others)).select(slugs::item).load(connection)?
    };
    Ok(id_among("items.id", &ids).sql(" OR ").then(&number_among("items.number", by_slug)))
}

/// Holds for what is in these states; without any for what is public. Of what was found in the full-text index fewer need be looked at:
/// it has entries for the public, and none of what is deleted.
pub fn in_states(statuses: Option<&[Status]>, searched: bool) -> Vec<Fragment> {
    match statuses {
        None if searched => Vec::new(),
        None => vec![Fragment::new("items.is_public = TRUE")],
        Some(statuses) if searched && statuses.len() == Status::ALL.len() => Vec::new(),
        Some(statuses) => {
            let mut predicates = vec![Fragment::new("items.deleted_at IS NULL")];
            if statuses.len() < Status::ALL.len() {
                let names: Vec<String> = statuses.iter().map(|status| format!("'{}'", status.as_str())).collect();
                predicates.push(Fragment::new(format!("items.status IN ({})", names.join(", "))));
            }
            predicates
        }
    }
}

impl RangeSpec {
    /// Holds for what is within a bound.
    pub fn holds(&self, bound: &Bind) -> Fragment {
        Fragment::new(self.column).sql(if self.lower { " >= " } else { " < " }).bind(bound.clone())
    }
}

/// Reads `status`.
pub fn read_statuses(params: &mut Params, viewer: Viewer) -> Option<Vec<Status>> {
    let names = params.list("status", 10)?;
    let mut statuses = Vec::new();
    for name in names {
        let (excluded, name) = name.strip_prefix('!').map_or((false, name.as_str()), |rest| (true, rest));
        match Status::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, status)) if excluded => statuses.extend(Status::ALL.iter().map(|(_, other)| *other).filter(|other| other != status)),
            Some((_, status)) => statuses.push(*status),
            None => params.error("status", "unknown_value", not_one_of(name, Status::ALL.iter().map(|(known, _)| *known))),
        }
    }
    if !viewer.sees_unpublished() {
        if statuses.iter().any(|status| *status != Status::Published) {
            params.error("status", "needs_key", "Only published items can be listed without a key.");
        }
        return None;
    }
    Some(statuses)
}

/// Whether a filter asks for one value: such filters can be walked along. They stand in the declaration rarest value first.
fn is_one_value(filter: &FilterSpec, values: &[Value]) -> bool {
    let mut wanted = values.iter().filter(|value| !value.excluded);
    !matches!(filter.takes, Takes::Has(_)) && wanted.next().is_some_and(|value| value.values.len() == 1) && wanted.next().is_none()
}

fn read_filter(params: &mut Params, filter: &'static FilterSpec) -> Option<Vec<Value>> {
    let members = params.list(filter.name, MAX_VALUES)?;
    let mut values = Vec::new();
    for member in members {
        let (excluded, text) = member.strip_prefix('!').map_or((false, member.as_str()), |rest| (true, rest));
        match filter.takes.read(text) {
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
            if words.contains(&text) { Ok(vec![text.to_owned()]) } else { Err(not_one_of(text, words.iter().copied())) }
        };
        match self {
            Self::Item(_) | Self::Text if text.len() > 200 => Err(format!("`{}` is too long.", clip(text))),
            Self::Item(_) | Self::Text => Ok(vec![text.to_owned()]),
            Self::Country => places::find(text).map(|country| vec![country.code.to_owned()]).ok_or_else(|| places::unknown(text)),
            Self::Word(words) | Self::Has(words) => known(words),
            Self::Flag => known(&["true", "false"]),
            Self::Year if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(vec![text.to_owned()]),
            Self::Year => Err(format!("A year such as `2026` is expected, not `{}`.", clip(text))),
            Self::Language => {
                let language = Language::parse(text).map_err(|error| format!("`{}` is not a language tag: {error}", clip(text)))?;
                if language.as_str() == "sr" {
                    return Ok(vec!["sr-Latn".to_owned(), "sr-Cyrl".to_owned(), "sr".to_owned()]);
                }
                Ok(vec![language.as_str().to_owned()])
            }
        }
    }
}

fn read_facets(params: &mut Params, spec: &'static Spec) -> Wanted {
    let mut filters: Vec<&'static FilterSpec> = Vec::new();
    for name in params.list("facets", 20).unwrap_or_default() {
        match spec.all_filters().find(|filter| filter.name == name) {
            Some(filter) if filters.iter().any(|known| known.name == filter.name) => {}
            Some(filter) => filters.push(filter),
            None => params.error("facets", "unknown_value", not_one_of(&name, spec.all_filters().map(|filter| filter.name))),
        }
    }
    let limit = params.integer("facet_limit", 1..=MAX_FACET_LIMIT).unwrap_or(DEFAULT_FACET_LIMIT);
    Wanted { filters, limit: usize::try_from(limit).unwrap_or(usize::MAX) }
}

/// Reads a bound.
pub fn read_range(params: &mut Params, range: &'static RangeSpec) -> Option<Bind> {
    match range.holds {
        RangeType::Time => params.time(range.name).map(Bind::Time),
        RangeType::Date => params.date(range.name).map(Bind::Date),
        RangeType::Integer => params.integer(range.name, 0..=1_000_000_000).map(Bind::Integer),
        RangeType::Decimal => {
            let text = params.take(range.name)?;
            let order = decimal_order(&text);
            if order.is_none() {
                params.error(
                    range.name,
                    "invalid_value",
                    format!("A decimal number such as `1500` or `0.5` is expected, not `{}`.", clip(&text)),
                );
            }
            order.map(Bind::Text)
        }
    }
}

/// Reads `q`.
pub fn read_search(params: &mut Params, wish: &Wish) -> Option<Asked> {
    let text = params.text("q", LONGEST_SEARCH)?;
    let rules = rules_of(wish);
    Some(Asked { query: Query::parse(&text, &rules), text, rules })
}

impl Asked {
    /// The search and what its first page found, if that is so little that another may have been meant.
    pub fn little<'a>(&'a self, paging: &Paging, found: usize) -> Option<Little<'a>> {
        let is_whole = paging.start == Start::Offset(0) && i64::try_from(found).is_ok_and(|found| found < paging.limit);
        let is_little = is_whole && found < LITTLE && !self.query.is_empty();
        is_little.then_some(Little { text: &self.text, query: &self.query, rules: &self.rules, found })
    }
}

/// The rules by which a query is read: those of the languages that are asked for, or of all.
fn rules_of(wish: &Wish) -> Vec<Rules> {
    if wish.explicit && !wish.translations { wish.asked.iter().filter_map(Rules::of).collect() } else { Rules::ALL.to_vec() }
}

type Sorts = Vec<(&'static SortColumn, bool)>;

fn read_sorts(params: &mut Params, spec: &'static Spec, searching: bool) -> (Sorts, bool) {
    let newest = |sorts: &mut Sorts| {
        sorts.extend(spec.all_sorts().find(|sort| sort.name == "published_at").map(|sort| (&sort.column, true)));
    };
    let mut sorts = Vec::new();
    let Some(names) = params.list("sort", MAX_KEYS) else {
        newest(&mut sorts);
        return (sorts, searching);
    };
    let mut by_relevance = false;
    for (index, name) in names.iter().enumerate() {
        let (descending, bare) = name.strip_prefix('-').map_or((false, name.as_str()), |rest| (true, rest));
        if bare == "relevance" && index == 0 && searching {
            by_relevance = true;
            continue;
        }
        match spec.all_sorts().find(|sort| sort.name == bare) {
            Some(sort) => sorts.push((&sort.column, descending)),
            None if bare == "relevance" => params.error("sort", "unknown_value", "`relevance` needs `q` and comes first."),
            None => params.error("sort", "unknown_value", not_one_of(bare, spec.all_sorts().map(|sort| sort.name))),
        }
    }
    if by_relevance {
        if !sorts.is_empty() {
            params.error("sort", "conflicting", "`relevance` stands alone: of equals the newest come first.");
        }
        newest(&mut sorts);
    }
    (sorts, by_relevance)
}
