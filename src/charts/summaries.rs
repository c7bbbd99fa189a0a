//! Loads a chart of aggregated groups of statistics.

use crate::charts::model::{Chart, ChartType, Marker, Panel, Point, ValueQualifier};
use crate::charts::params::{ChartParams, ChartRequest};
use crate::db::{Connection, Id};
use crate::http::problem::{Problem, ProblemKind};
use crate::i18n::messages::Message;
use crate::impact::summary::params::{GroupBy, MAX_GROUPS, SummaryParams};
use crate::impact::summary::render::build_summary;
use crate::impact::summary::response::{GroupKey, ImpactSummary, SummaryGroup};
use crate::resource::query::describe::{RequiredNote, describe_query};
use crate::resource::read::attribution::attribution_lines;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::view::context::RenderContext;

/// Countries and territories that maps always show.
const MAP_TERRITORIES: [&str; 7] = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"];

/// Aggregates the statistics of a list by group as a chart. Statistics without a total are an
/// error, as in a summary.
pub fn load_summary_chart(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    chart_request: &ChartRequest,
    render_context: &mut RenderContext,
) -> Result<Chart, Problem> {
    let ChartRequest { params: chart_params, query, list_request, .. } = chart_request;
    let description = describe_query(connection, list_request, query, render_context)?;
    let summary_params = SummaryParams {
        list: list_request.clone(),
        group_by: chart_params.group_by.clone(),
        aggregates: [chart_params.aggregate.name(), "baseline", "target", "progress"]
            .map(str::to_owned)
            .to_vec(),
        separate_incomparable: false,
        limit: usize::try_from(MAX_GROUPS).unwrap_or(usize::MAX),
        statistics_limit: 0,
        canonical_query: String::new(),
    };
    let summary =
        build_summary(connection, &summary_params, render_context).map_err(with_chart_hint)?;
    let ui_language = render_context.language_preference.ui_language;
    let group_labels: Vec<String> =
        chart_params.group_by.iter().map(|by| group_by_label(by, ui_language)).collect();
    let aggregate_label = chart_params
        .aggregate
        .message()
        .or_else(|| total_message(&summary))
        .map(|message| message.localize(ui_language).to_owned());
    let mut chart = Chart {
        chart_type: chart_params.chart_type,
        language: ui_language,
        title: std::iter::once(description.title)
            .chain(group_labels.iter().cloned())
            .chain(aggregate_label)
            .collect::<Vec<_>>()
            .join(" · "),
        point_noun: group_labels.join(" · "),
        panels: Vec::new(),
        notes: Vec::new(),
        source: read_context.state.settings.publisher_name(&render_context.base_url),
    };
    let mut notes: Vec<String> = description.notes.iter().map(RequiredNote::to_text).collect();
    notes.extend(
        summary
            .data
            .iter()
            .flat_map(|group| &group.keys)
            .filter_map(|key| key.footnote.as_deref().map(format_footnote)),
    );
    let programmes: Vec<Id> = summary.programmes.iter().copied().collect();
    notes.extend(attribution_lines(connection, read_context, programmes, render_context)?);
    let omitted_groups = summary.total_groups.saturating_sub(summary.data.len());
    let lacking_value = chart.add_groups(summary, chart_params);
    if chart_params.chart_type == ChartType::Map {
        notes.extend(chart.add_missing_territories(render_context));
    }
    let omitted = chart
        .truncate_points(chart_params.max_groups, chart_params.group_by.contains(&GroupBy::Year))
        .saturating_add(omitted_groups);
    let counted_note = |message: Message, number: usize| {
        (number > 0).then(|| message.format(ui_language, &number.to_string()))
    };
    let lacking_message = if chart_params.chart_type == ChartType::Progress {
        Message::WithoutTarget
    } else {
        Message::WithoutValue
    };
    let counted = counted_note(Message::NotShown, omitted)
        .into_iter()
        .chain(counted_note(lacking_message, lacking_value));
    for note in counted.chain(notes) {
        if !chart.notes.contains(&note) {
            chart.notes.push(note);
        }
    }
    Ok(chart.without_invalid_chars())
}

/// Returns the message for the title if totals are not sums but the latest or greatest values.
fn total_message(summary: &ImpactSummary) -> Option<Message> {
    let mut rules =
        summary.data.iter().filter_map(|group| group.total.as_ref()?.as_ref()?.time_aggregation);
    let first = rules.next()?;
    if rules.any(|rule| rule != first) || first == "sum" {
        return None;
    }
    Message::for_code(first)
}

/// Adds the remedies that a chart has to the error of a summary.
fn with_chart_hint(problem: Problem) -> Problem {
    if problem.kind != ProblemKind::NotSummable {
        return problem;
    }
    let detail = "These statistics have no total. Filter by one `unit` or `indicator`, group by these, filter by `time_aggregation=sum&group_aggregation=sum`, use another \
                  aggregate such as `aggregate=latest`, or omit `group_by` to show single statistics.";
    Problem { detail: detail.to_owned(), ..problem }
}

/// Label of a grouping key.
fn group_by_label(by: &GroupBy, ui_language: &str) -> String {
    let message = match by {
        GroupBy::Country => Message::Country,
        GroupBy::Year => Message::Year,
        GroupBy::Programme => Message::Programme,
        GroupBy::Partner => Message::Partner,
        GroupBy::Indicator => Message::Indicator,
        GroupBy::Unit => Message::Unit,
        GroupBy::Dimension(name) => return name.clone(),
    };
    message.localize(ui_language).to_owned()
}

/// Label of a key with the mark of its footnote.
fn key_label(key: &GroupKey) -> String {
    format!("{}{}", key.label, if key.footnote.is_some() { "*" } else { "" })
}

/// A footnote with the mark that refers to it.
fn format_footnote(text: &str) -> String {
    format!("* {text}")
}

/// Converts a group to a point; `None` if it has no value or, for progress, no target. A target
/// without a value is shown without data.
fn to_point(
    group: &SummaryGroup,
    keys: &[&GroupKey],
    chart_params: &ChartParams,
    ui_language: &str,
) -> Option<Point> {
    let is_progress = chart_params.chart_type == ChartType::Progress;
    let value = chart_params.aggregate.value_of(group);
    if value.is_none() && !is_progress {
        return None;
    }
    let labelled =
        |message: Message, text: String| format!("{}: {text}", message.localize(ui_language));
    let point = Point {
        key: keys
            .iter()
            .map(|key| key.value.as_deref().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n"),
        label: keys.iter().map(|key| key_label(key)).collect::<Vec<_>>().join(" · "),
        value: value.as_ref().map(|value| value.value.to_owned()),
        qualifier: value
            .as_ref()
            .map_or(ValueQualifier::Exact, |value| ValueQualifier::parse(value.qualifier)),
        display_value: value.map_or_else(
            || Message::NoData.localize(ui_language).to_owned(),
            |value| value.figure.to_owned(),
        ),
        ..Point::default()
    };
    if !is_progress {
        return Some(point);
    }
    let target = group.target.as_ref()?.as_ref()?;
    let until = target
        .period_end
        .as_ref()
        .and_then(|day| day.split('-').next())
        .map(|year| format!(" ({year})"))
        .unwrap_or_default();
    let baseline = group.baseline.as_ref().and_then(Option::as_ref).map(|group_baseline| {
        let (first, last) = (group_baseline.first_year, group_baseline.last_year);
        let years = if first == last { first.to_string() } else { format!("{first}–{last}") };
        Marker {
            value: group_baseline.value.clone(),
            text: labelled(Message::Baseline, format!("{} ({years})", group_baseline.figure)),
        }
    });
    Some(Point {
        baseline,
        target: Some(Marker {
            value: target.value.clone(),
            text: labelled(Message::Target, format!("{}{until}", target.figure)),
        }),
        progress: group
            .progress
            .as_ref()
            .and_then(Option::as_ref)
            .map(|progress| progress.figure.clone()),
        ..point
    })
}

impl Chart {
    /// Adds the groups of a summary: a panel for each unit or measure, a series for each line.
    /// Returns the number of groups without value.
    fn add_groups(&mut self, summary: ImpactSummary, chart_params: &ChartParams) -> usize {
        let mut lacking_value = 0_usize;
        let mut undated: Vec<String> = Vec::new();
        for group in &summary.data {
            let is_line = chart_params.chart_type == ChartType::Line;
            // The x axis has the years; the other keys separate the lines.
            let (axis_keys, series_keys): (Vec<&GroupKey>, Vec<&GroupKey>) =
                group.keys.iter().partition(|key| !is_line || key.by == "year");
            let Some(point) = to_point(group, &axis_keys, chart_params, self.language) else {
                lacking_value = lacking_value.saturating_add(1);
                continue;
            };
            let name = (!series_keys.is_empty()).then(|| {
                series_keys.iter().map(|key| key_label(key)).collect::<Vec<_>>().join(" · ")
            });
            if is_line && point.key.is_empty() {
                undated.push(
                    name.into_iter()
                        .chain([point.label, point.display_value])
                        .collect::<Vec<_>>()
                        .join(": "),
                );
                continue;
            }
            let unit = group.unit.clone().or_else(|| {
                Message::for_code(&group.measure)
                    .map(|message| message.localize(self.language).to_owned())
            });
            self.add_point(&unit.unwrap_or_default(), name, point);
        }
        self.notes.extend(undated);
        // Except by year, sorted by descending value; groups without key are last.
        if !chart_params.group_by.contains(&GroupBy::Year)
            && chart_params.chart_type != ChartType::Map
        {
            for series in self.panels.iter_mut().flat_map(|panel| &mut panel.series) {
                series.points.sort_by(|one, other| {
                    let is_rest = |point: &Point| point.key.split('\n').all(str::is_empty);
                    is_rest(one)
                        .cmp(&is_rest(other))
                        .then(other.numeric_value().total_cmp(&one.numeric_value()))
                });
            }
        }
        lacking_value
    }

    /// Adds the territories without data; returns their footnotes.
    fn add_missing_territories(&mut self, render_context: &RenderContext) -> Vec<String> {
        let ui_language = self.language;
        let present_codes: Vec<String> =
            self.panels.iter().flat_map(Panel::points).map(|point| point.key.clone()).collect();
        let mut notes = Vec::new();
        let missing = MAP_TERRITORIES
            .iter()
            .filter(|code| !present_codes.iter().any(|key| key == *code))
            .filter_map(|code| render_context.country_names.country_reference(code, ui_language));
        let points: Vec<Point> = missing
            .map(|country| {
                notes.extend(country.footnote.as_deref().map(format_footnote));
                let mark = if country.footnote.is_some() { "*" } else { "" };
                let figure = Message::NoData.localize(ui_language).to_owned();
                Point {
                    key: country.code.to_owned(),
                    label: format!("{}{mark}", country.name),
                    display_value: figure,
                    ..Point::default()
                }
            })
            .collect();
        if let Some(series) = self.panels.first_mut().and_then(|panel| panel.series.first_mut()) {
            series.points.extend(points);
        }
        notes
    }
}
