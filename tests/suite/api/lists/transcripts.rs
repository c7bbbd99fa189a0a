//! `/v1/transcript-search`: search in cues, with timestamps.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Seconds and texts of the hits of all pages.
fn hits(server: &TestServer, query: &str, others: &str) -> Vec<(String, f64, String)> {
    let path = format!("/v1/transcript-search?q={}{others}", percent_encode(query));
    let mut page = server.read(&path);
    let mut all = Vec::new();
    loop {
        let hit = |hit: &Value| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (
                text(&hit["video"]["slug"]),
                hit["start_seconds"].as_f64().unwrap(),
                text(&hit["text"]),
            )
        };
        all.extend(page["data"].as_array().unwrap().iter().map(hit));
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { return all };
        page = server.read(&format!("{path}&cursor={cursor}"));
    }
}

fn caption(server: &TestServer, key: &str, video: &str, language: &str, cues: &[(u32, &str)]) {
    let mut webvtt = "WEBVTT\n".to_owned();
    for (second, text) in cues {
        let at = |second: u32| format!("{:02}:{:02}.000", second / 60, second % 60);
        webvtt.extend(["\n", &at(*second), " --> ", &at(second + 2), "\n", text, "\n"]);
    }
    server
        .request("PUT", &format!("/v1/videos/{video}/captions/{language}"))
        .key(key)
        .header("Content-Type", "text/vtt")
        .body(webvtt)
        .send()
        .expect(201);
}

on_both! {
    fn hits_have_most_words_if_none_has_all(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "film", "status": "published", "original_language": "en", "title": "Film 2023"}));
        let track = "WEBVTT\n\n00:01.000 --> 00:04.000\nViolence is not love\n\n00:20.000 --> 00:24.000\nSomething else\n";
        server.request("PUT", "/v1/videos/film/captions/en").key(&key).header("Content-Type", "text/vtt").body(track).send().expect(201);
        for (query, omitted, hits) in [("violence+love", None, 1), ("violence+love+2023", Some(json!(["2023"])), 1), ("love+2023+report", Some(json!(["2023", "report"])), 1), ("2023", None, 0)] {
            let page = server.read(&format!("/v1/transcript-search?q={query}&total=true"));
            assert_eq!((page["data"].as_array().map(Vec::len), page.get("omitted_terms").cloned(), &page["page"]["total"]), (Some(hits), omitted, &json!(hits)), "{query}: {page}");
        }
    }

    fn transcript_hits_have_timestamps(server: &TestServer) {
        let key = server.editor_key();
        for (slug, date) in [("older", "2024-01-01"), ("newer", "2025-01-01"), ("silent", "2026-01-01")] {
            let video = json!({"slug": slug, "status": "published", "title": "Насиље police", "published_at": format!("{date}T00:00:00Z"), "countries": [if slug == "older" { "RS" } else { "MK" }]});
            server.create(&key, "/v1/videos", &video);
        }
        caption(server, &key, "older", "sr-Cyrl", &[(1, "Насиље није"), (3, "приватна ствар."), (70, "Зовите полицију."), (100, "Насиље боли.")]);
        caption(server, &key, "newer", "en", &[(5, "The police <i>came</i> at once."), (8, "No violence &amp; no fear."), (80, "Policemen help.")]);
        let marked = |slug: &str, second: f64, text: &str| (slug.to_owned(), second, text.to_owned());
        assert_eq!(hits(server, "nasilja", ""), [marked("older", 1.0, "<mark>Насиље</mark> није"), marked("older", 100.0, "<mark>Насиље</mark> боли.")]);
        // A phrase across cues; titles are not searched.
        assert_eq!(hits(server, "\"nije privatna\"", ""), [marked("older", 1.0, "Насиље <mark>није приватна</mark> ствар.")]);
        // Words within half a minute.
        assert_eq!(hits(server, "police violence ", ""), [marked("newer", 5.0, "The <mark>police</mark> came at once. No <mark>violence</mark> &amp; no fear.")]);
        assert!(hits(server, "ствар боли", "").is_empty());
        // Exact matches before prefixes, newer before older, across pages.
        let all = hits(server, "полиц OR polic", "");
        assert_eq!(all.iter().map(|(slug, second, _)| (slug.as_str(), *second)).collect::<Vec<_>>(), [("newer", 5.0), ("newer", 80.0), ("older", 70.0)]);
        for limit in 1..4 {
            assert_eq!(hits(server, "полиц OR polic", &format!("&limit={limit}")), all, "{limit}");
        }
        assert_eq!(hits(server, "polic", "&country=RS").len(), 1);
        assert_eq!(hits(server, "polic", "&caption_language=en").len(), 2);
        assert!(hits(server, "polic -came", "").iter().all(|(slug, ..)| slug == "older"));
        let page = server.read("/v1/transcript-search?q=came&total=true");
        assert_eq!(page["page"]["total"], 1);
        let hit = &page["data"][0];
        assert_eq!((&hit["before"], &hit["after"]["text"], &hit["language"], &hit["kind"]), (&Value::Null, &json!("No violence &amp; no fear."), &json!("en"), &json!("captions")));
        assert!(hit["url"].as_str().unwrap().ends_with("/embed/videos/newer#t=5"), "{hit}");
        // An empty result has suggestions.
        let misspelled = server.read(&format!("/v1/transcript-search?q={}", percent_encode("прнватна")));
        assert_eq!((&misspelled["data"], &misspelled["did_you_mean"]), (&json!([]), &json!(["приватна"])));
        assert!(server.read("/v1/transcript-search?q=policd&country=MK")["did_you_mean"].as_array().unwrap().contains(&json!("police")));
        // The words of a suggestion are spoken within the time of a hit: `stvar` is a minute before `boli`.
        for query in ["приватна стварр", "насиље стварр", "стварр болии"] {
            for suggestion in server.read(&format!("/v1/transcript-search?q={}", percent_encode(query)))["did_you_mean"].as_array().into_iter().flatten() {
                assert!(!hits(server, suggestion.as_str().unwrap(), "").is_empty(), "{query}: {suggestion}");
            }
        }
        let corrected = server.read(&format!("/v1/transcript-search?q={}", percent_encode("приватна стварр")));
        assert_eq!(corrected["did_you_mean"], json!(["приватна ствар"]));
        // Drafts are not found.
        server.patch(&key, "/v1/videos/newer", &json!({"status": "draft"}));
        assert!(hits(server, "came", "").is_empty());
    }

    fn rejects_invalid_parameters(server: &TestServer) {
        server.get("/v1/transcript-search").errors(400, &[("q", "required")]);
        for nothing in ["-a", "%21%3F", "%20"] {
            assert_eq!(server.read(&format!("/v1/transcript-search?q={nothing}&total=true"))["page"]["total"], 0, "{nothing}");
        }
        server.get("/v1/transcript-search?q=a&sort=title&facets=country").errors(400, &[("sort", "unknown_parameter"), ("facets", "unknown_parameter")]);
        server.get("/v1/transcript-search?q=a&country=RX").errors(400, &[("country", "unknown_value")]);
        server.get("/v1/transcript-search?q=a&cursor=abc").errors(400, &[("cursor", "invalid_cursor")]);
        assert_eq!(server.read("/v1/transcript-search?q=a")["data"], json!([]));
        let etag = server.get("/v1/transcript-search?q=a").required_header("etag").to_owned();
        server.request("GET", "/v1/transcript-search?q=a").header("If-None-Match", &etag).send().expect(304);
    }
}
