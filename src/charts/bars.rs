//! Bar charts: one bar for each value, with label and value next to it instead of an axis.

use crate::charts::canvas::{Canvas, Size, TextRun, at};
use crate::charts::layout::{DrawArea, DrawResult, draw_heading, layout_heading};
use crate::charts::model::{Chart, Panel, Point};
use crate::charts::scale::{Scale, usize_to_f64};
use crate::charts::text_layout::{FONT_SLACK, TextStyle};

/// Style of labels.
const LABEL_STYLE: TextStyle = TextStyle::regular(14.0);
/// Style of values.
const VALUE_STYLE: TextStyle = TextStyle::bold(14.0);
/// Maximum lines of a label; the tooltip has the full text.
const MAX_LABEL_LINES: usize = 5;
const ROW_GAP: f64 = 10.0;
const BAR_HEIGHT: f64 = 20.0;
/// Height of a bar below its texts.
const STACKED_BAR_HEIGHT: f64 = 12.0;
/// Minimum width for texts next to bars; otherwise they are above.
const MIN_SIDE_BY_SIDE_WIDTH: f64 = 420.0;

/// Column widths of a row.
struct Columns {
    label_width: f64,
    value_width: f64,
    /// Whether the texts of a row are above its bar.
    is_stacked: bool,
}

/// A point with its full label.
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
    /// Computes common columns for all panels, so that their bars are aligned.
    fn new(panels: &[Panel], canvas: &Canvas, area: DrawArea) -> Self {
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
        let is_stacked = area.width < MIN_SIDE_BY_SIDE_WIDTH || values > area.width * 0.4;
        Self {
            label_width: labels.min((area.width * 0.4).floor()),
            value_width: values,
            is_stacked,
        }
    }
}

/// A row with wrapped texts.
struct RowLayout<'a> {
    row: &'a BarRow<'a>,
    label_lines: Vec<String>,
    value_lines: Vec<String>,
    height: f64,
}

impl<'a> RowLayout<'a> {
    fn new(row: &'a BarRow<'a>, canvas: &Canvas, columns: &Columns, area: DrawArea) -> Self {
        let text_height = |lines: &[String], letters: TextStyle| {
            usize_to_f64(lines.len()) * letters.line_height()
        };
        if columns.is_stacked {
            let label = canvas.measurer.wrap(&row.label, LABEL_STYLE, area.width, MAX_LABEL_LINES);
            let value =
                canvas.measurer.wrap(&row.point.display_value, VALUE_STYLE, area.width, usize::MAX);
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

/// Renders the bars of all panels.
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
            // At least one row is rendered, whatever the height.
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
        y = draw_heading(&heading.0, canvas, DrawArea { top: y, ..area });
        y = draw_rows(&layouts, &columns, canvas, DrawArea { top: y, ..area }) + 6.0;
    }
    DrawResult { height: y - area.top, omitted_points: omitted }
}

fn draw_rows(
    rows: &[RowLayout<'_>],
    columns: &Columns,
    canvas: &mut Canvas,
    area: DrawArea,
) -> f64 {
    let (from, to) = if columns.is_stacked {
        (area.left, area.left + area.width)
    } else {
        (
            area.left + columns.label_width + ROW_GAP,
            area.left + area.width - columns.value_width - ROW_GAP,
        )
    };
    let scale = Scale::new(rows.iter().map(|layout| layout.row.point.numeric_value()), from..to);
    let zero = scale.position(0.0);
    let mut y = area.top;
    for layout in rows {
        let point = layout.row.point;
        canvas.open_group(&format!("{}: {}", layout.row.label, point.display_value));
        let label = TextRun {
            language: point.language.as_deref(),
            ..TextRun::new("", LABEL_STYLE, "kc-text")
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
                at(area.left, y + LABEL_STYLE.size),
                area.width,
            );
            let next =
                canvas.text_lines(value, &layout.value_lines, at(area.left, next), area.width)
                    - VALUE_STYLE.size;
            canvas.rectangle(
                "kc-bar",
                at(start, next + 4.0),
                Size { width, height: STACKED_BAR_HEIGHT },
            );
            canvas.line(
                "kc-line",
                at(zero, next + 2.0),
                at(zero, next + STACKED_BAR_HEIGHT + 6.0),
                "1",
            );
        } else {
            let inner = layout.height - ROW_GAP;
            let text = usize_to_f64(layout.label_lines.len()) * LABEL_STYLE.line_height();
            let first = y + (inner - text) / 2.0 + LABEL_STYLE.size;
            canvas.text_lines(
                label,
                &layout.label_lines,
                at(area.left, first),
                columns.label_width,
            );
            canvas.rectangle(
                "kc-bar",
                at(start, y + (inner - BAR_HEIGHT) / 2.0),
                Size { width, height: BAR_HEIGHT },
            );
            let figure = TextRun { text: &point.display_value, ..value };
            canvas.text(
                figure,
                at(end.max(zero) + 6.0, y + inner / 2.0 + VALUE_STYLE.size * 0.36),
                columns.value_width,
            );
            canvas.line(
                "kc-line",
                at(zero, y - ROW_GAP / 2.0),
                at(zero, y + inner + ROW_GAP / 2.0),
                "1",
            );
        }
        canvas.close_group();
        y += layout.height;
    }
    y
}
