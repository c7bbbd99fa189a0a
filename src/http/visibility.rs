//! Visibility of items for a caller.

use serde::Serialize;

/// The items and languages that are visible to a caller.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub enum Visibility {
    /// Published items in published languages.
    Published,
    /// All items, including drafts.
    All,
}

impl Visibility {
    /// Whether drafts are visible.
    pub fn includes_unpublished(self) -> bool {
        self == Self::All
    }
}
