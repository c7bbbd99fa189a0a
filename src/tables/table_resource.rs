//! What a list is as a table.

use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::tables::cell::CellSink;

/// A kind whose lists are tables, too.
pub trait TableResource: Resource {
    /// The names of the columns, in order.
    const COLUMNS: &'static [&'static str];

    /// Writes an item as a row: as many cells as there are columns.
    fn write_row(loaded: LoadedItem<Self::Fields>, shown: &RenderContext, cells: &mut dyn CellSink);
}
