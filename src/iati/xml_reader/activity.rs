//! Parser of an activity and its elements, except for results.

use super::elements::{
    Element, XML_NAMESPACE, element_text, iati_elements, kinoteka_attribute, trimmed_attribute,
};
use super::parser::ActivityParser;
use crate::iati::activity::{
    Activity, ActivityDate, Document, Location, Participant, Place, Sector,
};
use crate::iati::codes;

impl ActivityParser {
    pub(super) fn activity(&mut self, node: Element<'_, '_>) -> Activity {
        let outer = node
            .attribute((XML_NAMESPACE, "lang"))
            .map(|language| std::mem::replace(&mut self.language, language.to_owned()));
        let mut activity = Activity {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            ..Activity::default()
        };
        let mut described = false;
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "iati-identifier" => {
                    element_text(child).trim().clone_into(&mut activity.identifier);
                }
                "title" => activity.title = self.narratives(child),
                "description" if !described => {
                    activity.description = self.narratives(child);
                    described = true;
                }
                "participating-org" => {
                    let participant = self.participant(child);
                    activity.participants.extend(participant);
                }
                "activity-status" => activity.status = trimmed_attribute(child, "code"),
                "activity-date" => self.activity_date(child, &mut activity),
                "recipient-country" => {
                    let percentage = child.attribute("percentage").map(str::to_owned);
                    activity.countries.push((trimmed_attribute(child, "code"), percentage));
                }
                "recipient-region" => {
                    let region = self.recipient_region(child);
                    activity.regions.push(region);
                }
                "tag" => {
                    let tag = self.tag(child);
                    activity.tags.push(tag);
                }
                "policy-marker" => {
                    let marker = self.policy_marker(child);
                    activity.policy_markers.push(marker);
                }
                "other-identifier" => {
                    let other = self.other_identifier(child);
                    activity.other_identifiers.push(other);
                }
                "location" => {
                    let location = self.location(child);
                    if location.is_none() {
                        let place = self.place(child);
                        activity.places.extend(place);
                    }
                    activity.locations.extend(location);
                }
                "sector" => {
                    let name = self.narratives(child);
                    activity.sectors.push(Sector {
                        vocabulary: child
                            .attribute("vocabulary")
                            .unwrap_or(codes::SECTOR_VOCABULARY_DAC)
                            .to_owned(),
                        code: trimmed_attribute(child, "code"),
                        percentage: child.attribute("percentage").map(str::to_owned),
                        name,
                    });
                }
                "result" => {
                    let result = self.result(child);
                    activity.results.push(result);
                }
                "document-link" if activity.documents.is_empty() && is_web_page(child) => {
                    let document = self.document(child);
                    activity.documents.push(document);
                }
                _ if self.reported_code(child, &mut activity) => {}
                _ => self.count_skipped(child, ""),
            }
        }
        if activity.identifier.is_empty() {
            self.add_error(node, "an activity has no `iati-identifier`");
        }
        if let Some(outer) = outer {
            self.language = outer;
        }
        activity
    }

    fn participant(&mut self, node: Element<'_, '_>) -> Option<Participant> {
        let name = self.narratives(node);
        if name.is_empty() {
            // Without a name it cannot be imported.
            self.count_skipped(node, "");
            return None;
        }
        Some(Participant {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            reference: node
                .attribute("ref")
                .map(|reference| reference.trim().to_owned())
                .filter(|reference| !reference.is_empty()),
            kind: node.attribute("type").map(str::to_owned),
            role: trimmed_attribute(node, "role"),
            name,
        })
    }

    /// A date; actual takes precedence over planned.
    fn activity_date(&mut self, node: Element<'_, '_>, activity: &mut Activity) {
        let Some(on) = self.date(node) else { return };
        let kind = trimmed_attribute(node, "type");
        let is_actual = matches!(kind.as_str(), "2" | "4");
        let place = match kind.as_str() {
            "1" | "2" => &mut activity.start,
            "3" | "4" => &mut activity.end,
            _ => return self.count_skipped(node, ""),
        };
        let is_known = place.is_some();
        if place.is_none_or(|known| is_actual && !known.is_actual) {
            *place = Some(ActivityDate { date: on, is_actual });
        }
        if is_known {
            self.count_skipped(node, "");
        }
    }

    /// A place below a country, to which values may refer; only its name is stored.
    fn place(&mut self, node: Element<'_, '_>) -> Option<Place> {
        let reference = node.attribute("ref")?.to_owned();
        let name = iati_elements(node).find(|child| child.tag_name().name() == "name");
        let name = name.map(|name| self.narratives(name)).unwrap_or_default();
        Some(Place { reference, name })
    }

    /// A country; other locations are only places of values.
    fn location(&mut self, node: Element<'_, '_>) -> Option<Location> {
        let country = iati_elements(node)
            .filter(|child| {
                child.tag_name().name() == "location-id"
                    && child.attribute("vocabulary") == Some(codes::COUNTRY_VOCABULARY)
            })
            .find_map(|child| child.attribute("code"));
        let Some(country) = country else {
            self.count_skipped(node, "");
            return None;
        };
        let reference = node.attribute("ref").unwrap_or(country).to_owned();
        Some(Location { reference, country: country.to_owned(), ..Location::default() })
    }

    pub(super) fn document(&mut self, node: Element<'_, '_>) -> Document {
        let (url, format, video) = (
            trimmed_attribute(node, "url"),
            trimmed_attribute(node, "format"),
            kinoteka_attribute(node, "video"),
        );
        let mut document = Document { url, format, video, ..Document::default() };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => document.title = self.narratives(child),
                "language" => document.languages.extend(child.attribute("code").map(str::to_owned)),
                "category" => document.category = trimmed_attribute(child, "code"),
                "description" if document.video.is_some() => {
                    document.description = self.narratives(child);
                }
                _ => self.count_skipped(child, "document-link/"),
            }
        }
        document
    }
}

/// Whether a document link is the web page of the activity.
fn is_web_page(link: Element<'_, '_>) -> bool {
    let of_page = |child: Element<'_, '_>| {
        child.tag_name().name() == "category" && child.attribute("code") == Some("A12")
    };
    kinoteka_attribute(link, "video").is_none() && iati_elements(link).any(of_page)
}
