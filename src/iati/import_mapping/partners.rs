//! Partners of a file.
//!
//! Publishers use one identifier for several organisations, and codes of channels of delivery (such
//! as 21000, "an international NGO") as identifiers. Therefore an organisation is identified by its
//! identifier and name together, or by its name alone where it has no identifier of its own. An
//! import never renames a partner, so that no file, and no order of files, changes who did what.

use serde_json::{Map, Value as Json, json};

use super::mapper::{ImportMapper, MappedItem};
use super::partner_index::KnownPartner;
use super::slugs::{stable_slug, valid_own_slug};
use crate::iati::activity::{Narratives, Participant};
use crate::iati::codes;
use crate::resource::schema::ResourceKind;
use crate::text::slug::slugify;

/// Texts in place of identifiers, in lower case, without punctuation and spaces.
const PLACEHOLDERS: &[&str] = &[
    "na",
    "nil",
    "none",
    "notapplicable",
    "notavailable",
    "notknown",
    "null",
    "tba",
    "tbc",
    "tbd",
    "unknown",
];

impl ImportMapper<'_> {
    /// The slug of the partner that participates in an activity; adds the partner once.
    pub(super) fn map_partner(&mut self, participant: &Participant, programme: &str) -> String {
        let name = participant.name.first().map(|(_, name)| name.as_str()).unwrap_or_default();
        let stated = participant.reference.as_deref();
        let (is_channel, is_placeholder) =
            (stated.is_some_and(is_channel_code), stated.is_some_and(is_placeholder));
        let identifier = stated.filter(|_| !is_channel && !is_placeholder);
        self.count_skipped(
            "participating-org/@ref (a code of a channel, not of an organisation)",
            usize::from(is_channel),
        );
        self.count_skipped(
            "participating-org/@ref (a placeholder, not an identifier)",
            usize::from(is_placeholder && !is_channel),
        );
        let present_slug = |slug: &String| {
            let partner = self.existing.get(ResourceKind::PARTNER, slug)?;
            Some(partner.slug.clone()).filter(|_| !partner.is_deleted)
        };
        let own_slug = valid_own_slug(participant.slug.as_deref()).filter(|slug| {
            let present = &present_slug(slug).unwrap_or_else(|| slug.clone());
            self.existing.is_slug_of_partner(present, identifier, name, programme)
        });
        let own_slug = own_slug.filter(|slug| {
            // Another activity of the file may have named another partner so.
            let Some(identifier) = identifier else { return true };
            let claim = (identifier.to_owned(), String::new());
            let key = (ResourceKind::PARTNER, slug.clone());
            *self.claimed_slugs.entry(key).or_insert_with(|| claim.clone()) == claim
        });
        let derived = derived_slug(name, identifier);
        let known = own_slug.as_ref().and_then(present_slug).or_else(|| present_slug(&derived));
        let is_renamed = own_slug.is_some()
            && known == own_slug
            && known.as_ref().is_some_and(|slug| {
                !self.existing.is_of_another(ResourceKind::PARTNER, slug, programme)
            });
        let slug = known
            .or_else(|| {
                let is_added = |slug: &String| self.line_of(ResourceKind::PARTNER, slug).is_some();
                Some(derived.clone()).filter(is_added)
            })
            .or_else(|| self.partners.find(identifier?, name).map(|partner| partner.slug.clone()))
            .or_else(|| own_slug.clone())
            .unwrap_or(derived);
        if self.line_of(ResourceKind::PARTNER, &slug).is_none() {
            let is_new = !self.existing.contains(ResourceKind::PARTNER, &slug);
            let mut body = Map::new();
            if is_new {
                self.describe_partner(participant, identifier, &slug, &mut body);
            }
            if is_new || is_renamed {
                self.add_item(MappedItem {
                    line: participant.line,
                    kind: ResourceKind::PARTNER,
                    slug: &slug,
                    body,
                    title: &participant.name,
                    description: &Narratives::new(),
                });
            } else {
                self.add_body(participant.line, ResourceKind::PARTNER, &slug, body);
            }
        }
        if let Some(identifier) = identifier {
            self.partners.note_if_shared(identifier);
        }
        slug
    }

    /// Fields of a new partner. Those of an existing one are the catalogue's.
    fn describe_partner(
        &mut self,
        participant: &Participant,
        identifier: Option<&str>,
        slug: &str,
        body: &mut Map<String, Json>,
    ) {
        if let Some(identifier) = identifier {
            body.insert("iati_identifier".to_owned(), json!(identifier));
            self.partners.add(KnownPartner {
                slug: slug.to_owned(),
                identifier: identifier.to_owned(),
                names: participant.name.iter().map(|(_, name)| name.clone()).collect(),
            });
        }
        if let Some(kind) = participant.kind.as_deref().and_then(codes::partner_kind_from_code) {
            body.insert("kind".to_owned(), json!(kind));
        }
    }
}

/// Whether a reference is one of the codes of the OECD for channels of delivery, which have five
/// digits and name kinds of organisations.
fn is_channel_code(reference: &str) -> bool {
    reference.len() == 5 && reference.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a reference only fills the attribute, such as `N/A` or `0`.
fn is_placeholder(reference: &str) -> bool {
    let words: String =
        reference.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    words.bytes().all(|byte| matches!(byte, b'0' | b'x')) || PLACEHOLDERS.contains(&words.as_str())
}

/// Slug of a partner that the catalogue does not know.
fn derived_slug(name: &str, identifier: Option<&str>) -> String {
    let of_name = slugify(name);
    match identifier {
        // Without a readable part, the slug would not depend on the name.
        Some(identifier) if of_name.is_empty() => stable_slug("", &format!("{identifier}\n{name}")),
        Some(identifier) => stable_slug(name, identifier),
        None if ResourceKind::PARTNER.validate_slug(&of_name).is_ok() => of_name,
        None => stable_slug(name, name),
    }
}
