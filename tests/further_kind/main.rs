//! A server with a kind that is not part of the product: everything that iterates over kinds treats
//! it like the others.
#![expect(clippy::expect_used, clippy::panic, reason = "tests report failures by panicking")]

mod event;

use std::sync::mpsc;

use clap::Parser;
use kinoteka::config::Settings;
use kinoteka::http::api_keys::{self, Role};
use kinoteka::http::problem::Problem;
use kinoteka::{registry, server};
use serde_json::{Value, json};

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Starts a server; it runs until the process ends. Returns its base URL and an editor's key.
fn start(database_url: &str) -> (String, String) {
    let arguments =
        ["t", "--database-url", database_url, "--bind", "127.0.0.1:0", "--workers", "1"];
    let settings = CommandLine::parse_from(arguments).settings;
    let (sender, receiver) = mpsc::channel();
    let own = settings.clone();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let running = server::start(&own).unwrap_or_else(|error| panic!("{error}"));
            sender.send(running.addresses.first().copied()).expect("the test waits");
            running.server.await
        })
    });
    let address = receiver.recv().expect("the server starts").expect("an address");
    let key = server::database_from_settings(&settings)
        .expect("valid settings")
        .write_blocking(|connection| {
            api_keys::create_key(connection, "test", Role::Editor, None).map_err(Problem::from)
        })
        .expect("a key");
    (format!("http://{address}"), key.1)
}

/// The slugs of a list.
fn slugs(list: &Value) -> Vec<&str> {
    let items = list.get("data").and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.get("slug").and_then(Value::as_str)).collect()
}

/// The titles of the entries of a JSON Feed.
fn titles(feed: &Value) -> Vec<&str> {
    let entries = feed.get("items").and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| entry.get("title").and_then(Value::as_str)).collect()
}

#[test]
fn a_further_kind_is_served_searched_exported_and_documented() {
    assert!(registry::register(vec![event::event_entry()]));
    assert!(!registry::register(vec![event::event_entry()]), "only once");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (base, key) =
        start(&format!("sqlite://{}", directory.path().join("kinoteka.db").display()));
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let authorization = format!("Bearer {key}");
    let post = |path: &str, body: &Value| {
        let request = agent.post(format!("{base}{path}")).header("Authorization", &authorization);
        let mut response = request
            .header("Content-Type", "application/json")
            .send(body.to_string())
            .expect("a response");
        let text = response.body_mut().read_to_string().expect("a body");
        (response.status().as_u16(), serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    let get = |path: &str| {
        let mut response = agent.get(format!("{base}{path}")).call().expect("a response");
        (response.status().as_u16(), response.body_mut().read_to_string().expect("a body"))
    };
    let read = |path: &str| {
        let (status, text) = get(path);
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };

    // Create.
    let topic = json!({"status": "published", "slug": "film", "name": "Film"});
    assert_eq!(post("/v1/topics", &topic).0, 201);
    let invalid = json!({"title": "Opening night", "format": "outdoors"});
    let (status, problem) = post("/v1/events", &invalid);
    assert_eq!(status, 422, "{problem}");
    let opening = json!({"status": "published", "title": "Opening night", "summary": "A gala.", "date": "2026-05-07", "format": "on_site", "topic": "film"});
    let (status, event) = post("/v1/events", &opening);
    assert_eq!((status, event.get("slug")), (201, Some(&json!("opening-night"))), "{event}");
    let talk = json!({"status": "published", "title": "Talk", "format": "online"});
    assert_eq!(post("/v1/events", &talk).0, 201);

    // Read, list, filter, include, search.
    let event = read("/v1/events/opening-night?include=topic");
    assert_eq!(event.pointer("/topic/name"), Some(&json!("Film")));
    assert_eq!(event.get("date"), Some(&json!("2026-05-07")));
    assert_eq!(slugs(&read("/v1/events?sort=title")), ["opening-night", "talk"]);
    assert_eq!(slugs(&read("/v1/events?format=online")), ["talk"]);
    assert_eq!(slugs(&read("/v1/events?topic=film")), ["opening-night"]);
    assert_eq!(slugs(&read("/v1/search?q=gala&kind=event")), ["opening-night"]);
    let facets = read("/v1/events?facets=format");
    assert_eq!(facets.pointer("/facets/format/0/count"), Some(&json!(1)));

    // Suggest, subscribe, save a query, describe as a dataset.
    assert_eq!(slugs(&read("/v1/suggest?q=open")), ["opening-night"]);
    assert_eq!(titles(&read("/feeds/events.json?topic=film")), ["Opening night"]);
    let saved = |query: &str| json!({"status": "published", "name": "Online events", "kind": "event", "query": query});
    assert_eq!(post("/v1/saved-queries", &saved("format=outdoors")).0, 422);
    assert_eq!(post("/v1/saved-queries", &saved("format=online")).0, 201);
    assert_eq!(slugs(&read("/v1/saved-queries?kind=event")), ["online-events"]);
    assert_eq!(titles(&read("/f/online-events.json")), ["Talk"]);
    let catalog = read("/catalog.jsonld");
    let datasets = catalog.get("dataset").and_then(Value::as_array).into_iter().flatten();
    let is_events = |dataset: &&Value| {
        let dataset = dataset.to_string();
        dataset.contains("/v1/events.csv")
            && dataset.contains("Events of the programmes.")
            && dataset.contains("Programların etkinlikleri.")
    };
    assert_eq!(datasets.filter(is_events).count(), 1, "{catalog}");

    // Export and document.
    let (status, table) = get("/v1/events.csv?sort=title");
    assert_eq!(status, 200);
    assert!(table.contains(",Opening night,on_site,"), "{table}");
    let document: Value = serde_json::from_str(&server::document_json()).expect("JSON");
    let list = document.pointer("/paths/~1v1~1events/get").expect("a documented list");
    assert_eq!(list.get("operationId"), Some(&json!("list_events")));
    assert!(document.pointer("/components/schemas/EventPage/properties/data").is_some());
    for component in ["HitKind", "SuggestionKind", "SavedQueryKind"] {
        let names = document.pointer(&format!("/components/schemas/{component}/enum"));
        let names = names.and_then(Value::as_array);
        assert_eq!(names.and_then(|names| names.last()), Some(&json!("event")), "{component}");
    }
    assert_eq!(unresolved_references(&document, &document), Vec::<String>::new());

    // Delete and restore.
    let path = format!("{base}/v1/events/opening-night");
    let deleted = agent.delete(&path).header("Authorization", &authorization).call();
    assert_eq!(deleted.expect("a response").status().as_u16(), 204);
    assert_eq!(get("/v1/events/opening-night").0, 410);
    assert_eq!(post("/v1/events/opening-night/restore", &json!({})).0, 200);
    assert_eq!(slugs(&read("/v1/events?topic=film")), ["opening-night"]);
}

/// Returns the references to components that the document does not have.
fn unresolved_references(value: &Value, document: &Value) -> Vec<String> {
    let members: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let target = value.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    let own = target.filter(|path| document.pointer(path).is_none()).map(str::to_owned);
    let below = members.into_iter().flat_map(|member| unresolved_references(member, document));
    own.into_iter().chain(below).collect()
}
