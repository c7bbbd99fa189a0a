use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kinoteka::db::keyset::{PageStart, Position};
use kinoteka::http::cursor::{CursorError, decode, encode};

/// A cursor as it is sent; and what a cursor holds, since nobody mutates through base64.
pub fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    is_ours_or_refused(text);
    is_ours_or_refused(&URL_SAFE_NO_PAD.encode(data));

    let keys =
        text.split('\n').take(3).map(|key| (key != "-").then(|| key.replace('\0', "0"))).collect();
    let number = data.iter().fold(7, |number: i64, byte| {
        number.wrapping_mul(0x0100_0000_01b3).wrapping_add(i64::from(*byte))
    });
    let place = Position { keys, row_id: number };
    for before in [false, true] {
        let start =
            if before { PageStart::Before(place.clone()) } else { PageStart::After(place.clone()) };
        assert_eq!(
            decode("f", &encode("f", &place, before)),
            Ok(start),
            "a place reads back as it was written"
        );
    }
}

fn is_ours_or_refused(text: &str) {
    let Ok(start) = decode("f", text) else { return };
    let (place, before) = match &start {
        PageStart::After(place) => (place, false),
        PageStart::Before(place) => (place, true),
        PageStart::Offset(_) => panic!("a cursor is a place"),
    };
    assert_eq!(encode("f", place, before), text, "a place has one cursor");
    assert!(place.keys.iter().flatten().all(|key| !key.contains('\0')), "no database takes a NUL");
    assert_eq!(decode("g", text), Err(CursorError::WrongQuery));
}
