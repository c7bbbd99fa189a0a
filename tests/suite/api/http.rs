//! Behaviour of all routes: problems, methods, CORS, security headers, request ids, discovery.

use kinoteka::http::problem::ProblemKind;
use serde_json::json;

use crate::on_both;

on_both! {
    fn every_problem_type_has_documentation(server: &TestServer) {
        for kind in ProblemKind::ALL {
            let definition = kind.definition();
            let path = format!("/problems/{}", definition.code);
            let explanation = server.get(&path).expect(200).json();
            assert_eq!((explanation["code"].as_str(), explanation["status"].as_u64()), (Some(definition.code), Some(u64::from(definition.status))));
            let page = server.request("GET", &path).header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8").send().expect(200);
            assert!(page.required_header("content-type").starts_with("text/html") && page.text().contains(definition.title));
            assert_eq!(page.required_header("vary"), "Accept, Accept-Encoding");
        }
        server.get("/problems/no-such-problem").problem(404, "not-found");
    }

    fn problem_type_url_resolves(server: &TestServer) {
        let problem = server.get("/v1/videos/nothing").problem(404, "not-found");
        assert_eq!((problem["instance"].as_str(), problem["title"].as_str()), (Some("/v1/videos/nothing"), Some("Not found")));
        let path = problem["type"].as_str().unwrap().strip_prefix(&server.base()).unwrap();
        assert_eq!(server.read(path)["title"], "Not found");
    }

    fn unknown_path_returns_404(server: &TestServer) {
        for path in ["/v1/", "/v1/films", "/v2/videos", "/v1/videos/a/b", "/v1/videos/", "/v1//videos"] {
            server.request("GET", path).skip_contract_check().send().problem(404, "not-found");
        }
        let root = server.request("GET", "/").skip_contract_check().send().expect(302);
        assert_eq!(root.required_header("location"), format!("{}/docs", server.base()));
        assert_eq!(server.request("GET", "/favicon.ico").skip_contract_check().send().expect(200).required_header("content-type"), "image/svg+xml");
    }

    fn unsupported_method_returns_405_with_allow(server: &TestServer) {
        for (path, allow) in [
            ("/v1/videos", "GET, HEAD, OPTIONS, POST"), ("/v1/videos/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"), ("/v1/countries", "GET, HEAD, OPTIONS"), ("/healthz", "GET, HEAD, OPTIONS"), ("/openapi.json", "GET, HEAD, OPTIONS"),
        ] {
            for method in ["TRACE", "QUERY"] {
                let response = server.request(method, path).skip_contract_check().send();
                assert_eq!(response.required_header("allow"), allow, "{method} {path}");
                response.problem(405, "method-not-allowed");
            }
            let options = server.request("OPTIONS", path).skip_contract_check().send().expect(204);
            assert_eq!(options.required_header("allow"), allow);
            assert!(options.body.is_empty());
        }
        server.request("DELETE", "/v1/videos").skip_contract_check().send().problem(405, "method-not-allowed");
        let options = server.request("OPTIONS", "/v1/videos/x").skip_contract_check().send();
        assert_eq!(options.required_header("accept-patch"), "application/merge-patch+json, application/json");
    }

    demo fn cors_allows_any_origin_by_default(server: &TestServer) {
        let simple = server.request("GET", "/v1/videos").header("Origin", "https://site.example").send().expect(200);
        assert_eq!(simple.required_header("access-control-allow-origin"), "*");
        let exposed = simple.required_header("access-control-expose-headers").to_ascii_lowercase();
        assert!(["etag", "link", "location", "content-language", "x-request-id"].iter().all(|name| exposed.contains(name)), "{exposed}");
        assert_eq!(simple.header("access-control-allow-credentials"), None);
        let preflight = server
            .request("OPTIONS", "/v1/videos/x")
            .header("Origin", "https://site.example")
            .header("Access-Control-Request-Method", "PATCH")
            .header("Access-Control-Request-Headers", "authorization, content-type, if-match")
            .skip_contract_check()
            .send();
        assert!([200, 204].contains(&preflight.status), "{}", preflight.status);
        assert!(preflight.required_header("access-control-allow-methods").contains("PATCH"));
        let allowed = preflight.required_header("access-control-allow-headers").to_ascii_lowercase();
        assert!(allowed == "*" || allowed.contains("authorization"), "{allowed}");
        let problem = server.request("GET", "/v1/videos/none").header("Origin", "https://site.example").send();
        assert_eq!(problem.required_header("access-control-allow-origin"), "*", "a script must be able to read problems too");
        problem.problem(404, "not-found");
        // No ambient credentials exist, so a page of another site cannot write with a visitor's
        // key.
        server.request("POST", "/v1/topics").header("Origin", "https://site.example").json(&json!({"name": "N"})).send().problem(401, "unauthenticated");
    }

    fn cors_origins_are_configurable(server: &TestServer, |settings| settings.cors_origins = vec!["https://good.example".to_owned()]) {
        let ask = |origin: &str| server.request("GET", "/v1/videos").header("Origin", origin).send().expect(200);
        assert_eq!(ask("https://good.example").required_header("access-control-allow-origin"), "https://good.example");
        assert_eq!(ask("https://bad.example").header("access-control-allow-origin"), None);
        for response in [ask("https://good.example"), server.get("/v1/videos")] {
            assert!(response.headers.iter().any(|(name, value)| name == "vary" && value.contains("Origin")), "`Vary` does not contain `Origin`: {:?}", response.headers);
        }
    }

    demo fn unacceptable_media_type_returns_406(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos/testimonials-part-one", "/v1/countries"] {
            for refused in ["text/html", "application/xml", "application/json;q=0", "image/*"] {
                server.request("GET", path).header("Accept", refused).send().problem(406, "not-acceptable");
            }
            for accepted in ["*/*", "application/*", "application/json", "text/html, application/json;q=0.1", "text/html,*/*;q=0.8", ""] {
                server.request("GET", path).header("Accept", accepted).send().expect(200);
            }
        }
    }

    demo fn errors_of_a_request_have_a_fixed_order(server: &TestServer) {
        let path = "/v1/videos/testimonials-part-one?unknown=1";
        let send = |method: &str, headers: &[(&str, &str)]| {
            let mut request = server.request(method, path).skip_contract_check();
            for (name, value) in headers {
                request = request.header(name, value);
            }
            request.send()
        };
        let html = ("Accept", "text/html");
        let unknown_key = ("Authorization", "Bearer kt_unknown");
        let viewer = format!("Bearer {}", server.viewer_key());
        let editor = format!("Bearer {}", server.editor_key());
        let precondition = ("If-None-Match", "\"tag\"");
        send("GET", &[html, unknown_key]).problem(406, "not-acceptable");
        send("GET", &[unknown_key]).problem(401, "unauthenticated");
        send("GET", &[]).problem(400, "invalid-parameter");
        for method in ["PUT", "PATCH"] {
            send(method, &[html, unknown_key, precondition]).problem(406, "not-acceptable");
            send(method, &[unknown_key, precondition]).problem(401, "unauthenticated");
            send(method, &[precondition]).problem(401, "unauthenticated");
            send(method, &[("Authorization", &viewer), precondition]).problem(403, "forbidden");
            let problem = send(method, &[("Authorization", &editor), precondition]).problem(400, "invalid-parameter");
            assert_eq!(problem["errors"][0]["parameter"], "If-None-Match");
            let problem = send(method, &[("Authorization", &editor)]).problem(400, "invalid-parameter");
            assert_eq!(problem["errors"][0]["parameter"], "unknown");
        }
        send("DELETE", &[("Authorization", &viewer), precondition]).problem(403, "forbidden");
    }

    demo fn responses_have_security_headers_and_no_cookies(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos/none", "/v1/videos?limit=0", "/openapi.json", "/healthz", "/problems/gone", "/docs", "/nowhere"] {
            let response = server.request("GET", path).skip_contract_check().send();
            assert_eq!(response.required_header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(response.required_header("referrer-policy"), "no-referrer");
            assert_eq!(response.required_header("x-frame-options"), "DENY");
            assert!(response.required_header("content-security-policy").contains("default-src 'none'") && response.required_header("content-security-policy").contains("frame-ancestors 'none'"));
            assert_eq!(response.required_header("cross-origin-resource-policy"), "cross-origin");
            assert!(response.required_header("x-request-id").len() >= 8);
            assert!(response.header("set-cookie").is_none() && response.header("server").is_none() && response.header("x-powered-by").is_none());
        }
    }

    fn valid_request_id_is_echoed(server: &TestServer) {
        let ask = |id: &str| server.request("GET", "/v1/videos/none").header("X-Request-Id", id).send();
        let problem = ask("trace-42.a_b").problem(404, "not-found");
        assert_eq!(problem["request_id"], "trace-42.a_b");
        for strange in ["a b", "<script>", &"x".repeat(65), ""] {
            assert_ne!(ask(strange).required_header("x-request-id"), strange);
        }
    }

    fn documentation_loads_no_external_resources(server: &TestServer) {
        let page = server.request("GET", "/docs").skip_contract_check().send().expect(200);
        assert!(page.required_header("content-type").starts_with("text/html"));
        let text = page.text();
        assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
        for quoted in text.split('"').filter(|part| part.starts_with("/docs/") || part.starts_with("docs/")) {
            server.request("GET", &format!("/{}", quoted.trim_start_matches('/'))).skip_contract_check().send().expect(200);
        }
        server.request("GET", "/docs/nothing.js").skip_contract_check().send().problem(404, "not-found");
    }

    fn documentation_can_be_disabled(server: &TestServer, |settings| settings.docs = false) {
        server.request("GET", "/docs").skip_contract_check().send().problem(404, "not-found");
    }

    fn api_is_discoverable_from_host(server: &TestServer) {
        let catalog = server.get("/.well-known/api-catalog").expect(200);
        assert_eq!(catalog.required_header("content-type"), "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"");
        let base = server.base();
        assert_eq!(catalog.required_header("link"), format!("<{base}/.well-known/api-catalog>; rel=\"api-catalog\""));
        let links = catalog.json();
        let (itself, api) = (&links["linkset"][0], &links["linkset"][1]);
        assert_eq!((itself["anchor"].as_str().unwrap(), &itself["item"][0]["href"]), (&*format!("{base}/.well-known/api-catalog"), &api["anchor"]));
        assert_eq!(api["anchor"], format!("{base}/v1"));
        for (relation, paths) in [("service-desc", &["/openapi.json", "/openapi.yaml"][..]), ("service-doc", &["/docs"]), ("status", &["/healthz"])] {
            let targets = api[relation].as_array().unwrap();
            assert_eq!(targets.len(), paths.len(), "{relation}");
            for (target, path) in targets.iter().zip(paths) {
                assert_eq!(target["href"], format!("{base}{path}"));
                let there = server.request("GET", path).skip_contract_check().send().expect(200);
                assert_eq!(there.required_header("content-type").split(';').next(), target["type"].as_str(), "{path}");
            }
        }
    }

    fn entry_point_lists_every_resource(server: &TestServer) {
        let base = server.base();
        let entry = server.read("/v1");
        assert_eq!((&entry["api_version"], &entry["version"]), (&json!("v1"), &json!(env!("CARGO_PKG_VERSION"))));
        let names: Vec<&str> = entry["resources"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["videos", "programmes", "partners", "results", "indicators", "impact-statistics", "topics", "saved-queries", "countries", "search"]);
        for resource in entry["resources"].as_array().unwrap() {
            let path = resource["url"].as_str().unwrap().strip_prefix(&base).unwrap();
            let path = if path == "/v1/search" { format!("{path}?q=film") } else { path.to_owned() };
            assert!(server.read(&path)["data"].is_array(), "{path}");
        }
        for (name, path) in [("self", "/v1"), ("openapi", "/openapi.json"), ("documentation", "/docs"), ("datasets", "/catalog.jsonld")] {
            assert_eq!(entry["links"][name], format!("{base}{path}"), "{name}");
            server.request("GET", path).skip_contract_check().send().expect(200);
        }
        server.get("/v1?lang=en").errors(400, &[("lang", "unknown_parameter")]);
        server.request("GET", "/v1").header("Accept", "text/html").send().problem(406, "not-acceptable");
        server.request("POST", "/v1").skip_contract_check().send().problem(405, "method-not-allowed");
        server.request("GET", "/v1/").skip_contract_check().send().problem(404, "not-found");
    }

    fn api_catalog_uses_configured_url_and_omits_disabled_pages(server: &TestServer, |settings| { settings.base_url = Some("https://catalogue.example.org/media/".to_owned()); settings.docs = false; }) {
        let api = server.read("/.well-known/api-catalog")["linkset"][1].clone();
        assert_eq!(api["anchor"], "https://catalogue.example.org/media/v1");
        assert_eq!(server.read("/v1")["links"].get("documentation"), None);
        assert_eq!(api["service-desc"][0]["href"], "https://catalogue.example.org/media/openapi.json");
        assert_eq!(api.get("service-doc"), None, "/docs is disabled");
    }
}
