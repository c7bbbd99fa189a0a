//! From a query to what both databases are asked, rank by rank.
//!
//! A rank is a field and a form: all that is asked for stands in the title, each word as it was
//! typed; then by a stem; then by its beginning; then the same with the summary allowed, and so on.
//! Each rank is a question of its own to the index, and within it the newest come first, so that a
//! page is full after the first few of what may be many.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::db::search::term_frequencies::TokenFrequencies;
use crate::db::search::{Audience, FIELD_LETTERS, ITEM_ROW_ID_SQL};
use crate::db::sql_fragment::{Bind, Fragment};
use crate::text::query::{Query, Term};

/// With more tokens than these the form of the words does not rank.
const MAX_RANKED_TOKENS: usize = 8;

/// How a word is found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum MatchKind {
    /// As it was typed.
    Exact,
    /// By a stem.
    Stem,
    /// By its beginning.
    Prefix,
}

const MATCH_KINDS: [MatchKind; 3] = [MatchKind::Exact, MatchKind::Stem, MatchKind::Prefix];

/// In which fields is searched.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum FieldScope {
    /// In all.
    #[default]
    AllFields,
    /// In what is said.
    Transcripts,
}

impl FieldScope {
    /// The place of the first of its fields.
    fn first_field(self) -> usize {
        match self {
            Self::AllFields => 0,
            Self::Transcripts => FIELD_LETTERS.len().saturating_sub(1),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SearchMode {
    /// What is found.
    Unranked,
    /// What is found, the best first.
    Ranked,
}

/// How a list asks the index.
pub enum SearchMatch {
    /// Holds for these items.
    Predicate(Fragment),
    /// These entries hold the items that match.
    Ranked(RankedMatches),
}

/// The entries that match a query.
#[derive(Clone, Debug)]
pub struct RankedMatches {
    /// Holds for all of them.
    pub condition: Fragment,
    /// The same for PostgreSQL to look for along their keys, where they are so many that some are
    /// soon found so.
    pub scan_condition: Option<Fragment>,
    /// Each entry is in one of these; the best first. None where only all of them were asked for.
    pub tiers: Vec<RankTier>,
    /// Whether they are perhaps so few that PostgreSQL had better look at all of them.
    pub is_small_result: bool,
}

/// The entries of one rank. What they are asked by is written when it is needed: most pages are
/// full before the last ranks.
#[derive(Clone, Debug)]
pub struct RankTier {
    /// The rank; less is better.
    pub rank: i64,
    field_index: usize,
    match_kind: MatchKind,
    /// Whether it is the last of its field: whatever the field has is among its entries.
    pub is_last_of_field: bool,
    /// The field and the form of the rank before.
    previous: Option<(usize, MatchKind)>,
    plan: Arc<SearchPlan>,
}

/// What is asked of the index.
#[derive(Debug)]
struct SearchPlan {
    query: Query,
    kind_letters: Vec<char>,
    first_field: usize,
    audience: Audience,
    excluded_expr: Option<MatchExpr>,
    /// Whether forms rank.
    ranks_by_match_kind: bool,
    frequencies: Arc<TokenFrequencies>,
}

impl SearchPlan {
    fn to_condition(&self, expr: &MatchExpr, scan_method: ScanMethod) -> Fragment {
        to_condition(expr, &self.frequencies, scan_method)
            .sql(" AND ")
            .sql(self.audience.entry_condition())
    }

    /// What is found with this rank or a better one.
    fn up_to_tier(&self, (field_index, match_kind): (usize, MatchKind)) -> MatchExpr {
        query_expr(&self.query, &self.kind_letters, self.first_field..=field_index, match_kind)
    }
}

impl RankTier {
    /// Holds for its entries.
    pub fn exact_condition(&self) -> Fragment {
        self.plan.to_condition(
            &self.exact_expr(),
            if self.prefers_key_scan() { ScanMethod::KeyScan } else { ScanMethod::Index },
        )
    }

    /// Holds for its entries, and for some of a better rank: their rank is the best under which
    /// they are found. It is asked sooner.
    pub fn superset_condition(&self) -> Fragment {
        self.plan.to_condition(&self.superset_expr(), ScanMethod::Index)
    }

    /// The same for PostgreSQL of entries that are there already, and for this audience.
    pub fn superset_condition_of_loaded(&self) -> Fragment {
        to_condition(&self.superset_expr(), &self.plan.frequencies, ScanMethod::Loaded)
    }

    /// Holds for the entries of this rank and of all better ones, if they are expected to be few.
    pub fn small_prefix_condition(&self) -> Option<Fragment> {
        let plan = &self.plan;
        let expr = plan
            .up_to_tier((self.field_index, self.match_kind))
            .and_not(plan.excluded_expr.clone());
        let is_small = expr.share_bounds(&plan.frequencies).1 * plan.frequencies.entry_count
            < f64::from(SMALL_RESULT_LIMIT);
        is_small.then(|| plan.to_condition(&expr, ScanMethod::Index))
    }

    /// Whether PostgreSQL looks at the words of entries for it, beside their tokens.
    pub fn needs_phrase_check(&self) -> bool {
        self.plan.query.terms().chain(&self.plan.query.excluded).any(|term| term.tokens.len() > 1)
    }

    fn superset_expr(&self) -> MatchExpr {
        let plan = &self.plan;
        // Of several words the weakest counts: there all fields up to this one must be asked.
        let expr = if !self.is_single_term() {
            plan.up_to_tier((self.field_index, self.match_kind))
        } else if self.is_last_of_field {
            MatchExpr::any_of(
                MATCH_KINDS
                    .into_iter()
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
        };
        expr.and_not(plan.excluded_expr.clone())
    }

    /// Whether a single word is looked for: then only its own field has to be asked for a rank.
    pub fn is_single_term(&self) -> bool {
        self.plan.ranks_by_match_kind && self.plan.query.groups.len() == 1
    }

    /// Whether another rank is of the same field.
    pub fn is_same_field(&self, other: &Self) -> bool {
        self.field_index == other.field_index
    }

    /// Whether so many entries have the rank that PostgreSQL had better walk along their keys.
    pub fn prefers_key_scan(&self) -> bool {
        let frequencies = &self.plan.frequencies;
        frequencies.entry_count > 0.0
            && prefers_key_scan(self.exact_expr().share_bounds(frequencies).0, frequencies)
    }

    fn exact_expr(&self) -> MatchExpr {
        let excluded: Vec<MatchExpr> = self
            .previous
            .map(|previous| self.plan.up_to_tier(previous))
            .into_iter()
            .chain(self.plan.excluded_expr.clone())
            .collect();
        let excluded = (!excluded.is_empty()).then_some(MatchExpr::Any(excluded));
        self.plan.up_to_tier((self.field_index, self.match_kind)).and_not(excluded)
    }
}

impl RankedMatches {
    /// Holds for the items that match.
    pub fn item_condition(&self) -> Fragment {
        Fragment::new("items.number IN (SELECT ")
            .sql(ITEM_ROW_ID_SQL)
            .sql(" FROM search_index WHERE ")
            .append(&self.condition)
            .sql(")")
    }
}

/// What a query finds among the items of these kinds, by the letters of the kinds.
pub fn plan_search(
    query: &Query,
    kinds: &[char],
    audience: Audience,
    (scope, mode): (FieldScope, SearchMode),
    frequencies: &Arc<TokenFrequencies>,
) -> SearchMatch {
    let ranks_by_match_kind =
        query.terms().map(|term| term.tokens.len()).sum::<usize>() <= MAX_RANKED_TOKENS;
    let asked = Arc::new(SearchPlan {
        query: query.clone(),
        kind_letters: kinds.to_vec(),
        first_field: scope.first_field(),
        audience,
        excluded_expr: excluded_expr(query, kinds, scope.first_field()),
        ranks_by_match_kind: ranks_by_match_kind,
        frequencies: Arc::clone(frequencies),
    });
    if query.groups.is_empty() {
        return SearchMatch::Predicate(match &asked.excluded_expr {
            // Nothing that can be searched for was typed.
            None => Fragment::new("1 = 0"),
            Some(excluded) => Fragment::new("items.number NOT IN (SELECT ")
                .sql(ITEM_ROW_ID_SQL)
                .sql(" FROM search_index WHERE ")
                .append(&asked.to_condition(excluded, ScanMethod::Index))
                .sql(")"),
        });
    }
    let full_expr = asked
        .up_to_tier((FIELD_LETTERS.len().saturating_sub(1), MatchKind::Prefix))
        .and_not(asked.excluded_expr.clone());
    let (min_share, max_share) = full_expr.share_bounds(frequencies);
    let is_small_result = max_share * frequencies.entry_count < f64::from(SMALL_RESULT_LIMIT);
    let scan_condition = (frequencies.entry_count > 0.0
        && prefers_key_scan(min_share, frequencies))
    .then(|| asked.to_condition(&full_expr, ScanMethod::KeyScan));
    let mut tiers: Vec<RankTier> = Vec::new();
    let fields =
        if mode == SearchMode::Unranked { FIELD_LETTERS.len() } else { scope.first_field() }
            ..FIELD_LETTERS.len();
    for place in fields {
        for form in MATCH_KINDS.into_iter().filter(|form| {
            if ranks_by_match_kind {
                query.has_match_kind(*form)
            } else {
                *form == MatchKind::Prefix
            }
        }) {
            let rank = MATCH_KINDS
                .len()
                .saturating_mul(place)
                .saturating_add(MATCH_KINDS.iter().position(|one| *one == form).unwrap_or(0));
            let before = tiers.last().map(|tier| (tier.field_index, tier.match_kind));
            let rank = i64::try_from(rank).unwrap_or(i64::MAX);
            tiers.push(RankTier {
                rank,
                field_index: place,
                match_kind: form,
                is_last_of_field: false,
                previous: before,
                plan: Arc::clone(&asked),
            });
        }
        if let Some(last) = tiers.last_mut() {
            last.is_last_of_field = true;
        }
    }
    SearchMatch::Ranked(RankedMatches {
        condition: asked.to_condition(&full_expr, ScanMethod::Index),
        scan_condition: scan_condition,
        tiers,
        is_small_result: is_small_result,
    })
}

/// Holds for the items of a kind that have what is looked for in their titles, and whether that are
/// many; `None` where nothing is.
pub(super) fn title_condition(
    query: &Query,
    kind: char,
    audience: Audience,
    frequencies: &TokenFrequencies,
) -> Option<(Fragment, bool)> {
    if query.groups.is_empty() {
        return None;
    }
    let expr = query_expr(query, &[kind], 0..=0, MatchKind::Prefix).and_not(excluded_expr(
        query,
        &[kind],
        0,
    ));
    let by_key_scan = prefers_key_scan(expr.share_bounds(frequencies).0, frequencies);
    let scan_method = if by_key_scan { ScanMethod::KeyScan } else { ScanMethod::Index };
    Some((
        to_condition(&expr, frequencies, scan_method).sql(" AND ").sql(audience.entry_condition()),
        by_key_scan,
    ))
}

/// As many entries PostgreSQL reads and sorts sooner than it asks for them rank by rank.
pub const SMALL_RESULT_LIMIT: u16 = 300;
/// To walk along the keys takes some 15 microseconds for each entry that is passed, whose tokens
/// are unpacked; to sort what the index gives one for each that is found. With this a page of
/// twenty takes the same either way: the number of entries times their share squared.
const KEY_SCAN_THRESHOLD: f64 = 600.0;

/// Whether a share of the entries fills a page sooner by walking along the keys than by sorting
/// what the index gives.
fn prefers_key_scan(share: f64, frequencies: &TokenFrequencies) -> bool {
    share * share * frequencies.entry_count > KEY_SCAN_THRESHOLD
}

impl Query {
    /// Whether any of its words can be found so.
    fn has_match_kind(&self, match_kind: MatchKind) -> bool {
        match match_kind {
            MatchKind::Exact => true,
            MatchKind::Stem => self.terms().any(|term| !term.stems.is_empty()),
            MatchKind::Prefix => self.terms().any(|term| term.prefix),
        }
    }
}

/// What must be found in an entry.
#[derive(Clone, Debug, PartialEq)]
enum MatchExpr {
    Token(String),
    Prefix(String),
    /// Tokens that stand together; the last may be a beginning.
    Phrase(Vec<String>, bool),
    All(Vec<MatchExpr>),
    Any(Vec<MatchExpr>),
    AndNot(Box<MatchExpr>, Box<MatchExpr>),
}

/// What is asked for, in the fields at these places and in the last of them by the forms up to one.
fn query_expr(
    query: &Query,
    kinds: &[char],
    fields: RangeInclusive<usize>,
    match_kind: MatchKind,
) -> MatchExpr {
    let group = |group: &Vec<Term>| {
        let mut any = Vec::new();
        for (index, field) in
            FIELD_LETTERS.iter().enumerate().filter(|(index, _)| fields.contains(index))
        {
            let last = if index == *fields.end() { match_kind } else { MatchKind::Prefix };
            for (term, kind) in
                group.iter().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)))
            {
                any.extend(
                    MATCH_KINDS
                        .into_iter()
                        .filter(|match_kind| *match_kind <= last)
                        .flat_map(|match_kind| term_exprs(term, kind, *field, match_kind)),
                );
            }
        }
        MatchExpr::any_of(any)
    };
    MatchExpr::All(query.groups.iter().map(group).collect())
}

/// A word in one field and form.
fn single_field_exprs(
    query: &Query,
    kinds: &[char],
    field_index: usize,
    match_kind: MatchKind,
) -> Vec<MatchExpr> {
    let Some(field) = FIELD_LETTERS.get(field_index).copied() else { return Vec::new() };
    let terms = query.terms().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)));
    terms.flat_map(|(term, kind)| term_exprs(term, kind, field, match_kind)).collect()
}

/// What must not be found: the terms as they were typed or by a stem, in any field from this place
/// on.
fn excluded_expr(query: &Query, kinds: &[char], first: usize) -> Option<MatchExpr> {
    let mut any = Vec::new();
    for term in &query.excluded {
        for (kind, field) in kinds
            .iter()
            .flat_map(|kind| FIELD_LETTERS.iter().skip(first).map(move |field| (*kind, *field)))
        {
            any.extend(
                MATCH_KINDS
                    .into_iter()
                    .flat_map(|match_kind| term_exprs(term, kind, field, match_kind)),
            );
        }
    }
    (!any.is_empty()).then_some(MatchExpr::Any(any))
}

/// A term in one field and form.
fn term_exprs(
    term: &Term,
    kind: char,
    (field, stem_field): (char, char),
    match_kind: MatchKind,
) -> Vec<MatchExpr> {
    let token = |token: &String| format!("{kind}{field}{token}");
    match (match_kind, term.tokens.as_slice()) {
        (MatchKind::Stem, _) => term
            .stems
            .iter()
            .map(|stem| MatchExpr::Token(format!("{kind}{stem_field}{stem}")))
            .collect(),
        (MatchKind::Prefix, _) if !term.prefix => Vec::new(),
        (MatchKind::Exact, [one]) => vec![MatchExpr::Token(token(one))],
        (MatchKind::Prefix, [one]) => vec![MatchExpr::Prefix(token(one))],
        (_, several) => {
            vec![MatchExpr::Phrase(
                several.iter().map(token).collect(),
                match_kind == MatchKind::Prefix,
            )]
        }
    }
}

/// How PostgreSQL comes to entries. It must not choose by itself: once it has planned a statement
/// five times it plans for any text alike, and then takes what is frequent for rare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ScanMethod {
    /// By the full-text index.
    Index,
    /// Along their keys: the function behind the operator finds the same, and no index.
    KeyScan,
    /// They are there already, and many questions are asked of each: a query is read once for all
    /// of them.
    Loaded,
}

impl ScanMethod {
    /// What stands before and after a query, which is bound as text.
    fn sql_around_query(self) -> (&'static str, &'static str) {
        match self {
            Self::Index => ("search_index.document @@ CAST(", " AS tsquery)"),
            Self::KeyScan => ("ts_match_vq(search_index.document, CAST(", " AS tsquery))"),
            Self::Loaded => ("search_index.document @@ (SELECT CAST(", " AS tsquery))"),
        }
    }
}

/// Holds for the entries in which it is found. PostgreSQL finds those that have the tokens of a
/// phrase, and looks at their words.
fn to_condition(
    expr: &MatchExpr,
    frequencies: &TokenFrequencies,
    scan_method: ScanMethod,
) -> Fragment {
    // Only what the database that is asked understands is written.
    if frequencies.is_sqlite {
        return Fragment::new("search_index MATCH ").bind(Bind::Text(expr.to_fts5()));
    }
    let (before, after) = scan_method.sql_around_query();
    let start = Fragment::new(before).bind(Bind::Text(expr.to_tsquery())).sql(after);
    if expr.has_phrase() {
        expr.append_phrase_check(start.sql(" AND "), scan_method)
    } else {
        start
    }
}

impl MatchExpr {
    /// One of these. What begins with a word is found where the word itself is, which is not asked
    /// for then.
    fn any_of(mut parts: Vec<Self>) -> Self {
        let begun: Vec<Self> = parts.iter().filter_map(Self::as_whole_word).collect();
        parts.retain(|one| !begun.contains(one));
        Self::Any(parts)
    }

    /// Of a beginning the same as a whole word.
    fn as_whole_word(&self) -> Option<Self> {
        match self {
            Self::Prefix(token) => Some(Self::Token(token.clone())),
            Self::Phrase(tokens, true) => Some(Self::Phrase(tokens.clone(), false)),
            _ => None,
        }
    }

    fn and_not(self, others: Option<Self>) -> Self {
        match others {
            Some(others) => Self::AndNot(Box::new(self), Box::new(others)),
            None => self,
        }
    }

    /// Between which shares of all entries have it. Of a token that is not known to be frequent
    /// none is expected to.
    fn share_bounds(&self, frequencies: &TokenFrequencies) -> (f64, f64) {
        let all_bounds = |parts: &[Self]| {
            parts.iter().map(|part| part.share_bounds(frequencies)).collect::<Vec<_>>()
        };
        match self {
            Self::Token(token) => {
                frequencies.share_by_token.get(token).map_or((0.0, 0.0), |share| (*share, *share))
            }
            Self::Prefix(prefix) => {
                let shares = frequencies
                    .share_by_token
                    .iter()
                    .filter(|(token, _)| token.starts_with(prefix.as_str()))
                    .map(|(_, share)| *share);
                shares
                    .fold((0.0, 0.0), |(min, max): (f64, f64), share| (min.max(share), max + share))
            }
            Self::Phrase(tokens, _) => {
                let shares = tokens
                    .iter()
                    .map(|token| frequencies.share_by_token.get(token).copied().unwrap_or(0.0));
                shares
                    .fold((1.0, 1.0), |(min, max): (f64, f64), share| (min * share, max.min(share)))
            }
            Self::All(parts) => all_bounds(parts)
                .into_iter()
                .fold((1.0, 1.0), |all: (f64, f64), one| (all.0 * one.0, all.1.min(one.1))),
            Self::Any(parts) => all_bounds(parts)
                .into_iter()
                .fold((0.0, 0.0), |any: (f64, f64), one| (any.0.max(one.0), any.1 + one.1)),
            Self::AndNot(expr, excluded) => {
                let (expr, excluded) =
                    (expr.share_bounds(frequencies), excluded.share_bounds(frequencies));
                ((expr.0 - excluded.1).max(0.0), expr.1)
            }
        }
    }

    fn has_phrase(&self) -> bool {
        match self {
            Self::Token(_) | Self::Prefix(_) => false,
            Self::Phrase(..) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_phrase),
            Self::AndNot(found, others) => found.has_phrase() || others.has_phrase(),
        }
    }

    /// FTS5's query language. Tokens hold letters and digits only and are quoted all the same.
    fn to_fts5(&self) -> String {
        let join = |parts: &[Self], joiner: &str| {
            let parts: Vec<String> = parts.iter().map(Self::to_fts5).collect();
            format!("({})", parts.join(joiner))
        };
        match self {
            Self::Token(token) => format!("\"{token}\""),
            Self::Prefix(token) => format!("\"{token}\" *"),
            Self::Phrase(tokens, prefix) => {
                format!("\"{}\"{}", tokens.join(" "), if *prefix { " *" } else { "" })
            }
            Self::All(parts) => join(parts, " AND "),
            Self::Any(parts) => join(parts, " OR "),
            Self::AndNot(found, others) => {
                format!("({} NOT {})", found.to_fts5(), others.to_fts5())
            }
        }
    }

    /// PostgreSQL's. Holds for whatever is found, and where there are phrases for more than that.
    fn to_tsquery(&self) -> String {
        let join = |parts: &[String], joiner: &str| format!("({})", parts.join(joiner));
        match self {
            Self::Token(token) => format!("'{token}'"),
            Self::Prefix(token) => format!("'{token}':*"),
            Self::Phrase(tokens, prefix) => {
                let last = tokens.len().saturating_sub(1);
                let token = |(place, token): (usize, &String)| {
                    format!("'{token}'{}", if *prefix && place == last { ":*" } else { "" })
                };
                join(&tokens.iter().enumerate().map(token).collect::<Vec<_>>(), " & ")
            }
            Self::All(parts) => {
                join(&parts.iter().map(Self::to_tsquery).collect::<Vec<_>>(), " & ")
            }
            Self::Any(parts) => {
                join(&parts.iter().map(Self::to_tsquery).collect::<Vec<_>>(), " | ")
            }
            Self::AndNot(found, others) if others.has_phrase() => found.to_tsquery(),
            Self::AndNot(found, others) => {
                format!("({} & !{})", found.to_tsquery(), others.to_tsquery())
            }
        }
    }

    /// Adds what PostgreSQL must look at in the entries that have the tokens.
    fn append_phrase_check(&self, start: Fragment, scan_method: ScanMethod) -> Fragment {
        let append = |start: Fragment, sql: &'static str| start.sql(sql);
        let join = |start: Fragment, parts: &[Self], joiner: &'static str| {
            let mut all = append(start, "(");
            for (place, part) in parts.iter().enumerate() {
                all = part.append_phrase_check(
                    if place == 0 { all } else { append(all, joiner) },
                    scan_method,
                );
            }
            append(all, ")")
        };
        match self {
            expr if !expr.has_phrase() => {
                let (before, after) = scan_method.sql_around_query();
                append(append(start, before).bind(Bind::Text(expr.to_tsquery())), after)
            }
            Self::Phrase(tokens, prefix) => {
                // With LIKE it would plan anew for each phrase, since it guesses how frequent that
                // is.
                let words = format!(" {}{}", tokens.join(" "), if *prefix { "" } else { " " });
                append(
                    append(start, "strpos(search_index.words, ").bind(Bind::Text(words)),
                    ") > 0",
                )
            }
            Self::All(parts) => join(start, parts, " AND "),
            Self::Any(parts) => join(start, parts, " OR "),
            Self::AndNot(expr, others) => others.append_phrase_check(
                append(expr.append_phrase_check(start, scan_method), " AND NOT "),
                scan_method,
            ),
            Self::Token(_) | Self::Prefix(_) => start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How PostgreSQL comes to the entries of each rank, and to all: along their keys, or by the
    /// index.
    fn key_scan_choices(query: &str, shares: &[(&str, f64)], entries: f64) -> (Vec<bool>, bool) {
        let shares = shares.iter().map(|(token, share)| ((*token).to_owned(), *share)).collect();
        let frequencies = Arc::new(TokenFrequencies {
            is_sqlite: false,
            entry_count: entries,
            share_by_token: shares,
        });
        let query = Query::parse(query, &[]);
        let found = plan_search(
            &query,
            &['v'],
            Audience::Public,
            (FieldScope::AllFields, SearchMode::Ranked),
            &frequencies,
        );
        let SearchMatch::Ranked(ranked) = found else { panic!("{query:?} is looked for") };
        let walks = |tier: &RankTier| {
            let sql = format!("{:?}", tier.exact_condition());
            assert_eq!(
                sql.contains("ts_match_vq"),
                tier.prefers_key_scan(),
                "the order and the condition go together: {sql}"
            );
            assert_ne!(sql.contains("ts_match_vq"), sql.contains("@@"), "{sql}");
            tier.prefers_key_scan()
        };
        (ranked.tiers.iter().map(walks).collect(), ranked.scan_condition.is_some())
    }

    #[test]
    fn chooses_index_or_key_scan_by_frequency() {
        // A fifth have the word in their descriptions: the fourth field of five, as it was typed.
        let (ranks, all) =
            key_scan_choices("\"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0);
        assert_eq!((ranks, all), (vec![false, false, false, true, false], true));
        // In a small catalogue, or one whose size is not known, the index is as good.
        assert!(!key_scan_choices("\"anniversary\"", &[("vdanniversary", 0.2)], 10_000.0).1);
        assert!(!key_scan_choices("\"anniversary\"", &[("vdanniversary", 1.0)], 0.0).1);
        // Of several words the rarest counts.
        assert!(
            !key_scan_choices("\"anniversary\" \"rare\"", &[("vdanniversary", 0.2)], 100_000.0).1
        );
        assert!(
            key_scan_choices("rare OR \"anniversary\"", &[("vdanniversary", 0.2)], 100_000.0).1
        );
    }
}
