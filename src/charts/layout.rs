//! Layout common to all chart types: the area of the values and the headings of panels.

use crate::charts::canvas::{Canvas, TextRun, at};
use crate::charts::model::Panel;
use crate::charts::scale::usize_to_f64;
use crate::charts::text_layout::TextStyle;

/// The text style of a panel's heading.
const HEADING_STYLE: TextStyle = TextStyle::bold(14.0);

/// Area of the values of a chart.
#[derive(Clone, Copy, Debug)]
pub struct DrawArea {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Width in pixels.
    pub width: f64,
    /// Maximum height, if limited.
    pub max_height: Option<f64>,
}

/// Result of rendering values.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrawResult {
    /// Used height.
    pub height: f64,
    /// Number of points that did not fit.
    pub omitted_points: usize,
}

/// Wraps the heading of a panel; returns its lines and height.
pub fn layout_heading(panel: &Panel, canvas: &Canvas, area: DrawArea) -> (Vec<String>, f64) {
    let lines = panel
        .heading
        .as_deref()
        .map(|text| canvas.measurer.wrap(text, HEADING_STYLE, area.width, 3))
        .unwrap_or_default();
    let height = if lines.is_empty() {
        0.0
    } else {
        usize_to_f64(lines.len()) * HEADING_STYLE.line_height() + 8.0
    };
    (lines, height)
}

/// Renders a heading at the top of the area; returns the top of the rest of the panel.
pub fn draw_heading(lines: &[String], canvas: &mut Canvas, area: DrawArea) -> f64 {
    if lines.is_empty() {
        return area.top;
    }
    let run = TextRun::new("", HEADING_STYLE, "kc-muted");
    canvas.text_lines(run, lines, at(area.left, area.top + HEADING_STYLE.size), area.width)
        - HEADING_STYLE.size
        + 8.0
}
