//! Tile maps: a tile for each country, in its approximate position. Each tile has its value as text
//! and as shade.

use crate::charts::canvas::{Canvas, Position, Size, TextRun, at};
use crate::charts::layout::{DrawArea, DrawResult, draw_heading, layout_heading};
use crate::charts::model::{Chart, Panel, Point};
use crate::charts::scale::{Scale, usize_to_f64};
use crate::charts::text_layout::TextStyle;
use crate::charts::theme::SHADES;

/// Column and row of countries of the Western Balkans and Türkiye.
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
/// Maximum size of a tile.
const MAX_TILE_SIZE: f64 = 132.0;
/// Minimum size of a tile.
const MIN_TILE_SIZE: f64 = 72.0;
const TILE_GAP: f64 = 8.0;
const TILE_PADDING: f64 = 8.0;

/// Points with column and row of their tiles; countries without a fixed position are below.
fn tiles(chart: &Chart) -> Vec<(&Point, (u32, u32))> {
    let points = || chart.panels.iter().flat_map(Panel::points);
    let placed = points().filter_map(|point| {
        GRID_POSITIONS.iter().find(|(code, _)| point.key == *code).map(|(_, cell)| (point, *cell))
    });
    let others = points().filter(|point| GRID_POSITIONS.iter().all(|(code, _)| point.key != *code));
    let below = |number: u32| (number % COLUMNS, ROWS.saturating_add(number / COLUMNS));
    placed.chain(others.zip(0_u32..).map(|(point, number)| (point, below(number)))).collect()
}

/// Renders the tiles.
pub fn draw(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    let tiles = tiles(chart);
    let headings: Vec<_> =
        chart.panels.iter().map(|panel| layout_heading(panel, canvas, area)).collect();
    let top = headings
        .iter()
        .fold(area.top, |y, heading| draw_heading(&heading.0, canvas, DrawArea { top: y, ..area }));
    let above = top - area.top;
    let area = DrawArea { top, max_height: area.max_height.map(|height| height - above), ..area };
    let rows = f64::from(tiles.iter().map(|(_, (_, row))| *row).max().unwrap_or(0)) + 1.0;
    let columns = f64::from(COLUMNS);
    let by_width = ((area.width - TILE_GAP * (columns - 1.0)) / columns).min(MAX_TILE_SIZE);
    let size = area
        .max_height
        .map_or(by_width, |height| {
            by_width.min(((height - TILE_GAP * rows) / rows).max(MIN_TILE_SIZE))
        })
        .floor();
    let scale = Scale::new(tiles.iter().map(|(point, _)| point.numeric_value()), 0.0..1.0);
    for (point, (column, row)) in &tiles {
        let separation = if *row >= ROWS { TILE_GAP } else { 0.0 };
        let position = at(
            area.left + f64::from(*column) * (size + TILE_GAP),
            area.top + f64::from(*row) * (size + TILE_GAP) + separation,
        );
        draw_tile(&Tile { point, position, size }, &scale, canvas);
    }
    let separation = if rows > f64::from(ROWS) { TILE_GAP } else { 0.0 };
    DrawResult { height: above + rows * (size + TILE_GAP) + separation, omitted_points: 0 }
}

/// The index of the shade of a value.
fn shade_index(scale: &Scale, value: f64) -> usize {
    let fraction = scale.fraction(value);
    (0..SHADES)
        .rev()
        .find(|step| fraction * usize_to_f64(SHADES) >= usize_to_f64(*step))
        .unwrap_or(0)
}

/// A point with position and size of its tile.
struct Tile<'a> {
    point: &'a Point,
    position: Position,
    size: f64,
}

fn draw_tile(tile: &Tile<'_>, scale: &Scale, canvas: &mut Canvas) {
    let Tile { point, position, size } = *tile;
    let Position { x, y } = position;
    canvas.open_group(&point.accessible_text());
    let text_class = if point.value.is_some() {
        let step = shade_index(scale, point.numeric_value());
        let square = Size { width: size, height: size };
        canvas.rectangle(&format!("kc-shade-{step}"), position, square);
        format!("kc-on-shade-{step}")
    } else {
        let path = format!("M{x:.1} {y:.1}h{size:.1}v{size:.1}h-{size:.1}z");
        canvas.path("kc-line", &path, "1", Some("4 4"));
        "kc-muted".to_owned()
    };
    let max_width = size - 2.0 * TILE_PADDING;
    let (label, value) = fit_text(canvas, &point.label, &point.display_value, max_width);
    let run =
        TextRun { language: point.language.as_deref(), ..TextRun::new("", label.1, &text_class) };
    canvas.text_lines(
        run,
        &label.0,
        at(x + TILE_PADDING, y + TILE_PADDING + label.1.size),
        max_width,
    );
    let run = TextRun { style: value.1, language: None, ..run };
    let first = y + size
        - TILE_PADDING
        - 2.0
        - (usize_to_f64(value.0.len()) - 1.0).max(0.0) * value.1.line_height();
    canvas.text_lines(run, &value.0, at(x + TILE_PADDING, first), max_width);
    canvas.close_group();
}

type FittedText = (Vec<String>, TextStyle);

/// The largest text sizes that fit: the complete value, and the label as far as it fits.
fn fit_text(canvas: &Canvas, label: &str, value: &str, max_width: f64) -> (FittedText, FittedText) {
    let sizes = [18.0, 15.0, 13.0, 11.0, 9.0, 8.0];
    let mut fitted = (Vec::new(), TextStyle::bold(8.0));
    for size in sizes {
        let style = TextStyle::bold(size);
        fitted = (canvas.measurer.wrap(value, style, max_width, usize::MAX), style);
        let small = TextStyle::regular(12.0_f64.min(size));
        let min_label_height = usize_to_f64(canvas.measurer.wrap(label, small, max_width, 3).len())
            * small.line_height();
        // Prefers a smaller size over breaking a word.
        let is_whole = value.split(' ').all(|word| canvas.measurer.width(word, style) <= max_width)
            || size <= 11.0;
        if is_whole
            && usize_to_f64(fitted.0.len()) * style.line_height() + min_label_height <= max_width
        {
            break;
        }
    }
    let remaining_height = max_width - usize_to_f64(fitted.0.len()) * fitted.1.line_height();
    let fits = |style: &TextStyle| {
        usize_to_f64(canvas.measurer.wrap(label, *style, max_width, 3).len()) * style.line_height()
            <= remaining_height
    };
    let sizes = [14.0, 12.0, 11.0, 9.0].map(|size| TextStyle::regular(fitted.1.size.min(size)));
    let style = sizes.into_iter().find(|style| fits(style)).unwrap_or(TextStyle::regular(9.0));
    let max_label_lines = (1..=3_usize)
        .rev()
        .find(|lines| usize_to_f64(*lines) * style.line_height() <= remaining_height)
        .unwrap_or(1);
    ((canvas.measurer.wrap(label, style, max_width, max_label_lines), style), fitted)
}
