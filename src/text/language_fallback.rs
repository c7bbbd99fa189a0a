//! Selection of a stored text for the languages of a request.
//!
//! For each requested language, in order, the first match among the stored texts:
//!
//! 1. the same tag;
//! 2. a truncated tag: RFC 4647, 3.4 "lookup" (`de` for `de-AT`), unless it is another script
//!    (`zh` for `zh-TW`);
//! 3. another region of the same language and script (`en-GB` for `en`), which RFC 4647 lookup does
//!    not return;
//! 4. for Serbian without a script: either script, first that of the original, then Latin, then
//!    Cyrillic;
//! 5. the same language in another script; Serbian is then transliterated to the requested script;
//! 6. a sister language, see [`SISTER_LANGUAGES`]: in the requested script, Serbian also by
//!    transliteration.
//!
//! Then the fallback languages by the same rules, then the original language, then the first
//! available text; excluded languages (`q=0`) only if there are no others. Each rule ranks one
//! stored tag for one requested tag, so a rank does not depend on the other stored texts, and
//! [`preference_order`] and [`select_language`] are consistent.

use crate::text::language::Language;

/// Languages whose readers understand each other, by primary language, the closest first. CLDR
/// relates only some of them, so the table is our own.
const SISTER_LANGUAGES: [(&str, &[&str]); 5] = [
    ("bs", &["hr", "sr", "cnr", "sh"]),
    ("cnr", &["sr", "bs", "hr", "sh"]),
    ("hr", &["bs", "sr", "cnr", "sh"]),
    ("sh", &["sr", "bs", "hr", "cnr"]),
    ("sr", &["cnr", "bs", "hr", "sh"]),
];

/// Scripts of languages that are written in several, where the tag does not state one (likely
/// subtags of CLDR 48; other Serbian is left open). An empty list of regions stands for all others.
const LIKELY_SCRIPTS: [(&str, &[&str], &str); 7] = [
    ("bs", &[], "Latn"),
    ("cnr", &[], "Latn"),
    ("hr", &[], "Latn"),
    ("sh", &[], "Latn"),
    ("sr", &["ME", "RO", "TR"], "Latn"),
    (
        "zh",
        &["AU", "BN", "GB", "GF", "HK", "ID", "MO", "PA", "PF", "PH", "SR", "TH", "TW", "US", "VN"],
        "Hant",
    ),
    ("zh", &[], "Hans"),
];

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

/// The languages of a request, and those of the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct LanguageRanges<'a> {
    /// The requested languages, the most preferred first.
    pub requested: &'a [Language],
    /// Languages that the client does not accept.
    pub excluded: &'a [Language],
    /// The languages after those.
    pub fallback: &'a [Language],
}

impl<'a> LanguageRanges<'a> {
    /// Ranges without excluded languages.
    pub fn new(requested: &'a [Language], fallback: &'a [Language]) -> Self {
        Self { requested, excluded: &[], fallback }
    }

    /// The ranges in order of preference.
    fn in_order(self) -> impl Iterator<Item = &'a Language> {
        self.requested.iter().chain(self.fallback)
    }

    /// Whether the client does not accept a language: an excluded one, or a region or script of it
    /// that was not requested.
    fn excludes(self, stored: &Language) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let covers =
            |ranges: &[Language]| truncations(stored).position(|tag| contains(ranges, tag));
        match (covers(self.excluded), covers(self.requested)) {
            (Some(excluded), Some(requested)) => excluded < requested,
            (excluded, _) => excluded.is_some(),
        }
    }
}

fn contains(languages: &[Language], tag: &str) -> bool {
    languages.iter().any(|language| language.as_str() == tag)
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
    /// Position among the sister languages, and whether the script is another one.
    Sister(usize, bool),
}

/// Selects a text for the languages of a request; `None` only if no text is available.
#[must_use]
pub fn select_language(
    ranges: LanguageRanges<'_>,
    available: &[Language],
    original: &Language,
) -> Option<LanguageMatch> {
    let accepted = || available.iter().enumerate().filter(|(_, stored)| !ranges.excludes(stored));
    for range in ranges.in_order() {
        // The usual case, without the ranks of the others.
        if let Some((index, stored)) = accepted().find(|(_, stored)| *stored == range) {
            let language = stored.clone();
            return Some(LanguageMatch { index, transliterate_to: None, language });
        }
        let best = accepted()
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
    let (index, stored) = accepted()
        .find(|(_, stored)| *stored == original)
        .or_else(|| accepted().next())
        .or_else(|| available.iter().enumerate().find(|(_, stored)| *stored == original))
        .or_else(|| available.iter().enumerate().next())?;
    Some(LanguageMatch { index, transliterate_to: None, language: stored.clone() })
}

/// The tags to prefer, best first, if neither the stored tags nor the original language are known.
///
/// `sr-Cyrl` with the fallback `en` gives `sr-Cyrl, sr-Latn, cnr, bs, hr, sh, en`. Regional variants
/// that are only stored (`en-GB` for `en`) are not in the list; see [`rank_available`].
#[must_use]
pub fn preference_order(ranges: LanguageRanges<'_>) -> Vec<Language> {
    let mut candidates: Vec<Language> = Vec::new();
    for range in ranges.in_order() {
        candidates.extend(truncations(range).map(Language::from_canonical));
        let related = sister_languages(range).iter().copied().chain([range.primary_language()]);
        for tag in related {
            if tag == "sr" {
                candidates.extend(["sr-Latn", "sr-Cyrl"].map(Language::from_canonical));
            } else {
                candidates.push(Language::from_canonical(tag));
            }
        }
    }
    candidates.retain(|tag| tag.check_storable().is_ok());
    rank_available(ranges, &candidates)
}

/// The available tags that match the request, best first, without duplicates.
///
/// With the languages of the whole catalogue as `available`, this is the order in which
/// [`select_language`] prefers them for any item, except that `sr` without a script prefers the
/// script of the item's original language.
#[must_use]
pub fn rank_available(ranges: LanguageRanges<'_>, available: &[Language]) -> Vec<Language> {
    let best = |stored: &Language| {
        let ranges = ranges.in_order().enumerate();
        ranges.filter_map(|(index, range)| Some((index, rank(range, stored, None)?))).min()
    };
    let mut ranked: Vec<((usize, MatchRank), &Language)> = available
        .iter()
        .filter(|stored| !ranges.excludes(stored))
        .filter_map(|stored| Some((best(stored)?, stored)))
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, stored)| stored.clone()).collect()
}

fn rank(range: &Language, stored: &Language, original: Option<&Language>) -> Option<MatchRank> {
    if range == stored {
        return Some(MatchRank::Exact);
    }
    let (requested, available) = (range.primary_language(), stored.primary_language());
    if requested == available {
        if requested == "sr" && likely_script(range).is_none() {
            return Some(MatchRank::UnspecifiedScript(serbian_script_rank(stored, original)));
        }
        if likely_script(range) != likely_script(stored) {
            return Some(MatchRank::OtherScript);
        }
        let truncated = truncations(range).position(|tag| tag == stored.as_str());
        return Some(truncated.map_or(MatchRank::OtherRegion, MatchRank::Truncated));
    }
    let sister = sister_languages(range).iter().position(|sister| *sister == available)?;
    let script = likely_script(range);
    Some(MatchRank::Sister(sister, script.is_some() && script != likely_script(stored)))
}

fn sister_languages(range: &Language) -> &'static [&'static str] {
    let of_range = |(language, _): &&(&str, _)| *language == range.primary_language();
    SISTER_LANGUAGES.iter().find(of_range).map_or(&[], |(_, sisters)| *sisters)
}

/// The script of a tag, stated or likely; `None` if neither is known.
fn likely_script(tag: &Language) -> Option<&str> {
    let is_of_region = |regions: &[&str]| {
        regions.is_empty()
            || tag.as_str().split('-').skip(1).any(|subtag| regions.contains(&subtag))
    };
    let likely = || {
        LIKELY_SCRIPTS
            .iter()
            .find(|(language, regions, _)| {
                *language == tag.primary_language() && is_of_region(regions)
            })
            .map(|(_, _, script)| *script)
    };
    tag.script().or_else(likely)
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

/// The language to transliterate to. Only Serbian is transliterated.
fn transliteration_target(
    range: &Language,
    stored: &Language,
    rank: MatchRank,
) -> Option<Language> {
    if stored.primary_language() != "sr"
        || !matches!(rank, MatchRank::OtherScript | MatchRank::Sister(_, true))
    {
        return None;
    }
    match (stored.script()?, likely_script(range)?) {
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
        let (requested, fallback) = (languages(requested), languages("en"));
        let ranges = LanguageRanges::new(&requested, &fallback);
        let Some(selection) = select_language(ranges, &available, &original) else {
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
            ("sr-ME", "en sr-Cyrl sr-Latn", "sr-Cyrl", "sr-Latn"),
            ("sr-ME", "en sr-Cyrl", "en", "sr-Cyrl>sr-Latn"),
            ("sr-Cyrl", "en bs", "bs", "bs"),
            ("sr", "en hr bs", "en", "bs"),
            ("bs", "en sr-Latn", "en", "sr-Latn"),
            ("bs-Latn-BA", "en sr-Cyrl", "en", "sr-Cyrl>sr-Latn"),
            ("bs", "en sr-Latn hr", "en", "hr"),
            ("hr", "en sr-Latn bs", "en", "bs"),
            ("hr-HR", "en sr-Cyrl sr-Latn", "en", "sr-Latn"),
            ("sh", "en bs sr-Cyrl sr-Latn", "en", "sr-Latn"),
            ("sh-Cyrl", "en bs sr-Cyrl sr-Latn", "en", "sr-Cyrl"),
            ("sh-Cyrl", "en sr-Latn", "en", "sr-Latn>sr-Cyrl"),
            ("mk", "en sr-Cyrl bs", "en", "en"),
            ("zh-TW", "en zh-Hans zh-Hant", "en", "zh-Hant"),
            ("zh-HK", "en zh zh-Hant", "en", "zh-Hant"),
            ("zh-CN", "en zh-Hant zh-Hans", "en", "zh-Hans"),
            ("zh-TW", "en zh", "en", "zh"),
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
            ("sr-Cyrl", "sr-Cyrl sr-Latn cnr bs hr sh en"),
            ("sr", "sr-Latn sr-Cyrl cnr bs hr sh en"),
            ("sr-RS", "sr-Latn sr-Cyrl cnr bs hr sh en"),
            ("sr-ME", "sr-Latn sr-Cyrl cnr bs hr sh en"),
            ("cnr", "cnr sr-Latn sr-Cyrl bs hr sh en"),
            ("cnr-Cyrl", "cnr-Cyrl cnr sr-Cyrl sr-Latn bs hr sh en"),
            ("sr-Latn-RS", "sr-Latn-RS sr-Latn sr-Cyrl cnr bs hr sh en"),
            ("hr bs", "hr bs sr-Latn sr-Cyrl cnr sh en"),
            ("de-AT fr", "de-AT de fr en"),
            ("en sq", "en sq"),
            ("mul x-a und", "en"),
            ("", "en"),
        ] {
            let (requested, fallback) = (languages(requested), languages("en"));
            let ranges = LanguageRanges::new(&requested, &fallback);
            assert_eq!(preference_order(ranges), languages(order), "{requested:?}");
        }
        let available = languages("en-GB sq sq sr-Cyrl en-US");
        let (requested, fallback) = (languages("sr-Latn"), languages("en"));
        let order = rank_available(LanguageRanges::new(&requested, &fallback), &available);
        assert_eq!(order, languages("sr-Cyrl en-GB en-US"));
    }

    #[test]
    fn excluded_languages_are_selected_last() {
        let fallback = languages("en");
        for (requested, excluded, available, original, expected) in [
            ("", "en", "en sq", "en", "sq"),
            ("fr", "mk", "mk en", "mk", "en"),
            ("fr", "en", "en mk sq", "sq", "sq"),
            ("fr", "en", "en-GB mk", "en-GB", "mk"),
            ("en-GB", "en", "en en-GB", "en", "en-GB"),
            ("", "en", "en", "en", "en"),
            ("sr", "sr-Cyrl", "sr-Cyrl sr-Latn", "sr-Cyrl", "sr-Latn"),
        ] {
            let (requested, excluded) = (languages(requested), languages(excluded));
            let ranges =
                LanguageRanges { requested: &requested, excluded: &excluded, fallback: &fallback };
            let available = languages(available);
            let original = Language::parse(original).unwrap();
            let choice = select_language(ranges, &available, &original).unwrap();
            assert_eq!(available[choice.index].as_str(), expected, "{requested:?} {excluded:?}");
        }
    }

    const STORED_TAGS: &str = "en sq bs hr sh mk tr cnr sr-Latn sr-Cyrl";
    const REQUESTED_TAGS: &str = "en sq bs mk tr cnr sr-Latn sr-Cyrl sr sr-RS sr-ME sr-Latn-RS en-GB de cnr-Cyrl sh-Cyrl hr-HR tr-TR";

    proptest! {
        #[test]
        fn preference_order_matches_selection(
            requested in subsequence(languages(REQUESTED_TAGS), 0..5).prop_shuffle(),
            available in subsequence(languages(STORED_TAGS), 0..8).prop_shuffle(),
            fallback in subsequence(languages(STORED_TAGS), 0..3),
            excluded in subsequence(languages(STORED_TAGS), 0..3),
        ) {
            let unavailable = Language::parse("fi").unwrap();
            let ranges = LanguageRanges { requested: &requested, excluded: &excluded, fallback: &fallback };
            let order = preference_order(ranges);
            let is_excluded = |tag: &Language| excluded.contains(tag);
            let expected = order
                .iter()
                .find(|tag| available.contains(tag))
                .or(available.iter().find(|tag| !is_excluded(tag)))
                .or(available.first());
            let selection = select_language(ranges, &available, &unavailable);
            prop_assert_eq!(selection.map(|selection| &available[selection.index]), expected);
        }

        #[test]
        fn rank_available_matches_selection(
            requested in subsequence(languages(REQUESTED_TAGS), 1..5).prop_shuffle(),
            available in subsequence(languages("en en-GB en-US sr-Cyrl-ME sr-Latn-RS sr-Latn bs-Cyrl"), 1..7),
            original in select(languages("fi sq")),
        ) {
            let fallback = languages("tr");
            let ranges = LanguageRanges::new(&requested, &fallback);
            let order = rank_available(ranges, &available);
            let expected = order.first().or(available.first());
            let selection = select_language(ranges, &available, &original);
            prop_assert_eq!(selection.map(|selection| &available[selection.index]), expected);
        }
    }
}
