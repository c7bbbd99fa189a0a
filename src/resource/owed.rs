//! What programmes want said with whatever belongs to them, kept between reads: every page of a
//! feed says it again.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::context::Context;
use super::revisions::Revisions;
use super::shown::Shown;
use super::spec::Kind;
use crate::db::{Connection, Id};
use crate::http::keys::Visibility;
use crate::http::problem::Problem;

/// What a programme wants said, in the language of an answer.
#[derive(Debug, Default)]
pub struct Owed {
    /// Whom every display must credit.
    pub credit_line: Option<String>,
    /// What every display must say.
    pub disclaimer: Option<String>,
}

/// What these programmes want said: one read for those that are not known.
pub fn of_programmes(
    connection: &mut Connection,
    context: &Context,
    ids: &[Id],
    (viewer, revisions): (Visibility, &Revisions),
    shown: &Shown,
) -> Result<HashMap<Id, Arc<Owed>>, Problem> {
    let key = |id: &Id| format!("{id}\n{}\n{viewer:?}", shown.wish.cache_key());
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        match context.owed.known(revisions, &key(id)) {
            Some(owed) => drop(found.insert(*id, owed)),
            None => missing.push(*id),
        }
    }
    let Some(expand) = context.expander(Kind::Programme).filter(|_| !missing.is_empty()) else {
        return Ok(found);
    };
    let mut within =
        Shown::new(shown.wish.clone(), Arc::clone(&shown.places), shown.memory()).at(&shown.base);
    let mut wholes = expand(connection, &missing, viewer, &mut within)?;
    for id in missing {
        let whole = wholes.remove(&id);
        let text = |name: &str| {
            whole
                .as_ref()
                .and_then(|whole| whole.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let owed =
            Arc::new(Owed { credit_line: text("credit_line"), disclaimer: text("disclaimer") });
        context.owed.keep(revisions, key(&id), Arc::clone(&owed));
        found.insert(id, owed);
    }
    Ok(found)
}
