//! What refers to an item, shown whole inside it where `include` asks for it.

use std::collections::HashMap;

use diesel::sql_types::Text as SqlText;
use serde_json::Value;

use super::context::Context;
use super::index::filter_name;
use super::query::Shape;
use super::shown::Shown;
use super::spec::Spec;
use crate::db::sql::{Bind, Fragment, Statement};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Id};
use crate::http::keys::Visibility;
use crate::http::problem::Problem;

/// How many items that refer to others are shown with those of one page.
const MOST: i64 = 1_000;

/// What refers to the items of a page, by the field that shows it.
#[derive(Default)]
pub struct Referrers(Vec<(&'static str, HashMap<Id, Vec<Value>>)>);

impl Referrers {
    /// Reads what `include` asks for: a fixed number of queries for each field.
    pub fn read(
        connection: &mut Connection,
        context: &Context,
        (spec, shape): (&'static Spec, &Shape),
        viewer: Visibility,
        shown: &Shown,
        ids: &[Id],
    ) -> Result<Self, Problem> {
        let mut read = Self::default();
        for referrer in
            spec.referrers.iter().filter(|referrer| shape.include.contains(&referrer.field))
        {
            let mut of: HashMap<Id, Vec<Value>> = ids.iter().map(|id| (*id, Vec::new())).collect();
            if let Some(expand) = context.expander(referrer.kind).filter(|_| !ids.is_empty()) {
                let field = format!("{}.{}", referrer.kind.as_str(), filter_name(referrer.through));
                let found = pairs_of(connection, &field, viewer, ids)?;
                let mut wanted: Vec<Id> = found.iter().map(|(_, id)| *id).collect();
                wanted.sort_unstable();
                wanted.dedup();
                let mut inner = Shown::new(
                    shown.wish.clone(),
                    std::sync::Arc::clone(&shown.places),
                    shown.memory(),
                )
                .at(&shown.base);
                let wholes = expand(connection, &wanted, viewer, &mut inner)?;
                for (target, id) in found {
                    if let (Some(list), Some(whole)) = (of.get_mut(&target), wholes.get(&id)) {
                        list.push(whole.clone());
                    }
                }
            }
            read.0.push((referrer.field, of));
        }
        Ok(read)
    }

    /// What refers to an item, with the names of the fields.
    pub fn of(&self, id: Id) -> impl Iterator<Item = (&'static str, &Vec<Value>)> {
        self.0.iter().filter_map(move |(field, of)| Some((*field, of.get(&id)?)))
    }
}

/// Which items refer to which of these, the newest first.
fn pairs_of(
    connection: &mut Connection,
    field: &str,
    viewer: Visibility,
    ids: &[Id],
) -> Result<Vec<(Id, Id)>, Problem> {
    let visible = if viewer.includes_unpublished() {
        "items.deleted_at IS NULL"
    } else {
        "items.is_public = TRUE"
    };
    let statement = Fragment::new(
        "SELECT terms.value, items.id FROM terms JOIN facets ON facets.term = terms.number JOIN items ON items.number = facets.item \
         WHERE terms.field = ",
    )
    .bind(Bind::Text(field.to_owned()))
    .sql(" AND terms.value IN (")
    .binds(ids.iter().map(|id| Bind::Text(id.to_string())))
    .sql(") AND ")
    .sql(visible)
    .sql(" ORDER BY COALESCE(items.published_at, items.created_at) DESC, items.number DESC LIMIT ")
    .bind(Bind::Integer(MOST));
    let rows: Vec<(String, Id)> =
        Statement::<(SqlText, Uuid)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().filter_map(|(target, id)| Some((Id::parse(&target)?, id))).collect())
}
