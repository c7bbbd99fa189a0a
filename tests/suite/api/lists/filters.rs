//! Filters and ranges, alone and combined.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

fn video(slug: &str, title: &str, more: Value) -> Value {
    let mut video = json!({"resource": "video", "slug": slug, "status": "published", "original_language": "en", "translations": {"en": {"status": "published", "title": title}}});
    let object = video.as_object_mut().unwrap();
    object.extend(more.as_object().unwrap().clone());
    video
}

/// Five videos, a to e.
fn fill(server: &TestServer) {
    let topic = |slug: &str| json!({"resource": "topic", "slug": slug, "status": "published", "translations": {"en": {"status": "published", "name": slug}}});
    let programme = |slug: &str| json!({"resource": "programme", "slug": slug, "status": "published", "translations": {"en": {"status": "published", "title": slug}}});
    server.import(&[
        topic("sport"), topic("music"), programme("north"), programme("south"),
        json!({"resource": "partner", "slug": "red", "status": "published", "kind": "donor", "country": "MK", "is_group": true, "translations": {"en": {"status": "published", "name": "Red"}}}),
        json!({"resource": "partner", "slug": "blue", "status": "published", "kind": "media", "country": "AL", "translations": {"en": {"status": "published", "name": "Blue"}}}),
        video("a", "A", json!({"countries": ["AL", "MK"], "topics": ["sport"], "programme": "north", "duration_seconds": 60, "recorded_on": "2024-01-01", "published_at": "2024-02-01T00:00:00Z",
            "partners": [{"partner": "red"}], "sources": [{"kind": "youtube", "url": "https://youtube.com/watch?v=a"}], "captions": [{"language": "mk", "url": "https://example.org/a.vtt"}],
            "translations": {"en": {"status": "published", "title": "A"}, "sr-Latn": {"status": "published", "title": "A"}}})),
        video("b", "B", json!({"countries": ["AL"], "topics": ["music"], "programme": "south", "duration_seconds": 120, "recorded_on": "2024-06-01", "published_at": "2024-03-01T00:00:00Z",
            "partners": [{"partner": "red"}, {"partner": "blue", "role": "host"}], "sources": [{"kind": "file", "url": "https://example.org/b.mp4"}], "spoken_languages": ["tr", "sr-Cyrl"],
            "translations": {"en": {"status": "published", "title": "B"}, "sr-Cyrl": {"status": "published", "title": "Б"}}})),
        video("c", "C", json!({"countries": ["RS"], "topics": ["sport", "music"], "programme": "north", "duration_seconds": 600, "published_at": "2024-04-01T00:00:00Z",
            "thumbnail": {"url": "https://example.org/c.jpg"}, "accessibility": {"sign_languages": ["ase"]}, "chapters": [{"start_seconds": 0, "title": "One"}]})),
        video("d", "D", json!({"countries": ["TR"], "published_at": "2024-05-01T00:00:00Z", "translations": {"en": {"status": "published", "title": "D"}, "tr": {"status": "published", "title": "D"}}})),
        video("e", "E", json!({"published_at": "2024-06-01T00:00:00Z"})),
    ]);
}

on_both! {
    demo fn deduplicates_repeated_filter_values(server: &TestServer) {
        let many = |value: &str, times: usize| vec![value; times].join(",");
        for (path, filter, value) in [("/v1/videos", "has", "source"), ("/v1/videos", "country", "!MK"), ("/v1/partners", "kind", "donor")] {
            let others = "lang=sr-Cyrl&facets=year&total=true";
            let once = server.read(&format!("{path}?{others}&{filter}={value}"));
            let again = server.read(&format!("{path}?{others}&{filter}={}", many(value, 50)));
            assert_eq!((&once["data"], &once["page"]["total"], &once["facets"]), (&again["data"], &again["page"]["total"], &again["facets"]), "{filter}");
        }
        // Together with all other parameters.
        let all = format!(
            "ids=a-slug,another-slug&programme=implementing-norms-changing-minds&partner=un-women&topic=prevention&country=MK&text_language=sq&spoken_language=tr\
             &caption_language=en&kind=youtube&has={}&year=2026&missing=sq.captions&sort=-published_at&facets=programme&q=zene&highlights=true\
             &published_after=2000-01-01&updated_since=2026-05-07&recorded_after=2024-01-01&min_duration=60&total=true",
            many("source", 50)
        );
        assert_eq!(server.read(&format!("/v1/videos?{all}"))["page"]["total"], 0);
    }

    fn combines_filters(server: &TestServer) {
        fill(server);
        let id = server.read("/v1/programmes/north")["id"].as_str().unwrap().to_owned();
        for (query, expected) in [
            ("country=AL", "ab"), ("country=al", "ab"), ("country=ALB", "ab"), ("country=AL,RS", "abc"), ("country=!AL", "cde"), ("country=!AL,!RS", "de"), ("country=AL,!MK", "b"),
            ("country=DE", ""), ("topic=sport", "ac"), ("topic=sport,music", "abc"), ("topic=!sport", "bde"), ("topic=sport,!music", "a"),
            ("programme=north", "ac"), ("programme=!north", "bde"), ("partner=red", "ab"), ("partner=blue", "b"), ("partner=red,!blue", "a"),
            ("text_language=en", "abcde"), ("text_language=sr", "ab"), ("text_language=sr-Latn", "a"), ("text_language=sr-Cyrl", "b"), ("text_language=tr,sr-Cyrl", "bd"), ("text_language=!sr", "cde"), ("text_language=sq", ""),
            ("spoken_language=tr", "b"), ("spoken_language=sr", "b"), ("caption_language=mk", "a"), ("kind=youtube", "a"), ("kind=youtube,file", "ab"), ("kind=!youtube", "bcde"),
            ("has=captions", "a"), ("has=source", "ab"), ("has=captions,source", "a"), ("has=source,!captions", "b"), ("has=thumbnail,chapters,sign_language", "c"), ("has=transcript", ""),
            ("min_duration=60", "abc"), ("min_duration=61", "bc"), ("max_duration=600", "ab"), ("min_duration=120&max_duration=121", "b"),
            ("recorded_after=2024-01-01", "ab"), ("recorded_after=2024-01-02", "b"), ("recorded_before=2024-06-01", "a"),
            ("published_after=2024-04-01", "cde"), ("published_after=2024-04-01T00:00:01Z", "de"), ("published_before=2024-04-01T00:00:00Z", "ab"), ("published_after=2024-04-01T02:00:00%2B02:00", "cde"),
            ("published_after=2024-03-01&published_before=2024-05-01", "bc"), ("updated_since=2020-01-01", "abcde"), ("updated_since=2099-01-01", ""),
            ("ids=a,c,nothing", "ac"), ("ids=nothing", ""), ("ids=a,b&country=AL&topic=music", "b"),
            ("country=AL&topic=sport&programme=north&partner=red&text_language=sr&kind=youtube&has=captions&min_duration=1&q=a", "a"), ("country=AL&topic=sport&programme=south", ""),
            ("status=published", "abcde"),
        ] {
            let expected: Vec<String> = expected.chars().map(String::from).collect();
            assert_eq!(server.slug_set(&format!("/v1/videos?{query}")), expected, "{query}");
            let total = server.read(&format!("/v1/videos?{query}&total=true&limit=1"));
            assert_eq!(total["page"]["total"], expected.len(), "{query}");
        }
        assert_eq!(server.slug_set(&format!("/v1/videos?programme={id}")), ["a", "c"]);
        let ids: Vec<String> = server.read("/v1/videos?country=AL")["data"].as_array().unwrap().iter().map(|video| video["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(server.slug_set(&format!("/v1/videos?ids={},d", ids.join(","))), ["a", "b", "d"]);
        for (query, expected) in [("kind=donor", vec!["red"]), ("kind=!donor", vec!["blue"]), ("is_group=true", vec!["red"]), ("is_group=false", vec!["blue"]), ("country=AL,MK", vec!["blue", "red"])] {
            assert_eq!(server.slug_set(&format!("/v1/partners?{query}")), expected, "{query}");
        }
        assert_eq!(server.slug_set("/v1/programmes?partner=red"), Vec::<String>::new());
    }

    fn filter_results_do_not_depend_on_query_plan(server: &TestServer) {
        let lines: Vec<Value> = kinoteka::commands::generate_catalogue(80, 3).collect();
        server.import(&lines);
        let key = server.editor_key();
        let gone = server.slugs("/v1/videos?country=AL&limit=1").remove(0);
        server.request("DELETE", &format!("/v1/videos/{gone}")).key(&key).send().expect(204);
        let mut seen = 0;
        for query in [
            "country=AL", "country=AL,MK", "country=!AL", "programme=programme-1", "programme=programme-1&country=RS", "programme=programme-1,programme-2&country=RS",
            "topic=topic-1&country=!MK&text_language=sq", "text_language=sr", "text_language=sr-Cyrl&programme=programme-2", "has=source&country=TR", "has=captions&country=TR",
            "partner=partner-1&topic=topic-2", "spoken_language=en&country=AL,XK", "topic=!topic-1", "country=DE", "country=AL&sort=published_at",
        ] {
            // A range that matches everything makes the query scan the items.
            let (along, plain) = (format!("/v1/videos?{query}"), format!("/v1/videos?{query}&updated_since=2000-01-01"));
            let all = server.read(&format!("{plain}&limit=100&total=true"));
            let expected = slugs(&all);
            let same = server.read(&format!("{along}&limit=100&total=true"));
            assert_eq!((slugs(&same), &same["page"]["total"]), (expected.clone(), &all["page"]["total"]), "{query}");
            assert!(!expected.contains(&gone), "{query}");
            assert_eq!(server.slugs(&format!("{along}&limit=100&offset=2")), expected.iter().skip(2).cloned().collect::<Vec<_>>(), "{query}");
            let (mut found, mut cursor, mut last) = (Vec::new(), String::new(), Value::Null);
            loop {
                let page = server.read(&format!("{along}&limit=3{cursor}"));
                found.extend(slugs(&page));
                if page["page"]["prev_cursor"].is_string() {
                    last = page["page"]["prev_cursor"].clone();
                }
                let Some(next) = page["page"]["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(found, expected, "{query}");
            if let Some(before) = last.as_str() {
                let (start, page) = ((expected.len() - 1) / 3 * 3, server.slugs(&format!("{along}&limit=3&cursor={before}")));
                assert_eq!(page, expected[start - 3..start], "{query}, backwards");
            }
            seen += expected.len();
        }
        assert!(seen > 200, "the generated catalogue has too few items: {seen}");
    }

    demo fn compares_statistic_values_as_numbers(server: &TestServer) {
        for (query, expected) in [
            ("min_value=250", vec!["civil-society-at-the-istanbul-forum", "law-enforcement-and-service-providers-in-training", "organisations-equipped-to-monitor", "women-who-know-their-rights"]),
            ("min_value=250.5&max_value=1500", vec!["civil-society-at-the-istanbul-forum"]),
            ("max_value=40", vec![]),
            ("max_value=40.001", vec!["new-partnerships-on-survivor-services"]),
            ("min_value=-1&unit=women", vec!["women-who-know-their-rights"]),
            ("qualifier=exact", vec!["new-partnerships-on-survivor-services", "women-who-know-their-rights"]),
            ("video=civil-society-forum-in-istanbul", vec!["civil-society-at-the-istanbul-forum"]),
            ("measure=percentage", vec![]),
        ] {
            assert_eq!(server.slug_set(&format!("/v1/impact-statistics?{query}")), expected, "{query}");
        }
        let values = |sort: &str| -> Vec<String> {
            server.read(&format!("/v1/impact-statistics?sort={sort}"))["data"].as_array().unwrap().iter().map(|item| item["value"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(values("value"), ["40", "250", "500", "1500", "3500"]);
        assert_eq!(values("-value"), ["3500", "1500", "500", "250", "40"]);
    }

    demo fn filters_topics_by_parent(server: &TestServer) {
        assert_eq!(server.slug_set("/v1/topics?parent=social-norms"), ["gender-stereotypes", "masculinity"]);
        assert_eq!(server.slug_set("/v1/topics?parent=sport"), Vec::<String>::new());
    }

    fn filter_accepts_former_slug(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.patch(&key, "/v1/programmes/north", &json!({"slug": "far-north"}));
        assert_eq!(server.slug_set("/v1/videos?programme=north"), ["a", "c"]);
        server.patch(&key, "/v1/videos/a", &json!({"slug": "alpha"}));
        assert_eq!(server.slug_set("/v1/videos?ids=a"), ["alpha"]);
    }
}
