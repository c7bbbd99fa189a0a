//! Mapping of the results of an activity: indicators, and their values as impact statistics.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::indicators::{JoinedIndicator, first_text, join_indicators};
use super::mapper::{ImportMapper, MappedItem, cut_text, set_if_present};
use super::slugs::{indicator_slug, numbered, stable_slug, valid_own_slug};
use super::words::{FileValue, ValueWords};
use crate::http::json_fields::{is_web_url, limits};
use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, Indicator, Narratives, Period, PeriodValue, Place,
};
use crate::iati::codes;
use crate::impact::summary::fact_table::LOCATION_DIMENSION;
use crate::resource::schema::ResourceKind;
use crate::text::decimal::format::decimal_sort_key;

/// An indicator with its activity and programme.
struct IndicatorContext<'a> {
    activity: &'a Activity,
    indicator: &'a JoinedIndicator<'a>,
    measure: &'static str,
    /// Slug of a statistic without an indicator.
    standalone_slug: Option<String>,
    /// Fields that all statistics of the indicator have.
    common_fields: Map<String, Json>,
    title: &'a str,
}

/// A value and its period.
type DatedValue<'a> = (&'a Period, &'a PeriodValue);

/// The values of a statistic: an actual value, a target or both.
struct StatisticValues<'a> {
    period: &'a Period,
    actual: Option<&'a PeriodValue>,
    target: Option<DatedValue<'a>>,
}

impl ImportMapper<'_> {
    pub(super) fn map_results(&mut self, activity: &Activity, programme: &str) {
        let indicators = join_indicators(activity);
        self.map_result_statements(activity, programme);
        let mut positions = HashMap::new();
        for indicator in &indicators {
            self.map_indicator(activity, indicator, programme);
            self.link_indicator(activity, indicator, &mut positions);
        }
    }

    fn map_indicator(
        &mut self,
        activity: &Activity,
        indicator: &JoinedIndicator<'_>,
        programme: &str,
    ) {
        let first = indicator.first;
        let (Some(measure), Some(result_type)) = (
            codes::measure_from_code(&first.measure),
            codes::result_type_from_code(&indicator.result.kind),
        ) else {
            return;
        };
        let mut about = Map::new();
        about.insert("measure".to_owned(), json!(measure));
        set_if_present(&mut about, "unit", first.unit.as_ref());
        set_if_present(&mut about, "ascending", first.ascending.as_ref());
        self.map_aggregation(first, measure, &mut about);
        let standalone_slug = valid_own_slug(first.statistic.as_deref());
        let mut common_fields = if standalone_slug.is_some() {
            about.insert("result_type".to_owned(), json!(result_type));
            self.count_skipped("result/indicator/reference", first.references.len());
            about
        } else {
            let slug = indicator_slug(activity, indicator);
            let known = self.existing.get(ResourceKind::INDICATOR, &slug);
            let is_known = known.is_some();
            // That of another programme with the same title is referred to, and not changed. A slug
            // that is derived from the identifier of the activity is of this programme.
            let is_shared = first.slug.is_some()
                && known.is_some_and(|known| !known.programmes.contains(programme));
            // The type of a result of an export is its level, which its indicators may not have.
            if indicator.result.slug.is_none() || !is_known {
                about.insert("result_type".to_owned(), json!(result_type));
            }
            if self.line_of(ResourceKind::INDICATOR, &slug).is_none() && !is_shared {
                self.map_reference(first, &mut about);
                // The values that the catalogue has may be outside 0 to 100, and are replaced later.
                let is_share = all_values_are_percentages(indicator);
                if measure == "percentage" && !(is_share && is_known) {
                    about.insert("is_share".to_owned(), json!(is_share));
                }
                self.add_item(MappedItem {
                    line: first.line,
                    kind: ResourceKind::INDICATOR,
                    slug: &slug,
                    body: about,
                    title: &first.title,
                    description: &first.description,
                });
            }
            Map::from_iter([("indicator".to_owned(), json!(slug))])
        };
        common_fields.insert("programme".to_owned(), json!(programme));
        self.count_lost_of_repetitions(indicator);
        self.map_statistics(&IndicatorContext {
            activity,
            indicator,
            measure,
            standalone_slug,
            common_fields,
            title: first_text(&first.title),
        });
    }

    /// Adds how values are aggregated.
    fn map_aggregation(
        &mut self,
        indicator: &Indicator,
        measure: &str,
        about: &mut Map<String, Json>,
    ) {
        let (over_time, over_groups) = (&indicator.time_aggregation, &indicator.group_aggregation);
        if over_time.is_some() || over_groups.is_some() {
            about.insert("time_aggregation".to_owned(), json!(over_time));
            about.insert("group_aggregation".to_owned(), json!(over_groups));
            return;
        }
        // Only counts are additive.
        let additive = indicator.additive.filter(|additive| !additive || measure == "unit");
        set_if_present(about, "additive", additive.as_ref());
        let is_lost = indicator.additive.is_some() && additive.is_none();
        self.count_skipped("result/indicator/@aggregation-status", usize::from(is_lost));
    }

    /// Counts what further mentions of an indicator state differently.
    fn count_lost_of_repetitions(&mut self, indicator: &JoinedIndicator<'_>) {
        let first = indicator.first;
        for mention in &indicator.repetitions {
            let is_lost =
                mention.description != first.description && !mention.description.is_empty();
            let name = "result/indicator/description (of a repeated indicator)";
            self.count_skipped(name, usize::from(is_lost));
            if mention.references != first.references {
                self.count_skipped("result/indicator/reference", mention.references.len());
            }
        }
    }

    /// First code in a supported vocabulary.
    fn map_reference(&mut self, indicator: &Indicator, body: &mut Map<String, Json>) {
        let known = indicator.references.iter().find_map(|reference| {
            let length = reference.code.chars().count();
            let is_valid = (1..=limits::SHORT_TEXT).contains(&length);
            Some((reference, codes::vocabulary_from_code(&reference.vocabulary)?))
                .filter(|_| is_valid)
        });
        self.count_skipped(
            "result/indicator/reference",
            indicator.references.len().saturating_sub(usize::from(known.is_some())),
        );
        let Some((reference, vocabulary)) = known else { return };
        body.insert("code".to_owned(), json!(reference.code));
        body.insert("vocabulary".to_owned(), json!(vocabulary));
        let url = reference.url.as_ref().filter(|url| is_web_url(url));
        set_if_present(body, "vocabulary_url", url);
        let is_lost = reference.url.is_some() && url.is_none();
        let name = "result/indicator/reference/@indicator-uri (not a web URL)";
        self.count_skipped(name, usize::from(is_lost));
    }

    /// Maps values of an indicator to statistics with target and baseline.
    fn map_statistics(&mut self, context: &IndicatorContext<'_>) {
        let mut used: HashSet<usize> = HashSet::new();
        let targets: Vec<DatedValue<'_>> = context
            .indicator
            .periods()
            .flat_map(|period| period.targets.iter().map(move |one| (period, one)))
            .collect();
        let actuals: Vec<DatedValue<'_>> = context
            .indicator
            .periods()
            .flat_map(|period| period.actuals.iter().map(move |one| (period, one)))
            .collect();
        let mut met: HashSet<usize> = HashSet::new();
        for (period, actual) in &actuals {
            // Exports of this product identify the statistic; otherwise actual and target match by
            // period and disaggregation.
            let place = targets.iter().enumerate().position(|(place, (other, target))| {
                !met.contains(&place)
                    && match (&actual.statistic, &target.statistic) {
                        (Some(statistic), Some(context)) => statistic == context,
                        _ => {
                            (other.start, other.end) == (period.start, period.end)
                                && target.slice == actual.slice
                        }
                    }
            });
            met.extend(place);
            let target = place.and_then(|place| targets.get(place)).copied();
            let values = StatisticValues { period, actual: Some(actual), target };
            self.map_statistic(context, &values, &mut used);
        }
        for (place, target) in targets.iter().enumerate() {
            if !met.contains(&place) {
                let values =
                    StatisticValues { period: target.0, actual: None, target: Some(*target) };
                self.map_statistic(context, &values, &mut used);
            }
        }
        let remarks = targets
            .iter()
            .filter(|(_, target)| target.statistic.is_none() && !target.comment.is_empty())
            .count();
        self.count_skipped("result/indicator/period/target/comment", remarks);
        let is_used = |(place, _): &(usize, &Baseline)| used.contains(place);
        let unused = context.indicator.baselines().enumerate().filter(|one| !is_used(one)).count();
        self.count_skipped("result/indicator/baseline", unused);
    }

    fn map_statistic(
        &mut self,
        context: &IndicatorContext<'_>,
        values: &StatisticValues<'_>,
        used: &mut HashSet<usize>,
    ) {
        let StatisticValues { period, actual, target } = *values;
        let Some(main) = actual.or(target.map(|(_, target)| target)) else { return };
        let measure = context.measure;
        let value = actual.and_then(|actual| FileValue::read(actual.value.as_ref(), measure));
        let mut body = context.common_fields.clone();
        body.insert("value".to_owned(), json!(value.as_ref().and_then(FileValue::number)));
        let exact = "exact".to_owned();
        let stated = main.qualifier.as_ref().or_else(|| main.statistic.is_some().then_some(&exact));
        set_if_present(&mut body, "qualifier", stated);
        body.insert("period_start".to_owned(), json!(period.start));
        body.insert("period_end".to_owned(), json!(period.end));
        body.insert("countries".to_owned(), json!(slice_countries(context.activity, &main.slice)));
        body.insert("disaggregation".to_owned(), self.disaggregation(context.activity, main));
        let target_value =
            target.and_then(|(_, target)| FileValue::read(target.value.as_ref(), measure));
        let target_number = target_value.as_ref().and_then(FileValue::number);
        let target_json = target.zip(target_number).map(|((other, _), number)| {
            let own = Some(other).filter(|_| (other.start, other.end) != (period.start, period.end));
            json!({"value": number, "period_start": own.map(|period| period.start), "period_end": own.map(|period| period.end)})
        });
        body.insert("target".to_owned(), json!(target_json));
        let baseline = latest_baseline(context, main, used);
        let numeric = baseline.as_ref().and_then(|(stated, value)| {
            Some(json!({"value": value.number()?, "year": stated.year, "date": stated.date}))
        });
        set_if_present(&mut body, "baseline", numeric.as_ref());
        let source = main.source.as_ref().map(|text| json!({"text": text}));
        set_if_present(&mut body, "source", source.as_ref());
        let partner = main.partner.as_ref().filter(|partner| {
            self.existing.contains(ResourceKind::PARTNER, partner)
                || self.item_indexes.contains_key(&(ResourceKind::PARTNER, (*partner).clone()))
        });
        set_if_present(&mut body, "partner", partner);
        self.map_documents(main, &mut body);
        let (title, mut description) = statistic_texts(context, main);
        let words = ValueWords {
            actual: value.as_ref().and_then(FileValue::words),
            target: target_value.as_ref().and_then(FileValue::words),
            baseline: baseline
                .as_ref()
                .and_then(|(stated, value)| Some((stated.year, value.words()?))),
        };
        if let Some((language, _)) = title.first() {
            words.describe(language, &mut description);
        }
        let Some(slug) = self.statistic_slug(context, values, main) else {
            let message = "duplicate value for the same period, location and dimensions";
            let element = "result/indicator/period/actual";
            return self.add_fault(main.line, element, message.to_owned());
        };
        self.add_item(MappedItem {
            line: main.line,
            kind: ResourceKind::IMPACT_STATISTIC,
            slug: &slug,
            body,
            title: &title,
            description: &description,
        });
        if let Some((stated, _)) = baseline {
            self.add_baseline_comment(&stated.comment);
        }
    }

    /// Adds the comment on the baseline to the statistic that was added last.
    fn add_baseline_comment(&mut self, comment: &Narratives) {
        let statistic = self.items.last_mut();
        let mut translations =
            statistic.and_then(|item| item.body.get_mut("translations")?.as_object_mut());
        let (mut untitled, mut cut) = (0_usize, 0_usize);
        for (language, text) in comment {
            let of = translations.as_mut().and_then(|all| all.get_mut(language)?.as_object_mut());
            let Some(of) = of else {
                untitled = untitled.saturating_add(1);
                continue;
            };
            let short = cut_text(text, limits::SUMMARY);
            cut = cut.saturating_add(usize::from(short.len() < text.len()));
            of.insert("baseline_comment".to_owned(), json!(short));
        }
        let name = "result/indicator/baseline/comment";
        self.count_skipped(&format!("{name} (in a language without a title)"), untitled);
        self.count_skipped(&format!("{name} (the end of a long text)"), cut);
    }

    /// The slug of a statistic. Several values of the same period, location and dimensions are
    /// numbered. `None` if the file repeats the slug of an export.
    fn statistic_slug(
        &mut self,
        context: &IndicatorContext<'_>,
        values: &StatisticValues<'_>,
        main: &PeriodValue,
    ) -> Option<String> {
        let own =
            context.standalone_slug.clone().or_else(|| valid_own_slug(main.statistic.as_deref()));
        if let Some(slug) = own {
            let is_new = self.line_of(ResourceKind::IMPACT_STATISTIC, &slug).is_none();
            return Some(slug).filter(|_| is_new);
        }
        let StatisticValues { period, actual, .. } = values;
        let slice = format!("{:?}\n{:?}", main.slice.locations, main.slice.dimensions);
        let what = if actual.is_some() { "actual" } else { "target" };
        let identity = format!(
            "{}\n{}\n{}\n{what}\n{} {}\n{slice}",
            context.activity.identifier,
            first_text(&context.indicator.result.title),
            context.title,
            period.start,
            period.end
        );
        let identity = numbered(identity, context.indicator.number);
        let first = stable_slug(context.title, &identity);
        let number = self.repetitions.entry(first.clone()).or_default();
        *number = number.saturating_add(1);
        Some(match *number {
            1 => first,
            number => stable_slug(context.title, &format!("{identity}\nvalue {number}")),
        })
    }

    /// Dimensions of a value, with its place below a country.
    fn disaggregation(&mut self, activity: &Activity, value: &PeriodValue) -> Json {
        let mut dimensions: Vec<Json> = Vec::new();
        for (name, category) in &value.slice.dimensions {
            let (short_name, short) =
                (cut_text(name, limits::SHORT_TEXT), cut_text(category, limits::SHORT_TEXT));
            let is_cut = short_name.len() < name.len() || short.len() < category.len();
            let counted = "dimension (the end of a long text)";
            self.count_skipped(counted, usize::from(is_cut));
            dimensions.push(json!({"dimension": short_name, "value": short}));
        }
        let place = slice_place(activity, &value.slice);
        let place = place.map(|place| json!({"dimension": LOCATION_DIMENSION, "value": place}));
        dimensions.extend(place);
        Json::Array(dimensions)
    }
}

/// Label of a statistic: as exported, else that of its indicator, with the description of the
/// value.
fn statistic_texts(context: &IndicatorContext<'_>, main: &PeriodValue) -> (Narratives, Narratives) {
    let indicator = context.indicator.first;
    if context.standalone_slug.is_some() {
        (indicator.title.clone(), indicator.description.clone())
    } else if main.title.is_empty() {
        (indicator.title.clone(), main.comment.clone())
    } else {
        (main.title.clone(), main.description.clone())
    }
}

/// The place below a country of a value: the names of its locations, or their references where the
/// names are missing or repeated.
fn slice_place(activity: &Activity, slice: &DimensionSlice) -> Option<String> {
    if slice.dimensions.iter().any(|(name, _)| name == LOCATION_DIMENSION) {
        return None;
    }
    let name = |place: &Place| place.name.first().map(|(_, name)| name.clone());
    let label = |reference: &String| {
        let place = activity.places.iter().find(|place| place.reference == *reference);
        let own = place.and_then(name)?;
        let namesakes =
            activity.places.iter().filter(|place| name(place).as_ref() == Some(&own)).count();
        (namesakes == 1).then_some(own)
    };
    let places: Vec<String> = slice
        .locations
        .iter()
        .filter(|reference| {
            !activity.locations.iter().any(|country| country.reference == **reference)
        })
        .map(|reference| label(reference).unwrap_or_else(|| reference.clone()))
        .collect();
    let text: String = places.join(", ").chars().take(limits::SHORT_TEXT).collect();
    (!text.is_empty()).then_some(text)
}

/// Countries of a value; other locations are a slice, see [`slice_place`].
fn slice_countries<'a>(activity: &'a Activity, slice: &DimensionSlice) -> Vec<&'a str> {
    let of = |reference: &String| {
        activity.locations.iter().find(|location| location.reference == *reference)
    };
    slice.locations.iter().filter_map(of).map(|location| location.country.as_str()).collect()
}

/// The latest baseline of the same disaggregation, and its value; of a number, if there is one.
fn latest_baseline<'a>(
    context: &IndicatorContext<'a>,
    main: &PeriodValue,
    used: &mut HashSet<usize>,
) -> Option<(&'a Baseline, FileValue<'a>)> {
    // Exports of this product name the statistics of a baseline.
    let is_named = context.indicator.baselines().any(|baseline| !baseline.statistics.is_empty());
    let own = main.statistic.as_ref().filter(|_| is_named);
    let (place, baseline, value) = context
        .indicator
        .baselines()
        .enumerate()
        .filter(|(_, baseline)| {
            baseline.slice == main.slice
                && own.is_none_or(|statistic| baseline.statistics.contains(statistic))
        })
        .filter_map(|(place, baseline)| {
            let value = FileValue::read(baseline.value.as_ref(), context.measure)?;
            Some((place, baseline, value))
        })
        .max_by_key(|(_, one, value)| (value.number().is_some(), one.year, one.date))?;
    used.insert(place);
    Some((baseline, value))
}

/// Whether all values of an indicator are between 0 and 100.
fn all_values_are_percentages(indicator: &JoinedIndicator<'_>) -> bool {
    let values = indicator
        .periods()
        .flat_map(|period| period.actuals.iter().chain(&period.targets))
        .filter_map(|one| one.value.as_ref());
    let baselines = indicator.baselines().filter_map(|one| one.value.as_ref());
    let bound = |bound: &str| decimal_sort_key(bound).unwrap_or_default();
    let (none, all) = (bound("0"), bound("100"));
    values
        .chain(baselines)
        .filter_map(|text| FileValue::read(Some(text), "percentage"))
        .filter_map(|value| value.number().and_then(|number| decimal_sort_key(number)))
        .all(|order| order >= none && order <= all)
}
