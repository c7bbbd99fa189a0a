//! Multilingual texts with the language codes of IATI.

use crate::iati::activity::Narratives;
use crate::resource::model::item::{LoadedItem, TranslationRow};

/// Texts of an item with IATI language codes, the original language first.
///
/// IATI requires ISO 639-1 codes "wherever possible": a tag is reduced to its language (`sr` for
/// `sr-Latn`) unless another script or region has that code already, in which case it keeps its
/// full tag (`sr-Cyrl`). A language without an ISO 639-1 code (`cnr`) keeps its BCP 47 tag, which
/// `xml:lang` permits.
pub fn narratives<O>(
    loaded: &LoadedItem<O>,
    text: impl Fn(&TranslationRow) -> Option<String>,
) -> Narratives {
    let original = loaded.item.original_language.as_str();
    let (first, others): (Vec<&TranslationRow>, Vec<&TranslationRow>) =
        loaded.texts.iter().partition(|one| one.language == original);
    tag_narratives(
        first.into_iter().chain(others).filter_map(|one| Some((one.language.as_str(), text(one)?))),
    )
}

/// Texts with IATI language codes, in the given order.
pub fn tag_narratives<'a>(texts: impl Iterator<Item = (&'a str, String)>) -> Narratives {
    let mut narratives = Narratives::new();
    for (language, text) in texts.filter(|(_, text)| !text.trim().is_empty()) {
        let alone = language.split('-').next().unwrap_or(language);
        let is_free = alone.len() == 2 && !narratives.iter().any(|(taken, _)| taken == alone);
        narratives.push((if is_free { alone } else { language }.to_owned(), text));
    }
    narratives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_639_1_codes_where_unambiguous() {
        let tags = |languages: &[&str]| {
            let texts = languages.iter().map(|language| (*language, "text".to_owned()));
            tag_narratives(texts).into_iter().map(|(tag, _)| tag).collect::<Vec<_>>()
        };
        assert_eq!(tags(&["en-GB", "sr-Latn", "sr-Cyrl", "cnr"]), ["en", "sr", "sr-Cyrl", "cnr"]);
        assert_eq!(tags(&["sr-Cyrl", "sr-Latn", "cnr-Cyrl"]), ["sr", "sr-Latn", "cnr-Cyrl"]);
        assert!(tag_narratives([("en", "  ".to_owned())].into_iter()).is_empty());
    }
}
