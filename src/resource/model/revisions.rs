//! Revision counters of the catalogue, of each kind and of the derived data. Entity tags, caches
//! and feeds depend on them.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::schema::revisions;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::{Connection, Error, Time};
use crate::http::problem::Problem;
use crate::resource::schema::ResourceKind;

/// Name of the counter of rebuilds of derived data (the filter index, the sort columns, inherited
/// fields), which do not change the revisions of items.
pub const DERIVED_DATA: &str = "derived";

/// Name of the counter of all changes of the catalogue. The other counters have the names of kinds.
pub const CATALOGUE: &str = "catalogue";

/// The revision and time of the last change of each kind and of the [`CATALOGUE`].
#[derive(Clone, Debug, Default)]
pub struct Revisions(Vec<(String, i64, Time)>);

impl Revisions {
    /// Loads the revisions.
    pub fn load(connection: &mut Connection) -> Result<Self, Error> {
        let rows: Vec<String> =
            Statement::<Text>::new(Fragment::new("SELECT entries FROM revisions WHERE number = 1"))
                .load_rows(connection)?;
        Ok(Self::parse(rows.first().map(String::as_str).unwrap_or_default()))
    }

    /// Parses the stored format: `name revision microseconds`, separated by commas.
    pub fn parse(state: &str) -> Self {
        let parse_entry = |member: &str| {
            let mut parts = member.split(' ');
            let (name, revision, changed_at) =
                (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((name.to_owned(), revision, Time::from_micros(changed_at)?))
        };
        Self(state.split(',').filter_map(parse_entry).collect())
    }

    /// Returns the revision and time of the last change; `(0, None)` before the first.
    pub fn get(&self, name: &str) -> (i64, Option<Time>) {
        self.0
            .iter()
            .find(|(kind, ..)| kind == name)
            .map_or((0, None), |(_, revision, changed_at)| (*revision, Some(*changed_at)))
    }

    /// Returns the catalogue revision that the current write transaction will commit or, between
    /// two changes of one transaction, one that no reader ever sees. Writes are serialized, so that
    /// a reader which has seen a revision has seen all items written at it or before it.
    pub fn next_catalogue_revision(&self) -> i64 {
        self.get(CATALOGUE).0.saturating_add(1)
    }

    /// Increments these counters.
    pub fn bump(
        connection: &mut Connection,
        names: impl IntoIterator<Item = &'static str>,
        now: Time,
    ) -> Result<(), Error> {
        let mut revisions = Self::load(connection)?;
        for name in names {
            match revisions.0.iter_mut().find(|(kind, ..)| kind == name) {
                Some((_, revision, changed_at)) => {
                    (*revision, *changed_at) = (revision.saturating_add(1), now);
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
            .set(revisions::entries.eq(state.join(",")))
            .execute(connection)?;
        Ok(())
    }
}

/// Increments the revisions of a kind and of the catalogue. Must be the last step of a transaction,
/// since every writer needs the row of the counters.
pub fn bump(connection: &mut Connection, written: ResourceKind, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(connection, [CATALOGUE, written.as_str()], now)?)
}

/// Increments the revisions of all kinds and of the catalogue, after a change that may affect how
/// items of any kind are found or rendered.
pub fn bump_all(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::all().iter().map(|kind| kind.as_str()).chain([CATALOGUE]),
        now,
    )?)
}

/// Increments all revisions after derived data was rebuilt, so that servers reload what they cache
/// of it.
pub fn bump_derived(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::all().iter().map(|kind| kind.as_str()).chain([CATALOGUE, DERIVED_DATA]),
        now,
    )?)
}
