//! A tile for each country, roughly where it lies. What a tile is worth it says; its shade only
//! repeats that.

use super::bars::{draw_heading, layout_heading};
use super::canvas::{Canvas, TextAnchor, TextRun};
use super::draw::{DrawArea, DrawResult};
use super::lettering::TextStyle;
use super::scale::{Scale, usize_to_f64};
use super::theme::SHADES;
use super::{Chart, Point};

/// Where the countries of the first catalogue lie: column and row.
const GRID_POSITIONS: [(&str, (u32, u32)); 7] = [
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
const MAX_TILE_SIZE: f64 = 132.0;
/// Nor smaller, however little room there is.
const MIN_TILE_SIZE: f64 = 72.0;
const TILE_GAP: f64 = 8.0;
const TILE_PADDING: f64 = 8.0;

/// A point, and the column and row of its tile. Countries that have no place of their own stand
/// below the others.
fn tiles(chart: &Chart) -> Vec<(&Point, (u32, u32))> {
    let points = || chart.panels.iter().flat_map(super::Panel::points);
    let placed = points().filter_map(|point| {
        GRID_POSITIONS.iter().find(|(code, _)| point.key == *code).map(|(_, place)| (point, *place))
    });
    let others = points().filter(|point| GRID_POSITIONS.iter().all(|(code, _)| point.key != *code));
    let below = |number: u32| (number % COLUMNS, ROWS.saturating_add(number / COLUMNS));
    placed.chain(others.zip(0_u32..).map(|(point, number)| (point, below(number)))).collect()
}

/// Draws the tiles.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: DrawArea) -> DrawResult {
    let tiles = tiles(chart);
    let headings: Vec<_> =
        chart.panels.iter().map(|panel| layout_heading(panel, canvas, room)).collect();
    let top =
        headings.iter().fold(room.top, |y, heading| draw_heading(&heading.0, canvas, (room, y)));
    let above = top - room.top;
    let room = DrawArea { top, max_height: room.max_height.map(|height| height - above), ..room };
    let rows = f64::from(tiles.iter().map(|(_, (_, row))| *row).max().unwrap_or(0)) + 1.0;
    let columns = f64::from(COLUMNS);
    let by_width = ((room.width - TILE_GAP * (columns - 1.0)) / columns).min(MAX_TILE_SIZE);
    let size = room
        .max_height
        .map_or(by_width, |height| {
            by_width.min(((height - TILE_GAP * rows) / rows).max(MIN_TILE_SIZE))
        })
        .floor();
    let scale = Scale::new(tiles.iter().map(|(point, _)| point.numeric_value()), (0.0, 1.0));
    for (point, (column, row)) in &tiles {
        let apart = if *row >= ROWS { TILE_GAP } else { 0.0 };
        let at = (
            room.left + f64::from(*column) * (size + TILE_GAP),
            room.top + f64::from(*row) * (size + TILE_GAP) + apart,
        );
        draw_tile(point, &scale, canvas, (at, size));
    }
    let apart = if rows > f64::from(ROWS) { TILE_GAP } else { 0.0 };
    DrawResult { height: above + rows * (size + TILE_GAP) + apart, omitted_points: 0 }
}

/// The step of a value: the least of a chart has the first, the most the last.
fn shade_index(scale: &Scale, value: f64) -> usize {
    let part = scale.fraction(value);
    (0..SHADES).rev().find(|step| part * usize_to_f64(SHADES) >= usize_to_f64(*step)).unwrap_or(0)
}

fn draw_tile(point: &Point, scale: &Scale, canvas: &mut Canvas, ((x, y), size): ((f64, f64), f64)) {
    canvas.open_group(&point.accessible_text());
    let ink = if point.value.is_some() {
        let step = shade_index(scale, point.numeric_value());
        canvas.rectangle(&format!("kc-step-{step}"), (x, y), (size, size));
        format!("kc-on-{step}")
    } else {
        let path = format!("M{x:.1} {y:.1}h{size:.1}v{size:.1}h-{size:.1}z");
        canvas.path("kc-line", &path, "1", Some("4 4"));
        "kc-soft".to_owned()
    };
    let room = size - 2.0 * TILE_PADDING;
    let (label, value) = fit_text(canvas, &point.label, &point.display_value, room);
    let words =
        TextRun { text: "", style: label.1, class: &ink, language: point.language.as_deref() };
    canvas.text_lines(
        words,
        &label.0,
        TextAnchor::Start,
        (x + TILE_PADDING, y + TILE_PADDING + label.1.size),
        room,
    );
    let words = TextRun { style: value.1, language: None, ..words };
    let first = y + size
        - TILE_PADDING
        - 2.0
        - (usize_to_f64(value.0.len()) - 1.0).max(0.0) * value.1.line_height();
    canvas.text_lines(words, &value.0, TextAnchor::Start, (x + TILE_PADDING, first), room);
    canvas.close_group();
}

type FittedText = (Vec<String>, TextStyle);

/// Label and value in letters that are as large as fit: the value whole, the label as far as there
/// is room.
fn fit_text(canvas: &Canvas, label: &str, value: &str, room: f64) -> (FittedText, FittedText) {
    let sizes = [18.0, 15.0, 13.0, 11.0, 9.0, 8.0];
    let mut fitted = (Vec::new(), TextStyle::bold(8.0));
    for size in sizes {
        let letters = TextStyle::bold(size);
        fitted = (canvas.measurer.wrap(value, letters, room, usize::MAX), letters);
        let small = TextStyle::regular(12.0_f64.min(size));
        let least =
            usize_to_f64(canvas.measurer.wrap(label, small, room, 3).len()) * small.line_height();
        // A word is not broken where smaller letters let it be whole.
        let is_whole = value.split(' ').all(|word| canvas.measurer.width(word, letters) <= room)
            || size <= 11.0;
        if is_whole && usize_to_f64(fitted.0.len()) * letters.line_height() + least <= room {
            break;
        }
    }
    let left = room - usize_to_f64(fitted.0.len()) * fitted.1.line_height();
    let fits = |letters: &TextStyle| {
        usize_to_f64(canvas.measurer.wrap(label, *letters, room, 3).len()) * letters.line_height()
            <= left
    };
    let sizes = [14.0, 12.0, 11.0, 9.0].map(|size| TextStyle::regular(fitted.1.size.min(size)));
    let letters =
        sizes.into_iter().find(|letters| fits(letters)).unwrap_or(TextStyle::regular(9.0));
    let most = (1..=3_usize)
        .rev()
        .find(|lines| usize_to_f64(*lines) * letters.line_height() <= left)
        .unwrap_or(1);
    ((canvas.measurer.wrap(label, letters, room, most), letters), fitted)
}
