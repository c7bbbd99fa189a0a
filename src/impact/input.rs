//! Request body of an impact statistic, and its parser.

use crate::resource::model::item::NewReference;
use crate::resource::model::item::Status;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::ParsedFields;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::http::problem::FieldError;
use crate::impact::code_lists::{
    MEASURE_UNIT, MEASURES, Measure, QUALIFIERS, Qualifier, RESULT_TYPES, ResultType,
};
use crate::impact::fields::{
    Baseline, Disaggregation, Document, ExplicitlySet, Quote, SourceDocument, StatisticFields,
    Target, to_json_number,
};
use crate::impact::view::ImpactStatisticTranslation;
use crate::text::decimal::format::normalize_decimal;

/// A video that supports a value, in a request.
#[derive(Clone, Debug, ToSchema)]
pub struct EvidenceInput {
    /// The video: slug, id, or an object that contains one.
    #[schema(required, schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub video: Option<String>,
    /// Start of the passage, in seconds.
    #[schema(minimum = 0, maximum = 864_000)]
    pub start_seconds: Option<f64>,
    /// End of the passage, in seconds; not after the end of the video.
    #[schema(minimum = 0, maximum = 864_000)]
    pub end_seconds: Option<f64>,
    /// Quotation from the passage.
    pub quote: Option<Quote>,
}

/// Request body of POST and PUT, and the merge patch of PATCH. Texts outside `translations` are in
/// `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "forum-participants", "status": "published", "label": "Civil society representatives at the forum", "value": "500", "qualifier": "more_than", "unit": "people", "evidence": [{"video": "civil-society-forum-in-istanbul"}]}))]
pub struct ImpactStatisticInput {
    /// Readable identifier in URLs; generated from the label by default.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// Publication status; `draft` by default.
    pub status: Option<Status>,
    /// Time of publication; set at first publication by default.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Language in which the item was written (BCP 47).
    pub original_language: Option<String>,
    /// Texts by language tag; in a PATCH, null removes a language.
    pub translations: Option<BTreeMap<String, ImpactStatisticTranslation>>,
    /// Name of the counted quantity, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub label: Option<String>,
    /// Description as plain text, in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Ignored; accepted so that a response can be sent back.
    pub figure: Option<Value>,
    /// The indicator of the statistic: slug, id, or an object that contains one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub indicator: Option<String>,
    /// Ignored; accepted so that a response can be sent back.
    pub value_number: Option<Value>,
    /// Exact decimal as a string or number, without separators or exponent.
    #[schema(schema_with = crate::resource::schema::openapi_refs::decimal_input)]
    pub value: Option<String>,
    /// Precision of the value; `exact` by default.
    pub qualifier: Option<Qualifier>,
    /// Unit of the value. If `indicator` is set, it defines `unit`, `measure`, `ascending`,
    /// `additive` and `result_type`: omit them or send equal values.
    #[schema(max_length = 200)]
    pub unit: Option<String>,
    /// Measure of the value; `unit` by default. A percentage lies between 0 and 100 unless its
    /// indicator has `is_share` false.
    pub measure: Option<Measure>,
    /// Whether higher values are better.
    pub ascending: Option<bool>,
    /// Whether values may be summed; only for the measure `unit`.
    pub additive: Option<bool>,
    /// Type of result.
    pub result_type: Option<ResultType>,
    /// The programme: slug, id, or an object that contains one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub programme: Option<String>,
    /// The partner: slug, id, or an object that contains one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::reference_input)]
    pub partner: Option<String>,
    /// Countries to which the value applies: codes, or objects that contain one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::countries_input)]
    pub countries: Option<Vec<String>>,
    /// First day of the period.
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period; not before the first.
    pub period_end: Option<chrono::NaiveDate>,
    /// Baseline value.
    pub baseline: Option<Baseline>,
    /// Target value.
    pub target: Option<Target>,
    /// Disaggregation of the value; empty for a total.
    pub disaggregation: Option<Vec<Disaggregation>>,
    /// Source of the value.
    pub source: Option<SourceDocument>,
    /// Documents that support the value.
    pub documents: Option<Vec<Document>>,
    /// Videos that support the value.
    pub evidence: Option<Vec<EvidenceInput>>,
}

/// Parses an exact decimal from a string or a JSON number.
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
            "Expected a decimal number such as \"1500\" or \"0.5\", without separators or exponent.",
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

/// Parses and validates a request body.
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
        inner.error("end_seconds", "invalid_range", "The passage must not end before it starts.");
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
