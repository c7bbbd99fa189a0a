//! `q`: the same items whatever the script, the diacritics, the case.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, encoded};

fn found(server: &TestServer, path: &str, query: &str) -> Vec<String> {
    server.slug_set(&format!("{path}?limit=100&q={}", encoded(query)))
}

fn topic(slug: &str, language: &str, name: &str, description: &str) -> Value {
    json!({"resource": "topic", "slug": slug, "status": "published", "original_language": language, "translations": {language: {"status": "published", "name": name, "description": description}}})
}

on_both! {
    demo fn script_diacritics_and_case_make_no_difference(server: &TestServer) {
        for path in ["/v1/videos", "/v1/impact-statistics"] {
            let expected = found(server, path, "zene");
            assert!(!expected.is_empty(), "{path}");
            for query in ["žene", "жене", "ŽENE", "Жене", "z\u{30c}ene"] {
                assert_eq!(found(server, path, query), expected, "{path} {query}");
            }
        }
        let expected = found(server, "/v1/videos", "rodni stereotipi");
        assert!(!expected.is_empty());
        assert_eq!(found(server, "/v1/videos", "родни стереотипи"), expected);
    }

    fn turkish_and_albanian_letters(server: &TestServer) {
        server.import(&[
            topic("equality", "tr", "Toplumsal cinsiyet eşitliği", "Işık ve ılık"),
            topic("centre", "sq", "Qendër për gratë", "Çështje"),
            topic("istanbul", "tr", "İstanbul Sözleşmesi", "IŞIK"),
        ]);
        for query in ["cinsiyet eşitliği", "CİNSİYET ESITLIGI", "cinsiyet esitligi", "CINSIYET EŞİTLİĞİ", "esitl"] {
            assert_eq!(found(server, "/v1/topics", query), ["equality"], "{query}");
        }
        for query in ["qendër", "qender", "QENDËR", "ceshtje", "grate"] {
            assert_eq!(found(server, "/v1/topics", query), ["centre"], "{query}");
        }
        for query in ["istanbul", "İSTANBUL", "ıstanbul", "ISTANBUL sozlesmesi"] {
            assert_eq!(found(server, "/v1/topics", query), ["istanbul"], "{query}");
        }
        for query in ["ışık", "isik", "IŞIK"] {
            assert_eq!(found(server, "/v1/topics", query), ["equality", "istanbul"], "{query}");
        }
    }

    fn phrases_exclusion_prefixes(server: &TestServer) {
        server.import(&[
            topic("apples", "en", "Red apple pie", "Baked in the village school"),
            topic("shuffled", "en", "Apple of red colour", "A pie"),
            topic("pears", "en", "Pear pie", "Prevention of hunger; COVID-19"),
            topic("fruit", "mk", "Крушка", ""),
        ]);
        for (query, expected) in [
            ("pie", vec!["apples", "pears", "shuffled"]), ("\"red apple\"", vec!["apples"]), ("„red apple“", vec!["apples"]), ("red apple", vec!["apples", "shuffled"]), ("\"apple red\"", vec![]),
            ("pie -apple", vec!["pears"]), ("pie -\"red apple\"", vec!["pears", "shuffled"]), ("preven", vec!["pears"]), ("\"preven\"", vec![]), ("preven hunger", vec![]),
            ("hung", vec!["pears"]), ("covid-19", vec!["pears"]), ("COVID 19", vec!["pears"]), ("covid-18", vec![]),
            ("krushka", vec![]), ("kruška", vec!["fruit"]), ("nothing-like-this", vec![]),
        ] {
            assert_eq!(found(server, "/v1/topics", query), expected, "{query}");
        }
    }

    fn any_text_is_a_query(server: &TestServer) {
        server.import(&[topic("a", "en", "A cat's \"quoted\" name: 100% (NEAR)", "x AND y OR z NOT w*")]);
        for query in ["\"", "\"\"", "'", "''", "-", "--", "*", "(", ")", ":", "NEAR(a b)", "a AND", "title:x", "^a", "{a}", "&", "|", "!", "<->", "\\", "%", "_", ";", "a:*", "💧", "\u{202e}", "AND OR NOT", "\"unfinished", "- a", "   ", "a\tb\nc"] {
            let path = format!("/v1/topics?q={}", encoded(query));
            let status = server.get(&path).status;
            assert_eq!(status, 200, "{query}");
        }
        for query in ["quoted", "cat's", "100%", "near", "x AND y", "NOT w"] {
            assert_eq!(found(server, "/v1/topics", query), ["a"], "{query}");
        }
    }

    demo fn items_are_found_by_what_they_refer_to(server: &TestServer) {
        assert!(found(server, "/v1/videos", "Maskuliniteti").contains(&"football-players-against-toxic-masculinity".to_owned()), "a topic's name");
        assert_eq!(found(server, "/v1/videos", "Bashkimi Evropian").len(), 8, "a partner's name");
        let key = server.editor_key();
        assert!(found(server, "/v1/videos", "gymnastics").is_empty());
        server.patch(&key, "/v1/topics/sport", &json!({"name": "Sport and gymnastics"}));
        assert_eq!(found(server, "/v1/videos", "gymnastics"), ["football-players-against-toxic-masculinity"], "a renamed topic");
    }

    fn the_best_comes_first(server: &TestServer) {
        server.import(&[
            topic("in-description", "en", "Other", "Something of water"),
            topic("in-title", "en", "Water", "Something"),
            topic("not-at-all", "en", "Fire", "Flame"),
        ]);
        assert_eq!(server.slugs("/v1/topics?q=water"), ["in-title", "in-description"]);
        assert_eq!(server.slugs("/v1/topics?q=water&sort=relevance"), ["in-title", "in-description"]);
        assert_eq!(server.slugs("/v1/topics?q=water&sort=slug"), ["in-description", "in-title"]);
        let page = server.read("/v1/topics?q=water&limit=1");
        let cursor = page["page"]["next_cursor"].as_str().unwrap();
        assert_eq!(server.slugs(&format!("/v1/topics?q=water&limit=1&cursor={cursor}")), ["in-description"]);
        assert_eq!(server.read("/v1/topics?q=water&total=true")["page"]["total"], 2);
    }

    fn writes_are_found_at_once_and_what_is_gone_is_not(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "river", "status": "published", "name": "River"}));
        assert_eq!(found(server, "/v1/topics", "river"), ["river"]);
        server.patch(&key, "/v1/topics/river", &json!({"name": "Lake"}));
        assert!(found(server, "/v1/topics", "river").is_empty());
        assert_eq!(found(server, "/v1/topics", "lake"), ["river"]);
        server.request("DELETE", "/v1/topics/river").key(&key).send().expect(204);
        assert!(found(server, "/v1/topics", "lake").is_empty());
    }
}
