//! How far it is from the baseline to the target.

use super::bars::{draw_heading, heading};
use super::canvas::{Anchor, Canvas, Words, length};
use super::draw::{Drawn, Room};
use super::lettering::{Letters, OTHER};
use super::scale::{Scale, count, number};
use super::{Chart, Point};

const LABEL: Letters = Letters::text(14.0);
const VALUE: Letters = Letters::bold(16.0);
const MARK: Letters = Letters::text(12.0);
const LABEL_LINES: usize = 5;
const TRACK: f64 = 14.0;
const GAP: f64 = 18.0;

/// A point with its texts in lines.
struct Row<'a> {
    point: &'a Point,
    label: Vec<String>,
    value: Vec<String>,
    baseline: Vec<String>,
    target: Vec<String>,
    /// Whether baseline and target stand beside each other.
    is_beside: bool,
    height: f64,
}

impl<'a> Row<'a> {
    fn new(name: Option<&str>, point: &'a Point, canvas: &Canvas, room: Room) -> Self {
        let lettering = &canvas.lettering;
        let label =
            name.map_or_else(|| point.label.clone(), |name| format!("{name} · {}", point.label));
        let label = lettering.wrapped(&label, LABEL, room.width, LABEL_LINES);
        let said = [Some(point.figure.as_str()), point.reached.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ");
        let value = lettering.wrapped(&said, VALUE, room.width, usize::MAX);
        let said = |mark: &Option<super::Mark>| {
            mark.as_ref().map(|mark| mark.said.clone()).unwrap_or_default()
        };
        let (baseline, target) = (said(&point.baseline), said(&point.target));
        let is_beside = (lettering.width(&baseline, MARK) + lettering.width(&target, MARK)) * OTHER
            + 16.0
            <= room.width;
        let lines = |text: &str| lettering.wrapped(text, MARK, room.width, usize::MAX);
        let (baseline, target) = (lines(&baseline), lines(&target));
        let marks = if is_beside {
            baseline.len().max(target.len())
        } else {
            baseline.len().saturating_add(target.len())
        };
        let height = count(label.len()) * LABEL.line()
            + count(value.len()) * VALUE.line()
            + TRACK
            + 10.0
            + count(marks) * MARK.line()
            + GAP;
        Self { point, label, value, baseline, target, is_beside, height }
    }
}

/// Draws a track for each point.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: Room) -> Drawn {
    let (mut y, mut left_out, mut is_full) = (room.top, 0_usize, false);
    for panel in &chart.panels {
        let heading = heading(panel, canvas, room);
        let mut is_headed = false;
        for series in &panel.series {
            for point in &series.points {
                let row = Row::new(series.name.as_deref(), point, canvas, room);
                let end = y + row.height + if is_headed { 0.0 } else { heading.1 };
                is_full = is_full
                    || (y > room.top && room.height.is_some_and(|height| end > room.top + height));
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
    Drawn { height: y - room.top, left_out }
}

fn draw_row(row: &Row<'_>, canvas: &mut Canvas, (room, top): (Room, f64)) {
    let point = row.point;
    canvas.open(&point.told());
    let label =
        Words { text: "", letters: LABEL, class: "kc-ink", language: point.language.as_deref() };
    let value = Words { letters: VALUE, language: None, ..label };
    let next =
        canvas.lines(label, &row.label, Anchor::Start, (room.left, top + LABEL.size), room.width)
            - LABEL.size
            + VALUE.size;
    let next =
        canvas.lines(value, &row.value, Anchor::Start, (room.left, next), room.width) - VALUE.size;
    let track = next + 5.0;
    let of = |mark: &Option<super::Mark>| mark.as_ref().map(|mark| number(&mark.value));
    let (reached, baseline, target) = (point.number(), of(&point.baseline), of(&point.target));
    // Ends of the track have room for half of a mark.
    let ends = (room.left + 8.0, room.left + room.width - 8.0);
    let scale = Scale::new([Some(reached), baseline, target].into_iter().flatten(), ends);
    let from = scale.place(baseline.unwrap_or(0.0));
    let to = scale.place(reached);
    canvas.rectangle("kc-line", (ends.0, track), (ends.1 - ends.0, TRACK));
    canvas.rectangle("kc-bar", (from.min(to), track), ((to - from).abs().max(1.0), TRACK));
    if baseline.is_some() {
        canvas.line("kc-line", (from, track - 4.0), (from, track + TRACK + 4.0), "3");
    }
    if let Some(target) = target {
        let (x, y) = (scale.place(target), track + TRACK / 2.0);
        let path = format!("M{} {}l8 8l-8 8l-8 -8z", length(x), length(y - 8.0));
        canvas.path("kc-mark kc-halo", &path, "1.5", None);
    }
    let first = track + TRACK + 5.0 + MARK.size;
    let mark = Words { text: "", letters: MARK, class: "kc-soft", language: None };
    let below = canvas.lines(mark, &row.baseline, Anchor::Start, (room.left, first), room.width);
    let first = if row.is_beside { first } else { below };
    let (x, anchor) = if row.is_beside {
        (room.left + room.width, Anchor::End)
    } else {
        (room.left, Anchor::Start)
    };
    canvas.lines(mark, &row.target, anchor, (x, first), room.width);
    canvas.close();
}
