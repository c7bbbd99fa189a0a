//! Parser of the results of an activity.

use super::elements::{Element, iati_elements, kinoteka_attribute, trimmed_attribute};
use super::parser::ActivityParser;
use crate::iati::activity::{
    Baseline, IatiResult, Indicator, IndicatorReference, KINOTEKA_NAMESPACE, Period, PeriodValue,
};

impl ActivityParser {
    pub(super) fn result(&mut self, node: Element<'_, '_>) -> IatiResult {
        let mut result =
            IatiResult { kind: trimmed_attribute(node, "type"), ..IatiResult::default() };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => result.title = self.narratives(child),
                "indicator" => {
                    let indicator = self.indicator(child);
                    result.indicators.push(indicator);
                }
                _ => self.count_skipped(child, "result/"),
            }
        }
        result
    }

    fn indicator(&mut self, node: Element<'_, '_>) -> Indicator {
        let flag = |name: &str| match node.attribute(name) {
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => None,
        };
        let mut indicator = Indicator {
            line: self.line(node),
            statistic: kinoteka_attribute(node, "statistic"),
            slug: kinoteka_attribute(node, "indicator"),
            unit: kinoteka_attribute(node, "unit"),
            measure: trimmed_attribute(node, "measure"),
            ascending: flag("ascending"),
            additive: flag("aggregation-status"),
            ..Indicator::default()
        };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => indicator.title = self.narratives(child),
                "description" => indicator.description = self.narratives(child),
                "reference" => indicator.references.push(IndicatorReference {
                    vocabulary: trimmed_attribute(child, "vocabulary"),
                    code: trimmed_attribute(child, "code"),
                    url: child.attribute("indicator-uri").map(str::to_owned),
                }),
                "baseline" => {
                    let baseline = self.baseline(child);
                    indicator.baselines.extend(baseline);
                }
                "period" => {
                    let period = self.period(child);
                    indicator.periods.extend(period);
                }
                _ => self.count_skipped(child, "result/indicator/"),
            }
        }
        if indicator.title.is_empty() {
            self.add_error(node, "an indicator has no title");
        }
        indicator
    }

    fn baseline(&mut self, node: Element<'_, '_>) -> Option<Baseline> {
        let text = trimmed_attribute(node, "year");
        let Ok(year) = text.trim().parse() else {
            self.add_error(
                node,
                format!("`{}` is not a year", crate::text::truncate_for_message(&text)),
            );
            return None;
        };
        let value = self.value(node, "result/indicator/baseline/");
        Some(Baseline { year, value: value.value, slice: value.slice, comment: value.comment })
    }

    fn period(&mut self, node: Element<'_, '_>) -> Option<Period> {
        let (mut start, mut end, mut targets, mut actuals) = (None, None, Vec::new(), Vec::new());
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "period-start" => start = Some(self.date(child)?),
                "period-end" => end = Some(self.date(child)?),
                "target" => {
                    let value = self.value(child, "result/indicator/period/target/");
                    targets.push(value);
                }
                "actual" => {
                    let value = self.value(child, "result/indicator/period/actual/");
                    actuals.push(value);
                }
                _ => self.count_skipped(child, "result/indicator/period/"),
            }
        }
        let (Some(start), Some(end)) = (start, end) else {
            self.add_error(node, "a period has no `period-start` or no `period-end`");
            return None;
        };
        Some(Period { start, end, targets, actuals })
    }

    fn value(&mut self, node: Element<'_, '_>, within: &str) -> PeriodValue {
        let ours =
            node.children().find(|child| child.tag_name() == (KINOTEKA_NAMESPACE, "value").into());
        let mark = |name: &str| ours.and_then(|ours| ours.attribute(name)).map(str::to_owned);
        let mut value = PeriodValue {
            line: self.line(node),
            statistic: mark("statistic"),
            qualifier: mark("qualifier"),
            source: mark("source"),
            partner: mark("partner"),
            value: node
                .attribute("value")
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty()),
            ..PeriodValue::default()
        };
        for child in ours.iter().flat_map(|ours| iati_elements(*ours)) {
            match child.tag_name().name() {
                "title" => value.title = self.narratives(child),
                "description" => value.description = self.narratives(child),
                _ => {}
            }
        }
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "location" => {
                    value.slice.locations.extend(child.attribute("ref").map(str::to_owned));
                }
                "dimension" => value
                    .slice
                    .dimensions
                    .push((trimmed_attribute(child, "name"), trimmed_attribute(child, "value"))),
                "comment" => value.comment = self.narratives(child),
                "document-link" if within.ends_with("actual/") => {
                    let document = self.document(child);
                    value.documents.push(document);
                }
                _ => self.count_skipped(child, within),
            }
        }
        value
    }
}
