//! Suggestion of the name that a misspelled one was probably meant to be.

/// Maximum length of a name in characters; no suggestion is computed for longer ones.
const MAX_NAME_LEN: usize = 64;

/// Returns the candidate closest to the name; `None` if none is similar enough.
///
/// Letter case, `_`, `-` and spaces are ignored. Candidates qualify, in this order of preference:
/// at most one edit per three characters and three in total (Damerau-Levenshtein: a transposition
/// is one edit); one is a prefix of the other; one contains the other (from three characters on).
/// Of equally close candidates the first is returned.
pub fn closest_name<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = normalize(name)?;
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&name, &normalize(candidate)?)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Distance between two names: first the kind of similarity, then the difference.
fn distance(name: &str, candidate: &str) -> Option<(u8, usize)> {
    let (a, b) = (name.chars().count(), candidate.chars().count());
    let max_edits = (a.max(b) / 3).clamp(1, 3);
    if a.abs_diff(b) <= max_edits {
        let edits = strsim::damerau_levenshtein(name, candidate);
        // Two two-letter names that differ in one letter are not similar.
        if edits <= max_edits && edits < a.min(b) {
            return Some((0, edits));
        }
    }
    let shorter = a.min(b);
    if shorter >= 2 && (name.starts_with(candidate) || candidate.starts_with(name)) {
        Some((1, a.abs_diff(b)))
    } else if shorter >= 3 && (name.contains(candidate) || candidate.contains(name)) {
        Some((2, a.abs_diff(b)))
    } else {
        None
    }
}

fn normalize(name: &str) -> Option<String> {
    let normalize = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    (name.len() <= MAX_NAME_LEN * 4)
        .then(|| normalize(name))
        .filter(|name| name.chars().count() <= MAX_NAME_LEN)
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
    fn suggests_closest_name() {
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
            assert_eq!(closest_name(given, NAMES.iter().copied()), suggested, "{given}");
        }
        assert_eq!(closest_name(&"limit".repeat(1000), NAMES.iter().copied()), None);
        assert_eq!(closest_name("limit", []), None);
    }

    proptest! {
        #[test]
        fn name_is_closest_to_itself(at in 0..NAMES.len(), other in "\\PC{0,80}") {
            let name = NAMES.get(at).copied();
            prop_assert_eq!(name.and_then(|name| closest_name(name, NAMES.iter().copied())), name);
            let _ = closest_name(&other, NAMES.iter().copied());
        }
    }
}
