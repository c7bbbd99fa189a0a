//! Number of SQL statements per request, independent of the page size.

use crate::on_both;
use crate::support::TestServer;

fn statements(server: &TestServer, path: &str) -> u32 {
    let response = server.get(path).expect(200);
    let timing = response.required_header("server-timing");
    let count = timing
        .strip_prefix("db;desc=\"")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("{timing}"))
}

/// Counts the second request, when reference names are cached.
fn warm(server: &TestServer, path: &str) -> u32 {
    let first = statements(server, path);
    let second = statements(server, path);
    assert!(second <= first, "{path}: {first}, then {second}");
    second
}

on_both! {
    demo fn list_query_count_does_not_depend_on_page_size(server: &TestServer) {
        for (path, include, most) in [
            ("/v1/videos", "programme,topics,partners", 20), ("/v1/programmes", "partners", 12), ("/v1/partners", "translations", 10),
            ("/v1/impact-statistics", "programme,evidence,partner", 20), ("/v1/topics", "parent", 12),
        ] {
            for query in ["", "lang=sr-Cyrl", "lang=all", "q=a&total=true", "sort=-updated_at", "missing=sq.description&total=true", &format!("include={include}")] {
                let all = format!("{path}?limit=100&{query}");
                assert!(statements(server, &all) <= most, "{path}?{query}");
                let (one, all) = (warm(server, &format!("{path}?limit=1&{query}")), warm(server, &all));
                // Included kinds that no item of the page refers to are not read.
                let exact = !query.starts_with("include");
                assert!(one >= 1 && if exact { one == all } else { one <= all && all <= most }, "{path}?{query}: {one} for one item, {all} for all");
            }
        }
    }

    demo fn completeness_adds_one_query(server: &TestServer) {
        for path in ["/v1/videos", "/v1/programmes", "/v1/partners", "/v1/impact-statistics", "/v1/topics", "/v1/videos/testimonials-part-one", "/v1/topics/sport"] {
            for query in ["limit=1", "limit=100", "limit=100&lang=all", "limit=100&missing=sq.description"].iter().filter(|query| path.matches('/').count() == 2 || **query == "limit=1") {
                let query = if path.matches('/').count() == 2 { *query } else { "" };
                let (without, with) = (warm(server, &format!("{path}?{query}")), warm(server, &format!("{path}?{query}&include=completeness")));
                assert_eq!(with, without + 1, "{path}?{query}");
            }
        }
    }

    demo fn cached_reference_names_follow_writes(server: &TestServer) {
        let key = server.editor_key();
        let title = |path: &str| server.read(path)["topics"][0]["title"].as_str().unwrap().to_owned();
        let path = "/v1/videos/football-players-against-toxic-masculinity?lang=en";
        let before = title(path);
        assert_eq!(title(path), before);
        let topic = server.read(path)["topics"][0]["slug"].as_str().unwrap().to_owned();
        server.patch(&key, &format!("/v1/topics/{topic}"), &serde_json::json!({"translations": {"en": {"name": "Renamed"}}}));
        assert_eq!(title(path), "Renamed");
        let shown = |path: &str| server.read(path)["topics"].as_array().unwrap().len();
        let count = shown(path);
        server.patch(&key, &format!("/v1/topics/{topic}?on_references=keep"), &serde_json::json!({"status": "draft"}));
        assert_eq!(shown(path), count - 1, "the public no longer sees it");
        let with_key = server.request("GET", path).key(&key).send().json();
        assert_eq!(with_key["topics"].as_array().unwrap().len(), count, "requests with a key do");
        assert_eq!(shown(path), count - 1, "and her response is not cached for others");
    }

    demo fn item_query_count_is_bounded(server: &TestServer) {
        for path in ["/v1/videos/testimonials-part-one", "/v1/programmes/implementing-norms-changing-minds", "/v1/topics/sport", "/v1/partners/eu", "/v1/impact-statistics/women-who-know-their-rights"] {
            let count = statements(server, path);
            assert!((1..=10).contains(&count), "{path}: {count}");
        }
    }

    demo fn not_modified_takes_fewer_queries(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos/testimonials-part-one"] {
            let full = server.get(path);
            let again = server.request("GET", path).header("If-None-Match", full.required_header("etag")).send().expect(304);
            let count = |response: &crate::support::server::Response| response.required_header("server-timing").split(['"', ' ']).nth(1).unwrap().parse::<u32>().unwrap();
            // On PostgreSQL a single statement reads an item, and also finds that it is not
            // modified.
            let fewer = count(&again) < count(&full) || count(&full) == 1;
            assert!(fewer, "{path}: {} of {}", count(&again), count(&full));
        }
    }

    demo fn item_takes_one_postgres_round_trip(server: &TestServer) {
        // The likely language, another script and fallbacks are read in the same statement.
        for language in ["en", "sr-Cyrl", "de"] {
            let count = warm(server, &format!("/v1/videos/testimonials-part-one?lang={language}"));
            // Two on SQLite, within a transaction.
            assert_eq!(count, if server.settings.database_url.starts_with("postgres") { 1 } else { 4 }, "{language}");
        }
    }

    demo fn list_takes_two_postgres_round_trips(server: &TestServer) {
        for query in ["lang=en", "lang=sq&country=RS&programme=implementing-norms-changing-minds", "lang=tr&sort=title"] {
            let count = warm(server, &format!("/v1/videos?{query}"));
            // On SQLite: revisions, page, items and texts, within a transaction.
            assert_eq!(count, if server.settings.database_url.starts_with("postgres") { 2 } else { 6 }, "{query}");
        }
    }

    fn server_timing_is_off_by_default(server: &TestServer, |settings| settings.server_timing = false) {
        assert_eq!(server.get("/v1/videos").header("server-timing"), None);
    }
}
