//! Index of the items that have a content note in any language.

use std::collections::HashSet;
use std::sync::Arc;

use diesel::sql_types::BigInt;

use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::resource::cache::versioned::VersionedCache;

/// The items that have a content note in any language; `None` if there are more than
/// `MAX_INDEXED_ITEMS`.
pub type ContentNoteIndex = VersionedCache<(), Option<Arc<HashSet<RowId>>>>;

/// Maximum number of indexed items.
const MAX_INDEXED_ITEMS: i64 = 20_000;

/// Loads the row ids of the items that have a content note. Most items have none, so that their
/// notes need not be queried.
pub(in crate::resource) fn load_items_with_content_note(
    connection: &mut Connection,
) -> Result<Option<Arc<HashSet<RowId>>>, Error> {
    let statement = Fragment::new(
        "SELECT DISTINCT texts.key / 512 FROM texts WHERE texts.content_note IS NOT NULL LIMIT ",
    )
    .bind(Bind::Integer(MAX_INDEXED_ITEMS.saturating_add(1)));
    let items: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    let is_whole = i64::try_from(items.len()).is_ok_and(|count| count <= MAX_INDEXED_ITEMS);
    Ok(is_whole.then(|| Arc::new(items.into_iter().collect())))
}
