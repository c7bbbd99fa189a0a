//! Progress charts: a track from baseline to target for each value.

use crate::charts::canvas::{Canvas, Size, TextAnchor, TextRun, at, format_length};
use crate::charts::layout::{DrawArea, DrawResult, draw_heading, layout_heading};
use crate::charts::model::{Chart, Marker, Point};
use crate::charts::scale::{Scale, decimal_to_f64, usize_to_f64};
use crate::charts::text_layout::{FONT_SLACK, TextStyle};

const LABEL_STYLE: TextStyle = TextStyle::regular(14.0);
const VALUE_STYLE: TextStyle = TextStyle::bold(16.0);
const MARKER_STYLE: TextStyle = TextStyle::regular(12.0);
const MAX_LABEL_LINES: usize = 5;
const TRACK_HEIGHT: f64 = 14.0;
const ROW_GAP: f64 = 18.0;

/// A point with wrapped texts.
struct ProgressRow<'a> {
    point: &'a Point,
    label_lines: Vec<String>,
    value_lines: Vec<String>,
    baseline_lines: Vec<String>,
    target_lines: Vec<String>,
    /// Whether baseline and target are in one line.
    is_side_by_side: bool,
    height: f64,
}

impl<'a> ProgressRow<'a> {
    fn new(name: Option<&str>, point: &'a Point, canvas: &Canvas, area: DrawArea) -> Self {
        let measurer = &canvas.measurer;
        let label =
            name.map_or_else(|| point.label.clone(), |name| format!("{name} · {}", point.label));
        let label = measurer.wrap(&label, LABEL_STYLE, area.width, MAX_LABEL_LINES);
        let value_text = [Some(point.display_value.as_str()), point.progress.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ");
        let value = measurer.wrap(&value_text, VALUE_STYLE, area.width, usize::MAX);
        let marker_text = |marker: &Option<Marker>| {
            marker.as_ref().map(|marker| marker.text.clone()).unwrap_or_default()
        };
        let (baseline, target) = (marker_text(&point.baseline), marker_text(&point.target));
        let is_side_by_side = (measurer.width(&baseline, MARKER_STYLE)
            + measurer.width(&target, MARKER_STYLE))
            * FONT_SLACK
            + 16.0
            <= area.width;
        let lines = |text: &str| measurer.wrap(text, MARKER_STYLE, area.width, usize::MAX);
        let (baseline, target) = (lines(&baseline), lines(&target));
        let marks = if is_side_by_side {
            baseline.len().max(target.len())
        } else {
            baseline.len().saturating_add(target.len())
        };
        let height = usize_to_f64(label.len()) * LABEL_STYLE.line_height()
            + usize_to_f64(value.len()) * VALUE_STYLE.line_height()
            + TRACK_HEIGHT
            + 10.0
            + usize_to_f64(marks) * MARKER_STYLE.line_height()
            + ROW_GAP;
        Self {
            point,
            label_lines: label,
            value_lines: value,
            baseline_lines: baseline,
            target_lines: target,
            is_side_by_side,
            height,
        }
    }
}

/// Renders a track for each point.
pub fn draw(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    let (mut y, mut omitted, mut is_full) = (area.top, 0_usize, false);
    for panel in &chart.panels {
        let heading = layout_heading(panel, canvas, area);
        let mut has_heading = false;
        for series in &panel.series {
            for point in &series.points {
                let row = ProgressRow::new(series.name.as_deref(), point, canvas, area);
                let end = y + row.height + if has_heading { 0.0 } else { heading.1 };
                is_full = is_full
                    || (y > area.top
                        && area.max_height.is_some_and(|height| end > area.top + height));
                if is_full {
                    omitted = omitted.saturating_add(1);
                    continue;
                }
                if !has_heading {
                    y = draw_heading(&heading.0, canvas, DrawArea { top: y, ..area });
                    has_heading = true;
                }
                draw_row(&row, canvas, DrawArea { top: y, ..area });
                y += row.height;
            }
        }
    }
    DrawResult { height: y - area.top, omitted_points: omitted }
}

fn draw_row(row: &ProgressRow<'_>, canvas: &mut Canvas, area: DrawArea) {
    let point = row.point;
    canvas.open_group(&point.accessible_text());
    let label =
        TextRun { language: point.language.as_deref(), ..TextRun::new("", LABEL_STYLE, "kc-text") };
    let value = TextRun { style: VALUE_STYLE, language: None, ..label };
    let next = canvas.text_lines(
        label,
        &row.label_lines,
        at(area.left, area.top + LABEL_STYLE.size),
        area.width,
    ) - LABEL_STYLE.size
        + VALUE_STYLE.size;
    let next = canvas.text_lines(value, &row.value_lines, at(area.left, next), area.width)
        - VALUE_STYLE.size;
    let track = next + 5.0;
    let marker_value =
        |mark: &Option<Marker>| mark.as_ref().map(|mark| decimal_to_f64(&mark.value));
    let current = point.value.as_deref().map(decimal_to_f64);
    let (baseline, target) = (marker_value(&point.baseline), marker_value(&point.target));
    // The ends of the track leave room for half of a marker.
    let (left, right) = (area.left + 8.0, area.left + area.width - 8.0);
    let scale = Scale::new([current, baseline, target].into_iter().flatten(), left..right);
    let from = scale.position(baseline.unwrap_or(0.0));
    let track_size = Size { width: right - left, height: TRACK_HEIGHT };
    canvas.rectangle("kc-line", at(left, track), track_size);
    if let Some(to) = current.map(|current| scale.position(current)) {
        let bar_size = Size { width: (to - from).abs().max(1.0), height: TRACK_HEIGHT };
        canvas.rectangle("kc-bar", at(from.min(to), track), bar_size);
    }
    if baseline.is_some() {
        canvas.line("kc-line", at(from, track - 4.0), at(from, track + TRACK_HEIGHT + 4.0), "3");
    }
    if let Some(target) = target {
        let (x, y) = (scale.position(target), track + TRACK_HEIGHT / 2.0);
        let path = format!("M{} {}l8 8l-8 8l-8 -8z", format_length(x), format_length(y - 8.0));
        canvas.path("kc-marker kc-outline", &path, "1.5", None);
    }
    let first = track + TRACK_HEIGHT + 5.0 + MARKER_STYLE.size;
    let mark = TextRun::new("", MARKER_STYLE, "kc-muted");
    let below = canvas.text_lines(mark, &row.baseline_lines, at(area.left, first), area.width);
    let first = if row.is_side_by_side { first } else { below };
    let (x, anchor) = if row.is_side_by_side {
        (area.left + area.width, TextAnchor::End)
    } else {
        (area.left, TextAnchor::Start)
    };
    let mark = TextRun { anchor, ..mark };
    canvas.text_lines(mark, &row.target_lines, at(x, first), area.width);
    canvas.close_group();
}
