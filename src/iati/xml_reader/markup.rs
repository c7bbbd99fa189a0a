//! Bounds of what the XML parser compares pairwise, checked in linear time before it runs.

use std::collections::HashMap;

/// Maximum number of attributes of an element, including declarations of namespaces.
const MAX_ATTRIBUTES: usize = 100;
/// Maximum number of namespace prefixes that are declared for an element.
const MAX_PREFIXES: usize = 50;

/// Refuses a file with too many attributes in an element or too many namespaces; the error names the
/// line. The parser compares each with all others, so that a small file could take minutes.
pub fn check_markup(text: &str) -> Result<(), String> {
    let mut scope = Scope::default();
    let mut rest = text;
    while let Some((_, markup)) = rest.split_once('<') {
        let after = if let Some(comment) = markup.strip_prefix("!--") {
            after(comment, "-->")
        } else if let Some(data) = markup.strip_prefix("![CDATA[") {
            after(data, "]]>")
        } else if let Some(instruction) = markup.strip_prefix('?') {
            after(instruction, "?>")
        } else if let Some(tag) = markup.strip_prefix('/') {
            scope.close();
            after(tag, ">")
        } else if markup.starts_with('!') {
            None
        } else {
            scope.open(markup).map_err(|message| {
                let before = text.get(..text.len().saturating_sub(markup.len()));
                let line = before.unwrap_or_default().matches('\n').count().saturating_add(1);
                format!("line {line}: {message}")
            })?
        };
        // The parser refuses the rest.
        let Some(after) = after else { break };
        rest = after;
    }
    Ok(())
}

fn after<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.split_once(end).map(|(_, after)| after)
}

/// The declarations of namespaces of the open elements.
#[derive(Default)]
struct Scope<'a> {
    /// How often each prefix is declared.
    prefixes: HashMap<&'a str, usize>,
    /// Declared prefixes in order.
    declared: Vec<&'a str>,
    /// Number of prefixes that were declared before each open element.
    opened: Vec<usize>,
}

impl<'a> Scope<'a> {
    /// Reads a start tag after its `<`. Returns what follows it; `None` if it is not well-formed.
    fn open(&mut self, tag: &'a str) -> Result<Option<&'a str>, String> {
        self.opened.push(self.declared.len());
        let is_end = |c: char| is_space(c) || matches!(c, '/' | '>');
        let mut rest = tag.trim_start_matches(|c| !is_end(c));
        let mut attributes = 0_usize;
        loop {
            rest = rest.trim_start_matches(is_space);
            if let Some(after) = rest.strip_prefix('>') {
                return Ok(Some(after));
            }
            if let Some(after) = rest.strip_prefix("/>") {
                self.close();
                return Ok(Some(after));
            }
            let Some((name, after)) = attribute(rest) else { return Ok(None) };
            rest = after;
            attributes = attributes.saturating_add(1);
            if attributes > MAX_ATTRIBUTES {
                return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
            }
            let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            if let Some(prefix) = prefix {
                let count = self.prefixes.entry(prefix).or_default();
                *count = count.saturating_add(1);
                self.declared.push(prefix);
                if self.prefixes.len() > MAX_PREFIXES {
                    return Err(format!(
                        "more than {MAX_PREFIXES} namespace prefixes are declared for an element"
                    ));
                }
            }
        }
    }

    /// Leaves the innermost element.
    fn close(&mut self) {
        let start = self.opened.pop().unwrap_or_default();
        for prefix in self.declared.drain(start.min(self.declared.len())..) {
            if let Some(count) = self.prefixes.get_mut(prefix) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.prefixes.remove(prefix);
                }
            }
        }
    }
}

/// The name of the attribute with which a text begins, and what follows the attribute.
fn attribute(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let value = value.trim_start_matches(is_space);
    let quoted = value.strip_prefix(['"', '\''])?;
    let quote = value.chars().next()?;
    let (_, after) = quoted.split_once(quote)?;
    Some((name.trim_end_matches(is_space), after))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(count: usize) -> String {
        let open: Vec<String> =
            (0..count).map(|n| format!("<n{n}:e xmlns:n{n}='urn:{n}'>\n")).collect();
        let close: Vec<String> = (0..count).rev().map(|n| format!("</n{n}:e>")).collect();
        [open, close].concat().concat()
    }

    #[test]
    fn many_attributes_and_namespaces_are_refused() {
        let with = |count: usize| {
            let attributes: Vec<String> = (0..count).map(|n| format!(" a{n} = '>'")).collect();
            format!("<?x <?>\n<!-- <a -->\n<a><![CDATA[<a]]><b{}/></a>", attributes.concat())
        };
        assert_eq!(check_markup(&with(100)), Ok(()));
        assert_eq!(
            check_markup(&with(20_000)),
            Err("line 3: an element has more than 100 attributes".to_owned())
        );
        assert_eq!(check_markup(&nested(50)), Ok(()));
        assert_eq!(
            check_markup(&nested(2_000)),
            Err("line 51: more than 50 namespace prefixes are declared for an element".to_owned())
        );
        // Declarations end with their element, and repeated ones count once.
        let siblings: Vec<String> =
            (0..200).map(|n| format!("<a xmlns:n{n}='u'/><b xmlns:m{n}='u'></b>")).collect();
        assert_eq!(check_markup(&format!("<a>{}</a>", siblings.concat())), Ok(()));
        assert_eq!(check_markup(&"<k:a xmlns:k='u'>".repeat(1_000)), Ok(()));
        for text in [
            "",
            "<",
            "<a",
            "<a b",
            "<a b=",
            "<a b='",
            "<a/",
            "</",
            "<!DOCTYPE a>",
            "<!--",
            "</a></a>",
        ] {
            assert_eq!(check_markup(text), Ok(()), "{text}");
        }
    }
}
