use std::cmp::Ordering;

use kinoteka::http::language::LanguagePreference;
use kinoteka::places::NAME_LANGUAGES;
use kinoteka::text::{Language, choose, parse_accept_language, preference_among};

/// The header; on the next line, if there is one, the tags that texts are stored in, the original's
/// first.
pub fn accept_language(data: &[u8]) {
    let Some((header, stored)) = super::two_lines(data) else { return };
    let asked = parse_accept_language(header);
    reads_as_it_should(header, &asked);

    let mut available: Vec<Language> = Vec::new();
    for tag in stored.unwrap_or("en sq sr-Cyrl mk").split_whitespace().take(12) {
        let language = Language::parse(tag).ok().filter(|language| language.is_storable().is_ok());
        available.extend(language.filter(|language| !available.contains(language)));
    }
    let fallback = [Language::default()];
    let original = available.first().cloned().unwrap_or_default();
    chooses_what_there_is(&asked, &available, &fallback, &original);
    let wish = LanguagePreference::new(asked, fallback.to_vec());
    assert!(NAME_LANGUAGES.contains(&wish.ui_language));
}

fn reads_as_it_should(header: &str, asked: &[Language]) {
    for language in asked {
        assert_eq!(
            Language::parse(language.as_str()).as_ref(),
            Ok(language),
            "a canonical tag reads as itself"
        );
    }
    // Member by member, with weights as floats: another way to the same order.
    let mut expected: Vec<(f64, Language)> = header
        .split(',')
        .filter_map(|member| {
            let language = parse_accept_language(member).first()?.clone();
            let weight = member
                .split_once('=')
                .map_or(1.0, |(_, weight)| weight.trim().parse().expect("a weight is a number"));
            assert!((0.001..=1.0).contains(&weight), "{member}");
            Some((weight, language))
        })
        .take(20)
        .collect();
    expected.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
    let mut languages: Vec<&Language> = Vec::new();
    for (_, language) in &expected {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    assert_eq!(asked.iter().collect::<Vec<_>>(), languages, "{header}");

    let plain: Vec<&str> = asked.iter().map(Language::as_str).collect();
    assert_eq!(parse_accept_language(&plain.join(", ")), asked, "equal weights keep the order");
    let weighed: Vec<String> = plain
        .iter()
        .enumerate()
        .map(|(place, tag)| format!("{tag};q=0.{}", 999 - place))
        .rev()
        .collect();
    assert_eq!(parse_accept_language(&weighed.join(",")), asked, "weights make the order");
    assert_eq!(
        parse_accept_language(&format!("*;q=0.9,_ ,;,{header}")),
        asked,
        "what is no language does not count"
    );
}

fn chooses_what_there_is(
    asked: &[Language],
    available: &[Language],
    fallback: &[Language],
    original: &Language,
) {
    let choice = choose(asked, available, fallback, original);
    assert_eq!(
        choice.is_none(),
        available.is_empty(),
        "something is chosen whenever there is something"
    );
    let Some(choice) = choice else { return };
    let stored = &available[choice.index];
    match &choice.transliterate_to {
        None => assert_eq!(&choice.language, stored),
        Some(to) => {
            assert_eq!(to, &choice.language);
            assert_eq!(
                (to.primary(), stored.primary()),
                ("sr", "sr"),
                "only Serbian is made from the other script"
            );
            assert_ne!(to.script(), stored.script());
        }
    }
    if let Some(first) = asked.first().filter(|first| available.contains(first)) {
        assert_eq!(stored, first, "the language asked for first is there");
    }
    let order = preference_among(asked, fallback, available);
    assert!(order.iter().all(|tag| available.contains(tag)));
    if order.is_empty() {
        assert_eq!(stored, original, "nothing fits, so the original answers");
        return;
    }
    assert!(order.contains(stored), "{stored} is chosen, but not preferred");
    // Only bare Serbian depends on the script of the original.
    if original.primary() != "sr" {
        assert_eq!(Some(stored), order.first(), "the order of preference and the choice agree");
    }
    let mut turned = available.to_vec();
    turned.reverse();
    let again = choose(asked, &turned, fallback, original).expect("something is there");
    assert_eq!(
        (&turned[again.index], again.language),
        (stored, choice.language),
        "the order of what is stored does not count"
    );
}
