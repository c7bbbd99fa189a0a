//! Loading, parsing and storing of text tracks.

use crate::captions::{ParseError, Track};
use crate::config::Settings;
use crate::db::{Connection, Error};
use crate::http::auth::Visibility;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::ItemRow;
use crate::resource::model::text_track::TrackKind;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::tracks::{self, SavedTrack, TrackRow, TrackUpload};
use crate::resource::store::visibility::find_visible;
use crate::resource::write::tracks as resource_tracks;
use crate::text::language::Language;
use crate::videos::resource::Videos;
use crate::videos::schema::SCHEMA;
use crate::videos::tracks::model;

/// Result of a lookup, or the current slug if a former one was requested.
pub enum VideoLookup<T> {
    /// The result.
    Found(T),
    /// The current slug.
    Moved(String),
}

/// Runs `work` on a video, unless it was requested by a former slug.
pub fn with_current_video<T>(
    connection: &mut Connection,
    name: &str,
    visibility: Visibility,
    work: impl FnOnce(&mut Connection, ItemRow) -> Result<T, Problem>,
) -> Result<VideoLookup<T>, Problem> {
    match find_visible(connection, &SCHEMA, name, visibility)? {
        Lookup::Former(item) => Ok(VideoLookup::Moved(item.slug)),
        Lookup::Current(item) => work(connection, item).map(VideoLookup::Found),
    }
}

/// Stores a track and updates its video.
pub fn save_track(
    connection: &mut Connection,
    settings: &Settings,
    item: &ItemRow,
    upload: TrackUpload<'_>,
) -> Result<SavedTrack, Problem> {
    let saved = tracks::save_track(connection, item.number, upload)?;
    if saved.is_changed {
        resource_tracks::update_item_after_track_change::<Videos>(
            connection,
            settings,
            item,
            &upload.summary.language,
        )?;
    }
    Ok(saved)
}

/// Returns the problem of a file that cannot be parsed; errors carry line numbers.
pub fn parse_problem(errors: Vec<ParseError>) -> Problem {
    let errors = errors
        .into_iter()
        .map(|error| FieldError::line(error.line, error.code, error.detail))
        .collect();
    let mut problem = Problem::invalid_fields(errors);
    "The file is not a valid text track; nothing was stored.".clone_into(&mut problem.detail);
    problem
}

/// Loads the tracks of a video that its reader may see.
pub fn load_shown_tracks(
    connection: &mut Connection,
    item: &ItemRow,
) -> Result<Vec<TrackRow>, Error> {
    tracks::load_summarized_tracks(connection, std::iter::once(item))
}

/// The stored track of a kind and language.
pub fn find_stored_track(
    connection: &mut Connection,
    item: &ItemRow,
    kind: TrackKind,
    language: &str,
) -> Result<Option<TrackRow>, Problem> {
    let all = tracks::load_item_tracks(connection, item.number)?;
    Ok(all.into_iter().find(|track| track.track_kind() == kind && track.language == language))
}

/// Transliterates a track to the script of `language` if necessary.
pub fn load_in_script(
    connection: &mut Connection,
    stored: &TrackRow,
    to: Option<&Language>,
) -> Result<Track, Error> {
    let track = tracks::load_track(connection, stored)?;
    Ok(match to {
        Some(to) => {
            model::transliterate_track(track, &Language::from_canonical(&stored.language), to)
        }
        None => track,
    })
}
