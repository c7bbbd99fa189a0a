//! Slugs: the names of resources in URLs.

use std::fmt;

use super::chars::is_apostrophe;
use super::fold::fold;

/// Maximum length of a slug in characters.
pub const MAX_SLUG_LEN: usize = 80;

/// Reason why a slug is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlugError {
    /// The slug is empty.
    Empty,
    /// The slug is longer than [`MAX_SLUG_LEN`].
    TooLong,
    /// The slug does not match `[a-z0-9]+(-[a-z0-9]+)*`.
    InvalidFormat,
    /// The slug looks like a UUID, which identifies a resource by its id.
    LooksLikeId,
    /// The slug is a word in the paths of its kind.
    Reserved,
}

impl fmt::Display for SlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a slug must not be empty",
            Self::TooLong => "a slug has at most 80 characters",
            Self::InvalidFormat => {
                "a slug consists of a-z and 0-9, with single hyphens between words"
            }
            Self::LooksLikeId => "a slug must not look like an id (UUID)",
            Self::Reserved => "the slug is reserved: the API uses this word in its paths",
        })
    }
}

impl std::error::Error for SlugError {}

/// Derives a slug from a title: folded, words joined by hyphens, truncated to 80 characters at a
/// word boundary.
///
/// The slug is empty if the title contains no Latin or Cyrillic letter and no digit. It has the
/// right format, but may look like a UUID, be reserved or in use: see [`validate_slug`] and
/// [`slug_with_suffix`].
#[must_use]
pub fn slugify(title: &str) -> String {
    let mut slug = String::new();
    for word in fold(title).split(|c: char| !c.is_ascii_alphanumeric() && !is_apostrophe(c)) {
        let word: String = word.chars().filter(|&c| !is_apostrophe(c)).collect();
        if word.is_empty() {
            continue;
        }
        if slug.is_empty() {
            slug = word.chars().take(MAX_SLUG_LEN).collect();
        } else if slug.len() + 1 + word.len() > MAX_SLUG_LEN {
            break;
        } else {
            slug.push('-');
            slug.push_str(&word);
        }
    }
    slug
}

/// Validates a slug: 1 to 80 characters `[a-z0-9]+(-[a-z0-9]+)*`, not a UUID. Each kind also reserves
/// some words.
pub fn validate_slug(slug: &str) -> Result<(), SlugError> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
    };
    if slug.is_empty() {
        Err(SlugError::Empty)
    } else if slug.len() > MAX_SLUG_LEN {
        Err(SlugError::TooLong)
    } else if !slug.split('-').all(is_word) {
        Err(SlugError::InvalidFormat)
    } else if looks_like_id(slug) {
        Err(SlugError::LooksLikeId)
    } else {
        Ok(())
    }
}

/// The slug with a numeric suffix, such as `title-2`, of at most 80 characters.
#[must_use]
pub fn slug_with_suffix(base: &str, n: u32) -> String {
    let number = n.to_string();
    let room = MAX_SLUG_LEN.saturating_sub(number.len() + 1);
    let base: String = base.chars().take(room).collect();
    match base.trim_end_matches('-') {
        "" => number,
        base => format!("{base}-{number}"),
    }
}

/// Whether a slug is a UUID with hyphens or as 32 hexadecimal digits: both are parsed as ids.
fn looks_like_id(slug: &str) -> bool {
    let hyphens: Vec<usize> = slug.match_indices('-').map(|(at, _)| at).collect();
    let digits = slug.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32
        && digits + hyphens.len() == slug.len()
        && (hyphens.is_empty() || hyphens == [8, 13, 18, 23])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slugifies_titles() {
        for (title, slug) in [
            ("Safe at Home", "safe-at-home"),
            ("Sigurno kod kuće", "sigurno-kod-kuce"),
            ("Безбедно код куће", "bezbedno-kod-kuce"),
            ("Сигурно дома: приказната на Ѓорѓи", "sigurno-doma-prikaznata-na-gjorgji"),
            ("Të sigurta në shtëpi", "te-sigurta-ne-shtepi"),
            ("Cinsiyet Eşitliği İçin", "cinsiyet-esitligi-icin"),
            ("Women's  voices – 2024/25!", "womens-voices-2024-25"),
            ("Žene’s", "zenes"),
            ("--COVID-19--", "covid-19"),
            ("Ελλάδα", ""),
            ("!?", ""),
            ("", ""),
        ] {
            assert_eq!(slugify(title), slug, "{title}");
        }
        let long = slugify(&"rodna ravnopravnost ".repeat(9));
        assert_eq!(
            long,
            "rodna-ravnopravnost-rodna-ravnopravnost-rodna-ravnopravnost-rodna-ravnopravnost"
        );
        assert_eq!(slugify(&"a".repeat(200)).len(), 80);
    }

    #[test]
    fn validates_slugs() {
        for good in
            ["a", "title-2", "2024", "safe-at-home", "chart-2", "0190163d86949b5d2a1b3c4d5e6f7a8"]
        {
            assert_eq!(validate_slug(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", SlugError::Empty),
            ("-a", SlugError::InvalidFormat),
            ("a-", SlugError::InvalidFormat),
            ("a--b", SlugError::InvalidFormat),
            ("A", SlugError::InvalidFormat),
            ("žene", SlugError::InvalidFormat),
            ("a_b", SlugError::InvalidFormat),
            ("0190163d-8694-739b-aea5-966c26f8ad91", SlugError::LooksLikeId),
            ("0190163d8694739baea5966c26f8ad91", SlugError::LooksLikeId),
        ] {
            assert_eq!(validate_slug(bad), Err(why), "{bad}");
        }
        assert_eq!(validate_slug(&"a".repeat(81)), Err(SlugError::TooLong));
    }

    #[test]
    fn appends_numeric_suffix() {
        assert_eq!(slug_with_suffix("title", 2), "title-2");
        assert_eq!(slug_with_suffix("", 7), "7");
        assert_eq!(slug_with_suffix(&"a".repeat(80), 10), format!("{}-10", "a".repeat(77)));
        assert_eq!(
            slug_with_suffix(&format!("{}-bcd", "a".repeat(77)), 2),
            format!("{}-2", "a".repeat(77))
        );
    }

    proptest! {
        #[test]
        fn slugified_titles_are_valid(title in "\\PC{0,120}|([а-шa-z]{1,12} ){0,20}", n in any::<u32>()) {
            let slug = slugify(&title);
            let fine = |slug: &str| matches!(
                validate_slug(slug), Ok(()) | Err(SlugError::LooksLikeId | SlugError::Empty)
            );
            prop_assert!(fine(&slug), "{}", slug);
            prop_assert!(fine(&slug_with_suffix(&slug, n)));
            prop_assert_eq!(slugify(&slug), slug);
        }
    }
}
