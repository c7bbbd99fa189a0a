//! What programmes want said with whatever belongs to them, kept between reads: every page of a
//! feed says it again.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::context::AppState;
use super::revisions::Revisions;
use super::shown::RenderContext;
use super::spec::ResourceKind;
use crate::db::{Connection, Id};
use crate::http::keys::Visibility;
use crate::http::problem::Problem;

/// What a programme wants said, in the language of an answer.
#[derive(Debug, Default)]
pub struct Attribution {
    /// Whom every display must credit.
    pub credit_line: Option<String>,
    /// What every display must say.
    pub disclaimer: Option<String>,
}

/// What these programmes want said: one read for those that are not known.
pub fn programme_attributions(
    connection: &mut Connection,
    context: &AppState,
    ids: &[Id],
    (viewer, revisions): (Visibility, &Revisions),
    shown: &RenderContext,
) -> Result<HashMap<Id, Arc<Attribution>>, Problem> {
    let key = |id: &Id| format!("{id}\n{}\n{viewer:?}", shown.language_preference.cache_key());
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        match context.attribution_cache.get(revisions, &key(id)) {
            Some(owed) => drop(found.insert(*id, owed)),
            None => missing.push(*id),
        }
    }
    let Some(expand) =
        context.include_loader(ResourceKind::Programme).filter(|_| !missing.is_empty())
    else {
        return Ok(found);
    };
    let mut within = RenderContext::new(
        shown.language_preference.clone(),
        Arc::clone(&shown.country_names),
        shown.cache(),
    )
    .with_base_url(&shown.base_url);
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
        let owed = Arc::new(Attribution {
            credit_line: text("credit_line"),
            disclaimer: text("disclaimer"),
        });
        context.attribution_cache.insert(revisions, key(&id), Arc::clone(&owed));
        found.insert(id, owed);
    }
    Ok(found)
}
