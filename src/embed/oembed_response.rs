//! Parameters and responses of oEmbed 1.0 (oembed.com).

use crate::resource::read::response::ResponseContext;
use crate::text::fingerprint::Fingerprint;
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::conditional::CacheValidators;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::percent_decode;
use crate::http::tracking_params::url_without_tracking_params;
use crate::images::poster::largest_size_within;
use crate::resource::state::AppState;
use crate::resource::view::embed_code::{self, FrameSize};
use crate::text::xml::XmlWriter;

/// Maximum width of an iframe, in pixels.
const MAX_WIDTH: i64 = 1_920;

/// An oEmbed 1.0 response.
#[derive(Debug, Serialize, ToSchema)]
pub struct OEmbed {
    /// `video` for videos; `rich` for lists, statistics and charts.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "video")]
    kind: &'static str,
    /// Always `1.0`.
    #[schema(value_type = String, example = "1.0")]
    version: &'static str,
    /// The title of the page.
    #[schema(example = "In their own words, part one")]
    title: String,
    /// The name of the publisher.
    provider_name: String,
    /// The base URL of this server.
    #[schema(format = "uri")]
    provider_url: String,
    /// Cache lifetime in seconds.
    #[schema(value_type = u32)]
    cache_age: u64,
    /// The HTML to insert into a page.
    #[schema(
        example = "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\"></iframe>"
    )]
    html: String,
    /// Width in pixels.
    #[schema(example = 640)]
    width: i64,
    /// Height in pixels.
    #[schema(example = 540)]
    height: i64,
    /// The poster of a video as PNG, the largest size that fits. Absent if no size fits, and for
    /// other types.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        format = "uri",
        example = "https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en"
    )]
    thumbnail_url: Option<String>,
    /// The width of the thumbnail in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1280)]
    thumbnail_width: Option<i64>,
    /// The height of the thumbnail in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 720)]
    thumbnail_height: Option<i64>,
}

/// Format of an oEmbed response.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OEmbedFormat {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// Parameters of an oEmbed request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OEmbedParams {
    pub(super) url: String,
    pub(super) is_xml: bool,
    pub(super) max_width: Option<i64>,
    pub(super) max_height: Option<i64>,
}

impl OEmbedParams {
    /// Parses the query. Unlike other endpoints, unknown parameters are ignored (oEmbed 1.0).
    pub(super) fn parse(query: &str) -> Result<Self, Problem> {
        let mut params = Self::default();
        let size = |name: &'static str, value: &str| match value.parse::<i64>() {
            Ok(size) if size > 0 => Ok(Some(size)),
            _ => Err(Problem::invalid_parameter(
                name,
                "out_of_range",
                format!("`{name}` must be a positive integer."),
            )),
        };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = percent_decode(value).unwrap_or_default();
            match name {
                "url" => params.url = url_without_tracking_params(&value),
                "format" if value == "xml" => params.is_xml = true,
                "format" if value == "json" => params.is_xml = false,
                "format" => {
                    return Err(Problem::new(
                        ProblemKind::NotImplemented,
                        "`format` must be `json` or `xml`.",
                    ));
                }
                "maxwidth" => params.max_width = size("maxwidth", &value)?,
                "maxheight" => params.max_height = size("maxheight", &value)?,
                _ => {}
            }
        }
        if params.url.is_empty() {
            return Err(Problem::invalid_parameter("url", "required", "`url` is required."));
        }
        Ok(params)
    }

    /// Returns the fingerprint of what the response depends on besides the item, for the `ETag`.
    pub fn etag_key(&self, state: &AppState) -> Fingerprint {
        #[derive(Serialize)]
        struct OEmbedKey<'a> {
            url: &'a str,
            is_xml: bool,
            max_width: Option<i64>,
            max_height: Option<i64>,
            provider_name: Option<&'a str>,
        }
        Fingerprint::of(&OEmbedKey {
            url: &self.url,
            is_xml: self.is_xml,
            max_width: self.max_width,
            max_height: self.max_height,
            provider_name: state.settings.name.as_deref(),
        })
    }

    /// Width and height within the limits: a 16:9 player and the text below it.
    fn embed_size(&self) -> FrameSize {
        let width = self.max_width.map_or(embed_code::DEFAULT_WIDTH, |most| most.min(MAX_WIDTH));
        let size = FrameSize::with_width(width);
        FrameSize {
            height: self.max_height.map_or(size.height, |most| size.height.min(most)),
            ..size
        }
    }

    /// The response in the requested format.
    pub(super) fn to_response(
        &self,
        response_context: ResponseContext<'_>,
        validators: &CacheValidators,
        embed: OEmbed,
    ) -> Result<HttpResponse, Problem> {
        let embed = OEmbed { cache_age: response_context.max_age(validators), ..embed };
        let mut response = response_context.ok(validators);
        let ui_language = response_context.language_preference.ui_language;
        response.insert_header((header::CONTENT_LANGUAGE, ui_language));
        if self.is_xml {
            return Ok(response.content_type("text/xml; charset=utf-8").body(embed.to_xml()));
        }
        Ok(response
            .content_type("application/json")
            .body(serde_json::to_vec(&embed).map_err(Problem::internal)?))
    }

    pub(super) fn to_embed(&self, context: &AppState, base_url: &str, page: EmbedPage) -> OEmbed {
        let EmbedPage { kind, url, title } = page;
        let size = self.embed_size();
        OEmbed {
            kind,
            version: "1.0",
            html: embed_code::iframe_html(&url, size, &title),
            title,
            provider_name: context.settings.publisher_name(base_url),
            provider_url: base_url.to_owned(),
            cache_age: context.settings.cache_max_age.as_secs(),
            width: size.width,
            height: size.height,
            thumbnail_url: None,
            thumbnail_width: None,
            thumbnail_height: None,
        }
    }
}

/// The page that an oEmbed response represents.
pub(super) struct EmbedPage {
    /// The oEmbed type.
    pub kind: &'static str,
    /// Its URL.
    pub url: String,
    /// Its title.
    pub title: String,
}

impl OEmbed {
    /// Adds the thumbnail in the largest size that fits; `url` gets its width.
    pub(super) fn with_thumbnail(
        self,
        params: &OEmbedParams,
        url: impl FnOnce(Option<i64>) -> String,
    ) -> Self {
        let Some((width, height)) = largest_size_within(params.max_width, params.max_height) else {
            return self;
        };
        Self {
            thumbnail_url: Some(url(Some(width))),
            thumbnail_width: Some(width),
            thumbnail_height: Some(height),
            ..self
        }
    }

    /// Serializes to XML with the same members.
    fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new("oembed", &[]);
        for (name, text) in [
            ("type", self.kind),
            ("version", self.version),
            ("title", &self.title),
            ("provider_name", &self.provider_name),
            ("provider_url", &self.provider_url),
            ("cache_age", &self.cache_age.to_string()),
            ("html", &self.html),
            ("width", &self.width.to_string()),
            ("height", &self.height.to_string()),
        ] {
            xml.element(name, &[], text);
        }
        if let (Some(url), Some(width), Some(height)) =
            (&self.thumbnail_url, self.thumbnail_width, self.thumbnail_height)
        {
            for (name, text) in [
                ("thumbnail_url", url),
                ("thumbnail_width", &width.to_string()),
                ("thumbnail_height", &height.to_string()),
            ] {
                xml.element(name, &[], text);
            }
        }
        xml.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embed_size_respects_limits() {
        let size = |query: &str| {
            let params = OEmbedParams::parse(&format!("url=a&{query}")).unwrap();
            let FrameSize { width, height } = params.embed_size();
            (width, height)
        };
        for (query, expected) in [
            ("", (640, 540)),
            ("maxwidth=320", (320, 360)),
            ("maxwidth=320&maxheight=200", (320, 200)),
            ("maxheight=100", (640, 100)),
            ("maxwidth=1", (1, 180)),
            ("maxwidth=1280", (1_280, 900)),
            ("maxwidth=1000000000&maxheight=1000000000", (1_920, 1_260)),
        ] {
            assert_eq!(size(query), expected, "{query}");
        }
        for bad in ["maxwidth=0", "maxheight=-1", "maxwidth=wide", "maxwidth=1.5", "format=yaml"] {
            assert!(OEmbedParams::parse(&format!("url=a&{bad}")).is_err(), "{bad}");
        }
        assert!(OEmbedParams::parse("").is_err() && OEmbedParams::parse("url=").is_err());
        assert_eq!(
            OEmbedParams::parse("url=a%20b&other=1&format=xml").unwrap(),
            OEmbedParams { url: "a b".to_owned(), is_xml: true, max_width: None, max_height: None }
        );
    }
}
