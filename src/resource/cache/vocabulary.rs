//! The words of the catalogue, kept in memory: what a misspelt one may have meant, and what one
//! that is begun may become.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::db::search::vocabulary::{VocabularyWord, load_words_after};
use crate::db::{Connection, Error};
use crate::text::analysis::Script;
use crate::text::spelling::{Typed, letters};

/// The words, in the order in which they became known.
#[derive(Default)]
pub struct Vocabulary(Mutex<WordList>);

#[derive(Clone, Default)]
struct WordList {
    /// The number of the last.
    last_id: i64,
    /// Those that were read together.
    chunks: Vec<Arc<WordChunk>>,
}

/// In more parts than these they are not kept.
const MAX_CHUNKS: usize = 32;

#[derive(Default)]
struct WordChunk {
    /// The words, one behind the other.
    text: String,
    /// Where each ends, its letters, its script.
    entries: Vec<(u32, u32, Script)>,
}

/// A word that is near another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SimilarWord {
    /// How many edits it is away.
    pub edits: usize,
    /// Whether it begins with another letter.
    differs_in_initial: bool,
    /// Whether it is in another script.
    differs_in_script: bool,
    /// Its place among the words: those that many texts have become known early.
    rank: usize,
    /// The word.
    pub word: VocabularyWord,
}

impl WordChunk {
    /// Adds a word; beyond four gigabytes of them none.
    fn push(&mut self, (script, word): &VocabularyWord) {
        if let Ok(end) = u32::try_from(self.text.len().saturating_add(word.len())) {
            self.text.push_str(word);
            self.entries.push((end, letters(word), *script));
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, u32, Script)> {
        let mut start = 0_usize;
        self.entries.iter().filter_map(move |(end, letters, script)| {
            let end = usize::try_from(*end).ok()?;
            let word = self.text.get(start..end)?;
            start = end;
            Some((word, *letters, *script))
        })
    }
}

impl WordList {
    /// Adds what was read; another may have added some of it meanwhile.
    fn append(&mut self, read: &[(i64, VocabularyWord)]) {
        let mut part = WordChunk::default();
        let known = self.last_id;
        for (number, word) in read.iter().filter(|(number, _)| *number > known) {
            self.last_id = *number;
            part.push(word);
        }
        self.chunks.push(Arc::new(part));
        if self.chunks.len() > MAX_CHUNKS {
            let mut whole = WordChunk::default();
            for (word, _, script) in self.chunks.iter().flat_map(|part| part.iter()) {
                whole.push(&(script, word.to_owned()));
            }
            self.chunks = vec![Arc::new(whole)];
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, u32, Script)> {
        self.chunks.iter().flat_map(|part| part.iter())
    }
}

impl Vocabulary {
    /// The words as they are now. Nobody waits for the database while another asks it.
    fn refresh(&self, connection: &mut Connection) -> Result<WordList, Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = load_words_after(connection, known.last_id)?;
        if read.is_empty() {
            return Ok(known);
        }
        let mut word_list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        word_list.append(&read);
        Ok(word_list.clone())
    }

    /// The words nearest to one that was typed in a script, nearest first; of one that is known in
    /// both scripts that of the same.
    pub fn nearest(
        &self,
        connection: &mut Connection,
        typed: &str,
        script: Script,
        limit: usize,
    ) -> Result<Vec<SimilarWord>, Error> {
        let word_list = self.refresh(connection)?;
        let fuzzy_word = Typed::new(typed);
        let initial = typed.chars().next();
        let mut found: Vec<SimilarWord> = word_list
            .iter()
            .enumerate()
            .filter_map(|(place, (word, letters, of))| {
                let edits = fuzzy_word.edits(word, letters)?;
                let other_initial = word.chars().next() != initial;
                Some(SimilarWord {
                    edits,
                    differs_in_initial: other_initial,
                    differs_in_script: of != script,
                    rank: place,
                    word: (of, word.to_owned()),
                })
            })
            .collect();
        found.sort();
        let mut seen = HashSet::new();
        found.retain(|near| seen.insert(near.word.1.clone()));
        found.truncate(limit);
        Ok(found)
    }

    /// The words that begin so, folded, the first that became known first.
    pub fn with_prefix(
        &self,
        connection: &mut Connection,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let word_list = self.refresh(connection)?;
        let mut found: Vec<String> = Vec::new();
        for (word, ..) in word_list.iter().filter(|(word, ..)| word.starts_with(prefix)) {
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}
