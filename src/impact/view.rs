//! API representation of an impact statistic.

use crate::resource::model::item::LoadedItem;
use crate::resource::model::packed::PackedJson;
use crate::resource::model::packed::PackedJsonList;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::i18n::country_names::CountryReference;
use crate::impact::code_lists::{
    GroupAggregation, Measure, Qualifier, ResultType, StatisticState, TimeAggregation,
};
use crate::impact::fields::{
    Baseline, Disaggregation, Document, Quote, SourceDocument, StatisticFields, Target,
    to_json_number,
};
use crate::impact::schema::SCHEMA;
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};

/// An impact statistic: an exact figure with its qualifier, unit, period, source and evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImpactStatistic {
    /// Fields common to all resources.
    #[serde(flatten)]
    pub common: CommonFields,
    /// Texts in the language of the response.
    #[serde(flatten)]
    pub texts: ImpactStatisticTexts,
    /// The indicator of the statistic, which defines `unit`, `measure`, `ascending`,
    /// `time_aggregation`, `group_aggregation` and `result_type`.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::indicator_or_null)]
    pub indicator: Option<EmbeddedJson>,
    /// The value as an exact decimal; null if there is none, as for a qualitative result.
    #[schema(required, pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "500")]
    pub value: Option<String>,
    /// The value as a number if a double represents it exactly, otherwise null.
    #[schema(required, value_type = Option<f64>, example = 500)]
    pub value_number: PackedJson,
    /// Precision of the value: 500 with `more_than` means "more than 500" and must be displayed
    /// with this qualifier.
    #[schema(value_type = Qualifier)]
    pub qualifier: String,
    /// Unit: the counted quantity.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// Measure of the value.
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
    /// State of the value: provisional, because it may still change, or verified; null if unknown.
    #[schema(required, value_type = Option<StatisticState>)]
    pub state: Option<String>,
    /// Type of result; null if unknown.
    #[schema(required, value_type = Option<ResultType>)]
    pub result_type: Option<String>,
    /// Programme that achieved the result.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::programme_or_null)]
    pub programme: Option<EmbeddedJson>,
    /// Partner that achieved the result.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::partner_or_null)]
    pub partner: Option<EmbeddedJson>,
    /// Countries to which the value applies.
    pub countries: Vec<CountryReference>,
    /// First day of the period.
    #[schema(required)]
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period.
    #[schema(required)]
    pub period_end: Option<chrono::NaiveDate>,
    /// Baseline value.
    #[schema(required, value_type = Option<Baseline>)]
    pub baseline: PackedJson,
    /// Target value.
    #[schema(required, value_type = Option<Target>)]
    pub target: PackedJson,
    /// Disaggregation of the value; empty for a total.
    #[schema(value_type = Vec<Disaggregation>)]
    pub disaggregation: PackedJsonList,
    /// Source of the value.
    #[schema(required, value_type = Option<SourceDocument>)]
    pub source: PackedJson,
    /// Documents that support the value.
    #[schema(value_type = Vec<Document>)]
    pub documents: PackedJsonList,
    /// Videos that support the value.
    pub evidence: Vec<Evidence>,
}

/// A video that supports a value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// The video.
    #[schema(schema_with = crate::resource::schema::openapi_refs::embedded_video)]
    pub video: EmbeddedJson,
    /// Start of the passage, in seconds.
    #[schema(required, minimum = 0)]
    pub start_seconds: Option<f64>,
    /// End of the passage, in seconds.
    #[schema(required, minimum = 0)]
    pub end_seconds: Option<f64>,
    /// Quotation from the passage.
    #[schema(required)]
    pub quote: Option<Quote>,
}

/// Texts of an impact statistic in one language, or in all languages with `lang=all`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ImpactStatisticTexts {
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether the texts were transliterated from the other script of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name of the counted quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "New partnerships")]
    pub label: Option<String>,
    /// Description as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Comment on the baseline, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub baseline_comment: Option<Option<String>>,
    /// Formatted value with qualifier, in the language of the response; null if there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>, example = "More than 500")]
    pub figure: Option<Option<String>>,
    /// Texts in all languages by language tag; present only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// Renders the API representation.
pub fn render(
    mut loaded: LoadedItem<StatisticFields>,
    render_context: &RenderContext,
) -> ImpactStatistic {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => ImpactStatisticTexts { translations, ..ImpactStatisticTexts::default() },
        Some(chosen) => ImpactStatisticTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            label: Some(chosen.text.title),
            description: Some(chosen.text.description),
            baseline_comment: Some(chosen.text.comment),
            figure: Some(
                loaded.fields.format_value(render_context.language_preference.ui_language),
            ),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let seconds = |milliseconds: Option<i64>| {
        milliseconds.and_then(|ms| i32::try_from(ms).ok()).map(|ms| f64::from(ms) / 1000.0)
    };
    let indicator = loaded.embedded_reference("indicator", render_context);
    let programme = loaded.embedded_reference("programme", render_context);
    let partner = loaded.embedded_reference("partner", render_context);
    let quotes: Vec<Option<Quote>> = loaded.fields.quotes.unpack();
    let evidence = loaded
        .references_in("evidence")
        .enumerate()
        .filter_map(|(place, link)| {
            let video = render_context.embedded(&link.target_id)?;
            let quote = quotes.get(place).cloned().flatten();
            Some(Evidence {
                video,
                start_seconds: seconds(link.start_ms),
                end_seconds: seconds(link.end_ms),
                quote,
            })
        })
        .collect();
    let own = loaded.fields;
    ImpactStatistic {
        common,
        texts,
        indicator,
        value_number: to_json_number(own.value.as_deref()),
        value: own.value,
        qualifier: own.qualifier,
        unit: own.unit,
        measure: own.measure,
        ascending: own.ascending,
        time_aggregation: own.time_aggregation,
        group_aggregation: own.group_aggregation,
        state: own.state,
        result_type: own.result_type,
        programme,
        partner,
        countries: render_context.countries(&own.countries),
        period_start: own.period_start,
        period_end: own.period_end,
        baseline: own.baseline,
        target: own.target,
        disaggregation: own.disaggregation.into_list(),
        source: own.source,
        documents: own.documents.into_list(),
        evidence,
    }
}
