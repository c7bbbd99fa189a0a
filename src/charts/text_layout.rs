//! Texts in a chart: how wide they are, in lines where there is not room for them in one, shortened
//! where there is none at all.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::images::font::{FALLBACK_WIDTH, Face, FontWeight};

/// How wide letters of the size 1 are, each once: a chart measures thousands.
static REGULAR_WIDTHS: LazyLock<HashMap<char, f32>> =
    LazyLock::new(|| Face::new(FontWeight::Regular, 1.0).char_widths());
/// The same of bold ones.
static BOLD_WIDTHS: LazyLock<HashMap<char, f32>> =
    LazyLock::new(|| Face::new(FontWeight::Bold, 1.0).char_widths());

/// So much wider may the letters be of whoever looks at a chart.
pub const FONT_SLACK: f64 = 1.15;

/// Letters of a size, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle {
    /// How high.
    pub size: f64,
    /// Whether they are bold.
    pub is_bold: bool,
}

impl TextStyle {
    /// For texts.
    pub const fn regular(size: f64) -> Self {
        Self { size, is_bold: false }
    }

    /// For titles and values.
    pub const fn bold(size: f64) -> Self {
        Self { size, is_bold: true }
    }

    /// From one line to the next.
    pub fn line_height(self) -> f64 {
        (self.size * 1.3).ceil()
    }
}

/// Measures texts.
pub struct TextMeasurer {
    regular_widths: &'static HashMap<char, f32>,
    bold_widths: &'static HashMap<char, f32>,
}

impl Default for TextMeasurer {
    fn default() -> Self {
        Self { regular_widths: &REGULAR_WIDTHS, bold_widths: &BOLD_WIDTHS }
    }
}

impl TextMeasurer {
    fn widths(&self, style: TextStyle) -> &'static HashMap<char, f32> {
        if style.is_bold { self.bold_widths } else { self.regular_widths }
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, style: TextStyle) -> f64 {
        let widths = self.widths(style);
        text.chars()
            .map(|c| f64::from(widths.get(&c).copied().unwrap_or(FALLBACK_WIDTH)) * style.size)
            .sum()
    }

    /// Whether a text was measured by the letters that it has.
    pub fn has_all_glyphs(&self, text: &str, style: TextStyle) -> bool {
        let widths = self.widths(style);
        text.chars().all(|c| widths.contains_key(&c))
    }

    /// A text in lines that fit, at most so many; what there is no room for is left out, and the
    /// last line says so.
    pub fn wrap(
        &self,
        text: &str,
        style: TextStyle,
        max_width: f64,
        max_lines: usize,
    ) -> Vec<String> {
        let blank = self.width(" ", style);
        let mut lines: Vec<(String, f64)> = Vec::new();
        for word in text.split([' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
            let mut continues_line = lines.last().is_some();
            for (piece, width) in self.break_word(word, style, max_width) {
                match lines.last_mut() {
                    Some((line, line_width))
                        if continues_line && *line_width + blank + width <= max_width =>
                    {
                        line.push(' ');
                        line.push_str(&piece);
                        *line_width += blank + width;
                    }
                    _ => lines.push((piece, width)),
                }
                // The rest of a word that was broken begins a line.
                continues_line = false;
            }
            if lines.len() > max_lines {
                break;
            }
        }
        let is_cut = lines.len() > max_lines;
        let mut lines: Vec<String> =
            lines.into_iter().take(max_lines).map(|(line, _)| line).collect();
        if let Some(last) = lines.last_mut().filter(|_| is_cut) {
            *last = self.ellipsize(last, style, max_width);
        }
        lines
    }

    /// A word in pieces that fit, broken behind a sign rather than between letters.
    fn break_word(&self, word: &str, style: TextStyle, max_width: f64) -> Vec<(String, f64)> {
        let whole = self.width(word, style);
        if whole <= max_width {
            return vec![(word.to_owned(), whole)];
        }
        let mut pieces: Vec<(String, f64)> = Vec::new();
        let mut piece = String::new();
        let mut piece_width = 0.0;
        for c in word.chars() {
            let width = self.width(c.encode_utf8(&mut [0; 4]), style);
            if piece_width + width > max_width && !piece.is_empty() {
                let end = piece
                    .char_indices()
                    .filter(|(_, c)| is_break_opportunity(*c))
                    .map(|(place, c)| place.saturating_add(c.len_utf8()))
                    .next_back();
                let after = |end: &usize| self.width(piece.get(*end..).unwrap_or_default(), style);
                let end = end.filter(|end| after(end) + width <= max_width);
                let rest = end.map(|end| piece.split_off(end)).unwrap_or_default();
                piece_width = self.width(&rest, style);
                let width = self.width(&piece, style);
                pieces.push((std::mem::replace(&mut piece, rest), width));
            }
            piece.push(c);
            piece_width += width;
        }
        pieces.push((piece, piece_width));
        pieces
    }

    /// A text with its end left out, and dots in its place.
    fn ellipsize(&self, text: &str, style: TextStyle, max_width: f64) -> String {
        let max_width = max_width - self.width("…", style);
        let mut text_width = 0.0;
        let mut end = 0;
        for (index, c) in text.char_indices() {
            text_width += self.width(c.encode_utf8(&mut [0; 4]), style);
            if text_width > max_width {
                break;
            }
            end = index.saturating_add(c.len_utf8());
        }
        format!("{}…", text.get(..end).unwrap_or_default().trim_end())
    }
}

/// Signs behind which a long word may be broken: those of numbers among them.
fn is_break_opportunity(c: char) -> bool {
    matches!(c, ',' | '.' | '-' | '/' | '\u{a0}' | '·')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT_STYLE: TextStyle = TextStyle::regular(14.0);

    #[test]
    fn wraps_and_ellipsizes_text() {
        let lettering = TextMeasurer::default();
        let wrapped =
            |text: &str, room: f64, most: usize| lettering.wrap(text, TEXT_STYLE, room, most);
        assert_eq!(
            wrapped("people who know their rights", 110.0, 3),
            ["people who", "know their", "rights"]
        );
        assert_eq!(
            wrapped("people who know their rights", 110.0, 2),
            ["people who", "know their…"]
        );
        assert_eq!(wrapped("", 110.0, 2), Vec::<String>::new());
        // A number is broken behind its separators, and stays exact.
        let number = "12,345,678,901,234,567,890";
        let lines = wrapped(number, 80.0, 9);
        assert!(
            lines.len() > 2
                && lines.concat() == number
                && lines.iter().rev().skip(1).all(|line| line.ends_with(',')),
            "{lines:?}"
        );
        assert_eq!(
            wrapped("1\u{a0}234", 200.0, 1),
            ["1\u{a0}234"],
            "what belongs together stays together"
        );
    }

    proptest! {
        #[test]
        fn lines_fit(text in "\\PC{0,200}", room in 40.0..400.0, most in 1_usize..5) {
            let lettering = TextMeasurer::default();
            let lines = lettering.wrap(&text, TEXT_STYLE, room, most);
            prop_assert!(lines.len() <= most);
            for line in &lines {
                prop_assert!(lettering.width(line, TEXT_STYLE) <= room + 0.01, "{line}");
            }
        }
    }
}
