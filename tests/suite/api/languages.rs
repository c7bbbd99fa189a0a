//! Language selection of responses.

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
        resource["language"].as_str().expect("a resource has a language"),
        resource["transliterated"].as_bool().expect("a resource has `transliterated`"),
    )
}

on_both! {
    demo fn serbian_is_transliterated_and_marked(server: &TestServer) {
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
        // Nested titles use the response language.
        let topic = server.read("/v1/topics/masculinity?lang=sr-Cyrl");
        assert_eq!((topic["name"].as_str(), topic["parent"]["title"].as_str()), (Some("Мушкост"), Some("Друштвене норме")));
    }

    demo fn selects_each_supported_language(server: &TestServer) {
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

    demo fn uses_accept_language_without_lang(server: &TestServer) {
        let ask = |value: &str| server.request("GET", LATIN_ONLY).header("Accept-Language", value).send().expect(200);
        for (value, expected) in [("mk;q=0.5, sq", "sq"), ("fr, tr;q=0.1", "tr"), ("fr", "en"), ("*", "en"), ("sr-Cyrl", "sr-Cyrl"), ("mk;q=0, sq;q=0.3", "sq"), (";;;,q=x", "en")] {
            let response = ask(value);
            assert_eq!(response.json()["language"], expected, "{value}");
            assert_eq!(response.required_header("content-language"), expected);
            assert!(response.required_header("vary").contains("Accept-Language"));
        }
        let explicit = server.request("GET", &format!("{LATIN_ONLY}?lang=tr")).header("Accept-Language", "mk").send().expect(200);
        assert_eq!(explicit.json()["language"], "tr");
        assert!(!explicit.required_header("vary").contains("Accept-Language"), "`lang` takes precedence over the header");
    }

    demo fn montenegrin_falls_back_to_serbian_latin_then_bosnian(server: &TestServer) {
        assert_eq!(language(&server.read(&format!("{LATIN_ONLY}?lang=cnr"))), ("sr-Latn", false));
        server.import(&[json!({"resource": "topic", "slug": "only-bosnian", "status": "published", "translations": {"en": {"status": "published", "name": "Water"}, "bs": {"status": "published", "name": "Voda"}}})]);
        assert_eq!(language(&server.read("/v1/topics/only-bosnian?lang=cnr")), ("bs", false));
    }

    fn falls_back_to_any_published_language(server: &TestServer) {
        server.import(&[
            json!({"resource": "topic", "slug": "turkish", "status": "published", "original_language": "tr", "translations": {"tr": {"status": "published", "name": "Su"}, "mk": {"status": "published", "name": "Вода"}}}),
            json!({"resource": "topic", "slug": "not-the-original", "status": "published", "original_language": "tr", "translations": {"tr": {"status": "draft", "name": "Su"}, "mk": {"status": "published", "name": "Вода"}}}),
        ]);
        assert_eq!(language(&server.read("/v1/topics/turkish?lang=sq")), ("tr", false));
        assert_eq!(language(&server.read("/v1/topics/not-the-original?lang=sq")), ("mk", false));
    }

    fn fallback_language_is_configurable(server: &TestServer, |settings| settings.fallback_languages = vec!["sq".to_owned(), "en".to_owned()]) {
        server.import(&[json!({"resource": "topic", "slug": "water", "status": "published", "original_language": "mk", "translations": {"mk": {"status": "published", "name": "Вода"}, "sq": {"status": "published", "name": "Ujë"}, "en": {"status": "published", "name": "Water"}}})]);
        assert_eq!(language(&server.read("/v1/topics/water?lang=fr")), ("sq", false));
    }

    demo fn returns_all_languages(server: &TestServer) {
        let video = server.read(&format!("{LATIN_ONLY}?lang=all"));
        let tags: Vec<&String> = video["translations"].as_object().unwrap().keys().collect();
        assert_eq!(tags, ["bs", "en", "mk", "sq", "sr-Latn", "tr"]);
        assert_eq!(video["languages"].as_array().unwrap().len(), 6);
        assert!(["title", "summary", "description", "language"].iter().all(|name| video.get(name).is_none()), "flat texts are absent");
        assert_eq!(video["translations"]["tr"]["status"], "published");
        let both = server.read(&format!("{LATIN_ONLY}?include=translations&lang=mk"));
        assert_eq!(both["translations"], video["translations"]);
        assert_eq!(both["title"], video["translations"]["mk"]["title"]);
        let list = server.read("/v1/videos?lang=all&limit=2");
        assert!(list["data"].as_array().unwrap().iter().all(|video| video["translations"]["en"]["title"].is_string()));
    }
}
