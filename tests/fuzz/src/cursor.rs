use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kinoteka::db::keyset::{PageStart, Position};
use kinoteka::http::cursor::{CursorError, decode, encode_after, encode_before};

/// Fuzzes a cursor as sent, and a decoded cursor payload, because mutations rarely yield valid
/// base64.
pub fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_canonical_or_rejected(text);
    assert_canonical_or_rejected(&URL_SAFE_NO_PAD.encode(data));

    let keys =
        text.split('\n').take(3).map(|key| (key != "-").then(|| key.replace('\0', "0"))).collect();
    let number = data.iter().fold(7, |number: i64, byte| {
        number.wrapping_mul(0x0100_0000_01b3).wrapping_add(i64::from(*byte))
    });
    let position = Position { keys, row_id: number };
    for (text, start) in [
        (encode_after("f", &position), PageStart::After(position.clone())),
        (encode_before("f", &position), PageStart::Before(position.clone())),
    ] {
        assert_eq!(decode("f", &text), Ok(start), "positions round-trip");
    }
}

/// Asserts that a cursor is rejected or equals, byte for byte, the serialization of the server.
fn assert_canonical_or_rejected(text: &str) {
    let Ok(start) = decode("f", text) else { return };
    let (position, encoded) = match &start {
        PageStart::After(position) => (position, encode_after("f", position)),
        PageStart::Before(position) => (position, encode_before("f", position)),
        PageStart::Offset(_) => panic!("a cursor is not an offset"),
    };
    assert_eq!(encoded, text, "the encoding of a position is canonical");
    assert!(
        position.keys.iter().flatten().all(|key| !key.contains('\0')),
        "databases do not accept NUL"
    );
    assert_eq!(decode("g", text), Err(CursorError::WrongQuery));
}
