//! Mapping of the results of an activity: indicators, and their values as impact statistics.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::mapper::{ImportMapper, MappedItem, set_if_present};
use super::slugs::{indicator_slug, stable_slug, valid_own_slug};
use crate::http::json_fields::{is_web_url, limits};
use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, Document, IatiResult, Indicator, Narratives, Period,
    PeriodValue, Place,
};
use crate::iati::codes;
use crate::impact::summary::fact_table::LOCATION_DIMENSION;
use crate::resource::schema::ResourceKind;
use crate::text::decimal::format::decimal_sort_key;

/// An indicator with the result and activity that contain it.
#[derive(Clone, Copy)]
pub(super) struct IndicatorSource<'a> {
    pub(super) activity: &'a Activity,
    pub(super) result: &'a IatiResult,
    pub(super) indicator: &'a Indicator,
}

/// The values of a statistic: an actual value, a target or both.
struct StatisticValues<'a> {
    period: &'a Period,
    actual: Option<&'a PeriodValue>,
    target: Option<(&'a Period, &'a PeriodValue)>,
}

impl ImportMapper<'_> {
    pub(super) fn map_indicator(&mut self, source: IndicatorSource<'_>, programme: &str) {
        let IndicatorSource { activity, result, indicator } = source;
        let Some(measure) = codes::measure_from_code(&indicator.measure) else {
            return self.add_error(
                indicator.line,
                format!(
                    "`{}` is not an IATI measure (1 to 5)",
                    crate::text::truncate_for_message(&indicator.measure)
                ),
            );
        };
        let Some(result_type) = codes::result_type_from_code(&result.kind) else {
            return self.add_error(
                indicator.line,
                format!(
                    "`{}` is not an IATI result type (1, 2, 3 or 9)",
                    crate::text::truncate_for_message(&result.kind)
                ),
            );
        };
        let Some((_, title)) = indicator.title.first() else { return };
        let mut about = Map::new();
        about.insert("measure".to_owned(), json!(measure));
        set_if_present(&mut about, "unit", indicator.unit.as_ref());
        set_if_present(&mut about, "ascending", indicator.ascending.as_ref());
        // Only counts are additive.
        set_if_present(
            &mut about,
            "additive",
            indicator.additive.filter(|additive| !additive || measure == "unit").as_ref(),
        );
        about.insert("result_type".to_owned(), json!(result_type));
        let alone = valid_own_slug(indicator.statistic.as_deref());
        let (mut common, of) = (
            Map::new(),
            if alone.is_some() {
                None
            } else {
                Some(indicator_slug(activity, result, indicator, title))
            },
        );
        if let Some(slug) = &of {
            if !self.item_indexes.contains_key(&(ResourceKind::INDICATOR, slug.clone())) {
                self.map_reference(indicator, &mut about);
                if measure == "percentage" {
                    about.insert(
                        "is_share".to_owned(),
                        json!(all_values_are_percentages(indicator)),
                    );
                }
                self.add_item(MappedItem {
                    line: indicator.line,
                    kind: ResourceKind::INDICATOR,
                    slug,
                    body: about,
                    title: &indicator.title,
                    description: &indicator.description,
                });
            }
            common.insert("indicator".to_owned(), json!(slug));
        } else {
            common = about;
            self.count_skipped("result/indicator/reference", indicator.references.len());
        }
        common.insert("programme".to_owned(), json!(programme));
        self.map_statistics(&ResultContext {
            activity,
            result,
            indicator,
            measure,
            standalone_slug: alone,
            indicator_slug: of,
            common_fields: common,
            title,
        });
    }

    /// First code in a supported vocabulary.
    fn map_reference(&mut self, indicator: &Indicator, body: &mut Map<String, Json>) {
        let known = indicator
            .references
            .iter()
            .find_map(|one| Some((one, codes::vocabulary_from_code(&one.vocabulary)?)));
        self.count_skipped(
            "result/indicator/reference",
            indicator.references.len().saturating_sub(usize::from(known.is_some())),
        );
        set_if_present(body, "code", known.map(|(one, _)| &one.code));
        set_if_present(body, "vocabulary", known.map(|(_, vocabulary)| vocabulary).as_ref());
        set_if_present(body, "vocabulary_url", known.and_then(|(one, _)| one.url.as_ref()));
    }

    /// Maps values of an indicator to statistics with target and baseline.
    fn map_statistics(&mut self, context: &ResultContext<'_>) {
        let mut used: HashSet<usize> = HashSet::new();
        let targets: Vec<(&Period, &PeriodValue)> = context
            .indicator
            .periods
            .iter()
            .flat_map(|period| period.targets.iter().map(move |one| (period, one)))
            .collect();
        let actuals: Vec<(&Period, &PeriodValue)> = context
            .indicator
            .periods
            .iter()
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
        self.count_skipped(
            "result/indicator/baseline",
            context.indicator.baselines.len().saturating_sub(used.len()),
        );
    }

    fn map_statistic(
        &mut self,
        context: &ResultContext<'_>,
        values: &StatisticValues<'_>,
        used: &mut HashSet<usize>,
    ) {
        let StatisticValues { period, actual, target } = *values;
        let Some(main) = actual.or(target.map(|(_, target)| target)) else { return };
        let mut body = context.common_fields.clone();
        body.insert("value".to_owned(), json!(actual.and_then(|actual| actual.value.as_ref())));
        let exact = "exact".to_owned();
        let stated = main.qualifier.as_ref().or_else(|| main.statistic.is_some().then_some(&exact));
        set_if_present(&mut body, "qualifier", stated);
        body.insert("period_start".to_owned(), json!(period.start));
        body.insert("period_end".to_owned(), json!(period.end));
        body.insert("countries".to_owned(), json!(slice_countries(context.activity, &main.slice)));
        let place = slice_place(context.activity, &main.slice);
        let place = place.iter().map(|place| (LOCATION_DIMENSION, place.as_str()));
        let dimensions = main.slice.dimensions.iter().map(|(name, value)| (&**name, &**value));
        let dimensions: Vec<Json> = dimensions
            .chain(place)
            .map(|(name, value)| json!({"dimension": name, "value": value}))
            .collect();
        body.insert("disaggregation".to_owned(), json!(dimensions));
        set_if_present(&mut body, "baseline", latest_baseline(context, &main.slice, used).as_ref());
        let own_period = target
            .filter(|(other, _)| (other.start, other.end) != (period.start, period.end))
            .map(|(other, _)| other);
        let target = target.and_then(|(_, target)| {
            let value = target.value.as_ref()?;
            Some(json!({"value": value, "period_start": own_period.map(|period| period.start), "period_end": own_period.map(|period| period.end)}))
        });
        body.insert("target".to_owned(), json!(target));
        set_if_present(
            &mut body,
            "source",
            main.source.as_ref().map(|text| json!({"text": text})).as_ref(),
        );
        let partner = main.partner.as_ref().filter(|partner| {
            self.existing.contains(ResourceKind::PARTNER, partner)
                || self.item_indexes.contains_key(&(ResourceKind::PARTNER, (*partner).clone()))
        });
        set_if_present(&mut body, "partner", partner);
        self.map_documents(main, &mut body);
        let (title, description) = statistic_texts(context, main);
        let slug = context
            .standalone_slug
            .clone()
            .or_else(|| valid_own_slug(main.statistic.as_deref()))
            .unwrap_or_else(|| {
                let slice = format!("{:?}\n{:?}", main.slice.locations, main.slice.dimensions);
                let what = if actual.is_some() { "actual" } else { "target" };
                let of_result = context
                    .result
                    .title
                    .first()
                    .map(|(_, title)| title.as_str())
                    .unwrap_or_default();
                let identity = format!(
                    "{}\n{of_result}\n{}\n{what}\n{} {}\n{slice}",
                    context.activity.identifier, context.title, period.start, period.end
                );
                stable_slug(context.title, &identity)
            });
        if self.item_indexes.contains_key(&(ResourceKind::IMPACT_STATISTIC, slug.clone())) {
            return self.add_error(
                main.line,
                "duplicate value for the same period, location and dimensions".to_owned(),
            );
        }
        self.add_item(MappedItem {
            line: main.line,
            kind: ResourceKind::IMPACT_STATISTIC,
            slug: &slug,
            body,
            title: &title,
            description: &description,
        });
    }

    /// Videos of this catalogue become evidence, other links documents.
    fn map_documents(&mut self, value: &PeriodValue, body: &mut Map<String, Json>) {
        let (mut evidence, mut documents) = (Vec::new(), Vec::new());
        for document in &value.documents {
            let video = document
                .video
                .as_deref()
                .filter(|video| self.existing.contains(ResourceKind::VIDEO, video));
            match video {
                Some(video) => evidence.push(evidence_json(video, document)),
                None if !is_web_url(&document.url) => {
                    self.count_skipped("document-link (without a web URL)", 1);
                }
                None => documents.push(document_json(document)),
            }
        }
        set_if_present(body, "evidence", Some(&evidence).filter(|evidence| !evidence.is_empty()));
        set_if_present(
            body,
            "documents",
            Some(&documents).filter(|documents| !documents.is_empty()),
        );
    }
}

/// Parent of a value.
struct ResultContext<'a> {
    activity: &'a Activity,
    result: &'a IatiResult,
    indicator: &'a Indicator,
    measure: &'static str,
    /// Slug of a statistic without an indicator.
    standalone_slug: Option<String>,
    /// Slug of the indicator.
    indicator_slug: Option<String>,
    /// Fields that all statistics of the indicator have.
    common_fields: Map<String, Json>,
    title: &'a str,
}

/// Label of a statistic: as exported, else that of its indicator, with the description of the
/// value.
fn statistic_texts(context: &ResultContext<'_>, main: &PeriodValue) -> (Narratives, Narratives) {
    let (title, description) = if context.indicator_slug.is_none() {
        (context.indicator.title.clone(), context.indicator.description.clone())
    } else if main.title.is_empty() {
        (context.indicator.title.clone(), main.comment.clone())
    } else {
        (main.title.clone(), main.description.clone())
    };
    (title, description)
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

/// Latest baseline of the same disaggregation.
fn latest_baseline(
    context: &ResultContext<'_>,
    slice: &DimensionSlice,
    used: &mut HashSet<usize>,
) -> Option<Json> {
    let fits = |one: &&(usize, &Baseline)| {
        one.1.slice == *slice && one.1.value.is_some() && context.measure != "qualitative"
    };
    let all: Vec<(usize, &Baseline)> = context.indicator.baselines.iter().enumerate().collect();
    let (place, latest) = all.iter().filter(fits).max_by_key(|(_, one)| one.year)?;
    used.insert(*place);
    Some(json!({"value": latest.value, "year": latest.year}))
}

/// Passage of a video from the media fragment of its URL.
fn evidence_json(video: &str, document: &Document) -> Json {
    let seconds = document.url.split_once("#t=").map(|(_, seconds)| seconds).unwrap_or_default();
    let (start, end) = seconds.split_once(',').unwrap_or((seconds, ""));
    let number = |text: &str| text.parse::<f64>().ok();
    let quote = document
        .description
        .first()
        .map(|(language, text)| json!({"text": text, "language": language}));
    json!({"video": video, "start_seconds": number(start), "end_seconds": number(end), "quote": quote})
}

fn document_json(document: &Document) -> Json {
    let (url, page) = match document.url.split_once("#page=") {
        Some((url, page)) if page.parse::<u32>().is_ok() => (url, page.parse::<u32>().ok()),
        _ => (document.url.as_str(), None),
    };
    let named = document.title.first();
    // Language of a document, refined by the language of its title.
    let stated = document.languages.first();
    let language = named
        .map(|(language, _)| language)
        .filter(|language| stated.is_some_and(|stated| language.split('-').next() == Some(stated)));
    let title: String = named.map_or(url, |(_, title)| title).chars().take(limits::TITLE).collect();
    let media_type = Some(&document.format).filter(|format| !format.is_empty());
    json!({"title": title, "url": url, "media_type": media_type, "language": language, "page": page})
}

/// Whether all values of an indicator are between 0 and 100.
fn all_values_are_percentages(indicator: &Indicator) -> bool {
    let values = indicator
        .periods
        .iter()
        .flat_map(|period| period.actuals.iter().chain(&period.targets))
        .filter_map(|one| one.value.as_deref());
    let bound = |bound: &str| decimal_sort_key(bound).unwrap_or_default();
    let (none, all) = (bound("0"), bound("100"));
    let baselines = indicator.baselines.iter().filter_map(|one| one.value.as_deref());
    values.chain(baselines).filter_map(decimal_sort_key).all(|order| order >= none && order <= all)
}
