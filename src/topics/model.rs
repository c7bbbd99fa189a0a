//! What a topic is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::JsonFields;
use crate::resource::model::item::{LoadedItem, NewReference, Status};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, ReferenceSchema, ResourceKind, ResourceSchema, SortColumn,
    SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::resource::ParsedFields;

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::Topic,
    sort_table: None,
    text_fields: &[("name", TextField::Title), ("description", TextField::Description)],
    references: &[ReferenceSchema {
        field: "parent",
        target: ResourceKind::Topic,
        referrer_phrase: "parent",
    }],
    filters: &[FilterSchema {
        name: "parent",
        filter_type: FilterType::Item(ResourceKind::Topic),
        description: "Topics directly below this one.",
        example: "social-norms",
    }],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the answer's language and its alphabet",
    }],
    fields: &["parent"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::Topic],
    feed_formats: &[],
};

/// A term of the controlled vocabulary.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Topic {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: TopicTexts,
    /// The topic above it.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::topic_or_none)]
    pub parent: Option<EmbeddedJson>,
}

/// A topic's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct TopicTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Social norms")]
    pub name: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, TopicTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// A topic's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct TopicTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// Name.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "Social norms"
    )]
    pub name: Option<String>,
    /// Description.
    #[schema(max_length = 50_000)]
    pub description: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"status": "published", "translations": {"en": {"name": "Social norms"}, "mk": {"name": "Општествени норми"}}}))]
pub struct TopicInput {
    /// Readable name in addresses; made from the name if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, TopicTranslation>>,
    /// Name in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub name: Option<String>,
    /// Description in the original language.
    #[schema(max_length = 50_000)]
    pub description: Option<String>,
    /// The topic above it: a slug, an id, or an object that has one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub parent: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct TopicPage {
    /// The items of this page.
    pub data: Vec<Topic>,
    /// Where the page stands in the list.
    pub page: PageInfo,
    /// Counts of the values of each facet that was asked for, the most frequent first.
    #[schema(nullable = false)]
    pub facets: Option<BTreeMap<String, Vec<FacetValue>>>,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// Addresses of this page and its neighbours.
    pub links: Links,
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<()> {
    let links = fields
        .reference("parent")
        .map(|parent| NewReference::without_role("parent", parent))
        .into_iter()
        .collect();
    ParsedFields { fields: (), references: links }
}

/// Draws the resource.
pub fn render(mut loaded: LoadedItem<()>, render_context: &RenderContext) -> Topic {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => TopicTexts { translations, ..TopicTexts::default() },
        Some(chosen) => TopicTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            name: Some(chosen.text.title),
            description: Some(chosen.text.description),
            translations,
        },
    };
    Topic {
        common: loaded.take_common_fields(),
        texts,
        parent: loaded.embedded_reference("parent", render_context),
    }
}
