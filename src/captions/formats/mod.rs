//! Formats that are converted to WebVTT: ASS and SSA, TTML, SBV. What they cannot express in WebVTT
//! (fonts, colors, positions other than the top, animation) is dropped.
//!
//! Other formats are named with a way to convert them.

mod ass;
mod markup;
mod sbv;
mod ttml;
mod ttml_timing;

use crate::captions::blocks::split_lines;
use crate::captions::repair::loose_file::{Repairs, finish};
use crate::captions::track::{CaptionFormat, ParseError, Repair, Track};

/// Number of lines that are inspected to detect a format.
const INSPECTED_LINES: usize = 50;

/// Detects a format that is converted.
pub(super) fn detect(text: &str) -> Option<CaptionFormat> {
    let lines = first_lines(text);
    if lines.iter().any(|line| ass::is_section_or_event(line)) {
        Some(CaptionFormat::Ass)
    } else if ttml::is_ttml(text) {
        Some(CaptionFormat::Ttml)
    } else if lines.iter().any(|line| sbv::parse_timing(line).is_some()) {
        Some(CaptionFormat::Sbv)
    } else {
        None
    }
}

/// Converts a file; `None` if the format needs no conversion. Lists what was dropped for errors.
pub(super) fn convert(
    text: &str,
    format: CaptionFormat,
) -> Result<Option<(Track, Vec<Repair>)>, Vec<ParseError>> {
    let mut repairs = Repairs::default();
    let mut file = match format {
        CaptionFormat::WebVtt | CaptionFormat::Srt => return Ok(None),
        CaptionFormat::Ass => ass::parse(text, &mut repairs),
        CaptionFormat::Ttml => ttml::parse(text, &mut repairs).map_err(|error| vec![error])?,
        CaptionFormat::Sbv => sbv::parse(text, &mut repairs),
    };
    // These formats do not require an order.
    file.cues.sort_by_key(|(_, cue)| cue.start_ms);
    let track = finish(file, &mut repairs)?;
    Ok(Some((track, repairs.into_sorted())))
}

/// The name of a format that is neither parsed nor converted, and how to convert it.
pub(super) fn unsupported(text: &str) -> Option<(&'static str, &'static str)> {
    let start = text.trim_start();
    let lines = first_lines(text);
    let starts_with_any_case = |prefix: &str| {
        start.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_time_tag = |line: &&str| {
        let time = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        time.is_some_and(|(time, _)| {
            time.contains(':') && time.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let is_frame_tag = |line: &&str| {
        let frame = line.strip_prefix('{').and_then(|line| line.split_once("}{"));
        frame.is_some_and(|(frame, _)| frame.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_mpl2_time = |line: &&str| {
        let mut parts = line.strip_prefix('[').into_iter().flat_map(|line| line.splitn(2, "]["));
        let (start, rest) = (parts.next(), parts.next().and_then(|rest| rest.split_once(']')));
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        start.is_some_and(is_number) && rest.is_some_and(|(end, _)| is_number(end))
    };
    // `00:00:01:Text` or `00:00:01=Text`.
    let is_clock_line = |line: &&str| {
        let (clock, rest) = line.split_at_checked(8).unwrap_or_default();
        let is_digit = |(index, byte): (usize, u8)| {
            if index % 3 == 2 { byte == b':' } else { byte.is_ascii_digit() }
        };
        rest.starts_with([':', '=']) && clock.bytes().enumerate().all(is_digit)
    };
    let is_subviewer_time = |line: &&str| {
        line.split_once(',').is_some_and(|(start, end)| {
            [start, end].iter().all(|time| {
                time.len() == 11 && sbv::parse_timing(&format!("{time}0,{time}0")).is_some()
            })
        })
    };
    let is_json_list = |text: &str| {
        let list = text.strip_prefix('[').map(str::trim_start);
        list.is_some_and(|list| list.starts_with(['{', '"', '[', ']']))
    };
    if starts_with_any_case("<sami") {
        Some(("SAMI", "convert it, for example with `ffmpeg -i track.smi track.srt`"))
    } else if starts_with_any_case("scenarist_scc") {
        Some(("SCC", "convert it, for example with `ffmpeg -i track.scc track.srt`"))
    } else if starts_with_any_case("# vobsub index") {
        Some((
            "VobSub",
            "its captions are pictures: recognize their text, for example with Subtitle Edit",
        ))
    } else if starts_with_any_case("<window") {
        Some(("RealText", "convert it, for example with `ffmpeg -i track.rt track.srt`"))
    } else if lines.iter().any(is_mpl2_time) {
        Some(("MPL2", "convert it, for example with `ffmpeg -f mpl2 -i track.txt track.srt`"))
    } else if lines.iter().any(is_subviewer_time) {
        Some((
            "SubViewer 2.0",
            "convert it, for example with `ffmpeg -f subviewer -i track.sub track.srt`",
        ))
    } else if lines.iter().any(is_clock_line) {
        Some((
            "TMPlayer or VPlayer",
            "convert it, for example with `ffmpeg -f vplayer -i track.txt track.srt`",
        ))
    } else if lines.iter().any(is_frame_tag) {
        let remedy = "its times are frames: convert it with the frame rate of the video, for example with \
            `ffmpeg -subfps 25 -i track.sub track.srt`";
        Some(("MicroDVD", remedy))
    } else if lines.iter().any(is_time_tag) {
        Some(("LRC", "convert it, for example with `ffmpeg -i track.lrc track.srt`"))
    } else if start.starts_with('{') || is_json_list(start) {
        Some(("JSON", "export the captions as WebVTT, for example with `yt-dlp --sub-format vtt`"))
    } else if start.starts_with('<') {
        Some(("XML or HTML, but not TTML", "export the captions as WebVTT or SRT"))
    } else {
        None
    }
}

/// The name of a binary format, and what to send instead.
pub(super) fn unsupported_binary(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let is_stl = bytes.get(3..6) == Some(b"STL");
    let starts_with = |magic: &[u8]| bytes.starts_with(magic);
    if is_stl {
        Some((
            "EBU STL",
            "convert it, for example with `ffmpeg` or Subtitle Edit, to WebVTT or SRT",
        ))
    } else if starts_with(b"PK\x03\x04") {
        Some(("a ZIP archive or an office document", "send the caption file that it contains"))
    } else if starts_with(b"\x1F\x8B") {
        Some(("compressed with gzip", "decompress it, or state `Content-Encoding: gzip`"))
    } else if starts_with(b"%PDF") {
        Some(("PDF", "send a caption file with times, such as WebVTT or SRT"))
    } else if starts_with(b"{\\rtf") {
        Some(("RTF", "save it as plain text"))
    } else if starts_with(b"PG") && bytes.get(10) == Some(&0x16) {
        Some((
            "PGS",
            "its captions are pictures: recognize their text, for example with Subtitle Edit",
        ))
    } else if starts_with(b"\x1A\x45\xDF\xA3") || bytes.get(4..8) == Some(b"ftyp") {
        Some(("a video", "extract its captions, for example with `ffmpeg -i video.mkv track.srt`"))
    } else {
        None
    }
}

/// The first lines that are not blank, without spaces around them.
fn first_lines(text: &str) -> Vec<&str> {
    let lines = split_lines(text).into_iter().map(|(_, line)| line.trim());
    lines.filter(|line| !line.is_empty()).take(INSPECTED_LINES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::webvtt;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn converted_file_is_valid(text in "([A-Za-z:.,<>&{}\\\\ 0-9\u{7}-]|-->|\\\\N|\\{\\\\i1\\}|\nDialogue: 0,0:00:0[0-9].00,0:00:09.50,D,A --> B\u{7},0,0,0,,|\n\n0:00:0[0-9].000,0:00:09.500\n|<br/>|</p><p begin='1s' end='2s'>|\n){0,40}") {
            let ttml = format!("<tt><body><div><p begin='0s' end='1s'>{}</p></div></body></tt>", text.replace('&', "&amp;").replace('\u{7}', " "));
            for (text, format) in [(&text, CaptionFormat::Ass), (&text, CaptionFormat::Sbv), (&ttml, CaptionFormat::Ttml)] {
                if let Ok(Some((track, _))) = convert(text, format) {
                    prop_assert_eq!(webvtt::parse(&webvtt::render(&track, &[])), Ok(track));
                }
            }
        }
    }

    #[test]
    fn pathological_input_is_linear() {
        let columns = format!(
            "[Events]\nFormat: {}Start, End, Text\n{}",
            "a,".repeat(200_000),
            "Dialogue: 1,2\n".repeat(50_000)
        );
        let _ = convert(&columns, CaptionFormat::Ass);
        let paragraphs =
            "<p begin='0s' end='1s' style='a' region='a' agent='a'>b</p>\n".repeat(30_000);
        let children = "<name/>".repeat(50_000);
        let ttml =
            format!("<tt><head><x id='a'>{children}</x></head><body>{paragraphs}</body></tt>");
        assert!(convert(&ttml, CaptionFormat::Ttml).is_err(), "too many cues");
        let nested =
            format!("<tt><body>{}{}</body></tt>", "<div>".repeat(500), "</div>".repeat(500));
        let _ = convert(&nested, CaptionFormat::Ttml);
        // A long name is not repeated in each cue, and attributes are not compared with each other.
        let name = "n".repeat(100_000);
        let agents = "<p begin='0s' end='1s' agent='a'>b</p>".repeat(5_000);
        let ttml =
            format!("<tt><head><x id='a'><name>{name}</name></x></head><body>{agents}</body></tt>");
        let (track, _) = convert(&ttml, CaptionFormat::Ttml).unwrap().unwrap();
        assert!(track.cues.iter().all(|cue| cue.payload == "b"));
        let attributes: Vec<String> = (0..20_000).map(|number| format!(" a{number}='1'")).collect();
        let ttml = format!("<tt><body><div{}/></body></tt>", attributes.concat());
        assert!(convert(&ttml, CaptionFormat::Ttml).is_err(), "too many attributes");
        let own = "<a xmlns:z='q'/>".repeat(2_000);
        let ttml = format!("<tt xmlns:a='b'><body>{own}</body></tt>");
        assert!(convert(&ttml, CaptionFormat::Ttml).is_err(), "too many namespaces");
    }

    #[test]
    fn detects_formats() {
        for (text, expected) in [
            ("\n[Script Info]\nTitle: x", Some(CaptionFormat::Ass)),
            ("Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,A", Some(CaptionFormat::Ass)),
            (
                "<?xml version=\"1.0\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\">",
                Some(CaptionFormat::Ttml),
            ),
            ("<tt:tt xmlns:tt=\"http://www.w3.org/ns/ttml\">", Some(CaptionFormat::Ttml)),
            ("0:00:01.000,0:00:02.000\nA", Some(CaptionFormat::Sbv)),
            ("1\n00:00:01,000 --> 00:00:02,000\nA", None),
            ("[music]", None),
        ] {
            assert_eq!(detect(text), expected, "{text}");
        }
        for (text, expected) in [
            ("<SAMI><HEAD>", Some("SAMI")),
            ("Scenarist_SCC V1.0", Some("SCC")),
            ("{0}{25}Zdravo", Some("MicroDVD")),
            ("[ti:Pesma]\n[00:12.00]Zdravo", Some("LRC")),
            ("[12][34]Zdravo\n[40][52]/kurziv", Some("MPL2")),
            ("[INFORMATION]\n[TITLE]x\n00:00:01.50,00:00:03.00\nA", Some("SubViewer 2.0")),
            ("00:00:01:Zdravo\n00:00:03:", Some("TMPlayer or VPlayer")),
            ("00:00:01=Zdravo", Some("TMPlayer or VPlayer")),
            ("# VobSub index file, v7", Some("VobSub")),
            ("<window duration=\"10\">", Some("RealText")),
            ("[1] Napomena [2]", None),
            ("[\n  {\"start\": 1}]", Some("JSON")),
            ("{\"events\": []}", Some("JSON")),
            ("<html>", Some("XML or HTML, but not TTML")),
            ("Zdravo", None),
        ] {
            assert_eq!(unsupported(text).map(|(name, _)| name), expected, "{text}");
        }
        for (bytes, expected) in [
            (b"437STL25.01".as_slice(), Some("EBU STL")),
            (b"PK\x03\x04a", Some("a ZIP archive or an office document")),
            (b"\x1F\x8B\x08", Some("compressed with gzip")),
            (b"\0\0\0\x18ftypmp42", Some("a video")),
            (b"WEBVTT", None),
            (b"", None),
        ] {
            assert_eq!(unsupported_binary(bytes).map(|(name, _)| name), expected);
        }
    }
}
