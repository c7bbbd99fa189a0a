//! A chart of groups of statistics: what a summary of them comes to.

use super::asked::ChartParams;
use super::each::format_footnote;
use super::{Chart, ChartType, Marker, Panel, Point, ValueQualifier};
use crate::db::Connection;
use crate::http::problem::{Problem, ProblemKind};
use crate::impact::model::SCHEMA;
use crate::impact::summary::asked::{self, GroupBy, MAX_GROUPS};
use crate::impact::summary::told::build_summary;
use crate::impact::summary::view::{GroupKey, ImpactSummary, SummaryGroup};
use crate::phrases::Phrase;
use crate::resource::context::AppState;
use crate::resource::query::ListRequest;
use crate::resource::shown::RenderContext;
use crate::resource::told::{RequiredNote, describe_query};

/// The countries and territories of the first catalogue: a map has them all, also those of which
/// nothing is known.
const MAP_TERRITORIES: [&str; 7] = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"];

/// Reckons the groups of a list, and makes a chart of them. What may not be added up is refused as
/// in a summary.
pub fn load_summary_chart(
    connection: &mut Connection,
    context: &AppState,
    (asked, wanted, query): (&ChartParams, &ListRequest, &str),
    shown: &mut RenderContext,
) -> Result<Chart, Problem> {
    let told = describe_query(connection, &SCHEMA, query, wanted.visibility, shown)?;
    let of_all = crate::impact::summary::asked::SummaryParams {
        list: wanted.clone(),
        group_by: asked.group_by.clone(),
        aggregates: [asked.aggregate.name(), "baseline", "target", "progress"]
            .map(str::to_owned)
            .to_vec(),
        separate_incomparable: false,
        limit: usize::try_from(MAX_GROUPS).unwrap_or(usize::MAX),
        statistics_limit: 0,
        etag_key: String::new(),
    };
    let summary = build_summary(connection, &of_all, shown).map_err(with_chart_hint)?;
    let words = shown.language_preference.ui_language;
    let of: Vec<String> = asked.group_by.iter().map(|by| group_by_label(by, words)).collect();
    let how = asked.aggregate.message().map(|phrase| phrase.in_language(words).to_owned());
    let mut chart = Chart {
        chart_type: asked.chart_type,
        language: words,
        title: std::iter::once(told.title)
            .chain(of.iter().cloned())
            .chain(how)
            .collect::<Vec<_>>()
            .join(" · "),
        point_noun: of.join(" · "),
        panels: Vec::new(),
        notes: Vec::new(),
        source: context.settings.publisher_name(&shown.base_url),
    };
    let mut notes: Vec<String> = told.notes.iter().map(RequiredNote::to_text).collect();
    notes.extend(
        summary
            .data
            .iter()
            .flat_map(|group| &group.keys)
            .filter_map(|key| key.footnote.as_deref().map(format_footnote)),
    );
    let unseen = summary.total_groups.saturating_sub(summary.data.len());
    let without = chart.add_groups(summary, asked);
    if asked.chart_type == ChartType::Map {
        notes.extend(chart.add_missing_territories(shown));
    }
    let more = chart
        .truncate_points(asked.max_groups, asked.group_by.contains(&GroupBy::Year))
        .saturating_add(unseen);
    let said = |phrase: Phrase, number: usize| {
        (number > 0).then(|| phrase.with(words, &number.to_string()))
    };
    let lacking = if asked.chart_type == ChartType::Progress {
        Phrase::WithoutTarget
    } else {
        Phrase::WithoutValue
    };
    let counted = said(Phrase::NotShown, more).into_iter().chain(said(lacking, without));
    for note in counted.chain(notes) {
        if !chart.notes.contains(&note) {
            chart.notes.push(note);
        }
    }
    Ok(chart.without_invalid_chars())
}

/// Where a summary is refused: the remedies that a chart has.
fn with_chart_hint(problem: Problem) -> Problem {
    if problem.kind != ProblemKind::NotSummable {
        return problem;
    }
    let detail = "Some of these statistics cannot be added up. Ask for one `unit` or `indicator`, group by these, filter by `additive=true`, show \
                  another value of each group, such as `aggregate=latest`, or leave `group_by` out: each statistic is shown by itself then.";
    Problem { detail: detail.to_owned(), ..problem }
}

/// What statistics are grouped by, in words.
fn group_by_label(by: &GroupBy, words: &str) -> String {
    let phrase = match by {
        GroupBy::Country => Phrase::Country,
        GroupBy::Year => Phrase::Year,
        GroupBy::Programme => Phrase::Programme,
        GroupBy::Partner => Phrase::Partner,
        GroupBy::Indicator => Phrase::Indicator,
        GroupBy::Unit => Phrase::Unit,
        GroupBy::Dimension(name) => return name.clone(),
    };
    phrase.in_language(words).to_owned()
}

/// How a key is called, with the sign of its footnote.
fn key_label(key: &GroupKey) -> String {
    format!("{}{}", key.label, if key.footnote.is_some() { "*" } else { "" })
}

/// A group as a point; nothing where it lacks what is to be shown.
fn to_point(
    group: &SummaryGroup,
    keys: &[&GroupKey],
    asked: &ChartParams,
    words: &str,
) -> Option<Point> {
    let (value, qualifier, figure) = asked.aggregate.value_of(group)?;
    let named = |phrase: Phrase, said: String| format!("{}: {said}", phrase.in_language(words));
    let point = Point {
        key: keys
            .iter()
            .map(|key| key.value.as_deref().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n"),
        label: keys.iter().map(|key| key_label(key)).collect::<Vec<_>>().join(" · "),
        value: Some(value.to_owned()),
        qualifier: ValueQualifier::parse(qualifier),
        display_value: figure.to_owned(),
        ..Point::default()
    };
    if asked.chart_type != ChartType::Progress {
        return Some(point);
    }
    let target = group.target.as_ref()?.as_ref()?;
    let until = target
        .period_end
        .as_ref()
        .and_then(|day| day.split('-').next())
        .map(|year| format!(" ({year})"))
        .unwrap_or_default();
    let baseline = group.baseline.as_ref().and_then(Option::as_ref).map(|before| {
        let (first, last) = (before.first_year, before.last_year);
        let years = if first == last { first.to_string() } else { format!("{first}–{last}") };
        Marker {
            value: before.value.clone(),
            text: named(Phrase::Baseline, format!("{} ({years})", before.figure)),
        }
    });
    Some(Point {
        baseline,
        target: Some(Marker {
            value: target.value.clone(),
            text: named(Phrase::Target, format!("{}{until}", target.figure)),
        }),
        progress: group.progress.as_ref().and_then(Option::as_ref).map(|way| way.figure.clone()),
        ..point
    })
}

impl Chart {
    /// Adds the groups of a summary: those of one unit and measure have one scale, those of one
    /// line one series. Gives how many have nothing to show.
    fn add_groups(&mut self, summary: ImpactSummary, asked: &ChartParams) -> usize {
        let mut without = 0_usize;
        let mut undated: Vec<String> = Vec::new();
        for group in &summary.data {
            let is_line = asked.chart_type == ChartType::Line;
            // On a line the years go across, and what else groups are made by tells the lines
            // apart.
            let (across, apart): (Vec<&GroupKey>, Vec<&GroupKey>) =
                group.keys.iter().partition(|key| !is_line || key.by == "year");
            let Some(point) = to_point(group, &across, asked, self.language) else {
                without = without.saturating_add(1);
                continue;
            };
            let name = (!apart.is_empty())
                .then(|| apart.iter().map(|key| key_label(key)).collect::<Vec<_>>().join(" · "));
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
                Phrase::of_word(&group.measure)
                    .map(|phrase| phrase.in_language(self.language).to_owned())
            });
            self.add_point(&unit.unwrap_or_default(), name, point);
        }
        self.notes.extend(undated);
        // Years are in their order; else what is largest comes first, and what is not broken down
        // last.
        if !asked.group_by.contains(&GroupBy::Year) && asked.chart_type != ChartType::Map {
            for series in self.panels.iter_mut().flat_map(|panel| &mut panel.series) {
                series.points.sort_by(|one, other| {
                    let is_rest = |point: &Point| point.key.split('\n').all(str::is_empty);
                    is_rest(one)
                        .cmp(&is_rest(other))
                        .then(other.numeric_value().total_cmp(&one.numeric_value()))
                });
            }
        }
        without
    }

    /// Adds the territories of which nothing is known; gives what must be said where they are
    /// named.
    fn add_missing_territories(&mut self, shown: &RenderContext) -> Vec<String> {
        let words = self.language;
        let known: Vec<String> =
            self.panels.iter().flat_map(Panel::points).map(|point| point.key.clone()).collect();
        let mut notes = Vec::new();
        let missing = MAP_TERRITORIES
            .iter()
            .filter(|code| !known.iter().any(|key| key == *code))
            .filter_map(|code| shown.country_names.country(code, words));
        let points: Vec<Point> = missing
            .map(|country| {
                notes.extend(country.footnote.as_deref().map(format_footnote));
                let mark = if country.footnote.is_some() { "*" } else { "" };
                let figure = Phrase::NoData.in_language(words).to_owned();
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
