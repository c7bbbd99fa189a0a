//! Points over years. A line leads from a year to the next one, and over no year of which nothing
//! is known.

use std::fmt::Write;

use super::bars::{draw_heading, heading};
use super::canvas::{Anchor, Canvas, Words, length};
use super::draw::{Drawn, Room};
use super::lettering::{Letters, OTHER};
use super::scale::{Scale, count, decimal};
use super::theme::LINES;
use super::{Chart, Exactness, Panel, Point};
use crate::text::decimal::grouped;

const TICK: Letters = Letters::text(12.0);
const VALUE: Letters = Letters::bold(12.0);
const NAME: Letters = Letters::bold(12.0);
/// Lines are told apart by their dashes too.
const DASHES: [Option<&str>; LINES] =
    [None, Some("7 4"), Some("2 4"), Some("9 3 2 3"), Some("12 5"), Some("4 2")];
/// How large a point is, from its middle.
const POINT: f64 = 4.5;
/// How high the years need.
const YEARS: f64 = 26.0;
/// How high values above the highest point need.
const ABOVE: f64 = 24.0;

/// A point of a line, where it is drawn.
struct Placed<'a> {
    point: &'a Point,
    line: usize,
    year: i64,
    at: (f64, f64),
}

/// A rectangle that is taken by a text: left, top, right, bottom.
type Taken = (f64, f64, f64, f64);

/// Where the parts of a panel are.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn year(point: &Point) -> Option<i64> {
    point.key.parse().ok()
}

/// Draws the lines of all panels.
pub fn draw(chart: &Chart, canvas: &mut Canvas, room: Room) -> Drawn {
    let panels: Vec<&Panel> =
        chart.panels.iter().filter(|panel| panel.points().next().is_some()).collect();
    let each = room.height.map_or((room.width * 0.45).clamp(160.0, 360.0), |height| {
        (height / count(panels.len()).max(1.0)).max(120.0)
    });
    let (mut y, mut left_out) = (room.top, 0_usize);
    for panel in panels {
        let lines = heading(panel, canvas, room);
        let top = draw_heading(&lines.0, canvas, (room, y));
        let bottom = if room.height.is_some() { y + each } else { top + each };
        let more: usize = panel.series.iter().skip(LINES).map(|series| series.points.len()).sum();
        left_out = left_out.saturating_add(more);
        y = names(panel, canvas, (room, top));
        draw_panel(panel, chart.language, canvas, (room, y, bottom.max(y + 90.0)));
        y = bottom.max(y + 90.0) + 8.0;
    }
    Drawn { height: y - room.top, left_out }
}

/// Which line is which: its name with a piece of it. Gives where the lines may begin.
fn names(panel: &Panel, canvas: &mut Canvas, (room, top): (Room, f64)) -> f64 {
    let mut x = room.left;
    let mut y = top;
    let mut is_any = false;
    for (place, series) in panel.series.iter().take(LINES).enumerate() {
        let Some(name) = &series.name else { continue };
        let lines = canvas.lettering.wrapped(name, NAME, room.width - 40.0, 1);
        let name = lines.first().map(String::as_str).unwrap_or_default();
        let width = canvas.lettering.width(name, NAME) * OTHER;
        if is_any && x + 40.0 + width > room.left + room.width {
            x = room.left;
            y += 20.0;
        }
        is_any = true;
        draw_stroke(canvas, place, &format!("M{} {}h30", length(x), length(y + 8.0)));
        draw_point(canvas, (place, Exactness::Exact), (x + 15.0, y + 8.0));
        let words = Words { text: name, letters: NAME, class: "kc-ink", language: None };
        canvas.text(words, Anchor::Start, (x + 36.0, y + 12.5), room.width - 40.0);
        x += 36.0 + width + 18.0;
    }
    if is_any { y + 24.0 } else { top }
}

fn draw_stroke(canvas: &mut Canvas, place: usize, path: &str) {
    canvas.path(&format!("kc-line-{place}"), path, "2.5", DASHES.get(place).copied().flatten());
}

/// Draws a point: each line has a shape of its own; what is not exact is hollow.
fn draw_point(canvas: &mut Canvas, (place, exactness): (usize, Exactness), (x, y): (f64, f64)) {
    let hollow = if exactness == Exactness::Exact { "" } else { " kc-hollow" };
    let move_to = |dx: f64, dy: f64| format!("M{} {}", length(x + dx), length(y + dy));
    let path = match place {
        0 => format!(
            "{}a{POINT} {POINT} 0 1 0 9 0a{POINT} {POINT} 0 1 0 -9 0z",
            move_to(-POINT, 0.0)
        ),
        1 => format!("{}h8v8h-8z", move_to(-4.0, -4.0)),
        2 => format!("{}l5.5 5.5l-5.5 5.5l-5.5 -5.5z", move_to(0.0, -5.5)),
        3 => format!("{}l5.5 9h-11z", move_to(0.0, -5.5)),
        4 => format!("{}h11l-5.5 9z", move_to(-5.5, -4.0)),
        _ => format!("{}h4v3h3v4h-3v3h-4v-3h-3v-4h3z", move_to(-2.0, -5.0)),
    };
    canvas.path(&format!("kc-point-{place}{hollow}"), &path, "2", None);
}

fn draw_panel(
    panel: &Panel,
    language: &str,
    canvas: &mut Canvas,
    (room, top, bottom): (Room, f64, f64),
) {
    let dated = || {
        panel
            .series
            .iter()
            .take(LINES)
            .enumerate()
            .flat_map(|(line, series)| series.points.iter().map(move |point| (line, point)))
    };
    let years: Vec<i64> = dated().filter_map(|(_, point)| year(point)).collect();
    let (Some(first), Some(last)) = (years.iter().min().copied(), years.iter().max().copied())
    else {
        return;
    };
    let plot = plot(panel, language, canvas, (room, top, bottom));
    let scale = Scale::new(panel.points().map(Point::number), (plot.bottom, plot.top));
    draw_grid(&scale, &plot, language, canvas, room);
    let across = |year: i64| {
        let span = f64::from(u32::try_from(last.saturating_sub(first)).unwrap_or(0));
        let part = f64::from(u32::try_from(year.saturating_sub(first)).unwrap_or(0));
        if span > 0.0 {
            plot.left + 14.0 + (plot.right - plot.left - 28.0) * part / span
        } else {
            f64::midpoint(plot.left, plot.right)
        }
    };
    draw_years((first, last), across, &plot, canvas);
    let mut placed: Vec<Placed<'_>> = dated()
        .filter(|(_, point)| point.value.is_some())
        .filter_map(|(line, point)| {
            let year = year(point)?;
            Some(Placed { point, line, year, at: (across(year), scale.place(point.number())) })
        })
        .collect();
    placed.sort_by_key(|one| (one.line, one.year));
    for line in 0..LINES {
        let path = strokes(placed.iter().filter(|one| one.line == line));
        if path.contains('L') {
            draw_stroke(canvas, line, &path);
        }
    }
    let labels = labels(&placed, canvas, (&plot, room));
    for (one, label) in placed.iter().zip(labels) {
        let series = panel
            .series
            .get(one.line)
            .and_then(|series| series.name.as_deref())
            .map(|name| format!("{name} · "))
            .unwrap_or_default();
        canvas.open(&format!("{series}{}", one.point.told()));
        draw_point(canvas, (one.line, one.point.exactness), one.at);
        if let Some((text, at)) = label {
            let words = Words { text: &text, letters: VALUE, class: "kc-label", language: None };
            let room = canvas.lettering.width(&text, VALUE) * OTHER;
            canvas.text(words, Anchor::Middle, at, room);
        }
        canvas.close();
    }
}

/// The lines through points of years that follow each other.
fn strokes<'a>(points: impl Iterator<Item = &'a Placed<'a>>) -> String {
    let mut path = String::new();
    let mut before: Option<i64> = None;
    for one in points {
        let verb = if before.is_some_and(|before| before.saturating_add(1) == one.year) {
            'L'
        } else {
            'M'
        };
        let _ = write!(path, "{verb}{} {}", length(one.at.0), length(one.at.1));
        before = Some(one.year);
    }
    path
}

fn plot(
    panel: &Panel,
    language: &str,
    canvas: &Canvas,
    (room, top, bottom): (Room, f64, f64),
) -> Plot {
    let scale = Scale::new(panel.points().map(Point::number), (0.0, 1.0));
    let widest = scale
        .ticks()
        .into_iter()
        .map(|tick| canvas.lettering.width(&grouped(&decimal(tick), language), TICK))
        .fold(0.0, f64::max)
        * OTHER;
    // Values of very many digits are said at their points alone.
    let ticks = if widest > room.width * 0.25 { 0.0 } else { widest + 10.0 };
    Plot {
        left: room.left + ticks,
        right: room.left + room.width,
        top: top + ABOVE,
        bottom: bottom - YEARS,
    }
}

fn draw_grid(scale: &Scale, plot: &Plot, language: &str, canvas: &mut Canvas, room: Room) {
    let is_named = plot.left > room.left;
    for tick in scale.ticks() {
        let y = scale.place(tick);
        let width = if tick.abs() > 0.0 { ".4" } else { "1" };
        canvas.line("kc-line", (plot.left, y), (plot.right, y), width);
        if is_named {
            let text = grouped(&decimal(tick), language);
            let words = Words { text: &text, letters: TICK, class: "kc-soft", language: None };
            canvas.text(
                words,
                Anchor::End,
                (plot.left - 6.0, y + 4.0),
                plot.left - room.left - 6.0,
            );
        }
    }
}

/// Names as many years as there is room for, the last among them.
fn draw_years(
    (first, last): (i64, i64),
    across: impl Fn(i64) -> f64,
    plot: &Plot,
    canvas: &mut Canvas,
) {
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
        let x = across(year);
        let text = year.to_string();
        canvas.line("kc-line", (x, plot.bottom), (x, plot.bottom + 4.0), "1");
        canvas.text(
            Words { text: &text, letters: TICK, class: "kc-soft", language: None },
            Anchor::Middle,
            (x, plot.bottom + 19.0),
            44.0,
        );
        year = year.saturating_sub(step);
    }
}

/// A label and the place of its middle, for each point that there is room to label: the last, the
/// first, the most and the least before others. What is not exact says so by a sign where its label
/// has no room.
fn labels(
    placed: &[Placed<'_>],
    canvas: &Canvas,
    (plot, room): (&Plot, Room),
) -> Vec<Option<(String, (f64, f64))>> {
    let mut order: Vec<usize> = (0..placed.len()).collect();
    let value = |place: &usize| placed.get(*place).map_or(0.0, |one| one.point.number());
    let ends: Vec<usize> = [
        order.last().copied(),
        order.first().copied(),
        order.iter().copied().max_by(|one, other| value(one).total_cmp(&value(other))),
        order.iter().copied().min_by(|one, other| value(one).total_cmp(&value(other))),
    ]
    .into_iter()
    .flatten()
    .collect();
    order.sort_by_key(|place| ends.iter().position(|end| end == place).unwrap_or(ends.len()));
    let mut taken: Vec<Taken> =
        placed.iter().map(|one| around(one.at, (2.0 * POINT, 2.0 * POINT))).collect();
    let mut labels: Vec<Option<(String, (f64, f64))>> = vec![None; placed.len()];
    for place in order {
        let Some(one) = placed.get(place) else { continue };
        let whole = fitting(&one.point.figure, one.at, canvas, ((plot, room), &taken));
        let sign = || {
            let sign = one.point.exactness.sign();
            let around_it = [(9.0, -7.0), (-9.0, -7.0), (9.0, 13.0), (-9.0, 13.0)]
                .map(|(x, y)| (one.at.0 + x, one.at.1 + y));
            let is_free = |at: &&(f64, f64)| {
                !taken.iter().any(|other| meets(&around((at.0, at.1 - 4.0), (8.0, 10.0)), other))
            };
            let beside = around_it.iter().find(is_free).or(around_it.first()).copied()?;
            (!sign.is_empty())
                .then(|| (sign.to_owned(), beside, around((beside.0, beside.1 - 4.0), (8.0, 10.0))))
        };
        if let (Some((text, at, box_)), Some(label)) = (whole.or_else(sign), labels.get_mut(place))
        {
            taken.push(box_);
            *label = Some((text, at));
        }
    }
    labels
}

fn around((x, y): (f64, f64), (width, height): (f64, f64)) -> Taken {
    (x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)
}

/// Whether two rectangles have a part in common.
fn meets(one: &Taken, other: &Taken) -> bool {
    one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
}

/// A text above or below its point, where nothing else is.
fn fitting(
    text: &str,
    (x, y): (f64, f64),
    canvas: &Canvas,
    ((plot, room), taken): ((&Plot, Room), &[Taken]),
) -> Option<(String, (f64, f64), Taken)> {
    let width = canvas.lettering.width(text, VALUE) * OTHER + 4.0;
    let (least, most) = (room.left + width / 2.0, room.left + room.width - width / 2.0);
    if least > most {
        return None;
    }
    let x = x.clamp(least, most);
    [y - 10.0, y + 20.0].into_iter().find_map(|baseline| {
        let box_ = around((x, baseline - 4.0), (width, 14.0));
        let is_inside = box_.3 <= plot.bottom + 1.0;
        (is_inside && !taken.iter().any(|other| meets(&box_, other)))
            .then(|| (text.to_owned(), (x, baseline), box_))
    })
}
