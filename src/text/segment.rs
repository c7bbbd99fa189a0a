//! Finds what is no prose in a text: markup and addresses, which transliteration must not touch.

/// A stretch of a text; all of them joined give the text again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Words and punctuation.
    Prose(&'a str),
    /// A tag, an entity, a URL, an e-mail address, a hashtag or a handle.
    Fixed(&'a str),
}

/// Last labels by which a host name without a scheme (`unwomen.org/en`) is known from a missing
/// space.
const TOP_LEVEL: &[&str] = &[
    "al", "app", "ba", "com", "de", "edu", "eu", "gov", "hr", "info", "int", "io", "me", "mk",
    "ms", "net", "org", "rs", "tr", "tv", "uk", "xk", "мкд", "срб",
];

/// Cuts a text into prose and what is none.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut prose_from = text;
    let mut tags_end = true;
    while let Some(at) = rest.find(['<', '&']) {
        let Some((_, sign)) = rest.split_at_checked(at) else {
            break;
        };
        // Once there is no `>` ahead, none is sought again: a text of `<a<a<a` stays linear.
        let length = if sign.starts_with('&') {
            entity(sign)
        } else if tags_end {
            let length = tag(sign);
            tags_end = length.is_some() || sign.contains('>');
            length
        } else {
            None
        };
        if let Some((fixed, after)) = length.and_then(|length| sign.split_at_checked(length)) {
            push_prose(&mut pieces, until(prose_from, sign));
            pieces.push(Piece::Fixed(fixed));
            (rest, prose_from) = (after, after);
        } else {
            rest = sign.split_at_checked(1).map_or("", |(_, after)| after);
        }
    }
    push_prose(&mut pieces, prose_from);
    pieces
}

/// The part of `text` before its own tail `tail`.
fn until<'a>(text: &'a str, tail: &str) -> &'a str {
    text.get(..text.len().saturating_sub(tail.len())).unwrap_or_default()
}

/// The length of the tag (HTML or cue markup) that a text begins with.
fn tag(text: &str) -> Option<usize> {
    let first = text.chars().nth(1)?;
    (first.is_ascii_alphabetic() || matches!(first, '/' | '!')).then_some(())?;
    Some(text.find('>')? + 1)
}

/// The length of the character reference that a text begins with: `&amp;`, `&#381;`.
fn entity(text: &str) -> Option<usize> {
    let name = text.strip_prefix('&')?;
    let name = name.strip_prefix('#').unwrap_or(name);
    let length = name.bytes().take(32).take_while(u8::is_ascii_alphanumeric).count();
    let ended = name.as_bytes().get(length) == Some(&b';');
    (length > 0 && ended).then(|| text.len() - name.len() + length + 1)
}

/// Adds a text without markup, its addresses apart.
fn push_prose<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    let mut prose_from = 0;
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '„' | '“' | '”' | '«' | '»');
    let push = |pieces: &mut Vec<Piece<'a>>, from: usize, to: usize, fixed: bool| {
        if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
            pieces.push(if fixed { Piece::Fixed(part) } else { Piece::Prose(part) });
        }
    };
    let mut at = 0;
    for chunk in text.split_inclusive(ends) {
        if let Some((from, to)) = address(chunk.trim_end_matches(ends)) {
            push(pieces, prose_from, at + from, false);
            push(pieces, at + from, at + to, true);
            prose_from = at + to;
        }
        at += chunk.len();
    }
    push(pieces, prose_from, text.len(), false);
}

/// Where an address begins and ends in a run without spaces.
fn address(chunk: &str) -> Option<(usize, usize)> {
    if let Some(at) = chunk.find("://") {
        let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
        return Some((chunk.get(..at)?.trim_end_matches(scheme).len(), chunk.len()));
    }
    let start = chunk.find(|c: char| c.is_alphanumeric() || matches!(c, '#' | '@'))?;
    let bare = chunk.get(start..)?;
    let marked = ["www.", "mailto:", "tel:"].iter().any(|prefix| bare.starts_with(prefix));
    let tagged =
        bare.strip_prefix(['#', '@']).is_some_and(|name| name.starts_with(char::is_alphanumeric));
    if marked || tagged {
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
    (TOP_LEVEL.contains(&last) && labels.split('.').all(label)).then_some((start, chunk.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The fixed pieces of a text, each in brackets.
    fn marked(text: &str) -> String {
        let piece = |piece| match piece {
            Piece::Prose(prose) => prose.to_owned(),
            Piece::Fixed(fixed) => format!("[{fixed}]"),
        };
        pieces(text).into_iter().map(piece).collect()
    }

    #[test]
    fn what_is_no_prose_is_found() {
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
            assert_eq!(marked(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_linear() {
        for part in ["<a", "&a", "< ", "a@", "://", "#", "<a>"] {
            assert!(!pieces(&part.repeat(200_000)).is_empty());
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole_text(text in "\\PC{0,60}|([<>&;@#/:. ]|[a-zž]{1,3}|://|www\\.){0,30}") {
            let joined: String = pieces(&text)
                .into_iter()
                .map(|piece| match piece { Piece::Prose(part) | Piece::Fixed(part) => part })
                .collect();
            prop_assert_eq!(joined, text);
        }
    }
}
