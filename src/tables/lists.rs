//! What a list is as a table.

use super::cell::Cells;
use crate::resource::Subject;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;

/// A kind whose lists are tables, too.
pub trait Tabulated: Subject {
    /// The names of the columns, in order.
    const COLUMNS: &'static [&'static str];

    /// Writes an item as a row: as many cells as there are columns.
    fn row(loaded: Loaded<Self::Own>, shown: &Shown, cells: &mut dyn Cells);
}
