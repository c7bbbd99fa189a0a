//! Deduplication: which facts are counted, and which are covered by others.
//!
//! Two facts of one indicator overlap unless they differ in programme, partner, countries, period
//! or slices, see [`Fact`]. Of overlapping facts the widest is counted and the others are excluded:
//! a total rather than its disaggregations, a year rather than its quarters, and of two
//! disaggregations of the same whole the one with the greater sum. Nothing is counted twice, and
//! excluded facts are listed.
//!
//! A wide fact is only a total if it can be: a value without a country that is smaller than the sum
//! of the values of the countries is about something else, and is counted in addition to them.
//!
//! Where the latest or the greatest value counts, overlapping periods of one scope are all counted:
//! the total chooses among them.
//!
//! A fact without an indicator overlaps only with the disaggregations, or the total, of exactly the
//! same scope.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::impact::aggregation_rule::AggregationRule;
use crate::impact::summary::breakdown_sums::BreakdownSums;
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::fact::{Fact, Parts};
use crate::impact::summary::fact_table::FactTable;
use crate::text::decimal::exact::ExactDecimal;

/// An excluded fact, and the one that covers it: row indexes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExcludedRow {
    /// The excluded fact.
    pub row: usize,
    /// The fact that covers it.
    pub covered_by: usize,
}

/// Counted and excluded facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deduplicated {
    /// Row indexes in ascending order.
    pub rows: Vec<usize>,
    /// In row order.
    pub excluded: Vec<ExcludedRow>,
    /// Indexes of the counted rows that are not the totals of their parts.
    pub not_totals: Vec<usize>,
}

/// Key of facts that may overlap.
#[derive(Eq, Hash, PartialEq)]
enum OverlapGroup<'a> {
    Indicator(u32),
    Standalone(u32, u32, &'a [u32], u32, DayRange),
}

impl<'a> OverlapGroup<'a> {
    fn new(fact: &Fact<'a>) -> Self {
        let scope = fact.scope;
        match scope.indicator {
            0 => Self::Standalone(
                scope.programme,
                scope.partner,
                &scope.countries,
                scope.unit_and_measure,
                fact.period,
            ),
            indicator => Self::Indicator(indicator),
        }
    }
}

/// Maximum size of an overlap group whose facts are compared pairwise.
const LINEAR_SCAN_LIMIT: usize = 64;

/// Selects the rows to count of values with this rule; rows without a value are omitted.
pub fn deduplicate(facts: &FactTable, rows: &[usize], rule: AggregationRule) -> Deduplicated {
    let facts = rows.iter().filter_map(|row| facts.value_fact(*row));
    let parts = Parts::of(rule);
    let totals =
        if rule.chooses_period() { Totals::OfPeriods(parts) } else { Totals::Compared(parts) };
    select_facts(facts, totals)
}

/// Selects the facts to count. A whole is compared with its `parts`.
pub fn deduplicate_facts<'a>(facts: impl Iterator<Item = Fact<'a>>, parts: Parts) -> Deduplicated {
    select_facts(facts, Totals::Compared(parts))
}

/// Selects the facts to count regardless of their periods: each is that of a scope, or has no
/// indicator. The rows of `not_totals` are known not to be the totals of their parts.
pub fn deduplicate_scopes<'a>(
    facts: impl Iterator<Item = Fact<'a>>,
    not_totals: &[usize],
) -> Vec<usize> {
    let facts = facts.map(|fact| match fact.scope.indicator {
        0 => fact,
        _ => Fact { period: DayRange::UNBOUNDED, ..fact },
    });
    select_facts(facts, Totals::Except(not_totals)).rows
}

/// How to decide which facts are the totals of their parts.
#[derive(Clone, Copy)]
enum Totals<'a> {
    /// By comparison with their parts.
    Compared(Parts),
    /// By comparison with their parts. Overlapping periods of one scope are all counted.
    OfPeriods(Parts),
    /// All but these rows.
    Except(&'a [usize]),
}

fn select_facts<'a>(facts: impl Iterator<Item = Fact<'a>>, totals: Totals<'_>) -> Deduplicated {
    let mut groups: HashMap<OverlapGroup<'a>, Vec<Fact<'a>>> = HashMap::new();
    for fact in facts {
        groups.entry(OverlapGroup::new(&fact)).or_default().push(fact);
    }
    let mut counted = Deduplicated::default();
    for members in groups.into_values() {
        match members.as_slice() {
            [one] => counted.rows.push(one.row),
            _ => select_widest(members, totals, &mut counted),
        }
    }
    counted.rows.sort_unstable();
    counted.excluded.sort_unstable_by_key(|excluded| excluded.row);
    counted
}

/// A counted fact, and whether it is the total of its parts.
#[derive(Clone, Copy)]
struct CountedFact<'a> {
    fact: Fact<'a>,
    is_total: bool,
    /// Whether it covers only facts of its scope: its parts are not those of its period, but must
    /// stay counted.
    covers_scope_only: bool,
    parts: Parts,
}

impl CountedFact<'_> {
    fn covers(&self, other: &Fact<'_>) -> bool {
        self.fact.overlaps(other)
            && (self.is_total || !self.fact.has_part(other, self.parts))
            && (!self.covers_scope_only || self.fact.scope == other.scope)
    }
}

/// Selects facts in order of decreasing width, and excludes facts that a selected one covers.
fn select_widest(mut members: Vec<Fact<'_>>, totals: Totals<'_>, counted: &mut Deduplicated) {
    let sums = BreakdownSums::of(&members);
    members.sort_by_cached_key(|member| {
        (
            member.specificity(),
            Reverse(member.scope.countries.len()),
            Reverse(member.period.length()),
            sums.order(member),
            Reverse(member.number),
        )
    });
    // Facts of different programmes never overlap, so a large group is partitioned by programme.
    let is_small = members.len() <= LINEAR_SCAN_LIMIT;
    let partition = |fact: &Fact<'_>| if is_small { 0 } else { fact.scope.programme };
    let counts_periods = matches!(totals, Totals::OfPeriods(_));
    let (parts, totals) = match totals {
        Totals::Compared(parts) | Totals::OfPeriods(parts) => {
            let is_compared = parts != Parts::None && differ_in_width(&members);
            (parts, if is_compared { find_totals(&members, parts) } else { Vec::new() })
        }
        Totals::Except(rows) => {
            let is_total = |member: &Fact<'_>| !rows.contains(&member.row);
            (Parts::SamePeriod, members.iter().map(is_total).collect())
        }
    };
    let mut taken: BTreeMap<u32, Vec<CountedFact<'_>>> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        let programme = partition(member);
        let near: Vec<&Vec<CountedFact<'_>>> = if programme == 0 {
            taken.values().collect()
        } else {
            [0, programme].iter().filter_map(|programme| taken.get(programme)).collect()
        };
        let mut covering = near.into_iter().flatten().filter(|other| other.covers(member));
        let is_other_period =
            |other: &CountedFact<'_>| counts_periods && other.fact.is_other_period_of(member);
        // Another period of a scope that is not a total is none either.
        let mut is_total = totals.get(index).is_none_or(|is_total| *is_total);
        let mut has_other_period = false;
        let found = covering.find(|other| {
            if !is_other_period(other) {
                return true;
            }
            has_other_period = true;
            is_total &= other.is_total;
            false
        });
        if let Some(found) = found {
            counted.excluded.push(ExcludedRow { row: member.row, covered_by: found.fact.row });
            continue;
        }
        counted.rows.push(member.row);
        if !is_total {
            counted.not_totals.push(member.row);
        }
        taken.entry(programme).or_default().push(CountedFact {
            fact: *member,
            is_total,
            covers_scope_only: has_other_period && !is_total,
            parts,
        });
    }
}

/// Whether some facts state what others leave open, so that one may be a part of another.
fn differ_in_width(members: &[Fact<'_>]) -> bool {
    let width = |fact: &Fact<'_>| {
        (
            fact.scope.programme != 0,
            fact.scope.partner != 0,
            fact.scope.countries.len(),
            fact.scope.has_location,
            fact.period.is_bounded(),
        )
    };
    members.first().is_some_and(|first| members.iter().any(|other| width(other) != width(first)))
}

/// Whether each of some facts, which are in order of decreasing width, can be the total of its parts.
///
/// The parts of a part are parts of the whole, so whether a part is a total itself does not depend
/// on the whole: the narrowest are decided first.
fn find_totals(members: &[Fact<'_>], parts: Parts) -> Vec<bool> {
    // Facts of a programme have no parts in others.
    let mut by_programme: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        by_programme.entry(member.scope.programme).or_default().push(index);
    }
    let mut totals = vec![true; members.len()];
    for (index, whole) in members.iter().enumerate().rev() {
        let candidate = |index: usize| {
            let (fact, is_total) = (*members.get(index)?, *totals.get(index)?);
            Some(CountedFact { fact, is_total, covers_scope_only: false, parts })
        };
        let same = by_programme.get(&whole.scope.programme).filter(|_| whole.scope.programme != 0);
        let is_total = match same {
            Some(same) => {
                let after = same.partition_point(|other| *other <= index);
                let narrower = same.get(after..).unwrap_or_default();
                can_be_total(whole, narrower.iter().filter_map(|index| candidate(*index)))
            }
            None => {
                can_be_total(whole, (index.saturating_add(1)..members.len()).filter_map(candidate))
            }
        };
        if let Some(place) = totals.get_mut(index) {
            *place = is_total;
        }
    }
    totals
}

/// Whether a fact can be the total of its parts among narrower facts: unless it is exact, or an
/// upper bound, and smaller than the sum of their exact values and lower bounds.
fn can_be_total<'a>(whole: &Fact<'a>, narrower: impl Iterator<Item = CountedFact<'a>>) -> bool {
    if !matches!(whole.qualifier, "exact" | "less_than") {
        return true;
    }
    let is_summed = |part: &Fact<'_>| matches!(part.qualifier, "exact" | "more_than");
    let parts: Vec<CountedFact<'a>> =
        narrower.filter(|part| whole.has_part(&part.fact, part.parts)).collect();
    let positive = parts
        .iter()
        .filter(|part| is_summed(&part.fact) && *part.fact.value > ExactDecimal::ZERO)
        .fold(ExactDecimal::ZERO, |sum, part| sum.add(part.fact.value));
    // No selection of the parts has a greater sum.
    if parts.is_empty() || *whole.value >= positive {
        return true;
    }
    let mut counted: Vec<CountedFact<'a>> = Vec::new();
    let mut sum = ExactDecimal::ZERO;
    for part in parts {
        if counted.iter().any(|other| other.covers(&part.fact)) {
            continue;
        }
        if is_summed(&part.fact) {
            sum = sum.add(part.fact.value);
        }
        counted.push(part);
    }
    *whole.value >= sum
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
        let counted = deduplicate(&facts, &rows, AggregationRule::SUM);
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
    fn nested_wholes_take_polynomial_time() {
        // Each is wider than the next and smaller, so none is the total of the others.
        let nested: Vec<(String, String)> = (1_u32..=40)
            .map(|count| {
                let countries: Vec<String> = (0..count).map(|code| format!("C{code}")).collect();
                (countries.join(" "), (41 - count).to_string())
            })
            .collect();
        let facts: Vec<(&str, &str, &str, &str, &str)> = nested
            .iter()
            .map(|(countries, value)| ("one", countries.as_str(), "", Y24, value.as_str()))
            .collect();
        assert_eq!(deduplicate_all(&facts), ((0..40).collect(), vec![]));
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
            deduplicate(&facts, &(0..facts.rows.len()).collect::<Vec<_>>(), AggregationRule::SUM)
                .rows
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
        /// For any input, no two counted statistics overlap, except a whole that is smaller than the
        /// sum of its parts with these; and each excluded one overlaps with a counted one.
        #[test]
        fn nothing_is_counted_twice(given in prop::collection::vec((0_usize..3, 0_usize..4, 0_usize..4, 0_usize..4, 0_i64..9), 1..25)) {
            let (programmes, countries) = (["", "one", "two"], ["", "AL", "RS", "AL RS"]);
            let (slices, periods) = (["", "sex=f", "sex=m", "age=y"], ["", Y24, Y25, "2024-07-01..2025-06-30"]);
            let values: Vec<String> = given.iter().map(|one| one.4.to_string()).collect();
            let given: Vec<_> = given.iter().zip(&values).map(|(one, value)| (programmes[one.0], countries[one.1], slices[one.2], periods[one.3], value.as_str())).collect();
            let facts = fact_table(&given, true);
            let counted = deduplicate(&facts, &(0..facts.rows.len()).collect::<Vec<_>>(), AggregationRule::SUM);
            let fact = |row: usize| facts.value_fact(row).unwrap();
            for (index, one) in counted.rows.iter().enumerate() {
                for other in &counted.rows[index + 1..] {
                    let (a, b) = (fact(*one), fact(*other));
                    let whole = if a.has_part(&b, Parts::AnyPeriod) { Some(a) } else { Some(b).filter(|b| b.has_part(&a, Parts::AnyPeriod)) };
                    let is_below_parts = whole.is_some_and(|whole| {
                        let parts = (0..given.len()).map(fact).filter(|part| whole.has_part(part, Parts::AnyPeriod));
                        *whole.value < parts.fold(ExactDecimal::ZERO, |sum, part| sum.add(part.value))
                    });
                    prop_assert!(is_below_parts || !a.overlaps(&b), "{:?} {:?}", given[*one], given[*other]);
                }
            }
            for excluded in &counted.excluded {
                prop_assert!(fact(excluded.row).overlaps(&fact(excluded.covered_by)) && counted.rows.contains(&excluded.covered_by));
            }
            let not_additive = deduplicate(&facts, &(0..facts.rows.len()).collect::<Vec<_>>(), AggregationRule::default());
            for (index, one) in not_additive.rows.iter().enumerate() {
                for other in &not_additive.rows[index + 1..] {
                    prop_assert!(!fact(*one).overlaps(&fact(*other)));
                }
            }
            prop_assert_eq!(counted.rows.len() + counted.excluded.len(), given.len());
        }
    }
}
