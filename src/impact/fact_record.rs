//! Compact record of the fields of a statistic that summaries need.
//!
//! A summary of the whole catalogue reads this record of each statistic and no other column. The
//! item number is followed by the scope fields and the value fields; the scope fields of two
//! statistics with the same scope are identical byte by byte.

use crate::db::{Id, RowId};
use crate::impact::aggregation_rule::AggregationRule;
use crate::impact::fields::{Baseline, Disaggregation, StatisticFields, Target};
use crate::resource::model::item::Reference;

/// Separator of fields.
const FIELD_SEPARATOR: char = '\t';
/// Separator of list members, and of a dimension and its value.
const LIST_SEPARATOR: char = '\u{1f}';
/// Separator of the scope fields and the value fields.
const SECTION_SEPARATOR: char = '\u{1e}';

/// Encodes the record of a statistic.
pub fn encode(number: RowId, fields: &StatisticFields, references: &[Reference]) -> String {
    let link = |field: &str| {
        let target = references.iter().find(|link| link.field == field);
        target.map(|link| link.target_id.0.simple().to_string()).unwrap_or_default()
    };
    let mut countries: Vec<String> = fields.countries.unpack();
    countries.sort();
    let mut slices: Vec<Disaggregation> = fields.disaggregation.unpack();
    slices.sort_by(|a, b| (&a.dimension, &a.value).cmp(&(&b.dimension, &b.value)));
    let slices: Vec<String> = slices
        .into_iter()
        .flat_map(|slice| [slice.dimension, slice.value])
        .map(|text| replace_control_chars(&text))
        .collect();
    let flag_text =
        |flag: Option<bool>| flag.map_or("", |flag| if flag { "1" } else { "0" }).to_owned();
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let (baseline, target) =
        (fields.baseline.unpack::<Option<Baseline>>(), fields.target.unpack::<Option<Target>>());
    let target = target.as_ref();
    let about = [
        number.to_string(),
        link("indicator"),
        link("programme"),
        link("partner"),
        countries.join(&LIST_SEPARATOR.to_string()),
        slices.join(&LIST_SEPARATOR.to_string()),
        replace_control_chars(fields.unit.as_deref().unwrap_or_default()),
        fields.measure.clone(),
        fields.aggregation_rule().encode(),
        flag_text(fields.ascending),
    ];
    let figures = [
        day(fields.period_start),
        day(fields.period_end),
        fields.qualifier.clone(),
        fields.value.clone().unwrap_or_default(),
        baseline.as_ref().map(|baseline| baseline.value.clone()).unwrap_or_default(),
        baseline.map(|baseline| baseline.year.to_string()).unwrap_or_default(),
        target.map(|target| target.value.clone()).unwrap_or_default(),
        day(target.and_then(|target| target.period_start)),
        day(target.and_then(|target| target.period_end)),
    ];
    [about.join(&FIELD_SEPARATOR.to_string()), figures.join(&FIELD_SEPARATOR.to_string())]
        .join(&SECTION_SEPARATOR.to_string())
}

/// Replaces control characters, which include the separators, by spaces.
fn replace_control_chars(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

/// Scope of a statistic: the counted quantity, its subjects and the place.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct FactScope {
    /// The indicator.
    pub indicator: Option<Id>,
    /// The programme.
    pub programme: Option<Id>,
    /// The partner.
    pub partner: Option<Id>,
    /// Country codes, sorted.
    pub countries: Vec<String>,
    /// Dimension and value of each disaggregation, sorted.
    pub slices: Vec<(String, String)>,
    /// Unit: the counted quantity.
    pub unit: Option<String>,
    /// See [`crate::impact::code_lists::MEASURES`].
    pub measure: String,
    /// How values are aggregated.
    pub rule: AggregationRule,
    /// Whether higher values are better.
    pub ascending: Option<bool>,
}

/// Period and values of a statistic. Dates are ISO 8601 text, whose byte order is chronological; an
/// unknown value is an empty string.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FactValues<'a> {
    /// First day of the period.
    pub start: &'a str,
    /// Last day of the period.
    pub end: &'a str,
    /// See [`crate::impact::code_lists::QUALIFIERS`].
    pub qualifier: &'a str,
    /// The value.
    pub value: &'a str,
    /// Baseline value.
    pub baseline: &'a str,
    /// Year of the baseline.
    pub baseline_year: &'a str,
    /// Target value.
    pub target: &'a str,
    /// First day of the target period.
    pub target_start: &'a str,
    /// Last day of the target period.
    pub target_end: &'a str,
}

/// The sections of a record.
#[derive(Debug, PartialEq)]
pub struct RecordSections<'a> {
    /// Row id of the statistic.
    pub row_id: RowId,
    /// The scope fields, see [`parse_scope`].
    pub scope: &'a str,
    /// The value fields, see [`parse_values`].
    pub values: &'a str,
}

/// Splits a record into its sections.
pub fn split_record(text: &str) -> Option<RecordSections<'_>> {
    let (head, values) = text.split_once(SECTION_SEPARATOR)?;
    let (row_id, scope) = head.split_once(FIELD_SEPARATOR)?;
    Some(RecordSections { row_id: row_id.parse().ok()?, scope, values })
}

/// Parses the value fields.
pub fn parse_values(text: &str) -> Option<FactValues<'_>> {
    let mut fields = text.split(FIELD_SEPARATOR);
    let mut next = || fields.next();
    Some(FactValues {
        start: next()?,
        end: next()?,
        qualifier: next()?,
        value: next()?,
        baseline: next()?,
        baseline_year: next()?,
        target: next()?,
        target_start: next()?,
        target_end: next()?,
    })
}

/// Parses the scope fields.
pub fn parse_scope(text: &str) -> Option<FactScope> {
    let mut fields = text.split(FIELD_SEPARATOR);
    let mut next = || fields.next();
    let list = |text: &str| -> Vec<String> {
        text.split(LIST_SEPARATOR).filter(|_| !text.is_empty()).map(str::to_owned).collect()
    };
    let flag = |text: &str| (!text.is_empty()).then_some(text == "1");
    let id = |text: &str| uuid::Uuid::try_parse(text).ok().map(Id);
    let (indicator, programme, partner) = (id(next()?), id(next()?), id(next()?));
    let (countries, slices) = (list(next()?), list(next()?));
    let unit = next()?;
    Some(FactScope {
        indicator,
        programme,
        partner,
        countries,
        slices: slices
            .chunks_exact(2)
            .filter_map(|pair| Some((pair.first()?.clone(), pair.last()?.clone())))
            .collect(),
        unit: (!unit.is_empty()).then(|| unit.to_owned()),
        measure: next()?.to_owned(),
        rule: AggregationRule::decode(next()?),
        ascending: flag(next()?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn encoded_facts_round_trip() {
        let (programme, indicator) = (Id::new(), Id::new());
        let link = |field: &str, target_id| Reference {
            field: field.to_owned(),
            target_id,
            role: None,
            start_ms: None,
            end_ms: None,
        };
        let own: StatisticFields = serde_json::from_value(json!({
            "value": "12.50", "qualifier": "more_than", "unit": "peo\tple", "measure": "unit", "ascending": true, "time_aggregation": "max",
            "countries": ["RS", "AL"], "period_start": "2024-01-01", "period_end": null, "baseline": {"value": "3", "year": 2019},
            "target": null, "disaggregation": [{"dimension": "sex", "value": "female"}, {"dimension": "age", "value": "15-24"}],
            "source": null,
        }))
        .unwrap();
        let text = encode(7, &own, &[link("programme", programme), link("indicator", indicator)]);
        let sections = split_record(&text).unwrap();
        assert_eq!(sections.row_id, 7);
        let expected = FactScope {
            indicator: Some(indicator),
            programme: Some(programme),
            partner: None,
            countries: vec!["AL".to_owned(), "RS".to_owned()],
            slices: vec![
                ("age".to_owned(), "15-24".to_owned()),
                ("sex".to_owned(), "female".to_owned()),
            ],
            unit: Some("peo ple".to_owned()),
            measure: "unit".to_owned(),
            rule: AggregationRule::new(Some("max"), None),
            ascending: Some(true),
        };
        assert_eq!(parse_scope(sections.scope), Some(expected));
        let expected = FactValues {
            start: "2024-01-01",
            qualifier: "more_than",
            value: "12.50",
            baseline: "3",
            baseline_year: "2019",
            ..FactValues::default()
        };
        assert_eq!(parse_values(sections.values), Some(expected));
        assert_eq!(split_record("a\tb"), None);
    }
}
