//! Language tags (BCP 47, RFC 5646) and the `Accept-Language` header (RFC 9110).
//!
//! Tags are parsed by `oxilangtag`, which implements RFC 5646. The `Locale` of ICU4X implements
//! Unicode locale identifiers, which exclude extended language subtags (`zh-yue`), private-use tags
//! (`x-private`) and irregular tags (`i-klingon`); it is used only to select data of ICU4X.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use oxilangtag::LanguageTag;
use serde::Serialize;

/// Maximum length of a language tag. RFC 5646, 4.4.1: 35 characters are enough for every tag in
/// practice.
pub const MAX_LANGUAGE_TAG_LEN: usize = 35;

/// Maximum number of members of an `Accept-Language` header that are evaluated.
const MAX_ACCEPT_LANGUAGES: usize = 20;

/// Languages by the script that their tags must omit: every `Suppress-Script` of the IANA Language
/// Subtag Registry (file date 2024-03-06). `sr` and `cnr` have none, since they are written in two
/// scripts.
const SUPPRESSED_SCRIPTS: &[(&str, &str)] = &[
    (
        "Latn",
        "af ay bs ca ch cs cy da de dsb en eo es et eu fi fj fo fr frr frs fy ga gl gn gsw gv hr hsb ht hu id in \
         is it kl la lb ln lt lv men mg mh mo ms mt na nb nd nds niu nl nn no nr nso ny om pl pt qu rm rn ro rw \
         sg sk sl sm so sq ss st sv sw tem tkl tl tmh tn to tpi tr ts tvl ve vi xh zu",
    ),
    ("Cyrl", "ab be bg kk mk ru uk"),
    ("Arab", "ar fa ps ur"),
    ("Deva", "hi kok mai mr ne"),
    ("Hebr", "he iw yi"),
    ("Beng", "as bn"),
    ("Ethi", "am ti"),
    ("Grek", "el"),
    ("Armn", "hy"),
    ("Geor", "ka"),
    ("Gujr", "gu"),
    ("Guru", "pa"),
    ("Jpan", "ja"),
    ("Khmr", "km"),
    ("Knda", "kn"),
    ("Kore", "ko"),
    ("Laoo", "lo"),
    ("Mlym", "ml"),
    ("Mymr", "my"),
    ("Nkoo", "nqo"),
    ("Orya", "or"),
    ("Sinh", "si"),
    ("Taml", "ta"),
    ("Telu", "te"),
    ("Thaa", "dv"),
    ("Thai", "th"),
    ("Tibt", "dz"),
    ("Blis", "zbl"),
];

/// Deprecated two-letter subtags with their `Preferred-Value` in the registry. `sh` has none and is
/// not replaced.
const PREFERRED_SUBTAGS: &[(&str, &str)] =
    &[("in", "id"), ("iw", "he"), ("ji", "yi"), ("jw", "jv"), ("mo", "ro")];

/// Special subtags of the registry that do not identify a language.
const NON_LANGUAGE_SUBTAGS: &[&str] = &["und", "mul", "mis", "zxx"];

/// A language tag in canonical form, such as `sr-Latn` or `en-GB`.
///
/// Canonical form: letter case by RFC 5646, 2.1.1; deprecated language subtags replaced; no script
/// subtag where the language has a default one (`sq-Latn` is `sq`). Tags with the same meaning are
/// therefore equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Language(CompactString);

impl Default for Language {
    /// English, the fallback language if none is configured.
    fn default() -> Self {
        Self(CompactString::const_new("en"))
    }
}

/// Reason why a language tag is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageError {
    /// The tag is longer than [`MAX_LANGUAGE_TAG_LEN`].
    TooLong,
    /// The tag is not well-formed (RFC 5646, 2.2.9).
    Malformed,
    /// Serbian without a script: `sr` can be requested, but a stored text is in one script.
    ScriptRequired,
    /// A private-use, undetermined or multiple-language tag, which does not identify the language
    /// of a text.
    NotALanguage,
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a language tag must not exceed 35 characters",
            Self::Malformed => "expected a BCP 47 tag such as en, sq or sr-Latn",
            Self::ScriptRequired => "Serbian has two scripts: use sr-Latn or sr-Cyrl",
            Self::NotALanguage => {
                "the tag does not identify a language in which a text can be written"
            }
        })
    }
}

impl std::error::Error for LanguageError {}

impl Language {
    /// Wraps a tag that is known to be in canonical form, such as one read from the database. Not
    /// validated.
    pub fn from_canonical(tag: &str) -> Self {
        Self(CompactString::new(tag))
    }

    /// Parses a tag in any letter case and converts it to canonical form.
    ///
    /// The tag must be well-formed; its subtags need not be registered, so that later additions to
    /// the registry are accepted. Fails with [`LanguageError::TooLong`] or
    /// [`LanguageError::Malformed`].
    pub fn parse(tag: &str) -> Result<Self, LanguageError> {
        if tag.len() > MAX_LANGUAGE_TAG_LEN {
            return Err(LanguageError::TooLong);
        }
        let tag =
            LanguageTag::parse_and_normalize(tag).map_err(|_syntax| LanguageError::Malformed)?;
        let tag = tag.into_inner();
        let mut subtags: Vec<&str> = tag.split('-').collect();
        // RFC 5646, 2.2.1: all registered languages have two or three letters. Longer subtags are
        // words such as `english`.
        if subtags.first().is_some_and(|primary| primary.len() > 3) {
            return Err(LanguageError::Malformed);
        }
        if let Some(primary) = subtags.first_mut()
            && let Some((_, preferred)) =
                PREFERRED_SUBTAGS.iter().find(|(deprecated, _)| deprecated == primary)
        {
            *primary = preferred;
        }
        if let [primary, script, ..] = subtags.as_slice()
            && suppressed_script(primary) == Some(script)
        {
            subtags.remove(1);
        }
        Ok(Self(subtags.join("-").into()))
    }

    /// The whole tag, in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag: `sr` of `sr-Latn-RS`, `x` of a private-use tag.
    #[must_use]
    pub fn primary_language(&self) -> &str {
        let length = self.0.bytes().take_while(|byte| *byte != b'-').count();
        self.0.get(..length).unwrap_or_default()
    }

    /// The script subtag, if present: `Latn` of `sr-Latn-RS`.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        let mut subtags = self.0.split('-');
        if subtags.next().is_none_or(|primary| primary.len() < 2) {
            return None;
        }
        let is_alphabetic = |subtag: &&str| subtag.bytes().all(|b| b.is_ascii_alphabetic());
        subtags
            .find(|subtag| subtag.len() != 3 || !is_alphabetic(subtag))
            .filter(|subtag| subtag.len() == 4 && is_alphabetic(subtag))
    }

    /// The script of texts in this language: the script subtag, or the script of nearly all texts if
    /// there is none; `None` if unknown.
    #[must_use]
    pub fn text_script(&self) -> Option<&str> {
        let primary = self.primary_language();
        let implied = || suppressed_script(primary);
        // These have no suppressed script in the registry.
        self.script().or_else(implied).or(matches!(primary, "cnr" | "sh").then_some("Latn"))
    }

    /// Checks that texts can be stored in this language.
    ///
    /// Fails with [`LanguageError::ScriptRequired`] for Serbian without a script, and with
    /// [`LanguageError::NotALanguage`] for `und`, `mul`, `mis`, `zxx` and tags that begin with `x-`
    /// or `i-`.
    pub fn check_storable(&self) -> Result<(), LanguageError> {
        let primary = self.primary_language();
        if primary.len() < 2 || NON_LANGUAGE_SUBTAGS.contains(&primary) {
            Err(LanguageError::NotALanguage)
        } else if primary == "sr" && self.script().is_none() {
            Err(LanguageError::ScriptRequired)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::parse(tag)
    }
}

impl AsRef<str> for Language {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

fn suppressed_script(primary: &str) -> Option<&'static str> {
    SUPPRESSED_SCRIPTS
        .iter()
        .find(|(_, languages)| languages.split(' ').any(|language| language == primary))
        .map(|(script, _)| *script)
}

/// The languages of an `Accept-Language` header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptLanguage {
    /// The preferred languages, the most preferred first.
    pub requested: Vec<Language>,
    /// The languages that the client does not accept: those of weight 0.
    pub excluded: Vec<Language>,
}

/// Parses an `Accept-Language` header (RFC 9110, 12.5.4).
///
/// Members of equal weight keep the order of the header. `*` and malformed members are ignored; a
/// repeated language counts once, with its highest weight. Only the first 20 valid members are
/// evaluated. Never fails.
#[must_use]
pub fn parse_accept_language(header: &str) -> AcceptLanguage {
    let mut members: Vec<(u16, Language)> =
        header.split(',').filter_map(parse_member).take(MAX_ACCEPT_LANGUAGES).collect();
    members.sort_by_key(|(weight, _)| Reverse(*weight));
    let mut languages = AcceptLanguage::default();
    for (weight, language) in members {
        if languages.requested.contains(&language) || languages.excluded.contains(&language) {
            continue;
        }
        if weight > 0 {
            languages.requested.push(language);
        } else {
            languages.excluded.push(language);
        }
    }
    languages
}

/// Parses a member of the header into its weight in thousandths and its language; `None` if it is
/// invalid.
fn parse_member(member: &str) -> Option<(u16, Language)> {
    let (range, weight) = match member.split_once(';') {
        None => (member, 1000),
        Some((range, parameter)) => (range, parse_weight(parameter.trim())?),
    };
    Some((weight, Language::parse(range.trim()).ok()?))
}

/// Parses `q=0.8` into thousandths (RFC 9110, 12.4.2: at most three decimals, at most 1). Some clients
/// omit the zero: `q=.8`.
fn parse_weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "" if !decimals.is_empty() => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(header: &str) -> Vec<String> {
        parse_accept_language(header).requested.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn canonicalizes_tags() {
        for (given, canonical) in [
            ("en", "en"),
            ("EN-gb", "en-GB"),
            ("en-latn-US", "en-US"),
            ("sq-Latn", "sq"),
            ("sq-XK", "sq-XK"),
            ("bs-LATN", "bs"),
            ("bs-Cyrl", "bs-Cyrl"),
            ("tr-Latn", "tr"),
            ("mk-Cyrl-MK", "mk-MK"),
            ("sr", "sr"),
            ("SR-latn-rs", "sr-Latn-RS"),
            ("sr-cyrl", "sr-Cyrl"),
            ("cnr", "cnr"),
            ("sh", "sh"),
            ("iw-Hebr", "he"),
            ("mo", "ro"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("x-private", "x-private"),
        ] {
            assert_eq!(Language::parse(given).unwrap().as_str(), canonical, "{given}");
        }
    }

    #[test]
    fn rejects_malformed_tags() {
        for bad in ["", "-", "e", "en_GB", "en-", "sr Latn", "жен", "123", "en--GB", "*"] {
            assert_eq!(Language::parse(bad), Err(LanguageError::Malformed), "{bad}");
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        assert_eq!(Language::parse(&long), Err(LanguageError::TooLong));
    }

    #[test]
    fn finds_subtags() {
        for (tag, primary, script) in [
            ("sr-Latn-RS", "sr", Some("Latn")),
            ("zh-yue-Hant-HK", "zh", Some("Hant")),
            ("sr-RS", "sr", None),
            ("de-1996", "de", None),
            ("x-latn", "x", None),
            ("en-x-latn", "en", None),
        ] {
            let language = Language::parse(tag).unwrap();
            assert_eq!(
                (language.primary_language(), language.script()),
                (primary, script),
                "{tag}"
            );
        }
    }

    #[test]
    fn storable_needs_language_and_script() {
        for tag in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl-RS", "mk", "tr", "cnr", "sh"] {
            assert_eq!(Language::parse(tag).unwrap().check_storable(), Ok(()), "{tag}");
        }
        for tag in ["sr", "sr-RS"] {
            let result = Language::parse(tag).unwrap().check_storable();
            assert_eq!(result, Err(LanguageError::ScriptRequired), "{tag}");
        }
        for tag in ["x-latn", "und", "und-Latn", "mul", "zxx", "i-klingon"] {
            let result = Language::parse(tag).unwrap().check_storable();
            assert_eq!(result, Err(LanguageError::NotALanguage), "{tag}");
        }
    }

    #[test]
    fn sorts_accept_language_by_weight() {
        for (header, languages) in [
            ("sr-Cyrl, sr;q=0.8, en;q=0.7", vec!["sr-Cyrl", "sr", "en"]),
            ("en;q=0.5, sq, mk;q=0.5, tr;q=1.000", vec!["sq", "tr", "en", "mk"]),
            ("en;q=0, *;q=0.5, bs ; Q=0.1", vec!["bs"]),
            ("en;q=1.1, en;q=0.1234, en;q=x, en;level=1, sq;q=., tr;q=0.", vec![]),
            ("ca-ES;q=.5,mk;q=.9,tr;q=.0", vec!["mk", "ca-ES"]),
            ("en, EN-Latn;q=0.5, ,, mk", vec!["en", "mk"]),
            ("de-AT,de;q=0.9,en;q=0.001", vec!["de-AT", "de", "en"]),
            ("", vec![]),
        ] {
            assert_eq!(tags(header), languages, "{header}");
        }
    }

    #[test]
    fn truncates_long_accept_language() {
        let header: Vec<String> = (0..500_000).map(|_| "en;q=0.5,sq-XK".to_owned()).collect();
        assert_eq!(tags(&header.join(",")), ["sq-XK", "en"]);
        assert_eq!(tags(&"é;;;,".repeat(200_000)), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn parse_accept_language_never_panics(header in "\\PC{0,80}|([a-zA-Z-]{1,9}(;q=[0-9.]{0,5})?,?){0,30}") {
            let AcceptLanguage { requested, excluded } = parse_accept_language(&header);
            prop_assert!(requested.len() + excluded.len() <= MAX_ACCEPT_LANGUAGES);
        }

        #[test]
        fn canonicalization_is_idempotent(tag in "[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-[a-zA-Z]{2})?(-[a-z0-9]{5,8})?") {
            if let Ok(language) = Language::parse(&tag) {
                prop_assert_eq!(Language::parse(language.as_str()).unwrap(), language);
            }
        }
    }
}
