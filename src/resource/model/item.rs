//! Items, their translations and their references, as the database stores them.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::db::schema::items;
use crate::db::{Error, Id, RowId, Time, random_nonce};
use crate::http::auth::Visibility;
use crate::http::conditional::ItemVersion;
use crate::http::json_fields::ReferenceInput;
use crate::resource::model::completeness::Completeness;
use crate::resource::schema::TextField;
use crate::text::language::Language;
use crate::text::language_fallback::LanguageMatch;

/// Publication status of an item or of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not published yet; visible only with an API key.
    Draft,
    /// Will be published at `published_at`; visible only with an API key until then.
    Scheduled,
    /// Public.
    Published,
    /// No longer public; visible only with an API key.
    Archived,
}

impl Status {
    /// All statuses of items with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("draft", Self::Draft),
        ("scheduled", Self::Scheduled),
        ("published", Self::Published),
        ("archived", Self::Archived),
    ];

    /// All statuses of texts with their names.
    pub const OF_TEXTS: [(&'static str, Self); 3] =
        [("draft", Self::Draft), ("published", Self::Published), ("archived", Self::Archived)];

    /// Returns the status that the texts of an item with this status have by default.
    #[must_use]
    pub fn of_text(self) -> Self {
        if self == Self::Scheduled { Self::Published } else { self }
    }

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }
}

/// The row of an item: the columns that all kinds share.
#[derive(AsChangeset, Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = items, primary_key(number), treat_none_as_null = true)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub struct ItemRow {
    /// Row id; 0 before the row is inserted.
    pub number: RowId,
    /// Identifier.
    pub id: Id,
    /// Name of the kind.
    pub kind: String,
    /// Current slug.
    pub slug: String,
    /// Name of its [`Status`].
    pub status: String,
    /// The original language.
    pub original_language: String,
    /// The languages of its texts: ordered tags, separated by spaces.
    pub languages: String,
    /// The languages of its published texts, in the same format.
    pub public_languages: String,
    /// Its references, see [`encode_references`].
    pub reference_list: String,
    /// The fields specific to the kind, as JSON; empty after a purge.
    pub fields: String,
    /// Summaries of its text tracks as JSON, see
    /// [`crate::resource::model::text_track::TrackSummary`].
    pub tracks: String,
    /// Incremented with every change of the item itself.
    pub revision: i64,
    /// Random number drawn by the write that created the revision, see
    /// [`crate::http::conditional::ItemVersion`].
    pub nonce: i64,
    /// Whether the item is published in at least one language and not deleted.
    pub is_public: bool,
    /// Whether the item has ever been public.
    pub ever_public: bool,
    /// Time of creation.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
    /// Time of publication.
    pub published_at: Option<Time>,
    /// When the item will be archived.
    pub unpublish_at: Option<Time>,
    /// Whether the public items that refer to it will be archived with it.
    pub unpublish_referrers: bool,
    /// Whether it was public until it was archived.
    pub archived_from_public: bool,
    /// Time of deletion (soft delete).
    pub deleted_at: Option<Time>,
    /// Time of the purge, which removes the content permanently.
    pub purged_at: Option<Time>,
    /// Catalogue revision of the last write, see
    /// [`crate::resource::model::revisions::Revisions::next_catalogue_revision`].
    pub catalogue_revision: i64,
}

impl AsRef<Self> for ItemRow {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl ItemRow {
    /// Returns the state of the item, for entity tags and preconditions.
    pub fn version(&self) -> ItemVersion {
        ItemVersion { id: self.id, revision: self.revision, nonce: self.nonce }
    }

    /// Increments the revision and sets the nonce of this write.
    pub fn increment_revision(&mut self) -> Result<(), Error> {
        self.nonce = random_nonce()?;
        self.revision = self.revision.saturating_add(1);
        Ok(())
    }

    /// Returns whether the item was deleted and still has content.
    pub fn is_purgeable(&self) -> bool {
        self.deleted_at.is_some() && self.purged_at.is_none()
    }

    /// Returns whether the public sees the name of the item where public items refer to it: it is
    /// public, or it was until it was archived.
    pub fn is_publicly_named(&self) -> bool {
        self.deleted_at.is_none()
            && !self.public_languages.is_empty()
            && (self.is_public || self.archived_from_public)
    }

    /// Sets the flags that follow from the status, the texts and the state before a change.
    pub fn update_public_flags(&mut self, before: Option<&Self>) {
        self.is_public = self.deleted_at.is_none()
            && self.status == Status::Published.as_str()
            && !self.public_languages.is_empty();
        self.ever_public |= self.is_public;
        self.archived_from_public = self.status == Status::Archived.as_str()
            && before.is_some_and(|before| before.is_public || before.archived_from_public);
    }

    /// Returns the date by which the newest items are sorted: of publication, or else of creation.
    pub fn sort_date(&self) -> Time {
        self.published_at.unwrap_or(self.created_at)
    }

    /// Returns its references in order; none if they cannot be parsed, which `kinoteka check`
    /// reports.
    pub fn references(&self) -> Vec<Reference> {
        self.parse_references().unwrap_or_default()
    }

    /// Returns its references in order, or `None` if they cannot be parsed.
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

    /// Returns the fields specific to the kind; `None` after a purge, or if they cannot be parsed.
    pub fn parse_fields<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.fields).ok()
    }

    /// Returns the languages of its visible texts.
    pub(in crate::resource) fn visible_languages(&self, visibility: Visibility) -> Vec<Language> {
        let tags = if visibility.includes_unpublished() {
            &self.languages
        } else {
            &self.public_languages
        };
        tags.split_ascii_whitespace().map(Language::from_canonical).collect()
    }

    /// Returns the key of its text in this language, if it has one.
    pub fn text_key(&self, language: &Language) -> Option<i64> {
        let index =
            self.languages.split_ascii_whitespace().position(|tag| tag == language.as_str())?;
        text_key(self.number, index)
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
    /// Content note: a warning to viewers.
    pub content_note: Option<String>,
    /// Credit line, which must be displayed with the content.
    pub credit_line: Option<String>,
    /// Disclaimer, which must be displayed with the content.
    pub disclaimer: Option<String>,
    /// Collation key of the title in its language.
    pub sort_key: String,
}

/// Texts by row id of the item; those of one item are in the order of its `languages`.
pub type TranslationsByItem = HashMap<RowId, Vec<TranslationRow>>;

/// A reference from an item to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The field that contains the reference.
    pub field: String,
    /// Identifier of the target.
    pub target_id: Id,
    /// Role of the target, such as `funder`.
    pub role: Option<String>,
    /// Start of the referenced passage, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the referenced passage, in milliseconds.
    pub end_ms: Option<i64>,
}

/// An item with its fields, texts and references.
#[derive(Clone, Debug)]
pub struct LoadedItem<O> {
    /// The row of the item.
    pub item: ItemRow,
    /// The fields specific to the kind.
    pub fields: O,
    /// The languages of the visible texts, in order.
    pub languages: Vec<Language>,
    /// The language selected for the response; `None` if all languages were requested.
    pub choice: Option<LanguageMatch>,
    /// The texts of the selected language, or all texts if all languages were requested.
    pub texts: Vec<TranslationRow>,
    /// References, in order.
    pub references: Vec<Reference>,
    /// The translation completeness, if requested.
    pub completeness: Option<Completeness>,
}

/// A reference as [`encode_references`] stores it.
type EncodedReference<'a> = (String, &'a str, Option<String>, Option<i64>, Option<i64>);

/// Encodes references as a JSON array of `[field, target, role, start, end]`, in order; without
/// references, as an empty string.
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

/// Maximum number of texts of an item. The key of a text consists of the row id of the item and the
/// index of the language.
pub(in crate::resource) const TEXTS_PER_ITEM: i64 = 512;

pub(in crate::resource) fn text_key(item: RowId, index: usize) -> Option<i64> {
    let index = i64::try_from(index).ok().filter(|index| *index < TEXTS_PER_ITEM)?;
    item.checked_mul(TEXTS_PER_ITEM)?.checked_add(index)
}

/// A reference in a request body.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// The field that contains the reference.
    pub field: &'static str,
    /// The target, by id or slug.
    pub target: ReferenceInput,
    /// Role of the target, such as `funder`.
    pub role: Option<String>,
    /// Start of the referenced passage, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the referenced passage, in milliseconds.
    pub end_ms: Option<i64>,
}

impl NewReference {
    /// Creates a reference without a role.
    pub fn without_role(field: &'static str, target: ReferenceInput) -> Self {
        Self { field, target, role: None, start_ms: None, end_ms: None }
    }
}

impl TranslationRow {
    /// Returns the text of a field.
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
    /// Returns the references in a field.
    pub fn references_in<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Reference> {
        self.references.iter().filter(move |reference| reference.field == field)
    }
}
