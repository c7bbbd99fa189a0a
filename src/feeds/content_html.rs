//! Converts plain text to HTML that is also valid XHTML.

use crate::feeds::feed::{Entry, RequiredNote};
use crate::text::escape::write_escaped;

/// The content of an entry: content note, description, notes.
pub fn entry_html(entry: &Entry) -> String {
    let mut html = String::with_capacity(1_024);
    push_notes(entry.content_note.as_slice(), &mut html);
    let text = entry.description.as_ref().or(entry.summary.as_ref());
    for text in
        text.into_iter().flat_map(|text| text.split("\n\n")).filter(|text| !text.trim().is_empty())
    {
        push_paragraph(text.trim(), &mut html);
    }
    push_notes(&entry.notes, &mut html);
    html
}

/// Appends notes, each as a paragraph.
pub fn push_notes(notes: &[RequiredNote], html: &mut String) {
    for note in notes {
        push_paragraph(&note.to_text(), html);
    }
}

fn push_paragraph(text: &str, html: &mut String) {
    html.push_str("<p>");
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            html.push_str("<br/>");
        }
        push_escaped(line, html);
    }
    html.push_str("</p>");
}

/// Escapes plain text as HTML.
pub fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(text, &mut html);
    html
}

fn push_escaped(text: &str, html: &mut String) {
    write_escaped(text, html, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    });
}
