//! Measures the search with judged queries, pairs of query and text, and misspellings, in every
//! language of the catalogue.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kinoteka::text::fold;
use serde_json::{Map, Value, json};

use crate::on_both;
use crate::support::server::slugs;
use crate::support::{TestServer, percent_encode};

static JUDGED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("judged_searches.json")).unwrap());

fn list(name: &str) -> &'static [Value] {
    JUDGED[name].as_array().unwrap()
}

fn import_videos(server: &TestServer) {
    let topics = JUDGED["topics"].as_object().unwrap().iter().map(|(slug, names)| {
        let translations: Map<String, Value> = names.as_object().unwrap().iter()
            .map(|(language, name)| (language.clone(), json!({"name": name, "status": "published"})))
            .collect();
        json!({"resource": "topic", "slug": slug, "status": "published", "original_language": "en", "translations": translations})
    });
    let videos = list("videos").iter().map(|video| {
        let mut translations = Map::new();
        for (language, texts) in video["texts"].as_object().unwrap() {
            let mut text = json!({"title": texts[0], "status": "published"});
            for (name, value) in [("summary", &texts[1]), ("description", &texts[2])] {
                if value.is_string() {
                    text[name] = value.clone();
                }
            }
            translations.insert(language.clone(), text);
        }
        let original = translations.keys().next().cloned();
        json!({"resource": "video", "slug": video["slug"], "status": "published", "original_language": original, "topics": video["topics"], "translations": translations})
    });
    server.import(&topics.chain(videos).collect::<Vec<_>>());
}

/// The slugs of the videos found by a query, on all pages.
fn found(server: &TestServer, query: &str) -> Vec<String> {
    let mut address = format!("/v1/videos?limit=100&fields=slug&q={}", percent_encode(query));
    let mut found = Vec::new();
    loop {
        let page = server.read(&address);
        if page["omitted_terms"].is_array() {
            return found;
        }
        found.extend(slugs(&page));
        let Some(next) = page["links"]["next"].as_str() else { return found };
        next.strip_prefix(&server.base()).unwrap().clone_into(&mut address);
    }
}

on_both! {
    fn judged_queries_find_the_right_videos(server: &TestServer) {
        import_videos(server);
        let queries = list("queries");
        let (mut reciprocal_ranks, mut recall) = (0.0, 0.0);
        for judged in queries {
            let query = judged["q"].as_str().unwrap();
            let page = server.read(&format!("/v1/videos?limit=10&fields=slug&q={}", percent_encode(query)));
            let found = slugs(&page);
            assert!(!found.is_empty(), "{query} finds nothing");
            let good = judged["grades"].as_object().unwrap();
            if let Some(rank) = (1_u32..).zip(&found).find(|(_, slug)| good.contains_key(*slug)) {
                reciprocal_ranks += 1.0 / f64::from(rank.0);
            }
            let hits = u32::try_from(found.iter().filter(|slug| good.contains_key(*slug)).count()).unwrap();
            recall += f64::from(hits) / f64::from(u32::try_from(good.len()).unwrap());
        }
        let count = f64::from(u32::try_from(queries.len()).unwrap());
        println!("MRR@10 {:.3}, recall {:.3} of {count} queries", reciprocal_ranks / count, recall / count);
        assert!(reciprocal_ranks / count >= 0.95 && recall / count >= 0.95);
    }

    fn judged_pairs_match(server: &TestServer) {
        let pairs = list("pairs");
        server.import(&pairs.iter().map(|pair| json!({"resource": "video", "slug": pair["id"], "status": "published", "original_language": pair["lang"], "title": pair["text"]})).collect::<Vec<_>>());
        // Found and all, of those that must match and of those that must not.
        let mut counts: BTreeMap<bool, (u32, u32)> = BTreeMap::new();
        let mut failures = Vec::new();
        for pair in pairs {
            let query = pair["q"].as_str().unwrap();
            let is_found = found(server, query).iter().any(|slug| pair["id"] == slug.as_str());
            let must_match = pair["expect"] == 1;
            let (matching, all) = counts.entry(must_match).or_default();
            *matching += u32::from(is_found);
            *all += 1;
            if is_found != must_match {
                failures.push(format!("{query} {} {}", if must_match { "=" } else { "!" }, pair["text"]));
            }
        }
        let ((matching, must), (false_matches, must_not)) = (counts[&true], counts[&false]);
        println!("{matching} of {must} pairs match, {false_matches} of {must_not} must not: {failures:?}");
        assert!(matching * 100 >= must * 98 && false_matches <= 2, "{failures:?}");
    }

    fn misspelt_queries_lead_to_what_was_meant(server: &TestServer) {
        import_videos(server);
        let page = |query: &str| server.read(&format!("/v1/videos?limit=100&fields=slug&q={}", percent_encode(query)));
        let misspellings = list("misspellings");
        // Found in spite of the misspelling; suggested first, as meant or in another form of the word.
        let (mut found, mut suggested, mut failures) = (0, 0, Vec::new());
        for judged in misspellings {
            let (typed, meant) = (judged["typed"].as_str().unwrap(), judged["meant"].as_str().unwrap());
            let (results, meant_results) = (page(typed), slugs(&page(meant)));
            let has_meant = |page: &Value| {
                let found = slugs(page);
                page["omitted_terms"].is_null() && meant_results.iter().all(|slug| found.contains(slug))
            };
            let first = results["did_you_mean"][0].as_str();
            if first.is_some_and(|first| fold(first) == fold(meant) || has_meant(&page(first))) {
                suggested += 1;
            } else if first.is_none() && has_meant(&results) {
                found += 1;
            } else {
                failures.push(format!("{typed}: {meant}, {first:?}"));
            }
        }
        println!("{suggested} of {} suggested first, {found} found as typed: {failures:?}", misspellings.len());
        assert!(suggested >= 30 && failures.len() * 20 <= misspellings.len(), "{failures:?}");
    }
}
