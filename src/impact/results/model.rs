//! Declaration, request body and representation of the `result` resource.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::sort_key::SortKeyType;
use crate::http::json_fields::JsonFields;
use crate::impact::code_lists::{RESULT_LEVELS, ResultLevel};
use crate::resource::model::item::{LoadedItem, NewReference};
use crate::resource::schema::{
    FilterSchema, FilterType, ReferenceSchema, ReferencedBySchema, ResourceKind, ResourceSchema,
    SortColumn, SortSchema, SortTableSchema, TEXT_LANGUAGE_FILTER, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::resource::{BodyDocs, ParsedFields};

/// Values of `order`.
pub const ORDER_RANGE: RangeInclusive<i64> = 0..=1_000_000;

/// Declaration of the `result` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::RESULT,
    sort_table: Some(SortTableSchema { name: "results", columns: &["position"] }),
    text_fields: &[("title", TextField::Title), ("description", TextField::Description)],
    references: &[
        ReferenceSchema {
            field: "programme",
            filter: "programme",
            target: ResourceKind::PROGRAMME,
        },
        ReferenceSchema { field: "parent", filter: "parent", target: ResourceKind::RESULT },
    ],
    filters: &[
        FilterSchema {
            name: "programme",
            filter_type: FilterType::Item(ResourceKind::PROGRAMME),
            description: "Results of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSchema {
            name: "parent",
            filter_type: FilterType::Item(ResourceKind::RESULT),
            description: "Results directly below this one.",
            example: ResourceKind::RESULT_EXAMPLE,
        },
        FilterSchema {
            name: "level",
            filter_type: FilterType::OneOf(RESULT_LEVELS),
            description: "Results of this level.",
            example: "outcome",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Results with texts in this language.",
            example: "mk",
        },
    ],
    ranges: &[],
    sort_keys: &[
        SortSchema {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the language and alphabet of the response",
        },
        SortSchema {
            name: "order",
            column: SortColumn::Column {
                name: "results.position",
                key_type: SortKeyType::Integer,
                nullable: true,
            },
            description: "the order in the programme",
        },
    ],
    fields: &["level", "order", "programme", "parent"],
    on_demand_fields: &[],
    referenced_by: &[
        ReferencedBySchema {
            field: "results",
            kind: ResourceKind::RESULT,
            reference_field: "parent",
        },
        ReferencedBySchema {
            field: "indicators",
            kind: ResourceKind::INDICATOR,
            reference_field: "result",
        },
    ],
    embeds: &[ResourceKind::PROGRAMME, ResourceKind::RESULT],
};

/// A result: what a programme is to achieve, on one of three levels.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultStatement {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: ResultStatementTexts,
    /// Level: outputs lead to outcomes, and outcomes to an impact; null if unknown.
    #[schema(required, value_type = Option<ResultLevel>)]
    pub level: Option<String>,
    /// Position among the results of the programme, in ascending order; null if unknown.
    #[schema(required, minimum = 0, maximum = 1_000_000, example = 10)]
    pub order: Option<i64>,
    /// Programme.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::programme_or_null)]
    pub programme: Option<EmbeddedJson>,
    /// The result to which it contributes.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::result_or_null)]
    pub parent: Option<EmbeddedJson>,
}

/// Texts of a result in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ResultStatementTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// The statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Survivors use services of good quality")]
    pub title: Option<String>,
    /// Description as plain text.
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
        || json!({"slug": "outcome-services", "status": "published", "title": "Survivors use services of good quality", "level": "outcome", "order": 10, "programme": "implementing-norms-changing-minds"}),
    ),
    descriptions: &[
        ("description", "Description as plain text, in `language`."),
        (
            "parent",
            "The result to which it contributes: of the same programme, or of none, and not of a lower level.",
        ),
        ("title", "The statement, in `language`."),
    ],
};

/// Stored fields of a result.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ResultFields {
    /// See [`RESULT_LEVELS`].
    pub level: Option<String>,
    /// Position among the results of the programme.
    pub order: Option<i64>,
}

impl ResultFields {
    /// Returns the rank of the level: greater for what other results contribute to.
    pub fn level_rank(&self) -> Option<usize> {
        let level = self.level.as_deref()?;
        RESULT_LEVELS.iter().position(|name| *name == level)
    }
}

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<ResultFields> {
    let own = ResultFields {
        level: fields.one_of("level", RESULT_LEVELS),
        order: fields.integer("order", ORDER_RANGE),
    };
    let references = ["programme", "parent"].into_iter().filter_map(|field| {
        fields.reference(field).map(|target| NewReference::without_role(field, target))
    });
    ParsedFields { references: references.collect(), fields: own }
}

/// Renders the API representation.
pub fn render(
    mut loaded: LoadedItem<ResultFields>,
    render_context: &RenderContext,
) -> ResultStatement {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => ResultStatementTexts { translations, ..ResultStatementTexts::default() },
        Some(chosen) => ResultStatementTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            title: Some(chosen.text.title),
            description: Some(chosen.text.description),
            translations,
        },
    };
    ResultStatement {
        common: loaded.take_common_fields(),
        texts,
        programme: loaded.embedded_reference("programme", render_context),
        parent: loaded.embedded_reference("parent", render_context),
        level: loaded.fields.level,
        order: loaded.fields.order,
    }
}
