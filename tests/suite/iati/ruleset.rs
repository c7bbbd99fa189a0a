//! Rules beyond the schema: the IATI Ruleset, the code lists, and what tools expect of results.

use std::collections::HashSet;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use roxmltree::{Document, Node};

use super::standard;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Children with this name.
pub fn all<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    node.children()
        .filter(|child| child.tag_name().name() == name && child.tag_name().namespace().is_none())
        .collect()
}

/// The only child with this name.
pub fn one<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Node<'a, 'i> {
    let found = all(node, name);
    assert_eq!(found.len(), 1, "{name} in {:?}", node.tag_name().name());
    found[0]
}

/// The texts of an element: language and text.
pub fn narratives<'a>(node: Node<'a, '_>) -> Vec<(&'a str, &'a str)> {
    all(node, "narrative")
        .into_iter()
        .map(|one| {
            (one.attribute((XML, "lang")).unwrap_or_default(), one.text().unwrap_or_default())
        })
        .collect()
}

/// Rules that a document violates: those of IATI, and those that tools which read results expect.
pub fn broken(document: &Document<'_>) -> Vec<String> {
    let mut broken = [standard::findings(document), standard::unknown_codes(document)].concat();
    for activity in all(document.root_element(), "iati-activity") {
        let locations: HashSet<&str> = all(activity, "location")
            .iter()
            .filter_map(|location| location.attribute("ref"))
            .collect();
        if locations.len() != all(activity, "location").len() {
            broken.push("a location without its own reference".to_owned());
        }
        for result in all(activity, "result") {
            for indicator in all(result, "indicator") {
                broken.extend(results(&locations, indicator));
            }
        }
    }
    broken
}

fn results(locations: &HashSet<&str>, indicator: Node<'_, '_>) -> Vec<String> {
    let mut broken = Vec::new();
    for period in all(indicator, "period") {
        if all(period, "target").is_empty() && all(period, "actual").is_empty() {
            broken.push("an empty period".to_owned());
        }
    }
    let values = indicator.descendants().filter_map(|node| node.attribute("value"));
    if values.clone().any(|value| value.is_empty() || value.contains(',')) {
        broken.push("a value that is empty or has separators".to_owned());
    }
    for dimension in indicator.descendants().filter(|node| node.tag_name().name() == "dimension") {
        let label = |name: &str| dimension.attribute(name).unwrap_or_default();
        if label("name").is_empty() || BigDecimal::from_str(label("value")).is_ok() {
            broken.push("label of a dimension".to_owned());
        }
    }
    for location in indicator.descendants().filter(|node| node.tag_name().name() == "location") {
        if !locations.contains(location.attribute("ref").unwrap_or_default()) {
            broken.push("undefined location".to_owned());
        }
    }
    broken
}

#[test]
fn own_rules_detect_violations() {
    const GOOD: &str = "<iati-activities version=\"2.03\"><iati-activity xml:lang=\"en\"><iati-identifier>A-B-1</iati-identifier><reporting-org ref=\"A-B\" type=\"22\"/>\
        <activity-date type=\"1\" iso-date=\"2024-01-01\"/><recipient-country code=\"AL\"/><location ref=\"AL\"/><sector code=\"15180\"/>\
        <result type=\"1\"><indicator measure=\"1\"><period><period-start iso-date=\"2024-01-01\"/><period-end iso-date=\"2024-01-01\"/>\
        <actual value=\"1500\"><location ref=\"AL\"/><dimension name=\"sex\" value=\"female\"/></actual></period></indicator></result></iati-activity></iati-activities>";
    let of = |text: &str| broken(&Document::parse(text).expect("well-formed"));
    assert_eq!(of(GOOD), Vec::<String>::new());
    for (from, to, rule) in [
        ("value=\"female\"", "value=\"1500\"", "label"),
        ("<location ref=\"AL\"/><sector", "<location ref=\"RS\"/><sector", "undefined location"),
        (
            "<location ref=\"AL\"/><sector",
            "<location ref=\"AL\"/><location/><sector",
            "own reference",
        ),
        ("value=\"1500\"", "value=\"1,500\"", "separators"),
        (
            "<period>",
            "<period><period-start iso-date=\"2024-01-01\"/><period-end iso-date=\"2024-01-01\"/></period><period>",
            "empty period",
        ),
        ("code=\"15180\"", "code=\"1518\"", "sector/@code"),
        ("<sector code=\"15180\"/>", "", "6.2.2"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = of(&GOOD.replacen(from, to, 1));
        assert!(found.iter().any(|broken| broken.contains(rule)), "{rule}: {found:?}");
    }
}
