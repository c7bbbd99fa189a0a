//! Times of TTML: expressions, their units, and the order of elements (TTML 2, 12 "timing").

use roxmltree::Node;

/// The value of an attribute with a local name.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// The start of the children of an element: its own or, with `timeContainer="seq"`, the end of the
/// child before.
pub(super) struct Sequence {
    start_ms: i64,
    is_sequential: bool,
}

impl Sequence {
    pub(super) fn of(node: Node<'_, '_>, start_ms: i64) -> Self {
        Self { start_ms, is_sequential: attribute(node, "timeContainer") == Some("seq") }
    }

    /// Where the times of the next child count from.
    pub(super) fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Takes the end of a child; one without an end takes no time.
    pub(super) fn advance(&mut self, end_ms: Option<i64>) {
        if let Some(end_ms) = end_ms.filter(|_| self.is_sequential) {
            self.start_ms = self.start_ms.max(end_ms);
        }
    }
}

/// Whether an element states when it ends.
pub(super) fn has_own_end(node: Node<'_, '_>) -> bool {
    attribute(node, "end").or_else(|| attribute(node, "dur")).is_some()
}

/// The units of time expressions (TTML 2, 12.3 "time value expressions").
pub(super) struct Clock {
    frames_per_second: f64,
    sub_frames_per_frame: f64,
    ticks_per_second: f64,
}

impl Clock {
    pub(super) fn of(root: Node<'_, '_>) -> Self {
        let number =
            |name| attribute(root, name).and_then(|value| value.trim().parse::<f64>().ok());
        let multiplier = attribute(root, "frameRateMultiplier").and_then(|value| {
            let (numerator, denominator) = value.split_once([' ', ':'])?;
            let denominator: f64 = denominator.trim().parse().ok().filter(|value| *value > 0.0)?;
            Some(numerator.trim().parse::<f64>().ok()? / denominator)
        });
        let is_positive = |value: &f64| *value > 0.0;
        let frame_rate = number("frameRate").filter(is_positive);
        let frames_per_second =
            frame_rate.unwrap_or(30.0) * multiplier.filter(is_positive).unwrap_or(1.0);
        let sub_frames_per_frame = number("subFrameRate").filter(is_positive).unwrap_or(1.0);
        // Without a rate of their own, ticks are frames or parts of them if those have one.
        let ticks_of_frames = frame_rate.map_or(1.0, |_| frames_per_second * sub_frames_per_frame);
        let ticks_per_second = number("tickRate").filter(is_positive).unwrap_or(ticks_of_frames);
        Self { frames_per_second, sub_frames_per_frame, ticks_per_second }
    }

    /// A time expression in milliseconds.
    pub(super) fn parse(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        let seconds = if text.contains(':') {
            let fields: Vec<&str> = text.split(':').collect();
            let (clock, frames) = match fields.as_slice() {
                [hours, minutes, seconds] => ([hours, minutes, seconds], "0"),
                [hours, minutes, seconds, frames] => ([hours, minutes, seconds], *frames),
                _ => return None,
            };
            let [hours, minutes, seconds] = clock.map(|field| parse_decimal(field));
            let (frames, sub_frames) = frames.split_once('.').unwrap_or((frames, "0"));
            let frames =
                parse_decimal(frames)? + parse_decimal(sub_frames)? / self.sub_frames_per_frame;
            (hours? * 60.0 + minutes?) * 60.0 + seconds? + frames / self.frames_per_second
        } else {
            let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, unit) = text.split_at_checked(unit_at)?;
            let seconds_per_unit = match unit {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                "f" => 1.0 / self.frames_per_second,
                "t" => 1.0 / self.ticks_per_second,
                _ => return None,
            };
            parse_decimal(number)? * seconds_per_unit
        };
        // Rounded without a cast, which could truncate.
        format!("{:.0}", seconds * 1_000.0).parse().ok()
    }
}

/// A number of digits with an optional fraction.
fn parse_decimal(text: &str) -> Option<f64> {
    let is_decimal =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_decimal.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_time_expressions() {
        let clock = Clock {
            frames_per_second: 25.0,
            sub_frames_per_frame: 2.0,
            ticks_per_second: 10_000_000.0,
        };
        for (text, expected) in [
            ("00:00:01.5", Some(1_500)),
            ("01:02:03", Some(3_723_000)),
            ("00:00:01:05", Some(1_200)),
            ("00:00:01:05.1", Some(1_220)),
            ("12.5s", Some(12_500)),
            ("250ms", Some(250)),
            ("1.5m", Some(90_000)),
            ("2h", Some(7_200_000)),
            ("50f", Some(2_000)),
            ("15000000t", Some(1_500)),
            ("12", None),
            ("-1s", None),
            ("1:2", None),
            ("infs", None),
        ] {
            assert_eq!(clock.parse(text), expected, "{text}");
        }
    }
}
