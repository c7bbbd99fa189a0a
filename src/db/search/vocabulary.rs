//! The vocabulary: the words of the catalogue, and their spellings in its texts.

use std::collections::BTreeMap;

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::sql_fragment::{Bind, Fragment, Statement, text_pair_table};
use crate::text::analyzer::Script;

/// A word of the vocabulary: its script and its folded form.
pub type VocabularyWord = (Script, String);

/// Returns the token of a word: a letter for the script, then the folded word.
fn to_token((script, word): &VocabularyWord) -> String {
    let letter = match script {
        Script::Cyrillic => 'c',
        Script::Latin => 'l',
    };
    format!("{letter}{word}")
}

fn parse_token(token: &str) -> VocabularyWord {
    let mut rest = token.chars();
    let script = if rest.next() == Some('c') { Script::Cyrillic } else { Script::Latin };
    (script, rest.as_str().to_owned())
}

/// Inserts the spellings of words that the vocabulary does not contain yet.
pub(super) fn insert_spellings(
    connection: &mut Connection,
    spellings: &BTreeMap<VocabularyWord, String>,
) -> Result<(), Error> {
    if spellings.is_empty() {
        return Ok(());
    }
    let statement = Fragment::new(
        "INSERT INTO vocabulary (token, spelling) SELECT wanted.first, wanted.second FROM ",
    )
    .append(&text_pair_table(spellings.iter().map(|(word, spelling)| (to_token(word), spelling))))
    .sql(
        " wanted WHERE NOT EXISTS (SELECT 1 FROM vocabulary WHERE vocabulary.token = wanted.first)",
    );
    Statement::<BigInt>::new(statement).execute(connection)?;
    Ok(())
}

/// Loads the words added after the one with this number, each with its number, in ascending order.
pub fn load_words_after(
    connection: &mut Connection,
    number: i64,
) -> Result<Vec<(i64, VocabularyWord)>, Error> {
    let condition = Fragment::new("vocabulary.number > ")
        .bind(Bind::Integer(number))
        .sql(" ORDER BY vocabulary.number");
    let rows: Vec<(i64, String)> = Statement::<(BigInt, Text)>::select(
        "vocabulary.number, vocabulary.token",
        "vocabulary",
        &condition,
    )
    .load_rows(connection)?;
    Ok(rows.into_iter().map(|(number, to_token)| (number, parse_token(&to_token))).collect())
}

/// Loads the spellings of these words in the texts.
pub fn load_spellings(
    connection: &mut Connection,
    words: &[VocabularyWord],
) -> Result<BTreeMap<VocabularyWord, String>, Error> {
    let statement = Fragment::new("SELECT vocabulary.token, vocabulary.spelling FROM ")
        .append(&text_pair_table(words.iter().map(|word| (to_token(word), ""))))
        .sql(" wanted JOIN vocabulary ON vocabulary.token = wanted.first");
    let rows: Vec<(String, String)> =
        Statement::<(Text, Text)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().map(|(to_token, spelling)| (parse_token(&to_token), spelling)).collect())
}
