//! Cue text with an unclosed tag.

use std::borrow::Cow;

use super::loose_file::Repairs;
use crate::captions::webvtt_cue_text::has_unclosed_tag;

/// Names of tags (WebVTT, 4.2.2), which occur with classes (`c.loud`) and annotations (`v Ana`).
const TAG_NAMES: &[&str] = &["b", "c", "i", "lang", "rt", "ruby", "u", "v"];

/// Closes a tag that a payload ends in, which does not change what browsers display. A `<` that
/// starts no tag is escaped: browsers hide the text after it.
pub(super) fn close_tag<'a>(payload: &'a str, line: usize, repairs: &mut Repairs) -> Cow<'a, str> {
    if !has_unclosed_tag(payload) {
        return Cow::Borrowed(payload);
    }
    let closed_len = payload.rfind('>').map_or(0, |at| at + 1);
    let (closed, mut rest) = payload.split_at_checked(closed_len).unwrap_or(("", payload));
    let mut text = String::with_capacity(payload.len() + 3);
    text.push_str(closed);
    let mut is_escaped = false;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag;
        if is_tag(tag) {
            let detail = "The last tag of the cue has no `>`; it was added.";
            repairs.add(line, "unclosed_tag", detail);
            text.extend(["<", tag, ">"]);
            rest = "";
        } else {
            is_escaped = true;
            text.push_str("&lt;");
        }
    }
    text.push_str(rest);
    if is_escaped {
        let detail = "The cue has a `<` that starts no tag; it was replaced by `&lt;`.";
        repairs.add(line, "unclosed_tag", detail);
    }
    Cow::Owned(text)
}

/// Whether the text after a `<` is that of a tag or a timestamp.
fn is_tag(text: &str) -> bool {
    let name = text.strip_prefix('/').unwrap_or(text);
    let name = name.split(['.', ' ', '\t', '\n', '>', '<']).next().unwrap_or(name);
    TAG_NAMES.contains(&name)
        || name.contains(':') && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closes_tags() {
        for (payload, expected) in [
            ("a <b>c</b> > d", "a <b>c</b> > d"),
            ("a <b>c</b", "a <b>c</b>"),
            ("<v Ana", "<v Ana>"),
            ("<c.loud\nx", "<c.loud\nx>"),
            ("<lang", "<lang>"),
            ("<00:01.000 x", "<00:01.000 x>"),
            ("5 < 6", "5 &lt; 6"),
            ("5 < 6 < 7", "5 &lt; 6 &lt; 7"),
            ("I <3 you", "I &lt;3 you"),
            ("I <3 you <b", "I &lt;3 you <b>"),
            ("<b>5 <", "<b>5 &lt;"),
            ("a <nobody", "a &lt;nobody"),
        ] {
            assert_eq!(close_tag(payload, 1, &mut Repairs::default()), expected, "{payload}");
        }
    }
}
