//! Declaration, request body and representation of the `indicator` resource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::sort_key::SortKeyType;
use crate::http::json_fields::{JsonFields, limits};
use crate::impact::aggregation_rule::{self, AggregationRule};
use crate::impact::code_lists::{
    GROUP_AGGREGATIONS, GroupAggregation, INDICATOR_VOCABULARIES, MEASURE_UNIT, MEASURES, Measure,
    RESULT_TYPES, ResultType, TIME_AGGREGATIONS, TimeAggregation, Vocabulary,
};
use crate::impact::results::model::ORDER_RANGE;
use crate::resource::model::item::{LoadedItem, NewReference};
use crate::resource::schema::{
    FilterSchema, FilterType, ReferenceSchema, ResourceKind, ResourceSchema, SortColumn,
    SortSchema, SortTableSchema, TEXT_LANGUAGE_FILTER, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::resource::{BodyDocs, ParsedFields};

/// Declaration of the `indicator` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::INDICATOR,
    sort_table: Some(SortTableSchema { name: "indicators", columns: &["position"] }),
    text_fields: &[("label", TextField::Title), ("description", TextField::Description)],
    references: &[ReferenceSchema {
        field: "result",
        filter: "result",
        target: ResourceKind::RESULT,
    }],
    filters: &[
        FilterSchema {
            name: "result",
            filter_type: FilterType::Item(ResourceKind::RESULT),
            description: "Indicators of this result.",
            example: ResourceKind::RESULT_EXAMPLE,
        },
        FilterSchema {
            name: "code",
            filter_type: FilterType::Text,
            description: "Indicators with this code.",
            example: "5.2.1",
        },
        FilterSchema {
            name: "vocabulary",
            filter_type: FilterType::OneOf(INDICATOR_VOCABULARIES),
            description: "Indicators with a code in this vocabulary.",
            example: "sdg",
        },
        FilterSchema {
            name: "unit",
            filter_type: FilterType::Text,
            description: "Indicators with this unit.",
            example: "people",
        },
        FilterSchema {
            name: "measure",
            filter_type: FilterType::OneOf(MEASURES),
            description: "Indicators with this measure.",
            example: "unit",
        },
        FilterSchema {
            name: "result_type",
            filter_type: FilterType::OneOf(RESULT_TYPES),
            description: "Indicators with this result type.",
            example: "outcome",
        },
        FilterSchema {
            name: "time_aggregation",
            filter_type: FilterType::OneOf(TIME_AGGREGATIONS),
            description: "Indicators whose values are aggregated over time in this way.",
            example: "sum",
        },
        FilterSchema {
            name: "group_aggregation",
            filter_type: FilterType::OneOf(GROUP_AGGREGATIONS),
            description: "Indicators whose values are summed over groups (`sum`) or not (`none`).",
            example: "sum",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Indicators with texts in this language.",
            example: "mk",
        },
    ],
    ranges: &[],
    sort_keys: &[
        SortSchema {
            name: "label",
            column: SortColumn::Title,
            description: "the label, in the language and alphabet of the response",
        },
        SortSchema {
            name: "order",
            column: SortColumn::Column {
                name: "indicators.position",
                key_type: SortKeyType::Integer,
                nullable: true,
            },
            description: "the order in the result",
        },
    ],
    fields: &[
        "unit",
        "measure",
        "ascending",
        "time_aggregation",
        "group_aggregation",
        "is_share",
        "result_type",
        "result",
        "order",
        "code",
        "vocabulary",
        "vocabulary_url",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::RESULT],
};

/// An indicator: the definition of a quantity that impact statistics measure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Indicator {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: IndicatorTexts,
    /// Unit: the counted quantity.
    #[schema(required, example = "partnerships")]
    pub unit: Option<String>,
    /// Measure of its values.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// Whether higher values are better.
    #[schema(required)]
    pub ascending: Option<bool>,
    /// Aggregation over time: how the values of several periods become one; null if unknown.
    #[schema(required, value_type = Option<TimeAggregation>)]
    pub time_aggregation: Option<String>,
    /// Aggregation over groups: how the values of several programmes, partners, countries or slices
    /// become one; null if unknown.
    #[schema(required, value_type = Option<GroupAggregation>)]
    pub group_aggregation: Option<String>,
    /// Whether a percentage is a share of a whole, from 0 to 100; null for other measures.
    #[schema(required)]
    pub is_share: Option<bool>,
    /// Type of result that it measures.
    #[schema(required, value_type = Option<ResultType>)]
    pub result_type: Option<String>,
    /// The result that it measures.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::result_or_null)]
    pub result: Option<EmbeddedJson>,
    /// Position among the indicators of the result, in ascending order; null if unknown.
    #[schema(required, minimum = 0, maximum = 1_000_000, example = 10)]
    pub order: Option<i64>,
    /// Code in the vocabulary.
    #[schema(required, example = "5.2.1")]
    pub code: Option<String>,
    /// Vocabulary of the code.
    #[schema(required, value_type = Option<Vocabulary>)]
    pub vocabulary: Option<String>,
    /// URL of the vocabulary's description.
    #[schema(required, format = "uri")]
    pub vocabulary_url: Option<String>,
}

/// Texts of an indicator in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct IndicatorTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name of the measured quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        required,
        nullable = false,
        example = "Partnerships on specialist services for survivors"
    )]
    pub label: Option<String>,
    /// Method of measurement, as plain text.
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
        || json!({"slug": "women-subjected-to-violence", "status": "published", "label": "Women subjected to violence by a partner", "measure": "percentage", "unit": "women and girls aged 15 and older", "ascending": false, "time_aggregation": "latest", "group_aggregation": "none", "code": "5.2.1", "vocabulary": "sdg"}),
    ),
    descriptions: &[
        (
            "additive",
            "Deprecated: `true` for `time_aggregation` and `group_aggregation` `sum`, `false` for `latest` and `none`.",
        ),
        (
            "ascending",
            "Whether higher values are better. A change is applied to the statistics of the indicator.",
        ),
        ("code", "Code in the vocabulary; requires `vocabulary`."),
        ("description", "Method of measurement, as plain text, in `language`."),
        (
            "group_aggregation",
            "Aggregation over programmes, partners, countries and slices; `sum` only for the measure `unit`. A change is applied to the statistics of the indicator.",
        ),
        (
            "is_share",
            "Whether a percentage is a share of a whole and lies between 0 and 100, unlike a percentage change. Only for the measure `percentage`, where it is `true` by default.",
        ),
        (
            "measure",
            "Measure of the values; `unit` by default. A change is applied to the statistics of the indicator.",
        ),
        (
            "time_aggregation",
            "Aggregation of the values of several periods; `sum` only for the measure `unit`. A change is applied to the statistics of the indicator.",
        ),
        ("unit", "Unit of the values. A change is applied to the statistics of the indicator."),
    ],
};

/// Stored fields of an indicator.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct IndicatorFields {
    /// Unit: the counted quantity.
    pub unit: Option<String>,
    /// See [`MEASURES`].
    pub measure: String,
    /// Whether higher values are better.
    pub ascending: Option<bool>,
    /// See [`TIME_AGGREGATIONS`].
    pub time_aggregation: Option<String>,
    /// See [`GROUP_AGGREGATIONS`].
    pub group_aggregation: Option<String>,
    /// Whether a percentage is a share of a whole.
    pub is_share: Option<bool>,
    /// See [`RESULT_TYPES`].
    pub result_type: Option<String>,
    /// Code in the vocabulary.
    pub code: Option<String>,
    /// See [`INDICATOR_VOCABULARIES`].
    pub vocabulary: Option<String>,
    /// URL of the vocabulary's description.
    pub vocabulary_url: Option<String>,
    /// Position among the indicators of the result.
    #[serde(default)]
    pub order: Option<i64>,
}

impl IndicatorFields {
    /// Returns how the values are aggregated.
    pub fn aggregation_rule(&self) -> AggregationRule {
        AggregationRule::new(self.time_aggregation.as_deref(), self.group_aggregation.as_deref())
    }
}

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<IndicatorFields> {
    let measure = fields.one_of("measure", MEASURES).unwrap_or_else(|| MEASURE_UNIT.to_owned());
    let is_percentage = measure == "percentage";
    let is_share = fields.flag("is_share");
    if is_share.is_some() && !is_percentage {
        fields.error(
            "is_share",
            "not_allowed",
            "`is_share` is only for the measure `percentage`; omit it or change the measure.",
        );
    }
    let (time_aggregation, group_aggregation) = aggregation_rule::parse(fields);
    let wrong = aggregation_rule::measure_errors(
        &measure,
        time_aggregation.as_deref(),
        group_aggregation.as_deref(),
    );
    fields.errors_mut().extend(wrong);
    let (code, vocabulary) = (
        fields.text("code", limits::SHORT_TEXT),
        fields.one_of("vocabulary", INDICATOR_VOCABULARIES),
    );
    if code.is_some() != vocabulary.is_some() {
        let missing = if code.is_none() { "code" } else { "vocabulary" };
        fields.error(
            missing,
            "required",
            "`code` and `vocabulary` require each other; send both or neither.",
        );
    }
    let own = IndicatorFields {
        unit: fields.text("unit", limits::SHORT_TEXT),
        measure,
        ascending: fields.flag("ascending"),
        time_aggregation,
        group_aggregation,
        is_share: is_share.or(is_percentage.then_some(true)),
        result_type: fields.one_of("result_type", RESULT_TYPES),
        code,
        vocabulary,
        vocabulary_url: fields.url("vocabulary_url"),
        order: fields.integer("order", ORDER_RANGE),
    };
    let result = fields.reference("result");
    let references = result.map(|target| NewReference::without_role("result", target));
    ParsedFields { fields: own, references: references.into_iter().collect() }
}

/// Renders the API representation.
pub fn render(
    mut loaded: LoadedItem<IndicatorFields>,
    render_context: &RenderContext,
) -> Indicator {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => IndicatorTexts { translations, ..IndicatorTexts::default() },
        Some(chosen) => IndicatorTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            label: Some(chosen.text.title),
            description: Some(chosen.text.description),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let result = loaded.embedded_reference("result", render_context);
    let own = loaded.fields;
    Indicator {
        common,
        texts,
        unit: own.unit,
        measure: own.measure,
        ascending: own.ascending,
        time_aggregation: own.time_aggregation,
        group_aggregation: own.group_aggregation,
        is_share: own.is_share,
        result_type: own.result_type,
        result,
        order: own.order,
        code: own.code,
        vocabulary: own.vocabulary,
        vocabulary_url: own.vocabulary_url,
    }
}
