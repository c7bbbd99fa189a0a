//! Bytes to a track: which format it is, whether it is text, and then the format's own reader.

use super::lines::lines;
use super::srt;
use super::timing::ARROW;
use super::track::{Format, Problem, Track};
use super::webvtt::{self, SIGNATURE};

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Reads a file of captions in the format given, else in the one that it shows itself to be.
///
/// The text is UTF-8, as WebVTT demands (4.1) and as SRT should be, with or without a byte order
/// mark, its lines ended by LF, CR LF or CR. The problems are at most
/// [`MAX_PROBLEMS`](super::track::MAX_PROBLEMS).
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<(Format, Track), Vec<Problem>> {
    let text = decode(bytes).map_err(|problem| vec![problem])?;
    let format = format_of(text, format).map_err(|problem| vec![problem])?;
    let track = match format {
        Format::WebVtt => webvtt::read(text)?,
        Format::Srt => srt::read(text)?,
    };
    if track.cues.is_empty() {
        return Err(vec![Problem::new(
            1,
            "no_cues",
            "The file has no cues; send one that has a text with its timestamps.",
        )]);
    }
    Ok((format, track))
}

/// The text of a file; its byte order mark is dropped.
fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Problem::new(
            1,
            "not_utf8",
            "The file is UTF-16; save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`.",
        ));
    }
    if let Some(place) = bytes.iter().position(|&byte| byte == 0) {
        let detail = "The file has NUL bytes: it is binary, or UTF-16 without a byte order mark; send a text file in UTF-8.";
        return Err(Problem::new(line_at(bytes, place), "not_text", detail));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = "This line is not UTF-8; the file may be Windows-1250 (Latin) or Windows-1251 (Cyrillic): convert it, \
                      for example with `iconv -f WINDOWS-1250 -t UTF-8`.";
        Problem::new(line_at(bytes, error.valid_up_to()), "not_utf8", detail)
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Problem::new(1, "empty", "The file is empty; send one with cues."));
    }
    Ok(text)
}

/// The line in which a byte lies.
fn line_at(bytes: &[u8], place: usize) -> usize {
    let before = bytes.get(..place).unwrap_or(bytes);
    lines(&String::from_utf8_lossy(before)).len()
}

/// The format to read: the one given, unless the file is plainly the other, or the one that the
/// file looks like.
fn format_of(text: &str, given: Option<Format>) -> Result<Format, Problem> {
    let beginning: String = text.trim_start().chars().take(SIGNATURE.len()).collect();
    let looks_like_webvtt = beginning.eq_ignore_ascii_case(SIGNATURE);
    match given {
        Some(Format::Srt) if looks_like_webvtt => Err(Problem::new(
            1,
            "wrong_format",
            "The file begins with `WEBVTT`, but was sent as SRT; send it as WebVTT.",
        )),
        Some(format) => Ok(format),
        None if looks_like_webvtt => Ok(Format::WebVtt),
        None if text.contains(ARROW) => Ok(Format::Srt),
        None => Err(Problem::new(
            1,
            "unknown_format",
            "The file is neither WebVTT nor SRT: it has no line with `-->`; send one of the two.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::samples::{ALBANIAN, MACEDONIAN_SRT, SERBIAN, TURKISH_SRT};
    use crate::captions::timing::timestamp_webvtt;
    use crate::captions::track::{MAX_CUES, MAX_PROBLEMS};
    use proptest::prelude::*;

    fn problem(bytes: &[u8], format: Option<Format>) -> (usize, &'static str) {
        read(bytes, format)
            .map_or_else(|problems| (problems[0].line, problems[0].code), |_| (0, ""))
    }

    #[test]
    fn formats_are_told_apart() {
        for (text, format) in [
            (SERBIAN, Format::WebVtt),
            (ALBANIAN, Format::WebVtt),
            (MACEDONIAN_SRT, Format::Srt),
            (TURKISH_SRT, Format::Srt),
        ] {
            let text = &text.replace("\r\n", "\n");
            let read_as =
                |format, text: &str| read(text.as_bytes(), format).map(|(format, _)| format);
            assert_eq!(read_as(None, text), Ok(format));
            assert_eq!(read_as(Some(format), text), Ok(format));
            assert_eq!(read_as(None, &format!("\u{FEFF}{text}").replace('\n', "\r\n")), Ok(format));
            assert_eq!(read_as(None, &text.replace('\n', "\r")), Ok(format));
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let latin = b"WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n\x8aibica";
        let utf16: Vec<u8> = "\u{FEFF}WEBVTT".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, format, expected) in [
            (latin.as_slice(), None, (4, "not_utf8")),
            (&utf16, None, (1, "not_utf8")),
            (b"W\0E\0", None, (1, "not_text")),
            (b"WEBVTT\n\n\0", Some(Format::Srt), (3, "not_text")),
            (b"", None, (1, "empty")),
            (b"\xEF\xBB\xBF \n", Some(Format::WebVtt), (1, "empty")),
            (b"WEBVTT\n", None, (1, "no_cues")),
            (b"webvtt\n\n00:01.000 --> 00:02.000\nA", None, (1, "missing_header")),
            (b"{1}{2}Zdravo", None, (1, "unknown_format")),
            (b"WEBVTT\n\n00:01.000 --> 00:02.000\nA", Some(Format::Srt), (1, "wrong_format")),
            (MACEDONIAN_SRT.as_bytes(), Some(Format::WebVtt), (1, "missing_header")),
        ] {
            assert_eq!(problem(bytes, format), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn there_are_limits() {
        let file = |count: i64| {
            let cue = |start| {
                format!("\n{} --> {}\nA\n", timestamp_webvtt(start), timestamp_webvtt(start + 1))
            };
            format!("WEBVTT\n{}", (0..count).map(cue).collect::<String>())
        };
        let most = i64::try_from(MAX_CUES).unwrap();
        assert_eq!(problem(format!("{}\nNOTE the end", file(most)).as_bytes(), None), (0, ""));
        assert_eq!(problem(file(most + 1).as_bytes(), None), (3 * MAX_CUES + 3, "too_many_cues"));
        let srt = file(most + 1).replace("WEBVTT\n", "").replace('.', ",");
        assert_eq!(problem(srt.as_bytes(), None).1, "too_many_cues");
        let wrong = format!("WEBVTT\n{}", "\n00:02.000 --> 00:01.000\n".repeat(100));
        assert_eq!(read(wrong.as_bytes(), None).unwrap_err().len(), MAX_PROBLEMS);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>, text in "(WEBVTT|1)?[ \n\r]{0,3}([0-9:.,>a-zČ<&;{}\\\\ \n\r-]|00:01.000 --> 00:02.000|NOTE|STYLE){0,40}") {
            for format in [None, Some(Format::WebVtt), Some(Format::Srt)] {
                let _ = read(&bytes, format);
                if let Ok((_, track)) = read(text.as_bytes(), format) {
                    prop_assert_eq!(webvtt::read(&webvtt::write(&track, &[])), Ok(track));
                }
            }
        }

        #[test]
        fn every_problem_has_a_line_of_the_file(text in "WEBVTT\n\n([0-9:.> \n-]|00:01.000 --> 00:02.000\n){0,30}") {
            for problem in read(text.as_bytes(), None).err().unwrap_or_default() {
                prop_assert!((1..=lines(&text).len()).contains(&problem.line));
                prop_assert!(problem.detail.ends_with('.'));
            }
        }
    }
}
