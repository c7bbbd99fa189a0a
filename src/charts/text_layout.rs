//! Measures, wraps and truncates the texts of a chart.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::images::font::{FALLBACK_WIDTH, Face, FontWeight};

/// Advance widths of the regular font at size 1, cached.
static REGULAR_WIDTHS: LazyLock<HashMap<char, f32>> =
    LazyLock::new(|| Face::new(FontWeight::Regular, 1.0).char_widths());
/// Advance widths of the bold font at size 1, cached.
static BOLD_WIDTHS: LazyLock<HashMap<char, f32>> =
    LazyLock::new(|| Face::new(FontWeight::Bold, 1.0).char_widths());

/// Factor by which the font of the reader may be wider.
pub const FONT_SLACK: f64 = 1.15;

/// Size and weight of a text.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle {
    /// Font size in pixels.
    pub size: f64,
    /// Whether it is bold.
    pub is_bold: bool,
}

impl TextStyle {
    /// Regular weight.
    pub const fn regular(size: f64) -> Self {
        Self { size, is_bold: false }
    }

    /// Bold weight.
    pub const fn bold(size: f64) -> Self {
        Self { size, is_bold: true }
    }

    /// Distance between baselines.
    pub fn line_height(self) -> f64 {
        (self.size * 1.3).ceil()
    }
}

/// Measures text with the bundled font.
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

    /// Width of a text in pixels.
    pub fn width(&self, text: &str, style: TextStyle) -> f64 {
        let widths = self.widths(style);
        text.chars()
            .map(|c| f64::from(widths.get(&c).copied().unwrap_or(FALLBACK_WIDTH)) * style.size)
            .sum()
    }

    /// Whether the bundled font has all characters of a text.
    pub fn has_all_glyphs(&self, text: &str, style: TextStyle) -> bool {
        let widths = self.widths(style);
        text.chars().all(|c| widths.contains_key(&c))
    }

    /// Wraps a text to at most `max_lines` lines; a truncated text ends with an ellipsis.
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
                // The rest of a broken word starts a line.
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

    /// Breaks a word into pieces that fit, preferably after punctuation.
    fn break_word(&self, word: &str, style: TextStyle, max_width: f64) -> Vec<(String, f64)> {
        let word_width = self.width(word, style);
        if word_width <= max_width {
            return vec![(word.to_owned(), word_width)];
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
                    .map(|(index, c)| index.saturating_add(c.len_utf8()))
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

    /// Truncates a text with an ellipsis.
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

/// Characters after which a long word may be broken, including separators of numbers.
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
        fn wrapped_lines_fit(text in "\\PC{0,200}", room in 40.0..400.0, most in 1_usize..5) {
            let lettering = TextMeasurer::default();
            let lines = lettering.wrap(&text, TEXT_STYLE, room, most);
            prop_assert!(lines.len() <= most);
            for line in &lines {
                prop_assert!(lettering.width(line, TEXT_STYLE) <= room + 0.01, "{line}");
            }
        }
    }
}
