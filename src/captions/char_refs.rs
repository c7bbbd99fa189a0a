//! Character references, such as `&scaron;`, as browsers decode them in cue text (WebVTT, 6.4 "cue
//! text tokenizer"; HTML, 13.2.5.72 "character reference state").

use std::borrow::Cow;

/// Maximum length of a reference: the longest name in HTML has 32 characters besides `&`.
const MAX_LEN: usize = 33;

/// The character reference at the start of a text and the characters that it stands for; `None` if
/// there is none.
///
/// All names of HTML are known. As in browsers, some are decoded without their semicolon. Control
/// characters become spaces, since a text has no other use for them.
pub(super) fn parse_char_ref(text: &str) -> Option<(&str, String)> {
    let body = text.strip_prefix('&')?;
    let name_len =
        body.bytes().take(MAX_LEN).take_while(|&b| b.is_ascii_alphanumeric() || b == b'#').count();
    let has_semicolon = body.as_bytes().get(name_len) == Some(&b';');
    let raw = text.get(..1 + name_len + usize::from(has_semicolon))?;
    let decoded = decode(raw);
    (decoded != raw).then(|| {
        let text = decoded.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        (raw, text)
    })
}

/// Decodes all character references of a text.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('&') { htmlize::unescape(text) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_char_refs() {
        for (text, expected) in [
            ("&amp;b", Some(("&amp;", "&"))),
            ("&eacute;", Some(("&eacute;", "é"))),
            ("&scaron;uma", Some(("&scaron;", "š"))),
            ("&hellip; da", Some(("&hellip;", "…"))),
            ("&NotEqualTilde;", Some(("&NotEqualTilde;", "≂̸"))),
            ("&CounterClockwiseContourIntegral;", Some(("&CounterClockwiseContourIntegral;", "∳"))),
            ("&eacute", Some(("&eacute", "é"))),
            ("&scaron", None),
            ("&#263;&#x107;", Some(("&#263;", "ć"))),
            ("&#x107;", Some(("&#x107;", "ć"))),
            ("&#150;", Some(("&#150;", "–"))),
            ("&#10;", Some(("&#10;", " "))),
            ("&#0;", Some(("&#0;", "\u{FFFD}"))),
            ("&#99999999999;", Some(("&#99999999999;", "\u{FFFD}"))),
            ("&;", None),
            ("&#;", None),
            ("& b", None),
            ("&nobody;", None),
            ("a&amp;", None),
        ] {
            let expected = expected.map(|(raw, decoded)| (raw, decoded.to_owned()));
            assert_eq!(parse_char_ref(text), expected, "{text}");
        }
    }
}
