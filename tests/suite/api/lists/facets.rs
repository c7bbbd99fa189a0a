//! `facets=`: exact counts over the whole filtered list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

fn counts(facet: &Value) -> BTreeMap<String, i64> {
    let values = facet.as_array().expect("a facet is a list");
    values
        .iter()
        .map(|one| (one["value"].as_str().unwrap().to_owned(), one["count"].as_i64().unwrap()))
        .collect()
}

/// Expected facet: for each value the total of the list with that filter; values without items are
/// omitted.
fn counted(
    server: &TestServer,
    path: &str,
    filter: &str,
    others: &str,
    values: &[&str],
) -> BTreeMap<String, i64> {
    let total = |value: &str| {
        server.read(&format!("{path}?{others}&{filter}={value}&total=true&limit=1"))["page"]["total"].as_i64().unwrap()
    };
    values
        .iter()
        .map(|value| ((*value).to_owned(), total(value)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

on_both! {
    fn range_facets_follow_writes(server: &TestServer) {
        let key = server.editor_key();
        let film = |number: u32, more: Value| {
            let mut film = json!({"slug": format!("film-{number}"), "title": "Film", "status": "published", "countries": ["RS"], "published_at": format!("2025-01-{:02}T08:00:00Z", number + 1)});
            film.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            server.create(&key, "/v1/videos", &film);
        };
        film(0, json!({}));
        film(1, json!({"duration_seconds": 60, "recorded_on": "1969-12-31"}));
        film(2, json!({"duration_seconds": 61, "recorded_on": "1970-01-01"}));
        film(3, json!({"duration_seconds": 600, "recorded_on": "2024-02-29"}));
        film(4, json!({"duration_seconds": 6_000, "recorded_on": "2024-03-01", "status": "draft"}));
        let statistic = |slug: &str, value: &str, day: &str| {
            server.create(&key, "/v1/impact-statistics", &json!({"slug": slug, "label": slug, "status": "published", "countries": ["RS"], "unit": "people", "additive": true, "value": value, "period_start": day}));
        };
        statistic("few", "9.5", "2024-05-01");
        statistic("many", "1000", "2025-05-01");
        let counted = |path: &str| -> (i64, i64) {
            let list = server.read(&format!("{path}&facets=country,text_language&total=true"));
            let facet = list["facets"]["text_language"].as_array().unwrap().iter().map(|value| value["count"].as_i64().unwrap()).sum();
            (facet, list["page"]["total"].as_i64().unwrap())
        };
        let both = |query: &str, count: i64| assert_eq!(counted(&format!("/v1/videos?country=RS&{query}")), (count, count), "{query}");
        let all = || {
            both("min_duration=61", 2);
            both("min_duration=60&max_duration=600", 2);
            both("max_duration=60", 0);
            both("recorded_after=1970-01-01", 2);
            both("recorded_before=1970-01-01", 1);
            both("recorded_after=1969-12-31&recorded_before=2024-02-29", 2);
            both("recorded_after=2024-02-29&min_duration=1", 1);
            both("published_after=2025-01-03&min_duration=1", 2);
        };
        all();
        all();
        for (query, count) in [("min_value=9.5", 2), ("min_value=10", 1), ("max_value=1000", 1), ("period_after=2025-01-01", 1), ("period_before=2025-05-01", 1)] {
            assert_eq!(counted(&format!("/v1/impact-statistics?country=RS&{query}")), (count, count), "{query}");
        }
        let sum = |query: &str| server.read(&format!("/v1/impact-statistics/summary?country=RS&{query}"))["data"][0]["sum"]["value"].clone();
        assert_eq!((sum("min_value=10"), sum("period_before=2025-05-01"), sum("min_value=1")), (json!("1000"), json!("9.5"), json!("1009.5")));
        // After writes and deletions.
        server.patch(&key, "/v1/videos/film-0", &json!({"duration_seconds": 3_600}));
        both("min_duration=61", 3);
        server.patch(&key, "/v1/videos/film-3", &json!({"duration_seconds": null, "recorded_on": "1950-05-05"}));
        both("min_duration=61", 2);
        both("recorded_before=1970-01-01", 2);
        server.patch(&key, "/v1/videos/film-4", &json!({"status": "published"}));
        both("min_duration=6000", 1);
        server.request("DELETE", "/v1/videos/film-4").key(&key).send().expect(204);
        both("min_duration=6000", 0);
        server.patch(&key, "/v1/impact-statistics/few", &json!({"value": "12"}));
        assert_eq!(sum("min_value=10"), json!("1012"));
        // With drafts the counts come from the database.
        let drafts = server.request("GET", "/v1/videos?country=RS&min_duration=1&status=draft,published&facets=country").key(&key).send().expect(200).json();
        assert_eq!(drafts["facets"]["country"][0]["count"], 3);
    }

    demo fn facet_counts_equal_filtered_totals(server: &TestServer) {
        let names = |path: &str| server.slugs(&format!("{path}?limit=100"));
        let (topics, partners, programmes) = (names("/v1/topics"), names("/v1/partners"), names("/v1/programmes"));
        let as_str = |names: &[String]| names.iter().map(String::as_str).collect::<Vec<_>>().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let countries = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"].map(str::to_owned).to_vec();
        let languages = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"].map(str::to_owned).to_vec();
        let years = (2_015..2_028).map(|year: i32| year.to_string()).collect::<Vec<_>>();
        // Counts are cached: facets with a filter come first.
        for others in ["topic=testimonials,sport", "country=RS", "country=!MK", "", "q=women", "q=film&country=RS", "year=2026", "published_after=2000-01-01", "text_language=sr"] {
            let list = server.read(&format!("/v1/videos?{others}&facets=country,topic,partner,programme,text_language,year,has,kind&facet_limit=100&limit=1"));
            for (facet, values) in [("country", &countries), ("topic", &as_str(&topics)), ("partner", &as_str(&partners)), ("programme", &as_str(&programmes)), ("text_language", &languages), ("year", &years)] {
                // A facet ignores its own filter.
                let rest: Vec<&str> = others.split('&').filter(|one| !one.starts_with(&format!("{facet}="))).collect();
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                assert_eq!(counts(&list["facets"][facet]), counted(server, "/v1/videos", facet, &rest.join("&"), &values), "{facet} of {others}");
                let shown: Vec<i64> = list["facets"][facet].as_array().unwrap().iter().map(|one| one["count"].as_i64().unwrap()).collect();
                assert!(shown.is_sorted_by(|a, b| a >= b), "{facet}: {shown:?}");
            }
        }
        assert!(server.read("/v1/videos")["facets"].is_null());
    }

    demo fn facet_labels_use_response_language(server: &TestServer) {
        let facets = |lang: &str| server.read(&format!("/v1/videos?lang={lang}&facets=country,topic,text_language&limit=1"))["facets"].clone();
        let label = |facets: &Value, facet: &str, value: &str| {
            facets[facet].as_array().unwrap().iter().find(|one| one["value"] == value).map(|one| one["label"].as_str().unwrap().to_owned())
        };
        let serbian = facets("sr-Cyrl");
        assert_eq!(label(&serbian, "country", "RS").as_deref(), Some("Србија"));
        assert_eq!(label(&serbian, "text_language", "tr").as_deref(), Some("турски"));
        let topic = server.read("/v1/topics/testimonials?lang=sr-Cyrl")["name"].as_str().unwrap().to_owned();
        assert_eq!(label(&serbian, "topic", "testimonials"), Some(topic));
        assert_eq!(label(&facets("en"), "country", "RS").as_deref(), Some("Serbia"));
        assert_eq!(server.read("/v1/videos?facets=country&facet_limit=2&limit=1")["facets"]["country"].as_array().unwrap().len(), 2);
    }

    fn facet_counts_follow_writes(server: &TestServer) {
        let key = server.editor_key();
        for slug in ["one", "two"] {
            server.create(&key, "/v1/topics", &json!({"slug": slug, "status": "published", "name": slug}));
        }
        let topics = || counts(&server.read("/v1/videos?facets=topic&limit=1")["facets"]["topic"]);
        assert!(topics().is_empty());
        server.create(&key, "/v1/videos", &json!({"slug": "a", "status": "published", "title": "A", "topics": ["one", "two"]}));
        server.create(&key, "/v1/videos", &json!({"slug": "b", "status": "draft", "title": "B", "topics": ["one"]}));
        assert_eq!(topics(), [("one".to_owned(), 1), ("two".to_owned(), 1)].into());
        let drafts = server.request("GET", "/v1/videos?facets=topic&status=draft,published").key(&key).send().expect(200).json();
        assert_eq!(counts(&drafts["facets"]["topic"]), [("one".to_owned(), 2), ("two".to_owned(), 1)].into());
        server.patch(&key, "/v1/videos/b", &json!({"status": "published"}));
        server.patch(&key, "/v1/videos/a", &json!({"topics": ["one"]}));
        assert_eq!(topics(), [("one".to_owned(), 2)].into());
        server.request("DELETE", "/v1/videos/a").key(&key).send().expect(204);
        assert_eq!(topics(), [("one".to_owned(), 1)].into());
        // An unpublished topic is not listed.
        server.patch(&key, "/v1/topics/one?on_references=keep", &json!({"status": "draft"}));
        assert!(topics().is_empty());
    }

    demo fn rejects_unknown_facets(server: &TestServer) {
        server.get("/v1/videos?facets=countries").errors(400, &[("facets", "unknown_value")]);
        server.get("/v1/videos?facets=country&facet_limit=0").errors(400, &[("facet_limit", "out_of_range")]);
        server.get("/v1/videos?year=26").errors(400, &[("year", "unknown_value")]);
        assert_eq!(server.read(&format!("/v1/videos?q={}&facets=country", percent_encode("nothinglikethis")))["facets"]["country"], json!([]));
        assert_eq!(server.slug_set("/v1/videos?year=2026&limit=100"), server.slug_set("/v1/videos?limit=100"));
        assert!(server.slugs("/v1/videos?year=!2026").is_empty());
    }
}
