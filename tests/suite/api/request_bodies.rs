//! Request bodies: media types, encodings, and the errors of their fields.

use serde_json::{Value, json};

use crate::on_both;

const VIDEO: &str = "/v1/videos/testimonials-part-one";

on_both! {
    fn rejects_unreadable_bodies(server: &TestServer, |settings| settings.max_body_bytes = 2_000) {
        let key = server.editor_key();
        let send = |method: &str, media_type: &str, body: Vec<u8>| {
            let path = if method == "POST" { "/v1/topics" } else { "/v1/topics/t" };
            server.request(method, path).key(&key).header("Content-Type", media_type).body(body).send()
        };
        server.create(&key, "/v1/topics", &json!({"slug": "t", "name": "T"}));
        for (method, media_type) in [("POST", "text/plain"), ("POST", "application/merge-patch+json"), ("PUT", "application/x-www-form-urlencoded"), ("PATCH", "application/json-patch+json"), ("POST", "application/json; charset=utf-16")] {
            let response = send(method, media_type, b"{\"name\": \"A\"}".to_vec());
            assert_eq!(response.header("accept-patch").is_some(), method == "PATCH");
            response.problem(415, "unsupported-media-type");
        }
        for media_type in ["application/json", "application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON"] {
            send("PATCH", media_type, b"{}".to_vec()).expect(200);
        }
        for body in [&b"{"[..], b"", b"{\"name\": \"\xff\"}", b"{\"name\": 1,}", b"{} x"] {
            send("POST", "application/json", body.to_vec()).problem(400, "malformed-request");
        }
        let deep = "[".repeat(900) + &"]".repeat(900);
        send("POST", "application/json", deep.into_bytes()).problem(400, "malformed-request");
        send("POST", "application/json", json!({"name": "a".repeat(3_000)}).to_string().into_bytes()).problem(413, "body-too-large");
        for body in ["null", "[]", "1", "\"x\""] {
            send("POST", "application/json", body.into()).errors(422, &[("", "wrong_type")]);
        }
    }

    fn limits_number_of_reported_errors(server: &TestServer) {
        let key = server.editor_key();
        let post = |body: Value| server.request("POST", "/v1/topics").key(&key).json(&body).send();
        let many: serde_json::Map<String, Value> = (0..2_000).map(|number| (format!("f{number}"), json!(1))).collect();
        let problem = post(Value::Object(many)).problem(422, "invalid-fields");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
        assert!(problem["detail"].as_str().unwrap().contains("Only the first 100 errors are listed."), "{problem}");
        let letters = || 'a'..='z';
        let tags = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}c"))).take(501);
        let translations: serde_json::Map<String, Value> = tags.map(|tag| (tag, json!({"name": "T"}))).collect();
        post(json!({"original_language": "aac", "translations": translations})).errors(422, &[("/translations", "too_many")]);
    }

    fn reports_all_field_errors(server: &TestServer) {
        let key = server.editor_key();
        let post = |path: &str, body: Value| server.request("POST", path).key(&key).json(&body).send();
        let body = json!({
            "slug": "Bad Slug", "status": "publishd", "titel": "X", "duration_seconds": 0, "recorded_on": "2024-02-30", "countries": ["RX", "AL", 7], "programme": "nothing", "topics": ["none", 5],
            "partners": [{"role": "x"}, {"partner": "nobody", "rol": "y"}], "sources": [{"kind": "youtub", "url": "ftp://x"}], "captions": [{"language": "!!"}], "licence": "a\u{0}b", "published_at": "soon", "chapters": "none"
        });
        let problem = post("/v1/videos", body).errors(422, &[
            ("/slug", "invalid_slug"), ("/status", "unknown_value"), ("/titel", "unknown_field"), ("/title", "required"), ("/duration_seconds", "out_of_range"), ("/recorded_on", "invalid_date"),
            ("/countries/0", "unknown_country"), ("/countries/2", "unknown_country"), ("/programme", "unknown_reference"), ("/topics/0", "unknown_reference"), ("/topics/1", "invalid_reference"),
            ("/partners/0/partner", "required"), ("/partners/1/rol", "unknown_field"), ("/partners/1/partner", "unknown_reference"), ("/sources/0/kind", "unknown_value"), ("/sources/0/url", "invalid_url"),
            ("/captions/0/language", "invalid_language"), ("/captions/0/url", "required"), ("/licence", "invalid_text"), ("/published_at", "invalid_time"), ("/chapters", "wrong_type"),
        ]);
        let detail = |pointer: &str| problem["errors"].as_array().unwrap().iter().find(|error| error["pointer"] == pointer).unwrap()["detail"].as_str().unwrap().to_owned();
        assert!(detail("/titel").contains("`title`") && detail("/status").contains("`published`") && detail("/countries/0").contains("RS"), "{problem:#}");
        assert_eq!(server.read("/v1/videos?total=true")["page"]["total"], 0, "nothing was stored");
        post("/v1/topics", json!({"translations": {"en": {"name": "", "status": "x", "titel": "y"}, "mk": 5, "xx-yy-zz": {"name": "N"}}}))
            .errors(422, &[("/translations/en/name", "required"), ("/translations/en/status", "unknown_value"), ("/translations/en/titel", "unknown_field"), ("/translations/mk", "wrong_type"), ("/translations/xx-yy-zz", "invalid_language")]);
    }

    fn rejects_invalid_text(server: &TestServer) {
        let key = server.editor_key();
        let post = |body: Value| server.request("POST", "/v1/topics").key(&key).json(&body).send();
        post(json!({"name": "a\u{0}b"})).errors(422, &[("/name", "invalid_text")]);
        post(json!({"name": "a\u{7}b"})).errors(422, &[("/name", "invalid_text")]);
        post(json!({"name": "n".repeat(301)})).errors(422, &[("/name", "too_long")]);
        post(json!({"name": "ж".repeat(300)})).expect(201);
        post(json!({"name": "   "})).errors(422, &[("/name", "required")]);
        post(json!({"name": 5})).errors(422, &[("/name", "wrong_type")]);
        post(json!({"name": "Emoji 💧 and \u{202e} and ' \" \\ <b>"})).expect(201);
        let long = "Жена пише. ".repeat(4_500);
        let topic = post(json!({"name": "Long", "description": long})).expect(201).json();
        assert_eq!(topic["description"].as_str().unwrap(), long.trim());
    }

    demo fn rejects_id_of_other_kind(server: &TestServer) {
        let key = server.editor_key();
        let partner = server.read("/v1/partners/eu")["id"].as_str().unwrap().to_owned();
        for kind in ["videos", "programmes", "topics", "impact-statistics"] {
            let path = format!("/v1/{kind}/{partner}");
            server.get(&path).problem(404, "not-found");
            server.request("PATCH", &path).key(&key).json(&json!({"status": "draft"})).send().problem(404, "not-found");
            server.request("PUT", &path).key(&key).json(&json!({"title": "T"})).send().problem(404, "not-found");
            server.request("DELETE", &path).key(&key).send().problem(404, "not-found");
        }
        assert_eq!(server.slugs(&format!("/v1/videos?ids={partner}")), Vec::<String>::new());
        server.get(&format!("/v1/videos?programme={partner}")).errors(400, &[("programme", "unknown_value")]);
    }

    fn rejects_invalid_lists(server: &TestServer) {
        let key = server.editor_key();
        let post = |body: Value| server.request("POST", "/v1/videos").key(&key).json(&body).send();
        let many = vec!["topic"; 10_000];
        post(json!({"title": "V", "topics": many, "countries": vec!["AL"; 10_000]})).errors(422, &[("/topics", "too_many"), ("/countries", "too_many")]);
        post(json!({"title": "V", "sources": vec![json!({"kind": "youtube", "url": "https://youtu.be/x"}); 501]})).errors(422, &[("/sources", "too_many")]);
        for (field, value, code) in [
            ("recorded_on", json!("2026-02-30"), "invalid_date"), ("recorded_on", json!("999999-01-01"), "invalid_date"), ("recorded_on", json!("-2026-01-01"), "invalid_date"),
            ("published_at", json!("2026-13-01T00:00:00Z"), "invalid_time"), ("published_at", json!("99999-01-01T00:00:00Z"), "invalid_time"),
            ("duration_seconds", json!(-1), "out_of_range"), ("duration_seconds", json!(1e300), "out_of_range"), ("duration_seconds", json!("60"), "wrong_type"),
        ] {
            let mut body = json!({"title": "V"});
            body[field] = value;
            post(body).errors(422, &[(&format!("/{field}"), code)]);
        }
        assert_eq!(server.request("GET", "/v1/videos?status=draft,published,archived&total=true").key(&key).send().json()["page"]["total"], 0);
    }

    // `312.0` is the same number as `312`, to JSON Schema too.
    fn accepts_integers_with_zero_fraction(server: &TestServer) {
        let key = server.editor_key();
        let post = |duration: &str| server.request("POST", "/v1/videos?fields=duration_seconds").key(&key).header("Content-Type", "application/json")
            .body(format!(r#"{{"title": "V", "duration_seconds": {duration}}}"#)).send();
        for number in ["312", "312.0", "3.12e2", "312.000000"] {
            assert_eq!(post(number).expect(201).json()["duration_seconds"], 312, "{number}");
        }
        for number in ["312.5", "1e300", "0.0", "1e-300", "864001.0"] {
            post(number).errors(422, &[("/duration_seconds", "out_of_range")]);
        }
    }

    demo fn validates_references(server: &TestServer) {
        let key = server.editor_key();
        let patch = |body: Value| server.request("PATCH", VIDEO).key(&key).json(&body).send();
        let partner = server.read("/v1/partners/eu")["id"].clone();
        patch(json!({"programme": "eu"})).errors(422, &[("/programme", "unknown_reference")]);
        patch(json!({"programme": partner})).errors(422, &[("/programme", "unknown_reference")]);
        patch(json!({"topics": ["sport", "sport"]})).errors(422, &[("/topics/1", "repeated")]);
        patch(json!({"topics": [{"name": "sport"}]})).errors(422, &[("/topics/0", "invalid_reference")]);
        patch(json!({"partners": [{"partner": {"id": partner, "slug": "ignored"}, "role": "host"}], "topics": [{"slug": "sport"}], "programme": null})).expect(200);
        let video = server.read(VIDEO);
        assert_eq!((video["partners"][0]["partner"]["slug"].as_str(), video["topics"][0]["slug"].as_str(), &video["programme"]), (Some("eu"), Some("sport"), &Value::Null));
    }

    demo fn rejects_topic_cycles(server: &TestServer) {
        let key = server.editor_key();
        let patch = |topic: &str, parent: &str| server.request("PATCH", &format!("/v1/topics/{topic}")).key(&key).json(&json!({"parent": parent})).send();
        patch("sport", "sport").errors(422, &[("/parent", "cycle")]);
        patch("social-norms", "masculinity").errors(422, &[("/parent", "cycle")]);
        patch("sport", "masculinity").expect(200);
        patch("social-norms", "sport").errors(422, &[("/parent", "cycle")]);
    }

    fn rejects_contradictory_fields(server: &TestServer) {
        let key = server.editor_key();
        let post = |path: &str, body: Value| server.request("POST", path).key(&key).json(&body).send();
        post("/v1/videos", json!({"slug": "v", "title": "V", "duration_seconds": 60})).expect(201);
        for (evidence, errors) in [
            (json!([{"video": "v", "start_seconds": 10, "end_seconds": 61}]), vec![("/evidence/0/end_seconds", "out_of_range")]),
            (json!([{"video": "v"}, {"video": "v", "start_seconds": 60.001}]), vec![("/evidence/1/start_seconds", "out_of_range")]),
            (json!([{"video": "v", "start_seconds": 20, "end_seconds": 10}]), vec![("/evidence/0/end_seconds", "invalid_range")]),
            (json!([{"video": "v", "start_seconds": -1}]), vec![("/evidence/0/start_seconds", "out_of_range")]),
            (json!([{"start_seconds": 1}]), vec![("/evidence/0/video", "required")]),
        ] {
            post("/v1/impact-statistics", json!({"label": "L", "evidence": evidence})).errors(422, &errors);
        }
        post("/v1/impact-statistics", json!({"label": "L", "evidence": [{"video": "v", "start_seconds": 10, "end_seconds": 60}]})).expect(201);
        post("/v1/impact-statistics", json!({"label": "L", "period_start": "2024-02-01", "period_end": "2024-01-31", "target": {"value": "1", "period_start": "2025-01-01", "period_end": "2024-01-01"}}))
            .errors(422, &[("/period_end", "invalid_range"), ("/target/period_end", "invalid_range")]);
        post("/v1/impact-statistics", json!({"label": "L", "value": "5", "measure": "qualitative"})).errors(422, &[("/value", "not_allowed")]);
        for bad in [json!("1,5"), json!("1e3"), json!(""), json!("five"), json!(true), json!({"amount": 1})] {
            post("/v1/impact-statistics", json!({"label": "L", "value": bad})).errors(422, &[("/value", "invalid_decimal")]);
        }
        for (given, stored) in [(json!("007.50"), "7.50"), (json!(500), "500"), (json!(0.1), "0.1"), (json!("-0"), "0")] {
            assert_eq!(server.create(&key, "/v1/impact-statistics", &json!({"label": "L", "value": given}))["value"], stored);
        }
        post("/v1/programmes", json!({"title": "P", "start_date": "2024-02-01", "end_date": "2024-01-31"})).errors(422, &[("/end_date", "invalid_range")]);
        post("/v1/videos", json!({"title": "C", "duration_seconds": 60, "chapters": [{"start_seconds": 1, "title": "a"}, {"start_seconds": 1, "title": "b"}]})).errors(422, &[("/chapters", "repeated")]);
        post("/v1/videos", json!({"title": "C", "chapters": [{"start_seconds": 1.001, "title": "b"}, {"start_seconds": 1, "title": "a"}]})).expect(201);
        for day in ["+12345-1-1", "2024-1-001", " 2024-1-01", "2024-01- 1", "0000-01-01", "2023-02-29"] {
            post("/v1/videos", json!({"title": "C", "recorded_on": day})).errors(422, &[("/recorded_on", "invalid_date")]);
        }
        post("/v1/videos", json!({"title": "C", "duration_seconds": 60, "chapters": [{"start_seconds": 60, "title": "a"}]})).errors(422, &[("/chapters", "out_of_range")]);
    }

    demo fn bodies_with_repeated_members_are_rejected(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: &str| server.request(method, path).key(&key).header("Content-Type", "application/json").body(body).send();
        send("POST", "/v1/topics", r#"{"name": "a", "name": "b"}"#).errors(422, &[("/name", "repeated_member")]);
        send("PUT", "/v1/topics/masculinity", r#"{"translations": {"en": {"name": "a"}, "en": {"name": "b"}}}"#).errors(422, &[("/translations/en", "repeated_member")]);
        send("PATCH", VIDEO, r#"{"sources": [{"kind": "file", "url": "https://e.org/a.mp4", "url": "https://e.org/b.mp4"}]}"#).errors(422, &[("/sources/0/url", "repeated_member")]);
        assert_eq!(server.read("/v1/topics/masculinity")["revision"], 1);
    }

    fn bodies_with_byte_order_mark_are_accepted(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: &str| server.request(method, path).key(&key).header("Content-Type", "application/json; charset=utf-8").body(body).skip_contract_check().send();
        send("POST", "/v1/topics", "\u{FEFF}{\"name\": \"Marked\"}").expect(201);
        send("PATCH", "/v1/topics/marked", "\u{FEFF}{\"name\": \"Changed\"}").expect(200);
        send("PUT", "/v1/topics/marked", "\u{FEFF}\u{FEFF}{\"name\": \"Twice\"}").problem(400, "malformed-request");
    }

    fn bodies_with_content_coding_are_rejected(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"title": "Video"}));
        for (method, path, media_type) in [
            ("POST", "/v1/topics", "application/json"),
            ("PUT", "/v1/topics/coded", "application/json"),
            ("PATCH", "/v1/videos/video", "application/merge-patch+json"),
            ("PUT", "/v1/videos/video/captions/en", "text/vtt"),
            ("POST", "/v1/impact-statistics/import", "text/csv"),
            // Writes without a body.
            ("POST", "/v1/videos/video/restore", ""),
            ("DELETE", "/v1/videos/video/captions/en", ""),
            ("DELETE", "/v1/videos/video", ""),
        ] {
            let send = |coding: &str| {
                let request = server.request(method, path).key(&key).header("Content-Encoding", coding);
                if media_type.is_empty() { request.send() } else { request.header("Content-Type", media_type).body("{}").send() }
            };
            for coding in ["gzip", "br", "identity, gzip"] {
                let response = send(coding).expect(415);
                assert_eq!(response.required_header("accept-encoding"), "identity", "{path}");
                assert!(response.json()["detail"].as_str().unwrap().contains("Content-Encoding"), "{path}");
            }
            assert_ne!(send("identity").status, 415, "{path}");
        }
    }
}
