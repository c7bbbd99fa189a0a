//! The words of the catalogue, as its texts spell them.

use std::collections::BTreeMap;

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::sql_fragment::{Bind, Fragment, Statement, text_pair_table};
use crate::text::analyzer::Script;

/// A word that is known: in which script, and folded.
pub type VocabularyWord = (Script, String);

/// The token that stands for a word.
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

/// Adds those of these spellings whose word is not known.
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

/// The words that became known after the one of this number, each with its number, in order.
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

/// How texts spell these words.
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
