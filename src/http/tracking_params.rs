//! Tracking parameters: what social networks, mail services and advertisements append to the links
//! of pages that people share. The pages ignore them; the API rejects them like all unknown
//! parameters.

use std::borrow::Cow;

use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

use crate::http::query_params::percent_decode;

/// Beginnings of the names of families of parameters: Urchin and Google Analytics, Matomo, Mailchimp,
/// `HubSpot` advertisements, Piwik.
const PREFIXES: [&str; 5] = ["utm_", "mtm_", "mc_", "hsa_", "pk_"];

/// Other names: click identifiers of Facebook, Instagram, Google, Microsoft, `TikTok`, X, `LinkedIn`,
/// Yandex, Pinterest and Snapchat, and identifiers of mail services.
const NAMES: [&str; 28] = [
    "fbclid",
    "igshid",
    "igsh",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "_ga",
    "_gl",
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "yclid",
    "ysclid",
    "epik",
    "sccid",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
    "_ke",
];

/// Whether a path is that of a page or file that people share by its link: an embed page, a saved
/// query, a feed, an oEmbed response, a sitemap, a poster or a caption file.
fn is_shared(path: &str) -> bool {
    let of_video = || {
        let (_, part) = path.strip_prefix("/v1/videos/")?.split_once('/')?;
        Some(part.starts_with("poster.") || part == "captions" || part.starts_with("captions/"))
    };
    ["/embed/", "/f/", "/feeds/", "/sitemap-videos"].iter().any(|start| path.starts_with(start))
        || ["/embed", "/oembed"].contains(&path)
        || of_video().unwrap_or(false)
}

fn is_tracking_param(pair: &str) -> bool {
    let name = pair.split('=').next().and_then(percent_decode).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A query without its tracking parameters.
#[must_use]
pub fn without_tracking_params(query: &str) -> Cow<'_, str> {
    if !query.split('&').any(is_tracking_param) {
        return Cow::Borrowed(query);
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_tracking_param(pair)).collect();
    Cow::Owned(kept.join("&"))
}

/// A URL without its tracking parameters.
#[must_use]
pub fn url_without_tracking_params(url: &str) -> String {
    let (page, fragment) =
        url.split_at_checked(url.find('#').unwrap_or(url.len())).unwrap_or((url, ""));
    let Some((page, query)) = page.split_once('?') else { return url.to_owned() };
    let query = without_tracking_params(query);
    let mark = if query.is_empty() { "" } else { "?" };
    [page, mark, &query, fragment].concat()
}

/// Removes tracking parameters from the URL of a request for a page or file that people share, so
/// that neither links of the response nor cache keys contain them.
pub fn remove_tracking_params(head: &mut RequestHead) {
    let Some(query) = head.uri.query().filter(|_| is_shared(head.uri.path())) else { return };
    let Cow::Owned(query) = without_tracking_params(query) else { return };
    let mark = if query.is_empty() { "" } else { "?" };
    let mut parts = head.uri.clone().into_parts();
    let rest = PathAndQuery::try_from(format!("{}{mark}{query}", head.uri.path()));
    parts.path_and_query = rest.ok().or(parts.path_and_query);
    if let Ok(uri) = Uri::from_parts(parts) {
        head.uri = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_tracking_params_only() {
        for (query, expected) in [
            ("", ""),
            ("lang=mk", "lang=mk"),
            ("fbclid=IwAR0", ""),
            ("utm_source=x&lang=mk&utm_medium=y", "lang=mk"),
            ("lang=mk&FBCLID=x&mc_eid&%75tm_id=3", "lang=mk"),
            ("country=MK&&q=utm_source", "country=MK&&q=utm_source"),
            ("utm=1&clid=2&mc=3", "utm=1&clid=2&mc=3"),
        ] {
            assert_eq!(without_tracking_params(query), expected, "{query}");
        }
    }

    #[test]
    fn removes_tracking_params_of_urls() {
        for (url, expected) in [
            ("/embed/videos", "/embed/videos"),
            ("https://e.org/a?utm_source=x", "https://e.org/a"),
            ("https://e.org/?gclid=x&id=12#/top?fbclid=1", "https://e.org/?id=12#/top?fbclid=1"),
            ("https://e.org/#/films/a?utm_source=x", "https://e.org/#/films/a?utm_source=x"),
        ] {
            assert_eq!(url_without_tracking_params(url), expected, "{url}");
        }
    }

    #[test]
    fn shared_paths_are_those_of_pages_and_files() {
        for path in [
            "/embed",
            "/embed/videos",
            "/embed/videos/a-film",
            "/f/films",
            "/f/films.rss",
            "/feeds/videos.atom",
            "/oembed",
            "/sitemap-videos.xml",
            "/sitemap-videos-1.xml",
            "/v1/videos/a-film/poster.png",
            "/v1/videos/a-film/captions/mk",
        ] {
            assert!(is_shared(path), "{path}");
        }
        for path in [
            "/v1/videos",
            "/v1/videos/a-film",
            "/v1/videos.csv",
            "/v1/videos/a-film/transcript",
            "/v1/videos/poster.png",
            "/feeds",
            "/",
        ] {
            assert!(!is_shared(path), "{path}");
        }
    }
}
