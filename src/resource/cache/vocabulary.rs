//! The vocabulary of the catalogue in memory, for spelling suggestions and completion of prefixes.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::db::search::vocabulary::{VocabularyWord, load_words_after};
use crate::db::{Connection, Error};
use crate::http::visibility::Visibility;
use crate::resource::cache::history::History;
use crate::resource::model::revisions::{DERIVED_DATA, Revisions, Version};
use crate::text::analyzer::Script;
use crate::text::fuzzy_word::FuzzyWord;
use crate::text::fuzzy_word::letter_mask;

/// All words, in the order of insertion into the database.
#[derive(Default)]
pub struct Vocabulary(Mutex<WordList>);

#[derive(Clone, Default)]
struct WordList {
    /// The history that the words were read from.
    history: History,
    /// Version of the derived data: words are only removed when it is rebuilt.
    derived_data: Version,
    /// Number of times that the words were read again from the beginning.
    generation: u64,
    /// Id of the last word.
    last_id: i64,
    /// The words, one chunk per query that loaded them; merged above [`MAX_CHUNKS`].
    chunks: Vec<Arc<WordChunk>>,
}

/// Maximum number of chunks; when there are more, they are merged into one.
const MAX_CHUNKS: usize = 32;

#[derive(Default)]
struct WordChunk {
    /// The words, concatenated.
    text: String,
    /// End offset, letter mask and script of each word.
    entries: Vec<(u32, u32, Script)>,
}

/// A word of a list.
#[derive(Clone, Copy)]
struct ListedWord<'a> {
    word: &'a str,
    /// Mask of its letters, see [`letter_mask`].
    letters: u32,
    script: Script,
}

/// A vocabulary word that is similar to a typed one. The order of the fields is the order of
/// preference.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SimilarWord {
    /// Whether its script differs.
    differs_in_script: bool,
    /// Edit distance to the typed word.
    pub edits: usize,
    /// Whether its first letter differs.
    differs_in_initial: bool,
    /// Position in the vocabulary: words that occur in many texts were usually inserted early.
    rank: usize,
    /// The word.
    pub word: VocabularyWord,
}

impl WordChunk {
    /// Appends a word; ignored if the text would exceed 4 GiB, the range of the offsets.
    fn push(&mut self, (script, word): &VocabularyWord) {
        if let Ok(end) = u32::try_from(self.text.len().saturating_add(word.len())) {
            self.text.push_str(word);
            self.entries.push((end, letter_mask(word), *script));
        }
    }

    fn iter(&self) -> impl Iterator<Item = ListedWord<'_>> {
        let mut start = 0_usize;
        self.entries.iter().filter_map(move |(end, letters, script)| {
            let end = usize::try_from(*end).ok()?;
            let word = self.text.get(start..end)?;
            start = end;
            Some(ListedWord { word, letters: *letters, script: *script })
        })
    }
}

impl WordList {
    /// Appends words read from the database, without those that another request has appended in the
    /// meantime.
    fn append(&mut self, read: &[(i64, VocabularyWord)]) {
        let mut part = WordChunk::default();
        let last_id = self.last_id;
        for (number, word) in read.iter().filter(|(number, _)| *number > last_id) {
            self.last_id = *number;
            part.push(word);
        }
        self.chunks.push(Arc::new(part));
        if self.chunks.len() > MAX_CHUNKS {
            let mut chunk = WordChunk::default();
            for listed in self.chunks.iter().flat_map(|part| part.iter()) {
                chunk.push(&(listed.script, listed.word.to_owned()));
            }
            self.chunks = vec![Arc::new(chunk)];
        }
    }

    fn iter(&self) -> impl Iterator<Item = ListedWord<'_>> {
        self.chunks.iter().flat_map(|part| part.iter())
    }
}

impl Vocabulary {
    /// Returns a view for a read at these revisions.
    pub fn at<'a>(&'a self, revisions: &'a Revisions) -> VocabularyView<'a> {
        VocabularyView { vocabulary: self, revisions }
    }
}

/// The vocabulary for a read at certain revisions.
#[derive(Clone, Copy)]
pub struct VocabularyView<'a> {
    vocabulary: &'a Vocabulary,
    revisions: &'a Revisions,
}

impl VocabularyView<'_> {
    /// Loads new words and returns the current list. The lock is not held during the query, so that
    /// requests do not wait for each other's queries.
    fn refresh(self, connection: &mut Connection) -> Result<WordList, Error> {
        let lock = || self.vocabulary.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = {
            let mut word_list = lock();
            let derived_data = self.revisions.version(DERIVED_DATA, Visibility::All);
            let is_current = word_list.history.advance(connection, self.revisions)?
                && word_list.derived_data == derived_data;
            if !is_current {
                *word_list = WordList {
                    history: std::mem::take(&mut word_list.history),
                    derived_data,
                    generation: word_list.generation.wrapping_add(1),
                    ..WordList::default()
                };
            }
            word_list.clone()
        };
        let read = load_words_after(connection, before.last_id)?;
        if read.is_empty() {
            return Ok(before);
        }
        let mut word_list = lock();
        if word_list.generation != before.generation {
            before.append(&read);
            return Ok(before);
        }
        word_list.append(&read);
        Ok(word_list.clone())
    }

    /// Returns the words most similar to a typed one, those in `script` first, then the most similar.
    /// A word that is known in both scripts is returned once.
    pub fn nearest(
        self,
        connection: &mut Connection,
        typed: &str,
        script: Script,
        limit: usize,
    ) -> Result<Vec<SimilarWord>, Error> {
        let word_list = self.refresh(connection)?;
        let fuzzy_word = FuzzyWord::new(typed);
        let initial = typed.chars().next();
        let mut found: Vec<SimilarWord> = word_list
            .iter()
            .enumerate()
            .filter_map(|(rank, listed)| {
                let ListedWord { word, letters, script: word_script } = listed;
                let edits = fuzzy_word.edit_distance(word, letters)?;
                let other_initial = word.chars().next() != initial;
                Some(SimilarWord {
                    differs_in_script: word_script != script,
                    edits,
                    differs_in_initial: other_initial,
                    rank,
                    word: (word_script, word.to_owned()),
                })
            })
            .collect();
        found.sort();
        let mut seen = HashSet::new();
        found.retain(|similar| seen.insert(similar.word.1.clone()));
        found.truncate(limit);
        Ok(found)
    }

    /// Returns the first `limit` words, in the order of insertion, whose beginning is similar to an
    /// incomplete typed word.
    pub fn nearest_beginnings(
        self,
        connection: &mut Connection,
        typed: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let word_list = self.refresh(connection)?;
        let fuzzy_word = FuzzyWord::new(typed);
        let mut found: Vec<String> = Vec::new();
        for ListedWord { word, .. } in word_list.iter() {
            if found.len() == limit {
                break;
            }
            if fuzzy_word.prefix_distance(word).is_some()
                && !found.iter().any(|found| found == word)
            {
                found.push(word.to_owned());
            }
        }
        Ok(found)
    }

    /// Returns the pairs of words in `script` whose letters together are a typed word, such as `safe`
    /// and `house` for `safehouse`; those with the longest shorter word first.
    pub fn split(
        self,
        connection: &mut Connection,
        typed: &str,
        script: Script,
    ) -> Result<Vec<(VocabularyWord, VocabularyWord)>, Error> {
        let word_list = self.refresh(connection)?;
        let (mut starts, mut ends) = (HashSet::new(), HashSet::new());
        for ListedWord { word, .. } in word_list.iter().filter(|listed| listed.script == script) {
            if typed.starts_with(word) {
                starts.insert(word);
            }
            if typed.ends_with(word) {
                ends.insert(word);
            }
        }
        let mut pairs: Vec<(&str, &str)> = starts
            .into_iter()
            .filter_map(|start| {
                let end = typed.strip_prefix(start)?;
                ends.contains(end).then_some((start, end))
            })
            .collect();
        pairs.sort_by_key(|(start, end)| (Reverse(start.len().min(end.len())), *start));
        let word = |word: &str| (script, word.to_owned());
        Ok(pairs.into_iter().map(|(start, end)| (word(start), word(end))).collect())
    }

    /// Returns the words that begin with a folded prefix, in the order of insertion.
    pub fn with_prefix(
        self,
        connection: &mut Connection,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let word_list = self.refresh(connection)?;
        let mut found: Vec<String> = Vec::new();
        for ListedWord { word, .. } in
            word_list.iter().filter(|listed| listed.word.starts_with(prefix))
        {
            if !found.iter().any(|found| found == word) {
                found.push(word.to_owned());
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}
