//! A chart of statistics by themselves: nothing is added up.

use std::sync::Arc;

use super::asked::ChartParams;
use super::{Chart, ChartType, Marker, Point, ValueQualifier};
use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::impact::figure::{format_plain_value, format_value};
use crate::impact::model::{Baseline, SCHEMA, StatisticFields, Target};
use crate::impact::reached::progress_percent;
use crate::impact::store::ImpactStatistics;
use crate::phrases::Phrase;
use crate::resource::context::AppState;
use crate::resource::load::{LoadedItem, load_page};
use crate::resource::owed::programme_attributions;
use crate::resource::query::ListRequest;
use crate::resource::revisions::Revisions;
use crate::resource::shown::RenderContext;
use crate::resource::told::{RequiredNote, describe_query};
use crate::text::days::span;

/// Reads the statistics of a list and makes a chart of them.
pub fn load_statistics_chart(
    connection: &mut Connection,
    (context, revisions): (&AppState, &Arc<Revisions>),
    (asked, wanted, query): (&ChartParams, &ListRequest, &str),
    shown: &mut RenderContext,
) -> Result<Chart, Problem> {
    let told = describe_query(connection, &SCHEMA, query, wanted.visibility, shown)?;
    let Some(memory) = shown.cache() else {
        return Err(Problem::internal("a chart was read without a memory"));
    };
    let list = wanted.page_query(connection, &SCHEMA, &memory)?;
    let page = load_page::<ImpactStatistics>(
        connection,
        &list,
        (&wanted.page_params.start, wanted.page_params.limit),
        wanted.visibility,
        shown,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::internal("a list has no first page"));
    };
    let total = if slice.has_more {
        let count = |connection: &mut Connection| {
            Ok::<_, Problem>(
                wanted.count_query(connection, &SCHEMA, &memory, None)?.count(connection)?,
            )
        };
        context
            .count_cache
            .get_or_try_insert_with(revisions, &wanted.count_key, || count(connection))?
    } else {
        i64::try_from(loaded.len()).unwrap_or(i64::MAX)
    };
    let more = usize::try_from(total).unwrap_or(0).saturating_sub(loaded.len());
    let programmes: Vec<Id> = loaded
        .iter()
        .flat_map(|one| one.references_in("programme"))
        .map(|link| link.target_id)
        .filter(|id| shown.has_target(id))
        .collect();
    let owed = programme_attributions(
        connection,
        context,
        &programmes,
        (wanted.visibility, revisions),
        shown,
    )?;
    let words = shown.language_preference.ui_language;
    let mut chart = Chart {
        chart_type: asked.chart_type,
        language: words,
        title: told.title,
        point_noun: Phrase::ImpactStatistics.in_language(words).to_owned(),
        panels: Vec::new(),
        notes: Vec::new(),
        source: context.settings.publisher_name(&shown.base_url),
    };
    let mut without = 0_usize;
    for one in loaded {
        if let Some((panel, point)) = to_point(one, asked.chart_type, words) {
            chart.add_point(&panel, None, point);
        } else {
            without = without.saturating_add(1);
        }
    }
    // Where all count the same, their labels say what.
    if let [only] = chart.panels.as_mut_slice() {
        only.heading = None;
    }
    let said = |phrase: Phrase, number: usize| {
        (number > 0).then(|| phrase.with(words, &number.to_string()))
    };
    let lacking = if asked.chart_type == ChartType::Progress {
        Phrase::WithoutTarget
    } else {
        Phrase::WithoutValue
    };
    chart.notes.extend(said(Phrase::NotShown, more).into_iter().chain(said(lacking, without)));
    let lines = programmes
        .iter()
        .filter_map(|id| owed.get(id))
        .flat_map(|owed| [&owed.credit_line, &owed.disclaimer])
        .flatten()
        .cloned();
    for note in told.notes.iter().map(RequiredNote::to_text).chain(lines) {
        if !chart.notes.contains(&note) {
            chart.notes.push(note);
        }
    }
    Ok(chart.without_invalid_chars())
}

/// A statistic as a point, and of what it is: values of one unit and measure have one scale.
/// Nothing of one that lacks what is to be shown.
fn to_point(
    mut one: LoadedItem<StatisticFields>,
    form: ChartType,
    words: &'static str,
) -> Option<(String, Point)> {
    let chosen = one.take_selected_text()?;
    let own = &one.fields;
    let value = own.value.clone()?;
    let of = |value: &str| format_plain_value(value, &own.measure, words);
    let with = |said: String, more: Option<String>| {
        more.map_or_else(|| said.clone(), |more| format!("{said} ({more})"))
    };
    let baseline = own.baseline.unpack::<Option<Baseline>>();
    let target = own.target.unpack::<Option<Target>>();
    if form == ChartType::Progress && target.is_none() {
        return None;
    }
    let way = target.as_ref().and_then(|target| {
        let baseline = baseline.as_ref().map(|baseline| baseline.value.as_str());
        progress_percent(&value, &own.qualifier, baseline, &target.value)
    });
    let named = |phrase: Phrase, said: String| format!("{}: {said}", phrase.in_language(words));
    let language = chosen.language.as_str();
    let panel = own.unit.clone().or_else(|| {
        Phrase::of_word(&own.measure).map(|phrase| phrase.in_language(words).to_owned())
    });
    let point = Point {
        key: one.item.slug.clone(),
        language: (language != words).then(|| language.to_owned()),
        label: chosen.text.title,
        qualifier: ValueQualifier::parse(&own.qualifier),
        display_value: format_value(&value, &own.qualifier, &own.measure, words),
        baseline: baseline.map(|baseline| Marker {
            text: named(
                Phrase::Baseline,
                with(of(&baseline.value), Some(baseline.year.to_string())),
            ),
            value: baseline.value,
        }),
        progress: way
            .map(|(percent, qualifier)| format_value(&percent, qualifier, "percentage", words)),
        target: target.map(|target| Marker {
            text: named(
                Phrase::Target,
                with(of(&target.value), span(target.period_start, target.period_end, words)),
            ),
            value: target.value,
        }),
        value: Some(value),
    };
    let point = if form == ChartType::Progress {
        point
    } else {
        Point { baseline: None, target: None, progress: None, ..point }
    };
    Some((panel.unwrap_or_default(), point))
}

/// What must be said where a name with its sign stands.
pub fn format_footnote(text: &str) -> String {
    format!("* {text}")
}
