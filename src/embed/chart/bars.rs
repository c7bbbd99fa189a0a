//! A bar for each value, each with its label and its value beside it: no axis has to be read.

use super::canvas::{Anchor, Canvas, Words};
use super::draw::{Drawn, Room};
use super::lettering::{Letters, OTHER};
use super::scale::Scale;
use super::{Chart, Panel, Point};

/// Names of what is counted.
const LABEL: Letters = Letters::text(14.0);
/// Values.
const VALUE: Letters = Letters::bold(14.0);
/// What a panel is of.
pub const HEADING: Letters = Letters::bold(14.0);
/// The most lines of a label; who points at it reads it whole.
const LABEL_LINES: usize = 5;
const GAP: f64 = 10.0;
const BAR: f64 = 20.0;
/// A bar below its texts.
const THIN: f64 = 12.0;
/// Narrower charts have texts above bars.
const NARROW: f64 = 420.0;

/// Where the parts of a row are.
struct Columns {
    labels: f64,
    values: f64,
    /// Whether the texts of a row stand above its bar.
    is_stacked: bool,
}

/// A point, and what it is called beside others.
struct Row<'a> {
    point: &'a Point,
    label: String,
}

fn rows(panel: &Panel) -> Vec<Row<'_>> {
    let label = |name: Option<&str>, point: &Point| {
        name.map_or_else(|| point.label.clone(), |name| format!("{name} · {}", point.label))
    };
    let of = panel
        .series
        .iter()
        .flat_map(|series| series.points.iter().map(|point| (series.name.as_deref(), point)));
    of.map(|(name, point)| Row { point, label: label(name, point) }).collect()
}

impl Columns {
    /// Those of all panels, so that bars begin below each other.
    fn new(panels: &[Panel], canvas: &Canvas, room: Room) -> Self {
        let rows: Vec<Row<'_>> = panels.iter().flat_map(rows).collect();
        let widest =
            |widths: &mut dyn Iterator<Item = f64>| (widths.fold(0.0, f64::max) * OTHER).ceil();
        let labels = widest(&mut rows.iter().map(|row| canvas.lettering.width(&row.label, LABEL)));
        let values =
            widest(&mut rows.iter().map(|row| canvas.lettering.width(&row.point.figure, VALUE)));
        let is_stacked = room.width < NARROW || values > room.width * 0.4;
        Self { labels: labels.min((room.width * 0.4).floor()), values, is_stacked }
    }
}

/// A row with its texts in lines.
struct Lines<'a> {
    row: &'a Row<'a>,
    label: Vec<String>,
    value: Vec<String>,
    height: f64,
}

impl<'a> Lines<'a> {
    fn new(row: &'a Row<'a>, canvas: &Canvas, columns: &Columns, room: Room) -> Self {
        let line =
            |lines: &[String], letters: Letters| super::scale::count(lines.len()) * letters.line();
        if columns.is_stacked {
            let label = canvas.lettering.wrapped(&row.label, LABEL, room.width, LABEL_LINES);
            let value = canvas.lettering.wrapped(&row.point.figure, VALUE, room.width, usize::MAX);
            let height = line(&label, LABEL) + line(&value, VALUE) + THIN + 4.0 + GAP;
            return Self { row, label, value, height };
        }
        let label = canvas.lettering.wrapped(&row.label, LABEL, columns.labels, LABEL_LINES);
        let height = line(&label, LABEL).max(BAR) + GAP;
        Self { row, label, value: vec![row.point.figure.clone()], height }
    }
}

/// Draws the bars of all panels.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: Room) -> Drawn {
    let (mut y, mut left_out, mut is_full) = (room.top, 0_usize, false);
    let columns = Columns::new(&chart.panels, canvas, room);
    for panel in &chart.panels {
        let rows = rows(panel);
        if is_full || rows.is_empty() {
            left_out = left_out.saturating_add(rows.len());
            continue;
        }
        let heading = heading(panel, canvas, room);
        let mut fitting: Vec<Lines<'_>> = Vec::new();
        let mut end = y + heading.1;
        for row in &rows {
            let lines = Lines::new(row, canvas, &columns, room);
            // What was begun shows something, however little room there is.
            let is_first = fitting.is_empty() && y <= room.top;
            if !is_first && room.height.is_some_and(|height| end + lines.height > room.top + height)
            {
                is_full = true;
                break;
            }
            end += lines.height;
            fitting.push(lines);
        }
        left_out = left_out.saturating_add(rows.len().saturating_sub(fitting.len()));
        if fitting.is_empty() {
            continue;
        }
        y = draw_heading(&heading.0, canvas, (room, y));
        y = draw_rows(&fitting, &columns, canvas, (room, y)) + 6.0;
    }
    Drawn { height: y - room.top, left_out }
}

/// The lines of a panel's heading, and how high it is.
pub fn heading(panel: &Panel, canvas: &Canvas, room: Room) -> (Vec<String>, f64) {
    let lines = panel
        .heading
        .as_deref()
        .map(|text| canvas.lettering.wrapped(text, HEADING, room.width, 3))
        .unwrap_or_default();
    let height = if lines.is_empty() {
        0.0
    } else {
        super::scale::count(lines.len()) * HEADING.line() + 8.0
    };
    (lines, height)
}

/// Draws it; gives where the panel goes on.
pub fn draw_heading(lines: &[String], canvas: &mut Canvas, (room, y): (Room, f64)) -> f64 {
    if lines.is_empty() {
        return y;
    }
    let words = Words { text: "", letters: HEADING, class: "kc-soft", language: None };
    canvas.lines(words, lines, Anchor::Start, (room.left, y + HEADING.size), room.width)
        - HEADING.size
        + 8.0
}

fn draw_rows(
    rows: &[Lines<'_>],
    columns: &Columns,
    canvas: &mut Canvas,
    (room, top): (Room, f64),
) -> f64 {
    let (from, to) = if columns.is_stacked {
        (room.left, room.left + room.width)
    } else {
        (room.left + columns.labels + GAP, room.left + room.width - columns.values - GAP)
    };
    let scale = Scale::new(rows.iter().map(|lines| lines.row.point.number()), (from, to));
    let zero = scale.place(0.0);
    let mut y = top;
    for lines in rows {
        let point = lines.row.point;
        canvas.open(&format!("{}: {}", lines.row.label, point.figure));
        let label = Words {
            text: "",
            letters: LABEL,
            class: "kc-ink",
            language: point.language.as_deref(),
        };
        let value = Words { letters: VALUE, language: None, ..label };
        let end = scale.place(point.number());
        let (start, mut width) = (end.min(zero), (end - zero).abs());
        if point.number().abs() > 0.0 {
            width = width.max(1.0);
        }
        if columns.is_stacked {
            let next = canvas.lines(
                label,
                &lines.label,
                Anchor::Start,
                (room.left, y + LABEL.size),
                room.width,
            );
            let next =
                canvas.lines(value, &lines.value, Anchor::Start, (room.left, next), room.width)
                    - VALUE.size;
            canvas.rectangle("kc-bar", (start, next + 4.0), (width, THIN));
            canvas.line("kc-line", (zero, next + 2.0), (zero, next + THIN + 6.0), "1");
        } else {
            let inner = lines.height - GAP;
            let text = super::scale::count(lines.label.len()) * LABEL.line();
            let first = y + (inner - text) / 2.0 + LABEL.size;
            canvas.lines(label, &lines.label, Anchor::Start, (room.left, first), columns.labels);
            canvas.rectangle("kc-bar", (start, y + (inner - BAR) / 2.0), (width, BAR));
            let figure = Words { text: &point.figure, ..value };
            canvas.text(
                figure,
                Anchor::Start,
                (end.max(zero) + 6.0, y + inner / 2.0 + VALUE.size * 0.36),
                columns.values,
            );
            canvas.line("kc-line", (zero, y - GAP / 2.0), (zero, y + inner + GAP / 2.0), "1");
        }
        canvas.close();
        y += lines.height;
    }
    y
}
