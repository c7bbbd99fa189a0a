//! Videos as a table.

use super::cell::{CellSink, MultiValue};
use super::row::RowWriter;
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::view::context::RenderContext;
use crate::tables::table_resource::TableResource;
use crate::videos::media::{Chapter, Credit, Source, Thumbnail};
use crate::videos::resource::Videos;

impl TableResource for Videos {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "title",
        "summary",
        "description",
        "content_note",
        "duration_seconds",
        "recorded_on",
        "spoken_languages",
        "caption_languages",
        "countries",
        "topics",
        "topic_names",
        "programme",
        "programme_title",
        "partners",
        "partner_names",
        "source_urls",
        "thumbnail_url",
        "chapters",
        "credits",
        "licence",
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
        row.optional_text(text.and_then(|text| text.content_note.as_deref()));
        row.integer(loaded.fields.duration_seconds);
        row.date(loaded.fields.recorded_on);
        row.multi_value(loaded.fields.spoken_languages.unpack::<Vec<String>>());
        let tracks = loaded.item.track_summaries();
        let mut captions: Vec<String> = Self::filter_values(&loaded.fields, &tracks)
            .into_iter()
            .filter(|(name, _)| *name == "caption_language")
            .map(|(_, tag)| tag)
            .collect();
        captions.sort_unstable();
        captions.dedup();
        row.multi_value(captions);
        row.countries(&loaded.fields.countries);
        row.references(&loaded, "topics", render_context);
        row.reference(&loaded, "programme", render_context);
        row.references(&loaded, "partners", render_context);
        row.multi_value(
            loaded.fields.sources.unpack::<Vec<Source>>().into_iter().map(|source| source.url),
        );
        let thumbnail: Option<Thumbnail> = loaded.fields.thumbnail.unpack();
        row.optional_text(thumbnail.as_ref().map(|thumbnail| thumbnail.url.as_str()));
        let mut chapters = MultiValue::default();
        for chapter in loaded.fields.chapters.unpack::<Vec<Chapter>>() {
            chapters.add_pair(&chapter.start_seconds.to_string(), Some(&chapter.title));
        }
        row.cell(chapters.to_cell());
        let mut credits = MultiValue::default();
        for credit in loaded.fields.credits.unpack::<Vec<Credit>>() {
            credits.add_pair(&credit.name, credit.role.as_deref());
        }
        row.cell(credits.to_cell());
        row.optional_text(loaded.fields.licence.as_deref());
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}
