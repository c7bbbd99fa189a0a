//! The context in which items are rendered: the selected language, the referenced items and the
//! countries.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::{Id, IdMap, Time};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::i18n::country_names::CountryNames;
use crate::i18n::country_names::CountryReference;
use crate::resource::cache::references::{
    CacheView, CachedJson, ReferenceTarget, VisibleKind, to_cached_json,
};
use crate::resource::model::completeness::Completeness;
use crate::resource::model::item::{LoadedItem, TranslationRow};
use crate::resource::model::packed::PackedJson;
use crate::resource::schema::ResourceSchema;
use crate::text::language::Language;
use crate::text::language_fallback::LanguageMatch;
use crate::text::language_fallback::select_language;
use crate::text::transliterate::transliterate;

/// The context in which items are rendered.
#[derive(Clone)]
pub struct RenderContext {
    /// Language preference of the request.
    pub language_preference: LanguagePreference,
    /// Country names and footnotes.
    pub country_names: Arc<CountryNames>,
    /// Base URL of this server for the URLs of its own resources. If it is empty, the URLs are
    /// relative.
    pub base_url: String,
    /// Fields to render that lists otherwise omit, see [`ResourceSchema::on_demand_fields`].
    pub on_demand_fields: Vec<&'static str>,
    cache: Option<CacheView>,
    targets: IdMap<Arc<ReferenceTarget>>,
    /// Embedded representations, reused since the items of a page repeat them.
    embedded: RefCell<IdMap<Option<EmbeddedJson>>>,
    /// Selected languages, reused for items with the same available languages.
    language_choices: Vec<LanguageChoice>,
}

/// The language selected for a set of available languages.
#[derive(Clone)]
struct LanguageChoice {
    languages: Vec<Language>,
    original_language: String,
    choice: Option<LanguageMatch>,
}

/// The texts of an item in the selected language.
#[derive(Clone, Debug)]
pub struct SelectedText {
    /// The language.
    pub language: Language,
    /// Whether the text was transliterated from the other script.
    pub is_transliterated: bool,
    /// The texts.
    pub text: TranslationRow,
}

/// A short reference to an item: enough to link to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reference)]
pub struct ShortReference {
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// Title, name or label, in the requested language or the best available one.
    pub title: String,
    /// Language of `title` (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// True if the item is archived: it can no longer be read, but items that are public refer to
    /// it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Attribution line of an archived item; must be shown wherever the referring item is displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub credit_line: Option<String>,
    /// Disclaimer of an archived item; must be shown wherever the referring item is displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclaimer: Option<String>,
}

/// An embedded item as JSON: a [`ShortReference`], or the complete resource if `include` requests
/// it. The items of a page share it within one thread (`Rc`): with atomic reference counts, threads
/// that render the same items would contend for them.
#[derive(Clone, Debug)]
pub struct EmbeddedJson(Rc<CachedJson>);

impl Serialize for EmbeddedJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl RenderContext {
    /// Creates a context without referenced items. Items in the cache need not be loaded.
    pub fn new(
        language_preference: LanguagePreference,
        places: Arc<CountryNames>,
        cache: Option<CacheView>,
    ) -> Self {
        Self {
            language_preference,
            country_names: places,
            base_url: String::new(),
            on_demand_fields: Vec::new(),
            cache,
            targets: IdMap::default(),
            embedded: RefCell::default(),
            language_choices: Vec::new(),
        }
    }

    /// Sets the base URL.
    #[must_use]
    pub fn with_base_url(self, base: &str) -> Self {
        Self { base_url: base.to_owned(), ..self }
    }

    /// Creates a context for the resources that are embedded in those of this context. It differs
    /// from this one in that it has no referenced items.
    #[must_use]
    pub fn for_embedded(&self) -> Self {
        Self::new(self.language_preference.clone(), Arc::clone(&self.country_names), self.cache())
            .with_base_url(&self.base_url)
    }

    /// Adds the items that are cached and returns the ids of those that must be loaded.
    pub fn add_cached_targets(&mut self, items: VisibleKind, ids: Vec<Id>) -> Vec<Id> {
        let targets = &mut self.targets;
        let mut found = |target: Arc<ReferenceTarget>| drop(targets.insert(target.id, target));
        match &self.cache {
            Some(cache) => cache.get_targets(items, ids, &mut found),
            None => ids,
        }
    }

    /// Adds referenced items, also to the cache; `None` for an item that the client may not see.
    pub fn add_targets(
        &mut self,
        items: VisibleKind,
        read: Vec<(Id, Option<Arc<ReferenceTarget>>)>,
    ) {
        if let Some(cache) = &self.cache {
            cache.insert_targets(items, read.iter().cloned());
        }
        self.targets.extend(read.into_iter().filter_map(|(id, target)| Some((id, target?))));
    }

    /// Returns the cache of referenced items.
    pub fn cache(&self) -> Option<CacheView> {
        self.cache.clone()
    }

    /// Returns the cache of referenced items. Returns an error if the context was created without one.
    pub fn required_cache(&self) -> Result<CacheView, Problem> {
        self.cache().ok_or_else(|| Problem::internal("the render context has no cache"))
    }

    /// Adds a complete resource, which is embedded instead of the short reference.
    pub fn insert_full(&mut self, id: Id, resource: &Value) {
        self.embedded.get_mut().insert(
            id,
            to_cached_json(resource).map(|cached_json| EmbeddedJson(Rc::new(cached_json))),
        );
    }

    /// Whether a referenced item is visible to the client.
    pub fn has_target(&self, id: &Id) -> bool {
        self.targets.contains_key(id)
    }

    /// Returns a referenced item with all titles that the client may see.
    pub fn target(&self, id: &Id) -> Option<&Arc<ReferenceTarget>> {
        self.targets.get(id)
    }

    /// Selects one of the available languages by the fallback chain; `None` if all languages are
    /// requested.
    pub fn select_language(
        &mut self,
        available: &[Language],
        original: &str,
    ) -> Option<LanguageMatch> {
        if self.language_preference.all_languages {
            return None;
        }
        if let Some(cached) = self
            .language_choices
            .iter()
            .find(|cached| cached.languages == available && cached.original_language == original)
        {
            return cached.choice.clone();
        }
        let choice = select_language(
            self.language_preference.ranges(),
            available,
            &Language::from_canonical(original),
        );
        self.language_choices.push(LanguageChoice {
            languages: available.to_vec(),
            original_language: original.to_owned(),
            choice: choice.clone(),
        });
        choice
    }

    /// Returns a referenced item for embedding; `None` if the client may not see it.
    pub fn embedded(&self, id: &Id) -> Option<EmbeddedJson> {
        if let Some(cached) = self.embedded.borrow().get(id) {
            return cached.clone();
        }
        let cached_json = self.targets.get(id).and_then(|target| {
            target
                .rendered
                .get_or_render(&self.language_preference, || to_cached_json(&self.shorten(target)?))
        });
        let embedded = cached_json.map(|cached_json| EmbeddedJson(Rc::new(cached_json)));
        self.embedded.borrow_mut().insert(*id, embedded.clone());
        embedded
    }

    /// Returns a short reference to an item; `None` if the client may not see it.
    pub fn short_reference(&self, id: &Id) -> Option<ShortReference> {
        self.targets.get(id).and_then(|target| self.shorten(target))
    }

    fn shorten(&self, target: &ReferenceTarget) -> Option<ShortReference> {
        let choice = self.choose_language(target)?;
        let attribution = target.attributions.get(choice.index).cloned().unwrap_or_default();
        let localized = |text: String| localize(target, &choice, &text);
        Some(ShortReference {
            id: target.id,
            slug: target.slug.clone(),
            title: localize(target, &choice, target.titles.get(choice.index)?),
            language: choice.language.as_str().to_owned(),
            archived: target.is_archived,
            credit_line: attribution.credit_line.map(localized),
            disclaimer: attribution.disclaimer.map(localized),
        })
    }

    fn choose_language(&self, target: &ReferenceTarget) -> Option<LanguageMatch> {
        select_language(
            self.language_preference.ranges(),
            &target.languages,
            &target.original_language,
        )
    }

    /// Returns the title of an item in the language of the response, with that language.
    pub fn localized_title(&self, target: &ReferenceTarget) -> Option<(Language, String)> {
        let choice = self.choose_language(target)?;
        let title = localize(target, &choice, target.titles.get(choice.index)?);
        Some((choice.language, title))
    }

    /// Returns the countries with these codes, with their names.
    pub fn countries(&self, codes: &PackedJson) -> Vec<CountryReference> {
        let codes: Vec<String> = codes.unpack();
        codes
            .iter()
            .filter_map(|code| {
                self.country_names.country_reference(code, self.language_preference.ui_language)
            })
            .collect()
    }
}

impl<O> LoadedItem<O> {
    /// Returns the embedded item of a field with one reference.
    pub fn embedded_reference(
        &self,
        field: &str,
        render_context: &RenderContext,
    ) -> Option<EmbeddedJson> {
        self.references_in(field)
            .find_map(|reference| render_context.embedded(&reference.target_id))
    }

    /// Returns the embedded items of a field with several references.
    pub fn embedded_references(
        &self,
        field: &str,
        render_context: &RenderContext,
    ) -> Vec<EmbeddedJson> {
        self.references_in(field)
            .filter_map(|reference| render_context.embedded(&reference.target_id))
            .collect()
    }

    /// Takes the texts in the language of the response; `None` if all languages are requested.
    pub fn take_selected_text(&mut self) -> Option<SelectedText> {
        let choice = self.choice.as_ref()?;
        let stored = self.languages.get(choice.index)?;
        let index = self.texts.iter().position(|text| text.language == stored.as_str())?;
        let mut text = self.texts.swap_remove(index);
        if let Some(to) = &choice.transliterate_to {
            let change =
                |value: &mut String| *value = transliterate(value, stored, to).into_owned();
            change(&mut text.title);
            for value in [
                &mut text.summary,
                &mut text.description,
                &mut text.content_note,
                &mut text.credit_line,
                &mut text.disclaimer,
                &mut text.comment,
            ] {
                value.as_mut().map(change);
            }
        }
        Some(SelectedText {
            language: choice.language.clone(),
            is_transliterated: choice.transliterate_to.is_some(),
            text,
        })
    }

    /// Renders the texts of all languages, if they are requested.
    pub fn render_translations(
        &self,
        schema: &ResourceSchema,
        render_context: &RenderContext,
    ) -> Option<BTreeMap<String, Value>> {
        if !render_context.language_preference.include_translations {
            return None;
        }
        Some(
            self.texts
                .iter()
                .map(|text| (text.language.clone(), render_translation(schema, text)))
                .collect(),
        )
    }

    /// Takes the fields that every resource has.
    pub fn take_common_fields(&mut self) -> CommonFields {
        let original_language = take(&mut self.item.original_language);
        let is_visible = self.languages.iter().any(|tag| tag.as_str() == original_language);
        CommonFields {
            id: self.item.id,
            slug: take(&mut self.item.slug),
            status: take(&mut self.item.status),
            revision: self.item.revision,
            created_at: self.item.created_at,
            updated_at: self.item.updated_at,
            published_at: self.item.published_at,
            unpublish_at: self.item.unpublish_at,
            original_language: Some(original_language).filter(|_| is_visible),
            languages: take(&mut self.languages),
            completeness: self.completeness.take(),
        }
    }
}

/// Returns a text of a referenced item in the chosen language and script.
fn localize(target: &ReferenceTarget, choice: &LanguageMatch, text: &str) -> String {
    match (&choice.transliterate_to, target.languages.get(choice.index)) {
        (Some(to), Some(stored)) => transliterate(text, stored, to).into_owned(),
        _ => text.to_owned(),
    }
}

/// Renders the texts of one language under the field names of the kind.
pub fn render_translation(schema: &ResourceSchema, text: &TranslationRow) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("status".to_owned(), json!(text.status));
    for (name, column) in schema.text_fields {
        object.insert(
            (*name).to_owned(),
            text.field(*column).map_or(Value::Null, |value| json!(value)),
        );
    }
    Value::Object(object)
}

/// The fields that every resource has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommonFields {
    /// Identifier (UUIDv7): never changes.
    #[schema(value_type = uuid::Uuid, example = "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    pub id: Id,
    /// Readable name in URLs, unique within its kind; a former slug redirects to the current one.
    #[schema(
        pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length = 80,
        example = "football-players-speak-out"
    )]
    pub slug: String,
    /// Publication status; only published items are public.
    #[schema(value_type = crate::resource::model::item::Status)]
    pub status: String,
    /// Revision; increases with every change of the item itself. Without a key, that of the last
    /// change that you can see.
    #[schema(minimum = 1, example = 3)]
    pub revision: i64,
    /// When the item was created.
    #[schema(value_type = chrono::DateTime<chrono::Utc>, example = "2026-05-07T08:00:00Z")]
    pub created_at: Time,
    /// When the item itself was last changed. Without a key, the last change that you can see.
    #[schema(value_type = chrono::DateTime<chrono::Utc>, example = "2026-05-07T08:00:00Z")]
    pub updated_at: Time,
    /// When the item was published, or will be if its status is `scheduled`.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, required, example = "2026-05-07T08:00:00Z")]
    pub published_at: Option<Time>,
    /// When the item will be archived; absent if that is not scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>, required = false, example = "2026-12-31T23:00:00Z")]
    pub unpublish_at: Option<Time>,
    /// The language in which the item was written (BCP 47); null if you may not see the text in it.
    #[schema(required, example = "en")]
    pub original_language: Option<String>,
    /// The languages of the texts that you may see.
    #[schema(value_type = Vec<String>, example = json!(["en", "mk", "sr-Latn"]))]
    pub languages: Vec<Language>,
    /// Which parts exist in which language; only if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub completeness: Option<Completeness>,
}
