//! The state that the parsers of all elements share, with line numbers, errors and counts of
//! unsupported elements, and the parsing of texts and dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::elements::{Element, XML_NAMESPACE, element_text, iati_elements};
use crate::iati::activity::{Activity, Narratives};
use crate::text::language::{Language, LanguageError};

/// A parsed file.
#[derive(Debug, Default)]
pub struct ParsedFile {
    /// Activities.
    pub activities: Vec<Activity>,
    /// Counts of unsupported elements by name.
    pub skipped: BTreeMap<String, usize>,
    /// Errors: line and message.
    pub errors: Vec<(usize, String)>,
}

/// The state of the parser of a file.
pub(super) struct ActivityParser {
    pub(super) file: ParsedFile,
    /// Default language of texts.
    pub(super) language: String,
    /// Offsets of line ends.
    pub(super) line_ends: Vec<usize>,
}

impl ActivityParser {
    /// Line number of an element.
    pub(super) fn line(&self, node: Element<'_, '_>) -> usize {
        let start = node.range().start;
        self.line_ends.partition_point(|end| *end < start).saturating_add(1)
    }

    pub(super) fn add_error(&mut self, node: Element<'_, '_>, message: impl Into<String>) {
        let line = self.line(node);
        self.file.errors.push((line, message.into()));
    }

    /// Counts an unsupported element.
    pub(super) fn count_skipped(&mut self, node: Element<'_, '_>, within: &str) {
        let count =
            self.file.skipped.entry(format!("{within}{}", node.tag_name().name())).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn date(&mut self, node: Element<'_, '_>) -> Option<NaiveDate> {
        let text = node.attribute("iso-date").unwrap_or_default();
        // XML Schema dates may have a time zone.
        let day = text.trim().get(..10).and_then(|day| day.parse().ok());
        if day.is_none() {
            self.add_error(
                node,
                format!(
                    "`{}` is not a date such as 2024-03-01",
                    crate::text::truncate_for_message(text)
                ),
            );
        }
        day
    }

    /// Texts by language; the first one of each language.
    pub(super) fn narratives(&mut self, node: Element<'_, '_>) -> Narratives {
        let mut narratives = Narratives::new();
        for child in iati_elements(node) {
            if child.tag_name().name() != "narrative" {
                self.count_skipped(child, "");
                continue;
            }
            let text = element_text(child);
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let stated =
                child.attribute((XML_NAMESPACE, "lang")).unwrap_or(&self.language).to_owned();
            match parse_narrative_language(&stated, text) {
                Ok(language) if narratives.iter().any(|(known, _)| *known == language) => {
                    self.count_skipped(child, "");
                }
                Ok(language) => narratives.push((language, text.to_owned())),
                Err(error) => self.add_error(
                    child,
                    format!(
                        "`{}` is not a valid language tag: {error}",
                        crate::text::truncate_for_message(&stated)
                    ),
                ),
            }
        }
        narratives
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
