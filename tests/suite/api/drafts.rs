//! Drafts are not visible anywhere without a key.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

fn text(status: &str, title: &str) -> Value {
    json!({"status": status, "title": title})
}

fn name(status: &str, name: &str) -> Value {
    json!({"status": status, "name": name})
}

/// A video with public and draft references, and some drafts.
fn fill(server: &TestServer) {
    server.import(&[
        json!({"resource": "topic", "slug": "open", "status": "published", "translations": {"en": name("published", "Open"), "mk": name("draft", "Отворено")}}),
        json!({"resource": "topic", "slug": "secret", "status": "draft", "translations": {"en": name("published", "Secretissimo")}}),
        json!({"resource": "topic", "slug": "below", "status": "published", "parent": "secret", "translations": {"en": name("published", "Below")}}),
        json!({"resource": "partner", "slug": "quiet", "status": "archived", "translations": {"en": name("published", "Quietissimo")}}),
        json!({"resource": "partner", "slug": "loud", "status": "published", "translations": {"en": name("published", "Loud")}}),
        json!({"resource": "programme", "slug": "planned", "status": "draft", "translations": {"en": text("draft", "Plannissimo")}}),
        json!({"resource": "video", "slug": "shown", "status": "published", "programme": "planned", "topics": ["secret", "open"], "partners": [{"partner": "quiet"}, {"partner": "loud", "role": "host"}],
            "translations": {"en": text("published", "Shown"), "mk": text("draft", "Нацрт"), "tr": text("archived", "Eski")}}),
        json!({"resource": "video", "slug": "draft", "status": "draft", "topics": ["open"], "translations": {"en": text("published", "Shown draft")}}),
        json!({"resource": "video", "slug": "archived", "status": "archived", "translations": {"en": text("published", "Shown archived")}}),
        json!({"resource": "video", "slug": "no-language", "status": "published", "translations": {"en": text("draft", "Shown nowhere")}}),
        json!({"resource": "impact_statistic", "slug": "figure", "status": "published", "programme": "planned", "partner": "quiet", "evidence": [{"video": "draft"}, {"video": "shown"}], "translations": {"en": {"status": "published", "label": "Figure"}}}),
    ]);
}

const HIDDEN: [&str; 7] = ["issimo", "secret", "quiet", "planned", "Нацрт", "Eski", "nowhere"];

on_both! {
    fn draft_items_are_hidden(server: &TestServer) {
        fill(server);
        for path in ["/v1/videos/draft", "/v1/videos/archived", "/v1/videos/no-language", "/v1/topics/secret", "/v1/partners/quiet", "/v1/programmes/planned"] {
            server.get(path).problem(404, "not-found");
            let seen = server.request("GET", path).key(&server.viewer_key()).send().expect(200);
            let by_id = format!("{}/{}", path.rsplit_once('/').unwrap().0, seen.json()["id"].as_str().unwrap());
            server.get(&by_id).problem(404, "not-found");
        }
        assert_eq!(server.slugs("/v1/videos"), ["shown"]);
        assert_eq!(server.slugs("/v1/programmes"), Vec::<String>::new());
        assert_eq!(server.slug_set("/v1/topics"), ["below", "open"]);
    }

    fn draft_programme_attribution_is_hidden(server: &TestServer) {
        // Its texts are published, the programme itself is a draft.
        let words = json!({"status": "published", "title": "Hushissimo", "credit_line": "Creditissimo", "disclaimer": "Disclaimissimo"});
        let helplines = json!([{"name": "Helpissimo", "url": "https://help.example.org"}]);
        server.import(&[
            json!({"resource": "programme", "slug": "planned", "status": "draft", "helplines": helplines, "translations": {"en": words}}),
            json!({"resource": "video", "slug": "shown", "status": "published", "programme": "planned", "translations": {"en": text("published", "Shown")}}),
            json!({"resource": "impact_statistic", "slug": "figure", "status": "published", "programme": "planned", "value": "5", "evidence": [{"video": "shown"}], "translations": {"en": {"status": "published", "label": "Figure"}}}),
        ]);
        for path in [
            "/embed/videos/shown", "/embed/videos", "/embed/impact-statistics/figure", "/v1/videos/shown/schema.jsonld", "/v1/videos/shown/poster.svg", "/oembed?url=/embed/videos/shown",
            "/oembed?url=/embed/impact-statistics/figure", "/feeds/videos.rss", "/feeds/videos.json", "/feeds/impact-statistics.atom", "/v1/videos?include=programme", "/v1/impact-statistics?include=programme",
        ] {
            let text = server.get(path).expect(200).text();
            assert!(!text.contains("issimo") && !text.contains("planned"), "{path}: {text}");
        }
    }

    fn draft_references_and_languages_are_hidden(server: &TestServer) {
        fill(server);
        for path in [
            "/v1/videos", "/v1/videos/shown", "/v1/videos?lang=all", "/v1/videos/shown?lang=mk", "/v1/videos/shown?lang=tr", "/v1/videos?include=programme,topics,partners,translations", "/v1/videos/shown?include=programme,topics,partners&lang=all",
            "/v1/topics", "/v1/topics/below?include=parent", "/v1/impact-statistics?include=evidence,programme,partner", "/v1/impact-statistics/figure", "/v1/partners?lang=all", "/v1/programmes",
        ] {
            let text = server.get(path).expect(200).text();
            for hidden in HIDDEN {
                assert!(!text.contains(hidden), "{path} contains `{hidden}`: {text}");
            }
        }
        let video = server.read("/v1/videos/shown?lang=mk");
        assert_eq!((&video["language"], &video["languages"]), (&json!("en"), &json!(["en"])));
        assert_eq!(video["programme"], Value::Null);
        assert_eq!(video["topics"].as_array().unwrap().len(), 1);
        assert_eq!((video["partners"].as_array().unwrap().len(), video["partners"][0]["role"].as_str()), (1, Some("host")));
        assert_eq!(server.read("/v1/topics/below")["parent"], Value::Null);
        let figure = server.read("/v1/impact-statistics/figure");
        assert_eq!((figure["evidence"].as_array().unwrap().len(), &figure["programme"], &figure["partner"]), (1, &Value::Null, &Value::Null));
    }

    fn drafts_are_excluded_from_counts_filters_and_search(server: &TestServer) {
        fill(server);
        assert_eq!(server.read("/v1/videos?total=true")["page"]["total"], 1);
        for query in ["q=nacrt", "q=eski", "q=archived", "q=secretissimo", "q=quietissimo", "q=plannissimo", "text_language=mk", "text_language=tr", "q=%22shown+draft%22"] {
            assert_eq!(server.slugs(&format!("/v1/videos?{query}")), Vec::<String>::new(), "{query}");
        }
        assert_eq!(server.slugs("/v1/videos?q=shown"), ["shown"]);
        assert_eq!(server.slugs("/v1/videos?q=loud"), ["shown"], "public items are found");
        assert_eq!(server.slugs("/v1/videos?ids=draft,archived,no-language,shown"), ["shown"]);
        for (query, parameter) in [("programme=planned", "programme"), ("topic=secret", "topic"), ("partner=!quiet", "partner")] {
            let problem = server.get(&format!("/v1/videos?{query}")).errors(400, &[(parameter, "unknown_value")]);
            assert!(!problem["errors"][0]["detail"].as_str().unwrap().contains("did you mean"), "a draft is suggested: {problem}");
        }
        assert_eq!(server.slugs("/v1/videos?topic=open&total=true"), ["shown"]);
    }

    fn drafts_are_visible_with_key_on_request(server: &TestServer) {
        fill(server);
        let key = server.viewer_key();
        let list = |query: &str| server.request("GET", &format!("/v1/videos?{query}")).key(&key).send().expect(200).json();
        let sorted = |query: &str| { let mut slugs = slugs(&list(query)); slugs.sort(); slugs };
        assert_eq!(sorted(""), ["shown"], "embed pages requested with a key do not show drafts");
        assert_eq!(sorted("status=draft"), ["draft"]);
        assert_eq!(sorted("status=draft,archived"), ["archived", "draft"]);
        assert_eq!(sorted("status=!draft"), ["archived", "no-language", "shown"]);
        assert_eq!(sorted("status=published,draft,archived&q=nowhere"), ["no-language"]);
        assert_eq!(sorted("status=published,draft,archived&q=secretissimo"), ["shown"]);
        assert_eq!(sorted("status=published&text_language=mk"), ["shown"]);
        assert_eq!(sorted("status=published&programme=planned"), ["shown"]);
        assert_eq!(list("status=published,draft,archived&total=true")["page"]["total"], 4);
        let video = server.request("GET", "/v1/videos/shown?lang=mk").key(&key).send().expect(200).json();
        assert_eq!((video["title"].as_str(), video["programme"]["slug"].as_str(), video["topics"].as_array().unwrap().len()), (Some("Нацрт"), Some("planned"), 2));
    }

    fn publishing_one_language_leaves_others_draft(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.patch(&key, "/v1/videos/shown", &json!({"translations": {"mk": {"status": "published"}}}));
        assert_eq!(server.read("/v1/videos/shown")["languages"], json!(["en", "mk"]));
        assert_eq!(server.slugs("/v1/videos?q=nacrt"), ["shown"]);
        // Published items appear in referencing items and in search.
        server.patch(&key, "/v1/topics/secret", &json!({"status": "published"}));
        assert_eq!(server.read("/v1/videos/shown")["topics"].as_array().unwrap().len(), 2);
        assert_eq!(server.slugs("/v1/videos?q=secretissimo"), ["shown"]);
        // Without its text, nothing of it is shown.
        let hide = json!({"translations": {"en": {"status": "draft"}}});
        server.request("PATCH", "/v1/topics/secret").key(&key).json(&hide).send().problem(409, "conflict");
        server.patch(&key, "/v1/videos/shown", &json!({"topics": ["open"]}));
        server.patch(&key, "/v1/topics/below", &json!({"parent": null}));
        server.patch(&key, "/v1/topics/secret", &hide);
        assert_eq!(server.slugs("/v1/videos?q=secretissimo"), Vec::<String>::new());
    }

    fn former_slug_of_draft_is_hidden(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.patch(&key, "/v1/videos/draft", &json!({"slug": "renamed"}));
        server.get("/v1/videos/draft").problem(404, "not-found");
        server.request("GET", "/v1/videos/draft").key(&key).send().expect(308);
    }
}
