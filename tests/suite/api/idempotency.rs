//! Repeated requests with an `Idempotency-Key`.

use std::time::Duration;

use diesel::prelude::*;
use kinoteka::db::schema::idempotent_requests as rows;
use kinoteka::db::{Connection, Time};
use kinoteka::http::api_keys::Role;
use kinoteka::http::problem::Problem;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::{Response, slugs};

const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

fn post(server: &TestServer, key: &str, name: &str, body: &Value) -> Response {
    server.request("POST", "/v1/topics").key(key).header("Idempotency-Key", name).json(body).send()
}

fn topics(server: &TestServer, key: &str) -> Vec<String> {
    let mut all = slugs(
        &server
            .request("GET", "/v1/topics?status=draft,published,archived")
            .key(key)
            .send()
            .expect(200)
            .json(),
    );
    all.sort();
    all
}

fn database<T>(server: &TestServer, mut work: impl FnMut(&mut Connection) -> QueryResult<T>) -> T {
    let store = kinoteka::server::database_from_settings(&server.settings).expect("valid settings");
    store
        .write_blocking(|connection| work(connection).map_err(Problem::from))
        .expect("the statement runs")
}

/// Moves the creation time of the stored requests into the past.
fn age_stored_requests(server: &TestServer, seconds: u64) {
    let then = Time::now().saturating_sub(Duration::from_secs(seconds));
    assert_eq!(
        database(server, |connection| diesel::update(rows::table)
            .set(rows::created_at.eq(then))
            .execute(connection)),
        1
    );
}

on_both! {
    fn replays_stored_response_for_repeated_key(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"name": "Norms", "status": "published"});
        let first = post(server, &key, KEY, &body).expect(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = post(server, &key, KEY, &body).expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.body, first.body);
        for name in ["etag", "location", "last-modified", "content-language", "content-type", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        server.patch(&key, "/v1/topics/norms", &json!({"name": "Social norms"}));
        assert_eq!(post(server, &key, KEY, &body).expect(201).body, first.body, "the stored response, not the current item");
        assert_eq!(topics(server, &key), ["norms"]);
        post(server, &key, "\"another\"", &body).expect(201);
        assert_eq!(topics(server, &key), ["norms", "norms-2"], "another key is another request");
    }

    fn rejects_key_reused_for_other_request_or_caller(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"slug": "norms", "name": "Norms"});
        post(server, &key, KEY, &body).expect(201);
        let spaced = "{ \"name\" : \"Norms\",\n \"slug\": \"norms\" }";
        let same = server.request("POST", "/v1/topics").key(&key).header("Idempotency-Key", KEY).header("Content-Type", "application/json");
        same.body(spaced).send().expect(201);
        let problem = post(server, &key, KEY, &json!({"slug": "norms", "name": "Other"})).problem(422, "invalid-fields");
        assert_eq!((&problem["errors"][0]["parameter"], &problem["errors"][0]["code"]), (&json!("Idempotency-Key"), &json!("reused")));
        let elsewhere = server.request("POST", "/v1/partners").key(&key).header("Idempotency-Key", KEY).json(&body).send();
        elsewhere.problem(422, "invalid-fields");
        let (_, other) = server.key(Role::Editor, None);
        post(server, &other, KEY, &body).problem(409, "conflict");
        assert_eq!(topics(server, &key), ["norms"]);
    }

    fn replays_stored_problem_for_repeated_key(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"slug": "norms", "name": ""});
        let first = post(server, &key, KEY, &body).problem(422, "invalid-fields");
        let again = post(server, &key, KEY, &body);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let again = again.problem(422, "invalid-fields");
        assert_eq!((&again["errors"], &again["detail"]), (&first["errors"], &first["detail"]));
        assert_ne!(again["request_id"], first["request_id"]);

        server.create(&key, "/v1/topics", &json!({"slug": "taken", "name": "Taken"}));
        let taken = json!({"slug": "taken", "name": "Mine"});
        let first = post(server, &key, "\"two\"", &taken).problem(409, "conflict");
        let again = post(server, &key, "\"two\"", &taken).problem(409, "conflict");
        assert_eq!(again["errors"], first["errors"]);
        post(server, &key, "\"three\"", &json!({"slug": "norms", "name": "Norms"})).expect(201);
    }

    fn requires_key_to_be_quoted_string(server: &TestServer) {
        let key = server.editor_key();
        let long = format!("\"{}\"", "k".repeat(256));
        for wrong in ["bare", "\"", "\"\"", "\"a\"b\"", "\"open", "\"back\\slash\"", &long] {
            let problem = post(server, &key, wrong, &json!({"name": "Norms"})).problem(400, "invalid-parameter");
            assert_eq!(problem["errors"][0]["parameter"], "Idempotency-Key", "{wrong}");
        }
        let twice = server.request("POST", "/v1/topics").key(&key).header("Idempotency-Key", KEY).header("Idempotency-Key", KEY);
        twice.json(&json!({"name": "Norms"})).send().problem(400, "invalid-parameter");
        assert_eq!(topics(server, &key), Vec::<String>::new());
        post(server, &key, &format!("\"{}\"", "k".repeat(255)), &json!({"name": "Norms"})).expect(201);
    }

    fn key_expires_after_configured_time(server: &TestServer, |settings| settings.idempotency_retention = std::time::Duration::from_hours(2)) {
        let key = server.editor_key();
        let body = json!({"slug": "norms", "name": "Norms"});
        post(server, &key, KEY, &body).expect(201);
        age_stored_requests(server, 7_100);
        post(server, &key, KEY, &body).expect(201);
        age_stored_requests(server, 7_300);
        post(server, &key, KEY, &body).problem(409, "conflict");
    }

    fn returns_409_while_first_request_is_in_progress(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"slug": "norms", "name": "Norms"});
        post(server, &key, KEY, &body).expect(201);
        // Simulates a first request that has claimed the key and is still running.
        database(server, |connection| diesel::update(rows::table).set(rows::status.eq(None::<i64>)).execute(connection));
        let problem = post(server, &key, KEY, &body);
        assert_eq!(problem.required_header("retry-after"), "1");
        assert_eq!(problem.problem(409, "conflict")["errors"][0]["code"], "still_running");
        server.request("DELETE", "/v1/topics/norms").key(&key).send().expect(204);
        age_stored_requests(server, 61);
        // Simulates a crashed first request: the request runs now, and fails since the slug is
        // taken.
        let problem = post(server, &key, KEY, &body).problem(409, "conflict");
        assert_eq!(problem["errors"][0]["code"], "taken");
    }

    fn concurrent_requests_with_same_key_create_one_item(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"name": "Norms"});
        let responses: Vec<Response> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..12).map(|_| scope.spawn(|| post(server, &key, KEY, &body))).collect();
            running.into_iter().map(|thread| thread.join().expect("the request completes")).collect()
        });
        let done = responses.iter().filter(|response| response.status == 201 && response.header("idempotent-replayed").is_none()).count();
        assert_eq!(done, 1);
        assert!(responses.iter().all(|response| matches!(response.status, 201 | 409)), "{:?}", responses.iter().map(|a| a.status).collect::<Vec<_>>());
        assert_eq!(topics(server, &key), ["norms"]);
    }
}
