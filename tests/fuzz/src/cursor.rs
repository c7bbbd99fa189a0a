use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kinoteka::db::page::{Place, Start};
use kinoteka::http::cursor::{CursorError, read, write};

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
    let place = Place { keys, number };
    for before in [false, true] {
        let start = if before { Start::Before(place.clone()) } else { Start::After(place.clone()) };
        assert_eq!(
            read("f", &write("f", &place, before)),
            Ok(start),
            "a place reads back as it was written"
        );
    }
}

fn is_ours_or_refused(text: &str) {
    let Ok(start) = read("f", text) else { return };
    let (place, before) = match &start {
        Start::After(place) => (place, false),
        Start::Before(place) => (place, true),
        Start::Offset(_) => panic!("a cursor is a place"),
    };
    assert_eq!(write("f", place, before), text, "a place has one cursor");
    assert!(place.keys.iter().flatten().all(|key| !key.contains('\0')), "no database takes a NUL");
    assert_eq!(read("g", text), Err(CursorError::Foreign));
}
