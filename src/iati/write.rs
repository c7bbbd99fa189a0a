//! IATI 2.03 as XML. The order of the elements is that of the schema.
//!
//! What IATI has no words for (slugs, units, qualifiers) stands in attributes and elements of a
//! namespace of our own, as the schema allows; what a reader must not miss is said in a `comment`
//! too.

use super::activity::{
    Activity, Baseline, Document, Indicator, Location, Narratives, Outcome, Participant, Period,
    Reporter, Slice, Value,
};
use super::codes;
use crate::text::xml::Xml;

/// The version of the standard.
pub const VERSION: &str = "2.03";
/// The namespace of what is ours.
pub const OURS: &str = "urn:kinoteka:iati";

/// What was left out of a file, to be said in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeftOut {
    /// Programmes.
    pub programmes: usize,
    /// Statistics of the others.
    pub statistics: usize,
}

impl LeftOut {
    /// Whether anything was left out.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }
}

/// A file of activities.
#[must_use]
pub fn activities(
    reporter: &Reporter,
    activities: &[Activity],
    state: Option<&str>,
    left_out: LeftOut,
) -> String {
    let mut xml = root("iati-activities", state);
    if left_out.is_any() {
        let LeftOut { programmes, statistics } = left_out;
        xml.comment(&format!("Incomplete in the catalogue, and left out: {programmes} programmes, {statistics} statistics of the others"));
    }
    for activity in activities {
        write_activity(&mut xml, reporter, activity);
    }
    xml.finish()
}

/// A file of the one organisation that reports.
#[must_use]
pub fn organisations(reporter: &Reporter, state: Option<&str>) -> String {
    let mut xml = root("iati-organisations", state);
    xml.open("iati-organisation", &[]);
    xml.element("organisation-identifier", &[], &reporter.reference);
    text(&mut xml, "name", &[], &reporter.name);
    reporting_org(&mut xml, reporter);
    if let Some(url) = reporter.website.clone() {
        let (format, title, category) =
            ("text/html".to_owned(), reporter.name.clone(), "B16".to_owned());
        document(&mut xml, &Document { url, format, title, category, ..Document::default() });
    }
    xml.finish()
}

fn root(name: &'static str, state: Option<&str>) -> Xml {
    let mut attributes = vec![("version", VERSION)];
    attributes.extend(state.map(|state| ("generated-datetime", state)));
    attributes.push(("xmlns:kinoteka", OURS));
    Xml::new(name, &attributes)
}

fn write_activity(xml: &mut Xml, reporter: &Reporter, activity: &Activity) {
    xml.open("iati-activity", &ours("kinoteka:slug", activity.slug.as_deref()));
    xml.element("iati-identifier", &[], &activity.identifier);
    reporting_org(xml, reporter);
    text(xml, "title", &[], &activity.title);
    // 1 is a general description.
    text(xml, "description", &[("type", "1")], &activity.description);
    for participant in &activity.participants {
        participating_org(xml, participant);
    }
    xml.empty("activity-status", &[("code", &activity.status)]);
    for (day, (planned, actual)) in [(activity.start, ("1", "2")), (activity.end, ("3", "4"))] {
        if let Some(day) = day {
            let kind = if day.is_actual { actual } else { planned };
            xml.empty("activity-date", &[("type", kind), ("iso-date", &day.on.to_string())]);
        }
    }
    for (code, percentage) in &activity.countries {
        let mut attributes = vec![("code", code.as_str())];
        attributes.extend(percentage.as_deref().map(|percentage| ("percentage", percentage)));
        xml.empty("recipient-country", &attributes);
    }
    if let Some(region) = &activity.region {
        xml.empty(
            "recipient-region",
            &[("code", region.as_str()), ("vocabulary", "1"), ("percentage", "100")],
        );
    }
    for location in &activity.locations {
        write_location(xml, location);
    }
    for sector in &activity.sectors {
        let mut attributes =
            vec![("vocabulary", sector.vocabulary.as_str()), ("code", &sector.code)];
        attributes
            .extend(sector.percentage.as_deref().map(|percentage| ("percentage", percentage)));
        xml.empty("sector", &attributes);
    }
    for one in &activity.documents {
        document(xml, one);
    }
    for result in &activity.results {
        write_result(xml, result);
    }
    xml.close();
}

fn reporting_org(xml: &mut Xml, reporter: &Reporter) {
    text(
        xml,
        "reporting-org",
        &[("ref", &reporter.reference), ("type", &reporter.kind)],
        &reporter.name,
    );
}

fn participating_org(xml: &mut Xml, participant: &Participant) {
    let mut attributes = Vec::new();
    attributes.extend(participant.reference.as_deref().map(|reference| ("ref", reference)));
    attributes.extend(participant.kind.as_deref().map(|kind| ("type", kind)));
    attributes.push(("role", participant.role.as_str()));
    attributes.extend(ours("kinoteka:slug", participant.slug.as_deref()));
    text(xml, "participating-org", &attributes, &participant.name);
}

fn write_location(xml: &mut Xml, location: &Location) {
    xml.open("location", &[("ref", &location.reference)]);
    xml.empty("location-id", &[("vocabulary", codes::COUNTRIES), ("code", &location.country)]);
    text(xml, "name", &[], &location.name);
    text(xml, "description", &[], &location.note);
    xml.close();
}

fn document(xml: &mut Xml, document: &Document) {
    let mut attributes = vec![("url", document.url.as_str()), ("format", &document.format)];
    attributes.extend(ours("kinoteka:video", document.video.as_deref()));
    xml.open("document-link", &attributes);
    text(xml, "title", &[], &document.title);
    text(xml, "description", &[], &document.description);
    xml.empty("category", &[("code", &document.category)]);
    for language in &document.languages {
        xml.empty("language", &[("code", language)]);
    }
    xml.close();
}

fn write_result(xml: &mut Xml, result: &Outcome) {
    xml.open("result", &[("type", &result.kind)]);
    text(xml, "title", &[], &result.title);
    for indicator in &result.indicators {
        write_indicator(xml, indicator);
    }
    xml.close();
}

fn write_indicator(xml: &mut Xml, indicator: &Indicator) {
    let mut attributes = vec![("measure", indicator.measure.as_str())];
    attributes.extend(indicator.ascending.map(|ascending| ("ascending", boolean(ascending))));
    attributes.extend(indicator.additive.map(|additive| ("aggregation-status", boolean(additive))));
    attributes.extend(ours("kinoteka:indicator", indicator.slug.as_deref()));
    attributes.extend(ours("kinoteka:statistic", indicator.statistic.as_deref()));
    attributes.extend(ours("kinoteka:unit", indicator.unit.as_deref()));
    xml.open("indicator", &attributes);
    text(xml, "title", &[], &indicator.title);
    text(xml, "description", &[], &indicator.description);
    for reference in &indicator.references {
        let mut attributes =
            vec![("vocabulary", reference.vocabulary.as_str()), ("code", &reference.code)];
        attributes.extend(reference.url.as_deref().map(|url| ("indicator-uri", url)));
        xml.empty("reference", &attributes);
    }
    for baseline in &indicator.baselines {
        write_baseline(xml, baseline);
    }
    for period in &indicator.periods {
        write_period(xml, period);
    }
    xml.close();
}

fn write_baseline(xml: &mut Xml, baseline: &Baseline) {
    let year = baseline.year.to_string();
    let mut attributes = vec![("year", year.as_str())];
    attributes.extend(baseline.value.as_deref().map(|value| ("value", value)));
    xml.open("baseline", &attributes);
    slice(xml, &baseline.slice);
    text(xml, "comment", &[], &baseline.comment);
    xml.close();
}

fn write_period(xml: &mut Xml, period: &Period) {
    xml.open("period", &[]);
    xml.empty("period-start", &[("iso-date", &period.start.to_string())]);
    xml.empty("period-end", &[("iso-date", &period.end.to_string())]);
    for (name, values) in [("target", &period.targets), ("actual", &period.actuals)] {
        for value in values {
            write_value(xml, name, value);
        }
    }
    xml.close();
}

fn write_value(xml: &mut Xml, name: &'static str, value: &Value) {
    let mut attributes = Vec::new();
    attributes.extend(value.value.as_deref().map(|value| ("value", value)));
    xml.open(name, &attributes);
    slice(xml, &value.slice);
    // Here the comment comes before the documents; in a baseline it would come after them.
    text(xml, "comment", &[], &value.comment);
    for one in &value.documents {
        document(xml, one);
    }
    // These elements may have no attributes of others, but elements at their end.
    let marks = [
        ours("statistic", value.statistic.as_deref()),
        ours("qualifier", value.qualifier.as_deref()),
        ours("source", value.source.as_deref()),
    ];
    if value.statistic.is_some() {
        xml.open("kinoteka:value", &marks.concat());
        text(xml, "title", &[], &value.title);
        text(xml, "description", &[], &value.description);
        xml.close();
    }
    xml.close();
}

fn slice(xml: &mut Xml, slice: &Slice) {
    for location in &slice.locations {
        xml.empty("location", &[("ref", location)]);
    }
    for (name, value) in &slice.dimensions {
        xml.empty("dimension", &[("name", name), ("value", value)]);
    }
}

/// An element that holds a text in several languages; nothing where there is none, but for what has
/// attributes of its own.
fn text(
    xml: &mut Xml,
    name: &'static str,
    attributes: &[(&'static str, &str)],
    narratives: &Narratives,
) {
    if narratives.is_empty() && !matches!(name, "participating-org" | "reporting-org") {
        return;
    }
    xml.open(name, attributes);
    for (language, text) in narratives {
        xml.element("narrative", &[("xml:lang", language)], text);
    }
    xml.close();
}

fn ours<'a>(name: &'static str, value: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
    value.map(|value| (name, value)).into_iter().collect()
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
