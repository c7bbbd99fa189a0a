//! Parser of the results of an activity.

use chrono::{Datelike, NaiveDate};

use super::elements::{Element, iati_elements, kinoteka_attribute};
use super::parser::{ActivityParser, invalid_code_message};
use crate::iati::activity::{
    Baseline, IatiResult, Indicator, IndicatorReference, KINOTEKA_NAMESPACE, Period, PeriodValue,
};
use crate::iati::codes;
use crate::text::truncate_for_message;

/// Years of baselines that can be stored.
const BASELINE_YEARS: std::ops::RangeInclusive<i64> = 1900..=2200;

impl ActivityParser {
    /// A result; `None` if its type is invalid.
    pub(super) fn result(&mut self, node: Element<'_, '_>) -> Option<IatiResult> {
        let mut result = IatiResult {
            line: self.line(node),
            slug: kinoteka_attribute(node, "result"),
            level: kinoteka_attribute(node, "level"),
            order: order_attribute(node),
            kind: self.attribute(node, "type"),
            ..IatiResult::default()
        };
        let is_valid = codes::result_type_from_code(&result.kind).is_some();
        if !is_valid {
            let expected = "an IATI result type (1, 2, 3 or 9)";
            self.add_fault(node, invalid_code_message(&result.kind, expected));
        }
        for child in self.children(node) {
            match child.tag_name().name() {
                "title" if result.title.is_empty() => {
                    result.title = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "description" if result.description.is_empty() => {
                    result.description = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "indicator" => {
                    let taken = ["measure", "ascending", "aggregation-status"];
                    let indicator = self.enter(child, &taken, |parser| parser.indicator(child));
                    result.indicators.extend(indicator);
                }
                _ => self.count_skipped(child),
            }
        }
        let is_own = |one: &Indicator| one.slug.is_some() || one.statistic.is_some();
        result.is_stand_in = result.slug.is_none() && result.indicators.iter().any(is_own);
        is_valid.then_some(result)
    }

    /// An indicator; `None` without a title or with an invalid measure.
    fn indicator(&mut self, node: Element<'_, '_>) -> Option<Indicator> {
        let mut indicator = Indicator {
            line: self.line(node),
            statistic: kinoteka_attribute(node, "statistic"),
            slug: kinoteka_attribute(node, "indicator"),
            order: order_attribute(node),
            unit: kinoteka_attribute(node, "unit"),
            time_aggregation: kinoteka_attribute(node, "time-aggregation"),
            group_aggregation: kinoteka_attribute(node, "group-aggregation"),
            measure: self.attribute(node, "measure"),
            ascending: self.flag(node, "ascending"),
            additive: self.flag(node, "aggregation-status"),
            ..Indicator::default()
        };
        let is_measure = codes::measure_from_code(&indicator.measure).is_some();
        if !is_measure {
            let expected = "an IATI measure (1 to 5)";
            self.add_fault(node, invalid_code_message(&indicator.measure, expected));
        }
        for child in self.children(node) {
            match child.tag_name().name() {
                "title" if indicator.title.is_empty() => {
                    indicator.title = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "description" if indicator.description.is_empty() => {
                    indicator.description =
                        self.enter(child, &[], |parser| parser.narratives(child));
                }
                "reference" => {
                    let taken = ["vocabulary", "code", "indicator-uri"];
                    let reference = self.enter(child, &taken, |parser| parser.reference(child));
                    indicator.references.push(reference);
                }
                "baseline" => {
                    let taken = ["year", "iso-date", "value"];
                    let baseline = self.enter(child, &taken, |parser| parser.baseline(child));
                    indicator.baselines.extend(baseline);
                }
                "period" => {
                    let period = self.enter(child, &[], |parser| parser.period(child));
                    indicator.periods.extend(period);
                }
                _ => self.count_skipped(child),
            }
        }
        if indicator.title.is_empty() {
            self.add_fault(node, "an indicator has no title");
        }
        (is_measure && !indicator.title.is_empty()).then_some(indicator)
    }

    /// A Boolean attribute; other values are counted.
    fn flag(&mut self, node: Element<'_, '_>, name: &str) -> Option<bool> {
        match self.attribute(node, name).to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            "" => None,
            _ => {
                self.count_here(&format!("@{name}"));
                None
            }
        }
    }

    fn reference(&mut self, node: Element<'_, '_>) -> IndicatorReference {
        self.count_children(node);
        let url = self.attribute(node, "indicator-uri");
        IndicatorReference {
            vocabulary: self.attribute(node, "vocabulary"),
            code: self.attribute(node, "code"),
            url: Some(url).filter(|url| !url.is_empty()),
        }
    }

    /// A baseline; `None` without a year that can be stored.
    fn baseline(&mut self, node: Element<'_, '_>) -> Option<Baseline> {
        let value = self.value(node, false);
        let stated = self.attribute(node, "iso-date");
        let mut text = self.attribute(node, "year");
        if text.is_empty() {
            stated.get(..4).unwrap_or_default().clone_into(&mut text);
        }
        let Ok(year) = text.parse() else {
            let message = format!("`{}` is not a year", truncate_for_message(&text));
            self.add_fault(node, message);
            return None;
        };
        if !BASELINE_YEARS.contains(&year) {
            self.count_this(&format!(" (of the year {year})"));
            return None;
        }
        // XML Schema dates may have a time zone.
        let date = stated.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
        let date = date.filter(|date| i64::from(date.year()) == year);
        if date.is_none() && !stated.is_empty() {
            self.count_here("@iso-date (not a day of the year)");
        }
        let PeriodValue { value, slice, comment, .. } = value;
        let statistics = kinoteka_attribute(node, "statistics").unwrap_or_default();
        let statistics = statistics.split_ascii_whitespace().map(str::to_owned).collect();
        Some(Baseline { statistics, year, date, value, slice, comment })
    }

    /// A period; `None` without valid dates.
    fn period(&mut self, node: Element<'_, '_>) -> Option<Period> {
        let (mut start, mut end, mut targets, mut actuals) = (None, None, Vec::new(), Vec::new());
        let faults_before = self.file.faults.len();
        for child in self.children(node) {
            match child.tag_name().name() {
                "period-start" => {
                    start = self.enter(child, &["iso-date"], |parser| parser.date(child));
                }
                "period-end" => {
                    end = self.enter(child, &["iso-date"], |parser| parser.date(child));
                }
                "target" => {
                    targets
                        .push(self.enter(child, &["value"], |parser| parser.value(child, false)));
                }
                "actual" => {
                    actuals.push(self.enter(child, &["value"], |parser| parser.value(child, true)));
                }
                _ => self.count_skipped(child),
            }
        }
        let message = match (start, end) {
            (Some(start), Some(end)) if start <= end => {
                return Some(Period { start, end, targets, actuals });
            }
            (Some(start), Some(end)) => {
                format!("a period ends ({end}) before it starts ({start})")
            }
            // An invalid date is a fault of its own.
            _ if self.file.faults.len() > faults_before => return None,
            _ => "a period has no `period-start` or no `period-end`".to_owned(),
        };
        self.add_fault(node, message);
        None
    }

    /// A baseline, target or actual value.
    fn value(&mut self, node: Element<'_, '_>, takes_documents: bool) -> PeriodValue {
        let ours =
            node.children().find(|child| child.tag_name() == (KINOTEKA_NAMESPACE, "value").into());
        let mark = |name: &str| ours.and_then(|ours| ours.attribute(name)).map(str::to_owned);
        let text = self.attribute(node, "value");
        let mut value = PeriodValue {
            line: self.line(node),
            statistic: mark("statistic"),
            qualifier: mark("qualifier"),
            source: mark("source"),
            partner: mark("partner"),
            value: Some(text).filter(|text| !text.is_empty()),
            ..PeriodValue::default()
        };
        for child in ours.iter().flat_map(|ours| iati_elements(*ours)) {
            match child.tag_name().name() {
                "title" => value.title = self.narratives(child),
                "description" => value.description = self.narratives(child),
                _ => {}
            }
        }
        for child in self.children(node) {
            match child.tag_name().name() {
                "location" => {
                    let reference =
                        self.enter(child, &["ref"], |parser| parser.attribute(child, "ref"));
                    if reference.is_empty() {
                        self.count_skipped(child);
                    } else {
                        value.slice.locations.push(reference);
                    }
                }
                "dimension" => {
                    let taken = ["name", "value"];
                    let dimension = self.enter(child, &taken, |parser| parser.dimension(child));
                    value.slice.dimensions.extend(dimension);
                }
                "comment" if value.comment.is_empty() => {
                    value.comment = self.enter(child, &[], |parser| parser.narratives(child));
                }
                "document-link" if takes_documents => {
                    let taken = ["url", "format"];
                    let document = self.enter(child, &taken, |parser| parser.document(child));
                    value.documents.push(document);
                }
                _ => self.count_skipped(child),
            }
        }
        value
    }

    /// Name and value of a dimension. One of them alone says nothing.
    fn dimension(&mut self, node: Element<'_, '_>) -> Option<(String, String)> {
        self.count_children(node);
        let (name, value) = (self.attribute(node, "name"), self.attribute(node, "value"));
        if name.is_empty() || value.is_empty() {
            self.count_this(" (without a name or a value)");
            return None;
        }
        Some((name, value))
    }
}

/// Position that an export of this product states.
fn order_attribute(node: Element<'_, '_>) -> Option<i64> {
    kinoteka_attribute(node, "order")?.parse().ok()
}
