use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kinoteka::db::keyset::{PageStart, Position};
use kinoteka::http::cursor::{CursorError, decode, encode};

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
    for before in [false, true] {
        let start = if before {
            PageStart::Before(position.clone())
        } else {
            PageStart::After(position.clone())
        };
        assert_eq!(decode("f", &encode("f", &position, before)), Ok(start), "positions round-trip");
    }
}

/// Asserts that a cursor is rejected or equals, byte for byte, the serialization of the server.
fn assert_canonical_or_rejected(text: &str) {
    let Ok(start) = decode("f", text) else { return };
    let (position, before) = match &start {
        PageStart::After(position) => (position, false),
        PageStart::Before(position) => (position, true),
        PageStart::Offset(_) => panic!("a cursor is not an offset"),
    };
    assert_eq!(encode("f", position, before), text, "the encoding of a position is canonical");
    assert!(
        position.keys.iter().flatten().all(|key| !key.contains('\0')),
        "databases do not accept NUL"
    );
    assert_eq!(decode("g", text), Err(CursorError::WrongQuery));
}
