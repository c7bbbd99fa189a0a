//! `did_you_mean`: suggestions for searches with few results.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Returns the suggestions of a search.
fn suggestions(server: &TestServer, path: &str, query: &str) -> Vec<String> {
    let page = server.read(&format!(
        "{path}{}q={}",
        if path.contains('?') { '&' } else { '?' },
        percent_encode(query)
    ));
    page["did_you_mean"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

fn video(server: &TestServer, key: &str, slug: &str, title: &str, language: &str, more: &Value) {
    let mut item =
        json!({"slug": slug, "status": "published", "original_language": language, "title": title});
    item.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    server.create(key, "/v1/videos", &item);
}

on_both! {
    fn suggests_correction_for_misspelled_words(server: &TestServer) {
        let key = server.editor_key();
        let none = json!({});
        video(server, &key, "one", "Ending violence against women", "en", &none);
        video(server, &key, "two", "Насиље над женама није приватна ствар", "sr-Cyrl", &json!({"countries": ["RS"]}));
        video(server, &key, "three", "Žene i policija", "bs", &none);
        video(server, &key, "four", "Şiddete karşı eşitlik", "tr", &none);
        video(server, &key, "five", "Police and \"violet\" women's shelters in 2024", "en", &json!({"countries": ["MK"]}));
        for (typed, expected) in [
            // Folded words are compared; suggestions use the spelling of the text, in the script of
            // the query if both exist.
            ("violnce", vec!["violence"]),
            ("VIOLENSE", vec!["violence"]),
            ("насилје", vec![]),
            ("наснље", vec!["Насиље"]),
            ("nasilnje", vec!["Насиље"]),
            ("policja", vec!["policija", "Police"]),
            ("sidete", vec!["Şiddete"]),
            ("eşitilk", vec!["eşitlik"]),
            // Known words and punctuation stay unchanged.
            ("violnce against", vec!["violence against"]),
            ("  Violnce, agianst!  ", vec!["violence, against!"]),
            ("\"violnce against women\"", vec!["\"violence against women\""]),
            ("violnce -police", vec!["violence -police"]),
            ("violnce OR Policja", vec!["violence OR Police"]),
            // No similar word, or the suggestion would find nothing.
            ("xyzzy", vec![]),
            ("violnce privatna", vec![]),
            ("violence -violnce", vec![]),
            ("20244", vec![]),
            ("!!", vec![]),
            ("vi", vec![]),
        ] {
            assert_eq!(suggestions(server, "/v1/videos", typed), expected, "{typed}");
            assert_eq!(suggestions(server, "/v1/search", typed), expected, "search: {typed}");
        }
        // Each suggestion has results with the same filters in this list.
        assert_eq!(suggestions(server, "/v1/videos?country=MK", "polce"), ["Police"]);
        assert!(suggestions(server, "/v1/videos?country=RS", "polce").is_empty());
        assert!(suggestions(server, "/v1/programmes", "violnce").is_empty());
        assert!(suggestions(server, "/v1/search?kind=topic", "violnce").is_empty());
        // Only on the first page, and only for few results.
        assert!(suggestions(server, "/v1/videos?offset=1", "violnce").is_empty());
        assert!(server.read("/v1/videos?q=police")["did_you_mean"].is_null());
        assert!(server.read("/v1/videos")["did_you_mean"].is_null());
        // A rare word is replaced by a more frequent one.
        for slug in ["six", "seven", "eight"] {
            video(server, &key, slug, "Shelter", "en", &none);
        }
        video(server, &key, "nine", "Shalter", "en", &none);
        assert_eq!(suggestions(server, "/v1/videos", "shalter"), ["Shelter", "shelters"]);
        assert!(suggestions(server, "/v1/videos", "shelter").is_empty());
    }

    fn does_not_suggest_words_from_drafts(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "status": "draft", "title": "Clandestine"}));
        assert!(suggestions(server, "/v1/videos", "clandestin e").is_empty());
        assert!(suggestions(server, "/v1/videos", "clandestyne").is_empty());
        let seen = server.request("GET", "/v1/videos?q=clandestyne&status=draft").key(&key).send().expect(200).json();
        assert_eq!(seen["did_you_mean"], json!(["Clandestine"]));
        // Not together with a known word, a word form, or excluded words.
        video(server, &key, "public", "Ending violence, clandestinely", "en", &json!({}));
        for typed in ["violnce OR clandestyne", "clandestyne OR violnce", "violence OR clandestyne", "violnce -clandestyne", &format!("violnce {}clandestyne", "-zz ".repeat(31))] {
            let suggested = suggestions(server, "/v1/videos", typed);
            assert!(!suggested.iter().any(|one| one.contains("Clandestine")), "{typed}: {suggested:?}");
        }
        // Words that occur only in drafts are not known.
        server.create(&key, "/v1/videos", &json!({"slug": "typo", "status": "draft", "title": "Violnce endinng"}));
        assert_eq!(suggestions(server, "/v1/videos", "violnce endinng"), ["violence Ending"]);
        server.patch(&key, "/v1/videos/draft", &json!({"status": "published", "translations": {"en": {"status": "published"}}}));
        assert_eq!(suggestions(server, "/v1/videos", "clandestyne"), ["Clandestine"]);
        // Words of deleted items are not suggested.
        server.request("DELETE", "/v1/videos/draft").key(&key).send().expect(204);
        assert!(suggestions(server, "/v1/videos", "clandestyne").is_empty());
    }

    fn suggestions_are_in_one_language_and_script(server: &TestServer) {
        let key = server.editor_key();
        // Each word is in a text of each item, but of another language.
        let texts = json!({"title": "Young people and their health", "translations": {
            "en": {"title": "Young people and their health", "status": "published"},
            "mk": {"title": "Роботите на Приштина и центарот", "status": "published"},
            "sq": {"title": "Robotë për shëndetin, centar", "status": "published"},
        }});
        for slug in ["one", "two"] {
            let mut item = texts.clone();
            item.as_object_mut().unwrap().remove("title");
            item["slug"] = json!(slug);
            item["status"] = json!("published");
            item["original_language"] = json!("en");
            server.create(&key, "/v1/videos", &item);
        }
        for path in ["/v1/videos", "/v1/search"] {
            assert_eq!(suggestions(server, path, "роботте на приштина"), ["Роботите на приштина"], "{path}");
            // `centar` is Albanian here, `people` English.
            assert!(suggestions(server, path, "people centr").is_empty(), "{path}");
            assert_eq!(suggestions(server, path, "poeple health"), ["people health"], "{path}");
            assert_eq!(suggestions(server, path, "youngpeople"), ["Young people"], "{path}");
            assert_eq!(suggestions(server, path, "yuong people and their health and young people and health"), ["Young people and their health and young people and health"], "{path}");
        }
    }

    fn suggests_at_most_three_closest_first(server: &TestServer) {
        let key = server.editor_key();
        for (slug, title) in [("a", "forums"), ("b", "formal"), ("c", "forum"), ("d", "forum"), ("e", "format"), ("f", "norms")] {
            video(server, &key, slug, title, "en", &json!({}));
        }
        assert_eq!(suggestions(server, "/v1/videos", "foram"), ["forum"]);
        // One edit; two edits, most frequent first.
        assert_eq!(suggestions(server, "/v1/videos", "fourms"), ["forums", "forum", "norms"]);
    }

    demo fn corrects_misspellings_in_demo_catalogue(server: &TestServer) {
        for (typed, expected) in [("fotball", "Football"), ("testimonals", "Testimonials"), ("пандамију", "пандемију"), ("masculnity", "masculinity")] {
            let suggested = suggestions(server, "/v1/videos", typed);
            assert!(suggested.iter().any(|one| one.eq_ignore_ascii_case(expected) || one == expected), "{typed}: {suggested:?}");
            for one in &suggested {
                assert!(!server.slugs(&format!("/v1/videos?q={}", percent_encode(one))).is_empty(), "{typed}: {one}");
            }
        }
    }
}
