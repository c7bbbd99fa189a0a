//! Maximum lengths of texts in characters, by type of field, and of lists.

/// Titles, names, labels.
pub const TITLE: usize = 300;
/// Summaries and notes.
pub const SUMMARY: usize = 2_000;
/// Descriptions.
pub const DESCRIPTION: usize = 50_000;
/// Short texts: roles, licences, units.
pub const SHORT_TEXT: usize = 200;
/// URLs.
pub const URL: usize = 2_000;
/// Members of a list.
pub const LIST_ITEMS: usize = 500;
