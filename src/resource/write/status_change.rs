//! Changes the status of items: scheduled publication, archiving, deletion, restoring.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::schema::items;
use crate::db::{Connection, Id, Time};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::index::{IndexChange, IndexedItem, filters, full_text};
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::{Audience, Revisions, bump};
use crate::resource::model::status_change::{OnReferences, StatusChange};
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::items::{load_items, referencing_items};
use crate::resource::store::texts::load_all_texts;
use crate::resource::view::resource::Resource;

/// Changes the status of an item, with all that depends on it, and bumps the revisions. Returns the
/// changed row.
pub fn change_status<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
    change: StatusChange,
) -> Result<ItemRow, Problem> {
    let now = Time::now();
    let mut changed = change.apply(item, now)?;
    changed.catalogue_revision = Revisions::load(connection)?.next_catalogue_revision();
    diesel::update(items::table.find(item.number)).set(&changed).execute(connection)?;
    write_filter_index::<S>(connection, &changed)?;
    filters::set_public_flag::<S>(connection, item.number, changed.is_public)?;
    full_text::reindex_item::<S>(connection, &changed)?;
    let is_visible = item.is_publicly_named() || changed.is_publicly_named();
    bump(connection, S::SCHEMA.kind, Audience::new(is_visible), now)?;
    if is_visible {
        change_log::record_feed_change(connection, &state.settings, S::SCHEMA.kind)?;
    }
    Ok(changed)
}

/// Rewrites the filter index of an item: which tracks it contains depends on whether it is public.
fn write_filter_index<S: Resource>(
    connection: &mut Connection,
    item: &ItemRow,
) -> Result<(), Problem> {
    let fields = item.parse_fields::<S::Fields>().ok_or_else(|| {
        Problem::internal(format!("failed to parse the fields of item {}", item.id))
    })?;
    let texts = load_all_texts(connection, [item.number])?.remove(&item.number).unwrap_or_default();
    let references = item.references();
    let indexed = IndexedItem { item, fields: &fields, texts: &texts, references: &references };
    Ok(filters::write_filter_index::<S>(connection, indexed, IndexChange::Replace)?)
}

/// Applies the choice for the public items that refer to an item before its status changes from
/// `before` to `after`. Rejects the change with 409, or archives the referring items.
pub(super) fn enforce_on_references(
    connection: &mut Connection,
    state: &AppState,
    before: &ItemRow,
    after: &ItemRow,
    on_references: OnReferences,
) -> Result<(), Problem> {
    let loses_name = before.is_publicly_named() && !after.is_publicly_named();
    let loses_page = before.is_public && !after.is_public;
    if !loses_name && !loses_page {
        return Ok(());
    }
    match on_references {
        OnReferences::Keep => Ok(()),
        OnReferences::Archive => archive_referrers(connection, state, before.id),
        OnReferences::Reject => {
            let referrers = load_referrers(connection, before.id)?;
            if referrers.is_empty() {
                return Ok(());
            }
            let remedy = if after.is_publicly_named() {
                "Repeat the request with `on_references=keep`, which keeps its name on them, with credit line and disclaimer, or with `on_references=archive`, which archives them too."
            } else {
                "Archive the item instead, so that its name remains on them, with credit line and disclaimer, or repeat the request with `on_references=keep`, which hides these, or with `on_references=archive`, which archives the items too."
            };
            Err(referenced_problem(before, &referrers, remedy))
        }
    }
}

/// Archives all public items that refer to an item, and those that refer to them.
pub fn archive_referrers(
    connection: &mut Connection,
    state: &AppState,
    id: Id,
) -> Result<(), Problem> {
    let mut pending = vec![id];
    let mut visited = BTreeSet::from([id]);
    while let Some(id) = pending.pop() {
        for referrer in load_referrers(connection, id)? {
            if !visited.insert(referrer.id) {
                continue;
            }
            let change_status =
                ResourceKind::parse(&referrer.kind).and_then(|kind| state.status_changer(kind));
            let Some(change_status) = change_status else {
                return Err(Problem::internal(format!("kind {} is not registered", referrer.kind)));
            };
            change_status(connection, state, &referrer, StatusChange::Archive)?;
            pending.push(referrer.id);
        }
    }
    Ok(())
}

/// Loads the public items that refer to an item.
fn load_referrers(connection: &mut Connection, id: Id) -> Result<Vec<ItemRow>, Problem> {
    let condition = referencing_items(id).sql(
        " AND items.is_public = TRUE AND items.deleted_at IS NULL ORDER BY items.kind, items.slug",
    );
    let mut rows = load_items(connection, &condition)?;
    rows.retain(|row| row.references().iter().any(|reference| reference.target_id == id));
    Ok(rows)
}

/// Returns the problem of a change that other items prevent; lists the first of them.
pub(super) fn referenced_problem(item: &ItemRow, referrers: &[ItemRow], remedy: &str) -> Problem {
    let names = list_items(referrers.iter().map(|row| (row.kind.as_str(), row.slug.as_str())));
    let kind = item.kind.replace('_', " ");
    let detail = format!("The {kind} `{}` is referred to by {names}. {remedy}", item.slug);
    let mut problem = Problem::new(ProblemKind::Conflict, detail);
    let detail = match referrers.len() {
        1 => "1 item refers to it.".to_owned(),
        count => format!("{count} items refer to it."),
    };
    problem.errors.push(FieldError::parameter(OnReferences::PARAM, "referenced", detail));
    problem
}

/// Lists the first five of these items, each by kind and slug, and the number of the others.
pub(super) fn list_items<'a>(items: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> String {
    let more = match items.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names: Vec<String> =
        items.take(5).map(|(kind, slug)| format!("{} `{slug}`", kind.replace('_', " "))).collect();
    format!("{}{more}", names.join(", "))
}
