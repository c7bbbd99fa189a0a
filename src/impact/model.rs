//! What an impact statistic is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::indicators;
use crate::db::keyset::SortKeyType;
use crate::http::json_fields::{JsonFields, limits};
use crate::http::problem::FieldError;
use crate::impact::code_lists::{
    MEASURE_UNIT, MEASURES, Measure, QUALIFIERS, Qualifier, RESULT_TYPES, ResultType,
};
use crate::impact::display_value::format_value;
use crate::places::CountryReference;
use crate::resource::model::item::{LoadedItem, NewReference, Status};
use crate::resource::model::packed::{PackedJson, PackedJsonList};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links};
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ResourceKind,
    ResourceSchema, SortColumn, SortSchema, SortTableSchema, TextField,
};
use crate::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use crate::resource::view::resource::ParsedFields;
use crate::text::decimal::{decimal_sort_key, is_exact_as_double, normalize_decimal};

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::ImpactStatistic,
    sort_table: Some(SortTableSchema {
        name: "impact_statistics",
        columns: &["is_public", "sortable_value", "period_start", "period_end", "fact_record"],
    }),
    text_fields: &[("label", TextField::Title), ("description", TextField::Description)],
    references: &[
        ReferenceSchema {
            field: "indicator",
            target: ResourceKind::Indicator,
            referrer_phrase: "indicator",
        },
        ReferenceSchema {
            field: "programme",
            target: ResourceKind::Programme,
            referrer_phrase: "programme",
        },
        ReferenceSchema {
            field: "partner",
            target: ResourceKind::Partner,
            referrer_phrase: "partner",
        },
        ReferenceSchema {
            field: "evidence",
            target: ResourceKind::Video,
            referrer_phrase: "evidence",
        },
    ],
    filters: &[
        FilterSchema {
            name: "indicator",
            filter_type: FilterType::Item(ResourceKind::Indicator),
            description: "Statistics of this indicator.",
            example: "partnerships-on-survivor-services",
        },
        FilterSchema {
            name: "programme",
            filter_type: FilterType::Item(ResourceKind::Programme),
            description: "Statistics of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::Partner),
            description: "Statistics of this partner.",
            example: "un-women",
        },
        FilterSchema {
            name: "video",
            filter_type: FilterType::Item(ResourceKind::Video),
            description: "Statistics that this video evidences.",
            example: "civil-society-forum-in-istanbul",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Statistics about this country.",
            example: "AL",
        },
        FilterSchema {
            name: "language",
            filter_type: FilterType::Language,
            description: "Statistics with texts in this language.",
            example: "mk",
        },
        FilterSchema {
            name: "unit",
            filter_type: FilterType::Text,
            description: "Statistics that count this unit.",
            example: "people",
        },
        FilterSchema {
            name: "measure",
            filter_type: FilterType::OneOf(MEASURES),
            description: "Statistics of this measure.",
            example: "unit",
        },
        FilterSchema {
            name: "qualifier",
            filter_type: FilterType::OneOf(QUALIFIERS),
            description: "Statistics whose value is exact, more than, less than or about the number.",
            example: "more_than",
        },
        FilterSchema {
            name: "dimension",
            filter_type: FilterType::Text,
            description: "Statistics that are a slice by this dimension, such as `sex`, or this slice of it, such as `sex:female`; with `!` \
                          those that are none.",
            example: "sex:female",
        },
        FilterSchema {
            name: "additive",
            filter_type: FilterType::Boolean,
            description: "Statistics whose values may be added up (`true`) or may not (`false`).",
            example: "true",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "min_value",
            column: "impact_statistics.sortable_value",
            value_type: RangeType::Decimal,
            is_lower_bound: true,
            description: "A value of this or more.",
            example: "500",
        },
        RangeSchema {
            name: "max_value",
            column: "impact_statistics.sortable_value",
            value_type: RangeType::Decimal,
            is_lower_bound: false,
            description: "A value below this.",
            example: "2000",
        },
        RangeSchema {
            name: "period_after",
            column: "impact_statistics.period_start",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "The period began on this day or later.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "period_before",
            column: "impact_statistics.period_start",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "The period began before this day.",
            example: "2025-01-01",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "label",
            column: SortColumn::Title,
            description: "the label, in the answer's language and its alphabet",
        },
        SortSchema {
            name: "value",
            column: SortColumn::Column {
                name: "impact_statistics.sortable_value",
                key_type: SortKeyType::Text,
                nullable: true,
            },
            description: "the value",
        },
        SortSchema {
            name: "period_start",
            column: SortColumn::Column {
                name: "impact_statistics.period_start",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "when the period began",
        },
    ],
    fields: &[
        "figure",
        "indicator",
        "value",
        "value_number",
        "qualifier",
        "unit",
        "measure",
        "ascending",
        "additive",
        "result_type",
        "programme",
        "partner",
        "countries",
        "period_start",
        "period_end",
        "baseline",
        "target",
        "disaggregation",
        "source",
        "documents",
        "evidence",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[
        ResourceKind::Indicator,
        ResourceKind::Programme,
        ResourceKind::Partner,
        ResourceKind::Video,
    ],
    feed_formats: &["atom", "json"],
};

/// A figure: what was counted, how many, how exactly, and what shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImpactStatistic {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: ImpactStatisticTexts,
    /// The indicator that it belongs to. Unit, measure, `ascending`, `additive` and `result_type`
    /// are then the indicator's.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::indicator_or_none)]
    pub indicator: Option<EmbeddedJson>,
    /// The value as an exact decimal; null where there is none, as in a qualitative result.
    #[schema(required, pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "500")]
    pub value: Option<String>,
    /// The value once more as a number, where a number of double precision reads back as the same
    /// decimal; else null.
    #[schema(required, value_type = Option<f64>, example = 500)]
    pub value_number: PackedJson,
    /// How exact the value is: `more_than` and 500 reads "more than 500", and must be shown so.
    #[schema(value_type = Qualifier)]
    pub qualifier: String,
    /// What is counted.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// What the value is.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// Whether more is better.
    #[schema(required)]
    pub ascending: Option<bool>,
    /// Whether values may be added up.
    #[schema(required)]
    pub additive: Option<bool>,
    /// What kind of result it is; null where nobody has said.
    #[schema(required, value_type = Option<ResultType>)]
    pub result_type: Option<String>,
    /// The programme it is a result of.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::programme_shown)]
    pub programme: Option<EmbeddedJson>,
    /// The partner it is a result of.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::partner_or_none)]
    pub partner: Option<EmbeddedJson>,
    /// Where it was counted.
    pub countries: Vec<CountryReference>,
    /// First day of the period.
    #[schema(required)]
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period.
    #[schema(required)]
    pub period_end: Option<chrono::NaiveDate>,
    /// The value before.
    #[schema(required, value_type = Option<Baseline>)]
    pub baseline: PackedJson,
    /// The value aimed at.
    #[schema(required, value_type = Option<Target>)]
    pub target: PackedJson,
    /// Which slice of the whole it is.
    #[schema(value_type = Vec<Disaggregation>)]
    pub disaggregation: PackedJsonList,
    /// Where it is taken from.
    #[schema(required, value_type = Option<SourceDocument>)]
    pub source: PackedJson,
    /// Documents that show it.
    #[schema(value_type = Vec<Document>)]
    pub documents: PackedJsonList,
    /// The videos that show it.
    pub evidence: Vec<Evidence>,
}

/// The value before.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Baseline {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// The value as a number, where that is exact; ignored where it is sent.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub value_number: PackedJson,
    /// Year it was measured in.
    #[schema(minimum = 1900, maximum = 2200)]
    pub year: i64,
}

/// The value aimed at.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Target {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// The value as a number, where that is exact; ignored where it is sent.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub value_number: PackedJson,
    /// First day of the period.
    #[schema(required)]
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period.
    #[schema(required)]
    pub period_end: Option<chrono::NaiveDate>,
}

/// One dimension of a slice, such as sex and female.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Disaggregation {
    /// The dimension.
    #[schema(min_length = 1, max_length = 200, example = "sex")]
    pub dimension: String,
    /// The slice.
    #[schema(min_length = 1, max_length = 200, example = "female")]
    pub value: String,
}

/// Where a figure is taken from.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SourceDocument {
    /// What it is.
    #[schema(required, max_length = 2000)]
    pub text: Option<String>,
    /// Where it is.
    #[schema(required, format = "uri")]
    pub url: Option<String>,
}

/// A document that shows a figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Document {
    /// What it is called.
    #[schema(min_length = 1, max_length = 300, example = "Final report")]
    pub title: String,
    /// Where it is.
    #[schema(format = "uri")]
    pub url: String,
    /// Its media type.
    #[schema(required, max_length = 200, example = "application/pdf")]
    pub media_type: Option<String>,
    /// The language it is written in.
    #[schema(required, example = "en")]
    pub language: Option<String>,
    /// The page that shows it.
    #[schema(required, minimum = 1, maximum = 100_000, example = 12)]
    pub page: Option<i64>,
}

/// Words that a video says, as they are said.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Quote {
    /// The words.
    #[schema(min_length = 1, max_length = 2000, example = "More than five hundred of us came.")]
    pub text: String,
    /// Their language.
    #[schema(required, example = "en")]
    pub language: Option<String>,
}

/// A video that shows a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// The video.
    #[schema(schema_with = crate::resource::schema::openapi_refs::video_shown)]
    pub video: EmbeddedJson,
    /// The second at which the passage begins.
    #[schema(required, minimum = 0)]
    pub start_seconds: Option<f64>,
    /// The second at which the passage ends.
    #[schema(required, minimum = 0)]
    pub end_seconds: Option<f64>,
    /// The words that say it.
    #[schema(required)]
    pub quote: Option<Quote>,
}

/// A video that shows a figure, as it is written.
#[derive(Clone, Debug, ToSchema)]
pub struct EvidenceInput {
    /// The video: a slug, an id, or an object with one.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub video: Option<String>,
    /// The second at which the passage begins.
    #[schema(minimum = 0, maximum = 864_000)]
    pub start_seconds: Option<f64>,
    /// The second at which the passage ends; within the video.
    #[schema(minimum = 0, maximum = 864_000)]
    pub end_seconds: Option<f64>,
    /// The words that say it.
    pub quote: Option<Quote>,
}

/// An impact statistic's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ImpactStatisticTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// What was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "New partnerships")]
    pub label: Option<String>,
    /// As long as it needs to be; plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The value as people say it, with its qualifier, in the answer's language, as country names
    /// are; null where there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>, example = "More than 500")]
    pub figure: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, ImpactStatisticTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// An impact statistic's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct ImpactStatisticTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// What was counted.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "New partnerships"
    )]
    pub label: Option<String>,
    /// As long as it needs to be; plain text.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "forum-participants", "status": "published", "label": "Civil society representatives at the forum", "value": "500", "qualifier": "more_than", "unit": "people", "evidence": [{"video": "civil-society-forum-in-istanbul"}]}))]
pub struct ImpactStatisticInput {
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
    pub translations: Option<BTreeMap<String, ImpactStatisticTranslation>>,
    /// What was counted, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub label: Option<String>,
    /// As long as it needs to be; plain text; in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Ignored: what was read can be sent back.
    pub figure: Option<Value>,
    /// The indicator that it belongs to: a slug, an id, or an object with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub indicator: Option<String>,
    /// Ignored: what was read can be sent back.
    pub value_number: Option<Value>,
    /// Exact decimal, as text or as a number; no separators, no exponent.
    #[schema(schema_with = crate::resource::schema::openapi_refs::decimal_input)]
    pub value: Option<String>,
    /// How exact the value is; `exact` if it is absent.
    pub qualifier: Option<Qualifier>,
    /// What is counted. With an indicator this and the next four are the indicator's: leave them
    /// out, or send what it says.
    #[schema(max_length = 200)]
    pub unit: Option<String>,
    /// What the value is; `unit` if it is absent. A percentage lies between 0 and 100, unless its
    /// indicator says that it is no share of a whole.
    pub measure: Option<Measure>,
    /// Whether more is better.
    pub ascending: Option<bool>,
    /// Whether values may be added up; only those of the measure `unit` may.
    pub additive: Option<bool>,
    /// What kind of result it is.
    pub result_type: Option<ResultType>,
    /// The programme: a slug, an id, or an object with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub programme: Option<String>,
    /// The partner: a slug, an id, or an object with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub partner: Option<String>,
    /// Where it was counted: codes, or objects with one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// First day of the period.
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period; not before the first.
    pub period_end: Option<chrono::NaiveDate>,
    /// The value before.
    pub baseline: Option<Baseline>,
    /// The value aimed at.
    pub target: Option<Target>,
    /// Which slice of the whole it is.
    pub disaggregation: Option<Vec<Disaggregation>>,
    /// Where it is taken from.
    pub source: Option<SourceDocument>,
    /// Documents that show it.
    pub documents: Option<Vec<Document>>,
    /// The videos that show it.
    pub evidence: Option<Vec<EvidenceInput>>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct ImpactStatisticPage {
    /// The items of this page.
    pub data: Vec<ImpactStatistic>,
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

/// Whether a body stated something: of no account when statistics are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExplicitlySet(pub bool);

impl PartialEq for ExplicitlySet {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A statistic's own fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StatisticFields {
    /// Canonical decimal.
    pub value: Option<String>,
    /// See [`QUALIFIERS`].
    pub qualifier: String,
    /// What is counted.
    pub unit: Option<String>,
    /// See [`MEASURES`].
    pub measure: String,
    /// Whether a body that was read states the measure, or leaves it to the indicator.
    #[serde(skip)]
    pub has_explicit_measure: ExplicitlySet,
    /// Whether more is better.
    pub ascending: Option<bool>,
    /// Whether values may be added up.
    pub additive: Option<bool>,
    /// See [`RESULT_TYPES`].
    #[serde(default)]
    pub result_type: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// First day.
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day.
    pub period_end: Option<chrono::NaiveDate>,
    /// [`Baseline`].
    pub baseline: PackedJson,
    /// [`Target`].
    pub target: PackedJson,
    /// [`Disaggregation`]s.
    pub disaggregation: PackedJson,
    /// [`SourceDocument`].
    pub source: PackedJson,
    /// [`Document`]s.
    #[serde(default)]
    pub documents: PackedJson,
    /// The [`Quote`] of each evidence, if any has one.
    #[serde(default)]
    pub quotes: PackedJson,
}

impl StatisticFields {
    /// The value in a form whose byte order is numeric order.
    pub fn sortable_value(&self) -> Option<String> {
        self.value.as_deref().and_then(decimal_sort_key)
    }

    /// Takes over from its indicator what that says of all its statistics.
    pub fn inherit_from_indicator(&mut self, indicator: &indicators::model::IndicatorFields) {
        self.unit.clone_from(&indicator.unit);
        self.measure.clone_from(&indicator.measure);
        (self.ascending, self.additive) = (indicator.ascending, indicator.additive);
        self.result_type.clone_from(&indicator.result_type);
    }

    /// The value as people say it.
    pub fn format_value(&self, language: &str) -> Option<String> {
        self.value
            .as_deref()
            .map(|value| format_value(value, &self.qualifier, &self.measure, language))
    }

    /// The value as people say it, and what was counted: `More than 500 · New partnerships`.
    pub fn title(&self, label: &str, language: &str) -> String {
        self.format_value(language)
            .map_or_else(|| label.to_owned(), |figure| format!("{figure} · {label}"))
    }
}

/// An exact decimal: text, or a JSON number as it was written.
fn parse_decimal(fields: &mut JsonFields<'_, '_>, name: &'static str) -> Option<String> {
    let text = match fields.value(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let value = normalize_decimal(&text);
    if value.is_none() {
        fields.error(
            name,
            "invalid_decimal",
            "A decimal number such as \"1500\" or \"0.5\" is expected here, without separators or exponent.",
        );
    }
    value
}

fn parse_period(
    fields: &mut JsonFields<'_, '_>,
) -> (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>) {
    let (start, end) = (fields.date("period_start"), fields.date("period_end"));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        fields.error(
            "period_end",
            "invalid_range",
            format!("The end must not be before the start ({start})."),
        );
    }
    (start, end)
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<StatisticFields> {
    fields.ignore(&["figure", "value_number"]);
    let value = parse_decimal(fields, "value");
    let (period_start, period_end) = parse_period(fields);
    let baseline = fields.object("baseline", |mut inner| {
        let value = parse_decimal(&mut inner, "value");
        let year = inner.integer("year", 1900..=2200);
        inner.ignore(&["value_number"]);
        inner.require("value", value.is_some());
        inner.require("year", year.is_some());
        inner.finish();
        Some(Baseline {
            value_number: to_json_number(value.as_deref()),
            value: value?,
            year: year?,
        })
    });
    let target = fields.object("target", |mut inner| {
        let value = parse_decimal(&mut inner, "value");
        let (period_start, period_end) = parse_period(&mut inner);
        inner.ignore(&["value_number"]);
        inner.require("value", value.is_some());
        inner.finish();
        Some(Target {
            value_number: to_json_number(value.as_deref()),
            value: value?,
            period_start,
            period_end,
        })
    });
    let disaggregation: Vec<Disaggregation> =
        fields.list("disaggregation", |value, pointer, errors| {
            let mut inner = JsonFields::new(value, pointer, errors)?;
            let (dimension, value) = (
                inner.text("dimension", limits::SHORT_TEXT),
                inner.text("value", limits::SHORT_TEXT),
            );
            inner.require("dimension", dimension.is_some());
            inner.require("value", value.is_some());
            inner.finish();
            Some(Disaggregation { dimension: dimension?, value: value? })
        });
    let source = fields.object("source", |mut inner| {
        let source =
            SourceDocument { text: inner.text("text", limits::SUMMARY), url: inner.url("url") };
        inner.finish();
        (source.text.is_some() || source.url.is_some()).then_some(source)
    });
    let documents: Vec<Document> = fields.list("documents", parse_document);
    let mut quotes: Vec<Option<Quote>> = Vec::new();
    let mut links: Vec<NewReference> = Vec::new();
    for field in ["indicator", "programme", "partner"] {
        links.extend(
            fields.reference(field).map(|target| NewReference::without_role(field, target)),
        );
    }
    links.extend(fields.list("evidence", |value, pointer, errors| {
        let (link, quote) = parse_evidence(value, pointer, errors)?;
        quotes.push(quote);
        Some(link)
    }));
    let measure = fields.one_of("measure", MEASURES);
    let own = StatisticFields {
        value,
        qualifier: fields.one_of("qualifier", QUALIFIERS).unwrap_or_else(|| "exact".to_owned()),
        unit: fields.text("unit", limits::SHORT_TEXT),
        has_explicit_measure: ExplicitlySet(measure.is_some()),
        measure: measure.unwrap_or_else(|| MEASURE_UNIT.to_owned()),
        ascending: fields.flag("ascending"),
        additive: fields.flag("additive"),
        result_type: fields.one_of("result_type", RESULT_TYPES),
        countries: PackedJson::list(&fields.countries("countries")),
        period_start,
        period_end,
        baseline: PackedJson::object(baseline.as_ref()),
        target: PackedJson::object(target.as_ref()),
        disaggregation: PackedJson::list(&disaggregation),
        source: PackedJson::object(source.as_ref()),
        documents: PackedJson::list(&documents),
        quotes: if quotes.iter().any(Option::is_some) {
            PackedJson::list(&quotes)
        } else {
            PackedJson::default()
        },
    };
    ParsedFields { fields: own, references: links }
}

fn parse_document(
    value: &Value,
    pointer: String,
    errors: &mut Vec<FieldError>,
) -> Option<Document> {
    let mut inner = JsonFields::new(value, pointer, errors)?;
    let (title, url) = (inner.text("title", limits::TITLE), inner.url("url"));
    let media_type = inner.text("media_type", limits::SHORT_TEXT);
    let language = inner.language("language").map(|language| language.as_str().to_owned());
    let page = inner.integer("page", 1..=100_000);
    inner.require("title", title.is_some());
    inner.require("url", url.is_some());
    inner.finish();
    Some(Document { title: title?, url: url?, media_type, language, page })
}

fn parse_evidence(
    value: &Value,
    pointer: String,
    errors: &mut Vec<FieldError>,
) -> Option<(NewReference, Option<Quote>)> {
    let mut inner = JsonFields::new(value, pointer, errors)?;
    let video = inner.reference("video");
    let (start, end) =
        (inner.seconds_as_millis("start_seconds"), inner.seconds_as_millis("end_seconds"));
    let quote = inner.object("quote", |mut quote| {
        let (text, language) = (quote.text("text", limits::SUMMARY), quote.language("language"));
        quote.require("text", text.is_some());
        quote.finish();
        Some(Quote { text: text?, language: language.map(|language| language.as_str().to_owned()) })
    });
    inner.require("video", video.is_some());
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        inner.error("end_seconds", "invalid_range", "The passage must not end before it begins.");
    }
    inner.finish();
    Some((
        NewReference {
            start_ms: start,
            end_ms: end,
            ..NewReference::without_role("evidence", video?)
        },
        quote,
    ))
}

/// A decimal as a JSON number, where a number of double precision is exactly that; else nothing.
fn to_json_number(value: Option<&str>) -> PackedJson {
    PackedJson::number(value.filter(|value| is_exact_as_double(value)))
}

/// Draws the resource.
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
        additive: own.additive,
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
