//! `/v1/results`: the hierarchy of results, and the indicators that belong to them.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

const RESULTS: &str = "/v1/results";

/// Two programmes; an impact, an outcome with two outputs, and indicators of these.
fn fill(server: &TestServer) -> String {
    let key = server.editor_key();
    let create = |path: &str, mut item: Value| {
        item["status"] = json!("published");
        server.create(&key, path, &item)
    };
    for slug in ["norms", "services"] {
        create("/v1/programmes", json!({"slug": slug, "title": slug}));
    }
    let result = |slug: &str, level: &str, parent: Value, order: u32| {
        let title = json!({"en": {"status": "published", "title": format!("Statement {slug}")}, "mk": {"status": "published", "title": format!("Исказ {slug}"), "description": "Опис"}});
        create(
            RESULTS,
            json!({"slug": slug, "level": level, "parent": parent, "order": order, "programme": "norms", "translations": title}),
        );
    };
    result("goal", "impact", Value::Null, 1);
    result("change", "outcome", json!("goal"), 2);
    result("second-product", "output", json!("change"), 20);
    result("first-product", "output", json!("change"), 10);
    for (slug, order) in [("last", Value::Null), ("second", json!(2)), ("first", json!(1))] {
        create(
            "/v1/indicators",
            json!({"slug": slug, "label": slug, "result": "change", "order": order}),
        );
    }
    key
}

on_both! {
    fn results_form_a_hierarchy(server: &TestServer) {
        let key = fill(server);
        let change = server.read(&format!("{RESULTS}/change?lang=mk"));
        assert_eq!((&change["title"], &change["level"], &change["order"], &change["parent"]["title"], &change["programme"]["slug"]), (&json!("Исказ change"), &json!("outcome"), &json!(2), &json!("Исказ goal"), &json!("norms")));
        for (query, expected) in [
            ("programme=norms&sort=order", vec!["goal", "change", "first-product", "second-product"]),
            ("parent=change&sort=-order", vec!["second-product", "first-product"]),
            ("level=impact,outcome&sort=title", vec!["change", "goal"]),
            ("programme=services", vec![]),
            ("q=product&sort=order", vec!["first-product", "second-product"]),
        ] {
            assert_eq!(slugs(&server.read(&format!("{RESULTS}?{query}"))), expected, "{query}");
        }
        assert_eq!(slugs(&server.read("/v1/search?q=product&kind=result")).len(), 2);
        let facets = server.read(&format!("{RESULTS}?facets=level,programme&lang=mk&limit=1"));
        assert_eq!(facets["facets"]["level"][0]["count"], 2);
        // What was read can be sent back, and changes nothing.
        let all = server.request("GET", &format!("{RESULTS}/change?lang=all")).key(&key).send().expect(200).json();
        let back = server.request("PUT", &format!("{RESULTS}/change?lang=all")).key(&key).json(&all).send().expect(200).json();
        assert_eq!(back, all);
        server.patch(&key, "/v1/results/change", &json!({"slug": "changed"}));
        assert_eq!(server.get("/v1/results/change").expect(308).required_header("location"), format!("{}/v1/results/changed", server.base()));
    }

    fn indicators_are_listed_in_their_result(server: &TestServer) {
        let key = fill(server);
        assert_eq!(slugs(&server.read("/v1/indicators?result=change&sort=order")), ["first", "second", "last"]);
        let indicator = server.read("/v1/indicators/first?lang=mk");
        assert_eq!((&indicator["result"]["title"], &indicator["order"]), (&json!("Исказ change"), &json!(1)));
        let expanded = server.read("/v1/indicators/first?include=result");
        assert_eq!(expanded["result"]["level"], "outcome");
        let whole = server.read("/v1/results/change?include=indicators,results,parent");
        assert_eq!(slugs(&json!({"data": whole["indicators"]})), ["first", "second", "last"]);
        assert_eq!(slugs(&json!({"data": whole["results"]})), ["first-product", "second-product"]);
        assert_eq!(whole["parent"]["level"], "impact");
        server.patch(&key, "/v1/indicators/first", &json!({"result": null}));
        assert_eq!(slugs(&server.read("/v1/indicators?result=change&sort=order")), ["second", "last"]);
    }

    fn levels_and_programmes_must_fit(server: &TestServer) {
        let key = fill(server);
        let post = |body: Value| server.request("POST", RESULTS).key(&key).json(&body).send();
        post(json!({"level": "outcome"})).errors(422, &[("/title", "required")]);
        post(json!({"title": "T", "level": "activity", "order": -1})).errors(422, &[("/level", "unknown_value"), ("/order", "out_of_range")]);
        post(json!({"title": "T", "level": "impact", "programme": "norms", "parent": "change"})).errors(422, &[("/parent", "does_not_fit")]);
        post(json!({"title": "T", "level": "output", "programme": "services", "parent": "change"})).errors(422, &[("/parent", "does_not_fit")]);
        post(json!({"title": "T", "parent": "nothing"})).errors(422, &[("/parent", "unknown_reference")]);
        // A part of an outcome may be an outcome, and the level may be unknown.
        post(json!({"slug": "part", "title": "T", "level": "outcome", "programme": "norms", "parent": "change"})).expect(201);
        post(json!({"title": "T", "programme": "norms", "parent": "first-product"})).expect(201);
        let patch = |slug: &str, body: Value| server.request("PATCH", &format!("{RESULTS}/{slug}")).key(&key).json(&body).send();
        patch("goal", json!({"parent": "first-product"})).errors(422, &[("/parent", "does_not_fit")]);
        patch("change", json!({"parent": "part"})).errors(422, &[("/parent", "cycle")]);
        patch("change", json!({"parent": "change"})).errors(422, &[("/parent", "cycle")]);
        patch("change", json!({"level": "output"})).errors(422, &[("/level", "does_not_fit")]);
        patch("goal", json!({"programme": "services"})).errors(422, &[("/programme", "does_not_fit")]);
        patch("goal", json!({"programme": null})).expect(200);
    }

    fn depth_is_limited_from_above_and_from_below(server: &TestServer) {
        let key = server.editor_key();
        for (path, title) in [(RESULTS, "title"), ("/v1/topics", "name")] {
            for number in 1..=34 {
                server.create(&key, path, &json!({"slug": format!("d{number}"), title: "T"}));
            }
            let patch = |slug: &str, body: Value| server.request("PATCH", &format!("{path}/{slug}")).key(&key).json(&body).send();
            // Each is moved below the next, with all that is below it: d32 is the first of 32 levels.
            for number in 1..32 {
                patch(&format!("d{number}"), json!({"parent": format!("d{}", number + 1)})).expect(200);
            }
            patch("d32", json!({"parent": "d33"})).errors(422, &[("/parent", "too_deep")]);
            patch("d33", json!({"parent": "d1"})).errors(422, &[("/parent", "too_deep")]);
            patch("d32", json!({"parent": "d1"})).errors(422, &[("/parent", "cycle")]);
            patch("d1", json!({title: "New"})).expect(200);
            patch("d33", json!({"parent": "d2"})).expect(200);
            patch("d34", json!({"parent": "d33"})).errors(422, &[("/parent", "too_deep")]);
            patch("d34", json!({"parent": "d3"})).expect(200);
        }
    }

    fn references_to_results_are_kept_or_refused(server: &TestServer) {
        let key = fill(server);
        server.request("DELETE", "/v1/results/change").key(&key).send().problem(409, "conflict");
        server.request("PATCH", "/v1/results/change").key(&key).json(&json!({"status": "archived"})).send().problem(409, "conflict");
        server.patch(&key, "/v1/results/change?on_references=keep", &json!({"status": "archived"}));
        let indicator = server.read("/v1/indicators/first");
        assert_eq!((&indicator["result"]["archived"], &indicator["result"]["title"]), (&json!(true), &json!("Statement change")));
        assert_eq!(slugs(&server.read("/v1/indicators?result=change&sort=order")), ["first", "second", "last"]);
        server.get("/v1/results/change").problem(404, "not-found");
    }

    fn drafts_of_results_are_named_nowhere(server: &TestServer) {
        let key = fill(server);
        server.create(&key, RESULTS, &json!({"slug": "secret", "title": "Zqmark", "level": "outcome", "programme": "norms", "parent": "goal"}));
        server.patch(&key, "/v1/indicators/first", &json!({"result": "secret"}));
        server.patch(&key, "/v1/results/first-product", &json!({"parent": "secret"}));
        for path in ["/v1/results", "/v1/results/goal?include=results", "/v1/results/first-product?include=parent", "/v1/indicators/first?include=result", "/v1/indicators?facets=result", "/v1/results?facets=parent", "/v1/search?q=zqmark", "/v1/suggest?q=zqm"] {
            let text = server.get(path).expect(200).text();
            assert!(!text.contains("Zqmark") && !text.contains("\"secret\""), "{path}: {text}");
        }
        assert_eq!(server.read("/v1/indicators/first")["result"], Value::Null);
        server.get("/v1/results/secret").problem(404, "not-found");
    }
}
