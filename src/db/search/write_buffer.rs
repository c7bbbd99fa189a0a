//! Entries of the transaction that is open on this thread's connection, not yet in the index.
//!
//! Those that are written together make one segment of FTS5, which else writes, and later merges,
//! one for each. Long work has them made by another thread while it goes on, see [`Helper`].

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::search::vocabulary::{self, VocabularyWord};
use crate::db::search::{IndexEntries, delete_entries, entry_keys, insert_entry};
use crate::db::types::{RowId, Time};

/// How many bytes of texts, about, wait until their entries are written: the tokens of more than
/// these would not fit into what FTS5 keeps in memory until it writes a segment.
const MAX_BUFFERED_BYTES: usize = 2_500_000;

thread_local! {
    static PENDING: RefCell<WriteBuffer> = RefCell::default();
    static HELPER: RefCell<Option<Sender<IndexerJob>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct WriteBuffer {
    entries: VecDeque<BufferedEntry>,
    /// How many bytes their texts have.
    bytes: usize,
    /// The words that this transaction has written, or is to write.
    known_words: HashSet<VocabularyWord>,
    /// How those are spelled that are to be written.
    new_spellings: BTreeMap<VocabularyWord, String>,
}

struct BufferedEntry {
    row_id: RowId,
    bytes: usize,
    source: EntrySource,
}

enum EntrySource {
    Ready(Result<IndexEntries, Error>),
    Deferred(Receiver<Result<IndexEntries, Error>>),
}

type IndexerJob = Box<dyn FnOnce() + Send>;

/// A thread that makes entries for the thread which started it, until this is dropped.
pub struct IndexerThread(Option<JoinHandle<()>>);

impl IndexerThread {
    /// Starts it. Where that fails, entries are made by the thread that needs them.
    #[must_use]
    pub fn start() -> Self {
        let (jobs, queue) = unbounded::<IndexerJob>();
        let thread = std::thread::Builder::new()
            .name("search-entries".to_owned())
            .spawn(move || queue.into_iter().for_each(|job| job()));
        HELPER.set(thread.is_ok().then_some(jobs));
        Self(thread.ok())
    }
}

impl Drop for IndexerThread {
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
pub fn index_item(
    connection: &mut Connection,
    item: RowId,
    date_before: Option<Time>,
    bytes: usize,
    make: impl FnOnce() -> Result<IndexEntries, Error> + Send + 'static,
) -> Result<(), Error> {
    if let Some(date) = date_before {
        PENDING.with_borrow_mut(|buffer| buffer.entries.retain(|entry| entry.row_id != item));
        delete_entries(connection, &entry_keys(item, date))?;
    }
    let (entries, is_deferred) = HELPER.with_borrow(|indexer| {
        let Some(indexer) = indexer else { return (EntrySource::Ready(make()), false) };
        let (reply_sender, reply_receiver) = bounded(1);
        // Who gave up the transaction does not wait for it.
        let job: IndexerJob = Box::new(move || drop(reply_sender.send(make())));
        drop(indexer.send(job));
        (EntrySource::Deferred(reply_receiver), true)
    });
    let drained = PENDING.with_borrow_mut(|buffer| {
        buffer.bytes = buffer.bytes.saturating_add(bytes);
        buffer.entries.push_back(BufferedEntry { row_id: item, bytes, source: entries });
        // A helper has time for one half while the other comes together.
        if is_deferred {
            buffer.drain_above(MAX_BUFFERED_BYTES, MAX_BUFFERED_BYTES.saturating_mul(2))
        } else {
            buffer.drain_above(0, MAX_BUFFERED_BYTES)
        }
    });
    insert_entries(connection, drained)
}

impl WriteBuffer {
    /// Takes the first entries out where there are more than `most` bytes, until no more than
    /// `rest` are left.
    fn drain_above(&mut self, low_mark: usize, high_mark: usize) -> Vec<BufferedEntry> {
        let mut drained = Vec::new();
        while self.bytes > low_mark && (self.bytes > high_mark || !drained.is_empty()) {
            let Some(first) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(first.bytes);
            drained.push(first);
        }
        drained
    }

    /// Keeps how the words of these entries are spelled, of those that are not known.
    fn add_spellings(&mut self, entries: &IndexEntries) {
        for spelling in entries.words.iter().filter_map(|word| word.spelling.as_ref()) {
            if !self.known_words.contains(&spelling.word) {
                self.known_words.insert(spelling.word.clone());
                self.new_spellings.insert(spelling.word.clone(), spelling.written.clone());
            }
        }
    }
}

/// Forgets what a transaction that was given up would have written: before each.
pub fn discard_write_buffer() {
    PENDING.set(WriteBuffer::default());
}

/// Writes the entries of the transaction: before its end.
pub fn flush_write_buffer(connection: &mut Connection) -> Result<(), Error> {
    let all = PENDING.with_borrow_mut(|buffer| {
        buffer.bytes = 0;
        buffer.entries.drain(..).collect()
    });
    insert_entries(connection, all)
}

fn insert_entries(connection: &mut Connection, waiting: Vec<BufferedEntry>) -> Result<(), Error> {
    let mut tokens_by_key = Vec::new();
    for waiting in waiting {
        let entries = match waiting.source {
            EntrySource::Ready(entries) => entries?,
            EntrySource::Deferred(reply_receiver) => reply_receiver.recv().map_err(|error| {
                Error::Internal(format!(
                    "the entries of item {} were not made: {error}",
                    waiting.row_id
                ))
            })??,
        };
        PENDING.with_borrow_mut(|buffer| buffer.add_spellings(&entries));
        tokens_by_key.extend(entries.tokens_by_key);
    }
    if tokens_by_key.is_empty() {
        return Ok(());
    }
    vocabulary::insert_spellings(
        connection,
        &PENDING.with_borrow_mut(|buffer| std::mem::take(&mut buffer.new_spellings)),
    )?;
    // FTS5 begins another segment with each key that is less than the one before.
    tokens_by_key.sort_by_key(|(key, _)| *key);
    tokens_by_key.iter().try_for_each(|(key, tokens)| insert_entry(connection, *key, tokens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drains_oldest_entries_above_limit() {
        let mut buffer = WriteBuffer::default();
        let mut add =
            |item: RowId, bytes: usize, low_mark: usize, high_mark: usize| -> Vec<RowId> {
                buffer.entries.push_back(BufferedEntry {
                    row_id: item,
                    bytes,
                    source: EntrySource::Ready(Err(Error::Internal(String::new()))),
                });
                buffer.bytes += bytes;
                buffer.drain_above(low_mark, high_mark).iter().map(|entry| entry.row_id).collect()
            };
        assert!(add(1, 40, 50, 100).is_empty());
        assert!(add(2, 60, 50, 100).is_empty());
        assert_eq!(add(3, 10, 50, 100), [1, 2]);
        assert!(add(4, 90, 50, 100).is_empty());
        assert_eq!(add(5, 500, 50, 100), [3, 4, 5]);
        assert_eq!(add(6, 1, 0, 0), [6]);
    }
}
