//! Loads the resources that `include` embeds.

use std::collections::HashMap;

use serde_json::Value;

use crate::db::sql_fragment::id_in_fragment;
use crate::db::{Connection, Id};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::resource::model::item::Reference;
use crate::resource::query::shape::ResponseShape;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_where;
use crate::resource::view::resource::Resource;

/// What the resources that `include` embeds depend on, besides the items of the response.
#[derive(Clone, Copy)]
pub struct IncludeContext<'a> {
    /// The application state.
    pub state: &'a AppState,
    /// Schema of the items of the response.
    pub schema: &'static ResourceSchema,
    /// The fields to include.
    pub shape: &'a ResponseShape,
    /// Visibility of items and texts.
    pub visibility: Visibility,
}

/// Loads the full resources that `include` requests, with a fixed number of queries for each field.
pub(super) fn load_includes<'a>(
    connection: &mut Connection,
    include_context: IncludeContext<'_>,
    references: impl Iterator<Item = &'a Reference>,
    render_context: &mut RenderContext,
) -> Result<(), Problem> {
    let IncludeContext { state, schema, shape, visibility } = include_context;
    if shape.include.is_empty() {
        return Ok(());
    }
    let mut ids_by_field: HashMap<&'static str, Vec<Id>> = HashMap::new();
    for reference in references {
        if let Some(field) = shape.include.iter().find(|field| **field == reference.field) {
            let ids = ids_by_field.entry(*field).or_default();
            // The public sees an archived item only in short form.
            let is_full = render_context
                .target(&reference.target_id)
                .is_some_and(|target| visibility.includes_unpublished() || !target.is_archived);
            if is_full && !ids.contains(&reference.target_id) {
                ids.push(reference.target_id);
            }
        }
    }
    for (field, ids) in ids_by_field {
        let expand =
            schema.reference(field).and_then(|reference| state.include_loader(reference.target));
        if let Some(expand) = expand {
            let mut embedded_context = render_context.for_embedded();
            for (id, resource) in expand(connection, &ids, visibility, &mut embedded_context)? {
                render_context.insert_full(id, &resource);
            }
        }
    }
    Ok(())
}

/// Loads full resources of one kind for `include`.
pub fn load_full<S: Resource>(
    connection: &mut Connection,
    ids: &[Id],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<HashMap<Id, Value>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let loaded =
        load_where::<S>(connection, &id_in_fragment("items.id", ids), visibility, render_context)?;
    loaded
        .into_iter()
        .map(|item| {
            Ok((
                item.item.id,
                serde_json::to_value(S::render(item, render_context)).map_err(Problem::internal)?,
            ))
        })
        .collect()
}
