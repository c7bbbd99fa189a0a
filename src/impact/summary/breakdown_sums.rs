//! Sums of disaggregations: of two of the same whole, the one with the greater sum is counted.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::fact::Fact;
use crate::text::decimal::exact::ExactDecimal;

/// Key of a disaggregation of a whole: programme, partner, countries, period and breakdown.
type BreakdownKey<'a> = (u32, u32, &'a [u32], DayRange, u32);

/// Key of a slice: its disaggregation, and its dimensions and values.
type SliceKey<'a> = (BreakdownKey<'a>, &'a [(u32, u32)]);

/// Sums of the disaggregations of each whole; of several values of the same slice, the newest.
pub struct BreakdownSums<'a>(HashMap<BreakdownKey<'a>, ExactDecimal>);

impl<'a> BreakdownSums<'a> {
    /// Computes the sums of facts of one indicator.
    pub fn of(members: &[Fact<'a>]) -> Self {
        let mut newest: HashMap<SliceKey<'a>, Fact<'a>> = HashMap::new();
        for member in members.iter().filter(|member| member.scope.breakdown != 0) {
            let known = newest.entry((Self::key(member), &member.scope.slices)).or_insert(*member);
            if known.number < member.number {
                *known = *member;
            }
        }
        let mut sums: HashMap<BreakdownKey<'a>, ExactDecimal> = HashMap::new();
        for ((key, _), member) in newest {
            let sum = sums.entry(key).or_insert(ExactDecimal::ZERO);
            *sum = sum.add(member.value);
        }
        Self(sums)
    }

    fn key(member: &Fact<'a>) -> BreakdownKey<'a> {
        let scope = member.scope;
        (scope.programme, scope.partner, &scope.countries, member.period, scope.breakdown)
    }

    /// Orders totals before disaggregations, and these by descending sum.
    pub fn order(&self, member: &Fact<'a>) -> Option<Reverse<ExactDecimal>> {
        self.0.get(&Self::key(member)).cloned().map(Reverse)
    }
}
