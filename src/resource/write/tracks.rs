//! Updates an item after one of its text tracks changed.

use diesel::prelude::*;

use crate::config::Settings;
use crate::db::schema::items;
use crate::db::{Connection, Time};
use crate::http::problem::Problem;
use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::index::{filters, full_text};
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::{Audience, Revisions, bump};
use crate::resource::store::change_log;
use crate::resource::store::texts::load_all_texts;
use crate::resource::store::tracks::{load_item_tracks, summary_json};
use crate::resource::view::resource::Resource;

/// Updates an item after a change of its text track in this language: the summary of its tracks, its
/// revision and its index entries. Also bumps the revisions of the kind and of the catalogue.
pub fn update_item_after_track_change<S: Resource>(
    connection: &mut Connection,
    settings: &Settings,
    item: &ItemRow,
    language: &str,
) -> Result<(), Problem> {
    let now = Time::now();
    let mut item = item.clone();
    item.tracks = summary_json(&load_item_tracks(connection, item.number)?);
    let is_seen = item.is_public && item.is_public_track_language(language);
    item.increment_revision(Audience::new(is_seen), now)?;
    item.catalogue_revision = Revisions::load(connection)?.next_catalogue_revision();
    diesel::update(items::table.find(item.number)).set(&item).execute(connection)?;
    let fields = item.parse_fields::<S::Fields>().ok_or_else(|| {
        Problem::internal(format!("failed to parse the fields of item {}", item.id))
    })?;
    let texts = load_all_texts(connection, [item.number])?.remove(&item.number).unwrap_or_default();
    let indexed =
        IndexedItem { item: &item, fields: &fields, texts: &texts, references: &item.references() };
    filters::write_filter_index::<S>(connection, indexed, IndexChange::Replace)?;
    full_text::reindex_items(connection, &[item.number])?;
    bump(connection, S::SCHEMA.kind, Audience::new(is_seen), now)?;
    if is_seen {
        change_log::record_feed_change(connection, settings, S::SCHEMA.kind)?;
    }
    Ok(())
}
