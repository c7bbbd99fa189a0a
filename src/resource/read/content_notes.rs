//! Content notes in another language than that of the response.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Text as SqlText};

use crate::db::sql_fragment::{Fragment, Statement, integer_table};
use crate::db::{Connection, Error, RowId};
use crate::resource::cache::content_notes::load_items_with_content_note;
use crate::resource::model::item::LoadedItem;
use crate::resource::read::catalogue::ReadContext;

/// Loads the content notes of items that have none in the language of the response: in their
/// original language, otherwise in another one, since a warning in a foreign language is better
/// than none. Returns language and note by row id of the item.
pub fn content_notes_in_other_language<O>(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    loaded: &[LoadedItem<O>],
) -> Result<HashMap<RowId, (String, String)>, Error> {
    let ReadContext { state, revisions, visibility } = read_context;
    let language_of = |item: &LoadedItem<O>| {
        item.choice
            .as_ref()
            .and_then(|choice| item.languages.get(choice.index))
            .map(ToString::to_string)
    };
    let lacks = |item: &&LoadedItem<O>| {
        let language = language_of(item);
        let has = item
            .texts
            .iter()
            .any(|text| Some(&text.language) == language.as_ref() && text.content_note.is_some());
        item.languages.len() > 1 && !has
    };
    let mut without: Vec<&LoadedItem<O>> = loaded.iter().filter(lacks).collect();
    if without.is_empty() {
        return Ok(HashMap::new());
    }
    if let Some(items_with_note) =
        state
            .content_note_cache
            .get_or_try_insert_with(revisions, &(), || load_items_with_content_note(connection))?
    {
        without.retain(|item| items_with_note.contains(&item.item.number));
    }
    if without.is_empty() {
        return Ok(HashMap::new());
    }
    // Few texts have a note, and a partial index contains only those.
    let statement = Fragment::new("SELECT wanted.value, texts.language, texts.status, texts.content_note FROM ")
        .append(&integer_table(without.iter().map(|item| item.item.number)))
        .by_backend(" wanted CROSS JOIN texts WHERE ", " wanted CROSS JOIN LATERAL (SELECT * FROM texts WHERE ")
        .sql("texts.content_note IS NOT NULL AND texts.key >= wanted.value * 512 AND texts.key < wanted.value * 512 + 512 ORDER BY texts.key")
        .by_backend("", " LIMIT 512) texts");
    let rows: Vec<(RowId, String, String, String)> =
        Statement::<(BigInt, SqlText, SqlText, SqlText)>::new(statement).load_rows(connection)?;
    let mut notes: HashMap<RowId, (String, String)> = HashMap::new();
    for (number, language, _, note) in
        rows.into_iter().filter(|row| visibility.includes_unpublished() || row.2 == "published")
    {
        let is_original = without
            .iter()
            .any(|item| item.item.number == number && item.item.original_language == language);
        if is_original || !notes.contains_key(&number) {
            notes.insert(number, (language, note));
        }
    }
    Ok(notes)
}
