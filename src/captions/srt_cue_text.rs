//! Conversion of cue text between SRT and WebVTT.
//!
//! SRT has no standard. Players support `<b>`, `<i>`, `<u>` and `<font …>`, and, from another
//! format, `{\an8}` for text at the top. Some decode character references such as `&amp;`, which
//! converters leave in files, so what looks like one is one.
//!
//! WebVTT has classes for eight colors (5.1 "default text colors"). Other colors of fonts have
//! classes of our own, whose styles are in a STYLE block of the file.

use std::collections::BTreeSet;

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
/// `<b>`, `<i>` and `<u>` are kept, the color of `<font …>` becomes a class, `<br>` starts a line,
/// an alignment code for the top becomes `line:0`, and other codes in braces (`{\…}`) are removed. Character
/// references with their semicolon are kept. Everything else is text and is escaped. Lines that
/// become empty are removed, since a blank line would end the cue.
pub(super) fn to_webvtt(text: &str) -> (String, String) {
    let mut payload = String::with_capacity(text.len());
    let mut is_at_top = false;
    // Whether each open font has a color.
    let mut fonts: Vec<bool> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['<', '{']) {
        let (before, markup) = rest.split_at_checked(start).unwrap_or((rest, ""));
        push_escaped(&mut payload, before);
        let (raw, replacement) = convert_markup(markup);
        is_at_top |= TOP_ALIGNMENT_CODES.contains(&raw);
        match font_tag(raw) {
            Some(FontTag::Start(class)) => {
                fonts.push(class.is_some());
                payload.extend(class.map(|class| format!("<c.{class}>")));
            }
            Some(FontTag::End) => {
                payload.push_str(if fonts.pop() == Some(true) { "</c>" } else { "" });
            }
            None => payload.push_str(&replacement),
        }
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
        if font_tag(raw).is_some() || raw.starts_with(r"{\") {
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

/// A tag of a font.
enum FontTag {
    /// With the class of its color, if it has one.
    Start(Option<String>),
    End,
}

fn font_tag(raw: &str) -> Option<FontTag> {
    let lower = raw.to_ascii_lowercase();
    if lower == "</font>" {
        return Some(FontTag::End);
    }
    let attributes = lower.strip_prefix("<font")?.strip_suffix('>')?;
    let is_font = attributes.is_empty() || attributes.starts_with([' ', '\t', '\n']);
    is_font.then(|| {
        let mut values =
            attributes.split_ascii_whitespace().filter_map(|value| value.strip_prefix("color="));
        FontTag::Start(
            values.next().and_then(|color| class_of_color(color.trim_matches(['"', '\'']))),
        )
    })
}

/// Names of the colors for which WebVTT has classes.
const DEFAULT_COLORS: &[&str] =
    &["white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black"];

/// Beginning of the classes of other colors.
const COLOR_CLASS: &str = "color-";

/// The class of a color: a name of CSS, or hexadecimal digits.
fn class_of_color(color: &str) -> Option<String> {
    let is_name = (3..=20).contains(&color.len()) && color.bytes().all(|b| b.is_ascii_lowercase());
    let digits = color.strip_prefix('#').unwrap_or(color);
    let is_hex = matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    match color {
        color if DEFAULT_COLORS.contains(&color) => Some(color.to_owned()),
        // Hexadecimal digits without `#` are common; a digit distinguishes them from a name.
        color if is_hex && (color.starts_with('#') || !is_name) => {
            Some(format!("{COLOR_CLASS}{digits}"))
        }
        color if is_name => Some(format!("{COLOR_CLASS}{color}")),
        _ => None,
    }
}

/// The color of a tag with a class of [`class_of_color`].
fn color_of_tag(raw: &str) -> Option<String> {
    let classes = raw.strip_prefix("<c.")?.trim_end_matches('>');
    classes.split_ascii_whitespace().next()?.split('.').find_map(|class| {
        if DEFAULT_COLORS.contains(&class) {
            return Some(class.to_owned());
        }
        let color = class.strip_prefix(COLOR_CLASS)?;
        let is_hex = color.contains(|c: char| c.is_ascii_digit());
        let color = if is_hex { format!("#{color}") } else { color.to_owned() };
        (class_of_color(&color).as_deref() == Some(class)).then_some(color)
    })
}

/// The STYLE block for the colors of payloads without classes in WebVTT.
pub(super) fn color_styles<'a>(payloads: impl Iterator<Item = &'a str>) -> Option<String> {
    let tags = payloads.flat_map(|payload| {
        payload.match_indices("<c.").map(|(at, _)| payload.get(at..).unwrap_or_default())
    });
    let colors: BTreeSet<String> = tags
        .filter_map(|tag| color_of_tag(tag.split_inclusive('>').next()?))
        .filter(|color| !DEFAULT_COLORS.contains(&color.as_str()))
        .collect();
    (!colors.is_empty()).then(|| {
        let rules = colors.iter().take(MAX_COLORS).map(|color| {
            let class = class_of_color(color).unwrap_or_default();
            format!("\n::cue(.{class}) {{ color: {color} }}")
        });
        format!("STYLE{}", rules.collect::<String>())
    })
}

/// Maximum number of colors of a file that are displayed.
const MAX_COLORS: usize = 100;

/// Converts cue settings and a WebVTT payload to the text of an SRT cue.
///
/// `<b>`, `<i>` and `<u>` are kept without classes, the class of a color becomes a font, a voice
/// becomes `Ana: `, ruby text is put in brackets, other tags are removed, and character references
/// are decoded, unless the text would then contain one, or markup. `line:0` becomes `{\an8}`. An arrow `-->` becomes `→`, since SRT text cannot
/// contain one.
pub(super) fn from_webvtt(settings: &str, payload: &str) -> String {
    let mut text = String::with_capacity(payload.len());
    let mut ruby = RubyBrackets::default();
    // Whether each open class has a color.
    let mut classes: Vec<bool> = Vec::new();
    for token in tokenize(payload) {
        match token {
            CueToken::Text(raw) | CueToken::Literal(raw) => push_literal(&mut text, raw),
            CueToken::CharRef(_, characters) => push_literal(&mut text, &characters),
            CueToken::Tag(raw) => {
                let tag = parse_tag(raw);
                text.push_str(ruby.on_tag(&tag));
                match tag {
                    Tag::Start { name: "c", .. } => {
                        let color = color_of_tag(raw);
                        classes.push(color.is_some());
                        text.extend(color.map(|color| format!("<font color=\"{color}\">")));
                    }
                    Tag::End { name: "c" } => {
                        text.push_str(if classes.pop() == Some(true) { "</font>" } else { "" });
                    }
                    tag => text.push_str(&to_srt_tag(&tag)),
                }
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
    let text = remove_blank_lines(&escape_literal_markup(&text)).replace("-->", "→");
    let is_at_top = settings.split(' ').any(|setting| setting == TOP_LINE_SETTING);
    if is_at_top && !text.is_empty() { format!(r"{{\an8}}{text}") } else { text }
}

/// Stand for `<` and `{` of the text, which has no control characters, until it is known whether
/// they would begin markup.
const LITERAL_MARKUP: [(char, char, &str); 2] =
    [('<', '\u{1}', "&lt;"), ('{', '\u{2}', "&lbrace;")];

fn push_literal(text: &mut String, literal: &str) {
    let mark = |c: char| {
        LITERAL_MARKUP.iter().find(|(open, ..)| *open == c).map_or(c, |(_, mark, _)| *mark)
    };
    text.extend(literal.chars().map(mark));
}

/// Restores the `<` and `{` of the text; those that would begin markup become character references.
fn escape_literal_markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match LITERAL_MARKUP.iter().find(|(_, mark, _)| *mark == c) {
            Some((open, mark, char_ref)) => {
                let close = if *open == '<' { '>' } else { '}' };
                let end = after.find([*open, *mark, close]).map_or(0, |at| at + 1);
                let tag = format!("{open}{}", after.get(..end).unwrap_or_default());
                if convert_markup(&tag).0.len() > 1 {
                    escaped.push_str(char_ref);
                } else {
                    escaped.push(*open);
                }
            }
            None => escaped.push(c),
        }
        rest = after;
    }
    escaped
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
            (
                "<font color=\"#FF0000\">Црвено</font> <FONT>и</FONT>",
                "",
                "<c.color-ff0000>Црвено</c> и",
            ),
            (
                "<font face='Arial' color=yellow><font size=2>Žuto</font></font>",
                "",
                "<c.yellow>Žuto</c>",
            ),
            ("<font color=\"red; }\">a</font></font>", "", "a"),
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
            ("", "&lt;b&gt;&lt;br> {\\an8} &lt;c>", "&lt;b>&lt;br> &lbrace;\\an8} <c>"),
            ("", "&lt;b<c>&gt;</c>", "&lt;b>"),
            (
                "",
                "<c.loud.color-ff0000>a</c> <c.yellow>b</c> <c.color-x1>c</c>",
                "<font color=\"#ff0000\">a</font> <font color=\"yellow\">b</font> c",
            ),
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
        fn plain_text_survives_srt(text in "([a<>;#x9 -]|&|&amp;|&eacute;|amp;|</?b>|<br>|<font color=red>|\\{\\\\an8\\}){0,12}") {
            let payload = escape(&text);
            let plain = to_plain_text(&payload);
            prop_assume!(!plain.contains("-->"));
            prop_assert_eq!(to_plain_text(&to_webvtt(&from_webvtt("", &payload)).1), plain);
        }
    }
}
