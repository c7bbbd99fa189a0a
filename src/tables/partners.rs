//! Partners as a table.

use super::cell::CellSink;
use super::row::RowWriter;
use crate::partners::fields::Logo;
use crate::partners::resource::Partners;
use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;

impl TableResource for Partners {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "name",
        "description",
        "credit_line",
        "disclaimer",
        "kind",
        "acronym",
        "is_group",
        "country",
        "website",
        "logo_url",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn write_row(
        mut loaded: LoadedItem<Self::Fields>,
        _shown: &RenderContext,
        cells: &mut dyn CellSink,
    ) {
        let mut row = RowWriter::new(cells);
        let chosen = loaded.take_selected_text();
        let text = chosen.as_ref().map(|chosen| &chosen.text);
        row.leading_columns(&loaded.item, chosen.as_ref());
        row.optional_text(text.map(|text| text.title.as_str()));
        row.optional_text(text.and_then(|text| text.description.as_deref()));
        row.optional_text(text.and_then(|text| text.credit_line.as_deref()));
        row.optional_text(text.and_then(|text| text.disclaimer.as_deref()));
        row.optional_text(loaded.fields.kind.as_deref());
        row.optional_text(loaded.fields.acronym.as_deref());
        row.boolean(Some(loaded.fields.is_group));
        row.optional_text(loaded.fields.country.as_deref());
        row.optional_text(loaded.fields.website.as_deref());
        let logo: Option<Logo> = loaded.fields.logo.unpack();
        row.optional_text(logo.as_ref().map(|logo| logo.url.as_str()));
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}
