//! Schema, model and representation of saved queries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::resource::model::item::LoadedItem;
use crate::resource::read::page::encode_query;
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::{impact, partners, programmes, videos};

/// The lists that can be saved: the kinds with feeds, as a test of the registry verifies.
pub const LISTABLE_SCHEMAS: [&ResourceSchema; 4] = [
    &videos::schema::SCHEMA,
    &programmes::schema::SCHEMA,
    &partners::schema::SCHEMA,
    &impact::schema::SCHEMA,
];

/// The names of their kinds.
pub const LISTABLE_KINDS: &[&str] = &{
    let [videos, programmes, partners, statistics] = LISTABLE_SCHEMAS;
    [
        videos.kind.as_str(),
        programmes.kind.as_str(),
        partners.kind.as_str(),
        statistics.kind.as_str(),
    ]
};

/// Declaration of the `saved_query` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::SAVED_QUERY,
    sort_table: None,
    text_fields: &[("name", TextField::Title), ("description", TextField::Description)],
    references: &[],
    filters: &[FilterSchema {
        name: "kind",
        filter_type: FilterType::OneOf(LISTABLE_KINDS),
        description: "Only queries that list this kind.",
        example: "video",
    }],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the response's language and by its alphabet",
    }],
    fields: &["kind", "query", "list", "page", "feeds"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[],
    feed_formats: &[],
};

/// A named query of a list with a permanent URL.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedQuery {
    /// Fields that all resources have.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the response's language.
    #[serde(flatten)]
    pub texts: SavedQueryTexts,
    /// The kind of resource that it lists.
    #[schema(value_type = SavedQueryKind)]
    pub kind: String,
    /// Query string of the list, without `?`; empty for all items.
    #[schema(example = "topic=testimonials&sort=title")]
    pub query: String,
    /// URL of the list in the API.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/v1/videos?topic=testimonials&sort=title"
    )]
    pub list: String,
    /// Embeddable page of the list; null unless it lists videos.
    #[schema(required, format = "uri", example = "https://catalogue.example.org/f/testimonials")]
    pub page: Option<String>,
    /// URLs of the feeds.
    pub feeds: SavedQueryFeeds,
}

/// Feeds of a saved query, at permanent URLs: they stay the same when the query changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedQueryFeeds {
    /// RSS 2.0; null unless it lists videos.
    #[schema(
        required,
        format = "uri",
        example = "https://catalogue.example.org/f/testimonials.rss"
    )]
    pub rss: Option<String>,
    /// Atom.
    #[schema(format = "uri", example = "https://catalogue.example.org/f/testimonials.atom")]
    pub atom: String,
    /// JSON Feed.
    #[schema(format = "uri", example = "https://catalogue.example.org/f/testimonials.json")]
    pub json: String,
}

/// The kind of resource that a saved query lists. For the OpenAPI document only.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum SavedQueryKind {
    Video,
    Programme,
    Partner,
    ImpactStatistic,
}

/// The texts of a saved query in one language; with `lang=all`, in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SavedQueryTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name: the title of its feeds and of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Testimonials")]
    pub name: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// The kind-specific fields of a saved query.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SavedQueryFields {
    /// One of [`LISTABLE_KINDS`].
    pub kind: String,
    /// Query string, without `?`.
    pub query: String,
}

impl SavedQueryFields {
    /// Schema of the kind that it lists; `None` if the kind is not supported.
    pub fn list_schema(&self) -> Option<&'static ResourceSchema> {
        LISTABLE_SCHEMAS.into_iter().find(|spec| spec.kind.as_str() == self.kind)
    }
}

/// Renders the API representation.
pub fn render(
    mut loaded: LoadedItem<SavedQueryFields>,
    render_context: &RenderContext,
) -> SavedQuery {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => SavedQueryTexts { translations, ..SavedQueryTexts::default() },
        Some(chosen) => SavedQueryTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            name: Some(chosen.text.title),
            description: Some(chosen.text.description),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let fields = loaded.fields;
    let (extensions, path) =
        fields.list_schema().map_or((&[][..], ""), |list| (list.feed_formats, list.kind.path()));
    let here = format!("{}/f/{}", render_context.base_url, common.slug);
    let mark = if fields.query.is_empty() { "" } else { "?" };
    SavedQuery {
        list: format!("{}{path}{mark}{}", render_context.base_url, encode_query(&fields.query)),
        page: (path == ResourceKind::VIDEO.path()).then(|| here.clone()),
        feeds: SavedQueryFeeds {
            rss: extensions.contains(&"rss").then(|| format!("{here}.rss")),
            atom: format!("{here}.atom"),
            json: format!("{here}.json"),
        },
        common,
        texts,
        kind: fields.kind,
        query: fields.query,
    }
}
