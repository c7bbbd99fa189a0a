//! `/v1/search`: search across all kinds.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Kinds and slugs of the hits of a page.
fn found(page: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| (text(&hit["kind"]), text(&hit["slug"])))
        .collect()
}

fn named(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, slug)| ((*kind).to_owned(), (*slug).to_owned())).collect()
}

const KINDS: [(&str, &str); 6] = [
    ("video", "/v1/videos"),
    ("programme", "/v1/programmes"),
    ("partner", "/v1/partners"),
    ("impact_statistic", "/v1/impact-statistics"),
    ("indicator", "/v1/indicators"),
    ("topic", "/v1/topics"),
];

/// One item of each kind, the older ones with better matches.
fn fill(server: &TestServer) -> String {
    let key = server.editor_key();
    let at = |year: u32| format!("{year}-01-01T00:00:00Z");
    for (path, item) in [
        ("/v1/topics", json!({"slug": "shelter", "name": "Shelter", "published_at": at(2020)})),
        (
            "/v1/partners",
            json!({"slug": "house", "name": "Safe house", "description": "A shelter.", "published_at": at(2026), "logo": {"url": "https://media.example.org/logo.png"}}),
        ),
        (
            "/v1/programmes",
            json!({"slug": "roofs", "translations": {"en": {"title": "Roofs", "summary": "Sheltered lives.", "status": "published"}, "sr-Latn": {"title": "Krovovi", "summary": "Sklonište", "status": "published"}}, "published_at": at(2025)}),
        ),
        (
            "/v1/videos",
            json!({"slug": "tour", "title": "A tour", "summary": "Through a shelter", "published_at": at(2024), "topics": ["shelter"], "programme": "roofs", "thumbnail": {"url": "https://media.example.org/tour.jpg", "alt": "A door"}}),
        ),
        (
            "/v1/videos",
            json!({"slug": "shelters", "title": "Shelters <now>", "published_at": at(2021)}),
        ),
        (
            "/v1/indicators",
            json!({"slug": "places", "label": "CountryNames", "description": "CountryNames in a shelter.", "published_at": at(2019)}),
        ),
        (
            "/v1/impact-statistics",
            json!({"slug": "beds", "label": "Shelter beds", "value": "500", "qualifier": "more_than", "published_at": at(2022)}),
        ),
    ] {
        let mut item = item;
        item["status"] = json!("published");
        server.create(&key, path, &item);
    }
    key
}

on_both! {
    fn included_items_have_drafts_only_with_status(server: &TestServer) {
        let key = server.viewer_key();
        server.import(&[json!({"resource": "topic", "slug": "animal", "status": "published", "original_language": "en", "translations": {"en": {"name": "Zebra", "status": "published"}, "mk": {"name": "Зебра", "status": "draft"}}})]);
        let path = "/v1/search?q=zebra&include=item&lang=en";
        let (public, viewer) = (server.get(path).expect(200), server.request("GET", path).key(&key).send().expect(200));
        // Different representations would need different entity tags.
        assert_eq!(public.header("etag"), viewer.header("etag"));
        assert_eq!((&public.json()["data"], &public.json()["data"][0]["item"]["languages"]), (&viewer.json()["data"], &json!(["en"])));
        let with_drafts = server.request("GET", &format!("{path}&status=published,draft")).key(&key).send().json();
        assert_eq!(with_drafts["data"][0]["item"]["languages"], json!(["en", "mk"]));
    }

    fn ranks_hits_across_kinds(server: &TestServer) {
        let key = fill(server);
        // The whole title; title as typed, newest first; by stem; summary; name; description.
        let best = named(&[("topic", "shelter"), ("impact_statistic", "beds"), ("video", "shelters"), ("video", "tour"), ("programme", "roofs"), ("partner", "house"), ("indicator", "places")]);
        let page = server.read("/v1/search?q=shelter&total=true&facets=kind");
        assert_eq!(found(&page), best);
        assert_eq!(page["page"]["total"], 7);
        let counts: Vec<(&str, i64)> = page["facets"]["kind"].as_array().unwrap().iter().map(|one| (one["value"].as_str().unwrap(), one["count"].as_i64().unwrap())).collect();
        assert_eq!(counts, [("video", 2), ("impact_statistic", 1), ("indicator", 1), ("partner", 1), ("programme", 1), ("topic", 1)]);
        // Page by page, forwards and backwards.
        for limit in 1..5 {
            let (mut all, mut back) = (Vec::new(), Vec::new());
            let mut page = server.read(&format!("/v1/search?q=shelter&limit={limit}"));
            loop {
                all.extend(found(&page));
                let Some(cursor) = page["page"]["next_cursor"].as_str().map(str::to_owned) else { break };
                page = server.read(&format!("/v1/search?q=shelter&limit={limit}&cursor={cursor}"));
            }
            assert_eq!(all, best, "{limit}");
            loop {
                back.splice(0..0, found(&page));
                let Some(cursor) = page["page"]["prev_cursor"].as_str().map(str::to_owned) else { break };
                page = server.read(&format!("/v1/search?q=shelter&limit={limit}&cursor={cursor}"));
            }
            assert_eq!(back, best, "{limit}");
        }
        assert_eq!(found(&server.read("/v1/search?q=shelter&offset=4")), best.get(4..).unwrap());
        // Drafts are found with a key on request.
        server.patch(&key, "/v1/topics/shelter?on_references=keep", &json!({"status": "draft"}));
        assert!(!found(&server.read("/v1/search?q=shelter")).contains(&("topic".to_owned(), "shelter".to_owned())));
        let drafts = |query: &str| found(&server.request("GET", &format!("/v1/search?q=shelter&{query}")).key(&key).send().expect(200).json());
        assert_eq!(drafts("status=draft"), named(&[("topic", "shelter")]));
        assert_eq!(drafts("status=draft,published,archived").len(), 7);
        assert_eq!(drafts("limit=100").len(), 6);
    }

    fn filters_and_counts_kinds(server: &TestServer) {
        fill(server);
        assert_eq!(found(&server.read("/v1/search?q=shelter&kind=topic,partner")), named(&[("topic", "shelter"), ("partner", "house")]));
        let page = server.read("/v1/search?q=shelter&kind=!video,!topic&total=true&facets=kind&lang=sr-Cyrl");
        assert_eq!(found(&page), named(&[("impact_statistic", "beds"), ("programme", "roofs"), ("partner", "house"), ("indicator", "places")]));
        assert_eq!(page["page"]["total"], 4);
        // The facet ignores its own filter; labels use the response language.
        let kinds = page["facets"]["kind"].as_array().unwrap();
        assert_eq!((&kinds[0]["value"], &kinds[0]["label"], &kinds[0]["count"], kinds.len()), (&json!("video"), &json!("Видео-записи"), &json!(2), 6));
        assert!(found(&server.read("/v1/search?q=shelter&kind=topic,!topic")).is_empty());
        assert_eq!(found(&server.read("/v1/search?q=shelter&published_after=2025-01-01")), named(&[("programme", "roofs"), ("partner", "house")]));
        assert_eq!(found(&server.read("/v1/search?q=-shelter")), named(&[]));
        assert_eq!(found(&server.read("/v1/search?q=-tour&kind=video")), named(&[("video", "shelters")]));
    }

    fn hits_have_summary_fields(server: &TestServer) {
        fill(server);
        let hit = |query: &str, slug: &str| {
            let page = server.read(&format!("/v1/search?q=shelter&{query}"));
            page["data"].as_array().unwrap().iter().find(|hit| hit["slug"] == slug).unwrap().clone()
        };
        let tour = hit("highlights=true", "tour");
        assert_eq!(tour["image"], json!({"url": "https://media.example.org/tour.jpg", "alt": "A door"}));
        assert!(tour["url"].as_str().unwrap().ends_with("/v1/videos/tour"), "{tour}");
        assert_eq!((&tour["title"], &tour["language"], &tour["transliterated"]), (&json!("A tour"), &json!("en"), &json!(false)));
        let marked: Vec<(&str, &str)> = tour["highlights"].as_array().unwrap().iter().map(|one| (one["field"].as_str().unwrap(), one["snippets"][0].as_str().unwrap())).collect();
        assert_eq!(marked, [("summary", "Through a <mark>shelter</mark>"), ("topics", "<mark>Shelter</mark>")]);
        assert_eq!(hit("highlights=true", "shelters")["highlights"][0]["snippets"][0], "<mark>Shelters</mark> &lt;now&gt;");
        assert_eq!(hit("", "house")["image"], json!({"url": "https://media.example.org/logo.png", "alt": null}));
        assert_eq!(hit("", "beds")["image"], Value::Null);
        let cyrillic = hit("lang=sr-Cyrl", "roofs");
        assert_eq!((&cyrillic["title"], &cyrillic["summary"], &cyrillic["transliterated"]), (&json!("Кровови"), &json!("Склониште"), &json!(true)));
        let all = hit("lang=all", "roofs");
        assert_eq!((&all["title"], &all["translations"]["sr-Latn"]["title"]), (&Value::Null, &json!("Krovovi")));
        for (kind, path) in KINDS {
            let page = server.read(&format!("/v1/search?q=shelter&kind={kind}&include=item&lang=en"));
            let hit = &page["data"][0];
            assert_eq!(hit["item"], server.read_as_listed(&format!("{path}/{}?lang=en", hit["slug"].as_str().unwrap())), "{kind}");
        }
        assert_eq!(hit("fields=title,slug", "tour").as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "slug", "title"]);
        // Every write changes the ETag.
        let tag = |query: &str| server.get(&format!("/v1/search?q=shelter{query}")).expect(200).required_header("etag").to_owned();
        let before = tag("");
        assert_ne!(before, tag("&limit=2"));
        server.request("GET", "/v1/search?q=shelter").header("If-None-Match", &before).send().expect(304);
        server.patch(&server.editor_key(), "/v1/videos/tour", &json!({"title": "Another tour"}));
        server.request("GET", "/v1/search?q=shelter").header("If-None-Match", &before).send().expect(200);
    }

    demo fn totals_per_kind_match_lists(server: &TestServer) {
        for query in ["women", "žene", "насиље", "football OR police", "\"social norms\"", "un women -police", "support 2024", "a", "!?", "👩"] {
            let mut all = Vec::new();
            let page = server.read(&format!("/v1/search?q={}&total=true&facets=kind&limit=100", percent_encode(query)));
            for (kind, path) in KINDS {
                // A kind may have only items with most of the words.
                let is_partial = |page: &Value| page.get("omitted_terms").is_some();
                if is_partial(&server.read(&format!("{path}?q={}", percent_encode(query)))) != is_partial(&page) {
                    continue;
                }
                let of_list = server.slug_set(&format!("{path}?q={}&limit=100", percent_encode(query)));
                let mut of_search: Vec<String> = found(&server.read(&format!("/v1/search?q={}&kind={kind}&limit=100", percent_encode(query)))).into_iter().map(|(_, slug)| slug).collect();
                of_search.sort();
                assert_eq!(of_search, of_list, "{query}: {kind}");
                all.extend(of_list);
            }
            assert_eq!(page["page"]["total"], json!(all.len()), "{query}");
            let counted: i64 = page["facets"]["kind"].as_array().unwrap().iter().map(|one| one["count"].as_i64().unwrap()).sum();
            assert_eq!(json!(counted), json!(all.len()), "{query}");
        }
    }

    fn rejects_invalid_parameters(server: &TestServer) {
        server.get("/v1/search").errors(400, &[("q", "required")]);
        server.get("/v1/search?q=a&kind=vid%C3%A9o&include=items&facets=kinds&fields=name").errors(400, &[("kind", "unknown_value"), ("fields", "unknown_value"), ("include", "unknown_value"), ("facets", "unknown_value")]);
        server.get("/v1/search?q=a&country=RS&sort=title").errors(400, &[("country", "unknown_parameter"), ("sort", "unknown_parameter")]);
        server.get("/v1/search?q=a&status=draft").errors(400, &[("status", "needs_key")]);
        let cursor = {
            fill(server);
            server.read("/v1/search?q=shelter&limit=1")["page"]["next_cursor"].as_str().unwrap().to_owned()
        };
        server.get(&format!("/v1/search?q=beds&cursor={cursor}")).errors(400, &[("cursor", "foreign_cursor")]);
        server.get(&format!("/v1/videos?q=shelter&cursor={cursor}")).errors(400, &[("cursor", "foreign_cursor")]);
    }
}
