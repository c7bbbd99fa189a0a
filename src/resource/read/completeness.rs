//! Translation completeness (`include=completeness`): the parts of an item that exist in each
//! language.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Bool};

use crate::db::sql_fragment::{Statement, integer_in_fragment};
use crate::db::{Connection, Error};
use crate::resource::model::completeness::{
    CAPTION_LANGUAGE_FILTER, Completeness, PartFlags, TranslatablePart, translatable_parts,
};
use crate::resource::model::item::LoadedItem;
use crate::resource::view::resource::Resource;

/// Sets the completeness of these items, with one query.
pub fn load_completeness<S: Resource>(
    connection: &mut Connection,
    items: &mut [LoadedItem<S::Fields>],
) -> Result<(), Error> {
    let texts = load_text_presence(connection, items)?;
    for item in items {
        item.completeness = Some(item_completeness::<S>(item, &texts));
    }
    Ok(())
}

/// Whether a text has a summary, and whether it has a description.
type TextPresence = (bool, bool);

/// Loads which parts the visible texts of these items have, by text key.
fn load_text_presence<O>(
    connection: &mut Connection,
    items: &[LoadedItem<O>],
) -> Result<HashMap<i64, TextPresence>, Error> {
    let keys = items
        .iter()
        .flat_map(|item| item.languages.iter().filter_map(|language| item.item.text_key(language)));
    let statement = Statement::<(BigInt, Bool, Bool)>::select(
        "texts.key, texts.summary IS NOT NULL, texts.description IS NOT NULL",
        "texts",
        &integer_in_fragment("texts.key", keys),
    );
    let rows: Vec<(i64, bool, bool)> = statement.load_rows(connection)?;
    Ok(rows.into_iter().map(|(key, summary, description)| (key, (summary, description))).collect())
}

fn item_completeness<S: Resource>(
    loaded: &LoadedItem<S::Fields>,
    texts: &HashMap<i64, TextPresence>,
) -> Completeness {
    let parts = translatable_parts(S::SCHEMA);
    let text_of = |language| texts.get(&loaded.item.text_key(language)?).copied();
    let texts: HashMap<&str, TextPresence> = loaded
        .languages
        .iter()
        .filter_map(|language| Some((language.as_str(), text_of(language)?)))
        .collect();
    let tracks = loaded.item.track_summaries();
    let facets = S::filter_values(&loaded.fields, &tracks);
    let captions: Vec<&str> = facets
        .iter()
        .filter(|(name, _)| *name == CAPTION_LANGUAGE_FILTER)
        .map(|(_, value)| value.as_str())
        .collect();
    let is_present = |language: &str, part: TranslatablePart| match part {
        TranslatablePart::Title => texts.contains_key(language),
        TranslatablePart::Summary => texts.get(language).is_some_and(|(summary, _)| *summary),
        TranslatablePart::Description => {
            texts.get(language).is_some_and(|(_, description)| *description)
        }
        TranslatablePart::Captions => captions.contains(&language),
        TranslatablePart::Transcript => {
            tracks.iter().any(|track| track.kind.is_spoken() && track.language == language)
        }
    };
    let in_language = |language: &str| {
        PartFlags(parts.iter().map(|(name, part)| (*name, is_present(language, *part))).collect())
    };
    texts
        .keys()
        .chain(&captions)
        .map(|language| ((*language).to_owned(), in_language(language)))
        .collect()
}
