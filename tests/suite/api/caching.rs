//! Validators, conditional reads and `Cache-Control`.

use kinoteka::http::api_keys::Role;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::server::TestServer;

const ITEM: &str = "/v1/videos/testimonials-part-one";

/// A request for each GET operation, built from the parameter examples.
pub(super) fn documented_reads() -> Vec<(String, String)> {
    let document: Value =
        serde_json::from_str(&kinoteka::server::document_json()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let reads = paths.iter().filter_map(|(path, item)| Some((path, item.get("get")?)));
    let example = |parameter: &Value| match &parameter["example"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    reads
        .map(|(template, operation)| {
            let (mut path, mut query) = (template.clone(), Vec::new());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a parameter has a name");
                if parameter["in"] == "path" {
                    path = path.replace(&format!("{{{name}}}"), &example(parameter));
                } else if parameter["required"] == true {
                    query.push(format!("{name}={}", example(parameter)));
                }
            }
            let mark = if query.is_empty() { "" } else { "?" };
            (template.clone(), format!("{path}{mark}{}", query.join("&")))
        })
        .collect()
}

/// Sends conditional requests for a path with a known `ETag`.
fn check_conditional_reads(server: &TestServer, path: &str, tag: &str) {
    let read = |known: &str| {
        server.request("GET", path).header("If-None-Match", known).skip_contract_check().send()
    };
    for current in
        [tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), &format!(", {tag} ,"), "*"]
    {
        let response = read(current);
        assert_eq!(response.status, 304, "{path}: If-None-Match: {current}");
        assert_eq!(response.header("etag"), Some(tag), "{path}: If-None-Match: {current}");
        assert!(response.body.is_empty(), "{path}");
    }
    let bare = tag.trim_matches('"');
    for other in [
        &format!("x{tag}"),
        &format!("{tag}-gzip"),
        &format!("{tag}x, \"a\""),
        bare,
        &format!("\"{bare}"),
        &format!("\"{bare}-gzip\""),
        &format!("w/{tag}"),
        "\"other\"",
        "W/\"other\"",
        "\"",
        ",",
        "\"a,b\"",
        "\u{e9}",
    ] {
        let response = read(other);
        assert_eq!(response.status, 200, "{path}: If-None-Match: {other}");
        assert_eq!(response.header("etag"), Some(tag), "{path}: If-None-Match: {other}");
    }
}

on_both! {
    demo fn conditional_get_on_every_route(server: &TestServer, |settings| {
        settings.iati_reporting_org = Some("XM-EXAMPLE-1".to_owned());
        settings.iati_reporting_org_type = Some("22".to_owned());
        settings.name = Some("Norms and minds".to_owned());
    }) {
        let key = server.editor_key();
        let track = "WEBVTT\n\n00:01.000 --> 00:02.000\nViolence is never private.\n";
        for kind in ["captions", "chapters"] {
            let path = format!("{ITEM}/captions/mk?kind={kind}");
            server.request("PUT", &path).key(&key).header("Content-Type", "text/vtt").body(track).send().expect(201);
        }
        // The demo catalogue lacks fields that IATI requires, and has no results.
        server.import(&crate::iati::whole());
        let result = json!({"title": "Survivors use services", "level": "outcome", "status": "published"});
        server.request("PUT", "/v1/results/outcome-services").key(&key).json(&result).send().expect(201);
        let integrity = server.read("/embed/integrity.json");
        let version = integrity["version"].as_str().expect("the script has a version");
        let mut without_tag = Vec::new();
        for (template, path) in documented_reads() {
            let path = match template.as_str() {
                "/embed/kinoteka-{version}.js" => format!("/embed/kinoteka-{version}.js"),
                "/v1/impact-statistics/summary" | "/v1/impact-statistics/summary.{format}" => {
                    format!("{path}?separate=true")
                }
                "/v1/videos/{video}/captions/{language}" => format!("{ITEM}/captions/mk.vtt"),
                _ => path,
            };
            let first = server.get(&path);
            match first.header("etag").filter(|_| first.status == 200) {
                Some(tag) => check_conditional_reads(server, &path, tag),
                None => without_tag.push(format!("{} {template}", first.status)),
            }
        }
        assert_eq!(without_tag, ["200 /healthz", "200 /problems/{code}", "200 /readyz"]);
    }

    demo fn matching_etag_returns_304(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos?country=AL&lang=mk&q=forum", ITEM, "/v1/countries", "/v1/countries/XK", "/v1", "/openapi.json", "/openapi.yaml", "/.well-known/api-catalog"] {
            let first = server.get(path).expect(200);
            let tag = first.required_header("etag").to_owned();
            assert!(tag.starts_with('"') && tag.ends_with('"'), "not a strong tag: {tag}");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let again = server.request("GET", path).header("If-None-Match", &known).send().expect(304);
                assert!(again.body.is_empty());
                assert_eq!(again.required_header("etag"), tag);
                for name in ["cache-control", "vary"] {
                    assert_eq!(again.header(name), first.header(name), "{path}: {name}");
                }
            }
            server.request("GET", path).header("If-None-Match", "\"other\"").send().expect(200);
            assert_eq!(server.get(path).required_header("etag"), tag, "equal responses have equal ETags");
        }
    }

    demo fn if_modified_since_applies_without_if_none_match(server: &TestServer) {
        for path in ["/v1/videos", ITEM] {
            let modified = server.get(path).required_header("last-modified").to_owned();
            server.request("GET", path).header("If-Modified-Since", &modified).send().expect(304);
            server.request("GET", path).header("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT").send().expect(200);
            server.request("GET", path).header("If-Modified-Since", "no date").send().expect(200);
            let both = server.request("GET", path).header("If-Modified-Since", &modified).header("If-None-Match", "\"other\"").send();
            both.expect(200);
        }
    }

    demo fn etag_depends_on_representation(server: &TestServer) {
        let tag = |path: &str| server.get(path).expect(200).required_header("etag").to_owned();
        let tags = [
            tag(ITEM), tag(&format!("{ITEM}?lang=mk")), tag(&format!("{ITEM}?lang=all")), tag(&format!("{ITEM}?fields=title")),
            tag(&format!("{ITEM}?include=programme")), tag("/v1/videos/testimonials-part-two"),
            tag("/v1/videos"), tag("/v1/videos?lang=mk"), tag("/v1/videos?limit=3"), tag("/v1/videos?offset=1"),
            server.request("GET", ITEM).header("Accept-Language", "tr").send().required_header("etag").to_owned(),
            server.request("GET", "/v1/videos").header("Accept-Language", "tr").send().required_header("etag").to_owned(),
        ];
        let mut different = tags.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), tags.len(), "{tags:?}");
    }

    demo fn write_changes_etag(server: &TestServer) {
        let key = server.editor_key();
        let (item, list) = (server.get(ITEM).required_header("etag").to_owned(), server.get("/v1/videos").required_header("etag").to_owned());
        server.patch(&key, ITEM, &json!({"licence": "CC-BY-4.0"}));
        server.request("GET", ITEM).header("If-None-Match", &item).send().expect(200);
        server.request("GET", "/v1/videos").header("If-None-Match", &list).send().expect(200);
    }

    demo fn cache_control_public_or_private(server: &TestServer) {
        for path in ["/v1/videos", ITEM] {
            let response = server.get(path);
            assert_eq!(response.required_header("cache-control"), "public, max-age=60, stale-while-revalidate=600");
            assert_eq!(response.required_header("vary"), "Authorization, Accept-Language, Accept-Encoding");
            let own = server.request("GET", path).key(&server.viewer_key()).send().expect(200);
            assert_eq!(own.required_header("cache-control"), "private, no-store");
            assert!(own.required_header("vary").contains("Authorization"));
        }
        assert_eq!(server.get("/v1/videos/no-such-video").required_header("cache-control"), "no-store");
    }

    fn cache_max_age_is_configurable(server: &TestServer, |settings| settings.cache_max_age = std::time::Duration::from_secs(7)) {
        assert_eq!(server.get("/v1/videos").required_header("cache-control"), "public, max-age=7, stale-while-revalidate=70");
    }

    demo fn posters_follow_their_own_video(server: &TestServer) {
        let key = server.editor_key();
        let posters = ["/v1/videos/testimonials-part-one/poster.svg?lang=en", "/v1/videos/testimonials-part-one/poster.png?lang=en"];
        let tags = || posters.map(|path| server.get(path).expect(200).required_header("etag").to_owned());
        let before = tags();
        server.patch(&key, "/v1/videos/results-with-civil-society-in-figures", &json!({"translations": {"en": {"title": "Another title"}}}));
        server.create(&key, "/v1/videos", &json!({"status": "published", "title": "New"}));
        assert_eq!(tags(), before);
        server.patch(&key, "/v1/videos/testimonials-part-one", &json!({"translations": {"en": {"title": "Its own title"}}}));
        for (path, before) in posters.iter().zip(&before) {
            let response = server.request("GET", path).header("If-None-Match", before).send().expect(200);
            assert_ne!(response.required_header("etag"), before, "{path}");
            let tag = response.required_header("etag").to_owned();
            server.request("GET", path).header("If-None-Match", &tag).send().expect(304);
        }
    }

    demo fn weak_tag_in_if_match_is_explained(server: &TestServer) {
        let tag = server.get("/v1/topics/prevention").required_header("etag").to_owned();
        let key = server.editor_key();
        let patch = server.request("PATCH", "/v1/topics/prevention").key(&key).header("If-Match", &format!("W/{tag}"));
        let problem = patch.json(&json!({"parent": null})).send().problem(412, "precondition-failed");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("proxy")), "{problem}");
    }

    demo fn drafts_do_not_change_public_tags(server: &TestServer) {
        let key = server.editor_key();
        let paths = [
            "/v1/videos?lang=en", "/v1/topics?lang=en", "/v1/videos?include=topics&lang=en", "/v1/search?q=norms&lang=en", "/feeds/videos.rss?lang=en",
            "/feeds/videos.atom?lang=en", "/feeds/videos.json?lang=en", "/feeds/saved-queries.opml", "/sitemap-videos.xml", "/catalog.jsonld",
            "/v1/videos.csv?lang=en", "/embed/videos?lang=en", "/v1/impact-statistics/summary?separate=true&lang=en", "/v1/impact-statistics/chart.svg?unit=women&lang=en",
            "/v1/videos/testimonials-part-one?lang=en", "/embed/videos/testimonials-part-one?lang=en", "/v1/videos/testimonials-part-one?lang=all",
            "/v1/videos/testimonials-part-one/captions", "/v1/videos/testimonials-part-one/poster.svg?lang=en", "/v1/videos/testimonials-part-one/schema.jsonld",
            "/oembed?url=/embed/videos/testimonials-part-one", "/v1/videos?sort=-updated_at&lang=en", "/v1/topics/prevention?lang=en",
            "/v1/videos?updated_since=2026-01-01&fields=slug,updated_at,revision", "/v1/search?q=norms&updated_since=2026-01-01&lang=en",
        ];
        let state = || paths.map(|path| {
            let response = server.get(path).expect(200);
            (path, response.header("etag").map(str::to_owned), response.header("last-modified").map(str::to_owned), response.body)
        });
        let before = state();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft", "topics": ["sport"], "programme": "implementing-norms-changing-minds"}));
        server.create(&key, "/v1/topics", &json!({"slug": "draft-topic", "name": "Draft"}));
        server.create(&key, "/v1/saved-queries", &json!({"slug": "draft-query", "name": "Draft", "kind": "video", "query": "topic=sport"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft-figure", "label": "Draft", "value": "1", "unit": "people", "measure": "unit", "ascending": true}));
        server.patch(&key, "/v1/videos/draft", &json!({"title": "Draft again"}));
        let track = "WEBVTT\n\n00:01.000 --> 00:02.000\nDraft.\n";
        server.request("PUT", "/v1/videos/draft/captions/en").key(&key).header("Content-Type", "text/vtt").body(track).send().expect(201);
        server.request("DELETE", "/v1/topics/draft-topic").key(&key).send().expect(204);
        server.create(&key, "/v1/topics", &json!({"slug": "purged-topic", "name": "Draft"}));
        server.request("DELETE", "/v1/topics/purged-topic?purge=true").key(&server.key(Role::Admin, None).1).send().expect(204);
        // Public items, unpublished texts.
        let draft = |text: Value| json!({"translations": {"de": text}});
        let video = "/v1/videos/testimonials-part-one";
        server.patch(&key, video, &draft(json!({"title": "Draft", "status": "draft"})));
        server.patch(&key, "/v1/topics/prevention", &draft(json!({"name": "Draft", "status": "draft"})));
        server.request("PUT", &format!("{video}/captions/de")).key(&key).header("Content-Type", "text/vtt").body(track).send().expect(201);
        server.request("PUT", &format!("{video}/captions/de")).key(&key).header("Content-Type", "text/vtt").body(track.replace("Draft", "Drafts")).send().expect(200);
        server.request("DELETE", &format!("{video}/captions/de")).key(&key).send().expect(204);
        server.patch(&key, video, &draft(json!({"title": "Draft again"})));
        for (before, after) in before.into_iter().zip(state()) {
            assert_eq!(before, after, "{}", after.0);
        }
        server.patch(&key, "/v1/videos/draft", &json!({"status": "published"}));
        let changed = paths.iter().zip(state()).filter(|(path, now)| server.get(path).header("etag").is_some() && now.3.windows(5).any(|window| window == b"Draft"));
        assert!(changed.count() >= 6);
        // Editors see every revision; the public sees the current one as soon as it sees the text.
        let public = || server.read(&format!("{video}?lang=en"))["revision"].as_i64().unwrap();
        let revision = || server.request("GET", video).key(&key).send().expect(200).json()["revision"].as_i64().unwrap();
        let (seen, hidden) = (public(), revision() - public());
        assert_eq!(hidden, 5, "{seen}");
        let tag = server.get(video).required_header("etag").to_owned();
        let rejected = server.request("PATCH", video).key(&key).header("If-Match", &tag).json(&json!({"chapters": []})).send();
        rejected.problem(412, "precondition-failed");
        server.patch(&key, video, &draft(json!({"status": "published"})));
        assert_eq!((public(), revision()), (seen + hidden + 1, seen + hidden + 1));
        assert_eq!(server.slugs("/v1/videos?sort=-updated_at&limit=1"), ["testimonials-part-one"]);
    }
}
