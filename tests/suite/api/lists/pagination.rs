//! Pagination: every item once, forwards and backwards, with any limit and under concurrent writes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

const SORTS: [&str; 7] = [
    "",
    "sort=title",
    "sort=-title",
    "sort=duration_seconds",
    "sort=-duration_seconds,title",
    "q=video",
    "sort=published_at&q=video",
];

fn video(number: usize) -> Value {
    // Few distinct values, so that ties are common; some nulls.
    let seconds = [None, Some(10), Some(20), Some(20), None, Some(5)][number % 6];
    json!({
        "resource": "video", "slug": format!("v-{number}"), "status": "published", "duration_seconds": seconds,
        "published_at": format!("2024-01-0{}T00:00:00Z", number % 3 + 1),
        "translations": {"en": {"status": "published", "title": format!("Video {}", ["žaba", "zebra", "Apfel", "Žena"][number % 4])}}
    })
}

fn fill(server: &TestServer, numbers: std::ops::Range<usize>) {
    let lines: Vec<Value> = numbers.map(video).collect();
    server.import(&lines);
}

/// Follows `next` (or `prev`) to the end, with another limit at each step.
fn walk(
    server: &TestServer,
    query: &str,
    limits: &[usize],
    start: Option<String>,
    towards: &str,
    mut between: impl FnMut(usize),
) -> (Vec<String>, Option<String>) {
    let mut pages = Vec::new();
    let mut cursor = start;
    let mut last = None;
    for step in 0..1_000 {
        let limit = limits[step % limits.len()];
        let at = cursor.as_ref().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = server.read(&format!("/v1/videos?{query}&limit={limit}{at}&fields=slug"));
        let found = slugs(&page);
        assert!(found.len() <= limit);
        pages.push(found);
        let other = if towards == "next_cursor" { "prev_cursor" } else { "next_cursor" };
        last = page["page"][other].as_str().map(str::to_owned);
        cursor = page["page"][towards].as_str().map(str::to_owned);
        between(step);
        if cursor.is_none() {
            break;
        }
    }
    if towards == "prev_cursor" {
        pages.reverse();
    }
    (pages.concat(), last)
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

on_both! {
    fn cursor_visits_each_item_once_in_both_directions(server: &TestServer) {
        fill(server, 0..23);
        let strategy = (prop::sample::select(&SORTS[..]), prop::collection::vec(1_usize..9, 1..5));
        runner(20)
            .run(&strategy, |(sort, limits)| {
                let whole = server.slugs(&format!("/v1/videos?{sort}&limit=100"));
                prop_assert_eq!(whole.len(), 23);
                let (forwards, back) = walk(server, sort, &limits, None, "next_cursor", |_| {});
                prop_assert_eq!(&forwards, &whole);
                let Some(back) = back else { return Ok(()) };
                // From the last page back to the first: all but the last page, in the same order.
                let (backwards, _) = walk(server, sort, &limits, Some(back), "prev_cursor", |_| {});
                prop_assert_eq!(&backwards[..], &whole[..backwards.len()]);
                prop_assert!(backwards.len() >= whole.len() - limits.iter().max().unwrap());
                Ok(())
            })
            .unwrap();
    }

    fn cursor_is_stable_under_concurrent_writes(server: &TestServer) {
        fill(server, 0..15);
        let mut number = 15;
        let strategy = (prop::sample::select(&SORTS[..5]), prop::collection::vec(1_usize..6, 1..4));
        let number = std::cell::RefCell::new(&mut number);
        runner(6)
            .run(&strategy, |(sort, limits)| {
                let before: BTreeSet<String> = server.slugs(&format!("/v1/videos?{sort}&limit=100")).into_iter().collect();
                let (walked, _) = walk(server, sort, &limits, None, "next_cursor", |step| {
                    if step < 3 {
                        let mut number = number.borrow_mut();
                        fill(server, **number..**number + 1);
                        **number += 1;
                    }
                });
                let different: BTreeSet<String> = walked.iter().cloned().collect();
                prop_assert_eq!(different.len(), walked.len(), "an item is repeated");
                prop_assert!(before.is_subset(&different), "a page omits items");
                Ok(())
            })
            .unwrap();
    }

    fn cursor_survives_deletion_of_its_item(server: &TestServer) {
        fill(server, 0..6);
        let key = server.editor_key();
        let page = server.read("/v1/videos?sort=slug&limit=3");
        server.request("DELETE", "/v1/videos/v-2").key(&key).send().expect(204);
        let cursor = page["page"]["next_cursor"].as_str().unwrap();
        assert_eq!(server.slugs(&format!("/v1/videos?sort=slug&limit=3&cursor={cursor}")), ["v-3", "v-4", "v-5"]);
    }

    fn offset_pagination_and_bounds(server: &TestServer) {
        fill(server, 0..5);
        let whole = server.slugs("/v1/videos");
        for offset in 0..7 {
            let page = server.read(&format!("/v1/videos?limit=2&offset={offset}"));
            let rest: Vec<String> = whole.iter().skip(offset).take(2).cloned().collect();
            assert_eq!(slugs(&page), rest, "{offset}");
            assert_eq!(page["page"]["next_cursor"].is_string(), offset + 2 < 5, "{offset}");
            assert_eq!(page["page"].get("total"), None);
            assert_eq!(page["page"]["limit"], 2);
        }
        let escaped = server.read("/v1/videos?limit=2&%6Fffset=0");
        let next = escaped["links"]["next"].as_str().unwrap().split_once("/v1/").unwrap().1.to_owned();
        assert_eq!(server.slugs(&format!("/v1/{next}")), whole[2..4], "an offset is an offset however it is written");
        let long = format!("/v1/videos?limit=2&ids={},{}", whole.join(","), "x".repeat(16_330));
        let next = server.read(&long)["links"]["next"].as_str().unwrap().split_once("/v1/").unwrap().1.to_owned();
        assert_eq!(server.slugs(&format!("/v1/{next}")), whole[2..4], "the longest query has pages too");
        let first = server.read("/v1/videos?limit=5");
        assert_eq!((&first["page"]["next_cursor"], &first["page"]["prev_cursor"]), (&Value::Null, &Value::Null));
        assert_eq!(first["links"].get("next"), None);
        assert_eq!(server.read("/v1/videos")["page"]["limit"], 20);
        let empty = server.read("/v1/videos?country=DE&total=true");
        assert_eq!((empty["data"].as_array().unwrap().len(), &empty["page"]["total"]), (0, &json!(0)));
        server.get("/v1/videos?offset=10000&limit=100").expect(200);
    }
}
