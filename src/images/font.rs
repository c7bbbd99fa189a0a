//! The font that posters are measured and painted with: Noto Sans, the letters of the Latin,
//! Cyrillic and Greek scripts.
//!
//! It is part of the program, so that a poster is the same on every machine. Its licence is
//! `assets/OFL.txt`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, ID, Source};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

static REGULAR: &[u8] = include_bytes!("../embed/assets/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../embed/assets/NotoSans-Bold.ttf");

/// How wide a letter is taken to be that the font lacks, as a part of the font's size.
pub const FALLBACK_WIDTH: f32 = 0.8;

/// How heavy letters are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FontWeight {
    /// For text.
    Regular,
    /// For titles.
    Bold,
}

/// A weight of the font at a size.
pub struct Face {
    font: Option<FontRef<'static>>,
    size: f32,
}

impl Face {
    /// The font in a weight, with letters of so many pixels.
    pub fn new(weight: FontWeight, size: f32) -> Self {
        let bytes = match weight {
            FontWeight::Regular => REGULAR,
            FontWeight::Bold => BOLD,
        };
        Self { font: FontRef::new(bytes).ok(), size }
    }

    /// How wide a text is, in pixels.
    pub fn width(&self, text: &str) -> f32 {
        let fallback_width = self.size * FALLBACK_WIDTH;
        let Some(font) = &self.font else { return text.chars().map(|_| fallback_width).sum() };
        let (char_map, metrics) =
            (font.charmap(), GlyphMetrics::new(font, Size::new(self.size), LocationRef::default()));
        text.chars()
            .map(|c| {
                char_map
                    .map(c)
                    .and_then(|glyph| metrics.advance_width(glyph))
                    .unwrap_or(fallback_width)
            })
            .sum()
    }

    /// How wide each letter and sign is that the font has.
    pub fn char_widths(&self) -> HashMap<char, f32> {
        let Some(font) = &self.font else { return HashMap::new() };
        let metrics = GlyphMetrics::new(font, Size::new(self.size), LocationRef::default());
        let width = |(code, glyph)| Some((char::from_u32(code)?, metrics.advance_width(glyph)?));
        font.charmap().mappings().filter_map(width).collect()
    }

    /// Whether the font has a letter or sign.
    pub fn has_glyph(&self, c: char) -> bool {
        self.font.as_ref().is_some_and(|font| font.charmap().map(c).is_some())
    }
}

/// What can be painted of a text: words with letters that the font lacks are left out, and so are
/// other signs that it lacks.
pub fn strip_unsupported(text: &str) -> String {
    let face = Face::new(FontWeight::Bold, 1.0);
    let mut supported = String::new();
    for word in text.split_whitespace() {
        if word.chars().any(|c| c.is_alphanumeric() && !face.has_glyph(c)) {
            continue;
        }
        let word: String = word.chars().filter(|c| face.has_glyph(*c)).collect();
        if !word.is_empty() {
            if !supported.is_empty() {
                supported.push(' ');
            }
            supported.push_str(&word);
        }
    }
    supported
}

/// The font as painters know it.
pub struct Fonts {
    /// Both weights.
    pub database: Arc<Database>,
    regular: Option<ID>,
    bold: Option<ID>,
}

impl Fonts {
    /// The weight that is nearest.
    pub fn nearest_weight(&self, weight: u16) -> Option<ID> {
        if weight < 600 { self.regular } else { self.bold }
    }
}

/// The font, read once.
pub static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut database = Database::new();
    let mut load = |bytes: &'static [u8]| {
        database.load_font_source(Source::Binary(Arc::new(bytes))).first().copied()
    };
    let (regular, bold) = (load(REGULAR), load(BOLD));
    Fonts { database: Arc::new(database), regular, bold }
});

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO_CATALOGUE: &str = include_str!("../commands/demo/first-catalogue.ndjson");

    #[test]
    fn covers_demo_catalogue_characters() {
        let mut letters: Vec<char> = DEMO_CATALOGUE.chars().filter(|c| !c.is_control()).collect();
        letters.sort_unstable();
        letters.dedup();
        for language in
            ["Ćčđšž", "ЂЈЉЊЋЏђјљњћџ", "ЃЅЌѓѕќѐѝ", "ÇËçë", "ĞİŞğışâîû", "ΑΩάώ", "„“”«»–—…’·"]
        {
            letters.extend(language.chars());
        }
        assert!(letters.len() > 120, "{letters:?}");
        for weight in [FontWeight::Regular, FontWeight::Bold] {
            let face = Face::new(weight, 10.0);
            let missing: Vec<char> =
                letters.iter().copied().filter(|c| !face.has_glyph(*c)).collect();
            assert_eq!(missing, Vec::<char>::new(), "{weight:?}");
        }
        assert!(
            FONTS.nearest_weight(400).is_some()
                && FONTS.nearest_weight(700).is_some()
                && FONTS.nearest_weight(400) != FONTS.nearest_weight(700)
        );
    }

    #[test]
    fn strips_unsupported_characters() {
        for (text, expected) in [
            ("Žene govore · Жене говоре", "Žene govore · Жене говоре"),
            ("A film 😀 about us", "A film about us"),
            ("A film😀", "A film"),
            ("فيلم Film 映画", "Film"),
            ("עברית", ""),
            ("👩🏽‍🎓", ""),
            ("  two\twords ", "two words"),
        ] {
            assert_eq!(strip_unsupported(text), expected);
        }
    }

    #[test]
    fn measures_text_width() {
        let face = Face::new(FontWeight::Bold, 76.0);
        let width = |text: &str| face.width(text);
        assert!(width("i") < width("m") && width("ii") > width("i") && width("") < f32::EPSILON);
        assert!((width("映") - 76.0 * FALLBACK_WIDTH).abs() < 0.01);
    }
}
