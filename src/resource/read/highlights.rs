//! `highlights=true`: matches of a search in the fields of an item, in their original form.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::captions::Cue;
use crate::db::{Connection, Error, RowId};
use crate::http::auth::Visibility;
use crate::resource::model::cue_text::{CueMatches, CueRange, CueText};
use crate::resource::model::item::{LoadedItem, Status, TranslationRow, TranslationsByItem};
use crate::resource::model::text_track::TrackKind;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::texts::load_item_texts;
use crate::resource::store::tracks::{self, TrackRow};
use crate::resource::view::context::RenderContext;
use crate::text::highlight::{Highlighter, MAX_SNIPPETS};
use crate::text::language::Language;
use crate::text::query::SearchQuery;
use crate::text::stem::StemmerLanguage;
use crate::text::transliterate::transliterate;

/// A field that matches the search.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Highlight {
    /// The field, such as `title`; `transcript` for captions and subtitles.
    #[schema(value_type = String, example = "title")]
    pub field: &'static str,
    /// The language of the text (BCP 47): that of the response, or another one that matches.
    #[schema(example = "sr-Cyrl")]
    pub language: String,
    /// HTML: matches are in `<mark>`, all other text is escaped. At most three snippets of about
    /// 160 characters; matches close to each other share one.
    #[schema(example = json!(["Кроз пандемију заједно са организацијама за права <mark>жена</mark>"]))]
    pub snippets: Vec<String>,
    /// The cues of a transcript that match, at most three.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub cues: Vec<CueHighlight>,
}

/// A cue that matches the search.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CueHighlight {
    /// Start in seconds from the beginning of the video.
    #[schema(minimum = 0, example = 12.5)]
    pub start_seconds: f64,
    /// End in seconds from the beginning of the video.
    #[schema(minimum = 0, example = 15.0)]
    pub end_seconds: f64,
    /// HTML: matches are in `<mark>`, all other text is escaped.
    #[schema(example = "<mark>Насиље</mark> није приватна ствар.")]
    pub text: String,
}

/// Texts, tracks and cues for highlighting the items of a page, loaded with at most three queries.
pub struct HighlightData<'q> {
    highlighter: Highlighter<'q>,
    texts: TranslationsByItem,
    tracks: HashMap<RowId, Vec<TrackRow>>,
    cues: HashMap<RowId, Vec<Cue>>,
    visibility: Visibility,
}

/// Converts milliseconds to seconds; times are far below the range of exact integers in `f64`.
pub fn ms_to_seconds(milliseconds: i64) -> f64 {
    f64::from(i32::try_from(milliseconds).unwrap_or(i32::MAX)) / 1_000.0
}

impl<'q> HighlightData<'q> {
    /// Loads the data that loaded items lack: texts in all languages, and tracks with their cues.
    /// Only visible texts are highlighted.
    pub fn load<O>(
        connection: &mut Connection,
        query: &'q SearchQuery,
        items: &[LoadedItem<O>],
        visibility: Visibility,
    ) -> Result<Self, Error> {
        let texts = load_item_texts(
            connection,
            items.iter().map(|item| (item.item.number, item.item.languages.as_str())),
        )?;
        let mut tracks: HashMap<RowId, Vec<TrackRow>> = HashMap::new();
        let mut cues = HashMap::new();
        let stored =
            tracks::load_summarized_tracks(connection, items.iter().map(|item| &item.item))?;
        if !stored.is_empty() {
            cues = tracks::load_cues(
                connection,
                &stored.iter().map(|track| track.number).collect::<Vec<_>>(),
            )?;
            for track in stored {
                tracks.entry(track.item).or_default().push(track);
            }
        }
        Ok(Self { highlighter: Highlighter::new(query), texts, tracks, cues, visibility })
    }

    /// Returns the highlights of an item that is about to be rendered.
    pub fn highlights_for<O>(
        &self,
        schema: &ResourceSchema,
        loaded: &LoadedItem<O>,
        render_context: &RenderContext,
    ) -> Vec<Highlight> {
        let highlighter = &self.highlighter;
        let texts = self.texts.get(&loaded.item.number).map(Vec::as_slice).unwrap_or_default();
        let visible = |text: &&TranslationRow| {
            self.visibility.includes_unpublished() || text.status == Status::Published.as_str()
        };
        let chosen = loaded
            .choice
            .as_ref()
            .and_then(|choice| Some((loaded.languages.get(choice.index)?, choice)));
        let mut texts: Vec<&TranslationRow> = texts.iter().filter(visible).collect();
        // The text of the response is first.
        texts.sort_by_key(|text| {
            chosen.is_none_or(|(language, _)| language.as_str() != text.language)
        });
        let mut found = Vec::new();
        for (field, column) in schema.text_fields {
            let snippets = texts.iter().find_map(|text| {
                let stored = Language::from_canonical(&text.language);
                let to = chosen
                    .filter(|(language, _)| **language == stored)
                    .and_then(|(_, choice)| choice.transliterate_to.as_ref());
                let value = text.field(*column)?;
                let value = to.map_or_else(|| value.into(), |to| transliterate(value, &stored, to));
                let snippets =
                    highlighter.snippets(&value, StemmerLanguage::from_language(&stored))?;
                Some(Highlight {
                    field,
                    language: to.unwrap_or(&stored).as_str().to_owned(),
                    snippets,
                    cues: Vec::new(),
                })
            });
            found.extend(snippets);
        }
        for reference in schema
            .references
            .iter()
            .filter(|reference| schema.kind.is_searched_reference(reference.field))
        {
            found.extend(highlight_reference_names(
                loaded,
                reference.field,
                highlighter,
                render_context,
            ));
        }
        found.extend(self.highlight_transcript(loaded.item.number, highlighter));
        found
    }

    /// Highlights the track that matches most of the query.
    fn highlight_transcript(
        &self,
        item: RowId,
        highlighter: &Highlighter<'_>,
    ) -> Option<Highlight> {
        let tracks = self
            .tracks
            .get(&item)?
            .iter()
            .filter(|track| track.track_kind() != TrackKind::Chapters);
        let found = tracks.filter_map(|track| {
            let stemmer =
                StemmerLanguage::from_language(&Language::from_canonical(&track.language));
            let cue_text = CueText::new(self.cues.get(&track.number)?);
            let snippets = cue_text.snippets(highlighter, stemmer)?;
            Some((cue_text.find_matches(highlighter, stemmer), cue_text, snippets, track))
        });
        let (marks, cue_text, snippets, track) =
            found.max_by_key(|(marks, ..)| marks.groups().count_ones())?;
        let cues = cue_text.passages(&marks, marks.groups());
        let cues = if cues.is_empty() { cue_text.matching_cues(&marks) } else { cues };
        let cue = |passage: &CueRange| highlight_cue(&cue_text, *passage, &marks);
        Some(Highlight {
            field: "transcript",
            language: track.language.clone(),
            snippets,
            cues: cues.iter().take(MAX_SNIPPETS).filter_map(cue).collect(),
        })
    }
}

/// Returns a passage as one highlighted cue; `None` if its cues do not exist.
pub fn highlight_cue(
    cue_text: &CueText,
    passage: CueRange,
    marks: &CueMatches,
) -> Option<CueHighlight> {
    let (first, last) = (cue_text.span(passage.first)?, cue_text.span(passage.last)?);
    Some(CueHighlight {
        start_seconds: ms_to_seconds(first.start_ms),
        end_seconds: ms_to_seconds(last.end_ms),
        text: cue_text.to_html(passage, marks),
    })
}

/// Highlights the titles of the items that a field references. `language` is that of the first
/// match.
fn highlight_reference_names<O>(
    loaded: &LoadedItem<O>,
    field: &'static str,
    highlighter: &Highlighter<'_>,
    render_context: &RenderContext,
) -> Option<Highlight> {
    let mut found: Option<Highlight> = None;
    for item_reference in loaded.references_in(field) {
        let Some(target) = render_context.target(&item_reference.target_id) else { continue };
        let shown_title = render_context
            .short_reference(&item_reference.target_id)
            .map(|reference| reference.title);
        let mut titles: Vec<(&Language, &str)> =
            target.languages.iter().zip(target.titles.iter().map(String::as_str)).collect();
        titles.sort_by_key(|(_, title)| shown_title.as_deref() != Some(*title));
        for (language, title) in titles {
            let Some(snippet) =
                highlighter.highlight(title, StemmerLanguage::from_language(language))
            else {
                continue;
            };
            let highlight = found.get_or_insert_with(|| Highlight {
                field,
                language: language.as_str().to_owned(),
                snippets: Vec::new(),
                cues: Vec::new(),
            });
            if highlight.snippets.len() < MAX_SNIPPETS && !highlight.snippets.contains(&snippet) {
                highlight.snippets.push(snippet);
            }
            break;
        }
    }
    found
}
