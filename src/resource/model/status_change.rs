//! Changes of the status of an item that leave its content unchanged.

use crate::db::{Error, Time};
use crate::resource::model::item::{ItemRow, Status};
use crate::resource::model::revisions::Audience;

/// A change of the status of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusChange {
    /// Publishes a scheduled item.
    Publish,
    /// Archives an item.
    Archive,
    /// Soft-deletes an item.
    Delete,
    /// Restores a soft-deleted item.
    Restore,
}

impl StatusChange {
    /// Returns the changed row.
    pub fn apply(self, item: &ItemRow, now: Time) -> Result<ItemRow, Error> {
        let mut changed = item.clone();
        match self {
            Self::Publish => Status::Published.as_str().clone_into(&mut changed.status),
            Self::Archive => {
                Status::Archived.as_str().clone_into(&mut changed.status);
                (changed.unpublish_at, changed.unpublish_referrers) = (None, false);
            }
            Self::Delete => changed.deleted_at = Some(now),
            Self::Restore => {
                changed.deleted_at = None;
                // What became due while the item was deleted is done first.
                let is_due = |time: Option<Time>| time.is_some_and(|time| time <= now);
                if changed.status == Status::Scheduled.as_str() && is_due(changed.published_at) {
                    Status::Published.as_str().clone_into(&mut changed.status);
                }
                if changed.status == Status::Published.as_str() && is_due(changed.unpublish_at) {
                    return Self::Archive.apply(&changed, now);
                }
            }
        }
        changed.update_public_flags(Some(item));
        let is_seen = item.is_publicly_named() || changed.is_publicly_named();
        changed.increment_revision(Audience::new(is_seen), now)?;
        Ok(changed)
    }
}

/// What happens to the public items that refer to an item which is archived or deleted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnReferences {
    /// The change is rejected if there are any.
    #[default]
    Reject,
    /// They continue to refer to the item. If it is archived, its name, credit line and disclaimer
    /// remain visible with them.
    Keep,
    /// They are archived too, and so are the items that refer to them.
    Archive,
}

impl OnReferences {
    /// Name of the query parameter.
    pub const PARAM: &'static str = "on_references";

    /// The values of the query parameter.
    pub const ALL: [(&'static str, Self); 2] = [("keep", Self::Keep), ("archive", Self::Archive)];
}
