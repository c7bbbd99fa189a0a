//! What a chart is drawn on: SVG that is well formed whatever is put into it.

use crate::charts::text_layout::{FONT_SLACK, TextMeasurer, TextStyle};
use crate::text::xml::Xml;

/// Where a text stands to its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextAnchor {
    /// It begins there.
    Start,
    /// It is in the middle.
    Middle,
    /// It ends there.
    End,
}

/// A text to be drawn.
#[derive(Clone, Copy)]
pub struct TextRun<'a> {
    /// What it says.
    pub text: &'a str,
    /// By which letters.
    pub style: TextStyle,
    /// Its colour.
    pub class: &'a str,
    /// Its language, where that is another than the chart's.
    pub language: Option<&'a str>,
}

/// A drawing, being made.
pub struct Canvas {
    xml: Xml,
    /// What measures its texts.
    pub measurer: TextMeasurer,
}

/// A length as it is written.
pub fn format_length(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

impl Default for Canvas {
    fn default() -> Self {
        Self { xml: Xml::new("g", &[]), measurer: TextMeasurer::default() }
    }
}

impl Canvas {
    /// Opens a group that says of itself what it is: whoever points at it reads that.
    pub fn open_group(&mut self, title: &str) {
        self.xml.open("g", &[]);
        self.xml.element("title", &[], title);
    }

    /// Ends it.
    pub fn close_group(&mut self) {
        self.xml.close();
    }

    /// A rectangle.
    pub fn rectangle(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let (x, y, width, height) = (
            format_length(x),
            format_length(y),
            format_length(width.max(0.0)),
            format_length(height.max(0.0)),
        );
        self.xml.empty(
            "rect",
            &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)],
        );
    }

    /// A path, with further attributes.
    pub fn path(&mut self, class: &str, path: &str, width: &str, dashes: Option<&str>) {
        let mut attributes = vec![("class", class), ("d", path), ("stroke-width", width)];
        attributes.extend(dashes.map(|dashes| ("stroke-dasharray", dashes)));
        self.xml.empty("path", &attributes);
    }

    /// A straight line.
    pub fn line(
        &mut self,
        class: &str,
        (from_x, from_y): (f64, f64),
        (to_x, to_y): (f64, f64),
        width: &str,
    ) {
        let path = format!(
            "M{} {}L{} {}",
            format_length(from_x),
            format_length(from_y),
            format_length(to_x),
            format_length(to_y)
        );
        self.path(class, &path, width, None);
    }

    /// A text in one line that has so much room. It is made no longer than that: the letters of
    /// whoever looks at it may be wider than those it was measured by.
    pub fn text(
        &mut self,
        run: TextRun<'_>,
        anchor: TextAnchor,
        (x, y): (f64, f64),
        max_width: f64,
    ) {
        let TextRun { text, style, class, language } = run;
        let width = self.measurer.width(text, style);
        let (x, y, size) = (format_length(x), format_length(y), format_length(style.size));
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

    /// A text in lines below each other, the first at this height; gives the height of the line
    /// after the last.
    pub fn text_lines(
        &mut self,
        run: TextRun<'_>,
        lines: &[String],
        anchor: TextAnchor,
        (x, mut y): (f64, f64),
        max_width: f64,
    ) -> f64 {
        for line in lines {
            self.text(TextRun { text: line, ..run }, anchor, (x, y), max_width);
            y += run.style.line_height();
        }
        y
    }

    /// What was drawn, as a part of an SVG.
    pub fn finish(self) -> String {
        let text = self.xml.finish();
        text.split_once('\n')
            .map(|(_, fragment)| fragment.trim_end().to_owned())
            .unwrap_or_default()
    }
}
