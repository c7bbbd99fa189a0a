//! No response to a client without a key contains a text of an item, a translation or a track that
//! is not public, on any documented address.

use std::time::Duration;

use kinoteka::db::Time;
use kinoteka::http::api_keys::Role;
use serde_json::{Value, json};

use super::caching::documented_reads;
use crate::on_both;
use crate::support::TestServer;

/// Every secret contains this word; no request does.
const MARK: &str = "zqmark";

/// The kinds, each with the field of its title and other members that a valid body needs.
fn bodies() -> [(&'static str, &'static str, Value); 8] {
    [
        ("topics", "name", json!({})),
        (
            "partners",
            "name",
            json!({"acronym": "ZQMARK", "website": "https://zqmark.example.org/"}),
        ),
        (
            "programmes",
            "title",
            json!({"website": "https://zqmark.example.org/", "helplines": [{"name": "Zqmark", "url": "https://zqmark.example.org/"}]}),
        ),
        ("results", "title", json!({"level": "outcome"})),
        (
            "indicators",
            "label",
            json!({"unit": "zqmarks", "measure": "unit", "ascending": true, "additive": true}),
        ),
        (
            "videos",
            "title",
            json!({"sources": [{"kind": "file", "url": "https://zqmark.example.org/a.mp4"}], "credits": [{"name": "Zqmark", "role": "director"}], "chapters": [{"start_seconds": 1, "title": "Zqmark"}]}),
        ),
        (
            "impact-statistics",
            "label",
            json!({"value": "5", "unit": "zqmarks", "measure": "unit", "ascending": true, "disaggregation": [{"dimension": "zqmark", "value": "zqmark"}], "source": {"text": "Zqmark"}}),
        ),
        ("saved-queries", "name", json!({"kind": "video", "query": "q=zqmark"})),
    ]
}

/// Texts with the mark in every field that the kind has.
fn secret_texts(kind: &str, title: &str, status: &str) -> Value {
    let mut texts = json!({"status": status});
    texts[title] = json!("Zqmark title");
    let fields: &[&str] = match kind {
        "videos" => &["summary", "description", "content_note"],
        "programmes" => &["summary", "description", "credit_line", "disclaimer"],
        "partners" => &["description", "credit_line", "disclaimer"],
        "saved-queries" => &[],
        _ => &["description"],
    };
    for field in fields {
        texts[*field] = json!(format!("Zqmark {field}"));
    }
    texts
}

/// Creates secret items of every kind in every state that is not public, and public ones with
/// secret translations; returns the paths of the secret items.
fn create_secrets(server: &TestServer) -> Vec<String> {
    let (key, admin) = (server.editor_key(), server.key(Role::Admin, None).1);
    let mut paths = Vec::new();
    for (kind, title, more) in bodies() {
        let list = format!("/v1/{kind}");
        let create = |state: &str, status: &str| {
            let mut body = more.clone();
            body["slug"] = json!(format!("zqmark-{state}"));
            body["status"] = json!(status);
            body["translations"] = json!({"en": secret_texts(kind, title, "published"), "mk": secret_texts(kind, title, "draft")});
            if state == "scheduled" {
                let later = Time::now().saturating_add(Duration::from_hours(1));
                body["published_at"] = json!(later.to_string());
            }
            server.create(&key, &list, &body);
            format!("{list}/zqmark-{state}")
        };
        let send = |method: &str, key: &str, path: &str, body: &Value| {
            let request = server.request(method, path).key(key);
            let response = if body.is_null() { request.send() } else { request.json(body).send() };
            assert!((200..300).contains(&response.status), "{method} {path}: {}", response.text());
        };
        for (state, status) in
            [("draft", "draft"), ("archived", "archived"), ("scheduled", "published")]
        {
            paths.push(create(state, status));
        }
        paths.push(create("deleted", "draft"));
        send("DELETE", &key, &format!("{list}/zqmark-deleted"), &Value::Null);
        paths.push(create("purged", "draft"));
        send("DELETE", &admin, &format!("{list}/zqmark-purged?purge=true"), &Value::Null);
        // Public with other texts, then withdrawn, changed and archived.
        let mut public = more.clone();
        let named = |name: &str| json!({"en": {"status": "published", title: name}});
        if let Some(members) = public.as_object_mut() {
            members.retain(|_, value| !value.to_string().to_lowercase().contains(MARK));
            if kind == "impact-statistics" || kind == "indicators" {
                members.insert("unit".to_owned(), json!("people"));
            }
            if kind == "saved-queries" {
                members.insert("query".to_owned(), json!("topic=sport"));
            }
        }
        for state in ["withdrawn", "translated"] {
            public["slug"] = json!(format!("{kind}-{state}"));
            public["status"] = json!("published");
            public["translations"] = named("Public name");
            server.create(&key, &list, &public);
        }
        let withdrawn = format!("{list}/{kind}-withdrawn");
        send("PATCH", &key, &withdrawn, &json!({"status": "draft"}));
        let secret = json!({"slug": "zqmark-withdrawn", "translations": {"en": secret_texts(kind, title, "published")}});
        send("PATCH", &key, &withdrawn, &secret);
        send("PATCH", &key, &format!("{list}/zqmark-withdrawn"), &json!({"status": "archived"}));
        paths.push(format!("{list}/zqmark-withdrawn"));
        let draft = json!({"translations": {"mk": secret_texts(kind, title, "draft"), "sq": secret_texts(kind, title, "archived")}});
        send("PATCH", &key, &format!("{list}/{kind}-translated"), &draft);
    }
    let track = "WEBVTT\n\nNOTE Zqmark\n\n00:01.000 --> 00:02.000\nZqmark spoken\n";
    for video in ["zqmark-draft", "videos-translated"] {
        let put = server
            .request("PUT", &format!("/v1/videos/{video}/captions/mk?label=Zqmark"))
            .key(&key);
        put.header("Content-Type", "text/vtt").body(track).send().expect(201);
    }
    // Public items that refer to the secrets.
    let referring = json!({"slug": "referring", "status": "published", "title": "Referring", "topics": ["zqmark-draft", "zqmark-withdrawn", "zqmark-scheduled"],
        "programme": "zqmark-archived", "partners": [{"partner": "zqmark-draft"}, {"partner": "zqmark-withdrawn"}]});
    server.create(&key, "/v1/videos", &referring);
    let figure = json!({"slug": "referring-figure", "status": "published", "label": "Referring", "value": "1", "unit": "people", "measure": "unit", "ascending": true,
        "programme": "zqmark-withdrawn", "partner": "zqmark-scheduled", "evidence": [{"video": "zqmark-draft"}, {"video": "zqmark-withdrawn"}]});
    server.create(&key, "/v1/impact-statistics", &figure);
    paths
}

/// The documented addresses: as in their examples, of the public items that refer to secrets, and
/// with every value of parameters that have a list of values.
fn addresses() -> Vec<String> {
    let document: Value =
        serde_json::from_str(&kinoteka::server::document_json()).expect("the document is JSON");
    let mut addresses = Vec::new();
    for (template, path) in documented_reads() {
        let parameters = document["paths"][&template]["get"]["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut variants = vec![path.clone()];
        if template.starts_with("/v1/videos/{video}") {
            for video in ["referring", "videos-translated"] {
                variants.push(template.replace("{video}", video).replace("{language}", "mk.vtt"));
            }
        }
        if template.contains("/impact-statistics/{statistic}") {
            variants.push(template.replace("{statistic}", "referring-figure"));
        }
        for variant in variants {
            let with = |query: String| {
                let mark = if variant.contains('?') { "&" } else { "?" };
                format!("{variant}{mark}{query}")
            };
            addresses.push(variant.clone());
            for parameter in &parameters {
                let name = parameter["name"].as_str().unwrap_or_default();
                if parameter["in"] != "query" || variant.contains(&format!("{name}=")) {
                    continue;
                }
                let schema = &parameter["schema"];
                let values = schema["items"]["enum"].as_array().or(schema["enum"].as_array());
                let listed = values.map(|values| {
                    values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
                });
                match (name, listed) {
                    ("q", _) => addresses.push(with("q=title".to_owned())),
                    ("lang", _) => {
                        addresses
                            .extend(["all", "mk", "sq"].map(|tag| with(format!("lang={tag}"))));
                    }
                    ("include" | "facets", Some(listed)) => {
                        addresses.push(with(format!("{name}={listed}")));
                    }
                    ("highlights" | "total", _) => {
                        addresses.push(with(format!("{name}=true&q=title")));
                    }
                    _ => {}
                }
            }
        }
    }
    addresses.extend(
        [
            "/v1/videos/referring",
            "/embed/videos/referring",
            "/embed/videos/videos-translated",
            "/v1/suggest?q=zqmar",
            "/v1/search?q=zqmarks",
        ]
        .map(str::to_owned),
    );
    addresses
}

on_both! {
    demo fn nothing_unpublished_is_public(server: &TestServer, |settings| {
        settings.iati_reporting_org = Some("XM-EXAMPLE-1".to_owned());
        settings.iati_reporting_org_type = Some("22".to_owned());
    }) {
        let secrets = create_secrets(server);
        let addresses = addresses();
        assert!(addresses.len() > 250, "{}", addresses.len());
        let mut answered = 0;
        for address in &addresses {
            let response = server.request("GET", address).skip_contract_check().send();
            answered += usize::from(response.status == 200);
            let body = String::from_utf8_lossy(&response.body).to_lowercase().replace("q=zqmarks", "").replace("q=zqmar", "");
            assert!(!body.contains(MARK), "{address}: {body}");
            let headers = format!("{:?}", response.headers).to_lowercase().replace("q=zqmarks", "").replace("q=zqmar", "");
            assert!(!headers.contains(MARK), "{address}: {headers}");
        }
        assert!(answered > 200, "only {answered} of {} addresses have a response", addresses.len());
        // A secret item cannot be told from one that does not exist.
        for path in &secrets {
            let unknown = path.replace("zqmark", "zqnone");
            let normalized = |path: &str| {
                let response = server.request("GET", path).skip_contract_check().send();
                let mut body = response.json();
                body["request_id"] = Value::Null;
                (response.status, body.to_string().replace("zqnone", "zqmark"))
            };
            assert_eq!(normalized(path), normalized(&unknown), "{path}");
            let (kind, slug) = path.trim_start_matches("/v1/").split_once('/').expect("a kind");
            let filter = match kind {
                "topics" => "topic",
                "partners" => "partner",
                "programmes" => "programme",
                _ => continue,
            };
            let filtered = |slug: &str| normalized(&format!("/v1/videos?{filter}={slug}"));
            assert_eq!(filtered(slug), filtered(&slug.replace("zqmark", "zqnone")), "{filter}={slug}");
        }
    }
}
