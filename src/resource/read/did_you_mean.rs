//! `did_you_mean`: suggestions for a search with few or no results.
//!
//! A word that has no results on its own is assumed to be misspelt; if all words have results on
//! their own but none together, each word is. Similar words of the catalogue that have results
//! replace it in the query as typed. The new query is suggested if it has more results with the
//! same filters. No suggestion thus contains a word that occurs only in texts that the viewer may
//! not see. A suggestion of several words is in one script and one language.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::db::Connection;
use crate::db::search::vocabulary::{VocabularyWord, load_spellings};
use crate::http::problem::Problem;
use crate::resource::cache::vocabulary::VocabularyView;
use crate::resource::query::params::SparseSearch;
use crate::text::analyzer::Script;
use crate::text::analyzer::tokenize;
use crate::text::analyzer::word_indices;
use crate::text::fuzzy_word::is_fuzzy_candidate;
use crate::text::query::SearchQuery;
use crate::text::stem::StemmerLanguage;

/// Maximum number of suggestions.
const MAX_SUGGESTIONS: usize = 3;

/// Limit for counting the results of a query.
pub const MAX_COUNTED_HITS: i64 = 100;

/// Maximum number of similar words to try for each word.
const MAX_CANDIDATES: usize = 6;

/// Maximum number of replacements for each word.
const MAX_REPLACEMENTS_PER_WORD: usize = 3;

/// Maximum number of words of a query that gets suggestions.
const MAX_QUERY_WORDS: usize = 16;

const MAX_TRIED_QUERIES: usize = 8;

/// Minimum length of a word that may be two words without the space.
const MIN_SPLIT_LEN: usize = 6;

/// A replacement of a misspelt word.
#[derive(Clone, Debug)]
struct Replacement {
    /// Number of edits that make it of the typed word.
    edits: usize,
    /// Spelling in the texts.
    text: String,
}

/// A word of the query that may be misspelt.
struct SuspectWord<'a> {
    range: Range<usize>,
    word: &'a str,
    token: String,
}

/// Suggests queries with more results, in the form in which users type them, best first. `hits`
/// counts the results of a query, up to [`MAX_COUNTED_HITS`].
pub fn suggest_queries(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    sparse_search: &SparseSearch<'_>,
    mut hits: impl FnMut(&mut Connection, SearchQuery) -> Result<i64, Problem>,
) -> Result<Vec<String>, Problem> {
    if tokenize(sparse_search.text).len() > MAX_QUERY_WORDS {
        return Ok(Vec::new());
    }
    let mut suspects = suspect_words(sparse_search);
    let mut unknown = HashSet::new();
    // A result contains all words of the query, so each word has results on its own; of
    // alternatives it may contain only one.
    let all_are_found = sparse_search.result_count > 0
        && sparse_search.query.groups.iter().all(|alternatives| alternatives.len() == 1);
    if all_are_found && suspects.len() > 1 {
        return Ok(Vec::new());
    }
    for suspect in suspects.iter().filter(|_| !all_are_found) {
        if hits(connection, SearchQuery::parse(suspect.word))? == 0 {
            unknown.insert(suspect.token.clone());
        }
    }
    let all_at_once = !unknown.is_empty();
    if !all_at_once && sparse_search.result_count > 0 && suspects.len() > 1 {
        // The words are correct, but rarely occur together.
        return Ok(Vec::new());
    }
    suspects.retain(|suspect| !all_at_once || unknown.contains(&suspect.token));
    let mut replacements: Vec<Vec<Replacement>> = Vec::new();
    for suspect in &suspects {
        let mut found: Vec<Replacement> = Vec::new();
        for candidate in find_candidates(connection, vocabulary, suspect)? {
            // An exact match, without stemming or prefix.
            if found.len() < MAX_REPLACEMENTS_PER_WORD
                && hits(connection, SearchQuery::parse(&format!("\"{}\"", candidate.text)))? > 0
            {
                found.push(candidate);
            }
        }
        replacements.push(found);
    }
    let choices = if all_at_once {
        combined_replacements(&replacements)
    } else {
        single_replacements(&replacements)
    };
    let mut offered: Vec<(usize, i64, String)> = Vec::new();
    for choice in choices.into_iter().take(MAX_TRIED_QUERIES) {
        let edits = choice
            .iter()
            .zip(&replacements)
            .filter_map(|(index, words)| words.get((*index)?))
            .map(|replacement| replacement.edits)
            .sum();
        let text = apply_replacements(sparse_search.text, &suspects, &replacements, &choice);
        let is_mixed = has_both_scripts(&text) && !has_both_scripts(sparse_search.text);
        if is_mixed || offered.iter().any(|(.., offered)| *offered == text) {
            continue;
        }
        let found = hits(connection, SearchQuery::parse(&text))?;
        if usize::try_from(found).unwrap_or(0) > sparse_search.result_count {
            offered.push((edits, -found, text));
        }
    }
    offered.sort();
    let mut word_languages = WordLanguages::default();
    let mut texts: Vec<String> = Vec::new();
    for (.., text) in offered {
        if texts.len() < MAX_SUGGESTIONS
            && word_languages.have_common(connection, &text, &mut hits)?
        {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Whether a text has words in Latin and in Cyrillic script.
fn has_both_scripts(text: &str) -> bool {
    let mut scripts = word_indices(text)
        .filter(|(_, word)| word.contains(char::is_alphabetic) && *word != "OR")
        .map(|(_, word)| Script::detect(word));
    let first = scripts.next();
    scripts.any(|script| Some(script) != first)
}

/// The languages in whose texts words have results.
#[derive(Default)]
struct WordLanguages(HashMap<(String, StemmerLanguage), bool>);

impl WordLanguages {
    /// Whether all words of a text have results in one language. A word without results in any
    /// language with a stemmer is of an unknown language.
    fn have_common(
        &mut self,
        connection: &mut Connection,
        text: &str,
        hits: &mut impl FnMut(&mut Connection, SearchQuery) -> Result<i64, Problem>,
    ) -> Result<bool, Problem> {
        let words: Vec<&str> = word_indices(text)
            .map(|(_, word)| word)
            .filter(|word| *word != "OR" && word.contains(char::is_alphabetic))
            .collect();
        if words.len() < 2 {
            return Ok(true);
        }
        let mut common = StemmerLanguage::ALL.to_vec();
        for word in words {
            let mut of_word = Vec::new();
            for language in &common {
                if self.contains(connection, word, *language, hits)? {
                    of_word.push(*language);
                }
            }
            if of_word.is_empty() {
                for language in StemmerLanguage::ALL {
                    if self.contains(connection, word, language, hits)? {
                        return Ok(false);
                    }
                }
            } else {
                common = of_word;
            }
        }
        Ok(true)
    }

    fn contains(
        &mut self,
        connection: &mut Connection,
        word: &str,
        language: StemmerLanguage,
        hits: &mut impl FnMut(&mut Connection, SearchQuery) -> Result<i64, Problem>,
    ) -> Result<bool, Problem> {
        let key = (word.to_owned(), language);
        if let Some(known) = self.0.get(&key) {
            return Ok(*known);
        }
        let is_found = match SearchQuery::for_forms(word, language) {
            Some(query) => hits(connection, query)? > 0,
            None => false,
        };
        self.0.insert(key, is_found);
        Ok(is_found)
    }
}

/// Returns the words of the query that may be misspelt.
fn suspect_words<'a>(sparse_search: &SparseSearch<'a>) -> Vec<SuspectWord<'a>> {
    let excluded: HashSet<&String> =
        sparse_search.query.excluded.iter().flat_map(|term| &term.tokens).collect();
    let suspect = |(start, word): (usize, &'a str)| {
        let [token] = <[String; 1]>::try_from(tokenize(word)).ok()?;
        let is_one = is_fuzzy_candidate(&token) && word != "OR" && !excluded.contains(&token);
        is_one.then(|| SuspectWord { range: start..start.saturating_add(word.len()), word, token })
    };
    word_indices(sparse_search.text).filter_map(suspect).collect()
}

/// Returns the words most similar to a suspect, and the two words that it consists of, if any.
fn find_candidates(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    suspect: &SuspectWord<'_>,
) -> Result<Vec<Replacement>, Problem> {
    let script = Script::detect(suspect.word);
    let similar_words = vocabulary.nearest(connection, &suspect.token, script, MAX_CANDIDATES)?;
    let mut pairs = Vec::new();
    if suspect.token.len() >= MIN_SPLIT_LEN {
        pairs = vocabulary.split(connection, &suspect.token, script)?;
        pairs.truncate(1);
    }
    let words: Vec<VocabularyWord> = similar_words
        .iter()
        .map(|similar| similar.word.clone())
        .chain(pairs.iter().flat_map(|(start, end)| [start.clone(), end.clone()]))
        .collect();
    let spellings = load_spellings(connection, &words)?;
    let mut candidates: Vec<Replacement> = similar_words
        .iter()
        .filter_map(|similar| {
            let text = spellings.get(&similar.word)?.clone();
            Some(Replacement { edits: similar.edits, text })
        })
        .collect();
    for (start, end) in pairs {
        if let (Some(start), Some(end)) = (spellings.get(&start), spellings.get(&end)) {
            // After the words that differ in one letter.
            let at = candidates.partition_point(|candidate| candidate.edits <= 1);
            candidates.insert(at, Replacement { edits: 1, text: format!("{start} {end}") });
        }
    }
    Ok(candidates)
}

/// For each suspect, the index of the similar word that replaces it, if any.
type ReplacementChoice = Vec<Option<usize>>;

/// Replaces all suspects at once: first by the most similar words, then one suspect at a time by
/// its next similar word.
fn combined_replacements(replacements: &[Vec<Replacement>]) -> Vec<ReplacementChoice> {
    let nearest: ReplacementChoice =
        replacements.iter().map(|words| (!words.is_empty()).then_some(0)).collect();
    if nearest.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut choices = vec![nearest.clone()];
    for index in 1..MAX_REPLACEMENTS_PER_WORD {
        for (suspect, _) in replacements.iter().enumerate().filter(|(_, words)| words.len() > index)
        {
            let mut choice = nearest.clone();
            if let Some(replacement) = choice.get_mut(suspect) {
                *replacement = Some(index);
            }
            choices.push(choice);
        }
    }
    choices
}

/// Replaces one suspect at a time.
fn single_replacements(replacements: &[Vec<Replacement>]) -> Vec<ReplacementChoice> {
    let mut choices = Vec::new();
    for index in 0..MAX_REPLACEMENTS_PER_WORD {
        for (suspect, _) in replacements.iter().enumerate().filter(|(_, words)| words.len() > index)
        {
            choices.push(
                (0..replacements.len()).map(|other| (other == suspect).then_some(index)).collect(),
            );
        }
    }
    choices
}

fn apply_replacements(
    text: &str,
    suspects: &[SuspectWord<'_>],
    replacements: &[Vec<Replacement>],
    choice: &ReplacementChoice,
) -> String {
    let mut written = String::with_capacity(text.len());
    let mut from = 0;
    for ((suspect, words), index) in suspects.iter().zip(replacements).zip(choice) {
        let Some(replacement) = index.and_then(|index| words.get(index)) else { continue };
        written.push_str(text.get(from..suspect.range.start).unwrap_or_default());
        written.push_str(&replacement.text);
        from = suspect.range.end;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    written.trim().to_owned()
}
