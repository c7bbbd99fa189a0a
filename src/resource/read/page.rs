//! The page of a list: which one is asked for, and its envelope of items, page and links.

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::keyset::{PagePositions, PageStart};
use crate::http::cursor::{self, CursorError};
use crate::http::problem::Problem;
use crate::http::query_params::{QueryParams, percent_decode};
use crate::resource::query::params::{PRESENTATION_PARAMS, ResponseShape};
use crate::resource::read::response;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;

/// Items a page has at most.
pub const MAX_LIMIT: i64 = 100;
/// Items a page has unless asked otherwise.
pub const DEFAULT_LIMIT: i64 = 20;
/// How far `offset` reaches; cursors reach everywhere.
pub const MAX_OFFSET: i64 = 10_000;

/// Which page of a list is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageParams {
    /// How many items.
    pub limit: i64,
    /// From where.
    pub start: PageStart,
    /// Whether to count the whole list.
    pub with_total: bool,
    /// What makes this list another than others.
    pub query_fingerprint: String,
}

impl PageParams {
    /// Reads `limit`, `offset`, `cursor` and `total`; the identity says which list it is.
    pub fn parse(params: &mut QueryParams, identity: &str) -> Self {
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
                Ok(position) => start = position,
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
        Self { limit, start, with_total: total, query_fingerprint: fingerprint }
    }

    /// Where a slice of the list stands.
    pub fn page_info(&self, slice: &PagePositions, total: Option<i64>) -> PageInfo {
        let (first, last) = (slice.positions.first(), slice.positions.last());
        let (has_next, has_prev) = match &self.start {
            PageStart::Offset(offset) => (slice.has_more, *offset > 0),
            PageStart::After(_) => (slice.has_more, true),
            PageStart::Before(_) => (true, slice.has_more),
        };
        let next = last
            .filter(|_| has_next)
            .map(|position| cursor::encode(&self.query_fingerprint, position, false));
        let prev = first
            .filter(|_| has_prev)
            .map(|position| cursor::encode(&self.query_fingerprint, position, true));
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
    pub self_url: String,
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
    pub alternates: Vec<(String, &'static str)>,
}

/// What feeds are whose addresses end so.
pub fn feed_media_type(ending: &str) -> &'static str {
    match ending {
        "rss" => "application/rss+xml",
        "atom" => "application/atom+xml",
        _ => "application/feed+json",
    }
}

/// What tables are, by the endings of their addresses: a kind that has feeds has tables as well.
pub const TABLE_FORMATS: [(&str, &str); 2] = [
    ("csv", "text/csv"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// Of a longer query no feed is named, though there is one.
const MAX_ALTERNATE_QUERY_LEN: usize = 1_000;

impl Links {
    /// The same, with the feeds of a list of this kind, and its tables.
    #[must_use]
    pub fn with_alternates(self, schema: &ResourceSchema, path: &str) -> Self {
        let (address, query) = self.self_url.split_once('?').unwrap_or((&self.self_url, ""));
        let Some(base) = address.strip_suffix(path) else { return self };
        // What shapes a list has no place in a feed, which is in one language.
        let kept = query.split('&').filter(|pair| {
            let name =
                percent_decode(pair.split('=').next().unwrap_or_default()).unwrap_or_default();
            !pair.is_empty()
                && *pair != "lang=all"
                && (name == "limit" || !PRESENTATION_PARAMS.contains(&name.as_str()))
        });
        let query = kept.collect::<Vec<_>>().join("&");
        // Clients read only so much of a head.
        if query.len() > MAX_ALTERNATE_QUERY_LEN {
            return self;
        }
        let mark = if query.is_empty() { "" } else { "?" };
        let name = schema.kind.path_segment();
        let feed = |ending: &&'static str| {
            (format!("{base}/feeds/{name}.{ending}{mark}{query}"), feed_media_type(ending))
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
        let tables =
            TABLE_FORMATS.into_iter().filter(|_| !schema.feed_formats.is_empty()).map(table);
        let feeds = schema.feed_formats.iter().map(feed).chain(tables).collect();
        Self { alternates: feeds, ..self }
    }

    /// The same as a `Link` header (RFC 8288).
    pub fn to_link_header(&self) -> String {
        let mut parts = vec![format!("<{}>; rel=\"self\"", self.self_url)];
        parts.extend(self.next.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        parts.extend(self.prev.as_ref().map(|prev| format!("<{prev}>; rel=\"prev\"")));
        parts.extend(self.alternates.iter().map(|(feed, media_type)| {
            format!("<{feed}>; rel=\"alternate\"; type=\"{media_type}\"")
        }));
        parts.join(", ")
    }
}

/// The items of a page as JSON, one after the other in the beginning of its body.
pub struct JsonItems(Vec<u8>);

impl Default for JsonItems {
    fn default() -> Self {
        let mut body = Vec::with_capacity(32 * 1_024);
        body.extend_from_slice(LIST_BODY_START);
        Self(body)
    }
}

const LIST_BODY_START: &[u8] = b"{\"data\":[";

impl JsonItems {
    /// Adds an item, with only the fields that were asked for.
    pub fn push<T: Serialize>(
        &mut self,
        resource: &T,
        shape: &ResponseShape,
    ) -> Result<(), Problem> {
        if self.0.len() > LIST_BODY_START.len() {
            self.0.push(b',');
        }
        response::write_json(&mut self.0, resource, shape)
    }

    /// Adds a member to the item that was added last, which has others.
    pub fn add_member<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), Problem> {
        response::add_member(&mut self.0, name, value)
    }
}

/// A page, its items already drawn.
pub struct ListResponse {
    /// The items.
    pub items: JsonItems,
    /// Where it stands.
    pub page_info: PageInfo,
    /// The facets, if they were asked for.
    pub facets: Option<Map<String, Value>>,
    /// Searches that were perhaps meant.
    pub did_you_mean: Vec<String>,
}

impl ListResponse {
    /// The whole answer as JSON.
    pub fn into_json(self, links: &Links) -> Result<Vec<u8>, Problem> {
        let mut body = self.items.0;
        body.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut body, &self.page_info).map_err(Problem::internal)?;
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
const QUERY_ENCODE_SET: &AsciiSet = &CONTROLS
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
const URL_QUERY_ENCODE_SET: &AsciiSet = &QUERY_ENCODE_SET.add(b'#');

/// A query that was written by hand, as part of an address.
pub fn encode_query(query: &str) -> String {
    utf8_percent_encode(query, URL_QUERY_ENCODE_SET).to_string()
}

/// A query with another cursor in place of its cursor or offset.
pub fn with_cursor(query: &str, cursor: &str) -> String {
    let mut pairs = without_paging(query);
    let cursor = format!("cursor={cursor}");
    pairs.push(&cursor);
    pairs.join("&")
}

/// The address of the first page.
pub fn first_page_url(links: &Links) -> String {
    let (address, query) = links.self_url.split_once('?').unwrap_or((&links.self_url, ""));
    let pairs = without_paging(query);
    if pairs.is_empty() { address.to_owned() } else { format!("{address}?{}", pairs.join("&")) }
}

/// The parameters of a query but those that say which page.
fn without_paging(query: &str) -> Vec<&str> {
    let kept = query.split('&').filter(|pair| {
        let name = percent_decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !matches!(name.as_deref(), Some("cursor" | "offset"))
    });
    kept.collect()
}

/// The addresses of a page and its neighbours: the query as it was, with another cursor.
pub fn page_links(state: &AppState, request: &HttpRequest, info: &PageInfo) -> Links {
    let base = format!("{}{}", state.settings.base_url(request), request.path());
    let query = utf8_percent_encode(request.query_string(), QUERY_ENCODE_SET).to_string();
    let with = |cursor: &String| format!("{base}?{}", with_cursor(&query, cursor));
    Links {
        self_url: if query.is_empty() { base.clone() } else { format!("{base}?{query}") },
        next: info.next_cursor.as_ref().map(with),
        prev: info.prev_cursor.as_ref().map(with),
        alternates: Vec::new(),
    }
}
