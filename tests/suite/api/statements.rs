//! A page of any size costs a fixed number of statements.

use crate::on_both;
use crate::support::TestServer;

fn statements(server: &TestServer, path: &str) -> u32 {
    let answer = server.get(path).expect(200);
    let timing = answer.must("server-timing");
    let count = timing
        .strip_prefix("db;desc=\"")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("{timing}"))
}

/// The second answer: names that the first has read are kept.
fn warm(server: &TestServer, path: &str) -> u32 {
    let first = statements(server, path);
    let second = statements(server, path);
    assert!(second <= first, "{path}: {first}, then {second}");
    second
}

on_both! {
    demo fn whatever_the_size_of_the_page(server: &TestServer) {
        for (path, include, most) in [
            ("/v1/videos", "programme,topics,partners", 20), ("/v1/programmes", "partners", 12), ("/v1/partners", "translations", 10),
            ("/v1/impact-statistics", "programme,evidence,partner", 20), ("/v1/topics", "parent", 12),
        ] {
            for query in ["", "lang=sr-Cyrl", "lang=all", "q=a&total=true", "sort=-updated_at", "missing=sq.description&total=true", &format!("include={include}")] {
                let all = format!("{path}?limit=100&{query}");
                assert!(statements(server, &all) <= most, "{path}?{query}");
                let (one, all) = (warm(server, &format!("{path}?limit=1&{query}")), warm(server, &all));
                // What `include` names and the first item does not have is not read.
                let exact = !query.starts_with("include");
                assert!(one >= 1 && if exact { one == all } else { one <= all && all <= most }, "{path}?{query}: {one} for one item, {all} for all");
            }
        }
    }

    demo fn completeness_takes_one_more(server: &TestServer) {
        for path in ["/v1/videos", "/v1/programmes", "/v1/partners", "/v1/impact-statistics", "/v1/topics", "/v1/videos/testimonials-part-one", "/v1/topics/sport"] {
            for query in ["limit=1", "limit=100", "limit=100&lang=all", "limit=100&missing=sq.description"].iter().filter(|query| path.matches('/').count() == 2 || **query == "limit=1") {
                let query = if path.matches('/').count() == 2 { *query } else { "" };
                let (without, with) = (warm(server, &format!("{path}?{query}")), warm(server, &format!("{path}?{query}&include=completeness")));
                assert_eq!(with, without + 1, "{path}?{query}");
            }
        }
    }

    demo fn names_that_are_kept_change_with_what_they_name(server: &TestServer) {
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
        server.patch(&key, &format!("/v1/topics/{topic}"), &serde_json::json!({"status": "draft"}));
        assert_eq!(shown(path), count - 1, "the public no longer sees it");
        let with_key = server.request("GET", path).key(&key).send().json();
        assert_eq!(with_key["topics"].as_array().unwrap().len(), count, "who has a key does");
        assert_eq!(shown(path), count - 1, "and what she sees is not shown to others");
    }

    demo fn an_item_takes_few(server: &TestServer) {
        for path in ["/v1/videos/testimonials-part-one", "/v1/programmes/implementing-norms-changing-minds", "/v1/topics/sport", "/v1/partners/eu", "/v1/impact-statistics/women-who-know-their-rights"] {
            let count = statements(server, path);
            assert!((1..=10).contains(&count), "{path}: {count}");
        }
    }

    demo fn what_is_known_takes_fewer(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos/testimonials-part-one"] {
            let full = server.get(path);
            let again = server.request("GET", path).header("If-None-Match", full.must("etag")).send().expect(304);
            let count = |answer: &crate::support::server::Answer| answer.must("server-timing").split(['"', ' ']).nth(1).unwrap().parse::<u32>().unwrap();
            // One statement reads a single item on PostgreSQL, where each is a round trip: it says
            // what is known too.
            let fewer = count(&again) < count(&full) || count(&full) == 1;
            assert!(fewer, "{path}: {} of {}", count(&again), count(&full));
        }
    }

    demo fn an_item_takes_one_round_trip_to_postgresql(server: &TestServer) {
        // What is asked for, another script, a fallback: what is likely is read along, and is
        // right.
        for language in ["en", "sr-Cyrl", "de"] {
            let count = warm(server, &format!("/v1/videos/testimonials-part-one?lang={language}"));
            // On SQLite two, between the beginning and the end of their transaction.
            assert_eq!(count, if server.settings.database_url.starts_with("postgres") { 1 } else { 4 }, "{language}");
        }
    }

    demo fn a_list_takes_two_round_trips_to_postgresql(server: &TestServer) {
        for query in ["lang=en", "lang=sq&country=RS&programme=implementing-norms-changing-minds", "lang=tr&sort=title"] {
            let count = warm(server, &format!("/v1/videos?{query}"));
            // On SQLite the revisions, the page, its items and their texts, between the beginning
            // and the end of their transaction.
            assert_eq!(count, if server.settings.database_url.starts_with("postgres") { 2 } else { 6 }, "{query}");
        }
    }

    fn nothing_is_told_unless_it_is_asked_for(server: &TestServer, |settings| settings.server_timing = false) {
        assert_eq!(server.get("/v1/videos").header("server-timing"), None);
    }
}
