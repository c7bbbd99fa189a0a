//! IATI's codes and the catalogue's words.

/// `GeographicVocabulary`: countries by ISO 3166-1 alpha-2.
pub const COUNTRIES: &str = "A4";
/// `Region`: "Europe, regional".
pub const EUROPE: &str = "89";
/// `SectorVocabulary`: purpose codes of the OECD's Development Assistance Committee, which is meant
/// where none is named.
pub const DAC: &str = "1";

/// The countries that "Europe, regional" stands for: those of the DAC's list of recipients in
/// Europe.
const IN_EUROPE: &[&str] = &["AL", "BA", "BY", "MD", "ME", "MK", "RS", "TR", "UA", "XK"];

/// `OrganisationRole`. A partner's role is a free text: these are the words for which IATI has a
/// code.
const ROLES: &[(&str, &[&str])] = &[
    ("1", &["funder", "funding", "donor"]),
    ("2", &["accountable"]),
    ("3", &["extending"]),
    ("4", &["implementer", "implementing", "implementing partner"]),
];

/// `OrganisationType`, where the kind of a partner says one: of a donor or of civil society it says
/// too little.
const ORGANISATIONS: &[(&str, &str)] = &[
    ("10", "government"),
    ("40", "multilateral"),
    ("70", "private_sector"),
    ("80", "academic"),
    ("90", "other"),
];

/// `IndicatorMeasure`.
const MEASURES: &[(&str, &str)] =
    &[("1", "unit"), ("2", "percentage"), ("3", "nominal"), ("4", "ordinal"), ("5", "qualitative")];

/// `IndicatorVocabulary`.
const VOCABULARIES: &[(&str, &str)] = &[
    ("1", "who"),
    ("2", "sphere"),
    ("3", "us_faf"),
    ("4", "world_bank_wdi"),
    ("5", "mdg"),
    ("6", "unocha"),
    ("7", "hiv_aids_registry"),
    ("8", "hipso"),
    ("9", "sdg"),
    ("99", "own"),
];

/// `ResultType`.
pub const RESULTS: &[(&str, &str)] =
    &[("1", "output"), ("2", "outcome"), ("3", "impact"), ("9", "other")];

/// `ActivityStatus`.
pub const STATUSES: &[(&str, &str)] = &[
    ("1", "pipeline"),
    ("2", "implementation"),
    ("3", "finalisation"),
    ("4", "closed"),
    ("5", "cancelled"),
    ("6", "suspended"),
];

fn code(table: &[(&'static str, &str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(_, known)| *known == word).map(|(code, _)| *code)
}

fn word(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// The code of a role, if IATI has one.
pub fn role(role: &str) -> Option<&'static str> {
    let role = role.trim().to_lowercase();
    ROLES.iter().find(|(_, words)| words.contains(&role.as_str())).map(|(code, _)| *code)
}

/// The word for a role.
pub fn role_word(code: &str) -> Option<&'static str> {
    ROLES.iter().find(|(known, _)| *known == code).and_then(|(_, words)| words.first().copied())
}

/// The code of a kind of partner.
pub fn organisation(kind: &str) -> Option<&'static str> {
    code(ORGANISATIONS, kind)
}

/// The kind of partner for a code; finer codes are told by what they are a part of.
pub fn organisation_word(code: &str) -> Option<&'static str> {
    match code {
        "11" | "15" => Some("government"),
        "21" | "22" | "23" | "24" => Some("civil_society"),
        "71" | "72" | "73" => Some("private_sector"),
        "30" | "60" => Some("other"),
        other => word(ORGANISATIONS, other),
    }
}

/// The code of a measure.
pub fn measure(measure: &str) -> Option<&'static str> {
    code(MEASURES, measure)
}

/// The measure of a code.
pub fn measure_word(code: &str) -> Option<&'static str> {
    word(MEASURES, code)
}

/// The code of a vocabulary of indicators.
pub fn vocabulary(vocabulary: &str) -> Option<&'static str> {
    code(VOCABULARIES, vocabulary)
}

/// The vocabulary of indicators of a code.
pub fn vocabulary_word(code: &str) -> Option<&'static str> {
    word(VOCABULARIES, code)
}

/// The code of a kind of result.
pub fn result(kind: &str) -> Option<&'static str> {
    code(RESULTS, kind)
}

/// The kind of result of a code.
pub fn result_word(code: &str) -> Option<&'static str> {
    word(RESULTS, code)
}

/// The code of a status.
pub fn status(status: &str) -> Option<&'static str> {
    code(STATUSES, status)
}

/// The status of a code.
pub fn status_word(code: &str) -> Option<&'static str> {
    word(STATUSES, code)
}

/// The region of several countries, where one code stands for all of them.
pub fn region<'a>(mut countries: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    countries.all(|country| IN_EUROPE.contains(&country)).then_some(EUROPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_codes_and_codes_words() {
        assert_eq!(role(" Funder "), Some("1"));
        assert_eq!(role("host"), None);
        assert_eq!(role_word("4"), Some("implementer"));
        for (code, word) in MEASURES {
            assert_eq!((measure(word), measure_word(code)), (Some(*code), Some(*word)));
        }
        assert_eq!(organisation("donor"), None);
        assert_eq!(organisation_word("24"), Some("civil_society"));
        assert_eq!(region(["AL", "TR"].into_iter()), Some("89"));
        assert_eq!(region(["AL", "KE"].into_iter()), None);
    }
}
