//! The state that all parts of the mapping share: collected items, errors, and counts of data that
//! is not imported.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::iati::activity::Narratives;
use crate::iati::xml_reader::ParsedFile;
use crate::resource::schema::ResourceKind;

/// Existing items of the catalogue.
#[derive(Debug, Default)]
pub struct ExistingItems {
    /// Slugs of programmes and partners by IATI identifier.
    pub slugs_by_identifier: HashMap<(ResourceKind, String), String>,
    /// All slugs.
    pub slugs: HashSet<(ResourceKind, String)>,
}

impl ExistingItems {
    pub(super) fn contains(&self, kind: ResourceKind, slug: &str) -> bool {
        self.slugs.contains(&(kind, slug.to_owned()))
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
}

impl ImportMapper<'_> {
    pub(super) fn count_skipped(&mut self, name: &str, count: usize) {
        if count > 0 {
            let known = self.file.skipped.entry(name.to_owned()).or_default();
            *known = known.saturating_add(count);
        }
    }

    pub(super) fn add_error(&mut self, line: usize, message: String) {
        self.file.errors.push((line, message));
    }

    /// Adds an item; new items are published, since the file is public.
    pub(super) fn add_item(&mut self, item: MappedItem<'_>) {
        let MappedItem { line, kind, slug, mut body, title: titles, description } = item;
        let is_new = !self.existing.contains(kind, slug);
        let title = if kind == ResourceKind::PROGRAMME {
            "title"
        } else if kind == ResourceKind::PARTNER {
            "name"
        } else {
            "label"
        };
        let mut translations: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
        for (language, text) in titles {
            let of = translations.entry(language).or_default();
            of.insert(title.to_owned(), json!(text));
            if is_new {
                of.insert("status".to_owned(), json!("published"));
            }
        }
        let mut untitled = 0_usize;
        for (language, text) in description {
            match translations.get_mut(language.as_str()) {
                Some(of) => drop(of.insert("description".to_owned(), json!(text))),
                None => untitled = untitled.saturating_add(1),
            }
        }
        self.count_skipped("description/narrative (in a language without a title)", untitled);
        body.insert("translations".to_owned(), json!(translations));
        if is_new {
            body.insert("status".to_owned(), json!("published"));
            if let Some((language, _)) = titles.first() {
                body.insert("original_language".to_owned(), json!(language));
            }
        }
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
