//! `GET` of lists and items of the demo catalogue.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::demo_catalogue_of;

const KINDS: [(&str, &str, usize); 5] = [
    ("/v1/videos", "video", 8),
    ("/v1/programmes", "programme", 1),
    ("/v1/partners", "partner", 5),
    ("/v1/impact-statistics", "impact_statistic", 5),
    ("/v1/topics", "topic", 14),
];

fn is_short(reference: &Value) -> bool {
    let members: Vec<&String> =
        reference.as_object().expect("a reference is an object").keys().collect();
    members == ["id", "language", "slug", "title"]
}

on_both! {
    demo fn lists_return_demo_catalogue(server: &TestServer) {
        for (path, kind, count) in KINDS {
            let list = server.read(&format!("{path}?total=true&limit=100"));
            assert_eq!(list["page"]["total"], count, "{kind}");
            let mut expected: Vec<String> = demo_catalogue_of(kind).iter().map(|item| item["slug"].as_str().unwrap().to_owned()).collect();
            expected.sort();
            assert_eq!(server.slug_set(&format!("{path}?limit=100")), expected);
        }
    }

    demo fn gets_item_by_slug_and_id(server: &TestServer) {
        for (path, _, _) in KINDS {
            let list = server.read(path);
            for item in list["data"].as_array().unwrap() {
                let by_slug = server.read_as_listed(&format!("{path}/{}", item["slug"].as_str().unwrap()));
                let by_id = server.read_as_listed(&format!("{path}/{}", item["id"].as_str().unwrap()));
                assert_eq!(&by_slug, item);
                assert_eq!(&by_id, item);
            }
        }
    }

    demo fn missing_item_returns_404_problem(server: &TestServer) {
        for (path, _, _) in KINDS {
            for name in ["no-such-item", "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60", "%C5%BEene", "a.b", "%20", "A%2FB"] {
                server.get(&format!("{path}/{name}")).problem(404, "not-found");
            }
        }
        server.get("/v1/countries/RX").problem(404, "not-found");
        // An id of another kind is not found.
        let partner = server.read("/v1/partners/eu")["id"].as_str().unwrap().to_owned();
        server.get(&format!("/v1/videos/{partner}")).problem(404, "not-found");
    }

    demo fn video_page_needs_one_request(server: &TestServer) {
        let video = server.read("/v1/videos/istanbul-convention-in-practice?lang=mk");
        assert!(is_short(&video["programme"]) && video["topics"].as_array().unwrap().iter().all(is_short));
        assert_eq!(video["topics"].as_array().unwrap().iter().map(|topic| topic["slug"].as_str().unwrap()).collect::<Vec<_>>(), ["istanbul-convention", "forum", "16-days-of-activism"]);
        assert_eq!(video["topics"][0]["title"], "Истанбулска конвенција");
        assert!(is_short(&video["partners"][0]["partner"]));
        assert_eq!(video["partners"][0]["role"], "funder");
        assert_eq!(video["countries"].as_array().unwrap().iter().map(|country| country["code"].as_str().unwrap()).collect::<Vec<_>>(), ["AL", "BA", "MK", "ME", "RS", "TR"]);
        // Unknown values are null or empty lists.
        assert_eq!(video["duration_seconds"], Value::Null);
        assert_eq!(video["recorded_on"], Value::Null);
        assert_eq!(video["sources"], serde_json::json!([]));
        assert_eq!(video["thumbnail"], Value::Null);
    }

    demo fn values_are_exact_strings_with_qualifier(server: &TestServer) {
        let statistic = server.read("/v1/impact-statistics/civil-society-at-the-istanbul-forum");
        assert_eq!((statistic["value"].as_str(), statistic["qualifier"].as_str(), statistic["unit"].as_str()), (Some("500"), Some("more_than"), Some("people")));
        assert_eq!(statistic["evidence"][0]["video"]["slug"], "civil-society-forum-in-istanbul");
        assert_eq!(statistic["evidence"][0]["start_seconds"], Value::Null);
    }

    fn display_values_use_response_language(server: &TestServer) {
        let key = server.editor_key();
        let label = |en: &str, mk: &str| json!({"en": {"status": "published", "label": en}, "mk": {"status": "published", "label": mk}});
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "many", "status": "published", "original_language": "en", "translations": label("people", "луѓе"), "value": "1500", "qualifier": "more_than"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "share", "status": "published", "label": "of all", "value": "12.50", "qualifier": "about", "measure": "percentage"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "words", "status": "published", "label": "trust", "measure": "qualitative"}));
        for (slug, lang, expected) in [
            ("many", "en", json!("More than 1,500")), ("many", "mk", json!("Повеќе од 1.500")), ("many", "sq", json!("Më shumë se 1\u{a0}500")), ("many", "de", json!("More than 1,500")),
            ("share", "en", json!("About 12.50%")), ("share", "tr", json!("Yaklaşık %12,50")), ("words", "en", Value::Null),
        ] {
            assert_eq!(server.read(&format!("/v1/impact-statistics/{slug}?lang={lang}"))["figure"], expected, "{slug} {lang}");
            let list = server.read(&format!("/v1/impact-statistics?ids={slug}&lang={lang}&fields=figure"));
            assert_eq!((&list["data"][0]["figure"], list["data"][0].as_object().unwrap().len()), (&expected, 2), "{slug} {lang}");
        }
        // Without a language there is no display value.
        assert!(server.read("/v1/impact-statistics/many?lang=all").get("figure").is_none());
        assert_eq!(server.read("/v1/impact-statistics/many?lang=mk&include=translations")["figure"], "Повеќе од 1.500");
        assert_eq!(server.read("/v1/impact-statistics?include=translations&ids=many&lang=en")["data"][0]["figure"], "More than 1,500");
        // It is derived from the value and ignored in requests.
        let read = server.read("/v1/impact-statistics/share");
        let sent = json!({"slug": "share", "status": "published", "label": "of all", "value": "13", "qualifier": "exact", "measure": "percentage", "figure": read["figure"]});
        assert_eq!(server.request("PUT", "/v1/impact-statistics/share").key(&key).json(&sent).send().expect(200).json()["figure"], "13%");
        let again = server.patch(&key, "/v1/impact-statistics/share", &json!({"figure": "a million"}));
        assert_eq!((&again["figure"], &again["revision"]), (&json!("13%"), &json!(2)));
        server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "N", "figure": "1"})).send().errors(422, &[("/figure", "unknown_field")]);
        server.get("/v1/videos?fields=figure").errors(400, &[("fields", "unknown_value")]);
    }

    demo fn kosovo_designation_has_footnote_everywhere(server: &TestServer) {
        let country = server.read("/v1/countries/XK");
        let footnote = country["footnote"].as_str().expect("the designation requires a footnote");
        let video = server.read("/v1/videos/football-players-against-toxic-masculinity");
        let shown = video["countries"].as_array().unwrap().iter().find(|country| country["code"] == "XK").unwrap();
        assert_eq!(shown["footnote"], footnote);
        assert_eq!(server.read("/v1/countries/al")["footnote"], Value::Null);
        assert_eq!(server.read("/v1/countries/XKX"), country);
        assert_eq!(server.read(&format!("/v1/countries/{}", country["id"].as_str().unwrap())), country);
    }

    fn kosovo_footnote_is_configurable(server: &TestServer, |settings| settings.xk_footnote = kinoteka::config::FootnoteSource::None) {
        assert_eq!(server.read("/v1/countries/XK")["footnote"], Value::Null);
    }

    fn countries_sort_by_name_and_match_in_every_script(server: &TestServer) {
        let list = server.read("/v1/countries?total=true&limit=100&lang=en");
        assert!(list["page"]["total"].as_u64().unwrap() > 240);
        assert_eq!(list["data"][0]["code"], "AF");
        for query in ["Северна Македонија", "severna mak", "North Macedonia", "MK"] {
            let found = server.read(&format!("/v1/countries?q={}", crate::support::percent_encode(query)));
            assert!(found["data"].as_array().unwrap().iter().any(|country| country["code"] == "MK"), "{query}");
        }
        let mut codes = Vec::new();
        let mut path = "/v1/countries?limit=100&sort=code".to_owned();
        loop {
            let page = server.read(&path);
            codes.extend(page["data"].as_array().unwrap().iter().map(|country| country["code"].as_str().unwrap().to_owned()));
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/countries?limit=100&sort=code&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(Some(codes.len()), list["page"]["total"].as_u64().and_then(|total| usize::try_from(total).ok()));
        assert!(codes.is_sorted());
    }

    demo fn fields_returns_requested_fields_and_id(server: &TestServer) {
        let video = server.read("/v1/videos/testimonials-part-one?fields=title,countries");
        assert_eq!(video.as_object().unwrap().keys().collect::<Vec<_>>(), ["countries", "id", "title"]);
        let list = server.read("/v1/videos?fields=slug");
        assert!(list["data"].as_array().unwrap().iter().all(|video| video.as_object().unwrap().keys().collect::<Vec<_>>() == ["id", "slug"]));
        let country = server.read("/v1/countries/RS?fields=code");
        assert_eq!(country.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "id"]);
    }

    demo fn include_embeds_full_references(server: &TestServer) {
        let programme = server.read("/v1/programmes/implementing-norms-changing-minds?lang=sq");
        let partner = server.read("/v1/partners/eu?lang=sq");
        let list = server.read("/v1/videos?lang=sq&include=programme,partners");
        for video in list["data"].as_array().unwrap() {
            assert_eq!(video["programme"], programme);
            assert_eq!(video["partners"][0]["partner"], partner);
            assert_eq!(video["partners"][0]["role"], "funder");
            assert!(video["topics"].as_array().unwrap().iter().all(is_short));
        }
        let statistic = server.read("/v1/impact-statistics/women-who-know-their-rights?include=evidence&lang=tr");
        assert_eq!(statistic["evidence"][0]["video"], server.read_as_listed("/v1/videos/results-with-civil-society-in-figures?lang=tr"));
        let topic = server.read("/v1/topics/masculinity?include=parent");
        assert_eq!(topic["parent"], server.read("/v1/topics/social-norms"));
    }

    demo fn links_are_absolute_and_match_link_header(server: &TestServer) {
        let response = server.get("/v1/videos?limit=3&country=AL&offset=3").expect(200);
        let list = response.json();
        let base = server.base();
        assert_eq!(list["links"]["self"], format!("{base}/v1/videos?limit=3&country=AL&offset=3"));
        let (next, prev) = (list["links"]["next"].as_str().unwrap(), list["links"]["prev"].as_str().unwrap());
        let links = format!("<{base}/v1/videos?limit=3&country=AL&offset=3>; rel=\"self\", <{next}>; rel=\"next\", <{prev}>; rel=\"prev\", ");
        assert!(response.required_header("link").starts_with(&links), "the feeds follow the pages: {}", response.required_header("link"));
        assert!(next.contains("country=AL") && !next.contains("offset="), "{next}");
        for (link, cursor) in [(next, "next_cursor"), (prev, "prev_cursor")] {
            assert!(link.ends_with(list["page"][cursor].as_str().unwrap()));
            assert_eq!(server.read(link.strip_prefix(&base).unwrap())["data"].as_array().unwrap().len(), if cursor == "next_cursor" { 2 } else { 3 });
        }
    }

    fn link_header_escapes_delimiters(server: &TestServer) {
        for query in ["q=%22a%3Eb%22&limit=1", "q={a}|b\\^`"] {
            let response = server.raw_request("GET", &format!("/v1/videos?{query}"), "").expect(200);
            let this = response.json()["links"]["self"].as_str().unwrap().to_owned();
            let links = response.required_header("link").to_owned();
            assert!(links.starts_with(&format!("<{this}>; rel=\"self\"")), "{links}");
            // Feed links are delimited correctly too.
            assert!(links.split(", ").all(|link| link.matches(['<', '>']).count() == 2 && link.matches('"').count() % 2 == 0), "{links}");
            assert!(!this.contains(['"', '<', '>', '{', '}', '|', '\\', '^', '`', ' ']), "{this}");
            assert_eq!(server.read(this.strip_prefix(&server.base()).unwrap())["links"]["self"], this);
        }
    }

    fn links_use_configured_public_url(server: &TestServer, |settings| settings.base_url = Some("https://catalogue.example.org/media/".to_owned())) {
        let list = server.read("/v1/videos");
        assert_eq!(list["links"]["self"], "https://catalogue.example.org/media/v1/videos");
        let problem = server.get("/v1/videos/x").problem(404, "not-found");
        assert_eq!(problem["type"], "https://catalogue.example.org/media/problems/not-found");
    }

    demo fn head_returns_headers_of_get(server: &TestServer) {
        for path in ["/v1/videos", "/v1/videos?limit=2&lang=mk", "/v1/videos/testimonials-part-one", "/v1/countries/XK", "/v1", "/openapi.json", "/healthz", "/problems/not-found", "/.well-known/api-catalog"] {
            let (get, head) = (server.raw_request("GET", path, ""), server.raw_request("HEAD", path, ""));
            assert_eq!((get.status, head.status), (200, 200), "{path}");
            assert!(head.body.is_empty(), "{path}");
            let comparable = |response: &crate::support::server::Response| {
                let mut headers = response.headers.clone();
                headers.retain(|(name, _)| !["date", "x-request-id", "server-timing"].contains(&name.as_str()));
                headers.sort();
                headers
            };
            assert_eq!(comparable(&get), comparable(&head), "{path}");
            assert_eq!(head.required_header("content-length"), get.body.len().to_string());
        }
        for path in ["/v1/videos/no-such-video", "/v1/videos?limit=0"] {
            let head = server.raw_request("HEAD", path, "");
            assert!(head.status >= 400 && head.body.is_empty(), "{path}");
        }
    }
}
