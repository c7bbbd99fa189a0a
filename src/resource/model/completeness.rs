//! Translation completeness: the parts of an item that can exist in a language.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::resource::schema::{ResourceSchema, TextField};

/// Name of the filter by caption language; a kind without it has neither captions nor transcripts.
pub(in crate::resource) const CAPTION_LANGUAGE_FILTER: &str = "caption_language";

/// A part of an item that can exist in a language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::resource) enum TranslatablePart {
    /// Title, name or label.
    Title,
    /// Summary.
    Summary,
    /// Description.
    Description,
    /// Captions or subtitles, stored on this server or elsewhere.
    Captions,
    /// Captions or subtitles stored on this server, from which transcripts are generated.
    Transcript,
}

impl TranslatablePart {
    /// Returns the part that a text field contains, or `None` if it does not count for
    /// completeness.
    fn from_text_field(column: TextField) -> Option<Self> {
        match column {
            TextField::Title => Some(Self::Title),
            TextField::Summary => Some(Self::Summary),
            TextField::Description => Some(Self::Description),
            TextField::ContentNote
            | TextField::CreditLine
            | TextField::Disclaimer
            | TextField::Comment => None,
        }
    }
}

/// Returns the parts that items of a kind can have, with their names in the API of the kind.
pub(in crate::resource) fn translatable_parts(
    schema: &ResourceSchema,
) -> Vec<(&'static str, TranslatablePart)> {
    let mut parts: Vec<_> = schema
        .text_fields
        .iter()
        .filter_map(|(name, column)| Some((*name, TranslatablePart::from_text_field(*column)?)))
        .collect();
    if schema.all_filters().any(|filter| filter.name == CAPTION_LANGUAGE_FILTER) {
        parts.extend([
            ("captions", TranslatablePart::Captions),
            ("transcript", TranslatablePart::Transcript),
        ]);
    }
    parts
}

/// Returns the names of these parts.
pub(in crate::resource) fn part_names(
    parts: &[(&'static str, TranslatablePart)],
) -> Vec<&'static str> {
    parts.iter().map(|(name, _)| *name).collect()
}

/// The parts of an item by language; languages without any part are omitted.
pub type Completeness = BTreeMap<String, PartFlags>;

/// The parts of an item in one language: name, and whether the part exists.
#[derive(Clone, Debug)]
pub struct PartFlags(pub(in crate::resource) Vec<(&'static str, bool)>);

impl Serialize for PartFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
