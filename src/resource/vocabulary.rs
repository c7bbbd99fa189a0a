//! The words of the catalogue, kept in memory: what a misspelt one may have meant, and what one
//! that is begun may become.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::db::search::words::{VocabularyWord, load_words_after};
use crate::db::{Connection, Error};
use crate::text::analysis::Script;
use crate::text::spelling::{Typed, letters};

/// The words, in the order in which they became known.
#[derive(Default)]
pub struct Vocabulary(Mutex<Kept>);

#[derive(Clone, Default)]
struct Kept {
    /// The number of the last.
    last: i64,
    /// Those that were read together.
    parts: Vec<Arc<Part>>,
}

/// In more parts than these they are not kept.
const MOST_PARTS: usize = 32;

#[derive(Default)]
struct Part {
    /// The words, one behind the other.
    text: String,
    /// Where each ends, its letters, its script.
    words: Vec<(u32, u32, Script)>,
}

/// A word that is near another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Near {
    /// How many edits it is away.
    pub edits: usize,
    /// Whether it begins with another letter.
    other_initial: bool,
    /// Whether it is in another script.
    other_script: bool,
    /// Its place among the words: those that many texts have become known early.
    place: usize,
    /// The word.
    pub word: VocabularyWord,
}

impl Part {
    /// Adds a word; beyond four gigabytes of them none.
    fn add(&mut self, (script, word): &VocabularyWord) {
        if let Ok(end) = u32::try_from(self.text.len().saturating_add(word.len())) {
            self.text.push_str(word);
            self.words.push((end, letters(word), *script));
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, u32, Script)> {
        let mut start = 0_usize;
        self.words.iter().filter_map(move |(end, letters, script)| {
            let end = usize::try_from(*end).ok()?;
            let word = self.text.get(start..end)?;
            start = end;
            Some((word, *letters, *script))
        })
    }
}

impl Kept {
    /// Adds what was read; another may have added some of it meanwhile.
    fn add(&mut self, read: &[(i64, VocabularyWord)]) {
        let mut part = Part::default();
        let known = self.last;
        for (number, word) in read.iter().filter(|(number, _)| *number > known) {
            self.last = *number;
            part.add(word);
        }
        self.parts.push(Arc::new(part));
        if self.parts.len() > MOST_PARTS {
            let mut whole = Part::default();
            for (word, _, script) in self.parts.iter().flat_map(|part| part.all()) {
                whole.add(&(script, word.to_owned()));
            }
            self.parts = vec![Arc::new(whole)];
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, u32, Script)> {
        self.parts.iter().flat_map(|part| part.all())
    }
}

impl Vocabulary {
    /// The words as they are now. Nobody waits for the database while another asks it.
    fn now(&self, connection: &mut Connection) -> Result<Kept, Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = load_words_after(connection, known.last)?;
        if read.is_empty() {
            return Ok(known);
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.add(&read);
        Ok(kept.clone())
    }

    /// The words nearest to one that was typed in a script, nearest first; of one that is known in
    /// both scripts that of the same.
    pub fn nearest(
        &self,
        connection: &mut Connection,
        typed: &str,
        script: Script,
        most: usize,
    ) -> Result<Vec<Near>, Error> {
        let kept = self.now(connection)?;
        let wanted = Typed::new(typed);
        let initial = typed.chars().next();
        let mut found: Vec<Near> = kept
            .all()
            .enumerate()
            .filter_map(|(place, (word, letters, of))| {
                let edits = wanted.edits(word, letters)?;
                let other_initial = word.chars().next() != initial;
                Some(Near {
                    edits,
                    other_initial,
                    other_script: of != script,
                    place,
                    word: (of, word.to_owned()),
                })
            })
            .collect();
        found.sort();
        let mut seen = HashSet::new();
        found.retain(|near| seen.insert(near.word.1.clone()));
        found.truncate(most);
        Ok(found)
    }

    /// The words that begin so, folded, the first that became known first.
    pub fn beginning_with(
        &self,
        connection: &mut Connection,
        beginning: &str,
        most: usize,
    ) -> Result<Vec<String>, Error> {
        let kept = self.now(connection)?;
        let mut found: Vec<String> = Vec::new();
        for (word, ..) in kept.all().filter(|(word, ..)| word.starts_with(beginning)) {
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }
}
