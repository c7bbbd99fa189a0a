//! `WebSub` publishing: published topics, debouncing, retries, and an unavailable hub.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use kinoteka::config::Settings;
use kinoteka::db::Time;
use kinoteka::db::schema::{feed_changes, websub_queue};
use kinoteka::feeds::websub::MAX_ATTEMPTS;
use serde_json::{Value, json};

use super::format_rules;
use crate::support::database::{Content, Database, settings};
use crate::support::process::{
    ServerProcess, expect_exit, run, run_with_input, send_request, serve, stdout_text, terminate,
};
use crate::support::{TestServer, lines};

const BASE: &str = "https://catalogue.example.org";
const OF_VIDEOS: [&str; 5] = [
    "/feeds/impact-statistics.atom",
    "/feeds/impact-statistics.json",
    "/feeds/videos.atom",
    "/feeds/videos.json",
    "/feeds/videos.rss",
];

/// Response of the mock hub to a ping.
#[derive(Clone)]
enum Reaction {
    /// Responds with this status and an optional redirect.
    Answers(u16, Option<String>),
    /// Accepts after a delay.
    Delays,
    /// Never responds.
    Hangs,
}

/// Mock hub that records the received pings; accepts them unless configured otherwise.
struct Hub {
    address: SocketAddr,
    /// Heads and bodies of the received requests.
    requests: Arc<Mutex<Vec<(String, String)>>>,
    next: Arc<Mutex<VecDeque<Reaction>>>,
}

impl Hub {
    fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let hub = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            next: Arc::default(),
        };
        let (requests, next) = (Arc::clone(&hub.requests), Arc::clone(&hub.next));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
                std::thread::spawn(move || serve_one(stream, &requests, &next));
            }
        });
        hub
    }

    fn url(&self) -> String {
        format!("http://{}/hub", self.address)
    }

    fn set_reaction(&self, next: impl IntoIterator<Item = Reaction>) {
        self.next.lock().unwrap().extend(next);
    }

    fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().unwrap().clone()
    }

    /// Topics of the received pings, sorted.
    fn topics(&self) -> Vec<String> {
        let topic = |(_, body): (String, String)| {
            let percent_encode = body
                .strip_prefix("hub.mode=publish&hub.url=")
                .unwrap_or_else(|| panic!("no ping: {body}"))
                .to_owned();
            let topic = percent_encoding::percent_decode_str(&percent_encode)
                .decode_utf8()
                .unwrap()
                .into_owned();
            topic
                .strip_prefix(BASE)
                .unwrap_or_else(|| panic!("topic of another server: {topic}"))
                .to_owned()
        };
        let mut topics: Vec<String> = self.requests().into_iter().map(topic).collect();
        topics.sort();
        topics
    }

    /// Waits until this number of pings was received.
    #[track_caller]
    fn wait(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.requests.lock().unwrap().len() < count {
            assert!(
                Instant::now() < deadline,
                "{count} pings are expected, there are {:?}",
                self.topics()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for pings of exactly these topics, then clears them.
    #[track_caller]
    fn assert_pings(&self, topics: &[&str]) {
        self.wait(topics.len());
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(self.topics(), topics);
        self.requests.lock().unwrap().clear();
    }
}

fn serve_one(
    mut stream: TcpStream,
    requests: &Mutex<Vec<(String, String)>>,
    next: &Mutex<VecDeque<Reaction>>,
) {
    let mut bytes = Vec::new();
    let (mut buffer, mut whole) = ([0; 1_024], None);
    while whole.is_none() {
        let Ok(count @ 1..) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        whole = text.split_once("\r\n\r\n").and_then(|(head, body)| {
            let head = head.to_ascii_lowercase();
            let length: usize =
                head.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
            (body.len() >= length).then(|| (head.clone(), body.to_owned()))
        });
    }
    requests.lock().unwrap().extend(whole);
    let mut does = next.lock().unwrap().pop_front().unwrap_or(Reaction::Answers(202, None));
    if matches!(does, Reaction::Delays) {
        std::thread::sleep(Duration::from_millis(800));
        does = Reaction::Answers(202, None);
    }
    match does {
        Reaction::Answers(status, location) => {
            let location =
                location.map(|location| format!("Location: {location}\r\n")).unwrap_or_default();
            drop(write!(
                stream,
                "HTTP/1.1 {status} Well\r\n{location}Content-Length: 4\r\nConnection: close\r\n\r\nSo\nso"
            ));
        }
        Reaction::Delays | Reaction::Hangs => std::thread::sleep(Duration::from_mins(1)),
    }
}

/// Starts a server that publishes to this hub.
fn server(database: Database, hub: &Hub) -> TestServer {
    let url = hub.url();
    TestServer::start(database, move |settings| {
        settings.websub_hub = Some(url);
        settings.base_url = Some(BASE.to_owned());
    })
}

/// Number of queued kinds and topics.
fn waiting(settings: &Settings) -> (i64, i64) {
    let mut connection =
        kinoteka::server::database_from_settings(settings).unwrap().connect().unwrap();
    let changes = feed_changes::table.count().get_result(&mut connection).unwrap();
    (changes, websub_queue::table.count().get_result(&mut connection).unwrap())
}

fn video(slug: &str, status: &str) -> Value {
    json!({"slug": slug, "status": status, "title": format!("Film {slug}")})
}

/// Defines tests that run on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($(fn $name:ident($database:ident: Database) $body:block)+) => {$(
        fn $name($database: Database) $body

        mod $name {
            use super::{Content, Database};

            #[test]
            fn sqlite() {
                super::$name(Database::sqlite(Content::Empty));
            }

            #[test]
            fn postgres() {
                if let Some(database) = Database::postgres(Content::Empty) {
                    super::$name(database);
                }
            }
        }
    )+};
}

on_both! {
    fn publishes_public_changes(database: Database) {
        let hub = Hub::start();
        let server = server(database, &hub);
        let key = server.editor_key();
        // Drafts and no-op writes are not published.
        server.create(&key, "/v1/videos", &video("draft", "draft"));
        server.patch(&key, "/v1/videos/draft", &json!({"summary": "Longer."}));
        server.request("DELETE", "/v1/videos/draft").key(&key).send().expect(204);
        server.request("POST", "/v1/videos/draft/restore").key(&key).send().expect(200);
        assert_eq!(waiting(&server.settings), (0, 0));
        server.create(&key, "/v1/videos", &video("film", "published"));
        hub.wait(1);
        let (head, body) = hub.requests().remove(0);
        assert!(head.starts_with("post /hub http/1.1") && head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
        assert!(body.starts_with("hub.mode=publish&hub.url=https%3A%2F%2Fcatalogue.example.org%2Ffeeds%2F"), "{body}");
        hub.assert_pings(&OF_VIDEOS);
        assert_eq!(waiting(&server.settings), (0, 0));
        server.patch(&key, "/v1/videos/film", &json!({"title": "Film film"}));
        assert_eq!(waiting(&server.settings), (0, 0), "no change is queued");
        for change in ["track", "PATCH", "DELETE", "restore", "archive"] {
            match change {
                "track" => {
                    let track = server.request("PUT", "/v1/videos/film/captions/en").key(&key).header("Content-Type", "text/vtt");
                    track.body("WEBVTT\n\n00:01.000 --> 00:02.000\nWords\n").send().expect(201);
                }
                "PATCH" => drop(server.patch(&key, "/v1/videos/film", &json!({"title": "Another"}))),
                "DELETE" => drop(server.request("DELETE", "/v1/videos/film").key(&key).send().expect(204)),
                "restore" => drop(server.request("POST", "/v1/videos/film/restore").key(&key).send().expect(200)),
                _ => drop(server.patch(&key, "/v1/videos/film", &json!({"status": "archived"}))),
            }
            assert_eq!(waiting(&server.settings), (1, 0), "{change} is noted with the write");
            hub.assert_pings(&OF_VIDEOS);
        }
        // Feeds of items that embed the changed item change too.
        server.create(&key, "/v1/partners", &json!({"slug": "network", "status": "published", "name": "Network", "kind": "other"}));
        hub.assert_pings(&[
            "/feeds/impact-statistics.atom", "/feeds/impact-statistics.json", "/feeds/partners.atom", "/feeds/partners.json",
            "/feeds/programmes.atom", "/feeds/programmes.json", "/feeds/videos.atom", "/feeds/videos.json", "/feeds/videos.rss",
        ]);
    }

    fn publishes_saved_query_feeds(database: Database) {
        let hub = Hub::start();
        let server = server(database, &hub);
        let key = server.editor_key();
        for (slug, kind, status) in [("films", "video", "published"), ("who", "partner", "published"), ("draft", "video", "draft")] {
            server.create(&key, "/v1/saved-queries", &json!({"slug": slug, "status": status, "name": slug, "kind": kind}));
        }
        let of_queries = ["/f/films.atom", "/f/films.json", "/f/films.rss", "/f/who.atom", "/f/who.json"];
        hub.assert_pings(&of_queries);
        server.create(&key, "/v1/videos", &video("film", "published"));
        hub.assert_pings(&[&of_queries[..3], &OF_VIDEOS[..]].concat());
        server.patch(&key, "/v1/saved-queries/who", &json!({"query": "kind=other"}));
        hub.assert_pings(&of_queries);
        let feed = server.get("/f/films.rss").expect(200);
        assert!(feed.text().contains("rel=\"hub\"") && feed.headers.iter().any(|(name, link)| name.eq_ignore_ascii_case("link") && link.contains("rel=\"hub\"")), "{}", feed.text());
    }

    fn debounces_many_changes(database: Database) {
        let hub = Hub::start();
        let server = server(database, &hub);
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &video("film", "published"));
        for number in 0..100 {
            server.patch(&key, "/v1/videos/film", &json!({"title": format!("Film {number}")}));
            std::thread::sleep(Duration::from_millis(50));
        }
        hub.wait(OF_VIDEOS.len());
        std::thread::sleep(Duration::from_millis(1_500));
        let published = hub.topics();
        for topic in OF_VIDEOS {
            // Once, or twice if the machine paused for a second.
            let count = published.iter().filter(|published| *published == topic).count();
            assert!((1..=2).contains(&count), "{topic}: {count} times");
        }
    }

    fn retries_rejected_pings(database: Database) {
        let (hub, elsewhere) = (Hub::start(), Hub::start());
        hub.set_reaction([Reaction::Answers(500, None), Reaction::Answers(307, Some(elsewhere.url())), Reaction::Answers(404, None)]);
        let server = server(database, &hub);
        let key = server.editor_key();
        server.create(&key, "/v1/programmes", &json!({"slug": "norms", "status": "published", "title": "Norms"}));
        let topics = ["/feeds/impact-statistics.atom", "/feeds/impact-statistics.json", "/feeds/programmes.atom", "/feeds/programmes.json", "/feeds/videos.atom", "/feeds/videos.json", "/feeds/videos.rss"];
        hub.wait(topics.len() + 3);
        std::thread::sleep(Duration::from_millis(1_500));
        let published = hub.topics();
        assert_eq!(published.len(), topics.len() + 3, "each of the three once more: {published:?}");
        let mut each = published.clone();
        each.dedup();
        assert_eq!(each, topics);
        assert!(elsewhere.requests().is_empty(), "redirects to other hosts are not followed");
        assert_eq!(waiting(&server.settings), (0, 0));
        // Gives up after the last attempt.
        hub.set_reaction([Reaction::Answers(503, None)]);
        let mut connection = kinoteka::server::database_from_settings(&server.settings).unwrap().connect().unwrap();
        let row = (websub_queue::topic.eq("/feeds/partners.json"), websub_queue::changes.eq(1_i64), websub_queue::attempts.eq(MAX_ATTEMPTS - 1), websub_queue::due_at.eq(Time::now()));
        diesel::insert_into(websub_queue::table).values(row).execute(&mut connection).unwrap();
        hub.wait(topics.len() + 4);
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!((hub.requests().len(), waiting(&server.settings)), (topics.len() + 4, (0, 0)));
        // A ping claimed by another server is left to it.
        let row = (websub_queue::topic.eq("/feeds/partners.json"), websub_queue::changes.eq(1_i64), websub_queue::attempts.eq(0_i64), websub_queue::due_at.eq(Time::now().saturating_add(Duration::from_secs(20))));
        diesel::insert_into(websub_queue::table).values(row).execute(&mut connection).unwrap();
        std::thread::sleep(Duration::from_millis(2_500));
        assert_eq!((hub.requests().len(), waiting(&server.settings)), (topics.len() + 4, (0, 1)));
    }

    fn publishes_queued_pings_after_restart(database: Database) {
        // A port without a listener.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{port}/hub");
        let arguments = ["--websub-hub", url.as_str(), "--base-url", BASE];
        let directory = tempfile::tempdir().unwrap();
        let key = key(directory.path(), database.url());
        let (served, _, address) = serve(directory.path(), database.url(), &arguments);
        send_request(&address, "POST", "/v1/programmes", Some(&key), Some(&json!({"slug": "norms", "status": "published", "title": "Norms"}))).expect(201);
        served.wait_for_log(&["kinoteka::websub", "topic=/feeds/videos.rss attempt=1 outcome=retry error=\"hub unreachable"]);
        send_request(&address, "POST", "/v1/partners", Some(&key), Some(&json!({"slug": "network", "status": "published", "name": "Network", "kind": "other"}))).expect(201);
        // The server stops before the partner's change is published.
        drop(served);
        let settings = settings(database.url());
        let (changes, queued) = waiting(&settings);
        assert!(queued >= 7 && changes + queued >= 8, "{changes} {queued}");
        let mut item = video("imported", "published");
        item["resource"] = json!("video");
        let imports: Vec<&str> = ["import", "-"].into_iter().chain(arguments).collect();
        expect_exit(run_with_input(directory.path(), database.url(), &imports, &lines(&[item])), 0);
        assert_eq!(waiting(&settings), (changes + 1, queued), "imports are recorded, too");
        let hub = Hub::on(TcpListener::bind(port).unwrap());
        let (_served, ..) = serve(directory.path(), database.url(), &arguments);
        hub.assert_pings(&[
            "/feeds/impact-statistics.atom", "/feeds/impact-statistics.json", "/feeds/partners.atom", "/feeds/partners.json",
            "/feeds/programmes.atom", "/feeds/programmes.json", "/feeds/videos.atom", "/feeds/videos.json", "/feeds/videos.rss",
        ]);
    }

    fn one_of_several_servers_publishes(database: Database) {
        let hub = Hub::start();
        // Slow enough for the other servers to poll meanwhile.
        hub.set_reaction(std::iter::repeat_n(Reaction::Delays, 20));
        let url = hub.url();
        let arguments = ["--websub-hub", url.as_str(), "--base-url", BASE];
        let directory = tempfile::tempdir().unwrap();
        let key = key(directory.path(), database.url());
        let servers: Vec<(ServerProcess, Vec<String>, String)> = (0..3).map(|_| serve(directory.path(), database.url(), &arguments)).collect();
        for ((_, _, address), slug) in servers.iter().zip(["one", "two", "three"]) {
            send_request(address, "POST", "/v1/videos", Some(&key), Some(&video(slug, "published"))).expect(201);
        }
        hub.assert_pings(&OF_VIDEOS);
    }

    fn hanging_hub_does_not_block_requests(database: Database) {
        let hub = Hub::start();
        hub.set_reaction(std::iter::repeat_n(Reaction::Hangs, 20));
        let url = hub.url();
        let arguments = ["--websub-hub", url.as_str(), "--base-url", BASE];
        let directory = tempfile::tempdir().unwrap();
        let key = key(directory.path(), database.url());
        let (mut served, _, address) = serve(directory.path(), database.url(), &arguments);
        send_request(&address, "POST", "/v1/videos", Some(&key), Some(&video("film", "published"))).expect(201);
        hub.wait(1);
        let started = Instant::now();
        for number in 0..10 {
            send_request(&address, "PATCH", "/v1/videos/film", Some(&key), Some(&json!({"title": format!("Film {number}")}))).expect(200);
            send_request(&address, "GET", "/feeds/videos.json", None, None).expect(200);
        }
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        assert_eq!(hub.requests().len(), 1, "one after the other");
        let started = Instant::now();
        terminate(&served);
        assert!(served.0.wait().unwrap().success());
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    }

    fn feeds_link_to_hub(database: Database) {
        let hub = Hub::start();
        let url = hub.url();
        let server = server(database, &hub);
        for path in ["/feeds/videos.rss", "/feeds/videos.atom", "/feeds/videos.json?country=RS", "/feeds/programmes.atom", "/feeds/partners.json", "/feeds/impact-statistics.atom"] {
            let response = server.get(path).expect(200);
            let links: Vec<&str> = response.headers.iter().filter(|(name, _)| name == "link").flat_map(|(_, value)| value.split(", ")).collect();
            assert!(links.contains(&format!("<{url}>; rel=\"hub\"").as_str()) && links.contains(&format!("<{BASE}{path}>; rel=\"self\"").as_str()), "{path}: {links:?}");
            let text = response.text();
            if path.contains(".json") {
                assert_eq!(response.json()["hubs"], json!([{"type": "WebSub", "url": url}]));
            } else {
                let document = roxmltree::Document::parse(&text).unwrap();
                let at = if path.contains(".rss") { document.root_element().first_element_child().unwrap() } else { document.root_element() };
                let links = format_rules::links(at);
                assert_eq!(links.iter().filter(|link| link.0 == "hub").map(|link| link.1).collect::<Vec<_>>(), [url.as_str()], "{text}");
                assert!(links.contains(&("self", &format!("{BASE}{path}"))), "{text}");
            }
            server.request("GET", path).header("If-None-Match", response.required_header("etag")).send().expect(304);
        }
    }

    fn no_links_or_queue_without_hub(database: Database) {
        let server = TestServer::start(database, |_| {});
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &video("film", "published"));
        for path in ["/feeds/videos.rss", "/feeds/videos.atom", "/feeds/videos.json"] {
            let response = server.get(path).expect(200);
            assert!(response.headers.iter().all(|(name, value)| name != "link" || !value.contains("hub")));
            assert!(!response.text().contains("hub"), "{}", response.text());
        }
        assert_eq!(waiting(&server.settings), (0, 0));
    }
}

fn key(directory: &Path, url: &str) -> String {
    expect_exit(run(directory, url, &["migrate"]), 0);
    stdout_text(&expect_exit(
        run(directory, url, &["key", "create", "--role", "editor", "--name", "test"]),
        0,
    ))
    .trim()
    .to_owned()
}
