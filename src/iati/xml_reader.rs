//! Parser of IATI 2.0x files. Elements that the catalogue does not support are counted.
//!
//! Files are untrusted: size is limited, document types (and therefore entities) are rejected, and
//! errors carry line numbers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use roxmltree::{Document as XmlDocument, Error as XmlError, Node, ParsingOptions};

use crate::iati::activity::{
    Activity, ActivityDate, Baseline, Document, IatiResult, Indicator, IndicatorReference,
    KINOTEKA_NAMESPACE, Location, Narratives, Participant, Period, PeriodValue, Sector,
};
use crate::iati::codes;
use crate::text::language::{Language, LanguageError};

/// Maximum file size in bytes. IATI's own tools accept 40 MB.
pub const MAX_FILE_BYTES: usize = 64 * 1_024 * 1_024;
/// Maximum number of nodes in a file.
const MAX_XML_NODES: u32 = 4_000_000;
/// Supported versions; each is a superset of the previous one.
const SUPPORTED_VERSIONS: &[&str] = &["2.01", "2.02", "2.03"];

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

/// Parses a file. Texts without a language are in `language`.
pub fn parse(bytes: &[u8], language: &str) -> Result<ParsedFile, String> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(format!(
            "the file has more than {} MB; split it by activities",
            MAX_FILE_BYTES.div_euclid(1_048_576)
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes
            .iter()
            .take(error.valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1);
        format!("line {line}: not UTF-8; save the file in that encoding")
    })?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_XML_NODES,
        ..ParsingOptions::default()
    };
    let tree = XmlDocument::parse_with_options(text, options)
        .map_err(|fault| describe_xml_error(&fault))?;
    let root = tree.root_element();
    let line = tree.text_pos_at(root.range().start).row;
    match (root.tag_name().name(), root.attribute("version")) {
        ("iati-activities", Some(version)) if SUPPORTED_VERSIONS.contains(&version) => {}
        ("iati-activities", Some(version)) => {
            return Err(format!(
                "line {line}: IATI {version} is not supported, only {}; convert the file first",
                SUPPORTED_VERSIONS.join(", ")
            ));
        }
        ("iati-activities", None) => {
            return Err(format!("line {line}: the IATI version is missing (attribute `version`)"));
        }
        ("iati-organisations", _) => {
            return Err(format!(
                "line {line}: this is an organisation file; an activity file is expected"
            ));
        }
        (other, _) => {
            return Err(format!(
                "line {line}: `iati-activities` is expected, not `{}`",
                crate::text::truncate_for_message(other)
            ));
        }
    }
    let lines =
        text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let mut reader = ActivityParser {
        file: ParsedFile::default(),
        language: language.to_owned(),
        line_ends: lines,
    };
    for node in iati_elements(root) {
        if node.tag_name().name() == "iati-activity" {
            let activity = reader.activity(node);
            reader.file.activities.push(activity);
        } else {
            reader.count_skipped(node, "");
        }
    }
    Ok(reader.file)
}

/// Error message of a file that cannot be parsed.
fn describe_xml_error(error: &XmlError) -> String {
    let at = error.pos();
    match error {
        XmlError::DtdDetected => {
            "the file declares a document type (DOCTYPE), which is not supported".to_owned()
        }
        XmlError::NodesLimitReached => {
            format!("the file has more than {MAX_XML_NODES} nodes; split it by activities")
        }
        other => {
            let message = other.to_string();
            let message = message.split(" at ").next().unwrap_or(&message).to_owned();
            format!("line {}, column {}: not well-formed XML: {message}", at.row, at.col)
        }
    }
}

struct ActivityParser {
    file: ParsedFile,
    /// Default language of texts.
    language: String,
    /// Offsets of line ends.
    line_ends: Vec<usize>,
}

type Element<'a, 'i> = Node<'a, 'i>;

impl ActivityParser {
    /// Line number of an element.
    fn line(&self, node: Element<'_, '_>) -> usize {
        let start = node.range().start;
        self.line_ends.partition_point(|end| *end < start).saturating_add(1)
    }

    fn add_error(&mut self, node: Element<'_, '_>, message: impl Into<String>) {
        let line = self.line(node);
        self.file.errors.push((line, message.into()));
    }

    /// Counts an unsupported element.
    fn count_skipped(&mut self, node: Element<'_, '_>, within: &str) {
        let count =
            self.file.skipped.entry(format!("{within}{}", node.tag_name().name())).or_default();
        *count = count.saturating_add(1);
    }

    fn activity(&mut self, node: Element<'_, '_>) -> Activity {
        let outer = node
            .attribute((XML_NAMESPACE, "lang"))
            .map(|language| std::mem::replace(&mut self.language, language.to_owned()));
        let mut activity = Activity {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            ..Activity::default()
        };
        let mut described = false;
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "iati-identifier" => {
                    element_text(child).trim().clone_into(&mut activity.identifier);
                }
                "title" => activity.title = self.narratives(child),
                "description" if !described => {
                    activity.description = self.narratives(child);
                    described = true;
                }
                "participating-org" => {
                    let participant = self.participant(child);
                    activity.participants.extend(participant);
                }
                "activity-status" => activity.status = trimmed_attribute(child, "code"),
                "activity-date" => self.activity_date(child, &mut activity),
                "recipient-country" => {
                    let percentage = child.attribute("percentage").map(str::to_owned);
                    activity.countries.push((trimmed_attribute(child, "code"), percentage));
                }
                // Implied by the countries.
                "recipient-region" if child.attribute("code") == Some(codes::REGION_EUROPE) => {
                    activity.region = Some(codes::REGION_EUROPE.to_owned());
                }
                "location" => {
                    let location = self.location(child);
                    activity.locations.extend(location);
                }
                "sector" => activity.sectors.push(Sector {
                    vocabulary: child
                        .attribute("vocabulary")
                        .unwrap_or(codes::SECTOR_VOCABULARY_DAC)
                        .to_owned(),
                    code: trimmed_attribute(child, "code"),
                    percentage: child.attribute("percentage").map(str::to_owned),
                }),
                "result" => {
                    let result = self.result(child);
                    activity.results.push(result);
                }
                "document-link" if activity.documents.is_empty() && is_web_page(child) => {
                    let document = self.document(child);
                    activity.documents.push(document);
                }
                _ => self.count_skipped(child, ""),
            }
        }
        if activity.identifier.is_empty() {
            self.add_error(node, "an activity has no `iati-identifier`");
        }
        if let Some(outer) = outer {
            self.language = outer;
        }
        activity
    }

    fn participant(&mut self, node: Element<'_, '_>) -> Option<Participant> {
        let name = self.narratives(node);
        if name.is_empty() {
            // Without a name it cannot be imported.
            self.count_skipped(node, "");
            return None;
        }
        Some(Participant {
            line: self.line(node),
            slug: kinoteka_attribute(node, "slug"),
            reference: node
                .attribute("ref")
                .map(|reference| reference.trim().to_owned())
                .filter(|reference| !reference.is_empty()),
            kind: node.attribute("type").map(str::to_owned),
            role: trimmed_attribute(node, "role"),
            name,
        })
    }

    /// A date; actual takes precedence over planned.
    fn activity_date(&mut self, node: Element<'_, '_>, activity: &mut Activity) {
        let Some(on) = self.date(node) else { return };
        let kind = trimmed_attribute(node, "type");
        let is_actual = matches!(kind.as_str(), "2" | "4");
        let place = match kind.as_str() {
            "1" | "2" => &mut activity.start,
            "3" | "4" => &mut activity.end,
            _ => return self.count_skipped(node, ""),
        };
        let is_known = place.is_some();
        if place.is_none_or(|known| is_actual && !known.is_actual) {
            *place = Some(ActivityDate { date: on, is_actual });
        }
        if is_known {
            self.count_skipped(node, "");
        }
    }

    fn date(&mut self, node: Element<'_, '_>) -> Option<NaiveDate> {
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

    /// A country; other locations are not supported.
    fn location(&mut self, node: Element<'_, '_>) -> Option<Location> {
        let country = iati_elements(node)
            .filter(|child| {
                child.tag_name().name() == "location-id"
                    && child.attribute("vocabulary") == Some(codes::COUNTRY_VOCABULARY)
            })
            .find_map(|child| child.attribute("code"));
        let Some(country) = country else {
            self.count_skipped(node, "");
            return None;
        };
        let reference = node.attribute("ref").unwrap_or(country).to_owned();
        Some(Location { reference, country: country.to_owned(), ..Location::default() })
    }

    fn result(&mut self, node: Element<'_, '_>) -> IatiResult {
        let mut result =
            IatiResult { kind: trimmed_attribute(node, "type"), ..IatiResult::default() };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => result.title = self.narratives(child),
                "indicator" => {
                    let indicator = self.indicator(child);
                    result.indicators.push(indicator);
                }
                _ => self.count_skipped(child, "result/"),
            }
        }
        result
    }

    fn indicator(&mut self, node: Element<'_, '_>) -> Indicator {
        let flag = |name: &str| match node.attribute(name) {
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => None,
        };
        let mut indicator = Indicator {
            line: self.line(node),
            statistic: kinoteka_attribute(node, "statistic"),
            slug: kinoteka_attribute(node, "indicator"),
            unit: kinoteka_attribute(node, "unit"),
            measure: trimmed_attribute(node, "measure"),
            ascending: flag("ascending"),
            additive: flag("aggregation-status"),
            ..Indicator::default()
        };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => indicator.title = self.narratives(child),
                "description" => indicator.description = self.narratives(child),
                "reference" => indicator.references.push(IndicatorReference {
                    vocabulary: trimmed_attribute(child, "vocabulary"),
                    code: trimmed_attribute(child, "code"),
                    url: child.attribute("indicator-uri").map(str::to_owned),
                }),
                "baseline" => {
                    let baseline = self.baseline(child);
                    indicator.baselines.extend(baseline);
                }
                "period" => {
                    let period = self.period(child);
                    indicator.periods.extend(period);
                }
                _ => self.count_skipped(child, "result/indicator/"),
            }
        }
        if indicator.title.is_empty() {
            self.add_error(node, "an indicator has no title");
        }
        indicator
    }

    fn baseline(&mut self, node: Element<'_, '_>) -> Option<Baseline> {
        let text = trimmed_attribute(node, "year");
        let Ok(year) = text.trim().parse() else {
            self.add_error(
                node,
                format!("`{}` is not a year", crate::text::truncate_for_message(&text)),
            );
            return None;
        };
        let value = self.value(node, "result/indicator/baseline/");
        Some(Baseline { year, value: value.value, slice: value.slice, comment: value.comment })
    }

    fn period(&mut self, node: Element<'_, '_>) -> Option<Period> {
        let (mut start, mut end, mut targets, mut actuals) = (None, None, Vec::new(), Vec::new());
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "period-start" => start = Some(self.date(child)?),
                "period-end" => end = Some(self.date(child)?),
                "target" => {
                    let value = self.value(child, "result/indicator/period/target/");
                    targets.push(value);
                }
                "actual" => {
                    let value = self.value(child, "result/indicator/period/actual/");
                    actuals.push(value);
                }
                _ => self.count_skipped(child, "result/indicator/period/"),
            }
        }
        let (Some(start), Some(end)) = (start, end) else {
            self.add_error(node, "a period has no `period-start` or no `period-end`");
            return None;
        };
        Some(Period { start, end, targets, actuals })
    }

    fn value(&mut self, node: Element<'_, '_>, within: &str) -> PeriodValue {
        let ours =
            node.children().find(|child| child.tag_name() == (KINOTEKA_NAMESPACE, "value").into());
        let mark = |name: &str| ours.and_then(|ours| ours.attribute(name)).map(str::to_owned);
        let mut value = PeriodValue {
            line: self.line(node),
            statistic: mark("statistic"),
            qualifier: mark("qualifier"),
            source: mark("source"),
            value: node
                .attribute("value")
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty()),
            ..PeriodValue::default()
        };
        for child in ours.iter().flat_map(|ours| iati_elements(*ours)) {
            match child.tag_name().name() {
                "title" => value.title = self.narratives(child),
                "description" => value.description = self.narratives(child),
                _ => {}
            }
        }
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "location" => {
                    value.slice.locations.extend(child.attribute("ref").map(str::to_owned));
                }
                "dimension" => value
                    .slice
                    .dimensions
                    .push((trimmed_attribute(child, "name"), trimmed_attribute(child, "value"))),
                "comment" => value.comment = self.narratives(child),
                "document-link" if within.ends_with("actual/") => {
                    let document = self.document(child);
                    value.documents.push(document);
                }
                _ => self.count_skipped(child, within),
            }
        }
        value
    }

    fn document(&mut self, node: Element<'_, '_>) -> Document {
        let (url, format, video) = (
            trimmed_attribute(node, "url"),
            trimmed_attribute(node, "format"),
            kinoteka_attribute(node, "video"),
        );
        let mut document = Document { url, format, video, ..Document::default() };
        for child in iati_elements(node) {
            match child.tag_name().name() {
                "title" => document.title = self.narratives(child),
                "language" => document.languages.extend(child.attribute("code").map(str::to_owned)),
                "category" => document.category = trimmed_attribute(child, "code"),
                "description" if document.video.is_some() => {
                    document.description = self.narratives(child);
                }
                _ => self.count_skipped(child, "document-link/"),
            }
        }
        document
    }

    /// Texts by language; the first one of each language.
    fn narratives(&mut self, node: Element<'_, '_>) -> Narratives {
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

/// Namespace of `xml:lang`.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Language tag of a text. IATI codes have no scripts; the script of Serbian is detected from the
/// text.
fn parse_narrative_language(stated: &str, text: &str) -> Result<String, LanguageError> {
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

/// Text content of an element, without comments.
fn element_text(node: Element<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Whether a document link is the web page of the activity.
fn is_web_page(link: Element<'_, '_>) -> bool {
    let of_page = |child: Element<'_, '_>| {
        child.tag_name().name() == "category" && child.attribute("code") == Some("A12")
    };
    kinoteka_attribute(link, "video").is_none() && iati_elements(link).any(of_page)
}

/// Child elements that belong to IATI.
fn iati_elements<'a, 'i>(node: Element<'a, 'i>) -> impl Iterator<Item = Element<'a, 'i>> {
    node.children().filter(|child| child.is_element() && child.tag_name().namespace().is_none())
}

fn trimmed_attribute(node: Element<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().trim().to_owned()
}

fn kinoteka_attribute(node: Element<'_, '_>, name: &str) -> Option<String> {
    node.attribute((KINOTEKA_NAMESPACE, name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<iati-activities version=\"2.03\">";

    fn parse_error(text: &str) -> String {
        parse(text.as_bytes(), "en").expect_err("the file is refused")
    }

    #[test]
    fn rejects_invalid_files() {
        assert_eq!(
            parse_error(
                "<!DOCTYPE a [<!ENTITY b \"b\"><!ENTITY c \"&b;&b;\">]>\n<iati-activities version=\"2.03\">&c;</iati-activities>"
            ),
            "the file declares a document type (DOCTYPE), which is not supported"
        );
        assert!(
            parse_error(&format!("{HEAD}\n<iati-activity>\n<title></iati-activity>"))
                .starts_with("line 3, column ")
        );
        assert!(
            parse_error(&format!("{HEAD}&unknown;</iati-activities>"))
                .contains("not well-formed XML")
        );
        assert!(
            parse_error("<iati-activities version=\"1.05\"/>")
                .contains("IATI 1.05 is not supported")
        );
        assert!(
            parse_error("<iati-activities version=\"2.04\"/>")
                .contains("IATI 2.04 is not supported")
        );
        assert!(parse_error("<iati-activities/>").contains("the IATI version is missing"));
        assert!(
            parse_error("<iati-organisations version=\"2.03\"/>").contains("an organisation file")
        );
        assert!(parse_error("<rss/>").contains("`iati-activities` is expected, not `rss`"));
        assert!(parse_error("").contains("line 1"));
        assert_eq!(
            parse(b"<a>\n\xff</a>", "en").expect_err("refused"),
            "line 2: not UTF-8; save the file in that encoding"
        );
        let deep = format!("{HEAD}{}", "<a>".repeat(200_000));
        assert!(parse_error(&deep).contains("not well-formed XML"));
        let deep =
            format!("{HEAD}{}{}</iati-activities>", "<a>".repeat(200_000), "</a>".repeat(200_000));
        assert_eq!(parse(deep.as_bytes(), "en").expect("it is well-formed").skipped["a"], 1);
    }

    #[test]
    fn errors_carry_line_numbers() {
        let file = parse(
            format!(
                "{HEAD}\n<iati-activity>\n<title><narrative xml:lang=\"x-own\">A</narrative></title>\n\
                 <activity-date type=\"2\" iso-date=\"2024-13-01\"/>\n<result type=\"1\"><indicator measure=\"1\">\n<baseline year=\"MMXX\"/>\
                 \n<period><period-start iso-date=\"2024-01-01\"/></period></indicator></result></iati-activity></iati-activities>"
            )
            .as_bytes(),
            "en",
        )
        .expect("it can be read");
        let lines: Vec<usize> = file.errors.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 6, 7, 5, 2], "{:?}", file.errors);
    }

    #[test]
    fn narrative_language_and_script() {
        assert_eq!(parse_narrative_language("sr", "Наша прича").as_deref(), Ok("sr-Cyrl"));
        assert_eq!(parse_narrative_language("sr", "Naša priča").as_deref(), Ok("sr-Latn"));
        assert_eq!(parse_narrative_language("sr-Cyrl", "16").as_deref(), Ok("sr-Cyrl"));
        assert_eq!(parse_narrative_language("EN-gb", "a").as_deref(), Ok("en-GB"));
        let file = parse(
            format!(
                "{HEAD}<iati-activity xml:lang=\"sq\"><iati-identifier> X-1 </iati-identifier><title><narrative>A<!-- no B -->&amp;<![CDATA[C]]></narrative>\
                 <narrative>B</narrative><narrative xml:lang=\"en\">C</narrative></title><budget/><budget/></iati-activity></iati-activities>"
            )
            .as_bytes(),
            "mk",
        )
        .expect("it can be read");
        let activity = &file.activities[0];
        assert_eq!(activity.identifier, "X-1");
        assert_eq!(
            activity.title,
            [("sq".to_owned(), "A&C".to_owned()), ("en".to_owned(), "C".to_owned())]
        );
        assert_eq!(
            file.skipped.into_iter().collect::<Vec<_>>(),
            [("budget".to_owned(), 2), ("narrative".to_owned(), 1)]
        );
    }
}
