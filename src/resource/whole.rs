//! What is reckoned with of all items of a kind, kept in memory and brought up to date with what
//! was written since.
//!
//! To read all of them takes a multiple of reckoning with them, and between two requests few are
//! written.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::sql_types::BigInt;

use super::revisions::{CATALOGUE, MENDED, Revisions};
use super::spec::{Kind, Spec};
use crate::db::sql::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, RowId};

/// What is kept of all items of a kind.
pub trait Whole: Any + Clone + Send + Sync {
    /// Reads it.
    fn read(connection: &mut Connection, spec: &'static Spec) -> Result<Self, Error>;

    /// Reads what is new of the items that were written since this revision of the catalogue, see
    /// [`written`]; `false` where it is better read anew.
    fn update(
        &mut self,
        connection: &mut Connection,
        spec: &'static Spec,
        since: i64,
    ) -> Result<bool, Error>;
}

/// What is kept, for each kind and type. Who comes while it is read waits for it, and need not read
/// it again.
#[derive(Default)]
pub struct Wholes(Mutex<HashMap<(Kind, TypeId), Place>>);

type Place = Arc<Mutex<Option<Kept<dyn Any + Send + Sync>>>>;

struct Kept<T: ?Sized> {
    /// The revisions at which it was read: of the kind, and of what is derived.
    revisions: (i64, i64),
    /// That of the catalogue.
    catalogue: i64,
    /// When it was read.
    at: Instant,
    whole: Arc<T>,
}

/// So long a request may have been under way that found an older revision than another which read
/// meanwhile. What is newer for longer is of a database that was put back.
pub const UNDER_WAY: Duration = Duration::from_secs(10);

impl Wholes {
    /// The whole at these revisions, or at newer ones that another request has just found.
    pub fn of<T: Whole>(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
        revisions: &Revisions,
    ) -> Result<Arc<T>, Error> {
        let key = (spec.kind, TypeId::of::<T>());
        let place = Arc::clone(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default(),
        );
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let current = (revisions.of(spec.kind.as_str()).0, revisions.of(MENDED).0);
        let (catalogue, _) = revisions.of(CATALOGUE);
        // What fails on the way is forgotten.
        let kept = match place.take().and_then(Kept::downcast::<T>) {
            Some(kept) if kept.is_fit(current) => kept,
            Some(kept) => match kept.updated(connection, spec, (current, catalogue))? {
                Some(updated) => updated,
                None => Kept::read(connection, spec, (current, catalogue))?,
            },
            None => Kept::read(connection, spec, (current, catalogue))?,
        };
        let whole = Arc::clone(&kept.whole);
        *place = Some(Kept {
            revisions: kept.revisions,
            catalogue: kept.catalogue,
            at: kept.at,
            whole: kept.whole,
        });
        Ok(whole)
    }
}

impl Kept<dyn Any + Send + Sync> {
    fn downcast<T: Whole>(self) -> Option<Kept<T>> {
        Some(Kept {
            revisions: self.revisions,
            catalogue: self.catalogue,
            at: self.at,
            whole: self.whole.downcast().ok()?,
        })
    }
}

impl<T: Whole> Kept<T> {
    /// Whether it can be used as it is at these revisions.
    fn is_fit(&self, current: (i64, i64)) -> bool {
        let is_newer = self.revisions.0 >= current.0 && self.revisions.1 >= current.1;
        self.revisions == current || is_newer && self.at.elapsed() < UNDER_WAY
    }

    fn read(
        connection: &mut Connection,
        spec: &'static Spec,
        (revisions, catalogue): ((i64, i64), i64),
    ) -> Result<Self, Error> {
        Ok(Self {
            revisions,
            catalogue,
            at: Instant::now(),
            whole: Arc::new(T::read(connection, spec)?),
        })
    }

    /// Brings it up to date; `None` where all is to be read anew.
    fn updated(
        mut self,
        connection: &mut Connection,
        spec: &'static Spec,
        (revisions, catalogue): ((i64, i64), i64),
    ) -> Result<Option<Self>, Error> {
        if self.revisions.0 > revisions.0 || self.revisions.1 != revisions.1 {
            return Ok(None);
        }
        // A copy is made only where another still reckons with it.
        let is_whole = Arc::make_mut(&mut self.whole).update(connection, spec, self.catalogue)?;
        Ok(is_whole.then(|| Self { revisions, catalogue, at: Instant::now(), whole: self.whole }))
    }
}

/// Where more items than these were written, all are read anew.
pub const MOST_WRITTEN: usize = 20_000;

/// The items of a kind that were written since this revision of the catalogue; `None` where they
/// are so many that all are better read anew.
pub fn written(
    connection: &mut Connection,
    kind: Kind,
    since: i64,
) -> Result<Option<BTreeSet<RowId>>, Error> {
    let statement = Fragment::new("SELECT number FROM items WHERE kind = ")
        .bind(Bind::Text(kind.as_str().to_owned()))
        .sql(" AND written > ")
        .bind(Bind::Integer(since))
        .sql(" LIMIT ")
        .bind(Bind::Integer(i64::try_from(MOST_WRITTEN).unwrap_or(i64::MAX).saturating_add(1)));
    let numbers: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok((numbers.len() <= MOST_WRITTEN).then(|| numbers.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Nothing;

    impl Whole for Nothing {
        fn read(_connection: &mut Connection, _spec: &'static Spec) -> Result<Self, Error> {
            Ok(Self)
        }

        fn update(
            &mut self,
            _connection: &mut Connection,
            _spec: &'static Spec,
            _since: i64,
        ) -> Result<bool, Error> {
            Ok(true)
        }
    }

    #[test]
    fn what_is_newer_is_used_for_a_while() {
        let mut kept =
            Kept { revisions: (5, 1), catalogue: 7, at: Instant::now(), whole: Arc::new(Nothing) };
        assert!(kept.is_fit((5, 1)) && kept.is_fit((4, 1)));
        assert!(
            kept.is_fit((4, 0))
                && !kept.is_fit((6, 1))
                && !kept.is_fit((5, 2))
                && !kept.is_fit((6, 0))
        );
        kept.at = kept.at.checked_sub(UNDER_WAY + Duration::from_secs(1)).unwrap();
        assert!(kept.is_fit((5, 1)) && !kept.is_fit((4, 1)));
    }
}
