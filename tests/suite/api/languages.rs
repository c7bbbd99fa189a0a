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
        for (value, expected) in [("mk;q=0.5, sq", "sq"), ("fr, tr;q=0.1", "tr"), ("fr", "en"), ("*", "en"), ("sr-Cyrl", "sr-Cyrl"), ("mk;q=0, sq;q=0.3", "sq"), ("ca-ES,mk;q=.9", "mk"), (";;;,q=x", "en")] {
            let response = ask(value);
            assert_eq!(response.json()["language"], expected, "{value}");
            assert_eq!(response.required_header("content-language"), expected);
            assert!(response.required_header("vary").contains("Accept-Language"));
        }
        let explicit = server.request("GET", &format!("{LATIN_ONLY}?lang=tr")).header("Accept-Language", "mk").send().expect(200);
        assert_eq!(explicit.json()["language"], "tr");
        assert!(!explicit.required_header("vary").contains("Accept-Language"), "`lang` takes precedence over the header");
    }

    fn sister_languages_stand_in_for_one_another(server: &TestServer) {
        let text = |title: &str| json!({"status": "published", "title": title});
        server.import(&[
            json!({"resource": "video", "slug": "bosnian", "status": "published", "original_language": "en", "translations": {"en": text("English"), "bs": text("Bosanski"), "sq": text("Shqip")}}),
            json!({"resource": "video", "slug": "serbian", "status": "published", "original_language": "en", "translations": {"en": text("English"), "sr-Cyrl": text("Српски")}}),
        ]);
        let read = |path: &str, accepted: &str| {
            let response = server.request("GET", path).header("Accept-Language", accepted).send().expect(200);
            let item = response.json();
            let seen = item["language"].as_str().unwrap().to_owned();
            assert_eq!(response.required_header("content-language"), seen);
            (seen, item["title"].as_str().unwrap().to_owned(), item["transliterated"] == json!(true))
        };
        for (accepted, language, title, transliterated) in [
            ("hr", "bs", "Bosanski", false), ("sr-Latn-RS,en;q=0.5", "bs", "Bosanski", false), ("sr-Cyrl", "bs", "Bosanski", false), ("cnr", "bs", "Bosanski", false),
            ("sh", "bs", "Bosanski", false), ("en;q=0", "bs", "Bosanski", false), ("mk;q=0, fr", "en", "English", false), ("en;q=0, sq;q=0.1", "sq", "Shqip", false),
        ] {
            assert_eq!(read("/v1/videos/bosnian", accepted), (language.to_owned(), title.to_owned(), transliterated), "{accepted}");
        }
        for (accepted, language, title, transliterated) in [
            ("bs", "sr-Latn", "Srpski", true), ("hr-HR, en", "sr-Latn", "Srpski", true), ("sh-Cyrl", "sr-Cyrl", "Српски", false), ("sr-ME", "sr-Latn", "Srpski", true),
            ("en;q=0", "sr-Cyrl", "Српски", false),
        ] {
            assert_eq!(read("/v1/videos/serbian", accepted), (language.to_owned(), title.to_owned(), transliterated), "{accepted}");
        }
        // The same for lists, their order and cached responses.
        for _ in 0..2 {
            let list = server.request("GET", "/v1/videos?sort=title&fields=title").header("Accept-Language", "en;q=0").send().expect(200).json();
            let titles: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|item| item["title"].as_str()).collect();
            assert_eq!(titles, ["Српски", "Bosanski"], "Cyrillic sorts first in Serbian");
            let plain = server.request("GET", "/v1/videos?sort=title&fields=title").send().expect(200).json();
            assert_eq!(plain["data"][0]["title"], "English");
        }
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

    fn original_language_of_draft_text_is_not_public(server: &TestServer) {
        let key = server.editor_key();
        for (list, title, members) in WRITABLE_KINDS {
            let texts = json!({"slug": "original", "status": "published", "original_language": "tr", "translations": {
                "tr": {"status": "draft", (title): "Su"}, "mk": {"status": "published", (title): "Вода"}}});
            server.create(&key, list, &with(members, texts));
            for address in [format!("{list}/original"), format!("{list}/original?lang=all"), format!("{list}/original?lang=tr")] {
                let item = server.read(&address);
                assert_eq!((&item["original_language"], &item["languages"]), (&Value::Null, &json!(["mk"])), "{address}");
                let seen = server.request("GET", &address).key(&key).send().expect(200).json();
                assert_eq!((&seen["original_language"], &seen["languages"]), (&json!("tr"), &json!(["mk", "tr"])), "{address}");
            }
            let listed = server.read(&format!("{list}?fields=original_language"))["data"][0].clone();
            assert_eq!(listed["original_language"], Value::Null, "{list}");
            // What the public reads can be written back.
            let public = server.read(&format!("{list}/original"));
            server.patch(&key, &format!("{list}/original"), &json!({"original_language": public["original_language"], "language": "mk"}));
            server.patch(&key, &format!("{list}/original"), &json!({"translations": {"tr": {"status": "published"}}}));
            assert_eq!(server.read(&format!("{list}/original"))["original_language"], "tr", "{list}");
        }
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

/// The list of each kind, its title field, and the members that a new item needs.
const WRITABLE_KINDS: [(&str, &str, &str); 7] = [
    ("/v1/topics", "name", "{}"),
    ("/v1/partners", "name", r#"{"kind": "media"}"#),
    ("/v1/programmes", "title", "{}"),
    ("/v1/videos", "title", "{}"),
    ("/v1/indicators", "label", r#"{"unit": "people"}"#),
    ("/v1/impact-statistics", "label", r#"{"value": "5", "unit": "people"}"#),
    ("/v1/saved-queries", "name", r#"{"kind": "video", "query": "country=MK"}"#),
];

fn with(members: &str, texts: Value) -> Value {
    let mut body: Value = serde_json::from_str(members).expect("members are JSON");
    body.as_object_mut().unwrap().extend(texts.as_object().expect("texts").clone());
    body
}

on_both! {
    fn texts_are_written_in_the_named_language(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: &Value| server.request(method, path).key(&key).json(body).send();
        let read = |path: &str| server.request("GET", path).key(&key).send().expect(200).json();
        for (list, title, members) in WRITABLE_KINDS {
            let texts = json!({"status": "published", "slug": "both", "translations": {"en": {(title): "English"}, "mk": {(title): "Македонски"}}});
            send("POST", list, &with(members, texts)).expect(201);
            let item = format!("{list}/both");
            let titles = || {
                let stored = read(&format!("{item}?lang=all"));
                let names = stored["translations"].as_object().unwrap().iter();
                names.map(|(tag, texts)| format!("{tag} {} {}", texts[title].as_str().unwrap(), texts["status"].as_str().unwrap())).collect::<Vec<_>>()
            };
            // `lang`, and `language` of the body.
            let patched = send("PATCH", &format!("{item}?lang=mk"), &json!({(title): "Нов"})).expect(200).json();
            assert_eq!((patched["language"].as_str(), patched[title].as_str()), (Some("mk"), Some("Нов")), "{list}");
            assert_eq!(titles(), ["en English published", "mk Нов published"], "{list}");
            send("PATCH", &item, &json!({"language": "mk", (title): "Друг"})).expect(200);
            assert_eq!(titles(), ["en English published", "mk Друг published"], "{list}");
            // Without either, the original language, whatever Accept-Language prefers.
            server.request("PATCH", &item).key(&key).header("Accept-Language", "mk").json(&json!({(title): "Changed"})).send().expect(200);
            assert_eq!(titles(), ["en Changed published", "mk Друг published"], "{list}");
            // A language without texts is added as a draft, or with the status of the patch.
            send("PATCH", &format!("{item}?lang=sq"), &json!({(title): "Shqip"})).expect(200);
            send("PATCH", &item, &json!({"language": "tr", "status": "published", (title): "Türkçe"})).expect(200);
            assert_eq!(titles(), ["en Changed published", "mk Друг published", "sq Shqip draft", "tr Türkçe published"], "{list}");
            // Two different languages.
            let problem = send("PATCH", &format!("{item}?lang=mk"), &json!({"language": "en", (title): "X"})).expect(422).json();
            assert_eq!((problem["errors"][0]["pointer"].as_str(), problem["errors"][0]["code"].as_str()), (Some("/language"), Some("conflicting")), "{list}");
            // `lang=en-GB` returns `en`, so a client that sends back what it has read changes English.
            send("PATCH", &format!("{item}?lang=en-GB"), &json!({"language": "en", (title): "British"})).expect(200);
            assert_eq!(titles()[0], "en British published", "{list}");
            for (query, body, pointer) in [("", json!({"language": "??", (title): "X"}), "/language"), ("", json!({"language": 5, (title): "X"}), "/language"), ("", json!({"language": "sr", (title): "X"}), "/language")] {
                let problem = send("PATCH", &format!("{item}{query}"), &body).expect(422).json();
                assert_eq!(problem["errors"][0]["pointer"], pointer, "{list} {body}");
            }
            let problem = send("PATCH", &format!("{item}?lang=sr"), &json!({(title): "X"})).expect(400).json();
            assert_eq!(problem["errors"][0]["parameter"], "lang", "{list}");
            let problem = send("PATCH", &format!("{item}?lang=mk"), &json!({(title): null})).expect(422).json();
            assert_eq!(problem["errors"][0]["pointer"], format!("/{title}"), "{list}");
        }
    }

    fn new_items_are_written_in_the_named_language(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: &Value| server.request(method, path).key(&key).json(body).send();
        let read = |path: &str| server.request("GET", path).key(&key).send().expect(200).json();
        for (list, title, members) in WRITABLE_KINDS {
            for (query, texts, original) in [
                ("?lang=mk", json!({(title): "Наслов 1"}), "mk"),
                ("", json!({(title): "Titulli 2", "language": "sq"}), "sq"),
                ("", json!({(title): "Başlık 3", "original_language": "tr"}), "tr"),
                ("", json!({(title): "Title 4", "translations": {}}), "en"),
                ("?lang=mk", json!({(title): null, "translations": {"tr": {(title): "Başlık 5"}}}), "tr"),
            ] {
                let made = send("POST", &format!("{list}{query}"), &with(members, texts.clone())).expect(201).json();
                let stored = read(&format!("{list}/{}?lang=all", made["id"].as_str().unwrap()));
                assert_eq!((&stored["original_language"], &stored["languages"]), (&json!(original), &json!([original])), "{list} {texts}");
            }
            let texts = json!({(title): "Наслов", "language": "mk", "original_language": "en"});
            let problem = send("POST", list, &with(members, texts)).expect(422).json();
            assert_eq!((problem["errors"][0]["pointer"].as_str(), problem["errors"][0]["code"].as_str()), (Some("/language"), Some("missing_language")), "{list}");
            // PUT of another language than the only stored one would lose it.
            send("PUT", &format!("{list}/single"), &with(members, json!({(title): "English"}))).expect(201);
            for (query, texts) in [("?lang=mk", json!({(title): "Наслов"})), ("", json!({(title): "Наслов", "language": "mk"}))] {
                let problem = send("PUT", &format!("{list}/single{query}"), &with(members, texts)).expect(422).json();
                assert_eq!(problem["errors"][0]["code"], "missing_language", "{list}");
            }
            assert_eq!(read(&format!("{list}/single"))[title], "English");
        }
    }

    fn transliterated_texts_do_not_replace_written_ones(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "field", "status": "published", "language": "sr-Cyrl", "name": "Њива"}));
        let read = server.read("/v1/topics/field?lang=sr-Latn");
        assert_eq!((&read["name"], &read["transliterated"]), (&json!("Njiva"), &json!(true)));
        // Another editor writes the text by hand, also as a draft.
        for status in ["draft", "published"] {
            server.patch(&key, "/v1/topics/field?lang=sr-Latn", &json!({"name": "Ručno pisano", "status": status}));
            let back = json!({"language": "sr-Latn", "transliterated": true, "name": "Njiva"});
            server.request("PATCH", "/v1/topics/field").key(&key).json(&back).send().errors(422, &[("/name", "transliterated_text")]);
            let stored = server.request("GET", "/v1/topics/field?lang=all").key(&key).send().json();
            assert_eq!(stored["translations"]["sr-Latn"]["name"], "Ručno pisano");
        }
    }

    fn transliterated_texts_are_not_written(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: &Value| server.request(method, path).key(&key).json(body).send();
        let read = |path: &str| server.request("GET", path).key(&key).send().expect(200).json();
        for (list, title, members) in WRITABLE_KINDS {
            let texts = json!({"status": "published", "slug": "script", "original_language": "sr-Cyrl", (title): "Њујорк и Џакарта: инјекција"});
            send("POST", list, &with(members, texts)).expect(201);
            let item = format!("{list}/script");
            let stored = || read(&format!("{item}?lang=all"));
            let before = stored();
            let read_back = read(&format!("{item}?lang=sr-Latn"));
            assert_eq!((&read_back["transliterated"], &read_back[title]), (&json!(true), &json!("Njujork i Džakarta: injekcija")), "{list}");
            for query in ["", "?lang=sr-Latn", "?lang=sr"] {
                send("PUT", &format!("{item}{query}"), &read_back).expect(200);
                send("PATCH", &format!("{item}{query}"), &read_back).expect(200);
                assert_eq!(stored(), before, "{list}: what was read is written back without a change");
            }
            let mut changed = read_back.clone();
            changed[title] = json!("Njujork");
            for problem in [send("PUT", &item, &changed).expect(422), send("PATCH", &item, &changed).expect(422)] {
                let error = &problem.json()["errors"][0];
                assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some(format!("/{title}").as_str()), Some("transliterated_text")), "{list}");
            }
            assert_eq!(stored(), before, "{list}");
            // Without the flag, the other script is a language of its own.
            send("PATCH", &item, &json!({"language": "sr-Latn", (title): "Njujork"})).expect(200);
            let both = stored();
            assert_eq!(both["translations"]["sr-Cyrl"], before["translations"]["sr-Cyrl"], "{list}");
            assert_eq!((&both["translations"]["sr-Latn"][title], &both["translations"]["sr-Latn"]["status"]), (&json!("Njujork"), &json!("draft")), "{list}");
        }
    }
}
