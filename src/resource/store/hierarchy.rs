//! Hierarchies of items of one kind, whose field `parent` refers to another item of the kind.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::db::sql_fragment::{Bind, Fragment, Statement, id_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::items::load_items;

/// Maximum number of levels of a hierarchy.
pub const MAX_DEPTH: usize = 32;

/// The field that refers to the parent.
const PARENT: &str = "parent";

/// Maximum number of items whose children are loaded by one query.
const IDS_PER_QUERY: usize = 1_000;

/// Why an item cannot have a parent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ParentFault {
    /// The parent is the item itself, or below it.
    Cycle,
    /// The item, or what is below it, would be deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Checks whether an item, given by its id if it is stored, can have this parent. It can keep the
/// one that it has.
pub fn check_parent(
    connection: &mut Connection,
    schema: &ResourceSchema,
    parent: Id,
    own_id: Option<Id>,
) -> Result<Option<ParentFault>, Problem> {
    if let Some(own) = own_id
        && find_parent(connection, own)? == Some(parent)
    {
        return Ok(None);
    }
    let mut depth: usize = 1;
    let mut above = Some(parent);
    while let Some(id) = above {
        if Some(id) == own_id {
            return Ok(Some(ParentFault::Cycle));
        }
        depth = depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Ok(Some(ParentFault::TooDeep));
        }
        above = find_parent(connection, id)?;
    }
    let mut level: Vec<Id> = own_id.into_iter().collect();
    while !level.is_empty() {
        level = load_children(connection, schema, &level)?;
        if depth >= MAX_DEPTH && !level.is_empty() {
            return Ok(Some(ParentFault::TooDeep));
        }
        depth = depth.saturating_add(1);
    }
    Ok(None)
}

fn find_parent(connection: &mut Connection, id: Id) -> Result<Option<Id>, Problem> {
    let item = load_items(connection, &id_in_fragment("items.id", [&id]))?.pop();
    let references = item.map(|item| item.references()).unwrap_or_default();
    Ok(references.into_iter().find(|link| link.field == PARENT).map(|link| link.target_id))
}

/// Loads the ids of the items directly below these, including deleted ones, which can be restored.
fn load_children(
    connection: &mut Connection,
    schema: &ResourceSchema,
    parents: &[Id],
) -> Result<Vec<Id>, Problem> {
    let mut children = Vec::new();
    for parents in parents.chunks(IDS_PER_QUERY) {
        let statement = Fragment::new(
            "SELECT items.id FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number JOIN items ON items.number = filter_index.item \
             WHERE filter_terms.field = ",
        )
        .bind(Bind::Text(schema.reference_index_field(PARENT)))
        .sql(" AND filter_terms.value IN (")
        .binds(parents.iter().map(|id| Bind::Text(id.to_string())))
        .sql(") AND items.purged_at IS NULL");
        let found: Vec<Id> = Statement::<Uuid>::new(statement).load_rows(connection)?;
        children.extend(found);
    }
    Ok(children)
}

/// Moves items that come before their parent, by its key, behind it, in time proportional to the
/// number of items. Others stay in their order, and so do those of a cycle, at the end.
pub fn parents_first<T, K: Eq + Hash + Clone>(
    items: Vec<T>,
    keys: impl Fn(&T) -> (K, Option<K>),
) -> Vec<T> {
    let keyed: Vec<(T, (K, Option<K>))> = items
        .into_iter()
        .map(|item| {
            let keys = keys(&item);
            (item, keys)
        })
        .collect();
    // Several items can have the same key. Those below it wait for all of them.
    let mut pending: HashMap<K, usize> = HashMap::new();
    for (_, (own, _)) in &keyed {
        let count = pending.entry(own.clone()).or_default();
        *count = count.saturating_add(1);
    }
    let mut ordered = Vec::with_capacity(keyed.len());
    let mut waiting: HashMap<K, Vec<(usize, K, T)>> = HashMap::new();
    for (place, (item, (own, parent))) in keyed.into_iter().enumerate() {
        let is_pending = |parent: &K| pending.get(parent).is_some_and(|count| *count > 0);
        if let Some(parent) = parent.filter(is_pending) {
            waiting.entry(parent).or_default().push((place, own, item));
            continue;
        }
        let mut ready = VecDeque::from([(place, own, item)]);
        while let Some((_, own, item)) = ready.pop_front() {
            ordered.push(item);
            let Some(count) = pending.get_mut(&own) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.extend(waiting.remove(&own).unwrap_or_default());
            }
        }
    }
    let mut cyclic: Vec<(usize, K, T)> = waiting.into_values().flatten().collect();
    cyclic.sort_by_key(|(place, ..)| *place);
    ordered.extend(cyclic.into_iter().map(|(_, _, item)| item));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_moved_before_their_children() {
        let order = |items: &[(&'static str, &'static str)]| {
            let keys = |item: &(&'static str, &'static str)| {
                (item.0, Some(item.1).filter(|parent| !parent.is_empty()))
            };
            parents_first(items.to_vec(), keys).into_iter().map(|(own, _)| own).collect::<Vec<_>>()
        };
        assert_eq!(order(&[("a", ""), ("b", "a"), ("c", "")]), ["a", "b", "c"]);
        assert_eq!(
            order(&[("c", "b"), ("b", "a"), ("d", "else"), ("a", "")]),
            ["d", "a", "b", "c"]
        );
        assert_eq!(
            order(&[("b", "a"), ("a", ""), ("c", "b"), ("a", "d"), ("d", "")]),
            ["a", "d", "a", "b", "c"]
        );
        assert_eq!(
            order(&[("below", "x"), ("x", "y"), ("y", "x"), ("self", "self"), ("a", "")]),
            ["a", "below", "x", "y", "self"]
        );
    }

    #[test]
    fn deep_hierarchies_are_ordered_in_linear_time() {
        let started = std::time::Instant::now();
        let ordered = parents_first((0..100_000).collect(), |item: &u32| (*item, Some(*item + 1)));
        assert!(ordered.into_iter().eq((0..100_000).rev()));
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    }
}
