//! Timing lines of cues, and timestamps.
//!
//! A WebVTT timestamp (4.1 "WebVTT timestamp") is `00:01:02.500`, with optional hours; an SRT
//! timestamp is `00:01:02,500`. SRT files also occur with WebVTT's dot and single-digit fields;
//! both are accepted in SRT.

use super::track::CaptionFormat;

/// Separator of the timestamps; identifies a timing line.
pub(super) const ARROW: &str = "-->";

/// Maximum number of hours of a timestamp; a larger one is considered a typing error. Recordings of
/// streams have hundreds.
const MAX_HOURS: i64 = 999;

/// The last timestamp, 999:59:59.999, in milliseconds.
pub(super) const MAX_TIMESTAMP_MS: i64 = (MAX_HOURS + 1) * 3_600_000 - 1;

/// A parsed timing line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timing {
    pub start_ms: i64,
    pub end_ms: i64,
    /// The text after the timestamps, its words separated by single spaces.
    pub settings: String,
}

/// Reason why a timing line is invalid: a parse error without its line number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TimingError {
    pub code: &'static str,
    pub detail: String,
}

impl TimingError {
    fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// Formats a timestamp for WebVTT: `HH:MM:SS.mmm`. Negative values are 0.
#[must_use]
pub fn format_webvtt_timestamp(ms: i64) -> String {
    format_timestamp(ms, '.')
}

/// Formats a timestamp for SRT: `HH:MM:SS,mmm`. Negative values are 0.
#[must_use]
pub fn format_srt_timestamp(ms: i64) -> String {
    format_timestamp(ms, ',')
}

/// Parses the digits after the decimal separator of a second as milliseconds; more than three are
/// cut.
pub(super) fn parse_fraction_ms(fraction: &str) -> Option<i64> {
    let digits: String = fraction.chars().chain("00".chars()).take(3).collect();
    parse_digits(&digits, 3, 3)
}

fn format_timestamp(ms: i64, separator: char) -> String {
    let ms = ms.max(0);
    let (seconds, fraction) = (ms / 1_000, ms % 1_000);
    format!(
        "{:02}:{:02}:{:02}{separator}{fraction:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Parses a timing line: two timestamps separated by an arrow, then the cue settings.
pub(super) fn parse(line: &str, format: CaptionFormat) -> Result<Timing, TimingError> {
    let (start, rest) = line.split_once(ARROW).unwrap_or((line, ""));
    let mut words = rest.split_ascii_whitespace();
    let start_ms = parse_timestamp(start.trim(), format)?;
    let end_ms = parse_timestamp(words.next().unwrap_or_default(), format)?;
    if end_ms <= start_ms {
        let detail = format!(
            "The cue ends at {}, not after its start; give it a later end.",
            format_webvtt_timestamp(end_ms)
        );
        return Err(TimingError::new("end_before_start", detail));
    }
    let words: Vec<&str> = words.collect();
    match words.iter().find(|word| !is_setting(word)) {
        None => Ok(Timing { start_ms, end_ms, settings: words.join(" ") }),
        Some(word) => {
            let detail = format!(
                "`{}` is not a cue setting such as `line:0`; if it is text, move it to the line below the timestamps.",
                excerpt(word)
            );
            Err(TimingError::new("invalid_setting", detail))
        }
    }
}

/// Whether a line has times around an arrow: the arrow of a comment in SAMI or HTML is none.
pub(super) fn is_timing(line: &str) -> bool {
    line.split_once(ARROW).is_some_and(|(start, end)| {
        start.trim_end().ends_with(|c: char| c.is_ascii_digit())
            && end.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '-')
    })
}

/// Whether a word has the form of a cue setting (WebVTT, 6.3 "cue timings and settings parsing"): a
/// name, a colon, a value.
pub(super) fn is_setting(word: &str) -> bool {
    word.split_once(':').is_some_and(|(name, value)| !name.is_empty() && !value.is_empty())
        && !word.contains(ARROW)
}

fn parse_timestamp(text: &str, format: CaptionFormat) -> Result<i64, TimingError> {
    if format == CaptionFormat::WebVtt && text.contains(',') {
        let detail = format!(
            "`{}` has a comma, as in SRT; WebVTT has a dot before the milliseconds.",
            excerpt(text)
        );
        return Err(TimingError::new("wrong_separator", detail));
    }
    let Some([hours, minutes, seconds, fraction]) = parse_time_fields(text, format) else {
        let example =
            format_timestamp(3_723_500, if format == CaptionFormat::WebVtt { '.' } else { ',' });
        let detail = format!("`{}` is not a timestamp; the format is `{example}`.", excerpt(text));
        return Err(TimingError::new("invalid_time", detail));
    };
    if hours > MAX_HOURS || minutes > 59 || seconds > 59 {
        let detail = format!(
            "`{}` is out of range: at most {MAX_HOURS} hours, 59 minutes and 59 seconds.",
            excerpt(text)
        );
        return Err(TimingError::new("out_of_range", detail));
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1_000 + fraction)
}

/// Hours, minutes, seconds and milliseconds; `None` if a field has the wrong number of digits for
/// the format.
fn parse_time_fields(text: &str, format: CaptionFormat) -> Option<[i64; 4]> {
    let min_digits = if format == CaptionFormat::WebVtt { 2 } else { 1 };
    let (clock, fraction) = text.split_once(['.', ','])?;
    let (rest, seconds) = clock.rsplit_once(':')?;
    let (hours, minutes) = rest.split_once(':').unwrap_or(("00", rest));
    Some([
        parse_digits(hours, min_digits, usize::MAX)?,
        parse_digits(minutes, min_digits, 2)?,
        parse_digits(seconds, min_digits, 2)?,
        parse_digits(fraction, 3, 3)?,
    ])
}

/// Parses a number with `min_digits` to `max_digits` digits; saturates on overflow.
pub(super) fn parse_digits(digits: &str, min_digits: usize, max_digits: usize) -> Option<i64> {
    let is_valid = (min_digits..=max_digits).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_valid.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// The start of a text from the file, for an error message.
fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error_code(line: &str, format: CaptionFormat) -> &'static str {
        parse(line, format).map_or_else(|error| error.code, |_| "")
    }

    #[test]
    fn formats_timestamps() {
        assert_eq!(format_webvtt_timestamp(0), "00:00:00.000");
        assert_eq!(format_webvtt_timestamp(3_723_004), "01:02:03.004");
        assert_eq!(format_srt_timestamp(359_999_999), "99:59:59,999");
        assert_eq!(format_srt_timestamp(-1), "00:00:00,000");
        assert_eq!(format_webvtt_timestamp(3_600_000_000), "1000:00:00.000");
    }

    #[test]
    fn parses_timing_lines() {
        let timing = |start_ms, end_ms, settings: &str| {
            Ok(Timing { start_ms, end_ms, settings: settings.to_owned() })
        };
        for (line, format, expected) in [
            ("00:01.000 --> 00:02.500", CaptionFormat::WebVtt, timing(1_000, 2_500, "")),
            ("00:00:01.000\t-->\t100:00.000", CaptionFormat::Srt, Err("invalid_time")),
            (
                "00:00:01.000-->01:00:02.000  line:0\talign:start ",
                CaptionFormat::WebVtt,
                timing(1_000, 3_602_000, "line:0 align:start"),
            ),
            ("00:00:01,000 --> 00:00:02,000", CaptionFormat::Srt, timing(1_000, 2_000, "")),
            (
                "100:00:00.000 --> 999:59:59.999",
                CaptionFormat::WebVtt,
                timing(360_000_000, 3_599_999_999, ""),
            ),
            (
                "0:0:1.000 --> 0:00:2.000 X1:100 Y1:7",
                CaptionFormat::Srt,
                timing(1_000, 2_000, "X1:100 Y1:7"),
            ),
        ] {
            assert_eq!(parse(line, format).map_err(|error| error.code), expected, "{line}");
        }
    }

    #[test]
    fn reports_timing_errors() {
        for (line, expected) in [
            ("00:00:01,000 --> 00:00:02,000", "wrong_separator"),
            ("00:00:01.000 --> 00:00:02,000", "wrong_separator"),
            ("0:00:01.000 --> 00:00:02.000", "invalid_time"),
            ("00:00:01.00 --> 00:00:02.000", "invalid_time"),
            ("00:00:00:01.000 --> 00:00:02.000", "invalid_time"),
            ("00:00:01 --> 00:00:02", "invalid_time"),
            ("00:00:01.000 --> ", "invalid_time"),
            ("-->", "invalid_time"),
            ("", "invalid_time"),
            ("00:00:+1.000 --> 00:00:02.000", "invalid_time"),
            ("00:60:00.000 --> 00:61:00.000", "out_of_range"),
            ("00:00:60.000 --> 00:01:00.000", "out_of_range"),
            ("1000:00:00.000 --> 1000:00:01.000", "out_of_range"),
            ("99999999999999999999:00:00.000 --> 100:00:01.000", "out_of_range"),
            ("00:00:02.000 --> 00:00:02.000", "end_before_start"),
            ("00:00:02.000 --> 00:00:01.000", "end_before_start"),
            ("00:00:01.000 --> 00:00:02.000 Zdravo", "invalid_setting"),
            ("00:00:01.000 --> 00:00:02.000 line:", "invalid_setting"),
            ("00:00:01.000 --> 00:00:02.000 a:-->", "invalid_setting"),
        ] {
            assert_eq!(error_code(line, CaptionFormat::WebVtt), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn timing_line_round_trips(start in 0_i64..3_599_999_999, length in 1_i64..360_000_000) {
            let end = (start + length).min(3_599_999_999);
            let timing = Ok(Timing { start_ms: start, end_ms: end, settings: String::new() });
            let line = format!("{} --> {}", format_webvtt_timestamp(start), format_webvtt_timestamp(end));
            prop_assert_eq!(&parse(&line, CaptionFormat::WebVtt), &timing);
            let line = format!("{} --> {}", format_srt_timestamp(start), format_srt_timestamp(end));
            prop_assert_eq!(&parse(&line, CaptionFormat::Srt), &timing);
        }

        #[test]
        fn parse_never_panics(line in "[0-9:., \t>-]{0,40}|\\PC{0,40}") {
            let _ = parse(&line, CaptionFormat::WebVtt);
            let _ = parse(&line, CaptionFormat::Srt);
        }
    }
}
