//! Scheduled publication and archiving.

use std::time::{Duration, Instant};

use kinoteka::db::Time;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;

fn after(duration: Duration) -> String {
    Time::now().saturating_add(duration).to_string()
}

const HOUR: Duration = Duration::from_hours(1);

/// Reads that must not contain anything of a scheduled item.
const PUBLIC_READS: [&str; 22] = [
    "/v1/videos?total=true&lang=en",
    "/v1/videos?facets=topic,country,text_language&lang=en",
    "/v1/videos?sort=title&lang=en",
    "/v1/videos?q=mondayissimo&lang=en",
    "/v1/videos?topic=monday-topic&lang=en",
    "/v1/videos?country=XK&facets=country&lang=en",
    "/v1/search?q=mondayissimo&lang=en",
    "/v1/search?q=mondayisimo&lang=en",
    "/v1/suggest?q=monday&lang=en",
    "/v1/topics?facets=text_language&lang=en",
    "/v1/impact-statistics?include=evidence&lang=en",
    "/v1/videos/open?include=topics&lang=en",
    "/v1/videos/monday",
    "/v1/topics/monday-topic",
    "/feeds/videos.rss?lang=en",
    "/feeds/videos.atom?q=mondayissimo&lang=en",
    "/feeds/videos.json?lang=en",
    "/embed/videos?lang=en",
    "/embed/videos/monday",
    "/sitemap-videos.xml",
    "/v1/videos.csv?lang=en",
    "/catalog.jsonld",
];

fn fill(server: &TestServer, key: &str) {
    server.create(
        key,
        "/v1/topics",
        &json!({"slug": "open-topic", "status": "published", "name": "Open"}),
    );
    let open = json!({"slug": "open", "status": "published", "title": "Open", "topics": ["open-topic"], "countries": ["AL"]});
    server.create(key, "/v1/videos", &open);
}

/// Whether a response contains a name of the scheduled items. Requests have it in lower case.
fn is_shown(server: &TestServer, path: &str) -> bool {
    server.get(path).text().contains("Mondayissimo")
}

/// Waits until a condition holds, at most two seconds longer than it should.
fn wait_until(server: &TestServer, path: &str, expected: u16) -> Duration {
    let started = Instant::now();
    loop {
        if server.get(path).status == expected {
            return started.elapsed();
        }
        assert!(started.elapsed() < Duration::from_secs(8), "{path} is not {expected}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

on_both! {
    fn scheduled_item_is_hidden_until_its_time(server: &TestServer) {
        let key = server.editor_key();
        fill(server, &key);
        let before: Vec<Option<String>> = PUBLIC_READS
            .iter()
            .map(|path| server.get(path).header("etag").map(str::to_owned))
            .collect();
        let due = after(Duration::from_secs(3));
        let topic = json!({"slug": "monday-topic", "status": "published", "published_at": due, "name": "Mondayissimo"});
        let created = server.create(&key, "/v1/topics", &topic);
        assert_eq!(created["status"], "scheduled");
        let video = json!({"slug": "monday", "status": "published", "published_at": due, "title": "Mondayissimo", "topics": ["monday-topic"], "countries": ["XK"]});
        let created = server.create(&key, "/v1/videos", &video);
        assert_eq!((&created["status"], &created["published_at"]), (&json!("scheduled"), &json!(due)));
        for (path, tag) in PUBLIC_READS.iter().zip(before) {
            let response = server.get(path);
            assert!(!is_shown(server, path), "{path}: {}", response.text());
            assert_eq!(response.header("etag").map(str::to_owned), tag, "{path}");
        }
        // Caches must not use a response after the next scheduled change.
        let cache_control = server.get("/v1/videos").required_header("cache-control").to_owned();
        let number = |name: &str| -> u64 {
            let (_, rest) = cache_control.split_once(name).expect("the directive");
            rest.split(',').next().and_then(|digits| digits.parse().ok()).expect("a number")
        };
        assert!(number("max-age=") + number("stale-while-revalidate=") <= 3, "{cache_control}");

        let listed = server.request("GET", "/v1/videos?status=scheduled").key(&key).send().expect(200).json();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
        wait_until(server, "/v1/videos/monday", 200);
        let now = Time::now();
        let due = chrono::DateTime::parse_from_rfc3339(&due).expect("a time");
        let delay = now.0.signed_duration_since(due).num_milliseconds();
        assert!((0..2_000).contains(&delay), "published {delay} ms after its time");
        wait_until(server, "/v1/topics/monday-topic", 200);
        assert_eq!(server.slugs("/v1/videos"), ["monday", "open"]);
        let without_it = ["/v1/topics?", "/v1/impact", "/v1/videos/open", "/v1/search?q=mondayisimo", "/catalog", "/sitemap"];
        for path in PUBLIC_READS.iter().filter(|path| !without_it.iter().any(|start| path.starts_with(start))) {
            assert!(is_shown(server, path), "{path}: {}", server.get(path).text());
        }
        let video = server.read("/v1/videos/monday");
        assert_eq!((&video["status"], &video["revision"]), (&json!("published"), &json!(2)));
    }

    fn unpublish_at_archives(server: &TestServer) {
        let key = server.editor_key();
        fill(server, &key);
        let due = after(Duration::from_secs(2));
        let patched = server.patch(&key, "/v1/videos/open", &json!({"unpublish_at": due}));
        assert_eq!((&patched["status"], &patched["unpublish_at"]), (&json!("published"), &json!(due)));
        assert_eq!(server.slugs("/v1/videos"), ["open"]);
        wait_until(server, "/v1/videos/open", 404);
        assert_eq!(server.slugs("/v1/videos"), Vec::<String>::new());
        let archived = server.request("GET", "/v1/videos/open").key(&key).send().expect(200).json();
        assert_eq!((&archived["status"], archived.get("unpublish_at")), (&json!("archived"), None));
        // Published again, it stays.
        assert_eq!(server.patch(&key, "/v1/videos/open", &json!({"status": "published"}))["status"], "published");
        std::thread::sleep(Duration::from_millis(800));
        assert_eq!(server.slugs("/v1/videos"), ["open"]);
    }

    fn schedule_can_be_changed(server: &TestServer) {
        let key = server.editor_key();
        fill(server, &key);
        let monday = after(HOUR);
        // A public item whose publication is moved to the future is hidden.
        let video = server.patch(&key, "/v1/videos/open", &json!({"published_at": monday}));
        assert_eq!(video["status"], "scheduled");
        server.get("/v1/videos/open").problem(404, "not-found");
        // A response can be sent back.
        let whole = server.request("GET", "/v1/videos/open?lang=all").key(&key).send().expect(200).json();
        let same = server.request("PUT", "/v1/videos/open").key(&key).json(&whole).send().expect(200).json();
        assert_eq!((&same["status"], &same["revision"]), (&json!("scheduled"), &video["revision"]));
        // Published earlier, withdrawn to draft, and scheduled again.
        let now = server.patch(&key, "/v1/videos/open", &json!({"published_at": null}));
        assert_eq!(now["status"], "published");
        server.get("/v1/videos/open").expect(200);
        server.patch(&key, "/v1/videos/open", &json!({"published_at": monday}));
        let draft = server.patch(&key, "/v1/videos/open", &json!({"status": "draft"}));
        assert_eq!((&draft["status"], &draft["published_at"]), (&json!("draft"), &json!(monday)));
        let again = server.patch(&key, "/v1/videos/open", &json!({"status": "scheduled"}));
        assert_eq!(again["status"], "scheduled");
        // Text in a further language of a scheduled item: a draft, unless the patch has a status.
        server.patch(&key, "/v1/videos/open?lang=sq", &json!({"title": "I hapur"}));
        let mk = server.patch(&key, "/v1/videos/open?lang=mk", &json!({"title": "Отворено", "status": "scheduled"}));
        assert_eq!(mk["title"], "Отворено");
        let all = server.request("GET", "/v1/videos/open?lang=all").key(&key).send().json();
        let status = |language: &str| all["translations"][language]["status"].clone();
        assert_eq!([status("mk"), status("sq"), all["status"].clone()], ["published", "draft", "scheduled"]);
    }

    fn past_times_are_applied_when_an_item_returns(server: &TestServer) {
        let key = server.editor_key();
        fill(server, &key);
        server.patch(&key, "/v1/videos/open", &json!({"unpublish_at": after(Duration::from_millis(700))}));
        server.request("DELETE", "/v1/videos/open").key(&key).send().expect(204);
        std::thread::sleep(Duration::from_secs(1));
        let restored = server.request("POST", "/v1/videos/open/restore").key(&key).send().expect(200).json();
        assert_eq!(restored["status"], "archived");
        // An export is older than what it schedules.
        let line = |slug: &str, published_at: &str, unpublish_at: Option<&str>| {
            let mut line = json!({"resource": "video", "slug": slug, "status": "scheduled", "published_at": published_at, "translations": {"en": {"status": "published", "title": slug}}});
            line["unpublish_at"] = json!(unpublish_at);
            line
        };
        server.import(&[
            line("over", "2020-01-01T00:00:00Z", Some("2021-01-01T00:00:00Z")),
            line("out", "2020-01-01T00:00:00Z", Some("2999-01-01T00:00:00Z")),
            line("next", "2999-01-01T00:00:00Z", None),
        ]);
        let status = |slug: &str| server.request("GET", &format!("/v1/videos/{slug}")).key(&key).send().json()["status"].clone();
        assert_eq!(["over", "out", "next"].map(status), ["archived", "published", "scheduled"]);
    }

    fn invalid_schedules_are_rejected(server: &TestServer) {
        let key = server.editor_key();
        fill(server, &key);
        let patch = |body: &Value| server.request("PATCH", "/v1/videos/open").key(&key).json(body).send();
        patch(&json!({"unpublish_at": "2020-01-01T00:00:00Z"})).errors(422, &[("/unpublish_at", "out_of_range")]);
        patch(&json!({"published_at": after(HOUR), "unpublish_at": after(HOUR / 2)})).errors(422, &[("/unpublish_at", "out_of_range")]);
        patch(&json!({"unpublish_at": "soon"})).errors(422, &[("/unpublish_at", "invalid_time")]);
        server.request("POST", "/v1/videos").key(&key).json(&json!({"title": "A", "status": "scheduled"})).send()
            .errors(422, &[("/published_at", "required")]);
        server.patch(&key, "/v1/videos/open", &json!({"published_at": after(HOUR)}));
        patch(&json!({"status": "scheduled", "published_at": null})).errors(422, &[("/published_at", "required")]);
        let texts = json!({"translations": {"en": {"title": "A", "status": "scheduled"}}});
        server.request("POST", "/v1/videos").key(&key).json(&texts).send()
            .errors(422, &[("/translations/en/status", "unknown_value")]);
        server.get("/v1/videos?status=scheduled").errors(400, &[("status", "needs_key")]);
    }
}
