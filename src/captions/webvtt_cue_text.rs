//! WebVTT cue text (WebVTT, 4.2.2 "WebVTT caption or subtitle cue text" and 6.4 "cue text parsing
//! rules").
//!
//! A payload is split into tokens whose raw forms, concatenated, are the payload. Functions that
//! change the text of a cue therefore preserve its tags, timestamps, annotations and character
//! references.

use crate::captions::char_refs;
use crate::captions::char_refs::parse_char_ref;

/// A token of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CueToken<'a> {
    /// Text without `&`, `<` and `>`.
    Text(&'a str),
    /// A character reference, such as `&amp;`, and the characters that it stands for.
    CharRef(&'a str, String),
    /// A literal `&` or `>`.
    Literal(&'a str),
    /// From `<` to `>`, or to the end if there is no `>`.
    Tag(&'a str),
}

impl<'a> CueToken<'a> {
    /// The part of the payload that the token was parsed from.
    fn raw(&self) -> &'a str {
        match self {
            Self::Text(raw) | Self::CharRef(raw, _) | Self::Literal(raw) | Self::Tag(raw) => raw,
        }
    }
}

/// A parsed tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Start {
        name: &'a str,
        annotation: &'a str,
    },
    End {
        name: &'a str,
    },
    /// `<00:00:01.000>`: start time of the text after it.
    Timestamp,
}

/// The text of one voice in a cue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// The annotation of the voice span; `None` outside one.
    pub speaker: Option<String>,
    /// Lines of plain text: at least one, none empty.
    pub lines: Vec<String>,
}

/// Converts a payload to plain text.
///
/// Tags and timestamps are removed, character references decoded, whitespace collapsed, and lines
/// joined by a space. `<br>`, which is HTML, separates lines too. Ruby text (`<rt>`) follows its base in brackets: `漢字 (かんじ)`.
#[must_use]
pub fn to_plain_text(payload: &str) -> String {
    let lines: Vec<String> =
        utterances(payload).into_iter().flat_map(|utterance| utterance.lines).collect();
    lines.join(" ")
}

/// Applies a function to the text of a payload and to the names of its voices; other tags,
/// timestamps and character references are preserved.
///
/// The function receives the text between those, including line breaks, and the language of the
/// language span (`<lang en>`) that contains it, if any; its result is escaped. Character
/// references to letters are part of the text: they are decoded if the function changes it.
#[must_use]
pub fn map_text(payload: &str, f: &dyn Fn(&str, Option<&str>) -> String) -> String {
    let mut mapped = String::with_capacity(payload.len());
    let mut languages: Vec<&str> = Vec::new();
    let mut run = TextRun::default();
    for token in tokenize(payload) {
        match token {
            CueToken::Text(text) => run.push(text, text),
            CueToken::CharRef(raw, text) if text.chars().all(char::is_alphabetic) => {
                run.push(raw, &text);
            }
            CueToken::CharRef(raw, _) | CueToken::Literal(raw) => {
                run.flush(&mut mapped, &|text| f(text, languages.last().copied()));
                mapped.push_str(raw);
            }
            CueToken::Tag(raw) => {
                run.flush(&mut mapped, &|text| f(text, languages.last().copied()));
                match parse_tag(raw) {
                    Tag::Start { name: "lang", annotation } => languages.push(annotation),
                    Tag::End { name: "lang" } => drop(languages.pop()),
                    _ => {}
                }
                match split_named_voice(raw) {
                    Some((before, name, after)) => {
                        mapped.extend([before, &map_text(name, f), after]);
                    }
                    None => mapped.push_str(raw),
                }
            }
        }
    }
    run.flush(&mut mapped, &|text| f(text, languages.last().copied()));
    mapped
}

/// Consecutive text and character references to letters.
#[derive(Default)]
struct TextRun {
    raw: String,
    decoded: String,
}

impl TextRun {
    fn push(&mut self, raw: &str, decoded: &str) {
        self.raw.push_str(raw);
        self.decoded.push_str(decoded);
    }

    /// Appends the mapped text, or the unchanged one in its raw form.
    fn flush(&mut self, mapped: &mut String, f: &dyn Fn(&str) -> String) {
        let Self { raw, decoded } = std::mem::take(self);
        if decoded.is_empty() {
            return;
        }
        let text = f(&decoded);
        mapped.push_str(&if text == decoded { raw } else { escape(&text) });
    }
}

/// Removes the text of a payload up to and including its first `count` visible characters, those
/// of [`to_plain_text`] without spaces. Tags are kept, except timestamps of the removed text.
pub(super) fn remove_leading_text(payload: &str, count: usize) -> String {
    let is_visible = |c: &char| !c.is_whitespace();
    let mut kept = String::with_capacity(payload.len());
    let mut remaining = count;
    let (mut has_text, mut ruby) = (false, RubyBrackets::default());
    for token in tokenize(payload) {
        let text = match &token {
            CueToken::Tag(raw) => {
                let tag = parse_tag(raw);
                let brackets = ruby.on_tag(&tag).chars().filter(is_visible).count();
                remaining = remaining.saturating_sub(brackets);
                if has_text || !(tag == Tag::Timestamp || is_line_break(&tag)) {
                    kept.push_str(raw);
                }
                continue;
            }
            CueToken::Text(text) | CueToken::Literal(text) => text,
            CueToken::CharRef(_, text) => text.as_str(),
        };
        let visible = text.chars().filter(is_visible).count();
        if has_text {
            kept.push_str(token.raw());
        } else if visible <= remaining {
            remaining -= visible;
        } else {
            let removed = remaining;
            remaining = 0;
            has_text = true;
            let rest = text.char_indices().filter(|(_, c)| is_visible(c)).nth(removed);
            let rest = rest.and_then(|(at, _)| text.get(at..)).unwrap_or_default();
            kept.push_str(if rest == text { token.raw() } else { rest });
        }
    }
    kept
}

/// Splits a start tag of a named voice into the parts before the name, the name, and after it.
fn split_named_voice(raw: &str) -> Option<(&str, &str, &str)> {
    let Tag::Start { name: "v", annotation } = parse_tag(raw) else { return None };
    let (before, after) = raw.rsplit_once(annotation).filter(|_| !annotation.is_empty())?;
    Some((before, annotation, after))
}

/// Escapes plain text for cue text: `&`, `<` and `>` become character references.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Splits a payload into the plain text of each voice.
///
/// A voice ends at its end tag, at the next voice or at the end of the cue.
#[must_use]
pub fn utterances(payload: &str) -> Vec<Utterance> {
    let mut voices = Vec::new();
    let mut speaker = None;
    let mut text = String::new();
    let mut ruby = RubyBrackets::default();
    for token in tokenize(payload) {
        match token {
            CueToken::Text(text_part) | CueToken::Literal(text_part) => text.push_str(text_part),
            CueToken::CharRef(_, characters) => text.push_str(&characters),
            CueToken::Tag(raw) => {
                let tag = parse_tag(raw);
                text.push_str(ruby.on_tag(&tag));
                if is_line_break(&tag) {
                    text.push('\n');
                } else if is_voice_tag(&tag) {
                    push_utterance(&mut voices, speaker, &mut text);
                    speaker = voice_name(&tag);
                }
            }
        }
    }
    text.push_str(ruby.close());
    push_utterance(&mut voices, speaker, &mut text);
    voices
}

/// Moves the collected text to a new utterance, unless it is blank.
fn push_utterance(utterances: &mut Vec<Utterance>, speaker: Option<String>, text: &mut String) {
    let lines: Vec<String> = std::mem::take(text)
        .split('\n')
        .map(collapse_whitespace)
        .filter(|line| !line.is_empty())
        .collect();
    if !lines.is_empty() {
        utterances.push(Utterance { speaker, lines });
    }
}

/// Brackets around ruby text, whose end tag is optional (WebVTT, 4.2.2 "ruby span").
#[derive(Debug, Default)]
pub(super) struct RubyBrackets {
    is_open: bool,
}

impl RubyBrackets {
    /// The output for a tag.
    pub(super) fn on_tag(&mut self, tag: &Tag<'_>) -> &'static str {
        match tag {
            Tag::Start { name: "rt", .. } if !self.is_open => {
                self.is_open = true;
                " ("
            }
            Tag::End { name: "rt" | "ruby" } => self.close(),
            _ => "",
        }
    }

    /// The output at the end of the payload.
    pub(super) fn close(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_open) { ")" } else { "" }
    }
}

/// Whether a payload has a `<` without a `>`; players do not render the text after it.
pub(super) fn has_unclosed_tag(payload: &str) -> bool {
    matches!(tokenize(payload).last(), Some(CueToken::Tag(raw)) if !raw.ends_with('>'))
}

/// Splits a payload into tokens.
pub(super) fn tokenize(payload: &str) -> Vec<CueToken<'_>> {
    let mut tokens = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let token = next_token(rest);
        rest = rest.strip_prefix(token.raw()).unwrap_or_default();
        tokens.push(token);
    }
    tokens
}

/// The first token of a non-empty text.
fn next_token(rest: &str) -> CueToken<'_> {
    if rest.starts_with('<') {
        return CueToken::Tag(rest.split_inclusive('>').next().unwrap_or(rest));
    }
    if let Some((raw, characters)) = parse_char_ref(rest) {
        return CueToken::CharRef(raw, characters);
    }
    if rest.starts_with(['&', '>']) {
        return CueToken::Literal(rest.get(..1).unwrap_or(rest));
    }
    CueToken::Text(rest.split(['&', '<', '>']).next().unwrap_or(rest))
}

/// Parses a tag in its raw form, including `<` and `>`.
pub(super) fn parse_tag(raw: &str) -> Tag<'_> {
    let inner = raw.strip_prefix('<').unwrap_or(raw);
    let inner = inner.strip_suffix('>').unwrap_or(inner);
    if let Some(name) = inner.strip_prefix('/') {
        return Tag::End { name: name.trim() };
    }
    if inner.starts_with(|c: char| c.is_ascii_digit()) {
        return Tag::Timestamp;
    }
    let (named, annotation) =
        inner.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((inner, ""));
    let name = named.split('.').next().unwrap_or(named);
    Tag::Start { name, annotation: annotation.trim() }
}

/// Whether a tag is `<br>`: players ignore it, but converters leave it between lines.
pub(super) fn is_line_break(tag: &Tag<'_>) -> bool {
    let Tag::Start { name, .. } = tag else { return false };
    name.trim_end_matches('/').eq_ignore_ascii_case("br")
}

fn is_voice_tag(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Start { name: "v", .. } | Tag::End { name: "v" })
}

/// The name of the voice that a tag starts, if any.
pub(super) fn voice_name(tag: &Tag<'_>) -> Option<String> {
    match tag {
        Tag::Start { name: "v", annotation } => {
            Some(collapse_whitespace(&char_refs::decode(annotation)))
                .filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

fn collapse_whitespace(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::any_payload;
    use proptest::prelude::*;

    #[test]
    fn strips_markup() {
        for (payload, expected) in [
            ("<v Ana>Dobro  veče,\n<i>Beograde</i>!</v>", "Dobro veče, Beograde!"),
            ("<v Ана>Здраво.</v><v.gost Марко>Ћао.", "Здраво. Ћао."),
            (
                "Kadın <c.vurgu.sarı>hakları</c> &amp; <lang tr>eşitlik</lang>",
                "Kadın hakları & eşitlik",
            ),
            ("<00:00:01.000>Mirë<00:00:02.000>dita", "Mirëdita"),
            ("1 &lt; 2 &gt; 0 &#263;&#x107;&nbsp;&quot;x&apos;", "1 < 2 > 0 ćć \"x'"),
            ("&lrm;a&rlm;", "\u{200E}a\u{200F}"),
            (
                "caf&eacute; &scaron;uma&hellip; &foo; & &; &#; &#x;",
                "café šuma… &foo; & &; &#; &#x;",
            ),
            ("Prvi<br>drugi<br/>treći<BR>", "Prvi drugi treći"),
            ("&#0;&#xD800;&#99999999999;a&#10;&#7;b", "\u{FFFD}\u{FFFD}\u{FFFD}a b"),
            ("<ruby>漢<rt>かん</rt>字<rt>じ</ruby>", "漢 (かん)字 (じ)"),
            ("<ruby>漢<rt>かん", "漢 (かん)"),
            ("pet > četiri <nema kraja", "pet > četiri"),
            ("<>a</><b></b>", "a"),
            (" \n\t", ""),
        ] {
            assert_eq!(to_plain_text(payload), expected, "{payload}");
        }
    }

    #[test]
    fn finds_voices() {
        let speakers = |payload| {
            utterances(payload).into_iter().map(|utterance| utterance.speaker).collect::<Vec<_>>()
        };
        assert_eq!(
            speakers("<v.first.loud Ana  &amp;\tMarko>Zdravo"),
            [Some("Ana & Marko".to_owned())]
        );
        assert_eq!(speakers("<i><v>Ko?</v> <v Дејан>Јас.</v>"), [None, Some("Дејан".to_owned())]);
        assert_eq!(speakers("<video x>Zdravo <i>v</i>"), [None]);
        let spoken =
            utterances("[muzika]\n<v Ana>Prva.\nDruga.</v>\n<v Marko>Treća. <v Ana></v>Kraj.");
        let spoken: Vec<_> = spoken
            .iter()
            .map(|utterance| {
                (utterance.speaker.as_deref().unwrap_or("-"), utterance.lines.join("/"))
            })
            .collect();
        let expected =
            [("-", "[muzika]"), ("Ana", "Prva./Druga."), ("Marko", "Treća."), ("-", "Kraj.")];
        assert_eq!(spoken, expected.map(|(speaker, text)| (speaker, text.to_owned())));
    }

    #[test]
    fn map_text_leaves_markup_alone() {
        let upper = |text: &str, language: Option<&str>| match language {
            Some("en") => text.to_owned(),
            _ => text.to_uppercase(),
        };
        let payload = "<v.loud  ana &amp; v>zdravo</v> &amp; <c.x>ćao</c> <v><lang bs><00:00:01.000>a > b\nkraj";
        assert_eq!(
            map_text(payload, &upper),
            "<v.loud  ANA &amp; V>ZDRAVO</v> &amp; <c.x>ĆAO</c> <v><lang bs><00:00:01.000>A > B\nKRAJ"
        );
        assert_eq!(map_text("x", &|_, _| "<b> & -->".to_owned()), "&lt;b&gt; &amp; --&gt;");
        let payload = "<lang en>a<lang sr>b</lang>c&eacute;</lang>d &scaron;uma &hellip;";
        assert_eq!(
            map_text(payload, &upper),
            "<lang en>a<lang sr>B</lang>c&eacute;</lang>D ŠUMA &hellip;"
        );
    }

    #[test]
    fn removes_leading_text() {
        for (payload, count, expected) in [
            (
                "dobro veče\ni<00:00:03.000><c> dobro došli</c>",
                9,
                "i<00:00:03.000><c> dobro došli</c>",
            ),
            ("<v Ana>a<00:01.000> b\nc d</v>", 2, "<v Ana>c d</v>"),
            ("caf&eacute; <i>da</i><br>ne", 6, "<i></i>ne"),
            ("caf&eacute; da", 3, "&eacute; da"),
            ("a b", 2, ""),
            ("a b", 0, "a b"),
        ] {
            assert_eq!(remove_leading_text(payload, count), expected, "{payload}");
        }
    }

    #[test]
    fn detects_unclosed_tag() {
        assert!(has_unclosed_tag("1 < 2"));
        assert!(!has_unclosed_tag("1 <b> 2 >"));
        assert!(!has_unclosed_tag(""));
    }

    proptest! {
        #[test]
        fn map_text_with_identity_is_lossless(payload in prop_oneof![any_payload(), "[a&<>;#x/v \n-]{0,40}", "\\PC{0,40}"]) {
            prop_assert_eq!(map_text(&payload, &|text, _| text.to_owned()), payload);
        }

        #[test]
        fn removed_text_is_a_prefix(payload in any_payload(), count in 0_usize..20) {
            let visible = |text: &str| to_plain_text(text).chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
            prop_assume!(!payload.contains("<r"));
            let all = visible(&payload);
            prop_assert_eq!(&visible(&remove_leading_text(&payload, count)), all.get(count.min(all.len())..).unwrap_or_default());
        }

        #[test]
        fn plain_text_has_collapsed_whitespace(payload in prop_oneof![any_payload(), "[a&<>;#x0/v \n-]{0,40}", ".{0,40}"]) {
            let plain = to_plain_text(&payload);
            prop_assert_eq!(collapse_whitespace(&plain), plain);
        }

        #[test]
        fn escaped_text_round_trips(text in "[a&<>;#x/v -]{0,40}|\\PC{0,40}") {
            prop_assert_eq!(to_plain_text(&escape(&text)), collapse_whitespace(&text));
        }
    }
}
