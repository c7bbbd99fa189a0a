//! Slugs of purged items. They are stored as keyed hashes, since a slug contains words of the item;
//! the hashes still reserve the slugs and identify the items.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::{secrets, slugs};
use crate::db::{Connection, Error, RowId};
use crate::resource::model::item::ItemRow;

/// Name of the key in the table of secrets.
const KEY_NAME: &str = "purged_slugs";

/// Prefix of the hashes. No slug contains a colon.
const HASH_PREFIX: &str = "purged:";

/// Replaces all slugs of an item by their hashes. Returns the hash of its current slug.
pub(in crate::resource) fn purge_slugs(
    connection: &mut Connection,
    item: &ItemRow,
) -> Result<String, Error> {
    let key = load_or_create_key(connection)?;
    let own: Vec<String> =
        slugs::table.filter(slugs::item.eq(item.number)).select(slugs::slug).load(connection)?;
    for slug in own.iter().filter(|slug| !slug.starts_with(HASH_PREFIX)) {
        diesel::update(slugs::table.find((&item.kind, slug)))
            .set(slugs::slug.eq(hash(&key, &item.kind, slug)))
            .execute(connection)?;
    }
    Ok(hash(&key, &item.kind, &item.slug))
}

/// Returns the purged item that had a slug.
pub(in crate::resource) fn find_purged(
    connection: &mut Connection,
    kind: &str,
    slug: &str,
) -> Result<Option<RowId>, Error> {
    let Some(key) = load_key(connection)? else { return Ok(None) };
    Ok(slugs::table
        .filter(slugs::kind.eq(kind))
        .filter(slugs::slug.eq(hash(&key, kind, slug)))
        .select(slugs::item)
        .first(connection)
        .optional()?)
}

fn hash(key: &str, kind: &str, slug: &str) -> String {
    let digest = Sha256::digest(format!("{key}\n{kind}\n{slug}"));
    format!("{HASH_PREFIX}{}", URL_SAFE_NO_PAD.encode(digest))
}

/// Loads the key of this database; `None` before the first purge.
fn load_key(connection: &mut Connection) -> Result<Option<String>, Error> {
    Ok(secrets::table.find(KEY_NAME).select(secrets::value).first(connection).optional()?)
}

fn load_or_create_key(connection: &mut Connection) -> Result<String, Error> {
    if let Some(key) = load_key(connection)? {
        return Ok(key);
    }
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    let key = URL_SAFE_NO_PAD.encode(bytes);
    diesel::insert_into(secrets::table)
        .values((secrets::name.eq(KEY_NAME), secrets::value.eq(&key)))
        .execute(connection)?;
    Ok(key)
}
