//! Results as a table.

use super::cell::CellSink;
use super::row::RowWriter;
use crate::impact::results::resource::Results;
use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;

impl TableResource for Results {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "title",
        "description",
        "level",
        "order",
        "parent",
        "parent_title",
        "programme",
        "programme_title",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn write_row(
        mut loaded: LoadedItem<Self::Fields>,
        render_context: &RenderContext,
        cells: &mut dyn CellSink,
    ) {
        let mut row = RowWriter::new(cells);
        let chosen = loaded.take_selected_text();
        row.leading_columns(&loaded.item, chosen.as_ref());
        row.optional_text(chosen.as_ref().map(|chosen| chosen.text.title.as_str()));
        row.optional_text(chosen.as_ref().and_then(|chosen| chosen.text.description.as_deref()));
        row.optional_text(loaded.fields.level.as_deref());
        row.integer(loaded.fields.order);
        row.reference(&loaded, "parent", render_context);
        row.reference(&loaded, "programme", render_context);
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}
