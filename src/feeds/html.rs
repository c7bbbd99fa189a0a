//! Plain text as HTML that is also XHTML.

use super::feed::{Entry, Note};
use crate::text::is_markup;

/// The whole content of an entry.
pub fn content(entry: &Entry) -> String {
    let mut html = String::with_capacity(1_024);
    notes(entry.warning.as_slice(), &mut html);
    let text = entry.description.as_ref().or(entry.summary.as_ref());
    for text in text.into_iter().flat_map(|text| text.split("\n\n")).filter(|text| !text.trim().is_empty()) {
        paragraph(text.trim(), &mut html);
    }
    notes(&entry.notes, &mut html);
    html
}

/// Notes, each a paragraph.
pub fn notes(notes: &[Note], html: &mut String) {
    for note in notes {
        paragraph(&note.text(), html);
    }
}

fn paragraph(text: &str, html: &mut String) {
    html.push_str("<p>");
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            html.push_str("<br/>");
        }
        escape(line, html);
    }
    html.push_str("</p>");
}

/// Plain text as HTML.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(text, &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            _ if is_markup(c) => html.push(c),
            _ => {}
        }
    }
}
