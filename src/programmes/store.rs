//! How programmes are stored.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{self, Own, Programme, SPEC};
use crate::db::schema::programmes;
use crate::db::sql::among;
use crate::db::{Connection, Error, Id};
use crate::http::fields::Fields;
use crate::resource::load::{Loaded, Which, Whole, whole};
use crate::resource::shown::{Packed, Shown};
use crate::resource::spec::Spec;
use crate::resource::{Draft, Subject};

/// The columns of [`Row`].
const COLUMNS: &str = "programmes.id, programmes.start_date, programmes.end_date, programmes.website, programmes.iati_identifier,  \
    programmes.countries, programmes.helplines";

#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = programmes, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    start_date: Option<chrono::NaiveDate>,
    end_date: Option<chrono::NaiveDate>,
    website: Option<String>,
    iati_identifier: Option<String>,
    countries: Option<String>,
    helplines: Option<String>,
}

impl Row {
    fn new(id: Id, own: &Own) -> Self {
        Self {
            id,
            start_date: own.start_date,
            end_date: own.end_date,
            website: own.website.clone(),
            iati_identifier: own.iati_identifier.clone(),
            countries: own.countries.0.clone(),
            helplines: own.helplines.0.clone(),
        }
    }

    fn own(self) -> Own {
        let row = self;
        Own {
            start_date: row.start_date,
            end_date: row.end_date,
            website: row.website,
            iati_identifier: row.iati_identifier,
            countries: Packed(row.countries),
            helplines: Packed(row.helplines),
        }
    }
}

/// Programmes as a kind of item.
pub struct Programmes;

impl Subject for Programmes {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Programme;

    fn whole(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<Own>>, Error> {
        whole::<programmes::SqlType, Row, Own>(connection, ("programmes", COLUMNS), which, Row::own)
    }

    fn own_rows(connection: &mut Connection, ids: &[Id]) -> Result<HashMap<Id, Own>, Error> {
        let rows: Vec<Row> = programmes::table.filter(among(programmes::id, ids)).select(Row::as_select()).load(connection)?;
        Ok(rows.into_iter().map(|row| (row.id, row.own())).collect())
    }

    fn save_own(connection: &mut Connection, id: Id, own: &Own, is_new: bool) -> Result<(), Error> {
        let row = Row::new(id, own);
        if is_new {
            diesel::insert_into(programmes::table).values(&row).execute(connection)?;
        } else {
            diesel::update(programmes::table.filter(programmes::id.eq(id))).set(&row).execute(connection)?;
        }
        Ok(())
    }

    fn delete_own(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
        diesel::delete(programmes::table.filter(among(programmes::id, ids))).execute(connection)?;
        Ok(())
    }

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: &Loaded<Own>, shown: &Shown) -> Programme {
        model::view(loaded, shown)
    }

    fn facets(own: &Own) -> Vec<(&'static str, String)> {
        own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)).collect()
    }
}
