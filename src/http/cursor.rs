//! Pagination cursors: the position of a page's edge, opaque to the client and bound to one query.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::db::RowId;
use crate::db::keyset::{PageStart, Position};
use crate::text::fingerprint::Fingerprint;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CursorPayload {
    /// Fingerprint of the query.
    q: String,
    /// Whether the page is before the position.
    b: bool,
    /// Sort keys of the item at the position.
    k: Vec<Option<String>>,
    /// Row id of the item at the position.
    i: RowId,
}

/// Why a cursor is rejected.
#[derive(Debug, Eq, PartialEq)]
pub enum CursorError {
    /// Not a cursor of this server.
    Malformed,
    /// It belongs to another query.
    WrongQuery,
}

/// Length of the fingerprint in a cursor, in bytes.
const FINGERPRINT_LEN: usize = 9;

/// Fingerprint of a query; a cursor is valid only for the query with the same one.
pub fn query_fingerprint(key: &impl Serialize) -> String {
    Fingerprint::of(key).to_base64(FINGERPRINT_LEN)
}

/// Encodes the cursor of the page after a position.
pub fn encode_after(fingerprint: &str, position: &Position) -> String {
    encode(fingerprint, position, false)
}

/// Encodes the cursor of the page before a position.
pub fn encode_before(fingerprint: &str, position: &Position) -> String {
    encode(fingerprint, position, true)
}

fn encode(fingerprint: &str, position: &Position, before: bool) -> String {
    let payload = CursorPayload {
        q: fingerprint.to_owned(),
        b: before,
        k: position.keys.clone(),
        i: position.row_id,
    };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).unwrap_or_default())
}

/// Decodes a cursor of the query with this fingerprint.
pub fn decode(fingerprint: &str, cursor: &str) -> Result<PageStart, CursorError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_not_base64| CursorError::Malformed)?;
    let payload: CursorPayload =
        serde_json::from_slice(&bytes).map_err(|_not_a_cursor| CursorError::Malformed)?;
    if payload.q != fingerprint {
        return Err(CursorError::WrongQuery);
    }
    if payload.k.iter().flatten().any(|key| key.contains('\0')) {
        return Err(CursorError::Malformed);
    }
    let position = Position { keys: payload.k, row_id: payload.i };
    // Each position has exactly one valid encoding, so that a page has one URL.
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
        fn encoded_cursor_decodes_to_same_position(keys in prop::collection::vec(prop::option::of("[^\\x00]{0,40}"), 0..3), number in any::<i64>(), before in any::<bool>()) {
            let position = Position { keys, row_id: number };
            let start = decode("f", &encode("f", &position, before));
            prop_assert_eq!(start, Ok(if before { PageStart::Before(position) } else { PageStart::After(position) }));
        }

        #[test]
        fn non_canonical_encoding_is_rejected(number in any::<i64>(), blank in 0..3_usize) {
            let position = Position { keys: vec![None], row_id: number };
            let canonical = String::from_utf8(URL_SAFE_NO_PAD.decode(encode("f", &position, true)).unwrap()).unwrap();
            let blank = canonical.replacen(',', &format!(",{}", " ".repeat(blank)), 1);
            let decimal = canonical.replace(&format!("{}}}", position.row_id), &format!("{}.0}}", position.row_id));
            for content in [blank, decimal] {
                let expected = if content == canonical { Ok(PageStart::Before(position.clone())) } else { Err(CursorError::Malformed) };
                prop_assert_eq!(decode("f", &URL_SAFE_NO_PAD.encode(content)), expected);
            }
        }

        #[test]
        fn arbitrary_text_is_rejected_without_panic(text in "\\PC{0,200}") {
            prop_assert!(decode("f", &text).is_err());
        }

        #[test]
        fn cursor_of_other_query_is_rejected(number in any::<i64>()) {
            let position = Position { keys: vec![None], row_id: number };
            prop_assert_eq!(decode("g", &encode("f", &position, false)), Err(CursorError::WrongQuery));
        }
    }
}
