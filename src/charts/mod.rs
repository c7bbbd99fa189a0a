//! Charts of impact statistics, drawn on the server: `/v1/impact-statistics/chart.svg`, `.png`, and
//! the page to be framed.
//!
//! - [`draw`]: a chart as SVG; pure. Each form is a file: [`bars`], [`progress`], [`line`],
//!   [`tiles`].
//! - [`theme`]: its colours. [`lettering`]: its texts in lines. [`canvas`]: what it is drawn on.
//!   [`scale`]: from numbers to lengths.
//!
//! - [`asked`]: what is asked of one. [`each`]: statistics by themselves. [`groups`]: what a
//!   summary of them comes to. [`api`]: the addresses. [`page`]: the page.
//!
//! A length on the screen is as exact as the screen; what a label says is the value itself, with
//! its qualifier.

pub mod api;
pub mod bars;
pub mod canvas;
pub mod line;
pub mod params;
pub mod progress;
pub mod scale;
pub mod statistics;
pub mod summaries;
pub mod svg;
#[cfg(test)]
pub mod test_fixtures;
pub mod text_layout;
pub mod theme;
pub mod tile_map;

/// How a chart shows values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChartType {
    /// A bar for each.
    Bar,
    /// A point for each year, and a line through those of years that follow each other.
    Line,
    /// From the baseline to the target.
    Progress,
    /// A tile for each country.
    Map,
}

impl ChartType {
    /// All of them, by their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("bar", Self::Bar),
        ("line", Self::Line),
        ("progress", Self::Progress),
        ("map", Self::Map),
    ];
}

/// How exact a value is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ValueQualifier {
    /// It is this.
    #[default]
    Exact,
    /// It is more.
    MoreThan,
    /// It is less.
    LessThan,
    /// It is about this.
    About,
}

impl ValueQualifier {
    /// By the word of a qualifier.
    pub fn parse(qualifier: &str) -> Self {
        match qualifier {
            "more_than" => Self::MoreThan,
            "less_than" => Self::LessThan,
            "about" => Self::About,
            _ => Self::Exact,
        }
    }

    /// A sign for it, where there is no room for words.
    fn symbol(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::MoreThan => ">",
            Self::LessThan => "<",
            Self::About => "~",
        }
    }
}

/// A value beside that of a point: what it was before, what it is to be.
#[derive(Clone, Debug, Default)]
pub struct Marker {
    /// Exact decimal.
    pub value: String,
    /// What it says, with its name: `Target: 2,000 (2027)`.
    pub text: String,
}

/// A value.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// What it is of: a country's code, a year.
    pub key: String,
    /// The same for people.
    pub label: String,
    /// The language of that, where it is another than the chart's.
    pub language: Option<String>,
    /// Exact decimal; none of what is shown although nothing is known of it.
    pub value: Option<String>,
    /// How exact it is.
    pub qualifier: ValueQualifier,
    /// How people say it, with its qualifier.
    pub display_value: String,
    /// What it was before.
    pub baseline: Option<Marker>,
    /// What it is to be.
    pub target: Option<Marker>,
    /// How much of the way is gone: `75%`.
    pub progress: Option<String>,
}

impl Point {
    /// Its value as a length can be made of it.
    fn numeric_value(&self) -> f64 {
        self.value.as_deref().map_or(0.0, scale::decimal_to_f64)
    }

    /// All that is said of it.
    fn accessible_text(&self) -> String {
        let marks =
            [&self.baseline, &self.target].into_iter().flatten().map(|mark| mark.text.as_str());
        let parts: Vec<&str> = std::iter::once(self.display_value.as_str())
            .chain(self.progress.as_deref())
            .chain(marks)
            .collect();
        format!("{}: {}", self.label, parts.join(" · "))
    }
}

/// Points that belong together: one line of several.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// What they are of, where there are several.
    pub name: Option<String>,
    /// In the order in which they are shown; of those for which there is no room, the last.
    pub points: Vec<Point>,
}

/// What is measured by one scale.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// What it is of, where there are several, or what is counted.
    pub heading: Option<String>,
    /// Its values.
    pub series: Vec<Series>,
}

impl Panel {
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// How it shows values.
    pub chart_type: ChartType,
    /// The language of what the product says.
    pub language: &'static str,
    /// What it shows.
    pub title: String,
    /// What its points are: countries, years, statistics.
    pub point_noun: String,
    /// The values.
    pub panels: Vec<Panel>,
    /// What must stand with them: footnotes, what is not shown.
    pub notes: Vec<String>,
    /// Whose they are.
    pub source: String,
}

impl Chart {
    /// Adds a point to the series of this name, in the panel of this name.
    fn add_point(&mut self, panel: &str, series: Option<String>, point: Point) {
        let has_heading = |known: &Panel| known.heading.as_deref() == Some(panel);
        if !self.panels.iter().any(has_heading) {
            self.panels.push(Panel { heading: Some(panel.to_owned()), series: Vec::new() });
        }
        let Some(panel) = self.panels.iter_mut().find(|known| has_heading(known)) else { return };
        match panel.series.iter_mut().find(|known| known.name == series) {
            Some(known) => known.points.push(point),
            None => panel.series.push(Series { name: series, points: vec![point] }),
        }
    }

    /// Keeps the first points, or the last; gives how many are left out.
    fn truncate_points(&mut self, max_points: usize, keep_last: bool) -> usize {
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

/// How a chart is to look.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions {
    /// Its colours.
    pub theme: Theme,
    /// Its width.
    pub width: f64,
    /// Its height; as much as it needs where none is named.
    pub height: Option<f64>,
    /// Its name in a page that has its style, its title and its notes already.
    pub embedded_as: Option<&'static str>,
}

/// A chart as it was drawn.
#[derive(Clone, Debug)]
pub struct RenderedChart {
    /// The SVG.
    pub svg: String,
    /// Its height.
    pub height: f64,
    /// How many values there was no room for, in words.
    pub omitted_note: Option<String>,
}

pub use crate::charts::theme::Theme;
