//! The text of a cue (WebVTT, 4.2.2 "WebVTT caption or subtitle cue text" and 6.4 "cue text parsing
//! rules").
//!
//! A payload is cut into pieces whose raw forms, put together, are the payload again. So what a
//! function does to the words of a cue cannot harm its tags, timestamps, annotations and character
//! references.

/// A piece of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Words; without `&`, `<` and `>`.
    Text(&'a str),
    /// A character reference, such as `&amp;`, and the character that it means.
    Reference(&'a str, char),
    /// An `&` or `>` that means itself.
    Sign(&'a str),
    /// From `<` to `>`, or to the end when there is no `>`.
    Tag(&'a str),
}

/// What a tag does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Start {
        name: &'a str,
        annotation: &'a str,
    },
    End {
        name: &'a str,
    },
    /// `<00:00:01.000>`: when the text after it lights up.
    Timestamp,
}

/// What one voice says in a cue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// The annotation of the voice span; `None` outside one.
    pub speaker: Option<String>,
    /// The lines as plain text; there is at least one and none is empty.
    pub lines: Vec<String>,
}

/// Reads the plain text of a payload.
///
/// Tags and timestamps are left out, character references decoded, white space is one space, lines
/// are joined by a space. The text above ruby (`<rt>`) follows its base in brackets: `漢字 (かんじ)`.
#[must_use]
pub fn plain(payload: &str) -> String {
    let lines: Vec<String> =
        utterances(payload).into_iter().flat_map(|utterance| utterance.lines).collect();
    lines.join(" ")
}

/// Reads who speaks first: the annotation of the first voice span (`<v Ana>`).
#[must_use]
pub fn speaker(payload: &str) -> Option<String> {
    pieces(payload).into_iter().find_map(|piece| match piece {
        Piece::Tag(raw) => voice(&tag(raw)),
        _ => None,
    })
}

/// Applies a function to the words of a payload and to the names of its voices; other tags,
/// timestamps and character references stay.
///
/// The function gets what lies between those, line breaks included, and what it returns is escaped.
#[must_use]
pub fn map_text(payload: &str, f: &dyn Fn(&str) -> String) -> String {
    let mut mapped = String::with_capacity(payload.len());
    for piece in pieces(payload) {
        match piece {
            Piece::Text(text) => mapped.push_str(&escape(&f(text))),
            Piece::Tag(raw) => match named_voice(raw) {
                Some((before, name, after)) => mapped.extend([before, &map_text(name, f), after]),
                None => mapped.push_str(raw),
            },
            Piece::Reference(raw, _) | Piece::Sign(raw) => mapped.push_str(raw),
        }
    }
    mapped
}

/// A tag that begins a voice with a name: what is before the name, the name, and what is after it.
fn named_voice(raw: &str) -> Option<(&str, &str, &str)> {
    let Tag::Start { name: "v", annotation } = tag(raw) else { return None };
    let (before, after) = raw.rsplit_once(annotation).filter(|_| !annotation.is_empty())?;
    Some((before, annotation, after))
}

/// Writes plain text as cue text: `&`, `<` and `>` become character references.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Reads what is said in a payload, voice by voice, as plain text.
///
/// A voice lasts to its end tag, to the next voice or to the end of the cue.
#[must_use]
pub fn utterances(payload: &str) -> Vec<Utterance> {
    let mut found = Vec::new();
    let mut speaker = None;
    let mut text = String::new();
    let mut ruby = Ruby::default();
    for piece in pieces(payload) {
        match piece {
            Piece::Text(words) | Piece::Sign(words) => text.push_str(words),
            Piece::Reference(_, meant) => text.push(meant),
            Piece::Tag(raw) => {
                let tag = tag(raw);
                text.push_str(ruby.bracket(&tag));
                if is_voice(&tag) {
                    finish(&mut found, speaker, &mut text);
                    speaker = voice(&tag);
                }
            }
        }
    }
    text.push_str(ruby.end());
    finish(&mut found, speaker, &mut text);
    found
}

/// Ends an utterance: its text is taken, and kept when there is any.
fn finish(found: &mut Vec<Utterance>, speaker: Option<String>, text: &mut String) {
    let lines: Vec<String> =
        std::mem::take(text).split('\n').map(one_space).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        found.push(Utterance { speaker, lines });
    }
}

/// The brackets around the text above ruby, whose end tag may be left out (WebVTT, 4.2.2 "ruby
/// span").
#[derive(Debug, Default)]
pub(super) struct Ruby {
    is_open: bool,
}

impl Ruby {
    /// What is written in place of a tag.
    pub(super) fn bracket(&mut self, tag: &Tag<'_>) -> &'static str {
        match tag {
            Tag::Start { name: "rt", .. } if !self.is_open => {
                self.is_open = true;
                " ("
            }
            Tag::End { name: "rt" | "ruby" } => self.end(),
            _ => "",
        }
    }

    /// What is written at the end.
    pub(super) fn end(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_open) { ")" } else { "" }
    }
}

/// Whether a payload has a `<` without its `>`, after which players show nothing.
pub(super) fn is_unclosed(payload: &str) -> bool {
    matches!(pieces(payload).last(), Some(Piece::Tag(raw)) if !raw.ends_with('>'))
}

/// Cuts a payload into its pieces.
pub(super) fn pieces(payload: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let piece = first_piece(rest);
        let (Piece::Text(raw) | Piece::Reference(raw, _) | Piece::Sign(raw) | Piece::Tag(raw)) =
            piece;
        rest = rest.strip_prefix(raw).unwrap_or_default();
        found.push(piece);
    }
    found
}

/// The piece with which a text begins that is not empty.
fn first_piece(rest: &str) -> Piece<'_> {
    if rest.starts_with('<') {
        return Piece::Tag(rest.split_inclusive('>').next().unwrap_or(rest));
    }
    if let Some((raw, meant)) = reference(rest) {
        return Piece::Reference(raw, meant);
    }
    if rest.starts_with(['&', '>']) {
        return Piece::Sign(rest.get(..1).unwrap_or(rest));
    }
    Piece::Text(rest.split(['&', '<', '>']).next().unwrap_or(rest))
}

/// The character reference with which a text begins, and its character.
///
/// These are the six that WebVTT always had, two quotes that converters write, and the numeric
/// ones. Others are left as they are.
fn reference(text: &str) -> Option<(&str, char)> {
    let body = text.strip_prefix('&')?;
    let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '#')?;
    let (raw, name) = (text.get(..end + 2)?, body.get(..end)?);
    let meant = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "lrm" => '\u{200E}',
        "rlm" => '\u{200F}',
        "nbsp" => '\u{A0}',
        "quot" => '"',
        "apos" => '\'',
        _ => numeric(name.strip_prefix('#')?)?,
    };
    raw.ends_with(';').then_some((raw, meant))
}

/// The character of a number: U+FFFD for one that is none (HTML, 13.2.5.80), a space for a control
/// character.
fn numeric(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let meant =
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| c != '\0');
    Some(meant.map_or(char::REPLACEMENT_CHARACTER, |c| if c.is_control() { ' ' } else { c }))
}

/// Reads a tag from its raw form, `<` and `>` included.
pub(super) fn tag(raw: &str) -> Tag<'_> {
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

fn is_voice(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Start { name: "v", .. } | Tag::End { name: "v" })
}

/// The name of a voice, if the tag begins one that has a name.
pub(super) fn voice(tag: &Tag<'_>) -> Option<String> {
    match tag {
        Tag::Start { name: "v", annotation } => {
            Some(one_space(&decoded(annotation))).filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

/// An annotation with its character references decoded.
fn decoded(annotation: &str) -> String {
    let mut text = String::with_capacity(annotation.len());
    for piece in pieces(annotation) {
        match piece {
            Piece::Reference(_, meant) => text.push(meant),
            Piece::Text(raw) | Piece::Sign(raw) | Piece::Tag(raw) => text.push_str(raw),
        }
    }
    text
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::samples::payload;
    use proptest::prelude::*;

    #[test]
    fn text_is_plain() {
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
            ("&eacute; & &; &#; &#x; &#xg; &amp", "&eacute; & &; &#; &#x; &#xg; &amp"),
            ("&#0;&#xD800;&#99999999999;a&#10;&#7;b", "\u{FFFD}\u{FFFD}\u{FFFD}a b"),
            ("<ruby>漢<rt>かん</rt>字<rt>じ</ruby>", "漢 (かん)字 (じ)"),
            ("<ruby>漢<rt>かん", "漢 (かん)"),
            ("pet > četiri <nema kraja", "pet > četiri"),
            ("<>a</><b></b>", "a"),
            (" \n\t", ""),
        ] {
            assert_eq!(plain(payload), expected, "{payload}");
        }
    }

    #[test]
    fn voices_are_found() {
        assert_eq!(
            speaker("<v.first.loud Ana  &amp;\tMarko>Zdravo"),
            Some("Ana & Marko".to_owned())
        );
        assert_eq!(speaker("<i><v>Ko?</v> <v Дејан>Јас.</v>"), Some("Дејан".to_owned()));
        assert_eq!(speaker("<video x>Zdravo <i>v</i>"), None);
        let said =
            utterances("[muzika]\n<v Ana>Prva.\nDruga.</v>\n<v Marko>Treća. <v Ana></v>Kraj.");
        let said: Vec<_> = said
            .iter()
            .map(|said| (said.speaker.as_deref().unwrap_or("-"), said.lines.join("/")))
            .collect();
        let expected =
            [("-", "[muzika]"), ("Ana", "Prva./Druga."), ("Marko", "Treća."), ("-", "Kraj.")];
        assert_eq!(said, expected.map(|(speaker, text)| (speaker, text.to_owned())));
    }

    #[test]
    fn only_text_is_mapped() {
        let upper = |text: &str| text.to_uppercase();
        let payload = "<v.loud  ana &amp; v>zdravo</v> &amp; <c.x>ćao</c> <v><lang bs><00:00:01.000>a > b\nkraj";
        assert_eq!(
            map_text(payload, &upper),
            "<v.loud  ANA &amp; V>ZDRAVO</v> &amp; <c.x>ĆAO</c> <v><lang bs><00:00:01.000>A > B\nKRAJ"
        );
        assert_eq!(map_text("x", &|_| "<b> & -->".to_owned()), "&lt;b&gt; &amp; --&gt;");
    }

    #[test]
    fn an_open_tag_is_seen() {
        assert!(is_unclosed("1 < 2"));
        assert!(!is_unclosed("1 <b> 2 >"));
        assert!(!is_unclosed(""));
    }

    proptest! {
        #[test]
        fn identity_changes_nothing(payload in prop_oneof![payload(), "[a&<>;#x/v \n-]{0,40}", "\\PC{0,40}"]) {
            prop_assert_eq!(map_text(&payload, &str::to_owned), payload);
        }

        #[test]
        fn plain_text_is_tidy(payload in prop_oneof![payload(), "[a&<>;#x0/v \n-]{0,40}", ".{0,40}"]) {
            let plain = plain(&payload);
            prop_assert_eq!(one_space(&plain), plain);
        }

        #[test]
        fn escaped_text_comes_back(text in "[a&<>;#x/v -]{0,40}|\\PC{0,40}") {
            prop_assert_eq!(plain(&escape(&text)), one_space(&text));
        }
    }
}
