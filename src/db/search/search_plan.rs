//! Plans a search: translates a query to conditions for both databases, tier by tier.
//!
//! A tier is a field and a match kind: the query is a whole title, as typed, then by stem; its words
//! are adjacent in the title, as typed, then by stem; all are in the title as typed; then by stem;
//! then by prefix; then the same with the summary included, and so on. Each tier is a separate index
//! query that returns the newest entries first, so that a page is full after the first few of
//! possibly many matches.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::match_dialects::{ScanMethod, to_condition};
use crate::db::search::match_expr::{
    MATCH_KINDS, MatchExpr, MatchKind, query_expr, single_field_exprs,
};
use crate::db::search::term_frequencies::TokenFrequencies;
use crate::db::search::{Audience, FIELD_LETTERS, ITEM_ROW_ID_SQL};
use crate::db::sql_fragment::Fragment;
use crate::text::query::SearchQuery;

/// Maximum number of tokens of a query for which match kinds determine the rank.
const MAX_RANKED_TOKENS: usize = 8;

/// Fields to search.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum FieldScope {
    /// All fields.
    #[default]
    AllFields,
    /// Titles only; for the items that contain a term.
    Titles,
    /// Transcripts only.
    Transcripts,
}

impl FieldScope {
    /// Returns the index of the first field in scope.
    pub(super) fn first_field(self) -> usize {
        *self.fields().start()
    }

    /// Returns the indices of the fields in scope.
    pub(super) fn fields(self) -> RangeInclusive<usize> {
        let last = FIELD_LETTERS.len().saturating_sub(1);
        match self {
            Self::AllFields => 0..=last,
            Self::Titles => 0..=0,
            Self::Transcripts => last..=last,
        }
    }
}

/// Whether matches are ranked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SearchMode {
    /// All matches, unranked.
    Unranked,
    /// All matches, best first.
    Ranked,
}

/// How a list query uses the full-text index.
pub enum SearchMatch {
    /// A condition on `items`.
    Predicate(Fragment),
    /// The matching index entries.
    Ranked(RankedMatches),
}

/// Index entries that match a query.
#[derive(Clone, Debug)]
pub struct RankedMatches {
    /// Condition for all matching entries.
    pub condition: Fragment,
    /// The same condition for a scan in key order on PostgreSQL. Set if enough entries match for a
    /// scan to find a page of them early.
    pub scan_condition: Option<Fragment>,
    /// Tiers of the matching entries, best first. Empty for [`SearchMode::Unranked`].
    pub tiers: Vec<RankTier>,
    /// Whether so few entries are expected that PostgreSQL should read all of them.
    pub is_small_result: bool,
}

/// The matching entries of one rank. Conditions are built on demand, because most pages are full
/// before the last tiers.
#[derive(Clone, Debug)]
pub struct RankTier {
    /// Rank of the tier; lower is better.
    pub rank: i64,
    field_index: usize,
    match_kind: MatchKind,
    /// Whether this is the last tier of its field; its superset contains all matches in the field.
    pub is_last_of_field: bool,
    /// Field index and match kind of the previous tier.
    previous: Option<(usize, MatchKind)>,
    plan: Arc<SearchPlan>,
}

/// Parameters of a search, shared by its tiers.
#[derive(Debug)]
struct SearchPlan {
    query: SearchQuery,
    kind_letters: Vec<char>,
    first_field: usize,
    audience: Audience,
    excluded: Option<RowIdBitmap>,
    /// Whether match kinds determine the rank.
    ranks_by_match_kind: bool,
    frequencies: Arc<TokenFrequencies>,
}

impl SearchPlan {
    fn to_condition(&self, expr: &MatchExpr, scan_method: ScanMethod) -> Fragment {
        // PostgreSQL tests the conditions of a key scan in this order.
        let first = match &self.excluded {
            Some(excluded) => excluded.excludes(ITEM_ROW_ID_SQL).sql(" AND "),
            None => Fragment::default(),
        };
        first
            .append(&to_condition(expr, &self.frequencies, scan_method))
            .sql(" AND ")
            .sql(self.audience.entry_condition())
    }

    /// Returns the estimated minimum and maximum share of entries that match `expr` and contain no
    /// excluded term.
    fn share_bounds(&self, expr: &MatchExpr) -> (f64, f64) {
        let (min, max) = expr.share_bounds(&self.frequencies);
        (min - self.excluded_share(), max)
    }

    /// Returns the share of entries that contain an excluded term.
    fn excluded_share(&self) -> f64 {
        let count = self.excluded.as_ref().map_or(0, RowIdBitmap::count);
        f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / self.frequencies.entry_count.max(1.0)
    }

    /// Returns the expression for matches of this tier or a better one.
    fn up_to_tier(&self, field_index: usize, match_kind: MatchKind) -> MatchExpr {
        let fields = self.first_field..=field_index;
        let expr = query_expr(&self.query, &self.kind_letters, fields.clone(), match_kind);
        // Adjacent stems precede words as typed, but need not be words as typed.
        if match_kind != MatchKind::Exact
            || !self.query.has_match_kind(MatchKind::TitleStems, field_index)
        {
            return expr;
        }
        let adjacent = MatchKind::AdjacentStems;
        MatchExpr::Any(vec![query_expr(&self.query, &self.kind_letters, fields, adjacent), expr])
    }
}

impl RankTier {
    /// Returns the condition for exactly the entries of this tier.
    pub fn exact_condition(&self) -> Fragment {
        self.plan.to_condition(
            &self.exact_expr(),
            if self.prefers_key_scan() { ScanMethod::KeyScan } else { ScanMethod::Index },
        )
    }

    /// Returns the condition for the entries of this tier and some of better tiers; an entry
    /// belongs to the best tier that finds it. Faster than [`Self::exact_condition`].
    pub fn superset_condition(&self) -> Fragment {
        self.plan.to_condition(&self.superset_expr(), ScanMethod::Index)
    }

    /// Returns [`Self::superset_condition`] for entries that PostgreSQL has already loaded and
    /// filtered by audience.
    pub fn superset_condition_of_loaded(&self) -> Fragment {
        to_condition(&self.superset_expr(), &self.plan.frequencies, ScanMethod::Loaded)
    }

    /// Returns the condition for the entries of this tier and all better ones, if few are expected.
    pub fn small_prefix_condition(&self) -> Option<Fragment> {
        let plan = &self.plan;
        let expr = plan.up_to_tier(self.field_index, self.match_kind);
        let is_small = plan.share_bounds(&expr).1 * plan.frequencies.entry_count
            < f64::from(SMALL_RESULT_LIMIT);
        is_small.then(|| plan.to_condition(&expr, ScanMethod::Index))
    }

    /// Returns whether PostgreSQL must check the words of entries in addition to their tokens,
    /// because the query contains phrases.
    pub fn needs_phrase_check(&self) -> bool {
        self.plan.query.terms().any(|term| term.spellings().any(|(tokens, _)| tokens.len() > 1))
    }

    fn superset_expr(&self) -> MatchExpr {
        let plan = &self.plan;
        // With several words the worst match determines the tier, so all fields up to this one are
        // searched. The order of words has tiers of its own.
        if !self.is_single_term() {
            let fields = plan.first_field..=self.field_index;
            query_expr(&plan.query, &plan.kind_letters, fields, self.match_kind)
        } else if self.is_last_of_field {
            MatchExpr::any_of(
                MATCH_KINDS
                    .into_iter()
                    .filter(|match_kind| *match_kind >= MatchKind::Exact)
                    .flat_map(|match_kind| {
                        single_field_exprs(
                            &plan.query,
                            &plan.kind_letters,
                            self.field_index,
                            match_kind,
                        )
                    })
                    .collect(),
            )
        } else {
            MatchExpr::Any(single_field_exprs(
                &plan.query,
                &plan.kind_letters,
                self.field_index,
                self.match_kind,
            ))
        }
    }

    /// Returns whether the words of the query may occur anywhere in the field. The tiers before the
    /// first of these are those of the order of words, which few entries match.
    pub fn is_any_order(&self) -> bool {
        self.match_kind >= MatchKind::Exact
    }

    /// Returns whether the query is a single term. A tier then has to search its own field only.
    pub fn is_single_term(&self) -> bool {
        self.plan.ranks_by_match_kind && self.plan.query.groups.len() == 1
    }

    /// Returns whether both tiers are of the same field.
    pub fn is_same_field(&self, other: &Self) -> bool {
        self.field_index == other.field_index
    }

    /// Returns whether the tier has enough entries for PostgreSQL to scan it in key order.
    pub fn prefers_key_scan(&self) -> bool {
        let frequencies = &self.plan.frequencies;
        frequencies.entry_count > 0.0
            && prefers_key_scan(self.plan.share_bounds(&self.exact_expr()).0, frequencies)
    }

    fn exact_expr(&self) -> MatchExpr {
        let expr = self.plan.up_to_tier(self.field_index, self.match_kind);
        match self.previous {
            Some((field_index, match_kind)) => MatchExpr::AndNot(
                Box::new(expr),
                Box::new(self.plan.up_to_tier(field_index, match_kind)),
            ),
            None => expr,
        }
    }
}

impl RankedMatches {
    /// Returns the condition on `items` for the matching items.
    pub fn item_condition(&self) -> Fragment {
        Fragment::new("items.number IN (SELECT ")
            .sql(ITEM_ROW_ID_SQL)
            .sql(" FROM search_index WHERE ")
            .append(&self.condition)
            .sql(")")
    }
}

/// A search in the index.
#[derive(Clone, Copy, Debug)]
pub struct IndexSearch<'a> {
    /// The query.
    pub query: &'a SearchQuery,
    /// Letters of the kinds to search.
    pub kinds: &'a [char],
    /// Who may see the matches.
    pub audience: Audience,
    /// The fields to search.
    pub scope: FieldScope,
    /// Frequencies of the tokens of the query.
    pub frequencies: &'a Arc<TokenFrequencies>,
}

/// Plans a search. `excluded` are the items that contain an excluded term of the query; `None` if it
/// has no such term.
pub fn plan_search(
    index_search: IndexSearch<'_>,
    excluded: Option<RowIdBitmap>,
    mode: SearchMode,
) -> SearchMatch {
    let IndexSearch { query, kinds, audience, scope, frequencies } = index_search;
    let ranks_by_match_kind =
        query.terms().map(|term| term.tokens.len()).sum::<usize>() <= MAX_RANKED_TOKENS;
    let plan = Arc::new(SearchPlan {
        query: query.clone(),
        kind_letters: kinds.to_vec(),
        first_field: scope.first_field(),
        audience,
        excluded,
        ranks_by_match_kind,
        frequencies: Arc::clone(frequencies),
    });
    if query.groups.is_empty() {
        return SearchMatch::Predicate(match &plan.excluded {
            // The query contains no searchable term.
            None => Fragment::new("1 = 0"),
            Some(excluded) => excluded.excludes("items.number"),
        });
    }
    let full_expr = plan.up_to_tier(FIELD_LETTERS.len().saturating_sub(1), MatchKind::Prefix);
    let (min_share, max_share) = plan.share_bounds(&full_expr);
    let is_small_result = max_share * frequencies.entry_count < f64::from(SMALL_RESULT_LIMIT);
    let scan_condition = (frequencies.entry_count > 0.0
        && prefers_key_scan(min_share, frequencies))
    .then(|| plan.to_condition(&full_expr, ScanMethod::KeyScan));
    let mut tiers: Vec<RankTier> = Vec::new();
    let fields =
        if mode == SearchMode::Unranked { FIELD_LETTERS.len() } else { scope.first_field() }
            ..FIELD_LETTERS.len();
    for field_index in fields {
        for form in MATCH_KINDS.into_iter().filter(|form| {
            let is_ranked = ranks_by_match_kind || *form == MatchKind::Title;
            *form == MatchKind::Prefix && !ranks_by_match_kind
                || is_ranked && query.has_match_kind(*form, field_index)
        }) {
            let rank = MATCH_KINDS.len().saturating_mul(field_index).saturating_add(
                MATCH_KINDS.iter().position(|match_kind| *match_kind == form).unwrap_or(0),
            );
            let before = tiers.last().map(|tier| (tier.field_index, tier.match_kind));
            let rank = i64::try_from(rank).unwrap_or(i64::MAX);
            tiers.push(RankTier {
                rank,
                field_index,
                match_kind: form,
                is_last_of_field: false,
                previous: before,
                plan: Arc::clone(&plan),
            });
        }
        if let Some(last) = tiers.last_mut() {
            last.is_last_of_field = true;
        }
    }
    SearchMatch::Ranked(RankedMatches {
        condition: plan.to_condition(&full_expr, ScanMethod::Index),
        scan_condition,
        tiers,
        is_small_result,
    })
}

/// Returns the condition for entries of a kind whose titles match the query, and whether PostgreSQL
/// should scan in key order. Returns `None` if the query contains no searchable term.
pub(super) fn title_condition(
    index_search: IndexSearch<'_>,
    excluded: Option<&RowIdBitmap>,
    kind: char,
) -> Option<(Fragment, bool)> {
    let IndexSearch { query, audience, frequencies, .. } = index_search;
    if query.groups.is_empty() {
        return None;
    }
    let plan = SearchPlan {
        query: query.clone(),
        kind_letters: vec![kind],
        first_field: 0,
        audience,
        excluded: excluded.cloned(),
        ranks_by_match_kind: false,
        frequencies: Arc::clone(frequencies),
    };
    let expr = plan.up_to_tier(0, MatchKind::Prefix);
    let by_key_scan = prefers_key_scan(plan.share_bounds(&expr).0, frequencies);
    let scan_method = if by_key_scan { ScanMethod::KeyScan } else { ScanMethod::Index };
    Some((plan.to_condition(&expr, scan_method), by_key_scan))
}

/// Maximum number of entries that PostgreSQL reads and sorts faster than it queries them tier by
/// tier.
pub const SMALL_RESULT_LIMIT: u16 = 300;
/// Minimum of the number of entries times the square of the matching share for a key scan. A key
/// scan takes some 15 µs for each entry that it passes, whose tokens are decompressed; sorting the
/// matches of the index takes 1 µs for each match. At this value a page of twenty takes the same
/// time either way.
const KEY_SCAN_THRESHOLD: f64 = 600.0;

/// Returns whether a page of matches with this share of the entries is filled faster by a key scan
/// than by sorting the matches of the index.
fn prefers_key_scan(share: f64, frequencies: &TokenFrequencies) -> bool {
    let share = share.max(0.0);
    share * share * frequencies.entry_count > KEY_SCAN_THRESHOLD
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether PostgreSQL uses a key scan instead of the index: for each tier, and for all
    /// matches.
    fn key_scan_choices(query: &str, shares: &[(&str, f64)], entries: f64) -> (Vec<bool>, bool) {
        let shares = shares.iter().map(|(token, share)| ((*token).to_owned(), *share)).collect();
        let frequencies = Arc::new(TokenFrequencies {
            is_sqlite: false,
            entry_count: entries,
            share_by_token: shares,
        });
        let query = SearchQuery::parse(query);
        let index_search = IndexSearch {
            query: &query,
            kinds: &['v'],
            audience: Audience::Public,
            scope: FieldScope::AllFields,
            frequencies: &frequencies,
        };
        let found = plan_search(index_search, None, SearchMode::Ranked);
        let SearchMatch::Ranked(ranked) = found else { panic!("{query:?} is not ranked") };
        let walks = |tier: &RankTier| {
            let sql = format!("{:?}", tier.exact_condition());
            assert_eq!(
                sql.contains("ts_match_vq"),
                tier.prefers_key_scan(),
                "order and condition must agree: {sql}"
            );
            assert_ne!(sql.contains("ts_match_vq"), sql.contains("@@"), "{sql}");
            tier.prefers_key_scan()
        };
        (ranked.tiers.iter().map(walks).collect(), ranked.scan_condition.is_some())
    }

    #[test]
    fn chooses_index_or_key_scan_by_frequency() {
        // A fifth of the entries have the word in their description, the fourth of five fields, as
        // typed.
        let (ranks, all) =
            key_scan_choices("\"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0);
        assert_eq!((ranks, all), (vec![false, false, false, false, true, false], true));
        // In a small catalogue, or one of unknown size, the index is as fast.
        assert!(!key_scan_choices("\"anniversary\"", &[("vdanniversary", 0.2)], 10_000.0).1);
        assert!(!key_scan_choices("\"anniversary\"", &[("vdanniversary", 1.0)], 0.0).1);
        // With several words the rarest one determines the choice.
        assert!(
            !key_scan_choices("\"anniversary\" \"rare\"", &[("vdanniversary", 0.2)], 100_000.0).1
        );
        assert!(
            key_scan_choices("rare OR \"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0).1
        );
    }
}
