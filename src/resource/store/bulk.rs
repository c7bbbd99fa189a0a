//! Reads long lists whole, some items after the other: the numbers of all first, then each with
//! what it shows.

use std::collections::HashMap;

use crate::db::sql_fragment::integer_in_fragment;
use crate::db::{Connection, Error, RowId};
use crate::http::auth::Visibility;
use crate::resource::Resource;
use crate::resource::store::items::{ItemRow, LoadedItem, hydrate, load_items};
use crate::resource::view::context::RenderContext;

/// Reads items of these numbers with all that they show, in this order. What is no longer there for
/// the viewer is left out.
pub fn load_by_row_ids<S: Resource>(
    connection: &mut Connection,
    numbers: &[RowId],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let is_there = |item: &ItemRow| {
        item.deleted_at.is_none() && (item.is_public || visibility.includes_unpublished())
    };
    let mut items =
        load_items(connection, &integer_in_fragment("items.number", numbers.iter().copied()))?;
    items.retain(is_there);
    let places: HashMap<RowId, usize> = numbers.iter().copied().zip(0..).collect();
    items.sort_unstable_by_key(|item| places.get(&item.number).copied());
    hydrate::<S>(connection, items, visibility, render_context)
}
