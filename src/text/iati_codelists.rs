//! Code lists of IATI 2.03 by which settings and programmes are validated.
//!
//! Lists that only the export and the import need are in `iati::codes`.

/// `AidType`, which is vocabulary 1 of aid types.
const AID_TYPES: &[&str] = &[
    "A01", "A02", "B01", "B02", "B021", "B022", "B03", "B031", "B032", "B033", "B04", "C01", "D01",
    "D02", "E01", "E02", "F01", "G01", "H01", "H02", "H03", "H04", "H05", "H06",
];
/// `AidTypeVocabulary`: DAC, earmarking, earmarking modality, cash and voucher modality.
pub const AID_TYPE_VOCABULARIES: &[&str] = &["1", "2", "3", "4"];
/// `FlowType`.
pub const FLOW_TYPES: &[&str] = &["10", "20", "21", "22", "30", "35", "36", "37", "40", "50"];
/// `FinanceType`.
pub const FINANCE_TYPES: &[&str] = &[
    "1", "110", "1100", "111", "2", "210", "211", "3", "310", "311", "4", "410", "411", "412",
    "413", "414", "421", "422", "423", "424", "425", "431", "432", "433", "451", "452", "453",
    "510", "511", "512", "520", "530", "610", "611", "612", "613", "614", "615", "616", "617",
    "618", "620", "621", "622", "623", "624", "625", "626", "627", "630", "631", "632", "633",
    "634", "635", "636", "637", "638", "639", "710", "711", "712", "810", "811", "910", "911",
    "912", "913",
];
/// `TiedStatus`.
pub const TIED_STATUSES: &[&str] = &["3", "4", "5"];
/// `CollaborationType`.
pub const COLLABORATION_TYPES: &[&str] = &["1", "2", "3", "4", "6", "7", "8"];
/// `ActivityScope`.
pub const ACTIVITY_SCOPES: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8"];
/// `PolicyMarker`, which is vocabulary 1 of policy markers. Code 1 is gender equality.
pub const POLICY_MARKERS: &[&str] =
    &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
/// `PolicyMarkerVocabulary`: DAC, reporting organisation.
pub const POLICY_MARKER_VOCABULARIES: &[&str] = &["1", "99"];
/// `PolicySignificance`: 0 not targeted, 1 significant, 2 principal objective; 3 and 4 for single
/// markers.
pub const POLICY_SIGNIFICANCES: &[&str] = &["0", "1", "2", "3", "4"];
/// `TagVocabulary`: 1 AGROVOC, 2 SDG goals, 3 SDG targets, 4 Team Europe, 99 reporting organisation.
pub const TAG_VOCABULARIES: &[&str] = &["1", "2", "3", "4", "99"];
/// `OtherIdentifierType`: A1 internal, A2 CRS, A3 previous activity identifier, A9 other; B1 previous
/// identifier of the reporting organisation, B9 other.
pub const OTHER_IDENTIFIER_TYPES: &[&str] = &["A1", "A2", "A3", "A9", "B1", "B9"];
/// `OtherIdentifierType` of a previous identifier of the reporting organisation.
pub const FORMER_REPORTING_ORG: &str = "B1";
/// `RegionVocabulary`: DAC, United Nations, reporting organisation.
pub const REGION_VOCABULARIES: &[&str] = &["1", "2", "99"];
/// `Region`, which is vocabulary 1 of regions.
const REGIONS: &[&str] = &[
    "88", "89", "189", "289", "298", "380", "389", "489", "498", "589", "619", "679", "689", "789",
    "798", "889", "998", "1027", "1028", "1029", "1030", "1031", "1032", "1033", "1034", "1035",
];
/// Vocabulary of the reporting organisation, whose codes need a name.
pub const OWN_VOCABULARY: &str = "99";

/// Numbers of targets, and of means of implementation (`a`, `b`, …), of each goal.
const SDG_TARGETS: [(u32, u32); 17] = [
    (5, 2),
    (5, 3),
    (9, 4),
    (7, 3),
    (6, 3),
    (6, 2),
    (3, 2),
    (10, 2),
    (5, 3),
    (7, 3),
    (7, 3),
    (8, 3),
    (3, 2),
    (7, 3),
    (9, 3),
    (10, 2),
    (19, 0),
];

/// Codes of a vocabulary of aid types; `None` if IATI publishes no list.
pub fn aid_types(vocabulary: &str) -> Option<&'static [&'static str]> {
    match vocabulary {
        "1" => Some(AID_TYPES),
        "2" => Some(&["1", "2", "3", "4"]),
        "4" => Some(&["1", "2"]),
        _ => None,
    }
}

/// Whether a policy marker is on the list of its vocabulary, or the vocabulary has none.
pub fn is_policy_marker(vocabulary: &str, code: &str) -> bool {
    vocabulary != "1" || POLICY_MARKERS.contains(&code)
}

/// Whether a region is on the list of its vocabulary, or the vocabulary has none. Regions of the
/// United Nations have three digits (M49).
pub fn is_region(vocabulary: &str, code: &str) -> bool {
    match vocabulary {
        "1" => REGIONS.contains(&code),
        "2" => code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()),
        _ => true,
    }
}

/// Whether a tag is on the list of its vocabulary, or the vocabulary has none.
pub fn is_tag(vocabulary: &str, code: &str) -> bool {
    match vocabulary {
        "2" => number_within(code, 17).is_some(),
        "3" => is_sdg_target(code),
        _ => true,
    }
}

/// Whether a code is a target of the Sustainable Development Goals, such as `5.2` or `5.c`.
fn is_sdg_target(code: &str) -> bool {
    let Some((goal, target)) = code.split_once('.') else { return false };
    let counts = number_within(goal, 17)
        .and_then(|goal| SDG_TARGETS.get(usize::try_from(goal.checked_sub(1)?).ok()?));
    let Some((numbers, letters)) = counts else { return false };
    let is_means = |letter: char| {
        u32::from(letter).checked_sub(u32::from('a')).is_some_and(|place| place < *letters)
    };
    let mut characters = target.chars();
    match (characters.next(), characters.next()) {
        (Some(letter), None) if letter.is_ascii_lowercase() => is_means(letter),
        _ => number_within(target, *numbers).is_some(),
    }
}

/// A number from 1 to `last` without leading zeros.
fn number_within(text: &str, last: u32) -> Option<u32> {
    let number = text.parse().ok().filter(|number| (1..=last).contains(number))?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdg_codes() {
        let targets = (1..=17).flat_map(|goal| {
            (1..=20)
                .map(move |target| format!("{goal}.{target}"))
                .chain(('a'..='e').map(move |target| format!("{goal}.{target}")))
        });
        assert_eq!(targets.filter(|code| is_tag("3", code)).count(), 169);
        for (vocabulary, code, is_known) in [
            ("3", "5.2", true),
            ("3", "5.c", true),
            ("3", "16.10", true),
            ("3", "5.d", false),
            ("3", "5.7", false),
            ("3", "17.a", false),
            ("3", "5", false),
            ("3", "05.2", false),
            ("3", "5.02", false),
            ("3", "5.", false),
            ("3", "18.1", false),
            ("2", "5", true),
            ("2", "0", false),
            ("2", "18", false),
            ("2", "+5", false),
            ("99", "anything", true),
        ] {
            assert_eq!(is_tag(vocabulary, code), is_known, "{vocabulary} {code}");
        }
    }

    #[test]
    fn codes_of_vocabularies() {
        assert!(is_region("1", "298") && !is_region("1", "299"));
        assert!(is_region("2", "039") && !is_region("2", "39") && is_region("99", "Balkans"));
        assert!(is_policy_marker("1", "12") && !is_policy_marker("1", "13"));
        assert!(aid_types("1").is_some_and(|codes| codes.contains(&"C01")));
        assert_eq!(aid_types("3"), None);
    }
}
