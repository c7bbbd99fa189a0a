//! Slugs in exported files: which items of another catalogue they name.

use serde_json::{Value, json};

use super::import::import;
use super::{activities, reporting};
use crate::on_both;
use crate::support::{Content, TestServer};

/// A programme with a partner, a result, an indicator, a value of it and one without an indicator.
/// All slugs are the same in each catalogue; the texts begin with `name`.
fn catalogue(name: &str, identifier: &str) -> Vec<Value> {
    let item = |resource: &str, slug: &str, title: &str, rest: Value| {
        let mut item = json!({"resource": resource, "slug": slug, "status": "published", title: format!("{name} {slug}")});
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let value = |value: &str| json!({"value": value, "programme": "norms", "partner": "network", "period_start": "2024-01-01", "period_end": "2024-12-31", "unit": "places", "result_type": "output"});
    let mut of_indicator = value("5");
    of_indicator["indicator"] = json!("shelters");
    vec![
        item(
            "partner",
            "network",
            "name",
            json!({"kind": "civil_society", "iati_identifier": format!("{identifier}-P")}),
        ),
        item("partner", "union", "name", json!({"kind": "civil_society"})),
        item(
            "programme",
            "norms",
            "title",
            json!({
                "description": "What it is about.", "iati_identifier": identifier, "start_date": "2024-01-01", "countries": ["AL"], "sectors": [{"code": "15180"}],
                "partners": [{"partner": "network", "role": "implementer"}, {"partner": "union", "role": "funder"}],
            }),
        ),
        item("result", "services", "title", json!({"level": "output", "programme": "norms"})),
        item(
            "indicator",
            "shelters",
            "label",
            json!({"unit": "places", "result": "services", "result_type": "output", "time_aggregation": "latest", "group_aggregation": "sum"}),
        ),
        item("impact_statistic", "of-shelters", "label", of_indicator),
        item("impact_statistic", "alone", "label", value("7")),
    ]
}

/// The items of all kinds of a file, by slug.
fn items(server: &TestServer) -> Vec<Value> {
    ["programmes", "partners", "results", "indicators", "impact-statistics"]
        .into_iter()
        .flat_map(|kind| {
            let page = server.read(&format!("/v1/{kind}?lang=all&sort=slug&limit=100"));
            page["data"].as_array().unwrap().clone()
        })
        .collect()
}

on_both! {
    fn slugs_of_another_catalogue_change_no_item(server: &TestServer, super::reporting) {
        let other = TestServer::sqlite(Content::Empty, reporting);
        other.import(&catalogue("Their", "XM-EXAMPLE-1-THEIRS"));
        let file = activities(&other, "/iati/activities.xml").text();
        server.import(&catalogue("Our", "XM-EXAMPLE-1-OURS"));
        let before = items(server);
        let message = import(server, &file, 0);
        assert!(message.contains("slugs of other items"), "{message}");
        let after = items(server);
        let unchanged: Vec<&Value> = after.iter().filter(|item| before.iter().any(|old| old["id"] == item["id"])).collect();
        assert_eq!(unchanged, before.iter().collect::<Vec<_>>());
        // The items of the file are further ones, linked with one another, and an indicator of the value without one.
        assert_eq!(after.len(), before.len() * 2 + 1);
        let theirs = server.read("/v1/impact-statistics?q=their&include=indicator&sort=value&lang=en")["data"].clone();
        let described = |item: &Value| json!([item["value"], item["label"], item["programme"]["title"], item["partner"]["title"], item["indicator"]["label"], item["time_aggregation"]]);
        assert_eq!(theirs.as_array().unwrap().iter().map(described).collect::<Vec<_>>(), [
            json!(["5", "Their of-shelters", "Their norms", "Their network", "Their shelters", "latest"]),
            // Without its slug, it is the value of an indicator, as in the file of another product.
            json!(["7", "Their alone", "Their norms", "Their network", "Their alone", null]),
        ]);
        let message = import(server, &file, 0);
        assert!(message.contains("0 items stored"), "{message}");
        // The own file still updates the own items.
        let ours = server.read("/v1/programmes/norms")["id"].as_str().unwrap().to_owned();
        let own = activities(server, &format!("/iati/activities.xml?ids={ours}")).text();
        assert!(import(server, &own, 0).contains("0 items stored"));
        import(server, &own.replace("Our shelters", "Our places").replace("Our union", "Our federation"), 0);
        assert_eq!(server.read("/v1/indicators/shelters?lang=en")["label"], "Our places");
        assert_eq!(server.read("/v1/partners/union?lang=en")["name"], "Our federation");
    }

    fn programmes_exported_apart_share_an_indicator(server: &TestServer, super::reporting) {
        let other = TestServer::sqlite(Content::Empty, reporting);
        other.import(&catalogue("Their", "XM-EXAMPLE-1-FIRST"));
        let mut second = catalogue("Their", "XM-EXAMPLE-1-SECOND");
        second.retain(|item| item["slug"] == "norms" || item["slug"] == "of-shelters");
        for item in &mut second {
            item["slug"] = json!(format!("{}-2", item["slug"].as_str().unwrap()));
            if item["programme"] == "norms" {
                item["programme"] = json!("norms-2");
            }
        }
        other.import(&second);
        for round in ["created", "unchanged"] {
            for programme in ["norms", "norms-2"] {
                let id = other.read(&format!("/v1/programmes/{programme}"))["id"].as_str().unwrap().to_owned();
                let file = activities(&other, &format!("/iati/activities.xml?ids={id}")).text();
                let message = import(server, &file, 0);
                assert!(round == "created" || message.contains("0 items stored"), "{message}");
            }
        }
        assert_eq!(server.slugs("/v1/indicators?sort=slug"), ["shelters"]);
        assert_eq!(server.slugs("/v1/impact-statistics?indicator=shelters&sort=slug"), ["of-shelters", "of-shelters-2"]);
        assert_eq!(server.slugs("/v1/partners?sort=slug"), ["network", "union"]);
    }
}
