//! What an indicator is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::impact::code_lists::{
    INDICATOR_VOCABULARIES, MEASURE_UNIT, MEASURES, Measure, RESULT_TYPES, ResultType, Vocabulary,
};
use crate::resource::model::item::{LoadedItem, Status};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::resource::view::resource::ParsedFields;

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::Indicator,
    sort_table: None,
    text_fields: &[("label", TextField::Title), ("description", TextField::Description)],
    references: &[],
    filters: &[
        FilterSchema {
            name: "code",
            filter_type: FilterType::Text,
            description: "Indicators with this code.",
            example: "5.2.1",
        },
        FilterSchema {
            name: "vocabulary",
            filter_type: FilterType::OneOf(INDICATOR_VOCABULARIES),
            description: "Indicators whose code is of this vocabulary.",
            example: "sdg",
        },
        FilterSchema {
            name: "unit",
            filter_type: FilterType::Text,
            description: "Indicators that count this unit.",
            example: "people",
        },
        FilterSchema {
            name: "measure",
            filter_type: FilterType::OneOf(MEASURES),
            description: "Indicators of this measure.",
            example: "unit",
        },
        FilterSchema {
            name: "result_type",
            filter_type: FilterType::OneOf(RESULT_TYPES),
            description: "Indicators of this type of result.",
            example: "outcome",
        },
        FilterSchema {
            name: "additive",
            filter_type: FilterType::Boolean,
            description: "Indicators whose values may be added up (`true`) or may not (`false`).",
            example: "true",
        },
        FilterSchema {
            name: "language",
            filter_type: FilterType::Language,
            description: "Indicators with texts in this language.",
            example: "mk",
        },
    ],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "label",
        column: SortColumn::Title,
        description: "the label, in the answer's language and its alphabet",
    }],
    fields: &[
        "unit",
        "measure",
        "ascending",
        "additive",
        "is_share",
        "result_type",
        "code",
        "vocabulary",
        "vocabulary_url",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[],
    feed_formats: &[],
};

/// What impact statistics measure, and how: defined once for all that belong to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Indicator {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: IndicatorTexts,
    /// What is counted.
    #[schema(required, example = "partnerships")]
    pub unit: Option<String>,
    /// What its values are.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// Whether more is better.
    #[schema(required)]
    pub ascending: Option<bool>,
    /// Whether values may be added up. Percentages never are.
    #[schema(required)]
    pub additive: Option<bool>,
    /// Whether a percentage is a share of a whole, from 0 to 100; null where it is none.
    #[schema(required)]
    pub is_share: Option<bool>,
    /// What kind of result it measures.
    #[schema(required, value_type = Option<ResultType>)]
    pub result_type: Option<String>,
    /// Its code, in the vocabulary.
    #[schema(required, example = "5.2.1")]
    pub code: Option<String>,
    /// Whose code that is.
    #[schema(required, value_type = Option<Vocabulary>)]
    pub vocabulary: Option<String>,
    /// Where the vocabulary is described.
    #[schema(required, format = "uri")]
    pub vocabulary_url: Option<String>,
}

/// An indicator's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct IndicatorTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// What is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        required,
        nullable = false,
        example = "Partnerships on specialist services for survivors"
    )]
    pub label: Option<String>,
    /// How it is measured, as long as it needs to be; plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, IndicatorTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// An indicator's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct IndicatorTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// What is measured.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "Partnerships on specialist services for survivors"
    )]
    pub label: Option<String>,
    /// How it is measured, as long as it needs to be; plain text.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "women-subjected-to-violence", "status": "published", "label": "Women subjected to violence by a partner", "measure": "percentage", "unit": "women and girls aged 15 and older", "ascending": false, "additive": false, "code": "5.2.1", "vocabulary": "sdg"}))]
pub struct IndicatorInput {
    /// Readable name in addresses; made from the label if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, IndicatorTranslation>>,
    /// What is measured, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub label: Option<String>,
    /// How it is measured, as long as it needs to be; plain text; in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// What is counted. Statistics of the indicator follow.
    #[schema(max_length = 200)]
    pub unit: Option<String>,
    /// What its values are; `unit` if it is absent. Statistics of the indicator follow.
    pub measure: Option<Measure>,
    /// Whether more is better. Statistics of the indicator follow.
    pub ascending: Option<bool>,
    /// Whether values may be added up. Statistics of the indicator follow.
    pub additive: Option<bool>,
    /// Whether a percentage is a share of a whole, so that it lies between 0 and 100: a growth in
    /// per cent is none. `true` for percentages if it is absent; only they may have it.
    pub is_share: Option<bool>,
    /// What kind of result it measures.
    pub result_type: Option<ResultType>,
    /// Its code, in the vocabulary; the two go together.
    #[schema(max_length = 200)]
    pub code: Option<String>,
    /// Whose code that is.
    pub vocabulary: Option<Vocabulary>,
    /// Where the vocabulary is described.
    #[schema(format = "uri")]
    pub vocabulary_url: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct IndicatorPage {
    /// The items of this page.
    pub data: Vec<Indicator>,
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

/// An indicator's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct IndicatorFields {
    /// What is counted.
    pub unit: Option<String>,
    /// See [`MEASURES`].
    pub measure: String,
    /// Whether more is better.
    pub ascending: Option<bool>,
    /// Whether values may be added up.
    pub additive: Option<bool>,
    /// Whether a percentage is a share of a whole.
    pub is_share: Option<bool>,
    /// See [`RESULT_TYPES`].
    pub result_type: Option<String>,
    /// In the vocabulary.
    pub code: Option<String>,
    /// See [`VOCABULARIES`].
    pub vocabulary: Option<String>,
    /// Where the vocabulary is described.
    pub vocabulary_url: Option<String>,
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<IndicatorFields> {
    let measure = fields.one_of("measure", MEASURES).unwrap_or_else(|| MEASURE_UNIT.to_owned());
    let is_percentage = measure == "percentage";
    let is_share = fields.flag("is_share");
    if is_share.is_some() && !is_percentage {
        fields.error("is_share", "not_allowed", "Only a percentage is a share of a whole or not; leave it out or measure a `percentage`.");
    }
    let additive = fields.flag("additive");
    if additive == Some(true) && measure != MEASURE_UNIT {
        let detail = format!(
            "Values of the measure `{measure}` cannot be added up; leave `additive` out or set it to false."
        );
        fields.error("additive", "not_allowed", detail);
    }
    let (code, vocabulary) = (
        fields.text("code", limits::SHORT_TEXT),
        fields.one_of("vocabulary", INDICATOR_VOCABULARIES),
    );
    if code.is_some() != vocabulary.is_some() {
        let missing = if code.is_none() { "code" } else { "vocabulary" };
        fields.error(missing, "required", "A code is one of a vocabulary: send both or neither.");
    }
    let own = IndicatorFields {
        unit: fields.text("unit", limits::SHORT_TEXT),
        measure,
        ascending: fields.flag("ascending"),
        additive,
        is_share: is_share.or(is_percentage.then_some(true)),
        result_type: fields.one_of("result_type", RESULT_TYPES),
        code,
        vocabulary,
        vocabulary_url: fields.url("vocabulary_url"),
    };
    ParsedFields { fields: own, references: Vec::new() }
}

/// Draws the resource.
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
    let own = loaded.fields;
    Indicator {
        common,
        texts,
        unit: own.unit,
        measure: own.measure,
        ascending: own.ascending,
        additive: own.additive,
        is_share: own.is_share,
        result_type: own.result_type,
        code: own.code,
        vocabulary: own.vocabulary,
        vocabulary_url: own.vocabulary_url,
    }
}
