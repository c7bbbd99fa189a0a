//! Data derived from items and stored with them in the same transaction: the filter index, the
//! full-text index and the sort tables, and their verification. Used by writes, and by the commands
//! that check and rebuild.

pub mod filters;
pub mod full_text;
pub mod rebuild;
pub mod sort_rows;
pub mod verify;

use crate::resource::model::item::{ItemRow, Reference, TranslationRow};

/// What the derived rows of an item are built from.
pub struct IndexedItem<'a, F> {
    /// The row of the item.
    pub item: &'a ItemRow,
    /// The fields of the kind.
    pub fields: &'a F,
    /// The texts in all languages.
    pub texts: &'a [TranslationRow],
    /// The references, in order.
    pub references: &'a [Reference],
}

impl<F> Clone for IndexedItem<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for IndexedItem<'_, F> {}

/// How derived rows are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IndexChange {
    /// The item is new and has no rows.
    Insert,
    /// The rows of the item are replaced.
    Replace,
}
