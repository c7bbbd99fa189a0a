//! Partners of the catalogue and of a file by IATI identifier.

use std::collections::{BTreeMap, HashMap};

use crate::text::slug::slugify;

/// A partner with an IATI identifier, in the catalogue or earlier in the file.
#[derive(Clone, Debug)]
pub struct KnownPartner {
    /// Slug.
    pub slug: String,
    /// IATI identifier.
    pub identifier: String,
    /// Names in all languages, and the acronym.
    pub names: Vec<String>,
}

/// Partners by IATI identifier.
#[derive(Debug, Default)]
pub(super) struct PartnerIndex {
    by_identifier: HashMap<String, Vec<KnownPartner>>,
    /// Identifiers in the file that several partners have.
    shared: BTreeMap<String, Vec<String>>,
}

impl PartnerIndex {
    pub(super) fn new(existing: &[KnownPartner]) -> Self {
        let mut index = Self::default();
        for partner in existing {
            index.add(partner.clone());
        }
        index
    }

    pub(super) fn add(&mut self, partner: KnownPartner) {
        self.by_identifier.entry(partner.identifier.clone()).or_default().push(partner);
    }

    /// The first partner with this identifier and name.
    pub(super) fn find(&self, identifier: &str, name: &str) -> Option<&KnownPartner> {
        let folded = slugify(name);
        let is_named = |partner: &&KnownPartner| {
            partner
                .names
                .iter()
                .any(|known| known == name || (!folded.is_empty() && slugify(known) == folded))
        };
        self.by_identifier.get(identifier)?.iter().find(is_named)
    }

    /// Notes an identifier of the file if several partners have it.
    pub(super) fn note_if_shared(&mut self, identifier: &str) {
        let Some(partners) = self.by_identifier.get(identifier) else { return };
        if partners.len() > 1 {
            let names = partners.iter().filter_map(|partner| partner.names.first().cloned());
            self.shared.insert(identifier.to_owned(), names.collect());
        }
    }

    /// Identifiers that several partners have, with the names of the partners.
    pub(super) fn into_shared(self) -> BTreeMap<String, Vec<String>> {
        self.shared
    }
}
