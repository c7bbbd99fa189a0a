//! Rules of the IATI 2.03 Ruleset beyond the schema, by the numbers of the IATI validator.

use std::collections::HashSet;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use roxmltree::{Document, Node};

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

fn is_whole(shares: &[&str]) -> bool {
    shares
        .iter()
        .map(|share| BigDecimal::from_str(share).expect("a percentage is a decimal"))
        .sum::<BigDecimal>()
        == 100
}

/// Rules that a document violates.
pub fn broken(document: &Document<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let today = chrono::Utc::now().date_naive().to_string();
    for activity in all(document.root_element(), "iati-activity") {
        let mut hold = |holds: bool, rule: &str| {
            if !holds {
                broken.push(rule.to_owned());
            }
        };
        let has_default = activity.attribute((XML, "lang")).is_some();
        let narratives =
            || activity.descendants().filter(|node| node.tag_name().name() == "narrative");
        hold(
            has_default || narratives().all(|one| one.attribute((XML, "lang")).is_some()),
            "4.1.1 language",
        );
        let identifier = one(activity, "iati-identifier").text().unwrap_or_default();
        let reporter = one(activity, "reporting-org").attribute("ref").unwrap_or_default();
        hold(identifier.starts_with(&format!("{reporter}-")), "1.1.3 prefix of the identifier");
        hold(!identifier.contains(['/', '&', '|', '?']), "1.1.1 characters of the identifier");
        let dates = all(activity, "activity-date");
        let date = |kind: &str| {
            dates
                .iter()
                .find(|date| date.attribute("type") == Some(kind))
                .and_then(|date| date.attribute("iso-date"))
        };
        hold(date("1").or(date("2")).is_some(), "6.2.1 start date");
        hold(date("2").is_none_or(|day| day <= today.as_str()), "11.1.4 actual start");
        hold(date("4").is_none_or(|day| day <= today.as_str()), "11.1.5 actual end");
        hold(
            all(activity, "participating-org")
                .iter()
                .all(|one| one.attribute("ref").is_some() || !all(*one, "narrative").is_empty()),
            "participant",
        );
        let places: Vec<Node<'_, '_>> =
            [all(activity, "recipient-country"), all(activity, "recipient-region")].concat();
        hold(!places.is_empty(), "3.7.1 place");
        let shares: Vec<&str> =
            places.iter().filter_map(|place| place.attribute("percentage")).collect();
        hold(
            places.len() == 1 && shares.is_empty()
                || shares.len() == places.len() && is_whole(&shares),
            "3.1.1 percentages of places",
        );
        let sectors = all(activity, "sector");
        hold(!sectors.is_empty(), "2.1.1 sector");
        for vocabulary in sectors
            .iter()
            .map(|sector| sector.attribute("vocabulary").unwrap_or("1"))
            .collect::<HashSet<_>>()
        {
            let of_it: Vec<&Node<'_, '_>> = sectors
                .iter()
                .filter(|one| one.attribute("vocabulary").unwrap_or("1") == vocabulary)
                .collect();
            let shares: Vec<&str> =
                of_it.iter().filter_map(|sector| sector.attribute("percentage")).collect();
            hold(
                of_it.len() == 1 && shares.is_empty()
                    || shares.len() == of_it.len() && is_whole(&shares),
                "2.2.1 percentages of sectors",
            );
        }
        let locations: HashSet<&str> = all(activity, "location")
            .iter()
            .filter_map(|location| location.attribute("ref"))
            .collect();
        for result in all(activity, "result") {
            for indicator in all(result, "indicator") {
                results(&locations, result, indicator, &mut hold);
            }
        }
    }
    broken
}

fn results(
    locations: &HashSet<&str>,
    result: Node<'_, '_>,
    indicator: Node<'_, '_>,
    hold: &mut impl FnMut(bool, &str),
) {
    hold(
        all(result, "reference").is_empty() || all(indicator, "reference").is_empty(),
        "8.11.1 reference",
    );
    let is_qualitative = indicator.attribute("measure") == Some("5");
    let value = |node: Node<'_, '_>| match node.attribute("value") {
        None => is_qualitative,
        Some(value) => {
            !is_qualitative
                && BigDecimal::from_str(value).is_ok()
                && value.bytes().all(|byte| b"-.0123456789".contains(&byte))
        }
    };
    for baseline in all(indicator, "baseline") {
        hold(
            baseline.attribute("year").is_some_and(|year| year.parse::<u16>().is_ok()),
            "baseline year",
        );
        hold(value(baseline), "8.8 value of a baseline");
    }
    for period in all(indicator, "period") {
        let day =
            |name: &str| one(period, name).attribute("iso-date").unwrap_or_default().to_owned();
        hold(day("period-start") <= day("period-end"), "8.6.1 order of a period");
        for target in all(period, "target") {
            hold(value(target), "8.9 value of a target");
        }
        for actual in all(period, "actual") {
            hold(value(actual), "8.10 value");
        }
        hold(
            !all(period, "target").is_empty() || !all(period, "actual").is_empty(),
            "an empty period",
        );
    }
    for dimension in indicator.descendants().filter(|node| node.tag_name().name() == "dimension") {
        let label = |name: &str| dimension.attribute(name).unwrap_or_default();
        hold(
            !label("name").is_empty()
                && !label("value").is_empty()
                && BigDecimal::from_str(label("value")).is_err(),
            "label of a dimension",
        );
    }
    for location in indicator.descendants().filter(|node| node.tag_name().name() == "location") {
        hold(
            locations.contains(location.attribute("ref").unwrap_or_default()),
            "undefined location",
        );
    }
}

#[test]
fn each_rule_detects_its_violation() {
    const GOOD: &str = "<iati-activities version=\"2.03\"><iati-activity xml:lang=\"en\"><iati-identifier>A-B-1</iati-identifier><reporting-org ref=\"A-B\" type=\"22\"/>\
        <activity-date type=\"1\" iso-date=\"2024-01-01\"/><recipient-country code=\"AL\" percentage=\"40\"/><recipient-country code=\"RS\" percentage=\"60\"/>\
        <location ref=\"AL\"/><sector code=\"15180\"/><result type=\"1\"><indicator measure=\"1\"><reference vocabulary=\"9\" code=\"5.2.1\"/>\
        <baseline year=\"2020\" value=\"1\"/><period><period-start iso-date=\"2024-01-01\"/><period-end iso-date=\"2024-01-01\"/>\
        <actual value=\"1500\"><location ref=\"AL\"/><dimension name=\"sex\" value=\"female\"/></actual></period></indicator></result></iati-activity></iati-activities>";
    let of = |text: &str| broken(&Document::parse(text).expect("well-formed"));
    assert_eq!(of(GOOD), Vec::<String>::new());
    for (from, to, rule) in [
        ("xml:lang=\"en\"><iati-identifier>", "><iati-identifier>", ""),
        ("<sector code", "<title><narrative>A</narrative></title><sector code", ""),
        ("A-B-1", "C-1", "1.1.3"),
        (
            "type=\"1\" iso-date=\"2024-01-01\"/><r",
            "type=\"3\" iso-date=\"2024-01-01\"/><r",
            "6.2.1",
        ),
        (
            "type=\"1\" iso-date=\"2024-01-01\"/><r",
            "type=\"2\" iso-date=\"2999-01-01\"/><r",
            "11.1.4",
        ),
        ("percentage=\"60\"", "percentage=\"59.9\"", "3.1.1"),
        ("percentage=\"60\"", "", "3.1.1"),
        ("<sector code=\"15180\"/>", "", "2.1.1"),
        ("<sector code=\"15180\"/>", "<sector code=\"15180\"/><sector code=\"15170\"/>", "2.2.1"),
        (
            "<indicator measure=\"1\">",
            "<reference vocabulary=\"9\" code=\"5\"/><indicator measure=\"1\">",
            "8.11.1",
        ),
        ("<period-end iso-date=\"2024", "<period-end iso-date=\"2023", "8.6.1"),
        ("year=\"2020\"", "", "baseline year"),
        ("<actual value=\"1500\">", "<actual value=\"1,500\">", "8.10"),
        ("<actual value=\"1500\">", "<actual>", "8.10"),
        ("measure=\"1\"", "measure=\"5\"", "8.8"),
        ("value=\"female\"", "value=\"1500\"", "label"),
        ("<location ref=\"AL\"/><sector", "<location ref=\"RS\"/><sector", "undefined location"),
    ] {
        let changed = of(&GOOD.replace(from, to));
        if rule.is_empty() {
            assert!(changed.is_empty(), "{to}: {changed:?}");
        } else {
            assert!(changed.iter().any(|broken| broken.contains(rule)), "{to}: {changed:?}");
        }
    }
    let both = GOOD.replace(
        "xml:lang=\"en\"><iati-identifier>",
        "><title><narrative>A</narrative></title><iati-identifier>",
    );
    assert_eq!(of(&both), ["4.1.1 language"]);
}
