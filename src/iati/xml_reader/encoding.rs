//! Encoding of a file: that of its byte order mark or of its first bytes, else the declared one
//! (XML 1.0, appendix F).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::text::truncate_for_message;

/// Number of bytes within which an XML declaration ends.
const DECLARATION_BYTES: usize = 512;

/// Decodes a file. The error names the line.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None => (encoding_without_mark(bytes)?, bytes),
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        let before = text.split(char::REPLACEMENT_CHARACTER).next().unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        format!(
            "line {line}: not {}, the encoding of the file; save the file as UTF-8",
            encoding.name()
        )
    })
}

/// The encoding of a file without a byte order mark.
fn encoding_without_mark(bytes: &[u8]) -> Result<&'static Encoding, String> {
    match bytes {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared_encoding(bytes) else { return Ok(UTF_8) };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        // The declaration was read byte by byte, so the declared encoding is that of an earlier
        // form of the file.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(format!(
            "line 1: the encoding `{}` is not supported; save the file as UTF-8",
            truncate_for_message(&label)
        )),
    }
}

/// The encoding in the XML declaration.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let start = bytes.get(..DECLARATION_BYTES.min(bytes.len()))?;
    let start = String::from_utf8_lossy(start);
    let (declaration, _) = start.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn mark_first_bytes_and_declaration() {
        let text = "<?xml version=\"1.0\" encoding='UTF-16'?>\n<a>žene</a>";
        for bytes in [
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
        for (label, bytes, expected) in [
            ("ISO-8859-1", &b"caf\xe9 \x96"[..], "café –"),
            ("windows-1250", b"\x9eene", "žene"),
            ("utf-8", "žene".as_bytes(), "žene"),
        ] {
            let head = format!("<?xml version=\"1.0\" encoding = \"{label}\" ?>");
            let file = [head.as_bytes(), bytes].concat();
            assert_eq!(decode(&file).as_deref(), Ok(&*format!("{head}{expected}")));
        }
    }

    #[test]
    fn rejects_what_cannot_be_decoded() {
        let error = |bytes: &[u8]| decode(bytes).expect_err("refused");
        assert_eq!(
            error(b"<a>\n\xff</a>"),
            "line 2: not UTF-8, the encoding of the file; save the file as UTF-8"
        );
        assert_eq!(
            error(b"<?xml version=\"1.0\" encoding=\"klingon\"?>"),
            "line 1: the encoding `klingon` is not supported; save the file as UTF-8"
        );
        assert!(error(&utf16("\u{feff}<a/>\n", u16::to_le_bytes)[..9]).contains("not UTF-16LE"));
    }
}
