//! A chart as SVG: its title, what it shows, what must stand with it, and the same in words for
//! those who do not see it.

use super::canvas::{Canvas, TextAnchor, TextRun, format_length};
use super::lettering::TextStyle;
use super::scale::usize_to_f64;
use super::{Chart, ChartType, RenderOptions, RenderedChart, bars, line, progress, tiles};
use crate::embed::font;
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
pub fn render_chart(chart: &Chart, look: &RenderOptions) -> RenderedChart {
    let mut canvas = Canvas::default();
    let is_whole = look.embedded_as.is_none();
    let margin = if is_whole { MARGIN } else { 0.0 };
    let width = look.width - 2.0 * margin;
    let top = if is_whole { draw_title(chart, &mut canvas, width) } else { 0.0 };
    let notes: Vec<Vec<String>> = if is_whole {
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
    let below = usize_to_f64(lines) * NOTE_STYLE.line_height() + 10.0 + margin;
    let room = DrawArea {
        left: margin,
        top,
        width,
        max_height: look.height.map(|height| (height - top - below).max(0.0)),
    };
    let drawn = draw_values(chart, &mut canvas, room);
    let left_out = (drawn.omitted_points > 0)
        .then(|| Phrase::NotShown.with(chart.language, &drawn.omitted_points.to_string()));
    let mut y = top + drawn.height + 10.0 + NOTE_STYLE.size;
    let words = TextRun { text: "", style: NOTE_STYLE, class: "kc-soft", language: None };
    let first = left_out
        .iter()
        .filter(|_| is_whole)
        .map(|note| canvas.measurer.wrap(note, NOTE_STYLE, width, usize::MAX))
        .collect::<Vec<_>>();
    for lines in first.iter().chain(&notes) {
        y = canvas.text_lines(words, lines, TextAnchor::Start, (margin, y), width);
    }
    let needed = if is_whole { y - NOTE_STYLE.size + margin } else { top + drawn.height }.ceil();
    let height = look.height.map_or(needed, |height| height.max(needed));
    let svg = svg_document(chart, look, (height, left_out.as_deref()), &canvas.finish());
    RenderedChart { svg, height, omitted_note: left_out }
}

/// Draws the title; gives where the rest begins.
fn draw_title(chart: &Chart, canvas: &mut Canvas, width: f64) -> f64 {
    let lines = canvas.measurer.wrap(&chart.title, TITLE_STYLE, width, MAX_TITLE_LINES);
    let words = TextRun { text: "", style: TITLE_STYLE, class: "kc-ink", language: None };
    canvas.text_lines(words, &lines, TextAnchor::Start, (MARGIN, MARGIN + TITLE_STYLE.size), width)
        - TITLE_STYLE.size
        + 10.0
}

/// Draws the values, or says that there are none.
fn draw_values(chart: &Chart, canvas: &mut Canvas, room: DrawArea) -> DrawResult {
    if chart.is_empty() {
        let letters = TextStyle::regular(16.0);
        let lines = canvas.measurer.wrap(
            Phrase::NothingFound.in_language(chart.language),
            letters,
            room.width,
            3,
        );
        let words = TextRun { text: "", style: letters, class: "kc-ink", language: None };
        let end = canvas.text_lines(
            words,
            &lines,
            TextAnchor::Start,
            (room.left, room.top + 24.0),
            room.width,
        );
        return DrawResult { height: end - room.top, omitted_points: 0 };
    }
    match chart.chart_type {
        ChartType::Bar => bars::draw(chart, canvas, room),
        ChartType::Progress => progress::draw(chart, canvas, room),
        ChartType::Line => line::draw(chart, canvas, room),
        ChartType::Map => tiles::draw(chart, canvas, room),
    }
}

/// The drawing with what is around it.
fn svg_document(
    chart: &Chart,
    look: &RenderOptions,
    (height, left_out): (f64, Option<&str>),
    drawn: &str,
) -> String {
    let (width, style) = (format_length(look.width), look.theme.chart_style());
    let style = if look.embedded_as.is_some() {
        String::new()
    } else {
        format!("<style>{}</style>", style.css)
    };
    let name = look.embedded_as.unwrap_or("chart");
    let mut said = Xml::new("g", &[]);
    said.element("title", &[("id", &format!("kc-title-{name}"))], &chart.title);
    said.element("desc", &[("id", &format!("kc-desc-{name}"))], &long_description(chart, left_out));
    let said = said.finish();
    let said = said
        .split_once("<g>")
        .and_then(|(_, said)| said.rsplit_once("</g>"))
        .map(|(said, _)| said)
        .unwrap_or_default();
    let shown = format_length(look.height.unwrap_or(height));
    let height = format_length(height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{shown}\" class=\"{name}\" role=\"img\" \
         aria-labelledby=\"kc-title-{name}\" aria-describedby=\"kc-desc-{name}\" lang=\"{language}\" \
         font-family=\"'Noto Sans', system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\">{said}{style}\
         <rect class=\"kc-paper\" width=\"{width}\" height=\"{height}\"/>{drawn}</svg>",
        language = chart.language,
    )
}

/// All that a chart says, in words. Who is read a picture is read this: nothing else in it.
fn long_description(chart: &Chart, left_out: Option<&str>) -> String {
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
    parts.extend(left_out.map(str::to_owned));
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
    fn map_texts(&mut self, change: impl Fn(&mut String)) {
        [&mut self.title, &mut self.source].into_iter().chain(&mut self.notes).for_each(&change);
        for panel in &mut self.panels {
            panel.heading.iter_mut().for_each(&change);
            for series in &mut panel.series {
                series.name.iter_mut().for_each(&change);
                for point in &mut series.points {
                    let marks = [&mut point.baseline, &mut point.target]
                        .into_iter()
                        .flatten()
                        .map(|mark| &mut mark.text);
                    marks.chain([&mut point.label]).for_each(&change);
                }
            }
        }
    }
}
