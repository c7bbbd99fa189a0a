//! Which of the stored texts answers a request.
//!
//! For each language asked for, in order, the first of these that is stored:
//!
//! 1. that tag itself;
//! 2. a shorter one: RFC 4647, 3.4 "lookup" (`de-AT` is answered by `de`);
//! 3. another region of the same language and script (`en` by `en-GB`), which lookup leaves out;
//! 4. Serbian without a script: either script, the original's first, else Latin, then Cyrillic;
//! 5. the same language in another script; Serbian is then transliterated to the script asked for;
//! 6. Montenegrin (`cnr`): Serbian in its script (Latin unless said otherwise), also by
//!    transliteration, then Bosnian.
//!
//! After those the fallback languages in the same way, then the original, then the first that there
//! is. Every rule is a rank of one stored tag for one wanted tag, so that an answer does not depend
//! on what else is stored, and [`preference_order`] and [`choose`] cannot disagree.

use super::language::Language;

/// The stored text that answers a request, and in which language the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The place of the text in the list of those available.
    pub index: usize,
    /// The language to which the text must be transliterated before it is shown.
    pub transliterate_to: Option<Language>,
    /// The language of the answer: the text's own, or that of the transliteration.
    pub language: Language,
}

/// How well a stored tag answers a wanted one; the smaller the better. Ties are broken by the tag
/// itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Exact,
    Shorter(usize),
    OtherRegion,
    EitherScript(u8),
    OtherScript,
    SerbianForMontenegrin,
    TransliteratedForMontenegrin,
    BosnianForMontenegrin,
}

/// Chooses the text for a reader who asks for `asked`, best first; `None` only when nothing is
/// available.
#[must_use]
pub fn choose(
    asked: &[Language],
    available: &[Language],
    fallback: &[Language],
    original: &Language,
) -> Option<Choice> {
    for wanted in asked.iter().chain(fallback) {
        let best = available
            .iter()
            .enumerate()
            .filter_map(|(index, stored)| {
                Some((rank(wanted, stored, Some(original))?, stored, index))
            })
            .min();
        if let Some((rank, stored, index)) = best {
            let transliterate_to = transliteration(wanted, stored, rank);
            let language = transliterate_to.clone().unwrap_or_else(|| stored.clone());
            return Some(Choice { index, transliterate_to, language });
        }
    }
    let index = available.iter().position(|stored| stored == original).unwrap_or_default();
    let language = available.get(index)?.clone();
    Some(Choice { index, transliterate_to: None, language })
}

/// The tags to prefer, best first, where the tags that are stored and the original are not known.
///
/// `sr-Cyrl` with fallback `en` gives `sr-Cyrl, sr-Latn, en`. Regions that only the store knows
/// (`en-GB` for `en`) are not in the list: [`preference_among`] has them.
#[must_use]
pub fn preference_order(asked: &[Language], fallback: &[Language]) -> Vec<Language> {
    let mut candidates: Vec<Language> = Vec::new();
    for wanted in asked.iter().chain(fallback) {
        candidates.extend(shortened(wanted).map(Language::canonical));
        if matches!(wanted.primary(), "sr" | "cnr") {
            candidates.extend(["sr-Latn", "sr-Cyrl"].map(Language::canonical));
        }
        if wanted.primary() == "cnr" {
            candidates.push(Language::canonical("bs"));
        }
    }
    candidates.retain(|tag| tag.is_storable().is_ok());
    preference_among(asked, fallback, &candidates)
}

/// The tags out of `known` that answer the request, best first, each once.
///
/// With the languages of the whole catalogue as `known`, the order of the list is the order in
/// which [`choose`] prefers them on any item, save that bare `sr` prefers the script of an item's
/// original.
#[must_use]
pub fn preference_among(
    asked: &[Language],
    fallback: &[Language],
    known: &[Language],
) -> Vec<Language> {
    let best = |stored: &Language| {
        let wanted = asked.iter().chain(fallback).enumerate();
        wanted.filter_map(|(place, wanted)| Some((place, rank(wanted, stored, None)?))).min()
    };
    let mut ranked: Vec<((usize, Rank), &Language)> =
        known.iter().filter_map(|stored| Some((best(stored)?, stored))).collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, stored)| stored.clone()).collect()
}

fn rank(wanted: &Language, stored: &Language, original: Option<&Language>) -> Option<Rank> {
    if let Some(removed) = shortened(wanted).position(|tag| tag == stored.as_str()) {
        return Some(if removed == 0 { Rank::Exact } else { Rank::Shorter(removed) });
    }
    match (wanted.primary(), stored.primary()) {
        ("sr", "sr") if wanted.script().is_none() => {
            Some(Rank::EitherScript(serbian_place(stored, original)))
        }
        (asked, there) if asked == there => Some(if wanted.script() == stored.script() {
            Rank::OtherRegion
        } else {
            Rank::OtherScript
        }),
        ("cnr", "sr") if stored.script() == Some(montenegrin_script(wanted)) => {
            Some(Rank::SerbianForMontenegrin)
        }
        ("cnr", "sr") => Some(Rank::TransliteratedForMontenegrin),
        ("cnr", "bs") => Some(Rank::BosnianForMontenegrin),
        _ => None,
    }
}

/// The tag, then each shorter one that RFC 4647 lookup tries: a singleton goes with what follows
/// it.
fn shortened(tag: &Language) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag.as_str()), |tag| {
        let (shorter, _) = tag.rsplit_once('-')?;
        match shorter.rsplit_once('-') {
            Some((before, singleton)) if singleton.len() == 1 => Some(before),
            _ => Some(shorter),
        }
    })
}

fn serbian_place(stored: &Language, original: Option<&Language>) -> u8 {
    let of_original =
        original.filter(|language| language.primary() == "sr").and_then(Language::script);
    match stored.script() {
        script if script.is_some() && script == of_original => 0,
        Some("Latn") => 1,
        Some("Cyrl") => 2,
        _ => 3,
    }
}

fn montenegrin_script(wanted: &Language) -> &str {
    wanted.script().unwrap_or("Latn")
}

/// Serbian in the other script is made on the fly; nothing else is.
fn transliteration(wanted: &Language, stored: &Language, rank: Rank) -> Option<Language> {
    let script = match rank {
        Rank::OtherScript if stored.primary() == "sr" => wanted.script()?,
        Rank::TransliteratedForMontenegrin => montenegrin_script(wanted),
        _ => return None,
    };
    match (stored.script()?, script) {
        ("Cyrl", "Latn") => Some(Language::canonical("sr-Latn")),
        ("Latn", "Cyrl") => Some(Language::canonical("sr-Cyrl")),
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

    /// `stored` or `stored>transliterated`, empty when there is nothing.
    fn chosen(asked: &str, available: &str, original: &str) -> String {
        let available = languages(available);
        let original = Language::parse(original).unwrap();
        let Some(choice) = choose(&languages(asked), &available, &languages("en"), &original)
        else {
            return String::new();
        };
        let stored = &available[choice.index];
        let language = choice.transliterate_to.as_ref().unwrap_or(stored);
        assert_eq!(*language, choice.language);
        choice.transliterate_to.as_ref().map_or(stored.to_string(), |to| format!("{stored}>{to}"))
    }

    #[test]
    fn the_chain() {
        for (asked, available, original, answer) in [
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
            assert_eq!(chosen(asked, available, original), answer, "{asked} of {available}");
        }
    }

    #[test]
    fn preferences() {
        for (asked, order) in [
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
                preference_order(&languages(asked), &languages("en")),
                languages(order),
                "{asked}"
            );
        }
        let known = languages("en-GB sq sq sr-Cyrl en-US");
        let order = preference_among(&languages("sr-Latn"), &languages("en"), &known);
        assert_eq!(order, languages("sr-Cyrl en-GB en-US"));
    }

    const STORED: &str = "en sq bs mk tr cnr sr-Latn sr-Cyrl";
    const ASKED: &str =
        "en sq bs mk tr cnr sr-Latn sr-Cyrl sr sr-RS sr-Latn-RS en-GB de cnr-Cyrl tr-TR";

    proptest! {
        #[test]
        fn the_order_and_the_choice_agree(
            asked in subsequence(languages(ASKED), 0..5).prop_shuffle(),
            available in subsequence(languages(STORED), 0..8).prop_shuffle(),
            fallback in subsequence(languages(STORED), 0..3),
        ) {
            let nowhere = Language::parse("fi").unwrap();
            let order = preference_order(&asked, &fallback);
            let expected = order.iter().find(|tag| available.contains(tag)).or(available.first());
            let choice = choose(&asked, &available, &fallback, &nowhere);
            prop_assert_eq!(choice.map(|choice| &available[choice.index]), expected);
        }

        #[test]
        fn with_regions_the_order_among_agrees(
            asked in subsequence(languages(ASKED), 1..5).prop_shuffle(),
            available in subsequence(languages("en en-GB en-US sr-Cyrl-ME sr-Latn-RS sr-Latn bs-Cyrl"), 1..7),
            original in select(languages("fi sq")),
        ) {
            let order = preference_among(&asked, &languages("tr"), &available);
            let expected = order.first().or(available.first());
            let choice = choose(&asked, &available, &languages("tr"), &original);
            prop_assert_eq!(choice.map(|choice| &available[choice.index]), expected);
        }
    }
}
