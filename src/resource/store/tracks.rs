//! Loads and stores the text tracks of items: captions, subtitles, descriptions and chapters. Each
//! track and each of its cues is a row.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text as SqlText};
use serde::{Deserialize, Serialize};

use crate::captions::Cue;
use crate::captions::Track;
use crate::captions::webvtt_cue_text;
use crate::db::schema::{cues, tracks};
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment, integer_table};
use crate::db::{Connection, Error, Id, RowId, Time, random_nonce};
use crate::http::conditional::ItemVersion;
use crate::resource::model::item::ItemRow;
use crate::resource::model::text_track::{TrackKind, TrackSummary, summaries_to_json};
use crate::text::language::Language;

/// A text track as stored, without its cues.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = tracks)]
pub struct TrackRow {
    /// Row id.
    pub number: RowId,
    /// Identifier.
    pub id: Id,
    /// Row id of the item to which the track belongs.
    pub item: RowId,
    /// Kind of the track, see [`TrackKind`].
    pub kind: String,
    /// Its language.
    pub language: String,
    /// Name of the track in players.
    pub label: Option<String>,
    /// The parts of the file outside the cues, as JSON of `FileHeader`; empty if there are none.
    pub header: String,
    /// Number of cues.
    pub cue_count: i64,
    /// Revision; increases with every change.
    pub revision: i64,
    /// Random number drawn by the write that created the revision.
    pub nonce: i64,
    /// When it was stored.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

impl TrackRow {
    /// Returns the state of the track, for entity tags and preconditions.
    pub fn version(&self) -> ItemVersion {
        ItemVersion { id: self.id, revision: self.revision, nonce: self.nonce }
    }

    /// Returns the kind of the track; captions if the stored kind is unknown.
    pub fn track_kind(&self) -> TrackKind {
        TrackKind::parse(&self.kind).unwrap_or(TrackKind::Captions)
    }
}

/// The parts of a track file outside its cues.
#[derive(Default, Deserialize, PartialEq, Serialize)]
struct FileHeader {
    header: String,
    metadata: Vec<String>,
    preamble: Vec<String>,
    notes_after: Vec<String>,
}

/// The parts of a cue other than its times and its text.
#[derive(Default, Deserialize, PartialEq, Serialize)]
struct CueExtras {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    settings: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// The columns of [`TrackRow`].
const TRACK_COLUMNS: &str = "tracks.number, tracks.id, tracks.item, tracks.kind, tracks.language, tracks.label, tracks.header, \
    tracks.cue_count, tracks.revision, tracks.nonce, tracks.created_at, tracks.updated_at";

/// Maximum number of cues of a track: the key of a cue is computed from the row id of the track and
/// the position of the cue.
const CUES_PER_TRACK: i64 = 32_768;

/// Loads the tracks of an item, in the order in which responses list them.
pub fn load_item_tracks(connection: &mut Connection, item: RowId) -> Result<Vec<TrackRow>, Error> {
    let mut found: Vec<TrackRow> = tracks::table
        .filter(tracks::item.eq(item))
        .select(TrackRow::as_select())
        .load(connection)?;
    sort_tracks(&mut found);
    Ok(found)
}

/// Loads a track: its cues and the other parts of its file.
pub fn load_track(connection: &mut Connection, track_row: &TrackRow) -> Result<Track, Error> {
    let head: FileHeader = serde_json::from_str(&track_row.header).unwrap_or_default();
    let rows =
        load_cues(connection, &[track_row.number])?.remove(&track_row.number).unwrap_or_default();
    Ok(Track {
        header: head.header,
        metadata: head.metadata,
        preamble: head.preamble,
        cues: rows,
        notes_after: head.notes_after,
    })
}

type CueRow = (i64, i64, i64, String, Option<String>);

/// Loads the cues of these tracks, in order.
pub fn load_cues(
    connection: &mut Connection,
    tracks: &[RowId],
) -> Result<HashMap<RowId, Vec<Cue>>, Error> {
    // With a LIMIT, PostgreSQL looks up the cues of each track; otherwise it would scan the table.
    let statement = Fragment::new(
        "SELECT cues.key, cues.start_ms, cues.end_ms, cues.payload, cues.extras FROM ",
    )
    .append(&integer_table(tracks.iter().copied()))
    .by_backend(
        " wanted CROSS JOIN cues WHERE ",
        " wanted CROSS JOIN LATERAL (SELECT * FROM cues WHERE ",
    )
    .sql("cues.key >= wanted.value * 32768 AND cues.key < wanted.value * 32768 + 32768")
    .by_backend(" ORDER BY cues.key", " ORDER BY cues.key LIMIT 32768) cues");
    let mut rows: Vec<CueRow> =
        Statement::<(BigInt, BigInt, BigInt, SqlText, Nullable<SqlText>)>::new(statement)
            .load_rows(connection)?;
    rows.sort_unstable_by_key(|row| row.0);
    let mut found: HashMap<RowId, Vec<Cue>> = HashMap::new();
    for (key, start_ms, end_ms, payload, rest) in rows {
        let rest: CueExtras =
            rest.and_then(|rest| serde_json::from_str(&rest).ok()).unwrap_or_default();
        let cue = Cue {
            notes_before: rest.notes,
            identifier: rest.identifier,
            start_ms,
            end_ms,
            settings: rest.settings,
            payload,
        };
        found.entry(key.div_euclid(CUES_PER_TRACK)).or_default().push(cue);
    }
    Ok(found)
}

/// A track to store.
#[derive(Clone, Copy)]
pub struct TrackUpload<'a> {
    /// Kind, language and label.
    pub summary: &'a TrackSummary,
    /// The content.
    pub track: &'a Track,
    /// The stored track of the same kind and language, which is replaced.
    pub existing: Option<&'a TrackRow>,
}

/// The result of storing a track.
pub struct SavedTrack {
    /// The stored row.
    pub row: TrackRow,
    /// Whether anything changed.
    pub is_changed: bool,
}

/// Stores a track and replaces the existing one of its kind and language.
pub fn save_track(
    connection: &mut Connection,
    item: RowId,
    upload: TrackUpload<'_>,
) -> Result<SavedTrack, Error> {
    let TrackUpload { summary, track, existing } = upload;
    let now = Time::now();
    let head = FileHeader {
        header: track.header.clone(),
        metadata: track.metadata.clone(),
        preamble: track.preamble.clone(),
        notes_after: track.notes_after.clone(),
    };
    let fault =
        |error: serde_json::Error| Error::Internal(format!("failed to serialize a track: {error}"));
    let head = if head == FileHeader::default() {
        String::new()
    } else {
        serde_json::to_string(&head).map_err(fault)?
    };
    let cue_count = i64::try_from(track.cues.len()).unwrap_or(i64::MAX);
    if cue_count > CUES_PER_TRACK {
        return Err(Error::Internal("a track has more cues than its keys can number".to_owned()));
    }
    if let Some(before) = existing {
        if before.header == head
            && before.label == summary.label
            && load_track(connection, before)?.cues == track.cues
        {
            return Ok(SavedTrack { row: before.clone(), is_changed: false });
        }
        diesel::update(tracks::table.find(before.number))
            .set((
                tracks::label.eq(&summary.label),
                tracks::header.eq(&head),
                tracks::cue_count.eq(cue_count),
                tracks::revision.eq(tracks::revision + 1),
                tracks::nonce.eq(random_nonce()?),
                tracks::updated_at.eq(now),
            ))
            .execute(connection)?;
        delete_cues(connection, before.number)?;
    } else {
        diesel::insert_into(tracks::table)
            .values((
                tracks::id.eq(Id::new()),
                tracks::item.eq(item),
                tracks::kind.eq(summary.kind.as_str()),
                tracks::language.eq(&summary.language),
                tracks::label.eq(&summary.label),
                tracks::header.eq(&head),
                tracks::cue_count.eq(cue_count),
                tracks::revision.eq(1),
                tracks::nonce.eq(random_nonce()?),
                tracks::created_at.eq(now),
                tracks::updated_at.eq(now),
            ))
            .execute(connection)?;
    }
    let stored: TrackRow = tracks::table
        .filter(tracks::item.eq(item))
        .filter(tracks::kind.eq(summary.kind.as_str()))
        .filter(tracks::language.eq(&summary.language))
        .select(TrackRow::as_select())
        .first(connection)?;
    insert_cues(connection, stored.number, &track.cues)?;
    Ok(SavedTrack { row: stored, is_changed: true })
}

/// Inserts any number of cues with one statement.
fn insert_cues(connection: &mut Connection, track: RowId, cues: &[Cue]) -> Result<(), Error> {
    let fault =
        |error: serde_json::Error| Error::Internal(format!("failed to serialize a cue: {error}"));
    let mut rows = Vec::with_capacity(cues.len());
    for (cue, index) in cues.iter().zip(0..) {
        let rest = CueExtras {
            identifier: cue.identifier.clone(),
            settings: cue.settings.clone(),
            notes: cue.notes_before.clone(),
        };
        let rest = if rest == CueExtras::default() {
            None
        } else {
            Some(serde_json::to_string(&rest).map_err(fault)?)
        };
        rows.push((
            track.saturating_mul(CUES_PER_TRACK).saturating_add(index),
            cue.start_ms,
            cue.end_ms,
            &cue.payload,
            rest,
        ));
    }
    let rows = serde_json::to_string(&rows).map_err(fault)?;
    let statement = Fragment::new("INSERT INTO cues (key, start_ms, end_ms, payload, extras) SELECT ")
        .by_backend(
            "value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(",
            "CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), value ->> 3, value ->> 4 \
             FROM json_array_elements(CAST(",
        )
        .bind(Bind::Text(rows))
        .by_backend(")", " AS json))");
    Statement::<BigInt>::new(statement).execute(connection)?;
    Ok(())
}

fn delete_cues(connection: &mut Connection, track: RowId) -> Result<(), Error> {
    let first = track.saturating_mul(CUES_PER_TRACK);
    diesel::delete(
        cues::table
            .filter(cues::key.ge(first))
            .filter(cues::key.lt(first.saturating_add(CUES_PER_TRACK))),
    )
    .execute(connection)?;
    Ok(())
}

/// Deletes a track and its cues.
pub fn delete(connection: &mut Connection, track: RowId) -> Result<(), Error> {
    delete_cues(connection, track)?;
    diesel::delete(tracks::table.find(track)).execute(connection)?;
    Ok(())
}

/// Deletes all tracks of an item.
pub fn delete_all(connection: &mut Connection, item: RowId) -> Result<(), Error> {
    load_item_tracks(connection, item)?
        .iter()
        .try_for_each(|track| delete(connection, track.number))
}

/// Returns the value of the `tracks` column of an item: a summary of its tracks as JSON.
pub fn summary_json(tracks: &[TrackRow]) -> String {
    let summary = |track: &TrackRow| TrackSummary {
        kind: track.track_kind(),
        language: track.language.clone(),
        label: track.label.clone(),
    };
    summaries_to_json(&tracks.iter().map(summary).collect::<Vec<_>>())
}

/// Loads the values of the `tracks` column for these items; items without tracks are omitted.
pub fn load_summary_json(
    connection: &mut Connection,
    items: &[RowId],
) -> Result<HashMap<RowId, String>, Error> {
    let mut by_item: HashMap<RowId, Vec<TrackRow>> = HashMap::new();
    for track in load_tracks_of_items(connection, items.iter().copied())? {
        by_item.entry(track.item).or_default().push(track);
    }
    for tracks in by_item.values_mut() {
        sort_tracks(tracks);
    }
    Ok(by_item.into_iter().map(|(item, tracks)| (item, summary_json(&tracks))).collect())
}

fn sort_tracks(tracks: &mut [TrackRow]) {
    tracks.sort_by(|a, b| (a.track_kind(), &a.language).cmp(&(b.track_kind(), &b.language)));
}

/// Loads the tracks of these items.
pub fn load_tracks_of_items(
    connection: &mut Connection,
    items: impl IntoIterator<Item = RowId>,
) -> Result<Vec<TrackRow>, Error> {
    let mut stored: Vec<TrackRow> = Statement::<tracks::SqlType>::select(
        TRACK_COLUMNS,
        "tracks",
        &integer_in_fragment("tracks.item", items),
    )
    .load_rows(connection)?;
    stored.sort_by_key(|track| track.number);
    Ok(stored)
}

/// Loads the tracks whose summaries these items have: of items that were loaded for the public,
/// only the tracks that it may see.
pub fn load_summarized_tracks<'a>(
    connection: &mut Connection,
    items: impl Iterator<Item = &'a ItemRow>,
) -> Result<Vec<TrackRow>, Error> {
    let summaries: HashMap<RowId, Vec<TrackSummary>> = items
        .filter(|item| !item.tracks.is_empty())
        .map(|item| (item.number, item.track_summaries()))
        .collect();
    if summaries.is_empty() {
        return Ok(Vec::new());
    }
    let mut stored = load_tracks_of_items(connection, summaries.keys().copied())?;
    stored.retain(|track| {
        summaries
            .get(&track.item)
            .into_iter()
            .flatten()
            .any(|summary| summary.kind == track.track_kind() && summary.language == track.language)
    });
    sort_tracks(&mut stored);
    Ok(stored)
}

/// The text of a track for the full-text index.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackText {
    /// Kind of the track.
    pub kind: TrackKind,
    /// Its language.
    pub language: Language,
    /// The plain text of its cues, in order, separated by spaces.
    pub text: String,
}

/// Loads the texts of the tracks of these items.
pub fn load_track_texts(
    connection: &mut Connection,
    items: &[&ItemRow],
) -> Result<HashMap<RowId, Vec<TrackText>>, Error> {
    let with: Vec<RowId> =
        items.iter().filter(|item| !item.tracks.is_empty()).map(|item| item.number).collect();
    let mut found: HashMap<RowId, Vec<TrackText>> = HashMap::new();
    if with.is_empty() {
        return Ok(found);
    }
    let stored = load_tracks_of_items(connection, with)?;
    let numbers: Vec<RowId> = stored.iter().map(|track| track.number).collect();
    let mut cues = load_cues(connection, &numbers)?;
    for track in stored {
        let cues = cues.remove(&track.number).unwrap_or_default();
        let plain: Vec<String> =
            cues.iter().map(|cue| webvtt_cue_text::to_plain_text(&cue.payload)).collect();
        let track_text = TrackText {
            kind: track.track_kind(),
            language: Language::from_canonical(&track.language),
            text: plain.join(" "),
        };
        found.entry(track.item).or_default().push(track_text);
    }
    Ok(found)
}
