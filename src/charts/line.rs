//! Line charts over years. Lines connect consecutive years only.

use std::fmt::Write;
use std::ops::RangeInclusive;

use crate::charts::canvas::{Canvas, Position, Size, TextAnchor, TextRun, at, format_length};
use crate::charts::layout::{DrawArea, DrawResult, draw_heading, layout_heading};
use crate::charts::model::{Chart, Panel, Point, ValueQualifier};
use crate::charts::scale::{Scale, format_tick, usize_to_f64};
use crate::charts::text_layout::{FONT_SLACK, TextStyle};
use crate::charts::theme::LINE_STYLES;
use crate::text::decimal::format::format_decimal;

const TICK_STYLE: TextStyle = TextStyle::regular(12.0);
const VALUE_STYLE: TextStyle = TextStyle::bold(12.0);
const LEGEND_STYLE: TextStyle = TextStyle::bold(12.0);
/// Dash patterns, so that lines differ without colour.
const DASHES: [Option<&str>; LINE_STYLES] =
    [None, Some("7 4"), Some("2 4"), Some("9 3 2 3"), Some("12 5"), Some("4 2")];
/// Radius of a point.
const POINT_RADIUS: f64 = 4.5;
/// Height of the year axis.
const YEAR_AXIS_HEIGHT: f64 = 26.0;
/// Space above the plot for labels.
const LABEL_HEADROOM: f64 = 24.0;

/// A point with its position.
struct PlacedPoint<'a> {
    point: &'a Point,
    line: usize,
    year: i64,
    position: Position,
}

/// The label of a point.
struct PlacedLabel {
    text: String,
    position: Position,
}

/// A rectangle.
struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Rect {
    fn centred(Position { x, y }: Position, Size { width, height }: Size) -> Self {
        Self {
            left: x - width / 2.0,
            top: y - height / 2.0,
            right: x + width / 2.0,
            bottom: y + height / 2.0,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// Edges of a panel below its legend.
#[derive(Clone, Copy)]
struct PanelArea {
    left: f64,
    width: f64,
    top: f64,
    bottom: f64,
}

/// Edges of the plot, in its panel.
struct PlotArea {
    panel: PanelArea,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn parse_year(point: &Point) -> Option<i64> {
    point.key.parse().ok()
}

/// Renders the lines of all panels.
pub fn draw(chart: &Chart, canvas: &mut Canvas, area: DrawArea) -> DrawResult {
    let panels: Vec<&Panel> =
        chart.panels.iter().filter(|panel| panel.points().next().is_some()).collect();
    let panel_height = area.max_height.map_or((area.width * 0.45).clamp(160.0, 360.0), |height| {
        (height / usize_to_f64(panels.len()).max(1.0)).max(120.0)
    });
    let (mut y, mut omitted) = (area.top, 0_usize);
    for panel in panels {
        let lines = layout_heading(panel, canvas, area);
        let top = draw_heading(&lines.0, canvas, DrawArea { top: y, ..area });
        let bottom = if area.max_height.is_some() { y + panel_height } else { top + panel_height };
        let omitted_in_panel: usize =
            panel.series.iter().skip(LINE_STYLES).map(|series| series.points.len()).sum();
        omitted = omitted.saturating_add(omitted_in_panel);
        y = draw_legend(panel, canvas, DrawArea { top, ..area });
        let bottom = bottom.max(y + 90.0);
        let panel_area = PanelArea { left: area.left, width: area.width, top: y, bottom };
        draw_panel(panel, chart.language, canvas, panel_area);
        y = bottom + 8.0;
    }
    DrawResult { height: y - area.top, omitted_points: omitted }
}

/// Renders the legend; returns the top of the plot.
fn draw_legend(panel: &Panel, canvas: &mut Canvas, area: DrawArea) -> f64 {
    let mut x = area.left;
    let mut y = area.top;
    let mut is_any = false;
    for (index, series) in panel.series.iter().take(LINE_STYLES).enumerate() {
        let Some(name) = &series.name else { continue };
        let lines = canvas.measurer.wrap(name, LEGEND_STYLE, area.width - 40.0, 1);
        let name = lines.first().map(String::as_str).unwrap_or_default();
        let width = canvas.measurer.width(name, LEGEND_STYLE) * FONT_SLACK;
        if is_any && x + 40.0 + width > area.left + area.width {
            x = area.left;
            y += 20.0;
        }
        is_any = true;
        draw_stroke(canvas, index, &format!("M{} {}h30", format_length(x), format_length(y + 8.0)));
        draw_point(canvas, index, ValueQualifier::Exact, at(x + 15.0, y + 8.0));
        let run = TextRun::new(name, LEGEND_STYLE, "kc-text");
        canvas.text(run, at(x + 36.0, y + 12.5), area.width - 40.0);
        x += 36.0 + width + 18.0;
    }
    if is_any { y + 24.0 } else { area.top }
}

fn draw_stroke(canvas: &mut Canvas, series_index: usize, path: &str) {
    canvas.path(
        &format!("kc-line-{series_index}"),
        path,
        "2.5",
        DASHES.get(series_index).copied().flatten(),
    );
}

/// Renders a point: each series has its own shape; values that are not exact are hollow.
fn draw_point(
    canvas: &mut Canvas,
    series_index: usize,
    qualifier: ValueQualifier,
    Position { x, y }: Position,
) {
    let hollow = if qualifier == ValueQualifier::Exact { "" } else { " kc-hollow" };
    let move_to =
        |dx: f64, dy: f64| format!("M{} {}", format_length(x + dx), format_length(y + dy));
    let path = match series_index {
        0 => format!(
            "{}a{POINT_RADIUS} {POINT_RADIUS} 0 1 0 9 0a{POINT_RADIUS} {POINT_RADIUS} 0 1 0 -9 0z",
            move_to(-POINT_RADIUS, 0.0)
        ),
        1 => format!("{}h8v8h-8z", move_to(-4.0, -4.0)),
        2 => format!("{}l5.5 5.5l-5.5 5.5l-5.5 -5.5z", move_to(0.0, -5.5)),
        3 => format!("{}l5.5 9h-11z", move_to(0.0, -5.5)),
        4 => format!("{}h11l-5.5 9z", move_to(-5.5, -4.0)),
        _ => format!("{}h4v3h3v4h-3v3h-4v-3h-3v-4h3z", move_to(-2.0, -5.0)),
    };
    canvas.path(&format!("kc-point-{series_index}{hollow}"), &path, "2", None);
}

fn draw_panel(panel: &Panel, language: &str, canvas: &mut Canvas, area: PanelArea) {
    let indexed_points = || {
        panel
            .series
            .iter()
            .take(LINE_STYLES)
            .enumerate()
            .flat_map(|(line, series)| series.points.iter().map(move |point| (line, point)))
    };
    let years: Vec<i64> = indexed_points().filter_map(|(_, point)| parse_year(point)).collect();
    let (Some(first), Some(last)) = (years.iter().min().copied(), years.iter().max().copied())
    else {
        return;
    };
    let plot = plot_area(panel, language, canvas, area);
    let scale = Scale::new(panel.points().map(Point::numeric_value), plot.bottom..plot.top);
    draw_grid(&scale, &plot, language, canvas);
    let x_of_year = |year: i64| {
        let span = f64::from(u32::try_from(last.saturating_sub(first)).unwrap_or(0));
        let part = f64::from(u32::try_from(year.saturating_sub(first)).unwrap_or(0));
        if span > 0.0 {
            plot.left + 14.0 + (plot.right - plot.left - 28.0) * part / span
        } else {
            f64::midpoint(plot.left, plot.right)
        }
    };
    draw_year_axis(first..=last, x_of_year, &plot, canvas);
    let mut placed: Vec<PlacedPoint<'_>> = indexed_points()
        .filter(|(_, point)| point.value.is_some())
        .filter_map(|(line, point)| {
            let year = parse_year(point)?;
            Some(PlacedPoint {
                point,
                line,
                year,
                position: at(x_of_year(year), scale.position(point.numeric_value())),
            })
        })
        .collect();
    placed.sort_by_key(|point| (point.line, point.year));
    for line in 0..LINE_STYLES {
        let path = line_path(placed.iter().filter(|point| point.line == line));
        if path.contains('L') {
            draw_stroke(canvas, line, &path);
        }
    }
    let labels = place_labels(&placed, canvas, &plot);
    for (placed_point, label) in placed.iter().zip(labels) {
        let series = panel
            .series
            .get(placed_point.line)
            .and_then(|series| series.name.as_deref())
            .map(|name| format!("{name} · "))
            .unwrap_or_default();
        canvas.open_group(&format!("{series}{}", placed_point.point.accessible_text()));
        draw_point(canvas, placed_point.line, placed_point.point.qualifier, placed_point.position);
        if let Some(PlacedLabel { text, position }) = label {
            let run = TextRun {
                anchor: TextAnchor::Middle,
                ..TextRun::new(&text, VALUE_STYLE, "kc-label")
            };
            let max_width = canvas.measurer.width(&text, VALUE_STYLE) * FONT_SLACK;
            canvas.text(run, position, max_width);
        }
        canvas.close_group();
    }
}

/// A path through points of consecutive years.
fn line_path<'a>(points: impl Iterator<Item = &'a PlacedPoint<'a>>) -> String {
    let mut path = String::new();
    let mut previous_year: Option<i64> = None;
    for point in points {
        let verb = if previous_year
            .is_some_and(|previous_year| previous_year.saturating_add(1) == point.year)
        {
            'L'
        } else {
            'M'
        };
        let _ = write!(
            path,
            "{verb}{} {}",
            format_length(point.position.x),
            format_length(point.position.y)
        );
        previous_year = Some(point.year);
    }
    path
}

fn plot_area(panel: &Panel, language: &str, canvas: &Canvas, area: PanelArea) -> PlotArea {
    let scale = Scale::new(panel.points().map(Point::numeric_value), 0.0..1.0);
    let widest = scale
        .ticks()
        .into_iter()
        .map(|tick| {
            canvas.measurer.width(&format_decimal(&format_tick(tick), language), TICK_STYLE)
        })
        .fold(0.0, f64::max)
        * FONT_SLACK;
    // Very long values have labels at their points only.
    let tick_width = if widest > area.width * 0.25 { 0.0 } else { widest + 10.0 };
    PlotArea {
        panel: area,
        left: area.left + tick_width,
        right: area.left + area.width,
        top: area.top + LABEL_HEADROOM,
        bottom: area.bottom - YEAR_AXIS_HEIGHT,
    }
}

fn draw_grid(scale: &Scale, plot: &PlotArea, language: &str, canvas: &mut Canvas) {
    let has_tick_labels = plot.left > plot.panel.left;
    for tick in scale.ticks() {
        let y = scale.position(tick);
        let width = if tick.abs() > 0.0 { ".4" } else { "1" };
        canvas.line("kc-line", at(plot.left, y), at(plot.right, y), width);
        if has_tick_labels {
            let text = format_decimal(&format_tick(tick), language);
            let run =
                TextRun { anchor: TextAnchor::End, ..TextRun::new(&text, TICK_STYLE, "kc-muted") };
            canvas.text(run, at(plot.left - 6.0, y + 4.0), plot.left - plot.panel.left - 6.0);
        }
    }
}

/// Renders as many years as fit, including the last.
fn draw_year_axis(
    years: RangeInclusive<i64>,
    x_of_year: impl Fn(i64) -> f64,
    plot: &PlotArea,
    canvas: &mut Canvas,
) {
    let (first, last) = years.into_inner();
    let span = last.saturating_sub(first);
    let fitting = ((plot.right - plot.left) / 44.0).floor().max(1.0);
    let step = (0..).flat_map(|power: u32| {
        [1_i64, 2, 5].map(|factor| factor.saturating_mul(10_i64.saturating_pow(power)))
    });
    let step = step
        .take(24)
        .find(|step| f64::from(u32::try_from(span / step).unwrap_or(u32::MAX)) < fitting)
        .unwrap_or(i64::MAX);
    let mut year = last;
    while year >= first {
        let x = x_of_year(year);
        let text = year.to_string();
        canvas.line("kc-line", at(x, plot.bottom), at(x, plot.bottom + 4.0), "1");
        let run =
            TextRun { anchor: TextAnchor::Middle, ..TextRun::new(&text, TICK_STYLE, "kc-muted") };
        canvas.text(run, at(x, plot.bottom + 19.0), 44.0);
        year = year.saturating_sub(step);
    }
}

/// Places labels where they fit: first those of the last, first, highest and lowest points. Values
/// that are not exact get a symbol if the label does not fit.
fn place_labels(
    placed: &[PlacedPoint<'_>],
    canvas: &Canvas,
    plot: &PlotArea,
) -> Vec<Option<PlacedLabel>> {
    let mut order: Vec<usize> = (0..placed.len()).collect();
    let value = |index: &usize| {
        placed.get(*index).map_or(0.0, |placed_point| placed_point.point.numeric_value())
    };
    let ends: Vec<usize> = [
        order.last().copied(),
        order.first().copied(),
        order.iter().copied().max_by(|a, b| value(a).total_cmp(&value(b))),
        order.iter().copied().min_by(|a, b| value(a).total_cmp(&value(b))),
    ]
    .into_iter()
    .flatten()
    .collect();
    order.sort_by_key(|index| ends.iter().position(|end| end == index).unwrap_or(ends.len()));
    let point_size = Size { width: 2.0 * POINT_RADIUS, height: 2.0 * POINT_RADIUS };
    let mut occupied: Vec<Rect> =
        placed.iter().map(|point| Rect::centred(point.position, point_size)).collect();
    let mut labels: Vec<Option<PlacedLabel>> = placed.iter().map(|_| None).collect();
    for index in order {
        let (Some(PlacedPoint { point, position, .. }), Some(label)) =
            (placed.get(index), labels.get_mut(index))
        else {
            continue;
        };
        let width = canvas.measurer.width(&point.display_value, VALUE_STYLE) * FONT_SLACK + 4.0;
        let symbol = point.qualifier.symbol();
        let (text, (position, bounds)) =
            if let Some(free) = place_value(*position, width, plot, &occupied) {
                (point.display_value.as_str(), free)
            } else if symbol.is_empty() {
                continue;
            } else {
                (symbol, place_symbol(*position, &occupied))
            };
        occupied.push(bounds);
        *label = Some(PlacedLabel { text: text.to_owned(), position });
    }
    labels
}

/// A free position above or below a point for its value, within the panel.
fn place_value(
    Position { x, y }: Position,
    width: f64,
    plot: &PlotArea,
    occupied: &[Rect],
) -> Option<(Position, Rect)> {
    let PanelArea { left, width: panel_width, .. } = plot.panel;
    let (min_x, max_x) = (left + width / 2.0, left + panel_width - width / 2.0);
    if min_x > max_x {
        return None;
    }
    let x = x.clamp(min_x, max_x);
    [y - 10.0, y + 20.0].into_iter().find_map(|baseline| {
        let bounds = Rect::centred(at(x, baseline - 4.0), Size { width, height: 14.0 });
        let is_inside = bounds.bottom <= plot.bottom + 1.0;
        (is_inside && !occupied.iter().any(|other| bounds.overlaps(other)))
            .then_some((at(x, baseline), bounds))
    })
}

/// A position next to a point for its symbol: a free one, or the first.
fn place_symbol(Position { x, y }: Position, occupied: &[Rect]) -> (Position, Rect) {
    let candidate = |dx: f64, dy: f64| {
        let size = Size { width: 8.0, height: 10.0 };
        (at(x + dx, y + dy), Rect::centred(at(x + dx, y + dy - 4.0), size))
    };
    [(9.0, -7.0), (-9.0, -7.0), (9.0, 13.0), (-9.0, 13.0)]
        .into_iter()
        .map(|(dx, dy)| candidate(dx, dy))
        .find(|(_, bounds)| !occupied.iter().any(|other| bounds.overlaps(other)))
        .unwrap_or_else(|| candidate(9.0, -7.0))
}
