//! Parses caption files: decodes the text, detects the format, and calls the parser of that format.

use encoding_rs::Encoding;

use crate::captions::blocks::split_lines;
use crate::captions::encoding;
use crate::captions::encoding::Decoded;
use crate::captions::formats;
use crate::captions::repair;
use crate::captions::repair::{MAX_REPAIRS, RepairedFile};
use crate::captions::srt;
use crate::captions::timing::{ARROW, is_timing};
use crate::captions::track::CaptionFormat;
use crate::captions::track::ParseError;
use crate::captions::track::Repair;
use crate::captions::track::Track;
use crate::captions::webvtt;
use crate::captions::webvtt::SIGNATURE;
use crate::text::language::Language;

/// What is known about a file, and how errors are treated.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions<'a> {
    /// The declared format; `None` if it is to be detected.
    pub format: Option<CaptionFormat>,
    /// The declared encoding.
    pub charset: Option<&'static Encoding>,
    /// The language of the text, which determines the encoding of a file that declares none.
    pub language: &'a Language,
    /// Whether errors are repaired.
    pub repair: bool,
}

/// A caption file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedFile {
    /// The format.
    pub format: CaptionFormat,
    /// Name of the encoding (WHATWG).
    pub encoding: &'static str,
    /// The content.
    pub track: Track,
    /// What was repaired, sorted by line.
    pub repairs: Vec<Repair>,
}

/// Parses a caption file in the given format, or in the detected one if `None`.
///
/// Lines end with LF, CR LF or CR. At most
/// [`MAX_PARSE_ERRORS`](crate::captions::track::MAX_PARSE_ERRORS) errors are returned.
pub fn parse(bytes: &[u8], options: ParseOptions<'_>) -> Result<ParsedFile, Vec<ParseError>> {
    let ParseOptions { charset, language, repair, .. } = options;
    if let Some((name, remedy)) = formats::unsupported_binary(bytes) {
        return Err(vec![unsupported_error(name, remedy)]);
    }
    let Decoded { text, encoding, mut repairs } =
        encoding::decode(bytes, charset, language, repair).map_err(|error| vec![error])?;
    let converted = match options.format.or_else(|| detect_format(&text, None).ok()) {
        Some(format) => formats::convert(&text, format)?.map(|converted| (format, converted)),
        None => None,
    };
    let strict = match converted {
        Some((format, (track, others))) => {
            repairs.extend(others);
            require_cues(track, &text).map(|track| (format, track))
        }
        None => parse_text(&text, options.format),
    };
    if !repair {
        let (format, track) = strict?;
        return Ok(ParsedFile { format, encoding, track, repairs });
    }
    let strict_errors = match strict {
        Ok((format, track)) => return Ok(ParsedFile { format, encoding, track, repairs }),
        Err(errors) => errors,
    };
    let repaired = repair::parse(&text)
        .and_then(|file| Ok(RepairedFile { track: require_cues(file.track, &text)?, ..file }));
    // A file in another format has no cues to repair.
    let is_other_format =
        |error: &ParseError| matches!(error.code, "wrong_format" | "unsupported_format");
    let RepairedFile { format, track, repairs: others } = match repaired {
        Err(_) if strict_errors.iter().any(is_other_format) => return Err(strict_errors),
        repaired => repaired?,
    };
    repairs.extend(others);
    repairs.sort_by_key(|repair| repair.line);
    repairs.truncate(MAX_REPAIRS);
    Ok(ParsedFile { format, encoding, track, repairs })
}

/// Parses a WebVTT file strictly.
pub fn parse_webvtt(text: &str) -> Result<Track, Vec<ParseError>> {
    parse_text(text, Some(CaptionFormat::WebVtt)).map(|(_, track)| track)
}

/// Parses the text of a file strictly.
fn parse_text(
    text: &str,
    format: Option<CaptionFormat>,
) -> Result<(CaptionFormat, Track), Vec<ParseError>> {
    if text.trim().is_empty() {
        return Err(vec![no_cues_error(text)]);
    }
    let format = detect_format(text, format).map_err(|error| vec![error])?;
    let track = match format {
        CaptionFormat::WebVtt => webvtt::parse(text)?,
        _ => srt::parse(text)?,
    };
    Ok((format, require_cues(track, text)?))
}

/// Rejects a track without cues.
fn require_cues(track: Track, text: &str) -> Result<Track, Vec<ParseError>> {
    if track.cues.is_empty() { Err(vec![no_cues_error(text)]) } else { Ok(track) }
}

/// The error of a file without cues, which names what it is.
fn no_cues_error(text: &str) -> ParseError {
    if text.trim().is_empty() {
        return ParseError::new(1, "empty", "The file is empty; send a file with cues.");
    }
    let detail = "The file has no cues; send at least one text with timestamps.";
    detect_format(text, None).err().unwrap_or_else(|| ParseError::new(1, "no_cues", detail))
}

/// The format to parse: the declared one, unless the file is clearly in another, or the detected
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
        Some(format) if looks_like_webvtt => Ok(format),
        Some(format) => match detect_without_header(text).filter(|found| *found != format) {
            Some(found) => {
                let detail = format!(
                    "The file is {} but was sent as {}; send it as text/plain, so that its format is detected.",
                    found.name(),
                    format.name()
                );
                Err(ParseError::new(1, "wrong_format", detail))
            }
            None => unsupported_format(text).map_or(Ok(format), Err),
        },
        None if looks_like_webvtt => Ok(CaptionFormat::WebVtt),
        None => match detect_without_header(text) {
            Some(format) => Ok(format),
            None => match unsupported_format(text) {
                Some(error) => Err(error),
                None if text.contains(ARROW) => Ok(CaptionFormat::Srt),
                None => {
                    let detail = "The file is neither WebVTT nor SRT: it has no line with `-->`; send one of these formats.";
                    Err(ParseError::new(1, "unknown_format", detail))
                }
            },
        },
    }
}

/// The format of a text that is not WebVTT, if it is certain.
fn detect_without_header(text: &str) -> Option<CaptionFormat> {
    if starts_as_srt(text) { Some(CaptionFormat::Srt) } else { formats::detect(text) }
}

/// Whether a text starts with the timing of an SRT cue, after its number if it has one.
fn starts_as_srt(text: &str) -> bool {
    let mut lines = split_lines(text).into_iter().map(|(_, line)| line.trim());
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
    let timing = if is_number { lines.next().unwrap_or_default() } else { first };
    is_timing(timing) && timing.contains(',')
}

/// The error of a file in a format that is not supported, which is named with a way to convert it;
/// `None` if the file has cues, or its format is not known.
fn unsupported_format(text: &str) -> Option<ParseError> {
    if split_lines(text).into_iter().any(|(_, line)| is_timing(line)) {
        return None;
    }
    formats::unsupported(text).map(|(name, remedy)| unsupported_error(name, remedy))
}

fn unsupported_error(name: &str, remedy: &str) -> ParseError {
    let detail = format!("The file is {name}, which is not supported; {remedy}.");
    ParseError::new(1, "unsupported_format", detail)
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

    fn options(language: &Language, format: Option<CaptionFormat>) -> ParseOptions<'_> {
        ParseOptions { format, charset: None, language, repair: false }
    }

    /// Parses a file in the encoding of Serbian in Latin script.
    fn parse(
        bytes: &[u8],
        format: Option<CaptionFormat>,
    ) -> Result<(CaptionFormat, Track), Vec<ParseError>> {
        let language = Language::from_canonical("sr-Latn");
        super::parse(bytes, options(&language, format)).map(|file| (file.format, file.track))
    }

    fn first_error(bytes: &[u8], format: Option<CaptionFormat>) -> (usize, &'static str) {
        parse(bytes, format).map_or_else(|errors| (errors[0].line, errors[0].code), |_| (0, ""))
    }

    #[test]
    fn repairs_on_request() {
        let language = Language::from_canonical("tr");
        let file = "WEBVTT\n\n00:01.000 --> 00:02.000\nA\nB\n\nŞiddet\n".as_bytes();
        let strict = options(&language, Some(CaptionFormat::WebVtt));
        assert_eq!(super::parse(file, strict).unwrap_err()[0].code, "missing_timing");
        let parsed = super::parse(file, ParseOptions { repair: true, ..strict }).unwrap();
        assert_eq!(parsed.repairs.iter().map(|repair| repair.line).collect::<Vec<_>>(), [7]);
        assert_eq!(
            (parsed.format, parsed.encoding, parsed.track.cues.len()),
            (CaptionFormat::WebVtt, "UTF-8", 1)
        );
        // Where there is nothing to repair, nothing changes: SRT is sorted in any case.
        for file in [TURKISH_SRT, SERBIAN_WEBVTT] {
            let strict = options(&language, None);
            let repaired = super::parse(file.as_bytes(), ParseOptions { repair: true, ..strict });
            assert_eq!(repaired, super::parse(file.as_bytes(), strict));
        }
        for (file, code) in [
            ("", "empty"),
            ("WEBVTT\n\ntext", "no_cues"),
            ("{1}{2}A", "unsupported_format"),
            ("[Events]\nDialogue: 0,0:00:01.00,0:00:03.50,D,,0,0,0,,A", "wrong_format"),
        ] {
            let repaired = super::parse(file.as_bytes(), ParseOptions { repair: true, ..strict });
            assert_eq!(repaired.unwrap_err()[0].code, code, "{file}");
        }
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
        let broken = "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nŠibica č\u{7f}".as_bytes();
        let broken: Vec<u8> =
            broken.iter().map(|&byte| if byte == 0x7F { 0x8A } else { byte }).collect();
        for (bytes, format, expected) in [
            (broken.as_slice(), None, (4, "not_utf8")),
            (b"W\0E\0", None, (1, "not_text")),
            (b"WEBVTT\n\n\0", Some(CaptionFormat::Srt), (3, "not_text")),
            (b"", None, (1, "empty")),
            (b"\xEF\xBB\xBF \n", Some(CaptionFormat::WebVtt), (1, "empty")),
            (b"WEBVTT\n", None, (1, "no_cues")),
            (b"webvtt\n\n00:01.000 --> 00:02.000\nA", None, (1, "missing_header")),
            (b"{1}{2}Zdravo", None, (1, "unsupported_format")),
            (b"Zdravo", None, (1, "unknown_format")),
            (
                b"WEBVTT\n\n00:01.000 --> 00:02.000\nA",
                Some(CaptionFormat::Srt),
                (1, "wrong_format"),
            ),
            (MACEDONIAN_SRT.as_bytes(), Some(CaptionFormat::WebVtt), (1, "wrong_format")),
            (b"{1}{2}Zdravo", Some(CaptionFormat::WebVtt), (1, "unsupported_format")),
            (b"[00:01.00]Zdravo", Some(CaptionFormat::Srt), (1, "unsupported_format")),
            (b"<SAMI>\n<!--\nP {}\n-->\n<SYNC Start=1>A", None, (1, "unsupported_format")),
            (b"{1}{2}A --> B", Some(CaptionFormat::WebVtt), (1, "unsupported_format")),
            // The text of a cue does not decide the format.
            (b"1\n00:00:01,000 --> 00:00:02,000\n[Events]", Some(CaptionFormat::Srt), (0, "")),
            (b"1\r00:00:01,000 --> 00:00:02,000\r[Events]", None, (0, "")),
            (
                b"1\r00:00:01,000 --> 00:00:02,000\rA",
                Some(CaptionFormat::WebVtt),
                (1, "wrong_format"),
            ),
            (
                b"00:01.000 --> 00:02.000\nA {1}{2}",
                Some(CaptionFormat::WebVtt),
                (1, "missing_header"),
            ),
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
                    prop_assert_eq!(parse_webvtt(&webvtt::render(&track, &[])), Ok(track));
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
