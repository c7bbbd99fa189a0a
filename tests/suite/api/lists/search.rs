//! `q`: full-text search, independent of script, diacritics and case.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::server::slugs;
use crate::support::{TestServer, percent_encode};

fn found(server: &TestServer, path: &str, query: &str) -> Vec<String> {
    server.slug_set(&format!("{path}?limit=100&q={}", percent_encode(query)))
}

/// A published topic, as a line of an import.
pub fn topic(slug: &str, language: &str, name: &str, description: &str) -> Value {
    json!({"resource": "topic", "slug": slug, "status": "published", "original_language": language, "translations": {language: {"status": "published", "name": name, "description": description}}})
}

on_both! {
    fn lang_never_hides_a_match(server: &TestServer) {
        let text = |language: &str, title: &str| json!({"resource": "video", "slug": format!("in-{language}").to_lowercase(), "status": "published", "original_language": language, "title": title});
        server.import(&[
            text("en", "A survivor speaks"), text("sr-Latn", "Reč o nasilju"), text("bs", "Podrška ženama"), text("mk", "Жената и законот"), text("sq", "Vajzat flasin"), text("tr", "Şiddetin sonu"),
        ]);
        for (query, expected) in [("survivors speak", "in-en"), ("nasilja reč", "in-sr-latn"), ("žena podrške", "in-bs"), ("жени закон", "in-mk"), ("vajzave flasin", "in-sq"), ("şiddet sonu", "in-tr")] {
            let query = percent_encode(query);
            for language in ["", "&lang=en", "&lang=sr-Cyrl", "&lang=mk", "&lang=sq", "&lang=tr", "&lang=de", "&lang=all"] {
                for path in ["/v1/videos", "/v1/search"] {
                    let page = server.read(&format!("{path}?q={query}{language}&total=true"));
                    assert_eq!((slugs(&page), &page["page"]["total"], page.get("omitted_terms")), (vec![expected.to_owned()], &json!(1), None), "{path} {query} {language}");
                }
            }
        }
    }

    fn items_with_most_words_are_found_if_none_has_all(server: &TestServer) {
        let video = |slug: &str, title: &str, country: &str| json!({"resource": "video", "slug": slug, "status": "published", "original_language": "en", "title": title, "countries": [country], "published_at": "2024-05-01T00:00:00Z"});
        server.import(&[
            video("forum", "Young men against violence", "RS"),
            video("sport", "Young men in sport", "AL"),
            video("film", "Women against violence", "AL"),
            video("other", "Something else", "RS"),
            video("question", "What is this", "RS"),
        ]);
        let read = |query: &str, more: &str| server.read(&format!("/v1/videos?q={}&total=true{more}", percent_encode(query)));
        let check = |query: &str, more: &str, expected: &[&str], omitted: &[&str]| {
            let page = read(query, more);
            let omitted = (!omitted.is_empty()).then(|| json!(omitted));
            assert_eq!((slugs(&page), page.get("omitted_terms").cloned()), (expected.iter().map(ToString::to_string).collect(), omitted), "{query} {more}: {page}");
            assert_eq!(page["page"]["total"], expected.len(), "{query} {more}");
        };
        check("young men against violence", "", &["forum"], &[]);
        check("young men against violence 2023", "", &["forum"], &["2023"]);
        check("2023 \"young men\" report", "&sort=slug", &["forum", "sport"], &["2023", "report"]);
        // The rarest of the words that occur together.
        check("young women violence", "", &["film"], &["young"]);
        // Function words do not count.
        check("what is violence", "&sort=slug", &["film", "forum"], &["what", "is"]);
        // Only items within the filters count.
        check("young men against violence 2023", "&country=AL&sort=slug", &["sport"], &["against", "violence", "2023"]);
        check("women violence 2023", "&country=RS", &["forum"], &["women", "2023"]);
        check("young men 2023 -sport", "", &["forum"], &["2023"]);
        // Nothing is omitted from one word, nor if no item has most of the words that exist.
        check("2023", "", &[], &[]);
        check("sport else women", "", &[], &[]);
        check("2023 -sport", "", &[], &[]);
        // Facets and the search of all kinds agree.
        let page = read("young men 2023", "&facets=country");
        assert_eq!(page["facets"]["country"].as_array().map(Vec::len), Some(2));
        let hits = server.read("/v1/search?q=young+men+2023&total=true&facets=kind&kind=video,topic");
        assert_eq!((hits["page"]["total"].clone(), hits["omitted_terms"].clone(), hits["facets"]["kind"][0]["count"].clone()), (json!(2), json!(["2023"]), json!(2)));
        assert_eq!(server.read("/v1/search?q=young+men+2023&published_after=2025-01-01")["data"], json!([]));
        // Every page of the list states it.
        let (mut found, mut address) = (Vec::new(), "/v1/videos?q=young+men+2023&limit=1".to_owned());
        loop {
            let page = server.read(&address);
            found.extend(slugs(&page));
            if !slugs(&page).is_empty() {
                assert_eq!(page["omitted_terms"], json!(["2023"]), "{address}");
            }
            let Some(next) = page["links"]["next"].as_str() else { break };
            next.strip_prefix(&server.base()).unwrap().clone_into(&mut address);
        }
        found.sort();
        assert_eq!(found, ["forum", "sport"]);
        // With this many words, form and field do not determine the rank of all of them.
        for path in ["/v1/videos", "/v1/search"] {
            let first = server.read(&format!("{path}?q=young+men+a1+a2+a3+a4+a5+a6+a7+a8&limit=1"));
            let second = server.read(first["links"]["next"].as_str().unwrap().strip_prefix(&server.base()).unwrap());
            assert_ne!(slugs(&first), slugs(&second), "{path}");
            let back = server.read(second["links"]["prev"].as_str().unwrap().strip_prefix(&server.base()).unwrap());
            assert_eq!((slugs(&back), back["omitted_terms"].as_array().map(Vec::len)), (slugs(&first), Some(8)), "{path}");
        }
        server.get("/v1/videos?q=young+men+2023&cursor=bm9uc2Vuc2U").errors(400, &[("cursor", "invalid_cursor")]);
        // A write is seen at once, and drafts are not words of the public.
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"title": "Young men 2023", "status": "draft"}));
        check("young men 2023", "&sort=slug", &["forum", "sport"], &["2023"]);
        server.create(&key, "/v1/videos", &json!({"slug": "fresh", "title": "Young men 2023", "status": "published"}));
        check("young men 2023", "", &["fresh"], &[]);
    }

    fn words_of_many_items_are_found_too_if_another_one_is_unknown(server: &TestServer) {
        let video = |number: usize| json!({"resource": "video", "slug": format!("video-{number}"), "status": "published", "original_language": "en", "title": format!("Judges and prosecutors {number}")});
        let mut videos: Vec<_> = (0..30).map(video).collect();
        videos.push(json!({"resource": "video", "slug": "film", "status": "published", "original_language": "en", "title": "Kumanovo"}));
        server.import(&videos);
        for (query, omitted) in [("judges xyzzy", json!(["xyzzy"])), ("judges prosecutors kumanovo", json!(["kumanovo"]))] {
            for path in ["/v1/videos", "/v1/search"] {
                let page = server.read(&format!("{path}?q={}&total=true&limit=1", percent_encode(query)));
                assert_eq!((&page["page"]["total"], &page["omitted_terms"]), (&json!(30), &omitted), "{path} {query}");
            }
        }
    }

    fn excluded_words_follow_writes_and_visibility(server: &TestServer) {
        let key = server.editor_key();
        let video = |slug: &str, title: &str| json!({"resource": "video", "slug": slug, "status": "published", "title": title});
        server.import(&[video("one", "Harbour bridge"), video("two", "Harbour tower"), video("three", "Harbour garden"), topic("four", "en", "Harbour", "Garden")]);
        let excluding = "harbour -bridge -garden -gardens -\"tower bridge\"";
        let found_everywhere = |expected: &[&str]| {
            assert_eq!(found(server, "/v1/videos", excluding), expected);
            let query = percent_encode(excluding);
            let hits = server.read(&format!("/v1/search?q={query}&total=true&facets=kind"));
            assert_eq!((slugs(&hits), &hits["page"]["total"]), (expected.iter().map(ToString::to_string).collect(), &json!(expected.len())));
            assert_eq!(hits["facets"]["kind"][0]["count"], expected.len());
            let list = server.read(&format!("/v1/videos?q={query}&total=true&facets=year"));
            assert_eq!((&list["page"]["total"], &list["facets"]["year"][0]["count"]), (&json!(expected.len()), &json!(expected.len())));
            let suggested = server.read(&format!("/v1/suggest?q={}", percent_encode("-garden -bridge harb")));
            assert_eq!(slugs(&suggested), expected);
            let feed = server.get(&format!("/feeds/videos.json?q={query}")).expect(200).json();
            assert_eq!(feed["items"].as_array().map(Vec::len), Some(expected.len()));
        };
        found_everywhere(&["two"]);
        assert_eq!(server.slug_set("/v1/videos?q=-bridge+-garden"), ["two"]);
        // Each write is seen at once.
        server.patch(&key, "/v1/videos/two", &json!({"title": "Harbour tower with a garden"}));
        server.patch(&key, "/v1/videos/one", &json!({"title": "Harbour"}));
        found_everywhere(&["one"]);
        server.create(&key, "/v1/videos", &json!({"slug": "five", "status": "published", "title": "Harbour of the new"}));
        assert_eq!(found(server, "/v1/videos", excluding), ["five", "one"]);
        // What the public does not see excludes nothing for it.
        server.patch(&key, "/v1/videos/five?lang=sq", &json!({"title": "Bridge"}));
        assert_eq!(found(server, "/v1/videos", excluding), ["five", "one"]);
        let all = server.request("GET", &format!("/v1/videos?status=draft,published&fields=slug&q={}", percent_encode(excluding))).key(&key).send().json();
        assert_eq!(slugs(&all), ["one"]);
    }

    demo fn ignores_script_diacritics_and_case(server: &TestServer) {
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

    fn folds_turkish_and_albanian_letters(server: &TestServer) {
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

    fn supports_phrases_exclusion_and_prefixes(server: &TestServer) {
        server.import(&[
            topic("apples", "en", "Red apple pie", "Baked in the village school"),
            topic("shuffled", "en", "Apple of red colour", "A pie"),
            topic("pears", "en", "Pear pie", "Prevention of hunger; COVID-19"),
            topic("fruit", "mk", "Крушка", ""),
        ]);
        for (query, expected) in [
            ("pie", vec!["apples", "pears", "shuffled"]), ("\"red apple\"", vec!["apples"]), ("„red apple“", vec!["apples"]), ("red apple", vec!["apples", "shuffled"]), ("\"apple red\"", vec![]),
            ("pie -apple", vec!["pears"]), ("pie -\"red apple\"", vec!["pears", "shuffled"]), ("preven", vec!["pears"]), ("\"preven\"", vec![]),
            ("hung", vec!["pears"]), ("covid-19", vec!["pears"]), ("COVID 19", vec!["pears"]), ("covid-18", vec![]),
            ("krushka", vec!["fruit"]), ("kruška", vec!["fruit"]), ("nothing-like-this", vec![]),
        ] {
            assert_eq!(found(server, "/v1/topics", query), expected, "{query}");
        }
    }

    fn finds_and_highlights_other_spellings(server: &TestServer) {
        let text = |slug: &str, language: &str, title: &str| json!({"resource": "video", "slug": slug, "status": "published", "original_language": language, "title": title});
        server.import(&[
            text("en", "en", "Send an e-mail to the E.U.: 1,500 NGOs at work, call 0800 222 003, ask Đurić about labour"),
            text("sr", "sr-Latn", "Međunarodni dan, reci učesnici"),
            text("mk", "mk", "Човек и куќа, работниците"),
            text("tr", "tr", "Şehrin hakkı"),
            text("sq", "sq", "Djemtë në Prishtinë"),
        ]);
        for (query, slug, mark) in [
            ("email", "en", "<mark>e-mail</mark>"), ("EU ", "en", "<mark>E.U</mark>"), ("1.500", "en", "<mark>1,500</mark>"), ("1500", "en", "<mark>1,500</mark>"), ("1 500", "en", "<mark>1,500</mark>"),
            ("ngo ", "en", "<mark>NGOs</mark>"), ("0800222003", "en", "<mark>0800 222 003</mark>"), ("0800-222-003", "en", "<mark>0800 222 003</mark>"), ("labor ", "en", "<mark>labour</mark>"),
            ("Duric ", "en", "<mark>Đurić</mark>"), ("Djuric ", "en", "<mark>Đurić</mark>"), ("\"ask djuric\"", "en", "<mark>ask Đurić</mark>"),
            ("medunarodni ", "sr", "<mark>Međunarodni</mark>"), ("medjunar", "sr", "<mark>Međunarodni</mark>"), ("\"medjunarodni dan\"", "sr", "<mark>Međunarodni dan</mark>"), ("učesnik ", "sr", "<mark>učesnici</mark>"), ("reka ", "sr", "<mark>reci</mark>"),
            ("chovek ", "mk", "<mark>Човек</mark>"), ("kuka ", "mk", "<mark>куќа</mark>"), ("луѓето ", "mk", "<mark>Човек</mark>"), ("работник ", "mk", "<mark>работниците</mark>"),
            ("şehir ", "tr", "<mark>Şehrin</mark>"), ("haklar ", "tr", "<mark>hakkı</mark>"), ("djalë ", "sq", "<mark>Djemtë</mark>"), ("Prishtina ", "sq", "<mark>Prishtinë</mark>"),
        ] {
            for path in ["/v1/videos", "/v1/search"] {
                let page = server.read(&format!("{path}?q={}&highlights=true&lang=en", percent_encode(query)));
                assert_eq!(slugs(&page), [slug], "{query}: {page}");
                let snippet = &page["data"][0]["highlights"][0]["snippets"][0];
                assert!(snippet.as_str().unwrap().contains(mark), "{query}: {snippet}");
            }
        }
        for query in ["150", "email address", "-email ngo", "kan"] {
            let found = server.read(&format!("/v1/videos?q={}%20", percent_encode(query)));
            assert!(found["data"].as_array().unwrap().is_empty() || found["omitted_terms"].is_array(), "{query}: {found}");
        }
    }

    fn single_letters_before_apostrophes_are_not_words(server: &TestServer) {
        server.import(&[
            topic("named", "en", "Sinead O'Brien speaks", ""), topic("about", "bs", "Nešto o ženama", ""), topic("visit", "en", "A visit to the Musée d\u{2019}Orsay", ""),
            topic("union", "tr", "AB'nin desteği", ""),
        ]);
        for (query, expected) in [("O'Brien", "named"), ("o\u{2019}brien", "named"), ("brien", "named"), ("orsay", "visit"), ("d'Orsay", "visit"), ("AB", "union"), ("AB'den", "union")] {
            assert_eq!(found(server, "/v1/topics", query), [expected], "{query}");
        }
    }

    fn accepts_any_text_as_query(server: &TestServer) {
        server.import(&[topic("a", "en", "A cat's \"quoted\" name: 100% (NEAR)", "x AND y OR z NOT w*")]);
        for query in ["women\\", "-survivor,", "\"", "\"\"", "'", "''", "-", "--", "*", "(", ")", ":", "NEAR(a b)", "a AND", "title:x", "^a", "{a}", "&", "|", "!", "<->", "\\", "%", "_", ";", "a:*", "💧", "\u{202e}", "AND OR NOT", "\"unfinished", "- a", "   ", "a\tb\nc"] {
            let path = format!("/v1/topics?q={}", percent_encode(query));
            let status = server.get(&path).status;
            assert_eq!(status, 200, "{query}");
        }
        for query in ["quoted", "cat's", "100%", "near", "x AND y", "NOT w"] {
            assert_eq!(found(server, "/v1/topics", query), ["a"], "{query}");
        }
    }

    demo fn finds_items_by_names_of_references(server: &TestServer) {
        assert!(found(server, "/v1/videos", "Maskuliniteti").contains(&"football-players-against-toxic-masculinity".to_owned()), "the name of a topic is searched");
        assert_eq!(found(server, "/v1/videos", "Bashkimi Evropian").len(), 8, "a partner's name");
        let key = server.editor_key();
        assert!(found(server, "/v1/videos", "gymnastics").is_empty());
        server.patch(&key, "/v1/topics/sport", &json!({"name": "Sport and gymnastics"}));
        assert_eq!(found(server, "/v1/videos", "gymnastics"), ["football-players-against-toxic-masculinity"], "a renamed topic");
    }

    fn stems_word_forms(server: &TestServer) {
        server.import(&[
            topic("en", "en", "Survivors of violence", "Policies for women"),
            topic("sr", "sr-Cyrl", "Насиље у породици", "Жртве и сведоци"),
            topic("tr", "tr", "Kadınların hakları", "Şiddete karşı"),
            topic("sq", "sq", "Dhuna ndaj grave", "Të drejtat"),
            topic("mk", "mk", "Правата на жените", "Заштита"),
        ]);
        for (query, expected) in [
            ("survivor", vec!["en"]), ("woman policy", vec!["en"]), ("\"survivor\"", vec![]), ("\"survivors\"", vec!["en"]),
            ("nasilja", vec!["sr"]), ("porodica", vec!["sr"]), ("жртву", vec!["sr"]),
            ("hakları", vec!["tr"]), ("siddet", vec!["tr"]), ("gruaja", vec!["sq"]), ("право", vec!["mk"]),
            ("survivor OR porodica", vec!["en", "sr"]), ("survivor OR porodica -woman", vec!["sr"]), ("women OR \"ndaj grave\"", vec!["en", "sq"]),
        ] {
            assert_eq!(found(server, "/v1/topics", query), expected, "{query}");
        }
    }

    demo fn exclusion_returns_complement(server: &TestServer) {
        let all = found(server, "/v1/videos", "-nothinglikethis");
        assert_eq!(all, server.slug_set("/v1/videos?limit=100"));
        for term in ["women", "žena", "\"zero tolerance\"", "police", "forum", "2024", "covid-19", "qendër"] {
            let with = found(server, "/v1/videos", &format!("{term} "));
            let without = found(server, "/v1/videos", &format!("-{term}"));
            let mut both: Vec<String> = with.iter().chain(&without).cloned().collect();
            both.sort();
            assert_eq!(both, all, "{term}");
        }
    }

    fn phrase_does_not_span_fields(server: &TestServer) {
        server.import(&[json!({"resource": "topic", "slug": "two", "status": "published", "original_language": "en", "translations": {
            "en": {"status": "published", "name": "Red apple", "description": "Green pear"},
            "sq": {"status": "published", "name": "Mollë e kuqe", "description": "Dardhë"},
        }})]);
        for (query, count) in [("\"red apple\"", 1), ("\"apple molle\"", 0), ("\"apple green\"", 0), ("apple green", 1), ("\"kuqe\" -\"red apple\"", 0)] {
            assert_eq!(found(server, "/v1/topics", query).len(), count, "{query}");
        }
    }

    fn combining_vowel_signs_belong_to_words(server: &TestServer) {
        server.import(&[topic("one", "hi", "हा", ""), topic("other", "hi", "हि", "")]);
        for (query, expected) in [("हि ", vec!["other"]), ("हा ", vec!["one"]), ("ह ", vec![]), ("ह", vec!["one", "other"])] {
            assert_eq!(found(server, "/v1/topics", query), expected, "{query}");
        }
    }

    demo fn fields_may_name_highlights(server: &TestServer) {
        for path in ["/v1/videos", "/v1/search"] {
            let read = |query: &str| server.read(&format!("{path}?limit=1&{query}"))["data"][0].clone();
            let members = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let expected = read("q=violence&fields=slug&highlights=true");
            assert!(!expected["highlights"].as_array().unwrap().is_empty(), "{expected}");
            for query in ["q=violence&fields=slug,highlights", "q=violence&fields=highlights,slug&highlights=true"] {
                assert_eq!(read(query), expected, "{path}?{query}");
            }
            assert_eq!(members(&read("q=violence&fields=highlights")), ["highlights", "id"]);
            assert_eq!(members(&read("q=violence&fields=slug,highlights&highlights=false")), ["id", "slug"]);
        }
        assert_eq!(server.read("/v1/videos?limit=1&fields=highlights")["data"][0].as_object().unwrap().len(), 1);
        server.get("/v1/videos?fields=highlight").errors(400, &[("fields", "unknown_value")]);
        server.get("/v1/videos/testimonials-part-one?fields=highlights").errors(400, &[("fields", "unknown_value")]);
    }

    demo fn highlights_matches(server: &TestServer) {
        let highlights = |query: &str, lang: &str| server.read(&format!("/v1/videos?highlights=true&fields=slug&lang={lang}&q={}", percent_encode(query)));
        let found = highlights("recima", "sr-Cyrl");
        let video = found["data"].as_array().unwrap().iter().find(|one| one["slug"] == "testimonials-part-one").unwrap();
        let title = video["highlights"].as_array().unwrap().iter().find(|one| one["field"] == "title").unwrap();
        // The text is stored in Latin script and returned in Cyrillic.
        assert_eq!(
            title,
            &json!({"field": "title", "language": "sr-Cyrl", "snippets": ["Својим <mark>речима</mark>, први део: партнери и учесници"]})
        );
        // A match in another language is shown in that language.
        let found = highlights("pandemijsko OR pandemisë", "en");
        for one in found["data"].as_array().unwrap() {
            for highlight in one["highlights"].as_array().unwrap() {
                assert!(highlight["snippets"][0].as_str().unwrap().contains("<mark>"), "{highlight}");
            }
        }
        // Names of topics and partners too.
        let found = highlights("\"European Union\"", "en");
        let fields: Vec<&str> = found["data"][0]["highlights"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
        assert!(fields.contains(&"partners"), "{fields:?}");
        assert!(found.to_string().contains("<mark>European Union</mark>"));
        assert!(server.read("/v1/videos?q=women")["data"][0]["highlights"].is_null());
        assert!(server.read("/v1/videos?highlights=true")["data"][0]["highlights"].is_null(), "no highlights without `q`");
        for path in ["/v1/programmes", "/v1/partners", "/v1/impact-statistics", "/v1/topics"] {
            let found = server.read(&format!("{path}?q=women&highlights=true"));
            for one in found["data"].as_array().unwrap() {
                assert!(one["highlights"].to_string().contains("<mark>"), "{one}");
            }
        }
    }

    fn highlights_are_html_safe(server: &TestServer) {
        let key = server.editor_key();
        let hostile = "<script>alert('x')</script> & \"harbour\" <mark>no</mark> harbours\n\nIn the harbour";
        server.create(&key, "/v1/videos", &json!({"slug": "a", "status": "published", "title": hostile, "description": format!("{} Harbour! {}", "Many words. ".repeat(60), "Others follow. ".repeat(60))}));
        server.request("PUT", "/v1/videos/a/captions/en").key(&key).header("Content-Type", "text/vtt").body("WEBVTT\n\n00:01.000 --> 00:02.000\nAt the\n\n00:02.000 --> 00:03.500\n<b>harbour</b> &lt;i&gt;\n").send().expect(201);
        let found = server.read("/v1/videos?q=harbour&highlights=true");
        let highlights = &found["data"][0]["highlights"];
        assert_eq!(highlights[0]["snippets"], json!(["&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;<mark>harbour</mark>&quot; &lt;mark&gt;no&lt;/mark&gt; <mark>harbours</mark> In the <mark>harbour</mark>"]));
        let snippet = highlights[1]["snippets"][0].as_str().unwrap();
        assert!(snippet.starts_with('…') && snippet.ends_with('…') && snippet.contains("<mark>Harbour</mark>!") && snippet.chars().count() < 260, "{snippet}");
        assert_eq!(highlights[2]["field"], "transcript");
        assert_eq!(highlights[2]["cues"], json!([{"start_seconds": 2.0, "end_seconds": 3.5, "text": "<mark>harbour</mark> &lt;i&gt;"}]));
        let phrase = server.read("/v1/videos?q=%22at+the+harbour%22&highlights=true");
        assert_eq!(phrase["data"][0]["highlights"][0]["cues"], json!([{"start_seconds": 1.0, "end_seconds": 3.5, "text": "<mark>At the harbour</mark> &lt;i&gt;"}]));
    }

    fn cached_search_page_is_keyed_by_parameters(server: &TestServer) {
        let key = server.editor_key();
        let film = |number: u32, status: &str, country: &str| {
            server.create(&key, "/v1/videos", &json!({"slug": format!("film-{number}"), "title": "Solidarnost", "status": status, "countries": [country], "published_at": format!("2026-01-0{number}T08:00:00Z"), "recorded_on": format!("202{number}-01-01")}));
        };
        for number in 1..=5 {
            film(number, if number == 5 { "draft" } else { "published" }, if number % 2 == 0 { "RS" } else { "AL" });
        }
        let drafts = || slugs(&server.request("GET", "/v1/videos?q=solidarnost&status=draft,published").key(&key).send().expect(200).json());
        let all = ["film-4", "film-3", "film-2", "film-1"];
        // Each query runs twice: uncached and cached.
        for _ in 0..2 {
            let of = |query: &str| server.slugs(&format!("/v1/videos?q=solidarnost{query}"));
            assert_eq!(of(""), all);
            assert_eq!(of("&lang=sq&fields=slug"), all);
            assert_eq!(of("&country=AL"), ["film-3", "film-1"]);
            assert_eq!(of("&limit=2"), all[..2]);
            assert_eq!(of("&limit=2&offset=1"), all[1..3]);
            assert_eq!(of("&sort=recorded_on"), ["film-1", "film-2", "film-3", "film-4"]);
            assert_eq!(drafts(), ["film-5", "film-4", "film-3", "film-2", "film-1"]);
            assert_eq!(slugs(&server.request("GET", "/v1/videos?q=solidarnost").key(&key).send().expect(200).json()), all);
            let second = server.read("/v1/videos?q=solidarnost&limit=2")["links"]["next"].as_str().unwrap().to_owned();
            let second = server.read(second.strip_prefix(&server.base()).unwrap());
            assert_eq!(slugs(&second), all[2..]);
            let first = second["links"]["prev"].as_str().unwrap().to_owned();
            assert_eq!(slugs(&server.read(first.strip_prefix(&server.base()).unwrap())), all[..2]);
            let everything = server.slugs("/v1/search?q=solidarnost&kind=video");
            assert_eq!((everything, server.slugs("/v1/search?q=solidarnost&kind=topic")), (all.map(str::to_owned).to_vec(), Vec::new()));
        }
        server.patch(&key, "/v1/videos/film-5", &json!({"status": "published"}));
        server.request("DELETE", "/v1/videos/film-3").key(&key).send().expect(204);
        let now = ["film-5", "film-4", "film-2", "film-1"];
        assert_eq!(server.slugs("/v1/videos?q=solidarnost"), now);
        assert_eq!(server.slugs("/v1/search?q=solidarnost&kind=video"), now);
        assert_eq!(drafts(), now);
        // A value that looks like another parameter does not change the cache key.
        let other = server.get("/v1/videos?q=solidarnost%0Ayear%3D2026&facets=country&total=true").expect(200);
        let honest = server.get("/v1/videos?q=solidarnost&year=2026&facets=country&total=true").expect(200);
        assert_eq!((slugs(&other.json()), &other.json()["omitted_terms"]), (now.map(str::to_owned).to_vec(), &json!(["year=2026"])));
        assert_eq!((slugs(&honest.json()), &honest.json()["page"]["total"]), (now.map(str::to_owned).to_vec(), &json!(4)));
        assert_ne!(honest.required_header("etag"), other.required_header("etag"));
    }

    fn search_reflects_writes_immediately(server: &TestServer) {
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
