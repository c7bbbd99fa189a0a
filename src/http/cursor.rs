//! Cursors: the place of a page's edge, opaque to the client and bound to the query it belongs to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::db::RowId;
use crate::db::keyset::{PageStart, Position};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CursorPayload {
    /// Fingerprint of the query.
    q: String,
    /// Whether the page lies before the place.
    b: bool,
    /// The sort keys.
    k: Vec<Option<String>>,
    /// The item.
    i: RowId,
}

/// Why a cursor cannot be used.
#[derive(Debug, Eq, PartialEq)]
pub enum CursorError {
    /// It is not one of ours.
    Malformed,
    /// It belongs to another query.
    WrongQuery,
}

/// The fingerprint of a query, to tell whether a cursor belongs to it.
pub fn query_fingerprint(identity: &str) -> String {
    let digest = Sha256::digest(identity.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default())
}

/// Writes the cursor of the page after (or before) a place.
pub fn encode(fingerprint: &str, position: &Position, before: bool) -> String {
    let payload = CursorPayload {
        q: fingerprint.to_owned(),
        b: before,
        k: position.keys.clone(),
        i: position.row_id,
    };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).unwrap_or_default())
}

/// Reads a cursor that belongs to the query with this fingerprint.
pub fn decode(fingerprint: &str, cursor: &str) -> Result<PageStart, CursorError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_not_base64| CursorError::Malformed)?;
    let payload: CursorPayload =
        serde_json::from_slice(&bytes).map_err(|_not_ours| CursorError::Malformed)?;
    if payload.q != fingerprint {
        return Err(CursorError::WrongQuery);
    }
    if payload.k.iter().flatten().any(|key| key.contains('\0')) {
        return Err(CursorError::Malformed);
    }
    let position = Position { keys: payload.k, row_id: payload.i };
    // A place has one cursor, so that a page has one address; what was written in another way was
    // not written here.
    if encode(fingerprint, &position, payload.b) != cursor {
        return Err(CursorError::Malformed);
    }
    Ok(if payload.b { PageStart::Before(position) } else { PageStart::After(position) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_it_was_written(keys in prop::collection::vec(prop::option::of("[^\\x00]{0,40}"), 0..3), number in any::<i64>(), before in any::<bool>()) {
            let place = Position { keys, row_id: number };
            let start = decode("f", &encode("f", &place, before));
            prop_assert_eq!(start, Ok(if before { PageStart::Before(place) } else { PageStart::After(place) }));
        }

        #[test]
        fn a_place_has_one_cursor(number in any::<i64>(), blank in 0..3_usize) {
            let place = Position { keys: vec![None], row_id: number };
            let ours = String::from_utf8(URL_SAFE_NO_PAD.decode(encode("f", &place, true)).unwrap()).unwrap();
            let blank = ours.replacen(',', &format!(",{}", " ".repeat(blank)), 1);
            let decimal = ours.replace(&format!("{}}}", place.row_id), &format!("{}.0}}", place.row_id));
            for content in [blank, decimal] {
                let expected = if content == ours { Ok(PageStart::Before(place.clone())) } else { Err(CursorError::Malformed) };
                prop_assert_eq!(decode("f", &URL_SAFE_NO_PAD.encode(content)), expected);
            }
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in "\\PC{0,200}") {
            prop_assert!(decode("f", &text).is_err());
        }

        #[test]
        fn a_cursor_of_another_query_is_foreign(number in any::<i64>()) {
            let place = Position { keys: vec![None], row_id: number };
            prop_assert_eq!(decode("g", &encode("f", &place, false)), Err(CursorError::WrongQuery));
        }
    }
}
