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
use crate::resource::cache::vocabulary::{SimilarWord, Vocabulary};
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
    vocabulary: &Vocabulary,
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
        if hits(connection, SearchQuery::parse(suspect.word, sparse_search.stemmers))? == 0 {
            unknown.insert(suspect.token.clone());
        }
    }
    let all_at_once = !unknown.is_empty();
    if !all_at_once && sparse_search.result_count > 0 && suspects.len() > 1 {
        // The words are correct, but rarely occur together.
        return Ok(Vec::new());
    }
    suspects.retain(|suspect| !all_at_once || unknown.contains(&suspect.token));
    let mut near: Vec<Vec<(SimilarWord, String)>> = Vec::new();
    for suspect in &suspects {
        let mut candidates = find_candidates(connection, vocabulary, suspect)?;
        let mut found: Vec<(SimilarWord, String)> = Vec::new();
        for one in candidates.drain(..) {
            // An exact match, without stemming or prefix.
            if found.len() < MAX_REPLACEMENTS_PER_WORD
                && hits(connection, SearchQuery::parse(&format!("\"{}\"", one.1), &[]))? > 0
            {
                found.push(one);
            }
        }
        near.push(found);
    }
    let tried = if all_at_once { combined_replacements(&near) } else { single_replacements(&near) };
    let mut offered: Vec<(usize, i64, String)> = Vec::new();
    for choice in tried.into_iter().take(MAX_TRIED_QUERIES) {
        let edits = choice
            .iter()
            .zip(&near)
            .filter_map(|(place, near)| near.get((*place)?))
            .map(|(near, _)| near.edits)
            .sum();
        let text = apply_replacements(sparse_search.text, &suspects, &near, &choice);
        let found = hits(connection, SearchQuery::parse(&text, sparse_search.stemmers))?;
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
    vocabulary: &Vocabulary,
    suspect: &SuspectWord<'_>,
) -> Result<Vec<(SimilarWord, String)>, Problem> {
    let near = vocabulary.nearest(
        connection,
        &suspect.token,
        Script::detect(suspect.word),
        MAX_CANDIDATES,
    )?;
    let known =
        load_spellings(connection, &near.iter().map(|near| near.word.clone()).collect::<Vec<_>>())?;
    Ok(near
        .into_iter()
        .filter_map(|near| Some((near.clone(), known.get(&near.word)?.clone())))
        .collect())
}

/// For each suspect, the index of the similar word that replaces it, if any.
type ReplacementChoice = Vec<Option<usize>>;

/// Replaces all suspects at once: first by the most similar words, then one suspect at a time by
/// its next similar word.
fn combined_replacements(near: &[Vec<(SimilarWord, String)>]) -> Vec<ReplacementChoice> {
    let nearest: ReplacementChoice =
        near.iter().map(|near| (!near.is_empty()).then_some(0)).collect();
    if nearest.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut choices = vec![nearest.clone()];
    for place in 1..MAX_REPLACEMENTS_PER_WORD {
        for (at, _) in near.iter().enumerate().filter(|(_, near)| near.len() > place) {
            let mut choice = nearest.clone();
            if let Some(one) = choice.get_mut(at) {
                *one = Some(place);
            }
            choices.push(choice);
        }
    }
    choices
}

/// Replaces one suspect at a time.
fn single_replacements(near: &[Vec<(SimilarWord, String)>]) -> Vec<ReplacementChoice> {
    let mut choices = Vec::new();
    for place in 0..MAX_REPLACEMENTS_PER_WORD {
        for (at, _) in near.iter().enumerate().filter(|(_, near)| near.len() > place) {
            choices.push((0..near.len()).map(|one| (one == at).then_some(place)).collect());
        }
    }
    choices
}

fn apply_replacements(
    text: &str,
    suspects: &[SuspectWord<'_>],
    near: &[Vec<(SimilarWord, String)>],
    choice: &ReplacementChoice,
) -> String {
    let mut written = String::with_capacity(text.len());
    let mut from = 0;
    for ((suspect, near), place) in suspects.iter().zip(near).zip(choice) {
        let Some((_, spelling)) = place.and_then(|place| near.get(place)) else { continue };
        written.push_str(text.get(from..suspect.range.start).unwrap_or_default());
        written.push_str(spelling);
        from = suspect.range.end;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    written.trim().to_owned()
}
