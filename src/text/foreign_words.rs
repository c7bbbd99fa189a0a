//! Detection of the words of a Serbian text in Latin script that remain in Latin script when it is
//! transliterated to Cyrillic.
//!
//! Serbian Cyrillic adapts most loanwords (`EU` is `ЕУ`, `SOS` is `СОС`), but names that do not
//! follow Serbian spelling remain. The rules, in order:
//!
//! 1. A word is foreign and remains if it contains a letter that Serbian Latin does not have (`q w
//!    x y ü é` …), starts with one of a few common names ([`FOREIGN_NAME_PREFIXES`]), or is a name
//!    (capitalized within a sentence) with a pair of letters that does not occur in Serbian names
//!    (`ch`, `th`, `ll` …: [`FOREIGN_DIGRAPHS`]).
//! 2. A word with a digit after a letter is a code (`CO2`, `mp3`) and remains.
//! 3. A Roman numeral of two or more letters remains, except the words `MI`, `LI`, `DI`, `DIV`, and
//!    `VI` before another word in capitals.
//! 4. Capitalized neighbours of a capitalized foreign word are part of the same name and remain
//!    (`UN Women`, `New York`, `World Health Organization`, `Save the Children`) if they are
//!    separated by a space, `-` or `&` and contain none of `č ć đ š ž`. To the left, an acronym is
//!    included and ends the name (`u Srbiji UN Women`), and the first word of a sentence is
//!    excluded (`Agencija World Vision`) unless an English linking word follows it. A foreign word
//!    in capitals includes one acronym to its left and nothing else, since a headline may be
//!    entirely in capitals.

/// A word, and the text between it and the previous word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub gap: &'a str,
    pub text: &'a str,
}

/// English words that link the parts of a name.
const LINKING_WORDS: &[&str] = &["against", "and", "for", "of", "the"];

/// Prefixes of foreign names (so that `Facebooku` is one) that the spelling rules do not detect.
const FOREIGN_NAME_PREFIXES: &[&str] = &["covid", "facebook", "google", "linkedin"];

/// Pairs of letters that do not occur in Serbian names. They occur in common words (`prethodno`,
/// `shvatiti`).
const FOREIGN_DIGRAPHS: &[&str] = &[
    "bb", "ch", "ck", "ee", "ff", "gh", "ll", "mm", "nn", "oo", "ph", "pp", "rr", "sh", "ss", "th",
    "tt",
];

/// Maximum number of words before and after a foreign word that can be part of the same name, to
/// bound the time.
const MAX_NAME_WORDS: usize = 8;

/// Serbian words in capitals that are also valid Roman numerals.
const NON_NUMERALS: &[&str] = &["DI", "DIV", "LI", "MI"];

/// Splits prose into words with the gaps before them, and the rest after the last word.
pub(super) fn split_words(prose: &str) -> (Vec<Word<'_>>, &str) {
    let mut words = Vec::new();
    let mut rest = prose;
    while let Some(from) = rest.find(char::is_alphanumeric) {
        let Some((gap, tail)) = rest.split_at_checked(from) else {
            break;
        };
        let Some((text, after)) = tail.split_at_checked(word_length(tail)) else {
            break;
        };
        words.push(Word { gap, text });
        rest = after;
    }
    (words, rest)
}

/// Length of the word at the start of a text. It includes inner apostrophes (`Women's`), combining
/// marks, and the non-joiner that editors put into an `n‌j` that is not a digraph.
fn word_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_inner_apostrophe =
            matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        let is_mark = matches!(c, '\u{200C}' | '\u{300}'..='\u{36F}');
        if !c.is_alphanumeric() && !is_inner_apostrophe && !is_mark {
            return at;
        }
    }
    text.len()
}

/// For each word, whether it remains in Latin script.
pub(super) fn stays_latin(words: &[Word<'_>]) -> Vec<bool> {
    let foreign: Vec<bool> = (0..words.len()).map(|at| is_foreign(words, at)).collect();
    let mut stays: Vec<bool> = words
        .iter()
        .enumerate()
        .zip(&foreign)
        .map(|((at, word), foreign)| *foreign || is_code(word.text) || is_numeral(words, at))
        .collect();
    for (at, word) in
        words.iter().enumerate().zip(foreign).filter_map(|(word, foreign)| foreign.then_some(word))
    {
        if is_capitalised(word.text) {
            let (from, to) = (name_start(words, at), name_end(words, at));
            stays.iter_mut().take(to).skip(from).for_each(|stay| *stay = true);
        }
    }
    stays
}

/// Index of the first word of the name around the foreign word at `at`.
fn name_start(words: &[Word<'_>], at: usize) -> usize {
    let is_headline = words.get(at).is_some_and(|word| is_acronym(word.text));
    let mut start = at;
    while at - start < MAX_NAME_WORDS {
        let linked = start
            .checked_sub(2)
            .filter(|&to| is_linking_word(words, to + 1) && can_extend_name(words, start));
        let before = linked.or(start.checked_sub(1)).filter(|_| is_adjacent(words, start));
        let Some((before, left)) = before.and_then(|to| Some((to, words.get(to)?))) else {
            return start;
        };
        if !can_be_in_name(left.text) {
            return start;
        }
        if is_acronym(left.text) {
            return before;
        }
        if is_headline || (linked.is_none() && starts_sentence(left, before)) {
            return start;
        }
        start = before;
    }
    start
}

/// Index after the last word of the name around the foreign word at `at`.
fn name_end(words: &[Word<'_>], at: usize) -> usize {
    let mut end = at + 1;
    if words.get(at).is_some_and(|word| is_acronym(word.text)) {
        return end;
    }
    while end - at < MAX_NAME_WORDS {
        if can_extend_name(words, end) {
            end += 1;
        } else if is_linking_word(words, end) && can_extend_name(words, end + 1) {
            end += 2;
        } else {
            break;
        }
    }
    end
}

/// Whether only a joining gap separates the word at `at` from the previous one.
fn is_adjacent(words: &[Word<'_>], at: usize) -> bool {
    words.get(at).is_some_and(|word| is_joining_gap(word.gap))
}

/// Whether the word at `at` can extend the name before it.
fn can_extend_name(words: &[Word<'_>], at: usize) -> bool {
    is_adjacent(words, at) && words.get(at).is_some_and(|word| can_be_in_name(word.text))
}

/// Whether the word at `at` is an English linking word of a name.
fn is_linking_word(words: &[Word<'_>], at: usize) -> bool {
    is_adjacent(words, at) && words.get(at).is_some_and(|word| LINKING_WORDS.contains(&word.text))
}

fn is_joining_gap(gap: &str) -> bool {
    matches!(gap, " " | "\u{A0}" | "-" | "&" | " & ")
}

fn can_be_in_name(word: &str) -> bool {
    is_capitalised(word)
        && word.chars().all(|c| c.is_ascii_alphanumeric() || is_foreign_letter(c) || c == '\'')
}

/// Whether a word starts a sentence, so that its capital does not indicate a name. A word after an
/// opening bracket does not.
fn starts_sentence(word: &Word<'_>, at: usize) -> bool {
    word.gap.contains(['.', '!', '?', ':', '…', '\n']) || (at == 0 && word.gap.trim().is_empty())
}

fn is_capitalised(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Whether a word is two or more capital letters.
fn is_acronym(word: &str) -> bool {
    word.chars().nth(1).is_some() && word.chars().all(char::is_uppercase)
}

fn is_foreign(words: &[Word<'_>], at: usize) -> bool {
    let Some(word) = words.get(at).filter(|word| !is_roman(word.text)) else {
        return false;
    };
    if word.text.chars().any(is_foreign_letter) {
        return true;
    }
    let lowercase = word.text.to_lowercase();
    let is_mid_sentence = at > 0 && (is_joining_gap(word.gap) || word.gap == ", ");
    let is_name = is_mid_sentence && is_capitalised(word.text) && !is_acronym(word.text);
    FOREIGN_NAME_PREFIXES.iter().any(|name| lowercase.starts_with(name))
        || (is_name && FOREIGN_DIGRAPHS.iter().any(|pair| lowercase.contains(pair)))
}

/// Whether a character is a Latin letter that is not in the Serbian alphabet.
fn is_foreign_letter(c: char) -> bool {
    match c {
        'q' | 'w' | 'x' | 'y' | 'Q' | 'W' | 'X' | 'Y' => true,
        'č' | 'ć' | 'đ' | 'š' | 'ž' | 'Č' | 'Ć' | 'Đ' | 'Š' | 'Ž' | '\u{1C4}'..='\u{1CC}' => {
            false
        }
        '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => c.is_alphabetic(),
        _ => false,
    }
}

fn is_code(word: &str) -> bool {
    let from_letter = word.trim_start_matches(|c: char| !c.is_alphabetic());
    from_letter.contains(|c: char| c.is_ascii_digit())
}

fn is_numeral(words: &[Word<'_>], at: usize) -> bool {
    let Some(word) = words.get(at) else {
        return false;
    };
    let is_pronoun = word.text == "VI"
        && words.get(at + 1).is_some_and(|next| next.gap == " " && is_acronym(next.text));
    word.text.len() > 1 && !is_pronoun && !NON_NUMERALS.contains(&word.text) && is_roman(word.text)
}

/// Whether a word is a well-formed Roman numeral: `CIVIL` is not.
fn is_roman(word: &str) -> bool {
    let mut rest = word.trim_start_matches('M');
    for (nine, four, five, one) in
        [("CM", "CD", 'D', 'C'), ("XC", "XL", 'L', 'X'), ("IX", "IV", 'V', 'I')]
    {
        if let Some(after) = rest.strip_prefix(nine).or_else(|| rest.strip_prefix(four)) {
            rest = after;
        } else {
            rest = rest.strip_prefix(five).unwrap_or(rest);
            let after = rest.trim_start_matches(one);
            if rest.len() - after.len() > 3 {
                return false;
            }
            rest = after;
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The words that remain in Latin script, separated by `|`.
    fn latin_words(prose: &str) -> String {
        let (words, _) = split_words(prose);
        let staying = stays_latin(&words);
        let latin =
            words.iter().zip(staying).filter(|(_, stays)| *stays).map(|(word, _)| word.text);
        latin.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn foreign_names_stay_latin() {
        for (prose, expected) in [
            ("Kancelarija UN Women u Beogradu", "UN|Women"),
            ("u Srbiji UN Women sprovodi", "UN|Women"),
            ("Iz UN Women-a javljaju", "UN|Women"),
            ("podrška New York Timesa", "New|York|Timesa"),
            ("Agencija World Vision", "World|Vision"),
            ("organizacije Human Rights Watch i EU", "Human|Rights|Watch"),
            ("(Human Rights Watch)", "Human|Rights|Watch"),
            ("World Health Organization je", "World|Health|Organization"),
            ("Women for Peace and Justice, Beograd", "Women|for|Peace|and|Justice"),
            ("kuća Johnson & Wayne", "Johnson|Wayne"),
            ("Save the Children pomaže", "Save|the|Children"),
            ("iz Network of Women", "Network|of|Women"),
            ("kod Microsofta i na Googleu", "Googleu"),
            ("Prethodno. Shvatio je Johanna Schmidt", "Johanna|Schmidt"),
            ("PRETHODNO SHVATAMO", ""),
            ("kaže „Prethodno smo – Shvatili“", ""),
            ("Marija Walker Đorđević", "Walker"),
            ("sa Marijom Walker", "Marijom|Walker"),
            ("ZA UN WOMEN POKREĆE MIR", "UN|WOMEN"),
            ("WHO Srbija", "WHO"),
            ("naš web sajt", "web"),
            ("Böll fondacija", "Böll"),
            ("Women's Fund", "Women's|Fund"),
            ("EU, UN i COVID-19", "COVID"),
            ("CO2, mp3, G20, A4 i 90ih", "CO2|mp3|G20|A4"),
        ] {
            assert_eq!(latin_words(prose), expected, "{prose}");
        }
    }

    #[test]
    fn roman_numerals_stay_latin() {
        for (prose, expected) in [
            ("II svetski rat, XXI vek, glava IV", "II|XXI|IV"),
            ("član VI stav I", "VI"),
            ("VI STE BEZBEDNI", ""),
            ("ČLAN VI", "VI"),
            ("MI SMO TU, DA LI", ""),
            ("CIVIL DIV VIC MMXXIV", "MMXXIV"),
            ("i v Ii", ""),
        ] {
            assert_eq!(latin_words(prose), expected, "{prose}");
        }
    }

    proptest! {
        #[test]
        fn words_and_gaps_cover_prose(prose in "\\PC{0,60}|[a-zA-Zž' .&-]{0,60}") {
            let (words, rest) = split_words(&prose);
            let joined: String = words.iter().flat_map(|word| [word.gap, word.text]).collect();
            prop_assert_eq!(stays_latin(&words).len(), words.len());
            prop_assert_eq!(format!("{joined}{rest}"), prose.as_str());
        }
    }
}
