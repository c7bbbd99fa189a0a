use std::cmp::Ordering;

use kinoteka::http::language::LanguagePreference;
use kinoteka::i18n::country_names::NAME_LANGUAGES;
use kinoteka::text::{
    AcceptLanguage, Language, LanguageRanges, parse_accept_language, rank_available,
    select_language,
};

/// Fuzzes an `Accept-Language` header. An optional second line has the language tags of the stored
/// texts, the original language first.
pub fn accept_language(data: &[u8]) {
    let Some((header, stored)) = super::two_lines(data) else { return };
    let accepted = parse_accept_language(header);
    assert_parsed_by_weight(header, &accepted);

    let mut available: Vec<Language> = Vec::new();
    for tag in stored.unwrap_or("en sq sr-Cyrl mk").split_whitespace().take(12) {
        let language =
            Language::parse(tag).ok().filter(|language| language.check_storable().is_ok());
        available.extend(language.filter(|language| !available.contains(language)));
    }
    let fallback = [Language::default()];
    let original = available.first().cloned().unwrap_or_default();
    let AcceptLanguage { requested, excluded } = &accepted;
    let ranges = LanguageRanges { requested, excluded, fallback: &fallback };
    assert_selects_available(ranges, &available, &original);
    let preference = LanguagePreference::negotiate(accepted, fallback.to_vec());
    assert!(NAME_LANGUAGES.contains(&preference.ui_language));
}

/// Asserts that the parser orders languages by weight and ignores invalid members.
fn assert_parsed_by_weight(header: &str, accepted: &AcceptLanguage) {
    let AcceptLanguage { requested, excluded } = accepted;
    for language in requested.iter().chain(excluded) {
        assert_eq!(
            Language::parse(language.as_str()).as_ref(),
            Ok(language),
            "a canonical tag parses to itself"
        );
    }
    // Second implementation with weights as floats.
    let mut expected: Vec<(f64, Language)> = header
        .split(',')
        .filter_map(|member| {
            let AcceptLanguage { requested, excluded } = parse_accept_language(member);
            let language = requested.first().or(excluded.first())?.clone();
            let weight = member
                .split_once('=')
                .map_or(1.0, |(_, weight)| weight.trim().parse().expect("a weight is a number"));
            assert!((0.0..=1.0).contains(&weight), "{member}");
            assert_eq!(requested.is_empty(), weight == 0.0, "{member}");
            Some((weight, language))
        })
        .take(20)
        .collect();
    expected.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
    let (mut wanted, mut unwanted): (Vec<&Language>, Vec<&Language>) = Default::default();
    for (weight, language) in &expected {
        if !wanted.contains(&language) && !unwanted.contains(&language) {
            if *weight > 0.0 { wanted.push(language) } else { unwanted.push(language) }
        }
    }
    assert_eq!(requested.iter().collect::<Vec<_>>(), wanted, "{header}");
    assert_eq!(excluded.iter().collect::<Vec<_>>(), unwanted, "{header}");

    let plain: Vec<&str> = requested.iter().map(Language::as_str).collect();
    let again = |header: &str| parse_accept_language(header).requested;
    assert_eq!(&again(&plain.join(", ")), requested, "equal weights keep the order");
    let weighted: Vec<String> = plain
        .iter()
        .enumerate()
        .map(|(index, tag)| format!("{tag};q=0.{}", 999 - index))
        .rev()
        .collect();
    assert_eq!(&again(&weighted.join(",")), requested, "weights define the order");
    assert_eq!(
        &parse_accept_language(&format!("*;q=0.9,_ ,;,{header}")),
        accepted,
        "invalid members are ignored"
    );
}

/// Asserts that an available language is selected, and that only Serbian is transliterated.
fn assert_selects_available(
    ranges: LanguageRanges<'_>,
    available: &[Language],
    original: &Language,
) {
    let choice = select_language(ranges, available, original);
    assert_eq!(
        choice.is_none(),
        available.is_empty(),
        "a language is selected if and only if one is available"
    );
    let Some(choice) = choice else { return };
    let stored = &available[choice.index];
    match &choice.transliterate_to {
        None => assert_eq!(&choice.language, stored),
        Some(to) => {
            assert_eq!(to, &choice.language);
            assert_eq!(
                (to.primary_language(), stored.primary_language()),
                ("sr", "sr"),
                "only Serbian is transliterated"
            );
            assert_ne!(to.script(), stored.script());
        }
    }
    if let Some(first) = ranges.requested.first().filter(|first| available.contains(first)) {
        assert_eq!(stored, first, "the most preferred language is available");
    }
    let order = rank_available(ranges, available);
    assert!(order.iter().all(|tag| available.contains(tag)));
    if order.is_empty() {
        if ranges.excluded.is_empty() {
            assert_eq!(stored, original, "without a match the original is selected");
        }
        return;
    }
    assert!(order.contains(stored), "{stored} is selected, but is not in the order of preference");
    // Only `sr` without a script depends on the script of the original.
    if original.primary_language() != "sr" {
        assert_eq!(Some(stored), order.first(), "the first language in order is selected");
    }
    let mut reversed = available.to_vec();
    reversed.reverse();
    let again = select_language(ranges, &reversed, original).expect("a language is available");
    assert_eq!(
        (&reversed[again.index], again.language),
        (stored, choice.language),
        "the order of the stored tags does not matter"
    );
}
