//! ASS (Advanced `SubStation` Alpha) and SSA: events with override codes in braces.
//!
//! Of the styles only the codes for italic, bold and underlined text and for the top of the picture
//! are kept. Comments, drawings and animation are not shown. The name of an event is its speaker.

use crate::captions::blocks::split_lines;
use crate::captions::formats::markup::{Markup, Styles};
use crate::captions::repair::loose_file::{LooseFile, Repairs};
use crate::captions::timing::{parse_digits, parse_fraction_ms};
use crate::captions::track::Cue;

/// The columns of an event, unless a `Format:` line states others.
const COLUMNS: &str = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text";

/// Maximum number of columns; the format has ten.
const MAX_COLUMNS: usize = 50;

/// Whether a line occurs in files of this format only.
pub(super) fn is_section_or_event(line: &str) -> bool {
    line.eq_ignore_ascii_case("[Script Info]")
        || line.eq_ignore_ascii_case("[Events]")
        || line.strip_prefix("Dialogue:").is_some_and(|event| {
            event.split(',').nth(1).is_some_and(|start| parse_time(start.trim()).is_some())
        })
}

/// Parses a file. Events without text, such as drawings, are omitted.
pub(super) fn parse(text: &str, repairs: &mut Repairs) -> LooseFile {
    let mut file = LooseFile::default();
    let mut columns = parse_columns(COLUMNS);
    let mut is_in_events = true;
    for (number, line) in split_lines(text) {
        let line = line.trim();
        if line.starts_with('[') && line.ends_with(']') {
            is_in_events = line.eq_ignore_ascii_case("[Events]");
        } else if let Some(format) = line.strip_prefix("Format:").filter(|_| is_in_events) {
            columns = parse_columns(format);
        } else if let Some(event) = line.strip_prefix("Dialogue:") {
            let values: Vec<&str> = event.splitn(columns.len(), ',').collect();
            let value = |name: &str| {
                let index = columns.iter().position(|column| column == name)?;
                values.get(index).map(|value| value.trim())
            };
            let times = value("start").and_then(parse_time).zip(value("end").and_then(parse_time));
            let Some(((start_ms, end_ms), text)) = times.zip(value("text")) else {
                let detail = "The times or the text of the event cannot be read; it was dropped.";
                repairs.add(number, "invalid_time", detail);
                continue;
            };
            let (settings, payload) = convert_text(text, value("name").or(value("actor")));
            if !payload.is_empty() {
                let cue = Cue { start_ms, end_ms, settings, payload, ..Cue::default() };
                file.cues.push((number, cue));
            }
        }
    }
    file
}

fn parse_columns(format: &str) -> Vec<String> {
    let columns = format.split(',').take(MAX_COLUMNS);
    columns.map(|column| column.trim().to_ascii_lowercase()).collect()
}

/// A time such as `0:00:01.50` in milliseconds.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fields: Vec<i64> =
        clock.split(':').map(|field| parse_digits(field, 1, 9)).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = fields.as_slice() else { return None };
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + parse_fraction_ms(fraction)?)
}

/// Converts the text of an event to cue settings and a payload.
fn convert_text(text: &str, name: Option<&str>) -> (String, String) {
    let mut markup = Markup::default();
    let (mut styles, mut is_drawing, mut is_at_top) = (Styles::default(), false, false);
    let mut rest = text;
    while !rest.is_empty() {
        let (before, codes, after) = split_codes(rest);
        if !is_drawing {
            let before = before.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u{A0}");
            markup.push(&before, styles);
        }
        for code in codes.split('\\').skip(1) {
            let number = |name: &str| {
                code.strip_prefix(name).and_then(|value| parse_digits(value.trim(), 1, 9))
            };
            for (name, style) in ["i", "b", "u"].iter().zip(&mut styles) {
                // `\b700` is a weight.
                if let Some(value) = number(name) {
                    *style = value == 1 || value > 400;
                }
            }
            if code.starts_with('r') && !code.starts_with("rnd") {
                styles = Styles::default();
            }
            is_drawing = number("p").map_or(is_drawing, |scale| scale > 0);
            is_at_top |= matches!(number("an"), Some(7..=9)) || matches!(number("a"), Some(5..=7));
        }
        rest = after;
    }
    let settings = if is_at_top { "line:0".to_owned() } else { String::new() };
    (settings, markup.finish(name))
}

/// Splits a text into the part before its first codes in braces, the codes, and the rest.
fn split_codes(text: &str) -> (&str, &str, &str) {
    text.split_once('{')
        .and_then(|(before, rest)| {
            let (codes, after) = rest.split_once('}')?;
            Some((before, codes, after))
        })
        .unwrap_or((text, "", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_events() {
        let file = "[Script Info]\nTitle: A --> B\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n\
            [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
            Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,Not shown\n\
            Dialogue: 0,0:00:05.00,0:00:06.50,Default,Ana,0,0,0,,Da, {\\i1}naravno{\\i0}\\Ndruga & <treća>\n\
            Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an8\\fs20}Gore\\hdesno\n\
            Dialogue: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}\n\
            Dialogue: 0,0:00:xx.00,0:00:03.00,Default,,0,0,0,,Broken\n\
            Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\\b1}Bold{\\r} {open\n";
        let mut repairs = Repairs::default();
        let cues = parse(file, &mut repairs).cues;
        let cues: Vec<_> = cues
            .iter()
            .map(|(line, cue)| {
                (*line, cue.start_ms, cue.end_ms, cue.settings.as_str(), cue.payload.as_str())
            })
            .collect();
        assert_eq!(
            cues,
            [
                (11, 5_000, 6_500, "", "<v Ana>Da, <i>naravno\n</i>druga &amp; &lt;treća&gt;"),
                (12, 1_000, 2_000, "line:0", "Gore\u{A0}desno"),
                (15, 7_000, 8_000, "", "<b>Bold </b>{open"),
            ]
        );
        assert_eq!(repairs.into_sorted()[0].line, 14);
    }

    #[test]
    fn parses_ssa_columns() {
        let file = "[Events]\nFormat: Marked, Start, End, Style, Name, Text\nDialogue: Marked=0,0:00:01.5,0:00:02,D,,a, b";
        let cues = parse(file, &mut Repairs::default()).cues;
        assert_eq!((cues[0].1.start_ms, cues[0].1.payload.as_str()), (1_500, "a, b"));
    }
}
