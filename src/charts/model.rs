//! The data of a chart: panels of series of points, independent of how they are rendered.

use serde::Serialize;

use crate::charts::scale::decimal_to_f64;
use crate::charts::theme::Theme;
use crate::images::font;
use crate::text::is_xml_char;

/// Type of a chart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum ChartType {
    /// A bar for each value.
    Bar,
    /// A point for each year; a line connects consecutive years.
    Line,
    /// Progress from baseline to target.
    Progress,
    /// A tile for each country.
    Map,
}

impl ChartType {
    /// All values with their parameter names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("bar", Self::Bar),
        ("line", Self::Line),
        ("progress", Self::Progress),
        ("map", Self::Map),
    ];
}

/// Qualifier of a value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ValueQualifier {
    /// Exactly the value.
    #[default]
    Exact,
    /// More than the value.
    MoreThan,
    /// Less than the value.
    LessThan,
    /// About the value.
    About,
}

impl ValueQualifier {
    /// Parses a stored qualifier.
    pub fn parse(qualifier: &str) -> Self {
        match qualifier {
            "more_than" => Self::MoreThan,
            "less_than" => Self::LessThan,
            "about" => Self::About,
            _ => Self::Exact,
        }
    }

    /// Symbol for labels without room for words.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::MoreThan => ">",
            Self::LessThan => "<",
            Self::About => "~",
        }
    }
}

/// A reference value of a point: baseline or target.
#[derive(Clone, Debug, Default)]
pub struct Marker {
    /// Exact decimal.
    pub value: String,
    /// The label: `Target: 2,000 (2027)`.
    pub text: String,
}

/// A data point.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Country code, year or another key.
    pub key: String,
    /// Display name of the key.
    pub label: String,
    /// The language of the label, if it differs from that of the chart.
    pub language: Option<String>,
    /// Exact decimal; `None` if there is no data.
    pub value: Option<String>,
    /// Qualifier of the value.
    pub qualifier: ValueQualifier,
    /// The formatted value with its qualifier.
    pub display_value: String,
    /// Baseline.
    pub baseline: Option<Marker>,
    /// Target.
    pub target: Option<Marker>,
    /// Formatted progress: `75%`.
    pub progress: Option<String>,
}

impl Point {
    /// The approximate value for lengths.
    pub(super) fn numeric_value(&self) -> f64 {
        self.value.as_deref().map_or(0.0, decimal_to_f64)
    }

    /// The text alternative.
    pub(super) fn accessible_text(&self) -> String {
        let marks =
            [&self.baseline, &self.target].into_iter().flatten().map(|mark| mark.text.as_str());
        let parts: Vec<&str> = std::iter::once(self.display_value.as_str())
            .chain(self.progress.as_deref())
            .chain(marks)
            .collect();
        format!("{}: {}", self.label, parts.join(" · "))
    }
}

/// A series of points, such as one line of a line chart.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Name of the series, if there are several.
    pub name: Option<String>,
    /// Points in display order.
    pub points: Vec<Point>,
}

/// Values with a common scale.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// Unit or measure.
    pub heading: Option<String>,
    /// The series.
    pub series: Vec<Series>,
}

impl Panel {
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Type of the chart.
    pub chart_type: ChartType,
    /// The language of messages.
    pub language: &'static str,
    /// The title.
    pub title: String,
    /// Heading of the label column: country, year, statistic.
    pub point_noun: String,
    /// The values.
    pub panels: Vec<Panel>,
    /// Required notes: footnotes, counts of omitted values.
    pub notes: Vec<String>,
    /// The publisher.
    pub source: String,
}

impl Chart {
    /// Removes text that the bundled font does not support, for rasterization.
    #[must_use]
    pub fn with_supported_glyphs(&self) -> Self {
        let mut chart = self.clone();
        chart.map_texts(|text| {
            *text = font::strip_unsupported(&text.replace('≥', ">=").replace('≤', "<="));
        });
        chart
    }

    /// Removes characters that are invalid in XML.
    #[must_use]
    pub fn without_invalid_chars(mut self) -> Self {
        self.map_texts(|text| text.retain(is_xml_char));
        self
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.panels.iter().all(|panel| panel.points().next().is_none())
    }

    /// Edits every text except formatted values.
    fn map_texts(&mut self, edit: impl Fn(&mut String)) {
        [&mut self.title, &mut self.source].into_iter().chain(&mut self.notes).for_each(&edit);
        for panel in &mut self.panels {
            panel.heading.iter_mut().for_each(&edit);
            for series in &mut panel.series {
                series.name.iter_mut().for_each(&edit);
                for point in &mut series.points {
                    let marks = [&mut point.baseline, &mut point.target]
                        .into_iter()
                        .flatten()
                        .map(|mark| &mut mark.text);
                    marks.chain([&mut point.label]).for_each(&edit);
                }
            }
        }
    }

    /// Adds a point to a series of a panel, which are created if missing.
    pub(super) fn add_point(&mut self, panel: &str, series: Option<String>, point: Point) {
        let has_heading = |other: &Panel| other.heading.as_deref() == Some(panel);
        if !self.panels.iter().any(has_heading) {
            self.panels.push(Panel { heading: Some(panel.to_owned()), series: Vec::new() });
        }
        let Some(panel) = self.panels.iter_mut().find(|other| has_heading(other)) else { return };
        match panel.series.iter_mut().find(|other| other.name == series) {
            Some(other) => other.points.push(point),
            None => panel.series.push(Series { name: series, points: vec![point] }),
        }
    }

    /// Retains the first or last `max_points` points; returns the number of removed points.
    pub(super) fn truncate_points(&mut self, max_points: usize, keep_last: bool) -> usize {
        let total: usize = self.panels.iter().map(|panel| panel.points().count()).sum();
        let omitted = total.saturating_sub(max_points);
        let retained = if keep_last { omitted..total } else { 0..max_points };
        let mut index = 0_usize;
        for series in self.panels.iter_mut().flat_map(|panel| &mut panel.series) {
            series.points.retain(|_| {
                let is_kept = retained.contains(&index);
                index = index.saturating_add(1);
                is_kept
            });
        }
        omitted
    }
}

/// Options for rendering a chart.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions {
    /// Theme.
    pub theme: Theme,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels; `None` for as much as needed.
    pub height: Option<f64>,
    /// Class name and id suffix in a page that already has style, title and notes.
    pub embedded_as: Option<&'static str>,
}

/// A rendered chart.
#[derive(Clone, Debug)]
pub struct RenderedChart {
    /// The SVG.
    pub svg: String,
    /// Height in pixels.
    pub height: f64,
    /// Note with the number of values that did not fit.
    pub omitted_note: Option<String>,
}
