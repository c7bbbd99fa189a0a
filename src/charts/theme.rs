//! Light and dark colours of charts. A test verifies the contrast of WCAG 2.2: 4.5:1 for text, 3:1
//! for graphical objects.

use std::fmt::Write;
use std::sync::LazyLock;

use serde::Serialize;

use crate::http::csp::InlineSource;

/// Number of distinct line styles.
pub const LINE_STYLES: usize = 6;
/// Number of shades of tiles.
pub const SHADES: usize = 5;

/// Theme of a chart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Theme {
    /// The preference of the reader (`prefers-color-scheme`).
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All values with their parameter names.
    pub const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("light", Self::Light), ("dark", Self::Dark)];
}

/// The colours of a theme.
struct Palette {
    /// Background.
    background: &'static str,
    /// Text.
    text: &'static str,
    /// Secondary text.
    muted_text: &'static str,
    /// Axes and outlines.
    outline: &'static str,
    /// Bars.
    bar: &'static str,
    /// Target markers.
    marker: &'static str,
    /// Lines and their points.
    lines: [&'static str; LINE_STYLES],
    /// Shades of tiles from lowest to highest value, each with its text colour.
    shades: [(&'static str, &'static str); SHADES],
}

const LIGHT: Palette = Palette {
    background: "#ffffff",
    text: "#1b1b1f",
    muted_text: "#55555e",
    outline: "#767680",
    bar: "#0b57c2",
    marker: "#9c3500",
    lines: ["#0b57c2", "#9c3500", "#1a6b3c", "#7a2d8c", "#5c5300", "#00606b"],
    shades: [
        ("#e6eefb", "#1b1b1f"),
        ("#c3d8f7", "#1b1b1f"),
        ("#94baf0", "#1b1b1f"),
        ("#2264c4", "#ffffff"),
        ("#0a3c86", "#ffffff"),
    ],
};

const DARK: Palette = Palette {
    background: "#17171a",
    text: "#f2f2f5",
    muted_text: "#b5b5c0",
    outline: "#85858f",
    bar: "#8ab8ff",
    marker: "#ffb38a",
    lines: ["#8ab8ff", "#ffb38a", "#8fd6a8", "#dca6ea", "#d9cf6b", "#7fd3dd"],
    shades: [
        ("#1e2838", "#f2f2f5"),
        ("#243b60", "#f2f2f5"),
        ("#2c5290", "#f2f2f5"),
        ("#6fa3ee", "#101014"),
        ("#a9cbff", "#101014"),
    ],
};

impl Palette {
    fn css_rules(&self) -> String {
        let mut css = String::new();
        for (class, colour) in [
            ("background", self.background),
            ("text", self.text),
            ("muted", self.muted_text),
            ("bar", self.bar),
            ("marker", self.marker),
        ] {
            let _ = write!(css, ".kc-{class}{{fill:{colour}}}");
        }
        let _ = write!(
            css,
            ".kc-line{{fill:none;stroke:{}}}.kc-outline{{stroke:{background}}}",
            self.outline,
            background = self.background
        );
        let _ = write!(
            css,
            ".kc-label{{fill:{};stroke:{};stroke-width:3px;stroke-linejoin:round;paint-order:stroke}}",
            self.text, self.background
        );
        for (index, colour) in self.lines.iter().enumerate() {
            let _ = write!(
                css,
                ".kc-line-{index}{{fill:none;stroke:{colour}}}.kc-point-{index}{{fill:{colour};stroke:{colour}}}"
            );
        }
        for (index, (colour, text_colour)) in self.shades.iter().enumerate() {
            let _ = write!(
                css,
                ".kc-shade-{index}{{fill:{colour};stroke:{}}}.kc-on-shade-{index}{{fill:{text_colour}}}",
                self.outline
            );
        }
        // Last, to override the fill of points: values that are not exact are hollow.
        let _ = write!(css, ".kc-hollow{{fill:{}}}", self.background);
        css
    }

    /// CSS variables of a page around a chart.
    fn css_variables(&self, scheme: &str) -> String {
        format!(
            ":root{{color-scheme:{scheme};--kt-text:{};--kt-muted:{};--kt-background:{};--kt-line:{};--kt-accent:{}}}",
            self.text, self.muted_text, self.background, self.outline, self.bar
        )
    }
}

const PREFERS_DARK: &str = "@media (prefers-color-scheme:dark)";

fn theme_rules(theme: Theme) -> String {
    match theme {
        Theme::Light => LIGHT.css_rules(),
        Theme::Dark => DARK.css_rules(),
        Theme::Auto => format!("{}{PREFERS_DARK}{{{}}}", LIGHT.css_rules(), DARK.css_rules()),
    }
}

fn theme_variables(theme: Theme) -> String {
    match theme {
        Theme::Light => LIGHT.css_variables("light"),
        Theme::Dark => DARK.css_variables("dark"),
        Theme::Auto => format!(
            "{}{PREFERS_DARK}{{{}}}",
            LIGHT.css_variables("light dark"),
            DARK.css_variables("light dark")
        ),
    }
}

static CHART_STYLES: LazyLock<[InlineSource; 3]> =
    LazyLock::new(|| Theme::ALL.map(|(_, theme)| InlineSource::new(theme_rules(theme))));

impl Theme {
    /// Selects from one entry for each theme, in the order of [`Self::ALL`].
    pub fn select<T>(self, entries: &[T; 3]) -> &T {
        let [auto, light, dark] = entries;
        match self {
            Self::Auto => auto,
            Self::Light => light,
            Self::Dark => dark,
        }
    }

    /// The style of a standalone SVG chart.
    pub fn chart_style(self) -> &'static InlineSource {
        self.select(&CHART_STYLES)
    }

    /// CSS for a page that shows a chart: the variables of the page and the rules of the chart.
    pub fn page_css(self) -> String {
        format!("{}{}", theme_variables(self), theme_rules(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let channel = |from: usize| {
            let part =
                f64::from(u8::from_str_radix(colour.get(from..from + 2).unwrap(), 16).unwrap())
                    / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn colours_meet_wcag_contrast() {
        assert!(
            (contrast("#000000", "#ffffff") - 21.0).abs() < 0.01
                && (contrast("#767676", "#ffffff") - 4.54).abs() < 0.01
        );
        for (name, palette) in [("light", LIGHT), ("dark", DARK)] {
            for text in [palette.text, palette.muted_text] {
                assert!(contrast(text, palette.background) >= 4.5, "{name}: {text}");
            }
            for part in [palette.outline, palette.bar, palette.marker].iter().chain(&palette.lines)
            {
                assert!(contrast(part, palette.background) >= 3.0, "{name}: {part}");
            }
            for (shade, text) in palette.shades {
                assert!(
                    contrast(shade, text) >= 4.5,
                    "{name}: {text} on {shade} is {}",
                    contrast(shade, text)
                );
            }
        }
    }

    #[test]
    fn shades_are_monotonic_and_lines_distinct() {
        for (palette, grows) in [(LIGHT, false), (DARK, true)] {
            let steps: Vec<f64> = palette.shades.iter().map(|(step, _)| luminance(step)).collect();
            assert!(steps.windows(2).all(|pair| (pair[0] < pair[1]) == grows), "{steps:?}");
            let mut lines = palette.lines.to_vec();
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), LINE_STYLES);
        }
    }

    #[test]
    fn styles_are_safe_to_inline() {
        for (_, theme) in Theme::ALL {
            for css in [theme.chart_style().text.clone(), theme.page_css()] {
                assert!(!css.contains("</") && !css.contains("url("), "{css}");
                assert_eq!(css.contains("prefers-color-scheme"), theme == Theme::Auto);
            }
        }
    }
}
