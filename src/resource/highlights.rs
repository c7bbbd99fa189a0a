//! `highlights=true`: where in an item what was searched for stands, in the form in which it is
//! written.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::load::{LoadedItem, TranslationRow, TranslationsByItem, load_item_texts};
use super::said::{CueMatches, CueRange, CueText};
use super::shown::RenderContext;
use super::spec::ResourceSchema;
use super::tracks::{self, TrackKind, TrackRow};
use super::{Status, index};
use crate::captions::Cue;
use crate::db::{Connection, Error, RowId};
use crate::http::keys::Visibility;
use crate::text::highlight::{MOST_SNIPPETS, Marker};
use crate::text::language::Language;
use crate::text::query::Query;
use crate::text::stem::Rules;
use crate::text::transliterate::transliterate;

/// A field in which something is found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Highlight {
    /// The field, such as `title`; `transcript` for what is said.
    #[schema(value_type = String, example = "title")]
    pub field: &'static str,
    /// The language of the text (BCP 47): the answer's, or that in which it was found.
    #[schema(example = "sr-Cyrl")]
    pub language: String,
    /// HTML: what is found in `<mark>`, all else escaped. At most three of about 160 characters;
    /// those that are near each other are one.
    #[schema(example = json!(["Кроз пандемију заједно са организацијама за права <mark>жена</mark>"]))]
    pub snippets: Vec<String>,
    /// Of a transcript the cues in which it is said, at most three.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub cues: Vec<CueHighlight>,
}

/// A cue in which something is found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CueHighlight {
    /// When it begins, in seconds from the start of the video.
    #[schema(minimum = 0, example = 12.5)]
    pub start_seconds: f64,
    /// When it ends.
    #[schema(minimum = 0, example = 15.0)]
    pub end_seconds: f64,
    /// HTML: what is found in `<mark>`, all else escaped.
    #[schema(example = "<mark>Насиље</mark> није приватна ствар.")]
    pub text: String,
}

/// What is read to mark the items of a page: three queries at most.
pub struct HighlightData<'q> {
    highlighter: Marker<'q>,
    texts: TranslationsByItem,
    tracks: HashMap<RowId, Vec<TrackRow>>,
    cues: HashMap<RowId, Vec<Cue>>,
}

/// Milliseconds as seconds; times are far below what a float holds exactly.
pub fn ms_to_seconds(milliseconds: i64) -> f64 {
    f64::from(i32::try_from(milliseconds).unwrap_or(i32::MAX)) / 1_000.0
}

impl<'q> HighlightData<'q> {
    /// Reads what is not read yet: the texts in other languages, and what is said.
    pub fn load<O>(
        connection: &mut Connection,
        query: &'q Query,
        items: &[LoadedItem<O>],
    ) -> Result<Self, Error> {
        let texts = load_item_texts(
            connection,
            items.iter().map(|one| (one.item.number, one.item.languages.as_str())),
        )?;
        let with: Vec<RowId> = items
            .iter()
            .filter(|one| !one.item.tracks.is_empty())
            .map(|one| one.item.number)
            .collect();
        let mut tracks: HashMap<RowId, Vec<TrackRow>> = HashMap::new();
        let mut cues = HashMap::new();
        if !with.is_empty() {
            let stored = tracks::load_tracks_of_items(connection, with)?;
            cues = tracks::load_cues(
                connection,
                &stored.iter().map(|track| track.number).collect::<Vec<_>>(),
            )?;
            for track in stored {
                tracks.entry(track.item).or_default().push(track);
            }
        }
        Ok(Self { highlighter: Marker::new(query), texts, tracks, cues })
    }

    /// Marks an item before it is drawn.
    pub fn highlights_for<O>(
        &self,
        spec: &ResourceSchema,
        one: &LoadedItem<O>,
        viewer: Visibility,
        shown: &RenderContext,
    ) -> Vec<Highlight> {
        let marker = &self.highlighter;
        let texts = self.texts.get(&one.item.number).map(Vec::as_slice).unwrap_or_default();
        let visible = |text: &&TranslationRow| {
            viewer.includes_unpublished() || text.status == Status::Published.as_str()
        };
        let chosen =
            one.choice.as_ref().and_then(|choice| Some((one.languages.get(choice.index)?, choice)));
        let mut texts: Vec<&TranslationRow> = texts.iter().filter(visible).collect();
        // The text of the answer comes first.
        texts.sort_by_key(|text| {
            chosen.is_none_or(|(language, _)| language.as_str() != text.language)
        });
        let mut found = Vec::new();
        for (field, column) in spec.text_fields {
            let snippets = texts.iter().find_map(|text| {
                let stored = Language::stored(&text.language);
                let to = chosen
                    .filter(|(language, _)| **language == stored)
                    .and_then(|(_, choice)| choice.transliterate_to.as_ref());
                let value = text.field(*column)?;
                let value = to.map_or_else(|| value.into(), |to| transliterate(value, &stored, to));
                let snippets = marker.snippets(&value, Rules::of(&stored))?;
                Some(Highlight {
                    field,
                    language: to.unwrap_or(&stored).as_str().to_owned(),
                    snippets,
                    cues: Vec::new(),
                })
            });
            found.extend(snippets);
        }
        for link in spec.references.iter().filter(|link| index::is_searchable_reference(link.field))
        {
            found.extend(highlight_reference_names(one, link.field, marker, shown));
        }
        found.extend(self.highlight_transcript(one.item.number, marker));
        found
    }

    /// Marks what is said, in the track in which most is found.
    fn highlight_transcript(&self, item: RowId, marker: &Marker<'_>) -> Option<Highlight> {
        let tracks = self
            .tracks
            .get(&item)?
            .iter()
            .filter(|track| track.track_kind() != TrackKind::Chapters);
        let found = tracks.filter_map(|track| {
            let rules = Rules::of(&Language::stored(&track.language));
            let said = CueText::new(self.cues.get(&track.number)?);
            let snippets = said.snippets(marker, rules)?;
            Some((said.find_matches(marker, rules), said, snippets, track))
        });
        let (marks, said, snippets, track) =
            found.max_by_key(|(marks, ..)| marks.groups().count_ones())?;
        let cues = said.passages(&marks, marks.groups());
        let cues = if cues.is_empty() { said.matching_cues(&marks) } else { cues };
        let cue = |passage: &CueRange| highlight_cue(&said, *passage, &marks);
        Some(Highlight {
            field: "transcript",
            language: track.language.clone(),
            snippets,
            cues: cues.iter().take(MOST_SNIPPETS).filter_map(cue).collect(),
        })
    }
}

/// A passage as one cue; `None` where there is none.
pub fn highlight_cue(
    said: &CueText,
    passage: CueRange,
    marks: &CueMatches,
) -> Option<CueHighlight> {
    let (first, last) = (said.span(passage.first)?, said.span(passage.last)?);
    Some(CueHighlight {
        start_seconds: ms_to_seconds(first.start_ms),
        end_seconds: ms_to_seconds(last.end_ms),
        text: said.to_html(passage, marks),
    })
}

/// Marks the names of what an item refers to in a field: in the language in which the first of them
/// is found.
fn highlight_reference_names<O>(
    one: &LoadedItem<O>,
    field: &'static str,
    marker: &Marker<'_>,
    shown: &RenderContext,
) -> Option<Highlight> {
    let mut found: Option<Highlight> = None;
    for link in one.references_in(field) {
        let Some(target) = shown.target(&link.target_id) else { continue };
        let answered = shown.short_reference(&link.target_id).map(|reference| reference.title);
        let mut titles: Vec<(&Language, &str)> =
            target.languages.iter().zip(target.titles.iter().map(String::as_str)).collect();
        titles.sort_by_key(|(_, title)| answered.as_deref() != Some(*title));
        for (language, title) in titles {
            let Some(snippet) = marker.whole(title, Rules::of(language)) else { continue };
            let highlight = found.get_or_insert_with(|| Highlight {
                field,
                language: language.as_str().to_owned(),
                snippets: Vec::new(),
                cues: Vec::new(),
            });
            if highlight.snippets.len() < MOST_SNIPPETS && !highlight.snippets.contains(&snippet) {
                highlight.snippets.push(snippet);
            }
            break;
        }
    }
    found
}
