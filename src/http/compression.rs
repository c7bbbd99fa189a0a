//! Compressed answers (RFC 9110 section 8.4): zstd, brotli or gzip, whichever the client prefers.
//!
//! A compressed answer is another representation, with a tag of its own: that of the plain one with
//! `+` and the coding's name. Handlers know only plain tags: here the mark comes off the tags that
//! a client sends, and onto those it gets.

use std::io::Write;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header, HeaderValue, Preference, Quality,
};
use actix_web::http::{Method, StatusCode};

/// Bodies of fewer bytes are sent as they are: they fit one packet either way.
const MIN_COMPRESSIBLE_LEN: usize = 1_024;

/// A way of compressing.
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
    /// All codings; where a client likes several as much, the first of these.
    const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Its name in `Content-Encoding`.
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

    /// The coding that the client likes best; none where it likes plain answers better, or says
    /// nothing.
    fn from_request(request: &ServiceRequest) -> Option<Self> {
        let accepted = AcceptEncoding::parse(request).ok()?;
        let any = accepted.iter().find(|one| one.item == Preference::Any).map(|one| one.quality);
        let of = |fits: &dyn Fn(ContentEncoding) -> bool| {
            let named = accepted.iter().find(|one| matches!(one.item, Preference::Specific(Encoding::Known(if_none_match)) if fits(if_none_match)));
            named.map(|one| one.quality)
        };
        let mut best: Option<(Self, Quality)> = None;
        for coding in Self::ALL {
            let Some(quality) = of(&|if_none_match| coding.matches(if_none_match))
                .or(any)
                .filter(|quality| *quality > Quality::ZERO)
            else {
                continue;
            };
            if best.is_none_or(|(_, other)| quality > other) {
                best = Some((coding, quality));
            }
        }
        let plain = of(&|if_none_match| if_none_match == ContentEncoding::Identity);
        best.filter(|(_, quality)| plain.is_none_or(|plain| *quality >= plain))
            .map(|(coding, _)| coding)
    }

    fn compress(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        // Levels that cost about as little as they save to send: the answer is made anew for every
        // request.
        match self {
            Self::Zstd => zstd::bulk::compress(plain, 3),
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(
                    Vec::with_capacity(plain.len() / 4),
                    4_096,
                    4,
                    20,
                );
                writer.write_all(plain)?;
                writer.flush()?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(
                    Vec::with_capacity(plain.len() / 4),
                    flate2::Compression::new(5),
                );
                writer.write_all(plain)?;
                writer.finish()
            }
        }
    }
}

/// What a request asked for.
#[derive(Clone, Debug, Default)]
pub struct CompressionPlan {
    coding: Option<ContentCoding>,
    /// `If-None-Match` as it came.
    if_none_match: String,
}

impl CompressionPlan {
    /// Reads what a read asks for, and takes the coding's mark off the tags that it sends.
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
        Self { coding: Some(coding), if_none_match: if_none_match }
    }

    /// Compresses an answer of the kind that compressing makes smaller, and says so in its headers.
    pub fn apply(&self, head: &mut ResponseHead, body: BoxBody) -> BoxBody {
        if head.status == StatusCode::NOT_MODIFIED {
            add_vary_accept_encoding(head);
            if let Some(marked) = self
                .coding
                .and_then(|coding| suffixed_etag(head, coding))
                .filter(|marked| self.if_none_match.contains(marked.as_str()))
            {
                set_header(head, header::ETAG, &marked);
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
        if let Some(marked) = suffixed_etag(head, coding) {
            set_header(head, header::ETAG, &marked);
        }
        set_header(head, header::CONTENT_ENCODING, coding.name());
        BoxBody::new(smaller)
    }
}

/// The end of a tag of this coding.
fn etag_suffix(coding: ContentCoding) -> String {
    format!("+{}\"", coding.name())
}

/// The answer's tag with the coding's mark.
fn suffixed_etag(head: &ResponseHead, coding: ContentCoding) -> Option<String> {
    let tag = head.headers.get(header::ETAG)?.to_str().ok()?.strip_suffix('"')?;
    Some(format!("{tag}{}", etag_suffix(coding)))
}

fn set_header(head: &mut ResponseHead, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        head.headers.insert(name, value);
    }
}

/// Caches keep each coding apart.
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
    let fits = ["json", "xml", "yaml", "javascript"].iter().any(|end| essence.ends_with(end));
    !head.headers.contains_key(header::CONTENT_ENCODING) && (essence.starts_with("text/") || fits)
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
