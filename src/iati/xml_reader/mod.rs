//! Parser of IATI 2.0x files. Elements that the catalogue does not support are counted.
//!
//! Files are untrusted: size is limited, document types (and therefore entities) are rejected, and
//! errors carry line numbers.

mod activity;
mod classifications;
mod elements;
mod parser;
mod results;

use roxmltree::{Document as XmlDocument, Error as XmlError, ParsingOptions};

use elements::iati_elements;
use parser::ActivityParser;
pub use parser::ParsedFile;

/// Maximum file size in bytes. IATI's own tools accept 40 MB.
pub const MAX_FILE_BYTES: usize = 64 * 1_024 * 1_024;
/// Maximum number of nodes in a file.
const MAX_XML_NODES: u32 = 4_000_000;
/// Supported versions; each is a superset of the previous one.
const SUPPORTED_VERSIONS: &[&str] = &["2.01", "2.02", "2.03"];

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

#[cfg(test)]
mod tests {
    use super::parser::parse_narrative_language;
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
