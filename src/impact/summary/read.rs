//! The statistics of a list, as they are reckoned with.

use std::sync::Arc;

use super::known::Facts;
use crate::db::Connection;
use crate::http::problem::Problem;
use crate::impact::model::SPEC;
use crate::resource::names::Memory;
use crate::resource::query::ListRequest;

/// The statistics of a list: places among the rows of what is known.
pub struct Selected {
    /// What is known.
    pub facts: Arc<Facts>,
    /// Those of the list.
    pub places: Vec<usize>,
}

/// Reads the facts of the statistics of a list: of public ones from what is kept, of which the
/// database says what a filter leaves.
pub fn read(
    connection: &mut Connection,
    wanted: &ListRequest,
    memory: &Memory,
) -> Result<Selected, Problem> {
    if !wanted.is_public() {
        let numbers = wanted.numbers(connection, &SPEC, memory, None)?;
        let facts = Facts::of(connection, &numbers)?;
        let places = (0..facts.rows.len()).collect();
        return Ok(Selected { facts: Arc::new(facts), places });
    }
    let facts = memory.whole::<Facts>(connection, &SPEC)?;
    let places = if wanted.is_everything() {
        (0..facts.rows.len()).collect()
    } else {
        let mut numbers = wanted.numbers(connection, &SPEC, memory, None)?;
        numbers.sort_unstable();
        numbers
            .iter()
            .filter_map(|number| facts.rows.binary_search_by_key(number, |row| row.number).ok())
            .collect()
    };
    Ok(Selected { facts, places })
}
