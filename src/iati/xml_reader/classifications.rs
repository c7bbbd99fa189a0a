//! Parser of the regions, tags, policy markers, further identifiers, codes and contact of an
//! activity.

use super::elements::{Element, element_text};
use super::parser::ActivityParser;
use crate::iati::activity::{
    Activity, Contact, OtherIdentifier, PolicyMarker, RecipientRegion, Tag,
};
use crate::programmes::reporting::AidType;

impl ActivityParser {
    pub(super) fn recipient_region(&mut self, node: Element<'_, '_>) -> RecipientRegion {
        RecipientRegion {
            vocabulary: self.vocabulary(node),
            code: self.attribute(node, "code"),
            percentage: self.percentage(node),
            name: self.narratives(node),
        }
    }

    pub(super) fn tag(&mut self, node: Element<'_, '_>) -> Tag {
        Tag {
            vocabulary: self.vocabulary(node),
            code: self.attribute(node, "code"),
            name: self.narratives(node),
        }
    }

    pub(super) fn policy_marker(&mut self, node: Element<'_, '_>) -> PolicyMarker {
        PolicyMarker {
            vocabulary: self.vocabulary(node),
            code: self.attribute(node, "code"),
            significance: Some(self.attribute(node, "significance"))
                .filter(|code| !code.is_empty()),
            name: self.narratives(node),
        }
    }

    pub(super) fn other_identifier(&mut self, node: Element<'_, '_>) -> OtherIdentifier {
        let mut other = OtherIdentifier {
            reference: self.attribute(node, "ref"),
            kind: self.attribute(node, "type"),
            ..OtherIdentifier::default()
        };
        for child in self.children(node) {
            if child.tag_name().name() == "owner-org" {
                self.enter(child, &["ref"], |parser| {
                    let reference = parser.attribute(child, "ref");
                    other.owner_reference =
                        Some(reference).filter(|reference| !reference.is_empty());
                    other.owner_name = parser.narratives(child);
                });
            } else {
                self.count_skipped(child);
            }
        }
        other
    }

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
                let aid_type = self.enter(node, &["code", "vocabulary"], |parser| {
                    parser.count_children(node);
                    let code = parser.attribute(node, "code");
                    AidType { code, vocabulary: parser.vocabulary(node) }
                });
                activity.aid_types.push(aid_type);
                return true;
            }
            "contact-info" if activity.contact.is_none() => {
                activity.contact = Some(self.enter(node, &[], |parser| parser.contact(node)));
                return true;
            }
            _ => return false,
        };
        if place.is_some() {
            return false;
        }
        *place = Some(self.enter(node, &["code"], |parser| {
            parser.count_children(node);
            parser.attribute(node, "code")
        }));
        true
    }

    fn contact(&mut self, node: Element<'_, '_>) -> Contact {
        let mut contact = Contact::default();
        for child in self.children(node) {
            match child.tag_name().name() {
                "organisation" if contact.organisation.is_empty() => {
                    contact.organisation =
                        self.enter(child, &[], |parser| parser.narratives(child));
                }
                "email" if contact.email.is_none() => {
                    contact.email = Some(self.clean(&element_text(child)));
                }
                "website" if contact.website.is_none() => {
                    contact.website = Some(self.clean(&element_text(child)));
                }
                _ => self.count_skipped(child),
            }
        }
        contact
    }

    /// Vocabulary of an element, by default the first one.
    fn vocabulary(&mut self, node: Element<'_, '_>) -> String {
        let vocabulary = self.attribute(node, "vocabulary");
        if vocabulary.is_empty() { "1".to_owned() } else { vocabulary }
    }
}
