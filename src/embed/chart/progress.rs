//! How far it is from the baseline to the target.

use super::bars::{draw_heading, layout_heading};
use super::canvas::{Canvas, TextAnchor, TextRun, format_length};
use super::draw::{DrawArea, DrawResult};
use super::lettering::{FONT_SLACK, TextStyle};
use super::scale::{Scale, decimal_to_f64, usize_to_f64};
use super::{Chart, Point};

const LABEL_STYLE: TextStyle = TextStyle::regular(14.0);
const VALUE_STYLE: TextStyle = TextStyle::bold(16.0);
const MARKER_STYLE: TextStyle = TextStyle::regular(12.0);
const MAX_LABEL_LINES: usize = 5;
const TRACK_HEIGHT: f64 = 14.0;
const ROW_GAP: f64 = 18.0;

/// A point with its texts in lines.
struct ProgressRow<'a> {
    point: &'a Point,
    label_lines: Vec<String>,
    value_lines: Vec<String>,
    baseline_lines: Vec<String>,
    target_lines: Vec<String>,
    /// Whether baseline and target stand beside each other.
    is_side_by_side: bool,
    height: f64,
}

impl<'a> ProgressRow<'a> {
    fn new(name: Option<&str>, point: &'a Point, canvas: &Canvas, room: DrawArea) -> Self {
        let lettering = &canvas.measurer;
        let label =
            name.map_or_else(|| point.label.clone(), |name| format!("{name} · {}", point.label));
        let label = lettering.wrap(&label, LABEL_STYLE, room.width, MAX_LABEL_LINES);
        let said = [Some(point.display_value.as_str()), point.progress.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ");
        let value = lettering.wrap(&said, VALUE_STYLE, room.width, usize::MAX);
        let said = |mark: &Option<super::Marker>| {
            mark.as_ref().map(|mark| mark.text.clone()).unwrap_or_default()
        };
        let (baseline, target) = (said(&point.baseline), said(&point.target));
        let is_beside = (lettering.width(&baseline, MARKER_STYLE)
            + lettering.width(&target, MARKER_STYLE))
            * FONT_SLACK
            + 16.0
            <= room.width;
        let lines = |text: &str| lettering.wrap(text, MARKER_STYLE, room.width, usize::MAX);
        let (baseline, target) = (lines(&baseline), lines(&target));
        let marks = if is_beside {
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
            is_side_by_side: is_beside,
            height,
        }
    }
}

/// Draws a track for each point.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: DrawArea) -> DrawResult {
    let (mut y, mut left_out, mut is_full) = (room.top, 0_usize, false);
    for panel in &chart.panels {
        let heading = layout_heading(panel, canvas, room);
        let mut is_headed = false;
        for series in &panel.series {
            for point in &series.points {
                let row = ProgressRow::new(series.name.as_deref(), point, canvas, room);
                let end = y + row.height + if is_headed { 0.0 } else { heading.1 };
                is_full = is_full
                    || (y > room.top
                        && room.max_height.is_some_and(|height| end > room.top + height));
                if is_full {
                    left_out = left_out.saturating_add(1);
                    continue;
                }
                if !is_headed {
                    y = draw_heading(&heading.0, canvas, (room, y));
                    is_headed = true;
                }
                draw_row(&row, canvas, (room, y));
                y += row.height;
            }
        }
    }
    DrawResult { height: y - room.top, omitted_points: left_out }
}

fn draw_row(row: &ProgressRow<'_>, canvas: &mut Canvas, (room, top): (DrawArea, f64)) {
    let point = row.point;
    canvas.open_group(&point.accessible_text());
    let label = TextRun {
        text: "",
        style: LABEL_STYLE,
        class: "kc-ink",
        language: point.language.as_deref(),
    };
    let value = TextRun { style: VALUE_STYLE, language: None, ..label };
    let next = canvas.text_lines(
        label,
        &row.label_lines,
        TextAnchor::Start,
        (room.left, top + LABEL_STYLE.size),
        room.width,
    ) - LABEL_STYLE.size
        + VALUE_STYLE.size;
    let next = canvas.text_lines(
        value,
        &row.value_lines,
        TextAnchor::Start,
        (room.left, next),
        room.width,
    ) - VALUE_STYLE.size;
    let track = next + 5.0;
    let of = |mark: &Option<super::Marker>| mark.as_ref().map(|mark| decimal_to_f64(&mark.value));
    let (reached, baseline, target) =
        (point.numeric_value(), of(&point.baseline), of(&point.target));
    // Ends of the track have room for half of a mark.
    let ends = (room.left + 8.0, room.left + room.width - 8.0);
    let scale = Scale::new([Some(reached), baseline, target].into_iter().flatten(), ends);
    let from = scale.position(baseline.unwrap_or(0.0));
    let to = scale.position(reached);
    canvas.rectangle("kc-line", (ends.0, track), (ends.1 - ends.0, TRACK_HEIGHT));
    canvas.rectangle("kc-bar", (from.min(to), track), ((to - from).abs().max(1.0), TRACK_HEIGHT));
    if baseline.is_some() {
        canvas.line("kc-line", (from, track - 4.0), (from, track + TRACK_HEIGHT + 4.0), "3");
    }
    if let Some(target) = target {
        let (x, y) = (scale.position(target), track + TRACK_HEIGHT / 2.0);
        let path = format!("M{} {}l8 8l-8 8l-8 -8z", format_length(x), format_length(y - 8.0));
        canvas.path("kc-mark kc-halo", &path, "1.5", None);
    }
    let first = track + TRACK_HEIGHT + 5.0 + MARKER_STYLE.size;
    let mark = TextRun { text: "", style: MARKER_STYLE, class: "kc-soft", language: None };
    let below = canvas.text_lines(
        mark,
        &row.baseline_lines,
        TextAnchor::Start,
        (room.left, first),
        room.width,
    );
    let first = if row.is_side_by_side { first } else { below };
    let (x, anchor) = if row.is_side_by_side {
        (room.left + room.width, TextAnchor::End)
    } else {
        (room.left, TextAnchor::Start)
    };
    canvas.text_lines(mark, &row.target_lines, anchor, (x, first), room.width);
    canvas.close_group();
}
