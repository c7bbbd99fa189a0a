//! `did_you_mean`: what a search that finds little was perhaps meant to be.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, encoded};

fn meant(server: &TestServer, path: &str, query: &str) -> Vec<String> {
    let page = server.read(&format!(
        "{path}{}q={}",
        if path.contains('?') { '&' } else { '?' },
        encoded(query)
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
    fn misspelt_words_are_set_right(server: &TestServer) {
        let key = server.editor_key();
        let none = json!({});
        video(server, &key, "one", "Ending violence against women", "en", &none);
        video(server, &key, "two", "Насиље над женама није приватна ствар", "sr-Cyrl", &json!({"countries": ["RS"]}));
        video(server, &key, "three", "Žene i policija", "bs", &none);
        video(server, &key, "four", "Şiddete karşı eşitlik", "tr", &none);
        video(server, &key, "five", "Police and \"violet\" women's shelters in 2024", "en", &json!({"countries": ["MK"]}));
        for (typed, expected) in [
            // Folded words are compared, whatever was typed; the answer is spelled as the text is,
            // in the script that was typed if it has both.
            ("violnce", vec!["violence"]),
            ("VIOLENSE", vec!["violence"]),
            ("насилје", vec![]),
            ("наснље", vec!["Насиље"]),
            ("nasilnje", vec!["Насиље"]),
            ("policja", vec!["policija", "Police"]),
            ("sidete", vec!["Şiddete"]),
            ("eşitilk", vec!["eşitlik"]),
            // What is known stays as it was typed, and so do signs.
            ("violnce against", vec!["violence against"]),
            ("  Violnce, agianst!  ", vec!["violence, against!"]),
            ("\"violnce against women\"", vec!["\"violence against women\""]),
            ("violnce -police", vec!["violence -police"]),
            ("violnce OR Policja", vec!["violence OR policija", "violence OR Police"]),
            // Nothing is near, or nothing would be found.
            ("xyzzy", vec![]),
            ("violnce privatna", vec![]),
            ("violence -violnce", vec![]),
            ("20244", vec![]),
            ("!!", vec![]),
            ("vi", vec![]),
        ] {
            assert_eq!(meant(server, "/v1/videos", typed), expected, "{typed}");
            assert_eq!(meant(server, "/v1/search", typed), expected, "search: {typed}");
        }
        // Each is known to find something here: with the same filters, among what this list holds.
        assert_eq!(meant(server, "/v1/videos?country=MK", "polce"), ["Police"]);
        assert!(meant(server, "/v1/videos?country=RS", "polce").is_empty());
        assert!(meant(server, "/v1/programmes", "violnce").is_empty());
        assert!(meant(server, "/v1/search?kind=topic", "violnce").is_empty());
        // Only with the first page, and only where there is little.
        assert!(meant(server, "/v1/videos?offset=1", "violnce").is_empty());
        assert!(server.read("/v1/videos?q=police")["did_you_mean"].is_null());
        assert!(server.read("/v1/videos")["did_you_mean"].is_null());
        // A word that is found, but hardly, gives way to one that is found more.
        for slug in ["six", "seven", "eight"] {
            video(server, &key, slug, "Shelter", "en", &none);
        }
        video(server, &key, "nine", "Shalter", "en", &none);
        assert_eq!(meant(server, "/v1/videos", "shalter"), ["Shelter", "shelters"]);
        assert!(meant(server, "/v1/videos", "shelter").is_empty());
    }

    fn words_that_nobody_may_see_are_not_offered(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "status": "draft", "title": "Clandestine"}));
        assert!(meant(server, "/v1/videos", "clandestin e").is_empty());
        assert!(meant(server, "/v1/videos", "clandestyne").is_empty());
        let seen = server.request("GET", "/v1/videos?q=clandestyne&status=draft").key(&key).send().expect(200).json();
        assert_eq!(seen["did_you_mean"], json!(["Clandestine"]));
        // Not in the company of a word that is found, nor by the form of one, nor behind words that
        // are not looked for.
        video(server, &key, "public", "Ending violence, clandestinely", "en", &json!({}));
        for typed in ["violnce OR clandestyne", "clandestyne OR violnce", "violence OR clandestyne", "violnce -clandestyne", &format!("violnce {}clandestyne", "-zz ".repeat(31))] {
            let offered = meant(server, "/v1/videos", typed);
            assert!(!offered.iter().any(|one| one.contains("Clandestine")), "{typed}: {offered:?}");
        }
        // Nor does what is only in a draft count as known.
        server.create(&key, "/v1/videos", &json!({"slug": "typo", "status": "draft", "title": "Violnce endinng"}));
        assert_eq!(meant(server, "/v1/videos", "violnce endinng"), ["violence Ending"]);
        server.patch(&key, "/v1/videos/draft", &json!({"status": "published", "translations": {"en": {"status": "published"}}}));
        assert_eq!(meant(server, "/v1/videos", "clandestyne"), ["Clandestine"]);
        // Nor is what is gone.
        server.request("DELETE", "/v1/videos/draft").key(&key).send().expect(204);
        assert!(meant(server, "/v1/videos", "clandestyne").is_empty());
    }

    fn at_most_three_are_offered_the_nearest_first(server: &TestServer) {
        let key = server.editor_key();
        for (slug, title) in [("a", "forums"), ("b", "formal"), ("c", "forum"), ("d", "forum"), ("e", "format"), ("f", "norms")] {
            video(server, &key, slug, title, "en", &json!({}));
        }
        assert_eq!(meant(server, "/v1/videos", "foram"), ["forum"]);
        // One edit; two, and found most; two.
        assert_eq!(meant(server, "/v1/videos", "fourms"), ["forums", "forum", "norms"]);
    }

    demo fn the_first_catalogue_is_forgiving(server: &TestServer) {
        for (typed, expected) in [("fotball", "Football"), ("testimonals", "Testimonials"), ("пандамију", "пандемију"), ("masculnity", "masculinity")] {
            let offered = meant(server, "/v1/videos", typed);
            assert!(offered.iter().any(|one| one.eq_ignore_ascii_case(expected) || one == expected), "{typed}: {offered:?}");
            for one in &offered {
                assert!(!server.slugs(&format!("/v1/videos?q={}", encoded(one))).is_empty(), "{typed}: {one}");
            }
        }
    }
}
