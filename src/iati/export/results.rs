//! `result` elements, from impact statistics and their indicators.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::i18n::messages::Message;
use crate::iati::activity::{
    Activity, Baseline, IatiResult, Indicator, IndicatorReference, Narratives, Period, PeriodValue,
};
use crate::iati::codes;
use crate::iati::export::context::ExportContext;
use crate::iati::export::documents::value_documents;
use crate::iati::export::issues::{indicator_of, result_of, result_type_of};
use crate::iati::export::places::{add_locations, dimension_slice};
use crate::iati::load::{ExportData, LoadedIndicator, Partner, Statistic};
use crate::iati::narratives::narratives;
use crate::impact::fields as statistic;
use crate::resource::model::item::TranslationRow;

/// What the values of an indicator are built from.
#[derive(Clone, Copy)]
struct ValueSource<'a> {
    data: &'a ExportData,
    context: &'a ExportContext<'a>,
    /// The activity, which has the locations of all values.
    activity: &'a Activity,
    /// Whether the indicator has several statistics, so that each value has its label.
    with_labels: bool,
}

/// Adds the indicators of statistics, and the statistics without an indicator, grouped by result.
pub fn add_results(
    statistics: &[&Statistic],
    data: &ExportData,
    context: &ExportContext<'_>,
    activity: &mut Activity,
) {
    let mut groups: Vec<(Option<&LoadedIndicator>, Vec<&Statistic>)> = Vec::new();
    for one in statistics {
        activity.updated_at = activity.updated_at.max(Some(one.item.updated_at.0));
        add_locations(one, context, activity);
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
        let changed_at = of.map(|of| of.item.updated_at.0);
        activity.updated_at = activity.updated_at.max(changed_at);
        let source = ValueSource { data, context, activity, with_labels: of.is_some() };
        let indicator = match of {
            Some(of) => indicator_element(of, &members, source),
            None => standalone_indicator(first, source),
        };
        let changed_at = result_of(first, data).map(|result| result.item.updated_at.0);
        activity.updated_at = activity.updated_at.max(changed_at);
        let statement = result_statement(first, &indicator, data);
        add_indicator(statement, indicator, &mut activity.results);
    }
    // Those without a position are last, and keep their order.
    activity.results.sort_by_key(|result| (result.order.is_none(), result.order));
    for result in &mut activity.results {
        result.indicators.sort_by_key(|indicator| (indicator.order.is_none(), indicator.order));
    }
}

/// The result to which an indicator contributes, without indicators. Where the catalogue has the type
/// of a result only, its title is that of the indicator.
fn result_statement(first: &Statistic, indicator: &Indicator, data: &ExportData) -> IatiResult {
    let kind = result_type_of(first, data).and_then(codes::result_type_code);
    let kind = kind.unwrap_or_default().to_owned();
    match result_of(first, data) {
        Some(result) => IatiResult {
            slug: Some(result.item.slug.clone()),
            level: result.fields.level.clone(),
            order: result.fields.order,
            kind,
            title: narratives(result, |text| Some(text.title.clone())),
            description: narratives(result, |text| text.description.clone()),
            ..IatiResult::default()
        },
        None => IatiResult { kind, title: indicator.title.clone(), ..IatiResult::default() },
    }
}

/// Adds an indicator to the result with the same slug, type, title and description.
fn add_indicator(statement: IatiResult, indicator: Indicator, results: &mut Vec<IatiResult>) {
    let known = results.iter_mut().find(|known| {
        known.slug == statement.slug
            && known.kind == statement.kind
            && known.title == statement.title
            && known.description == statement.description
    });
    match known {
        Some(known) => known.indicators.push(indicator),
        None => results.push(IatiResult { indicators: vec![indicator], ..statement }),
    }
}

/// An indicator with its statistics.
fn indicator_element(
    of: &LoadedIndicator,
    members: &[&Statistic],
    source: ValueSource<'_>,
) -> Indicator {
    let own = &of.fields;
    let reference =
        own.code.clone().zip(own.vocabulary.as_deref().and_then(codes::vocabulary_code));
    Indicator {
        slug: Some(of.item.slug.clone()),
        order: own.order,
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.aggregation_rule().is_additive(),
        time_aggregation: own.time_aggregation.clone(),
        group_aggregation: own.group_aggregation.clone(),
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
        baselines: baselines(members, source.activity),
        periods: periods(members, source),
        ..Indicator::default()
    }
}

/// A statistic without an indicator, as an IATI indicator.
fn standalone_indicator(one: &Statistic, source: ValueSource<'_>) -> Indicator {
    let own = &one.fields;
    Indicator {
        statistic: Some(one.item.slug.clone()),
        unit: own.unit.clone(),
        measure: codes::measure_code(&own.measure).unwrap_or_default().to_owned(),
        ascending: own.ascending,
        additive: own.aggregation_rule().is_additive(),
        time_aggregation: own.time_aggregation.clone(),
        group_aggregation: own.group_aggregation.clone(),
        title: narratives(one, |text| Some(text.title.clone())),
        description: narratives(one, |text| text.description.clone()),
        baselines: baselines(&[one], source.activity),
        periods: periods(&[one], source),
        ..Indicator::default()
    }
}

/// Distinct baselines.
fn baselines(statistics: &[&Statistic], activity: &Activity) -> Vec<Baseline> {
    let mut baselines: Vec<(Baseline, Vec<String>)> = Vec::new();
    for one in statistics.iter().filter(|one| one.fields.measure != "qualitative") {
        let stated: Option<statistic::Baseline> = one.fields.baseline.unpack();
        let Some(statistic::Baseline { value, year, date, .. }) = stated else { continue };
        let baseline = Baseline {
            statistics: Vec::new(),
            year,
            date,
            value: Some(value),
            slice: dimension_slice(one, activity),
            comment: narratives(one, |text| text.comment.clone()),
        };
        let slug = one.item.slug.clone();
        match baselines.iter_mut().find(|(known, _)| *known == baseline) {
            Some((_, statistics)) => statistics.push(slug),
            None => baselines.push((baseline, vec![slug])),
        }
    }
    baselines
        .into_iter()
        .map(|(baseline, statistics)| Baseline { statistics, ..baseline })
        .collect()
}

/// Values by period, in chronological order.
fn periods(statistics: &[&Statistic], source: ValueSource<'_>) -> Vec<Period> {
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
        if let (true, Some(start), Some(end)) =
            (own.value.is_some() || is_qualitative, own.period_start, own.period_end)
        {
            let actual = PeriodValue {
                qualifier: (own.qualifier != "exact").then(|| own.qualifier.clone()),
                value: own.value.clone(),
                documents: value_documents(one, source.data, source.context),
                source: source_text(own),
                ..labelled_value(one, value_comment(one, source), source)
            };
            period(start, end, &mut |period| period.actuals.push(actual.clone()));
        }
        let target: Option<statistic::Target> = own.target.unpack();
        if let Some(target) = target.filter(|_| !is_qualitative)
            && let (Some(start), Some(end)) =
                (target.period_start.or(own.period_start), target.period_end.or(own.period_end))
        {
            let comment = target_comment(one, source);
            let value =
                PeriodValue { value: Some(target.value), ..labelled_value(one, comment, source) };
            period(start, end, &mut |period| period.targets.push(value.clone()));
        }
    }
    periods.into_values().collect()
}

/// A value without its number, with the label of its statistic if it is one of several.
fn labelled_value(one: &Statistic, comment: Narratives, source: ValueSource<'_>) -> PeriodValue {
    let label = |text: &TranslationRow| source.with_labels.then(|| text.title.clone());
    let description =
        |text: &TranslationRow| text.description.clone().filter(|_| source.with_labels);
    PeriodValue {
        statistic: Some(one.item.slug.clone()),
        partner: partner_of(one, source.data).map(|partner| partner.item.slug.clone()),
        title: narratives(one, label),
        description: narratives(one, description),
        slice: dimension_slice(one, source.activity),
        comment,
        ..PeriodValue::default()
    }
}

/// Public partner of a statistic, if any.
fn partner_of<'a>(one: &Statistic, data: &'a ExportData) -> Option<&'a Partner> {
    one.references_in("partner").find_map(|link| data.partners.get(&link.target_id))
}

/// Source of a statistic that has no URL.
fn source_text(fields: &statistic::StatisticFields) -> Option<String> {
    let source: Option<statistic::SourceDocument> = fields.source.unpack();
    source.filter(|source| source.url.is_none()).and_then(|source| source.text)
}

/// Comment of a value: formatted value with qualifier, label, qualitative text, unit, partner and
/// source.
fn value_comment(one: &Statistic, source: ValueSource<'_>) -> Narratives {
    let own = &one.fields;
    let is_exact = own.qualifier == "exact" || own.value.is_none();
    narratives(one, |text| {
        let words = source.context.message_language(&text.language);
        let mut lines: Vec<String> = Vec::new();
        if !is_exact {
            lines.extend(own.format_value(words));
        }
        if source.with_labels || own.measure == "qualitative" {
            lines.push(text.title.clone());
            lines.extend(text.description.clone());
        }
        lines.extend(unit_line(one, words));
        lines.extend(partner_of(one, source.data).map(|partner| {
            let of_language = partner.texts.iter().find(|name| name.language == text.language);
            let name = of_language.or_else(|| partner.texts.first()).map(|name| &*name.title);
            format!("{}: {}", Message::Partner.localize(words), name.unwrap_or_default())
        }));
        lines.extend(
            source_text(own).map(|source| format!("{}: {source}", Message::Source.localize(words))),
        );
        (!lines.is_empty()).then(|| lines.join("\n"))
    })
}

/// Comment of a target: the unit.
fn target_comment(one: &Statistic, source: ValueSource<'_>) -> Narratives {
    narratives(one, |text| unit_line(one, source.context.message_language(&text.language)))
}

/// The unit, which IATI has no element for.
fn unit_line(one: &Statistic, language: &str) -> Option<String> {
    let unit = one.fields.unit.as_ref()?;
    Some(format!("{}: {unit}", Message::Unit.localize(language)))
}
