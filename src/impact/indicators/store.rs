//! How indicators are stored.

use diesel::prelude::*;

use super::model::{self, Indicator, Own, SPEC};
use crate::db::schema::items;
use crate::db::sql::{Bind, Fragment, id_in_fragment};
use crate::db::{Connection, Id};
use crate::http::fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::impact::store::{ImpactStatistics, misfit};
use crate::resource::load::{Item, Loaded, read_items, texts_of};
use crate::resource::revisions::bump;
use crate::resource::shown::Shown;
use crate::resource::spec::{Kind, Spec};
use crate::resource::tracks::Summary;
use crate::resource::write::save_columns;
use crate::resource::{Draft, NewLink, Subject, index};

/// `Indicators` as a kind of item.
pub struct Indicators;

impl Subject for Indicators {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Indicator;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> Indicator {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        let optional = [
            ("unit", &own.unit),
            ("code", &own.code),
            ("vocabulary", &own.vocabulary),
            ("result_type", &own.result_type),
        ];
        let mut facets: Vec<_> =
            optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        facets.push(("measure", own.measure.clone()));
        facets.extend(own.additive.map(|additive| ("additive", additive.to_string())));
        facets
    }

    /// What belongs to it must still fit.
    fn check(
        connection: &mut Connection,
        id: Option<Id>,
        own: &mut Own,
        _links: &[(NewLink, Id)],
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let Some(id) = id else { return Ok(()) };
        let before = read_items(connection, &id_in_fragment("items.id", [&id]))?
            .pop()
            .and_then(|item| item.own::<Self>());
        if before
            .is_some_and(|before| before.measure == own.measure && before.is_share == own.is_share)
        {
            return Ok(());
        }
        for statistic in statistics(connection, id)? {
            let Some(theirs) = statistic.own::<ImpactStatistics>() else { continue };
            if let Some((field, _, detail)) =
                misfit(&theirs, &own.measure, own.is_share.unwrap_or(false)).into_iter().next()
            {
                let detail = format!(
                    "The impact statistic `{}` belongs to it, and its {field} would not fit: {detail}",
                    statistic.slug
                );
                errors.push(FieldError::field("/measure", "does_not_fit", detail));
                break;
            }
        }
        Ok(())
    }

    /// Its statistics repeat its unit, its measure and what follows from it, so that they are found
    /// and summed by them.
    fn changed(
        connection: &mut Connection,
        item: &Item,
        before: &Own,
        own: &Own,
    ) -> Result<(), Problem> {
        let lent = |own: &Own| {
            (
                own.unit.clone(),
                own.measure.clone(),
                own.ascending,
                own.additive,
                own.result_type.clone(),
            )
        };
        if lent(before) == lent(own) {
            return Ok(());
        }
        let now = item.updated_at;
        for chunk in statistics(connection, item.id)?.chunks(500) {
            let mut texts = texts_of(
                connection,
                chunk.iter().map(|item| (item.number, item.languages.as_str())),
            )?;
            for statistic in chunk {
                let (Some(mut theirs), Some(links)) =
                    (statistic.own::<ImpactStatistics>(), statistic.unpack_links())
                else {
                    continue;
                };
                theirs.follow(own);
                let packed = serde_json::to_string(&theirs).map_err(Problem::internal)?;
                diesel::update(items::table.find(statistic.number))
                    .set((
                        items::own.eq(packed),
                        items::updated_at.eq(now),
                        items::revision.eq(items::revision + 1),
                        items::written.eq(item.written),
                    ))
                    .execute(connection)?;
                save_columns::<ImpactStatistics>(connection, statistic, &theirs, &links, false)?;
                let texts = texts.remove(&statistic.number).unwrap_or_default();
                index::write_facets::<ImpactStatistics>(
                    connection, statistic, &theirs, &texts, &links, false,
                )?;
            }
        }
        bump(connection, Kind::ImpactStatistic, now)
    }
}

/// The statistics that belong to an indicator, deleted ones among them.
fn statistics(connection: &mut Connection, id: Id) -> Result<Vec<Item>, Problem> {
    let kind = Fragment::new(" AND items.kind = ")
        .bind(Bind::Text(Kind::ImpactStatistic.as_str().to_owned()));
    let mut rows = read_items(connection, &index::refers_to(id).append(&kind))?;
    rows.retain(|row| {
        row.purged_at.is_none()
            && row.links().iter().any(|link| link.field == "indicator" && link.target_id == id)
    });
    Ok(rows)
}
