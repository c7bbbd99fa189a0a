//! Detection of the encoding of a file. An ambiguous encoding is rejected, since a wrong guess
//! would store wrong letters.
//!
//! Spreadsheets write UTF-8 with a byte order mark, UTF-16, or the system's code page: Windows-1250
//! (Central European Latin), 1251 (Cyrillic) or 1254 (Turkish). Any bytes are valid in each code
//! page, but usually only one yields letters of the catalogue's languages.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1251, WINDOWS_1254};

/// Decoded text of a file, and its encoding.
#[derive(Debug, Eq, PartialEq)]
pub struct Decoded {
    /// Text without byte order mark.
    pub text: String,
    /// Name of the encoding (WHATWG).
    pub encoding: &'static str,
}

/// Reason why a file cannot be decoded.
#[derive(Debug, Eq, PartialEq)]
pub enum EncodingError {
    /// It is not a text file.
    WrongFileType(&'static str),
    /// Its encoding differs from the declared one, or is ambiguous.
    Undecodable(String),
}

/// Signatures of other file types.
const FILE_SIGNATURES: [(&[u8], &str); 4] = [
    (b"\xD0\xCF\x11\xE0", "an old spreadsheet (XLS)"),
    (b"%PDF-", "a PDF"),
    (b"\x1F\x8B", "a GZIP file"),
    (b"{\\rtf", "a rich text document (RTF)"),
];

/// Code pages that are distinguished by their letters.
static CODE_PAGES: [(&Encoding, &str); 3] = [
    // Letters of Bosnian, Croatian, Montenegrin and Serbian; Albanian, some shared with German.
    (WINDOWS_1250, "čćžšđČĆŽŠĐëçËÇöüÖÜäÄßéÉ"),
    (WINDOWS_1251, ""),
    (WINDOWS_1254, "şğıİöüçŞĞÖÜÇâîûÂÎÛëËéÉ"),
];

/// Punctuation used in any language.
const COMMON_SYMBOLS: &str = "“”„‚‘’«»‹›–—…•·€°§©®™±×÷№\u{A0}\u{AD}";

/// Decodes a file. `stated` is the charset of `Content-Type`.
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
                "The encoding `{}` in `Content-Type` is not supported; use UTF-8.",
                crate::http::json_fields::truncate_for_message(name)
            )));
        };
        return decode_as(encoding, bytes);
    }
    // UTF-16 without a byte order mark: the header begins with an ASCII letter and a zero byte, in
    // either order.
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

/// Decodes a file in a known encoding.
fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, EncodingError> {
    let name = encoding.name();
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.ok_or_else(|| {
        EncodingError::Undecodable(format!(
            "The file is declared as {name} but contains invalid bytes. Save it as CSV UTF-8."
        ))
    })?;
    Ok(Decoded { text: text.into_owned(), encoding: name })
}

/// The only code page in which all letters belong to the catalogue's languages.
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
                    "The file is not UTF-8, and is valid text both in {} and in {}. Save it as CSV UTF-8, or declare the encoding: \
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
            "Unknown file encoding: it is neither UTF-8 nor UTF-16, nor text of the catalogue's languages in windows-1250, -1251 or \
             -1254. Save it as CSV UTF-8."
                .to_owned(),
        )
    })
}

/// Whether a character occurs in text, unlike control characters.
fn is_plain_ascii(c: char) -> bool {
    c.is_ascii() && (!c.is_control() || matches!(c, '\t' | '\r' | '\n'))
}

/// Whether text has Cyrillic words and no word of mixed script.
fn is_cyrillic(text: &str) -> bool {
    let is_letter = |c: char| matches!(c, '\u{400}'..='\u{45F}' | '\u{490}' | '\u{491}');
    if !text.chars().all(|c| is_plain_ascii(c) || is_letter(c) || COMMON_SYMBOLS.contains(c)) {
        return false;
    }
    let mut words =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_ascii()).peekable();
    let of_one_script = |word: &str| word.chars().all(is_letter);
    // A single letter may be of either script.
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
            // Same letters in both code pages.
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
        // `đ` in one is `ğ` in the other.
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
    }
}
