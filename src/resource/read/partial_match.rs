//! Searches that match nothing with all of their words: which words to omit, so that the items with
//! most of them are found.

use std::collections::{HashMap, HashSet};

use crate::db::search::{IndexSearch, cached_token_frequencies};
use crate::db::{Connection, RowId};
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::query::params::ListRequest;
use crate::resource::read::page::ListResponse;
use crate::text::function_words::is_function_word;
use crate::text::query::{SearchQuery, Term};

/// A query without the words that had to be omitted.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialMatch {
    /// The query with the other words.
    pub query: SearchQuery,
    /// The omitted words, as typed.
    pub omitted_terms: Vec<String>,
}

/// Finds the words to omit from a query that no item matches; `None` if no item has most of its
/// words. Only `items` are considered, or all if there are no filters.
///
/// As few words as possible are omitted, not counting function words, which say nothing about what is
/// searched for. If there is a choice, the rarest words remain.
pub fn find_partial_match(
    connection: &mut Connection,
    cache: &CacheView,
    index_search: IndexSearch<'_>,
    items: Option<Vec<RowId>>,
) -> Result<Option<PartialMatch>, Problem> {
    let query = index_search.query;
    if query.groups.len() < 2 {
        return Ok(None);
    }
    let allowed: Option<HashSet<RowId>> = items.map(|items| items.into_iter().collect());
    let excluded = cache.items_with_excluded_terms(connection, index_search)?;
    let is_candidate = |item: &RowId| {
        allowed.as_ref().is_none_or(|allowed| allowed.contains(item))
            && !excluded.as_ref().is_some_and(|excluded| excluded.contains(*item))
    };
    let content_words = content_word_mask(query);
    // The groups that each item matches, as bits.
    let mut masks: HashMap<RowId, u32> = HashMap::new();
    let mut counts = Vec::with_capacity(query.groups.len());
    for (index, group) in query.groups.iter().enumerate() {
        let bit = u32::try_from(index).ok().and_then(|index| 1_u32.checked_shl(index)).unwrap_or(0);
        let mut count = 0_usize;
        if content_words & bit != 0 {
            let found = cache.items_with_terms(connection, index_search, group)?;
            for item in found.row_ids().filter(is_candidate) {
                count = count.saturating_add(1);
                *masks.entry(item).or_default() |= bit;
            }
        }
        counts.push(count);
    }
    let item_count = masks.len();
    let kept = best_mask(masks.into_values().collect(), &counts, item_count);
    Ok(kept.map(|kept| without_groups(query, kept)))
}

/// Loads a page of the items that match all words of a search or, if none does, most of them. `load`
/// returns `None` if the cursor does not belong to the items that it loads.
pub fn load_full_or_partial_page(
    connection: &mut Connection,
    mut load: impl FnMut(
        &mut Connection,
        Option<&PartialMatch>,
    ) -> Result<Option<ListResponse>, Problem>,
    find_partial_match: impl FnOnce(&mut Connection) -> Result<Option<PartialMatch>, Problem>,
) -> Result<ListResponse, Problem> {
    let mut page = load(connection, None)?;
    if let Some(page) = page.take_if(|page| !page.items.is_empty()) {
        return Ok(page);
    }
    if let Some(partial_match) = find_partial_match(connection)? {
        let did_you_mean = page.take().map(|page| page.did_you_mean).unwrap_or_default();
        let partial_page = load(connection, Some(&partial_match))?;
        page = partial_page.map(|page| ListResponse {
            omitted_terms: partial_match.omitted_terms,
            did_you_mean,
            ..page
        });
    }
    page.ok_or_else(|| {
        Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this list; start again without it.",
        )
    })
}

/// Finds the words to omit from the query of a list, see [`find_partial_match`]; `None` also if the
/// list has items, which precede this page.
pub fn find_partial_match_of_list(
    connection: &mut Connection,
    cache: &CacheView,
    list_request: &ListRequest,
) -> Result<Option<PartialMatch>, Problem> {
    let Some(query) = list_request.query().filter(|query| query.groups.len() > 1) else {
        return Ok(None);
    };
    let all_words = list_request.with_query(query.clone()).page_query(connection, cache)?;
    if all_words.count_up_to(connection, 1)? > 0 {
        return Ok(None);
    }
    let list = list_request.without_query();
    let items =
        (!list.is_unfiltered()).then(|| list.load_row_ids(connection, cache, None)).transpose()?;
    let index_search = IndexSearch {
        query,
        kinds: &[list_request.schema.kind.index_prefix()],
        audience: list_request.audience(),
        scope: list_request.scope,
        frequencies: &cached_token_frequencies(connection)?,
    };
    find_partial_match(connection, cache, index_search, items)
}

/// Returns the groups with other words than function words, as bits; all if there are no others.
fn content_word_mask(query: &SearchQuery) -> u32 {
    let has_content = |group: &Vec<Term>| group.iter().any(|term| !is_function_word(&term.text));
    let content = (0..)
        .zip(&query.groups)
        .filter(|(_, group)| has_content(group))
        .fold(0, |mask, (index, _)| mask | 1_u32.checked_shl(index).unwrap_or(0));
    if content == 0 { u32::MAX } else { content }
}

/// Returns the groups to keep, as bits: of the combinations that an item matches. At least half of
/// the words that occur in any of them remain.
fn best_mask(masks: HashSet<u32>, counts: &[usize], item_count: usize) -> Option<u32> {
    let to_f64 = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    let weight = |mask: u32| -> f64 {
        (0..)
            .zip(counts)
            .filter(|(index, _)| mask & (1 << index) != 0)
            .map(|(_, count)| (to_f64(item_count.max(1)) / to_f64((*count).max(1))).ln())
            .sum()
    };
    let known = masks.iter().fold(0, |known, mask| known | mask).count_ones();
    let best = masks.into_iter().max_by(|a, b| {
        (a.count_ones(), weight(*a))
            .partial_cmp(&(b.count_ones(), weight(*b)))
            .unwrap_or(std::cmp::Ordering::Equal)
            // The first words of the query.
            .then_with(|| b.trailing_zeros().cmp(&a.trailing_zeros()))
            .then_with(|| b.cmp(a))
    })?;
    let kept = best.count_ones();
    (kept > 0 && kept.saturating_mul(2) >= known).then_some(best)
}

fn without_groups(query: &SearchQuery, kept: u32) -> PartialMatch {
    let (mut groups, mut omitted_terms) = (Vec::new(), Vec::new());
    for (index, group) in (0..).zip(&query.groups) {
        if kept & (1_u32 << index) != 0 {
            groups.push(group.clone());
        } else {
            omitted_terms.extend(group.iter().map(|term| term.text.clone()));
            // The words that correct a misspelt one have its text.
            omitted_terms.dedup();
        }
    }
    let query = SearchQuery { groups, excluded: query.excluded.clone() };
    PartialMatch { query, omitted_terms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_do_not_count() {
        let mask = |text| content_word_mask(&SearchQuery::parse(text));
        assert_eq!(mask("what is femicide "), 0b100);
        assert_eq!(mask("judges and courts "), 0b101);
        assert_eq!(mask("the of "), u32::MAX);
    }

    #[test]
    fn keeps_most_words_then_the_rarest() {
        let best = |masks: &[u32], counts: &[usize]| {
            best_mask(masks.iter().copied().collect(), counts, 100)
        };
        // Two of three words.
        assert_eq!(best(&[0b011, 0b100], &[10, 10, 10]), Some(0b011));
        // The rarest.
        assert_eq!(best(&[0b011, 0b101], &[10, 40, 5]), Some(0b101));
        // One of three is not most of them, unless the others are unknown.
        assert_eq!(best(&[0b001, 0b010, 0b100], &[10, 10, 10]), None);
        assert_eq!(best(&[0b001], &[10, 0, 0]), Some(0b001));
        // A word of most items.
        assert_eq!(best(&[0b01], &[90, 0]), Some(0b01));
        assert_eq!(best(&[0], &[90, 0]), None);
        assert_eq!(best(&[], &[0, 0]), None);
    }
}
