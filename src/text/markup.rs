//! Text as it goes into XML and HTML: what must be escaped is, and what they cannot hold is left
//! out.

/// Whether XML 1.0 can hold a character (production `Char`), and readers are not confused by it.
#[must_use]
pub fn is_markup(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7E}' | '\u{85}' | '\u{A0}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..)
        && u32::from(c) & 0xFFFE != 0xFFFE
}

/// Whether a byte stands for itself, or belongs to a character that does: all but signs that may
/// have to be escaped, control characters, and the first bytes of characters some of which are left
/// out.
const fn is_plain(byte: u8) -> bool {
    !matches!(byte, ..0x20 | b'"' | b'&' | b'<' | b'>' | 0x7F | 0xC2 | 0xEF | 0xF0..)
}

/// Writes a text, with what takes the place of some characters, and without what is no markup. Most
/// texts are copied as they are.
pub fn write_escaped(text: &str, to: &mut String, replaced: impl Fn(char) -> Option<&'static str>) {
    let (mut from, mut at) = (0, 0);
    while let Some(plain) = text.as_bytes().get(at..) {
        at = at.saturating_add(plain.iter().take_while(|byte| is_plain(**byte)).count());
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let after = at.saturating_add(c.len_utf8());
        let replacement = replaced(c);
        if replacement.is_some() || !is_markup(c) {
            to.push_str(text.get(from..at).unwrap_or_default());
            to.push_str(replacement.unwrap_or_default());
            from = after;
        }
        at = after;
    }
    to.push_str(text.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slowly(text: &str) -> String {
        let mut written = String::new();
        for c in text.chars() {
            match c {
                '&' => written.push_str("&amp;"),
                _ if is_markup(c) => written.push(c),
                _ => {}
            }
        }
        written
    }

    fn quickly(text: &str) -> String {
        let mut written = String::new();
        write_escaped(text, &mut written, |c| (c == '&').then_some("&amp;"));
        written
    }

    #[test]
    fn what_is_no_markup_is_left_out() {
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
            assert_eq!(quickly(text), expected, "{text:?}");
        }
        // Every character by itself and between others.
        for c in '\0'..=char::MAX {
            let text = format!("a{c}ж");
            assert_eq!(quickly(&text), slowly(&text), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_if_one_by_one(text in any::<String>()) {
            prop_assert_eq!(quickly(&text), slowly(&text));
        }
    }
}
