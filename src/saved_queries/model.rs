//! Schema, model and representation of saved queries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::resource::model::item::LoadedItem;
use crate::resource::openapi::kinds::kind_enumeration;
use crate::resource::read::page::encode_query;
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};

/// Declaration of the `saved_query` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::SAVED_QUERY,
    sort_table: None,
    text_fields: &[("name", TextField::Title), ("description", TextField::Description)],
    references: &[],
    filters: &[FilterSchema {
        name: "kind",
        filter_type: FilterType::KindWithFeeds,
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

kind_enumeration! {
    /// The kind of resource that a saved query lists. For the OpenAPI document only.
    SavedQueryKind = ResourceKind::with_feeds()
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
    /// Name of a kind with feeds.
    pub kind: String,
    /// Query string, without `?`.
    pub query: String,
}

impl SavedQueryFields {
    /// The kind that it lists; `None` if the kind is not supported.
    fn list_kind(&self) -> Option<ResourceKind> {
        ResourceKind::parse(&self.kind).filter(|kind| kind.has_feeds())
    }

    /// Schema of the kind that it lists; `None` if the kind is not supported.
    pub fn list_schema(
        &self,
        schemas: &[&'static ResourceSchema],
    ) -> Option<&'static ResourceSchema> {
        let kind = self.list_kind()?;
        schemas.iter().copied().find(|schema| schema.kind == kind)
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
        fields.list_kind().map_or((&[][..], ""), |kind| (kind.feed_formats(), kind.path()));
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
