//! Parser of the regions, tags, policy markers, further identifiers, codes and contact of an
//! activity.

use super::elements::{Element, element_text, iati_elements, trimmed_attribute};
use super::parser::ActivityParser;
use crate::iati::activity::{
    Activity, Contact, OtherIdentifier, PolicyMarker, RecipientRegion, Tag,
};
use crate::programmes::reporting::AidType;

impl ActivityParser {
    pub(super) fn recipient_region(&mut self, node: Element<'_, '_>) -> RecipientRegion {
        RecipientRegion {
            vocabulary: vocabulary(node),
            code: trimmed_attribute(node, "code"),
            percentage: node.attribute("percentage").map(str::to_owned),
            name: self.narratives(node),
        }
    }

    pub(super) fn tag(&mut self, node: Element<'_, '_>) -> Tag {
        Tag {
            vocabulary: vocabulary(node),
            code: trimmed_attribute(node, "code"),
            name: self.narratives(node),
        }
    }

    pub(super) fn policy_marker(&mut self, node: Element<'_, '_>) -> PolicyMarker {
        PolicyMarker {
            vocabulary: vocabulary(node),
            code: trimmed_attribute(node, "code"),
            significance: Some(trimmed_attribute(node, "significance"))
                .filter(|code| !code.is_empty()),
            name: self.narratives(node),
        }
    }

    pub(super) fn other_identifier(&mut self, node: Element<'_, '_>) -> OtherIdentifier {
        let mut other = OtherIdentifier {
            reference: trimmed_attribute(node, "ref"),
            kind: trimmed_attribute(node, "type"),
            ..OtherIdentifier::default()
        };
        for child in iati_elements(node) {
            if child.tag_name().name() == "owner-org" {
                let reference = trimmed_attribute(child, "ref");
                other.owner_reference = Some(reference).filter(|reference| !reference.is_empty());
                other.owner_name = self.narratives(child);
            } else {
                self.count_skipped(child, "other-identifier/");
            }
        }
        other
    }
}

impl ActivityParser {
    /// A code that applies to the whole activity, or the contact. Returns whether the element is one
    /// of them; the first one of each counts.
    pub(super) fn reported_code(&mut self, node: Element<'_, '_>, activity: &mut Activity) -> bool {
        let place = match node.tag_name().name() {
            "activity-scope" => &mut activity.scope,
            "collaboration-type" => &mut activity.collaboration_type,
            "default-flow-type" => &mut activity.flow_type,
            "default-finance-type" => &mut activity.finance_type,
            "default-tied-status" => &mut activity.tied_status,
            "default-aid-type" => {
                let aid_type =
                    AidType { code: trimmed_attribute(node, "code"), vocabulary: vocabulary(node) };
                activity.aid_types.push(aid_type);
                return true;
            }
            "contact-info" if activity.contact.is_none() => {
                activity.contact = Some(self.contact(node));
                return true;
            }
            _ => return false,
        };
        if place.is_some() {
            return false;
        }
        *place = Some(trimmed_attribute(node, "code"));
        true
    }

    fn contact(&mut self, node: Element<'_, '_>) -> Contact {
        let mut contact = Contact::default();
        for child in iati_elements(node) {
            let text = || Some(element_text(child).trim().to_owned());
            match child.tag_name().name() {
                "organisation" => contact.organisation = self.narratives(child),
                "email" if contact.email.is_none() => contact.email = text(),
                "website" if contact.website.is_none() => contact.website = text(),
                _ => self.count_skipped(child, "contact-info/"),
            }
        }
        contact
    }
}

/// Vocabulary of an element, by default the first one.
fn vocabulary(node: Element<'_, '_>) -> String {
    let vocabulary = trimmed_attribute(node, "vocabulary");
    if vocabulary.is_empty() { "1".to_owned() } else { vocabulary }
}
