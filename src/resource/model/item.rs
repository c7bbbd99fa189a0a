//! Items, their translations and their references, as the database stores them.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::db::schema::items;
use crate::db::{Id, RowId, Time};
use crate::http::auth::Visibility;
use crate::http::json_fields::ReferenceInput;
use crate::resource::model::completeness::Completeness;
use crate::resource::schema::TextField;
use crate::text::choice::LanguageMatch;
use crate::text::language::Language;

/// Whether the public sees an item or a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written; only holders of a key see it.
    Draft,
    /// Public.
    Published,
    /// No longer public.
    Archived,
}

impl Status {
    /// All states with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("draft", Self::Draft), ("published", Self::Published), ("archived", Self::Archived)];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }
}

/// What every item has, as stored.
#[derive(AsChangeset, Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = items, primary_key(number), treat_none_as_null = true)]
pub struct ItemRow {
    /// Number of its row; 0 before there is one.
    pub number: RowId,
    /// Identifier.
    pub id: Id,
    /// Name of its kind.
    pub kind: String,
    /// Present slug.
    pub slug: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    /// The language it was written in.
    pub original_language: String,
    /// The languages that it has texts in: tags in order, with spaces between.
    pub languages: String,
    /// Those of published texts.
    pub public_languages: String,
    /// Its references, see [`pack_links`].
    pub reference_list: String,
    /// The fields that only its kind has, as JSON; empty where they were removed for good.
    pub fields: String,
    /// What it shows of its text tracks, see [`crate::resource::store::tracks::Summary`].
    pub tracks: String,
    /// Grows with every change of the item itself.
    pub revision: i64,
    /// Published, and in at least one language.
    pub is_public: bool,
    /// Whether it has ever been public.
    pub ever_public: bool,
    /// When it was stored.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was published.
    pub published_at: Option<Time>,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// When what it held was removed for good.
    pub purged_at: Option<Time>,
    /// The revision of the catalogue with which it was last written, see [`Revisions::next`].
    pub catalogue_revision: i64,
}

impl ItemRow {
    /// When it was published, or else stored: its place among the newest.
    pub fn sort_date(&self) -> Time {
        self.published_at.unwrap_or(self.created_at)
    }

    /// Its references, in order; none where what is kept cannot be read, which `kinoteka check`
    /// finds.
    pub fn references(&self) -> Vec<Reference> {
        self.parse_references().unwrap_or_default()
    }

    /// Its references, in order; `None` where what is kept cannot be read.
    pub fn parse_references(&self) -> Option<Vec<Reference>> {
        if self.reference_list.is_empty() {
            return Some(Vec::new());
        }
        let packed: Vec<EncodedReference<'_>> = serde_json::from_str(&self.reference_list).ok()?;
        let unpack = |(field, target, role, start_seconds, end_seconds): EncodedReference<'_>| {
            let target_id = Id(uuid::Uuid::try_parse(target).ok()?);
            Some(Reference { field, target_id, role, start_ms: start_seconds, end_ms: end_seconds })
        };
        packed.into_iter().map(unpack).collect()
    }

    /// The fields that only its kind has; none where they were removed for good, or cannot be read.
    pub fn parse_fields<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.fields).ok()
    }

    /// The languages of the texts that this viewer may see.
    pub(in crate::resource) fn visible_languages(&self, visibility: Visibility) -> Vec<Language> {
        let tags = if visibility.includes_unpublished() {
            &self.languages
        } else {
            &self.public_languages
        };
        tags.split_ascii_whitespace().map(Language::from_canonical).collect()
    }

    /// The key of its texts in this language, if it has any.
    pub fn text_key(&self, language: &Language) -> Option<i64> {
        let place =
            self.languages.split_ascii_whitespace().position(|tag| tag == language.as_str())?;
        text_key(self.number, place)
    }
}

/// The texts of an item in one language, as stored.
#[derive(Clone, Debug, PartialEq, Queryable)]
pub struct TranslationRow {
    /// Language tag.
    pub language: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    /// Title, name or label.
    pub title: String,
    /// Summary.
    pub summary: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// What a viewer should be warned of.
    pub content_note: Option<String>,
    /// Whom every display must credit.
    pub credit_line: Option<String>,
    /// What every display must say.
    pub disclaimer: Option<String>,
    /// The title's place in its language's order.
    pub sort_key: String,
}

/// The texts of some items, by the number of the item; those of one item in the order of its
/// `languages`.
pub type TranslationsByItem = HashMap<RowId, Vec<TranslationRow>>;

/// A reference of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The field that shows it.
    pub field: String,
    /// The item referred to.
    pub target_id: Id,
    /// The part it plays.
    pub role: Option<String>,
    /// Beginning of the passage meant, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the passage meant, in milliseconds.
    pub end_ms: Option<i64>,
}

/// An item with all that is its own.
#[derive(Clone, Debug)]
pub struct LoadedItem<O> {
    /// What every item has.
    pub item: ItemRow,
    /// What its kind has.
    pub fields: O,
    /// The languages of the texts that the viewer may see, in order.
    pub languages: Vec<Language>,
    /// Which of them answers, unless all do.
    pub choice: Option<LanguageMatch>,
    /// The texts of the chosen language, or of all of them where every language is asked for.
    pub texts: Vec<TranslationRow>,
    /// References, in order.
    pub references: Vec<Reference>,
    /// Which of its parts are there in which language, if that is asked for.
    pub completeness: Option<Completeness>,
}

/// What [`pack_links`] makes of a reference.
type EncodedReference<'a> = (String, &'a str, Option<String>, Option<i64>, Option<i64>);

/// References as their item keeps them: `[field, target, role, start, end]` of each, in order; the
/// empty text where there are none.
pub fn encode_references(references: &[Reference]) -> String {
    let packed = |reference: &Reference| {
        (
            reference.field.clone(),
            reference.target_id.0.simple().to_string(),
            reference.role.clone(),
            reference.start_ms,
            reference.end_ms,
        )
    };
    let packed: Vec<_> = references.iter().map(packed).collect();
    if packed.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&packed).unwrap_or_default()
    }
}

/// How many texts an item can have: the keys of texts are made of the number of the item and the
/// place of the language.
pub(in crate::resource) const TEXTS_PER_ITEM: i64 = 512;

pub(in crate::resource) fn text_key(item: RowId, place: usize) -> Option<i64> {
    let place = i64::try_from(place).ok().filter(|place| *place < TEXTS_PER_ITEM)?;
    item.checked_mul(TEXTS_PER_ITEM)?.checked_add(place)
}

/// A reference that a body asks for.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// The field.
    pub field: &'static str,
    /// What it names.
    pub target: ReferenceInput,
    /// The part it plays.
    pub role: Option<String>,
    /// Beginning of the passage meant, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the passage meant, in milliseconds.
    pub end_ms: Option<i64>,
}

impl NewReference {
    /// A reference without a role.
    pub fn without_role(field: &'static str, target: ReferenceInput) -> Self {
        Self { field, target, role: None, start_ms: None, end_ms: None }
    }
}

impl TranslationRow {
    /// The text in a column.
    pub fn field(&self, column: TextField) -> Option<&str> {
        match column {
            TextField::Title => Some(&self.title),
            TextField::Summary => self.summary.as_deref(),
            TextField::Description => self.description.as_deref(),
            TextField::ContentNote => self.content_note.as_deref(),
            TextField::CreditLine => self.credit_line.as_deref(),
            TextField::Disclaimer => self.disclaimer.as_deref(),
        }
    }
}

impl<O> LoadedItem<O> {
    /// The references of a field.
    pub fn references_in<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Reference> {
        self.references.iter().filter(move |reference| reference.field == field)
    }
}
