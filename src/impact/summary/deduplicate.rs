//! Deduplication: which statistics are counted, and which are covered by others.
//!
//! A statistic of an indicator covers a box: a programme, a partner, countries, a period and
//! disaggregations; an unset dimension of the box covers everything. Two boxes of one indicator
//! overlap unless they differ in one of these. Of overlapping statistics the widest is counted and
//! the others are excluded: a total rather than its disaggregations, a year rather than its
//! quarters, and of two disaggregations of the same whole the one with the greater sum. Nothing is
//! counted twice, and excluded statistics are listed.
//!
//! A statistic without an indicator overlaps only with the disaggregations, or the total, of
//! exactly the same scope.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::fact_table::{FactRow, FactTable, ScopeIds};
use crate::text::decimal::exact::ExactDecimal;

/// An excluded statistic, and the one that covers it: row indexes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExcludedRow {
    /// The statistic.
    pub row: usize,
    /// The statistic that covers it.
    pub covered_by: usize,
}

/// Counted and excluded statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deduplicated {
    /// Row indexes in ascending order.
    pub rows: Vec<usize>,
    /// In row order.
    pub excluded: Vec<ExcludedRow>,
}

/// Key of statistics that may overlap.
#[derive(Eq, Hash, PartialEq)]
enum OverlapGroup<'a> {
    Indicator(u32),
    Standalone(u32, u32, &'a [u32], u32, DayRange),
}

impl<'a> OverlapGroup<'a> {
    fn new(marks: &'a ScopeIds, row: &FactRow) -> Self {
        match marks.indicator {
            0 => Self::Standalone(
                marks.programme,
                marks.partner,
                &marks.countries,
                marks.unit_and_measure,
                row.period_days,
            ),
            indicator => Self::Indicator(indicator),
        }
    }
}

/// Maximum size of an overlap group whose rows are compared pairwise.
const LINEAR_SCAN_LIMIT: usize = 64;

/// Selects the rows to count.
pub fn deduplicate(facts: &FactTable, rows: &[usize]) -> Deduplicated {
    let mut families: HashMap<OverlapGroup<'_>, Vec<Candidate<'_>>> = HashMap::new();
    for place in rows {
        let Some(row) = facts.rows.get(*place) else { continue };
        let Some(marks) = facts.scope_ids(row) else { continue };
        families.entry(OverlapGroup::new(marks, row)).or_default().push(Candidate {
            index: *place,
            row,
            scope_ids: marks,
        });
    }
    let mut counted = Deduplicated::default();
    for members in families.into_values() {
        match members.as_slice() {
            [one] => counted.rows.push(one.index),
            _ => select_widest(members, &mut counted),
        }
    }
    counted.rows.sort_unstable();
    counted.excluded.sort_unstable_by_key(|excluded| excluded.row);
    counted
}

#[derive(Clone, Copy)]
struct Candidate<'a> {
    index: usize,
    row: &'a FactRow,
    scope_ids: &'a ScopeIds,
}

/// Selects rows in order of decreasing width, and excludes rows that overlap with a selected one.
fn select_widest(mut members: Vec<Candidate<'_>>, counted: &mut Deduplicated) {
    let fuller = rank_breakdowns(&members);
    members.sort_by_cached_key(|member| {
        let breakdown =
            fuller.iter().position(|breakdown| *breakdown == member.scope_ids.breakdown);
        let narrowness = specificity(member);
        (
            narrowness,
            Reverse(member.scope_ids.countries.len()),
            Reverse(period_length(member.row)),
            breakdown,
            Reverse(member.row.number),
        )
    });
    // Rows of different programmes never overlap, so a large group is partitioned by programme.
    let is_small = members.len() <= LINEAR_SCAN_LIMIT;
    let mut taken: BTreeMap<u32, Vec<Candidate<'_>>> = BTreeMap::new();
    for member in members {
        let programme = if is_small { 0 } else { member.scope_ids.programme };
        let first = |others: &Vec<Candidate<'_>>| {
            others.iter().find(|other| overlaps(&member, other)).map(|other| other.index)
        };
        let found = if programme == 0 {
            taken.values().find_map(first)
        } else {
            [0, programme].iter().filter_map(|programme| taken.get(programme)).find_map(first)
        };
        if let Some(other) = found {
            counted.excluded.push(ExcludedRow { row: member.index, covered_by: other });
        } else {
            counted.rows.push(member.index);
            taken.entry(programme).or_default().push(member);
        }
    }
}

/// Returns the disaggregations by descending sum.
fn rank_breakdowns(members: &[Candidate<'_>]) -> Vec<u32> {
    let mut sums: BTreeMap<u32, ExactDecimal> = BTreeMap::new();
    for member in members.iter().filter(|member| member.scope_ids.breakdown != 0) {
        if let Some(value) = &member.row.value {
            let sum = sums.entry(member.scope_ids.breakdown).or_insert(ExactDecimal::ZERO);
            *sum = sum.add(value);
        }
    }
    let mut sums: Vec<(u32, ExactDecimal)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums.into_iter().map(|(breakdown, _)| breakdown).collect()
}

/// Returns the number of scope fields that are set.
fn specificity(member: &Candidate<'_>) -> usize {
    let marks = member.scope_ids;
    let stated = [
        marks.programme != 0,
        marks.partner != 0,
        !marks.countries.is_empty(),
        period_length(member.row) != i64::MAX,
    ];
    stated.into_iter().filter(|stated| *stated).count().saturating_add(marks.slices.len())
}

/// Returns the approximate number of days in a period.
fn period_length(row: &FactRow) -> i64 {
    if row.period_days.first == i32::MIN || row.period_days.last == i32::MAX {
        return i64::MAX;
    }
    row.period_days.day_count()
}

/// Whether two statistics of an overlap group overlap.
fn overlaps(a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
    let (x, y) = (a.scope_ids, b.scope_ids);
    if x.indicator == 0 && (x.breakdown == y.breakdown) {
        return false;
    }
    let differ = |one: u32, other: u32| one != 0 && other != 0 && one != other;
    if differ(x.programme, y.programme) || differ(x.partner, y.partner) {
        return false;
    }
    if !a.row.period_days.overlaps(b.row.period_days) {
        return false;
    }
    let is_disjoint = |one: &[u32], other: &[u32]| {
        !one.is_empty() && !other.is_empty() && !one.iter().any(|code| other.contains(code))
    };
    if is_disjoint(&x.countries, &y.countries) {
        return false;
    }
    !x.slices.iter().any(|(dimension, value)| {
        y.slices.iter().any(|(other, other_value)| other == dimension && other_value != value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Id;
    use crate::impact::fact_record::{FactScope, FactValues};
    use crate::impact::summary::fact_table::fact_table_for_tests;

    /// Statistics of one indicator: programme, countries, disaggregation, period, value.
    fn fact_table(given: &[(&str, &str, &str, &str, &str)], with_indicator: bool) -> FactTable {
        let (indicator, one, two) = (Id::new(), Id::new(), Id::new());
        let list = |text: &str| {
            text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let given: Vec<(FactScope, FactValues<'_>)> = given
            .iter()
            .map(|(programme, countries, slices, period, value)| {
                let scope = FactScope {
                    indicator: with_indicator.then_some(indicator),
                    programme: match *programme {
                        "one" => Some(one),
                        "two" => Some(two),
                        _ => None,
                    },
                    countries: list(countries),
                    slices: list(slices)
                        .iter()
                        .filter_map(|slice| slice.split_once('='))
                        .map(|(a, b)| (a.to_owned(), b.to_owned()))
                        .collect(),
                    ..FactScope::default()
                };
                let (start, end) = period.split_once("..").unwrap_or(("", ""));
                (scope, FactValues { start, end, value, ..FactValues::default() })
            })
            .collect();
        fact_table_for_tests(&given)
    }

    fn deduplicate_all(
        given: &[(&str, &str, &str, &str, &str)],
    ) -> (Vec<usize>, Vec<(usize, usize)>) {
        let facts = fact_table(given, true);
        let rows: Vec<usize> = (0..facts.rows.len()).collect();
        let counted = deduplicate(&facts, &rows);
        (
            counted.rows,
            counted.excluded.iter().map(|excluded| (excluded.row, excluded.covered_by)).collect(),
        )
    }

    const Y24: &str = "2024-01-01..2024-12-31";
    const Y25: &str = "2025-01-01..2025-12-31";

    #[test]
    fn disjoint_statistics_all_count() {
        assert_eq!(
            deduplicate_all(&[
                ("one", "AL", "", Y24, "1"),
                ("one", "RS", "", Y24, "1"),
                ("one", "AL", "", Y25, "1"),
                ("two", "AL", "", Y24, "1")
            ]),
            (vec![0, 1, 2, 3], vec![])
        );
        assert_eq!(
            deduplicate_all(&[("one", "AL", "sex=f", Y24, "1"), ("one", "AL", "sex=m", Y24, "1")]),
            (vec![0, 1], vec![])
        );
    }

    #[test]
    fn total_excludes_its_slices() {
        assert_eq!(
            deduplicate_all(&[
                ("one", "AL", "sex=f", Y24, "3"),
                ("one", "AL", "", Y24, "5"),
                ("one", "AL", "sex=m", Y24, "2")
            ]),
            (vec![1], vec![(0, 1), (2, 1)])
        );
        // A region and its countries; one programme and all programmes.
        assert_eq!(
            deduplicate_all(&[("one", "AL", "", Y24, "3"), ("one", "AL RS", "", Y24, "5")]),
            (vec![1], vec![(0, 1)])
        );
        assert_eq!(
            deduplicate_all(&[
                ("one", "AL", "", Y24, "3"),
                ("", "AL", "", Y24, "5"),
                ("two", "", "", Y24, "5")
            ])
            .0,
            [1]
        );
    }

    #[test]
    fn overlapping_periods_count_once() {
        assert_eq!(
            deduplicate_all(&[
                ("one", "AL", "", "2024-01-01..2024-03-31", "3"),
                ("one", "AL", "", Y24, "9"),
                ("one", "AL", "", Y25, "1")
            ]),
            (vec![1, 2], vec![(0, 1)])
        );
        // A statistic without a period overlaps with any period; of the same scope the later one is
        // counted.
        assert_eq!(
            deduplicate_all(&[("one", "AL", "", Y24, "3"), ("one", "AL", "", "", "9")]),
            (vec![1], vec![(0, 1)])
        );
        assert_eq!(
            deduplicate_all(&[("one", "AL", "", Y24, "3"), ("one", "AL", "", Y24, "4")]),
            (vec![1], vec![(0, 1)])
        );
    }

    #[test]
    fn larger_breakdown_wins() {
        let (rows, excluded) = deduplicate_all(&[
            ("one", "AL", "age=y", Y24, "4"),
            ("one", "AL", "sex=f", Y24, "3"),
            ("one", "AL", "age=o", Y24, "1"),
            ("one", "AL", "sex=m", Y24, "3"),
        ]);
        assert_eq!((rows, excluded.len()), (vec![1, 3], 2));
    }

    #[test]
    fn statistics_without_indicator_are_independent() {
        let alone = |given: &[(&str, &str, &str, &str, &str)]| {
            let facts = fact_table(given, false);
            deduplicate(&facts, &(0..facts.rows.len()).collect::<Vec<_>>()).rows
        };
        assert_eq!(alone(&[("one", "AL", "", Y24, "1"), ("one", "AL", "", Y24, "2")]), [0, 1]);
        assert_eq!(
            alone(&[
                ("one", "AL", "", Y24, "2"),
                ("one", "AL", "sex=f", Y24, "1"),
                ("one", "AL", "sex=m", Y24, "1")
            ]),
            [0]
        );
        assert_eq!(
            alone(&[("one", "AL", "sex=f", Y24, "1"), ("one", "AL", "sex=m", Y24, "1")]),
            [0, 1]
        );
    }

    use proptest::prelude::*;

    proptest! {
        /// For any input, no two counted statistics overlap, and each excluded one overlaps with a
        /// counted one.
        #[test]
        fn nothing_is_counted_twice(given in prop::collection::vec((0_usize..3, 0_usize..4, 0_usize..4, 0_usize..4, 0_i64..9), 1..25)) {
            let (programmes, countries) = (["", "one", "two"], ["", "AL", "RS", "AL RS"]);
            let (slices, periods) = (["", "sex=f", "sex=m", "age=y"], ["", Y24, Y25, "2024-07-01..2025-06-30"]);
            let values: Vec<String> = given.iter().map(|one| one.4.to_string()).collect();
            let given: Vec<_> = given.iter().zip(&values).map(|(one, value)| (programmes[one.0], countries[one.1], slices[one.2], periods[one.3], value.as_str())).collect();
            let facts = fact_table(&given, true);
            let counted = deduplicate(&facts, &(0..facts.rows.len()).collect::<Vec<_>>());
            let member = |place: usize| Candidate { index: place, row: &facts.rows[place], scope_ids: facts.scope_ids(&facts.rows[place]).unwrap() };
            for (index, one) in counted.rows.iter().enumerate() {
                for other in &counted.rows[index + 1..] {
                    prop_assert!(!overlaps(&member(*one), &member(*other)), "{:?} {:?}", given[*one], given[*other]);
                }
            }
            for excluded in &counted.excluded {
                prop_assert!(overlaps(&member(excluded.row), &member(excluded.covered_by)) && counted.rows.contains(&excluded.covered_by));
            }
            prop_assert_eq!(counted.rows.len() + counted.excluded.len(), given.len());
        }
    }
}
