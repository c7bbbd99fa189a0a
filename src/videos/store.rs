//! How videos are stored.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{self, Own, SPEC, Video};
use crate::db::schema::videos;
use crate::db::sql::{Statement, among, id_among};
use crate::db::{Connection, Error, Id};
use crate::http::fields::Fields;
use crate::resource::load::{Loaded, Which, Whole, whole};
use crate::resource::shown::{Packed, Shown};
use crate::resource::spec::Spec;
use crate::resource::{Draft, Subject};

/// The columns of [`Row`].
const COLUMNS: &str = "videos.id, videos.duration_seconds, videos.recorded_on, videos.licence, videos.countries,  \
    videos.spoken_languages, videos.sources, videos.thumbnail, videos.captions, videos.chapters, videos.credits,  \
    videos.accessibility";

#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = videos, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    duration_seconds: Option<i64>,
    recorded_on: Option<chrono::NaiveDate>,
    licence: Option<String>,
    countries: Option<String>,
    spoken_languages: Option<String>,
    sources: Option<String>,
    thumbnail: Option<String>,
    captions: Option<String>,
    chapters: Option<String>,
    credits: Option<String>,
    accessibility: Option<String>,
}

impl Row {
    fn new(id: Id, own: &Own) -> Self {
        Self {
            id,
            duration_seconds: own.duration_seconds,
            recorded_on: own.recorded_on,
            licence: own.licence.clone(),
            countries: own.countries.0.clone(),
            spoken_languages: own.spoken_languages.0.clone(),
            sources: own.sources.0.clone(),
            thumbnail: own.thumbnail.0.clone(),
            captions: own.captions.0.clone(),
            chapters: own.chapters.0.clone(),
            credits: own.credits.0.clone(),
            accessibility: own.accessibility.0.clone(),
        }
    }

    fn own(self) -> Own {
        let row = self;
        Own {
            duration_seconds: row.duration_seconds,
            recorded_on: row.recorded_on,
            licence: row.licence,
            countries: Packed(row.countries),
            spoken_languages: Packed(row.spoken_languages),
            sources: Packed(row.sources),
            thumbnail: Packed(row.thumbnail),
            captions: Packed(row.captions),
            chapters: Packed(row.chapters),
            credits: Packed(row.credits),
            accessibility: Packed(row.accessibility),
        }
    }
}

/// Videos as a kind of item.
pub struct Videos;

impl Subject for Videos {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Video;

    fn whole(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<Own>>, Error> {
        whole::<videos::SqlType, Row, Own>(connection, ("videos", COLUMNS), which, Row::own)
    }

    fn own_rows(connection: &mut Connection, ids: &[Id]) -> Result<HashMap<Id, Own>, Error> {
        let rows: Vec<Row> = Statement::<videos::SqlType>::select(COLUMNS, "videos", &id_among("videos.id", ids)).rows(connection)?;
        Ok(rows.into_iter().map(|row| (row.id, row.own())).collect())
    }

    fn save_own(connection: &mut Connection, id: Id, own: &Own, is_new: bool) -> Result<(), Error> {
        let row = Row::new(id, own);
        if is_new {
            diesel::insert_into(videos::table).values(&row).execute(connection)?;
        } else {
            diesel::update(videos::table.filter(videos::id.eq(id))).set(&row).execute(connection)?;
        }
        Ok(())
    }

    fn delete_own(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
        diesel::delete(videos::table.filter(among(videos::id, ids))).execute(connection)?;
        Ok(())
    }

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: &Loaded<Own>, shown: &Shown) -> Video {
        model::view(loaded, shown)
    }

    fn facets(own: &Own) -> Vec<(&'static str, String)> {
        model::facets(own)
    }
}
