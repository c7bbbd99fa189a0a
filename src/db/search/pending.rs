//! Entries of the transaction that is open on this thread's connection, not yet in the index.
//!
//! Those that are written together make one segment of FTS5, which else writes, and later merges,
//! one for each. Long work has them made by another thread while it goes on, see [`Helper`].

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::words::{self, Word};
use super::{Entries, keys_of, remove, write};
use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::types::{Number, Time};

/// How many bytes of texts, about, wait until their entries are written: the tokens of more than
/// these would not fit into what FTS5 keeps in memory until it writes a segment.
const MANY: usize = 2_500_000;

thread_local! {
    static PENDING: RefCell<Pending> = RefCell::default();
    static HELPER: RefCell<Option<Sender<Job>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Pending {
    entries: VecDeque<Waiting>,
    /// How many bytes their texts have.
    bytes: usize,
    /// The words that this transaction has written, or is to write.
    known: HashSet<Word>,
    /// How those are spelled that are to be written.
    spellings: BTreeMap<Word, String>,
}

struct Waiting {
    item: Number,
    bytes: usize,
    entries: Made,
}

enum Made {
    Here(Result<Entries, Error>),
    ByHelper(Receiver<Result<Entries, Error>>),
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread that makes entries for the thread which started it, until this is dropped.
pub struct Helper(Option<JoinHandle<()>>);

impl Helper {
    /// Starts it. Where that fails, entries are made by the thread that needs them.
    #[must_use]
    pub fn start() -> Self {
        let (jobs, waiting) = unbounded::<Job>();
        let thread = std::thread::Builder::new()
            .name("search-entries".to_owned())
            .spawn(move || waiting.into_iter().for_each(|job| job()));
        HELPER.set(thread.is_ok().then_some(jobs));
        Self(thread.ok())
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        HELPER.set(None);
        if let Some(thread) = self.0.take() {
            drop(thread.join());
        }
    }
}

/// Has the entries of an item made and put into the index, before the transaction ends. What stands
/// there under the date that it had before is taken out. Searches of the same transaction may not
/// find it yet. `bytes` is the length of the texts that they are made of.
pub fn index(
    connection: &mut Connection,
    item: Number,
    date_before: Option<Time>,
    bytes: usize,
    make: impl FnOnce() -> Result<Entries, Error> + Send + 'static,
) -> Result<(), Error> {
    if let Some(date) = date_before {
        PENDING.with_borrow_mut(|pending| pending.entries.retain(|waiting| waiting.item != item));
        remove(connection, &keys_of(item, date))?;
    }
    let (entries, is_helped) = HELPER.with_borrow(|helper| {
        let Some(helper) = helper else { return (Made::Here(make()), false) };
        let (answer, awaited) = bounded(1);
        // Who gave up the transaction does not wait for it.
        let job: Job = Box::new(move || drop(answer.send(make())));
        drop(helper.send(job));
        (Made::ByHelper(awaited), true)
    });
    let some = PENDING.with_borrow_mut(|pending| {
        pending.bytes = pending.bytes.saturating_add(bytes);
        pending.entries.push_back(Waiting { item, bytes, entries });
        // A helper has time for one half while the other comes together.
        if is_helped { pending.take(MANY, MANY.saturating_mul(2)) } else { pending.take(0, MANY) }
    });
    write_all(connection, some)
}

impl Pending {
    /// Takes the first entries out where there are more than `most` bytes, until no more than
    /// `rest` are left.
    fn take(&mut self, rest: usize, most: usize) -> Vec<Waiting> {
        let mut taken = Vec::new();
        while self.bytes > rest && (self.bytes > most || !taken.is_empty()) {
            let Some(first) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(first.bytes);
            taken.push(first);
        }
        taken
    }

    /// Keeps how the words of these entries are spelled, of those that are not known.
    fn learn(&mut self, entries: &Entries) {
        for spelling in entries.words.iter().filter_map(|word| word.spelling.as_ref()) {
            if !self.known.contains(&spelling.word) {
                self.known.insert(spelling.word.clone());
                self.spellings.insert(spelling.word.clone(), spelling.written.clone());
            }
        }
    }
}

/// Forgets what a transaction that was given up would have written: before each.
pub fn forget() {
    PENDING.set(Pending::default());
}

/// Writes the entries of the transaction: before its end.
pub fn flush(connection: &mut Connection) -> Result<(), Error> {
    let all = PENDING.with_borrow_mut(|pending| {
        pending.bytes = 0;
        pending.entries.drain(..).collect()
    });
    write_all(connection, all)
}

fn write_all(connection: &mut Connection, waiting: Vec<Waiting>) -> Result<(), Error> {
    let mut all = Vec::new();
    for waiting in waiting {
        let entries = match waiting.entries {
            Made::Here(entries) => entries?,
            Made::ByHelper(awaited) => awaited.recv().map_err(|error| {
                Error::Fault(format!("the entries of item {} were not made: {error}", waiting.item))
            })??,
        };
        PENDING.with_borrow_mut(|pending| pending.learn(&entries));
        all.extend(entries.written);
    }
    if all.is_empty() {
        return Ok(());
    }
    words::add(
        connection,
        &PENDING.with_borrow_mut(|pending| std::mem::take(&mut pending.spellings)),
    )?;
    // FTS5 begins another segment with each key that is less than the one before.
    all.sort_by_key(|(key, _)| *key);
    all.iter().try_for_each(|(key, written)| write(connection, *key, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_taken_when_there_are_many() {
        let mut pending = Pending::default();
        let mut add = |item: Number, bytes: usize, rest: usize, most: usize| -> Vec<Number> {
            pending.entries.push_back(Waiting {
                item,
                bytes,
                entries: Made::Here(Err(Error::Fault(String::new()))),
            });
            pending.bytes += bytes;
            pending.take(rest, most).iter().map(|waiting| waiting.item).collect()
        };
        assert!(add(1, 40, 50, 100).is_empty());
        assert!(add(2, 60, 50, 100).is_empty());
        assert_eq!(add(3, 10, 50, 100), [1, 2]);
        assert!(add(4, 90, 50, 100).is_empty());
        assert_eq!(add(5, 500, 50, 100), [3, 4, 5]);
        assert_eq!(add(6, 1, 0, 0), [6]);
    }
}
