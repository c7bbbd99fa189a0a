//! Turns a list request into a [`List`] of the database.

use super::{ListRequest, Value};
use crate::db::page::{DrivingTable, ListQuery, SortKey, SortKeyType};
use crate::db::schema::items;
use crate::db::search::{Audience, SearchMatch, SearchMode, cached_token_frequencies, plan_search};
use crate::db::sql::{Bind, Fragment, id_in_fragment, integer_in_fragment};
use crate::db::{Connection, Id, RowId};
use crate::http::fields::clip;
use crate::http::problem::{FieldError, Problem};
use crate::resource::Status;
use crate::resource::columns::Columns;
use crate::resource::index::bit;
use crate::resource::load::{self, Item, find, of_kind, texts_of_item};
use crate::resource::names::Memory;
use crate::resource::spec::{FilterSpec, Kind, RangeSpec, SortColumn, Spec, TableSpec, Takes};
use crate::text::choice::preference_order;
use crate::text::nearest::nearest;

/// For what a list is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// Some items, in order.
    Page,
    /// How many there are, or which.
    Count,
}

impl ListRequest {
    /// Under which field the values of a filter stand in the index, for this viewer.
    pub fn field(&self, spec: &Spec, filter: &FilterSpec) -> String {
        let any = matches!(filter.takes, Takes::Language)
            && filter.name == "language"
            && self.viewer.includes_unpublished();
        spec.facet(if any { "any_language" } else { filter.name })
    }

    /// The list in the database's terms; resolves the items that filters name.
    pub fn list(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        memory: &Memory,
    ) -> Result<ListQuery, Problem> {
        self.list_for(connection, spec, memory, (None, Purpose::Page))
    }

    /// The same to count what it has, or would have without a filter.
    pub fn list_to_count(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        memory: &Memory,
        without: Option<&'static FilterSpec>,
    ) -> Result<ListQuery, Problem> {
        self.list_for(connection, spec, memory, (without, Purpose::Count))
    }

    /// The numbers of all items it has, or would have without a filter; in no order. Where the
    /// filter index gives those of one value, what is kept tells which of them are within the
    /// bounds.
    pub fn numbers(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        memory: &Memory,
        without: Option<&'static FilterSpec>,
    ) -> Result<Vec<RowId>, Problem> {
        let has_one_value =
            self.filters_but(without).any(|(filter, values)| is_one_value(filter, values));
        let (kept, others): (Vec<_>, Vec<_>) =
            self.ranges.iter().cloned().partition(|(range, _)| Columns::has(spec, range));
        if kept.is_empty() || !has_one_value || !self.is_public() || self.search.is_some() {
            return Ok(self
                .list_to_count(connection, spec, memory, without)?
                .all_row_ids(connection)?);
        }
        let wider = Self { ranges: others, ..self.clone() };
        let mut numbers =
            wider.list_to_count(connection, spec, memory, without)?.all_row_ids(connection)?;
        let columns = memory.whole::<Columns>(connection, spec)?;
        numbers.retain(|item| kept.iter().all(|(range, bound)| columns.holds(range, bound, *item)));
        Ok(numbers)
    }

    fn filters_but(
        &self,
        without: Option<&'static FilterSpec>,
    ) -> impl Iterator<Item = &(&'static FilterSpec, Vec<Value>)> {
        self.filters
            .iter()
            .filter(move |(filter, _)| without.is_none_or(|without| without.name != filter.name))
    }

    /// Whether it has nothing but what the public sees.
    pub fn is_public(&self) -> bool {
        self.statuses.is_none()
    }

    /// Whether it has all that the public sees.
    pub fn is_everything(&self) -> bool {
        let is_narrowed = self.ids.is_some()
            || self.search.is_some()
            || !self.filters.is_empty()
            || !self.ranges.is_empty();
        self.is_public() && !is_narrowed && self.missing.is_empty()
    }

    fn list_for(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        memory: &Memory,
        (without, purpose): (Option<&'static FilterSpec>, Purpose),
    ) -> Result<ListQuery, Problem> {
        let filters = || self.filters_but(without);
        let has_one_value = filters().any(|(filter, values)| is_one_value(filter, values));
        let mut list = ListQuery {
            driving_table: self.along(spec, has_one_value, purpose),
            ..ListQuery::default()
        };
        let mut errors = Vec::new();
        let audience =
            if self.viewer.includes_unpublished() { Audience::Editors } else { Audience::Public };
        let found = match self.query() {
            Some(query) => {
                let ask = if self.counts_only { SearchMode::Unranked } else { SearchMode::Ranked };
                Some(plan_search(
                    query,
                    &[spec.kind.letter()],
                    audience,
                    (self.scope, ask),
                    &cached_token_frequencies(connection)?,
                ))
            }
            None => None,
        };
        match found {
            Some(SearchMatch::Ranked(ranked)) if self.by_relevance || self.counts_only => {
                list.ranked_matches = Some(ranked);
                list.cache_key = (purpose == Purpose::Page && !self.counts_only)
                    .then(|| format!("{}\n{:?}", self.counted, self.scope));
            }
            Some(SearchMatch::Ranked(ranked)) => list.predicates.push(ranked.item_condition()),
            Some(SearchMatch::Predicate(predicate)) => list.predicates.push(predicate),
            None => {}
        }
        if list.driving_table == DrivingTable::Items && list.ranked_matches.is_none() {
            list.predicates.push(of_kind(spec.kind));
        }
        if list.driving_table == DrivingTable::FilterIndex && self.statuses.is_none() {
            list.predicates.push(Fragment::new("walked.is_public = TRUE"));
        } else {
            list.predicates
                .extend(in_states(self.statuses.as_deref(), list.ranked_matches.is_some()));
        }
        if let Some(TableSpec { name: table, .. }) = spec.table {
            let needed = self.ranges.iter().any(|(range, _)| range.column.starts_with(table))
                || purpose == Purpose::Page
                    && self.sorts.iter().any(|(sort, _)| matches!(sort, SortColumn::Column { name, .. } if name.starts_with(table)));
            if needed {
                // Along the filter index what is joined comes after it.
                let join = if list.driving_table == DrivingTable::FilterIndex {
                    " CROSS JOIN "
                } else {
                    " JOIN "
                };
                let on =
                    format!("{table} ON {table}.number = {}", list.driving_table.row_id_column());
                list.joins.push(Fragment::default().by_backend(join, " JOIN ").sql(on));
            }
        }
        if let Some(names) = &self.ids {
            list.predicates.push(named(connection, spec.kind, names)?);
        }
        let mut walking = list.driving_table == DrivingTable::FilterIndex;
        for (filter, values) in filters() {
            let walked = walking && is_one_value(filter, values);
            walking = walking && !walked;
            self.filter(
                connection,
                (spec, memory),
                (filter, values),
                walked,
                &mut list,
                &mut errors,
            )?;
        }
        list.predicates.extend(self.missing.predicates(spec, list.driving_table, self.viewer));
        list.predicates.extend(
            self.ranges.iter().map(|(range, bound)| range.holds_along(list.driving_table, bound)),
        );
        if list.ranked_matches.is_none() && purpose == Purpose::Page {
            list.sort_keys.extend(
                self.sorts
                    .iter()
                    .map(|(column, descending)| self.key(column, *descending, list.driving_table)),
            );
        }
        if !errors.is_empty() {
            return Err(Problem::invalid_parameters(errors));
        }
        Ok(list)
    }

    /// Along a value of the filter index, where one is asked for and nothing matters but filters,
    /// the date of publication and what the kind's table holds.
    fn along(&self, spec: &Spec, one_value: bool, purpose: Purpose) -> DrivingTable {
        let by_date = matches!(
            self.sorts.as_slice(),
            [(SortColumn::Column { name: "items.published_at", .. }, _)]
        );
        let of_table =
            |column: &str| spec.table.is_some_and(|table| column.starts_with(table.name));
        let is_fit = purpose == Purpose::Count || by_date;
        let fit_ranges = self
            .ranges
            .iter()
            .all(|(range, _)| range.column == "items.published_at" || of_table(range.column));
        let filters_only = self.statuses.is_none() && self.ids.is_none() && self.search.is_none();
        if is_fit && fit_ranges && filters_only && one_value {
            DrivingTable::FilterIndex
        } else {
            DrivingTable::Items
        }
    }

    fn key(&self, column: &SortColumn, descending: bool, along: DrivingTable) -> SortKey {
        match column {
            SortColumn::Column { name: "items.published_at", holds, .. }
                if along == DrivingTable::FilterIndex =>
            {
                SortKey {
                    expression: Fragment::new(along.published_at_column()),
                    key_type: *holds,
                    descending,
                    nullable: false,
                }
            }
            SortColumn::Column { name, holds, nullable } => {
                // What the public sees always has a date of publication.
                let nullable =
                    *nullable && !(*name == "items.published_at" && self.statuses.is_none());
                SortKey { expression: Fragment::new(*name), key_type: *holds, descending, nullable }
            }
            SortColumn::Title => {
                let mut expression = Fragment::new("(SELECT texts.sort_key FROM texts WHERE ")
                    .sql(texts_of_item("items.number"));
                if !self.viewer.includes_unpublished() {
                    expression = expression.sql(" AND texts.status = 'published'");
                }
                expression = expression.sql(" ORDER BY CASE");
                let mut rank: i64 = 0;
                for language in preference_order(&self.wish.requested, &self.wish.fallback) {
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
                SortKey { expression, key_type: SortKeyType::Text, descending, nullable: true }
            }
        }
    }

    fn filter(
        &self,
        connection: &mut Connection,
        (spec, memory): (&'static Spec, &Memory),
        (filter, values): (&'static FilterSpec, &[Value]),
        walked: bool,
        list: &mut ListQuery,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        if let Takes::Referrer(kind, field) = filter.takes {
            return self.referred_to(
                connection,
                memory,
                (filter, kind, field),
                values,
                list,
                errors,
            );
        }
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
                        errors.push(FieldError::parameter(filter.name, "unknown_value", detail));
                        continue;
                    }
                }
            }
            if value.excluded { excluded.extend(stored) } else { wanted.push(stored) }
        }
        let along = list.driving_table;
        let number = along.row_id_column();
        let any_of = |values: &[String]| has_value(along, &facet, values);
        // Passes over the rows whose item cannot have the value.
        let may_have = |value: &str| {
            if filter.takes.narrows() {
                Fragment::new("walked.signature & ")
                    .bind(Bind::Integer(bit(&facet, value)))
                    .sql(" <> 0 AND ")
            } else {
                Fragment::default()
            }
        };
        if matches!(filter.takes, Takes::Has(_)) {
            for values in &wanted {
                list.predicates.push(Fragment::new("EXISTS (").append(&any_of(values)).sql(")"));
            }
        } else {
            let any: Vec<String> = wanted.concat();
            match any.as_slice() {
                [] => {}
                [value] if walked => {
                    list.predicates
                        .push(Fragment::new("walked.term = ").append(&term(&facet, value)));
                }
                // The rows of another value stand in the same order: looking along both touches few
                // pages.
                [value] if along == DrivingTable::FilterIndex => {
                    let other = may_have(value)
                        .sql("EXISTS (SELECT 1 FROM facets")
                        .by_backend(" INDEXED BY facets_newest", "")
                        .sql(" WHERE facets.item = ")
                        .sql(number)
                        .sql(along.filter_index_join())
                        .sql(" AND facets.term = ")
                        .append(&term(&facet, value))
                        .by_backend("", in_order(along))
                        .sql(")");
                    list.predicates.push(other);
                }
                [value] if list.ranked_matches.is_some() => {
                    let has = Fragment::new(
                        "EXISTS (SELECT 1 FROM facets WHERE facets.item = items.number AND facets.term = ",
                    );
                    list.predicates.push(has.append(&term(&facet, value)).sql(")"));
                }
                // One value is joined, so that the database may begin with whichever side is rarer.
                [value] => {
                    let alias = format!("facet_{}", list.joins.len());
                    list.joins.push(
                        Fragment::new(format!(" JOIN facets {alias} ON {alias}.item = items.number AND {alias}.term = "))
                            .append(&term(&facet, value)),
                    );
                }
                several => list
                    .predicates
                    .push(Fragment::new("EXISTS (").append(&any_of(several)).sql(")")),
            }
        }
        if !excluded.is_empty() {
            list.predicates.push(Fragment::new("NOT EXISTS (").append(&any_of(&excluded)).sql(")"));
        }
        Ok(())
    }

    /// Narrows a list to what these items refer to, or to what they do not.
    fn referred_to(
        &self,
        connection: &mut Connection,
        memory: &Memory,
        (filter, kind, field): (&'static FilterSpec, Kind, &'static str),
        values: &[Value],
        list: &mut ListQuery,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let (mut wanted, mut excluded, mut is_narrowed) = (Vec::new(), Vec::new(), false);
        for value in values {
            is_narrowed = is_narrowed || !value.excluded;
            let ids = if value.excluded { &mut excluded } else { &mut wanted };
            match self.resolve(
                connection,
                memory,
                kind,
                value.values.first().map(String::as_str).unwrap_or_default(),
            )? {
                Ok(id) => ids.push(id),
                Err(detail) => {
                    errors.push(FieldError::parameter(filter.name, "unknown_value", detail))
                }
            }
        }
        let mut narrow = |ids: &[Id], not: &'static str| {
            let rows = load::read_items(connection, &id_in_fragment("items.id", ids))?;
            let targets: Vec<Id> = rows
                .iter()
                .flat_map(Item::links)
                .filter(|link| link.field == field)
                .map(|link| link.target_id)
                .collect();
            let these = Fragment::new(list.driving_table.row_id_column())
                .sql(not)
                .sql(" IN (SELECT shown.number FROM items shown WHERE ");
            list.predicates.push(these.append(&id_in_fragment("shown.id", &targets)).sql(")"));
            Ok::<_, Problem>(())
        };
        if is_narrowed {
            narrow(&wanted, "")?;
        }
        if !excluded.is_empty() {
            narrow(&excluded, " NOT")?;
        }
        Ok(())
    }

    /// The item that a filter names, or the sentence that says that there is none.
    fn resolve(
        &self,
        connection: &mut Connection,
        memory: &Memory,
        kind: Kind,
        name: &str,
    ) -> Result<Result<Id, String>, Problem> {
        if let Some(id) = memory.named(kind, self.viewer, name) {
            return Ok(Ok(id));
        }
        let found = find(connection, kind, name)?.map(load::Found::item);
        let visible = found.filter(|item| {
            item.deleted_at.is_none() && (self.viewer.includes_unpublished() || item.is_public)
        });
        if let Some(item) = visible {
            memory.keep_name(kind, self.viewer, name, item.id);
            return Ok(Ok(item.id));
        }
        let hint = suggest(connection, kind, name)?
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Ok(Err(format!("There is no {} `{}`{hint}", kind.noun(), clip(name))))
    }
}

/// PostgreSQL would join both sides whole and sort; so it asks row by row, in order, until the page
/// is full.
fn in_order(along: DrivingTable) -> &'static str {
    if along == DrivingTable::FilterIndex { " OFFSET 0" } else { "" }
}

/// The rows of the filter index by which an item of a list has one of these values.
pub fn has_value(along: DrivingTable, facet: &str, values: &[String]) -> Fragment {
    let walk = if along == DrivingTable::FilterIndex {
        " INDEXED BY facets_newest WHERE "
    } else {
        " WHERE "
    };
    Fragment::new("SELECT 1 FROM facets")
        .by_backend(walk, " WHERE ")
        .sql("facets.item = ")
        .sql(along.row_id_column())
        .sql(along.filter_index_join())
        .sql(format!(" AND facets.term IN (SELECT terms.number FROM terms WHERE terms.field = '{facet}' AND terms.value IN ("))
        .binds(values.iter().cloned().map(Bind::Text))
        .sql("))")
        .by_backend("", in_order(along))
}

/// The number of a value; nothing equals that of a value which nothing is found by.
fn term(field: &str, value: &str) -> Fragment {
    Fragment::new(format!(
        "(SELECT terms.number FROM terms WHERE terms.field = '{field}' AND terms.value = "
    ))
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

/// Holds for what is in these states; without any for what is public. Of what was found in the
/// full-text index fewer need be looked at: it has entries for the public, and none of what is
/// deleted.
pub fn in_states(statuses: Option<&[Status]>, searched: bool) -> Vec<Fragment> {
    match statuses {
        None if searched => Vec::new(),
        None => vec![Fragment::new("items.is_public = TRUE")],
        Some(statuses) if searched && statuses.len() == Status::ALL.len() => Vec::new(),
        Some(statuses) => {
            let mut predicates = vec![Fragment::new("items.deleted_at IS NULL")];
            if statuses.len() < Status::ALL.len() {
                let names: Vec<String> =
                    statuses.iter().map(|status| format!("'{}'", status.as_str())).collect();
                predicates.push(Fragment::new(format!("items.status IN ({})", names.join(", "))));
            }
            predicates
        }
    }
}

impl RangeSpec {
    /// Holds for what is within a bound.
    pub fn holds(&self, bound: &Bind) -> Fragment {
        self.holds_along(DrivingTable::Items, bound)
    }

    fn holds_along(&self, along: DrivingTable, bound: &Bind) -> Fragment {
        let column = Fragment::new(if self.column == "items.published_at" {
            along.published_at_column()
        } else {
            self.column
        });
        let compared = column.sql(if self.lower { " >= " } else { " < " });
        if along == DrivingTable::Items || self.column == "items.published_at" {
            return compared.bind(bound.clone());
        }
        // PostgreSQL would plan anew for each bound, and come to what it does without.
        compared.by_backend("", "(SELECT ").bind(bound.clone()).by_backend("", ")")
    }
}

/// Whether a filter asks for one value: such filters can be walked along. They stand in the
/// declaration rarest value first.
fn is_one_value(filter: &FilterSpec, values: &[Value]) -> bool {
    let mut wanted = values.iter().filter(|value| !value.excluded);
    !matches!(filter.takes, Takes::Has(_) | Takes::Referrer(..))
        && wanted.next().is_some_and(|value| value.values.len() == 1)
        && wanted.next().is_none()
}
