//! A tile for each country, roughly where it lies. What a tile is worth it says; its shade only
//! repeats that.

use super::bars::{draw_heading, heading};
use super::canvas::{Anchor, Canvas, Words};
use super::draw::{Drawn, Room};
use super::lettering::Letters;
use super::scale::{Scale, count};
use super::theme::STEPS;
use super::{Chart, Point};

/// Where the countries of the first catalogue lie: column and row.
const PLACES: [(&str, (u32, u32)); 7] = [
    ("BA", (0, 0)),
    ("RS", (1, 0)),
    ("ME", (0, 1)),
    ("XK", (1, 1)),
    ("AL", (0, 2)),
    ("MK", (1, 2)),
    ("TR", (2, 2)),
];
const COLUMNS: u32 = 3;
const ROWS: u32 = 3;
/// A tile is not larger.
const LARGEST: f64 = 132.0;
/// Nor smaller, however little room there is.
const SMALLEST: f64 = 72.0;
const GAP: f64 = 8.0;
const PAD: f64 = 8.0;

/// A point, and the column and row of its tile. Countries that have no place of their own stand
/// below the others.
fn tiles(chart: &Chart) -> Vec<(&Point, (u32, u32))> {
    let points = || chart.panels.iter().flat_map(super::Panel::points);
    let placed = points().filter_map(|point| {
        PLACES.iter().find(|(code, _)| point.key == *code).map(|(_, place)| (point, *place))
    });
    let others = points().filter(|point| PLACES.iter().all(|(code, _)| point.key != *code));
    let below = |number: u32| (number % COLUMNS, ROWS.saturating_add(number / COLUMNS));
    placed.chain(others.zip(0_u32..).map(|(point, number)| (point, below(number)))).collect()
}

/// Draws the tiles.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: Room) -> Drawn {
    let tiles = tiles(chart);
    let headings: Vec<_> = chart.panels.iter().map(|panel| heading(panel, canvas, room)).collect();
    let top =
        headings.iter().fold(room.top, |y, heading| draw_heading(&heading.0, canvas, (room, y)));
    let above = top - room.top;
    let room = Room { top, height: room.height.map(|height| height - above), ..room };
    let rows = f64::from(tiles.iter().map(|(_, (_, row))| *row).max().unwrap_or(0)) + 1.0;
    let columns = f64::from(COLUMNS);
    let by_width = ((room.width - GAP * (columns - 1.0)) / columns).min(LARGEST);
    let size = room
        .height
        .map_or(by_width, |height| by_width.min(((height - GAP * rows) / rows).max(SMALLEST)))
        .floor();
    let scale = Scale::new(tiles.iter().map(|(point, _)| point.number()), (0.0, 1.0));
    for (point, (column, row)) in &tiles {
        let apart = if *row >= ROWS { GAP } else { 0.0 };
        let at = (
            room.left + f64::from(*column) * (size + GAP),
            room.top + f64::from(*row) * (size + GAP) + apart,
        );
        draw_tile(point, &scale, canvas, (at, size));
    }
    let apart = if rows > f64::from(ROWS) { GAP } else { 0.0 };
    Drawn { height: above + rows * (size + GAP) + apart, left_out: 0 }
}

/// The step of a value: the least of a chart has the first, the most the last.
fn step(scale: &Scale, value: f64) -> usize {
    let part = scale.part(value);
    (0..STEPS).rev().find(|step| part * count(STEPS) >= count(*step)).unwrap_or(0)
}

fn draw_tile(point: &Point, scale: &Scale, canvas: &mut Canvas, ((x, y), size): ((f64, f64), f64)) {
    canvas.open(&point.told());
    let ink = if point.value.is_some() {
        let step = step(scale, point.number());
        canvas.rectangle(&format!("kc-step-{step}"), (x, y), (size, size));
        format!("kc-on-{step}")
    } else {
        let path = format!("M{x:.1} {y:.1}h{size:.1}v{size:.1}h-{size:.1}z");
        canvas.path("kc-line", &path, "1", Some("4 4"));
        "kc-soft".to_owned()
    };
    let room = size - 2.0 * PAD;
    let (label, value) = fitting(canvas, &point.label, &point.figure, room);
    let words =
        Words { text: "", letters: label.1, class: &ink, language: point.language.as_deref() };
    canvas.lines(words, &label.0, Anchor::Start, (x + PAD, y + PAD + label.1.size), room);
    let words = Words { letters: value.1, language: None, ..words };
    let first = y + size - PAD - 2.0 - (count(value.0.len()) - 1.0).max(0.0) * value.1.line();
    canvas.lines(words, &value.0, Anchor::Start, (x + PAD, first), room);
    canvas.close();
}

type Fitted = (Vec<String>, Letters);

/// Label and value in letters that are as large as fit: the value whole, the label as far as there
/// is room.
fn fitting(canvas: &Canvas, label: &str, value: &str, room: f64) -> (Fitted, Fitted) {
    let sizes = [18.0, 15.0, 13.0, 11.0, 9.0, 8.0];
    let mut fitted = (Vec::new(), Letters::bold(8.0));
    for size in sizes {
        let letters = Letters::bold(size);
        fitted = (canvas.lettering.wrapped(value, letters, room, usize::MAX), letters);
        let small = Letters::text(12.0_f64.min(size));
        let least = count(canvas.lettering.wrapped(label, small, room, 3).len()) * small.line();
        // A word is not broken where smaller letters let it be whole.
        let is_whole = value.split(' ').all(|word| canvas.lettering.width(word, letters) <= room)
            || size <= 11.0;
        if is_whole && count(fitted.0.len()) * letters.line() + least <= room {
            break;
        }
    }
    let left = room - count(fitted.0.len()) * fitted.1.line();
    let fits = |letters: &Letters| {
        count(canvas.lettering.wrapped(label, *letters, room, 3).len()) * letters.line() <= left
    };
    let sizes = [14.0, 12.0, 11.0, 9.0].map(|size| Letters::text(fitted.1.size.min(size)));
    let letters = sizes.into_iter().find(|letters| fits(letters)).unwrap_or(Letters::text(9.0));
    let most =
        (1..=3_usize).rev().find(|lines| count(*lines) * letters.line() <= left).unwrap_or(1);
    ((canvas.lettering.wrapped(label, letters, room, most), letters), fitted)
}
