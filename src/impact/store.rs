//! How impact statistics are stored.

use diesel::prelude::*;

use super::model::{self, ImpactStatistic, Own, SPEC};
use crate::db::schema::{items, videos};
use crate::db::sql::{Bind, among};
use crate::db::{Connection, Id};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, Violation};
use crate::resource::NewLink;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, Subject};

/// `ImpactStatistics` as a kind of item.
pub struct ImpactStatistics;

impl Subject for ImpactStatistics {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = ImpactStatistic;

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> ImpactStatistic {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        let mut facets = vec![("qualifier", own.qualifier.clone()), ("measure", own.measure.clone())];
        facets.extend(own.unit.clone().map(|unit| ("unit", unit)));
        facets.extend(own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)));
        facets
    }

    fn columns(own: &Own) -> Vec<Bind> {
        let day = |day: Option<chrono::NaiveDate>| day.map_or(Bind::Null, Bind::Date);
        vec![own.value_order().map_or(Bind::Null, Bind::Text), day(own.period_start), day(own.period_end)]
    }

    /// A passage lies inside its video.
    fn check(
        connection: &mut Connection,
        _id: Option<Id>,
        _own: &Own,
        links: &[(NewLink, Id)],
        errors: &mut Vec<Violation>,
    ) -> Result<(), Problem> {
        let shown: Vec<Id> = links.iter().filter(|(link, _)| link.field == "evidence").map(|(_, id)| *id).collect();
        if shown.is_empty() {
            return Ok(());
        }
        let durations: Vec<(Id, Option<i64>)> = items::table
            .inner_join(videos::table.on(videos::number.eq(items::number)))
            .filter(among(items::id, &shown))
            .select((items::id, videos::duration_seconds))
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
