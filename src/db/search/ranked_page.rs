//! Pages of full-text matches, best first, by the fastest method for each database.
//!
//! SQLite returns the newest entries of each tier, including those that belong to a better one, and
//! the tiers are separated here: the best matches are among the newest of their tier. PostgreSQL
//! returns all entries with their ranks if few match.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::keyset::{
    ListPage, ListQuery, PageStart, PositionRow, PositionSql, TierQuery, rank_and_key,
};
use crate::db::search::ITEM_ROW_ID_SQL;
use crate::db::search::search_plan::{RankTier, RankedMatches, SMALL_RESULT_LIMIT};
use crate::db::sql_fragment::{Bind, Fragment, Statement};

/// Maximum offset for which the tiers are separated here. Beyond it more entries would be read than
/// returned.
const MAX_LOCAL_OFFSET: i64 = 200;
/// Marker in place of a row id: too many entries match to read all of them.
const OVERFLOW_MARKER: i64 = -1;

impl RankedMatches {
    /// Loads the rows of a page, and one more in the paging direction. Returns `None` if the
    /// position does not belong to these matches.
    pub(in crate::db) fn fetch_page(
        &self,
        page: ListPage<'_>,
        connection: &mut Connection,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        let ListPage { list, start, limit } = page;
        let first_page = match start {
            PageStart::Offset(offset @ ..=MAX_LOCAL_OFFSET) => {
                Some(FirstPage { list, tiers: &self.tiers, offset: *offset, limit })
            }
            _ => None,
        };
        if self.is_small_result && !connection.is_sqlite() {
            let Some(statement) = SmallResult { tiers: &self.tiers, condition: &self.condition }
                .page_query(list, start, limit)
            else {
                return Ok(None);
            };
            if let Some(mut rows) = fetch_small_result(connection, statement)? {
                if matches!(start, PageStart::Before(_)) {
                    rows.reverse();
                }
                return Ok(Some(rows));
            }
        } else if let Some(first_page) = first_page.filter(|_| !connection.is_sqlite())
            && let Some(rows) = first_page.fetch_rare_tiers_first(connection)?
        {
            return Ok(Some(rows));
        }
        let statement = if connection.is_sqlite() {
            if let Some(first_page) = first_page {
                return Ok(Some(first_page.fetch_on_sqlite(connection)?));
            }
            tier_union_query(list, &self.tiers, start, limit)
        } else if let Some(first_page) = first_page.filter(|_| !self.tiers.is_empty()) {
            return Ok(Some(first_page.fetch_best_tier_then_rest(connection)?));
        } else {
            tier_union_query(list, &self.tiers, start, limit)
        };
        Ok(statement
            .map(|statement| Statement::<PositionSql>::new(statement).load_rows(connection))
            .transpose()?)
    }
}

/// One of the first pages, for which the tiers are separated here.
#[derive(Clone, Copy)]
struct FirstPage<'a> {
    list: &'a ListQuery,
    tiers: &'a [RankTier],
    offset: i64,
    limit: i64,
}

impl<'a> FirstPage<'a> {
    /// Divides the tiers after the first one for words in any order, which often fills the page.
    fn split_after_best(self) -> (&'a [RankTier], &'a [RankTier]) {
        let best = self.tiers.iter().position(RankTier::is_any_order);
        let length = best.map_or(self.tiers.len(), |index| index.saturating_add(1));
        self.tiers.split_at_checked(length).unwrap_or((self.tiers, &[]))
    }

    /// Loads the page on SQLite: the newest entries of each tier, some of which belong to a better
    /// one. Queries the best tier for words in any order, then the fields, then the match kinds of
    /// the fields with matches.
    fn fetch_on_sqlite(self, connection: &mut Connection) -> Result<Vec<PositionRow>, Error> {
        let Self { list, offset, limit, .. } = self;
        let (best_tiers, _) = self.split_after_best();
        let Some((best, word_order_tiers)) = best_tiers.split_last() else {
            return Ok(Vec::new());
        };
        let row_limit = limit.saturating_add(1).saturating_add(offset);
        let mut rows = fetch_tiers(list, connection, [best].into_iter(), row_limit)?;
        let mut has_title_matches = !rows.is_empty();
        if is_shorter_than(&rows, row_limit) {
            let fields: Vec<&[RankTier]> = self.tiers.chunk_by(RankTier::is_same_field).collect();
            let (found, matching_fields) = if best.is_single_term() {
                fetch_single_term_tiers(list, connection, &fields, row_limit)?
            } else {
                fetch_multi_term_tiers(list, connection, &fields, row_limit)?
            };
            rows.extend(found);
            has_title_matches |= matching_fields
                .iter()
                .flat_map(|field| field.iter())
                .any(|tier| tier.rank == best.rank);
            let kind_tiers = matching_fields.into_iter().flat_map(|field| {
                field.iter().filter(|tier| !tier.is_last_of_field && tier.rank > best.rank)
            });
            rows.extend(fetch_tiers(list, connection, kind_tiers, row_limit)?);
        }
        // The words are in the title in any order if they are in this one.
        if has_title_matches {
            rows.extend(fetch_tiers(list, connection, word_order_tiers.iter(), row_limit)?);
        }
        Ok(page_rows(dedupe_by_best_tier(rows), offset, limit))
    }

    /// Loads the page on PostgreSQL. The best tier is queried first, because it often fills the
    /// page and the others take long to plan.
    fn fetch_best_tier_then_rest(
        self,
        connection: &mut Connection,
    ) -> Result<Vec<PositionRow>, Error> {
        let Self { list, offset, limit, .. } = self;
        let row_limit = limit.saturating_add(offset);
        let mut rows: Vec<PositionRow> = Vec::new();
        let (best, others) = self.split_after_best();
        for tiers in [best, others] {
            let statement = tier_union_query(list, tiers, &PageStart::Offset(0), row_limit)
                .filter(|_| is_shorter_than(&rows, row_limit.saturating_add(1)));
            if let Some(statement) = statement {
                rows.extend(
                    Statement::<PositionSql>::new(statement)
                        .load_rows::<PositionRow>(connection)?,
                );
            }
        }
        Ok(page_rows(rows, offset, limit))
    }

    /// Loads the page on PostgreSQL if a word is frequent in one field and rare in the better ones,
    /// which are queried all at once. Returns `None` if that is not the case.
    fn fetch_rare_tiers_first(
        self,
        connection: &mut Connection,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        let Self { list, offset, limit, .. } = self;
        let frequent = self.tiers.iter().position(RankTier::prefers_key_scan).unwrap_or(0);
        let (rare_tiers, frequent_tiers) = self.tiers.split_at(frequent);
        let (best, _) = self.split_after_best();
        let Some(condition) = rare_tiers
            .last()
            .filter(|_| frequent > best.len())
            .and_then(RankTier::small_prefix_condition)
        else {
            return Ok(None);
        };
        let row_limit = limit.saturating_add(offset);
        let Some(statement) = SmallResult { tiers: rare_tiers, condition: &condition }.page_query(
            list,
            &PageStart::Offset(0),
            row_limit,
        ) else {
            return Ok(None);
        };
        let Some(mut rows) = fetch_small_result(connection, statement)? else { return Ok(None) };
        let rest = tier_union_query(list, frequent_tiers, &PageStart::Offset(0), row_limit)
            .filter(|_| is_shorter_than(&rows, row_limit.saturating_add(1)));
        if let Some(statement) = rest {
            rows.extend(
                Statement::<PositionSql>::new(statement).load_rows::<PositionRow>(connection)?,
            );
        }
        Ok(Some(page_rows(rows, offset, limit)))
    }
}

/// Executes a [`SmallResult::page_query`] and sorts its rows. Returns `None` if too many entries match.
fn fetch_small_result(
    connection: &mut Connection,
    statement: Fragment,
) -> Result<Option<Vec<PositionRow>>, Error> {
    let mut rows: Vec<PositionRow> =
        Statement::<PositionSql>::new(statement).load_rows(connection)?;
    if rows.iter().any(|row| row.1 == OVERFLOW_MARKER) {
        return Ok(None);
    }
    // A union guarantees no order.
    rows.sort_by_key(rank_sort_key);
    Ok(Some(rows))
}

/// Entries of tiers that are all read if they are few.
struct SmallResult<'a> {
    tiers: &'a [RankTier],
    /// Condition for the entries, each of which is in one of the tiers.
    condition: &'a Fragment,
}

impl SmallResult<'_> {
    /// Returns the PostgreSQL query for a page and one more row if few entries match. Its result contains [`OVERFLOW_MARKER`] if more entries match. Returns
    /// `None` if the position does not belong to these tiers.
    fn page_query(&self, list: &ListQuery, start: &PageStart, limit: i64) -> Option<Fragment> {
        let Self { tiers, condition } = self;
        let backward = matches!(start, PageStart::Before(_));
        let mut rank = Fragment::new("CASE");
        for tier in *tiers {
            rank = rank
                .sql(" WHEN ")
                .append(&tier.superset_condition_of_loaded())
                .sql(format!(" THEN {}", tier.rank));
        }
        // Sorted by an expression and not by the keys themselves, which PostgreSQL would scan in order.
        // Each entry is decompressed once, not for every tier.
        let mut statement = Fragment::new("WITH few AS MATERIALIZED (SELECT search_index.rowid, search_index.document, search_index.words")
        .append(&list.index_entries(condition))
        .sql(format!(" ORDER BY search_index.rowid + 0 LIMIT {}) ", SMALL_RESULT_LIMIT.saturating_add(1)))
        .sql("SELECT * FROM (SELECT CAST(0 AS BIGINT), number, CAST(rank AS TEXT) AS first, CAST(key AS TEXT) AS second, NULL AS third ")
        .sql("FROM (SELECT ")
        .sql(ITEM_ROW_ID_SQL)
        .sql(" AS number, search_index.rowid AS key, ")
        .append(&rank)
        .sql(" END AS rank FROM (SELECT few.rowid, few.document || ''::tsvector AS document, ")
        .sql(if tiers.iter().any(RankTier::needs_phrase_check) { "few.words || '' AS words" } else { "NULL::text AS words" })
        .sql(" FROM few ")
        .sql(format!("WHERE (SELECT COUNT(*) FROM few) <= {SMALL_RESULT_LIMIT} OFFSET 0) search_index OFFSET 0) found"));
        if let PageStart::After(position) | PageStart::Before(position) = start {
            let (rank, key) = rank_and_key(position)?;
            tiers
                .iter()
                .find(|tier| if backward { tier.rank <= rank } else { tier.rank >= rank })?;
            let (over, under) = if backward { ("<", ">") } else { (">", "<") };
            statement = statement
                .sql(format!(" WHERE rank {over} "))
                .bind(Bind::Integer(rank))
                .sql(" OR (rank = ")
                .bind(Bind::Integer(rank))
                .sql(format!(" AND key {under} "))
                .bind(Bind::Integer(key))
                .sql(")");
        }
        let order = if backward {
            " ORDER BY rank DESC, key ASC LIMIT "
        } else {
            " ORDER BY rank ASC, key DESC LIMIT "
        };
        statement =
            statement.sql(order).append(&Fragment::literal_on_postgres(limit.saturating_add(1)));
        if let PageStart::Offset(offset @ 1..) = start {
            statement = statement.sql(" OFFSET ").bind(Bind::Integer(*offset));
        }
        Some(statement.sql(format!(
        ") page UNION ALL SELECT CAST(0 AS BIGINT), CAST({OVERFLOW_MARKER} AS BIGINT), NULL, NULL, NULL WHERE (SELECT COUNT(*) FROM few) > {SMALL_RESULT_LIMIT}"
    )))
    }
}

/// The rows of tiers, and the fields that have matches.
type TierRows<'t> = (Vec<PositionRow>, Vec<&'t [RankTier]>);

/// Queries all fields at once for a single term.
fn fetch_single_term_tiers<'t>(
    list: &ListQuery,
    connection: &mut Connection,
    fields: &[&'t [RankTier]],
    row_limit: i64,
) -> Result<TierRows<'t>, Error> {
    let found =
        fetch_tiers(list, connection, fields.iter().filter_map(|field| field.last()), row_limit)?;
    let has = |field: &&[RankTier]| {
        field.last().is_some_and(|tier| found.iter().any(|row| has_rank(row, tier.rank)))
    };
    let matching_fields = fields.iter().copied().filter(has).collect();
    Ok((found, matching_fields))
}

/// Queries one field after the other, each together with the better ones, until the page is full.
/// Returns only the fields that add matches.
fn fetch_multi_term_tiers<'t>(
    list: &ListQuery,
    connection: &mut Connection,
    fields: &[&'t [RankTier]],
    row_limit: i64,
) -> Result<TierRows<'t>, Error> {
    let (mut rows, mut matching_fields) = (Vec::new(), Vec::new());
    let mut seen_keys: HashSet<Option<String>> = HashSet::new();
    for field in fields {
        let found = fetch_tiers(list, connection, field.last().into_iter(), row_limit)?;
        let before = seen_keys.len();
        seen_keys.extend(found.iter().map(|row| row.3.clone()));
        if seen_keys.len() > before {
            matching_fields.push(*field);
        }
        let is_full = !is_shorter_than(&found, row_limit);
        rows.extend(found);
        if is_full {
            break;
        }
    }
    Ok((rows, matching_fields))
}

/// Returns the sort key of a row: the best rank first, and within it the newest entry first.
fn rank_sort_key(row: &PositionRow) -> Option<(i64, Reverse<i64>)> {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
    Some((number(&row.2)?, Reverse(number(&row.3)?)))
}

fn has_rank(row: &PositionRow, rank: i64) -> bool {
    row.2.as_deref().and_then(|text| text.parse().ok()) == Some(rank)
}

fn is_shorter_than(rows: &[PositionRow], length: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|found| found < length)
}

/// Returns the rows of a page and one more.
fn page_rows(rows: Vec<PositionRow>, offset: i64, limit: i64) -> Vec<PositionRow> {
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    rows.into_iter().skip(count(offset)).take(count(limit).saturating_add(1)).collect()
}

/// Returns the query for a page and one more row, tier after tier. Returns `None` if the position
/// does not belong to these tiers.
fn tier_union_query(
    list: &ListQuery,
    tiers: &[RankTier],
    start: &PageStart,
    limit: i64,
) -> Option<Fragment> {
    let backward = matches!(start, PageStart::Before(_));
    let offset = if let PageStart::Offset(offset) = start { *offset } else { 0 };
    let from = match start {
        PageStart::Offset(_) => None,
        PageStart::After(position) | PageStart::Before(position) => Some(rank_and_key(position)?),
    };
    let mut tiers: Vec<&RankTier> = tiers.iter().collect();
    if backward {
        tiers.reverse();
    }
    tiers.retain(|tier| {
        from.is_none_or(|(rank, _)| if backward { tier.rank <= rank } else { tier.rank >= rank })
    });
    if tiers.is_empty() {
        return None;
    }
    let row_limit = limit.saturating_add(1).saturating_add(offset);
    let mut statement = Fragment::default();
    for (index, tier) in tiers.into_iter().enumerate() {
        let mut matches = tier.exact_condition();
        if let Some((_, key)) = from.filter(|(rank, _)| *rank == tier.rank) {
            let key_bound = if backward {
                ") AND search_index.rowid > "
            } else {
                ") AND search_index.rowid < "
            };
            matches = Fragment::new("(").append(&matches).sql(key_bound).bind(Bind::Integer(key));
        }
        let tier_query = TierQuery {
            rank: tier.rank,
            matches: &matches,
            by_key_scan: tier.prefers_key_scan(),
            backward,
            limit: row_limit,
        };
        statement = statement
            .sql(if index == 0 { "" } else { " UNION ALL " })
            .append(&list.tier_query(tier_query));
    }
    statement =
        statement.sql(" LIMIT ").append(&Fragment::literal_on_postgres(limit.saturating_add(1)));
    if offset > 0 {
        statement = statement.sql(" OFFSET ").bind(Bind::Integer(offset));
    }
    Some(statement)
}

/// Loads the newest entries of each of these tiers, including some that belong to better ones.
fn fetch_tiers<'t>(
    list: &ListQuery,
    connection: &mut Connection,
    tiers: impl Iterator<Item = &'t RankTier>,
    row_limit: i64,
) -> Result<Vec<PositionRow>, Error> {
    let mut statement: Option<Fragment> = None;
    for tier in tiers {
        let before =
            statement.map_or_else(Fragment::default, |statement| statement.sql(" UNION ALL "));
        let tier_query = TierQuery {
            rank: tier.rank,
            matches: &tier.superset_condition(),
            by_key_scan: false,
            backward: false,
            limit: row_limit,
        };
        statement = Some(before.append(&list.tier_query(tier_query)));
    }
    Ok(statement
        .map(|statement| Statement::<PositionSql>::new(statement).load_rows(connection))
        .transpose()?
        .unwrap_or_default())
}

/// Keeps each entry once, with its best rank, and sorts by rank, then newest first.
fn dedupe_by_best_tier(rows: Vec<PositionRow>) -> Vec<PositionRow> {
    let mut best: HashMap<i64, (i64, PositionRow)> = HashMap::new();
    for row in rows {
        let Some((rank, Reverse(key))) = rank_sort_key(&row) else { continue };
        match best.get(&key) {
            Some((known, _)) if *known <= rank => {}
            _ => drop(best.insert(key, (rank, row))),
        }
    }
    let mut best: Vec<(i64, i64, PositionRow)> =
        best.into_iter().map(|(key, (rank, row))| (rank, -key, row)).collect();
    best.sort_unstable_by_key(|(rank, key, _)| (*rank, *key));
    best.into_iter().map(|(.., row)| row).collect()
}
