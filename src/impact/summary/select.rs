//! Selection of the statistics of a list from the fact table.

use std::sync::Arc;

use crate::db::Connection;
use crate::http::problem::Problem;
use crate::impact::schema::SCHEMA;
use crate::impact::summary::fact_table::FactTable;
use crate::resource::cache::references::CacheView;
use crate::resource::query::params::ListRequest;

/// The statistics of a list as row indexes.
pub struct SelectedRows {
    /// The fact table.
    pub facts: Arc<FactTable>,
    /// Row indexes of the list.
    pub indexes: Vec<usize>,
}

/// Selects the statistics of a list. Public ones are taken from the cached table, restricted to the
/// items that match the filters in the database; lists with unpublished items are loaded.
pub fn load_selected_rows(
    connection: &mut Connection,
    list_request: &ListRequest,
    cache: &CacheView,
) -> Result<SelectedRows, Problem> {
    if !list_request.is_published_only() {
        let numbers = list_request.load_row_ids(connection, cache, None)?;
        let facts = FactTable::load(connection, &numbers)?;
        let places = (0..facts.rows.len()).collect();
        return Ok(SelectedRows { facts: Arc::new(facts), indexes: places });
    }
    let facts = cache.snapshot::<FactTable>(connection, &SCHEMA)?;
    let places = if list_request.is_unfiltered() {
        (0..facts.rows.len()).collect()
    } else {
        let mut numbers = list_request.load_row_ids(connection, cache, None)?;
        numbers.sort_unstable();
        numbers
            .iter()
            .filter_map(|number| facts.rows.binary_search_by_key(number, |row| row.number).ok())
            .collect()
    };
    Ok(SelectedRows { facts, indexes: places })
}
