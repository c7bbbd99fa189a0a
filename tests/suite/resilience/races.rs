//! Concurrent writes: one wins, none is lost.

use serde_json::json;

use super::at_once;
use crate::on_both;

on_both! {
    demo fn concurrent_updates_have_one_winner(server: &TestServer) {
        let key = server.editor_key();
        for round in 0..5 {
            let tag = server.get("/v1/topics/sport").required_header("etag").to_owned();
            let statuses = at_once(8, |number| {
                let body = json!({"description": format!("{round}.{number}")});
                server.request("PATCH", "/v1/topics/sport").key(&key).header("If-Match", &tag).json(&body).send().status
            });
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 7, "{statuses:?}");
        }
    }

    fn concurrent_parent_changes_cannot_create_cycle(server: &TestServer) {
        let key = server.editor_key();
        for round in 0..10 {
            for name in ["a", "b"] {
                server.request("PUT", &format!("/v1/topics/{name}{round}")).key(&key).json(&json!({"name": name})).send().expect(201);
            }
            let mut statuses = at_once(2, |number| {
                let (child, parent) = if number == 0 { ("a", "b") } else { ("b", "a") };
                let body = json!({"parent": format!("{parent}{round}")});
                server.request("PATCH", &format!("/v1/topics/{child}{round}")).key(&key).json(&body).send().status
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 422]);
        }
    }

    fn concurrent_creates_get_unique_slugs(server: &TestServer) {
        let key = server.editor_key();
        let mut slugs = at_once(8, |_| {
            server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Same"})).send().expect(201).json()["slug"].as_str().unwrap().to_owned()
        });
        slugs.sort();
        assert_eq!(slugs, ["same", "same-2", "same-3", "same-4", "same-5", "same-6", "same-7", "same-8"]);
        let statuses = at_once(8, |number| server.request("PUT", "/v1/topics/one").key(&key).json(&json!({"name": number.to_string()})).send().status);
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    }
}
