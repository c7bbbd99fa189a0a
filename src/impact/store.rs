//! How impact statistics are stored.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{self, ImpactStatistic, Own, SPEC};
use crate::db::schema::impact_statistics;
use crate::db::sql::among;
use crate::db::{Connection, Error, Id};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, Violation};
use crate::resource::NewLink;
use crate::resource::load::{Loaded, Which, Whole, whole};
use crate::resource::shown::{Packed, Shown};
use crate::resource::spec::Spec;
use crate::resource::{Draft, Subject};

/// The columns of [`Row`].
const COLUMNS: &str = "impact_statistics.id, impact_statistics.value, impact_statistics.value_order, impact_statistics.qualifier,  \
    impact_statistics.unit, impact_statistics.measure, impact_statistics.ascending, impact_statistics.additive,  \
    impact_statistics.countries, impact_statistics.period_start, impact_statistics.period_end,  \
    impact_statistics.baseline, impact_statistics.target, impact_statistics.disaggregation,  \
    impact_statistics.source";

#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = impact_statistics, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    value: Option<String>,
    value_order: Option<String>,
    qualifier: String,
    unit: Option<String>,
    measure: String,
    ascending: Option<bool>,
    additive: Option<bool>,
    countries: Option<String>,
    period_start: Option<chrono::NaiveDate>,
    period_end: Option<chrono::NaiveDate>,
    baseline: Option<String>,
    target: Option<String>,
    disaggregation: Option<String>,
    source: Option<String>,
}

impl Row {
    fn new(id: Id, own: &Own) -> Self {
        Self {
            id,
            value: own.value.clone(),
            value_order: own.value_order(),
            qualifier: own.qualifier.clone(),
            unit: own.unit.clone(),
            measure: own.measure.clone(),
            ascending: own.ascending,
            additive: own.additive,
            countries: own.countries.0.clone(),
            period_start: own.period_start,
            period_end: own.period_end,
            baseline: own.baseline.0.clone(),
            target: own.target.0.clone(),
            disaggregation: own.disaggregation.0.clone(),
            source: own.source.0.clone(),
        }
    }

    fn own(self) -> Own {
        let row = self;
        Own {
            value: row.value,
            qualifier: row.qualifier,
            unit: row.unit,
            measure: row.measure,
            ascending: row.ascending,
            additive: row.additive,
            countries: Packed(row.countries),
            period_start: row.period_start,
            period_end: row.period_end,
            baseline: Packed(row.baseline),
            target: Packed(row.target),
            disaggregation: Packed(row.disaggregation),
            source: Packed(row.source),
        }
    }
}

/// `ImpactStatistics` as a kind of item.
pub struct ImpactStatistics;

impl Subject for ImpactStatistics {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = ImpactStatistic;

    fn whole(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<Own>>, Error> {
        whole::<impact_statistics::SqlType, Row, Own>(connection, ("impact_statistics", COLUMNS), which, Row::own)
    }

    fn own_rows(connection: &mut Connection, ids: &[Id]) -> Result<HashMap<Id, Own>, Error> {
        let rows: Vec<Row> =
            impact_statistics::table.filter(among(impact_statistics::id, ids)).select(Row::as_select()).load(connection)?;
        Ok(rows.into_iter().map(|row| (row.id, row.own())).collect())
    }

    fn save_own(connection: &mut Connection, id: Id, own: &Own, is_new: bool) -> Result<(), Error> {
        let row = Row::new(id, own);
        if is_new {
            diesel::insert_into(impact_statistics::table).values(&row).execute(connection)?;
        } else {
            diesel::update(impact_statistics::table.filter(impact_statistics::id.eq(id))).set(&row).execute(connection)?;
        }
        Ok(())
    }

    fn delete_own(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
        diesel::delete(impact_statistics::table.filter(among(impact_statistics::id, ids))).execute(connection)?;
        Ok(())
    }

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: &Loaded<Own>, shown: &Shown) -> ImpactStatistic {
        model::view(loaded, shown)
    }

    fn facets(own: &Own) -> Vec<(&'static str, String)> {
        let mut facets = vec![("qualifier", own.qualifier.clone()), ("measure", own.measure.clone())];
        facets.extend(own.unit.clone().map(|unit| ("unit", unit)));
        facets.extend(own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)));
        facets
    }

    /// A passage lies inside its video.
    fn check(
        connection: &mut Connection,
        _id: Option<Id>,
        _own: &Own,
        links: &[(NewLink, Id)],
        errors: &mut Vec<Violation>,
    ) -> Result<(), Problem> {
        let videos: Vec<Id> = links.iter().filter(|(link, _)| link.field == "evidence").map(|(_, id)| *id).collect();
        if videos.is_empty() {
            return Ok(());
        }
        let durations: Vec<(Id, Option<i64>)> = crate::db::schema::videos::table
            .filter(among(crate::db::schema::videos::id, &videos))
            .select((crate::db::schema::videos::id, crate::db::schema::videos::duration_seconds))
            .load(connection)?;
        for (link, video) in links.iter().filter(|(link, _)| link.field == "evidence") {
            let duration = durations.iter().find(|(id, _)| id == video).and_then(|(_, duration)| *duration);
            for (name, at) in [("start_seconds", link.start), ("end_seconds", link.end)] {
                if let (Some(at), Some(duration)) = (at, duration)
                    && at > duration.saturating_mul(1000)
                {
                    let pointer = format!("{}/{name}", link.target.pointer.trim_end_matches("/video"));
                    errors.push(Violation::field(
                        pointer,
                        "out_of_range",
                        format!("The video is {duration} seconds long; the passage must lie inside it."),
                    ));
                }
            }
        }
        Ok(())
    }
}
