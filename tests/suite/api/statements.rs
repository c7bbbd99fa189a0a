//! A page of any size costs a fixed number of statements.

use crate::on_both;
use crate::support::TestServer;

fn statements(server: &TestServer, path: &str) -> u32 {
    let answer = server.get(path).expect(200);
    let timing = answer.must("server-timing");
    let count = timing.strip_prefix("db;desc=\"").and_then(|rest| rest.split(' ').next()).and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("{timing}"))
}

on_both! {
    demo fn whatever_the_size_of_the_page(server: &TestServer) {
        for (path, include, most) in [
            ("/v1/videos", "programme,topics,partners", 20), ("/v1/programmes", "partners", 12), ("/v1/partners", "translations", 8),
            ("/v1/impact-statistics", "programme,evidence,partner", 20), ("/v1/topics", "parent", 12),
        ] {
            for query in ["", "lang=sr-Cyrl", "lang=all", "q=a&total=true", "sort=-updated_at", &format!("include={include}")] {
                let (one, all) = (statements(server, &format!("{path}?limit=1&{query}")), statements(server, &format!("{path}?limit=100&{query}")));
                assert!(one >= 1 && all <= most, "{path}?{query}: {all}");
                // The first page may show no reference of some kind, and so ask for less; never for more.
                if !query.starts_with("include") {
                    assert!(one <= all && all - one <= 1, "{path}?{query}: {one} for one item, {all} for all");
                }
            }
        }
        let include = "include=programme,topics,partners";
let (one, eight) = (statements(server, &format!("/v1/videos?limit=1&{include}")), statements(server, &format!("/v1/videos?limit=8&{include}")));
        // The partners of more programmes and videos are still found by one statement; it is left out where there are none.
        assert!(one <= eight && eight - one <= 1, "{one} for one, {eight} for eight");
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
            assert!(count(&again) < count(&full), "{path}: {} of {}", count(&again), count(&full));
        }
    }

    fn nothing_is_told_unless_it_is_asked_for(server: &TestServer, |settings| settings.server_timing = false) {
        assert_eq!(server.get("/v1/videos").header("server-timing"), None);
    }
}
