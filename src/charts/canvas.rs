//! Writes SVG elements; the output is well-formed for any text.

use crate::charts::text_layout::{FONT_SLACK, TextMeasurer, TextStyle};
use crate::text::xml::XmlWriter;

/// Alignment of a text to its position (`text-anchor`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextAnchor {
    /// Starts at the position.
    Start,
    /// Centred at the position.
    Middle,
    /// Ends at the position.
    End,
}

/// A position in pixels from the top left corner.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Distance from the left edge.
    pub x: f64,
    /// Distance from the top edge.
    pub y: f64,
}

/// Returns a position.
pub const fn at(x: f64, y: f64) -> Position {
    Position { x, y }
}

/// A size in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A text with style, language and alignment.
#[derive(Clone, Copy)]
pub struct TextRun<'a> {
    /// The text.
    pub text: &'a str,
    /// Size and weight.
    pub style: TextStyle,
    /// CSS class of the colour.
    pub class: &'a str,
    /// Its language, if it differs from that of the chart.
    pub language: Option<&'a str>,
    /// Alignment.
    pub anchor: TextAnchor,
}

impl<'a> TextRun<'a> {
    /// Creates a text in the language of the chart that starts at its position.
    pub const fn new(text: &'a str, style: TextStyle, class: &'a str) -> Self {
        Self { text, style, class, language: None, anchor: TextAnchor::Start }
    }
}

/// Builder of the SVG content.
pub struct Canvas {
    xml: XmlWriter,
    /// Measures texts.
    pub measurer: TextMeasurer,
}

/// Formats a length with at most one decimal place.
pub fn format_length(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

impl Default for Canvas {
    fn default() -> Self {
        Self { xml: XmlWriter::new("g", &[]), measurer: TextMeasurer::default() }
    }
}

impl Canvas {
    /// Opens a group with a `title`, which browsers show as a tooltip.
    pub fn open_group(&mut self, title: &str) {
        self.xml.open("g", &[]);
        self.xml.element("title", &[], title);
    }

    /// Closes the group.
    pub fn close_group(&mut self) {
        self.xml.close();
    }

    /// Adds a rectangle.
    pub fn rectangle(&mut self, class: &str, position: Position, size: Size) {
        let (x, y) = (format_length(position.x), format_length(position.y));
        let width = format_length(size.width.max(0.0));
        let height = format_length(size.height.max(0.0));
        self.xml.empty_element(
            "rect",
            &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)],
        );
    }

    /// Adds a path.
    pub fn path(&mut self, class: &str, path: &str, width: &str, dashes: Option<&str>) {
        let mut attributes = vec![("class", class), ("d", path), ("stroke-width", width)];
        attributes.extend(dashes.map(|dashes| ("stroke-dasharray", dashes)));
        self.xml.empty_element("path", &attributes);
    }

    /// Adds a straight line.
    pub fn line(&mut self, class: &str, from: Position, to: Position, width: &str) {
        let path = format!(
            "M{} {}L{} {}",
            format_length(from.x),
            format_length(from.y),
            format_length(to.x),
            format_length(to.y)
        );
        self.path(class, &path, width, None);
    }

    /// Adds a single-line text, compressed to `max_width` if it could exceed that in a wider font.
    pub fn text(&mut self, run: TextRun<'_>, position: Position, max_width: f64) {
        let TextRun { text, style, class, language, anchor } = run;
        let width = self.measurer.width(text, style);
        let (x, y) = (format_length(position.x), format_length(position.y));
        let size = format_length(style.size);
        let text_length = format_length(width.min(max_width));
        let mut attributes =
            vec![("class", class), ("x", x.as_str()), ("y", &y), ("font-size", &size)];
        if style.is_bold {
            attributes.push(("font-weight", "700"));
        }
        match anchor {
            TextAnchor::Start => {}
            TextAnchor::Middle => attributes.push(("text-anchor", "middle")),
            TextAnchor::End => attributes.push(("text-anchor", "end")),
        }
        if width * FONT_SLACK > max_width + 0.5 && self.measurer.has_all_glyphs(text, style) {
            attributes.extend([
                ("textLength", text_length.as_str()),
                ("lengthAdjust", "spacingAndGlyphs"),
            ]);
        }
        attributes.extend(language.map(|language| ("lang", language)));
        self.xml.element("text", &attributes, text);
    }

    /// Adds lines of text, the first baseline at `position`; returns the `y` of the baseline after
    /// the last.
    pub fn text_lines(
        &mut self,
        run: TextRun<'_>,
        lines: &[String],
        mut position: Position,
        max_width: f64,
    ) -> f64 {
        for line in lines {
            self.text(TextRun { text: line, ..run }, position, max_width);
            position.y += run.style.line_height();
        }
        position.y
    }

    /// The SVG fragment.
    pub fn finish(self) -> String {
        let text = self.xml.finish();
        text.split_once('\n')
            .map(|(_, fragment)| fragment.trim_end().to_owned())
            .unwrap_or_default()
    }
}
