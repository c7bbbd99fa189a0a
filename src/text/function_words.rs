//! Function words of the languages of the catalogue: articles, pronouns, prepositions, conjunctions,
//! auxiliary verbs and question words. They say nothing about what a text is about.

use crate::text::fold::fold_word;

/// The words, folded, by language.
const FUNCTION_WORDS: [&str; 5] = [
    // English.
    "a about an and are as at be been by can could did do does for from had has have how i if in \
     into is it its me my of on or our so that the their them there these they this those to us was \
     we were what when where which who whom whose why will with would you your",
    // Serbian, Bosnian, Croatian and Montenegrin.
    "a ali bi bila bio biti da do gde gdje i ili iz je kad kada kako ko kod koja koje koji kroz li \
     mi ne ni niti njih njihov o od on ona one oni ova ovaj ovo po pred pri s sa sam se si smo sta \
     ste sto su ta taj te tko to u uz vi za zasto",
    // Macedonian.
    "a da do e i ili kade kaj kako koe koga koi koj koja li na ne nie niz no od ova ovoj pri se si \
     sme so ste sto sum taa tie toa toj vie vo za zosto",
    // Albanian.
    "ai ajo apo ata ato cfare cka deri dhe do e eshte i jam jane ka kane keto kjo ku kur kush ky me \
     mbi ne nen nga nje ose per por prej pse qe se si te",
    // Turkish.
    "bir bu cok da daha de en gibi hangi icin ile ki kim mi mu nasil ne neden nerede o olan olarak su \
     var ve veya yok",
];

/// Whether a word is a function word of one of the languages.
pub fn is_function_word(word: &str) -> bool {
    let folded = fold_word(word);
    FUNCTION_WORDS.iter().flat_map(|words| words.split(' ')).any(|known| known == folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_function_words() {
        for word in ["What", "IS", "šta", "Шта", "каде", "për", "için", "the"] {
            assert!(is_function_word(word), "{word}");
        }
        for word in ["femicide", "žena", "pas", "bez", "", "find"] {
            assert!(!is_function_word(word), "{word}");
        }
        let words = FUNCTION_WORDS.iter().flat_map(|words| words.split(' '));
        assert!(words.clone().all(|word| !word.is_empty() && fold_word(word) == word));
    }
}
