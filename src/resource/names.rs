//! What others show of an item, kept in memory: a page whose references repeat does not read them
//! again.
//!
//! What is kept holds as long as the revision of its kind does. Every read asks the database for
//! the revisions first, so that nodes which share a database need not know of each other. A write
//! uses only what is of other kinds than its own: that its transaction does not change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::revisions::Revisions;
use super::shown::Kept;
use super::spec::{Kind, Spec};
use super::totals::Found;
use super::whole::{Whole, Wholes};
use crate::db::page::PositionRow;
use crate::db::{Connection, Error, Id, IdMap};
use crate::http::keys::Visibility;
use crate::text::language::Language;

/// An item that another refers to, as one viewer may see it.
#[derive(Debug)]
pub struct Target {
    /// Identifier.
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// The language it was written in.
    pub original: Language,
    /// The languages of its visible titles.
    pub languages: Vec<Language>,
    /// Its title in each of these languages.
    pub titles: Vec<String>,
    /// How it was shown inside others.
    pub drawn: Drawn,
}

/// How an item was shown inside others, by the languages that were asked for. A server's fallback
/// never changes. Slots are filled one after the other and never emptied, so that who reads them
/// waits for nobody.
#[derive(Debug, Default)]
pub struct Drawn([OnceLock<Box<InLanguages>>; MOST_DRAWN]);

/// The languages that were asked for, and how it was shown then.
type InLanguages = (Vec<Language>, Option<Kept>);

/// How many combinations of languages are kept of an item.
const MOST_DRAWN: usize = 8;

impl Drawn {
    /// How it is shown to who asks for these languages; drawn where that is not known.
    pub fn of(&self, asked: &[Language], draw: impl FnOnce() -> Option<Kept>) -> Option<Kept> {
        for slot in &self.0 {
            match slot.get() {
                Some(known) if known.0 == asked => return known.1.clone(),
                Some(_) => {}
                None => {
                    let drawn = draw();
                    // Another thread may fill it first; then this is drawn again the next time.
                    slot.get_or_init(|| Box::new((asked.to_vec(), drawn.clone())));
                    return drawn;
                }
            }
        }
        draw()
    }
}

/// How many items of a kind are kept; more would hold only if most pages showed others.
const MOST: usize = 20_000;

/// What is kept between reads: the items that were shown inside others of late (`None` for one that
/// the viewer may not see), what is reckoned with of all items of a kind, and what was searched
/// for.
#[derive(Default)]
pub struct Names {
    targets: Mutex<HashMap<(Kind, Visibility), OfKind>>,
    wholes: Wholes,
    found: Found,
}

#[derive(Default)]
struct OfKind {
    revision: i64,
    targets: IdMap<Option<Arc<Target>>>,
    /// Which item a name in a filter means.
    named: HashMap<String, Id>,
}

/// What is kept, at the revisions that a read has found; by default nothing.
#[derive(Clone, Default)]
pub struct Memory {
    names: Arc<Names>,
    revisions: Arc<Revisions>,
    /// The kind that this transaction writes; nothing is known of it.
    written: Option<Kind>,
}

impl Memory {
    /// For a read that found these revisions.
    pub fn new(names: &Arc<Names>, revisions: &Arc<Revisions>) -> Self {
        Self { names: Arc::clone(names), revisions: Arc::clone(revisions), written: None }
    }

    /// For a write to items of this kind, in its transaction.
    pub fn of_others(names: &Arc<Names>, revisions: &Arc<Revisions>, written: Kind) -> Self {
        Self { written: Some(written), ..Self::new(names, revisions) }
    }

    /// What is known of these items; gives those that must be read.
    pub fn recall(
        &self,
        kind: Kind,
        viewer: Visibility,
        ids: Vec<Id>,
        mut found: impl FnMut(Arc<Target>),
    ) -> Vec<Id> {
        let kinds = self.names.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) =
            kinds.get(&(kind, viewer)).filter(|kept| Some(kept.revision) == self.revision(kind))
        else {
            return ids;
        };
        let mut missing = Vec::new();
        for id in ids {
            match kept.targets.get(&id) {
                Some(Some(target)) => found(Arc::clone(target)),
                Some(None) => {}
                None => missing.push(id),
            }
        }
        missing
    }

    /// The item that a filter names, if it was looked up before.
    pub fn named(&self, kind: Kind, viewer: Visibility, name: &str) -> Option<Id> {
        let kinds = self.names.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let kept =
            kinds.get(&(kind, viewer)).filter(|kept| Some(kept.revision) == self.revision(kind))?;
        kept.named.get(name).copied()
    }

    /// Keeps which item a name means.
    pub fn keep_name(&self, kind: Kind, viewer: Visibility, name: &str, id: Id) {
        let mut kinds = self.names.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.of_kind(&mut kinds, kind, viewer) {
            kept.named.insert(name.to_owned(), id);
        }
    }

    /// Keeps what was read of these items.
    pub fn keep(
        &self,
        kind: Kind,
        viewer: Visibility,
        read: impl Iterator<Item = (Id, Option<Arc<Target>>)>,
    ) {
        let mut kinds = self.names.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.of_kind(&mut kinds, kind, viewer) {
            kept.targets.extend(read);
        }
    }

    /// What is kept of a kind at its present revision; nothing at first, after a change and when it
    /// has grown too large.
    fn of_kind<'a>(
        &self,
        kinds: &'a mut HashMap<(Kind, Visibility), OfKind>,
        kind: Kind,
        viewer: Visibility,
    ) -> Option<&'a mut OfKind> {
        let revision = self.revision(kind)?;
        let kept = kinds.entry((kind, viewer)).or_default();
        if kept.revision != revision || kept.targets.len() > MOST || kept.named.len() > MOST {
            *kept = OfKind { revision, ..OfKind::default() };
        }
        Some(kept)
    }

    /// What is reckoned with of all items of a kind, as it is now; read where it is not kept. Not
    /// for a transaction that writes.
    pub fn whole<T: Whole>(
        &self,
        connection: &mut Connection,
        spec: &'static Spec,
    ) -> Result<Arc<T>, Error> {
        self.names.wholes.of(connection, spec, &self.revisions)
    }

    /// Where the items of a page stand that were searched for. Not for a transaction that writes.
    pub fn page(
        &self,
        page: &str,
        search: impl FnOnce() -> Result<Option<Vec<PositionRow>>, Error>,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        self.names.found.of(&self.revisions, page, search)
    }

    fn revision(&self, kind: Kind) -> Option<i64> {
        (self.written != Some(kind)).then(|| self.revisions.of(kind.as_str()).0)
    }
}
