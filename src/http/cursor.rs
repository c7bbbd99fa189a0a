//! Cursors: the place of a page's edge, opaque to the client and bound to the query it belongs to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::db::Number;
use crate::db::page::{Place, Start};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// Fingerprint of the query.
    q: String,
    /// Whether the page lies before the place.
    b: bool,
    /// The sort keys.
    k: Vec<Option<String>>,
    /// The item.
    i: Number,
}

/// Why a cursor cannot be used.
#[derive(Debug, Eq, PartialEq)]
pub enum CursorError {
    /// It is not one of ours.
    Malformed,
    /// It belongs to another query.
    Foreign,
}

/// The fingerprint of a query, to tell whether a cursor belongs to it.
pub fn fingerprint(identity: &str) -> String {
    let digest = Sha256::digest(identity.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default())
}

/// Writes the cursor of the page after (or before) a place.
pub fn write(fingerprint: &str, place: &Place, before: bool) -> String {
    let content =
        Content { q: fingerprint.to_owned(), b: before, k: place.keys.clone(), i: place.number };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&content).unwrap_or_default())
}

/// Reads a cursor that belongs to the query with this fingerprint.
pub fn read(fingerprint: &str, cursor: &str) -> Result<Start, CursorError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_not_base64| CursorError::Malformed)?;
    let content: Content =
        serde_json::from_slice(&bytes).map_err(|_not_ours| CursorError::Malformed)?;
    if content.q != fingerprint {
        return Err(CursorError::Foreign);
    }
    if content.k.iter().flatten().any(|key| key.contains('\0')) {
        return Err(CursorError::Malformed);
    }
    let place = Place { keys: content.k, number: content.i };
    // A place has one cursor, so that a page has one address; what was written in another way was
    // not written here.
    if write(fingerprint, &place, content.b) != cursor {
        return Err(CursorError::Malformed);
    }
    Ok(if content.b { Start::Before(place) } else { Start::After(place) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_it_was_written(keys in prop::collection::vec(prop::option::of("[^\\x00]{0,40}"), 0..3), number in any::<i64>(), before in any::<bool>()) {
            let place = Place { keys, number };
            let start = read("f", &write("f", &place, before));
            prop_assert_eq!(start, Ok(if before { Start::Before(place) } else { Start::After(place) }));
        }

        #[test]
        fn a_place_has_one_cursor(number in any::<i64>(), blank in 0..3_usize) {
            let place = Place { keys: vec![None], number };
            let ours = String::from_utf8(URL_SAFE_NO_PAD.decode(write("f", &place, true)).unwrap()).unwrap();
            let blank = ours.replacen(',', &format!(",{}", " ".repeat(blank)), 1);
            let decimal = ours.replace(&format!("{}}}", place.number), &format!("{}.0}}", place.number));
            for content in [blank, decimal] {
                let expected = if content == ours { Ok(Start::Before(place.clone())) } else { Err(CursorError::Malformed) };
                prop_assert_eq!(read("f", &URL_SAFE_NO_PAD.encode(content)), expected);
            }
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in "\\PC{0,200}") {
            prop_assert!(read("f", &text).is_err());
        }

        #[test]
        fn a_cursor_of_another_query_is_foreign(number in any::<i64>()) {
            let place = Place { keys: vec![None], number };
            prop_assert_eq!(read("g", &write("f", &place, false)), Err(CursorError::Foreign));
        }
    }
}
