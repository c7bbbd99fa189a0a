//! What is reckoned with of all public items of a kind, kept in memory and brought up to date with what was written since.
//!
//! Reading all of them takes a multiple of reckoning with them, and of two requests one item was written between, if any.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sql_types::{BigInt, Nullable};

use super::revisions::{MENDED, Revisions, SKEW};
use super::spec::{Kind, Spec};
use crate::db::sql::{Bind, Fragment, Statement};
use crate::db::types::sql::Instant;
use crate::db::{Connection, Error, Number, Time};

/// What is kept of all public items of a kind.
pub trait Whole: Any + Clone + Send + Sync {
    /// Reads it.
    fn read(connection: &mut Connection, spec: &'static Spec) -> Result<Self, Error>;

    /// Reads what is new of the items that were written at this time or later, see [`written`]; `false` where it is better read anew.
    fn update(&mut self, connection: &mut Connection, spec: &'static Spec, since: Time) -> Result<bool, Error>;
}

/// What is kept, for each kind and type. Who comes while it is read waits for it, and need not read it again.
#[derive(Default)]
pub struct Wholes(Mutex<HashMap<(Kind, TypeId), Place>>);

type Place = Arc<Mutex<Option<Kept>>>;

struct Kept {
    /// The revisions at which it was read: of the kind, and of what is derived.
    revisions: (i64, i64),
    /// The last change of an item that is in it.
    seen: Option<Time>,
    whole: Arc<dyn Any + Send + Sync>,
}

impl Wholes {
    /// The whole at these revisions.
    pub fn of<T: Whole>(&self, connection: &mut Connection, spec: &'static Spec, revisions: &Revisions) -> Result<Arc<T>, Error> {
        let key = (spec.kind, TypeId::of::<T>());
        let place = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let current = (revisions.of(spec.kind.as_str()).0, revisions.of(MENDED).0);
        // What fails on the way is forgotten.
        let known = place.take().and_then(|kept| Some((kept.revisions, kept.seen, kept.whole.downcast::<T>().ok()?)));
        // Before the items: what is written meanwhile is read again the next time.
        let (seen, whole) = match known {
            Some((revisions, seen, whole)) if revisions == current => (seen, whole),
            Some((revisions, Some(seen), mut whole)) if revisions.0 < current.0 && revisions.1 == current.1 => {
                let last = last_change(connection, spec.kind)?;
                // A copy is made only where another still reckons with it.
                if Arc::make_mut(&mut whole).update(connection, spec, seen.earlier(SKEW))? {
                    (last, whole)
                } else {
                    drop(whole);
                    (last, Arc::new(T::read(connection, spec)?))
                }
            }
            known => {
                drop(known);
                (last_change(connection, spec.kind)?, Arc::new(T::read(connection, spec)?))
            }
        };
        let shared: Arc<T> = Arc::clone(&whole);
        *place = Some(Kept { revisions: current, seen, whole });
        Ok(shared)
    }
}

/// The items of a kind that were written at this time or later.
pub fn written(connection: &mut Connection, kind: Kind, since: Time) -> Result<Vec<Number>, Error> {
    let statement = Fragment::new("SELECT number FROM items WHERE kind = ")
        .bind(Bind::Text(kind.as_str().to_owned()))
        .sql(" AND updated_at >= ")
        .bind(Bind::Time(since));
    Ok(Statement::<BigInt>::new(statement).rows(connection)?)
}

/// When an item of a kind was last written.
fn last_change(connection: &mut Connection, kind: Kind) -> Result<Option<Time>, Error> {
    let statement = Fragment::new("SELECT max(updated_at) FROM items WHERE kind = ").bind(Bind::Text(kind.as_str().to_owned()));
    let rows: Vec<Option<Time>> = Statement::<Nullable<Instant>>::new(statement).rows(connection)?;
    Ok(rows.into_iter().flatten().next())
}
