//! A bar for each value, each with its label and its value beside it: no axis has to be read.

use crate::charts::canvas::{Canvas, TextAnchor, TextRun};
use crate::charts::scale::Scale;
use crate::charts::svg::{DrawArea, DrawResult};
use crate::charts::text_layout::{FONT_SLACK, TextStyle};
use crate::charts::{Chart, Panel, Point};

/// Names of what is counted.
const LABEL_STYLE: TextStyle = TextStyle::regular(14.0);
/// Values.
const VALUE_STYLE: TextStyle = TextStyle::bold(14.0);
/// What a panel is of.
pub const HEADING_STYLE: TextStyle = TextStyle::bold(14.0);
/// The most lines of a label; who points at it reads it whole.
const MAX_LABEL_LINES: usize = 5;
const ROW_GAP: f64 = 10.0;
const BAR_HEIGHT: f64 = 20.0;
/// A bar below its texts.
const STACKED_BAR_HEIGHT: f64 = 12.0;
/// Narrower charts have texts above bars.
const MIN_SIDE_BY_SIDE_WIDTH: f64 = 420.0;

/// Where the parts of a row are.
struct Columns {
    label_width: f64,
    value_width: f64,
    /// Whether the texts of a row stand above its bar.
    is_stacked: bool,
}

/// A point, and what it is called beside others.
struct BarRow<'a> {
    point: &'a Point,
    label: String,
}

fn rows(panel: &Panel) -> Vec<BarRow<'_>> {
    let label = |name: Option<&str>, point: &Point| {
        name.map_or_else(|| point.label.clone(), |name| format!("{name} · {}", point.label))
    };
    let points = panel
        .series
        .iter()
        .flat_map(|series| series.points.iter().map(|point| (series.name.as_deref(), point)));
    points.map(|(name, point)| BarRow { point, label: label(name, point) }).collect()
}

impl Columns {
    /// Those of all panels, so that bars begin below each other.
    fn new(panels: &[Panel], canvas: &Canvas, room: DrawArea) -> Self {
        let rows: Vec<BarRow<'_>> = panels.iter().flat_map(rows).collect();
        let widest = |widths: &mut dyn Iterator<Item = f64>| {
            (widths.fold(0.0, f64::max) * FONT_SLACK).ceil()
        };
        let labels =
            widest(&mut rows.iter().map(|row| canvas.measurer.width(&row.label, LABEL_STYLE)));
        let values = widest(
            &mut rows
                .iter()
                .map(|row| canvas.measurer.width(&row.point.display_value, VALUE_STYLE)),
        );
        let is_stacked = room.width < MIN_SIDE_BY_SIDE_WIDTH || values > room.width * 0.4;
        Self {
            label_width: labels.min((room.width * 0.4).floor()),
            value_width: values,
            is_stacked,
        }
    }
}

/// A row with its texts in lines.
struct RowLayout<'a> {
    row: &'a BarRow<'a>,
    label_lines: Vec<String>,
    value_lines: Vec<String>,
    height: f64,
}

impl<'a> RowLayout<'a> {
    fn new(row: &'a BarRow<'a>, canvas: &Canvas, columns: &Columns, room: DrawArea) -> Self {
        let text_height = |lines: &[String], letters: TextStyle| {
            crate::charts::scale::usize_to_f64(lines.len()) * letters.line_height()
        };
        if columns.is_stacked {
            let label = canvas.measurer.wrap(&row.label, LABEL_STYLE, room.width, MAX_LABEL_LINES);
            let value =
                canvas.measurer.wrap(&row.point.display_value, VALUE_STYLE, room.width, usize::MAX);
            let height = text_height(&label, LABEL_STYLE)
                + text_height(&value, VALUE_STYLE)
                + STACKED_BAR_HEIGHT
                + 4.0
                + ROW_GAP;
            return Self { row, label_lines: label, value_lines: value, height };
        }
        let label =
            canvas.measurer.wrap(&row.label, LABEL_STYLE, columns.label_width, MAX_LABEL_LINES);
        let height = text_height(&label, LABEL_STYLE).max(BAR_HEIGHT) + ROW_GAP;
        Self { row, label_lines: label, value_lines: vec![row.point.display_value.clone()], height }
    }
}

/// Draws the bars of all panels.
pub fn draw(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    let (mut y, mut omitted, mut is_full) = (area.top, 0_usize, false);
    let columns = Columns::new(&chart.panels, canvas, area);
    for panel in &chart.panels {
        let rows = rows(panel);
        if is_full || rows.is_empty() {
            omitted = omitted.saturating_add(rows.len());
            continue;
        }
        let heading = layout_heading(panel, canvas, area);
        let mut layouts: Vec<RowLayout<'_>> = Vec::new();
        let mut end = y + heading.1;
        for row in &rows {
            let layout = RowLayout::new(row, canvas, &columns, area);
            // What was begun shows something, however little room there is.
            let is_first = layouts.is_empty() && y <= area.top;
            if !is_first
                && area.max_height.is_some_and(|height| end + layout.height > area.top + height)
            {
                is_full = true;
                break;
            }
            end += layout.height;
            layouts.push(layout);
        }
        omitted = omitted.saturating_add(rows.len().saturating_sub(layouts.len()));
        if layouts.is_empty() {
            continue;
        }
        y = draw_heading(&heading.0, canvas, (area, y));
        y = draw_rows(&layouts, &columns, canvas, (area, y)) + 6.0;
    }
    DrawResult { height: y - area.top, omitted_points: omitted }
}

/// The lines of a panel's heading, and how high it is.
pub fn layout_heading(panel: &Panel, canvas: &Canvas, area: DrawArea) -> (Vec<String>, f64) {
    let lines = panel
        .heading
        .as_deref()
        .map(|text| canvas.measurer.wrap(text, HEADING_STYLE, area.width, 3))
        .unwrap_or_default();
    let height = if lines.is_empty() {
        0.0
    } else {
        crate::charts::scale::usize_to_f64(lines.len()) * HEADING_STYLE.line_height() + 8.0
    };
    (lines, height)
}

/// Draws it; gives where the panel goes on.
pub fn draw_heading(lines: &[String], canvas: &mut Canvas, (area, y): (DrawArea, f64)) -> f64 {
    if lines.is_empty() {
        return y;
    }
    let run = TextRun { text: "", style: HEADING_STYLE, class: "kc-soft", language: None };
    canvas.text_lines(
        run,
        lines,
        TextAnchor::Start,
        (area.left, y + HEADING_STYLE.size),
        area.width,
    ) - HEADING_STYLE.size
        + 8.0
}

fn draw_rows(
    rows: &[RowLayout<'_>],
    columns: &Columns,
    canvas: &mut Canvas,
    (area, top): (DrawArea, f64),
) -> f64 {
    let (from, to) = if columns.is_stacked {
        (area.left, area.left + area.width)
    } else {
        (
            area.left + columns.label_width + ROW_GAP,
            area.left + area.width - columns.value_width - ROW_GAP,
        )
    };
    let scale = Scale::new(rows.iter().map(|layout| layout.row.point.numeric_value()), (from, to));
    let zero = scale.position(0.0);
    let mut y = top;
    for layout in rows {
        let point = layout.row.point;
        canvas.open_group(&format!("{}: {}", layout.row.label, point.display_value));
        let label = TextRun {
            text: "",
            style: LABEL_STYLE,
            class: "kc-ink",
            language: point.language.as_deref(),
        };
        let value = TextRun { style: VALUE_STYLE, language: None, ..label };
        let end = scale.position(point.numeric_value());
        let (start, mut width) = (end.min(zero), (end - zero).abs());
        if point.numeric_value().abs() > 0.0 {
            width = width.max(1.0);
        }
        if columns.is_stacked {
            let next = canvas.text_lines(
                label,
                &layout.label_lines,
                TextAnchor::Start,
                (area.left, y + LABEL_STYLE.size),
                area.width,
            );
            let next = canvas.text_lines(
                value,
                &layout.value_lines,
                TextAnchor::Start,
                (area.left, next),
                area.width,
            ) - VALUE_STYLE.size;
            canvas.rectangle("kc-bar", (start, next + 4.0), (width, STACKED_BAR_HEIGHT));
            canvas.line(
                "kc-line",
                (zero, next + 2.0),
                (zero, next + STACKED_BAR_HEIGHT + 6.0),
                "1",
            );
        } else {
            let inner = layout.height - ROW_GAP;
            let text = crate::charts::scale::usize_to_f64(layout.label_lines.len())
                * LABEL_STYLE.line_height();
            let first = y + (inner - text) / 2.0 + LABEL_STYLE.size;
            canvas.text_lines(
                label,
                &layout.label_lines,
                TextAnchor::Start,
                (area.left, first),
                columns.label_width,
            );
            canvas.rectangle(
                "kc-bar",
                (start, y + (inner - BAR_HEIGHT) / 2.0),
                (width, BAR_HEIGHT),
            );
            let figure = TextRun { text: &point.display_value, ..value };
            canvas.text(
                figure,
                TextAnchor::Start,
                (end.max(zero) + 6.0, y + inner / 2.0 + VALUE_STYLE.size * 0.36),
                columns.value_width,
            );
            canvas.line(
                "kc-line",
                (zero, y - ROW_GAP / 2.0),
                (zero, y + inner + ROW_GAP / 2.0),
                "1",
            );
        }
        canvas.close_group();
        y += layout.height;
    }
    y
}
