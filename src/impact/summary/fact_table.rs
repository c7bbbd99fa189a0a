//! In-memory table of the statistics that summaries aggregate.
//!
//! The table of all public statistics is cached; statistics written since the last update are
//! reloaded before each request.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::db::{Connection, Error, RowId};
use crate::impact::fact_record::{self, FactScope, FactValues, RecordSections};
use crate::impact::summary::day_range::DayRange;
use crate::resource::cache::snapshot::{self, Snapshot};
use crate::resource::schema::ResourceSchema;
use crate::text::decimal::exact::ExactDecimal;

/// Separator of records.
const RECORD_SEPARATOR: char = '\n';
/// Statistics per batch; their records take a few megabytes.
const BATCH_SIZE: usize = 20_000;
/// Maximum number of changes that are applied row by row; more are merged in one pass.
const INCREMENTAL_LIMIT: usize = 100;
/// The dimension of places below a country.
pub const LOCATION_DIMENSION: &str = "location";
/// Condition for public statistics.
const PUBLIC_CONDITION: &str = "is_public = TRUE";

/// A statistic in the table.
#[derive(Clone, Debug)]
pub struct FactRow {
    /// Row id of the item.
    pub number: RowId,
    /// Index of its scope.
    pub scope_index: usize,
    /// Its period.
    pub period_days: DayRange,
    /// See [`crate::impact::code_lists::QUALIFIERS`].
    pub qualifier: &'static str,
    /// Its value.
    pub value: Option<ExactDecimal>,
    /// Whether it has a baseline or a target.
    pub has_baseline_or_target: bool,
    /// Byte range of its value fields in the text.
    text_range: TextRange,
}

/// Byte range of the value fields of a statistic.
#[derive(Clone, Copy, Debug, Default)]
struct TextRange {
    start: u32,
    end: u32,
}

/// Interned ids of the scope fields: equal values have equal ids; 0 means that the field is not
/// set. Dimensions and their values are equal regardless of case.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct ScopeIds {
    /// The indicator.
    pub indicator: u32,
    /// The programme.
    pub programme: u32,
    /// The partner.
    pub partner: u32,
    /// The countries.
    pub countries: Vec<u32>,
    /// Dimension and value of each slice.
    pub slices: Vec<(u32, u32)>,
    /// Id of the set of its dimension names.
    pub breakdown: u32,
    /// Whether one of the dimensions is the place below the country, [`LOCATION_DIMENSION`].
    pub has_location: bool,
    /// Unit and measure.
    pub unit_and_measure: u32,
}

/// Statistics and their scopes.
#[derive(Clone, Debug, Default)]
pub struct FactTable {
    /// Distinct scopes.
    pub scopes: Vec<FactScope>,
    /// Interned ids of the scopes.
    pub scope_ids: Vec<ScopeIds>,
    /// Statistics by ascending row id.
    pub rows: Vec<FactRow>,
    /// Value fields of all rows, including rows that were removed.
    values_text: String,
    /// Length of the text after the last full load.
    loaded_len: usize,
    /// Indexes of scopes by their encoded text.
    scope_indexes: HashMap<Box<str>, usize>,
    interner: ScopeInterner,
}

/// Folds the case of a dimension or of its value: `Female` and `female` are the same slice.
pub fn fold_case(text: &str) -> String {
    text.to_lowercase()
}

/// Assigns ids to distinct values, from 1 on.
#[derive(Clone, Debug)]
struct Interner<T>(HashMap<T, u32>);

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: std::hash::Hash + Eq> Interner<T> {
    fn intern(&mut self, what: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1);
        *self.0.entry(what).or_insert(next)
    }
}

/// Interners of the scope fields.
#[derive(Clone, Debug, Default)]
struct ScopeInterner {
    items: Interner<crate::db::Id>,
    strings: Interner<String>,
    breakdowns: Interner<Vec<u32>>,
    units_and_measures: Interner<(Option<String>, String)>,
}

impl ScopeInterner {
    fn intern_scope(&mut self, scope: &FactScope) -> ScopeIds {
        let mut item = |id: Option<crate::db::Id>| id.map_or(0, |id| self.items.intern(id));
        let (indicator, programme, partner) =
            (item(scope.indicator), item(scope.programme), item(scope.partner));
        let words = &mut self.strings;
        let countries = scope.countries.iter().map(|code| words.intern(code.clone())).collect();
        let mut slices: Vec<(u32, u32)> = scope
            .slices
            .iter()
            .map(|(dimension, value)| {
                (words.intern(fold_case(dimension)), words.intern(fold_case(value)))
            })
            .collect();
        slices.sort_unstable();
        let dimensions: Vec<u32> = slices.iter().map(|(dimension, _)| *dimension).collect();
        let breakdown = if dimensions.is_empty() { 0 } else { self.breakdowns.intern(dimensions) };
        ScopeIds {
            indicator,
            programme,
            partner,
            countries,
            slices,
            breakdown,
            has_location: scope
                .slices
                .iter()
                .any(|(dimension, _)| fold_case(dimension) == LOCATION_DIMENSION),
            unit_and_measure: self
                .units_and_measures
                .intern((scope.unit.clone(), scope.measure.clone())),
        }
    }
}

impl FactTable {
    /// Returns the row ids of the statistics in these rows.
    pub fn row_ids(&self, places: &[usize]) -> impl Iterator<Item = RowId> {
        places.iter().filter_map(|place| self.rows.get(*place)).map(|row| row.number)
    }

    /// Loads the statistics with these row ids in batches.
    pub fn load(connection: &mut Connection, numbers: &[RowId]) -> Result<Self, Error> {
        let mut facts = Self::default();
        for some in numbers.chunks(BATCH_SIZE) {
            if let Some((_, text)) =
                load_records(connection, &integer_in_fragment("number", some.iter().copied()))?
            {
                facts.append_records(&text);
            }
        }
        facts.finish_load();
        Ok(facts)
    }

    /// Releases spare capacity and records the length of the text, once all rows are loaded.
    fn finish_load(&mut self) {
        self.rows.shrink_to_fit();
        self.values_text.shrink_to_fit();
        self.loaded_len = self.values_text.len();
    }

    /// Parses records, one statistic per line.
    fn append_records(&mut self, text: &str) {
        let (mut last, mut scope) = ("", 0);
        for line in text.split(RECORD_SEPARATOR) {
            let Some(RecordSections { row_id, scope: scope_text, values }) =
                fact_record::split_record(line)
            else {
                continue;
            };
            // Adjacent rows often share a scope.
            if last.is_empty() || last != scope_text {
                let Some(place) = self.intern_scope(scope_text) else { continue };
                (last, scope) = (scope_text, place);
            }
            let from = self.values_text.len();
            let (Ok(start), Ok(end)) =
                (u32::try_from(from), u32::try_from(from.saturating_add(values.len())))
            else {
                continue;
            };
            self.values_text.push_str(values);
            self.rows.extend(parse_row(row_id, scope, values, TextRange { start, end }));
        }
        if !self.rows.is_sorted_by_key(|row| row.number) {
            self.rows.sort_unstable_by_key(|row| row.number);
        }
    }

    /// Returns the index of the scope with this encoding, which is added if it is new.
    fn intern_scope(&mut self, about: &str) -> Option<usize> {
        if let Some(place) = self.scope_indexes.get(about) {
            return Some(*place);
        }
        let scope = fact_record::parse_scope(about)?;
        let place = self.scopes.len();
        self.scope_indexes.insert(about.into(), place);
        self.scope_ids.push(self.interner.intern_scope(&scope));
        self.scopes.push(scope);
        Some(place)
    }

    /// Replaces the rows of these statistics by their current records; rows without a record are
    /// removed.
    fn replace_rows(&mut self, changed: &BTreeSet<RowId>, text: &str) {
        let mut others = std::mem::take(&mut self.rows);
        self.append_records(text);
        let new = std::mem::take(&mut self.rows);
        if changed.len() > INCREMENTAL_LIMIT {
            others.retain(|row| !changed.contains(&row.number));
            others.extend(new);
            others.sort_unstable_by_key(|row| row.number);
        } else {
            let mut new: HashMap<RowId, FactRow> =
                new.into_iter().map(|row| (row.number, row)).collect();
            for number in changed {
                match (others.binary_search_by_key(number, |row| row.number), new.remove(number)) {
                    (Ok(place), Some(row)) => {
                        if let Some(known) = others.get_mut(place) {
                            *known = row;
                        }
                    }
                    (Ok(place), None) => drop(others.remove(place)),
                    (Err(place), Some(row)) => others.insert(place, row),
                    (Err(_), None) => {}
                }
            }
        }
        self.rows = others;
    }

    /// Returns the scope of a statistic.
    pub fn scope(&self, row: &FactRow) -> Option<&FactScope> {
        self.scopes.get(row.scope_index)
    }

    /// Returns the interned ids of the scope of a statistic.
    pub fn scope_ids(&self, row: &FactRow) -> Option<&ScopeIds> {
        self.scope_ids.get(row.scope_index)
    }

    /// Returns the value fields of a statistic.
    pub fn values(&self, row: &FactRow) -> FactValues<'_> {
        let at = |place| usize::try_from(place).unwrap_or(usize::MAX);
        self.values_text
            .get(at(row.text_range.start)..at(row.text_range.end))
            .and_then(fact_record::parse_values)
            .unwrap_or_default()
    }
}

impl Snapshot for FactTable {
    fn load(connection: &mut Connection, _spec: &'static ResourceSchema) -> Result<Self, Error> {
        let mut facts = Self::default();
        let mut after = 0;
        loop {
            let next = Fragment::new(PUBLIC_CONDITION)
                .sql(" AND number > ")
                .bind(Bind::Integer(after))
                .sql(" ORDER BY number LIMIT ")
                .bind(Bind::Integer(i64::try_from(BATCH_SIZE).unwrap_or(i64::MAX)));
            let Some((last, text)) = load_records(connection, &next)? else { break };
            facts.append_records(&text);
            after = last;
        }
        facts.finish_load();
        Ok(facts)
    }

    fn update(
        &mut self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        since: i64,
    ) -> Result<bool, Error> {
        // At most half of the text is unused.
        if self.values_text.len() > self.loaded_len.saturating_mul(2).saturating_add(1_000_000) {
            return Ok(false);
        }
        let Some(numbers) = snapshot::changed_since(connection, schema.kind, since)? else {
            return Ok(false);
        };
        let some = Fragment::new(PUBLIC_CONDITION)
            .sql(" AND ")
            .append(&integer_in_fragment("number", numbers.iter().copied()));
        let text = load_records(connection, &some)?.map(|(_, text)| text).unwrap_or_default();
        self.replace_rows(&numbers, &text);
        Ok(true)
    }
}

/// Loads the records of the statistics that match a condition, one per line, and the greatest row
/// id; `None` if there are none.
fn load_records(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Option<(RowId, String)>, Error> {
    let statement = Fragment::new("SELECT max(number), ")
        .by_backend("group_concat(fact_record, char(10))", "string_agg(fact_record, E'\\n')")
        .sql(" FROM (SELECT number, fact_record FROM impact_statistics WHERE ")
        .append(condition)
        .sql(") wanted");
    let rows: Vec<(Option<RowId>, Option<String>)> =
        Statement::<(Nullable<BigInt>, Nullable<Text>)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().next().and_then(|(last, text)| last.zip(text)))
}

/// Parses the fields that every summary needs; the others are parsed on demand.
fn parse_row(number: RowId, scope: usize, values: &str, text_range: TextRange) -> Option<FactRow> {
    let mut fields = values.splitn(5, '\t');
    let (start, end, qualifier, value, aims) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(FactRow {
        number,
        scope_index: scope,
        period_days: DayRange::parse(start, end),
        qualifier: match qualifier {
            "more_than" => "more_than",
            "less_than" => "less_than",
            "about" => "about",
            _ => "exact",
        },
        value: ExactDecimal::parse(value).filter(|_| !value.is_empty()),
        has_baseline_or_target: aims.bytes().any(|byte| byte != b'\t'),
        text_range,
    })
}

/// Creates a table of statistics for tests, encoded as by
/// [`fact_record`](crate::impact::fact_record).
#[cfg(test)]
pub fn fact_table_for_tests(given: &[(FactScope, FactValues<'_>)]) -> FactTable {
    let mut facts = FactTable::default();
    for (number, (scope, figures)) in (1..).zip(given) {
        let FactValues {
            start,
            end,
            qualifier,
            value,
            baseline,
            baseline_year,
            target,
            target_start,
            target_end,
        } = figures;
        let text = [
            start,
            end,
            qualifier,
            value,
            baseline,
            baseline_year,
            target,
            target_start,
            target_end,
        ]
        .map(|text| *text)
        .join("\t");
        let place = facts.scopes.iter().position(|known| known == scope).unwrap_or_else(|| {
            facts.scope_ids.push(facts.interner.intern_scope(scope));
            facts.scopes.push(scope.clone());
            facts.scopes.len() - 1
        });
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let from = facts.values_text.len();
        facts.rows.extend(parse_row(
            number,
            place,
            &text,
            TextRange { start: at(from), end: at(from + text.len()) },
        ));
        facts.values_text.push_str(&text);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_interned_and_rows_replaced() {
        let line = |number: u32, country: &str, value: &str| {
            format!(
                "{number}\t\t\t\t{country}\t\tpeople\tunit\t1\t\u{1e}2024-01-01\t\texact\t{value}\t\t\t9\t\t"
            )
        };
        let mut facts = FactTable::default();
        facts.append_records(
            &[line(3, "AL", "1"), line(1, "AL", "2"), "broken".to_owned(), line(2, "RS", "")]
                .join("\n"),
        );
        assert_eq!(
            facts
                .rows
                .iter()
                .map(|row| (
                    row.number,
                    row.scope_index,
                    row.value.is_some(),
                    row.has_baseline_or_target
                ))
                .collect::<Vec<_>>(),
            [(1, 0, true, true), (2, 1, false, true), (3, 0, true, true)]
        );
        assert_eq!(
            facts
                .rows
                .iter()
                .map(|row| (facts.values(row).value, facts.values(row).target))
                .collect::<Vec<_>>(),
            [("2", "9"), ("", "9"), ("1", "9")]
        );
        assert_eq!((facts.scopes.len(), facts.scope_ids.len()), (2, 2));
        let describe = |facts: &FactTable| -> Vec<(RowId, String, Vec<String>)> {
            let describe = |row: &FactRow| {
                Some((
                    row.number,
                    facts.values(row).value.to_owned(),
                    facts.scope(row)?.countries.clone(),
                ))
            };
            facts.rows.iter().filter_map(describe).collect()
        };
        let expected = |rows: &[(RowId, &str, &str)]| -> Vec<(RowId, String, Vec<String>)> {
            rows.iter()
                .map(|(number, value, country)| {
                    (*number, (*value).to_owned(), vec![(*country).to_owned()])
                })
                .collect()
        };
        let text = [line(9, "RS", "5"), line(1, "TR", "4")].join("\n");
        // Once row by row, and once in one pass.
        for changed in [BTreeSet::from([1, 3, 9]), (1..=1).chain(3..200).collect()] {
            let mut facts = facts.clone();
            facts.replace_rows(&changed, &text);
            assert_eq!(
                describe(&facts),
                expected(&[(1, "4", "TR"), (2, "", "RS"), (9, "5", "RS")])
            );
        }
    }
}
