//! The envelope of a list: items, page, links.

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::context::Context;
use super::query::ListRequest;
use crate::db::page::{Slice, Start};
use crate::http::cursor;
use crate::http::params::decode;
use crate::http::problem::Problem;

/// Where a page stands in its list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageInfo {
    /// The most items that the page may have.
    #[schema(minimum = 1, maximum = 100, example = 20)]
    pub limit: i64,
    /// Cursor of the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Cursor of the page before; null on the first.
    #[schema(required)]
    pub prev_cursor: Option<String>,
    /// How many items the whole list has; only with `total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    pub total: Option<i64>,
}

/// Addresses of this page and its neighbours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Links {
    /// This page.
    #[serde(rename = "self")]
    #[schema(format = "uri")]
    pub this: String,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    pub next: Option<String>,
    /// The page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    pub prev: Option<String>,
}

impl Links {
    /// The same as a `Link` header (RFC 8288).
    pub fn header(&self) -> String {
        let mut parts = vec![format!("<{}>; rel=\"self\"", self.this)];
        parts.extend(self.next.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        parts.extend(self.prev.as_ref().map(|prev| format!("<{prev}>; rel=\"prev\"")));
        parts.join(", ")
    }
}

/// A page, its items already drawn.
pub struct Page {
    /// The items as JSON.
    pub items: Vec<String>,
    /// Where it stands.
    pub info: PageInfo,
}

impl Page {
    /// The whole answer as JSON.
    pub fn body(&self, links: &Links) -> Result<String, Problem> {
        let info = serde_json::to_string(&self.info).map_err(Problem::internal)?;
        let links = serde_json::to_string(links).map_err(Problem::internal)?;
        Ok(format!("{{\"data\":[{}],\"page\":{info},\"links\":{links}}}", self.items.join(",")))
    }
}

impl PageInfo {
    /// Where a slice stands.
    pub fn new(wanted: &ListRequest, slice: &Slice, total: Option<i64>) -> Self {
        let (first, last) = (slice.places.first(), slice.places.last());
        let (has_next, has_prev) = match &wanted.start {
            Start::Offset(offset) => (slice.more, *offset > 0),
            Start::After(_) => (slice.more, true),
            Start::Before(_) => (true, slice.more),
        };
        let next = last.filter(|_| has_next).map(|place| cursor::write(&wanted.fingerprint, place, false));
        let prev = first.filter(|_| has_prev).map(|place| cursor::write(&wanted.fingerprint, place, true));
        Self { limit: wanted.limit, next_cursor: next, prev_cursor: prev, total }
    }
}

/// What clients send in a query although RFC 3986 does not allow it there; in a `Link` header it would end the address.
const NOT_IN_A_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// A query with another cursor in place of its cursor or offset.
pub fn at_cursor(query: &str, cursor: &str) -> String {
    let kept = query.split('&').filter(|pair| {
        let name = decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !matches!(name.as_deref(), Some("cursor" | "offset"))
    });
    let pairs: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    pairs.join("&")
}

/// The addresses of a page and its neighbours: the query as it was, with another cursor.
pub fn links(context: &Context, request: &HttpRequest, info: &PageInfo) -> Links {
    let base = format!("{}{}", context.settings.base_url(request), request.path());
    let query = utf8_percent_encode(request.query_string(), NOT_IN_A_QUERY).to_string();
    let with = |cursor: &String| format!("{base}?{}", at_cursor(&query, cursor));
    Links {
        this: if query.is_empty() { base.clone() } else { format!("{base}?{query}") },
        next: info.next_cursor.as_ref().map(with),
        prev: info.prev_cursor.as_ref().map(with),
    }
}
