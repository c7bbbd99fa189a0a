//! Serializer of IATI 2.03 XML. Elements are in schema order.
//!
//! Data that IATI does not define (slugs, units, qualifiers) is written as attributes and elements
//! in an extension namespace, as the schema permits; qualifiers are also written as `comment`.

use crate::iati::activity::{
    Activity, Baseline, Contact, DimensionSlice, Document, IatiResult, Indicator,
    KINOTEKA_NAMESPACE, Location, Narratives, OtherIdentifier, Participant, Period, PeriodValue,
    Place, ReportingOrg, SkippedCounts,
};
use crate::iati::codes;
use crate::text::xml::{Attributes, XmlWriter};

/// Version of the standard.
pub const IATI_VERSION: &str = "2.03";

/// Local name of the attribute that marks what a merge has inserted.
pub const MERGED_ATTRIBUTE: &str = "merged";

/// Attributes of elements that a merge inserts. The file may not declare the namespace.
const MERGED: [(&str, &str); 2] =
    [("xmlns:kinoteka", KINOTEKA_NAMESPACE), ("kinoteka:merged", "true")];

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
            &[],
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
    let updated_at = activity.updated_at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let mut attributes = Vec::new();
    attributes.extend(updated_at.as_deref().map(|at| ("last-updated-datetime", at)));
    attributes.extend(kinoteka_attributes("kinoteka:slug", activity.slug.as_deref()));
    xml.open("iati-activity", &attributes);
    xml.element("iati-identifier", &[], &activity.identifier);
    write_reporting_org(xml, reporter);
    write_narratives(xml, "title", &[], &activity.title);
    // Type 1: general description.
    write_narratives(xml, "description", &[("type", "1")], &activity.description);
    for participant in &activity.participants {
        write_participating_org(xml, participant);
    }
    for other in &activity.other_identifiers {
        write_other_identifier(xml, other);
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
    if let Some(contact) = &activity.contact {
        write_contact(xml, contact);
    }
    write_code(xml, "activity-scope", activity.scope.as_deref());
    for (code, percentage) in &activity.countries {
        let mut attributes = vec![("code", code.as_str())];
        attributes.extend(percentage.as_deref().map(|percentage| ("percentage", percentage)));
        xml.empty_element("recipient-country", &attributes);
    }
    for region in &activity.regions {
        let mut attributes =
            vec![("code", region.code.as_str()), ("vocabulary", region.vocabulary.as_str())];
        attributes
            .extend(region.percentage.as_deref().map(|percentage| ("percentage", percentage)));
        write_named(xml, "recipient-region", &attributes, &region.name);
    }
    for location in &activity.locations {
        write_location(xml, &[("ref", &location.reference)], location);
    }
    for place in &activity.places {
        write_place(xml, &[("ref", &place.reference)], place);
    }
    for sector in &activity.sectors {
        let mut attributes =
            vec![("vocabulary", sector.vocabulary.as_str()), ("code", &sector.code)];
        attributes
            .extend(sector.percentage.as_deref().map(|percentage| ("percentage", percentage)));
        write_named(xml, "sector", &attributes, &sector.name);
    }
    for tag in &activity.tags {
        let attributes = [("vocabulary", tag.vocabulary.as_str()), ("code", tag.code.as_str())];
        write_named(xml, "tag", &attributes, &tag.name);
    }
    for marker in &activity.policy_markers {
        let mut attributes =
            vec![("vocabulary", marker.vocabulary.as_str()), ("code", marker.code.as_str())];
        attributes.extend(marker.significance.as_deref().map(|code| ("significance", code)));
        write_named(xml, "policy-marker", &attributes, &marker.name);
    }
    write_code(xml, "collaboration-type", activity.collaboration_type.as_deref());
    write_code(xml, "default-flow-type", activity.flow_type.as_deref());
    write_code(xml, "default-finance-type", activity.finance_type.as_deref());
    for aid_type in &activity.aid_types {
        xml.empty_element(
            "default-aid-type",
            &[("vocabulary", &aid_type.vocabulary), ("code", &aid_type.code)],
        );
    }
    write_code(xml, "default-tied-status", activity.tied_status.as_deref());
    for one in &activity.documents {
        write_document_link(xml, &[], one);
    }
    for result in &activity.results {
        write_result(xml, &[], result);
    }
    xml.close();
}

/// A `result` for another file.
pub fn merged_result(result: &IatiResult) -> String {
    fragment(|xml| write_result(xml, &MERGED, result))
}

/// A `baseline` for another file.
pub fn merged_baseline(baseline: &Baseline) -> String {
    fragment(|xml| write_baseline(xml, &MERGED, baseline))
}

/// A `document-link` for another file.
pub fn merged_document_link(document: &Document) -> String {
    fragment(|xml| write_document_link(xml, &MERGED, document))
}

/// A `narrative` for another file.
pub fn merged_narrative(language: &str, text: &str) -> String {
    let attributes = [[("xml:lang", language)].as_slice(), MERGED.as_slice()].concat();
    fragment(|xml| xml.element("narrative", &attributes, text))
}

/// The `location` of a country for another file, with a prefix of its reference.
pub fn merged_location(prefix: &str, location: &Location) -> String {
    let reference = format!("{prefix}{}", location.reference);
    let attributes = [[("ref", reference.as_str())].as_slice(), MERGED.as_slice()].concat();
    fragment(|xml| write_location(xml, &attributes, location))
}

/// The `location` of a place for another file, with a prefix of its reference.
pub fn merged_place(prefix: &str, place: &Place) -> String {
    let reference = format!("{prefix}{}", place.reference);
    let attributes = [[("ref", reference.as_str())].as_slice(), MERGED.as_slice()].concat();
    fragment(|xml| write_place(xml, &attributes, place))
}

fn fragment(write: impl FnOnce(&mut XmlWriter)) -> String {
    let mut xml = XmlWriter::fragment();
    write(&mut xml);
    xml.take_text()
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

fn write_other_identifier(xml: &mut XmlWriter, other: &OtherIdentifier) {
    xml.open("other-identifier", &[("ref", &other.reference), ("type", &other.kind)]);
    if other.owner_reference.is_some() || !other.owner_name.is_empty() {
        let reference = other.owner_reference.as_deref().map(|reference| ("ref", reference));
        let attributes: Vec<(&'static str, &str)> = reference.into_iter().collect();
        write_named(xml, "owner-org", &attributes, &other.owner_name);
    }
    xml.close();
}

fn write_contact(xml: &mut XmlWriter, contact: &Contact) {
    // Type 1: general enquiries.
    xml.open("contact-info", &[("type", "1")]);
    write_narratives(xml, "organisation", &[], &contact.organisation);
    if let Some(email) = &contact.email {
        xml.element("email", &[], email);
    }
    if let Some(website) = &contact.website {
        xml.element("website", &[], website);
    }
    xml.close();
}

/// Writes an element that has only a code.
fn write_code(xml: &mut XmlWriter, name: &'static str, code: Option<&str>) {
    if let Some(code) = code {
        xml.empty_element(name, &[("code", code)]);
    }
}

fn write_place(xml: &mut XmlWriter, attributes: &Attributes<'_>, place: &Place) {
    xml.open("location", attributes);
    write_narratives(xml, "name", &[], &place.name);
    xml.close();
}

fn write_location(xml: &mut XmlWriter, attributes: &Attributes<'_>, location: &Location) {
    xml.open("location", attributes);
    xml.empty_element(
        "location-id",
        &[("vocabulary", codes::COUNTRY_VOCABULARY), ("code", &location.country)],
    );
    write_narratives(xml, "name", &[], &location.name);
    write_narratives(xml, "description", &[], &location.footnote);
    xml.close();
}

fn write_document_link(xml: &mut XmlWriter, marks: &Attributes<'_>, document: &Document) {
    let mut attributes = vec![("url", document.url.as_str()), ("format", &document.format)];
    attributes.extend(marks);
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

fn write_result(xml: &mut XmlWriter, marks: &Attributes<'_>, result: &IatiResult) {
    let order = result.order.map(|order| order.to_string());
    let mut attributes = vec![("type", result.kind.as_str())];
    attributes.extend(marks);
    attributes.extend(kinoteka_attributes("kinoteka:result", result.slug.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:level", result.level.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:order", order.as_deref()));
    xml.open("result", &attributes);
    write_narratives(xml, "title", &[], &result.title);
    write_narratives(xml, "description", &[], &result.description);
    for indicator in &result.indicators {
        write_indicator(xml, indicator);
    }
    xml.close();
}

fn write_indicator(xml: &mut XmlWriter, indicator: &Indicator) {
    let order = indicator.order.map(|order| order.to_string());
    let mut attributes = vec![("measure", indicator.measure.as_str())];
    attributes.extend(indicator.ascending.map(|ascending| ("ascending", boolean(ascending))));
    attributes.extend(indicator.additive.map(|additive| ("aggregation-status", boolean(additive))));
    attributes.extend(kinoteka_attributes("kinoteka:indicator", indicator.slug.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:order", order.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:statistic", indicator.statistic.as_deref()));
    attributes.extend(kinoteka_attributes("kinoteka:unit", indicator.unit.as_deref()));
    let rules = [
        ("kinoteka:time-aggregation", &indicator.time_aggregation),
        ("kinoteka:group-aggregation", &indicator.group_aggregation),
    ];
    for (name, rule) in rules {
        attributes.extend(kinoteka_attributes(name, rule.as_deref()));
    }
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
        write_baseline(xml, &[], baseline);
    }
    for period in &indicator.periods {
        write_period(xml, period);
    }
    xml.close();
}

fn write_baseline(xml: &mut XmlWriter, marks: &Attributes<'_>, baseline: &Baseline) {
    let year = baseline.year.to_string();
    let date = baseline.date.map(|date| date.to_string());
    let mut attributes = vec![("year", year.as_str())];
    attributes.extend(date.as_deref().map(|date| ("iso-date", date)));
    attributes.extend(baseline.value.as_deref().map(|value| ("value", value)));
    attributes.extend(marks);
    let statistics = baseline.statistics.join(" ");
    let statistics = Some(statistics.as_str()).filter(|statistics| !statistics.is_empty());
    attributes.extend(kinoteka_attributes("kinoteka:statistics", statistics));
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
        write_document_link(xml, &[], one);
    }
    // These elements allow no foreign attributes, but foreign elements at the end.
    let marks = [
        kinoteka_attributes("statistic", value.statistic.as_deref()),
        kinoteka_attributes("qualifier", value.qualifier.as_deref()),
        kinoteka_attributes("source", value.source.as_deref()),
        kinoteka_attributes("partner", value.partner.as_deref()),
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

/// Writes an element with attributes, and with narratives if there are any.
fn write_named(
    xml: &mut XmlWriter,
    name: &'static str,
    attributes: &[(&'static str, &str)],
    narratives: &Narratives,
) {
    if narratives.is_empty() {
        xml.empty_element(name, attributes);
    } else {
        write_narratives(xml, name, attributes, narratives);
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
