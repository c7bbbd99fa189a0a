//! Parser of IATI 2.0x files. Elements and attributes that the catalogue does not store are
//! counted, and invalid parts are listed with their lines.
//!
//! Files are untrusted: size is limited, and document types (and therefore entities) are rejected.

mod activity;
mod classifications;
mod elements;
mod encoding;
mod markup;
mod numbers;
mod parser;
mod results;

use roxmltree::{Document as XmlDocument, Error as XmlError, ParsingOptions};

pub use elements::is_misplaced;
pub use markup::check_markup;
pub use numbers::read_number;
use parser::ActivityParser;
pub use parser::{Fault, ParsedFile, misplaced_message};

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
    let text = encoding::decode(bytes)?;
    check_markup(&text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_XML_NODES,
        ..ParsingOptions::default()
    };
    let tree = XmlDocument::parse_with_options(&text, options)
        .map_err(|fault| describe_xml_error(&fault))?;
    let root = tree.root_element();
    let line = tree.text_pos_at(root.range().start).row;
    if let Some(namespace) = root.tag_name().namespace()
        && root.tag_name().name().starts_with("iati-")
    {
        let message = misplaced_message(root.tag_name().name(), namespace);
        return Err(format!("line {line}: {message}"));
    }
    match (root.tag_name().name(), root.attribute("version").map(str::trim)) {
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
    let line_ends =
        text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let mut parser = ActivityParser {
        file: ParsedFile::default(),
        language: language.to_owned(),
        line_ends,
        path: String::new(),
    };
    let activities = parser.enter(root, &["version"], |parser| parser.children(root));
    parser.path.clear();
    for node in activities {
        if node.tag_name().name() == "iati-activity" {
            parser.enter(node, &[], |_| ());
            let activity = parser.activity(node);
            parser.file.activities.extend(activity);
        } else {
            parser.count_skipped(node);
        }
    }
    Ok(parser.file)
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
            "line 2: not UTF-8, the encoding of the file; save the file as UTF-8"
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
        let faults: Vec<(usize, &str)> =
            file.faults.iter().map(|fault| (fault.line, fault.element.as_str())).collect();
        assert_eq!(
            faults,
            [
                (3, "title/narrative"),
                (4, "activity-date"),
                (6, "result/indicator/baseline"),
                (7, "result/indicator/period"),
                (5, "result/indicator"),
                (2, "iati-activity"),
            ],
            "{:?}",
            file.faults
        );
        assert!(file.activities.is_empty());
    }

    #[test]
    fn elements_of_iati_in_another_namespace_are_faults() {
        let root = "<iati-activities version=\"2.03\" xmlns=\"http://iati.example.org\">";
        assert_eq!(
            parse_error(&format!("\n{root}</iati-activities>")),
            "line 2: `iati-activities` is in the namespace `http://iati.example.org`, but IATI has none; remove the attribute `xmlns`"
        );
        let file = parse(
            format!(
                "{HEAD}<iati-activity other:a=\"1\" b=\"2\" xmlns:other=\"urn:other\"><iati-identifier>X-1</iati-identifier><title><narrative>A</narrative></title>\
                 <other:title/><extra xmlns=\"urn:other\"/>\n<title xmlns=\"urn:other\"/><sector code=\"1\" c=\"3\"><d/></sector></iati-activity></iati-activities>"
            )
            .as_bytes(),
            "en",
        )
        .expect("it can be read");
        let skipped: Vec<&str> = file.skipped.keys().map(String::as_str).collect();
        assert_eq!(
            skipped,
            [
                "extra",
                "iati-activity/@b",
                "iati-activity/@other:a",
                "other:title",
                "sector/@c",
                "sector/d"
            ]
        );
        let faults: Vec<(usize, &str)> =
            file.faults.iter().map(|fault| (fault.line, fault.element.as_str())).collect();
        assert_eq!(faults, [(2, "title")]);
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
            [("budget".to_owned(), 2), ("title/narrative".to_owned(), 1)]
        );
    }
}
