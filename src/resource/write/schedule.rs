//! Scheduled publication and archiving: as a body requests it, and when it is due.

use std::collections::HashSet;
use std::sync::Arc;

use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::{Connection, Id, Time};
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::{ItemRow, Status};
use crate::resource::model::revisions::Revisions;
use crate::resource::model::status_change::StatusChange;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::items::load_items;
use crate::resource::write::status_change::archive_referrers;

/// Status of an item with the times at which it changes on schedule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// The status.
    pub status: Status,
    /// When the item was or will be published.
    pub published_at: Option<Time>,
    /// When the item will be archived.
    pub unpublish_at: Option<Time>,
}

impl Schedule {
    /// Returns the schedule that holds at this time: an item whose time of publication is in the
    /// future is scheduled, and a published one without that time is published now.
    #[must_use]
    pub fn at(self, now: Time) -> Self {
        let (status, published_at) = match (self.status.of_text(), self.published_at) {
            (Status::Published, Some(time)) if time > now => (Status::Scheduled, Some(time)),
            (Status::Published, time) => (Status::Published, time.or(Some(now))),
            _ => (self.status, self.published_at),
        };
        Self { status, published_at, ..self }
    }

    /// Returns the error of an `unpublish_at` that is not after the publication, or of a new one
    /// that is in the past.
    pub fn unpublish_error(&self, now: Time, before: Option<Time>) -> Option<FieldError> {
        let unpublish_at = self.unpublish_at?;
        let is_live = self.status.of_text() == Status::Published;
        let detail = if self.published_at.is_some_and(|published_at| unpublish_at <= published_at) {
            "Must be later than `published_at`."
        } else if unpublish_at <= now && (is_live || before != Some(unpublish_at)) {
            "Must be in the future; to archive the item now, set `status` to `archived`."
        } else {
            return None;
        };
        Some(FieldError::field("/unpublish_at", "out_of_range", detail))
    }
}

/// Publishes and archives all items whose scheduled time has come, each in a transaction of its
/// own. Returns the time of the next scheduled change.
///
/// Any server of the database may do this: writes are serialized, and each checks again whether the
/// item is due. An item that cannot be changed is logged and does not delay the others.
pub async fn apply_due_changes(state: &Arc<AppState>) -> Result<Option<Time>, Problem> {
    let mut failed: HashSet<Id> = HashSet::new();
    loop {
        let (next, due) = state
            .database
            .read_primary(|connection| {
                let next = Revisions::load(connection)?.next_scheduled_change();
                let due = match next.filter(|time| *time <= Time::now()) {
                    Some(_) => load_due_items(connection, Time::now(), None)?,
                    None => Vec::new(),
                };
                Ok::<_, Problem>((next, due))
            })
            .await?
            .value;
        let Some(item) = due.into_iter().find(|item| !failed.contains(&item.id)) else {
            return Ok(next);
        };
        let (shared_state, id) = (Arc::clone(state), item.id);
        let done = state
            .database
            .write(move |connection| {
                match load_due_items(connection, Time::now(), Some(id))?.first() {
                    Some(item) => apply_due_change(connection, &shared_state, item),
                    None => Ok(()),
                }
            })
            .await;
        match done {
            Ok(_) => log::info!("changed the status of {} `{}` on schedule", item.kind, item.slug),
            Err(problem) => {
                let ItemRow { id, kind, slug, .. } = item;
                log::error!("cannot change the status of {kind} `{slug}` on schedule: {problem}");
                failed.insert(id);
            }
        }
    }
}

/// Loads items whose scheduled time has come, or the one with this id if its time has come.
fn load_due_items(
    connection: &mut Connection,
    now: Time,
    id: Option<Id>,
) -> Result<Vec<ItemRow>, Problem> {
    let condition = Fragment::new(
        "items.number IN (SELECT number FROM items WHERE status = 'scheduled' AND published_at <= ",
    )
    .bind(Bind::Time(now))
    .sql(" UNION SELECT number FROM items WHERE unpublish_at IS NOT NULL AND status IN ('scheduled', 'published') AND unpublish_at <= ")
    .bind(Bind::Time(now))
    .sql(") AND items.deleted_at IS NULL");
    let condition = match id {
        Some(id) => condition.sql(" AND items.id = ").bind(Bind::Id(id)),
        None => condition,
    };
    let condition = condition.sql(" ORDER BY items.published_at, items.number LIMIT 200");
    Ok(load_items(connection, &condition)?)
}

fn apply_due_change(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
) -> Result<(), Problem> {
    let change_status = ResourceKind::parse(&item.kind).and_then(|kind| state.status_changer(kind));
    let Some(change_status) = change_status else {
        return Err(Problem::internal(format!("kind {} is not registered", item.kind)));
    };
    if item.unpublish_at.is_none_or(|time| time > Time::now()) {
        return change_status(connection, state, item, StatusChange::Publish);
    }
    if item.unpublish_referrers {
        archive_referrers(connection, state, item.id)?;
    }
    change_status(connection, state, item, StatusChange::Archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(micros: i64) -> Option<Time> {
        Time::from_micros(micros)
    }

    #[test]
    fn future_publication_is_scheduled_and_past_one_is_published() {
        let now = Time::from_micros(1_000).unwrap();
        let at = |status, published_at| {
            let schedule = Schedule { status, published_at, unpublish_at: None }.at(now);
            (schedule.status, schedule.published_at)
        };
        for status in [Status::Published, Status::Scheduled] {
            assert_eq!(at(status, time(1_001)), (Status::Scheduled, time(1_001)));
            assert_eq!(at(status, time(1_000)), (Status::Published, time(1_000)));
            assert_eq!(at(status, None), (Status::Published, Some(now)));
        }
        assert_eq!(at(Status::Draft, time(1_001)), (Status::Draft, time(1_001)));
        assert_eq!(at(Status::Archived, None), (Status::Archived, None));
    }

    #[test]
    fn unpublish_at_is_after_publication_and_in_the_future() {
        let now = Time::from_micros(1_000).unwrap();
        let is_accepted = |status, published_at, unpublish_at, before| {
            let schedule = Schedule { status, published_at, unpublish_at: time(unpublish_at) };
            schedule.unpublish_error(now, before).is_none()
        };
        assert!(is_accepted(Status::Published, time(500), 2_000, None));
        assert!(!is_accepted(Status::Published, time(500), 900, time(900)));
        assert!(!is_accepted(Status::Scheduled, time(2_000), 2_000, None));
        assert!(!is_accepted(Status::Draft, None, 900, None));
        assert!(is_accepted(Status::Draft, None, 900, time(900)), "unchanged");
    }
}
