//! Insertions into the text of a file, and the positions that the schema allows.

use std::ops::Range;

use super::own_file::{Element, iati_children, is_xml_space};

/// Elements of an activity in the order of the schema.
const ACTIVITY_ELEMENTS: &[&str] = &[
    "iati-identifier",
    "reporting-org",
    "title",
    "description",
    "participating-org",
    "other-identifier",
    "activity-status",
    "activity-date",
    "contact-info",
    "activity-scope",
    "recipient-country",
    "recipient-region",
    "location",
    "sector",
    "tag",
    "country-budget-items",
    "humanitarian-scope",
    "policy-marker",
    "collaboration-type",
    "default-flow-type",
    "default-finance-type",
    "default-aid-type",
    "default-tied-status",
    "budget",
    "planned-disbursement",
    "capital-spend",
    "transaction",
    "document-link",
    "related-activity",
    "legacy-data",
    "conditions",
    "result",
    "crs-add",
    "fss",
];

/// Replacements of parts of a text.
#[derive(Debug, Default)]
pub(super) struct Insertions {
    edits: Vec<(Range<usize>, String)>,
}

impl Insertions {
    /// Inserts elements into an activity, after the last element that the schema puts before them.
    pub(super) fn add_to_activity(
        &mut self,
        text: &str,
        activity: Element<'_, '_>,
        name: &'static str,
        elements: &[String],
    ) {
        let place = |name: &str| ACTIVITY_ELEMENTS.iter().position(|known| *known == name);
        let limit = place(name);
        let anchor = iati_children(activity)
            .filter(|child| place(child.tag_name().name()).is_some_and(|at| Some(at) <= limit))
            .last();
        if let Some(anchor) = anchor {
            self.add_after(text, anchor, elements);
        }
    }

    /// Inserts elements after another one, with the same white space before each.
    pub(super) fn add_after(&mut self, text: &str, anchor: Element<'_, '_>, elements: &[String]) {
        let Range { start, end } = anchor.range();
        let before = text.get(..start).unwrap_or_default();
        let space = before.get(before.trim_end_matches(is_xml_space).len()..).unwrap_or_default();
        let inserted: String =
            elements.iter().flat_map(|element| [space, element.as_str()]).collect();
        self.push(end..end, inserted);
    }

    /// Inserts elements into one that has none of IATI, at its beginning.
    pub(super) fn add_into(&mut self, text: &str, parent: Element<'_, '_>, elements: &[String]) {
        // An empty element stays as it is written.
        if elements.is_empty() {
            return;
        }
        let range = parent.range();
        let source = text.get(range.clone()).unwrap_or_default();
        let inserted = elements.concat();
        if let Some(child) = parent.first_child() {
            let start = child.range().start;
            self.push(start..start, inserted);
        } else if source.ends_with("/>") {
            let name = parent.tag_name().name();
            let end = range.end;
            self.push(end.saturating_sub(2)..end, format!(">{inserted}</{name}>"));
        } else if let Some(end_tag) = source.rfind("</") {
            let at = range.start.saturating_add(end_tag);
            self.push(at..at, inserted);
        }
    }

    fn push(&mut self, range: Range<usize>, inserted: String) {
        if !inserted.is_empty() {
            self.edits.push((range, inserted));
        }
    }

    /// The text with the insertions; in US-ASCII, other characters are inserted as references.
    pub(super) fn apply(mut self, text: &str, is_ascii: bool) -> String {
        if is_ascii {
            for (_, inserted) in &mut self.edits {
                *inserted = with_references(inserted);
            }
        }
        // Insertions at one position keep their order.
        self.edits.sort_by_key(|(range, _)| range.start);
        let added: usize = self.edits.iter().map(|(_, inserted)| inserted.len()).sum();
        let mut result = String::with_capacity(text.len().saturating_add(added));
        let mut kept_until = 0;
        for (range, inserted) in &self.edits {
            result.push_str(text.get(kept_until..range.start).unwrap_or_default());
            result.push_str(inserted);
            kept_until = range.end;
        }
        result.push_str(text.get(kept_until..).unwrap_or_default());
        result
    }
}

/// A text in which characters outside of US-ASCII are references. They occur only in texts and
/// values of attributes, where references are allowed.
fn with_references(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            result.push(character);
        } else {
            result.push_str("&#");
            result.push_str(&u32::from(character).to_string());
            result.push(';');
        }
    }
    result
}
