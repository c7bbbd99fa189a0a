//! The state that the parsers of all elements share, with line numbers, faults and counts of what
//! is not imported, and the parsing of texts and dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::elements::{
    Element, XML_NAMESPACE, XML_SCHEMA_INSTANCE, element_text, is_misplaced, qualified_name,
};
use crate::http::json_fields::limits;
use crate::iati::activity::{Activity, KINOTEKA_NAMESPACE, Narratives};
use crate::text::language::{Language, LanguageError};
use crate::text::truncate_for_message;

/// A part of a file that is invalid and cannot be imported.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Fault {
    /// Line number, from 1.
    pub line: usize,
    /// The part: the path of an element within an activity, such as `result/indicator`.
    pub element: String,
    /// What is wrong.
    pub message: String,
}

/// A parsed file.
#[derive(Debug, Default)]
pub struct ParsedFile {
    /// Activities, without their invalid parts.
    pub activities: Vec<Activity>,
    /// Counts of elements and attributes that the catalogue does not store, by path.
    pub skipped: BTreeMap<String, usize>,
    /// Invalid parts.
    pub faults: Vec<Fault>,
}

impl ParsedFile {
    /// Counts data that is not imported.
    pub fn count_skipped(&mut self, name: &str, count: usize) {
        if count == 0 {
            return;
        }
        match self.skipped.get_mut(name) {
            Some(known) => *known = known.saturating_add(count),
            None => drop(self.skipped.insert(name.to_owned(), count)),
        }
    }
}

/// The state of the parser of a file.
pub(super) struct ActivityParser {
    pub(super) file: ParsedFile,
    /// Language of texts that state none.
    pub(super) language: String,
    /// Offsets of line ends.
    pub(super) line_ends: Vec<usize>,
    /// Path of the element that is parsed, within its activity, with a slash at the end.
    pub(super) path: String,
}

impl ActivityParser {
    /// Line number of an element.
    pub(super) fn line(&self, node: Element<'_, '_>) -> usize {
        let start = node.range().start;
        self.line_ends.partition_point(|end| *end < start).saturating_add(1)
    }

    /// Parses an element. Its attributes that are not in `taken` are counted.
    pub(super) fn enter<T>(
        &mut self,
        node: Element<'_, '_>,
        taken: &[&str],
        parse: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.path.len();
        self.path.push_str(node.tag_name().name());
        self.path.push('/');
        self.count_attributes(node, taken);
        let parsed = parse(self);
        self.path.truncate(outer);
        parsed
    }

    /// Counts the attributes of an element that are not in `taken`.
    pub(super) fn count_attributes(&mut self, node: Element<'_, '_>, taken: &[&str]) {
        for attribute in node.attributes().filter(|attribute| !attribute.value().trim().is_empty())
        {
            let name = attribute.name();
            match attribute.namespace() {
                None if taken.contains(&name) => {}
                None => self.count_here(&format!("@{name}")),
                Some(KINOTEKA_NAMESPACE | XML_NAMESPACE | XML_SCHEMA_INSTANCE) => {}
                Some(namespace) => {
                    let prefix = node.lookup_prefix(namespace).unwrap_or_default();
                    self.count_here(&format!("@{prefix}:{name}"));
                }
            }
        }
    }

    /// Child elements of IATI. Extensions of others are counted.
    pub(super) fn children<'a, 'i>(&mut self, node: Element<'a, 'i>) -> Vec<Element<'a, 'i>> {
        let mut children = Vec::new();
        for child in node.children().filter(Element::is_element) {
            match child.tag_name().namespace() {
                None => children.push(child),
                Some(KINOTEKA_NAMESPACE) => {}
                Some(namespace) if is_misplaced(child) => {
                    let name = child.tag_name().name();
                    let message = misplaced_message(name, namespace);
                    self.add_fault_in(child, name, message);
                }
                Some(_) => self.count_here(qualified_name(child)),
            }
        }
        children
    }

    /// Counts all child elements.
    pub(super) fn count_children(&mut self, node: Element<'_, '_>) {
        for child in self.children(node) {
            self.count_skipped(child);
        }
    }

    /// Adds a fault of the element that is parsed.
    pub(super) fn add_fault(&mut self, node: Element<'_, '_>, message: impl Into<String>) {
        self.add_fault_in(node, "", message.into());
    }

    /// Adds a fault of a child or an attribute of the element that is parsed.
    pub(super) fn add_fault_in(&mut self, node: Element<'_, '_>, child: &str, message: String) {
        let line = self.line(node);
        let element = format!("{}{child}", self.path);
        let element = element.trim_end_matches('/');
        let element = if element.is_empty() { "iati-activity" } else { element }.to_owned();
        self.file.faults.push(Fault { line, element, message });
    }

    /// Counts an element that is not imported.
    pub(super) fn count_skipped(&mut self, node: Element<'_, '_>) {
        self.count_here(node.tag_name().name());
    }

    /// Counts a part of the element that is parsed.
    pub(super) fn count_here(&mut self, part: &str) {
        let name = format!("{}{part}", self.path);
        self.file.count_skipped(&name, 1);
    }

    /// Counts the element that is parsed.
    pub(super) fn count_this(&mut self, reason: &str) {
        let name = format!("{}{reason}", self.path.trim_end_matches('/'));
        self.file.count_skipped(&name, 1);
    }

    /// An attribute without surrounding white space and control characters; empty if it is absent.
    pub(super) fn attribute(&mut self, node: Element<'_, '_>, name: &str) -> String {
        self.clean(node.attribute(name).unwrap_or_default())
    }

    /// An identifier; empty if it is too long, which is a fault of `part` of the element.
    pub(super) fn identifier(&mut self, node: Element<'_, '_>, part: &str, text: &str) -> String {
        let identifier = self.clean(text);
        let length = identifier.chars().count();
        if length <= limits::SHORT_TEXT {
            return identifier;
        }
        let message = format!(
            "an identifier has at most {} characters; this one has {length}",
            limits::SHORT_TEXT
        );
        self.add_fault_in(node, part, message);
        String::new()
    }

    /// A text without surrounding white space and control characters.
    pub(super) fn clean(&mut self, text: &str) -> String {
        let text = text.trim();
        let is_invalid = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        let invalid = text.chars().filter(|c| is_invalid(*c)).count();
        if invalid == 0 {
            return text.to_owned();
        }
        self.file.count_skipped("control characters", invalid);
        let text: String = text.chars().filter(|c| !is_invalid(*c)).collect();
        text.trim().to_owned()
    }

    pub(super) fn date(&mut self, node: Element<'_, '_>) -> Option<NaiveDate> {
        let text = node.attribute("iso-date").unwrap_or_default();
        // XML Schema dates may have a time zone.
        let day = text.trim().get(..10).and_then(|day| day.parse().ok());
        if day.is_none() {
            self.add_fault(
                node,
                match text.trim() {
                    "" => "the date is missing (attribute `iso-date`)".to_owned(),
                    text => {
                        format!("`{}` is not a date such as 2024-03-01", truncate_for_message(text))
                    }
                },
            );
        }
        day
    }

    /// Texts by language; the first one of each language.
    pub(super) fn narratives(&mut self, node: Element<'_, '_>) -> Narratives {
        let mut narratives = Narratives::new();
        for child in self.children(node) {
            if child.tag_name().name() != "narrative" {
                self.count_skipped(child);
                continue;
            }
            let text = self.enter(child, &[], |parser| {
                parser.count_children(child);
                parser.clean(&element_text(child))
            });
            if text.is_empty() {
                continue;
            }
            let stated = self.stated_language(child);
            match parse_narrative_language(&stated, &text) {
                Ok(language) if narratives.iter().any(|(known, _)| *known == language) => {
                    self.count_skipped(child);
                }
                Ok(language) => narratives.push((language, text)),
                Err(error) => {
                    let stated = truncate_for_message(&stated);
                    let message = format!("`{stated}` is not a valid language tag: {error}");
                    self.add_fault_in(child, "narrative", message);
                }
            }
        }
        narratives
    }

    /// The language of an element: its own, or that of the nearest element around it.
    fn stated_language(&self, node: Element<'_, '_>) -> String {
        let stated = node
            .ancestors()
            .filter_map(|outer| outer.attribute((XML_NAMESPACE, "lang")))
            .find(|language| !language.trim().is_empty());
        stated.unwrap_or(&self.language).trim().to_owned()
    }
}

/// Message about an element of IATI in another namespace.
pub fn misplaced_message(name: &str, namespace: &str) -> String {
    format!(
        "`{name}` is in the namespace `{}`, but IATI has none; remove the attribute `xmlns`",
        truncate_for_message(namespace)
    )
}

/// Message about an attribute that is not one of the expected codes.
pub(super) fn invalid_code_message(code: &str, expected: &str) -> String {
    match code {
        "" => format!("{expected} is missing"),
        code => format!("`{}` is not {expected}", truncate_for_message(code)),
    }
}

/// Language tag of a text. IATI codes have no scripts; the script of Serbian is detected from the
/// text.
pub(super) fn parse_narrative_language(stated: &str, text: &str) -> Result<String, LanguageError> {
    let language = Language::parse(stated.trim())?;
    match language.check_storable() {
        Ok(()) => Ok(language.as_str().to_owned()),
        Err(LanguageError::ScriptRequired) => {
            let is_cyrillic = text.chars().any(|c| ('\u{400}'..='\u{4ff}').contains(&c));
            Ok(if is_cyrillic { "sr-Cyrl" } else { "sr-Latn" }.to_owned())
        }
        Err(error) => Err(error),
    }
}
