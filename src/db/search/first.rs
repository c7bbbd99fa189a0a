//! The best of what was searched for, asked for in the way in which a database finds it soonest.
//!
//! SQLite is asked for the newest of each rank without leaving out what has a better one, and the ranks are told apart here: what is
//! among the best is among the newest of its rank. PostgreSQL, where few entries match, is asked for all of them with their ranks.

use std::collections::HashMap;

use super::ITEM;
use super::matching::{Ranked, Tier};
use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::page::{List, PlaceRow, PlaceSql, Start, rank_and_key};
use crate::db::sql::{Bind, Fragment, Statement};

/// How far an offset goes with which the ranks are told apart here; farther off, more would be read than shown.
const NEAR: i64 = 200;

impl Ranked {
    /// The first rows of SQLite's page and the one behind it; `None` where the ranks must be asked for one by one.
    pub(in crate::db) fn first(
        &self,
        list: &List,
        connection: &mut Connection,
        start: &Start,
        limit: i64,
    ) -> Result<Option<Vec<PlaceRow>>, Error> {
        let Start::Offset(offset @ ..=NEAR) = start else { return Ok(None) };
        let Some((best, others)) = self.tiers.split_first() else { return Ok(None) };
        let most = limit.saturating_add(1).saturating_add(*offset);
        let is_full = |rows: &[PlaceRow]| i64::try_from(rows.len()).is_ok_and(|found| found >= most);
        let mut rows = ask(list, connection, std::slice::from_ref(best), most)?;
        if !is_full(&rows) && !others.is_empty() {
            rows.extend(ask(list, connection, others, most)?);
        }
        let skipped = usize::try_from(*offset).unwrap_or(0);
        let shown = usize::try_from(limit).unwrap_or(0).saturating_add(1);
        Ok(Some(best_of(rows).into_iter().skip(skipped).take(shown).collect()))
    }

    /// PostgreSQL's page and the row behind it, where few entries match. `None` where a place is not one of these.
    pub(in crate::db) fn few(&self, list: &List, start: &Start, limit: i64) -> Option<Fragment> {
        let backward = matches!(start, Start::Before(_));
        let mut rank = Fragment::new("CASE");
        for tier in &self.tiers {
            rank = rank.sql(" WHEN ").then(&tier.among).sql(format!(" THEN {}", tier.rank));
        }
        let mut statement =
            Fragment::new("SELECT number, CAST(rank AS TEXT) AS first, CAST(key AS TEXT) AS second, NULL AS third FROM (SELECT ")
                .sql(ITEM)
                .sql(" AS number, search_index.rowid AS key, ")
                .then(&rank)
                .sql(" END AS rank")
                .then(&list.entries(&self.all))
                // Else it would walk along the keys.
                .sql(" OFFSET 0) found");
        if let Start::After(place) | Start::Before(place) = start {
            let (rank, key) = rank_and_key(place)?;
            self.tiers.iter().find(|tier| if backward { tier.rank <= rank } else { tier.rank >= rank })?;
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
        let order = if backward { " ORDER BY rank DESC, key ASC LIMIT " } else { " ORDER BY rank ASC, key DESC LIMIT " };
        statement = statement.sql(order).then(&Fragment::written_out(limit.saturating_add(1)));
        if let Start::Offset(offset @ 1..) = start {
            statement = statement.sql(" OFFSET ").bind(Bind::Integer(*offset));
        }
        Some(statement)
    }
}

/// The newest of each of these ranks, and some of better ones.
fn ask(list: &List, connection: &mut Connection, tiers: &[Tier], most: i64) -> Result<Vec<PlaceRow>, Error> {
    let mut statement = Fragment::default();
    for (index, tier) in tiers.iter().enumerate() {
        statement =
            statement.sql(if index == 0 { "" } else { " UNION ALL " }).then(&list.of_tier(tier.rank, &tier.among, false, false, most));
    }
    Ok(Statement::<PlaceSql>::new(statement).rows(connection)?)
}

/// Each entry once, by its best rank; the newest of a rank first.
fn best_of(rows: Vec<PlaceRow>) -> Vec<PlaceRow> {
    let mut best: HashMap<i64, (i64, PlaceRow)> = HashMap::new();
    for row in rows {
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
        let Some((rank, key)) = number(&row.2).zip(number(&row.3)) else { continue };
        match best.get(&key) {
            Some((known, _)) if *known <= rank => {}
            _ => drop(best.insert(key, (rank, row))),
        }
    }
    let mut best: Vec<(i64, i64, PlaceRow)> = best.into_iter().map(|(key, (rank, row))| (rank, -key, row)).collect();
    best.sort_unstable_by_key(|(rank, key, _)| (*rank, *key));
    best.into_iter().map(|(.., row)| row).collect()
}
