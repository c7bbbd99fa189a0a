//! Encodings of caption files.
//!
//! Old subtitle files are in the code page of the system that wrote them. In each code page any
//! bytes are text, so the encoding follows from what is known about the file: a byte order mark,
//! the declared encoding, UTF-8 if the bytes are valid, or the code page of the language.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
    WINDOWS_1258,
};

use crate::captions::blocks::split_lines;
use crate::captions::repair::MAX_REPAIRS;
use crate::captions::track::{ParseError, Repair};
use crate::text::language::Language;

/// The text of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    /// Text without byte order mark.
    pub text: Cow<'a, str>,
    /// Name of the encoding (WHATWG).
    pub encoding: &'static str,
    /// The lines in which invalid bytes were replaced.
    pub repairs: Vec<Repair>,
}

/// Code pages of languages, other than windows-1252, by primary language subtag (HTML, 13.2.3.2,
/// suggested default encodings; those of Windows where the table has others).
static CODE_PAGES: &[(&Encoding, &str)] = &[
    (WINDOWS_1250, "bs cnr cs hr hu pl ro sh sk sl"),
    (WINDOWS_1251, "ba be bg kk ky mk ru sah sr tg tt uk"),
    (WINDOWS_1253, "el"),
    (WINDOWS_1254, "az ku tr"),
    (WINDOWS_1255, "he yi"),
    (WINDOWS_1256, "ar fa ur"),
    (WINDOWS_1257, "et lt lv"),
    (WINDOWS_1258, "vi"),
    (WINDOWS_874, "th"),
    (SHIFT_JIS, "ja"),
    (EUC_KR, "ko"),
    (GBK, "zh"),
];

/// The code page in which texts of a language were written before UTF-8.
fn code_page(language: &Language) -> &'static Encoding {
    let primary = language.primary_language();
    match (primary, language.script()) {
        ("sr", Some("Latn")) => WINDOWS_1250,
        ("cnr" | "sh" | "bs", Some("Cyrl")) => WINDOWS_1251,
        ("zh", Some("Hant")) => BIG5,
        _ => CODE_PAGES
            .iter()
            .find(|(_, languages)| languages.split(' ').any(|one| one == primary))
            .map_or(WINDOWS_1252, |(encoding, _)| encoding),
    }
}

/// Decodes a file. With `repair`, bytes that are invalid in its encoding are replaced by U+FFFD.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    charset: Option<&'static Encoding>,
    language: &Language,
    repair: bool,
) -> Result<Decoded<'a>, ParseError> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes.get(length..).unwrap_or_default(), repair);
    }
    if let Some(encoding) = charset {
        return decode_as(encoding, bytes, repair);
    }
    let is_utf8 = str::from_utf8(bytes).is_ok();
    if let Some(offset) = bytes.iter().position(|&byte| byte == 0).filter(|_| !(is_utf8 && repair))
    {
        let detail = "The file contains NUL bytes: it is binary, or UTF-16 without a byte order mark; send a text file in UTF-8.";
        return Err(ParseError::new(line_number_at(bytes, offset), "not_text", detail));
    }
    if is_utf8 || is_damaged_utf8(bytes) {
        return decode_as(UTF_8, bytes, repair);
    }
    let encoding = code_page(language);
    let decoded = decode_as(encoding, bytes, repair)?;
    if is_plausible(&decoded.text, encoding) {
        return Ok(decoded);
    }
    let line = str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |_| 0);
    let detail = format!(
        "This line is not valid UTF-8, and the file is not text of `{language}` in {}, the usual encoding of that language: \
         save it as UTF-8, or declare its encoding, such as `charset=windows-1250`.",
        encoding.name()
    );
    Err(ParseError::new(line_number_at(bytes, line), "not_utf8", detail))
}

/// Decodes a file in a known encoding.
fn decode_as<'a>(
    encoding: &'static Encoding,
    bytes: &'a [u8],
    repair: bool,
) -> Result<Decoded<'a>, ParseError> {
    let name = encoding.name();
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(Decoded { text, encoding: name, repairs: Vec::new() });
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let damaged: Vec<usize> = split_lines(&text)
        .into_iter()
        .filter(|(_, line)| line.contains(char::REPLACEMENT_CHARACTER))
        .map(|(number, _)| number)
        .collect();
    if !repair {
        let detail = format!(
            "This line has bytes that are invalid in {name}, the encoding of the rest of the file; correct the line."
        );
        let code = if encoding == UTF_8 { "not_utf8" } else { "invalid_bytes" };
        return Err(ParseError::new(damaged.first().copied().unwrap_or(1), code, detail));
    }
    let repairs = damaged.into_iter().take(MAX_REPAIRS).map(|line| Repair {
        line,
        code: "invalid_bytes",
        detail: format!("Bytes that are invalid in {name} were replaced by U+FFFD."),
    });
    Ok(Decoded { repairs: repairs.collect(), text, encoding: name })
}

/// Whether bytes are UTF-8 with a few errors rather than another encoding: they have more valid
/// sequences of several bytes than invalid ones. Text in a code page hardly ever has any.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid
}

/// Whether the words of a text are as those of the languages of a code page: in Latin script, most
/// words with a letter outside ASCII have others within, and in other alphabets they have none.
fn is_plausible(text: &str, encoding: &'static Encoding) -> bool {
    let (mut mixed, mut pure) = (0_usize, 0_usize);
    for word in text.split(|c: char| !c.is_alphabetic()) {
        if !word.is_ascii() && word.chars().nth(1).is_some() {
            let has_ascii = word.chars().any(|c| c.is_ascii());
            *(if has_ascii { &mut mixed } else { &mut pure }) += 1;
        }
    }
    let is_latin = [WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258];
    if is_latin.contains(&encoding) { mixed >= pure } else { pure >= mixed }
}

/// The number of the line that contains a byte.
fn line_number_at(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or(bytes);
    split_lines(&String::from_utf8_lossy(before)).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{UTF_16BE, UTF_16LE};

    fn encode(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, has_errors) = encoding.encode(text);
        assert!(!has_errors, "{text}");
        bytes.into_owned()
    }

    /// The text and the encoding of a file in a language.
    fn decoded(
        bytes: &[u8],
        charset: Option<&str>,
        tag: &str,
    ) -> Result<(String, &'static str), (usize, &'static str)> {
        let charset = charset.map(|label| Encoding::for_label(label.as_bytes()).unwrap());
        decode(bytes, charset, &Language::from_canonical(tag), false)
            .map(|decoded| (decoded.text.into_owned(), decoded.encoding))
            .map_err(|error| (error.line, error.code))
    }

    #[test]
    fn language_determines_code_page() {
        for (tag, encoding, text) in [
            ("tr", WINDOWS_1254, "Şiddete hayır, kadın hakları"),
            ("mk", WINDOWS_1251, "Насилството не е приватна работа"),
            ("sr-Cyrl", WINDOWS_1251, "Насиље није љубав"),
            ("sr-Latn", WINDOWS_1250, "Nasilje nije ljubav, žene i đaci"),
            ("sr-Latn-ME", WINDOWS_1250, "Nije šala"),
            ("bs", WINDOWS_1250, "Čovječe, šuti"),
            ("hr", WINDOWS_1250, "Čovječe, šuti"),
            ("sq", WINDOWS_1252, "Dhuna nuk është çështje private"),
            ("de", WINDOWS_1252, "Gewalt ist keine Privatsache: für"),
            ("el", WINDOWS_1253, "Καλημέρα σας"),
            ("ja", SHIFT_JIS, "こんにちは"),
            ("zh-Hant", BIG5, "你好嗎"),
        ] {
            let expected = Ok((text.to_owned(), encoding.name()));
            assert_eq!(decoded(&encode(encoding, text), None, tag), expected, "{tag}");
            assert_eq!(
                decoded(text.as_bytes(), None, tag),
                Ok((text.to_owned(), "UTF-8")),
                "{tag}"
            );
        }
    }

    #[test]
    fn byte_order_mark_precedes_charset_and_charset_precedes_language() {
        let utf16 = |encoding: fn(u16) -> [u8; 2], text: &str| {
            text.encode_utf16().flat_map(encoding).collect::<Vec<u8>>()
        };
        for (bytes, charset, expected) in [
            (utf16(u16::to_le_bytes, "\u{FEFF}žene"), Some("utf-8"), ("žene", UTF_16LE.name())),
            (utf16(u16::to_be_bytes, "\u{FEFF}žene"), None, ("žene", UTF_16BE.name())),
            (utf16(u16::to_le_bytes, "žene"), Some("utf-16le"), ("žene", UTF_16LE.name())),
            ("\u{FEFF}žene".as_bytes().to_vec(), Some("windows-1250"), ("žene", "UTF-8")),
            ("žene".as_bytes().to_vec(), Some("windows-1250"), ("Ĺľene", "windows-1250")),
            (encode(WINDOWS_1250, "žene"), Some("cp1250"), ("žene", "windows-1250")),
        ] {
            let expected = Ok((expected.0.to_owned(), expected.1));
            assert_eq!(decoded(&bytes, charset, "tr"), expected);
        }
    }

    #[test]
    fn implausible_text_is_rejected() {
        for (bytes, charset, tag, expected) in [
            // Cyrillic under a language in Latin script, and the reverse.
            (encode(WINDOWS_1251, "a\nНасиље није љубав"), None, "sr-Latn", (2, "not_utf8")),
            (encode(WINDOWS_1250, "Čovječe, šuti"), None, "mk", (1, "not_utf8")),
            (b"\xC5\xBEene i \xC4\x91aci\n\xFF".to_vec(), None, "sr-Latn", (2, "not_utf8")),
            (b"a\n\xFF".to_vec(), Some("utf-8"), "sr-Latn", (2, "not_utf8")),
            (b"a\n\n\x81\xFF".to_vec(), Some("shift_jis"), "ja", (3, "invalid_bytes")),
            (b"a\n\0".to_vec(), None, "tr", (2, "not_text")),
        ] {
            assert_eq!(decoded(&bytes, charset, tag), Err(expected));
        }
        let language = Language::from_canonical("sr-Latn");
        let repaired = decode(b"\xC5\xBEene i \xC4\x91aci\n\xFF", None, &language, true).unwrap();
        assert_eq!(
            (repaired.text.as_ref(), repaired.repairs[0].line),
            ("žene i đaci\n\u{FFFD}", 2)
        );
        assert_eq!(decode(b"a\0", None, &language, true).unwrap().text, "a\0");
    }
}
