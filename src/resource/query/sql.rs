//! Translates a list request into a [`ListQuery`].

use serde::Serialize;

use crate::db::driving_table::DrivingTable;
use crate::db::keyset::ListQuery;
use crate::db::search::{
    Audience, FieldScope, IndexSearch, SearchMatch, SearchMode, cached_token_frequencies,
};
use crate::db::sort_key::{SortKey, SortKeyType};
use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::{Connection, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::{FieldError, Problem};
use crate::resource::cache::counts::FilteredListKey;
use crate::resource::cache::range_columns::RangeColumns;
use crate::resource::cache::references::CacheView;
use crate::resource::query::filter_sql::{
    filter_match, force_order, status_predicates, term_id_subquery,
};
use crate::resource::query::item_filter::{GivenFilter, QueryParts, by_ids_or_slugs};
use crate::resource::query::params::{FilterValue, ListRequest};
use crate::resource::schema::index_terms::signature_bit;
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, SortColumn, SortTableSchema, TEXT_LANGUAGE_FILTER,
};
use crate::resource::store::items::kind_predicate;
use crate::resource::store::texts::text_key_range_sql;
use crate::text::fingerprint::Fingerprint;
use crate::text::language_fallback::preference_order;

/// Purpose of a query.
#[derive(Clone, Copy)]
enum QueryPurpose {
    /// A page of items, in order.
    Page,
    /// The number of items, or their row ids, optionally without one filter.
    Count { without: Option<&'static FilterSchema> },
}

impl ListRequest {
    /// Returns the field of a filter in the filter index, for the visibility of the request.
    pub fn index_field(&self, filter: &FilterSchema) -> String {
        let any = matches!(filter.filter_type, FilterType::Language)
            && filter.name == TEXT_LANGUAGE_FILTER
            && self.visibility.includes_unpublished();
        self.schema.index_field(if any { "any_language" } else { filter.name })
    }

    /// Builds the query for a page; resolves the items that filters reference.
    pub fn page_query(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
    ) -> Result<ListQuery, Problem> {
        self.build_query(connection, cache, QueryPurpose::Page)
    }

    /// Builds the query for counting the list, optionally without one filter.
    pub fn count_query(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        without: Option<&'static FilterSchema>,
    ) -> Result<ListQuery, Problem> {
        self.build_query(connection, cache, QueryPurpose::Count { without })
    }

    /// Loads the row ids of all items of the list, optionally without one filter, in no particular
    /// order. If the filter index yields the items of a single value, ranges are evaluated on
    /// cached columns instead of in the database.
    pub fn load_row_ids(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        without: Option<&'static FilterSchema>,
    ) -> Result<Vec<RowId>, Problem> {
        let has_one_value =
            self.filters_except(without).any(|(filter, values)| is_single_value(filter, values));
        let (cached_ranges, others): (Vec<_>, Vec<_>) = self
            .ranges
            .iter()
            .cloned()
            .partition(|(range, _)| RangeColumns::supports(self.schema, range));
        if cached_ranges.is_empty()
            || !has_one_value
            || !self.is_published_only()
            || self.search.is_some()
        {
            return Ok(self.count_query(connection, cache, without)?.all_row_ids(connection)?);
        }
        let wider = Self { ranges: others, ..self.clone() };
        let mut numbers = wider.count_query(connection, cache, without)?.all_row_ids(connection)?;
        let columns = cache.snapshot::<RangeColumns>(connection, self.schema)?;
        numbers.retain(|item| {
            cached_ranges.iter().all(|(range, bound)| columns.is_within(range, bound, *item))
        });
        Ok(numbers)
    }

    fn filters_except(
        &self,
        without: Option<&'static FilterSchema>,
    ) -> impl Iterator<Item = &(&'static FilterSchema, Vec<FilterValue>)> {
        self.filters
            .iter()
            .filter(move |(filter, _)| without.is_none_or(|without| without.name != filter.name))
    }

    /// Whether the list contains only public items.
    pub fn is_published_only(&self) -> bool {
        self.statuses.is_none()
    }

    /// Whether the list contains all public items.
    pub fn is_unfiltered(&self) -> bool {
        let is_narrowed = self.ids.is_some()
            || self.search.is_some()
            || !self.filters.is_empty()
            || !self.ranges.is_empty();
        self.is_published_only() && !is_narrowed && self.missing.is_empty()
    }

    /// Whose entries of the full-text index are searched.
    pub fn audience(&self) -> Audience {
        if self.visibility.includes_unpublished() { Audience::Editors } else { Audience::Public }
    }

    fn search_key(&self) -> Fingerprint {
        #[derive(Serialize)]
        struct SearchKey<'a> {
            list: &'a FilteredListKey,
            in_transcripts: bool,
        }
        Fingerprint::of(&SearchKey {
            list: &self.count_key,
            in_transcripts: self.scope == FieldScope::Transcripts,
        })
    }

    fn build_query(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        purpose: QueryPurpose,
    ) -> Result<ListQuery, Problem> {
        let schema = self.schema;
        let (is_page, without) = match purpose {
            QueryPurpose::Page => (true, None),
            QueryPurpose::Count { without } => (false, without),
        };
        let filters = || self.filters_except(without);
        let has_one_value = filters().any(|(filter, values)| is_single_value(filter, values));
        let mut list = ListQuery {
            driving_table: self.choose_driving_table(has_one_value, purpose),
            ..ListQuery::default()
        };
        let mut errors = Vec::new();
        let found = match self.query() {
            Some(query) => {
                let mode = if self.counts_only { SearchMode::Unranked } else { SearchMode::Ranked };
                let index_search = IndexSearch {
                    query,
                    kinds: &[schema.kind.index_prefix()],
                    audience: self.audience(),
                    scope: self.scope,
                    frequencies: &cached_token_frequencies(connection)?,
                };
                Some(cache.plan_search(connection, index_search, mode)?)
            }
            None => None,
        };
        match found {
            Some(SearchMatch::Ranked(ranked)) if self.by_relevance || self.counts_only => {
                list.ranked_matches = Some(ranked);
                list.cache_key = (is_page && !self.counts_only).then(|| self.search_key());
            }
            Some(SearchMatch::Ranked(ranked)) => list.predicates.push(ranked.item_condition()),
            Some(SearchMatch::Predicate(predicate)) => list.predicates.push(predicate),
            None => {}
        }
        if list.driving_table == DrivingTable::Items && list.ranked_matches.is_none() {
            list.predicates.push(kind_predicate(schema.kind));
        }
        if list.driving_table == DrivingTable::FilterIndex && self.statuses.is_none() {
            list.predicates.push(Fragment::new("driving_rows.is_public = TRUE"));
        } else {
            list.predicates
                .extend(status_predicates(self.statuses.as_deref(), list.ranked_matches.is_some()));
        }
        if let Some(SortTableSchema { name: table, .. }) = schema.sort_table {
            let needed = self.ranges.iter().any(|(range, _)| range.column.starts_with(table))
                || is_page
                    && self.sort_keys.iter().any(|(sort, _)| matches!(sort, SortColumn::Column { name, .. } if name.starts_with(table)));
            if needed {
                // `CROSS JOIN` makes SQLite read the filter index before the joined table.
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
            list.predicates.push(by_ids_or_slugs(connection, schema.kind, names)?);
        }
        let mut driver_pending = list.driving_table == DrivingTable::FilterIndex;
        for (filter, values) in filters() {
            let is_driving = driver_pending && is_single_value(filter, values);
            driver_pending = driver_pending && !is_driving;
            let given = GivenFilter { filter, values, is_driving };
            let mut parts = QueryParts { cache, list: &mut list, errors: &mut errors };
            self.add_filter(connection, &mut parts, given)?;
        }
        list.predicates.extend(self.missing.predicates(
            schema,
            list.driving_table,
            self.visibility,
        ));
        list.predicates.extend(
            self.ranges
                .iter()
                .map(|(range, bound)| range.predicate(list.driving_table, bound, self.visibility)),
        );
        if list.ranked_matches.is_none() && is_page {
            list.sort_keys.extend(self.sort_keys.iter().map(|(column, descending)| {
                self.sort_key(column, *descending, list.driving_table)
            }));
        }
        if !errors.is_empty() {
            return Err(Problem::invalid_parameters(errors));
        }
        Ok(list)
    }

    /// Selects the filter index as the driving table if a filter has a single value and the query
    /// depends only on filters, the publication date and columns of the kind's table.
    fn choose_driving_table(&self, one_value: bool, purpose: QueryPurpose) -> DrivingTable {
        let schema = self.schema;
        let by_date = matches!(
            self.sort_keys.as_slice(),
            [(SortColumn::Column { name: "items.published_at", .. }, _)]
        );
        let of_table =
            |column: &str| schema.sort_table.is_some_and(|table| column.starts_with(table.name));
        let is_fit = matches!(purpose, QueryPurpose::Count { .. }) || by_date;
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

    fn sort_key(
        &self,
        column: &SortColumn,
        descending: bool,
        driving_table: DrivingTable,
    ) -> SortKey {
        match column {
            SortColumn::Column { name: "items.published_at", key_type: holds, .. }
                if driving_table == DrivingTable::FilterIndex =>
            {
                SortKey {
                    expression: Fragment::new(driving_table.published_at_column()),
                    key_type: *holds,
                    descending,
                    nullable: false,
                }
            }
            SortColumn::Column { name, key_type: holds, nullable } => {
                let name = &visible_column(name, self.visibility);
                // Public items always have a publication date.
                let nullable =
                    *nullable && !(*name == "items.published_at" && self.statuses.is_none());
                SortKey { expression: Fragment::new(*name), key_type: *holds, descending, nullable }
            }
            SortColumn::Title => {
                let mut expression = Fragment::new("(SELECT texts.sort_key FROM texts WHERE ")
                    .sql(text_key_range_sql("items.number"));
                if !self.visibility.includes_unpublished() {
                    expression = expression.sql(" AND texts.status = 'published'");
                }
                expression = expression.sql(" ORDER BY CASE");
                let mut rank: i64 = 0;
                for language in preference_order(self.language_preference.ranges()) {
                    expression = expression
                        .sql(" WHEN texts.language = ")
                        .bind(Bind::Text(language.as_str().to_owned()))
                        .sql(format!(" THEN {rank}"));
                    rank = rank.saturating_add(1);
                }
                for language in &self.language_preference.excluded {
                    expression = expression
                        .sql(" WHEN texts.language = ")
                        .bind(Bind::Text(language.as_str().to_owned()))
                        .sql(" OR texts.language LIKE ")
                        .bind(Bind::Text(format!("{}-%", language.as_str())))
                        .sql(format!(" THEN {}", rank.saturating_add(2)));
                }
                expression = expression.sql(format!(
                    " WHEN texts.language = items.original_language THEN {rank} ELSE {} END, texts.language LIMIT 1)",
                    rank.saturating_add(1)
                ));
                SortKey { expression, key_type: SortKeyType::Text, descending, nullable: true }
            }
        }
    }

    fn add_filter(
        &self,
        connection: &mut Connection,
        parts: &mut QueryParts<'_>,
        given: GivenFilter<'_>,
    ) -> Result<(), Problem> {
        let GivenFilter { filter, values, is_driving } = given;
        if let FilterType::ReferencedBy(..) = filter.filter_type {
            return self.add_referenced_by_filter(connection, parts, given);
        }
        let QueryParts { cache, list, errors } = parts;
        let facet = self.index_field(filter);
        let mut included = Vec::new();
        let mut excluded = Vec::new();
        for value in values {
            let mut stored = value.index_values.clone();
            if let FilterType::Item(kind) = filter.filter_type {
                let name = value.index_values.first().map(String::as_str).unwrap_or_default();
                match self.resolve_item(connection, cache, kind, name)? {
                    Ok(id) => stored = vec![id.to_string()],
                    Err(detail) => {
                        errors.push(FieldError::parameter(filter.name, "unknown_value", detail));
                        continue;
                    }
                }
            }
            if value.excluded { excluded.extend(stored) } else { included.push(stored) }
        }
        let driving_table = list.driving_table;
        let number = driving_table.row_id_column();
        let any_of = |values: &[String]| filter_match(driving_table, &facet, values);
        // Skips rows whose Bloom signature excludes the value.
        let may_have = |value: &str| {
            if filter.filter_type.is_selective() {
                Fragment::new("driving_rows.bloom_signature & ")
                    .bind(Bind::Integer(signature_bit(&facet, value)))
                    .sql(" <> 0 AND ")
            } else {
                Fragment::default()
            }
        };
        if matches!(filter.filter_type, FilterType::AllOf(_)) {
            for values in &included {
                list.predicates.push(Fragment::new("EXISTS (").append(&any_of(values)).sql(")"));
            }
        } else {
            let any: Vec<String> = included.concat();
            match any.as_slice() {
                [] => {}
                [value] if is_driving => {
                    list.predicates.push(
                        Fragment::new("driving_rows.term = ")
                            .append(&term_id_subquery(&facet, value)),
                    );
                }
                // The index rows of another value have the same order: reading along both touches
                // few database pages.
                [value] if driving_table == DrivingTable::FilterIndex => {
                    let other = may_have(value)
                        .sql("EXISTS (SELECT 1 FROM filter_index")
                        .by_backend(" INDEXED BY filter_index_newest", "")
                        .sql(" WHERE filter_index.item = ")
                        .sql(number)
                        .sql(driving_table.filter_index_join())
                        .sql(" AND filter_index.term = ")
                        .append(&term_id_subquery(&facet, value))
                        .by_backend("", force_order(driving_table))
                        .sql(")");
                    list.predicates.push(other);
                }
                [value] if list.ranked_matches.is_some() => {
                    let has = Fragment::new(
                        "EXISTS (SELECT 1 FROM filter_index WHERE filter_index.item = items.number AND filter_index.term = ",
                    );
                    list.predicates.push(has.append(&term_id_subquery(&facet, value)).sql(")"));
                }
                // A single value is joined, so that the query planner can start with the more
                // selective side.
                [value] => {
                    let alias = format!("facet_{}", list.joins.len());
                    list.joins.push(
                        Fragment::new(format!(" JOIN filter_index {alias} ON {alias}.item = items.number AND {alias}.term = "))
                            .append(&term_id_subquery(&facet, value)),
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
}

impl RangeSchema {
    /// Returns the predicate for values that this caller sees within a bound.
    pub fn predicate(
        &self,
        driving_table: DrivingTable,
        bound: &Bind,
        visibility: Visibility,
    ) -> Fragment {
        let column = Fragment::new(if self.column == "items.published_at" {
            driving_table.published_at_column()
        } else {
            visible_column(self.column, visibility)
        });
        let compared = column.sql(if self.is_lower_bound { " >= " } else { " < " });
        if driving_table == DrivingTable::Items || self.column == "items.published_at" {
            return compared.bind(bound.clone());
        }
        // A scalar subquery hides the bound from the planner of PostgreSQL, which would otherwise
        // replan for each bound, with the same result.
        compared.by_backend("", "(SELECT ").bind(bound.clone()).by_backend("", ")")
    }
}

/// Returns the column that this caller sees instead of another.
fn visible_column(column: &'static str, visibility: Visibility) -> &'static str {
    if column == "items.updated_at" && !visibility.includes_unpublished() {
        "items.public_updated_at"
    } else {
        column
    }
}

/// Whether a filter has a single value, so that the filter index can drive the query. The schema
/// declares the filters with the rarest values first.
fn is_single_value(filter: &FilterSchema, values: &[FilterValue]) -> bool {
    let mut included = values.iter().filter(|value| !value.excluded);
    !matches!(filter.filter_type, FilterType::AllOf(_) | FilterType::ReferencedBy(..))
        && included.next().is_some_and(|value| value.index_values.len() == 1)
        && included.next().is_none()
}
