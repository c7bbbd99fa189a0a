//! `POST`, `PUT`, `PATCH`, `DELETE`.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;

const PROGRAMME: &str = "/v1/programmes/implementing-norms-changing-minds";
const VIDEO: &str = "/v1/videos/testimonials-part-one";

/// Sends the response of GET with `lang=all` back by PUT.
fn put_representation_back(server: &TestServer, key: &str, path: &str) -> (Value, Value) {
    let read = server.request("GET", &format!("{path}?lang=all")).key(key).send().expect(200);
    let written = server
        .request("PUT", &format!("{path}?lang=all"))
        .key(key)
        .json(&read.json())
        .send()
        .expect(200);
    (read.json(), written.json())
}

on_both! {
    fn post_creates_and_returns_location(server: &TestServer) {
        let key = server.editor_key();
        let response = server.request("POST", "/v1/videos").key(&key).json(&json!({"title": "  Žene i Đaci: što radimo?  ", "status": "published", "duration_seconds": 90})).send().expect(201);
        let video = response.json();
        assert_eq!(video["slug"], "zene-i-djaci-sto-radimo");
        assert_eq!((video["title"].as_str(), video["language"].as_str(), video["revision"].as_u64(), video["duration_seconds"].as_u64()), (Some("Žene i Đaci: što radimo?"), Some("en"), Some(1), Some(90)));
        assert_eq!(response.required_header("location"), format!("{}/v1/videos/zene-i-djaci-sto-radimo", server.base()));
        assert_eq!(response.required_header("cache-control"), "private, no-store");
        assert!(video["published_at"].is_string());
        let read = server.request("GET", "/v1/videos/zene-i-djaci-sto-radimo").key(&key).send().expect(200);
        assert_eq!(read.json(), video);
        assert_eq!(server.read("/v1/videos/zene-i-djaci-sto-radimo"), video, "flat status publishes the texts too");
    }

    fn numbers_generated_slugs_and_rejects_taken_ones(server: &TestServer) {
        let key = server.editor_key();
        let slug = |body: Value| server.create(&key, "/v1/topics", &body)["slug"].as_str().unwrap().to_owned();
        assert_eq!(slug(json!({"name": "Sport"})), "sport");
        assert_eq!(slug(json!({"name": "Sport"})), "sport-2");
        assert_eq!(slug(json!({"name": "Спорт"})), "sport-3");
        assert_eq!(slug(json!({"name": "Health"})), "health");
        assert_eq!(slug(json!({"name": "Bulk"})), "topic-bulk");
        // Words are reserved where they are in a path.
        assert_eq!(slug(json!({"name": "Summary"})), "summary");
        assert_eq!(server.create(&key, "/v1/videos", &json!({"title": "Summary"}))["slug"], "video-summary");
        let problem = server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Other", "slug": "sport"})).send().problem(409, "conflict");
        assert_eq!((problem["errors"][0]["pointer"].as_str(), problem["errors"][0]["code"].as_str()), (Some("/slug"), Some("taken")));
        for bad in ["bulk", "Sport", "a--b", "-a", "žaba", "a b", "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60", &"a".repeat(81)] {
            server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Other", "slug": bad})).send().errors(422, &[("/slug", "invalid_slug")]);
        }
        // Slugs are unique per kind.
        assert_eq!(server.create(&key, "/v1/partners", &json!({"name": "Sport"}))["slug"], "sport");
        // A former slug is never reused.
        server.patch(&key, "/v1/topics/sport-2", &json!({"slug": "games"}));
        assert_eq!(slug(json!({"name": "Sport 2"})), "sport-2-2");
        server.request("PATCH", "/v1/topics/sport").key(&key).json(&json!({"slug": "games"})).send().problem(409, "conflict");
    }

    fn group_commit_isolates_failing_writes(server: &TestServer) {
        let key = server.editor_key();
        let revision = || server.request("GET", "/v1/topics?status=draft").key(&key).send().required_header("etag").to_owned();
        server.create(&key, "/v1/topics", &json!({"name": "Taken"}));
        let before = revision();
        // Every second write fails only inside the transaction, so that the writes before it in the
        // same transaction are repeated.
        let write = |writer: usize| -> Vec<u16> {
            let responses = (0..6).map(|number| {
                let slug = if number % 2 == 0 { format!("topic-{writer}-{number}") } else { "taken".to_owned() };
                server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Together", "slug": slug})).send().status
            });
            responses.collect()
        };
        let responses: Vec<Vec<u16>> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..10).map(|writer| scope.spawn({ let write = &write; move || write(writer) })).collect();
            writers.into_iter().map(|writer| writer.join().expect("the writer completes")).collect()
        });
        assert!(responses.iter().all(|statuses| statuses == &[201, 409, 201, 409, 201, 409]), "{responses:?}");
        assert_ne!(revision(), before);
        let stored = server.request("GET", "/v1/topics?status=draft&q=together&limit=100").key(&key).send().expect(200).json();
        let slugs: std::collections::BTreeSet<&str> = stored["data"].as_array().unwrap().iter().filter_map(|topic| topic["slug"].as_str()).collect();
        let expected: Vec<String> = (0..10).flat_map(|writer| [0, 2, 4].map(|number| format!("topic-{writer}-{number}"))).collect();
        assert_eq!(slugs, expected.iter().map(String::as_str).collect());
        assert_eq!(stored["data"].as_array().unwrap().len(), 30, "each is stored, and found, once");
    }

    fn put_creates_and_replaces(server: &TestServer) {
        let key = server.editor_key();
        let put = |body: Value| server.request("PUT", "/v1/partners/acme").key(&key).json(&body).send();
        let response = put(json!({"name": "Acme", "acronym": "A", "kind": "media"})).expect(201);
        assert_eq!(response.required_header("location"), format!("{}/v1/partners/acme", server.base()));
        let first = response.json();
        let second = put(json!({"name": "Acme Ltd", "country": "MK"})).expect(200).json();
        assert_eq!((&second["id"], second["revision"].as_u64()), (&first["id"], Some(2)));
        assert_eq!((&second["acronym"], &second["kind"]), (&Value::Null, &Value::Null), "everything is replaced");
        let third = put(json!({"name": "Acme Ltd", "country": {"code": "MK"}})).expect(200).json();
        assert_eq!(third, second, "a repeated write changes nothing");
        server.request("PUT", "/v1/partners/acme").key(&key).json(&json!({"name": "Acme", "slug": "renamed"})).send().expect(200);
        server.request("PUT", "/v1/partners/new-one").key(&key).json(&json!({"name": "X", "slug": "another"})).send().errors(422, &[("/slug", "conflicting")]);
        server.request("PUT", "/v1/partners/Bad-Slug").key(&key).json(&json!({"name": "X"})).send().errors(400, &[("slug", "invalid_slug")]);
        server.request("PUT", "/v1/partners/0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60").key(&key).json(&json!({"name": "X"})).send().problem(404, "not-found");
    }

    demo fn put_of_unchanged_representation_is_no_op(server: &TestServer) {
        let key = server.editor_key();
        for path in ["/v1/topics", "/v1/partners", "/v1/programmes", "/v1/videos", "/v1/impact-statistics"] {
            for slug in server.slugs(path) {
                let item = format!("{path}/{slug}");
                let before = server.get(&item);
                let (read, written) = put_representation_back(server, &key, &item);
                assert_eq!(read, written, "{item}");
                let after = server.get(&item);
                assert_eq!((after.required_header("etag"), after.required_header("last-modified")), (before.required_header("etag"), before.required_header("last-modified")), "{item}");
            }
        }
    }

    fn put_accepts_every_response_field(server: &TestServer) {
        let key = server.editor_key();
        let en = |title: &str| json!({"en": {"status": "published", "title": title, "summary": "S", "description": "D"}, "mk": {"status": "draft", "title": "Наслов"}});
        server.create(&key, "/v1/partners", &json!({"slug": "p", "status": "published", "name": "P", "logo": {"url": "https://example.org/p.svg", "alt": "P"}, "website": "https://example.org", "kind": "donor", "acronym": "PP", "is_group": true, "country": "XK"}));
        server.create(&key, "/v1/programmes", &json!({"slug": "g", "status": "published", "translations": en("G"), "start_date": "2020-01-01", "end_date": "2024-12-31", "countries": ["AL", "XK"],
            "partners": [{"partner": "p", "role": "funder"}, {"partner": "p", "role": "host"}], "website": "https://example.org/g", "iati_identifier": "XM-DAC-1", "helplines": [{"country": "AL", "languages": ["sq"], "name": "Help", "phone": "116 117", "url": "https://example.org/help"}]}));
        server.create(&key, "/v1/topics", &json!({"slug": "t", "name": "T"}));
        server.create(&key, "/v1/videos", &json!({"slug": "v", "status": "published", "translations": en("V"), "programme": "g", "topics": ["t"], "partners": [{"partner": {"slug": "p"}}], "countries": ["TR"], "duration_seconds": 100,
            "recorded_on": "2024-05-07", "spoken_languages": ["tr", "sr-Cyrl"], "licence": "CC-BY-4.0", "credits": [{"name": "N", "role": "director"}, {"name": "M"}],
            "sources": [{"kind": "file", "url": "https://example.org/v.mp4", "mime_type": "video/mp4", "width": 1920, "height": 1080, "size_bytes": 9_000_000_000_u64}],
            "thumbnail": {"url": "https://example.org/v.jpg", "width": 10, "height": 20, "alt": "Alt"}, "captions": [{"language": "mk", "url": "https://example.org/v.vtt", "label": "MK", "kind": "captions"}],
            "chapters": [{"start_seconds": 0, "title": "One"}, {"start_seconds": 12.345, "title": "Two"}], "accessibility": {"sign_languages": ["ase"], "audio_descriptions": ["en"], "open_captions": ["tr"], "flashing": false}}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "s", "status": "published", "translations": {"en": {"status": "published", "label": "L"}}, "value": "1234567890123456789.123456789", "qualifier": "about", "unit": "people", "measure": "unit", "ascending": true, "additive": false,
            "programme": "g", "partner": "p", "countries": ["RS"], "period_start": "2024-01-01", "period_end": "2024-12-31", "baseline": {"value": "10", "year": 2020}, "target": {"value": 20.50, "period_start": "2025-01-01"},
            "disaggregation": [{"dimension": "sex", "value": "female"}], "source": {"text": "Report", "url": "https://example.org/report"}, "evidence": [{"video": "v", "start_seconds": 1.5, "end_seconds": 99.999}]}));
        for item in ["/v1/partners/p", "/v1/programmes/g", "/v1/topics/t", "/v1/videos/v", "/v1/impact-statistics/s"] {
            let (read, written) = put_representation_back(server, &key, item);
            assert_eq!(read, written, "{item}");
        }
        let statistic = server.read("/v1/impact-statistics/s");
        assert_eq!(statistic["value"], "1234567890123456789.123456789");
        assert_eq!((statistic["evidence"][0]["start_seconds"].as_f64(), statistic["evidence"][0]["end_seconds"].as_f64()), (Some(1.5), Some(99.999)));
        let video = server.read("/v1/videos/v");
        assert_eq!(video["chapters"][1]["start_seconds"].as_f64(), Some(12.345));
        assert_eq!(video["sources"][0]["size_bytes"].as_u64(), Some(9_000_000_000));
        // With `include`, too: embedded objects are accepted as references.
        let read = server.request("GET", "/v1/videos/v?lang=all&include=programme,partners,topics").key(&key).send().expect(200).json();
        let written = server.request("PUT", "/v1/videos/v").key(&key).json(&read).send().expect(200).json();
        assert_eq!(written["revision"], read["revision"]);
    }

    fn patch_applies_merge_patch(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "v", "status": "published", "original_language": "mk", "duration_seconds": 10, "licence": "CC0",
            "accessibility": {"sign_languages": ["ase"], "flashing": true}, "translations": {"mk": {"status": "published", "title": "Еден", "summary": "С"}, "en": {"status": "published", "title": "One"}}}));
        let all = |body: Value| server.request("PATCH", "/v1/videos/v?lang=all").key(&key).header("Content-Type", "application/merge-patch+json").body(body.to_string()).send().expect(200).json();
        let flat = all(json!({"title": "Два", "licence": null}));
        assert_eq!((flat["translations"]["mk"]["title"].as_str(), flat["translations"]["mk"]["summary"].as_str()), (Some("Два"), Some("С")), "flat texts are those of the original language");
        assert_eq!((&flat["translations"]["en"]["title"], &flat["licence"], flat["revision"].as_u64()), (&json!("One"), &Value::Null, Some(2)));
        let tr = all(json!({"translations": {"tr": {"title": "Bir", "status": "draft"}, "en": {"summary": "S"}}}));
        assert_eq!((&tr["translations"]["tr"]["title"], &tr["translations"]["en"]), (&json!("Bir"), &json!({"status": "published", "title": "One", "summary": "S", "description": null, "content_note": null})));
        let without = all(json!({"translations": {"en": null}}));
        assert_eq!(without["languages"], json!(["mk", "tr"]));
        assert_eq!(all(json!({"accessibility": {"flashing": null}}))["accessibility"], json!({"sign_languages": ["ase"], "audio_descriptions": [], "open_captions": [], "flashing": null}));
        let unchanged = all(json!({}));
        assert_eq!(all(json!({"title": "Два", "duration_seconds": 10}))["revision"], unchanged["revision"]);
        assert_eq!(all(json!({"summary": null}))["translations"]["mk"]["summary"], Value::Null);
        let patch = |body: Value| server.request("PATCH", "/v1/videos/v").key(&key).json(&body).send();
        patch(json!({"translations": {"mk": null}})).errors(422, &[("/translations", "missing_language")]);
        patch(json!({"title": null})).errors(422, &[("/title", "required")]);
        patch(json!({"title": "X", "translations": {"mk": {"title": "Y"}}})).errors(422, &[("/translations", "conflicting")]);
        patch(json!({"translations": {"not a tag": {"title": "Y"}}})).errors(422, &[("/translations/not a tag", "invalid_language")]);
        patch(json!(["title"])).errors(422, &[("", "wrong_type")]);
        server.request("PATCH", "/v1/videos/none").key(&key).json(&json!({})).send().problem(404, "not-found");
    }

    fn patch_leaves_other_members_unchanged(server: &TestServer) {
        let key = server.editor_key();
        // More digits than a double has.
        let value = "123456789012345678901234567890.0123456789";
        let body = format!(r#"{{"slug": "s", "status": "published", "label": "L", "value": {value}, "target": {{"value": {value}}}}}"#);
        server.request("POST", "/v1/impact-statistics").key(&key).header("Content-Type", "application/json").body(body).send().expect(201);
        server.create(&key, "/v1/videos", &json!({"slug": "v", "status": "published", "title": "V",
            "captions": [{"language": "sr-Cyrl", "url": "https://example.org/v.vtt?a=%D0%A1&b=1", "label": " «Српски» \u{301}\\\"", "kind": "captions"}],
            "chapters": [{"start_seconds": 0, "title": "Један"}, {"start_seconds": 12.345, "title": "e\u{301}"}]}));
        for (path, patch) in [("/v1/impact-statistics/s", json!({"label": "M"})), ("/v1/videos/v", json!({"duration_seconds": 60}))] {
            let unpatched = |mut item: Value| {
                for member in ["label", "duration_seconds", "revision", "updated_at"] {
                    item.as_object_mut().unwrap().remove(member);
                }
                item.to_string()
            };
            let before = server.read(path);
            let after = server.patch(&key, path, &patch);
            assert_ne!(before["revision"], after["revision"]);
            assert_eq!(unpatched(before), unpatched(after), "{path}");
        }
        let statistic = server.get("/v1/impact-statistics/s").text();
        assert_eq!(statistic.matches(&format!(r#""value":"{value}""#)).count(), 2, "{statistic}");
    }

    demo fn put_without_translations_preserves_languages(server: &TestServer) {
        let key = server.editor_key();
        server.request("PUT", VIDEO).key(&key).json(&json!({"title": "Only one", "status": "published"})).send().errors(422, &[("/translations", "would_lose_languages")]);
        server.request("PUT", VIDEO).key(&key).json(&json!({"title": "X", "translations": {"en": {"title": "Y"}}})).send().errors(422, &[("/translations", "conflicting")]);
        assert_eq!(server.read(VIDEO)["languages"].as_array().unwrap().len(), 6);
    }

    demo fn if_match_prevents_lost_updates(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, header: &str, value: &str, body: Value| server.request(method, VIDEO).key(&key).header(header, value).json(&body).send();
        let stale = server.get(VIDEO).required_header("etag").to_owned();
        let other_language = server.get(&format!("{VIDEO}?lang=all&fields=slug")).required_header("etag").to_owned();
        let with_key = server.request("GET", &format!("{VIDEO}?lang=all")).key(&key).send();
        let now = send("PATCH", "If-Match", &stale, json!({"licence": "CC0"})).expect(200).required_header("etag").to_owned();
        for old in [&stale, &other_language, with_key.required_header("etag"), "\"x\"", "W/\"x\"", "nonsense"] {
            send("PATCH", "If-Match", old, json!({"licence": "X"})).problem(412, "precondition-failed");
            send("PUT", "If-Match", old, with_key.json()).problem(412, "precondition-failed");
            server.request("DELETE", VIDEO).key(&key).header("If-Match", old).send().problem(412, "precondition-failed");
        }
        send("PATCH", "If-Match", &format!("W/{now}"), json!({"licence": "X"})).problem(412, "precondition-failed");
        assert_eq!(server.read(VIDEO)["licence"], "CC0");
        send("PATCH", "If-Match", &format!("\"x\", {now}"), json!({"licence": "CC-BY-4.0"})).expect(200);
        send("PATCH", "If-Match", "*", json!({"licence": "CC-BY-SA-4.0"})).expect(200);
        let fresh = server.get(&format!("{VIDEO}?lang=mk")).required_header("etag").to_owned();
        send("PATCH", "If-Match", &fresh, json!({"licence": "CC0"})).expect(200);
        send("PUT", "If-None-Match", "*", with_key.json()).problem(412, "precondition-failed");
        send("PUT", "If-None-Match", "\"x\"", with_key.json()).errors(400, &[("If-None-Match", "invalid_value")]);
        server.request("PUT", "/v1/topics/brand-new").key(&key).header("If-Match", "*").json(&json!({"name": "N"})).send().problem(412, "precondition-failed");
        server.request("PUT", "/v1/topics/brand-new").key(&key).header("If-None-Match", "*").json(&json!({"name": "N"})).send().expect(201);
        let tag = server.get(VIDEO).required_header("etag").to_owned();
        server.request("DELETE", VIDEO).key(&key).header("If-Match", &tag).send().expect(204);
    }

    demo fn if_match_ignores_renamed_references(server: &TestServer) {
        let key = server.editor_key();
        let tag = server.get(VIDEO).required_header("etag").to_owned();
        server.patch(&key, PROGRAMME, &json!({"title": "Renamed"}));
        server.request("PATCH", VIDEO).key(&key).header("If-Match", &tag).json(&json!({"licence": "CC0"})).send().expect(200);
    }

    demo fn if_match_can_be_made_mandatory(server: &TestServer, |settings| settings.require_if_match = true) {
        let key = server.editor_key();
        let whole = server.request("GET", &format!("{VIDEO}?lang=all")).key(&key).send().json();
        server.request("PATCH", VIDEO).key(&key).json(&json!({"licence": "CC0"})).send().problem(428, "precondition-required");
        server.request("PUT", VIDEO).key(&key).json(&whole).send().problem(428, "precondition-required");
        server.request("DELETE", "/v1/topics/explainer").key(&key).send().problem(428, "precondition-required");
        let tag = server.get(VIDEO).required_header("etag").to_owned();
        server.request("PATCH", VIDEO).key(&key).header("If-Match", &tag).json(&json!({"licence": "CC0"})).send().expect(200);
        server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "N"})).send().expect(201);
        server.request("PUT", "/v1/topics/fresh").key(&key).json(&json!({"name": "N"})).send().expect(201);
    }

    demo fn former_slug_redirects(server: &TestServer) {
        let key = server.editor_key();
        server.patch(&key, VIDEO, &json!({"slug": "voices-one"}));
        let moved = server.get(&format!("{VIDEO}?lang=mk&fields=title")).expect(308);
        assert_eq!(moved.required_header("location"), format!("{}/v1/videos/voices-one?lang=mk&fields=title", server.base()));
        assert_eq!(server.get(VIDEO).expect(308).required_header("location"), format!("{}/v1/videos/voices-one", server.base()));
        let whole = server.request("GET", "/v1/videos/voices-one?lang=all").key(&key).send().json();
        for (method, body) in [("PUT", Some(whole)), ("PATCH", Some(json!({"licence": "CC0"}))), ("DELETE", None)] {
            let request = server.request(method, VIDEO).key(&key);
            let response = match &body { Some(body) => request.json(body).send(), None => request.send() };
            assert!(response.expect(308).required_header("location").ends_with("/v1/videos/voices-one"), "{method}");
        }
        // After a second renaming both former slugs redirect; renaming back works.
        server.patch(&key, "/v1/videos/voices-one", &json!({"slug": "voices-two"}));
        for old in [VIDEO, "/v1/videos/voices-one"] {
            assert!(server.get(old).expect(308).required_header("location").ends_with("/v1/videos/voices-two"));
        }
        server.patch(&key, "/v1/videos/voices-two", &json!({"slug": "testimonials-part-one"}));
        server.get(VIDEO).expect(200);
        server.get("/v1/videos/voices-two").expect(308);
    }

    fn deleted_returns_410_and_unpublished_404(server: &TestServer) {
        let key = server.editor_key();
        for (slug, status) in [("public", "published"), ("hidden", "draft")] {
            server.create(&key, "/v1/topics", &json!({"slug": slug, "name": slug, "status": status}));
            let response = server.request("DELETE", &format!("/v1/topics/{slug}")).key(&key).send().expect(204);
            assert!(response.body.is_empty());
        }
        server.get("/v1/topics/public").problem(410, "gone");
        server.get("/v1/topics/hidden").problem(404, "not-found");
        server.request("GET", "/v1/topics/hidden").key(&key).send().problem(410, "gone");
        for method in ["PUT", "PATCH"] {
            server.request(method, "/v1/topics/public").key(&key).json(&json!({"name": "Again"})).send().problem(410, "gone");
        }
        server.request("DELETE", "/v1/topics/public").key(&key).send().problem(410, "gone");
        server.request("DELETE", "/v1/topics/nothing").key(&key).send().problem(404, "not-found");
        assert_eq!(server.create(&key, "/v1/topics", &json!({"name": "Public"}))["slug"], "public-2", "a slug is never reused");
        server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "X", "slug": "public"})).send().problem(409, "conflict");
        assert_eq!(server.slugs("/v1/topics"), Vec::<String>::new());
        let listed = server.request("GET", "/v1/topics?status=draft,published,archived").key(&key).send().json();
        assert_eq!(crate::support::server::slugs(&listed), ["public-2"], "deleted items are in no list");
    }

    demo fn rejects_delete_of_referenced_item(server: &TestServer) {
        let key = server.editor_key();
        let problem = server.request("DELETE", PROGRAMME).key(&key).send().problem(409, "conflict");
        assert!(problem["detail"].as_str().unwrap().contains("impact statistic `civil-society-at-the-istanbul-forum`"), "{problem}");
        let problem = server.request("DELETE", "/v1/topics/social-norms").key(&key).send().problem(409, "conflict");
        assert!(problem["detail"].as_str().unwrap().contains("topic `gender-stereotypes`"), "{problem}");
        for slug in server.slugs("/v1/videos?topic=sport") {
            server.patch(&key, &format!("/v1/videos/{slug}"), &json!({"topics": []}));
        }
        server.request("DELETE", "/v1/topics/sport").key(&key).send().expect(204);
    }

    demo fn renamed_reference_changes_etag_but_not_revision(server: &TestServer) {
        let key = server.editor_key();
        let before = server.get(VIDEO);
        let list = server.get("/v1/videos").required_header("etag").to_owned();
        server.patch(&key, PROGRAMME, &json!({"title": "Norms and Minds"}));
        let after = server.request("GET", VIDEO).header("If-None-Match", before.required_header("etag")).send().expect(200);
        assert_eq!(after.json()["programme"]["title"], "Norms and Minds");
        assert_eq!((&after.json()["revision"], &after.json()["updated_at"]), (&before.json()["revision"], &before.json()["updated_at"]));
        let list = server.request("GET", "/v1/videos").header("If-None-Match", &list).send().expect(200).json();
        assert_eq!(list["data"][0]["programme"]["title"], "Norms and Minds");
        // Names nested in included objects count too.
        let included = server.get(&format!("{VIDEO}?include=programme"));
        server.patch(&key, "/v1/partners/eu", &json!({"name": "The Union"}));
        let again = server.request("GET", &format!("{VIDEO}?include=programme")).header("If-None-Match", included.required_header("etag")).send().expect(200);
        assert_eq!(again.json()["programme"]["partners"][0]["partner"]["title"], "The Union");
    }

    demo fn nested_names_change_etag_of_includes(server: &TestServer) {
        let key = server.editor_key();
        let statistic = "/v1/impact-statistics/civil-society-at-the-istanbul-forum?include=evidence";
        let before = server.get(statistic);
        server.patch(&key, "/v1/topics/forum", &json!({"name": "Assemblies"}));
        let after = server.request("GET", statistic).header("If-None-Match", before.required_header("etag")).send().expect(200);
        assert!(after.text().contains("Assemblies"));
    }

    fn sets_publication_date(server: &TestServer) {
        let key = server.editor_key();
        let draft = server.create(&key, "/v1/videos", &json!({"slug": "v", "title": "V"}));
        assert_eq!((&draft["status"], &draft["published_at"]), (&json!("draft"), &Value::Null));
        let published = server.patch(&key, "/v1/videos/v", &json!({"status": "published"}));
        assert!(published["published_at"].is_string());
        assert_eq!(server.read("/v1/videos/v")["title"], "V", "the original language is published with it");
        let moved = server.patch(&key, "/v1/videos/v", &json!({"published_at": "2020-05-07T10:00:00+02:00"}));
        assert_eq!(moved["published_at"], "2020-05-07T08:00:00Z");
        let archived = server.patch(&key, "/v1/videos/v", &json!({"status": "archived"}));
        assert_eq!(archived["published_at"], "2020-05-07T08:00:00Z");
        server.get("/v1/videos/v").problem(404, "not-found");
    }
}

on_both! {
    fn several_authorization_headers_are_rejected(server: &TestServer) {
        let (viewer, editor) = (server.viewer_key(), server.editor_key());
        for (first, second) in [(&viewer, &editor), (&editor, &viewer), (&editor, &editor)] {
            for (method, path) in [("GET", "/v1/topics"), ("POST", "/v1/topics"), ("DELETE", "/v1/topics/x")] {
                let headers = format!("Authorization: Bearer {first}\r\nAuthorization: Bearer {second}\r\nContent-Type: application/json\r\nContent-Length: 0\r\n");
                let problem = server.raw_request(method, path, &headers).problem(400, "malformed-request");
                assert!(problem["detail"].as_str().unwrap().contains("Authorization"), "{method} {path}");
            }
        }
    }
}
