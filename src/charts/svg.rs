//! Renders a chart as SVG with title, values, notes and a text alternative.

use crate::charts::canvas::{Canvas, TextRun, at, format_length};
use crate::charts::layout::{DrawArea, DrawResult};
use crate::charts::model::{Chart, ChartType, RenderOptions, RenderedChart};
use crate::charts::scale::usize_to_f64;
use crate::charts::text_layout::TextStyle;
use crate::charts::{bars, line, progress, tile_map};
use crate::i18n::messages::Message;
use crate::text::xml::XmlWriter;

/// Margin of a standalone chart.
const MARGIN: f64 = 16.0;
/// Style of titles.
const TITLE_STYLE: TextStyle = TextStyle::bold(18.0);
/// Style of notes.
const NOTE_STYLE: TextStyle = TextStyle::regular(12.0);
/// Maximum lines of the title; the `title` element has the full text.
const MAX_TITLE_LINES: usize = 3;

/// Renders a chart.
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
    // One more line for the note about omitted values.
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
        .then(|| Message::NotShown.format(chart.language, &result.omitted_points.to_string()));
    let mut y = top + result.height + 10.0 + NOTE_STYLE.size;
    let run = TextRun::new("", NOTE_STYLE, "kc-muted");
    let omitted_lines = omitted_note
        .iter()
        .filter(|_| is_standalone)
        .map(|note| canvas.measurer.wrap(note, NOTE_STYLE, width, usize::MAX))
        .collect::<Vec<_>>();
    for lines in omitted_lines.iter().chain(&notes) {
        y = canvas.text_lines(run, lines, at(margin, y), width);
    }
    let needed_height =
        if is_standalone { y - NOTE_STYLE.size + margin } else { top + result.height }.ceil();
    let height = options.height.map_or(needed_height, |height| height.max(needed_height));
    let description = long_description(chart, omitted_note.as_deref());
    let content = SvgContent { height, description, elements: canvas.finish() };
    let svg = svg_document(chart, options, &content);
    RenderedChart { svg, height, omitted_note }
}

/// Renders the title; returns the top of the values.
fn draw_title(chart: &Chart, canvas: &mut Canvas, width: f64) -> f64 {
    let lines = canvas.measurer.wrap(&chart.title, TITLE_STYLE, width, MAX_TITLE_LINES);
    let run = TextRun::new("", TITLE_STYLE, "kc-text");
    canvas.text_lines(run, &lines, at(MARGIN, MARGIN + TITLE_STYLE.size), width) - TITLE_STYLE.size
        + 10.0
}

/// Renders the values, or a message if there are none.
fn draw_values(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    if chart.is_empty() {
        let style = TextStyle::regular(16.0);
        let lines = canvas.measurer.wrap(
            Message::NothingFound.localize(chart.language),
            style,
            area.width,
            3,
        );
        let run = TextRun::new("", style, "kc-text");
        let end = canvas.text_lines(run, &lines, at(area.left, area.top + 24.0), area.width);
        return DrawResult { height: end - area.top, omitted_points: 0 };
    }
    match chart.chart_type {
        ChartType::Bar => bars::draw(chart, canvas, area),
        ChartType::Progress => progress::draw(chart, canvas, area),
        ChartType::Line => line::draw(chart, canvas, area),
        ChartType::Map => tile_map::draw(chart, canvas, area),
    }
}

/// The content of an SVG document.
struct SvgContent {
    height: f64,
    description: String,
    elements: String,
}

/// The SVG document around the content.
fn svg_document(chart: &Chart, options: &RenderOptions, content: &SvgContent) -> String {
    let (width, style) = (format_length(options.width), options.theme.chart_style());
    let style = if options.embedded_as.is_some() {
        String::new()
    } else {
        format!("<style>{}</style>", style.text)
    };
    let name = options.embedded_as.unwrap_or("chart");
    let mut descriptions = XmlWriter::new("g", &[]);
    descriptions.element("title", &[("id", &format!("kc-title-{name}"))], &chart.title);
    descriptions.element("desc", &[("id", &format!("kc-desc-{name}"))], &content.description);
    let descriptions = descriptions.finish();
    let descriptions = descriptions
        .split_once("<g>")
        .and_then(|(_, descriptions)| descriptions.rsplit_once("</g>"))
        .map(|(descriptions, _)| descriptions)
        .unwrap_or_default();
    let display_height = format_length(options.height.unwrap_or(content.height));
    let height = format_length(content.height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{display_height}\" class=\"{name}\" role=\"img\" \
         aria-labelledby=\"kc-title-{name}\" aria-describedby=\"kc-desc-{name}\" lang=\"{language}\" \
         font-family=\"'Noto Sans', system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\">{descriptions}{style}\
         <rect class=\"kc-background\" width=\"{width}\" height=\"{height}\"/>{elements}</svg>",
        elements = content.elements,
        language = chart.language,
    )
}

/// The text alternative of a chart: all values and notes.
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
        parts.push(Message::NothingFound.localize(chart.language).to_owned());
    }
    parts.extend(omitted_note.map(str::to_owned));
    parts.extend(chart.notes.iter().cloned());
    parts.push(chart.source.clone());
    parts.join("\n")
}
