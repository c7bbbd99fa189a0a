//! `result` elements, from impact statistics and their indicators.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::i18n::messages::Message;
use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, IatiResult, Indicator, IndicatorReference, Narratives,
    Period, PeriodValue,
};
use crate::iati::codes;
use crate::iati::export::activity::location;
use crate::iati::export::context::ExportContext;
use crate::iati::export::documents::value_documents;
use crate::iati::export::issues::indicator_of;
use crate::iati::load::{ExportData, LoadedIndicator, Statistic};
use crate::iati::narratives::narratives;
use crate::impact::fields as statistic;

/// Adds a result for each indicator, and for each statistic without an indicator.
pub fn add_results(
    statistics: &[&Statistic],
    data: &ExportData,
    context: &ExportContext<'_>,
    activity: &mut Activity,
) {
    let mut groups: Vec<(Option<&LoadedIndicator>, Vec<&Statistic>)> = Vec::new();
    for one in statistics {
        let countries: Vec<String> = one.fields.countries.unpack();
        for code_for in countries {
            if !activity.locations.iter().any(|known| known.reference == code_for) {
                activity.locations.extend(location(&code_for, context));
            }
        }
        let of = indicator_of(one, data);
        let known = groups.iter_mut().find(|(known, _)| {
            known.zip(of).is_some_and(|(known, of)| known.item.id == of.item.id)
        });
        match known {
            Some((_, members)) => members.push(one),
            None => groups.push((of, vec![one])),
        }
    }
    for (of, members) in groups {
        let Some(first) = members.first() else { continue };
        let indicator = match of {
            Some(of) => indicator_element(of, &members, data, context),
            None => standalone_indicator(first, data, context),
        };
        let kind = first
            .fields
            .result_type
            .as_deref()
            .and_then(codes::result_type_code)
            .unwrap_or_default()
            .to_owned();
        activity.results.push(IatiResult {
            kind,
            title: indicator.title.clone(),
            indicators: vec![indicator],
        });
    }
}

/// An indicator with its statistics.
fn indicator_element(
    of: &LoadedIndicator,
    members: &[&Statistic],
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Indicator {
    let own = &of.fields;
    let reference =
        own.code.clone().zip(own.vocabulary.as_deref().and_then(codes::vocabulary_code));
    Indicator {
        slug: Some(of.item.slug.clone()),
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.additive,
        title: narratives(of, |text| Some(text.title.clone())),
        description: narratives(of, |text| text.description.clone()),
        references: reference
            .map(|(code, vocabulary)| IndicatorReference {
                vocabulary: vocabulary.to_owned(),
                code,
                url: own.vocabulary_url.clone(),
            })
            .into_iter()
            .collect(),
        baselines: baselines(members),
        periods: periods(members, true, data, context),
        ..Indicator::default()
    }
}

/// A statistic without an indicator, as an IATI indicator.
fn standalone_indicator(
    one: &Statistic,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Indicator {
    let own = &one.fields;
    Indicator {
        statistic: Some(one.item.slug.clone()),
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.additive,
        title: narratives(one, |text| Some(text.title.clone())),
        description: narratives(one, |text| text.description.clone()),
        baselines: baselines(&[one]),
        periods: periods(&[one], false, data, context),
        ..Indicator::default()
    }
}

fn dimension_slice(one: &Statistic) -> DimensionSlice {
    let dimensions: Vec<statistic::Disaggregation> = one.fields.disaggregation.unpack();
    DimensionSlice {
        locations: one.fields.countries.unpack(),
        dimensions: dimensions
            .into_iter()
            .map(|dimension| (dimension.dimension, dimension.value))
            .collect(),
    }
}

/// Distinct baselines.
fn baselines(statistics: &[&Statistic]) -> Vec<Baseline> {
    let mut baselines: Vec<Baseline> = Vec::new();
    for one in statistics.iter().filter(|one| one.fields.measure != "qualitative") {
        let stated: Option<statistic::Baseline> = one.fields.baseline.unpack();
        let Some(statistic::Baseline { value, year, .. }) = stated else { continue };
        let baseline = Baseline {
            year,
            value: Some(value),
            slice: dimension_slice(one),
            comment: Narratives::new(),
        };
        if !baselines.contains(&baseline) {
            baselines.push(baseline);
        }
    }
    baselines
}

/// Values by period, in chronological order.
fn periods(
    statistics: &[&Statistic],
    with_labels: bool,
    data: &ExportData,
    context: &ExportContext<'_>,
) -> Vec<Period> {
    let mut periods: BTreeMap<(NaiveDate, NaiveDate), Period> = BTreeMap::new();
    let mut period = |start: NaiveDate, end: NaiveDate, add: &mut dyn FnMut(&mut Period)| {
        add(periods.entry((start, end)).or_insert_with(|| Period {
            start,
            end,
            targets: Vec::new(),
            actuals: Vec::new(),
        }));
    };
    for one in statistics {
        let own = &one.fields;
        let is_qualitative = own.measure == "qualitative";
        let slug = || Some(one.item.slug.clone());
        if let (true, Some(start), Some(end)) =
            (own.value.is_some() || is_qualitative, own.period_start, own.period_end)
        {
            let actual = PeriodValue {
                line: 0,
                statistic: slug(),
                qualifier: (own.qualifier != "exact").then(|| own.qualifier.clone()),
                value: own.value.clone(),
                slice: dimension_slice(one),
                comment: value_comment(one, with_labels, context),
                documents: value_documents(one, data, context),
                source: source_text(own),
                ..labelled_value(one, with_labels)
            };
            period(start, end, &mut |period| period.actuals.push(actual.clone()));
        }
        let target: Option<statistic::Target> = own.target.unpack();
        if let Some(target) = target.filter(|_| !is_qualitative)
            && let (Some(start), Some(end)) =
                (target.period_start.or(own.period_start), target.period_end.or(own.period_end))
        {
            let value = PeriodValue {
                statistic: slug(),
                value: Some(target.value),
                slice: dimension_slice(one),
                ..labelled_value(one, with_labels)
            };
            period(start, end, &mut |period| period.targets.push(value.clone()));
        }
    }
    periods.into_values().collect()
}

/// A value with the label of its statistic, if it is one of several.
fn labelled_value(one: &Statistic, with_labels: bool) -> PeriodValue {
    if !with_labels {
        return PeriodValue::default();
    }
    let title = narratives(one, |text| Some(text.title.clone()));
    PeriodValue {
        title,
        description: narratives(one, |text| text.description.clone()),
        ..PeriodValue::default()
    }
}

/// Source of a statistic that has no URL.
fn source_text(fields: &statistic::StatisticFields) -> Option<String> {
    let source: Option<statistic::SourceDocument> = fields.source.unpack();
    source.filter(|source| source.url.is_none()).and_then(|source| source.text)
}

/// Comment of a value: formatted value with qualifier, label, qualitative text and source.
fn value_comment(one: &Statistic, with_labels: bool, context: &ExportContext<'_>) -> Narratives {
    let own = &one.fields;
    let is_exact = own.qualifier == "exact" || own.value.is_none();
    narratives(one, |text| {
        let words = context.message_language(&text.language);
        let mut lines: Vec<String> = Vec::new();
        if !is_exact {
            lines.extend(own.format_value(words));
        }
        if with_labels || own.measure == "qualitative" {
            lines.push(text.title.clone());
            lines.extend(text.description.clone());
        }
        lines.extend(
            source_text(own).map(|source| format!("{}: {source}", Message::Source.localize(words))),
        );
        (!lines.is_empty()).then(|| lines.join("\n"))
    })
}
