//! The page of a list: which one is asked for, and its envelope of items, page and links.

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer;
use super::context::Context;
use super::query::{NOT_OF_THE_LIST, Shape};
use super::spec::Spec;
use crate::db::page::{PagePositions, PageStart};
use crate::http::cursor::{self, CursorError};
use crate::http::params::{QueryParams, percent_decode};
use crate::http::problem::Problem;

/// Items a page has at most.
pub const MAX_LIMIT: i64 = 100;
/// Items a page has unless asked otherwise.
pub const DEFAULT_LIMIT: i64 = 20;
/// How far `offset` reaches; cursors reach everywhere.
pub const MAX_OFFSET: i64 = 10_000;

/// Which page of a list is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paging {
    /// How many items.
    pub limit: i64,
    /// From where.
    pub start: PageStart,
    /// Whether to count the whole list.
    pub total: bool,
    /// What makes this list another than others.
    pub fingerprint: String,
}

impl Paging {
    /// Reads `limit`, `offset`, `cursor` and `total`; the identity says which list it is.
    pub fn read(params: &mut QueryParams, identity: &str) -> Self {
        let limit = params.integer("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let offset = params.integer("offset", 0..=MAX_OFFSET);
        let total = params.flag("total").unwrap_or(false);
        let fingerprint = cursor::query_fingerprint(identity);
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
                Ok(place) => start = place,
                Err(CursorError::Malformed) => {
                    params.error(
                        "cursor",
                        "invalid_cursor",
                        "The cursor is not one that this server gave; start again without it.",
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
        Self { limit, start, total, fingerprint }
    }

    /// Where a slice of the list stands.
    pub fn info(&self, slice: &PagePositions, total: Option<i64>) -> PageInfo {
        let (first, last) = (slice.positions.first(), slice.positions.last());
        let (has_next, has_prev) = match &self.start {
            PageStart::Offset(offset) => (slice.has_more, *offset > 0),
            PageStart::After(_) => (slice.has_more, true),
            PageStart::Before(_) => (true, slice.has_more),
        };
        let next =
            last.filter(|_| has_next).map(|place| cursor::encode(&self.fingerprint, place, false));
        let prev =
            first.filter(|_| has_prev).map(|place| cursor::encode(&self.fingerprint, place, true));
        PageInfo { limit: self.limit, next_cursor: next, prev_cursor: prev, total }
    }
}

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

/// A value of a facet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FacetValue {
    /// As the filter takes it.
    #[schema(example = "RS")]
    pub value: String,
    /// How a person calls it, in the answer's language.
    #[schema(example = "Serbia")]
    pub label: String,
    /// How many items of the list have it.
    #[schema(minimum = 1, example = 12)]
    pub count: i64,
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
    /// The list as feeds and as tables: addresses and media types.
    #[serde(skip)]
    #[schema(ignore)]
    pub feeds: Vec<(String, &'static str)>,
}

/// What feeds are whose addresses end so.
pub fn type_of_feed(ending: &str) -> &'static str {
    match ending {
        "rss" => "application/rss+xml",
        "atom" => "application/atom+xml",
        _ => "application/feed+json",
    }
}

/// What tables are, by the endings of their addresses: a kind that has feeds has tables as well.
pub const TABLES: [(&str, &str); 2] = [
    ("csv", "text/csv"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// Of a longer query no feed is named, though there is one.
const LONGEST_OF_A_FEED: usize = 1_000;

impl Links {
    /// The same, with the feeds of a list of this kind, and its tables.
    #[must_use]
    pub fn with_feeds(self, spec: &Spec, path: &str) -> Self {
        let (address, query) = self.this.split_once('?').unwrap_or((&self.this, ""));
        let Some(base) = address.strip_suffix(path) else { return self };
        // What shapes a list has no place in a feed, which is in one language.
        let kept = query.split('&').filter(|pair| {
            let name =
                percent_decode(pair.split('=').next().unwrap_or_default()).unwrap_or_default();
            !pair.is_empty()
                && *pair != "lang=all"
                && (name == "limit" || !NOT_OF_THE_LIST.contains(&name.as_str()))
        });
        let query = kept.collect::<Vec<_>>().join("&");
        // Clients read only so much of a head.
        if query.len() > LONGEST_OF_A_FEED {
            return self;
        }
        let mark = if query.is_empty() { "" } else { "?" };
        let name = spec.kind.segment();
        let feed = |ending: &&'static str| {
            (format!("{base}/feeds/{name}.{ending}{mark}{query}"), type_of_feed(ending))
        };
        // A table has no pages.
        let whole = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("limit="))
            .collect::<Vec<_>>()
            .join("&");
        let mark_of_whole = if whole.is_empty() { "" } else { "?" };
        let table = |(ending, media_type): (&str, &'static str)| {
            (format!("{address}.{ending}{mark_of_whole}{whole}"), media_type)
        };
        let tables = TABLES.into_iter().filter(|_| !spec.feeds.is_empty()).map(table);
        let feeds = spec.feeds.iter().map(feed).chain(tables).collect();
        Self { feeds, ..self }
    }

    /// The same as a `Link` header (RFC 8288).
    pub fn header(&self) -> String {
        let mut parts = vec![format!("<{}>; rel=\"self\"", self.this)];
        parts.extend(self.next.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        parts.extend(self.prev.as_ref().map(|prev| format!("<{prev}>; rel=\"prev\"")));
        parts.extend(self.feeds.iter().map(|(feed, media_type)| {
            format!("<{feed}>; rel=\"alternate\"; type=\"{media_type}\"")
        }));
        parts.join(", ")
    }
}

/// The items of a page as JSON, one after the other in the beginning of its body.
pub struct Items(Vec<u8>);

impl Default for Items {
    fn default() -> Self {
        let mut body = Vec::with_capacity(32 * 1_024);
        body.extend_from_slice(START);
        Self(body)
    }
}

const START: &[u8] = b"{\"data\":[";

impl Items {
    /// Adds an item, with only the fields that were asked for.
    pub fn push<T: Serialize>(&mut self, resource: &T, shape: &Shape) -> Result<(), Problem> {
        if self.0.len() > START.len() {
            self.0.push(b',');
        }
        answer::write(&mut self.0, resource, shape)
    }

    /// Adds a member to the item that was added last, which has others.
    pub fn add_member<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), Problem> {
        answer::add_member(&mut self.0, name, value)
    }
}

/// A page, its items already drawn.
pub struct Page {
    /// The items.
    pub items: Items,
    /// Where it stands.
    pub info: PageInfo,
    /// The facets, if they were asked for.
    pub facets: Option<Map<String, Value>>,
    /// Searches that were perhaps meant.
    pub did_you_mean: Vec<String>,
}

impl Page {
    /// The whole answer as JSON.
    pub fn body(self, links: &Links) -> Result<Vec<u8>, Problem> {
        let mut body = self.items.0;
        body.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut body, &self.info).map_err(Problem::internal)?;
        if let Some(facets) = &self.facets {
            body.extend_from_slice(b",\"facets\":");
            serde_json::to_writer(&mut body, facets).map_err(Problem::internal)?;
        }
        if !self.did_you_mean.is_empty() {
            body.extend_from_slice(b",\"did_you_mean\":");
            serde_json::to_writer(&mut body, &self.did_you_mean).map_err(Problem::internal)?;
        }
        body.extend_from_slice(b",\"links\":");
        serde_json::to_writer(&mut body, links).map_err(Problem::internal)?;
        body.push(b'}');
        Ok(body)
    }
}

/// What clients send in a query although RFC 3986 does not allow it there; in a `Link` header it
/// would end the address.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What goes into an address beside that, where it was never part of one.
const NOT_IN_AN_ADDRESS: &AsciiSet = &NOT_IN_A_QUERY.add(b'#');

/// A query that was written by hand, as part of an address.
pub fn in_address(query: &str) -> String {
    utf8_percent_encode(query, NOT_IN_AN_ADDRESS).to_string()
}

/// A query with another cursor in place of its cursor or offset.
pub fn at_cursor(query: &str, cursor: &str) -> String {
    let mut pairs = without_place(query);
    let cursor = format!("cursor={cursor}");
    pairs.push(&cursor);
    pairs.join("&")
}

/// The address of the first page.
pub fn first_page(links: &Links) -> String {
    let (address, query) = links.this.split_once('?').unwrap_or((&links.this, ""));
    let pairs = without_place(query);
    if pairs.is_empty() { address.to_owned() } else { format!("{address}?{}", pairs.join("&")) }
}

/// The parameters of a query but those that say which page.
fn without_place(query: &str) -> Vec<&str> {
    let kept = query.split('&').filter(|pair| {
        let name = percent_decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !matches!(name.as_deref(), Some("cursor" | "offset"))
    });
    kept.collect()
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
        feeds: Vec::new(),
    }
}
