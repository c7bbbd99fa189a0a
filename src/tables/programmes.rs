//! Programmes as a table.

use super::cell::{CellSink, MultiValue};
use super::row::RowWriter;
use crate::programmes::fields::Helpline;
use crate::programmes::resource::Programmes;
use crate::resource::model::item::LoadedItem;
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;

impl TableResource for Programmes {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "title",
        "summary",
        "description",
        "credit_line",
        "disclaimer",
        "start_date",
        "end_date",
        "countries",
        "partners",
        "partner_names",
        "website",
        "iati_identifier",
        "helplines",
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
        let text = chosen.as_ref().map(|chosen| &chosen.text);
        row.leading_columns(&loaded.item, chosen.as_ref());
        row.optional_text(text.map(|text| text.title.as_str()));
        row.optional_text(text.and_then(|text| text.summary.as_deref()));
        row.optional_text(text.and_then(|text| text.description.as_deref()));
        row.optional_text(text.and_then(|text| text.credit_line.as_deref()));
        row.optional_text(text.and_then(|text| text.disclaimer.as_deref()));
        row.date(loaded.fields.start_date);
        row.date(loaded.fields.end_date);
        row.countries(&loaded.fields.countries);
        row.references(&loaded, "partners", render_context);
        row.optional_text(loaded.fields.website.as_deref());
        row.optional_text(loaded.fields.iati_identifier.as_deref());
        let mut helplines = MultiValue::default();
        for line in loaded.fields.helplines.unpack::<Vec<Helpline>>() {
            let place =
                line.country.as_deref().map(|country| format!("{country}: ")).unwrap_or_default();
            helplines.add_pair(
                &format!("{place}{}", line.name),
                line.phone.as_deref().or(line.url.as_deref()),
            );
        }
        row.cell(helplines.to_cell());
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}
