//! Reads long lists whole, some items after the other: the numbers of all first, then each with
//! what it shows.

use std::collections::HashMap;

use super::Subject;
use super::load::{Item, Loaded, complete, read_items};
use super::shown::Shown;
use crate::db::sql::integer_in_fragment;
use crate::db::{Connection, Error, RowId};
use crate::http::keys::Visibility;

/// Reads items of these numbers with all that they show, in this order. What is no longer there for
/// the viewer is left out.
pub fn load_numbers<S: Subject>(
    connection: &mut Connection,
    numbers: &[RowId],
    viewer: Visibility,
    shown: &mut Shown,
) -> Result<Vec<Loaded<S::Own>>, Error> {
    let is_there = |item: &Item| {
        item.deleted_at.is_none() && (item.is_public || viewer.includes_unpublished())
    };
    let mut items =
        read_items(connection, &integer_in_fragment("items.number", numbers.iter().copied()))?;
    items.retain(is_there);
    let places: HashMap<RowId, usize> = numbers.iter().copied().zip(0..).collect();
    items.sort_unstable_by_key(|item| places.get(&item.number).copied());
    complete::<S>(connection, items, viewer, shown)
}
