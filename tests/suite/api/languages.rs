//! Which language an answer is in.

use serde_json::{Value, json};

use crate::on_both;

const LATIN_ONLY: &str = "/v1/videos/testimonials-part-one";
const CYRILLIC_ONLY: &str = "/v1/impact-statistics/women-who-know-their-rights";

fn is_cyrillic(text: &Value) -> bool {
    let text = text.as_str().expect("a text");
    text.chars().any(|c| ('\u{400}'..'\u{500}').contains(&c))
        && !text.chars().any(|c| c.is_ascii_alphabetic())
}

fn language(resource: &Value) -> (&str, bool) {
    (
        resource["language"].as_str().expect("a resource says its language"),
        resource["transliterated"].as_bool().expect("and how it came by it"),
    )
}

on_both! {
    demo fn the_other_serbian_script_is_made_and_said_so(server: &TestServer) {
        let video = server.read(&format!("{LATIN_ONLY}?lang=sr-Cyrl"));
        assert_eq!(language(&video), ("sr-Cyrl", true));
        assert_eq!(video["title"], "Својим речима, први део: партнери и учесници");
        assert!(is_cyrillic(&video["description"]));
        assert_eq!(language(&server.read(&format!("{LATIN_ONLY}?lang=sr-Latn"))), ("sr-Latn", false));
        assert_eq!(language(&server.read(&format!("{LATIN_ONLY}?lang=sr"))), ("sr-Latn", false));
        let statistic = server.read(&format!("{CYRILLIC_ONLY}?lang=sr-Latn"));
        assert_eq!(language(&statistic), ("sr-Latn", true));
        assert_eq!(statistic["label"], "žena koje bolje poznaju svoja prava i usluge koje su im na raspolaganju");
        assert_eq!(language(&server.read(&format!("{CYRILLIC_ONLY}?lang=sr"))), ("sr-Cyrl", false));
        // Nested titles follow the answer's language.
        let topic = server.read("/v1/topics/masculinity?lang=sr-Cyrl");
        assert_eq!((topic["name"].as_str(), topic["parent"]["title"].as_str()), (Some("Мушкост"), Some("Друштвене норме")));
    }

    demo fn each_language_of_the_audience(server: &TestServer) {
        let expected = [
            ("en", "Prevention"), ("sq", "Parandalimi"), ("bs", "Prevencija"), ("sr-Latn", "Prevencija"), ("mk", "Превенција"), ("tr", "Önleme"),
            ("TR", "Önleme"), ("tr-TR", "Önleme"), ("en-GB", "Prevention"),
        ];
        for (tag, name) in expected {
            assert_eq!(server.read(&format!("/v1/topics/prevention?lang={tag}"))["name"], name, "{tag}");
        }
        let country = server.read("/v1/countries/MK?lang=tr");
        assert_eq!((country["name"].as_str(), country["language"].as_str()), (Some("Kuzey Makedonya"), Some("tr")));
        assert_eq!(server.read("/v1/partners/government-of-north-macedonia?lang=tr")["country"]["name"], "Kuzey Makedonya");
    }

    demo fn accept_language_decides_without_lang(server: &TestServer) {
        let ask = |value: &str| server.request("GET", LATIN_ONLY).header("Accept-Language", value).send().expect(200);
        for (value, expected) in [("mk;q=0.5, sq", "sq"), ("fr, tr;q=0.1", "tr"), ("fr", "en"), ("*", "en"), ("sr-Cyrl", "sr-Cyrl"), ("mk;q=0, sq;q=0.3", "sq"), (";;;,q=x", "en")] {
            let answer = ask(value);
            assert_eq!(answer.json()["language"], expected, "{value}");
            assert_eq!(answer.must("content-language"), expected);
            assert!(answer.must("vary").contains("Accept-Language"));
        }
        let explicit = server.request("GET", &format!("{LATIN_ONLY}?lang=tr")).header("Accept-Language", "mk").send().expect(200);
        assert_eq!(explicit.json()["language"], "tr");
        assert!(!explicit.must("vary").contains("Accept-Language"), "lang decides alone");
    }

    demo fn montenegrin_falls_back_to_serbian_in_latin_then_to_bosnian(server: &TestServer) {
        assert_eq!(language(&server.read(&format!("{LATIN_ONLY}?lang=cnr"))), ("sr-Latn", false));
        server.import(&[json!({"resource": "topic", "slug": "only-bosnian", "status": "published", "translations": {"en": {"status": "published", "name": "Water"}, "bs": {"status": "published", "name": "Voda"}}})]);
        assert_eq!(language(&server.read("/v1/topics/only-bosnian?lang=cnr")), ("bs", false));
    }

    fn the_chain_ends_with_any_published_language(server: &TestServer) {
        server.import(&[
            json!({"resource": "topic", "slug": "turkish", "status": "published", "original_language": "tr", "translations": {"tr": {"status": "published", "name": "Su"}, "mk": {"status": "published", "name": "Вода"}}}),
            json!({"resource": "topic", "slug": "not-the-original", "status": "published", "original_language": "tr", "translations": {"tr": {"status": "draft", "name": "Su"}, "mk": {"status": "published", "name": "Вода"}}}),
        ]);
        assert_eq!(language(&server.read("/v1/topics/turkish?lang=sq")), ("tr", false));
        assert_eq!(language(&server.read("/v1/topics/not-the-original?lang=sq")), ("mk", false));
    }

    fn the_fallback_is_configurable(server: &TestServer, |settings| settings.fallback_languages = vec!["sq".to_owned(), "en".to_owned()]) {
        server.import(&[json!({"resource": "topic", "slug": "water", "status": "published", "original_language": "mk", "translations": {"mk": {"status": "published", "name": "Вода"}, "sq": {"status": "published", "name": "Ujë"}, "en": {"status": "published", "name": "Water"}}})]);
        assert_eq!(language(&server.read("/v1/topics/water?lang=fr")), ("sq", false));
    }

    demo fn all_languages_at_once(server: &TestServer) {
        let video = server.read(&format!("{LATIN_ONLY}?lang=all"));
        let tags: Vec<&String> = video["translations"].as_object().unwrap().keys().collect();
        assert_eq!(tags, ["bs", "en", "mk", "sq", "sr-Latn", "tr"]);
        assert_eq!(video["languages"].as_array().unwrap().len(), 6);
        assert!(["title", "summary", "description", "language"].iter().all(|name| video.get(name).is_none()), "no flat texts");
        assert_eq!(video["translations"]["tr"]["status"], "published");
        let both = server.read(&format!("{LATIN_ONLY}?include=translations&lang=mk"));
        assert_eq!(both["translations"], video["translations"]);
        assert_eq!(both["title"], video["translations"]["mk"]["title"]);
        let list = server.read("/v1/videos?lang=all&limit=2");
        assert!(list["data"].as_array().unwrap().iter().all(|video| video["translations"]["en"]["title"].is_string()));
    }
}
