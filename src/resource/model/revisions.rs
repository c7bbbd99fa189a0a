//! Versions of the catalogue, of each kind and of the derived data. Entity tags, caches and feeds
//! depend on them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use crate::db::schema::{revision_log, revisions};
pub use crate::db::search::Audience;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::types::sql::Instant;
use crate::db::{Connection, Error, Time, random_nonce};
use crate::http::problem::Problem;
use crate::http::visibility::Visibility;
use crate::resource::schema::ResourceKind;

/// Name of the counter of rebuilds of derived data (the filter index, the sort columns, inherited
/// fields), which do not change the revisions of items.
pub const DERIVED_DATA: &str = "derived";

/// Name of the counter of all changes of the catalogue. The other counters have the names of kinds.
pub const CATALOGUE: &str = "catalogue";

/// Name of the entry that holds the time of the next scheduled change, if there is one.
const NEXT_SCHEDULED: &str = "scheduled";

/// Number of catalogue revisions whose nonces the database keeps.
const LOGGED_REVISIONS: i64 = 10_000;

/// A version of the data: a counter, and a random number drawn by the write that incremented it.
///
/// After a restore from a backup, or a failover that loses writes, a counter takes values again
/// that it had before. The nonce tells these states apart, so that no entity tag and no cache entry
/// is valid for both.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize)]
pub struct Version {
    /// The counter.
    pub revision: i64,
    /// The nonce of the write; 0 before the first, and for writes before nonces were stored.
    pub nonce: i64,
}

/// A change: the version that it created and its time.
#[derive(Clone, Copy, Debug)]
struct Change {
    version: Version,
    changed_at: Time,
}

/// The last change of a kind or of the catalogue.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    /// The last change.
    last: Change,
    /// The last change that the public could see.
    last_public: Change,
}

/// The version and time of the last change of each kind and of the [`CATALOGUE`].
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    entries: Vec<Entry>,
    next_scheduled_change: Option<Time>,
}

impl Revisions {
    /// Loads the revisions.
    pub fn load(connection: &mut Connection) -> Result<Self, Error> {
        let rows: Vec<String> =
            Statement::<Text>::new(Fragment::new("SELECT entries FROM revisions WHERE number = 1"))
                .load_rows(connection)?;
        Ok(Self::parse(rows.first().map(String::as_str).unwrap_or_default()))
    }

    /// Parses the stored format, entries separated by commas: `name revision microseconds nonce`,
    /// and the last three again for the last public change if that is another one. The entry
    /// `scheduled` has only the microseconds of the next scheduled change.
    pub fn parse(state: &str) -> Self {
        let mut revisions = Self::default();
        for entry in state.split(',') {
            let mut parts = entry.split(' ');
            let Some(name) = parts.next() else { continue };
            let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
            if name == NEXT_SCHEDULED {
                revisions.next_scheduled_change = number().and_then(Time::from_micros);
                continue;
            }
            let mut change = || {
                let (revision, changed_at) = (number()?, Time::from_micros(number()?)?);
                let version = Version { revision, nonce: number().unwrap_or(0) };
                Some(Change { version, changed_at })
            };
            if let Some(last) = change() {
                let last_public = change().unwrap_or(last);
                revisions.entries.push(Entry { name: name.to_owned(), last, last_public });
            }
        }
        revisions
    }

    /// Formats the revisions as [`Self::parse`] reads them.
    fn format(&self) -> String {
        let change = |change: &Change| {
            let Version { revision, nonce } = change.version;
            format!(" {revision} {} {nonce}", change.changed_at.micros())
        };
        let mut entries: Vec<String> = Vec::with_capacity(self.entries.len().saturating_add(1));
        for entry in &self.entries {
            let mut formatted = format!("{}{}", entry.name, change(&entry.last));
            if entry.last_public.version != entry.last.version {
                formatted.push_str(&change(&entry.last_public));
            }
            entries.push(formatted);
        }
        let scheduled = self.next_scheduled_change;
        entries.extend(scheduled.map(|time| format!("{NEXT_SCHEDULED} {}", time.micros())));
        entries.join(",")
    }

    fn change(&self, name: &str, visibility: Visibility) -> Option<Change> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some(if visibility.includes_unpublished() { entry.last } else { entry.last_public })
    }

    /// Returns the version after the last change that a reader with this visibility could see; the
    /// default version before the first.
    pub fn version(&self, name: &str, visibility: Visibility) -> Version {
        self.change(name, visibility).map_or_else(Version::default, |change| change.version)
    }

    /// Returns the revisions as a reader with this visibility sees them.
    pub fn seen_with(&self, visibility: Visibility) -> SeenRevisions<'_> {
        SeenRevisions { revisions: self, visibility }
    }

    /// Returns the version of the catalogue after its last change.
    pub fn catalogue(&self) -> Version {
        self.version(CATALOGUE, Visibility::All)
    }

    /// Returns the time of the last change that a reader with this visibility could see.
    pub fn changed_at(&self, name: &str, visibility: Visibility) -> Option<Time> {
        self.change(name, visibility).map(|change| change.changed_at)
    }

    /// Returns the time of the next scheduled publication or withdrawal of an item.
    pub fn next_scheduled_change(&self) -> Option<Time> {
        self.next_scheduled_change
    }

    /// Returns the catalogue revision that the current write transaction will commit or, between
    /// two changes of one transaction, one that no reader ever sees. Writes are serialized, so that
    /// a reader which has seen a revision has seen all items written at it or before it.
    pub fn next_catalogue_revision(&self) -> i64 {
        self.catalogue().revision.saturating_add(1)
    }

    /// Increments these counters.
    fn bump(
        connection: &mut Connection,
        names: impl IntoIterator<Item = &'static str>,
        audience: Audience,
        now: Time,
    ) -> Result<(), Error> {
        let mut revisions = Self::load(connection)?;
        let nonce = random_nonce()?;
        for name in names {
            let before = revisions.entries.iter_mut().find(|entry| entry.name == name);
            let revision =
                before.as_ref().map_or(0, |entry| entry.last.version.revision).saturating_add(1);
            let change = Change { version: Version { revision, nonce }, changed_at: now };
            if let Some(entry) = before {
                entry.last = change;
                if audience == Audience::Public {
                    entry.last_public = change;
                }
            } else {
                let name = name.to_owned();
                revisions.entries.push(Entry { name, last: change, last_public: change });
            }
        }
        log_version(connection, revisions.catalogue())?;
        revisions.next_scheduled_change = load_next_scheduled_change(connection)?;
        diesel::update(revisions::table.find(1))
            .set(revisions::entries.eq(revisions.format()))
            .execute(connection)?;
        Ok(())
    }
}

/// Loads the time of the next publication or archiving that is scheduled.
fn load_next_scheduled_change(connection: &mut Connection) -> Result<Option<Time>, Error> {
    let statement = Fragment::new(
        "SELECT MIN(due) FROM (\
         SELECT MIN(published_at) AS due FROM items WHERE status = 'scheduled' AND deleted_at IS NULL \
         UNION ALL SELECT MIN(unpublish_at) FROM items \
         WHERE unpublish_at IS NOT NULL AND status IN ('scheduled', 'published') AND deleted_at IS NULL) times",
    );
    let rows: Vec<Option<Time>> =
        Statement::<Nullable<Instant>>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().next().flatten())
}

/// The revisions as a reader with a certain visibility sees them.
#[derive(Clone, Copy)]
pub struct SeenRevisions<'a> {
    /// The revisions.
    pub revisions: &'a Revisions,
    /// The visibility.
    pub visibility: Visibility,
}

impl SeenRevisions<'_> {
    /// Returns the version after the last change that the reader could see.
    pub fn version(self, name: &str) -> Version {
        self.revisions.version(name, self.visibility)
    }

    /// Returns the time of the last change that the reader could see.
    pub fn changed_at(self, name: &str) -> Option<Time> {
        self.revisions.changed_at(name, self.visibility)
    }
}

/// Records the nonce of a version of the catalogue, and removes the oldest ones now and then.
fn log_version(connection: &mut Connection, version: Version) -> Result<(), Error> {
    let Version { revision, nonce } = version;
    let statement = Fragment::new("INSERT INTO revision_log (revision, nonce) VALUES (")
        .binds([Bind::Integer(revision), Bind::Integer(nonce)])
        .sql(") ON CONFLICT (revision) DO UPDATE SET nonce = excluded.nonce");
    Statement::<BigInt>::new(statement).execute(connection)?;
    if revision % 256 == 0 {
        let oldest = revision.saturating_sub(LOGGED_REVISIONS);
        diesel::delete(revision_log::table.filter(revision_log::revision.lt(oldest)))
            .execute(connection)?;
    }
    Ok(())
}

/// Loads the logged versions of the catalogue in this range, in ascending order.
pub fn load_versions(
    connection: &mut Connection,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>, Error> {
    Ok(revision_log::table
        .filter(revision_log::revision.ge(from))
        .filter(revision_log::revision.le(to))
        .order(revision_log::revision)
        .select((revision_log::revision, revision_log::nonce))
        .load(connection)?)
}

/// Increments the revisions of a kind and of the catalogue. Must be the last step of a transaction,
/// since every writer needs the row of the counters.
pub fn bump(
    connection: &mut Connection,
    written: ResourceKind,
    audience: Audience,
    now: Time,
) -> Result<(), Problem> {
    Ok(Revisions::bump(connection, [CATALOGUE, written.as_str()], audience, now)?)
}

/// Increments the revisions of all kinds and of the catalogue, after a change that may affect how
/// items of any kind are found or rendered.
pub fn bump_all(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::all().iter().map(|kind| kind.as_str()).chain([CATALOGUE]),
        Audience::Public,
        now,
    )?)
}

/// Increments all revisions after derived data was rebuilt, so that servers reload what they cache
/// of it.
pub fn bump_derived(connection: &mut Connection, now: Time) -> Result<(), Problem> {
    Ok(Revisions::bump(
        connection,
        ResourceKind::all().iter().map(|kind| kind.as_str()).chain([CATALOGUE, DERIVED_DATA]),
        Audience::Public,
        now,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_format_round_trips_and_accepts_entries_without_nonce() {
        let stored = "catalogue 7 100 -5 6 90 4,video 3 90 4,scheduled 2000";
        let revisions = Revisions::parse(stored);
        assert_eq!(revisions.format(), stored);
        let public = revisions.version(CATALOGUE, Visibility::Published);
        assert_eq!(public, Version { revision: 6, nonce: 4 });
        assert_eq!(revisions.catalogue(), Version { revision: 7, nonce: -5 });
        assert_eq!(
            revisions.changed_at("video", Visibility::Published).map(Time::micros),
            Some(90)
        );
        assert_eq!(revisions.next_scheduled_change().map(Time::micros), Some(2000));

        let old = Revisions::parse("catalogue 7 100,video 3 90");
        assert_eq!(old.catalogue(), Version { revision: 7, nonce: 0 });
        assert_eq!(old.version("video", Visibility::Published), Version { revision: 3, nonce: 0 });
        assert_eq!(Revisions::parse("").catalogue(), Version::default());
    }
}
