//! `kinoteka export`: the whole catalogue as NDJSON for `import`.

use std::io::{BufWriter, Write};

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::captions::webvtt;
use crate::commands::error::CommandError;
use crate::commands::import::text_track::{TEXT_TRACK, TextTrackLine};
use crate::config::Settings;
use crate::db::schema::items;
use crate::db::{Connection, RowId};
use crate::http::problem::Problem;
use crate::registry::resources;
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;
use crate::resource::store::tracks;
use crate::resource::write::save::ARCHIVED_FROM_PUBLIC;
use crate::server;

/// Members that only the server sets or derives.
const READ_ONLY_FIELDS: &[&str] = &["id", "revision", "created_at", "updated_at", "languages"];

/// Exports every item that is not deleted, targets of references first.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let context = server::app_state(settings)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for entry in resources() {
        let kind = entry.schema.kind;
        for line in store.write_blocking(|connection| {
            let rows: Vec<ItemRow> = items::table
                .filter(items::kind.eq(kind.as_str()))
                .filter(items::deleted_at.is_null())
                .order(items::number)
                .select(ItemRow::as_select())
                .load(connection)
                .map_err(Problem::from)?;
            let mut lines = Vec::with_capacity(rows.len());
            for item in rows {
                let is_archived_from_public = item.archived_from_public;
                let resource = (entry.render)(connection, &context, item)?;
                let mut line = to_ndjson_object(kind, &resource);
                if is_archived_from_public {
                    line.insert(ARCHIVED_FROM_PUBLIC.to_owned(), true.into());
                }
                lines.push(serde_json::to_string(&line).map_err(Problem::internal)?);
            }
            Ok::<_, Problem>(lines)
        })? {
            writeln!(out, "{line}")?;
        }
    }
    let with_tracks: Vec<(RowId, String)> = store.write_blocking(|connection| {
        items::table
            .filter(items::deleted_at.is_null())
            .filter(items::tracks.ne(""))
            .order(items::number)
            .select((items::number, items::slug))
            .load(connection)
            .map_err(Problem::from)
    })?;
    for (number, video) in with_tracks {
        for line in
            store.write_blocking(|connection| text_track_lines(connection, number, &video))?
        {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Returns the lines of the text tracks of a video.
fn text_track_lines(
    connection: &mut Connection,
    row_id: RowId,
    video: &str,
) -> Result<Vec<String>, Problem> {
    let mut lines = Vec::new();
    for track in tracks::load_item_tracks(connection, row_id)? {
        let line = TextTrackLine {
            line_number: 0,
            resource: TEXT_TRACK.to_owned(),
            video: video.to_owned(),
            kind: track.track_kind(),
            webvtt: webvtt::render(&tracks::load_track(connection, &track)?, &[]),
            language: track.language,
            label: track.label,
        };
        lines.push(serde_json::to_string(&line).map_err(Problem::internal)?);
    }
    Ok(lines)
}

fn to_ndjson_object(kind: ResourceKind, resource: &Value) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("resource".to_owned(), kind.as_str().into());
    for (name, value) in resource.as_object().into_iter().flatten() {
        let mut value = shorten_references(value);
        if let Some(members) = value.as_array_mut() {
            // Stored text tracks are exported as lines of their own.
            members.retain(|member| member.get("stored").and_then(Value::as_bool) != Some(true));
        }
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !READ_ONLY_FIELDS.contains(&name.as_str()) && !empty {
            object.insert(name.clone(), value);
        }
    }
    object
}

/// Replaces references by slugs and countries by codes; removes null members.
fn shorten_references(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            if let (Some(_), Some(slug)) = (object.get("id"), object.get("slug")) {
                return slug.clone();
            }
            if let (Some(code), Some(_)) = (object.get("code"), object.get("footnote")) {
                return code.clone();
            }
            Value::Object(
                object
                    .iter()
                    .map(|(name, value)| (name.clone(), shorten_references(value)))
                    .filter(|(_, value)| !value.is_null())
                    .collect(),
            )
        }
        Value::Array(members) => Value::Array(members.iter().map(shorten_references).collect()),
        other => other.clone(),
    }
}
