//! XML 1.0 that is well formed whatever is put into it.

use super::markup::write_escaped;

/// A document, being written.
#[derive(Debug)]
pub struct Xml {
    text: String,
    open: Vec<&'static str>,
}

/// Attributes, in order.
pub type Attributes<'a> = [(&'static str, &'a str)];

impl Xml {
    /// A document whose root has these attributes.
    #[must_use]
    pub fn new(root: &'static str, attributes: &Attributes<'_>) -> Self {
        let mut xml = Self { text: String::with_capacity(64 * 1_024), open: Vec::new() };
        xml.text.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        xml.open(root, attributes);
        xml
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.start(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.end(name);
        }
    }

    /// An element with a text in it.
    pub fn element(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.start(name, attributes);
        self.text.push('>');
        escape(text, false, &mut self.text);
        self.end(name);
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.start(name, attributes);
        self.text.push_str("/>");
    }

    /// A remark that readers pass over.
    pub fn comment(&mut self, text: &str) {
        // `--` must not stand in a comment, nor `-` at its end.
        self.text.extend(["<!-- ", &text.replace('-', "\u{2010}"), " -->"]);
    }

    /// The whole, all that is open closed.
    #[must_use]
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text.push('\n');
        self.text
    }

    fn start(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.extend([" ", name, "=\""]);
            escape(value, true, &mut self.text);
            self.text.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.text.extend(["</", name, ">"]);
    }
}

/// Writes text so that it is read back as it was, but for what XML cannot hold, which is left out.
fn escape(text: &str, in_attribute: bool, to: &mut String) {
    write_escaped(text, to, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        // `]]>` must not stand in text.
        '>' => Some("&gt;"),
        '"' if in_attribute => Some("&quot;"),
        // Readers would turn these into blanks, or into other line ends.
        '\n' if in_attribute => Some("&#10;"),
        '\t' if in_attribute => Some("&#9;"),
        '\r' => Some("&#13;"),
        _ => None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_markup;
    use proptest::prelude::*;

    #[test]
    fn what_is_put_in_is_escaped() {
        let mut xml = Xml::new("a", &[("b", "1 < \"2\" & '3'\n")]);
        xml.element("c", &[], "]]> <script>\u{0}\u{8}\u{FFFE}\u{1FFFF}😀 & \"x\"\r\n");
        xml.open("d", &[]);
        xml.empty("e", &[("f", "")]);
        let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a b=\"1 &lt; &quot;2&quot; &amp; '3'&#10;\">\
            <c>]]&gt; &lt;script&gt;😀 &amp; \"x\"&#13;\n</c><d><e f=\"\"/></d></a>\n";
        assert_eq!(xml.finish(), expected);
    }

    proptest! {
        #[test]
        fn an_independent_reader_gives_back_what_was_put_in(text in "\\PC{0,40}|[\\x00-\\x7F\u{FFFE}]{0,40}", attribute in "\\PC{0,40}|[\\x00-\\x7F]{0,40}") {
            let mut xml = Xml::new("root", &[("attribute", &attribute)]);
            xml.element("element", &[], &text);
            let document = xml.finish();
            let read = roxmltree::Document::parse(&document).unwrap();
            let kept = |text: &str| text.chars().filter(|c| is_markup(*c)).collect::<String>();
            let root = read.root_element();
            prop_assert_eq!(root.attribute("attribute").unwrap(), kept(&attribute));
            prop_assert_eq!(root.first_element_child().unwrap().text().unwrap_or_default(), kept(&text));
        }
    }
}
