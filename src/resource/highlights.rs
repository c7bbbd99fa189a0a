//! `highlights=true`: where in an item what was searched for stands, in the form in which it is
//! written.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::load::{Loaded, Text, Texts, texts_of};
use super::said::{Marks, Passage, Said};
use super::shown::Shown;
use super::spec::Spec;
use super::tracks::{self, Stored, TrackKind};
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
    pub cues: Vec<MarkedCue>,
}

/// A cue in which something is found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarkedCue {
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
pub struct Marked<'q> {
    marker: Marker<'q>,
    texts: Texts,
    tracks: HashMap<RowId, Vec<Stored>>,
    cues: HashMap<RowId, Vec<Cue>>,
}

/// Milliseconds as seconds; times are far below what a float holds exactly.
pub fn seconds(milliseconds: i64) -> f64 {
    f64::from(i32::try_from(milliseconds).unwrap_or(i32::MAX)) / 1_000.0
}

impl<'q> Marked<'q> {
    /// Reads what is not read yet: the texts in other languages, and what is said.
    pub fn read<O>(
        connection: &mut Connection,
        query: &'q Query,
        items: &[Loaded<O>],
    ) -> Result<Self, Error> {
        let texts = texts_of(
            connection,
            items.iter().map(|one| (one.item.number, one.item.languages.as_str())),
        )?;
        let with: Vec<RowId> = items
            .iter()
            .filter(|one| !one.item.tracks.is_empty())
            .map(|one| one.item.number)
            .collect();
        let mut tracks: HashMap<RowId, Vec<Stored>> = HashMap::new();
        let mut cues = HashMap::new();
        if !with.is_empty() {
            let stored = tracks::of_items(connection, with)?;
            cues = tracks::cues_of(
                connection,
                &stored.iter().map(|track| track.number).collect::<Vec<_>>(),
            )?;
            for track in stored {
                tracks.entry(track.item).or_default().push(track);
            }
        }
        Ok(Self { marker: Marker::new(query), texts, tracks, cues })
    }

    /// Marks an item before it is drawn.
    pub fn of<O>(
        &self,
        spec: &Spec,
        one: &Loaded<O>,
        viewer: Visibility,
        shown: &Shown,
    ) -> Vec<Highlight> {
        let marker = &self.marker;
        let texts = self.texts.get(&one.item.number).map(Vec::as_slice).unwrap_or_default();
        let visible = |text: &&Text| {
            viewer.includes_unpublished() || text.status == Status::Published.as_str()
        };
        let chosen =
            one.choice.as_ref().and_then(|choice| Some((one.languages.get(choice.index)?, choice)));
        let mut texts: Vec<&Text> = texts.iter().filter(visible).collect();
        // The text of the answer comes first.
        texts.sort_by_key(|text| {
            chosen.is_none_or(|(language, _)| language.as_str() != text.language)
        });
        let mut found = Vec::new();
        for (field, column) in spec.texts {
            let snippets = texts.iter().find_map(|text| {
                let stored = Language::stored(&text.language);
                let to = chosen
                    .filter(|(language, _)| **language == stored)
                    .and_then(|(_, choice)| choice.transliterate_to.as_ref());
                let value = text.column(*column)?;
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
        for link in spec.links.iter().filter(|link| index::is_lent(link.field)) {
            found.extend(names(one, link.field, marker, shown));
        }
        found.extend(self.said(one.item.number, marker));
        found
    }

    /// Marks what is said, in the track in which most is found.
    fn said(&self, item: RowId, marker: &Marker<'_>) -> Option<Highlight> {
        let tracks =
            self.tracks.get(&item)?.iter().filter(|track| track.kind() != TrackKind::Chapters);
        let found = tracks.filter_map(|track| {
            let rules = Rules::of(&Language::stored(&track.language));
            let said = Said::new(self.cues.get(&track.number)?);
            let snippets = said.snippets(marker, rules)?;
            Some((said.marks(marker, rules), said, snippets, track))
        });
        let (marks, said, snippets, track) =
            found.max_by_key(|(marks, ..)| marks.groups().count_ones())?;
        let cues = said.passages(&marks, marks.groups());
        let cues = if cues.is_empty() { said.cues_with(&marks) } else { cues };
        let cue = |passage: &Passage| marked_cue(&said, *passage, &marks);
        Some(Highlight {
            field: "transcript",
            language: track.language.clone(),
            snippets,
            cues: cues.iter().take(MOST_SNIPPETS).filter_map(cue).collect(),
        })
    }
}

/// A passage as one cue; `None` where there is none.
pub fn marked_cue(said: &Said, passage: Passage, marks: &Marks) -> Option<MarkedCue> {
    let (first, last) = (said.cue(passage.first)?, said.cue(passage.last)?);
    Some(MarkedCue {
        start_seconds: seconds(first.start_ms),
        end_seconds: seconds(last.end_ms),
        text: said.html(passage, marks),
    })
}

/// Marks the names of what an item refers to in a field: in the language in which the first of them
/// is found.
fn names<O>(
    one: &Loaded<O>,
    field: &'static str,
    marker: &Marker<'_>,
    shown: &Shown,
) -> Option<Highlight> {
    let mut found: Option<Highlight> = None;
    for link in one.in_field(field) {
        let Some(target) = shown.target(&link.target_id) else { continue };
        let answered = shown.reference(&link.target_id).map(|reference| reference.title);
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
