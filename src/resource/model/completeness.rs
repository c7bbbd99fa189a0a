//! Translation completeness: the parts of an item that can exist in a language.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::resource::schema::{ResourceSchema, TextField};

/// The filter by the languages of captions; a kind without it has neither captions nor transcripts.
pub(in crate::resource) const CAPTION_LANGUAGE_FILTER: &str = "caption_language";

/// A part of an item that can be there in a language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::resource) enum TranslatablePart {
    /// Title, name or label.
    Title,
    /// Summary.
    Summary,
    /// Description.
    Description,
    /// Captions or subtitles, wherever they are kept.
    Captions,
    /// Captions or subtitles that this server keeps, which a transcript is made of.
    Transcript,
}

impl TranslatablePart {
    /// The part that a column holds, if it counts.
    fn from_text_field(column: TextField) -> Option<Self> {
        match column {
            TextField::Title => Some(Self::Title),
            TextField::Summary => Some(Self::Summary),
            TextField::Description => Some(Self::Description),
            TextField::ContentNote | TextField::CreditLine | TextField::Disclaimer => None,
        }
    }
}

/// The parts that items of a kind can have, under the names that the kind gives them.
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

/// The names of these parts.
pub(in crate::resource) fn part_names(
    parts: &[(&'static str, TranslatablePart)],
) -> Vec<&'static str> {
    parts.iter().map(|(name, _)| *name).collect()
}

/// The parts of an item in each language in which it has any.
pub type Completeness = BTreeMap<String, PartFlags>;

/// The parts of an item in one language: their names, and whether they are there.
#[derive(Clone, Debug)]
pub struct PartFlags(pub(in crate::resource) Vec<(&'static str, bool)>);

impl Serialize for PartFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
