//! Links of pages that people share: parameters that they pick up on the way.

use serde_json::json;

use super::{film, youtube};
use crate::on_both;
use crate::support::percent_encode;

/// A parameter of each family, in the forms in which services append them.
const TRACKING: &str = "utm_source=newsletter&utm_medium=e%2Dmail&fbclid=IwAR0x-_y&gclid=Cj0&msclkid=1&mc_cid=2&mc_eid=3&igshid=4&%75tm_id=5&FBCLID=6";

on_both! {
    fn shared_pages_ignore_tracking_parameters(server: &TestServer) {
        let key = film(server, &youtube());
        server.create(&key, "/v1/saved-queries", &json!({"slug": "films", "status": "published", "name": "Films", "kind": "video", "query": "country=MK"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "people", "status": "published", "label": "People", "value": "500", "unit": "people", "countries": ["MK"], "period_start": "2024-01-01", "period_end": "2024-12-31"}));
        server.request("PUT", "/v1/videos/film/captions/en").key(&key).header("Content-Type", "text/vtt").body("WEBVTT\n\n00:01.000 --> 00:02.000\nA\n").send().expect(201);
        for path in [
            "/embed", "/embed?lang=mk", "/embed/videos", "/embed/videos?country=MK&layout=list&lang=en", "/embed/videos/film", "/embed/videos/film?lang=en&start=12",
            "/embed/impact-statistics/people", "/embed/impact-statistics/chart?group_by=country", "/embed/kinoteka.js", "/f/films", "/f/films?lang=en", "/f/films.rss", "/f/films.atom?lang=en",
            "/feeds/videos.rss", "/feeds/videos.json?country=MK", "/feeds/saved-queries.opml", "/sitemap-videos.xml", "/sitemap-videos-1.xml",
            "/v1/videos/film/poster.svg", "/v1/videos/film/poster.png?width=640", "/v1/videos/film/captions", "/v1/videos/film/captions/en.vtt",
        ] {
            let plain = server.get(path).expect(200);
            let mark = if path.contains('?') { '&' } else { '?' };
            let (front, back) = path.split_once('?').map_or((path, String::new()), |(front, query)| (front, format!("&{query}")));
            for decorated in [format!("{path}{mark}{TRACKING}"), format!("{front}?{TRACKING}{back}")] {
                let response = server.get(&decorated).expect(200);
                // Links do not carry them on, and caches have one response for all.
                assert!(response.body == plain.body, "{decorated}");
                for name in ["etag", "link"] {
                    assert_eq!(response.header(name), plain.header(name), "{decorated}: {name}");
                }
                if let Some(tag) = plain.header("etag") {
                    server.request("GET", &decorated).header("If-None-Match", tag).send().expect(304);
                }
            }
        }
        // Other parameters are errors as before, and so are these in the API.
        server.get("/embed/videos/film?utm=1").expect(400);
        server.get("/embed/videos?fbclid=1&contry=MK").expect(400);
        for path in ["/v1/videos", "/v1/videos/film", "/v1/videos.csv", "/v1/search?q=film", "/v1/impact-statistics/chart.svg", "/catalog.jsonld"] {
            let mark = if path.contains('?') { '&' } else { '?' };
            server.get(&format!("{path}{mark}fbclid=1")).errors(400, &[("fbclid", "unknown_parameter")]);
        }
    }

    fn oembed_ignores_tracking_parameters_of_pages(server: &TestServer, |settings| settings.public_url_template = Some("https://example.org/?id={slug}".to_owned())) {
        film(server, &youtube());
        let base = server.base();
        let oembed = |url: &str| server.get(&format!("/oembed?url={}&utm_source=x", percent_encode(url))).expect(200);
        for (plain, decorated) in [
            (format!("{base}/embed/videos/film?lang=en"), format!("{base}/embed/videos/film?utm_source=x&lang=en&fbclid=y#t=3")),
            (format!("{base}/embed/videos?country=MK"), format!("{base}/embed/videos?fbclid=y&country=MK&gclid=z")),
            (format!("{base}/embed/videos"), format!("{base}/embed/videos?mc_cid=1")),
            ("https://example.org/?id=film".to_owned(), "https://example.org/?fbclid=y&id=film".to_owned()),
        ] {
            let (expected, found) = (oembed(&plain), oembed(&decorated));
            assert_eq!(found.json(), expected.json(), "{decorated}");
            if !decorated.contains('#') {
                assert_eq!(found.required_header("etag"), expected.required_header("etag"), "{decorated}");
            }
        }
    }
}
