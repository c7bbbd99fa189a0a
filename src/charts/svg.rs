//! A chart as SVG: its title, what it shows, what must stand with it, and the same in words for
//! those who do not see it.

use crate::charts::canvas::{Canvas, TextAnchor, TextRun, format_length};
use crate::charts::scale::usize_to_f64;
use crate::charts::text_layout::TextStyle;
use crate::charts::{
    Chart, ChartType, RenderOptions, RenderedChart, bars, line, progress, tile_map,
};
use crate::images::font;
use crate::phrases::Phrase;
use crate::text::is_markup;
use crate::text::xml::Xml;

/// Around everything.
pub const MARGIN: f64 = 16.0;
/// Titles.
const TITLE_STYLE: TextStyle = TextStyle::bold(18.0);
/// Notes.
const NOTE_STYLE: TextStyle = TextStyle::regular(12.0);
/// The most lines of a title that are drawn; its element has it whole.
const MAX_TITLE_LINES: usize = 3;

/// The room in which values are drawn.
#[derive(Clone, Copy, Debug)]
pub struct DrawArea {
    /// Its left side.
    pub left: f64,
    /// Its upper side.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height, where that is limited.
    pub max_height: Option<f64>,
}

/// What was drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrawResult {
    /// How high.
    pub height: f64,
    /// How many points there was no room for.
    pub omitted_points: usize,
}

/// Draws a chart.
pub fn render_chart(chart: &Chart, options: &RenderOptions) -> RenderedChart {
    let mut canvas = Canvas::default();
    let is_standalone = options.embedded_as.is_none();
    let margin = if is_standalone { MARGIN } else { 0.0 };
    let width = options.width - 2.0 * margin;
    let top = if is_standalone { draw_title(chart, &mut canvas, width) } else { 0.0 };
    let notes: Vec<Vec<String>> = if is_standalone {
        chart
            .notes
            .iter()
            .chain([&chart.source])
            .map(|note| canvas.measurer.wrap(note, NOTE_STYLE, width, usize::MAX))
            .collect()
    } else {
        Vec::new()
    };
    // One line more than there are notes: perhaps not all is shown.
    let lines = notes.iter().map(Vec::len).sum::<usize>().saturating_add(1);
    let footer_height = usize_to_f64(lines) * NOTE_STYLE.line_height() + 10.0 + margin;
    let area = DrawArea {
        left: margin,
        top,
        width,
        max_height: options.height.map(|height| (height - top - footer_height).max(0.0)),
    };
    let result = draw_values(chart, &mut canvas, area);
    let omitted_note = (result.omitted_points > 0)
        .then(|| Phrase::NotShown.with(chart.language, &result.omitted_points.to_string()));
    let mut y = top + result.height + 10.0 + NOTE_STYLE.size;
    let run = TextRun { text: "", style: NOTE_STYLE, class: "kc-soft", language: None };
    let omitted_lines = omitted_note
        .iter()
        .filter(|_| is_standalone)
        .map(|note| canvas.measurer.wrap(note, NOTE_STYLE, width, usize::MAX))
        .collect::<Vec<_>>();
    for lines in omitted_lines.iter().chain(&notes) {
        y = canvas.text_lines(run, lines, TextAnchor::Start, (margin, y), width);
    }
    let needed_height =
        if is_standalone { y - NOTE_STYLE.size + margin } else { top + result.height }.ceil();
    let height = options.height.map_or(needed_height, |height| height.max(needed_height));
    let svg = svg_document(chart, options, (height, omitted_note.as_deref()), &canvas.finish());
    RenderedChart { svg, height, omitted_note: omitted_note }
}

/// Draws the title; gives where the rest begins.
fn draw_title(chart: &Chart, canvas: &mut Canvas, width: f64) -> f64 {
    let lines = canvas.measurer.wrap(&chart.title, TITLE_STYLE, width, MAX_TITLE_LINES);
    let run = TextRun { text: "", style: TITLE_STYLE, class: "kc-ink", language: None };
    canvas.text_lines(run, &lines, TextAnchor::Start, (MARGIN, MARGIN + TITLE_STYLE.size), width)
        - TITLE_STYLE.size
        + 10.0
}

/// Draws the values, or says that there are none.
fn draw_values(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    if chart.is_empty() {
        let style = TextStyle::regular(16.0);
        let lines = canvas.measurer.wrap(
            Phrase::NothingFound.in_language(chart.language),
            style,
            area.width,
            3,
        );
        let run = TextRun { text: "", style: style, class: "kc-ink", language: None };
        let end = canvas.text_lines(
            run,
            &lines,
            TextAnchor::Start,
            (area.left, area.top + 24.0),
            area.width,
        );
        return DrawResult { height: end - area.top, omitted_points: 0 };
    }
    match chart.chart_type {
        ChartType::Bar => bars::draw(chart, canvas, area),
        ChartType::Progress => progress::draw(chart, canvas, area),
        ChartType::Line => line::draw(chart, canvas, area),
        ChartType::Map => tile_map::draw(chart, canvas, area),
    }
}

/// The drawing with what is around it.
fn svg_document(
    chart: &Chart,
    options: &RenderOptions,
    (height, omitted_note): (f64, Option<&str>),
    content: &str,
) -> String {
    let (width, style) = (format_length(options.width), options.theme.chart_style());
    let style = if options.embedded_as.is_some() {
        String::new()
    } else {
        format!("<style>{}</style>", style.css)
    };
    let name = options.embedded_as.unwrap_or("chart");
    let mut descriptions = Xml::new("g", &[]);
    descriptions.element("title", &[("id", &format!("kc-title-{name}"))], &chart.title);
    descriptions.element(
        "desc",
        &[("id", &format!("kc-desc-{name}"))],
        &long_description(chart, omitted_note),
    );
    let descriptions = descriptions.finish();
    let descriptions = descriptions
        .split_once("<g>")
        .and_then(|(_, descriptions)| descriptions.rsplit_once("</g>"))
        .map(|(descriptions, _)| descriptions)
        .unwrap_or_default();
    let display_height = format_length(options.height.unwrap_or(height));
    let height = format_length(height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{display_height}\" class=\"{name}\" role=\"img\" \
         aria-labelledby=\"kc-title-{name}\" aria-describedby=\"kc-desc-{name}\" lang=\"{language}\" \
         font-family=\"'Noto Sans', system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\">{descriptions}{style}\
         <rect class=\"kc-paper\" width=\"{width}\" height=\"{height}\"/>{content}</svg>",
        language = chart.language,
    )
}

/// All that a chart says, in words. Who is read a picture is read this: nothing else in it.
fn long_description(chart: &Chart, omitted_note: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for panel in &chart.panels {
        parts.extend(panel.heading.clone());
        for series in &panel.series {
            let name = series.name.as_deref().map(|name| format!("{name} · ")).unwrap_or_default();
            parts.extend(
                series.points.iter().map(|point| format!("{name}{}", point.accessible_text())),
            );
        }
    }
    if parts.is_empty() {
        parts.push(Phrase::NothingFound.in_language(chart.language).to_owned());
    }
    parts.extend(omitted_note.map(str::to_owned));
    parts.extend(chart.notes.iter().cloned());
    parts.push(chart.source.clone());
    parts.join("\n")
}

impl Chart {
    /// The same with what the bundled font has, for a painter.
    #[must_use]
    pub fn with_supported_glyphs(&self) -> Self {
        let mut chart = self.clone();
        chart.map_texts(|text| {
            *text = font::strip_unsupported(&text.replace('≥', ">=").replace('≤', "<="))
        });
        chart
    }

    /// The same without what no markup can hold: it would be measured, and not be there.
    #[must_use]
    pub fn without_invalid_chars(mut self) -> Self {
        self.map_texts(|text| text.retain(is_markup));
        self
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.panels.iter().all(|panel| panel.points().next().is_none())
    }

    /// Changes every text but those that the product itself made of numbers.
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
}
