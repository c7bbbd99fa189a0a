//! Column types that the two databases store differently: identifiers and timestamps.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;

use super::error::Error;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Serialize, Serializer};

use super::connection::{MultiBackend, MultiRawValue};

/// SQL types of the Rust types below.
pub mod sql {
    /// `uuid` on PostgreSQL, a 16-byte blob on SQLite.
    #[derive(
        Clone, Copy, Debug, Default, diesel::query_builder::QueryId, diesel::sql_types::SqlType,
    )]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Binary"))]
    pub struct Uuid;

    /// `timestamptz` on PostgreSQL, microseconds since 1970 (UTC) on SQLite.
    #[derive(
        Clone, Copy, Debug, Default, diesel::query_builder::QueryId, diesel::sql_types::SqlType,
    )]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct Instant;
}

/// The row id of an item, its key in the tables. Not exposed to clients. Increases with [`Id`].
pub type RowId = i64;

/// The identifier of an item: a UUIDv7, so that newer items sort last.
#[derive(AsExpression, Clone, Copy, Debug, Eq, FromSqlRow, Hash, Ord, PartialEq, PartialOrd)]
#[diesel(sql_type = sql::Uuid)]
pub struct Id(pub uuid::Uuid);

/// A hash map keyed by identifier. The hashed bits of identifiers are random, so hashing takes only
/// a multiplication.
pub type IdMap<T> = HashMap<Id, T, BuildHasherDefault<IdHasher>>;

/// Hasher of [`IdMap`].
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        // The map selects a bucket by the lowest bits, which a multiplication mixes least.
        self.0.rotate_left(32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_usize(&mut self, _length: usize) {}
}

impl Id {
    /// Creates an identifier that is greater than every one created before in this process.
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7())
    }

    /// Parses the hyphenated form. Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 36 {
            return None;
        }
        uuid::Uuid::try_parse(text).ok().map(Self)
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.hyphenated())
    }
}

/// A timestamp in UTC with microsecond precision, which both databases store.
#[derive(AsExpression, Clone, Copy, Debug, Eq, FromSqlRow, Hash, Ord, PartialEq, PartialOrd)]
#[diesel(sql_type = sql::Instant)]
pub struct Time(pub DateTime<Utc>);

impl Time {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Returns the current time.
    pub fn now() -> Self {
        Self(Utc::now().trunc_subsecs(6))
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Returns the time this much later, or this time if that is out of range.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_add(micros)).unwrap_or(self)
    }

    /// Returns the time this much earlier, or the epoch if that is out of range.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_sub(micros)).unwrap_or(Self::EPOCH)
    }

    /// Returns the duration since an earlier time; zero if that is later.
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        let micros = self.micros().saturating_sub(earlier.micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Creates a timestamp from the microseconds since 1970-01-01T00:00:00Z. Returns `None` if it
    /// is out of range.
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }
}

impl fmt::Display for Time {
    /// Formats as RFC 3339 in UTC with as many fractional digits as needed: `2026-05-07T08:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Microseconds between 1970 and 2000, the epoch of PostgreSQL's binary timestamps.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<sql::Uuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        use std::io::Write;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Uuid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(uuid::Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<sql::Uuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Uuid, Sqlite> for Id {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<diesel::sql_types::Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(uuid::Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<sql::Instant, Pg> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        use std::io::Write;
        out.write_all(&(self.micros() - POSTGRES_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Pg> for Time {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = i64::from_be_bytes(value.as_bytes().try_into()?);
        Self::from_micros(micros.saturating_add(POSTGRES_EPOCH_MICROS))
            .ok_or_else(|| "timestamp out of range".into())
    }
}

impl ToSql<sql::Instant, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Sqlite> for Time {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<diesel::sql_types::BigInt, Sqlite>>::from_sql(value)?;
        Self::from_micros(micros).ok_or_else(|| "timestamp out of range".into())
    }
}

/// Implements the traits that bind and load a type through [`MultiBackend`].
macro_rules! impl_for_both_backends {
    ($rust:ty, $sql:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }
    };
}

impl_for_both_backends!(Id, sql::Uuid);
impl_for_both_backends!(Time, sql::Instant);

/// Returns a random number that identifies one write: no later state has the same one.
pub fn random_nonce() -> Result<i64, Error> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(i64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_times_out_of_range_are_the_epoch() {
        let now = Time::now();
        let days = |days: u32| Duration::from_hours(24).saturating_mul(days);
        assert_eq!(now.saturating_sub(days(1)).micros(), now.micros() - 86_400_000_000);
        // A retention period of this length never ends.
        assert_eq!(now.saturating_sub(days(u32::MAX)), Time::EPOCH);
    }
}
