//! Index entries of the open transaction on this thread's connection that are not yet in the index.
//!
//! Entries that are written together form one FTS5 segment; otherwise FTS5 would write, and later
//! merge, one segment for each. Long-running work has another thread build the entries in the
//! meantime, see [`IndexerThread`].

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::search::vocabulary::{self, VocabularyWord};
use crate::db::search::{IndexEntries, delete_entries, entry_keys, insert_entry};
use crate::db::types::{RowId, Time};

/// Approximate maximum size of the texts whose entries are buffered. The tokens of more texts would
/// not fit into the memory that FTS5 uses before it writes a segment.
const MAX_BUFFERED_BYTES: usize = 2_500_000;

thread_local! {
    static BUFFER: RefCell<WriteBuffer> = RefCell::default();
    static INDEXER: RefCell<Option<Sender<IndexerJob>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct WriteBuffer {
    entries: VecDeque<BufferedEntry>,
    /// Size of the texts of `entries` in bytes.
    bytes: usize,
    /// Words that this transaction has written or will write.
    known_words: HashSet<VocabularyWord>,
    /// Spellings of the words that will be written.
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

/// A thread that builds index entries for the thread which started it, until this value is dropped.
pub struct IndexerThread(Option<JoinHandle<()>>);

impl IndexerThread {
    /// Starts the thread. If that fails, the calling thread builds its entries itself.
    #[must_use]
    pub fn start() -> Self {
        let (jobs, queue) = unbounded::<IndexerJob>();
        let thread = std::thread::Builder::new()
            .name("search-entries".to_owned())
            .spawn(move || queue.into_iter().for_each(|job| job()));
        INDEXER.set(thread.is_ok().then_some(jobs));
        Self(thread.ok())
    }
}

impl Drop for IndexerThread {
    fn drop(&mut self) {
        INDEXER.set(None);
        if let Some(thread) = self.0.take() {
            drop(thread.join());
        }
    }
}

/// A change of the index entries of an item.
#[derive(Clone, Copy, Debug)]
pub struct IndexUpdate {
    /// The item.
    pub item: RowId,
    /// The date under which entries are stored, which are deleted; `None` if there are none.
    pub date_before: Option<Time>,
    /// Size of the texts from which the entries are built.
    pub bytes: usize,
}

/// Builds the index entries of an item and schedules them to be written before the transaction
/// ends. Searches in the same transaction may not find the item yet.
pub fn index_item(
    connection: &mut Connection,
    index_update: IndexUpdate,
    make: impl FnOnce() -> Result<IndexEntries, Error> + Send + 'static,
) -> Result<(), Error> {
    let IndexUpdate { item, date_before, bytes } = index_update;
    if let Some(date) = date_before {
        BUFFER.with_borrow_mut(|buffer| buffer.entries.retain(|entry| entry.row_id != item));
        delete_entries(connection, &entry_keys(item, date))?;
    }
    let (entries, is_deferred) = INDEXER.with_borrow(|indexer| {
        let Some(indexer) = indexer else { return (EntrySource::Ready(make()), false) };
        let (reply_sender, reply_receiver) = bounded(1);
        // Sending fails if the transaction was abandoned; the result is not needed then.
        let job: IndexerJob = Box::new(move || drop(reply_sender.send(make())));
        drop(indexer.send(job));
        (EntrySource::Deferred(reply_receiver), true)
    });
    let drained = BUFFER.with_borrow_mut(|buffer| {
        buffer.bytes = buffer.bytes.saturating_add(bytes);
        buffer.entries.push_back(BufferedEntry { row_id: item, bytes, source: entries });
        // The indexer thread processes one half while the other half accumulates.
        if is_deferred {
            buffer.drain_above(MAX_BUFFERED_BYTES, MAX_BUFFERED_BYTES.saturating_mul(2))
        } else {
            buffer.drain_above(0, MAX_BUFFERED_BYTES)
        }
    });
    insert_entries(connection, drained)
}

impl WriteBuffer {
    /// Removes the oldest entries if there are more than `high_mark` bytes, until at most
    /// `low_mark` bytes are left.
    fn drain_above(&mut self, low_mark: usize, high_mark: usize) -> Vec<BufferedEntry> {
        let mut drained = Vec::new();
        while self.bytes > low_mark && (self.bytes > high_mark || !drained.is_empty()) {
            let Some(first) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(first.bytes);
            drained.push(first);
        }
        drained
    }

    /// Records the spellings of those words of these entries that are not known yet.
    fn add_spellings(&mut self, entries: &IndexEntries) {
        for spelling in entries.words.iter().filter_map(|word| word.spelling.as_ref()) {
            if !self.known_words.contains(&spelling.key) {
                self.known_words.insert(spelling.key.clone());
                self.new_spellings.insert(spelling.key.clone(), spelling.surface.clone());
            }
        }
    }
}

/// Clears the buffer. Call it before each transaction, because the previous one may have been
/// abandoned.
pub fn discard_write_buffer() {
    BUFFER.set(WriteBuffer::default());
}

/// Writes the buffered entries. Call it before the transaction is committed.
pub fn flush_write_buffer(connection: &mut Connection) -> Result<(), Error> {
    let all = BUFFER.with_borrow_mut(|buffer| {
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
                    "the index entries of item {} were not built: {error}",
                    waiting.row_id
                ))
            })??,
        };
        BUFFER.with_borrow_mut(|buffer| buffer.add_spellings(&entries));
        tokens_by_key.extend(entries.tokens_by_key);
    }
    if tokens_by_key.is_empty() {
        return Ok(());
    }
    vocabulary::insert_spellings(
        connection,
        &BUFFER.with_borrow_mut(|buffer| std::mem::take(&mut buffer.new_spellings)),
    )?;
    // FTS5 starts another segment with each key that is less than the previous one.
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
