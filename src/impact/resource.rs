//! How impact statistics are stored.

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::{items, videos};
use crate::db::sql_fragment::{Bind, id_in, id_in_fragment};
use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::impact::code_lists::MEASURE_UNIT;
use crate::impact::fact_record;
use crate::impact::indicators::resource::Indicators;
use crate::impact::model::{
    self, Baseline, Disaggregation, ImpactStatistic, SCHEMA, StatisticFields, Target,
};
use crate::resource::model::item::{ItemRow, LoadedItem, NewReference, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::items::load_items;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{ParsedFields, Resource};
use crate::text::decimal::decimal_sort_key;

/// `ImpactStatistics` as a kind of item.
pub struct ImpactStatistics;

impl ResourceModel for ImpactStatistics {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    const INHERITS_FROM: Option<&'static str> = Some("indicator");
    type Fields = StatisticFields;

    fn filter_values(
        own: &StatisticFields,
        _tracks: &[TrackSummary],
    ) -> Vec<(&'static str, String)> {
        let mut filter_values =
            vec![("qualifier", own.qualifier.clone()), ("measure", own.measure.clone())];
        filter_values.extend(own.unit.clone().map(|unit| ("unit", unit)));
        filter_values.extend(own.additive.map(|additive| ("additive", additive.to_string())));
        for slice in own.disaggregation.unpack::<Vec<Disaggregation>>() {
            filter_values.push(("dimension", format!("{}:{}", slice.dimension, slice.value)));
            filter_values.push(("dimension", slice.dimension));
        }
        filter_values.extend(
            own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)),
        );
        filter_values
    }

    fn sort_columns(item: &ItemRow, own: &StatisticFields, links: &[Reference]) -> Vec<Bind> {
        let day = |day: Option<chrono::NaiveDate>| day.map_or(Bind::Null, Bind::Date);
        vec![
            Bind::Bool(item.is_public),
            own.sortable_value().map_or(Bind::Null, Bind::Text),
            day(own.period_start),
            day(own.period_end),
            Bind::Text(fact_record::encode(item.number, own, links)),
        ]
    }

    fn inherit(own: &mut StatisticFields, followed: &ItemRow) {
        if let Some(indicator) = followed.parse_fields::<<Indicators as ResourceModel>::Fields>() {
            own.inherit_from_indicator(&indicator);
        }
    }
}

impl Resource for ImpactStatistics {
    type View = ImpactStatistic;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<StatisticFields> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<StatisticFields>, shown: &RenderContext) -> ImpactStatistic {
        model::render(loaded, shown)
    }

    /// What is its indicator's is taken over from there. The value fits the measure; a passage lies
    /// inside its video.
    fn validate(
        connection: &mut Connection,
        _id: Option<Id>,
        own: &mut StatisticFields,
        links: &[(NewReference, Id)],
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        inherit_indicator(connection, own, links, errors)?;
        check_passages_within_videos(connection, links, errors)
    }

    /// With another indicator its words are another's.
    fn before_patch(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
        if patch.get("indicator").is_some_and(|indicator| !indicator.is_null()) {
            for name in ["unit", "measure", "ascending", "additive", "result_type"] {
                fields.remove(name);
            }
        }
    }
}

/// Takes over what an indicator says of all its statistics; what a body says itself must be the
/// same.
fn inherit_indicator(
    connection: &mut Connection,
    fields: &mut StatisticFields,
    references: &[(NewReference, Id)],
    errors: &mut Vec<FieldError>,
) -> Result<(), Problem> {
    let named = references.iter().find(|(link, _)| link.field == "indicator");
    let item = named
        .map(|(_, id)| load_items(connection, &id_in_fragment("items.id", [id])))
        .transpose()?
        .and_then(|mut rows| rows.pop());
    let Some((item, indicator)) = item.and_then(|item| {
        item.parse_fields::<<Indicators as ResourceModel>::Fields>().map(|fields| (item, fields))
    }) else {
        if fields.additive == Some(true) && fields.measure != MEASURE_UNIT {
            let detail = format!(
                "Values of the measure `{}` cannot be added up; leave `additive` out or set it to false.",
                fields.measure
            );
            errors.push(FieldError::field("/additive", "not_allowed", detail));
        }
        let found = measure_violations(fields, &fields.measure, true);
        errors.extend(
            found
                .into_iter()
                .map(|(field, code, detail)| FieldError::field(format!("/{field}"), code, detail)),
        );
        return Ok(());
    };
    let said = |value: Option<bool>| {
        value.map_or("unknown", |value| if value { "true" } else { "false" }).to_owned()
    };
    let stated = [
        ("unit", fields.unit.clone(), indicator.unit.clone().unwrap_or_default()),
        (
            "measure",
            fields.has_explicit_measure.0.then(|| fields.measure.clone()),
            indicator.measure.clone(),
        ),
        ("ascending", fields.ascending.map(|value| said(Some(value))), said(indicator.ascending)),
        ("additive", fields.additive.map(|value| said(Some(value))), said(indicator.additive)),
        (
            "result_type",
            fields.result_type.clone(),
            indicator.result_type.clone().unwrap_or_default(),
        ),
    ];
    for (field, stated, theirs) in stated {
        if stated.is_some_and(|stated| stated != theirs) {
            let theirs = if theirs.is_empty() { "none".to_owned() } else { format!("`{theirs}`") };
            let detail = format!(
                "The indicator `{}` says {theirs} here; leave `{field}` out, or change the indicator.",
                item.slug
            );
            errors.push(FieldError::field(format!("/{field}"), "does_not_fit", detail));
        }
    }
    fields.inherit_from_indicator(&indicator);
    let found = measure_violations(fields, &indicator.measure, indicator.is_share.unwrap_or(false));
    errors.extend(
        found
            .into_iter()
            .map(|(field, code, detail)| FieldError::field(format!("/{field}"), code, detail)),
    );
    Ok(())
}

/// Which values of a statistic a measure does not allow: field, code and reason.
pub fn measure_violations(
    fields: &StatisticFields,
    measure: &str,
    is_share: bool,
) -> Vec<(&'static str, &'static str, String)> {
    let (baseline, target) =
        (fields.baseline.unpack::<Option<Baseline>>(), fields.target.unpack::<Option<Target>>());
    let values = [
        ("value", fields.value.clone()),
        ("baseline/value", baseline.map(|baseline| baseline.value)),
        ("target/value", target.map(|target| target.value)),
    ];
    let values = values.into_iter().filter_map(|(field, value)| Some((field, value?)));
    if measure == "qualitative" {
        let detail =
            "A qualitative statistic has no value; leave it out or choose another measure.";
        return values.map(|(field, _)| (field, "not_allowed", detail.to_owned())).collect();
    }
    if measure != "percentage" || !is_share {
        return Vec::new();
    }
    let (none, all) = (decimal_sort_key("0"), decimal_sort_key("100"));
    let is_outside = |value: &str| {
        decimal_sort_key(value)
            .is_some_and(|order| Some(&order) < none.as_ref() || Some(&order) > all.as_ref())
    };
    let detail = "A share of a whole lies between 0 and 100 per cent; a change in per cent belongs to an indicator with `is_share` false.";
    values
        .filter(|(_, value)| is_outside(value))
        .map(|(field, _)| (field, "out_of_range", detail.to_owned()))
        .collect()
}

/// A passage lies inside its video.
fn check_passages_within_videos(
    connection: &mut Connection,
    references: &[(NewReference, Id)],
    errors: &mut Vec<FieldError>,
) -> Result<(), Problem> {
    let shown: Vec<Id> =
        references.iter().filter(|(link, _)| link.field == "evidence").map(|(_, id)| *id).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let durations: Vec<(Id, Option<i64>)> = items::table
        .inner_join(videos::table.on(videos::number.eq(items::number)))
        .filter(id_in(items::id, &shown))
        .select((items::id, videos::duration_seconds))
        .load(connection)?;
    for (link, video) in references.iter().filter(|(link, _)| link.field == "evidence") {
        let duration =
            durations.iter().find(|(id, _)| id == video).and_then(|(_, duration)| *duration);
        for (name, at) in [("start_seconds", link.start_ms), ("end_seconds", link.end_ms)] {
            if let (Some(at), Some(duration)) = (at, duration)
                && at > duration.saturating_mul(1000)
            {
                let pointer = format!("{}/{name}", link.target.pointer.trim_end_matches("/video"));
                errors.push(FieldError::field(
                    pointer,
                    "out_of_range",
                    format!(
                        "The video is {duration} seconds long; the passage must lie inside it."
                    ),
                ));
            }
        }
    }
    Ok(())
}
