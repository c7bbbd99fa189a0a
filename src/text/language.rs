//! Language tags (BCP 47, RFC 5646) and the languages that a reader asks for (RFC 9110).

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use oxilangtag::LanguageTag;
use serde::Serialize;

/// The longest tag that is accepted. RFC 5646, 4.4.1: 35 characters hold every tag in practice.
pub const MAX_TAG_LENGTH: usize = 35;

/// The most members of an `Accept-Language` header that are read.
const MAX_ACCEPTED: usize = 20;

/// Languages by the script that their tags must leave out: `Suppress-Script` in the IANA Language
/// Subtag Registry (file date 2024-03-06), all of it. `sr` and `cnr` have none: their script says
/// something.
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

/// Two-letter subtags that the registry replaced (`Preferred-Value`). `sh` has no such value and
/// stays.
const REPLACED: &[(&str, &str)] =
    &[("in", "id"), ("iw", "he"), ("ji", "yi"), ("jw", "jv"), ("mo", "ro")];

/// Tags of the registry that name no language: nothing can be written in them.
const NOT_A_LANGUAGE: &[&str] = &["und", "mul", "mis", "zxx"];

/// A language tag in canonical form, such as `sr-Latn` or `en-GB`.
///
/// Canonical means: case by RFC 5646 2.1.1, a replaced language subtag by its successor, and no
/// script where the language has a default one (`sq-Latn` is `sq`), so that two tags are equal when
/// they mean the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Language(CompactString);

impl Default for Language {
    /// English: what texts fall back to where nothing is configured.
    fn default() -> Self {
        Self(CompactString::const_new("en"))
    }
}

/// Why a text is not a language tag, or not one in which texts can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageError {
    /// The tag is longer than [`MAX_TAG_LENGTH`].
    TooLong,
    /// The tag is not well-formed (RFC 5646, 2.2.9).
    Malformed,
    /// Serbian without a script: `sr` can be asked for, but a text is in one script.
    ScriptNeeded,
    /// A private-use, undetermined or multiple-language tag names no language a text could be in.
    NotALanguage,
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a language tag has at most 35 characters",
            Self::Malformed => "not a language tag (BCP 47), such as en, sq or sr-Latn",
            Self::ScriptNeeded => "Serbian is written in two scripts: write sr-Latn or sr-Cyrl",
            Self::NotALanguage => "this tag names no language in which a text can be written",
        })
    }
}

impl std::error::Error for LanguageError {}

impl Language {
    /// A tag that is canonical already, since it was stored so: it is not read again.
    pub fn stored(tag: &str) -> Self {
        Self(CompactString::new(tag))
    }

    /// Parses a tag in any letter case and brings it to canonical form.
    ///
    /// The tag must be well-formed; whether its subtags are registered is not checked, so that a
    /// language registered tomorrow works today. [`LanguageError::TooLong`] or
    /// [`LanguageError::Malformed`].
    pub fn parse(tag: &str) -> Result<Self, LanguageError> {
        if tag.len() > MAX_TAG_LENGTH {
            return Err(LanguageError::TooLong);
        }
        let tag =
            LanguageTag::parse_and_normalize(tag).map_err(|_syntax| LanguageError::Malformed)?;
        let tag = tag.into_inner();
        let mut subtags: Vec<&str> = tag.split('-').collect();
        // RFC 5646, 2.2.1: every registered language has two or three letters; longer ones are
        // words, such as `english`.
        if subtags.first().is_some_and(|primary| primary.len() > 3) {
            return Err(LanguageError::Malformed);
        }
        if let Some(primary) = subtags.first_mut()
            && let Some((_, now)) = REPLACED.iter().find(|(before, _)| before == primary)
        {
            *primary = now;
        }
        if let [primary, script, ..] = subtags.as_slice()
            && suppressed_script(primary) == Some(script)
        {
            subtags.remove(1);
        }
        Ok(Self(subtags.join("-").into()))
    }

    /// A tag known to be canonical: for constants of this module's siblings only.
    pub(super) fn canonical(tag: &str) -> Self {
        Self(CompactString::new(tag))
    }

    /// The whole tag, in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag: `sr` of `sr-Latn-RS`, `x` of a private-use tag.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The script subtag, when the tag has one: `Latn` of `sr-Latn-RS`.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        let mut subtags = self.0.split('-');
        if subtags.next().is_none_or(|primary| primary.len() < 2) {
            return None;
        }
        let letters = |subtag: &&str| subtag.bytes().all(|b| b.is_ascii_alphabetic());
        subtags
            .find(|subtag| subtag.len() != 3 || !letters(subtag))
            .filter(|subtag| subtag.len() == 4 && letters(subtag))
    }

    /// Checks that texts can be kept in this language.
    ///
    /// [`LanguageError::ScriptNeeded`] for Serbian without a script,
    /// [`LanguageError::NotALanguage`] for `und`, `mul`, `mis`, `zxx` and for tags that begin with
    /// `x-` or `i-`.
    pub fn is_storable(&self) -> Result<(), LanguageError> {
        let primary = self.primary();
        if primary.len() < 2 || NOT_A_LANGUAGE.contains(&primary) {
            Err(LanguageError::NotALanguage)
        } else if primary == "sr" && self.script().is_none() {
            Err(LanguageError::ScriptNeeded)
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

/// Reads an `Accept-Language` header (RFC 9110, 12.5.4): the languages asked for, the preferred
/// first.
///
/// Equal weights keep the header's order. Members with `q=0`, `*` and malformed ones are left out,
/// a language named twice counts once. Of a long header the first 20 usable members are read. Never
/// fails.
#[must_use]
pub fn parse_accept_language(header: &str) -> Vec<Language> {
    let mut members: Vec<(u16, Language)> =
        header.split(',').filter_map(accepted).take(MAX_ACCEPTED).collect();
    members.sort_by_key(|(weight, _)| Reverse(*weight));
    let mut languages: Vec<Language> = Vec::with_capacity(members.len());
    for (_, language) in members {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages
}

/// One member of the header with its weight in thousandths; `None` when it asks for nothing.
fn accepted(member: &str) -> Option<(u16, Language)> {
    let (range, weight) = match member.split_once(';') {
        None => (member, 1000),
        Some((range, parameter)) => (range, weight(parameter.trim())?),
    };
    let language = Language::parse(range.trim()).ok()?;
    (weight > 0).then_some((weight, language))
}

/// `q=0.8` in thousandths (RFC 9110, 12.4.2: at most three decimals, not above 1).
fn weight(parameter: &str) -> Option<u16> {
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
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(header: &str) -> Vec<String> {
        parse_accept_language(header).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tags_become_canonical() {
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
    fn what_is_no_tag_is_refused() {
        for bad in ["", "-", "e", "en_GB", "en-", "sr Latn", "жен", "123", "en--GB", "*"] {
            assert_eq!(Language::parse(bad), Err(LanguageError::Malformed), "{bad}");
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        assert_eq!(Language::parse(&long), Err(LanguageError::TooLong));
    }

    #[test]
    fn subtags_are_found() {
        for (tag, primary, script) in [
            ("sr-Latn-RS", "sr", Some("Latn")),
            ("zh-yue-Hant-HK", "zh", Some("Hant")),
            ("sr-RS", "sr", None),
            ("de-1996", "de", None),
            ("x-latn", "x", None),
            ("en-x-latn", "en", None),
        ] {
            let language = Language::parse(tag).unwrap();
            assert_eq!((language.primary(), language.script()), (primary, script), "{tag}");
        }
    }

    #[test]
    fn texts_are_kept_in_real_languages_with_a_script() {
        for tag in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl-RS", "mk", "tr", "cnr", "sh"] {
            assert_eq!(Language::parse(tag).unwrap().is_storable(), Ok(()), "{tag}");
        }
        for tag in ["sr", "sr-RS"] {
            let refused = Language::parse(tag).unwrap().is_storable();
            assert_eq!(refused, Err(LanguageError::ScriptNeeded), "{tag}");
        }
        for tag in ["x-latn", "und", "und-Latn", "mul", "zxx", "i-klingon"] {
            let refused = Language::parse(tag).unwrap().is_storable();
            assert_eq!(refused, Err(LanguageError::NotALanguage), "{tag}");
        }
    }

    #[test]
    fn accept_language_is_sorted_by_weight() {
        for (header, languages) in [
            ("sr-Cyrl, sr;q=0.8, en;q=0.7", vec!["sr-Cyrl", "sr", "en"]),
            ("en;q=0.5, sq, mk;q=0.5, tr;q=1.000", vec!["sq", "tr", "en", "mk"]),
            ("en;q=0, *;q=0.5, bs ; Q=0.1", vec!["bs"]),
            ("en;q=1.1, en;q=0.1234, en;q=x, en;level=1, sq;q=.5, tr;q=0.", vec![]),
            ("en, EN-Latn;q=0.5, ,, mk", vec!["en", "mk"]),
            ("de-AT,de;q=0.9,en;q=0.001", vec!["de-AT", "de", "en"]),
            ("", vec![]),
        ] {
            assert_eq!(tags(header), languages, "{header}");
        }
    }

    #[test]
    fn a_long_header_is_cut() {
        let header: Vec<String> = (0..500_000).map(|_| "en;q=0.5,sq-XK".to_owned()).collect();
        assert_eq!(tags(&header.join(",")), ["sq-XK", "en"]);
        assert_eq!(tags(&"é;;;,".repeat(200_000)), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn headers_never_panic(header in "\\PC{0,80}|([a-zA-Z-]{1,9}(;q=[0-9.]{0,5})?,?){0,30}") {
            prop_assert!(parse_accept_language(&header).len() <= MAX_ACCEPTED);
        }

        #[test]
        fn canonical_form_is_stable(tag in "[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-[a-zA-Z]{2})?(-[a-z0-9]{5,8})?") {
            if let Ok(language) = Language::parse(&tag) {
                prop_assert_eq!(Language::parse(language.as_str()).unwrap(), language);
            }
        }
    }
}
