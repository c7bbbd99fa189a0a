//! Finds markup and links in a text, which must not be transliterated.

/// A span of a text; all spans concatenated are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span<'a> {
    /// Words and punctuation.
    Prose(&'a str),
    /// A tag, entity, URL, e-mail address, hashtag or handle; copied verbatim.
    Verbatim(&'a str),
}

/// Top-level domains that distinguish a host name without a scheme (`unwomen.org/en`) from a
/// missing space after a full stop.
const TOP_LEVEL_DOMAINS: &[&str] = &[
    "al", "app", "ba", "com", "de", "edu", "eu", "gov", "hr", "info", "int", "io", "me", "mk",
    "ms", "net", "org", "rs", "tr", "tv", "uk", "xk", "мкд", "срб",
];

/// Splits a text into prose and verbatim spans.
pub(super) fn split_spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    let mut prose_from = text;
    let mut has_tag_end = true;
    while let Some(at) = rest.find(['<', '&']) {
        let Some((_, markup)) = rest.split_at_checked(at) else {
            break;
        };
        // If no `>` follows, it is not searched for again: `<a<a<a…` is processed in linear time.
        let length = if markup.starts_with('&') {
            entity_len(markup)
        } else if has_tag_end {
            let length = tag_len(markup);
            has_tag_end = length.is_some() || markup.contains('>');
            length
        } else {
            None
        };
        if let Some((verbatim, after)) = length.and_then(|length| markup.split_at_checked(length)) {
            push_prose(&mut spans, text_before(prose_from, markup));
            spans.push(Span::Verbatim(verbatim));
            (rest, prose_from) = (after, after);
        } else {
            rest = markup.split_at_checked(1).map_or("", |(_, after)| after);
        }
    }
    push_prose(&mut spans, prose_from);
    spans
}

/// The part of `text` before its suffix `tail`.
fn text_before<'a>(text: &'a str, tail: &str) -> &'a str {
    text.get(..text.len().saturating_sub(tail.len())).unwrap_or_default()
}

/// Length of the tag (HTML or WebVTT) at the start of a text.
fn tag_len(text: &str) -> Option<usize> {
    let first = text.chars().nth(1)?;
    (first.is_ascii_alphabetic() || matches!(first, '/' | '!')).then_some(())?;
    Some(text.find('>')? + 1)
}

/// Length of the character reference at the start of a text: `&amp;`, `&#381;`.
fn entity_len(text: &str) -> Option<usize> {
    let name = text.strip_prefix('&')?;
    let name = name.strip_prefix('#').unwrap_or(name);
    let length = name.bytes().take(32).take_while(u8::is_ascii_alphanumeric).count();
    let is_terminated = name.as_bytes().get(length) == Some(&b';');
    (length > 0 && is_terminated).then(|| text.len() - name.len() + length + 1)
}

/// Adds a text without markup, its links as verbatim spans.
fn push_prose<'a>(spans: &mut Vec<Span<'a>>, text: &'a str) {
    let mut prose_from = 0;
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '„' | '“' | '”' | '«' | '»');
    let push = |spans: &mut Vec<Span<'a>>, from: usize, to: usize, is_verbatim: bool| {
        if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
            spans.push(if is_verbatim { Span::Verbatim(part) } else { Span::Prose(part) });
        }
    };
    let mut at = 0;
    for chunk in text.split_inclusive(ends) {
        if let Some((from, to)) = link_range(chunk.trim_end_matches(ends)) {
            push(spans, prose_from, at + from, false);
            push(spans, at + from, at + to, true);
            prose_from = at + to;
        }
        at += chunk.len();
    }
    push(spans, prose_from, text.len(), false);
}

/// Byte range of a link in a chunk without spaces.
fn link_range(chunk: &str) -> Option<(usize, usize)> {
    if let Some(at) = chunk.find("://") {
        let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
        return Some((chunk.get(..at)?.trim_end_matches(scheme).len(), chunk.len()));
    }
    let start = chunk.find(|c: char| c.is_alphanumeric() || matches!(c, '#' | '@'))?;
    let bare = chunk.get(start..)?;
    let has_prefix = ["www.", "mailto:", "tel:"].iter().any(|prefix| bare.starts_with(prefix));
    let is_tag =
        bare.strip_prefix(['#', '@']).is_some_and(|name| name.starts_with(char::is_alphanumeric));
    if has_prefix || is_tag {
        return Some((start, chunk.len()));
    }
    if let Some(at) = chunk.find('@') {
        let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
        let (before, after) = chunk.split_at_checked(at)?;
        let from = before.trim_end_matches(part).len();
        let host = after.get(1..)?;
        let host_length = host.find(|c| !part(c)).unwrap_or(host.len());
        let is_mail = from < at && host.get(..host_length)?.contains('.');
        return is_mail.then_some((from, at + 1 + host_length));
    }
    let host =
        bare.split(['/', '?', '#', ':']).next()?.trim_end_matches(|c: char| !c.is_alphanumeric());
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let (labels, last) = host.rsplit_once('.')?;
    (TOP_LEVEL_DOMAINS.contains(&last) && labels.split('.').all(label))
        .then_some((start, chunk.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text with its verbatim spans in brackets.
    fn bracketed(text: &str) -> String {
        let span = |span| match span {
            Span::Prose(prose) => prose.to_owned(),
            Span::Verbatim(fixed) => format!("[{fixed}]"),
        };
        split_spans(text).into_iter().map(span).collect()
    }

    #[test]
    fn finds_markup_and_links() {
        for (text, expected) in [
            ("obična rečenica.", "obična rečenica."),
            ("<p class=\"a\">da</p>", "[<p class=\"a\">]da[</p>]"),
            ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
            ("a&nbsp;b &#381; &; &x", "a[&nbsp;]b [&#381;] &; &x"),
            ("vidi https://a.org/x?y=1, pa", "vidi [https://a.org/x?y=1,] pa"),
            ("(http://a.org)", "([http://a.org)]"),
            ("sajt:ftp://a", "sajt:[ftp://a]"),
            ("www.sajt.rs", "[www.sajt.rs]"),
            ("na unwomen.org/en i eca.unwomen.org.", "na [unwomen.org/en] i [eca.unwomen.org.]"),
            ("kraj.Početak itd.", "kraj.Početak itd."),
            ("piši na pomoc@sajt.rs, hitno", "piši na [pomoc@sajt.rs], hitno"),
            ("#HearMeToo i @unwomen", "[#HearMeToo] i [@unwomen]"),
            ("„https://a.b“ kaže", "„[https://a.b]“ kaže"),
            ("a @ b # c", "a @ b # c"),
            ("<a<a<a", "<a<a<a"),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(bracketed(text), expected, "{text}");
        }
    }

    #[test]
    fn pathological_input_is_linear() {
        for part in ["<a", "&a", "< ", "a@", "://", "#", "<a>"] {
            assert!(!split_spans(&part.repeat(200_000)).is_empty());
        }
    }

    proptest! {
        #[test]
        fn spans_cover_text(text in "\\PC{0,60}|([<>&;@#/:. ]|[a-zž]{1,3}|://|www\\.){0,30}") {
            let joined: String = split_spans(&text)
                .into_iter()
                .map(|span| match span { Span::Prose(part) | Span::Verbatim(part) => part })
                .collect();
            prop_assert_eq!(joined, text);
        }
    }
}
