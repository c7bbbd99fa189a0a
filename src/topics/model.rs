//! Declaration, request body and representation of the `topic` resource.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::json_fields::JsonFields;
use crate::resource::model::item::{LoadedItem, NewReference};
use crate::resource::schema::{
    FilterSchema, FilterType, ReferenceSchema, ResourceKind, ResourceSchema, SortColumn,
    SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::resource::{BodyDocs, ParsedFields};

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::TOPIC,
    sort_table: None,
    text_fields: &[("name", TextField::Title), ("description", TextField::Description)],
    references: &[ReferenceSchema {
        field: "parent",
        filter: "parent",
        target: ResourceKind::TOPIC,
    }],
    filters: &[FilterSchema {
        name: "parent",
        filter_type: FilterType::Item(ResourceKind::TOPIC),
        description: "Topics directly below this one.",
        example: "social-norms",
    }],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the language and alphabet of the response",
    }],
    fields: &["parent"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::TOPIC],
};

/// A term of the controlled vocabulary.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Topic {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: TopicTexts,
    /// Parent topic.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::topic_or_null)]
    pub parent: Option<EmbeddedJson>,
}

/// Texts of a topic in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct TopicTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
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
    /// Texts in all languages by language tag; present only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"status": "published", "translations": {"en": {"name": "Social norms"}, "mk": {"name": "Општествени норми"}}}),
    ),
    descriptions: &[
        ("description", "Description, in `language`."),
        ("name", "Name, in `language`."),
    ],
};

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<()> {
    let links = fields
        .reference("parent")
        .map(|parent| NewReference::without_role("parent", parent))
        .into_iter()
        .collect();
    ParsedFields { fields: (), references: links }
}

/// Renders the API representation.
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
