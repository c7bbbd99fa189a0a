//! The text of a cue between SRT and WebVTT.
//!
//! SRT has no standard. What players agree on is `<b>`, `<i>`, `<u>` and `<font …>`, and, from
//! another format, `{\an8}` for text at the top. It has no way to escape a sign.

use super::vtt_text::{Piece, Ruby, Tag, escape, pieces, tag, voice};

/// The tags that both formats have.
const KEPT: &[&str] = &["<b>", "</b>", "<i>", "</i>", "<u>", "</u>"];

/// The marks for the top of the picture; those for the middle and the bottom say nothing that a
/// player needs.
const TOP: &[&str] = &[r"{\an7}", r"{\an8}", r"{\an9}"];

/// The setting that means the same.
const LINE_AT_TOP: &str = "line:0";

/// Turns the text of an SRT cue into cue settings and a WebVTT payload.
///
/// `<b>`, `<i>` and `<u>` are kept, `<font …>` is dropped, a mark for the top becomes `line:0`,
/// other marks in braces (`{\…}`) are dropped. All else is text and is escaped, also what looks
/// like a character reference. A line with nothing left is dropped, since a blank one would end the
/// cue.
pub(super) fn to_webvtt(text: &str) -> (String, String) {
    let mut payload = String::with_capacity(text.len());
    let mut is_at_top = false;
    let mut rest = text;
    while let Some(start) = rest.find(['<', '{']) {
        let (before, markup) = rest.split_at_checked(start).unwrap_or((rest, ""));
        payload.push_str(&escape(before));
        let (raw, written) = markup_of(markup);
        is_at_top |= TOP.contains(&raw);
        payload.push_str(&written);
        rest = markup.strip_prefix(raw).unwrap_or_default();
    }
    payload.push_str(&escape(rest));
    (if is_at_top { LINE_AT_TOP.to_owned() } else { String::new() }, without_blank_lines(&payload))
}

/// The tag or mark with which a text begins, and what is written for it; else its first sign,
/// escaped.
fn markup_of(text: &str) -> (&str, String) {
    if let Some(raw) = closed(text) {
        let lower = raw.to_ascii_lowercase();
        if KEPT.contains(&lower.as_str()) {
            return (raw, lower);
        }
        if is_font(&lower) || raw.starts_with(r"{\") {
            return (raw, String::new());
        }
    }
    let sign = text.get(..1).unwrap_or(text);
    (sign, escape(sign))
}

/// A text from its `<` or `{` to the `>` or `}`, if that comes before another `<` or `{`.
fn closed(text: &str) -> Option<&str> {
    let (open, close) = if text.starts_with('<') { ('<', '>') } else { ('{', '}') };
    let inner = text.strip_prefix(open)?;
    let raw = text.get(..inner.find([open, close])? + 2)?;
    raw.ends_with(close).then_some(raw)
}

fn is_font(tag: &str) -> bool {
    tag == "</font>"
        || tag.strip_prefix("<font").is_some_and(|rest| rest.starts_with(['>', ' ', '\t', '\n']))
}

/// Turns cue settings and a WebVTT payload into the text of an SRT cue.
///
/// `<b>`, `<i>` and `<u>` are kept without their classes, a voice becomes `Ana: `, ruby is put in
/// brackets, other tags are dropped and character references decoded. `line:0` becomes `{\an8}`. An
/// arrow `-->` becomes `→`, because SRT cannot have one in a text.
pub(super) fn from_webvtt(settings: &str, payload: &str) -> String {
    let mut text = String::with_capacity(payload.len());
    let mut ruby = Ruby::default();
    for piece in pieces(payload) {
        match piece {
            Piece::Text(raw) | Piece::Sign(raw) => text.push_str(raw),
            Piece::Reference(_, meant) => text.push(meant),
            Piece::Tag(raw) => {
                let tag = tag(raw);
                text.push_str(ruby.bracket(&tag));
                text.push_str(&tag_in_srt(&tag));
            }
        }
    }
    text.push_str(ruby.end());
    let text = without_blank_lines(&text).replace("-->", "→");
    let is_at_top = settings.split(' ').any(|setting| setting == LINE_AT_TOP);
    if is_at_top && !text.is_empty() { format!(r"{{\an8}}{text}") } else { text }
}

fn tag_in_srt(tag: &Tag<'_>) -> String {
    match tag {
        Tag::Start { name: name @ ("b" | "i" | "u"), .. } => format!("<{name}>"),
        Tag::End { name: name @ ("b" | "i" | "u") } => format!("</{name}>"),
        tag => voice(tag).map(|name| format!("{name}: ")).unwrap_or_default(),
    }
}

fn without_blank_lines(text: &str) -> String {
    text.split('\n')
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::vtt_text::plain;
    use proptest::prelude::*;

    #[test]
    fn srt_becomes_webvtt() {
        for (text, settings, payload) in [
            ("Zdravo, <I>svete</I>!", "", "Zdravo, <i>svete</i>!"),
            ("<font color=\"#ff0000\">Црвено</font> <FONT>и</FONT>", "", "Црвено и"),
            (r"{\an8}Gore {\i1}nagnuto{\i0}", "line:0", "Gore nagnuto"),
            (r"{\an2}Dole {u zagradi}", "", "Dole {u zagradi}"),
            (
                "1 < 2 & 3 > 2, R&B, &amp; <fontana>",
                "",
                "1 &lt; 2 &amp; 3 &gt; 2, R&amp;B, &amp;amp; &lt;fontana&gt;",
            ),
            ("<b class=x>ne</b> <", "", "&lt;b class=x&gt;ne</b> &lt;"),
            ("--<font>>", "", "--&gt;"),
            ("a\n<font></font>\n{\\pos(1,2)}\nb", "", "a\nb"),
            (r"{\an8", "", r"{\an8"),
            ("<i", "", "&lt;i"),
            ("<жица{\\an9}", "line:0", "&lt;жица"),
        ] {
            assert_eq!(to_webvtt(text), (settings.to_owned(), payload.to_owned()), "{text}");
        }
    }

    #[test]
    fn webvtt_becomes_srt() {
        for (settings, payload, text) in [
            (
                "",
                "<v Ana>Zdravo.</v>\n<v.x Marko><i.y>Ćao</i>.</v>",
                "Ana: Zdravo.\nMarko: <i>Ćao</i>.",
            ),
            ("line:0 align:start", "<c.žuto>Gore</c> &amp; &lt;dole&gt;", r"{\an8}Gore & <dole>"),
            ("line:0%", "<00:00:01.000><lang sq>Mirë</lang><ruby>a<rt>b</ruby>", "Mirëa (b)"),
            ("line:0", "<c></c>", ""),
            ("", "<v></v>a --&gt; b\n<c> </c>\nc", "a → b\nc"),
        ] {
            assert_eq!(from_webvtt(settings, payload), text, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_is_well_formed(text in "[a<>&{}\\\\/bif8\n -]{0,40}|(?s).{0,40}") {
            let (_, payload) = to_webvtt(&text);
            prop_assert!(!payload.contains("-->"));
            prop_assert!(payload.is_empty() || payload.split('\n').all(|line| !line.trim().is_empty()));
            let back = from_webvtt("", &payload);
            prop_assert!(!back.contains("-->"));
            prop_assert!(back.is_empty() || back.split('\n').all(|line| !line.trim().is_empty()));
        }

        #[test]
        fn text_without_markup_says_the_same(text in "[a&>;#x9 -]{0,40}") {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(plain(&to_webvtt(&text).1), words);
        }
    }
}
