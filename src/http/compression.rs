//! Content coding of responses (RFC 9110 section 8.4): zstd, brotli or gzip, by the client's
//! preference.
//!
//! A compressed response is a separate representation with its own `ETag`: that of the uncompressed
//! one with the suffix `+` and the name of the coding. Handlers see only uncompressed `ETags`: this
//! module removes the suffix from the `If-None-Match` of requests and adds it to the `ETag` of
//! responses.

use std::io::Write;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header, HeaderValue, Preference, Quality,
};
use actix_web::http::{Method, StatusCode};

/// Smaller bodies, in bytes, are sent uncompressed: they fit into one packet either way.
const MIN_COMPRESSIBLE_LEN: usize = 1_024;

/// Larger bodies, in bytes, are compressed at the fastest level.
const LARGE_BODY_LEN: usize = 128 * 1_024;

/// A content coding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentCoding {
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl ContentCoding {
    /// All codings, in the order of the server's preference among equal quality values.
    const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Name in `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn matches(self, known: ContentEncoding) -> bool {
        matches!(
            (self, known),
            (Self::Zstd, ContentEncoding::Zstd)
                | (Self::Brotli, ContentEncoding::Brotli)
                | (Self::Gzip, ContentEncoding::Gzip)
        )
    }

    /// The coding with the highest quality value in `Accept-Encoding`; `None` if the client prefers
    /// `identity` or sends no such header.
    ///
    /// `AcceptEncoding::negotiate` is not used, since it ignores `*` and prefers brotli to zstd.
    fn from_request(request: &ServiceRequest) -> Option<Self> {
        let accepted = AcceptEncoding::parse(request).ok()?;
        let any = accepted.iter().find(|one| one.item == Preference::Any).map(|one| one.quality);
        let quality_of = |is_match: &dyn Fn(ContentEncoding) -> bool| {
            let named = accepted.iter().find(|one| matches!(one.item, Preference::Specific(Encoding::Known(known)) if is_match(known)));
            named.map(|one| one.quality)
        };
        let mut best: Option<(Self, Quality)> = None;
        for coding in Self::ALL {
            let Some(quality) = quality_of(&|known| coding.matches(known))
                .or(any)
                .filter(|quality| *quality > Quality::ZERO)
            else {
                continue;
            };
            if best.is_none_or(|(_, other)| quality > other) {
                best = Some((coding, quality));
            }
        }
        let plain = quality_of(&|known| known == ContentEncoding::Identity);
        best.filter(|(_, quality)| plain.is_none_or(|plain| *quality >= plain))
            .map(|(coding, _)| coding)
    }

    fn compress(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        // Levels at which compression takes about as long as it saves in transfer: responses are
        // compressed on each request. Large ones would delay the other requests of the thread.
        let is_large = plain.len() > LARGE_BODY_LEN;
        let (brotli_level, gzip_level) = if is_large { (1, 1) } else { (4, 5) };
        match self {
            Self::Zstd => zstd::bulk::compress(plain, 3),
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(
                    Vec::with_capacity(plain.len() / 4),
                    4_096,
                    brotli_level,
                    20,
                );
                writer.write_all(plain)?;
                writer.flush()?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(
                    Vec::with_capacity(plain.len() / 4),
                    flate2::Compression::new(gzip_level),
                );
                writer.write_all(plain)?;
                writer.finish()
            }
        }
    }
}

/// The content coding of a response, as negotiated from the request.
#[derive(Clone, Debug, Default)]
pub struct CompressionPlan {
    coding: Option<ContentCoding>,
    /// `If-None-Match` as received.
    if_none_match: String,
}

impl CompressionPlan {
    /// Negotiates the coding of a GET request and removes its suffix from the `ETags` in
    /// `If-None-Match`.
    pub fn from_request(request: &mut ServiceRequest) -> Self {
        let Some(coding) = Some(request.method())
            .filter(|method| **method == Method::GET)
            .and_then(|_| ContentCoding::from_request(request))
        else {
            return Self::default();
        };
        let headers = request.headers_mut();
        let if_none_match: Vec<&str> = headers
            .get_all(header::IF_NONE_MATCH)
            .filter_map(|value| value.to_str().ok())
            .collect();
        let if_none_match = if_none_match.join(", ");
        if let Some(plain) = Some(if_none_match.replace(&etag_suffix(coding), "\""))
            .filter(|plain| *plain != if_none_match)
            && let Ok(value) = HeaderValue::from_str(&plain)
        {
            headers.insert(header::IF_NONE_MATCH, value);
        }
        Self { coding: Some(coding), if_none_match }
    }

    /// Compresses the body if its media type is compressible and the result is smaller, and sets
    /// `Content-Encoding`, `ETag` and `Vary`.
    pub fn apply(&self, head: &mut ResponseHead, body: BoxBody) -> BoxBody {
        if head.status == StatusCode::NOT_MODIFIED {
            add_vary_accept_encoding(head);
            if let Some(suffixed) = self
                .coding
                .and_then(|coding| suffixed_etag(head, coding))
                .filter(|suffixed| self.if_none_match.contains(suffixed.as_str()))
            {
                set_header(head, header::ETAG, &suffixed);
            }
            return body;
        }
        if head.status != StatusCode::OK || !is_compressible(head) {
            return body;
        }
        add_vary_accept_encoding(head);
        let Some(coding) = self.coding else { return body };
        let plain = match body.try_into_bytes() {
            Ok(plain) => plain,
            Err(streamed) => return streamed,
        };
        let smaller = Some(&plain)
            .filter(|plain| plain.len() >= MIN_COMPRESSIBLE_LEN)
            .and_then(|plain| coding.compress(plain).ok());
        let Some(smaller) = smaller.filter(|smaller| smaller.len() < plain.len()) else {
            return BoxBody::new(plain);
        };
        if let Some(suffixed) = suffixed_etag(head, coding) {
            set_header(head, header::ETAG, &suffixed);
        }
        set_header(head, header::CONTENT_ENCODING, coding.name());
        BoxBody::new(smaller)
    }
}

/// The end of an `ETag` of this coding.
fn etag_suffix(coding: ContentCoding) -> String {
    format!("+{}\"", coding.name())
}

/// The response's `ETag` with the suffix of the coding.
fn suffixed_etag(head: &ResponseHead, coding: ContentCoding) -> Option<String> {
    let tag = head.headers.get(header::ETAG)?.to_str().ok()?.strip_suffix('"')?;
    Some(format!("{tag}{}", etag_suffix(coding)))
}

fn set_header(head: &mut ResponseHead, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        head.headers.insert(name, value);
    }
}

/// Adds `Accept-Encoding` to `Vary`: caches store one response for each coding.
fn add_vary_accept_encoding(head: &mut ResponseHead) {
    let others: Vec<&str> =
        head.headers.get_all(header::VARY).filter_map(|value| value.to_str().ok()).collect();
    let all: Vec<&str> =
        others.into_iter().filter(|other| !other.is_empty()).chain(["Accept-Encoding"]).collect();
    set_header(head, header::VARY, &all.join(", "));
}

fn is_compressible(head: &ResponseHead) -> bool {
    let media_type = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let is_compressible_suffix =
        ["json", "xml", "yaml", "javascript"].iter().any(|end| essence.ends_with(end));
    !head.headers.contains_key(header::CONTENT_ENCODING)
        && (essence.starts_with("text/") || is_compressible_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn negotiated_coding(value: &str) -> Option<&'static str> {
        let request =
            TestRequest::default().insert_header((header::ACCEPT_ENCODING, value)).to_srv_request();
        ContentCoding::from_request(&request).map(ContentCoding::name)
    }

    #[test]
    fn content_coding_follows_accept_encoding() {
        let cases = [
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("zstd")),
            ("gzip, deflate, br", Some("br")),
            ("GZIP", Some("gzip")),
            ("gzip;q=1.0, zstd;q=0.5", Some("gzip")),
            ("*", Some("zstd")),
            ("zstd;q=0, *;q=0.5", Some("br")),
            ("gzip;q=0", None),
            ("identity", None),
            ("identity;q=1, gzip;q=0.5", None),
            ("identity;q=0, gzip;q=0.5", Some("gzip")),
            ("deflate, compress", None),
            ("", None),
            ("nonsense;;q=x", None),
        ];
        for (value, expected) in cases {
            assert_eq!(negotiated_coding(value), expected, "{value}");
        }
    }
}
