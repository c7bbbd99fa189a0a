//! Selection of a stored text for the languages of a request.
//!
//! For each requested language, in order, the first match among the stored texts:
//!
//! 1. the same tag;
//! 2. a truncated tag: RFC 4647, 3.4 "lookup" (`de` for `de-AT`);
//! 3. another region of the same language and script (`en-GB` for `en`), which RFC 4647 lookup does
//!    not return;
//! 4. for Serbian without a script: either script, first that of the original, then Latin, then
//!    Cyrillic;
//! 5. the same language in another script; Serbian is then transliterated to the requested script;
//! 6. for Montenegrin (`cnr`): Serbian in the requested script (by default Latin), also by
//!    transliteration, then Bosnian.
//!
//! Then the fallback languages by the same rules, then the original language, then the first
//! available text. Each rule ranks one stored tag for one requested tag, so a rank does not depend
//! on the other stored texts, and [`preference_order`] and [`select_language`] are consistent.

use crate::text::language::Language;

/// The text selected for a request, and the language of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageMatch {
    /// Index of the text in the list of available ones.
    pub index: usize,
    /// Language to transliterate the text to; `None` if it is returned as stored.
    pub transliterate_to: Option<Language>,
    /// Language of the response: that of the text, or the transliteration target.
    pub language: Language,
}

/// How well a stored tag matches a requested one; smaller is better. Ties are broken by the tag
/// itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MatchRank {
    Exact,
    Truncated(usize),
    OtherRegion,
    UnspecifiedScript(u8),
    OtherScript,
    SerbianForMontenegrin,
    TransliteratedForMontenegrin,
    BosnianForMontenegrin,
}

/// Selects a text for the requested languages, the most preferred first; `None` only if no text is
/// available.
#[must_use]
pub fn select_language(
    requested: &[Language],
    available: &[Language],
    fallback: &[Language],
    original: &Language,
) -> Option<LanguageMatch> {
    for range in requested.iter().chain(fallback) {
        let best = available
            .iter()
            .enumerate()
            .filter_map(|(index, stored)| {
                Some((rank(range, stored, Some(original))?, stored, index))
            })
            .min();
        if let Some((rank, stored, index)) = best {
            let transliterate_to = transliteration_target(range, stored, rank);
            let language = transliterate_to.clone().unwrap_or_else(|| stored.clone());
            return Some(LanguageMatch { index, transliterate_to, language });
        }
    }
    let index = available.iter().position(|stored| stored == original).unwrap_or_default();
    let language = available.get(index)?.clone();
    Some(LanguageMatch { index, transliterate_to: None, language })
}

/// The tags to prefer, best first, if neither the stored tags nor the original language are known.
///
/// `sr-Cyrl` with the fallback `en` gives `sr-Cyrl, sr-Latn, en`. Regional variants that are only
/// stored (`en-GB` for `en`) are not in the list; see [`rank_available`].
#[must_use]
pub fn preference_order(requested: &[Language], fallback: &[Language]) -> Vec<Language> {
    let mut candidates: Vec<Language> = Vec::new();
    for range in requested.iter().chain(fallback) {
        candidates.extend(truncations(range).map(Language::from_canonical));
        if matches!(range.primary_language(), "sr" | "cnr") {
            candidates.extend(["sr-Latn", "sr-Cyrl"].map(Language::from_canonical));
        }
        if range.primary_language() == "cnr" {
            candidates.push(Language::from_canonical("bs"));
        }
    }
    candidates.retain(|tag| tag.check_storable().is_ok());
    rank_available(requested, fallback, &candidates)
}

/// The available tags that match the request, best first, without duplicates.
///
/// With the languages of the whole catalogue as `available`, this is the order in which
/// [`select_language`] prefers them for any item, except that `sr` without a script prefers the
/// script of the item's original language.
#[must_use]
pub fn rank_available(
    requested: &[Language],
    fallback: &[Language],
    available: &[Language],
) -> Vec<Language> {
    let best = |stored: &Language| {
        let ranges = requested.iter().chain(fallback).enumerate();
        ranges.filter_map(|(index, range)| Some((index, rank(range, stored, None)?))).min()
    };
    let mut ranked: Vec<((usize, MatchRank), &Language)> =
        available.iter().filter_map(|stored| Some((best(stored)?, stored))).collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, stored)| stored.clone()).collect()
}

fn rank(range: &Language, stored: &Language, original: Option<&Language>) -> Option<MatchRank> {
    if let Some(removed) = truncations(range).position(|tag| tag == stored.as_str()) {
        return Some(if removed == 0 { MatchRank::Exact } else { MatchRank::Truncated(removed) });
    }
    match (range.primary_language(), stored.primary_language()) {
        ("sr", "sr") if range.script().is_none() => {
            Some(MatchRank::UnspecifiedScript(serbian_script_rank(stored, original)))
        }
        (requested, available) if requested == available => {
            Some(if range.script() == stored.script() {
                MatchRank::OtherRegion
            } else {
                MatchRank::OtherScript
            })
        }
        ("cnr", "sr") if stored.script() == Some(montenegrin_script(range)) => {
            Some(MatchRank::SerbianForMontenegrin)
        }
        ("cnr", "sr") => Some(MatchRank::TransliteratedForMontenegrin),
        ("cnr", "bs") => Some(MatchRank::BosnianForMontenegrin),
        _ => None,
    }
}

/// The tag followed by its truncations by RFC 4647 lookup: a singleton is removed together with the
/// subtag after it.
fn truncations(tag: &Language) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag.as_str()), |tag| {
        let (shorter, _) = tag.rsplit_once('-')?;
        match shorter.rsplit_once('-') {
            Some((prefix, singleton)) if singleton.len() == 1 => Some(prefix),
            _ => Some(shorter),
        }
    })
}

fn serbian_script_rank(stored: &Language, original: Option<&Language>) -> u8 {
    let original_script =
        original.filter(|language| language.primary_language() == "sr").and_then(Language::script);
    match stored.script() {
        script if script.is_some() && script == original_script => 0,
        Some("Latn") => 1,
        Some("Cyrl") => 2,
        _ => 3,
    }
}

fn montenegrin_script(range: &Language) -> &str {
    range.script().unwrap_or("Latn")
}

/// The language to transliterate to. Only Serbian is transliterated.
fn transliteration_target(
    range: &Language,
    stored: &Language,
    rank: MatchRank,
) -> Option<Language> {
    let script = match rank {
        MatchRank::OtherScript if stored.primary_language() == "sr" => range.script()?,
        MatchRank::TransliteratedForMontenegrin => montenegrin_script(range),
        _ => return None,
    };
    match (stored.script()?, script) {
        ("Cyrl", "Latn") => Some(Language::from_canonical("sr-Latn")),
        ("Latn", "Cyrl") => Some(Language::from_canonical("sr-Cyrl")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    fn languages(tags: &str) -> Vec<Language> {
        tags.split_whitespace().map(|tag| Language::parse(tag).unwrap()).collect()
    }

    /// `stored` or `stored>transliterated`; empty if there is no match.
    fn selected(requested: &str, available: &str, original: &str) -> String {
        let available = languages(available);
        let original = Language::parse(original).unwrap();
        let Some(selection) =
            select_language(&languages(requested), &available, &languages("en"), &original)
        else {
            return String::new();
        };
        let stored = &available[selection.index];
        let language = selection.transliterate_to.as_ref().unwrap_or(stored);
        assert_eq!(*language, selection.language);
        selection
            .transliterate_to
            .as_ref()
            .map_or(stored.to_string(), |to| format!("{stored}>{to}"))
    }

    #[test]
    fn follows_fallback_chain() {
        for (requested, available, original, expected) in [
            ("sq", "en sq", "en", "sq"),
            ("de-AT", "en de", "en", "de"),
            ("sr-Latn-RS", "en sr-Cyrl sr-Latn", "en", "sr-Latn"),
            ("sr-Latn-ME", "en sr-Cyrl sr-Latn-RS", "en", "sr-Latn-RS"),
            ("en", "sq en-GB", "sq", "en-GB"),
            ("en-US", "sq en-GB", "sq", "en-GB"),
            ("en-x-a-b", "sq en", "sq", "en"),
            ("sr", "en sr-Cyrl sr-Latn", "sr-Cyrl", "sr-Cyrl"),
            ("sr", "en sr-Cyrl sr-Latn", "sr-Latn", "sr-Latn"),
            ("sr-RS", "en sr-Cyrl sr-Latn", "en", "sr-Latn"),
            ("sr", "en sr-Cyrl", "en", "sr-Cyrl"),
            ("sr-Latn", "en sr-Cyrl", "en", "sr-Cyrl>sr-Latn"),
            ("sr-Cyrl-RS", "en sr-Latn", "en", "sr-Latn>sr-Cyrl"),
            ("sr-Cyrl", "en bs", "bs", "en"),
            ("bs", "en bs-Cyrl", "en", "bs-Cyrl"),
            ("zh-Hans", "en zh-Hant", "en", "zh-Hant"),
            ("cnr", "en bs sr-Cyrl sr-Latn cnr", "en", "cnr"),
            ("cnr-ME", "en bs sr-Cyrl sr-Latn", "en", "sr-Latn"),
            ("cnr", "en bs sr-Cyrl", "en", "sr-Cyrl>sr-Latn"),
            ("cnr-Cyrl", "en bs sr-Latn", "en", "sr-Latn>sr-Cyrl"),
            ("cnr", "en bs", "en", "bs"),
            ("sr-Latn sq", "en sq sr-Cyrl", "en", "sr-Cyrl>sr-Latn"),
            ("mk tr", "en tr", "en", "tr"),
            ("mk", "sq en", "sq", "en"),
            ("mk", "tr sq", "sq", "sq"),
            ("mk", "tr sq", "bs", "tr"),
            ("", "tr en-GB", "tr", "en-GB"),
            ("mk", "", "en", ""),
        ] {
            assert_eq!(
                selected(requested, available, original),
                expected,
                "{requested} of {available}"
            );
        }
    }

    #[test]
    fn orders_preferences() {
        for (requested, order) in [
            ("sr-Cyrl", "sr-Cyrl sr-Latn en"),
            ("sr", "sr-Latn sr-Cyrl en"),
            ("sr-RS", "sr-Latn sr-Cyrl en"),
            ("cnr", "cnr sr-Latn sr-Cyrl bs en"),
            ("cnr-Cyrl", "cnr-Cyrl cnr sr-Cyrl sr-Latn bs en"),
            ("sr-Latn-RS", "sr-Latn-RS sr-Latn sr-Cyrl en"),
            ("de-AT fr", "de-AT de fr en"),
            ("en sq", "en sq"),
            ("mul x-a und", "en"),
            ("", "en"),
        ] {
            assert_eq!(
                preference_order(&languages(requested), &languages("en")),
                languages(order),
                "{requested}"
            );
        }
        let available = languages("en-GB sq sq sr-Cyrl en-US");
        let order = rank_available(&languages("sr-Latn"), &languages("en"), &available);
        assert_eq!(order, languages("sr-Cyrl en-GB en-US"));
    }

    const STORED_TAGS: &str = "en sq bs mk tr cnr sr-Latn sr-Cyrl";
    const REQUESTED_TAGS: &str =
        "en sq bs mk tr cnr sr-Latn sr-Cyrl sr sr-RS sr-Latn-RS en-GB de cnr-Cyrl tr-TR";

    proptest! {
        #[test]
        fn preference_order_matches_selection(
            requested in subsequence(languages(REQUESTED_TAGS), 0..5).prop_shuffle(),
            available in subsequence(languages(STORED_TAGS), 0..8).prop_shuffle(),
            fallback in subsequence(languages(STORED_TAGS), 0..3),
        ) {
            let unavailable = Language::parse("fi").unwrap();
            let order = preference_order(&requested, &fallback);
            let expected = order.iter().find(|tag| available.contains(tag)).or(available.first());
            let selection = select_language(&requested, &available, &fallback, &unavailable);
            prop_assert_eq!(selection.map(|selection| &available[selection.index]), expected);
        }

        #[test]
        fn rank_available_matches_selection(
            requested in subsequence(languages(REQUESTED_TAGS), 1..5).prop_shuffle(),
            available in subsequence(languages("en en-GB en-US sr-Cyrl-ME sr-Latn-RS sr-Latn bs-Cyrl"), 1..7),
            original in select(languages("fi sq")),
        ) {
            let order = rank_available(&requested, &languages("tr"), &available);
            let expected = order.first().or(available.first());
            let selection = select_language(&requested, &available, &languages("tr"), &original);
            prop_assert_eq!(selection.map(|selection| &available[selection.index]), expected);
        }
    }
}
