//! Parser of an activity and its elements, except for results.

use std::collections::HashSet;

use super::elements::{Element, element_text, iati_elements, kinoteka_attribute};
use super::numbers::read_number;
use super::parser::{ActivityParser, invalid_code_message};
use crate::i18n::country_names::{find_country, unknown_country_message};
use crate::iati::activity::{
    Activity, ActivityDate, Document, Location, Participant, Place, Sector,
};
use crate::iati::codes;
use crate::text::truncate_for_message;

impl ActivityParser {
    /// An activity; `None` if it lacks what identifies it.
    pub(super) fn activity(&mut self, node: Element<'_, '_>) -> Option<Activity> {
        let mut activity = Activity {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            ..Activity::default()
        };
        let referenced = referenced_locations(node);
        let mut described = false;
        for child in self.children(node) {
            match child.tag_name().name() {
                "iati-identifier" if activity.identifier.is_empty() => {
                    activity.identifier = self.enter(child, &[], |parser| {
                        parser.count_children(child);
                        parser.identifier(child, "", &element_text(child))
                    });
                }
                "title" if activity.title.is_empty() => {
                    activity.title = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "description" if !described => {
                    // Type 1 is the general description.
                    let is_general = child.attribute("type") == Some("1");
                    let taken: &[&str] = if is_general { &["type"] } else { &[] };
                    activity.description =
                        self.enter(child, taken, |parser| parser.narratives(child));
                    described = true;
                }
                "participating-org" => {
                    let taken = ["ref", "type", "role"];
                    let participant = self.enter(child, &taken, |parser| parser.participant(child));
                    activity.participants.extend(participant);
                }
                "activity-status" if activity.status.is_empty() => {
                    activity.status = self.enter(child, &["code"], |parser| parser.status(child));
                }
                "activity-date" => self.enter(child, &["iso-date", "type"], |parser| {
                    parser.activity_date(child, &mut activity);
                }),
                "recipient-country" => {
                    let taken = ["code", "percentage"];
                    let country = self.enter(child, &taken, |parser| parser.country(child));
                    activity.countries.extend(country);
                }
                "recipient-region" => {
                    let taken = ["code", "vocabulary", "percentage"];
                    let region = self.enter(child, &taken, |parser| parser.recipient_region(child));
                    activity.regions.push(region);
                }
                "tag" => {
                    let taken = ["code", "vocabulary"];
                    let tag = self.enter(child, &taken, |parser| parser.tag(child));
                    activity.tags.push(tag);
                }
                "policy-marker" => {
                    let taken = ["code", "vocabulary", "significance"];
                    let marker = self.enter(child, &taken, |parser| parser.policy_marker(child));
                    activity.policy_markers.push(marker);
                }
                "other-identifier" => {
                    let taken = ["ref", "type"];
                    let other = self.enter(child, &taken, |parser| parser.other_identifier(child));
                    activity.other_identifiers.push(other);
                }
                "location" => self.location(child, &referenced, &mut activity),
                "sector" => {
                    let taken = ["vocabulary", "code", "percentage"];
                    let sector = self.enter(child, &taken, |parser| parser.sector(child));
                    activity.sectors.extend(sector);
                }
                "result" => {
                    let result = self.enter(child, &["type"], |parser| parser.result(child));
                    activity.results.extend(result);
                }
                "document-link" if activity.documents.is_empty() && is_web_page(child) => {
                    let page = self.enter(child, &["url", "format"], |parser| {
                        parser.web_page(child, activity.slug.is_some())
                    });
                    activity.documents.push(page);
                }
                // Videos refer to their programme, not the reverse.
                "document-link" if kinoteka_attribute(child, "video").is_some() => {}
                _ if self.reported_code(child, &mut activity) => {}
                _ => self.count_skipped(child),
            }
        }
        let lacks = if activity.identifier.is_empty() {
            Some("an activity has no `iati-identifier`")
        } else if activity.title.is_empty() {
            Some("an activity has no title")
        } else {
            None
        };
        match lacks {
            Some(message) => {
                self.add_fault(node, message);
                None
            }
            None => Some(activity),
        }
    }

    fn participant(&mut self, node: Element<'_, '_>) -> Option<Participant> {
        let name = self.narratives(node);
        let role = self.attribute(node, "role");
        if codes::role_from_code(&role).is_none() {
            self.add_fault(node, invalid_code_message(&role, "an IATI role (1 to 4)"));
            return None;
        }
        if name.is_empty() {
            self.count_this(" (without a name)");
            return None;
        }
        let kind = Some(self.attribute(node, "type")).filter(|kind| !kind.is_empty());
        if kind.as_deref().is_some_and(|kind| codes::partner_kind_from_code(kind).is_none()) {
            self.count_here("@type");
        }
        let reference = self.identifier(node, "@ref", node.attribute("ref").unwrap_or_default());
        Some(Participant {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            reference: Some(reference).filter(|reference| !reference.is_empty()),
            kind,
            role,
            name,
        })
    }

    /// An activity status; empty if it is invalid.
    fn status(&mut self, node: Element<'_, '_>) -> String {
        self.count_children(node);
        let status = self.attribute(node, "code");
        if codes::activity_status_from_code(&status).is_some() {
            return status;
        }
        self.add_fault(node, invalid_code_message(&status, "an IATI status (1 to 6)"));
        String::new()
    }

    /// A date; actual takes precedence over planned.
    fn activity_date(&mut self, node: Element<'_, '_>, activity: &mut Activity) {
        self.count_children(node);
        let Some(on) = self.date(node) else { return };
        let kind = self.attribute(node, "type");
        let is_actual = matches!(kind.as_str(), "2" | "4");
        let place = match kind.as_str() {
            "1" | "2" => &mut activity.start,
            "3" | "4" => &mut activity.end,
            _ => {
                let kind = truncate_for_message(&kind);
                return self.add_fault(node, format!("`{kind}` is not a type of a date (1 to 4)"));
            }
        };
        let is_known = place.is_some();
        if place.is_none_or(|known| is_actual && !known.is_actual) {
            *place = Some(ActivityDate { date: on, is_actual });
        }
        if is_known {
            self.count_this("");
        }
    }

    /// Code and percentage of a country.
    fn country(&mut self, node: Element<'_, '_>) -> Option<(String, Option<String>)> {
        self.count_children(node);
        let code = self.attribute(node, "code");
        let Some(country) = find_country(&code) else {
            let message = if code.is_empty() {
                "a country has no code".to_owned()
            } else {
                unknown_country_message(&truncate_for_message(&code))
            };
            self.add_fault(node, message);
            return None;
        };
        Some((country.code.to_owned(), self.percentage(node)))
    }

    fn sector(&mut self, node: Element<'_, '_>) -> Option<Sector> {
        let name = self.narratives(node);
        let stated = node.attribute("code").unwrap_or_default();
        if stated.trim().is_empty() {
            self.add_fault(node, "a sector has no code");
        }
        let code = Some(self.identifier(node, "", stated)).filter(|code| !code.is_empty())?;
        let vocabulary = self.attribute(node, "vocabulary");
        let vocabulary = Some(vocabulary).filter(|vocabulary| !vocabulary.is_empty());
        Some(Sector {
            vocabulary: vocabulary.unwrap_or_else(|| codes::SECTOR_VOCABULARY_DAC.to_owned()),
            code,
            percentage: self.percentage(node),
            name,
        })
    }

    /// The percentage of a country, region or sector.
    pub(super) fn percentage(&mut self, node: Element<'_, '_>) -> Option<String> {
        let text = self.attribute(node, "percentage");
        if text.is_empty() {
            return None;
        }
        let number = read_number(&text, true);
        if number.is_none() {
            let message = format!("`{}` is not a percentage", truncate_for_message(&text));
            self.add_fault_in(node, "@percentage", message);
        }
        number
    }

    /// A country, or a place that values refer to. Other locations are not imported.
    fn location(
        &mut self,
        node: Element<'_, '_>,
        referenced: &HashSet<&str>,
        activity: &mut Activity,
    ) {
        let reference = node.attribute("ref").unwrap_or_default();
        let country = iati_elements(node).find_map(|child| {
            let is_country = child.tag_name().name() == "location-id"
                && child.attribute("vocabulary") == Some(codes::COUNTRY_VOCABULARY);
            find_country(child.attribute("code").filter(|_| is_country)?.trim())
        });
        if country.is_none() && !referenced.contains(reference) {
            return self.count_skipped(node);
        }
        // The texts of a country are those of the catalogue.
        let is_own = activity.slug.is_some();
        let name = self.enter(node, &["ref"], |parser| {
            let mut name = Vec::new();
            for child in parser.children(node) {
                match child.tag_name().name() {
                    "name" => name = parser.enter(child, &[], |parser| parser.narratives(child)),
                    "location-id" if country.is_some() => {}
                    "description" if is_own => {}
                    _ => parser.count_skipped(child),
                }
            }
            name
        });
        match country {
            Some(country) => {
                let reference = if reference.is_empty() { country.code } else { reference };
                activity.locations.push(Location {
                    reference: reference.to_owned(),
                    country: country.code.to_owned(),
                    ..Location::default()
                });
            }
            None => activity.places.push(Place { reference: reference.to_owned(), name }),
        }
    }

    /// The web page of an activity, of which only the URL is stored. Its title is that of the
    /// activity in an export of this product.
    fn web_page(&mut self, node: Element<'_, '_>, is_own: bool) -> Document {
        for child in self.children(node) {
            match child.tag_name().name() {
                "category" if child.attribute("code") == Some("A12") => {}
                "title" if is_own => {}
                _ => self.count_skipped(child),
            }
        }
        Document { url: self.attribute(node, "url"), ..Document::default() }
    }

    /// A document that supports a value.
    pub(super) fn document(&mut self, node: Element<'_, '_>) -> Document {
        let mut document = Document {
            url: self.attribute(node, "url"),
            format: self.attribute(node, "format"),
            video: kinoteka_attribute(node, "video"),
            ..Document::default()
        };
        for child in self.children(node) {
            match child.tag_name().name() {
                "title" if document.title.is_empty() => {
                    document.title = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "language" if document.languages.is_empty() || document.video.is_some() => {
                    let language =
                        self.enter(child, &["code"], |parser| parser.attribute(child, "code"));
                    document.languages.push(language);
                }
                // A08: results, outcomes and outputs.
                "category" if child.attribute("code") == Some("A08") => {}
                "description" => {
                    document.description =
                        self.enter(child, &[], |parser| parser.narratives(child));
                }
                _ => self.count_skipped(child),
            }
        }
        document
    }
}

/// References of the values of an activity to its locations.
fn referenced_locations<'a>(activity: Element<'a, '_>) -> HashSet<&'a str> {
    iati_elements(activity)
        .filter(|child| child.tag_name().name() == "result")
        .flat_map(|result| result.descendants())
        .filter(|node| node.is_element() && node.tag_name().name() == "location")
        .filter_map(|location| location.attribute("ref"))
        .collect()
}

/// Whether a document link is the web page of the activity.
fn is_web_page(link: Element<'_, '_>) -> bool {
    let of_page = |child: Element<'_, '_>| {
        child.tag_name().name() == "category" && child.attribute("code") == Some("A12")
    };
    kinoteka_attribute(link, "video").is_none() && iati_elements(link).any(of_page)
}
