//! The lines of a cue as players display them.

use std::sync::Arc;

use crate::captions::track::Cue;
use crate::captions::webvtt_cue_text::{Utterance, utterances};

/// A line of a cue as it is displayed: plain text, and the voice that it is marked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DisplayedLine {
    pub voice: Option<Arc<str>>,
    pub text: String,
}

/// The lines of a cue.
pub(super) fn displayed_lines(cue: &Cue) -> Vec<DisplayedLine> {
    let lines = |Utterance { speaker, lines }: Utterance| {
        let speaker: Option<Arc<str>> = speaker.map(Arc::from);
        lines.into_iter().map(move |text| DisplayedLine { voice: speaker.clone(), text })
    };
    utterances(&cue.payload).into_iter().flat_map(lines).collect()
}
