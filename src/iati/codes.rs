//! IATI's codes and the catalogue's words.

/// `GeographicVocabulary`: countries by ISO 3166-1 alpha-2.
pub const COUNTRY_VOCABULARY: &str = "A4";
/// `Region`: "Europe, regional".
pub const REGION_EUROPE: &str = "89";
/// `SectorVocabulary`: purpose codes of the OECD's Development Assistance Committee, which is meant
/// where none is named.
pub const SECTOR_VOCABULARY_DAC: &str = "1";

/// The countries that "Europe, regional" stands for: those of the DAC's list of recipients in
/// Europe.
const EUROPE_RECIPIENTS: &[&str] = &["AL", "BA", "BY", "MD", "ME", "MK", "RS", "TR", "UA", "XK"];

/// `OrganisationRole`. A partner's role is a free text: these are the words for which IATI has a
/// code.
const ORGANISATION_ROLE_CODES: &[(&str, &[&str])] = &[
    ("1", &["funder", "funding", "donor"]),
    ("2", &["accountable"]),
    ("3", &["extending"]),
    ("4", &["implementer", "implementing", "implementing partner"]),
];

/// `OrganisationType`, where the kind of a partner says one: of a donor or of civil society it says
/// too little.
const PARTNER_KIND_CODES: &[(&str, &str)] = &[
    ("10", "government"),
    ("40", "multilateral"),
    ("70", "private_sector"),
    ("80", "academic"),
    ("90", "other"),
];

/// `IndicatorMeasure`.
const MEASURE_CODES: &[(&str, &str)] =
    &[("1", "unit"), ("2", "percentage"), ("3", "nominal"), ("4", "ordinal"), ("5", "qualitative")];

/// `IndicatorVocabulary`.
const INDICATOR_VOCABULARY_CODES: &[(&str, &str)] = &[
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
pub const RESULT_TYPE_CODES: &[(&str, &str)] =
    &[("1", "output"), ("2", "outcome"), ("3", "impact"), ("9", "other")];

/// `ActivityStatus`.
pub const ACTIVITY_STATUS_CODES: &[(&str, &str)] = &[
    ("1", "pipeline"),
    ("2", "implementation"),
    ("3", "finalisation"),
    ("4", "closed"),
    ("5", "cancelled"),
    ("6", "suspended"),
];

fn code_for(table: &[(&'static str, &str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(_, known)| *known == word).map(|(code, _)| *code)
}

fn name_for(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// The code of a role, if IATI has one.
pub fn role_code(role: &str) -> Option<&'static str> {
    let role = role.trim().to_lowercase();
    ORGANISATION_ROLE_CODES
        .iter()
        .find(|(_, words)| words.contains(&role.as_str()))
        .map(|(code, _)| *code)
}

/// The word for a role.
pub fn role_from_code(code: &str) -> Option<&'static str> {
    ORGANISATION_ROLE_CODES
        .iter()
        .find(|(known, _)| *known == code)
        .and_then(|(_, words)| words.first().copied())
}

/// The code of a kind of partner.
pub fn organisation_type_code(kind: &str) -> Option<&'static str> {
    code_for(PARTNER_KIND_CODES, kind)
}

/// The kind of partner for a code; finer codes are told by what they are a part of.
pub fn partner_kind_from_code(code: &str) -> Option<&'static str> {
    match code {
        "11" | "15" => Some("government"),
        "21" | "22" | "23" | "24" => Some("civil_society"),
        "71" | "72" | "73" => Some("private_sector"),
        "30" | "60" => Some("other"),
        other => name_for(PARTNER_KIND_CODES, other),
    }
}

/// The code of a measure.
pub fn measure_code(measure: &str) -> Option<&'static str> {
    code_for(MEASURE_CODES, measure)
}

/// The measure of a code.
pub fn measure_from_code(code: &str) -> Option<&'static str> {
    name_for(MEASURE_CODES, code)
}

/// The code of a vocabulary of indicators.
pub fn vocabulary_code(vocabulary: &str) -> Option<&'static str> {
    code_for(INDICATOR_VOCABULARY_CODES, vocabulary)
}

/// The vocabulary of indicators of a code.
pub fn vocabulary_from_code(code: &str) -> Option<&'static str> {
    name_for(INDICATOR_VOCABULARY_CODES, code)
}

/// The code of a kind of result.
pub fn result_type_code(kind: &str) -> Option<&'static str> {
    code_for(RESULT_TYPE_CODES, kind)
}

/// The kind of result of a code.
pub fn result_type_from_code(code: &str) -> Option<&'static str> {
    name_for(RESULT_TYPE_CODES, code)
}

/// The code of a status.
pub fn activity_status_code(status: &str) -> Option<&'static str> {
    code_for(ACTIVITY_STATUS_CODES, status)
}

/// The status of a code.
pub fn activity_status_from_code(code: &str) -> Option<&'static str> {
    name_for(ACTIVITY_STATUS_CODES, code)
}

/// The region of several countries, where one code stands for all of them.
pub fn region_code<'a>(mut countries: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    countries.all(|country| EUROPE_RECIPIENTS.contains(&country)).then_some(REGION_EUROPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        assert_eq!(role_code(" Funder "), Some("1"));
        assert_eq!(role_code("host"), None);
        assert_eq!(role_from_code("4"), Some("implementer"));
        for (code, word) in MEASURE_CODES {
            assert_eq!((measure_code(word), measure_from_code(code)), (Some(*code), Some(*word)));
        }
        assert_eq!(organisation_type_code("donor"), None);
        assert_eq!(partner_kind_from_code("24"), Some("civil_society"));
        assert_eq!(region_code(["AL", "TR"].into_iter()), Some("89"));
        assert_eq!(region_code(["AL", "KE"].into_iter()), None);
    }
}
