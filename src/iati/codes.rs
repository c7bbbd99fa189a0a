//! Mapping of IATI codes to values of the catalogue.

/// `GeographicVocabulary`: countries by ISO 3166-1 alpha-2.
pub const COUNTRY_VOCABULARY: &str = "A4";
/// `RegionVocabulary`: regions of the OECD Development Assistance Committee, the default.
pub const REGION_VOCABULARY_DAC: &str = "1";
/// `Region`: "Europe, regional".
pub const REGION_EUROPE: &str = "89";
/// `SectorVocabulary`: purpose codes of the OECD Development Assistance Committee, the default.
pub const SECTOR_VOCABULARY_DAC: &str = "1";

/// Countries of "Europe, regional": European recipients on the DAC list.
const EUROPE_RECIPIENTS: &[&str] = &["AL", "BA", "BY", "MD", "ME", "MK", "RS", "TR", "UA", "XK"];

/// `OrganisationRole`. A partner's role is free text; these values have an IATI code.
const ORGANISATION_ROLE_CODES: &[(&str, &[&str])] = &[
    ("1", &["funder", "funding", "donor"]),
    ("2", &["accountable"]),
    ("3", &["extending"]),
    ("4", &["implementer", "implementing", "implementing partner"]),
];

/// `OrganisationType` of partner kinds; `donor` and `civil_society` have no unambiguous code.
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

/// Code of a role, if IATI defines one.
pub fn role_code(role: &str) -> Option<&'static str> {
    let role = role.trim().to_lowercase();
    ORGANISATION_ROLE_CODES
        .iter()
        .find(|(_, words)| words.contains(&role.as_str()))
        .map(|(code, _)| *code)
}

/// Role of a code.
pub fn role_from_code(code: &str) -> Option<&'static str> {
    ORGANISATION_ROLE_CODES
        .iter()
        .find(|(known, _)| *known == code)
        .and_then(|(_, words)| words.first().copied())
}

/// Code of a partner kind.
pub fn organisation_type_code(kind: &str) -> Option<&'static str> {
    code_for(PARTNER_KIND_CODES, kind)
}

/// Partner kind of a code; subcodes map to the kind of their parent.
pub fn partner_kind_from_code(code: &str) -> Option<&'static str> {
    match code {
        "11" | "15" => Some("government"),
        "21" | "22" | "23" | "24" => Some("civil_society"),
        "71" | "72" | "73" => Some("private_sector"),
        "30" | "60" => Some("other"),
        other => name_for(PARTNER_KIND_CODES, other),
    }
}

/// Code of a measure.
pub fn measure_code(measure: &str) -> Option<&'static str> {
    code_for(MEASURE_CODES, measure)
}

/// Measure of a code.
pub fn measure_from_code(code: &str) -> Option<&'static str> {
    name_for(MEASURE_CODES, code)
}

/// Code of an indicator vocabulary.
pub fn vocabulary_code(vocabulary: &str) -> Option<&'static str> {
    code_for(INDICATOR_VOCABULARY_CODES, vocabulary)
}

/// Indicator vocabulary of a code.
pub fn vocabulary_from_code(code: &str) -> Option<&'static str> {
    name_for(INDICATOR_VOCABULARY_CODES, code)
}

/// Code of a result type.
pub fn result_type_code(kind: &str) -> Option<&'static str> {
    code_for(RESULT_TYPE_CODES, kind)
}

/// Result type of a code.
pub fn result_type_from_code(code: &str) -> Option<&'static str> {
    name_for(RESULT_TYPE_CODES, code)
}

/// Code of an activity status.
pub fn activity_status_code(status: &str) -> Option<&'static str> {
    code_for(ACTIVITY_STATUS_CODES, status)
}

/// Activity status of a code.
pub fn activity_status_from_code(code: &str) -> Option<&'static str> {
    name_for(ACTIVITY_STATUS_CODES, code)
}

/// Region code that contains all these countries, if there is one.
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
