//! How partners are stored.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{self, Own, Partner, SPEC};
use crate::db::schema::partners;
use crate::db::sql::among;
use crate::db::{Connection, Error, Id};
use crate::http::fields::Fields;
use crate::resource::load::{Loaded, Which, Whole, whole};
use crate::resource::shown::{Packed, Shown};
use crate::resource::spec::Spec;
use crate::resource::{Draft, Subject};

/// The columns of [`Row`].
const COLUMNS: &str = "partners.id, partners.kind, partners.acronym, partners.is_group, partners.country, partners.website,  \
    partners.logo";

#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = partners, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    kind: Option<String>,
    acronym: Option<String>,
    is_group: bool,
    country: Option<String>,
    website: Option<String>,
    logo: Option<String>,
}

impl Row {
    fn new(id: Id, own: &Own) -> Self {
        Self {
            id,
            kind: own.kind.clone(),
            acronym: own.acronym.clone(),
            is_group: own.is_group,
            country: own.country.clone(),
            website: own.website.clone(),
            logo: own.logo.0.clone(),
        }
    }

    fn own(self) -> Own {
        let row = self;
        Own {
            kind: row.kind,
            acronym: row.acronym,
            is_group: row.is_group,
            country: row.country,
            website: row.website,
            logo: Packed(row.logo),
        }
    }
}

/// Partners as a kind of item.
pub struct Partners;

impl Subject for Partners {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Partner;

    fn whole(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<Own>>, Error> {
        whole::<partners::SqlType, Row, Own>(connection, ("partners", COLUMNS), which, Row::own)
    }

    fn own_rows(connection: &mut Connection, ids: &[Id]) -> Result<HashMap<Id, Own>, Error> {
        let rows: Vec<Row> = partners::table.filter(among(partners::id, ids)).select(Row::as_select()).load(connection)?;
        Ok(rows.into_iter().map(|row| (row.id, row.own())).collect())
    }

    fn save_own(connection: &mut Connection, id: Id, own: &Own, is_new: bool) -> Result<(), Error> {
        let row = Row::new(id, own);
        if is_new {
            diesel::insert_into(partners::table).values(&row).execute(connection)?;
        } else {
            diesel::update(partners::table.filter(partners::id.eq(id))).set(&row).execute(connection)?;
        }
        Ok(())
    }

    fn delete_own(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
        diesel::delete(partners::table.filter(among(partners::id, ids))).execute(connection)?;
        Ok(())
    }

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: &Loaded<Own>, shown: &Shown) -> Partner {
        model::view(loaded, shown)
    }

    fn facets(own: &Own) -> Vec<(&'static str, String)> {
        let optional = [("kind", &own.kind), ("country", &own.country)];
        let mut facets: Vec<_> = optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        facets.push(("is_group", own.is_group.to_string()));
        facets
    }
}
