//! Invalid parameters are rejected with suggestions; none is ignored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::on_both;

on_both! {
    demo fn rejects_each_invalid_parameter(server: &TestServer) {
        let ids = vec!["a"; 101].join(",");
        let cases: Vec<(String, &str, &str)> = [
            ("limt=5", "limt", "unknown_parameter"), ("limit=0", "limit", "out_of_range"), ("limit=101", "limit", "out_of_range"),
            ("limit=ten", "limit", "out_of_range"), ("limit=", "limit", "out_of_range"), ("offset=10001", "offset", "out_of_range"),
            ("offset=-1", "offset", "out_of_range"), ("country=RX", "country", "unknown_value"), ("country=!RX", "country", "unknown_value"),
            ("country=", "country", "empty_value"), ("country=AL,,MK", "country", "empty_value"), ("sort=foo", "sort", "unknown_value"),
            ("sort=relevance", "sort", "unknown_value"), ("include=foo", "include", "unknown_value"), ("fields=foo", "fields", "unknown_value"),
            ("cursor=forged", "cursor", "invalid_cursor"), ("total=yes", "total", "invalid_value"), ("lang=!!", "lang", "invalid_language"),
            ("programme=no-such", "programme", "unknown_value"), ("topic=preventoin", "topic", "unknown_value"), ("partner=!nobody", "partner", "unknown_value"),
            ("text_language=english-language", "text_language", "unknown_value"), ("kind=youtub", "kind", "unknown_value"), ("has=caption", "has", "unknown_value"),
            ("status=draft", "status", "needs_key"), ("status=publish", "status", "unknown_value"), ("published_after=yesterday", "published_after", "invalid_time"),
            ("published_before=2026-13-01", "published_before", "invalid_time"), ("updated_since=1", "updated_since", "invalid_time"),
            ("recorded_after=2026-02-30", "recorded_after", "invalid_date"), ("recorded_after=%2B12345-1-1", "recorded_after", "invalid_date"), ("recorded_before=2026-5-%207", "recorded_before", "invalid_date"), ("min_duration=x", "min_duration", "out_of_range"),
            ("limit=1&limit=2", "limit", "repeated"), ("q=%00", "q", "invalid_text"), ("offset=%2B", "offset", "out_of_range"),
        ]
        .into_iter()
        .map(|(query, parameter, code)| (query.to_owned(), parameter, code))
        .chain([(format!("ids={ids}"), "ids", "too_many"), (format!("q={}", "a".repeat(2_001)), "q", "too_long")])
        .collect();
        for (query, parameter, code) in cases {
            server.get(&format!("/v1/videos?{query}")).errors(400, &[(parameter, code)]);
        }
        for (query, code) in [("min_value=1.000,5", "invalid_value"), ("min_value=1e3", "invalid_value"), ("min_value=", "invalid_value")] {
            server.get(&format!("/v1/impact-statistics?{query}")).errors(400, &[("min_value", code)]);
        }
        server.get(&format!("/v1/countries?q={}", "a".repeat(2_001))).errors(400, &[("q", "too_long")]);
        server.get(&format!("/v1/videos?q={}", "%D0%B6".repeat(1_000))).expect(200);
        server.get("/v1/partners?is_group=maybe").errors(400, &[("is_group", "unknown_value")]);
        server.get("/v1/countries?sort=size&limt=1").errors(400, &[("sort", "unknown_value"), ("limt", "unknown_parameter")]);
    }

    demo fn filter_reference_lookup_follows_writes(server: &TestServer) {
        let (key, list) = (server.editor_key(), "/v1/videos?topic=sport&fields=slug");
        let patch = |topic: &str, body: serde_json::Value| server.request("PATCH", &format!("/v1/topics/{topic}")).key(&key).json(&body).send().expect(200);
        let before = server.slugs(list);
        assert!(!before.is_empty());
        assert_eq!(server.slugs(list), before, "as cached");
        patch("sport?on_references=keep", serde_json::json!({"status": "draft"}));
        server.get(list).errors(400, &[("topic", "unknown_value")]);
        patch("sport", serde_json::json!({"status": "published", "slug": "sports"}));
        assert_eq!(server.slugs(list), before, "by its former slug");
        assert_eq!(server.slugs("/v1/videos?topic=sports&fields=slug"), before);
    }

    demo fn suggests_closest_parameter_name(server: &TestServer) {
        for (query, suggestion) in [
            ("limt=5", "`limit`"), ("contry=AL", "`country`"), ("sort=titel", "`title`"), ("include=program", "`programme`"), ("fields=slugg", "`slug`"),
            ("topic=preventoin", "`prevention`"), ("partner=un-woman", "`un-women`"), ("kind=youtub", "`youtube`"), ("status=publishd", "`published`"),
        ] {
            let problem = server.get(&format!("/v1/videos?{query}")).problem(400, "invalid-parameter");
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains("id you mean") && detail.contains(suggestion), "{query}: {detail}");
        }
    }

    demo fn reports_all_invalid_parameters(server: &TestServer) {
        let expected = [("limit", "out_of_range"), ("sort", "unknown_value"), ("country", "unknown_value"), ("foo", "unknown_parameter"), ("lang", "invalid_language")];
        server.get("/v1/videos?limit=0&sort=foo&country=RX&foo=1&lang=.").errors(400, &expected);
    }

    demo fn limits_problem_size(server: &TestServer) {
        let names: Vec<String> = (0..2_500).map(|number| format!("p{number}")).collect();
        let response = server.get(&format!("/v1/videos?{}", names.join("&")));
        assert!(response.body.len() < 131_072, "{} bytes", response.body.len());
        let problem = response.problem(400, "invalid-parameter");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
        assert!(problem["detail"].as_str().unwrap().contains("Only the first 100 errors are listed."), "{problem}");
    }

    demo fn item_and_write_routes_reject_unknown_parameters(server: &TestServer) {
        server.get("/v1/videos/testimonials-part-one?feilds=title").errors(400, &[("feilds", "unknown_parameter")]);
        server.get("/v1/videos/testimonials-part-one?limit=1").errors(400, &[("limit", "unknown_parameter")]);
        server.get("/v1/countries/XK?include=x").errors(400, &[("include", "unknown_parameter")]);
        let key = server.editor_key();
        server.request("POST", "/v1/topics?dry=1").key(&key).json(&serde_json::json!({"name": "A"})).send().errors(400, &[("dry", "unknown_parameter")]);
        server.request("DELETE", "/v1/topics/explainer?force=1").key(&key).send().errors(400, &[("force", "unknown_parameter")]);
        assert_eq!(server.slugs("/v1/topics?ids=explainer"), ["explainer"]);
    }

    demo fn rejects_forged_or_foreign_cursors(server: &TestServer) {
        let page = server.read("/v1/videos?limit=2&sort=title");
        let cursor = page["page"]["next_cursor"].as_str().unwrap();
        server.get(&format!("/v1/videos?limit=2&sort=title&cursor={cursor}&offset=0")).errors(400, &[("offset", "conflicting")]);
        for other in ["sort=-title", "sort=title&country=AL", "sort=title&lang=mk", "sort=title&q=forum", ""] {
            server.get(&format!("/v1/videos?limit=2&{other}&cursor={cursor}")).errors(400, &[("cursor", "foreign_cursor")]);
        }
        server.get(&format!("/v1/partners?sort=name&cursor={cursor}")).errors(400, &[("cursor", "foreign_cursor")]);
        server.get(&format!("/v1/videos?sort=title&limit=7&cursor={cursor}")).expect(200);
        server.get(&format!("/v1/videos?sort=title&total=true&fields=slug&cursor={cursor}")).expect(200);
        let mut content: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        // Serialized like the server does, so that only the forged part is invalid.
        let forged = |content: &serde_json::Value| {
            URL_SAFE_NO_PAD.encode(format!(r#"{{"q":{},"b":{},"k":{},"i":{}}}"#, content["q"], content["b"], content["k"], content["i"]))
        };
        assert_eq!(forged(&content), cursor);
        let reordered = URL_SAFE_NO_PAD.encode(content.to_string());
        server.get(&format!("/v1/videos?sort=title&cursor={reordered}")).errors(400, &[("cursor", "invalid_cursor")]);
        content["i"] = "0".into();
        server.get(&format!("/v1/videos?sort=title&cursor={}", forged(&content))).errors(400, &[("cursor", "invalid_cursor")]);
        for keys in [serde_json::json!([]), serde_json::json!(["a", "b"])] {
            content["i"] = "0192f0c14f5e7c3a9a5b3f1c8e2d7b60".into();
            content["k"] = keys;
            server.get(&format!("/v1/videos?sort=title&cursor={}", forged(&content))).errors(400, &[("cursor", "invalid_cursor")]);
        }
        // Keys of the wrong type, for a sort by number.
        let page = server.read("/v1/videos?sort=published_at&limit=2");
        let mut content: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(page["page"]["next_cursor"].as_str().unwrap()).unwrap()).unwrap();
        for key in ["x", "", "99999999999999999999999", "-1", "9223372036854775807"] {
            content["k"] = serde_json::json!([key]);
            let response = server.get(&format!("/v1/videos?sort=published_at&cursor={}", forged(&content)));
            assert!(response.status == 400 || response.status == 200, "{key}: {}", response.text());
        }
    }

    demo fn non_utf8_url_returns_400(server: &TestServer) {
        for query in ["q=%zz", "q=%", "q=%f", "q=%ff", "%ff=1", "q=%C5", "q=%ED%A0%80"] {
            let problem = server.raw_request("GET", &format!("/v1/videos?{query}"), "").problem(400, "invalid-parameter");
            assert_eq!(problem["errors"][0]["code"], "invalid_encoding", "{query}");
        }
        for path in ["/v1/videos/%zz", "/v1/videos/%ff", "/v1/videos/%00", "/v1/videos/%C5", "/v1/countries/%ff", "/v1/countries/%00"] {
            let response = server.raw_request("GET", path, "");
            assert!([400, 404].contains(&response.status), "{path}: {}", response.text());
            assert_eq!(response.required_header("content-type"), "application/problem+json", "{path}");
        }
        let response = server.raw_request("GET", "/v1/vid%ffeos", "");
        assert!([400, 404].contains(&response.status), "{}", response.text());
        let response = server.raw(b"GET /v1/videos?q=\xc5\xbe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!([200, 400].contains(&response.status));
    }

    demo fn too_long_url_returns_414(server: &TestServer) {
        let long = "a".repeat(20_000);
        server.raw_request("GET", &format!("/v1/videos?q={long}"), "").problem(414, "uri-too-long");
        let ids = (0..10_000).map(|number| format!("v{number}")).collect::<Vec<_>>().join(",");
        server.raw_request("GET", &format!("/v1/videos?ids={ids}"), "").problem(414, "uri-too-long");
        let ids = vec!["v"; 7_000].join(",");
        server.get(&format!("/v1/videos?ids={ids}")).errors(400, &[("ids", "too_many")]);
        server.get(&format!("/v1/videos?q={}", "žena ".repeat(300).replace(' ', "+").replace('ž', "%C5%BE"))).expect(200);
    }
}
