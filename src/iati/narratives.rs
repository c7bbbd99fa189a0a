//! Multilingual texts with the language codes of IATI.

use crate::iati::activity::Narratives;
use crate::resource::model::item::{LoadedItem, TranslationRow};

/// Texts of an item with IATI language codes, the original language first.
///
/// IATI requires ISO 639-1 codes "wherever possible": a tag is reduced to its language (`sr` for
/// `sr-Latn`) unless it has another script than Latin (`sr-Cyrl`), so that a code means the same
/// script in the whole file, or another region has that code already. A language without an ISO
/// 639-1 code (`cnr`) keeps its BCP 47 tag, which `xml:lang` permits.
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
        let code = iso_639_1_code(language)
            .filter(|code| !narratives.iter().any(|(taken, _)| taken == code));
        narratives.push((code.unwrap_or(language).to_owned(), text));
    }
    narratives
}

/// ISO 639-1 code of a language tag, if it stands for the same script.
fn iso_639_1_code(tag: &str) -> Option<&str> {
    let mut subtags = tag.split('-');
    let code = subtags.next().filter(|code| code.len() == 2)?;
    let script = subtags.next().filter(|subtag| subtag.len() == 4);
    script.is_none_or(|script| script == "Latn").then_some(code)
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
        assert_eq!(tags(&["sr-Cyrl", "sr-Latn", "cnr-Cyrl"]), ["sr-Cyrl", "sr", "cnr-Cyrl"]);
        assert_eq!(tags(&["en", "en-GB"]), ["en", "en-GB"]);
        assert!(tag_narratives([("en", "  ".to_owned())].into_iter()).is_empty());
    }
}
