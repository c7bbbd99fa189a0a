//! The base URL of links: only configuration determines it, and every representation of another base
//! URL has another entity tag.

use serde_json::json;

use crate::on_both;

/// Responses with absolute links, of every module that makes them.
const LINKING_PATHS: [&str; 23] = [
    "/v1/videos?limit=1",
    "/v1/videos/testimonials-part-one",
    "/v1/programmes",
    "/v1/countries?limit=1",
    "/v1/countries/XK",
    "/v1/search?q=violence",
    "/v1/suggest?q=vio",
    "/v1/impact-statistics/summary?separate=true",
    "/v1/impact-statistics/chart.svg",
    "/v1/videos/testimonials-part-one/captions",
    "/v1/videos.csv",
    "/feeds/videos.rss",
    "/feeds/videos.atom",
    "/feeds/saved-queries.opml",
    "/sitemap-videos.xml",
    "/catalog.jsonld",
    "/.well-known/api-catalog",
    "/v1",
    "/embed",
    "/embed/videos",
    "/embed/videos/testimonials-part-one",
    "/embed/integrity.json",
    "/v1/videos/testimonials-part-one/schema.jsonld",
];

on_both! {
    demo fn hosts_that_are_not_allowed_are_rejected(server: &TestServer) {
        let raw = |host: &str, path: &str| server.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        for path in LINKING_PATHS.into_iter().chain(["/", "/docs", "/v1/none"]) {
            let problem = raw("evil.example", path).problem(421, "misdirected-request");
            assert_eq!(problem["type"], "/problems/misdirected-request", "{path}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("KINOTEKA_BASE_URL") && detail.contains("KINOTEKA_ALLOWED_HOSTS") && detail.contains("evil.example"), "{detail}");
        }
        for path in ["/healthz", "/readyz"] {
            raw("10.9.8.7:8080", path).expect(200);
        }
        for host in ["a b", "\"><svg/onload=1>", "a>; rel=\"stylesheet\", <https://evil.example", "user@localhost", "localhost:99999"] {
            raw(host, "/v1/topics").problem(400, "malformed-request");
        }
        let port = server.address.port();
        for host in [format!("localhost:{port}"), format!("127.0.0.2:{port}"), format!("[::1]:{port}"), "LocalHost".to_owned()] {
            let list = raw(&host, "/v1/topics").expect(200).json();
            assert_eq!(list["links"]["self"], format!("http://{}/v1/topics", host.to_lowercase()));
        }
    }

    demo fn forwarded_headers_of_clients_are_ignored(server: &TestServer) {
        for headers in [
            "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n",
            "Forwarded: host=evil.example;proto=https\r\n",
            "X-Forwarded-Host: %0aalert(1)//x\r\nX-Forwarded-Proto: javascript\r\n",
        ] {
            for path in LINKING_PATHS {
                let (plain, forwarded) = (server.raw_request("GET", path, "").expect(200), server.raw_request("GET", path, headers).expect(200));
                assert!(!forwarded.text().contains("evil.example") && !forwarded.text().contains("javascript:/"), "{path} with {headers}");
                assert_eq!(plain.header("etag"), forwarded.header("etag"), "{path}");
            }
        }
        let key = server.editor_key();
        server.request("PATCH", "/v1/topics/masculinity").key(&key).json(&json!({"slug": "masculinities"})).send().expect(200);
        let moved = server.raw_request("GET", "/v1/topics/masculinity", "X-Forwarded-Host: evil.example\r\n").expect(308);
        assert_eq!(moved.required_header("location"), format!("{}/v1/topics/masculinities", server.base()));
    }

    demo fn entity_tags_differ_by_host(server: &TestServer) {
        let port = server.address.port();
        for path in LINKING_PATHS {
            let from = |host: &str, more: &str| server.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{more}\r\n").as_bytes());
            let (one, other) = (from("127.0.0.1", "").expect(200), from("localhost", "").expect(200));
            let Some(tag) = one.header("etag") else { continue };
            if one.body == other.body {
                continue;
            }
            assert_ne!(Some(tag), other.header("etag"), "{path}");
            let condition = format!("If-None-Match: {tag}\r\n");
            from("127.0.0.1", &condition).expect(304);
            from("localhost", &condition).expect(200);
        }
    }

    demo fn trusted_proxy_determines_host_and_scheme(server: &TestServer, |settings| { settings.allowed_hosts = vec!["Catalogue.example.org".to_owned()]; settings.trusted_proxies = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()]; }) {
        let forwarded = "X-Forwarded-Host: evil.example, catalogue.example.org\r\nX-Forwarded-Proto: http, https\r\n";
        let list = server.raw_request("GET", "/v1/topics", forwarded).expect(200).json();
        assert_eq!(list["links"]["self"], "https://catalogue.example.org/v1/topics");
        server.raw_request("GET", "/v1/topics", "X-Forwarded-Host: evil.example\r\n").problem(421, "misdirected-request");
        server.raw_request("GET", "/v1/topics", "").problem(421, "misdirected-request");
    }

    demo fn everything_works_below_a_base_path(server: &TestServer, |settings| settings.base_url = Some("https://example.org/kino/".to_owned())) {
        // The proxy removes the base path from requests.
        let home = server.request("GET", "/").skip_contract_check().send().expect(302);
        assert_eq!(home.required_header("location"), "https://example.org/kino/docs");
        let document = server.get("/openapi.json").expect(200).json();
        assert_eq!(document["servers"][0]["url"], "https://example.org/kino");
        let yaml = server.get("/openapi.yaml").expect(200).text();
        assert!(yaml.contains("url: https://example.org/kino\n"), "{}", yaml.get(..300).unwrap_or_default());
        let page = server.request("GET", "/docs").skip_contract_check().send().expect(200).text();
        assert!(!page.contains("href=\"/") && !page.contains("src=\"/"), "paths of the page are relative: {page}");
        let script = server.request("GET", "/docs/docs.js").skip_contract_check().send().expect(200).text();
        assert!(script.contains("url: \"openapi.json\""), "{script}");
        let problem = server.get("/v1/videos/none").problem(404, "not-found");
        assert_eq!((problem["instance"].as_str(), problem["type"].as_str()), (Some("/kino/v1/videos/none"), Some("https://example.org/kino/problems/not-found")));
        for path in LINKING_PATHS {
            let text = server.get(path).expect(200).text();
            assert!(!text.contains("127.0.0.1") && !text.contains("http://localhost"), "{path} has a link to the host of the request");
        }
    }
}

on_both! {
    fn root_without_documentation_is_not_found(server: &TestServer, |settings| settings.docs = false) {
        let problem = server.request("GET", "/").skip_contract_check().send().problem(404, "not-found");
        assert!(problem["detail"].as_str().unwrap().ends_with("see /openapi.json."), "{problem}");
    }
}
