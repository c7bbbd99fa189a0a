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

    fn former_slugs_and_programmes_without_identifier_are_not_taken_over(server: &TestServer, super::reporting) {
        let other = TestServer::sqlite(Content::Empty, reporting);
        other.import(&catalogue("Their", "XM-EXAMPLE-1-THEIRS"));
        let file = activities(&other, "/iati/activities.xml").text();
        server.import(&catalogue("Our", "XM-EXAMPLE-1-OURS"));
        let key = server.editor_key();
        for path in ["programmes/norms", "results/services", "indicators/shelters", "impact-statistics/of-shelters", "impact-statistics/alone", "partners/network"] {
            server.patch(&key, &format!("/v1/{path}"), &json!({"slug": format!("{}-new", path.split('/').next_back().unwrap())}));
        }
        server.patch(&key, "/v1/programmes/norms-new", &json!({"iati_identifier": null}));
        // A deleted item does not block the import, and is not restored by it.
        server.request("DELETE", "/v1/impact-statistics/alone-new").key(&key).send().expect(204);
        let before = items(server);
        assert!(import(server, &file, 0).contains("slugs of other items"));
        let after = items(server);
        let unchanged: Vec<&Value> = after.iter().filter(|item| before.iter().any(|old| old["id"] == item["id"])).collect();
        assert_eq!(unchanged, before.iter().collect::<Vec<_>>());
        assert_eq!(server.slugs("/v1/impact-statistics?q=their").len(), 2);
        assert!(import(server, &file, 0).contains("0 items stored"));
    }

    fn items_that_only_share_a_slug_stay_apart(server: &TestServer, super::reporting) {
        // The same titles, another unit, and a video with the same slug.
        let video = |title: &str| json!({"resource": "video", "slug": "film", "status": "published", "title": title});
        let quoted = |items: &mut Vec<Value>| {
            for item in items.iter_mut().filter(|item| item["slug"] == "of-shelters") {
                item["evidence"] = json!([{"video": "film", "start_seconds": 3, "quote": {"text": "Their words.", "language": "en"}}]);
            }
        };
        let other = TestServer::sqlite(Content::Empty, reporting);
        let mut theirs = catalogue("The", "XM-EXAMPLE-1-THEIRS");
        theirs.insert(0, video("Their film"));
        quoted(&mut theirs);
        other.import(&theirs);
        let file = activities(&other, "/iati/activities.xml").text().replace("kinoteka:unit=\"places\"", "kinoteka:unit=\"women\"");
        let mut ours = catalogue("The", "XM-EXAMPLE-1-OURS");
        ours.insert(0, video("Our film"));
        server.import(&ours);
        import(server, &file, 0);
        let mut found = server.read("/v1/impact-statistics?lang=en")["data"].as_array().unwrap().clone();
        found.retain(|item| item["value"] == "5");
        found.sort_by_key(|item| item["slug"] == "of-shelters");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((&found[0]["unit"], &found[0]["evidence"]), (&json!("women"), &json!([])), "{found:?}");
        assert_eq!(found[0]["documents"][0]["title"], "Their film");
        assert_ne!(found[0]["indicator"]["slug"], "shelters");
        assert_eq!((&found[1]["unit"], &found[1]["indicator"]["slug"]), (&json!("places"), &json!("shelters")));
        // Files of two catalogues, joined into one.
        let ours = server.read("/v1/programmes/norms")["id"].as_str().unwrap().to_owned();
        let mut second = activities(server, &format!("/iati/activities.xml?ids={ours}")).text();
        second = second[second.find("<iati-activity ").unwrap()..].to_owned();
        let joined = file.replace("</iati-activities>", &second);
        let empty = TestServer::sqlite(Content::Empty, reporting);
        import(&empty, &joined, 0);
        assert_eq!(empty.slugs("/v1/programmes").len(), 2);
        let message = import(&empty, &joined, 0);
        assert!(message.contains("0 items stored"), "{message} {:?}", items(&empty).iter().filter(|item| item["revision"] != 1).collect::<Vec<_>>());
        let message = import(&empty, &file.replace("</iati-activities>", &file[file.find("<iati-activity ").unwrap()..]), 2);
        assert!(message.contains("duplicate of the activity `XM-EXAMPLE-1-THEIRS` on line "), "{message}");
    }

    fn own_export_changes_nothing(server: &TestServer, super::reporting) {
        server.import(&catalogue("Our", "XM-EXAMPLE-1-OURS"));
        let key = server.editor_key();
        let value = |slug: &str, year: i64, baseline: Value| {
            let body = json!({"slug": slug, "status": "published", "label": slug, "indicator": "shelters", "programme": "norms", "value": "9", "baseline": baseline,
                "period_start": format!("{year}-01-01"), "period_end": format!("{year}-12-31")});
            server.create(&key, "/v1/impact-statistics", &body);
        };
        value("s-2021", 2021, json!({"value": "1", "year": 2019}));
        value("s-2022", 2022, json!({"value": "3", "year": 2020}));
        value("s-2023", 2023, Value::Null);
        // A partner that is not public yet.
        server.create(&key, "/v1/partners", &json!({"slug": "later", "name": "Later", "kind": "donor"}));
        server.patch(&key, "/v1/programmes/norms", &json!({"partners": [{"partner": "network", "role": "implementer"}, {"partner": "union", "role": "funder"}, {"partner": "later", "role": "funder"}]}));
        let file = activities(server, "/iati/activities.xml").text();
        let message = import(server, &file, 0);
        assert!(message.contains("0 items stored"), "{message}");
        let partners = server.request("GET", "/v1/programmes/norms").key(&key).send().json()["partners"].clone();
        assert_eq!(partners.as_array().unwrap().len(), 3, "{partners}");
        let empty = TestServer::sqlite(Content::Empty, reporting);
        import(&empty, &file, 0);
        let baselines = |server: &TestServer| ["s-2021", "s-2022", "s-2023"].map(|slug| server.read(&format!("/v1/impact-statistics/{slug}"))["baseline"].clone());
        assert_eq!(baselines(&empty), baselines(server));
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
