//! Items that reference an item, embedded in it if `include` requests them.

use std::collections::HashMap;

use diesel::sql_types::Text as SqlText;
use serde_json::Value;

use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Id};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::resource::read::include::IncludeContext;
use crate::resource::view::context::RenderContext;

/// Maximum number of referencing items embedded in one page.
const MAX_REFERENCING_ITEMS: i64 = 1_000;

/// Items that reference the items of a page, by the field that embeds them.
#[derive(Default)]
pub struct ReferencingItems(Vec<(&'static str, HashMap<Id, Vec<Value>>)>);

impl ReferencingItems {
    /// Loads the referencing items that `include` requests, with a fixed number of queries for each
    /// field.
    pub fn load(
        connection: &mut Connection,
        include_context: IncludeContext<'_>,
        ids: &[Id],
        render_context: &RenderContext,
    ) -> Result<Self, Problem> {
        let IncludeContext { state, schema, shape, visibility } = include_context;
        let mut read = Self::default();
        for referrer in
            schema.referenced_by.iter().filter(|referrer| shape.include.contains(&referrer.field))
        {
            let mut of: HashMap<Id, Vec<Value>> = ids.iter().map(|id| (*id, Vec::new())).collect();
            if let Some(expand) = state.include_loader(referrer.kind).filter(|_| !ids.is_empty())
                && let Some(schema) = state.schema(referrer.kind)
            {
                let field = schema.reference_index_field(referrer.reference_field);
                let found = load_reference_pairs(connection, &field, visibility, ids)?;
                let mut wanted: Vec<Id> = found.iter().map(|(_, id)| *id).collect();
                wanted.sort_unstable();
                wanted.dedup();
                let mut embedded_context = render_context.for_embedded();
                let full_items = expand(connection, &wanted, visibility, &mut embedded_context)?;
                for (target, id) in found {
                    if let (Some(list), Some(resource)) = (of.get_mut(&target), full_items.get(&id))
                    {
                        list.push(resource.clone());
                    }
                }
                // Kinds with an order are in that order.
                for list in of.values_mut() {
                    list.sort_by_key(|item| {
                        let order = item.get("order").and_then(Value::as_i64);
                        (order.is_none(), order)
                    });
                }
            }
            read.0.push((referrer.field, of));
        }
        Ok(read)
    }

    /// Returns the items that reference an item, with the names of their fields.
    pub fn for_item(&self, id: Id) -> impl Iterator<Item = (&'static str, &Vec<Value>)> {
        self.0.iter().filter_map(move |(field, of)| Some((*field, of.get(&id)?)))
    }
}

/// Loads the pairs of referenced and referencing item, newest first.
fn load_reference_pairs(
    connection: &mut Connection,
    field: &str,
    visibility: Visibility,
    ids: &[Id],
) -> Result<Vec<(Id, Id)>, Problem> {
    let visible = if visibility.includes_unpublished() {
        "items.deleted_at IS NULL"
    } else {
        "items.is_public = TRUE"
    };
    let statement = Fragment::new(
        "SELECT filter_terms.value, items.id FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number JOIN items ON items.number = filter_index.item \
         WHERE filter_terms.field = ",
    )
    .bind(Bind::Text(field.to_owned()))
    .sql(" AND filter_terms.value IN (")
    .binds(ids.iter().map(|id| Bind::Text(id.to_string())))
    .sql(") AND ")
    .sql(visible)
    .sql(" ORDER BY COALESCE(items.published_at, items.created_at) DESC, items.number DESC LIMIT ")
    .bind(Bind::Integer(MAX_REFERENCING_ITEMS));
    let rows: Vec<(String, Id)> =
        Statement::<(SqlText, Uuid)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().filter_map(|(target, id)| Some((Id::parse(&target)?, id))).collect())
}
