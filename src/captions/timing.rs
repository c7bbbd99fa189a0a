//! The line of a cue that says when it is shown, and timestamps.
//!
//! WebVTT (4.1 "WebVTT timestamp") writes `00:01:02.500` and may leave out the hours; SRT writes
//! `00:01:02,500`. SRT in the wild also has WebVTT's dot and numbers of one digit, so these are
//! taken there.

use super::track::Format;

/// Where a timing line is told by.
pub(super) const ARROW: &str = "-->";

/// The most hours: a timestamp with more is a slip of the pen.
const MAX_HOURS: i64 = 99;

/// A timing line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timing {
    pub start_ms: i64,
    pub end_ms: i64,
    /// What stands after the timestamps, its words parted by one space.
    pub settings: String,
}

/// Why a timing line is not understood: a problem without its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// Writes a timestamp as WebVTT has it: `HH:MM:SS.mmm`. Before the start there is nothing: a
/// negative one is 0.
#[must_use]
pub fn timestamp_webvtt(ms: i64) -> String {
    timestamp(ms, '.')
}

/// Writes a timestamp as SRT has it: `HH:MM:SS,mmm`. Before the start there is nothing: a negative
/// one is 0.
#[must_use]
pub fn timestamp_srt(ms: i64) -> String {
    timestamp(ms, ',')
}

fn timestamp(ms: i64, separator: char) -> String {
    let ms = ms.max(0);
    let (seconds, fraction) = (ms / 1_000, ms % 1_000);
    format!(
        "{:02}:{:02}:{:02}{separator}{fraction:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Reads a timing line: two timestamps with an arrow between them, then the settings.
pub(super) fn read(line: &str, format: Format) -> Result<Timing, Fault> {
    let (start, rest) = line.split_once(ARROW).unwrap_or((line, ""));
    let mut words = rest.split_ascii_whitespace();
    let start_ms = read_timestamp(start.trim(), format)?;
    let end_ms = read_timestamp(words.next().unwrap_or_default(), format)?;
    if end_ms <= start_ms {
        let detail = format!(
            "The cue ends at {}, not after its start; give it a later end.",
            timestamp_webvtt(end_ms)
        );
        return Err(Fault::new("end_before_start", detail));
    }
    let words: Vec<&str> = words.collect();
    match words.iter().find(|word| !is_setting(word)) {
        None => Ok(Timing { start_ms, end_ms, settings: words.join(" ") }),
        Some(word) => {
            let detail = format!(
                "`{}` is no cue setting such as `line:0`; if it is text, move it to the line below the timestamps.",
                beginning(word)
            );
            Err(Fault::new("invalid_setting", detail))
        }
    }
}

/// Whether a word has the form of a setting (WebVTT, 6.3 "cue timings and settings parsing"): a
/// name, a colon, a value.
fn is_setting(word: &str) -> bool {
    word.split_once(':').is_some_and(|(name, value)| !name.is_empty() && !value.is_empty())
        && !word.contains(ARROW)
}

fn read_timestamp(text: &str, format: Format) -> Result<i64, Fault> {
    if format == Format::WebVtt && text.contains(',') {
        let detail = format!(
            "`{}` has a comma, as in SRT; WebVTT writes a dot before the milliseconds.",
            beginning(text)
        );
        return Err(Fault::new("wrong_separator", detail));
    }
    let Some([hours, minutes, seconds, fraction]) = fields(text, format) else {
        let wanted = timestamp(3_723_500, if format == Format::WebVtt { '.' } else { ',' });
        let detail = format!("`{}` is no timestamp; write it as `{wanted}`.", beginning(text));
        return Err(Fault::new("invalid_time", detail));
    };
    if hours > MAX_HOURS || minutes > 59 || seconds > 59 {
        let detail = format!(
            "`{}` has more than {MAX_HOURS} hours, 59 minutes or 59 seconds; correct it.",
            beginning(text)
        );
        return Err(Fault::new("out_of_range", detail));
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1_000 + fraction)
}

/// Hours, minutes, seconds and milliseconds, when there are as many digits as the format wants.
fn fields(text: &str, format: Format) -> Option<[i64; 4]> {
    let fewest = if format == Format::WebVtt { 2 } else { 1 };
    let (clock, fraction) = text.split_once(['.', ','])?;
    let (rest, seconds) = clock.rsplit_once(':')?;
    let (hours, minutes) = rest.split_once(':').unwrap_or(("00", rest));
    Some([
        number(hours, fewest, usize::MAX)?,
        number(minutes, fewest, 2)?,
        number(seconds, fewest, 2)?,
        number(fraction, 3, 3)?,
    ])
}

/// A number of so many digits; one too large to hold is the largest there is.
fn number(digits: &str, fewest: usize, most: usize) -> Option<i64> {
    let right = (fewest..=most).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// The beginning of what a file has, for a message.
fn beginning(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(line: &str, format: Format) -> &'static str {
        read(line, format).map_or_else(|fault| fault.code, |_| "")
    }

    #[test]
    fn timestamps_are_written() {
        assert_eq!(timestamp_webvtt(0), "00:00:00.000");
        assert_eq!(timestamp_webvtt(3_723_004), "01:02:03.004");
        assert_eq!(timestamp_srt(359_999_999), "99:59:59,999");
        assert_eq!(timestamp_srt(-1), "00:00:00,000");
        assert_eq!(timestamp_webvtt(3_600_000_000), "1000:00:00.000");
    }

    #[test]
    fn timing_lines_are_read() {
        let timing = |start_ms, end_ms, settings: &str| {
            Ok(Timing { start_ms, end_ms, settings: settings.to_owned() })
        };
        for (line, format, expected) in [
            ("00:01.000 --> 00:02.500", Format::WebVtt, timing(1_000, 2_500, "")),
            ("00:00:01.000\t-->\t100:00.000", Format::Srt, Err("invalid_time")),
            (
                "00:00:01.000-->01:00:02.000  line:0\talign:start ",
                Format::WebVtt,
                timing(1_000, 3_602_000, "line:0 align:start"),
            ),
            ("00:00:01,000 --> 00:00:02,000", Format::Srt, timing(1_000, 2_000, "")),
            (
                "0:0:1.000 --> 0:00:2.000 X1:100 Y1:7",
                Format::Srt,
                timing(1_000, 2_000, "X1:100 Y1:7"),
            ),
        ] {
            assert_eq!(read(line, format).map_err(|fault| fault.code), expected, "{line}");
        }
    }

    #[test]
    fn faults_are_named() {
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
            ("100:00:00.000 --> 100:00:01.000", "out_of_range"),
            ("99999999999999999999:00:00.000 --> 100:00:01.000", "out_of_range"),
            ("00:00:02.000 --> 00:00:02.000", "end_before_start"),
            ("00:00:02.000 --> 00:00:01.000", "end_before_start"),
            ("00:00:01.000 --> 00:00:02.000 Zdravo", "invalid_setting"),
            ("00:00:01.000 --> 00:00:02.000 line:", "invalid_setting"),
            ("00:00:01.000 --> 00:00:02.000 a:-->", "invalid_setting"),
        ] {
            assert_eq!(code(line, Format::WebVtt), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(start in 0_i64..359_999_999, length in 1_i64..360_000_000) {
            let end = (start + length).min(359_999_999);
            let timing = Ok(Timing { start_ms: start, end_ms: end, settings: String::new() });
            let line = format!("{} --> {}", timestamp_webvtt(start), timestamp_webvtt(end));
            prop_assert_eq!(&read(&line, Format::WebVtt), &timing);
            let line = format!("{} --> {}", timestamp_srt(start), timestamp_srt(end));
            prop_assert_eq!(&read(&line, Format::Srt), &timing);
        }

        #[test]
        fn no_line_is_too_strange(line in "[0-9:., \t>-]{0,40}|\\PC{0,40}") {
            let _ = read(&line, Format::WebVtt);
            let _ = read(&line, Format::Srt);
        }
    }
}
