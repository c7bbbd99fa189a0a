//! Selection of the parts of a long text that are shown as snippets.

use std::ops::Range;

use super::marks::{Mark, TermGroups, render_html, union_groups};
use crate::text::fold::is_part_of_letter;

/// Fewer omitted characters than this are not replaced by an ellipsis but shown.
const MIN_OMITTED_CHARS: usize = 20;

/// Collapses whitespace to a single character: a line break if it contains one, since a sentence
/// may start there, else a space.
pub(super) fn normalize_whitespace(text: &str) -> String {
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

/// A text with collapsed whitespace from which windows are selected. Positions are in characters.
pub(super) struct Layout<'t> {
    text: &'t str,
    marks: &'t [Mark],
    snippet_len: usize,
    /// Byte offset of each character, and of the end.
    byte_offsets: Vec<usize>,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, marks: &'t [Mark], snippet_len: usize) -> Self {
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, marks, snippet_len, byte_offsets: bytes }
    }

    pub(super) fn snippets(&self, max: usize) -> Vec<String> {
        if self.char_count() <= self.snippet_len.saturating_add(MIN_OMITTED_CHARS * 2) {
            return vec![self.render(0..self.char_count())];
        }
        self.windows(max).into_iter().map(|window| self.render(window)).collect()
    }

    fn render(&self, window: Range<usize>) -> String {
        let text = render_html(
            self.text,
            self.byte_offset(window.start)..self.byte_offset(window.end),
            self.marks,
        )
        .replace('\n', " ");
        let (before, after) = (
            if window.start > 0 { "…" } else { "" },
            if window.end < self.char_count() { "…" } else { "" },
        );
        [before, &text, after].concat()
    }

    /// Selects windows: each time the one with most groups not shown yet, then with most marks,
    /// then the first.
    pub(super) fn windows(&self, max: usize) -> Vec<Range<usize>> {
        let mut windows = Vec::new();
        let mut shown_groups = 0;
        let mut remaining: Vec<Mark> = self
            .marks
            .iter()
            .map(|mark| Mark { range: self.char_range(mark), groups: mark.groups })
            .collect();
        for _ in 0..max.max(1) {
            let Some(best) = self.best_mark_range(&remaining, shown_groups) else { break };
            let window = self.window_around(best);
            remaining.retain(|mark| {
                let is_in = window.start <= mark.range.start && mark.range.end <= window.end;
                shown_groups |= if is_in { mark.groups } else { 0 };
                !is_in
            });
            windows.push(window);
        }
        merge_windows(windows)
    }

    /// The range of the marks that are best shown together.
    fn best_mark_range(&self, marks: &[Mark], shown_groups: TermGroups) -> Option<Range<usize>> {
        let mut best: Option<((u32, usize), Range<usize>)> = None;
        for (at, first) in marks.iter().enumerate() {
            let fits =
                |mark: &&Mark| mark.range.end.saturating_sub(first.range.start) <= self.snippet_len;
            let fitting = marks.get(at..).unwrap_or_default();
            let fitting =
                fitting.get(..fitting.iter().take_while(fits).count().max(1)).unwrap_or_default();
            let score = ((union_groups(fitting) & !shown_groups).count_ones(), fitting.len());
            if best.as_ref().is_none_or(|(best_score, _)| score > *best_score) {
                best = fitting.last().map(|last| (score, first.range.start..last.range.end));
            }
        }
        best.map(|(_, range)| range)
    }

    /// A window around marks: from the start of a sentence if one is near, else with a third of the
    /// remaining length before them.
    fn window_around(&self, marks: Range<usize>) -> Range<usize> {
        let remaining_len = self.snippet_len.saturating_sub(marks.len());
        let before = |remaining_len: usize| marks.start.saturating_sub(remaining_len)..=marks.start;
        let sentence = before(remaining_len.saturating_mul(2) / 3)
            .rev()
            .find(|at| self.is_sentence_start(*at));
        let start = sentence
            .or_else(|| before(remaining_len / 3).find(|at| self.is_word_start(*at)))
            .unwrap_or(marks.start);
        let full = start.saturating_add(self.snippet_len).max(marks.end);
        let (start, end) = if full.saturating_add(MIN_OMITTED_CHARS) < self.char_count() {
            (
                start,
                (marks.end..=full)
                    .rev()
                    .find(|at| self.is_word_start(at.saturating_add(1)))
                    .unwrap_or(marks.end),
            )
        } else {
            (self.final_window_start(start, sentence.is_some()), self.char_count())
        };
        (if start <= MIN_OMITTED_CHARS { 0 } else { start })..end
    }

    /// The start of a window that reaches the end of the text before it has its full length, which
    /// leaves room for more text before the marks.
    fn final_window_start(&self, start: usize, is_sentence: bool) -> usize {
        let mut positions = self.char_count().saturating_sub(self.snippet_len)..=start;
        let sentence = positions.clone().find(|at| self.is_sentence_start(*at));
        sentence
            .or_else(|| positions.find(|at| !is_sentence && self.is_word_start(*at)))
            .unwrap_or(start)
    }

    /// Whether the text can be cut before a character: after whitespace, and not inside a mark.
    fn is_word_start(&self, position: usize) -> bool {
        let (before, after) = self.split_at_char(position);
        let at = self.byte_offset(position);
        let is_break = before.ends_with([' ', '\n']) && !after.starts_with(is_part_of_letter);
        let is_inside_mark = |at: usize| {
            self.marks
                .get(self.marks.partition_point(|mark| mark.range.end <= at))
                .is_some_and(|mark| mark.range.start < at)
        };
        position == 0 || (is_break && !is_inside_mark(at))
    }

    /// Whether a sentence seems to start at a character: after a full stop or on a new line, and
    /// not with a lower-case letter.
    fn is_sentence_start(&self, position: usize) -> bool {
        let (before, after) = self.split_at_char(position);
        let is_end = |c: char| matches!(c, '.' | '!' | '?' | '…');
        let follows_sentence_end = || {
            before
                .trim_end()
                .trim_end_matches(|c: char| !is_end(c) && !c.is_alphanumeric())
                .ends_with(is_end)
        };
        position == 0
            || (self.is_word_start(position)
                && (before.ends_with('\n') || follows_sentence_end())
                && !after.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase))
    }

    fn split_at_char(&self, position: usize) -> (&str, &str) {
        self.text.split_at_checked(self.byte_offset(position)).unwrap_or((self.text, ""))
    }

    fn char_range(&self, mark: &Mark) -> Range<usize> {
        let position = |byte: usize| self.byte_offsets.partition_point(|at| *at < byte);
        position(mark.range.start)..position(mark.range.end)
    }

    pub(super) fn byte_offset(&self, position: usize) -> usize {
        self.byte_offsets.get(position).copied().unwrap_or(self.text.len())
    }

    fn char_count(&self) -> usize {
        self.byte_offsets.len().saturating_sub(1)
    }
}

/// Sorts windows and merges those that overlap or omit next to nothing between them.
fn merge_windows(mut windows: Vec<Range<usize>>) -> Vec<Range<usize>> {
    windows.sort_unstable_by_key(|window| window.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.start <= last.end.saturating_add(MIN_OMITTED_CHARS) => {
                last.end = last.end.max(window.end);
            }
            _ => merged.push(window),
        }
    }
    merged
}
