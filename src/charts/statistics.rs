//! Loads a chart of single statistics, without aggregation.

use crate::charts::model::{Chart, ChartType, Marker, Point, ValueQualifier};
use crate::charts::params::ChartRequest;
use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::i18n::dates::format_date_range;
use crate::i18n::messages::Message;
use crate::impact::display_value::{format_plain_value, format_value};
use crate::impact::fields::{Baseline, StatisticFields, Target};
use crate::impact::progress::progress_percent;
use crate::impact::resource::ImpactStatistics;
use crate::resource::model::item::LoadedItem;
use crate::resource::query::describe::{RequiredNote, describe_query};
use crate::resource::read::attribution::attribution_lines;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;

/// Loads the statistics of a list as a chart.
pub fn load_statistics_chart(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    chart_request: &ChartRequest,
    render_context: &mut RenderContext,
) -> Result<Chart, Problem> {
    let ChartRequest { params: chart_params, query, list_request, .. } = chart_request;
    let description = describe_query(connection, list_request, query, render_context)?;
    let cache = render_context.required_cache()?;
    let list = list_request.page_query(connection, &cache)?;
    let page = load_page::<ImpactStatistics>(
        connection,
        list_request.page_params.page_of(&list),
        list_request.visibility,
        render_context,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::internal("the first page is missing"));
    };
    let total = if slice.has_more {
        let count = |connection: &mut Connection| {
            Ok::<_, Problem>(list_request.count_query(connection, &cache, None)?.count(connection)?)
        };
        read_context.state.count_cache.lists.get_or_try_insert_with(
            read_context.revisions,
            &list_request.count_key,
            || count(connection),
        )?
    } else {
        i64::try_from(loaded.len()).unwrap_or(i64::MAX)
    };
    let omitted = usize::try_from(total).unwrap_or(0).saturating_sub(loaded.len());
    let programmes: Vec<Id> = loaded
        .iter()
        .flat_map(|statistic| statistic.references_in("programme"))
        .map(|reference| reference.target_id)
        .collect();
    let lines = attribution_lines(connection, read_context, programmes, render_context)?;
    let ui_language = render_context.language_preference.ui_language;
    let mut chart = Chart {
        chart_type: chart_params.chart_type,
        language: ui_language,
        title: description.title,
        point_noun: Message::ImpactStatistics.localize(ui_language).to_owned(),
        panels: Vec::new(),
        notes: Vec::new(),
        source: read_context.state.settings.publisher_name(&render_context.base_url),
    };
    let mut lacking_value = 0_usize;
    for statistic in loaded {
        if let Some((panel, point)) = to_point(statistic, chart_params.chart_type, ui_language) {
            chart.add_point(&panel, None, point);
        } else {
            lacking_value = lacking_value.saturating_add(1);
        }
    }
    // A single unit is part of the labels.
    if let [only] = chart.panels.as_mut_slice() {
        only.heading = None;
    }
    let counted_note = |message: Message, number: usize| {
        (number > 0).then(|| message.format(ui_language, &number.to_string()))
    };
    let lacking_message = if chart_params.chart_type == ChartType::Progress {
        Message::WithoutTarget
    } else {
        Message::WithoutValue
    };
    chart.notes.extend(
        counted_note(Message::NotShown, omitted)
            .into_iter()
            .chain(counted_note(lacking_message, lacking_value)),
    );
    for note in description.notes.iter().map(RequiredNote::to_text).chain(lines) {
        if !chart.notes.contains(&note) {
            chart.notes.push(note);
        }
    }
    Ok(chart.without_invalid_chars())
}

/// Unit or measure and point of a statistic; `None` if it has no value or, for progress, no target.
/// A target without a value is shown without data.
fn to_point(
    mut statistic: LoadedItem<StatisticFields>,
    chart_type: ChartType,
    ui_language: &'static str,
) -> Option<(String, Point)> {
    let chosen = statistic.take_selected_text()?;
    let fields = &statistic.fields;
    let format_number = |value: &str| format_plain_value(value, &fields.measure, ui_language);
    let with_note = |text: String, more: Option<String>| {
        more.map_or_else(|| text.clone(), |more| format!("{text} ({more})"))
    };
    let baseline = fields.baseline.unpack::<Option<Baseline>>();
    let target = fields.target.unpack::<Option<Target>>();
    let has_point =
        if chart_type == ChartType::Progress { target.is_some() } else { fields.value.is_some() };
    if !has_point {
        return None;
    }
    let progress = target.as_ref().zip(fields.value.as_deref()).and_then(|(target, value)| {
        let baseline = baseline.as_ref().map(|baseline| baseline.value.as_str());
        progress_percent((value, &fields.qualifier), baseline, &target.value, fields.ascending)
    });
    let labelled =
        |message: Message, text: String| format!("{}: {text}", message.localize(ui_language));
    let language = chosen.language.as_str();
    let panel = fields.unit.clone().or_else(|| {
        Message::for_code(&fields.measure).map(|message| message.localize(ui_language).to_owned())
    });
    let point = Point {
        key: statistic.item.slug.clone(),
        language: (language != ui_language).then(|| language.to_owned()),
        label: chosen.text.title,
        qualifier: ValueQualifier::parse(&fields.qualifier),
        display_value: fields
            .format_value(ui_language)
            .unwrap_or_else(|| Message::NoData.localize(ui_language).to_owned()),
        baseline: baseline.map(|baseline| Marker {
            text: labelled(
                Message::Baseline,
                with_note(format_number(&baseline.value), Some(baseline.year.to_string())),
            ),
            value: baseline.value,
        }),
        progress: progress.map(|(percent, qualifier)| {
            format_value(&percent, qualifier, "percentage", ui_language)
        }),
        target: target.map(|target| Marker {
            text: labelled(
                Message::Target,
                with_note(
                    format_number(&target.value),
                    format_date_range(target.period_start, target.period_end, ui_language),
                ),
            ),
            value: target.value,
        }),
        value: fields.value.clone(),
    };
    let point = if chart_type == ChartType::Progress {
        point
    } else {
        Point { baseline: None, target: None, progress: None, ..point }
    };
    Some((panel.unwrap_or_default(), point))
}
