//! What happens to the items that refer to an item which is archived, withdrawn or deleted.

use std::time::Duration;

use kinoteka::db::Time;
use kinoteka::http::api_keys::Role;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::process::{expect_exit, run, stdout_text};
use crate::support::{Content, TestServer, database};

/// A programme with a credit line, and public items of every kind that refer to it, to a partner,
/// to a topic and to an indicator.
fn fill(server: &TestServer) {
    let text = |title: &str| json!({"en": {"status": "published", "title": title}});
    let name = |name: &str| json!({"en": {"status": "published", "name": name}});
    let label = |label: &str| json!({"en": {"status": "published", "label": label}});
    server.import(&[
        json!({"resource": "topic", "slug": "norms", "status": "published", "translations": name("Normsissimo")}),
        json!({"resource": "partner", "slug": "funder", "status": "published", "kind": "donor", "translations": name("Funderissimo")}),
        json!({"resource": "programme", "slug": "first", "status": "published", "translations":
            {"en": {"status": "published", "title": "Programmissimo", "credit_line": "Creditissimo", "disclaimer": "Disclaimissimo"}}}),
        json!({"resource": "indicator", "slug": "reach", "status": "published", "unit": "people", "measure": "unit", "ascending": true, "additive": true, "translations": label("Reachissimo")}),
        json!({"resource": "video", "slug": "film", "status": "published", "programme": "first", "topics": ["norms"],
            "partners": [{"partner": "funder", "role": "funder"}], "translations": text("Film")}),
        json!({"resource": "impact_statistic", "slug": "figure", "status": "published", "indicator": "reach", "programme": "first", "partner": "funder",
            "value": "500", "evidence": [{"video": "film"}], "translations": label("Figure")}),
        json!({"resource": "saved_query", "slug": "films", "status": "published", "kind": "video", "query": "programme=first", "translations": name("Films")}),
    ]);
}

const TARGETS: [(&str, &str); 4] = [
    ("/v1/programmes/first", "Programmissimo"),
    ("/v1/partners/funder", "Funderissimo"),
    ("/v1/topics/norms", "Normsissimo"),
    ("/v1/indicators/reach", "Reachissimo"),
];

/// Reads by an archived item, each with what it must contain.
const READS: [(&str, &str); 18] = [
    ("/v1/videos?programme=first&lang=en", "Film"),
    ("/v1/videos?partner=funder&lang=en", "Film"),
    ("/v1/videos?topic=norms&lang=en", "Film"),
    ("/v1/videos?programme=!first&lang=en", "\"data\":[]"),
    ("/v1/videos?q=programmissimo&lang=en", "Film"),
    ("/v1/videos?facets=programme,topic,partner&lang=en", "Normsissimo"),
    ("/v1/videos/film?lang=en", "Programmissimo"),
    ("/v1/impact-statistics?indicator=reach&lang=en", "Figure"),
    ("/v1/impact-statistics/summary?indicator=reach&group_by=programme&lang=en", "Programmissimo"),
    ("/v1/impact-statistics/figure?lang=en", "Reachissimo"),
    ("/feeds/videos.rss?programme=first&lang=en", "Creditissimo"),
    ("/feeds/videos.json?topic=norms&lang=en", "Creditissimo"),
    ("/embed/videos?programme=first&lang=en", "Film"),
    ("/embed/videos/film?lang=en", "Creditissimo"),
    ("/embed/videos/film?lang=en", "Disclaimissimo"),
    ("/embed/impact-statistics/figure?lang=en", "Figure"),
    ("/f/films.json", "Film"),
    ("/v1/videos.csv?programme=first&lang=en", "Programmissimo"),
];

/// The programme of the film without its id, since an import assigns another one.
fn archived_reference(server: &TestServer) -> Value {
    let mut programme = server.read("/v1/videos/film?lang=en")["programme"].clone();
    programme.as_object_mut().expect("a programme").remove("id");
    programme
}

on_both! {
    fn archiving_with_keep_preserves_attribution_and_links(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        for (path, expected) in READS {
            let response = server.get(path).expect(200);
            assert!(response.text().contains(expected), "{path}: {}", response.text());
        }
        for (target, name) in TARGETS {
            let archive = |query: &str| {
                server.request("PATCH", &format!("{target}{query}")).key(&key).json(&json!({"status": "archived"})).send()
            };
            let problem = archive("").problem(409, "conflict");
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("`film`") || detail.contains("`figure`"), "{detail}");
            assert!(detail.contains("on_references=keep") && detail.contains("on_references=archive"), "{detail}");
            assert_eq!(server.get(target).status, 200, "nothing was changed");
            archive("?on_references=sometimes").errors(400, &[("on_references", "unknown_value")]);
            archive("?on_references=keep").expect(200);
            assert_eq!(server.get(target).status, 404);
            assert!(server.get(&format!("{target}?lang=en")).text().find(name).is_none());
        }
        for (path, expected) in READS {
            let response = server.get(path).expect(200);
            assert!(response.text().contains(expected), "{path}: {}", response.text());
        }
        let film = server.read("/v1/videos/film?lang=en");
        for reference in [&film["programme"], &film["topics"][0], &film["partners"][0]["partner"]] {
            assert_eq!((&reference["archived"], &reference["language"]), (&json!(true), &json!("en")), "{film}");
        }
        // Included in full, it remains short for the public.
        let included = server.read("/v1/videos/film?include=programme&lang=en");
        assert_eq!(included["programme"], film["programme"]);
        let seen = server.request("GET", "/v1/videos/film?include=programme&lang=en").key(&key).send().json();
        assert_eq!(seen["programme"]["credit_line"], "Creditissimo");
        // A change of what the public sees of the archived item reaches it.
        server.patch(&key, "/v1/programmes/first", &json!({"credit_line": "Other credit"}));
        assert!(server.get("/feeds/videos.rss?programme=first&lang=en").text().contains("Other credit"));
        // Published again.
        server.patch(&key, "/v1/programmes/first", &json!({"status": "published"}));
        assert_eq!(server.read("/v1/videos/film?lang=en")["programme"].get("archived"), None);
    }

    fn archiving_with_archive_archives_referring_items(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.request("PATCH", "/v1/programmes/first?on_references=archive").key(&key).json(&json!({"status": "archived"})).send().expect(200);
        for path in ["/v1/programmes/first", "/v1/videos/film", "/v1/impact-statistics/figure"] {
            server.get(path).problem(404, "not-found");
            let item = server.request("GET", path).key(&key).send().expect(200).json();
            assert_eq!(item["status"], "archived", "{path}");
        }
        server.get("/v1/topics/norms").expect(200);
        assert_eq!(server.slugs("/v1/videos?programme=first"), Vec::<String>::new());
    }

    fn withdrawing_a_referenced_item_is_rejected(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        let withdraw = |query: &str| {
            server.request("PATCH", &format!("/v1/programmes/first{query}")).key(&key).json(&json!({"status": "draft"})).send()
        };
        let problem = withdraw("").problem(409, "conflict");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Archive the item instead")), "{problem}");
        withdraw("?on_references=archive").expect(200);
        server.get("/v1/videos/film").problem(404, "not-found");
        // Nothing refers to it publicly any more.
        server.patch(&key, "/v1/programmes/first", &json!({"status": "published"}));
        withdraw("").expect(200);
    }

    fn names_that_were_never_public_stay_hidden(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.patch(&key, "/v1/programmes/first?on_references=keep", &json!({"status": "draft"}));
        let secret = json!({"title": "Secretissimo", "slug": "secretissimo", "credit_line": "Secretissimo credit"});
        server.patch(&key, "/v1/programmes/first", &secret);
        server.patch(&key, "/v1/programmes/secretissimo", &json!({"status": "archived"}));
        for path in ["/v1/videos/film?lang=en", "/v1/videos?facets=programme&lang=en", "/v1/videos?q=secretissimo", "/embed/videos/film", "/feeds/videos.json", "/v1/impact-statistics/figure", "/v1/videos.csv"] {
            let text = server.get(path).text().replace("q=secretissimo", "");
            assert!(!text.to_lowercase().contains("secretissimo") || text.contains("did_you_mean"), "{path}: {text}");
        }
        server.get("/v1/videos?programme=secretissimo").errors(400, &[("programme", "unknown_value")]);
        assert_eq!(server.read("/v1/videos/film?lang=en")["programme"], Value::Null);
    }

    fn replacing_an_item_keeps_its_name_when_it_is_archived(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        let put = |body: &Value| server.request("PUT", "/v1/programmes/first?on_references=keep").key(&key).json(body).send().expect(200);
        let mut body = server.request("GET", "/v1/programmes/first?lang=en").key(&key).send().json();
        body["status"] = json!("archived");
        put(&body);
        let programme = server.read("/v1/videos/film?lang=en")["programme"].clone();
        assert_eq!((&programme["title"], &programme["archived"]), (&json!("Programmissimo"), &json!(true)));
        assert_eq!((&programme["credit_line"], &programme["disclaimer"]), (&json!("Creditissimo"), &json!("Disclaimissimo")));
        assert!(server.get("/f/films.json").expect(200).text().contains("Film"));
    }

    fn export_carries_archived_references(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        for (target, _) in TARGETS {
            server.patch(&key, &format!("{target}?on_references=keep"), &json!({"status": "archived"}));
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        let output = run(directory.path(), &server.settings.database_url, &["export"]);
        let lines = stdout_text(&expect_exit(output, 0));
        let copy = TestServer::sqlite(Content::Empty, |_| {});
        database::import(&copy.settings, &lines);
        for (path, expected) in READS {
            let response = copy.get(path).expect(200);
            assert!(response.text().contains(expected), "{path}: {}", response.text());
        }
        assert_eq!(archived_reference(&copy), archived_reference(server));
    }

    fn deletion_archives_referring_items(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        let delete = |query: &str| server.request("DELETE", &format!("/v1/programmes/first{query}")).key(&key).send();
        delete("").problem(409, "conflict");
        delete("?on_references=keep").errors(400, &[("on_references", "unknown_value")]);
        server.get("/v1/programmes/first").expect(200);
        // A draft would lose its reference.
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft", "programme": "first"}));
        let problem = delete("?on_references=archive").problem(409, "conflict");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("`draft`")), "{problem}");
        server.get("/v1/videos/film").expect(200);
        server.request("DELETE", "/v1/videos/draft").key(&key).send().expect(204);
        delete("?on_references=archive").expect(204);
        server.get("/v1/programmes/first").problem(410, "gone");
        for path in ["/v1/videos/film", "/v1/impact-statistics/figure"] {
            server.get(path).problem(404, "not-found");
        }
    }

    fn lists_and_feeds_by_deleted_items_are_empty(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        server.create(&key, "/v1/programmes", &json!({"slug": "never-public", "title": "Draft"}));
        server.request("DELETE", "/v1/programmes/never-public").key(&key).send().expect(204);
        let reads = [
            "/v1/videos?programme=first&total=true", "/feeds/videos.rss?programme=first", "/feeds/videos.atom?programme=first", "/feeds/videos.json?programme=first",
            "/f/films.json", "/f/films.rss", "/v1/saved-queries/films", "/embed/videos?programme=first", "/v1/videos.csv?programme=first",
            "/v1/impact-statistics/summary?programme=first", "/v1/videos?statistic=figure", "/v1/videos?programme=first&facets=programme",
        ];
        let check = || {
            for path in reads {
                let text = server.get(path).expect(200).text();
                assert!(!text.contains("Programmissimo") && !text.contains("Film\""), "{path}: {text}");
            }
            assert_eq!(server.read("/v1/videos?programme=first&total=true")["page"]["total"], 0);
            assert_eq!(server.slugs("/v1/videos?statistic=figure"), Vec::<String>::new());
            server.get("/v1/videos?programme=never-public").errors(400, &[("programme", "unknown_value")]);
        };
        server.request("DELETE", "/v1/programmes/first?on_references=archive").key(&key).send().expect(204);
        server.request("DELETE", "/v1/impact-statistics/figure").key(&key).send().expect(204);
        check();
        server.request("DELETE", "/v1/programmes/first?purge=true").key(&server.key(Role::Admin, None).1).send().expect(204);
        check();
    }

    fn scheduled_archiving_keeps_references_by_default(server: &TestServer) {
        fill(server);
        let key = server.editor_key();
        let soon = Time::now().saturating_add(Duration::from_secs(1)).to_string();
        server.patch(&key, "/v1/partners/funder", &json!({"unpublish_at": soon}));
        server.request("PATCH", "/v1/topics/norms?on_references=archive").key(&key).json(&json!({"unpublish_at": soon})).send().expect(200);
        let started = std::time::Instant::now();
        while server.get("/v1/topics/norms").status == 200 || server.get("/v1/partners/funder").status == 200 {
            assert!(started.elapsed() < Duration::from_secs(5), "not archived in time");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.get("/v1/videos/film").problem(404, "not-found");
        server.get("/v1/impact-statistics/figure").problem(404, "not-found");
    }
}
