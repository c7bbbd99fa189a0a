//! The order of lists.

use serde_json::json;

use crate::on_both;
use crate::support::TestServer;

fn names(server: &TestServer, language: &str, names: &[&str]) {
    let lines: Vec<serde_json::Value> = names
        .iter()
        .enumerate()
        .map(|(index, name)| json!({"resource": "topic", "slug": format!("t-{index}"), "status": "published", "original_language": language, "translations": {language: {"status": "published", "name": name}}}))
        .collect();
    server.import(&lines);
}

fn sorted(server: &TestServer, query: &str) -> Vec<String> {
    server.read(&format!("/v1/topics?limit=100&{query}"))["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| topic["name"].as_str().unwrap().to_owned())
        .collect()
}

on_both! {
    fn sorts_serbian_latin(server: &TestServer) {
        names(server, "sr-Latn", &["Džep", "Ćar", "Zora", "Dan", "Cena", "Đak", "Žaba", "Čas", "Šuma", "Suma", "lav", "Ljubav"]);
        let expected = ["Cena", "Čas", "Ćar", "Dan", "Džep", "Đak", "lav", "Ljubav", "Suma", "Šuma", "Zora", "Žaba"];
        assert_eq!(sorted(server, "lang=sr-Latn&sort=name"), expected);
        let mut reversed = expected.to_vec();
        reversed.reverse();
        assert_eq!(sorted(server, "lang=sr-Latn&sort=-name"), reversed);
    }

    fn sorts_turkish(server: &TestServer) {
        names(server, "tr", &["izmir", "Ilıca", "Çan", "Cuma", "ışık", "Iğdır", "öz", "oz", "Şam", "Sam", "İnci", "hava", "jet"]);
        assert_eq!(sorted(server, "lang=tr&sort=name"), ["Cuma", "Çan", "hava", "Iğdır", "Ilıca", "ışık", "İnci", "izmir", "jet", "oz", "öz", "Sam", "Şam"]);
    }

    fn sorts_albanian(server: &TestServer) {
        names(server, "sq", &["Dhe", "Dzu", "Çaj", "Cep", "Ëndërr", "Emër", "Xhep", "Xixë", "Zhur", "Zog"]);
        assert_eq!(sorted(server, "lang=sq&sort=name"), ["Cep", "Çaj", "Dzu", "Dhe", "Emër", "Ëndërr", "Xixë", "Xhep", "Zog", "Zhur"]);
    }

    fn sorts_macedonian(server: &TestServer) {
        names(server, "mk", &["Ѓорче", "Дедо", "Ѕвезда", "Зора", "Његош", "Ноќ", "Ќелија", "Куќа", "Џеб", "Шума", "Јас", "Игра"]);
        assert_eq!(sorted(server, "lang=mk&sort=name"), ["Дедо", "Ѓорче", "Зора", "Ѕвезда", "Игра", "Јас", "Куќа", "Ноќ", "Његош", "Ќелија", "Џеб", "Шума"]);
    }

    fn sorts_by_response_language(server: &TestServer) {
        let line = |slug: &str, en: &str, mk: &str| json!({"resource": "topic", "slug": slug, "status": "published", "translations": {"en": {"status": "published", "name": en}, "mk": {"status": "published", "name": mk}}});
        server.import(&[line("one", "Apple", "Јаболко"), line("two", "Bread", "Леб"), line("three", "Cheese", "Сирење"), line("four", "Dog", "Куче")]);
        assert_eq!(server.slugs("/v1/topics?sort=name&lang=en"), ["one", "two", "three", "four"]);
        assert_eq!(server.slugs("/v1/topics?sort=name&lang=mk"), ["one", "four", "two", "three"]);
    }

    fn sorts_by_several_keys_with_nulls_last(server: &TestServer) {
        let line = |slug: &str, seconds: Option<u32>| json!({"resource": "video", "slug": slug, "status": "published", "duration_seconds": seconds, "translations": {"en": {"status": "published", "title": "Same"}}});
        server.import(&[line("a", Some(10)), line("b", None), line("c", Some(5)), line("d", Some(10)), line("e", None)]);
        assert_eq!(server.slugs("/v1/videos?sort=duration_seconds,slug"), ["c", "a", "d", "b", "e"]);
        assert_eq!(server.slugs("/v1/videos?sort=-duration_seconds,-slug"), ["d", "a", "c", "e", "b"]);
        assert_eq!(server.slugs("/v1/videos?sort=title,-slug"), ["e", "d", "c", "b", "a"]);
    }

    fn sorts_newest_first_by_default(server: &TestServer) {
        let line = |slug: &str, time: &str| json!({"resource": "video", "slug": slug, "status": "published", "published_at": time, "translations": {"en": {"status": "published", "title": slug}}});
        server.import(&[line("middle", "2024-02-01T00:00:00Z"), line("newest", "2024-03-01T00:00:00Z"), line("oldest", "2024-01-01T00:00:00Z")]);
        assert_eq!(server.slugs("/v1/videos"), ["newest", "middle", "oldest"]);
        assert_eq!(server.slugs("/v1/videos?sort=published_at"), ["oldest", "middle", "newest"]);
    }
}
