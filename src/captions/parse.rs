//! Parses caption files: decodes the text, detects the format, and calls the parser of that format.

use crate::captions::blocks::split_lines;
use crate::captions::srt;
use crate::captions::timing::ARROW;
use crate::captions::track::CaptionFormat;
use crate::captions::track::ParseError;
use crate::captions::track::Track;
use crate::captions::webvtt;
use crate::captions::webvtt::SIGNATURE;

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Parses a caption file in the given format, or in the detected one if `None`.
///
/// The text must be UTF-8, as WebVTT requires (4.1), with or without a byte order mark; lines end
/// with LF, CR LF or CR. At most [`MAX_PARSE_ERRORS`](crate::captions::track::MAX_PARSE_ERRORS) errors are
/// returned.
pub fn parse(
    bytes: &[u8],
    format: Option<CaptionFormat>,
) -> Result<(CaptionFormat, Track), Vec<ParseError>> {
    let text = decode_utf8(bytes).map_err(|error| vec![error])?;
    let format = detect_format(text, format).map_err(|error| vec![error])?;
    let track = match format {
        CaptionFormat::WebVtt => webvtt::parse(text)?,
        CaptionFormat::Srt => srt::parse(text)?,
    };
    if track.cues.is_empty() {
        return Err(vec![ParseError::new(
            1,
            "no_cues",
            "The file has no cues; send at least one text with timestamps.",
        )]);
    }
    Ok((format, track))
}

/// Decodes a file and strips its byte order mark.
fn decode_utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(ParseError::new(
            1,
            "not_utf8",
            "The file is UTF-16; save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`.",
        ));
    }
    if let Some(offset) = bytes.iter().position(|&byte| byte == 0) {
        let detail = "The file contains NUL bytes: it is binary, or UTF-16 without a byte order mark; send a text file in UTF-8.";
        return Err(ParseError::new(line_number_at(bytes, offset), "not_text", detail));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = "This line is not valid UTF-8; the file may be Windows-1250 (Latin) or Windows-1251 (Cyrillic): convert it, \
                      for example with `iconv -f WINDOWS-1250 -t UTF-8`.";
        ParseError::new(line_number_at(bytes, error.valid_up_to()), "not_utf8", detail)
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ParseError::new(1, "empty", "The file is empty; send a file with cues."));
    }
    Ok(text)
}

/// The number of the line that contains a byte.
fn line_number_at(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or(bytes);
    split_lines(&String::from_utf8_lossy(before)).len()
}

/// The format to parse: the declared one, unless the file is clearly in the other, or the detected
/// one.
fn detect_format(text: &str, declared: Option<CaptionFormat>) -> Result<CaptionFormat, ParseError> {
    let prefix: String = text.trim_start().chars().take(SIGNATURE.len()).collect();
    let looks_like_webvtt = prefix.eq_ignore_ascii_case(SIGNATURE);
    match declared {
        Some(CaptionFormat::Srt) if looks_like_webvtt => Err(ParseError::new(
            1,
            "wrong_format",
            "The file starts with `WEBVTT` but was sent as SRT; send it as WebVTT.",
        )),
        Some(format) => Ok(format),
        None if looks_like_webvtt => Ok(CaptionFormat::WebVtt),
        None if text.contains(ARROW) => Ok(CaptionFormat::Srt),
        None => Err(ParseError::new(
            1,
            "unknown_format",
            "The file is neither WebVTT nor SRT: it has no line with `-->`; send one of these formats.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::ALBANIAN_WEBVTT;
    use crate::captions::test_fixtures::MACEDONIAN_SRT;
    use crate::captions::test_fixtures::SERBIAN_WEBVTT;
    use crate::captions::test_fixtures::TURKISH_SRT;
    use crate::captions::timing::format_webvtt_timestamp;
    use crate::captions::track::{MAX_CUES, MAX_PARSE_ERRORS};
    use proptest::prelude::*;

    fn first_error(bytes: &[u8], format: Option<CaptionFormat>) -> (usize, &'static str) {
        parse(bytes, format).map_or_else(|errors| (errors[0].line, errors[0].code), |_| (0, ""))
    }

    #[test]
    fn detects_format() {
        for (text, format) in [
            (SERBIAN_WEBVTT, CaptionFormat::WebVtt),
            (ALBANIAN_WEBVTT, CaptionFormat::WebVtt),
            (MACEDONIAN_SRT, CaptionFormat::Srt),
            (TURKISH_SRT, CaptionFormat::Srt),
        ] {
            let text = &text.replace("\r\n", "\n");
            let read_as =
                |format, text: &str| parse(text.as_bytes(), format).map(|(format, _)| format);
            assert_eq!(read_as(None, text), Ok(format));
            assert_eq!(read_as(Some(format), text), Ok(format));
            assert_eq!(read_as(None, &format!("\u{FEFF}{text}").replace('\n', "\r\n")), Ok(format));
            assert_eq!(read_as(None, &text.replace('\n', "\r")), Ok(format));
        }
    }

    #[test]
    fn reports_undecodable_input() {
        let latin = b"WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n\x8aibica";
        let utf16: Vec<u8> = "\u{FEFF}WEBVTT".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, format, expected) in [
            (latin.as_slice(), None, (4, "not_utf8")),
            (&utf16, None, (1, "not_utf8")),
            (b"W\0E\0", None, (1, "not_text")),
            (b"WEBVTT\n\n\0", Some(CaptionFormat::Srt), (3, "not_text")),
            (b"", None, (1, "empty")),
            (b"\xEF\xBB\xBF \n", Some(CaptionFormat::WebVtt), (1, "empty")),
            (b"WEBVTT\n", None, (1, "no_cues")),
            (b"webvtt\n\n00:01.000 --> 00:02.000\nA", None, (1, "missing_header")),
            (b"{1}{2}Zdravo", None, (1, "unknown_format")),
            (
                b"WEBVTT\n\n00:01.000 --> 00:02.000\nA",
                Some(CaptionFormat::Srt),
                (1, "wrong_format"),
            ),
            (MACEDONIAN_SRT.as_bytes(), Some(CaptionFormat::WebVtt), (1, "missing_header")),
        ] {
            assert_eq!(first_error(bytes, format), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn enforces_cue_and_error_limits() {
        let file = |count: i64| {
            let cue = |start| {
                format!(
                    "\n{} --> {}\nA\n",
                    format_webvtt_timestamp(start),
                    format_webvtt_timestamp(start + 1)
                )
            };
            format!("WEBVTT\n{}", (0..count).map(cue).collect::<String>())
        };
        let max = i64::try_from(MAX_CUES).unwrap();
        assert_eq!(first_error(format!("{}\nNOTE the end", file(max)).as_bytes(), None), (0, ""));
        assert_eq!(
            first_error(file(max + 1).as_bytes(), None),
            (3 * MAX_CUES + 3, "too_many_cues")
        );
        let srt = file(max + 1).replace("WEBVTT\n", "").replace('.', ",");
        assert_eq!(first_error(srt.as_bytes(), None).1, "too_many_cues");
        let invalid = format!("WEBVTT\n{}", "\n00:02.000 --> 00:01.000\n".repeat(100));
        assert_eq!(parse(invalid.as_bytes(), None).unwrap_err().len(), MAX_PARSE_ERRORS);
    }

    proptest! {
        #[test]
        fn parse_never_panics(bytes: Vec<u8>, text in "(WEBVTT|1)?[ \n\r]{0,3}([0-9:.,>a-zČ<&;{}\\\\ \n\r-]|00:01.000 --> 00:02.000|NOTE|STYLE){0,40}") {
            for format in [None, Some(CaptionFormat::WebVtt), Some(CaptionFormat::Srt)] {
                let _ = parse(&bytes, format);
                if let Ok((_, track)) = parse(text.as_bytes(), format) {
                    prop_assert_eq!(webvtt::parse(&webvtt::render(&track, &[])), Ok(track));
                }
            }
        }

        #[test]
        fn error_lines_are_within_file(text in "WEBVTT\n\n([0-9:.> \n-]|00:01.000 --> 00:02.000\n){0,30}") {
            for error in parse(text.as_bytes(), None).err().unwrap_or_default() {
                prop_assert!((1..=split_lines(&text).len()).contains(&error.line));
                prop_assert!(error.detail.ends_with('.'));
            }
        }
    }
}
