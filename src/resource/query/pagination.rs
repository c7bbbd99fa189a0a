//! Pagination parameters (`limit`, `offset`, `cursor`, `total`) and the page object of a response.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::keyset::{ListPage, ListQuery, PagePositions, PageStart};
use crate::http::cursor::{self, CursorError};
use crate::http::query_params::QueryParams;

/// Maximum number of items per page.
pub const MAX_LIMIT: i64 = 100;

/// Default number of items per page.
pub const DEFAULT_LIMIT: i64 = 20;

/// Maximum `offset`; cursors have no such limit.
pub const MAX_OFFSET: i64 = 10_000;

/// Pagination parameters of a list request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageParams {
    /// Maximum number of items.
    pub limit: i64,
    /// Start of the page.
    pub start: PageStart,
    /// Whether to count the whole list.
    pub with_total: bool,
    /// Fingerprint of the query, to which its cursors are bound.
    pub query_fingerprint: String,
}

impl PageParams {
    /// Parses `limit`, `offset`, `cursor` and `total`; `key` identifies the query.
    pub fn parse(params: &mut QueryParams, key: &impl Serialize) -> Self {
        let limit = params.integer("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let offset = params.integer("offset", 0..=MAX_OFFSET);
        let total = params.flag("total").unwrap_or(false);
        let fingerprint = cursor::query_fingerprint(key);
        let mut start = PageStart::Offset(offset.unwrap_or(0));
        if let Some(text) = params.get("cursor") {
            if offset.is_some() {
                params.error(
                    "offset",
                    "conflicting",
                    "`offset` and `cursor` cannot be combined; use one of them.",
                );
            }
            match cursor::decode(&fingerprint, &text) {
                Ok(position) => start = position,
                Err(CursorError::Malformed) => {
                    params.error(
                        "cursor",
                        "invalid_cursor",
                        "The cursor is not valid; start again without it.",
                    );
                }
                Err(CursorError::WrongQuery) => {
                    params.error(
                        "cursor",
                        "foreign_cursor",
                        "The cursor belongs to another query: send the same filters, sort and language, or start again without it.",
                    );
                }
            }
        }
        Self { limit, start, with_total: total, query_fingerprint: fingerprint }
    }

    /// Returns the page of a list that these parameters select.
    pub fn page_of<'a>(&'a self, list: &'a ListQuery) -> ListPage<'a> {
        ListPage { list, start: &self.start, limit: self.limit }
    }

    /// Returns the page object of a slice of the list.
    pub fn page_info(&self, slice: &PagePositions, total: Option<i64>) -> PageInfo {
        let (first, last) = (slice.positions.first(), slice.positions.last());
        let (has_next, has_prev) = match &self.start {
            PageStart::Offset(offset) => (slice.has_more, *offset > 0),
            PageStart::After(_) => (slice.has_more, true),
            PageStart::Before(_) => (true, slice.has_more),
        };
        let next = last
            .filter(|_| has_next)
            .map(|position| cursor::encode_after(&self.query_fingerprint, position));
        let prev = first
            .filter(|_| has_prev)
            .map(|position| cursor::encode_before(&self.query_fingerprint, position));
        PageInfo { limit: self.limit, next_cursor: next, prev_cursor: prev, total }
    }
}

/// Position of a page in its list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageInfo {
    /// Maximum number of items of the page.
    #[schema(minimum = 1, maximum = 100, example = 20)]
    pub limit: i64,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Cursor of the previous page; null on the first page.
    #[schema(required)]
    pub prev_cursor: Option<String>,
    /// Number of items of the whole list; only with `total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    pub total: Option<i64>,
}
