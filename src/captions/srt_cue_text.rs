//! Conversion of cue text between SRT and WebVTT.
//!
//! SRT has no standard. Players support `<b>`, `<i>`, `<u>` and `<font …>`, and, from another
//! format, `{\an8}` for text at the top. Some decode character references such as `&amp;`, which
//! converters leave in files, so what looks like one is one.

use crate::captions::char_refs::parse_char_ref;
use crate::captions::webvtt_cue_text::CueToken;
use crate::captions::webvtt_cue_text::RubyBrackets;
use crate::captions::webvtt_cue_text::Tag;
use crate::captions::webvtt_cue_text::escape;
use crate::captions::webvtt_cue_text::is_line_break;
use crate::captions::webvtt_cue_text::parse_tag;
use crate::captions::webvtt_cue_text::tokenize;
use crate::captions::webvtt_cue_text::voice_name;

/// Tags that both formats have.
const SHARED_TAGS: &[&str] = &["<b>", "</b>", "<i>", "</i>", "<u>", "</u>"];

/// Alignment codes for the top of the picture; the codes for the middle and the bottom are
/// discarded.
const TOP_ALIGNMENT_CODES: &[&str] = &[r"{\an7}", r"{\an8}", r"{\an9}"];

/// The equivalent WebVTT cue setting.
const TOP_LINE_SETTING: &str = "line:0";

/// Converts the text of an SRT cue to cue settings and a WebVTT payload.
///
/// `<b>`, `<i>` and `<u>` are kept, `<font …>` is removed, `<br>` starts a line, an alignment code
/// for the top becomes `line:0`, and other codes in braces (`{\…}`) are removed. Character
/// references with their semicolon are kept. Everything else is text and is escaped. Lines that
/// become empty are removed, since a blank line would end the cue.
pub(super) fn to_webvtt(text: &str) -> (String, String) {
    let mut payload = String::with_capacity(text.len());
    let mut is_at_top = false;
    let mut rest = text;
    while let Some(start) = rest.find(['<', '{']) {
        let (before, markup) = rest.split_at_checked(start).unwrap_or((rest, ""));
        push_escaped(&mut payload, before);
        let (raw, replacement) = convert_markup(markup);
        is_at_top |= TOP_ALIGNMENT_CODES.contains(&raw);
        payload.push_str(&replacement);
        rest = markup.strip_prefix(raw).unwrap_or_default();
    }
    push_escaped(&mut payload, rest);
    (
        if is_at_top { TOP_LINE_SETTING.to_owned() } else { String::new() },
        remove_blank_lines(&payload),
    )
}

/// The tag or code at the start of a text and its replacement; otherwise the first character and
/// its escaped form.
fn convert_markup(text: &str) -> (&str, String) {
    if let Some(raw) = leading_tag(text) {
        let lower = raw.to_ascii_lowercase();
        if SHARED_TAGS.contains(&lower.as_str()) {
            return (raw, lower);
        }
        if is_line_break(&parse_tag(raw)) {
            return (raw, "\n".to_owned());
        }
        if is_font_tag(&lower) || raw.starts_with(r"{\") {
            return (raw, String::new());
        }
    }
    let first = text.get(..1).unwrap_or(text);
    (first, escape(first))
}

/// Appends text in escaped form, except its character references.
fn push_escaped(payload: &mut String, text: &str) {
    for part in split_before_ampersands(text) {
        match terminated_char_ref(part) {
            Some(raw) => {
                payload.push_str(raw);
                payload.push_str(&escape(part.strip_prefix(raw).unwrap_or_default()));
            }
            None => payload.push_str(&escape(part)),
        }
    }
}

/// Splits a text before each `&`.
fn split_before_ampersands(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('&').map(|(at, _)| at).chain([text.len()]);
    let mut from = 0;
    starts.map(move |at| {
        let part = text.get(from..at).unwrap_or_default();
        from = at;
        part
    })
}

/// The character reference with a semicolon at the start of a text.
fn terminated_char_ref(text: &str) -> Option<&str> {
    parse_char_ref(text).map(|(raw, _)| raw).filter(|raw| raw.ends_with(';'))
}

/// The text from the initial `<` or `{` to the matching `>` or `}`, if that precedes another `<` or
/// `{`.
fn leading_tag(text: &str) -> Option<&str> {
    let (open, close) = if text.starts_with('<') { ('<', '>') } else { ('{', '}') };
    let inner = text.strip_prefix(open)?;
    let raw = text.get(..inner.find([open, close])? + 2)?;
    raw.ends_with(close).then_some(raw)
}

fn is_font_tag(tag: &str) -> bool {
    tag == "</font>"
        || tag.strip_prefix("<font").is_some_and(|rest| rest.starts_with(['>', ' ', '\t', '\n']))
}

/// Converts cue settings and a WebVTT payload to the text of an SRT cue.
///
/// `<b>`, `<i>` and `<u>` are kept without classes, a voice becomes `Ana: `, ruby text is put in
/// brackets, other tags are removed, and character references are decoded, unless the text would
/// then contain one. `line:0` becomes `{\an8}`. An arrow `-->` becomes `→`, since SRT text cannot
/// contain one.
pub(super) fn from_webvtt(settings: &str, payload: &str) -> String {
    let mut text = String::with_capacity(payload.len());
    let mut ruby = RubyBrackets::default();
    for token in tokenize(payload) {
        match token {
            CueToken::Text(raw) | CueToken::Literal(raw) => text.push_str(raw),
            CueToken::CharRef(_, characters) => text.push_str(&characters),
            CueToken::Tag(raw) => {
                let tag = parse_tag(raw);
                text.push_str(ruby.on_tag(&tag));
                text.push_str(&to_srt_tag(&tag));
            }
        }
    }
    text.push_str(ruby.close());
    let text: String = split_before_ampersands(&text)
        .flat_map(|part| match terminated_char_ref(part) {
            Some(_) => ["&amp;", part.strip_prefix('&').unwrap_or_default()],
            None => [part, ""],
        })
        .collect();
    let text = remove_blank_lines(&text).replace("-->", "→");
    let is_at_top = settings.split(' ').any(|setting| setting == TOP_LINE_SETTING);
    if is_at_top && !text.is_empty() { format!(r"{{\an8}}{text}") } else { text }
}

fn to_srt_tag(tag: &Tag<'_>) -> String {
    match tag {
        Tag::Start { name: name @ ("b" | "i" | "u"), .. } => format!("<{name}>"),
        Tag::End { name: name @ ("b" | "i" | "u") } => format!("</{name}>"),
        tag if is_line_break(tag) => "\n".to_owned(),
        tag => voice_name(tag).map(|name| format!("{name}: ")).unwrap_or_default(),
    }
}

fn remove_blank_lines(text: &str) -> String {
    text.split('\n')
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::webvtt_cue_text::to_plain_text;
    use proptest::prelude::*;

    #[test]
    fn converts_srt_to_webvtt() {
        for (text, settings, payload) in [
            ("Zdravo, <I>svete</I>!", "", "Zdravo, <i>svete</i>!"),
            ("<font color=\"#ff0000\">Црвено</font> <FONT>и</FONT>", "", "Црвено и"),
            (r"{\an8}Gore {\i1}nagnuto{\i0}", "line:0", "Gore nagnuto"),
            (r"{\an2}Dole {u zagradi}", "", "Dole {u zagradi}"),
            (
                "1 < 2 & 3 > 2, R&B, &amp; &nbsp;&copy &x; <fontana>",
                "",
                "1 &lt; 2 &amp; 3 &gt; 2, R&amp;B, &amp; &nbsp;&amp;copy &amp;x; &lt;fontana&gt;",
            ),
            ("<b class=x>ne</b> <", "", "&lt;b class=x&gt;ne</b> &lt;"),
            ("--<font>>", "", "--&gt;"),
            ("a\n<font></font>\n{\\pos(1,2)}\nb", "", "a\nb"),
            ("Prvi<br>drugi<BR />treći", "", "Prvi\ndrugi\ntreći"),
            (r"{\an8", "", r"{\an8"),
            ("<i", "", "&lt;i"),
            ("<жица{\\an9}", "line:0", "&lt;жица"),
        ] {
            assert_eq!(to_webvtt(text), (settings.to_owned(), payload.to_owned()), "{text}");
        }
    }

    #[test]
    fn converts_webvtt_to_srt() {
        for (settings, payload, text) in [
            (
                "",
                "<v Ana>Zdravo.</v>\n<v.x Marko><i.y>Ćao</i>.</v>",
                "Ana: Zdravo.\nMarko: <i>Ćao</i>.",
            ),
            ("line:0 align:start", "<c.žuto>Gore</c> &amp; &lt;dole&gt;", r"{\an8}Gore & <dole>"),
            ("line:0%", "<00:00:01.000><lang sq>Mirë</lang><ruby>a<rt>b</ruby>", "Mirëa (b)"),
            ("", "Prvi<br>caf&eacute; &amp;amp; &amp;x;", "Prvi\ncafé &amp;amp; &x;"),
            ("line:0", "<c></c>", ""),
            ("", "<v></v>a --&gt; b\n<c> </c>\nc", "a → b\nc"),
        ] {
            assert_eq!(from_webvtt(settings, payload), text, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn conversion_is_well_formed(text in "[a<>&{}\\\\/bif8\n -]{0,40}|(?s).{0,40}") {
            let (_, payload) = to_webvtt(&text);
            prop_assert!(!payload.contains("-->"));
            prop_assert!(payload.is_empty() || payload.split('\n').all(|line| !line.trim().is_empty()));
            let back = from_webvtt("", &payload);
            prop_assert!(!back.contains("-->"));
            prop_assert!(back.is_empty() || back.split('\n').all(|line| !line.trim().is_empty()));
        }

        #[test]
        fn conversion_preserves_plain_text(text in "[a&>;#x9 -]{0,40}") {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assume!(!words.contains("&#"));
            prop_assert_eq!(to_plain_text(&to_webvtt(&text).1), words);
        }

        #[test]
        fn plain_text_survives_srt(text in "([a<>;#x9 -]|&|&amp;|&eacute;|amp;){0,12}") {
            let payload = escape(&text);
            let plain = to_plain_text(&payload);
            prop_assume!(!plain.contains("-->") && !plain.contains('<'));
            prop_assert_eq!(to_plain_text(&to_webvtt(&from_webvtt("", &payload)).1), plain);
        }
    }
}
