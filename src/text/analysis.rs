//! The words of a text as the full-text index stores them.
//!
//! Text is analysed here and not in the database, so that FTS5 (`unicode61`) and `to_tsvector('simple', …)`
//! match the same items. A query goes through the same functions.

use super::fold::fold;
use super::language::Language;

/// The longest token, in characters. What is longer is no word; its beginning still finds it.
const MAX_TOKEN: usize = 64;

/// The folded words of a text, in order, with repetitions.
///
/// Everything that is neither letter nor digit ends a word, save an apostrophe inside one, which is
/// dropped: `women's` is one word. `COVID-19` is two.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c))
        .map(|word| word.chars().filter(|&c| !is_apostrophe(c)).take(MAX_TOKEN).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The tokens under which a text in a language is found.
///
/// Today these are its folded words. Stems will be added beside them, of the written and of the folded
/// form (a Turkish stemmer treats `eşitliği` and `esitligi` differently); that is what the language is for.
#[must_use]
pub fn analyse(text: &str, _language: &Language) -> Vec<String> {
    tokens(text)
}

/// The tokens of several texts as one string for the index, joined by spaces.
///
/// It holds nothing but spaces, `a-z`, `0-9` and the letters and digits of other scripts, so that no
/// tokenizer of a database finds anything in it to interpret.
pub fn document<'a>(parts: impl Iterator<Item = (&'a str, &'a Language)>) -> String {
    let tokens: Vec<String> = parts.flat_map(|(text, language)| analyse(text, language)).collect();
    tokens.join(" ")
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʹ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_become_tokens() {
        for (text, expected) in [
            ("COVID-19", "covid 19"),
            ("Women's rights, 2024.", "womens rights 2024"),
            ("'navodnici' „реч“ «fjalë»", "navodnici rec fjale"),
            ("Prava žena / Права жена", "prava zena prava zena"),
            ("Жените во Ѓорче Петров", "zenite vo gjorce petrov"),
            ("Barazia gjinore në Shqipëri", "barazia gjinore ne shqiperi"),
            ("Türkiye’nin İLK kadın", "turkiyenin ilk kadin"),
            ("50% od 1.500", "50 od 1 500"),
            ("Ελλάδα 日本", "ελλαδα 日本"),
            ("' - \"", ""),
        ] {
            assert_eq!(tokens(text).join(" "), expected);
        }
        assert_eq!(tokens(&"a".repeat(500)), ["a".repeat(64)]);
    }

    #[test]
    fn a_document_is_its_parts() {
        let (en, sr) = (Language::parse("en").unwrap(), Language::parse("sr-Cyrl").unwrap());
        let parts = [("Safe at Home", &en), ("", &en), ("Код куће!", &sr)];
        assert_eq!(document(parts.into_iter()), "safe at home kod kuce");
    }

    proptest! {
        #[test]
        fn a_document_has_only_words(text in "\\PC{0,60}|.{0,60}") {
            let en = Language::parse("en").unwrap();
            let document = document([(text.as_str(), &en)].into_iter());
            prop_assert!(document.chars().all(|c| c == ' ' || c.is_alphanumeric() && !c.is_ascii_uppercase()));
            prop_assert_eq!(tokens(&document).join(" "), document);
        }
    }
}
