//! The response of a list: items, page, facets and links.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponseBuilder};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::conditional::CacheValidators;
use crate::http::problem::Problem;
use crate::http::query_params::percent_decode;
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::shape::{PRESENTATION_PARAMS, ResponseShape};
use crate::resource::read::response;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;

/// A value of a facet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FacetValue {
    /// Value as the filter accepts it.
    #[schema(example = "RS")]
    pub value: String,
    /// Display label in the language of the response.
    #[schema(example = "Serbia")]
    pub label: String,
    /// Number of items of the list with this value.
    #[schema(minimum = 1, example = 12)]
    pub count: i64,
}

/// URLs of this page and its neighbours.
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
    /// The previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    pub prev: Option<String>,
    /// URLs and media types of the list as feeds and as tables.
    #[serde(skip)]
    #[schema(ignore)]
    pub alternates: Vec<(String, &'static str)>,
}

/// Returns the media type of a feed by its file extension.
pub fn feed_media_type(ending: &str) -> &'static str {
    match ending {
        "rss" => "application/rss+xml",
        "atom" => "application/atom+xml",
        _ => "application/feed+json",
    }
}

/// File extensions and media types of tables. A kind that has feeds has tables as well.
pub const TABLE_FORMATS: [(&str, &str); 2] = [
    ("csv", "text/csv"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// Maximum length of a query for which feeds and tables are linked, in bytes.
const MAX_ALTERNATE_QUERY_LEN: usize = 1_000;

impl Links {
    /// Adds the feeds and tables of a list of this kind.
    #[must_use]
    pub fn with_alternates(self, schema: &ResourceSchema, path: &str) -> Self {
        let (address, query) = self.self_url.split_once('?').unwrap_or((&self.self_url, ""));
        let Some(base) = address.strip_suffix(path) else { return self };
        // Feeds support no presentation parameters except `limit`, and are in one language.
        let pairs = query.split('&').filter(|pair| {
            let name =
                percent_decode(pair.split('=').next().unwrap_or_default()).unwrap_or_default();
            !pair.is_empty()
                && *pair != "lang=all"
                && (name == "limit" || !PRESENTATION_PARAMS.contains(&name.as_str()))
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        // Clients limit the size of response headers.
        if query.len() > MAX_ALTERNATE_QUERY_LEN {
            return self;
        }
        let mark = if query.is_empty() { "" } else { "?" };
        let name = schema.kind.path_segment();
        let feed = |ending: &&'static str| {
            (format!("{base}/feeds/{name}.{ending}{mark}{query}"), feed_media_type(ending))
        };
        // Tables are not paginated.
        let full_query = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("limit="))
            .collect::<Vec<_>>()
            .join("&");
        let full_mark = if full_query.is_empty() { "" } else { "?" };
        let table = |(ending, media_type): (&str, &'static str)| {
            (format!("{base}{}.{ending}{full_mark}{full_query}", schema.kind.path()), media_type)
        };
        let tables = TABLE_FORMATS.into_iter().filter(|_| schema.kind.has_feeds()).map(table);
        let feeds = schema.kind.feed_formats().iter().map(feed).chain(tables).collect();
        Self { alternates: feeds, ..self }
    }

    /// Returns the value of the `Link` header (RFC 8288).
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

/// The items of a page as JSON: the start of the response body.
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
    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.0.len() == LIST_BODY_START.len()
    }

    /// Adds an item with only the requested fields.
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

    /// Adds a member to the last item, which must have other members.
    pub fn add_member<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), Problem> {
        response::add_member(&mut self.0, name, value)
    }
}

/// A page with rendered items.
pub struct ListResponse {
    /// The items.
    pub items: JsonItems,
    /// Position of the page in its list.
    pub page_info: PageInfo,
    /// The facets, if requested.
    pub facets: Option<Map<String, Value>>,
    /// Words of `q` that were omitted, since no item has all words.
    pub omitted_terms: Vec<String>,
    /// Suggested queries.
    pub did_you_mean: Vec<String>,
}

impl ListResponse {
    /// Returns the whole response body as JSON.
    pub fn into_json(self, links: &Links) -> Result<Vec<u8>, Problem> {
        let mut body = self.items.0;
        body.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut body, &self.page_info).map_err(Problem::internal)?;
        if let Some(facets) = &self.facets {
            body.extend_from_slice(b",\"facets\":");
            serde_json::to_writer(&mut body, facets).map_err(Problem::internal)?;
        }
        if !self.omitted_terms.is_empty() {
            body.extend_from_slice(b",\"omitted_terms\":");
            serde_json::to_writer(&mut body, &self.omitted_terms).map_err(Problem::internal)?;
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

/// Characters that clients send in a query although RFC 3986 does not allow them; in a `Link`
/// header they would end the URL.
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

/// The same characters and `#`, for a query that was never part of a URL.
const URL_QUERY_ENCODE_SET: &AsciiSet = &QUERY_ENCODE_SET.add(b'#');

/// Percent-encodes a query that was written by hand, for use in a URL.
pub fn encode_query(query: &str) -> String {
    utf8_percent_encode(query, URL_QUERY_ENCODE_SET).to_string()
}

/// Returns a query with another cursor in place of its cursor or offset.
pub fn with_cursor(query: &str, cursor: &str) -> String {
    let mut pairs = without_paging(query);
    let cursor = format!("cursor={cursor}");
    pairs.push(&cursor);
    pairs.join("&")
}

/// Returns the URL of the first page.
pub fn first_page_url(links: &Links) -> String {
    let (address, query) = links.self_url.split_once('?').unwrap_or((&links.self_url, ""));
    let pairs = without_paging(query);
    if pairs.is_empty() { address.to_owned() } else { format!("{address}?{}", pairs.join("&")) }
}

/// Returns the parameters of a query except `cursor` and `offset`.
fn without_paging(query: &str) -> Vec<&str> {
    let pairs = query.split('&').filter(|pair| {
        let name = percent_decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !matches!(name.as_deref(), Some("cursor" | "offset"))
    });
    pairs.collect()
}

/// Returns the URLs of a page and its neighbours: the same query with other cursors.
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

/// Returns a response builder with the headers of a list.
pub fn list_response_head(
    response_context: ResponseContext<'_>,
    validators: &CacheValidators,
    links: &Links,
) -> HttpResponseBuilder {
    let mut response = response_context.ok(validators);
    response.insert_header((header::LINK, links.to_link_header()));
    response
}
