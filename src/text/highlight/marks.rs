//! Marked ranges of a text, and their rendering as HTML.

use std::ops::Range;

/// Groups of a query as a bit set: the lowest bit is the first group.
pub type TermGroups = u64;

/// A marked range of a text, and the groups that it matches.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) range: Range<usize>,
    pub(super) groups: TermGroups,
}

/// Sorts marks and merges overlapping ones.
pub(super) fn merge_marks(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_unstable_by_key(|mark| mark.range.start);
    let mut merged: Vec<Mark> = Vec::with_capacity(marks.len());
    for mark in marks {
        match merged.last_mut() {
            Some(last) if mark.range.start < last.range.end => {
                last.range.end = last.range.end.max(mark.range.end);
                last.groups |= mark.groups;
            }
            _ => merged.push(mark),
        }
    }
    merged
}

pub(super) fn union_groups<'m>(marks: impl IntoIterator<Item = &'m Mark>) -> TermGroups {
    marks.into_iter().fold(0, |groups, mark| groups | mark.groups)
}

/// A part of a text as HTML, with the given ranges of the whole text marked, clipped to the part.
#[must_use]
pub fn highlight_spans<'r>(
    text: &str,
    part: Range<usize>,
    spans: impl IntoIterator<Item = &'r Range<usize>>,
) -> String {
    let within = spans
        .into_iter()
        .map(|span| span.start.max(part.start)..span.end.min(part.end))
        .filter(|span| !span.is_empty());
    let marks: Vec<Mark> = within.map(|range| Mark { range, groups: 0 }).collect();
    render_html(text, part, &marks)
}

/// A part of a text as HTML. No mark crosses its bounds.
pub(super) fn render_html(text: &str, part: Range<usize>, marks: &[Mark]) -> String {
    let mut html = String::with_capacity(part.len().saturating_add(64));
    let mut from = part.start;
    for mark in
        marks.iter().filter(|mark| mark.range.start >= part.start && mark.range.end <= part.end)
    {
        escape_html(text.get(from..mark.range.start).unwrap_or_default(), &mut html);
        html.push_str("<mark>");
        escape_html(text.get(mark.range.clone()).unwrap_or_default(), &mut html);
        html.push_str("</mark>");
        from = mark.range.end;
    }
    escape_html(text.get(from..part.end).unwrap_or_default(), &mut html);
    html
}

fn escape_html(text: &str, html: &mut String) {
    for chunk in text.split_inclusive(['&', '<', '>', '"', '\'']) {
        let (plain, escaped) = match chunk.char_indices().next_back() {
            Some((at, '&')) => (chunk.get(..at), "&amp;"),
            Some((at, '<')) => (chunk.get(..at), "&lt;"),
            Some((at, '>')) => (chunk.get(..at), "&gt;"),
            Some((at, '"')) => (chunk.get(..at), "&quot;"),
            Some((at, '\'')) => (chunk.get(..at), "&#39;"),
            _ => (Some(chunk), ""),
        };
        html.push_str(plain.unwrap_or_default());
        html.push_str(escaped);
    }
}
