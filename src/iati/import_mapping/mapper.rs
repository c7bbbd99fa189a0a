//! The state that all parts of the mapping share: collected items, faults, and counts of data that
//! is not imported.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::partner_index::{KnownPartner, PartnerIndex};
use crate::http::json_fields::limits;
use crate::iati::activity::Narratives;
use crate::iati::xml_reader::{Fault, ParsedFile};
use crate::resource::schema::ResourceKind;

/// Existing items of the catalogue.
#[derive(Debug, Default)]
pub struct ExistingItems {
    /// Slugs of programmes by IATI identifier.
    pub programmes: HashMap<String, String>,
    /// Partners with an IATI identifier, in the order of their creation.
    pub partners: Vec<KnownPartner>,
    /// Items by present and former slug, including deleted ones.
    pub items: HashMap<(ResourceKind, String), Arc<ExistingItem>>,
}

/// What identifies an existing item besides its slug.
#[derive(Debug, Default)]
pub struct ExistingItem {
    /// The present slug.
    pub slug: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
    /// Slugs of the programmes with which it is linked: that of a statistic or of a result, those
    /// in which a partner participates, and those with values of an indicator.
    pub programmes: HashSet<String>,
    /// Titles of an indicator or of a video, or names of a partner, in all languages.
    pub titles: Vec<String>,
    /// Measure of an indicator.
    pub measure: Option<String>,
    /// Unit of an indicator.
    pub unit: Option<String>,
}

impl ExistingItems {
    pub(super) fn get(&self, kind: ResourceKind, slug: &str) -> Option<&ExistingItem> {
        self.items.get(&(kind, slug.to_owned())).map(Arc::as_ref)
    }

    /// Whether an item that was not deleted has the slug, or had it before.
    pub(super) fn contains(&self, kind: ResourceKind, slug: &str) -> bool {
        self.get(kind, slug).is_some_and(|item| !item.is_deleted)
    }
}

/// An item to store.
#[derive(Debug)]
pub struct ImportItem {
    /// Line in the file.
    pub line: usize,
    /// Kind.
    pub kind: ResourceKind,
    /// Slug.
    pub slug: String,
    /// Fields; for an existing item only those present in the file.
    pub body: Json,
}

/// An item of a file, before its texts are added to its fields.
pub(super) struct MappedItem<'a> {
    pub(super) line: usize,
    pub(super) kind: ResourceKind,
    pub(super) slug: &'a str,
    pub(super) body: Map<String, Json>,
    pub(super) title: &'a Narratives,
    pub(super) description: &'a Narratives,
}

/// The state of the mapping of a file.
pub(super) struct ImportMapper<'a> {
    pub(super) file: &'a mut ParsedFile,
    pub(super) existing: &'a ExistingItems,
    pub(super) today: NaiveDate,
    pub(super) items: Vec<ImportItem>,
    /// Owner of each assigned slug.
    pub(super) item_indexes: HashMap<(ResourceKind, String), usize>,
    /// Numbers of values with the same period, location and dimensions, by the slug of the first.
    pub(super) repetitions: HashMap<String, usize>,
    pub(super) partners: PartnerIndex,
    /// Lines of activities by their identifiers.
    pub(super) activity_lines: HashMap<String, usize>,
    /// The programme and the identity of the first item with each slug of an export.
    pub(super) claimed_slugs: HashMap<(ResourceKind, String), (String, String)>,
}

impl ImportMapper<'_> {
    pub(super) fn count_skipped(&mut self, name: &str, count: usize) {
        self.file.count_skipped(name, count);
    }

    pub(super) fn add_fault(&mut self, line: usize, element: &str, message: String) {
        self.file.faults.push(Fault { line, element: element.to_owned(), message });
    }

    /// Line of the item that an earlier part of the file assigned this slug to.
    pub(super) fn line_of(&self, kind: ResourceKind, slug: &str) -> Option<usize> {
        let index = self.item_indexes.get(&(kind, slug.to_owned()))?;
        self.items.get(*index).map(|item| item.line)
    }

    /// Adds an item; new items are published, since the file is public. A title that is too long is
    /// cut, and the description begins with the whole title.
    pub(super) fn add_item(&mut self, item: MappedItem<'_>) {
        let MappedItem { line, kind, slug, mut body, title: titles, description } = item;
        let is_new = !self.existing.contains(kind, slug);
        let title = if kind == ResourceKind::PROGRAMME || kind == ResourceKind::RESULT {
            "title"
        } else if kind == ResourceKind::PARTNER {
            "name"
        } else {
            "label"
        };
        let mut translations: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
        let mut descriptions: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        for (language, text) in titles {
            let of = translations.entry(language).or_default();
            let short = cut_text(text, limits::TITLE);
            if short.len() < text.len() {
                descriptions.insert(language, Cow::Borrowed(text));
            }
            of.insert(title.to_owned(), json!(short));
            if is_new {
                of.insert("status".to_owned(), json!("published"));
            }
        }
        let mut untitled = 0_usize;
        for (language, text) in description {
            if !translations.contains_key(language.as_str()) {
                untitled = untitled.saturating_add(1);
                continue;
            }
            let known = descriptions.entry(language).or_default();
            *known = if known.is_empty() {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(format!("{known}\n\n{text}"))
            };
        }
        self.count_skipped("description/narrative (in a language without a title)", untitled);
        for (language, text) in descriptions {
            let short = cut_text(&text, limits::DESCRIPTION);
            let is_cut = short.len() < text.len();
            self.count_skipped("description/narrative (the end of a long text)", is_cut.into());
            if let Some(of) = translations.get_mut(language) {
                of.insert("description".to_owned(), json!(short));
            }
        }
        body.insert("translations".to_owned(), json!(translations));
        if is_new {
            body.insert("status".to_owned(), json!("published"));
            if let Some((language, _)) = titles.first() {
                body.insert("original_language".to_owned(), json!(language));
            }
        }
        self.add_body(line, kind, slug, body);
    }

    /// Adds an item without texts.
    pub(super) fn add_body(
        &mut self,
        line: usize,
        kind: ResourceKind,
        slug: &str,
        body: Map<String, Json>,
    ) {
        self.item_indexes.insert((kind, slug.to_owned()), self.items.len());
        self.items.push(ImportItem { line, kind, slug: slug.to_owned(), body: Json::Object(body) });
    }
}

/// Adds a field that is present in the file.
pub(super) fn set_if_present<T: Serialize>(
    body: &mut Map<String, Json>,
    name: &str,
    value: Option<&T>,
) {
    if let Some(value) = value {
        body.insert(name.to_owned(), json!(value));
    }
}

/// A text of at most `max_len` characters: cut after a word where one ends in the second half, with
/// `…` at the end.
pub(super) fn cut_text(text: &str, max_len: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(max_len.saturating_sub(1)) else {
        return Cow::Borrowed(text);
    };
    if text.chars().nth(max_len).is_none() {
        return Cow::Borrowed(text);
    }
    let start = text.get(..end).unwrap_or_default();
    let at_word = start.rfind(char::is_whitespace).filter(|at| at.saturating_mul(2) > start.len());
    let start = at_word.and_then(|at| start.get(..at)).unwrap_or(start);
    Cow::Owned(format!("{}…", start.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_after_a_word() {
        for (text, cut) in [
            ("one two", "one two"),
            ("žene žene", "žene žene"),
            ("one two three", "one two…"),
            ("onetwothree", "onetwothr…"),
            ("a onetwothree", "a onetwot…"),
        ] {
            assert_eq!(cut_text(text, 10), cut);
            assert!(cut_text(text, 10).chars().count() <= 10);
        }
    }
}
