//! Storage behaviour of indicators: filter values, validation and propagation to statistics.

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::items;
use crate::db::sql_fragment::{Bind, Fragment, id_in_fragment};
use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::impact::aggregation_rule;
use crate::impact::indicators::model::{self, Indicator, IndicatorFields, SCHEMA};
use crate::impact::measure_rules::{MeasureViolation, measure_violations};
use crate::impact::resource::ImpactStatistics;
use crate::resource::index::filters;
use crate::resource::index::sort_rows::save_sort_row;
use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::revisions::{Audience, bump};
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::store::items as stored_items;
use crate::resource::store::items::load_items;
use crate::resource::store::texts::load_item_texts;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};

/// The `indicator` resource.
pub struct Indicators;

impl ResourceModel for Indicators {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = IndicatorFields;

    fn filter_values(
        own: &IndicatorFields,
        _tracks: &[TrackSummary],
    ) -> Vec<(&'static str, String)> {
        let optional = [
            ("unit", &own.unit),
            ("code", &own.code),
            ("vocabulary", &own.vocabulary),
            ("result_type", &own.result_type),
            ("time_aggregation", &own.time_aggregation),
            ("group_aggregation", &own.group_aggregation),
        ];
        let mut filter_values: Vec<_> =
            optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        filter_values.push(("measure", own.measure.clone()));
        filter_values
    }

    fn sort_columns(_item: &ItemRow, own: &IndicatorFields, _links: &[Reference]) -> Vec<Bind> {
        vec![own.order.map_or(Bind::Null, Bind::Integer)]
    }
}

impl Resource for Indicators {
    type View = Indicator;
    const BODY_DOCS: &'static BodyDocs = &model::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<IndicatorFields> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<IndicatorFields>, render_context: &RenderContext) -> Indicator {
        model::render(loaded, render_context)
    }

    fn before_patch(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
        aggregation_rule::before_patch(fields, patch);
    }

    /// Rejects a change of measure that the values of its statistics would violate.
    fn validate(
        connection: &mut Connection,
        draft: ItemDraft<'_, IndicatorFields>,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let ItemDraft { id: Some(id), fields: indicator, .. } = draft else { return Ok(()) };
        let before = load_items(connection, &id_in_fragment("items.id", [&id]))?
            .pop()
            .and_then(|item| item.parse_fields::<Self::Fields>());
        if before.is_some_and(|before| {
            before.measure == indicator.measure && before.is_share == indicator.is_share
        }) {
            return Ok(());
        }
        for statistic in load_statistics(connection, id)? {
            let Some(fields) =
                statistic.parse_fields::<<ImpactStatistics as ResourceModel>::Fields>()
            else {
                continue;
            };
            if let Some(MeasureViolation { field, detail, .. }) =
                measure_violations(&fields, &indicator.measure, indicator.is_share.unwrap_or(false))
                    .into_iter()
                    .next()
            {
                let detail = format!(
                    "The impact statistic `{}` of this indicator has an incompatible {field}: {detail}",
                    statistic.slug
                );
                errors.push(FieldError::field("/measure", "does_not_fit", detail));
                break;
            }
        }
        Ok(())
    }

    /// Copies changed inherited fields to its statistics, which are filtered and summed by them.
    fn after_save(
        connection: &mut Connection,
        item: &ItemRow,
        before: &IndicatorFields,
        indicator: &IndicatorFields,
    ) -> Result<(), Problem> {
        let inherited = |indicator: &IndicatorFields| {
            (
                indicator.unit.clone(),
                indicator.measure.clone(),
                indicator.ascending,
                indicator.time_aggregation.clone(),
                indicator.group_aggregation.clone(),
                indicator.result_type.clone(),
            )
        };
        if inherited(before) == inherited(indicator) {
            return Ok(());
        }
        let now = item.updated_at;
        for chunk in load_statistics(connection, item.id)?.chunks(500) {
            let mut texts = load_item_texts(
                connection,
                chunk.iter().map(|item| (item.number, item.languages.as_str())),
            )?;
            for statistic in chunk {
                let (Some(mut fields), Some(references)) = (
                    statistic.parse_fields::<<ImpactStatistics as ResourceModel>::Fields>(),
                    statistic.parse_references(),
                ) else {
                    continue;
                };
                fields.inherit_from_indicator(indicator);
                let packed = serde_json::to_string(&fields).map_err(Problem::internal)?;
                diesel::update(items::table.find(statistic.number))
                    .set((
                        items::fields.eq(packed),
                        items::updated_at.eq(now),
                        items::revision.eq(items::revision + 1),
                        items::nonce.eq(item.nonce),
                        items::public_revision.eq(items::revision + 1),
                        items::public_nonce.eq(item.nonce),
                        items::public_updated_at.eq(now),
                        items::catalogue_revision.eq(item.catalogue_revision),
                    ))
                    .execute(connection)?;
                let texts = texts.remove(&statistic.number).unwrap_or_default();
                let indexed = IndexedItem {
                    item: statistic,
                    fields: &fields,
                    texts: &texts,
                    references: &references,
                };
                save_sort_row::<ImpactStatistics>(connection, indexed, IndexChange::Replace)?;
                filters::write_filter_index::<ImpactStatistics>(
                    connection,
                    indexed,
                    IndexChange::Replace,
                )?;
            }
        }
        bump(connection, ResourceKind::IMPACT_STATISTIC, Audience::Public, now)
    }
}

/// Loads the statistics of an indicator, including deleted ones.
fn load_statistics(connection: &mut Connection, id: Id) -> Result<Vec<ItemRow>, Problem> {
    let kind = Fragment::new(" AND items.kind = ")
        .bind(Bind::Text(ResourceKind::IMPACT_STATISTIC.as_str().to_owned()));
    let mut rows = load_items(connection, &stored_items::referencing_items(id).append(&kind))?;
    rows.retain(|row| {
        row.purged_at.is_none()
            && row.references().iter().any(|link| link.field == "indicator" && link.target_id == id)
    });
    Ok(rows)
}
