//! Which statistics count, and which are counted with others already.
//!
//! A statistic of an indicator covers a box: a programme, a partner, countries, a period and slices, each of which may be the whole: where
//! nothing is stated, everything is meant. Two boxes of one indicator overlap unless one of these tells them apart. Of those that overlap the
//! widest counts, and the others are left out: a total stays, its slices go; a year stays, its quarters go; of two breakdowns of the
//! same whole the one stays that comes to more. So nothing is counted twice, and what is left out is named.
//!
//! A statistic without an indicator says of itself only; it overlaps with none but the slices, or the total, of exactly what it is about.

use std::collections::HashMap;

use super::read::{Facts, Row};
use crate::db::Id;
use crate::impact::facts::Scope;
use crate::text::sum::Exact;

/// A statistic that does not count, and the one that it is counted with: places among the rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeftOut {
    /// The statistic.
    pub row: usize,
    /// The one that counts instead.
    pub counted: usize,
}

/// What counts, and what does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Places among the rows, in their order.
    pub rows: Vec<usize>,
    /// In the order of the rows.
    pub left_out: Vec<LeftOut>,
}

/// What statistics that may overlap have in common.
#[derive(Eq, Hash, PartialEq)]
enum Family<'a> {
    Indicator(Id),
    Alone(Option<Id>, Option<Id>, &'a [String], Option<&'a str>, (i32, i32)),
}

impl<'a> Family<'a> {
    fn of(scope: &'a Scope, row: &Row<'_>) -> Self {
        match scope.indicator {
            Some(indicator) => Self::Indicator(indicator),
            None => Self::Alone(scope.programme, scope.partner, &scope.countries, scope.unit.as_deref(), row.days),
        }
    }
}

/// Where what may overlap with a statistic is looked for: its programme, and its country if it has one.
type Cell<'a> = (Option<Id>, Option<&'a str>);

fn cell(scope: &Scope) -> Cell<'_> {
    (scope.programme, if let [one] = scope.countries.as_slice() { Some(one) } else { None })
}

/// Tells what counts among these rows from what does not.
pub fn count(facts: &Facts<'_>, rows: &[usize]) -> Counted {
    let mut families: HashMap<Family<'_>, Vec<Member<'_>>> = HashMap::new();
    for place in rows {
        let Some(row) = facts.rows.get(*place) else { continue };
        let Some(scope) = facts.scope(row) else { continue };
        families.entry(Family::of(scope, row)).or_default().push(Member { place: *place, row, scope });
    }
    let mut counted = Counted::default();
    for members in families.into_values() {
        match members.as_slice() {
            [one] => counted.rows.push(one.place),
            _ => choose(members, &mut counted),
        }
    }
    counted.rows.sort_unstable();
    counted.left_out.sort_unstable_by_key(|left_out| left_out.row);
    counted
}

#[derive(Clone, Copy)]
struct Member<'a> {
    place: usize,
    row: &'a Row<'a>,
    scope: &'a Scope,
}

/// Takes the widest first, and leaves out what overlaps with what was taken.
fn choose(mut members: Vec<Member<'_>>, counted: &mut Counted) {
    let breakdowns = breakdowns(&members);
    let zero = Exact::ZERO;
    members.sort_by(|a, b| {
        narrowness(a)
            .cmp(&narrowness(b))
            .then_with(|| b.scope.countries.len().cmp(&a.scope.countries.len()))
            .then_with(|| length(b.row).cmp(&length(a.row)))
            .then_with(|| comes_to(&breakdowns, b, &zero).cmp(comes_to(&breakdowns, a, &zero)))
            .then_with(|| dimensions(a.scope).cmp(&dimensions(b.scope)))
            .then_with(|| b.row.number.cmp(&a.row.number))
    });
    let mut taken: HashMap<Cell<'_>, Vec<Member<'_>>> = HashMap::new();
    for member in members {
        let (programme, country) = cell(member.scope);
        let near = taken.iter().filter(|((other_programme, other_country), _)| {
            let same_programme = programme.is_none() || other_programme.is_none() || *other_programme == programme;
            same_programme && (country.is_none() || other_country.is_none() || *other_country == country)
        });
        // Few cells can hold it where it is narrow; those are looked up.
        let found = match (programme, country) {
            (Some(_), Some(_)) => [(programme, country), (programme, None), (None, country), (None, None)]
                .iter()
                .find_map(|cell| taken.get(cell).and_then(|others| others.iter().find(|other| overlap(&member, other)))),
            _ => near.into_iter().flat_map(|(_, others)| others).filter(|other| overlap(&member, other)).min_by_key(|other| other.place),
        };
        if let Some(other) = found {
            counted.left_out.push(LeftOut { row: member.place, counted: other.place });
        } else {
            counted.rows.push(member.place);
            taken.entry((programme, country)).or_default().push(member);
        }
    }
}

/// What each breakdown comes to, by the names of its dimensions.
fn breakdowns<'a>(members: &[Member<'a>]) -> HashMap<Vec<&'a str>, Exact> {
    let mut sums: HashMap<Vec<&str>, Exact> = HashMap::new();
    for member in members.iter().filter(|member| !member.scope.slices.is_empty()) {
        let Some(value) = &member.row.value else { continue };
        let sum = sums.entry(dimensions(member.scope)).or_insert(Exact::ZERO);
        *sum = sum.plus(value);
    }
    sums
}

/// What the breakdown comes to that a statistic is of.
fn comes_to<'s, 'a>(breakdowns: &'s HashMap<Vec<&'a str>, Exact>, member: &Member<'a>, zero: &'s Exact) -> &'s Exact {
    breakdowns.get(&dimensions(member.scope)).unwrap_or(zero)
}

fn dimensions(scope: &Scope) -> Vec<&str> {
    scope.slices.iter().map(|(dimension, _)| dimension.as_str()).collect()
}

/// How much of what could be stated is stated.
fn narrowness(member: &Member<'_>) -> usize {
    let scope = member.scope;
    let stated = [scope.programme.is_some(), scope.partner.is_some(), !scope.countries.is_empty(), length(member.row) != i64::MAX];
    stated.into_iter().filter(|stated| *stated).count().saturating_add(scope.slices.len())
}

/// About how many days a period has.
fn length(row: &Row<'_>) -> i64 {
    if row.days.0 == i32::MIN || row.days.1 == i32::MAX {
        return i64::MAX;
    }
    i64::from(row.days.1).saturating_sub(i64::from(row.days.0))
}

/// Whether two statistics of a family may count the same.
fn overlap(a: &Member<'_>, b: &Member<'_>) -> bool {
    let (x, y) = (a.scope, b.scope);
    if x.indicator.is_none() && x.slices.is_empty() == y.slices.is_empty() && (x.slices.is_empty() || dimensions(x) == dimensions(y)) {
        return false;
    }
    let differ = |one: Option<Id>, other: Option<Id>| one.is_some() && other.is_some() && one != other;
    if differ(x.programme, y.programme) || differ(x.partner, y.partner) {
        return false;
    }
    if a.row.days.0 > b.row.days.1 || b.row.days.0 > a.row.days.1 {
        return false;
    }
    let apart = |one: &[String], other: &[String]| !one.is_empty() && !other.is_empty() && !one.iter().any(|code| other.contains(code));
    if apart(&x.countries, &y.countries) {
        return false;
    }
    !x.slices.iter().any(|(dimension, value)| y.slices.iter().any(|(other, theirs)| other == dimension && theirs != value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impact::facts::Figures;
    use crate::impact::summary::read::day;

    /// Statistics: programme, countries, slices, period, value; of one indicator.
    fn facts(given: &[(&str, &str, &str, &str, &str)], with_indicator: bool) -> Facts<'static> {
        let (indicator, one, two) = (Id::new(), Id::new(), Id::new());
        let mut facts = Facts::default();
        for (number, (programme, countries, slices, period, value)) in (1..).zip(given) {
            let list = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            let programme = match *programme {
                "one" => Some(one),
                "two" => Some(two),
                _ => None,
            };
            facts.scopes.push(Scope {
                indicator: with_indicator.then_some(indicator),
                programme,
                countries: list(countries),
                slices: list(slices).iter().filter_map(|slice| slice.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect(),
                ..Scope::default()
            });
            let (start, end) = period.split_once("..").unwrap_or(("", ""));
            let days = (day(start).unwrap_or(i32::MIN), day(end).unwrap_or(i32::MAX));
            let scope = facts.scopes.len().saturating_sub(1);
            facts.rows.push(Row { number, scope, days, value: Exact::parse(value), figures: Figures::default() });
        }
        facts
    }

    fn counted(given: &[(&str, &str, &str, &str, &str)]) -> (Vec<usize>, Vec<(usize, usize)>) {
        let facts = facts(given, true);
        let rows: Vec<usize> = (0..facts.rows.len()).collect();
        let counted = count(&facts, &rows);
        (counted.rows, counted.left_out.iter().map(|left_out| (left_out.row, left_out.counted)).collect())
    }

    const Y24: &str = "2024-01-01..2024-12-31";
    const Y25: &str = "2025-01-01..2025-12-31";

    #[test]
    fn what_is_apart_counts() {
        assert_eq!(
            counted(&[("one", "AL", "", Y24, "1"), ("one", "RS", "", Y24, "1"), ("one", "AL", "", Y25, "1"), ("two", "AL", "", Y24, "1")]),
            (vec![0, 1, 2, 3], vec![])
        );
        assert_eq!(counted(&[("one", "AL", "sex=f", Y24, "1"), ("one", "AL", "sex=m", Y24, "1")]), (vec![0, 1], vec![]));
    }

    #[test]
    fn a_total_is_not_counted_beside_its_slices() {
        assert_eq!(
            counted(&[("one", "AL", "sex=f", Y24, "3"), ("one", "AL", "", Y24, "5"), ("one", "AL", "sex=m", Y24, "2")]),
            (vec![1], vec![(0, 1), (2, 1)])
        );
        // The region beside its countries, the programme beside all programmes.
        assert_eq!(counted(&[("one", "AL", "", Y24, "3"), ("one", "AL RS", "", Y24, "5")]), (vec![1], vec![(0, 1)]));
        assert_eq!(counted(&[("one", "AL", "", Y24, "3"), ("", "AL", "", Y24, "5"), ("two", "", "", Y24, "5")]).0, [1]);
    }

    #[test]
    fn periods_that_overlap_are_counted_once() {
        assert_eq!(
            counted(&[("one", "AL", "", "2024-01-01..2024-03-31", "3"), ("one", "AL", "", Y24, "9"), ("one", "AL", "", Y25, "1")]),
            (vec![1, 2], vec![(0, 1)])
        );
        // What has no period may be of any; of the same scope the later written counts.
        assert_eq!(counted(&[("one", "AL", "", Y24, "3"), ("one", "AL", "", "", "9")]), (vec![1], vec![(0, 1)]));
        assert_eq!(counted(&[("one", "AL", "", Y24, "3"), ("one", "AL", "", Y24, "4")]), (vec![1], vec![(0, 1)]));
    }

    #[test]
    fn of_two_breakdowns_the_fuller_counts() {
        let (rows, left_out) = counted(&[
            ("one", "AL", "age=y", Y24, "4"),
            ("one", "AL", "sex=f", Y24, "3"),
            ("one", "AL", "age=o", Y24, "1"),
            ("one", "AL", "sex=m", Y24, "3"),
        ]);
        assert_eq!((rows, left_out.len()), (vec![1, 3], 2));
    }

    #[test]
    fn without_an_indicator_each_stands_for_itself() {
        let alone = |given: &[(&str, &str, &str, &str, &str)]| {
            let facts = facts(given, false);
            count(&facts, &(0..facts.rows.len()).collect::<Vec<_>>()).rows
        };
        assert_eq!(alone(&[("one", "AL", "", Y24, "1"), ("one", "AL", "", Y24, "2")]), [0, 1]);
        assert_eq!(alone(&[("one", "AL", "", Y24, "2"), ("one", "AL", "sex=f", Y24, "1"), ("one", "AL", "sex=m", Y24, "1")]), [0]);
        assert_eq!(alone(&[("one", "AL", "sex=f", Y24, "1"), ("one", "AL", "sex=m", Y24, "1")]), [0, 1]);
    }

    use proptest::prelude::*;

    proptest! {
        /// Whatever is given: of those that count no two overlap, and everything else overlaps with one that counts.
        #[test]
        fn nothing_is_counted_twice(given in prop::collection::vec((0_usize..3, 0_usize..4, 0_usize..4, 0_usize..4, 0_i64..9), 1..25)) {
            let (programmes, countries) = (["", "one", "two"], ["", "AL", "RS", "AL RS"]);
            let (slices, periods) = (["", "sex=f", "sex=m", "age=y"], ["", Y24, Y25, "2024-07-01..2025-06-30"]);
            let values: Vec<String> = given.iter().map(|one| one.4.to_string()).collect();
            let given: Vec<_> = given.iter().zip(&values).map(|(one, value)| (programmes[one.0], countries[one.1], slices[one.2], periods[one.3], value.as_str())).collect();
            let facts = facts(&given, true);
            let counted = count(&facts, &(0..facts.rows.len()).collect::<Vec<_>>());
            let member = |place: usize| Member { place, row: &facts.rows[place], scope: &facts.scopes[place] };
            for (index, one) in counted.rows.iter().enumerate() {
                for other in &counted.rows[index + 1..] {
                    prop_assert!(!overlap(&member(*one), &member(*other)), "{:?} {:?}", given[*one], given[*other]);
                }
            }
            for left_out in &counted.left_out {
                prop_assert!(overlap(&member(left_out.row), &member(left_out.counted)) && counted.rows.contains(&left_out.counted));
            }
            prop_assert_eq!(counted.rows.len() + counted.left_out.len(), given.len());
        }
    }
}
