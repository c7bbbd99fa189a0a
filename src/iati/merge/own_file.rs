//! The organisation's own file: its text, and the elements at which something is inserted.

use roxmltree::{Document, Node, ParsingOptions};

use crate::iati::activity::KINOTEKA_NAMESPACE;
use crate::iati::xml_reader::{MAX_FILE_BYTES, check_markup, is_misplaced, misplaced_message};
use crate::iati::xml_writer::{IATI_VERSION, MERGED_ATTRIBUTE};

/// Maximum number of nodes in a file.
const MAX_XML_NODES: u32 = 4_000_000;

/// An element.
pub(super) type Element<'a, 'i> = Node<'a, 'i>;

/// Checks the size and the encoding of a file. Returns its text, and whether it is US-ASCII, so that
/// other characters can only be inserted as references.
pub(super) fn decode(bytes: &[u8]) -> Result<(&str, bool), String> {
    if bytes.len() > MAX_FILE_BYTES {
        let megabytes = MAX_FILE_BYTES.div_euclid(1_048_576);
        return Err(format!("the file has more than {megabytes} MB; split it by activities"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        let line = before.filter(|byte| **byte == b'\n').count().saturating_add(1);
        format!("line {line}: not UTF-8; save the file in that encoding")
    })?;
    let Some(declared) = declared_encoding(text) else { return Ok((text, false)) };
    match declared.to_ascii_lowercase().as_str() {
        "utf-8" => Ok((text, false)),
        "us-ascii" if text.is_ascii() => Ok((text, true)),
        // What is inserted is UTF-8, so that another declaration would become wrong.
        _ => {
            let declared = crate::text::truncate_for_message(declared);
            Err(format!("the file declares the encoding {declared}; save it as UTF-8"))
        }
    }
}

/// The encoding of the XML declaration.
fn declared_encoding(text: &str) -> Option<&str> {
    let (declaration, _) =
        text.trim_start_matches('\u{FEFF}').strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value.strip_prefix(quote)?.split(quote).next()
}

/// Parses a file of activities.
pub(super) fn parse(text: &str) -> Result<Document<'_>, String> {
    check_markup(text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_XML_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| format!("not well-formed XML, or with a DOCTYPE: {error}"))?;
    let root = document.root_element();
    let is_root = root.tag_name().name() == "iati-activities";
    let misplaced = std::iter::once(root).filter(|_| is_root).chain(root.children());
    if let Some((node, namespace)) = misplaced
        .filter(|node| *node == root || is_misplaced(*node))
        .find_map(|node| Some((node, node.tag_name().namespace()?)))
    {
        let line = document.text_pos_at(node.range().start).row;
        let message = misplaced_message(node.tag_name().name(), namespace);
        return Err(format!("line {line}: {message}"));
    }
    match (root.tag_name().name(), root.attribute("version")) {
        ("iati-activities", Some(IATI_VERSION)) => Ok(document),
        ("iati-activities", version) => Err(format!(
            "the file has the IATI version {}, and results need {IATI_VERSION}; convert the file first",
            crate::text::truncate_for_message(version.unwrap_or("none"))
        )),
        (other, _) => Err(format!(
            "`iati-activities` is expected, not `{}`",
            crate::text::truncate_for_message(other)
        )),
    }
}

/// Child elements that belong to IATI, with this name.
pub(super) fn children<'a, 'i>(
    node: Element<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Element<'a, 'i>> {
    iati_children(node).filter(move |child| child.tag_name().name() == name)
}

/// Child elements that belong to IATI.
pub(super) fn iati_children<'a, 'i>(
    node: Element<'a, 'i>,
) -> impl Iterator<Item = Element<'a, 'i>> {
    node.children().filter(|child| child.is_element() && child.tag_name().namespace().is_none())
}

/// Identifier of an activity.
pub(super) fn identifier(activity: Element<'_, '_>) -> String {
    children(activity, "iati-identifier").next().map(text_of).unwrap_or_default()
}

/// Trimmed text of an element, without comments.
pub(super) fn text_of(node: Element<'_, '_>) -> String {
    let text: String =
        node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
    text.trim().to_owned()
}

/// Whether an element was inserted by a merge.
fn is_merged(node: Element<'_, '_>) -> bool {
    node.attribute((KINOTEKA_NAMESPACE, MERGED_ATTRIBUTE)) == Some("true")
}

/// The text without what an earlier merge has inserted; `None` if there is nothing of it.
pub(super) fn without_merged(text: &str) -> Result<Option<String>, String> {
    if !text.contains(KINOTEKA_NAMESPACE) {
        return Ok(None);
    }
    let document = parse(text)?;
    let mut rest = String::with_capacity(text.len());
    let mut kept_until = 0;
    for node in document.descendants().filter(|node| node.is_element() && is_merged(*node)) {
        let range = node.range();
        // An element within a merged one has been removed with it.
        let Some(before) = text.get(kept_until..range.start) else { continue };
        rest.push_str(before.trim_end_matches(is_xml_space));
        kept_until = range.end;
    }
    if kept_until == 0 {
        return Ok(None);
    }
    rest.push_str(text.get(kept_until..).unwrap_or_default());
    Ok(Some(rest))
}

/// Whether a character is white space of XML.
pub(super) fn is_xml_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
