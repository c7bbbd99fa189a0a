//! Corrects misspelt words of a query for suggestions of titles.

use crate::db::Connection;
use crate::db::search::{Audience, FieldScope, IndexSearch, cached_token_frequencies};
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::cache::vocabulary::VocabularyView;
use crate::text::analyzer::Script;
use crate::text::fuzzy_word::is_fuzzy_candidate;
use crate::text::query::{SearchQuery, Term};

/// Maximum numbers of whole words, and of words of which the beginning is typed, that are tried for
/// a misspelt one.
const MAX_WORDS: usize = 6;
const MAX_COMPLETIONS: usize = 24;

/// The query with similar words of the vocabulary in place of those that no title has; `None` if
/// there are none. `kinds` are the letters of the kinds to search.
pub(super) fn correct_words(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    typed: &SearchQuery,
    kinds: &[char],
    cache: &CacheView,
) -> Result<Option<SearchQuery>, Problem> {
    let mut corrected = typed.clone();
    let frequencies = cached_token_frequencies(connection)?;
    let index_search = IndexSearch {
        query: typed,
        kinds,
        audience: Audience::Public,
        scope: FieldScope::Titles,
        frequencies: &frequencies,
    };
    let mut is_changed = false;
    for group in &mut corrected.groups {
        let [term] = group.as_slice() else { continue };
        let [token] = term.tokens.as_slice() else { continue };
        // Words in quotes have no stems and are meant as they are.
        let is_quoted = term.stems.is_empty() && !term.is_prefix;
        if is_quoted
            || !is_fuzzy_candidate(token)
            || cache.items_with_terms(connection, index_search, group)?.count() > 0
        {
            continue;
        }
        let script = Script::detect(&term.text);
        let mut words: Vec<String> = vocabulary
            .nearest(connection, token, script, MAX_WORDS)?
            .into_iter()
            .map(|similar| similar.word.1)
            .collect();
        if term.is_prefix {
            words.extend(vocabulary.nearest_beginnings(connection, token, MAX_COMPLETIONS)?);
        }
        if !words.is_empty() {
            let text = term.text.clone();
            let to_term = |word| Term { text: text.clone(), tokens: vec![word], ..Term::default() };
            *group = words.into_iter().map(to_term).collect();
            is_changed = true;
        }
    }
    Ok(is_changed.then_some(corrected))
}
