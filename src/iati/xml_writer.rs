//! Serializer of IATI 2.03 XML. Elements are in schema order.
//!
//! Data that IATI does not define (slugs, units, qualifiers) is written as attributes and elements
//! in an extension namespace, as the schema permits; qualifiers are also written as `comment`.

use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, Document, IatiResult, Indicator, KINOTEKA_NAMESPACE,
    Location, Narratives, Participant, Period, PeriodValue, ReportingOrg, SkippedCounts,
};
use crate::iati::codes;
use crate::text::xml::XmlWriter;

/// Version of the standard.
pub const IATI_VERSION: &str = "2.03";

/// Starts an activity file.
pub fn start_activities(state: Option<&str>, skipped: SkippedCounts) -> XmlWriter {
    let mut xml = open_root("iati-activities", state);
    if skipped.is_any() {
        let SkippedCounts { programmes, statistics } = skipped;
        xml.comment(&format!("Left out because they are incomplete: {programmes} programmes, {statistics} statistics of other programmes"));
    }
    xml
}

/// Renders the file of the reporting organisation.
#[must_use]
pub fn render_organisation(reporter: &ReportingOrg, state: Option<&str>) -> String {
    let mut xml = open_root("iati-organisations", state);
    xml.open("iati-organisation", &[]);
    xml.element("organisation-identifier", &[], &reporter.reference);
    write_narratives(&mut xml, "name", &[], &reporter.name);
    write_reporting_org(&mut xml, reporter);
    if let Some(url) = reporter.website.clone() {
        let (format, title, category) =
            ("text/html".to_owned(), reporter.name.clone(), "B16".to_owned());
        write_document_link(
            &mut xml,
            &Document { url, format, title, category, ..Document::default() },
        );
    }
    xml.finish()
}

fn open_root(name: &'static str, state: Option<&str>) -> XmlWriter {
    let mut attributes = vec![("version", IATI_VERSION)];
    attributes.extend(state.map(|state| ("generated-datetime", state)));
    attributes.push(("xmlns:kinoteka", KINOTEKA_NAMESPACE));
    XmlWriter::new(name, &attributes)
}

/// Writes an activity.
pub fn write_activity(xml: &mut XmlWriter, reporter: &ReportingOrg, activity: &Activity) {
    xml.open("iati-activity", &kinoteka_attributes("kinoteka:slug", activity.slug.as_deref()));
    xml.element("iati-identifier", &[], &activity.identifier);
    write_reporting_org(xml, reporter);
    write_narratives(xml, "title", &[], &activity.title);
    // Type 1: general description.
    write_narratives(xml, "description", &[("type", "1")], &activity.description);
    for participant in &activity.participants {
        write_participating_org(xml, participant);
    }
    xml.empty_element("activity-status", &[("code", &activity.status)]);
    for (day, (planned, actual)) in [(activity.start, ("1", "2")), (activity.end, ("3", "4"))] {
        if let Some(day) = day {
            let kind = if day.is_actual { actual } else { planned };
            xml.empty_element(
                "activity-date",
                &[("type", kind), ("iso-date", &day.date.to_string())],
            );
        }
    }
    for (code, percentage) in &activity.countries {
        let mut attributes = vec![("code", code.as_str())];
        attributes.extend(percentage.as_deref().map(|percentage| ("percentage", percentage)));
        xml.empty_element("recipient-country", &attributes);
    }
    if let Some(region) = &activity.region {
        xml.empty_element(
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
        xml.empty_element("sector", &attributes);
    }
    for one in &activity.documents {
        write_document_link(xml, one);
    }
    for result in &activity.results {
        write_result(xml, result);
    }
    xml.close();
}

fn write_reporting_org(xml: &mut XmlWriter, reporter: &ReportingOrg) {
    write_narratives(
        xml,
        "reporting-org",
        &[("ref", &reporter.reference), ("type", &reporter.kind)],
        &reporter.name,
    );
}

fn write_participating_org(xml: &mut XmlWriter, participant: &Participant) {
    let mut attributes = Vec::new();
    attributes.extend(participant.reference.as_deref().map(|reference| ("ref", reference)));
    attributes.extend(participant.kind.as_deref().map(|kind| ("type", kind)));
    attributes.push(("role", participant.role.as_str()));
    attributes.extend(kinoteka_attributes("kinoteka:slug", participant.slug.as_deref()));
    write_narratives(xml, "participating-org", &attributes, &participant.name);
}

fn write_location(xml: &mut XmlWriter, location: &Location) {
    xml.open("location", &[("ref", &location.reference)]);
    xml.empty_element(
        "location-id",
        &[("vocabulary", codes::COUNTRY_VOCABULARY), ("code", &location.country)],
    );
    write_narratives(xml, "name", &[], &location.name);
    write_narratives(xml, "description", &[], &location.footnote);
    xml.close();
}

fn write_document_link(xml: &mut XmlWriter, document: &Document) {
    let mut attributes = vec![("url", document.url.as_str()), ("format", &document.format)];
    attributes.extend(kinoteka_attributes("kinoteka:video", document.video.as_deref()));
    xml.open("document-link", &attributes);
    write_narratives(xml, "title", &[], &document.title);
    write_narratives(xml, "description", &[], &document.description);
    xml.empty_element("category", &[("code", &document.category)]);
    for language in &document.languages {
        xml.empty_element("language", &[("code", language)]);
    }
    xml.close();
}

fn write_result(xml: &mut XmlWriter, result: &IatiResult) {
    xml.open("result", &[("type", &result.kind)]);
    write_narratives(xml, "title", &[], &result.title);
    for indicator in &result.indicators {
        write_indicator(xml, indicator);
    }
    xml.close();
}

fn write_indicator(xml: &mut XmlWriter, indicator: &Indicator) {
    let mut attributes = vec![("measure", indicator.measure.as_str())];
    attributes.extend(indicator.ascending.map(|ascending| ("ascending", boolean(ascending))));
    attributes.extend(indicator.additive.map(|additive| ("aggregation-status", boolean(additive))));
    attributes.extend(kinoteka_attributes("kinoteka:indicator", indicator.slug.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:statistic", indicator.statistic.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:unit", indicator.unit.as_deref()));
    xml.open("indicator", &attributes);
    write_narratives(xml, "title", &[], &indicator.title);
    write_narratives(xml, "description", &[], &indicator.description);
    for reference in &indicator.references {
        let mut attributes =
            vec![("vocabulary", reference.vocabulary.as_str()), ("code", &reference.code)];
        attributes.extend(reference.url.as_deref().map(|url| ("indicator-uri", url)));
        xml.empty_element("reference", &attributes);
    }
    for baseline in &indicator.baselines {
        write_baseline(xml, baseline);
    }
    for period in &indicator.periods {
        write_period(xml, period);
    }
    xml.close();
}

fn write_baseline(xml: &mut XmlWriter, baseline: &Baseline) {
    let year = baseline.year.to_string();
    let mut attributes = vec![("year", year.as_str())];
    attributes.extend(baseline.value.as_deref().map(|value| ("value", value)));
    xml.open("baseline", &attributes);
    write_slice(xml, &baseline.slice);
    write_narratives(xml, "comment", &[], &baseline.comment);
    xml.close();
}

fn write_period(xml: &mut XmlWriter, period: &Period) {
    xml.open("period", &[]);
    xml.empty_element("period-start", &[("iso-date", &period.start.to_string())]);
    xml.empty_element("period-end", &[("iso-date", &period.end.to_string())]);
    for (name, values) in [("target", &period.targets), ("actual", &period.actuals)] {
        for value in values {
            write_value(xml, name, value);
        }
    }
    xml.close();
}

fn write_value(xml: &mut XmlWriter, name: &'static str, value: &PeriodValue) {
    let mut attributes = Vec::new();
    attributes.extend(value.value.as_deref().map(|value| ("value", value)));
    xml.open(name, &attributes);
    write_slice(xml, &value.slice);
    // Schema order differs: here the comment precedes the documents, in a baseline it follows them.
    write_narratives(xml, "comment", &[], &value.comment);
    for one in &value.documents {
        write_document_link(xml, one);
    }
    // These elements allow no foreign attributes, but foreign elements at the end.
    let marks = [
        kinoteka_attributes("statistic", value.statistic.as_deref()),
        kinoteka_attributes("qualifier", value.qualifier.as_deref()),
        kinoteka_attributes("source", value.source.as_deref()),
    ];
    if value.statistic.is_some() {
        xml.open("kinoteka:value", &marks.concat());
        write_narratives(xml, "title", &[], &value.title);
        write_narratives(xml, "description", &[], &value.description);
        xml.close();
    }
    xml.close();
}

fn write_slice(xml: &mut XmlWriter, slice: &DimensionSlice) {
    for location in &slice.locations {
        xml.empty_element("location", &[("ref", location)]);
    }
    for (name, value) in &slice.dimensions {
        xml.empty_element("dimension", &[("name", name), ("value", value)]);
    }
}

/// Writes an element with narratives; omitted if it has neither narratives nor attributes.
fn write_narratives(
    xml: &mut XmlWriter,
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

fn kinoteka_attributes<'a>(
    name: &'static str,
    value: Option<&'a str>,
) -> Vec<(&'static str, &'a str)> {
    value.map(|value| (name, value)).into_iter().collect()
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
