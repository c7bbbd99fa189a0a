//! Turkish nouns: suffixes of number, possession and case, removed only where vowel harmony and
//! the sounds around them allow.
//!
//! Words are folded, so that ı and i, u and ü, o and ö, s and ş, c and ç, g and ğ are the same:
//! after a, e and i a closed suffix vowel is i, after o and u it is u; an open one is a after a
//! and e after e.

/// Adds the stem of a folded word and those that remain without each possible suffix: `şiddete` is
/// `şiddet` and `e`, but `evde` is `ev` and `de`.
pub(super) fn add_stems(word: &str, add: &mut impl FnMut(&str)) {
    let plural = ["lar", "ler"]
        .iter()
        .filter_map(|plural| word.match_indices(plural).map(|(at, _)| at).find(|at| *at >= 2))
        .min();
    if let Some(singular) = plural.and_then(|at| word.get(..at))
        && singular.contains(is_vowel)
    {
        return add(&base_form(singular));
    }
    add(&base_form(word));
    for suffix in SUFFIXES {
        if let Some(base) = suffix.strip_from(word) {
            add(&base_form(base));
        }
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// A suffix, or a sequence of them.
struct Suffix {
    /// `A` is an open vowel (a, e), `I` a closed one (ı, i, u, ü), `D` is d or t.
    pattern: &'static str,
    /// Whether it follows a vowel, a consonant, or both.
    follows: Follows,
    /// Minimum length of what precedes it.
    min_len: usize,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Follows {
    Vowel,
    Consonant,
    Any,
}

const fn suffix(pattern: &'static str, follows: Follows, min_len: usize) -> Suffix {
    Suffix { pattern, follows, min_len }
}

/// Possessives, cases and their combinations, `-ki`, and the commonest endings of verbs.
const SUFFIXES: &[Suffix] = &[
    suffix("I", Follows::Consonant, 2),
    suffix("A", Follows::Consonant, 3),
    suffix("In", Follows::Consonant, 3),
    suffix("yI", Follows::Vowel, 3),
    suffix("yA", Follows::Vowel, 3),
    suffix("nIn", Follows::Vowel, 3),
    suffix("sI", Follows::Vowel, 3),
    suffix("DA", Follows::Any, 2),
    suffix("DAn", Follows::Any, 2),
    suffix("DAki", Follows::Any, 2),
    suffix("lA", Follows::Consonant, 3),
    suffix("ylA", Follows::Vowel, 3),
    suffix("InA", Follows::Consonant, 3),
    suffix("InI", Follows::Consonant, 3),
    suffix("IndA", Follows::Consonant, 3),
    suffix("IndAn", Follows::Consonant, 3),
    suffix("IndAki", Follows::Consonant, 3),
    suffix("InIn", Follows::Consonant, 3),
    suffix("IylA", Follows::Consonant, 3),
    suffix("sInA", Follows::Vowel, 3),
    suffix("sInI", Follows::Vowel, 3),
    suffix("sIndA", Follows::Vowel, 3),
    suffix("sIndAn", Follows::Vowel, 3),
    suffix("sIndAki", Follows::Vowel, 3),
    suffix("sInIn", Follows::Vowel, 3),
    suffix("sIylA", Follows::Vowel, 3),
    suffix("ImIz", Follows::Consonant, 2),
    suffix("ImIzI", Follows::Consonant, 2),
    suffix("ImIzA", Follows::Consonant, 2),
    suffix("ImIzIn", Follows::Consonant, 2),
    suffix("ImIzDA", Follows::Consonant, 2),
    suffix("mIz", Follows::Vowel, 3),
    suffix("mIzI", Follows::Vowel, 3),
    suffix("mIzA", Follows::Vowel, 3),
    suffix("mIzIn", Follows::Vowel, 3),
    suffix("mIzDA", Follows::Vowel, 3),
    suffix("Iyor", Follows::Consonant, 2),
    suffix("mAk", Follows::Any, 2),
];

impl Suffix {
    /// The word without the suffix, if the suffix can follow what remains.
    fn strip_from<'w>(&self, word: &'w str) -> Option<&'w str> {
        let base_len = word.len().checked_sub(self.pattern.len())?;
        let (base, ending) = word.split_at_checked(base_len)?;
        let last = base.chars().next_back()?;
        let is_allowed = match self.follows {
            Follows::Vowel => is_vowel(last),
            Follows::Consonant => !is_vowel(last),
            Follows::Any => true,
        };
        if base.len() < self.min_len || !is_allowed {
            return None;
        }
        let mut vowel = base.chars().rev().find(|letter| is_vowel(*letter))?;
        let mut before = last;
        for (expected, letter) in self.pattern.chars().zip(ending.chars()) {
            let matches = match expected {
                'I' => letter == if matches!(vowel, 'o' | 'u') { 'u' } else { 'i' },
                'A' => match vowel {
                    'a' => letter == 'a',
                    'e' => letter == 'e',
                    _ => matches!(letter, 'a' | 'e'),
                },
                'D' => match before {
                    // Folding removes the difference between c and ç.
                    'c' => matches!(letter, 'd' | 't'),
                    'f' | 's' | 't' | 'k' | 'h' | 'p' => letter == 't',
                    _ => letter == 'd',
                },
                _ => letter == expected,
            };
            if !matches {
                return None;
            }
            if is_vowel(letter) {
                vowel = letter;
            }
            before = letter;
        }
        Some(base)
    }
}

/// One form for the stems of a word: final consonants as at the end of a word (`kitab`, `hakk`),
/// without the closed vowel that some words lose before a vowel (`şehir`, `oğul`).
fn base_form(stem: &str) -> String {
    let mut form = stem.to_owned();
    let mut letters = stem.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    let is_doubled = last == before && last.is_some_and(|last| !is_vowel(last));
    if is_doubled && form.len() > 2 {
        form.pop();
    }
    let hardened = match last {
        Some('g') if stem.len() > 1 => Some('k'),
        Some('b') if is_doubled || stem.len() > 3 => Some('p'),
        Some('d') if is_doubled || stem.len() > 3 => Some('t'),
        _ => None,
    };
    if let Some(hardened) = hardened {
        form.pop();
        form.push(hardened);
    }
    if !is_doubled && form.chars().filter(|letter| is_vowel(*letter)).count() == 2 {
        let mut letters = form.char_indices().rev();
        let tail = [letters.next(), letters.next(), letters.next(), letters.next()];
        if let [Some((_, last)), Some((at, 'i' | 'u')), Some((_, middle)), Some((_, vowel))] = tail
            && !is_vowel(last)
            && !is_vowel(middle)
            && is_vowel(vowel)
        {
            form.remove(at);
        }
    }
    form
}
