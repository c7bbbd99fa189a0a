//! `did_you_mean`: suggestions for a search with few or no results.
//!
//! A word that has no results on its own is assumed to be misspelt; if all words have results on
//! their own but none together, each word is. Similar words of the catalogue that have results
//! replace it in the query as typed. The new query is suggested if it has more results with the
//! same filters. No suggestion thus contains a word that occurs only in texts that the viewer may
//! not see.

use std::collections::HashSet;
use std::ops::Range;

use crate::db::Connection;
use crate::db::search::vocabulary::load_spellings;
use crate::http::problem::Problem;
use crate::resource::cache::vocabulary::{SimilarWord, VocabularyView};
use crate::resource::query::params::SparseSearch;
use crate::text::analyzer::Script;
use crate::text::analyzer::tokenize;
use crate::text::analyzer::word_indices;
use crate::text::fuzzy_word::is_fuzzy_candidate;
use crate::text::query::SearchQuery;

/// Maximum number of suggestions.
const MAX_SUGGESTIONS: usize = 3;

/// Limit for counting the results of a query.
pub const MAX_COUNTED_HITS: i64 = 100;

/// Maximum number of similar words to try for each word.
const MAX_CANDIDATES: usize = 6;

/// Maximum number of replacements for each word.
const MAX_REPLACEMENTS_PER_WORD: usize = 3;

/// Maximum number of words of a query that gets suggestions.
const MAX_QUERY_WORDS: usize = 8;

const MAX_TRIED_QUERIES: usize = 8;

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
    let mut replacements: Vec<Vec<(SimilarWord, String)>> = Vec::new();
    for suspect in &suspects {
        let mut candidates = find_candidates(connection, vocabulary, suspect)?;
        let mut found: Vec<(SimilarWord, String)> = Vec::new();
        for candidate in candidates.drain(..) {
            // An exact match, without stemming or prefix.
            if found.len() < MAX_REPLACEMENTS_PER_WORD
                && hits(connection, SearchQuery::parse(&format!("\"{}\"", candidate.1)))? > 0
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
            .map(|(word, _)| word.edits)
            .sum();
        let text = apply_replacements(sparse_search.text, &suspects, &replacements, &choice);
        let found = hits(connection, SearchQuery::parse(&text))?;
        if usize::try_from(found).unwrap_or(0) > sparse_search.result_count {
            offered.push((edits, -found, text));
        }
    }
    offered.sort();
    let mut texts: Vec<String> = offered.into_iter().map(|(.., text)| text).collect();
    texts.dedup();
    texts.truncate(MAX_SUGGESTIONS);
    Ok(texts)
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

/// Returns the words most similar to a suspect, with their spelling.
fn find_candidates(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    suspect: &SuspectWord<'_>,
) -> Result<Vec<(SimilarWord, String)>, Problem> {
    let similar_words = vocabulary.nearest(
        connection,
        &suspect.token,
        Script::detect(suspect.word),
        MAX_CANDIDATES,
    )?;
    let spellings = load_spellings(
        connection,
        &similar_words.iter().map(|similar| similar.word.clone()).collect::<Vec<_>>(),
    )?;
    Ok(similar_words
        .into_iter()
        .filter_map(|similar| Some((similar.clone(), spellings.get(&similar.word)?.clone())))
        .collect())
}

/// For each suspect, the index of the similar word that replaces it, if any.
type ReplacementChoice = Vec<Option<usize>>;

/// Replaces all suspects at once: first by the most similar words, then one suspect at a time by
/// its next similar word.
fn combined_replacements(replacements: &[Vec<(SimilarWord, String)>]) -> Vec<ReplacementChoice> {
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
fn single_replacements(replacements: &[Vec<(SimilarWord, String)>]) -> Vec<ReplacementChoice> {
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
    replacements: &[Vec<(SimilarWord, String)>],
    choice: &ReplacementChoice,
) -> String {
    let mut written = String::with_capacity(text.len());
    let mut from = 0;
    for ((suspect, words), index) in suspects.iter().zip(replacements).zip(choice) {
        let Some((_, spelling)) = index.and_then(|index| words.get(index)) else { continue };
        written.push_str(text.get(from..suspect.range.start).unwrap_or_default());
        written.push_str(spelling);
        from = suspect.range.end;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    written.trim().to_owned()
}
