//! SRT as players read it: any line with an arrow between two times starts a cue.

use super::cue_text::close_tag;
use super::loose_file::{LooseFile, Repairs, clean};
use crate::captions::blocks::Line;
use crate::captions::srt::parse_identifier;
use crate::captions::srt_cue_text::{color_styles, to_webvtt};
use crate::captions::timing::{self, ARROW, is_setting, parse_digits, parse_fraction_ms};
use crate::captions::track::{CaptionFormat, Cue};

/// Characters around the timestamps that are not part of them.
const INVISIBLE: &[char] = &[' ', '\t', '\u{A0}', '\u{202F}', '\u{FEFF}', '\u{200B}', '\u{200E}'];

/// Parses the lines of a file. Text after a blank line belongs to the cue before it. `format` is
/// that of the markup: a file may have the signature of WebVTT and timestamps of SRT.
pub(super) fn parse(lines: &[Line<'_>], format: CaptionFormat, repairs: &mut Repairs) -> LooseFile {
    let mut file = LooseFile::default();
    let mut lines = lines.iter().copied().peekable();
    if format == CaptionFormat::WebVtt {
        lines.next();
    }
    let mut cue: Option<OpenCue<'_>> = None;
    let mut identifier: Option<Line<'_>> = None;
    // Whether the last line was blank, and whether text after it has been reported.
    let (mut after_blank, mut is_reported) = (true, false);
    while let Some((number, line)) = lines.next() {
        if line.contains(ARROW) {
            file.cues.extend(cue.take().map(|cue| cue.finish(format, repairs)));
            if !after_blank && identifier.is_none() {
                let detail = "The cue that starts here was separated from the lines before.";
                repairs.add(number, "missing_blank_line", detail);
            }
            let start = OpenCue::parse((number, line), identifier.take(), format, repairs);
            is_reported = start.is_none();
            cue = start;
        } else if line.trim_matches(INVISIBLE).is_empty() {
            after_blank = true;
            continue;
        } else if lines.peek().is_some_and(|(_, next)| next.contains(ARROW))
            && (after_blank || is_counter(line))
        {
            if !after_blank {
                let detail = "The cue that starts here was separated from the lines before.";
                repairs.add(number + 1, "missing_blank_line", detail);
            }
            identifier = Some((number, line));
        } else if let Some(cue) = &mut cue {
            let is_number = after_blank && is_counter(line);
            if is_number {
                let detail = "The number has no cue below it; it was dropped.";
                repairs.add(number, "missing_timing", detail);
            } else if after_blank {
                let detail = "The text has no timestamps above it; it was added to the cue before.";
                repairs.add(number, "missing_timing", detail);
            }
            if !is_number {
                cue.lines.push(line);
            }
        } else if !is_reported {
            is_reported = true;
            let detail = "The text has no timestamps above it; it was dropped.";
            repairs.add(number, "missing_timing", detail);
        }
        after_blank = false;
    }
    file.cues.extend(cue.map(|cue| cue.finish(format, repairs)));
    let payloads = file.cues.iter().map(|(_, cue)| cue.payload.as_str());
    if format == CaptionFormat::Srt {
        file.rest.preamble.extend(color_styles(payloads));
    }
    file
}

fn is_counter(line: &str) -> bool {
    let digits = line.trim_matches(INVISIBLE);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A cue whose text is being collected.
struct OpenCue<'a> {
    line: usize,
    cue: Cue,
    lines: Vec<&'a str>,
}

impl<'a> OpenCue<'a> {
    fn parse(
        (number, line): Line<'a>,
        identifier: Option<Line<'a>>,
        format: CaptionFormat,
        repairs: &mut Repairs,
    ) -> Option<Self> {
        let (start, rest) = line.split_once(ARROW)?;
        let mut words = rest.split(INVISIBLE).filter(|word| !word.is_empty());
        let times = parse_time(start).zip(words.next().and_then(parse_time));
        let Some(((start_ms, is_exact), (end_ms, is_end_exact))) = times else {
            let detail = "The timestamps cannot be read; the cue was dropped.";
            repairs.add(number, "invalid_time", detail);
            return None;
        };
        let is_valid = || {
            let strict = timing::parse(line, CaptionFormat::Srt);
            strict.is_ok() || strict.is_err_and(|error| error.code != "invalid_time")
        };
        if !is_exact || !is_end_exact || format == CaptionFormat::WebVtt || !is_valid() {
            let detail = "The timestamps do not have the form of the format; they were read as far as possible.";
            repairs.add(number, "invalid_time", detail);
        }
        let (settings, ignored): (Vec<&str>, Vec<&str>) =
            words.partition(|word| is_setting(word) && clean(word) == **word);
        if !ignored.is_empty() {
            let detail = "The text after the timestamps is not a setting; it was dropped.";
            repairs.add(number, "invalid_setting", detail);
        }
        let settings =
            if format == CaptionFormat::WebVtt { settings.join(" ") } else { String::new() };
        let identifier = identifier.and_then(|(_, line)| parse_identifier(&clean(line)));
        let cue = Cue { identifier, start_ms, end_ms, settings, ..Cue::default() };
        Some(Self { line: number, cue, lines: Vec::new() })
    }

    fn finish(self, format: CaptionFormat, repairs: &mut Repairs) -> (usize, Cue) {
        let Self { line, cue, lines } = self;
        let text = clean(&lines.join("\n"));
        let cue = if format == CaptionFormat::WebVtt {
            Cue { payload: close_tag(&text, line, repairs).into_owned(), ..cue }
        } else {
            let (settings, payload) = to_webvtt(&text);
            Cue { settings, payload, ..cue }
        };
        (line, cue)
    }
}

/// Parses a time in any usual form: fields above 59 are carried, a missing fraction is zero, a
/// negative time is the start. Returns milliseconds, and whether the form is that of SRT.
fn parse_time(text: &str) -> Option<(i64, bool)> {
    let text = text.trim_matches(INVISIBLE);
    let (is_negative, clock) = text.strip_prefix('-').map_or((false, text), |clock| (true, clock));
    let (clock, fraction) = clock.split_once([',', '.']).unwrap_or((clock, "0"));
    let mut seconds = 0_i64;
    let mut fields = 0;
    let mut is_exact = !is_negative && fraction.len() == 3;
    for field in clock.split(':') {
        let value = parse_digits(field, 1, 9)?;
        is_exact = is_exact && (fields == 0 || value < 60);
        seconds = seconds.saturating_mul(60).saturating_add(value);
        fields += 1;
    }
    let ms = seconds.saturating_mul(1_000).saturating_add(parse_fraction_ms(fraction)?);
    parse_digits(fraction, 1, 9)?;
    (2..=3).contains(&fields).then_some((if is_negative { 0 } else { ms }, is_exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_times_of_any_usual_form() {
        for (text, expected) in [
            ("00:00:01,500", Some((1_500, true))),
            (" 0:0:1.500\u{A0}", Some((1_500, true))),
            ("00:00:01,5", Some((1_500, false))),
            ("00:00:01,5000", Some((1_500, false))),
            ("00:00:01", Some((1_000, false))),
            ("01:02", Some((62_000, false))),
            ("00:60:61,000", Some((3_661_000, false))),
            ("-00:00:01,000", Some((0, false))),
            ("1", None),
            ("1:2:3:4,000", None),
            ("00:xx:01,000", None),
            ("00:00:01,", None),
            ("", None),
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }
}
