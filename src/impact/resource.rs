//! Storage behaviour of impact statistics: filter values, sort columns and validation.

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::{items, videos};
use crate::db::sql_fragment::{Bind, id_in, id_in_fragment};
use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::impact::aggregation_rule::{self, RULE_FIELDS};
use crate::impact::fields::{Disaggregation, StatisticFields};
use crate::impact::indicators::model::IndicatorFields;
use crate::impact::measure_rules::measure_violations;
use crate::impact::schema::SCHEMA;
use crate::impact::view::{self, ImpactStatistic};
use crate::impact::{fact_record, input};
use crate::resource::model::item::{ItemRow, LoadedItem, NewReference, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::items::load_items;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};

/// The `impact_statistic` resource.
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
        filter_values.extend(own.state.clone().map(|state| ("state", state)));
        let parts = [
            ("value", own.value.is_some()),
            ("target", own.target.0.is_some()),
            ("baseline", own.baseline.0.is_some()),
        ];
        let parts = parts.into_iter().filter(|(_, is_present)| *is_present);
        filter_values.extend(parts.map(|(part, _)| ("has", part.to_owned())));
        let rule = [
            ("time_aggregation", own.time_aggregation.clone()),
            ("group_aggregation", own.group_aggregation.clone()),
        ];
        filter_values.extend(rule.into_iter().filter_map(|(name, value)| Some((name, value?))));
        for slice in own.disaggregation.unpack::<Vec<Disaggregation>>() {
            let pair = format!("{}:{}", slice.dimension, slice.value);
            filter_values.push(("dimension", pair.to_lowercase()));
            filter_values.push(("dimension", slice.dimension.to_lowercase()));
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
        if let Some(indicator) = followed.parse_fields::<IndicatorFields>() {
            own.inherit_from_indicator(&indicator);
        }
    }
}

impl Resource for ImpactStatistics {
    type View = ImpactStatistic;
    const BODY_DOCS: &'static BodyDocs = &input::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<StatisticFields> {
        input::parse(fields)
    }

    fn render(
        loaded: LoadedItem<StatisticFields>,
        render_context: &RenderContext,
    ) -> ImpactStatistic {
        view::render(loaded, render_context)
    }

    /// Inherits the fields of the indicator, and checks that values fit the measure and passages
    /// lie within their video.
    fn validate(
        connection: &mut Connection,
        draft: ItemDraft<'_, StatisticFields>,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        inherit_indicator(connection, draft.fields, draft.references, errors)?;
        check_passages_within_videos(connection, draft.references, errors)
    }

    /// Removes the fields inherited from the former indicator if a patch changes the indicator.
    fn before_patch(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
        if patch.get("indicator").is_some_and(|indicator| !indicator.is_null()) {
            for name in ["unit", "measure", "ascending", "result_type"].iter().chain(&RULE_FIELDS) {
                fields.remove(*name);
            }
        }
        aggregation_rule::before_patch(fields, patch);
    }
}

/// Copies the fields that the indicator defines; a request body that sets them must use equal
/// values.
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
    let Some((item, indicator)) =
        item.and_then(|item| item.parse_fields::<IndicatorFields>().map(|fields| (item, fields)))
    else {
        errors.extend(aggregation_rule::measure_errors(
            &fields.measure,
            fields.time_aggregation.as_deref(),
            fields.group_aggregation.as_deref(),
        ));
        let found = measure_violations(fields, &fields.measure, true);
        errors.extend(found.into_iter().map(FieldError::from));
        return Ok(());
    };
    let flag_text = |value: Option<bool>| {
        value.map_or("unknown", |value| if value { "true" } else { "false" }).to_owned()
    };
    let stated = [
        ("unit", fields.unit.clone(), indicator.unit.clone().unwrap_or_default()),
        (
            "measure",
            fields.has_explicit_measure.0.then(|| fields.measure.clone()),
            indicator.measure.clone(),
        ),
        (
            "ascending",
            fields.ascending.map(|value| flag_text(Some(value))),
            flag_text(indicator.ascending),
        ),
        (
            "time_aggregation",
            fields.time_aggregation.clone(),
            indicator.time_aggregation.clone().unwrap_or_default(),
        ),
        (
            "group_aggregation",
            fields.group_aggregation.clone(),
            indicator.group_aggregation.clone().unwrap_or_default(),
        ),
        (
            "result_type",
            fields.result_type.clone(),
            indicator.result_type.clone().unwrap_or_default(),
        ),
    ];
    for (field, stated, defined) in stated {
        if stated.is_some_and(|stated| stated != defined) {
            let defined =
                if defined.is_empty() { "none".to_owned() } else { format!("`{defined}`") };
            let detail = format!(
                "The indicator `{}` defines {defined}; omit `{field}` or change the indicator.",
                item.slug
            );
            errors.push(FieldError::field(format!("/{field}"), "does_not_fit", detail));
        }
    }
    fields.inherit_from_indicator(&indicator);
    let found = measure_violations(fields, &indicator.measure, indicator.is_share.unwrap_or(false));
    errors.extend(found.into_iter().map(FieldError::from));
    Ok(())
}

/// Checks that passages lie within their video.
fn check_passages_within_videos(
    connection: &mut Connection,
    references: &[(NewReference, Id)],
    errors: &mut Vec<FieldError>,
) -> Result<(), Problem> {
    let video_ids: Vec<Id> =
        references.iter().filter(|(link, _)| link.field == "evidence").map(|(_, id)| *id).collect();
    if video_ids.is_empty() {
        return Ok(());
    }
    let durations: Vec<(Id, Option<i64>)> = items::table
        .inner_join(videos::table.on(videos::number.eq(items::number)))
        .filter(id_in(items::id, &video_ids))
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
                        "The video is {duration} seconds long; the passage must lie within it."
                    ),
                ));
            }
        }
    }
    Ok(())
}
