//! The name that was probably meant by a misspelt one.

/// The longest name for which a suggestion is sought: longer ones are not misspelt names.
const MAX_LENGTH: usize = 64;

/// Finds the candidate nearest to what was given; `None` when none is near.
///
/// Letter case, `_`, `-` and spaces do not count. Near is: at most one edit in three characters,
/// three at most (Damerau and Levenshtein: a swap of neighbours is one edit); else one begins with
/// the other; else one holds the other, from three characters on. Of equals the first wins.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = plain(given)?;
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&given, &plain(candidate)?)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How far two names are apart: the kind of likeness first, then the difference.
fn distance(given: &str, candidate: &str) -> Option<(u8, usize)> {
    let (a, b) = (given.chars().count(), candidate.chars().count());
    let allowed = (a.max(b) / 3).clamp(1, 3);
    if a.abs_diff(b) <= allowed {
        let edits = strsim::damerau_levenshtein(given, candidate);
        // Two letters of which one is wrong share nothing worth suggesting.
        if edits <= allowed && edits < a.min(b) {
            return Some((0, edits));
        }
    }
    let shorter = a.min(b);
    if shorter >= 2 && (given.starts_with(candidate) || candidate.starts_with(given)) {
        Some((1, a.abs_diff(b)))
    } else if shorter >= 3 && (given.contains(candidate) || candidate.contains(given)) {
        Some((2, a.abs_diff(b)))
    } else {
        None
    }
}

fn plain(name: &str) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    (name.len() <= MAX_LENGTH * 4)
        .then(|| plain(name))
        .filter(|name| name.chars().count() <= MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: &[&str] = &[
        "limit",
        "cursor",
        "offset",
        "sort",
        "country",
        "topic",
        "language",
        "caption_language",
        "published_after",
        "published_before",
        "updated_since",
        "min_duration",
        "max_duration",
        "q",
        "lang",
        "include",
        "fields",
    ];

    #[test]
    fn suggestions() {
        for (given, suggested) in [
            ("limt", Some("limit")),
            ("Limit", Some("limit")),
            ("lmiit", Some("limit")),
            ("contry", Some("country")),
            ("countries", Some("country")),
            ("publishedAfter", Some("published_after")),
            ("published-befor", Some("published_before")),
            ("updated", Some("updated_since")),
            ("duration", Some("min_duration")),
            ("max_durration", Some("max_duration")),
            ("languages", Some("language")),
            ("langauge", Some("language")),
            ("captions_language", Some("caption_language")),
            ("includes", Some("include")),
            ("field", Some("fields")),
            ("x", None),
            ("", None),
            ("utm_source", None),
            ("страна", None),
        ] {
            assert_eq!(nearest(given, NAMES.iter().copied()), suggested, "{given}");
        }
        assert_eq!(nearest(&"limit".repeat(1000), NAMES.iter().copied()), None);
        assert_eq!(nearest("limit", []), None);
    }

    proptest! {
        #[test]
        fn a_name_suggests_itself(at in 0..NAMES.len(), other in "\\PC{0,80}") {
            let name = NAMES.get(at).copied();
            prop_assert_eq!(name.and_then(|name| nearest(name, NAMES.iter().copied())), name);
            let _ = nearest(&other, NAMES.iter().copied());
        }
    }
}
