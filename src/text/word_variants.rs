//! Words that are written in several ways: hyphenated or joined (`e-mail`), with or without full stops
//! (`E.U.`), with or without separators in numbers (`1,500`, `0800 222 003`), and after an elided
//! article (`d'Orsay`).
//!
//! A text is indexed by its words and by these variants, each as one word. A query that is written
//! in parts is searched for as written and as one word.

use std::ops::{Range, RangeInclusive};

use crate::text::chars::{MAX_TOKEN_LEN, is_apostrophe};
use crate::text::fold::fold_word;

/// Maximum number of words that are joined.
const MAX_JOINED_WORDS: usize = 6;

/// Numbers of digits of a telephone number.
const PHONE_NUMBER_LEN: RangeInclusive<usize> = 6..=15;

/// Some adjacent words of a text, or a part of one, as one word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct WordVariant {
    /// Byte range in the text.
    pub(super) range: Range<usize>,
    /// The word: a single token.
    pub(super) word: String,
}

/// Finds the variants of the words of a text, in order; `words` are those of
/// [`word_indices`](crate::text::analyzer::word_indices).
pub(super) fn word_variants(text: &str, words: &[(usize, &str)]) -> Vec<WordVariant> {
    let mut variants = Vec::new();
    let mut rest = words;
    while let Some((start, word)) = rest.first() {
        variants.extend(without_elision(*start, word));
        let length = joined_len(text, rest);
        variants.extend(rest.get(..length).filter(|_| length > 1).and_then(join));
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    variants
}

/// Whether a word is a single token: letters and digits, also when folded.
fn is_token(word: &str) -> bool {
    !word.is_empty() && fold_word(word).chars().all(char::is_alphanumeric)
}

/// The words as one; `None` if that is not a single token.
fn join(words: &[(usize, &str)]) -> Option<WordVariant> {
    let ((start, _), (last_start, last)) = (words.first()?, words.last()?);
    let word: String = words.iter().map(|(_, word)| *word).collect();
    let is_short =
        words.len() <= MAX_JOINED_WORDS && word.chars().count() <= MAX_TOKEN_LEN && is_token(&word);
    is_short.then(|| WordVariant { range: *start..last_start.saturating_add(last.len()), word })
}

/// The word after an elided article or particle: `Orsay` of `d'Orsay`.
fn without_elision(start: usize, word: &str) -> Option<WordVariant> {
    let (article, rest) = word.split_once(is_apostrophe)?;
    let is_elision = (1..=2).contains(&article.chars().count())
        && rest.chars().count() >= 3
        && rest.chars().all(char::is_alphabetic)
        && is_token(rest);
    let end = start.saturating_add(word.len());
    is_elision
        .then(|| WordVariant { range: end.saturating_sub(rest.len())..end, word: rest.to_owned() })
}

/// The number of words at the beginning that can be written as one; 1 or less if the first stands
/// alone.
fn joined_len(text: &str, words: &[(usize, &str)]) -> usize {
    let [(start, first), (_, second), ..] = words else { return 1 };
    let Some(separator) = separator(text, words, 0) else { return 1 };
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(first) && is_number(second) {
        let is_phone_number =
            first.starts_with('0') || text.get(..*start).is_some_and(|text| text.ends_with('+'));
        return if is_phone_number {
            phone_number_len(text, words)
        } else {
            grouped_number_len(text, words, separator)
        };
    }
    let run = |is_joined: &dyn Fn(char, &str) -> bool| {
        let mut length: usize = 1;
        while let Some((_, word)) = words.get(length)
            && self::separator(text, words, length.saturating_sub(1))
                .is_some_and(|separator| is_joined(separator, word))
        {
            length = length.saturating_add(1);
        }
        length
    };
    let is_letter = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    };
    match separator {
        '-' | '\u{2010}' | '\u{2011}' => {
            run(&|separator, _| matches!(separator, '-' | '\u{2010}' | '\u{2011}'))
        }
        '.' if is_letter(first) => run(&|separator, word| separator == '.' && is_letter(word)),
        _ => 1,
    }
}

/// The character between a word and the next one; `None` if there are several.
fn separator(text: &str, words: &[(usize, &str)], index: usize) -> Option<char> {
    let ((start, word), (next, _)) = (words.get(index)?, words.get(index.saturating_add(1))?);
    let mut characters = text.get(start.saturating_add(word.len())..*next)?.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// The number of groups of digits of a telephone number: `0800 222 003`, `+381 11/222-333`.
fn phone_number_len(text: &str, words: &[(usize, &str)]) -> usize {
    let is_separator = |c| matches!(c, ' ' | '\u{a0}' | '-' | '\u{2010}' | '\u{2011}' | '/' | '.');
    let is_group = |word: &str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut length: usize = 1;
    while length < MAX_JOINED_WORDS
        && words.get(length).is_some_and(|(_, word)| is_group(word))
        && separator(text, words, length.saturating_sub(1)).is_some_and(is_separator)
    {
        length = length.saturating_add(1);
    }
    let digits = words.iter().take(length).map(|(_, word)| word.len()).sum::<usize>();
    if PHONE_NUMBER_LEN.contains(&digits) { length } else { 1 }
}

/// The number of groups of a number whose thousands are separated: `1,500`, `1.500.000`, `1 500`.
fn grouped_number_len(text: &str, words: &[(usize, &str)], group_separator: char) -> usize {
    let is_supported =
        matches!(group_separator, ',' | '.' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}');
    if !is_supported || words.first().is_none_or(|(_, first)| first.len() > 3) {
        return 1;
    }
    let is_group = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut length: usize = 1;
    while length < MAX_JOINED_WORDS
        && words.get(length).is_some_and(|(_, word)| is_group(word))
        && separator(text, words, length.saturating_sub(1)) == Some(group_separator)
    {
        length = length.saturating_add(1);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::analyzer::word_indices;

    #[test]
    fn joins_words() {
        for (text, expected) in [
            ("Send an e-mail or on\u{2011}line", "email online"),
            ("COVID-19, 16-days; state-of-the-art", "COVID19 16days stateoftheart"),
            ("a-b-c-d-e-f-g", ""),
            ("the E.U. and U.N.D.P., e.g. this. A test", "EU UNDP eg"),
            ("1,500 1.500.000 1 500 1\u{a0}500, 12,5 3.14 1500.25", "1500 1500000 1500 1500"),
            ("0800 222 003, 011/222-333 or +381 11 222 3333", "0800222003 011222333 381112223333"),
            ("2024-2025 1 2 3 10 20", ""),
            ("Musée d'Orsay, women's, l’Union, s'ka", "Orsay Union"),
            ("one two - three", ""),
        ] {
            let words: Vec<(usize, &str)> = word_indices(text).collect();
            let variants = word_variants(text, &words);
            let found: Vec<&str> = variants.iter().map(|variant| variant.word.as_str()).collect();
            assert_eq!(found.join(" "), expected, "{text}");
            assert!(variants.iter().all(|variant| text.get(variant.range.clone()).is_some()));
        }
    }
}
