//! Scheduled publication and archiving: the schedule that a body requests, and the due changes.

use std::collections::HashSet;
use std::sync::Arc;

use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::{Connection, Error, Id, ReadCost, Time};
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
    /// Returns the effective schedule at this time: an item whose time of publication is in the
    /// future is scheduled, and a published one without that time is published now.
    #[must_use]
    pub fn resolve(self, now: Time) -> Self {
        let (status, published_at) = match (self.status.of_text(), self.published_at) {
            (Status::Published, Some(time)) if time > now => (Status::Scheduled, Some(time)),
            (Status::Published, time) => (Status::Published, time.or(Some(now))),
            _ => (self.status, self.published_at),
        };
        Self { status, published_at, ..self }
    }

    /// Archives an item whose time of archiving has passed.
    pub fn apply_due_archiving(&mut self, now: Time) {
        if self.unpublish_at.is_some_and(|time| time <= now) {
            self.unpublish_at = None;
            if self.status.of_text() == Status::Published {
                self.status = Status::Archived;
            }
        }
    }

    /// Returns the error of an `unpublish_at` that is not after the publication, or of a new one
    /// that is in the past.
    pub fn validate_unpublish_at(&self, now: Time, before: Option<Time>) -> Option<FieldError> {
        let unpublish_at = self.unpublish_at?;
        let is_live = self.status.of_text() == Status::Published;
        let detail = if self.published_at.is_some_and(|published_at| unpublish_at <= published_at) {
            "Must be later than `published_at`."
        } else if unpublish_at <= now && (is_live || before != Some(unpublish_at)) {
            "Must be in the future. Set it to null, or archive the item now with the `status` `archived`."
        } else {
            return None;
        };
        Some(FieldError::field("/unpublish_at", "out_of_range", detail))
    }
}

/// Maximum number of due changes in one transaction.
const DUE_BATCH_SIZE: usize = 50;

/// Publishes and archives all items that are due. Returns the time of the next scheduled change.
///
/// Any server of the database may do this: writes are serialized, and each checks again which items
/// are due. An item that cannot be changed is logged and does not delay the others.
pub async fn apply_due_changes(state: &Arc<AppState>) -> Result<Option<Time>, Problem> {
    let mut failed: HashSet<Id> = HashSet::new();
    loop {
        let next = state
            .database
            .read_primary(ReadCost::Light, |connection| {
                Ok::<_, Problem>(Revisions::load(connection)?.next_scheduled_change())
            })
            .await?
            .value;
        if next.is_none_or(|time| time > Time::now()) {
            return Ok(next);
        }
        let batch_size = if failed.is_empty() { DUE_BATCH_SIZE } else { 1 };
        let (shared_state, skipped) = (Arc::clone(state), failed.clone());
        let outcome = state
            .database
            .write(move |connection| {
                apply_due_batch(connection, &shared_state, &skipped, batch_size)
            })
            .await;
        match outcome.map(|outcome| outcome.value) {
            Ok(0) => return Ok(next),
            Ok(count) => log::info!("{count} scheduled changes were made"),
            Err(FailedChange::Item { id, name, problem }) => {
                log::error!("cannot change the status of {name} on schedule: {problem}");
                failed.insert(id);
            }
            Err(FailedChange::Other(problem)) => return Err(*problem),
        }
    }
}

/// Like [`apply_due_changes`], on the current thread: before a server accepts requests.
pub fn apply_due_changes_blocking(state: &AppState) -> Result<(), Problem> {
    let no_failures = HashSet::new();
    loop {
        let count = state
            .database
            .write_blocking(|connection| {
                apply_due_batch(connection, state, &no_failures, DUE_BATCH_SIZE)
            })
            .map_err(|failed| match failed {
                FailedChange::Item { problem, .. } | FailedChange::Other(problem) => *problem,
            })?;
        if count < DUE_BATCH_SIZE {
            return Ok(());
        }
    }
}

/// A scheduled change that failed.
enum FailedChange {
    /// The change of an item.
    Item { id: Id, name: String, problem: Box<Problem> },
    /// The transaction as a whole.
    Other(Box<Problem>),
}

impl From<Problem> for FailedChange {
    fn from(problem: Problem) -> Self {
        Self::Other(Box::new(problem))
    }
}

impl From<Error> for FailedChange {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

/// Applies at most `limit` due changes. Returns their number.
fn apply_due_batch(
    connection: &mut Connection,
    state: &AppState,
    skipped: &HashSet<Id>,
    limit: usize,
) -> Result<usize, FailedChange> {
    let mut due = load_due_items(connection, Time::now())?;
    due.retain(|item| !skipped.contains(&item.id));
    due.truncate(limit);
    for item in &due {
        apply_due_change(connection, state, item).map_err(|problem| {
            let name = format!("{} `{}`", item.kind.replace('_', " "), item.slug);
            FailedChange::Item { id: item.id, name, problem: Box::new(problem) }
        })?;
    }
    Ok(due.len())
}

/// Loads items that are due, at most 200.
fn load_due_items(connection: &mut Connection, now: Time) -> Result<Vec<ItemRow>, Problem> {
    let condition = Fragment::new(
        "items.number IN (SELECT number FROM items WHERE status = 'scheduled' AND published_at <= ",
    )
    .bind(Bind::Time(now))
    .sql(" UNION SELECT number FROM items WHERE unpublish_at IS NOT NULL AND status IN ('scheduled', 'published') AND unpublish_at <= ")
    .bind(Bind::Time(now))
    .sql(") AND items.deleted_at IS NULL ORDER BY items.published_at, items.number LIMIT 200");
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
        change_status(connection, state, item, StatusChange::Publish)?;
        return Ok(());
    }
    if item.unpublish_referrers {
        archive_referrers(connection, state, item.id)?;
    }
    change_status(connection, state, item, StatusChange::Archive)?;
    Ok(())
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
            let schedule = Schedule { status, published_at, unpublish_at: None }.resolve(now);
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
            schedule.validate_unpublish_at(now, before).is_none()
        };
        assert!(is_accepted(Status::Published, time(500), 2_000, None));
        assert!(!is_accepted(Status::Published, time(500), 900, time(900)));
        assert!(!is_accepted(Status::Scheduled, time(2_000), 2_000, None));
        assert!(!is_accepted(Status::Draft, None, 900, None));
        assert!(is_accepted(Status::Draft, None, 900, time(900)), "unchanged");
    }
}
