//! What counts the changes of the catalogue. Tags, caches and feeds hang on it.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::schema::revisions;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::{Connection, Error, Time};
use crate::http::problem::Problem;
use crate::resource::schema::ResourceKind;

/// What counts the times that what is derived of items (the filter index, the columns of lists,
/// what repeats another item) was made again, which does not show in when they were written.
pub const DERIVED_DATA: &str = "mended";

/// What counts the changes of the catalogue as a whole, beside the names of the kinds.
pub const CATALOGUE: &str = "catalogue";

/// Revision and time of change of each kind, and of the [`CATALOGUE`]. Tags, caches and feeds hang
/// on them.
#[derive(Clone, Debug, Default)]
pub struct Revisions(Vec<(String, i64, Time)>);

impl Revisions {
    /// Reads them.
    pub fn load(connection: &mut Connection) -> Result<Self, Error> {
        let rows: Vec<String> =
            Statement::<Text>::new(Fragment::new("SELECT state FROM revisions WHERE number = 1"))
                .load_rows(connection)?;
        Ok(Self::parse(rows.first().map(String::as_str).unwrap_or_default()))
    }

    /// Reads them as their row has them.
    pub fn parse(state: &str) -> Self {
        let one = |member: &str| {
            let mut parts = member.split(' ');
            let (name, revision, changed_at) =
                (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((name.to_owned(), revision, Time::from_micros(changed_at)?))
        };
        Self(state.split(',').filter_map(one).collect())
    }

    /// Revision and time of change; 0 and none of what was never written.
    pub fn get(&self, name: &str) -> (i64, Option<Time>) {
        self.0
            .iter()
            .find(|(known, ..)| known == name)
            .map_or((0, None), |(_, revision, changed_at)| (*revision, Some(*changed_at)))
    }

    /// The revision that the catalogue will have when a write that is under way is committed; or
    /// one that is never seen, between two changes of the same transaction. There is one write at a
    /// time, so that whoever has seen a revision has seen all items that were written with it or
    /// before.
    pub fn next_catalogue_revision(&self) -> i64 {
        self.get(CATALOGUE).0.saturating_add(1)
    }

    /// Counts a change of these.
    pub fn bump(
        connection: &mut Connection,
        names: impl IntoIterator<Item = &'static str>,
        now: Time,
    ) -> Result<(), Error> {
        let mut revisions = Self::load(connection)?;
        for name in names {
            match revisions.0.iter_mut().find(|(known, ..)| known == name) {
                Some((_, revision, changed_at)) => {
                    (*revision, *changed_at) = (revision.saturating_add(1), now)
                }
                None => revisions.0.push((name.to_owned(), 1, now)),
            }
        }
        let state: Vec<String> = revisions
            .0
            .iter()
            .map(|(name, revision, changed_at)| {
                format!("{name} {revision} {}", changed_at.micros())
            })
            .collect();
        diesel::update(revisions::table.find(1))
            .set(revisions::state.eq(state.join(",")))
            .execute(connection)?;
        Ok(())
    }
}

/// Bumps the revisions that tags, caches and feeds hang on; last in a transaction, since every
/// writer needs these rows.
pub fn bump(connection: &mut Connection, written: ResourceKind, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(connection, [CATALOGUE, written.as_str()], now)?)
}

/// Bumps the revisions of all kinds: after what may have changed how any of them is found or shown.
pub fn bump_all(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::ALL.map(ResourceKind::as_str).into_iter().chain([CATALOGUE]),
        now,
    )?)
}

/// The same after what is derived of items was made again: what servers keep in memory of it is
/// read anew.
pub fn bump_derived(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::ALL.map(ResourceKind::as_str).into_iter().chain([CATALOGUE, DERIVED_DATA]),
        now,
    )?)
}
