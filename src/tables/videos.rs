//! Videos as a table.

use super::cell::{Cells, Several};
use super::lists::Tabulated;
use super::row::Row;
use crate::resource::Subject;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;
use crate::videos::parts::{Chapter, Credit, Source, Thumbnail};
use crate::videos::store::Videos;

impl Tabulated for Videos {
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

    fn row(mut loaded: Loaded<Self::Own>, shown: &Shown, cells: &mut dyn Cells) {
        let mut row = Row::new(cells);
        let chosen = loaded.take_chosen();
        let text = chosen.as_ref().map(|chosen| &chosen.text);
        row.begin(&loaded.item, chosen.as_ref());
        row.some_text(text.map(|text| text.title.as_str()));
        row.some_text(text.and_then(|text| text.summary.as_deref()));
        row.some_text(text.and_then(|text| text.description.as_deref()));
        row.some_text(text.and_then(|text| text.content_note.as_deref()));
        row.whole(loaded.own.duration_seconds);
        row.day(loaded.own.recorded_on);
        row.several(loaded.own.spoken_languages.unpack::<Vec<String>>());
        let tracks = loaded.item.track_summaries();
        let mut captions: Vec<String> = Self::facets(&loaded.own, &tracks)
            .into_iter()
            .filter(|(name, _)| *name == "caption_language")
            .map(|(_, tag)| tag)
            .collect();
        captions.sort_unstable();
        captions.dedup();
        row.several(captions);
        row.countries(&loaded.own.countries);
        row.references(&loaded, "topics", shown);
        row.reference(&loaded, "programme", shown);
        row.references(&loaded, "partners", shown);
        row.several(
            loaded.own.sources.unpack::<Vec<Source>>().into_iter().map(|source| source.url),
        );
        let thumbnail: Option<Thumbnail> = loaded.own.thumbnail.unpack();
        row.some_text(thumbnail.as_ref().map(|thumbnail| thumbnail.url.as_str()));
        let mut chapters = Several::default();
        for chapter in loaded.own.chapters.unpack::<Vec<Chapter>>() {
            chapters.add_pair(&chapter.start_seconds.to_string(), Some(&chapter.title));
        }
        row.cell(chapters.cell());
        let mut credits = Several::default();
        for credit in loaded.own.credits.unpack::<Vec<Credit>>() {
            credits.add_pair(&credit.name, credit.role.as_deref());
        }
        row.cell(credits.cell());
        row.some_text(loaded.own.licence.as_deref());
        row.end(&loaded.item, &loaded.languages);
    }
}
