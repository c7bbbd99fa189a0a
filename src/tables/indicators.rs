//! Indicators as a table.

use super::cell::CellSink;
use super::row::RowWriter;
use crate::impact::indicators::resource::Indicators;
use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;

impl TableResource for Indicators {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "label",
        "description",
        "result",
        "result_title",
        "order",
        "unit",
        "measure",
        "is_share",
        "ascending",
        "time_aggregation",
        "group_aggregation",
        "result_type",
        "code",
        "vocabulary",
        "vocabulary_url",
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
        row.reference(&loaded, "result", render_context);
        let own = &loaded.fields;
        row.integer(own.order);
        row.optional_text(own.unit.as_deref());
        row.text(&own.measure);
        row.boolean(own.is_share);
        row.boolean(own.ascending);
        row.optional_text(own.time_aggregation.as_deref());
        row.optional_text(own.group_aggregation.as_deref());
        row.optional_text(own.result_type.as_deref());
        row.optional_text(own.code.as_deref());
        row.optional_text(own.vocabulary.as_deref());
        row.optional_text(own.vocabulary_url.as_deref());
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}
