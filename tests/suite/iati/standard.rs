//! The IATI Ruleset (`rules/standard.json`) and the code lists, as the IATI validator applies them.

use std::str::FromStr;
use std::sync::LazyLock;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, Utc};
use roxmltree::{Document, Node};
use serde_json::Value;

use super::xpath::{Item, holds, select};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

static RULES: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("rules/standard.json")).expect("the rules are JSON")
});

/// Findings of the Ruleset: identifier, severity and message of each rule that a document breaks.
pub fn findings(document: &Document<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    for (context, rules) in RULES.as_object().expect("contexts") {
        for element in elements(document, context) {
            for (rule, cases) in rules.as_object().expect("rules") {
                for case in cases["cases"].as_array().expect("cases") {
                    apply(rule, case, element, &mut findings);
                }
            }
        }
    }
    findings
}

/// Elements of a context: of one path, or of several separated by `|`.
fn elements<'a, 'i>(document: &'a Document<'i>, context: &str) -> Vec<Node<'a, 'i>> {
    let of_element = |item: Item<'a, 'i>| match item {
        Item::Element(node) => node,
        other => panic!("{context}: {other:?}"),
    };
    let paths = context.split('|').map(str::trim);
    paths.flat_map(|path| select(document.root_element(), path)).map(of_element).collect()
}

fn apply(rule: &str, case: &Value, element: Node<'_, '_>, findings: &mut Vec<String>) {
    if case["condition"].as_str().is_some_and(|condition| !holds(element, condition)) {
        return;
    }
    if rule == "loop" {
        let foreach = select(element, case["foreach"].as_str().expect("a path"));
        let mut values: Vec<String> = foreach.iter().map(Item::text).collect();
        values.sort();
        values.dedup();
        for value in values {
            for (rule, cases) in case["do"].as_object().expect("rules") {
                for inner in cases["cases"].as_array().expect("cases") {
                    apply(rule, &substituted(inner, &case["subs"], &value), element, findings);
                }
            }
        }
        return;
    }
    if !is_kept(rule, case, element) {
        let info = &case["ruleInfo"];
        let of = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
        findings.push(format!("{} {}: {}", of("id"), of("severity"), of("message")));
    }
}

/// A case of a loop for one of its values.
fn substituted(case: &Value, members: &Value, value: &str) -> Value {
    let mut case = case.clone();
    for name in members.as_array().expect("names").iter().filter_map(Value::as_str) {
        match &mut case[name] {
            Value::String(text) => *text = text.replace("$1", value),
            Value::Array(texts) => {
                for text in texts {
                    *text = text.as_str().expect("a path").replace("$1", value).into();
                }
            }
            _ => {}
        }
    }
    case
}

fn is_kept(rule: &str, case: &Value, element: Node<'_, '_>) -> bool {
    let own_path = |name: &str| case[name].as_str().unwrap_or_else(|| panic!("{rule} {name}"));
    let all_paths = |name: &str| -> Vec<&str> {
        case[name].as_array().expect("paths").iter().filter_map(Value::as_str).collect()
    };
    let matches = || -> Vec<String> {
        let found = all_paths("paths").into_iter().flat_map(|path| select(element, path));
        found.map(|item| item.text()).collect()
    };
    let first = |name: &str| select(element, own_path(name)).first().map(Item::text);
    let day = |name: &str| match own_path(name) {
        "NOW" => Some(Utc::now().date_naive()),
        _ => first(name).and_then(|text| text.trim().get(..10)?.parse::<NaiveDate>().ok()),
    };
    match rule {
        "unique" => {
            let mut texts = matches();
            let count = texts.len();
            texts.sort();
            texts.dedup();
            texts.len() == count
        }
        "startswith" => {
            let prefixes = all_paths("prefix");
            // The prefixes that are registered are not in the Ruleset.
            prefixes == ["ORG-ID-PREFIX"] || {
                let separator = case["separator"].as_str().unwrap_or_default();
                let prefixes: Vec<String> = prefixes
                    .into_iter()
                    .flat_map(|path| select(element, path))
                    .map(|item| item.text() + separator)
                    .collect();
                matches().iter().all(|text| prefixes.iter().any(|own| text.starts_with(own)))
            }
        }
        "atleast_one" => !matches().is_empty(),
        "no_more_than_one" => matches().len() <= 1,
        "one_or_all" => {
            !select(element, own_path("one")).is_empty() || has_all(own_path("all"), element)
        }
        "date_now" => first("date").is_none_or(|text| {
            let time = text.trim().trim_end_matches('Z').get(..19).map(str::to_owned);
            let time = time.and_then(|time| time.parse::<NaiveDateTime>().ok());
            time.is_none_or(|time| time <= Utc::now().naive_utc())
        }),
        "date_order" => day("less").zip(day("more")).is_none_or(|(less, more)| less <= more),
        "time_limit" => day("start").zip(day("end")).is_none_or(|(start, end)| {
            start.checked_add_months(chrono::Months::new(12)).is_none_or(|year| end <= year)
        }),
        "between_dates" => day("date").is_none_or(|date| {
            day("start").is_none_or(|start| start <= date)
                && day("end").is_none_or(|end| date <= end)
        }),
        "regex_matches" => {
            assert_eq!(own_path("regex"), "^[^\\/\\&\\|\\?]+$");
            matches().iter().all(|text| !text.is_empty() && !text.contains(['/', '&', '|', '?']))
        }
        "no_spaces" => matches().iter().all(|text| text.trim() == text),
        "strict_sum" => {
            let expected = BigDecimal::from(case["sum"].as_i64().expect("a sum"));
            let sum: BigDecimal =
                matches().iter().filter_map(|text| BigDecimal::from_str(text).ok()).sum();
            sum == expected
        }
        "range" => {
            let bound = |name: &str| case[name].as_f64().expect("a bound");
            matches().iter().all(|text| {
                let number: f64 = text.parse().unwrap_or(f64::NAN);
                (bound("min")..=bound("max")).contains(&number)
            })
        }
        "if_then" => !holds(element, own_path("if")) || holds(element, own_path("then")),
        other => panic!("the rule {other} is not implemented"),
    }
}

/// Whether all elements to which a default applies have the value themselves.
fn has_all(what: &str, element: Node<'_, '_>) -> bool {
    let mut descendants = element.descendants();
    let named =
        |node: &Node<'_, '_>, name: &str| node.is_element() && node.tag_name() == name.into();
    match what {
        "lang" => descendants
            .filter(|node| named(node, "narrative"))
            .all(|node| node.attribute((XML, "lang")).is_some()),
        "sector" => descendants
            .filter(|node| named(node, "transaction"))
            .all(|node| node.children().any(|child| named(&child, "sector"))),
        "currency" => {
            descendants.all(|node| !named(&node, "value") || node.attribute("currency").is_some())
        }
        other => panic!("`all` {other} is not implemented"),
    }
}

/// A code list: path below the activity, attribute and its codes. With a vocabulary, the list is for
/// elements with this one, which is the first one if they state none.
type CodeList = (&'static str, &'static str, Option<&'static str>, &'static [&'static str]);

const ORGANISATION_TYPES: &[&str] = &[
    "10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90",
];
const DOCUMENT_CATEGORIES: &[&str] = &["A08", "A12"];
const DOCUMENT_FORMATS: &[&str] =
    &["text/html", "application/pdf", "text/csv", "application/zip", "application/msword"];
const INDICATOR_VOCABULARIES: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "99"];

/// Code lists of what exports write, and for the long ones the codes that the tests use.
const CODE_LISTS: &[CodeList] = &[
    ("reporting-org", "type", None, ORGANISATION_TYPES),
    ("participating-org", "type", None, ORGANISATION_TYPES),
    ("participating-org", "role", None, &["1", "2", "3", "4"]),
    ("description", "type", None, &["1", "2", "3", "4"]),
    ("other-identifier", "type", None, &["A1", "A2", "A3", "A9", "B1", "B9"]),
    ("activity-status", "code", None, &["1", "2", "3", "4", "5", "6"]),
    ("activity-date", "type", None, &["1", "2", "3", "4"]),
    ("contact-info", "type", None, &["1", "2", "3", "4"]),
    ("activity-scope", "code", None, &["1", "2", "3", "4", "5", "6", "7", "8"]),
    ("recipient-country", "code", None, &["AL", "BA", "KE", "ME", "MK", "RS", "TR", "XK"]),
    ("recipient-region", "vocabulary", None, &["1", "2", "99"]),
    ("recipient-region", "code", Some("1"), &["88", "89", "298", "998"]),
    ("location/location-id", "vocabulary", None, &["A1", "A2", "A3", "A4", "G1", "G2"]),
    (
        "sector",
        "vocabulary",
        None,
        &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "98", "99"],
    ),
    ("sector", "code", Some("1"), &["15180", "15170"]),
    ("tag", "vocabulary", None, &["1", "2", "3", "4", "99"]),
    ("tag", "code", Some("2"), &["5", "16"]),
    ("tag", "code", Some("3"), &["5.2", "5.c"]),
    ("policy-marker", "vocabulary", None, &["1", "99"]),
    (
        "policy-marker",
        "code",
        Some("1"),
        &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"],
    ),
    ("policy-marker", "significance", None, &["0", "1", "2", "3", "4"]),
    ("collaboration-type", "code", None, &["1", "2", "3", "4", "6", "7", "8"]),
    (
        "default-flow-type",
        "code",
        None,
        &["10", "20", "21", "22", "30", "35", "36", "37", "40", "50"],
    ),
    ("default-finance-type", "code", None, &["110", "210", "410"]),
    ("default-aid-type", "vocabulary", None, &["1", "2", "3", "4"]),
    ("default-aid-type", "code", Some("1"), &["B01", "C01", "D01"]),
    ("default-aid-type", "code", Some("2"), &["1", "2", "3", "4"]),
    ("default-tied-status", "code", None, &["3", "4", "5"]),
    ("document-link", "format", None, DOCUMENT_FORMATS),
    ("document-link/category", "code", None, DOCUMENT_CATEGORIES),
    ("result", "type", None, &["1", "2", "3", "9"]),
    ("result/indicator", "measure", None, &["1", "2", "3", "4", "5"]),
    ("result/indicator/reference", "vocabulary", None, INDICATOR_VOCABULARIES),
    ("result/indicator/period/actual/document-link", "format", None, DOCUMENT_FORMATS),
    ("result/indicator/period/actual/document-link/category", "code", None, DOCUMENT_CATEGORIES),
];

/// Codes that are not on their lists.
pub fn unknown_codes(document: &Document<'_>) -> Vec<String> {
    let mut unknown = Vec::new();
    for (path, attribute, vocabulary, codes) in CODE_LISTS {
        let path = format!("/iati-activities/iati-activity/{path}");
        for element in elements(document, &path) {
            let own_vocabulary = element.attribute("vocabulary").unwrap_or("1");
            let applies = vocabulary.is_none_or(|vocabulary| vocabulary == own_vocabulary);
            if let Some(code) = element.attribute(*attribute)
                && applies
                && !codes.contains(&code)
            {
                unknown.push(format!("{path}/@{attribute}: {code}"));
            }
        }
    }
    unknown
}

#[test]
fn ruleset_has_the_expected_size() {
    fn count(rules: &Value) -> usize {
        rules.as_object().expect("rules").values().map(count_cases).sum()
    }
    fn count_cases(rule: &Value) -> usize {
        let cases = rule["cases"].as_array().expect("cases");
        cases.iter().map(|case| if case["do"].is_null() { 1 } else { count(&case["do"]) }).sum()
    }
    let contexts = RULES.as_object().expect("contexts");
    assert_eq!((contexts.len(), contexts.values().map(count).sum::<usize>()), (25, 107));
}

#[test]
fn rules_and_code_lists_detect_violations() {
    const GOOD: &str = "<iati-activities version=\"2.03\"><iati-activity xml:lang=\"en\" last-updated-datetime=\"2024-01-01T00:00:00Z\">\
        <iati-identifier>46004-1</iati-identifier><reporting-org ref=\"XM-DAC-46004\" type=\"22\"><narrative>O</narrative></reporting-org>\
        <title><narrative>T</narrative></title><description><narrative>D</narrative></description><participating-org ref=\"A-B\" role=\"1\"/>\
        <other-identifier ref=\"46004\" type=\"B1\"><owner-org ref=\"XM-DAC-46004\"/></other-identifier>\
        <activity-date type=\"1\" iso-date=\"2024-01-01\"/><recipient-country code=\"AL\" percentage=\"40\"/><recipient-region vocabulary=\"1\" code=\"298\" percentage=\"60\"/>\
        <sector code=\"15180\"/><policy-marker vocabulary=\"1\" code=\"1\" significance=\"2\"/>\
        <result type=\"1\"><indicator measure=\"1\"><baseline year=\"2020\" value=\"1\"/><period><period-start iso-date=\"2024-01-01\"/><period-end iso-date=\"2024-12-31\"/>\
        <actual value=\"1500\"/></period></indicator></result></iati-activity></iati-activities>";
    let found = |text: &str| {
        let document = Document::parse(text).expect("well-formed");
        [findings(&document), unknown_codes(&document)].concat()
    };
    assert_eq!(found(GOOD), Vec::<String>::new());
    for (from, to, expected) in [
        ("<iati-identifier>46004-1", "<iati-identifier>XM-DAC-46004", "1.1.3 error"),
        ("<other-identifier ref=\"46004\"", "<other-identifier ref=\"46005\"", "1.1.21 warning"),
        ("46004-1", "46004-1?", "1.3.13 warning"),
        ("46004-1", " 46004-1", "1.3.1 warning"),
        ("<sector code=\"15180\"/>", "", "6.2.2 error"),
        (
            "<sector code=\"15180\"/>",
            "<sector code=\"15180\"/><sector code=\"15170\"/>",
            "2.1.1 error",
        ),
        ("<sector code=\"15180\"/>", "<sector code=\"15180\" percentage=\"40\"/>", "2.1.4 error"),
        ("<sector code=\"15180\"/>", "<sector code=\"5\" vocabulary=\"7\"/>", "102.1.1 warning"),
        (
            "<sector code=\"15180\"/>",
            "<sector code=\"15180\"/><sector code=\"A\" vocabulary=\"99\"/>",
            "2.2.1 error",
        ),
        (
            "<sector code=\"15180\"/>",
            "<sector code=\"15180\"/><sector code=\"1\" vocabulary=\"7\" percentage=\"40\"/>",
            "2.1.4 error",
        ),
        ("percentage=\"60\"", "percentage=\"59\"", "3.4.2 error"),
        ("percentage=\"60\"", "percentage=\"160\"", "12.1.1 error"),
        (" xml:lang=\"en\"", "", "4.1.1 error"),
        ("<title><narrative>T</narrative>", "<title>", "4.3.1 error"),
        ("2024-01-01T00", "2999-01-01T00", "11.1.1 error"),
        (
            "type=\"1\" iso-date=\"2024-01-01\"",
            "type=\"2\" iso-date=\"2999-01-01\"",
            "11.1.4 error",
        ),
        (
            "type=\"1\" iso-date=\"2024-01-01\"",
            "type=\"3\" iso-date=\"2024-01-01\"",
            "6.11.1 error",
        ),
        (" significance=\"2\"", "", "6.14.1 error"),
        ("<policy-marker vocabulary=\"1\"", "<policy-marker vocabulary=\"99\"", "6.13.1 error"),
        ("<owner-org ref=\"XM-DAC-46004\"/>", "<owner-org/>", "6.8.1 error"),
        ("<participating-org ref=\"A-B\"", "<participating-org", "6.10.1 error"),
        (
            "<indicator measure=\"1\">",
            "<reference vocabulary=\"99\" code=\"1\"/><indicator measure=\"1\"><reference vocabulary=\"9\" code=\"1\"/>",
            "8.11.1 error",
        ),
        ("2024-12-31", "2023-12-31", "8.6.1 error"),
        ("measure=\"1\"", "measure=\"5\"", "8.10.3 warning"),
        ("value=\"1500\"", "value=\"1,500\"", "8.10.2 warning"),
        (" value=\"1500\"", "", "8.10.1 error"),
        ("role=\"1\"", "role=\"5\"", "participating-org/@role: 5"),
        ("code=\"298\"", "code=\"299\"", "recipient-region/@code: 299"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = found(&GOOD.replacen(from, to, 1));
        assert!(found.iter().any(|finding| finding.contains(expected)), "{expected}: {found:?}");
    }
}
