//! Mapping of a resource to table rows.

use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::tables::cell::CellSink;

/// A resource whose lists can be exported as tables.
pub trait TableResource: Resource {
    /// Column names in order.
    const COLUMNS: &'static [&'static str];

    /// Writes an item as a row, with one cell per column.
    fn write_row(
        loaded: LoadedItem<Self::Fields>,
        render_context: &RenderContext,
        cells: &mut dyn CellSink,
    );
}
