//! Writer of well-formed XML 1.0, whatever the input text.

use crate::text::escape::write_escaped;

/// Writes an XML document into a string.
#[derive(Debug)]
pub struct XmlWriter {
    text: String,
    open_elements: Vec<&'static str>,
}

/// Attributes of an element, in order.
pub type Attributes<'a> = [(&'static str, &'a str)];

impl XmlWriter {
    /// Starts a document with a root element.
    #[must_use]
    pub fn new(root: &'static str, attributes: &Attributes<'_>) -> Self {
        let mut xml = Self { text: String::with_capacity(64 * 1_024), open_elements: Vec::new() };
        xml.text.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        xml.open(root, attributes);
        xml
    }

    /// Starts a part of a document, without a declaration and a root element.
    #[must_use]
    pub fn fragment() -> Self {
        Self { text: String::new(), open_elements: Vec::new() }
    }

    /// Length of the text in bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.text.len()
    }

    /// Removes and returns the text that has been written, for a document that is sent in parts.
    pub fn take_text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Appends a part whose elements are closed.
    pub fn append(&mut self, fragment: Self) {
        self.text.push_str(&fragment.text);
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.write_start_tag(name, attributes);
        self.text.push('>');
        self.open_elements.push(name);
    }

    /// Closes the innermost open element.
    pub fn close(&mut self) {
        if let Some(name) = self.open_elements.pop() {
            self.write_end_tag(name);
        }
    }

    /// Writes an element with text content.
    pub fn element(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.write_start_tag(name, attributes);
        self.text.push('>');
        push_escaped(text, false, &mut self.text);
        self.write_end_tag(name);
    }

    /// Writes an empty element.
    pub fn empty_element(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.write_start_tag(name, attributes);
        self.text.push_str("/>");
    }

    /// Writes a comment.
    pub fn comment(&mut self, text: &str) {
        // A comment must not contain `--` or end in `-`.
        self.text.extend(["<!-- ", &text.replace('-', "\u{2010}"), " -->"]);
    }

    /// Closes all open elements and returns the document.
    #[must_use]
    pub fn finish(mut self) -> String {
        while !self.open_elements.is_empty() {
            self.close();
        }
        self.text.push('\n');
        self.text
    }

    fn write_start_tag(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.extend([" ", name, "=\""]);
            push_escaped(value, true, &mut self.text);
            self.text.push('"');
        }
    }

    fn write_end_tag(&mut self, name: &str) {
        self.text.extend(["</", name, ">"]);
    }
}

/// Escapes text so that a parser returns it unchanged, except for characters that XML cannot
/// represent, which are dropped.
fn push_escaped(text: &str, in_attribute: bool, to: &mut String) {
    write_escaped(text, to, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        // `]]>` must not occur in text.
        '>' => Some("&gt;"),
        '"' if in_attribute => Some("&quot;"),
        // A parser would normalize these to spaces or to `\n`.
        '\n' if in_attribute => Some("&#10;"),
        '\t' if in_attribute => Some("&#9;"),
        '\r' => Some("&#13;"),
        _ => None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::escape::is_xml_char;
    use proptest::prelude::*;

    #[test]
    fn escapes_text_and_attributes() {
        let mut xml = XmlWriter::new("a", &[("b", "1 < \"2\" & '3'\n")]);
        xml.element("c", &[], "]]> <script>\u{0}\u{8}\u{FFFE}\u{1FFFF}😀 & \"x\"\r\n");
        xml.open("d", &[]);
        xml.empty_element("e", &[("f", "")]);
        let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a b=\"1 &lt; &quot;2&quot; &amp; '3'&#10;\">\
            <c>]]&gt; &lt;script&gt;😀 &amp; \"x\"&#13;\n</c><d><e f=\"\"/></d></a>\n";
        assert_eq!(xml.finish(), expected);
    }

    proptest! {
        #[test]
        fn parsed_document_round_trips(text in "\\PC{0,40}|[\\x00-\\x7F\u{FFFE}]{0,40}", attribute in "\\PC{0,40}|[\\x00-\\x7F]{0,40}") {
            let mut xml = XmlWriter::new("root", &[("attribute", &attribute)]);
            xml.element("element", &[], &text);
            let document = xml.finish();
            let parsed = roxmltree::Document::parse(&document).unwrap();
            let expected_text = |text: &str| text.chars().filter(|c| is_xml_char(*c)).collect::<String>();
            let root = parsed.root_element();
            prop_assert_eq!(root.attribute("attribute").unwrap(), expected_text(&attribute));
            prop_assert_eq!(root.first_element_child().unwrap().text().unwrap_or_default(), expected_text(&text));
        }
    }
}
