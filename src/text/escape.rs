//! Escaping of text for XML and HTML; characters that neither can represent are dropped.

/// Whether a character is allowed in XML 1.0 (production `Char`) and not discouraged there.
#[must_use]
pub fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7E}' | '\u{85}' | '\u{A0}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..)
        && u32::from(c) & 0xFFFE != 0xFFFE
}

/// Whether a byte can be copied without inspecting its character: all except characters that may
/// need escaping, control characters, and lead bytes of characters some of which are dropped.
const fn needs_no_escape(byte: u8) -> bool {
    !matches!(byte, ..0x20 | b'"' | b'&' | b'<' | b'>' | 0x7F | 0xC2 | 0xEF | 0xF0..)
}

/// Appends text to `output`, replacing characters by the result of `replace` and dropping those
/// that XML cannot represent. Runs of other characters are copied as they are.
pub fn write_escaped(
    text: &str,
    output: &mut String,
    replace: impl Fn(char) -> Option<&'static str>,
) {
    let (mut from, mut at) = (0, 0);
    while let Some(plain) = text.as_bytes().get(at..) {
        at = at.saturating_add(plain.iter().take_while(|byte| needs_no_escape(**byte)).count());
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let after = at.saturating_add(c.len_utf8());
        let replacement = replace(c);
        if replacement.is_some() || !is_xml_char(c) {
            output.push_str(text.get(from..at).unwrap_or_default());
            output.push_str(replacement.unwrap_or_default());
            from = after;
        }
        at = after;
    }
    output.push_str(text.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escape_per_char(text: &str) -> String {
        let mut escaped = String::new();
        for c in text.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                _ if is_xml_char(c) => escaped.push(c),
                _ => {}
            }
        }
        escaped
    }

    fn escape_fast(text: &str) -> String {
        let mut escaped = String::new();
        write_escaped(text, &mut escaped, |c| (c == '&').then_some("&amp;"));
        escaped
    }

    #[test]
    fn drops_non_xml_characters() {
        for (text, expected) in [
            ("", ""),
            ("a & b", "a &amp; b"),
            ("&&", "&amp;&amp;"),
            ("\u{0}a\u{7F}\u{80}b\u{85}\u{9F}c", "ab\u{85}c"),
            (
                "\u{FDCF}\u{FDD0}\u{FDEF}\u{FDF0}\u{FFFD}\u{FFFE}\u{FFFF}",
                "\u{FDCF}\u{FDF0}\u{FFFD}",
            ),
            ("\u{1FFFD}\u{1FFFE}\u{10FFFF}", "\u{1FFFD}"),
            ("Жене & žene 😀", "Жене &amp; žene 😀"),
        ] {
            assert_eq!(escape_fast(text), expected, "{text:?}");
        }
        // Every character on its own, between two others.
        for c in '\0'..=char::MAX {
            let text = format!("a{c}ж");
            assert_eq!(escape_fast(&text), escape_per_char(&text), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn fast_escape_matches_per_char_escape(text in any::<String>()) {
            prop_assert_eq!(escape_fast(&text), escape_per_char(&text));
        }
    }
}
