//! Translation completeness: `include=completeness` and the filter `missing`.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

const PARTS: [(&str, &[&str]); 5] = [
    ("/v1/videos", &["title", "summary", "description", "captions", "transcript"]),
    ("/v1/programmes", &["title", "summary", "description"]),
    ("/v1/partners", &["name", "description"]),
    ("/v1/impact-statistics", &["label", "description"]),
    ("/v1/topics", &["name", "description"]),
];

const EVERYTHING: &str = "status=draft,published,archived";

fn upload(server: &TestServer, key: &str, video: &str, track: &str) {
    let webvtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nНасиље није приватна ствар.\n";
    let path = format!("/v1/videos/{video}/captions/{track}");
    server
        .request("PUT", &path)
        .key(key)
        .header("Content-Type", "text/vtt")
        .body(webvtt)
        .send()
        .expect(201);
}

/// Four public videos and a draft (`c` and `d` have stored text tracks, `a` external captions); two
/// topics.
fn fill(server: &TestServer) -> String {
    let key = server.editor_key();
    let video = |slug: &str, month: u32, status: &str, translations: Value, more: Value| {
        let mut video = json!({"resource": "video", "slug": slug, "status": status, "published_at": format!("2024-0{month}-01T00:00:00Z"), "original_language": "en", "translations": translations});
        video.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        video
    };
    server.import(&[
        json!({"resource": "topic", "slug": "sport", "status": "published", "translations": {"en": {"status": "published", "name": "Sport", "description": "Games."}, "sq": {"status": "published", "name": "Sporti"}}}),
        json!({"resource": "topic", "slug": "music", "status": "published", "translations": {"en": {"status": "published", "name": "Music"}}}),
        video("a", 1, "published", json!({"en": {"status": "published", "title": "Harbour 4", "summary": "S", "description": "D"}, "sq": {"status": "published", "title": "Porti"}}),
            json!({"countries": ["AL", "MK"], "topics": ["sport"], "captions": [{"language": "sq", "url": "https://example.org/a.vtt"}, {"language": "mk", "kind": "chapters", "url": "https://example.org/a-mk.vtt"}]})),
        video("b", 2, "published", json!({"en": {"status": "published", "title": "Harbour 3"}, "sq": {"status": "draft", "title": "Porti", "summary": "P", "description": "P"}}),
            json!({"countries": ["AL"], "topics": ["sport", "music"]})),
        video("c", 3, "published", json!({"en": {"status": "published", "title": "Harbour 2", "description": "D"}, "sr-Latn": {"status": "published", "title": "Luka", "summary": "L"}}),
            json!({"countries": ["AL"], "topics": ["music"]})),
        video("d", 4, "published", json!({"en": {"status": "published", "title": "Harbour 1"}, "sr-Cyrl": {"status": "published", "title": "Лука"}, "sr-Latn": {"status": "published", "title": "Luka", "description": "L"}}), json!({"countries": ["RS"]})),
        video("e", 5, "draft", json!({"en": {"status": "draft", "title": "Harbour 0"}, "sq": {"status": "draft", "title": "Porti", "summary": "P"}}), json!({"countries": ["AL"]})),
    ]);
    upload(server, &key, "c", "sr-Cyrl");
    upload(server, &key, "d", "tr?kind=subtitles");
    upload(server, &key, "d", "mk?kind=descriptions");
    upload(server, &key, "d", "mk?kind=chapters");
    key
}

/// Expected completeness of a language of a video, in which these parts exist.
fn parts(there: &[&str]) -> Value {
    PARTS[0]
        .1
        .iter()
        .map(|part| ((*part).to_owned(), there.contains(part).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Whether an item has a part according to `include=completeness`; `sr` means both scripts.
fn has(item: &Value, language: &str, part: &str) -> bool {
    let tags: &[&str] = if language == "sr" { &["sr-Latn", "sr-Cyrl"] } else { &[language] };
    tags.iter().any(|tag| item["completeness"][*tag][part] == true)
}

fn list(server: &TestServer, key: Option<&str>, path: &str) -> Value {
    let request = server.request("GET", path);
    let request = match key {
        Some(key) => request.key(key),
        None => request,
    };
    request.send().expect(200).json()
}

/// Follows all pages of a list.
fn all_pages(server: &TestServer, path: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.read(&format!("{path}&limit=1{cursor}"));
        found.extend(slugs(&page));
        let Some(next) = page["page"]["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

on_both! {
    fn completeness_lists_parts_per_language(server: &TestServer) {
        let key = fill(server);
        let completeness = |slug: &str| server.read(&format!("/v1/videos/{slug}?include=completeness"))["completeness"].clone();
        assert_eq!(completeness("a"), json!({"en": parts(&["title", "summary", "description"]), "sq": parts(&["title", "captions"])}));
        assert_eq!(completeness("b"), json!({"en": parts(&["title"])}));
        // Only stored scripts count; a language may have captions without texts.
        assert_eq!(completeness("c"), json!({"en": parts(&["title", "description"]), "sr-Latn": parts(&["title", "summary"]), "sr-Cyrl": parts(&["captions", "transcript"])}));
        // Audio descriptions and chapters are not captions.
        assert_eq!(completeness("d"), json!({"en": parts(&["title"]), "sr-Cyrl": parts(&["title"]), "sr-Latn": parts(&["title", "description"]), "tr": parts(&["captions", "transcript"])}));
        assert_eq!(server.read("/v1/topics/sport?include=completeness")["completeness"], json!({"en": {"name": true, "description": true}, "sq": {"name": true, "description": false}}));
        // Drafts require a key, and a parameter in lists.
        let with_key = |path: &str| list(server, Some(&key), path);
        assert_eq!(with_key("/v1/videos/b?include=completeness")["completeness"]["sq"], parts(&["title", "summary", "description"]));
        assert_eq!(with_key("/v1/videos?ids=b&include=completeness")["data"][0]["completeness"]["sq"], Value::Null);
        assert_eq!(with_key("/v1/videos?ids=b&status=published&include=completeness")["data"][0]["completeness"]["sq"], parts(&["title", "summary", "description"]));
        // It is included on request, also in responses to writes.
        assert_eq!(server.read("/v1/videos/a?include=translations,programme")["completeness"], Value::Null);
        assert!(!server.get("/v1/videos").text().contains("completeness\":"));
        let written = server.patch(&key, "/v1/videos/b?include=completeness", &json!({"translations": {"mk": {"title": "Пристаниште"}}}));
        assert_eq!(written["completeness"]["mk"], parts(&["title"]));
    }

    demo fn completeness_is_equal_in_lists_and_items(server: &TestServer) {
        upload(server, &server.editor_key(), "testimonials-part-one", "sr-Cyrl");
        for (path, names) in PARTS {
            for others in ["", "&lang=all", "&include=translations,completeness"] {
                let others = if others.contains("include") { others.to_owned() } else { format!("&include=completeness{others}") };
                for item in server.read(&format!("{path}?limit=100{others}"))["data"].as_array().unwrap() {
                    let single = server.read(&format!("{path}/{}?{}", item["slug"].as_str().unwrap(), others.trim_start_matches('&')));
                    assert_eq!(single["completeness"], item["completeness"]);
                    for language in item["languages"].as_array().unwrap() {
                        assert!(has(item, language.as_str().unwrap(), names[0]), "{item}");
                    }
                    for (language, texts) in item["translations"].as_object().into_iter().flatten() {
                        for name in names.iter().filter(|name| !["captions", "transcript"].contains(name)) {
                            assert_eq!(has(item, language, name), texts[*name].is_string(), "{path} {language} {name}");
                        }
                    }
                }
            }
        }
        let video = server.read("/v1/videos/testimonials-part-one?include=completeness");
        assert_eq!((has(&video, "sr-Cyrl", "transcript"), has(&video, "sr-Latn", "transcript"), has(&video, "sr-Latn", "title")), (true, false, true));
        // Like `translations`, it is omitted unless `fields` lists it.
        let keys = |query: &str| server.read(&format!("/v1/videos/testimonials-part-one?{query}")).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys("fields=slug,completeness&include=completeness"), ["completeness", "id", "slug"]);
        assert_eq!(keys("fields=slug&include=completeness"), ["id", "slug"]);
        assert_eq!(keys("fields=slug,completeness"), ["id", "slug"]);
        assert_eq!(server.read("/v1/topics?fields=completeness&include=completeness&limit=1")["data"][0].as_object().unwrap().len(), 2);
    }

    demo fn etag_covers_completeness(server: &TestServer) {
        let key = server.editor_key();
        let tag = |path: &str| server.get(path).expect(200).required_header("etag").to_owned();
        let plain = tag("/v1/videos/testimonials-part-one");
        for path in ["/v1/videos/testimonials-part-one?include=completeness", "/v1/videos?include=completeness", "/v1/videos?missing=sq.transcript"] {
            let before = tag(path);
            assert_ne!(before, plain);
            server.request("GET", path).header("If-None-Match", &before).send().expect(304);
            upload(server, &key, "testimonials-part-one", "sq");
            let after = tag(path);
            assert_ne!(after, before, "a track is new");
            server.patch(&key, "/v1/videos/testimonials-part-one", &json!({"translations": {"sq": {"summary": path}}}));
            assert_ne!(tag(path), after, "a text is new");
            server.request("DELETE", "/v1/videos/testimonials-part-one/captions/sq").key(&key).send().expect(204);
        }
    }

    fn round_trips_unchanged(server: &TestServer) {
        let key = fill(server);
        for path in ["/v1/videos/c", "/v1/topics/sport"] {
            let with = format!("{path}?lang=all&include=completeness");
            let (before, read) = (list(server, Some(&key), path), list(server, Some(&key), &with));
            assert!(read["completeness"].is_object());
            let written = server.request("PUT", &with).key(&key).json(&read).send().expect(200).json();
            assert_eq!((&written, &list(server, Some(&key), path)), (&read, &before));
        }
        // It is read-only and ignored in requests.
        let topic = server.create(&key, "/v1/topics", &json!({"name": "New", "completeness": {"en": {"name": false}}}));
        assert_eq!(topic["completeness"], Value::Null);
    }

    fn missing_filter_finds_incomplete_items(server: &TestServer) {
        let key = fill(server);
        for (query, expected) in [
            ("missing=sq.title", "bcd"), ("missing=!sq.title", "a"), ("missing=en.title", ""), ("missing=!en.title", "abcd"),
            ("missing=en.summary", "bcd"), ("missing=!en.summary", "a"), ("missing=sq.summary", "abcd"), ("missing=!sq.summary", ""),
            ("missing=en.description", "bd"), ("missing=!en.description", "ac"), ("missing=!sr-Latn.description", "d"),
            ("missing=sq.captions", "bcd"), ("missing=!sq.captions", "a"), ("missing=mk.captions", "abcd"), ("missing=SQ.captions", "bcd"), ("missing=sq-Latn.captions", "bcd"),
            ("missing=tr.transcript", "abc"), ("missing=!tr.transcript", "d"), ("missing=!sq.transcript", ""), ("missing=!mk.transcript", ""),
            // Bare `sr` means both scripts.
            ("missing=sr.captions", "abd"), ("missing=!sr.captions", "c"), ("missing=!sr-Cyrl.captions", "c"), ("missing=!sr-Latn.captions", ""),
            ("missing=!sr.transcript", "c"), ("missing=!sr-Latn.transcript", ""), ("missing=!sr.title", "cd"), ("missing=!sr-Cyrl.title", "d"), ("missing=!sr.summary", "c"), ("missing=!sr.description", "d"),
            // Several values: any is missing; all after `!` are present.
            ("missing=en.description,sr.title", "abd"), ("missing=sq.captions,tr.captions", "abcd"), ("missing=!en.description,!sr.title", "c"), ("missing=!en.title,!sq.title", "a"),
            ("missing=!en.description,sr.title", "a"), ("missing=sq.title,en.summary,!sr.title", "cd"), ("missing=sq.title,!sq.title", ""),
            ("missing=fr.title", "abcd"), ("missing=!fr.title", ""),
            // With other filters, a search, a range, ids.
            ("missing=sq.captions&country=AL", "bc"), ("missing=sq.captions&country=AL&topic=sport", "b"), ("missing=sq.captions,en.summary&country=!RS", "bc"), ("missing=!en.description&country=AL,RS", "ac"),
            ("missing=!sr.transcript&country=AL", "c"), ("missing=!en.description&country=AL&text_language=en", "ac"), ("missing=en.summary&topic=music", "bc"), ("missing=sq.title&topic=sport", "b"),
            ("missing=sq.captions&q=harbour", "bcd"), ("missing=!en.description&q=harbour", "ac"), ("missing=!sr.transcript&q=luka&country=AL", "c"), ("missing=sq.title&q=-luka", "b"),
            ("missing=en.description&published_after=2024-03-01", "d"), ("missing=sq.title&ids=a,b", "b"), ("missing=sq.captions&has=transcript", "cd"), ("missing=!en.title&min_duration=1", ""),
        ] {
            let expected: Vec<String> = expected.chars().map(String::from).collect();
            let path = format!("/v1/videos?{query}");
            assert_eq!(server.slug_set(&path), expected, "{query}");
            assert_eq!(server.read(&format!("{path}&total=true&limit=1"))["page"]["total"], expected.len(), "{query}");
            for order in ["", "&sort=title", "&sort=-title", "&sort=published_at"] {
                let mut found = all_pages(server, &format!("{path}{order}"));
                assert_eq!(found, server.slugs(&format!("{path}{order}")), "{query}{order}");
                found.sort();
                assert_eq!(found, expected, "{query}{order}, page by page");
            }
        }
        assert_eq!(server.slugs("/v1/videos?missing=sq.captions&sort=title&lang=en"), ["d", "c", "b"]);
        for (query, expected) in [
            ("missing=sq.title", "cd"), ("missing=!sq.title", "abe"), ("missing=!sq.summary", "be"), ("missing=!sq.description", "b"), ("missing=sq.captions&country=AL", "bce"), ("missing=!sq.summary&q=harbour", "be"), ("missing=!sq.title&sort=title", "eba"),
        ] {
            let mut found = slugs(&list(server, Some(&key), &format!("/v1/videos?{EVERYTHING}&{query}")));
            if !query.contains("sort") {
                found.sort();
            }
            assert_eq!(found.concat(), expected, "{query} with drafts");
        }
        assert_eq!(slugs(&list(server, Some(&key), "/v1/videos?missing=!sq.summary")), Vec::<String>::new(), "a key without `status` does not change the list");
        assert_eq!(server.slug_set("/v1/topics?missing=sq.name"), ["music"]);
        assert_eq!(server.slug_set("/v1/topics?missing=!en.description"), ["sport"]);
        // Cue search applies the filter.
        let hit_count = |query: &str| server.read(&format!("/v1/transcript-search?q=nasilje&{query}"))["data"].as_array().unwrap().len();
        assert_eq!((hit_count("missing=tr.captions"), hit_count("missing=!tr.captions"), hit_count("missing=!en.title")), (1, 2, 3));
        // Writes are visible immediately.
        server.patch(&key, "/v1/videos/b", &json!({"translations": {"sq": {"status": "published"}}}));
        assert_eq!(server.slug_set("/v1/videos?missing=!sq.summary"), ["b"]);
        server.request("DELETE", "/v1/videos/c/captions/sr-Cyrl").key(&key).send().expect(204);
        assert!(server.slugs("/v1/videos?missing=!sr.captions").is_empty() && server.slugs("/v1/videos?missing=!sr.transcript").is_empty());
    }

    demo fn facets_respect_missing_filter(server: &TestServer) {
        upload(server, &server.editor_key(), "testimonials-part-one", "sq");
        for query in ["missing=sq.transcript", "missing=!sq.transcript", "missing=sr-Cyrl.title,!en.summary", "missing=sq.captions&topic=testimonials"] {
            let list = server.read(&format!("/v1/videos?{query}&facets=topic,country&facet_limit=100"));
            for (facet, rest) in [("topic", query.trim_end_matches("&topic=testimonials")), ("country", query)] {
                let counts = list["facets"][facet].as_array().unwrap();
                assert!(!counts.is_empty(), "{query}");
                for one in counts {
                    let path = format!("/v1/videos?{rest}&{facet}={}&total=true&limit=1", one["value"].as_str().unwrap());
                    assert_eq!(server.read(&path)["page"]["total"], one["count"], "{path}");
                }
            }
        }
        let problem = server.get("/v1/videos?facets=missing").errors(400, &[("facets", "unknown_value")]);
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("caption_language"), "{problem}");
    }

    fn missing_filter_agrees_with_completeness(server: &TestServer) {
        let lines: Vec<Value> = kinoteka::commands::generate_catalogue(60, 5).collect();
        server.import(&lines);
        let key = server.editor_key();
        for (video, language) in server.slugs("/v1/videos?limit=12&offset=4").iter().zip(["en", "sq", "sr-Latn", "sr-Cyrl", "mk", "tr"].iter().cycle()) {
            upload(server, &key, video, language);
        }
        let (mut seen, mut missing) = (0, 0);
        for (path, names) in PARTS {
            for others in ["limit=100", "limit=100&country=RS", "limit=100&sort=updated_at", &format!("limit=100&{EVERYTHING}")] {
                if others.contains("country") && ["/v1/topics"].contains(&path) {
                    continue;
                }
                let key = others.contains("status").then_some(key.as_str());
                let all = list(server, key, &format!("{path}?{others}&include=completeness"));
                for language in ["en", "sq", "bs", "sr", "sr-Latn", "sr-Cyrl", "fi"] {
                    for part in names {
                        let report_missing_tool: Vec<String> = all["data"].as_array().unwrap().iter().filter(|item| !has(item, language, part)).map(|item| item["slug"].as_str().unwrap().to_owned()).collect();
                        let found = slugs(&list(server, key, &format!("{path}?{others}&missing={language}.{part}")));
                        let there = slugs(&list(server, key, &format!("{path}?{others}&missing=!{language}.{part}")));
                        assert_eq!(found, report_missing_tool, "{path}?{others}: {language}.{part}");
                        assert_eq!(there.len() + found.len(), all["data"].as_array().unwrap().len(), "{path}?{others}: {language}.{part}");
                        (seen, missing) = (seen + there.len(), missing + found.len());
                    }
                }
            }
        }
        assert!(seen > 1_000 && missing > 1_000, "the generated catalogue has too few items: {seen} {missing}");
    }

    demo fn rejects_invalid_missing_values_with_suggestion(server: &TestServer) {
        for (path, value, suggestion) in [
            ("/v1/videos", "sq.caption", "`sq.captions`"), ("/v1/videos", "!sr-Latn.titel", "`sr-Latn.title`"), ("/v1/videos", "sq.name", "`sq.title`"), ("/v1/topics", "sq.title", "`sq.name`"), ("/v1/impact-statistics", "sq.name", "`sq.label`"),
            ("/v1/videos", "sq.content_note", "title, summary, description, captions, transcript"), ("/v1/topics", "sq.captions", "name, description"), ("/v1/partners", "sq.summary", "name, description"), ("/v1/programmes", "sq.transcript", "title, summary, description"),
            ("/v1/videos", "english.title", "`en.title`"), ("/v1/videos", "sr_Cyrl.title", "`sr-Cyrl.title`"), ("/v1/videos", ".title", "`en.title`"),
            ("/v1/videos", "captions", "`en.captions`"), ("/v1/videos", "sq", "`sq.title`"), ("/v1/videos", "sq-captions", "`sq.captions`"), ("/v1/videos", "sq:captions", "`sq.captions`"), ("/v1/videos", "sq.", "`sq.title`"),
            ("/v1/videos", "!", "`sq.title`"), ("/v1/videos", "sq.captions.en", "`sq.title`"), ("/v1/videos", "sq.Captions", "`sq.captions`"),
        ] {
            let problem = server.get(&format!("{path}?missing={value}")).errors(400, &[("missing", "unknown_value")]);
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains(suggestion), "{path}?missing={value}: {detail}");
        }
        server.get("/v1/videos?missing=").errors(400, &[("missing", "empty_value")]);
        server.get("/v1/videos?missing=sq.title,").errors(400, &[("missing", "empty_value")]);
        server.get("/v1/videos?missing=sq,!x.title").errors(400, &[("missing", "unknown_value"), ("missing", "unknown_value")]);
        server.get(&format!("/v1/videos?missing={}", ["sq.title"; 51].join(","))).errors(400, &[("missing", "too_many")]);
        server.get(&format!("/v1/videos?missing={}", ["sr.title,!sr.summary,sr.captions,sr.transcript,sr.description"; 10].join(","))).expect(200);
        server.get("/v1/videos/testimonials-part-one?missing=sq.title").errors(400, &[("missing", "unknown_parameter")]);
        server.get("/v1/countries?missing=sq.name").errors(400, &[("missing", "unknown_parameter")]);
        let problem = server.get("/v1/videos?include=completness").errors(400, &[("include", "unknown_value")]);
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("Did you mean `completeness`?"), "{problem}");
        // A cursor belongs to its filter.
        let cursor = server.read("/v1/videos?missing=fr.title&limit=1")["page"]["next_cursor"].as_str().unwrap().to_owned();
        server.get(&format!("/v1/videos?missing=fi.title&limit=1&cursor={cursor}")).errors(400, &[("cursor", "foreign_cursor")]);
    }
}
