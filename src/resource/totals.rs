//! How many items a filtered list has, kept in memory: counting costs more than a page, and each page of a list asks again.
//!
//! What is kept holds as long as nothing at all was written: every read asks the database for the revisions first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::load::{CATALOGUE, Revisions};

/// How many counts are kept.
const MOST: usize = 10_000;

/// The counts of lists that were asked for since the last write.
#[derive(Default)]
pub struct Totals(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    revision: i64,
    counts: HashMap<String, i64>,
}

impl Totals {
    /// The count of a list at the revisions that a read has found; `list` is all that makes its count another, and `count` is asked
    /// where it is not known.
    pub fn of<E>(&self, revisions: &Revisions, list: &str, count: impl FnOnce() -> Result<i64, E>) -> Result<i64, E> {
        let (revision, _) = revisions.of(CATALOGUE);
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Some(lock()).filter(|kept| kept.revision == revision).and_then(|kept| kept.counts.get(list).copied());
        if let Some(known) = known {
            return Ok(known);
        }
        let counted = count()?;
        let mut kept = lock();
        if kept.revision != revision || kept.counts.len() >= MOST {
            *kept = Kept { revision, counts: HashMap::new() };
        }
        kept.counts.insert(list.to_owned(), counted);
        Ok(counted)
    }
}
