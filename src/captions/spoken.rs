//! Spoken lines of a track and their speakers, by cue; repeated lines of roll-up captions once.

use std::sync::Arc;

use crate::captions::displayed_lines::{DisplayedLine, displayed_lines};
use crate::captions::repeated_lines::find_repetitions;
use crate::captions::speakers::{SpeakerNames, is_sound};
use crate::captions::track::Cue;

/// Pause in milliseconds after which a line without a name is not attributed to the last speaker.
pub const SPEAKER_PAUSE_MS: i64 = 2_000;

/// The lines of a cue that the previous cue did not already display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenCue {
    /// Index of the cue in the track.
    pub index: usize,
    /// Start in milliseconds.
    pub start_ms: i64,
    /// End in milliseconds; that of the last cue that only repeats these lines.
    pub end_ms: i64,
    /// Lines of plain text; none if the cue has no text.
    pub lines: Vec<SpokenLine>,
}

/// A line of plain text, and who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenLine {
    /// The speaker, if known.
    pub speaker: Option<Arc<str>>,
    /// Whether another person begins to speak, even if it is not known who.
    pub is_change: bool,
    /// The line, not empty.
    pub text: String,
    /// Length in bytes of the marks of the speaker at the beginning of `text`.
    marks_len: usize,
}

impl SpokenLine {
    /// The line without the marks of its speaker; may be empty.
    #[must_use]
    pub fn speech(&self) -> &str {
        self.text.get(self.marks_len..).unwrap_or_default()
    }

    /// Whether a name is among the marks.
    fn has_name(&self) -> bool {
        self.marks_len > 0 && self.speaker.is_some()
    }
}

impl SpokenCue {
    /// The lines in one, with the marks of speakers in the text.
    #[must_use]
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join(" ")
    }

    /// The first speaker, and the lines in one, without the name of that speaker.
    #[must_use]
    pub fn speaker_and_text(&self) -> (Option<&str>, String) {
        let speaker = self.lines.iter().find_map(|line| line.speaker.as_deref());
        let Some((first, others)) = self.lines.split_first().filter(|(first, _)| first.has_name())
        else {
            return (speaker, self.text());
        };
        let others = others.iter().map(|line| line.text.as_str());
        let lines: Vec<&str> =
            [first.speech()].into_iter().chain(others).filter(|line| !line.is_empty()).collect();
        (speaker, lines.join(" "))
    }
}

/// The cues of a track, sorted by start, as they are spoken; a cue that only repeats the previous
/// one is omitted.
#[must_use]
pub fn spoken_cues(cues: &[Cue]) -> Vec<SpokenCue> {
    let lines: Vec<Vec<DisplayedLine>> = cues.iter().map(displayed_lines).collect();
    let repetitions = find_repetitions(cues, &lines);
    let names = SpeakerNames::find(&lines);
    let mut spoken: Vec<SpokenCue> = Vec::with_capacity(cues.len());
    let mut last_speaker: Option<Arc<str>> = None;
    for (((index, cue), lines), repetition) in cues.iter().enumerate().zip(lines).zip(repetitions) {
        if repetition.lines > 0 && repetition.lines == lines.len() {
            if let Some(last) = spoken.last_mut() {
                last.end_ms = last.end_ms.max(cue.end_ms);
            }
            continue;
        }
        if spoken.last().is_some_and(|last| cue.start_ms - last.end_ms >= SPEAKER_PAUSE_MS) {
            last_speaker = None;
        }
        let new = lines.into_iter().skip(repetition.lines).zip(0_usize..);
        let new = new.map(|(line, index)| {
            let line = if index == 0 && repetition.bytes > 0 {
                let rest = line.text.get(repetition.bytes..).unwrap_or_default();
                DisplayedLine { text: rest.trim_start().to_owned(), ..line }
            } else {
                line
            };
            let line = attribute(line, &names, last_speaker.clone());
            if !is_sound(line.speech()) {
                last_speaker.clone_from(&line.speaker);
            }
            line
        });
        let lines = new.collect();
        spoken.push(SpokenCue { index, start_ms: cue.start_ms, end_ms: cue.end_ms, lines });
    }
    spoken
}

/// Determines the speaker of a line. A line without marks continues the speech of the last speaker,
/// in a track with names.
fn attribute(
    line: DisplayedLine,
    names: &SpeakerNames,
    last_speaker: Option<Arc<str>>,
) -> SpokenLine {
    let DisplayedLine { voice, text } = line;
    if voice.is_some() {
        return SpokenLine { speaker: voice, is_change: false, text, marks_len: 0 };
    }
    let marks = names.marks_of(&text);
    let marks_len = text.len() - marks.rest.len();
    let (speaker, is_change) = match marks.name {
        Some(name) => (Some(Arc::from(name)), false),
        None if marks.is_change || is_sound(&text) => (None, marks.is_change),
        None => (last_speaker.filter(|_| !names.is_empty()), false),
    };
    SpokenLine { speaker, is_change, text, marks_len }
}
