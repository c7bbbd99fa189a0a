//! `/v1/suggest`: autocomplete of titles.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Kinds and highlighted titles of the suggestions.
fn suggested(server: &TestServer, query: &str, others: &str) -> Vec<(String, String)> {
    let response = server.read(&format!("/v1/suggest?q={}{others}", percent_encode(query)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    response["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["kind"]), text(&one["marked"])))
        .collect()
}

fn named(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, marked)| ((*kind).to_owned(), (*marked).to_owned())).collect()
}

on_both! {
    fn suggests_titles_by_prefix(server: &TestServer) {
        let key = server.editor_key();
        let at = |year: u32| format!("{year}-01-01T00:00:00Z");
        for (path, item) in [
            ("/v1/topics", json!({"slug": "shelters", "name": "Shelters & safe places", "published_at": at(2020)})),
            ("/v1/partners", json!({"slug": "network", "name": "Network of shelters", "published_at": at(2026)})),
            ("/v1/programmes", json!({"slug": "she", "title": "She decides", "published_at": at(2020)})),
            ("/v1/videos", json!({"slug": "older", "title": "Shelter in the hills", "summary": "Sheep", "published_at": at(2021)})),
            ("/v1/videos", json!({"slug": "newer", "title": "A sheltered life", "published_at": at(2025)})),
            ("/v1/videos", json!({"slug": "serbian", "published_at": at(2024), "translations": {"sr-Cyrl": {"title": "Жене шаљу поруку", "status": "published"}, "en": {"title": "Women send word", "status": "published"}}, "original_language": "en"})),
            ("/v1/videos", json!({"slug": "numbered", "title": "Film 1234 of COVID-19", "published_at": at(2024)})),
            ("/v1/impact-statistics", json!({"slug": "beds", "label": "shelter beds", "value": "5"})),
        ] {
            let mut item = item;
            item["status"] = json!("published");
            server.create(&key, path, &item);
        }
        // Titles with this prefix come first; then topics, programmes, partners, newest videos. No
        // statistics.
        let begun = named(&[
            ("topic", "<mark>Shelters</mark> &amp; safe places"), ("programme", "<mark>She</mark> decides"), ("video", "<mark>Shelter</mark> in the hills"),
            ("partner", "Network of <mark>shelters</mark>"), ("video", "A <mark>sheltered</mark> life"),
        ]);
        assert_eq!(suggested(server, "she", ""), begun);
        assert_eq!(suggested(server, "she", "&limit=2"), begun.get(..2).unwrap());
        assert_eq!(suggested(server, "she", "&kind=video"), named(&[("video", "<mark>Shelter</mark> in the hills"), ("video", "A <mark>sheltered</mark> life")]));
        assert_eq!(suggested(server, "she", "&kind=!video,!topic").len(), 2);
        // All words, the last one as a prefix; word forms.
        assert_eq!(suggested(server, "shelter hi", ""), named(&[("video", "<mark>Shelter</mark> in the <mark>hills</mark>")]));
        assert_eq!(server.read("/v1/suggest?q=she+xyz")["omitted_terms"], json!(["xyz"]));
        assert_eq!(suggested(server, "shelter xyz", "").len(), 4);
        assert!(suggested(server, "-hills she", "").len() == 4);
        assert_eq!(suggested(server, "12", ""), named(&[("video", "Film <mark>1234</mark> of COVID-19")]));
        assert_eq!(suggested(server, "covid-1", ""), named(&[("video", "Film 1234 of <mark>COVID-19</mark>")]));
        for nothing in ["", " ", "!", "-she", "sheep"] {
            assert!(suggested(server, nothing, "").is_empty(), "{nothing}");
        }
        // In the response language if available, otherwise in another; in the requested script.
        let one = |query: &str| server.read(&format!("/v1/suggest?q={query}"))["data"][0].clone();
        assert_eq!((&one("zen")["title"], &one("zen")["language"]), (&json!("Жене шаљу поруку"), &json!("sr-Cyrl")));
        assert_eq!(one("zen&lang=sr-Latn")["marked"], "<mark>Žene</mark> šalju poruku");
        assert_eq!(one("wom&lang=sr-Latn")["title"], "Women send word");
        assert!(one("wom")["url"].as_str().unwrap().ends_with("/v1/videos/serbian"));
        // Drafts are never suggested, not even with a key.
        server.patch(&key, "/v1/programmes/she", &json!({"status": "draft"}));
        assert_eq!(suggested(server, "decid", ""), []);
        let with_key = server.request("GET", "/v1/suggest?q=decid").key(&key).send().expect(200);
        assert_eq!((with_key.json()["data"].clone(), with_key.required_header("cache-control")), (json!([]), "private, no-store"));
        // It follows writes, and supports conditional requests.
        let before = server.get("/v1/suggest?q=decid").required_header("etag").to_owned();
        server.request("GET", "/v1/suggest?q=decid").header("If-None-Match", &before).send().expect(304);
        server.patch(&key, "/v1/programmes/she", &json!({"status": "published"}));
        server.request("GET", "/v1/suggest?q=decid").header("If-None-Match", &before).send().expect(200);
    }

    fn prefers_response_language_and_corrects_words(server: &TestServer) {
        let key = server.editor_key();
        for (slug, year, titles) in [
            ("money", 2026, json!({"mk": {"title": "Каде одат парите", "status": "published"}})),
            ("women", 2020, json!({"tr": {"title": "Güçlü kadınlar", "status": "published"}, "en": {"title": "Ending violence together", "status": "published"}})),
            ("kadin", 2019, json!({"tr": {"title": "Kadın hakları", "status": "published"}, "sq": {"title": "Dhuna ndaj grave", "status": "published"}})),
        ] {
            let original = titles.as_object().unwrap().keys().next().cloned();
            server.create(&key, "/v1/videos", &json!({"slug": slug, "status": "published", "published_at": format!("{year}-01-01T00:00:00Z"), "original_language": original, "translations": titles}));
        }
        let titles = |query: &str| -> Vec<String> {
            let (query, others) = query.split_at(query.find('&').unwrap_or(query.len()));
            suggested(server, query, others).into_iter().map(|(_, marked)| marked).collect()
        };
        // Titles in the response's language first, then those that begin with the text.
        assert_eq!(titles("kad&lang=tr"), ["<mark>Kadın</mark> hakları", "Güçlü <mark>kadınlar</mark>", "<mark>Каде</mark> одат парите"]);
        assert_eq!(titles("kad&lang=mk").first().unwrap(), "<mark>Каде</mark> одат парите");
        // Misspelt words, also incomplete ones.
        for query in ["voilen", "voilence", "endnig voilen", "violense together", "togehter viol"] {
            let found = titles(query);
            assert!(found.len() == 1 && found[0].contains("<mark>violence</mark>") || found == ["Ending <mark>violence</mark> <mark>together</mark>"], "{query}: {found:?}");
        }
        assert!(titles("\"voilence\"").is_empty());
        assert!(titles("xyzzy").is_empty());
        // Titles with most words, if none has all.
        for (query, omitted) in [("ending violence 2023", Some(json!(["2023"]))), ("endnig 2023 voilence", Some(json!(["2023"]))), ("ending voilence", None), ("2023 2022", None)] {
            let page = server.read(&format!("/v1/suggest?q={}", percent_encode(query)));
            assert_eq!(page.get("omitted_terms").cloned(), omitted, "{query}: {page}");
            assert_eq!(page["data"].as_array().unwrap().is_empty(), query == "2023 2022", "{query}: {page}");
        }
    }

    fn reports_one_error_for_unreadable_query(server: &TestServer) {
        for path in ["/v1/suggest", "/v1/search"] {
            server.get(&format!("{path}?q=a%00b")).errors(400, &[("q", "invalid_text")]);
            server.get(&format!("{path}?q=%FF")).errors(400, &[("q", "invalid_encoding")]);
            server.get(path).errors(400, &[("q", "required")]);
        }
    }

    fn limits_suggestions_per_kind(server: &TestServer) {
        let key = server.editor_key();
        for number in 0..6 {
            server.create(&key, "/v1/topics", &json!({"slug": format!("topic-{number}"), "status": "published", "name": format!("Forum {number}")}));
        }
        let kinds = |query: &str| suggested(server, query, "&limit=5").into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds("for"), ["topic"; 5]);
        for number in 0..3 {
            server.create(&key, "/v1/videos", &json!({"slug": format!("video-{number}"), "status": "published", "title": format!("Forum {number}")}));
        }
        assert_eq!(kinds("for"), ["topic", "topic", "topic", "video", "video"]);
        assert_eq!(kinds("forum 5"), ["topic"]);
    }

    fn suggestions_prefer_titles_over_words(server: &TestServer) {
        let key = server.editor_key();
        // More words with this prefix than are searched individually, none of them in a title.
        let words: Vec<String> = ('a'..='z').flat_map(|a| ["ab", "ba"].map(|rest| format!("pr{a}{rest}"))).collect();
        server.create(&key, "/v1/videos", &json!({"slug": "many", "status": "published", "title": "Many", "description": words.join(" ")}));
        for (path, field) in [("/v1/videos", "title"), ("/v1/topics", "name")] {
            server.create(&key, path, &json!({"slug": "prevention", "status": "published", (field): "Prevention"}));
        }
        assert_eq!(suggested(server, "pr", ""), named(&[("topic", "<mark>Prevention</mark>"), ("video", "<mark>Prevention</mark>")]));
    }

    demo fn suggests_from_demo_catalogue(server: &TestServer) {
        assert_eq!(suggested(server, "foot", "&lang=en").first(), Some(&("video".to_owned(), "<mark>Football</mark> players speak up against toxic masculinity".to_owned())));
        assert!(suggested(server, "un w", "&lang=en").contains(&("partner".to_owned(), "<mark>UN</mark> <mark>Women</mark>".to_owned())));
        // Every title is suggested for a prefix of each of its words.
        for (path, field) in [("/v1/videos", "title"), ("/v1/topics", "name"), ("/v1/partners", "name"), ("/v1/programmes", "title")] {
            for item in server.read(&format!("{path}?limit=100&lang=en"))["data"].as_array().unwrap() {
                for word in kinoteka::text::tokenize(item[field].as_str().unwrap()) {
                    let begun: String = word.chars().take(3).collect();
                    let list = server.read(&format!("/v1/suggest?q={}&limit=20&lang=en&kind={}", percent_encode(&begun), path.trim_start_matches("/v1/").trim_end_matches('s')));
                    assert!(list["data"].as_array().unwrap().iter().any(|one| one["slug"] == item["slug"]), "{begun}: {item}");
                }
            }
        }
        server.get("/v1/suggest").errors(400, &[("q", "required")]);
        server.get("/v1/suggest?q=a&limit=21&kind=impact_statistic&sort=title").errors(400, &[("kind", "unknown_value"), ("limit", "out_of_range"), ("sort", "unknown_parameter")]);
    }
}
