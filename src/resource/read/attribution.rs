//! Attribution that programmes require for the items that belong to them, cached across requests,
//! since every page of a feed repeats it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::resource::cache::attribution::{Attribution, AttributionKey};
use crate::resource::read::catalogue::ReadContext;
use crate::resource::schema::ResourceKind;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_reference_targets;
use crate::text::fingerprint::Fingerprint;

/// Returns the attribution of these programmes; those that are not cached are loaded together.
pub fn programme_attributions(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    ids: &[Id],
    render_context: &RenderContext,
) -> Result<HashMap<Id, Arc<Attribution>>, Problem> {
    let ReadContext { state, revisions, visibility } = read_context;
    let languages = Fingerprint::of(&render_context.language_preference.key());
    let key = |id: &Id| AttributionKey { programme: *id, languages, visibility };
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for id in ids.iter().collect::<BTreeSet<_>>() {
        match state.attribution_cache.get(revisions, &key(id)) {
            Some(attribution) => drop(found.insert(*id, attribution)),
            None => missing.push(*id),
        }
    }
    let Some(expand) =
        state.include_loader(ResourceKind::PROGRAMME).filter(|_| !missing.is_empty())
    else {
        return Ok(found);
    };
    let mut programme_context = render_context.for_embedded();
    let mut full_items = expand(connection, &missing, visibility, &mut programme_context)?;
    for id in missing {
        let programme = full_items.remove(&id);
        let text = |name: &str| {
            programme
                .as_ref()
                .and_then(|programme| programme.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let attribution = Arc::new(Attribution {
            credit_line: text("credit_line"),
            disclaimer: text("disclaimer"),
        });
        state.attribution_cache.insert(revisions, key(&id), Arc::clone(&attribution));
        found.insert(id, attribution);
    }
    Ok(found)
}

/// Returns the credit lines and disclaimers of those of these programmes that the client may see,
/// each once.
pub fn attribution_lines(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    programmes: Vec<Id>,
    render_context: &mut RenderContext,
) -> Result<Vec<String>, Problem> {
    let targets = vec![(ResourceKind::PROGRAMME, programmes.clone())];
    load_reference_targets(connection, targets, read_context.visibility, render_context)?;
    let visible: Vec<Id> =
        programmes.into_iter().filter(|id| render_context.has_target(id)).collect();
    let attributions = programme_attributions(connection, read_context, &visible, render_context)?;
    let mut lines: Vec<String> = Vec::new();
    for attribution in visible.iter().filter_map(|id| attributions.get(id)) {
        for line in [&attribution.credit_line, &attribution.disclaimer].into_iter().flatten() {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
    }
    Ok(lines)
}
