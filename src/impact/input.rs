//! Request body of an impact statistic, and its parser.

use std::ops::RangeInclusive;

use crate::resource::model::item::NewReference;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::{BodyDocs, ParsedFields};

use chrono::Datelike;
use serde_json::json;

use crate::http::json_fields::{JsonFields, limits};
use crate::impact::aggregation_rule;
use crate::impact::code_lists::{MEASURE_UNIT, MEASURES, QUALIFIERS, RESULT_TYPES, STATES};
use crate::impact::fields::{
    Baseline, Disaggregation, Document, ExplicitlySet, Quote, SourceDocument, StatisticFields,
    Target, to_json_number,
};

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"slug": "forum-participants", "status": "published", "label": "Civil society representatives at the forum", "value": "500", "qualifier": "more_than", "unit": "people", "evidence": [{"video": "civil-society-forum-in-istanbul"}]}),
    ),
    descriptions: &[
        (
            "additive",
            "Deprecated: `true` for `time_aggregation` and `group_aggregation` `sum`, `false` for `latest` and `none`.",
        ),
        (
            "group_aggregation",
            "Aggregation over programmes, partners, countries and slices; `sum` only for the measure `unit`.",
        ),
        ("Baseline.year", "Year of measurement; by default that of `date`."),
        (
            "baseline_comment",
            "Comment on the baseline, such as the method of measurement, in `language`.",
        ),
        ("figure", "Ignored; accepted so that a response can be sent back."),
        (
            "measure",
            "Measure of the value; `unit` by default. A percentage lies between 0 and 100 unless its indicator has `is_share` false.",
        ),
        ("period_end", "Last day of the period; not before the first."),
        ("qualifier", "Precision of the value; `exact` by default."),
        ("result_type", "Type of result."),
        (
            "unit",
            "Unit of the value. If `indicator` is set, it defines `unit`, `measure`, `ascending`, `time_aggregation`, `group_aggregation` and `result_type`: omit them or send equal values.",
        ),
        (
            "time_aggregation",
            "Aggregation of the values of several periods; `sum` only for the measure `unit`.",
        ),
        ("value_number", "Ignored; accepted so that a response can be sent back."),
        ("EvidenceInput", "A video that supports a value, in a request."),
        (
            "EvidenceInput.end_seconds",
            "End of the passage, in seconds; not after the end of the video.",
        ),
    ],
};

/// Years of baselines.
const BASELINE_YEARS: RangeInclusive<i64> = 1900..=2200;

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

/// Parses year and day of a baseline. The year is that of the day, unless it is given alone.
fn parse_baseline_year(
    fields: &mut JsonFields<'_, '_>,
) -> (Option<i64>, Option<chrono::NaiveDate>) {
    let (year, date) = (fields.integer("year", BASELINE_YEARS), fields.date("date"));
    if fields.peek("year").is_none() && fields.peek("date").is_none() {
        fields.error("year", "required", "`year` is required, unless there is a `date`.");
    }
    let year_of_date = date.map(|date| i64::from(date.year()));
    if year_of_date.is_some_and(|year| !BASELINE_YEARS.contains(&year)) {
        fields.error("date", "out_of_range", "Expected a date from 1900 to 2200.");
    }
    if let (Some(year), Some(of_date)) = (year, year_of_date)
        && year != of_date
    {
        let detail =
            format!("The date is in the year {of_date}; omit `year` or correct one of them.");
        fields.error("year", "conflicting", detail);
    }
    (year.or(year_of_date), date)
}

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<StatisticFields> {
    fields.ignore(&["figure", "value_number"]);
    let value = fields.decimal("value");
    let (period_start, period_end) = parse_period(fields);
    let baseline = fields.object("baseline", |mut inner| {
        let value = inner.decimal("value");
        let (year, date) = parse_baseline_year(&mut inner);
        inner.ignore(&["value_number"]);
        inner.require("value", value.is_some());
        inner.finish();
        Some(Baseline {
            value_number: to_json_number(value.as_deref()),
            value: value?,
            year: year?,
            date,
        })
    });
    let target = fields.object("target", |mut inner| {
        let value = inner.decimal("value");
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
    let disaggregation: Vec<Disaggregation> = fields.objects("disaggregation", |mut inner| {
        let (dimension, value) =
            (inner.text("dimension", limits::SHORT_TEXT), inner.text("value", limits::SHORT_TEXT));
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
    let documents: Vec<Document> = fields.objects("documents", parse_document);
    let mut quotes: Vec<Option<Quote>> = Vec::new();
    let mut links: Vec<NewReference> = Vec::new();
    for field in ["indicator", "programme", "partner"] {
        links.extend(
            fields.reference(field).map(|target| NewReference::without_role(field, target)),
        );
    }
    links.extend(fields.objects("evidence", |inner| {
        let (link, quote) = parse_evidence(inner)?;
        quotes.push(quote);
        Some(link)
    }));
    let measure = fields.one_of("measure", MEASURES);
    let (time_aggregation, group_aggregation) = aggregation_rule::parse(fields);
    let own = StatisticFields {
        value,
        qualifier: fields.one_of("qualifier", QUALIFIERS).unwrap_or_else(|| "exact".to_owned()),
        unit: fields.text("unit", limits::SHORT_TEXT),
        has_explicit_measure: ExplicitlySet(measure.is_some()),
        measure: measure.unwrap_or_else(|| MEASURE_UNIT.to_owned()),
        ascending: fields.flag("ascending"),
        time_aggregation,
        group_aggregation,
        state: fields.one_of("state", STATES),
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

fn parse_document(mut inner: JsonFields<'_, '_>) -> Option<Document> {
    let (title, url) = (inner.text("title", limits::TITLE), inner.url("url"));
    let media_type = inner.text("media_type", limits::SHORT_TEXT);
    let language = inner.language("language").map(|language| language.as_str().to_owned());
    let page = inner.integer("page", 1..=100_000);
    inner.require("title", title.is_some());
    inner.require("url", url.is_some());
    inner.finish();
    Some(Document { title: title?, url: url?, media_type, language, page })
}

fn parse_evidence(mut inner: JsonFields<'_, '_>) -> Option<(NewReference, Option<Quote>)> {
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
