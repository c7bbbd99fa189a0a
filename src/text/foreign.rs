//! Which words of a Serbian text in Latin script stay Latin when it is written in Cyrillic.
//!
//! Serbian Cyrillic adapts most of what it borrows (`EU` is `ЕУ`, `SOS` is `СОС`), but names that
//! are not spelt by Serbian rules stay as they are. The rules, in order:
//!
//! 1. A word is foreign and stays when it has a letter that Serbian Latin does not have (`q w x y ü
//!    é` …), when it is one of a few names met everywhere ([`NAMES`]), or when it is a name
//!    (capitalised within a sentence) with a pair of letters that Serbian names do not have (`ch`,
//!    `th`, `ll` …: [`FOREIGN_PAIRS`]).
//! 2. A word with a digit after a letter is a code (`CO2`, `mp3`) and stays.
//! 3. A Roman numeral of two letters or more stays, save the words `MI`, `LI`, `DI`, `DIV`, and
//!    `VI` before another word in capitals.
//! 4. Capitalised neighbours of a capitalised foreign word belong to its name and stay (`UN Women`,
//!    `New York`, `World Health Organization`, `Save the Children`), when a space, `-` or `&` joins
//!    them and they have none of `č ć đ š ž`. To the left, an acronym is taken and ends the name
//!    (`u Srbiji UN Women`), and the first word of a sentence is not taken (`Agencija World
//!    Vision`) unless an English word follows it. A foreign word all in capitals takes one acronym
//!    to its left and nothing else, for in a headline everything is in capitals.

/// A word, with what stands between it and the word before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub gap: &'a str,
    pub text: &'a str,
}

/// English words that join the parts of a name.
const JOINING: &[&str] = &["against", "and", "for", "of", "the"];

/// Names, by their beginnings (so that `Facebooku` is one), which would be misread letter by
/// letter.
const NAMES: &[&str] = &["covid", "facebook", "google", "linkedin"];

/// Pairs of letters that no Serbian name has. Common words do (`prethodno`, `shvatiti`), but not as
/// names.
const FOREIGN_PAIRS: &[&str] = &[
    "bb", "ch", "ck", "ee", "ff", "gh", "ll", "mm", "nn", "oo", "ph", "pp", "rr", "sh", "ss", "th",
    "tt",
];

/// How many words to either side of a foreign word a name is followed: no text is slow to read.
const MAX_NAME: usize = 8;

/// Serbian words in capitals that are also proper Roman numerals.
const NOT_NUMERALS: &[&str] = &["DI", "DIV", "LI", "MI"];

/// Splits prose into words and the gaps before them; the second part is what follows the last word.
pub(super) fn words(prose: &str) -> (Vec<Word<'_>>, &str) {
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

/// The length of the word that a text begins with. Apostrophes inside count (`Women's`), and so do
/// combining marks and the non-joiner that editors put into `n‌j` where it is two letters.
fn word_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside =
            matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        let mark = matches!(c, '\u{200C}' | '\u{300}'..='\u{36F}');
        if !c.is_alphanumeric() && !inside && !mark {
            return at;
        }
    }
    text.len()
}

/// For each word, whether it stays in Latin script.
pub(super) fn staying(words: &[Word<'_>]) -> Vec<bool> {
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

/// The index of the first word of the name around the foreign word at `at`.
fn name_start(words: &[Word<'_>], at: usize) -> usize {
    let headline = words.get(at).is_some_and(|word| is_acronym(word.text));
    let mut start = at;
    while at - start < MAX_NAME {
        let linked = start.checked_sub(2).filter(|&to| links(words, to + 1) && takes(words, start));
        let before = linked.or(start.checked_sub(1)).filter(|_| joined(words, start));
        let Some((before, left)) = before.and_then(|to| Some((to, words.get(to)?))) else {
            return start;
        };
        if !can_join(left.text) {
            return start;
        }
        if is_acronym(left.text) {
            return before;
        }
        if headline || (linked.is_none() && opens_sentence(left, before)) {
            return start;
        }
        start = before;
    }
    start
}

/// The index after the last word of the name around the foreign word at `at`.
fn name_end(words: &[Word<'_>], at: usize) -> usize {
    let mut end = at + 1;
    if words.get(at).is_some_and(|word| is_acronym(word.text)) {
        return end;
    }
    while end - at < MAX_NAME {
        if takes(words, end) {
            end += 1;
        } else if links(words, end) && takes(words, end + 1) {
            end += 2;
        } else {
            break;
        }
    }
    end
}

/// Whether the word at `at` stands right after the one before it.
fn joined(words: &[Word<'_>], at: usize) -> bool {
    words.get(at).is_some_and(|word| joins(word.gap))
}

/// Whether the word at `at` can go on with the name before it.
fn takes(words: &[Word<'_>], at: usize) -> bool {
    joined(words, at) && words.get(at).is_some_and(|word| can_join(word.text))
}

/// Whether the word at `at` is an English one between two words of a name.
fn links(words: &[Word<'_>], at: usize) -> bool {
    joined(words, at) && words.get(at).is_some_and(|word| JOINING.contains(&word.text))
}

fn joins(gap: &str) -> bool {
    matches!(gap, " " | "\u{A0}" | "-" | "&" | " & ")
}

fn can_join(word: &str) -> bool {
    is_capitalised(word)
        && word.chars().all(|c| c.is_ascii_alphanumeric() || is_foreign_letter(c) || c == '\'')
}

/// A word after a full stop or at the start: its capital does not make it a name. After a bracket
/// it does.
fn opens_sentence(word: &Word<'_>, at: usize) -> bool {
    word.gap.contains(['.', '!', '?', ':', '…', '\n']) || (at == 0 && word.gap.trim().is_empty())
}

fn is_capitalised(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Two letters or more, all capitals.
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
    let small = word.text.to_lowercase();
    let within = at > 0 && (joins(word.gap) || word.gap == ", ");
    let is_name = within && is_capitalised(word.text) && !is_acronym(word.text);
    NAMES.iter().any(|name| small.starts_with(name))
        || (is_name && FOREIGN_PAIRS.iter().any(|pair| small.contains(pair)))
}

/// A Latin letter that is not one of the Serbian alphabet.
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
    let pronoun = word.text == "VI"
        && words.get(at + 1).is_some_and(|next| next.gap == " " && is_acronym(next.text));
    word.text.len() > 1 && !pronoun && !NOT_NUMERALS.contains(&word.text) && is_roman(word.text)
}

/// Whether a word is a Roman numeral as it is properly written: `CIVIL` is none.
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

    /// The words that stay, joined by `|`.
    fn staying_of(prose: &str) -> String {
        let (words, _) = words(prose);
        let staying = staying(&words);
        let kept = words.iter().zip(staying).filter(|(_, stays)| *stays).map(|(word, _)| word.text);
        kept.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn names_stay_whole() {
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
            assert_eq!(staying_of(prose), expected, "{prose}");
        }
    }

    #[test]
    fn numerals_stay() {
        for (prose, expected) in [
            ("II svetski rat, XXI vek, glava IV", "II|XXI|IV"),
            ("član VI stav I", "VI"),
            ("VI STE BEZBEDNI", ""),
            ("ČLAN VI", "VI"),
            ("MI SMO TU, DA LI", ""),
            ("CIVIL DIV VIC MMXXIV", "MMXXIV"),
            ("i v Ii", ""),
        ] {
            assert_eq!(staying_of(prose), expected, "{prose}");
        }
    }

    proptest! {
        #[test]
        fn words_and_gaps_are_the_whole_prose(prose in "\\PC{0,60}|[a-zA-Zž' .&-]{0,60}") {
            let (words, rest) = words(&prose);
            let joined: String = words.iter().flat_map(|word| [word.gap, word.text]).collect();
            prop_assert_eq!(staying(&words).len(), words.len());
            prop_assert_eq!(format!("{joined}{rest}"), prose.as_str());
        }
    }
}
