//! In which encoding a file is. What cannot be told for certain is refused: a guess would keep
//! wrong letters for good.
//!
//! Spreadsheets of the region write UTF-8 with a mark, UTF-16, or the code page of their system:
//! Windows-1250 (Central European Latin), 1251 (Cyrillic) or 1254 (Turkish). Any bytes are text in
//! each of these; but only in one of them are they text of letters that the languages of the
//! catalogue have, unless they read the same in several.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1251, WINDOWS_1254};

/// A file as text, and the encoding that it was in.
#[derive(Debug, Eq, PartialEq)]
pub struct Decoded {
    /// The text, without a mark.
    pub text: String,
    /// The name of the encoding (WHATWG).
    pub encoding: &'static str,
}

/// Why a file is no text that can be read.
#[derive(Debug, Eq, PartialEq)]
pub enum EncodingError {
    /// It is a file of another kind.
    WrongFileType(&'static str),
    /// Its encoding is not what was said, or cannot be told.
    Undecodable(String),
}

/// What files of other kinds begin with.
const FILE_SIGNATURES: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "a spreadsheet or another ZIP file"),
    (b"\xD0\xCF\x11\xE0", "an old spreadsheet (XLS)"),
    (b"%PDF-", "a PDF"),
    (b"\x1F\x8B", "a GZIP file"),
    (b"{\\rtf", "a text with formats (RTF)"),
];

/// Code pages that are told apart by their letters.
static CODE_PAGES: [(&Encoding, &str); 3] = [
    // Bosnian, Croatian, Montenegrin, Serbian; Albanian, and what it has in common with German.
    (WINDOWS_1250, "čćžšđČĆŽŠĐëçËÇöüÖÜäÄßéÉ"),
    (WINDOWS_1251, ""),
    (WINDOWS_1254, "şğıİöüçŞĞÖÜÇâîûÂÎÛëËéÉ"),
];

/// Signs that stand in texts of any language.
const COMMON_SYMBOLS: &str = "“”„‚‘’«»‹›–—…•·€°§©®™±×÷№\u{A0}\u{AD}";

/// Reads a file. `stated` is what `Content-Type` says of its encoding.
pub fn decode(bytes: &[u8], charset: Option<&str>) -> Result<Decoded, EncodingError> {
    if let Some((_, what)) =
        FILE_SIGNATURES.iter().find(|(beginning, _)| bytes.starts_with(beginning))
    {
        return Err(EncodingError::WrongFileType(what));
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes.get(length..).unwrap_or_default());
    }
    if let Some(name) = charset {
        let Some(encoding) = Encoding::for_label(name.as_bytes()) else {
            return Err(EncodingError::Undecodable(format!(
                "The encoding `{}` in `Content-Type` is not known; UTF-8 is.",
                crate::http::json_fields::clip(name)
            )));
        };
        return decode_as(encoding, bytes);
    }
    // The names of the columns come first: a letter and a zero, or the other way round.
    match bytes {
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => {
            return decode_as(UTF_16LE, bytes);
        }
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => {
            return decode_as(UTF_16BE, bytes);
        }
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded { text: text.to_owned(), encoding: UTF_8.name() });
    }
    detect_code_page(bytes)
}

/// All of a file in an encoding that is known.
fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, EncodingError> {
    let name = encoding.name();
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.ok_or_else(|| {
        EncodingError::Undecodable(format!(
            "The file is said to be {name}, but has bytes that are none. Save it as CSV UTF-8."
        ))
    })?;
    Ok(Decoded { text: text.into_owned(), encoding: name })
}

/// The one code page in which all letters are such as the catalogue's languages have.
fn detect_code_page(bytes: &[u8]) -> Result<Decoded, EncodingError> {
    let mut found: Option<Decoded> = None;
    for (encoding, letters) in CODE_PAGES {
        let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
            continue;
        };
        let fits = if letters.is_empty() {
            is_cyrillic(&text)
        } else {
            text.chars()
                .all(|c| is_plain_ascii(c) || letters.contains(c) || COMMON_SYMBOLS.contains(c))
        };
        match &found {
            _ if !fits => {}
            None => found = Some(Decoded { text: text.into_owned(), encoding: encoding.name() }),
            Some(other) if other.text == text => {}
            Some(other) => {
                let detail = format!(
                    "The file is not UTF-8, and reads as text both in {} and in {}. Save it as CSV UTF-8, or say which it is: \
                     `Content-Type: text/csv; charset={}`.",
                    other.encoding,
                    encoding.name(),
                    encoding.name()
                );
                return Err(EncodingError::Undecodable(detail));
            }
        }
    }
    found.ok_or_else(|| {
        EncodingError::Undecodable(
            "The encoding of the file cannot be told: it is not UTF-8 or UTF-16, nor text of the catalogue's languages in windows-1250, -1251 or \
             -1254. Save it as CSV UTF-8."
                .to_owned(),
        )
    })
}

/// Whether a character stands in text of any language: control characters do not.
fn is_plain_ascii(c: char) -> bool {
    c.is_ascii() && (!c.is_control() || matches!(c, '\t' | '\r' | '\n'))
}

/// Whether text is Cyrillic: no word is of both scripts, and there are words of that one.
fn is_cyrillic(text: &str) -> bool {
    let is_letter = |c: char| matches!(c, '\u{400}'..='\u{45F}' | '\u{490}' | '\u{491}');
    if !text.chars().all(|c| is_plain_ascii(c) || is_letter(c) || COMMON_SYMBOLS.contains(c)) {
        return false;
    }
    let mut words =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_ascii()).peekable();
    let of_one_script = |word: &str| word.chars().all(is_letter);
    // A letter alone is a word in either script.
    let mut has_words = false;
    let fits = words.by_ref().all(|word| {
        has_words = has_words || word.chars().nth(1).is_some();
        of_one_script(word)
    });
    fits && has_words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, failed) = encoding.encode(text);
        assert!(!failed, "{text}");
        bytes.into_owned()
    }

    #[test]
    fn recognises_spreadsheet_encodings() {
        for (bytes, expected, text) in [
            (b"\xEF\xBB\xBFslug,label\n".to_vec(), "UTF-8", "slug,label\n"),
            ("slug,label\nа,Људи\n".as_bytes().to_vec(), "UTF-8", "slug,label\nа,Људи\n"),
            (b"\xFF\xFEs\0l\0".to_vec(), "UTF-16LE", "sl"),
            (b"\xFE\xFF\0s\0l".to_vec(), "UTF-16BE", "sl"),
            (b"s\0l\0\x16\x04".to_vec(), "UTF-16LE", "slЖ"),
            (b"\0s\0l\x04\x16".to_vec(), "UTF-16BE", "slЖ"),
            (
                encode(WINDOWS_1250, "slug,label\na,Žene i đaci\nb,Shqipëri; “çdo”\n"),
                "windows-1250",
                "slug,label\na,Žene i đaci\nb,Shqipëri; “çdo”\n",
            ),
            (
                encode(WINDOWS_1251, "slug;label\na;Луѓе на форумот\nb;Људи у Ужицу\n"),
                "windows-1251",
                "slug;label\na;Луѓе на форумот\nb;Људи у Ужицу\n",
            ),
            (
                encode(WINDOWS_1254, "slug;label\na;Eğitim gören kişi\n"),
                "windows-1254",
                "slug;label\na;Eğitim gören kişi\n",
            ),
            // The same in both.
            (
                encode(WINDOWS_1250, "slug;label\na;Shqipëria çdo\n"),
                "windows-1250",
                "slug;label\na;Shqipëria çdo\n",
            ),
        ] {
            assert_eq!(
                decode(&bytes, None),
                Ok(Decoded { text: text.to_owned(), encoding: expected })
            );
        }
    }

    #[test]
    fn ambiguous_encoding_needs_charset() {
        // `đ` of one is `ğ` of the other.
        let either = encode(WINDOWS_1250, "slug,label\na,medu đ\n");
        assert!(
            matches!(decode(&either, None), Err(EncodingError::Undecodable(detail)) if detail.contains("windows-1250 and in windows-1254"))
        );
        assert_eq!(
            decode(&either, Some("windows-1250")).map(|decoded| decoded.text),
            Ok("slug,label\na,medu đ\n".to_owned())
        );
        assert!(matches!(decode(b"slug\n\xF1\xFF\x01", None), Err(EncodingError::Undecodable(_))));
        assert!(matches!(decode(b"slug\n\xFF", Some("utf-8")), Err(EncodingError::Undecodable(_))));
        assert!(matches!(decode(b"slug\n", Some("klingon")), Err(EncodingError::Undecodable(_))));
        assert_eq!(
            decode(b"PK\x03\x04 and so on", None),
            Err(EncodingError::WrongFileType("a spreadsheet or another ZIP file"))
        );
    }
}
