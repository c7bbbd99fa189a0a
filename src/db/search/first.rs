//! The best of what was searched for, asked for in the way in which a database finds it soonest.
//!
//! SQLite is asked for the newest of each rank without leaving out what has a better one, and the
//! ranks are told apart here: what is among the best is among the newest of its rank. PostgreSQL,
//! where few entries match, is asked for all of them with their ranks.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::ITEM;
use super::matching::{FEW, Ranked, Tier};
use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::page::{List, PlaceRow, PlaceSql, Start, rank_and_key};
use crate::db::sql::{Bind, Fragment, Statement};

/// How far an offset goes with which the ranks are told apart here; farther off, more would be read
/// than shown.
const NEAR: i64 = 200;
/// Stands in the place of an item where there are too many entries to look at all of them.
const TOO_MANY: i64 = -1;

impl Ranked {
    /// The rows of a page and the one behind it, in the direction of travel; `None` where a place
    /// is not one of these.
    pub(in crate::db) fn page(
        &self,
        list: &List,
        connection: &mut Connection,
        start: &Start,
        limit: i64,
    ) -> Result<Option<Vec<PlaceRow>>, Error> {
        let near = if let Start::Offset(offset @ ..=NEAR) = start { Some(*offset) } else { None };
        if self.are_few && !connection.is_sqlite() {
            let Some(statement) = few(list, (&self.tiers, &self.all), start, limit) else {
                return Ok(None);
            };
            if let Some(mut rows) = all_of_few(connection, statement)? {
                if matches!(start, Start::Before(_)) {
                    rows.reverse();
                }
                return Ok(Some(rows));
            }
        } else if let Some(offset) = near.filter(|_| !connection.is_sqlite())
            && let Some(rows) = self.rare_first(list, connection, offset, limit)?
        {
            return Ok(Some(rows));
        }
        let statement = if connection.is_sqlite() {
            if let Some(offset) = near {
                return Ok(Some(self.apart(list, connection, offset, limit)?));
            }
            one_by_one(list, &self.tiers, start, limit)
        } else if let (Some(offset), Some((best, others))) = (near, self.tiers.split_first()) {
            return Ok(Some(in_two(
                list,
                connection,
                (std::slice::from_ref(best), others),
                offset,
                limit,
            )?));
        } else {
            one_by_one(list, &self.tiers, start, limit)
        };
        Ok(statement
            .map(|statement| Statement::<PlaceSql>::new(statement).rows(connection))
            .transpose()?)
    }

    /// SQLite's first pages: of each rank the newest, some of which have a better one. First the
    /// fields are asked, then those in which something is found for its forms.
    fn apart(
        &self,
        list: &List,
        connection: &mut Connection,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<PlaceRow>, Error> {
        let Some(best) = self.tiers.first() else { return Ok(Vec::new()) };
        let most = limit.saturating_add(1).saturating_add(offset);
        let mut rows = ask(list, connection, std::iter::once(best), most)?;
        if is_less(&rows, most) {
            let fields: Vec<&[Tier]> = self.tiers.chunk_by(Tier::is_of_field).collect();
            let with = if best.is_of_one_word() {
                of_one_word(list, connection, &fields, most, &mut rows)?
            } else {
                of_several_words(list, connection, &fields, most, &mut rows)?
            };
            let forms = with.into_iter().flat_map(|field| {
                field.iter().filter(|tier| !tier.is_whole_field && tier.rank != best.rank)
            });
            rows.extend(ask(list, connection, forms, most)?);
        }
        Ok(shown(best_of(rows), offset, limit))
    }

    /// PostgreSQL's first pages where a word is frequent in one field and rare in those before:
    /// these are asked for all at once. `None` where that is not so.
    fn rare_first(
        &self,
        list: &List,
        connection: &mut Connection,
        offset: i64,
        limit: i64,
    ) -> Result<Option<Vec<PlaceRow>>, Error> {
        let frequent = self.tiers.iter().position(Tier::are_many).unwrap_or(0);
        let (rare, others) = self.tiers.split_at(frequent);
        let Some(all) = rare.last().filter(|_| frequent > 1).and_then(Tier::few_so_far) else {
            return Ok(None);
        };
        let most = limit.saturating_add(offset);
        let Some(statement) = few(list, (rare, &all), &Start::Offset(0), most) else {
            return Ok(None);
        };
        let Some(mut rows) = all_of_few(connection, statement)? else { return Ok(None) };
        let rest = one_by_one(list, others, &Start::Offset(0), most)
            .filter(|_| is_less(&rows, most.saturating_add(1)));
        if let Some(statement) = rest {
            rows.extend(Statement::<PlaceSql>::new(statement).rows::<PlaceRow>(connection)?);
        }
        Ok(Some(shown(rows, offset, limit)))
    }
}

/// What [`few`] finds, in order; `None` where there are too many.
fn all_of_few(
    connection: &mut Connection,
    statement: Fragment,
) -> Result<Option<Vec<PlaceRow>>, Error> {
    let mut rows: Vec<PlaceRow> = Statement::<PlaceSql>::new(statement).rows(connection)?;
    if rows.iter().any(|row| row.1 == TOO_MANY) {
        return Ok(None);
    }
    // A union promises no order.
    rows.sort_by_key(rank_and_newest);
    Ok(Some(rows))
}

/// PostgreSQL's page and the row behind it, where few entries match, each of one of these ranks;
/// [`TOO_MANY`] where it finds that they are more. `None` where a place is not one of these.
fn few(
    list: &List,
    (tiers, all): (&[Tier], &Fragment),
    start: &Start,
    limit: i64,
) -> Option<Fragment> {
    let backward = matches!(start, Start::Before(_));
    let mut rank = Fragment::new("CASE");
    for tier in tiers {
        rank = rank.sql(" WHEN ").then(&tier.among_those()).sql(format!(" THEN {}", tier.rank));
    }
    // Sorted by anything but the keys themselves, since PostgreSQL would walk along those. Each
    // entry is unpacked once, not for every rank.
    let mut statement = Fragment::new("WITH few AS MATERIALIZED (SELECT search_index.rowid, search_index.document, search_index.words")
        .then(&list.entries(all))
        .sql(format!(" ORDER BY search_index.rowid + 0 LIMIT {}) ", FEW.saturating_add(1)))
        .sql("SELECT * FROM (SELECT CAST(0 AS BIGINT), number, CAST(rank AS TEXT) AS first, CAST(key AS TEXT) AS second, NULL AS third ")
        .sql("FROM (SELECT ")
        .sql(ITEM)
        .sql(" AS number, search_index.rowid AS key, ")
        .then(&rank)
        .sql(" END AS rank FROM (SELECT few.rowid, few.document || ''::tsvector AS document, ")
        .sql(if tiers.iter().any(Tier::looks_at_words) { "few.words || '' AS words" } else { "NULL::text AS words" })
        .sql(" FROM few ")
        .sql(format!("WHERE (SELECT COUNT(*) FROM few) <= {FEW} OFFSET 0) search_index OFFSET 0) found"));
    if let Start::After(place) | Start::Before(place) = start {
        let (rank, key) = rank_and_key(place)?;
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
    statement = statement.sql(order).then(&Fragment::written_out(limit.saturating_add(1)));
    if let Start::Offset(offset @ 1..) = start {
        statement = statement.sql(" OFFSET ").bind(Bind::Integer(*offset));
    }
    Some(statement.sql(format!(
        ") page UNION ALL SELECT CAST(0 AS BIGINT), CAST({TOO_MANY} AS BIGINT), NULL, NULL, NULL WHERE (SELECT COUNT(*) FROM few) > {FEW}"
    )))
}

/// Asks all fields at once for a word; gives those that have it.
fn of_one_word<'t>(
    list: &List,
    connection: &mut Connection,
    fields: &[&'t [Tier]],
    most: i64,
    rows: &mut Vec<PlaceRow>,
) -> Result<Vec<&'t [Tier]>, Error> {
    let found = ask(list, connection, fields.iter().filter_map(|field| field.last()), most)?;
    let has = |field: &&[Tier]| {
        field.last().is_some_and(|whole| found.iter().any(|row| is_of_rank(row, whole.rank)))
    };
    let with = fields.iter().copied().filter(has).collect();
    rows.extend(found);
    Ok(with)
}

/// Asks one field after the other for what is found in it and those before, until the page is full;
/// gives those in which more is found.
fn of_several_words<'t>(
    list: &List,
    connection: &mut Connection,
    fields: &[&'t [Tier]],
    most: i64,
    rows: &mut Vec<PlaceRow>,
) -> Result<Vec<&'t [Tier]>, Error> {
    let mut with = Vec::new();
    let mut seen: HashSet<Option<String>> = HashSet::new();
    for field in fields {
        let found = ask(list, connection, field.last().into_iter(), most)?;
        let before = seen.len();
        seen.extend(found.iter().map(|row| row.3.clone()));
        if seen.len() > before {
            with.push(*field);
        }
        let is_full = !is_less(&found, most);
        rows.extend(found);
        if is_full {
            break;
        }
    }
    Ok(with)
}

/// The order of what was found: the best rank first, and of each the newest.
fn rank_and_newest(row: &PlaceRow) -> Option<(i64, Reverse<i64>)> {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
    Some((number(&row.2)?, Reverse(number(&row.3)?)))
}

fn is_of_rank(row: &PlaceRow, rank: i64) -> bool {
    row.2.as_deref().and_then(|text| text.parse().ok()) == Some(rank)
}

fn is_less(rows: &[PlaceRow], most: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|found| found < most)
}

/// The rows of a page and the one behind it.
fn shown(rows: Vec<PlaceRow>, offset: i64, limit: i64) -> Vec<PlaceRow> {
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    rows.into_iter().skip(count(offset)).take(count(limit).saturating_add(1)).collect()
}

/// PostgreSQL's first pages: the best rank often fills them, and the others take long to plan.
fn in_two(
    list: &List,
    connection: &mut Connection,
    (best, others): (&[Tier], &[Tier]),
    offset: i64,
    limit: i64,
) -> Result<Vec<PlaceRow>, Error> {
    let most = limit.saturating_add(offset);
    let mut rows: Vec<PlaceRow> = Vec::new();
    for tiers in [best, others] {
        let statement = one_by_one(list, tiers, &Start::Offset(0), most)
            .filter(|_| is_less(&rows, most.saturating_add(1)));
        if let Some(statement) = statement {
            rows.extend(Statement::<PlaceSql>::new(statement).rows::<PlaceRow>(connection)?);
        }
    }
    Ok(shown(rows, offset, limit))
}

/// Rank after rank, until the page is full.
fn one_by_one(list: &List, tiers: &[Tier], start: &Start, limit: i64) -> Option<Fragment> {
    let backward = matches!(start, Start::Before(_));
    let offset = if let Start::Offset(offset) = start { *offset } else { 0 };
    let from = match start {
        Start::Offset(_) => None,
        Start::After(place) | Start::Before(place) => Some(rank_and_key(place)?),
    };
    let mut tiers: Vec<&Tier> = tiers.iter().collect();
    if backward {
        tiers.reverse();
    }
    tiers.retain(|tier| {
        from.is_none_or(|(rank, _)| if backward { tier.rank <= rank } else { tier.rank >= rank })
    });
    if tiers.is_empty() {
        return None;
    }
    let most = limit.saturating_add(1).saturating_add(offset);
    let mut statement = Fragment::default();
    for (index, tier) in tiers.into_iter().enumerate() {
        let mut matches = tier.matches();
        if let Some((_, key)) = from.filter(|(rank, _)| *rank == tier.rank) {
            let beyond = if backward {
                ") AND search_index.rowid > "
            } else {
                ") AND search_index.rowid < "
            };
            matches = Fragment::new("(").then(&matches).sql(beyond).bind(Bind::Integer(key));
        }
        statement = statement.sql(if index == 0 { "" } else { " UNION ALL " }).then(&list.of_tier(
            tier.rank,
            &matches,
            tier.are_many(),
            backward,
            most,
        ));
    }
    statement = statement.sql(" LIMIT ").then(&Fragment::written_out(limit.saturating_add(1)));
    if offset > 0 {
        statement = statement.sql(" OFFSET ").bind(Bind::Integer(offset));
    }
    Some(statement)
}

/// The newest of each of these ranks, and some of better ones.
fn ask<'t>(
    list: &List,
    connection: &mut Connection,
    tiers: impl Iterator<Item = &'t Tier>,
    most: i64,
) -> Result<Vec<PlaceRow>, Error> {
    let mut statement: Option<Fragment> = None;
    for tier in tiers {
        let before =
            statement.map_or_else(Fragment::default, |statement| statement.sql(" UNION ALL "));
        statement = Some(before.then(&list.of_tier(tier.rank, &tier.among(), false, false, most)));
    }
    Ok(statement
        .map(|statement| Statement::<PlaceSql>::new(statement).rows(connection))
        .transpose()?
        .unwrap_or_default())
}

/// Each entry once, by its best rank; the newest of a rank first.
fn best_of(rows: Vec<PlaceRow>) -> Vec<PlaceRow> {
    let mut best: HashMap<i64, (i64, PlaceRow)> = HashMap::new();
    for row in rows {
        let Some((rank, Reverse(key))) = rank_and_newest(&row) else { continue };
        match best.get(&key) {
            Some((known, _)) if *known <= rank => {}
            _ => drop(best.insert(key, (rank, row))),
        }
    }
    let mut best: Vec<(i64, i64, PlaceRow)> =
        best.into_iter().map(|(key, (rank, row))| (rank, -key, row)).collect();
    best.sort_unstable_by_key(|(rank, key, _)| (*rank, *key));
    best.into_iter().map(|(.., row)| row).collect()
}
