//! Which parts of a long text are shown, so that what is found in it is seen.

use std::ops::Range;

use super::{Groups, Mark, all_groups, html};
use crate::text::fold::is_part_of_letter;

/// So few characters are not worth an ellipsis: they are shown.
const REMAINDER: usize = 20;

/// A text with one character between its words: a line break where there was one, as a sentence may
/// begin there, else a space.
pub(super) fn collapsed(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut space = None;
    for c in text.trim().chars() {
        if c.is_whitespace() {
            space = if c == '\n' { Some('\n') } else { space.or(Some(' ')) };
        } else {
            collapsed.extend(space.take());
            collapsed.push(c);
        }
    }
    collapsed
}

/// A collapsed text on which windows are laid. Places are counted in characters.
pub(super) struct Layout<'t> {
    text: &'t str,
    marks: &'t [Mark],
    length: usize,
    /// Where each character begins, and where the last ends.
    bytes: Vec<usize>,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, marks: &'t [Mark], length: usize) -> Self {
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, marks, length, bytes }
    }

    pub(super) fn snippets(&self, most: usize) -> Vec<String> {
        if self.end() <= self.length.saturating_add(REMAINDER * 2) {
            return vec![self.show(0..self.end())];
        }
        self.windows(most).into_iter().map(|window| self.show(window)).collect()
    }

    fn show(&self, window: Range<usize>) -> String {
        let text = html(self.text, self.byte(window.start)..self.byte(window.end), self.marks)
            .replace('\n', " ");
        let (before, after) = (
            if window.start > 0 { "…" } else { "" },
            if window.end < self.end() { "…" } else { "" },
        );
        [before, &text, after].concat()
    }

    /// What is shown: each time the window with most groups that are not shown yet, then with most
    /// marks, then the first.
    pub(super) fn windows(&self, most: usize) -> Vec<Range<usize>> {
        let mut windows = Vec::new();
        let mut shown = 0;
        let mut left: Vec<Mark> = self
            .marks
            .iter()
            .map(|mark| Mark { range: self.place(mark), groups: mark.groups })
            .collect();
        for _ in 0..most.max(1) {
            let Some(best) = self.best(&left, shown) else { break };
            let window = self.around(best);
            left.retain(|mark| {
                let is_in = window.start <= mark.range.start && mark.range.end <= window.end;
                shown |= if is_in { mark.groups } else { 0 };
                !is_in
            });
            windows.push(window);
        }
        merged(windows)
    }

    /// From the first to the last of the marks that are best shown together.
    fn best(&self, marks: &[Mark], shown: Groups) -> Option<Range<usize>> {
        let mut best: Option<((u32, usize), Range<usize>)> = None;
        for (at, first) in marks.iter().enumerate() {
            let fits =
                |mark: &&Mark| mark.range.end.saturating_sub(first.range.start) <= self.length;
            let together = marks.get(at..).unwrap_or_default();
            let together =
                together.get(..together.iter().take_while(fits).count().max(1)).unwrap_or_default();
            let worth = ((all_groups(together) & !shown).count_ones(), together.len());
            if best.as_ref().is_none_or(|(most, _)| worth > *most) {
                best = together.last().map(|last| (worth, first.range.start..last.range.end));
            }
        }
        best.map(|(_, range)| range)
    }

    /// A window around some marks: from the beginning of a sentence if one is near, else with a
    /// third of the room before them.
    fn around(&self, marks: Range<usize>) -> Range<usize> {
        let room = self.length.saturating_sub(marks.len());
        let before = |room: usize| marks.start.saturating_sub(room)..=marks.start;
        let sentence =
            before(room.saturating_mul(2) / 3).rev().find(|at| self.begins_sentence(*at));
        let start = sentence
            .or_else(|| before(room / 3).find(|at| self.begins_word(*at)))
            .unwrap_or(marks.start);
        let full = start.saturating_add(self.length).max(marks.end);
        let (start, end) = if full.saturating_add(REMAINDER) < self.end() {
            (
                start,
                (marks.end..=full)
                    .rev()
                    .find(|at| self.begins_word(at.saturating_add(1)))
                    .unwrap_or(marks.end),
            )
        } else {
            (self.earlier(start, sentence.is_some()), self.end())
        };
        (if start <= REMAINDER { 0 } else { start })..end
    }

    /// Where a window begins that reaches the end of the text before it is full, so that there is
    /// room for more before the marks.
    fn earlier(&self, start: usize, is_sentence: bool) -> usize {
        let mut places = self.end().saturating_sub(self.length)..=start;
        let sentence = places.clone().find(|at| self.begins_sentence(*at));
        sentence
            .or_else(|| places.find(|at| !is_sentence && self.begins_word(*at)))
            .unwrap_or(start)
    }

    /// Whether a text may be cut before a character: a space is there, and no mark that goes on.
    fn begins_word(&self, place: usize) -> bool {
        let (before, after) = self.around_place(place);
        let at = self.byte(place);
        let is_break = before.ends_with([' ', '\n']) && !after.starts_with(is_part_of_letter);
        let marked = |at: usize| {
            self.marks
                .get(self.marks.partition_point(|mark| mark.range.end <= at))
                .is_some_and(|mark| mark.range.start < at)
        };
        place == 0 || (is_break && !marked(at))
    }

    /// Whether a sentence seems to begin at a character: after a full stop or on a new line, and
    /// not with a small letter.
    fn begins_sentence(&self, place: usize) -> bool {
        let (before, after) = self.around_place(place);
        let is_end = |c: char| matches!(c, '.' | '!' | '?' | '…');
        let ended = || {
            before
                .trim_end()
                .trim_end_matches(|c: char| !is_end(c) && !c.is_alphanumeric())
                .ends_with(is_end)
        };
        place == 0
            || (self.begins_word(place)
                && (before.ends_with('\n') || ended())
                && !after.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase))
    }

    fn around_place(&self, place: usize) -> (&str, &str) {
        self.text.split_at_checked(self.byte(place)).unwrap_or((self.text, ""))
    }

    fn place(&self, mark: &Mark) -> Range<usize> {
        let place = |byte: usize| self.bytes.partition_point(|at| *at < byte);
        place(mark.range.start)..place(mark.range.end)
    }

    pub(super) fn byte(&self, place: usize) -> usize {
        self.bytes.get(place).copied().unwrap_or(self.text.len())
    }

    fn end(&self) -> usize {
        self.bytes.len().saturating_sub(1)
    }
}

/// Windows in order, those as one that overlap or that leave out next to nothing between them.
fn merged(mut windows: Vec<Range<usize>>) -> Vec<Range<usize>> {
    windows.sort_unstable_by_key(|window| window.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.start <= last.end.saturating_add(REMAINDER) => {
                last.end = last.end.max(window.end)
            }
            _ => merged.push(window),
        }
    }
    merged
}
