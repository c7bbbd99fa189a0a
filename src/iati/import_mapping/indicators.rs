//! Indicators of an activity, with repeated ones joined.
//!
//! Many publishers repeat an indicator for every period. Indicators with the same title in results
//! with the same title are one, unless they state different values of the same kind for the same
//! period, location and dimensions: then they measure different things.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, IatiResult, Indicator, Narratives, Period,
};

/// What a value of an indicator refers to: whether it is a target, its period and its slice.
type ValueKey<'a> = (bool, NaiveDate, NaiveDate, &'a DimensionSlice);

/// An indicator, which the file may repeat.
pub(super) struct JoinedIndicator<'a> {
    /// The first of its results.
    pub(super) result: &'a IatiResult,
    /// Its mentions, of which there is at least one.
    pub(super) first: &'a Indicator,
    /// Its further mentions.
    pub(super) repetitions: Vec<&'a Indicator>,
    /// Its number among the different indicators with the same titles, from 1.
    pub(super) number: usize,
    values: HashSet<ValueKey<'a>>,
}

impl<'a> JoinedIndicator<'a> {
    /// All mentions.
    pub(super) fn mentions(&self) -> impl Iterator<Item = &'a Indicator> {
        std::iter::once(self.first).chain(self.repetitions.iter().copied())
    }

    /// Periods of all mentions.
    pub(super) fn periods(&self) -> impl Iterator<Item = &'a Period> {
        self.mentions().flat_map(|mention| &mention.periods)
    }

    /// Baselines of all mentions.
    pub(super) fn baselines(&self) -> impl Iterator<Item = &'a Baseline> {
        self.mentions().flat_map(|mention| &mention.baselines)
    }

    /// Joins a further mention, if it is one.
    fn join(&mut self, result: &IatiResult, indicator: &'a Indicator) -> bool {
        let values = values_of(indicator);
        let is_mention = self.result.kind == result.kind
            && self.first.measure == indicator.measure
            && values.is_disjoint(&self.values);
        if is_mention {
            self.repetitions.push(indicator);
            self.values.extend(values);
        }
        is_mention
    }
}

/// The indicators of an activity, in the order of the file. Those of an export of this product have
/// slugs, and are not joined.
pub(super) fn join_indicators(activity: &Activity) -> Vec<JoinedIndicator<'_>> {
    let mut joined: Vec<JoinedIndicator<'_>> = Vec::new();
    let mut by_titles: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mentions = activity
        .results
        .iter()
        .flat_map(|result| result.indicators.iter().map(move |one| (result, one)));
    for (result, indicator) in mentions {
        let is_own = indicator.slug.is_some() || indicator.statistic.is_some();
        let titles = (first_text(&result.title), first_text(&indicator.title));
        let namesakes = by_titles.entry(titles).or_default();
        let is_joined = !is_own
            && namesakes.iter().any(|index| {
                joined.get_mut(*index).is_some_and(|known| known.join(result, indicator))
            });
        if is_joined {
            continue;
        }
        if !is_own {
            namesakes.push(joined.len());
        }
        joined.push(JoinedIndicator {
            result,
            first: indicator,
            repetitions: Vec::new(),
            number: namesakes.len().max(1),
            values: values_of(indicator),
        });
    }
    joined
}

/// The first of the texts.
pub(super) fn first_text(texts: &Narratives) -> &str {
    texts.first().map(|(_, text)| text.as_str()).unwrap_or_default()
}

fn values_of(indicator: &Indicator) -> HashSet<ValueKey<'_>> {
    let mut keys = HashSet::new();
    for period in &indicator.periods {
        let values = period.actuals.iter().map(|actual| (false, actual));
        for (is_target, value) in values.chain(period.targets.iter().map(|target| (true, target))) {
            keys.insert((is_target, period.start, period.end, &value.slice));
        }
    }
    keys
}
