//! Who may do what.

use kinoteka::db::Time;
use kinoteka::http::api_keys::Role;
use serde_json::json;

use crate::on_both;

on_both! {
    demo fn writing_needs_an_editors_key(server: &TestServer) {
        let body = json!({"name": "N"});
        let viewer = server.viewer_key();
        for (method, path) in [("POST", "/v1/topics"), ("PUT", "/v1/topics/fresh"), ("PATCH", "/v1/topics/sport"), ("DELETE", "/v1/topics/explainer"), ("POST", "/v1/videos"), ("PATCH", "/v1/partners/eu"), ("PUT", "/v1/programmes/x"), ("DELETE", "/v1/impact-statistics/women-who-know-their-rights")] {
            let answer = server.request(method, path).json(&body).send();
            assert_eq!(answer.must("www-authenticate"), "Bearer realm=\"kinoteka\"", "{method} {path}");
            answer.problem(401, "unauthenticated");
            server.request(method, path).key(&viewer).json(&body).send().problem(403, "forbidden");
        }
        server.get("/v1/topics/fresh").problem(404, "not-found");
        server.get("/v1/topics/explainer").expect(200);
        let admin = server.key(Role::Admin, None).1;
        server.create(&admin, "/v1/topics", &body);
    }

    demo fn a_key_that_is_not_good_is_never_a_public_answer(server: &TestServer) {
        let (revoked, secret) = server.key(Role::Editor, None);
        server.request("GET", "/v1/videos").key(&secret).send().expect(200);
        server.revoke(&revoked);
        let expired = server.key(Role::Editor, Time::from_micros(1_700_000_000_000_000)).1;
        for bad in [secret.as_str(), &expired, "garbage", "kino_", &"x".repeat(4_000), "kino_unknown"] {
            for (method, path) in [("GET", "/v1/videos"), ("GET", "/v1/videos/testimonials-part-one"), ("POST", "/v1/topics")] {
                let request = server.request(method, path).key(bad);
                let answer = if method == "POST" { request.json(&json!({"name": "N"})).send() } else { request.send() };
                assert!(answer.header("www-authenticate").is_some());
                answer.problem(401, "unauthenticated");
            }
        }
        for header in ["Basic dXNlcjpwYXNz", "Bearer", "kino_x"] {
            server.request("GET", "/v1/videos").header("Authorization", header).send().problem(401, "unauthenticated");
        }
        let good = server.editor_key();
        server.request("GET", "/v1/videos").header("Authorization", &format!("bearer {good}")).send().expect(200);
    }

    fn a_key_that_will_expire_works_until_then(server: &TestServer) {
        let later = Time::from_micros(Time::now().micros() + 3_600_000_000);
        let key = server.key(Role::Editor, later).1;
        server.create(&key, "/v1/topics", &json!({"name": "N"}));
    }
}
