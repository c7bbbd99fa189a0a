//! The best of what was searched for, asked for in the way in which a database finds it soonest.
//!
//! SQLite is asked for the newest of each rank without leaving out what has a better one, and the
//! ranks are told apart here: what is among the best is among the newest of its rank. PostgreSQL,
//! where few entries match, is asked for all of them with their ranks.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::keyset::{ListQuery, PageStart, PositionRow, PositionSql, rank_and_key};
use crate::db::search::ITEM_ROW_ID_SQL;
use crate::db::search::match_expr::{RankTier, RankedMatches, SMALL_RESULT_LIMIT};
use crate::db::sql_fragment::{Bind, Fragment, Statement};

/// How far an offset goes with which the ranks are told apart here; farther off, more would be read
/// than shown.
const MAX_LOCAL_OFFSET: i64 = 200;
/// Stands in the place of an item where there are too many entries to look at all of them.
const OVERFLOW_MARKER: i64 = -1;

impl RankedMatches {
    /// The rows of a page and the one behind it, in the direction of travel; `None` where a place
    /// is not one of these.
    pub(in crate::db) fn fetch_page(
        &self,
        list: &ListQuery,
        connection: &mut Connection,
        start: &PageStart,
        limit: i64,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        let local_offset = if let PageStart::Offset(offset @ ..=MAX_LOCAL_OFFSET) = start {
            Some(*offset)
        } else {
            None
        };
        if self.is_small_result && !connection.is_sqlite() {
            let Some(statement) =
                small_result_query(list, (&self.tiers, &self.condition), start, limit)
            else {
                return Ok(None);
            };
            if let Some(mut rows) = fetch_small_result(connection, statement)? {
                if matches!(start, PageStart::Before(_)) {
                    rows.reverse();
                }
                return Ok(Some(rows));
            }
        } else if let Some(offset) = local_offset.filter(|_| !connection.is_sqlite())
            && let Some(rows) = self.fetch_rare_tiers_first(list, connection, offset, limit)?
        {
            return Ok(Some(rows));
        }
        let statement = if connection.is_sqlite() {
            if let Some(offset) = local_offset {
                return Ok(Some(self.fetch_page_sqlite(list, connection, offset, limit)?));
            }
            tier_union_query(list, &self.tiers, start, limit)
        } else if let (Some(offset), Some((best, others))) =
            (local_offset, self.tiers.split_first())
        {
            return Ok(Some(fetch_best_tier_then_rest(
                list,
                connection,
                (std::slice::from_ref(best), others),
                offset,
                limit,
            )?));
        } else {
            tier_union_query(list, &self.tiers, start, limit)
        };
        Ok(statement
            .map(|statement| Statement::<PositionSql>::new(statement).load_rows(connection))
            .transpose()?)
    }

    /// SQLite's first pages: of each rank the newest, some of which have a better one. First the
    /// fields are asked, then those in which something is found for its forms.
    fn fetch_page_sqlite(
        &self,
        list: &ListQuery,
        connection: &mut Connection,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<PositionRow>, Error> {
        let Some(best) = self.tiers.first() else { return Ok(Vec::new()) };
        let row_limit = limit.saturating_add(1).saturating_add(offset);
        let mut rows = fetch_tiers(list, connection, std::iter::once(best), row_limit)?;
        if is_shorter_than(&rows, row_limit) {
            let fields: Vec<&[RankTier]> = self.tiers.chunk_by(RankTier::is_same_field).collect();
            let matching_fields = if best.is_single_term() {
                fetch_single_term_tiers(list, connection, &fields, row_limit, &mut rows)?
            } else {
                fetch_multi_term_tiers(list, connection, &fields, row_limit, &mut rows)?
            };
            let kind_tiers = matching_fields.into_iter().flat_map(|field| {
                field.iter().filter(|tier| !tier.is_last_of_field && tier.rank != best.rank)
            });
            rows.extend(fetch_tiers(list, connection, kind_tiers, row_limit)?);
        }
        Ok(page_rows(dedupe_by_best_tier(rows), offset, limit))
    }

    /// PostgreSQL's first pages where a word is frequent in one field and rare in those before:
    /// these are asked for all at once. `None` where that is not so.
    fn fetch_rare_tiers_first(
        &self,
        list: &ListQuery,
        connection: &mut Connection,
        offset: i64,
        limit: i64,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        let frequent = self.tiers.iter().position(RankTier::prefers_key_scan).unwrap_or(0);
        let (rare_tiers, frequent_tiers) = self.tiers.split_at(frequent);
        let Some(condition) =
            rare_tiers.last().filter(|_| frequent > 1).and_then(RankTier::small_prefix_condition)
        else {
            return Ok(None);
        };
        let row_limit = limit.saturating_add(offset);
        let Some(statement) =
            small_result_query(list, (rare_tiers, &condition), &PageStart::Offset(0), row_limit)
        else {
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

/// What [`few`] finds, in order; `None` where there are too many.
fn fetch_small_result(
    connection: &mut Connection,
    statement: Fragment,
) -> Result<Option<Vec<PositionRow>>, Error> {
    let mut rows: Vec<PositionRow> =
        Statement::<PositionSql>::new(statement).load_rows(connection)?;
    if rows.iter().any(|row| row.1 == OVERFLOW_MARKER) {
        return Ok(None);
    }
    // A union promises no order.
    rows.sort_by_key(rank_sort_key);
    Ok(Some(rows))
}

/// PostgreSQL's page and the row behind it, where few entries match, each of one of these ranks;
/// [`TOO_MANY`] where it finds that they are more. `None` where a place is not one of these.
fn small_result_query(
    list: &ListQuery,
    (tiers, condition): (&[RankTier], &Fragment),
    start: &PageStart,
    limit: i64,
) -> Option<Fragment> {
    let backward = matches!(start, PageStart::Before(_));
    let mut rank = Fragment::new("CASE");
    for tier in tiers {
        rank = rank
            .sql(" WHEN ")
            .append(&tier.superset_condition_of_loaded())
            .sql(format!(" THEN {}", tier.rank));
    }
    // Sorted by anything but the keys themselves, since PostgreSQL would walk along those. Each
    // entry is unpacked once, not for every rank.
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
        tiers.iter().find(|tier| if backward { tier.rank <= rank } else { tier.rank >= rank })?;
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

/// Asks all fields at once for a word; gives those that have it.
fn fetch_single_term_tiers<'t>(
    list: &ListQuery,
    connection: &mut Connection,
    fields: &[&'t [RankTier]],
    row_limit: i64,
    rows: &mut Vec<PositionRow>,
) -> Result<Vec<&'t [RankTier]>, Error> {
    let found =
        fetch_tiers(list, connection, fields.iter().filter_map(|field| field.last()), row_limit)?;
    let has = |field: &&[RankTier]| {
        field.last().is_some_and(|whole| found.iter().any(|row| has_rank(row, whole.rank)))
    };
    let matching_fields = fields.iter().copied().filter(has).collect();
    rows.extend(found);
    Ok(matching_fields)
}

/// Asks one field after the other for what is found in it and those before, until the page is full;
/// gives those in which more is found.
fn fetch_multi_term_tiers<'t>(
    list: &ListQuery,
    connection: &mut Connection,
    fields: &[&'t [RankTier]],
    row_limit: i64,
    rows: &mut Vec<PositionRow>,
) -> Result<Vec<&'t [RankTier]>, Error> {
    let mut matching_fields = Vec::new();
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
    Ok(matching_fields)
}

/// The order of what was found: the best rank first, and of each the newest.
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

/// The rows of a page and the one behind it.
fn page_rows(rows: Vec<PositionRow>, offset: i64, limit: i64) -> Vec<PositionRow> {
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    rows.into_iter().skip(count(offset)).take(count(limit).saturating_add(1)).collect()
}

/// PostgreSQL's first pages: the best rank often fills them, and the others take long to plan.
fn fetch_best_tier_then_rest(
    list: &ListQuery,
    connection: &mut Connection,
    (best, others): (&[RankTier], &[RankTier]),
    offset: i64,
    limit: i64,
) -> Result<Vec<PositionRow>, Error> {
    let row_limit = limit.saturating_add(offset);
    let mut rows: Vec<PositionRow> = Vec::new();
    for tiers in [best, others] {
        let statement = tier_union_query(list, tiers, &PageStart::Offset(0), row_limit)
            .filter(|_| is_shorter_than(&rows, row_limit.saturating_add(1)));
        if let Some(statement) = statement {
            rows.extend(
                Statement::<PositionSql>::new(statement).load_rows::<PositionRow>(connection)?,
            );
        }
    }
    Ok(page_rows(rows, offset, limit))
}

/// Rank after rank, until the page is full.
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
        statement = statement.sql(if index == 0 { "" } else { " UNION ALL " }).append(
            &list.tier_query(tier.rank, &matches, tier.prefers_key_scan(), backward, row_limit),
        );
    }
    statement =
        statement.sql(" LIMIT ").append(&Fragment::literal_on_postgres(limit.saturating_add(1)));
    if offset > 0 {
        statement = statement.sql(" OFFSET ").bind(Bind::Integer(offset));
    }
    Some(statement)
}

/// The newest of each of these ranks, and some of better ones.
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
        statement = Some(before.append(&list.tier_query(
            tier.rank,
            &tier.superset_condition(),
            false,
            false,
            row_limit,
        )));
    }
    Ok(statement
        .map(|statement| Statement::<PositionSql>::new(statement).load_rows(connection))
        .transpose()?
        .unwrap_or_default())
}

/// Each entry once, by its best rank; the newest of a rank first.
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
