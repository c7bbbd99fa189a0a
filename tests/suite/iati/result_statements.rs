//! Results of programmes in IATI files: import, export and merge.

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::import::import;
use super::ruleset::{all, narratives, one};
use super::{activities, attributes, reporting, whole};
use crate::on_both;
use crate::support::process::{expect_exit, kinoteka, stdout_text};
use crate::support::{Content, TestServer, xmllint};

/// Two results of a programme with their indicators, a draft result, one of another programme, and
/// one without a level.
fn results() -> Vec<Value> {
    let statistic = |slug: &str, indicator: &str, rest: Value| {
        let mut item = json!({
            "resource": "impact_statistic", "slug": slug, "status": "published", "indicator": indicator, "programme": "norms",
            "value": "5", "period_start": "2020-01-01", "period_end": "2020-12-31", "original_language": "en",
            "translations": {"en": {"label": slug, "status": "published"}},
        });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let indicator = |slug: &str, rest: Value| {
        let mut item = json!({"resource": "indicator", "slug": slug, "status": "published", "label": format!("Number of {slug}")});
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    vec![
        json!({"resource": "programme", "slug": "elsewhere", "status": "published", "title": "Elsewhere"}),
        json!({
            "resource": "result", "slug": "services", "status": "published", "level": "outcome", "order": 20, "programme": "norms", "original_language": "en",
            "translations": {"en": {"title": "Survivors use good services", "description": "In all towns.", "status": "published"}, "sr-Latn": {"title": "Usluge se koriste", "status": "published"}},
        }),
        json!({"resource": "result", "slug": "laws", "status": "published", "title": "Laws protect women", "level": "impact", "order": 10, "programme": "norms"}),
        json!({"resource": "result", "slug": "secret", "status": "draft", "title": "Nobody knows this", "level": "output", "order": 1, "programme": "norms"}),
        json!({"resource": "result", "slug": "theirs", "status": "published", "title": "Theirs alone", "level": "output", "order": 2, "programme": "elsewhere"}),
        json!({"resource": "result", "slug": "open", "status": "published", "title": "Without a level"}),
        indicator("shelters", json!({"result": "services", "order": 2, "result_type": "outcome"})),
        // The level of the result is the type that IATI requires.
        indicator("helplines", json!({"result": "services", "order": 1})),
        indicator("acts", json!({"result": "laws", "result_type": "output", "order": 7})),
        indicator("secrets", json!({"result": "secret", "result_type": "output", "order": 3})),
        indicator("meetings", json!({"result": "theirs", "result_type": "output"})),
        indicator("words", json!({"result": "open", "result_type": "output"})),
        indicator("deeds", json!({"result": "open", "result_type": "other"})),
        statistic(
            "of-shelters",
            "shelters",
            json!({
                "baseline": {"value": "3", "date": "2018-06-30"},
                "translations": {
                    "en": {"label": "Shelters", "baseline_comment": "Counted by hand.", "status": "published"},
                    "sr-Latn": {"label": "Sigurne kuće", "baseline_comment": "Prebrojano.", "status": "published"},
                },
            }),
        ),
        statistic("of-helplines", "helplines", json!({"baseline": {"value": "1", "year": 2017}})),
        statistic("of-acts", "acts", json!({})),
        statistic("of-secrets", "secrets", json!({})),
        statistic("of-meetings", "meetings", json!({})),
        statistic("of-words", "words", json!({})),
        statistic("of-deeds", "deeds", json!({})),
    ]
}

/// Type, title and titles of the indicators of each result.
fn described(activity: Node<'_, '_>) -> Vec<String> {
    let title = |node: Node<'_, '_>| narratives(one(node, "title"))[0].1.to_owned();
    let describe = |result: Node<'_, '_>| {
        let indicators: Vec<String> = all(result, "indicator").into_iter().map(title).collect();
        format!(
            "{} {}: {}",
            result.attribute("type").unwrap(),
            title(result),
            indicators.join(", ")
        )
    };
    all(activity, "result").into_iter().map(describe).collect()
}

/// Everything about results, without what differs between catalogues.
fn state(server: &TestServer) -> Vec<Value> {
    ["results", "indicators", "impact-statistics"]
        .map(|kind| {
            let path = format!("/v1/{kind}?lang=all&sort=slug&limit=100");
            let mut items = server.read(&path)["data"].clone();
            clean(&mut items);
            items
        })
        .into()
}

fn clean(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for name in ["id", "revision", "created_at", "updated_at", "published_at"] {
                object.remove(name);
            }
            object.values_mut().for_each(clean);
        }
        Value::Array(members) => members.iter_mut().for_each(clean),
        _ => {}
    }
}

/// An activity with these results, in the file of another organisation.
fn foreign(results: &str) -> String {
    format!(
        r#"<iati-activities version="2.03"><iati-activity xml:lang="en"><iati-identifier>XM-OTHER-9-R</iati-identifier>
        <reporting-org ref="XM-OTHER-9" type="22"><narrative>N</narrative></reporting-org><title><narrative>R</narrative></title>
        <description><narrative>D.</narrative></description><participating-org role="4" type="22" ref="XM-OTHER-9"><narrative>N</narrative></participating-org>
        <activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/><recipient-country code="AL"/><sector code="15180"/>
        {results}</iati-activity></iati-activities>"#
    )
}

/// An indicator of another organisation with a baseline and a value.
fn foreign_indicator(title: &str, baseline: &str, year: i64) -> String {
    format!(
        r#"<indicator measure="1"><title><narrative>{title}</narrative></title>{baseline}
        <period><period-start iso-date="{year}-01-01"/><period-end iso-date="{year}-12-31"/><actual value="1"/></period></indicator>"#
    )
}

on_both! {
    fn exported_results_round_trip(server: &TestServer, super::reporting) {
        server.import(&whole().into_iter().filter(|item| item["resource"] == "partner" || item["resource"] == "programme").collect::<Vec<_>>());
        server.import(&results());
        let response = activities(server, "/iati/activities.xml");
        assert_eq!(xmllint::validation_errors("activities", &response.body), None);
        let file = response.text();
        assert!(!file.contains("Nobody knows") && !file.contains("Theirs alone") && !file.contains("\"secret\""), "{file}");
        {
            let document = Document::parse(&file).unwrap();
            let activity = one(document.root_element(), "iati-activity");
            // In the order of the programme, then those without a position.
            assert_eq!(described(activity), [
                "3 Laws protect women: Number of acts",
                "2 Survivors use good services: Number of helplines, Number of shelters",
                "1 Number of secrets: Number of secrets",
                "1 Number of meetings: Number of meetings",
                "1 Without a level: Number of words",
                "9 Without a level: Number of deeds",
            ]);
            let services = all(activity, "result")[1];
            assert_eq!(narratives(one(services, "title")), [("en", "Survivors use good services"), ("sr", "Usluge se koriste")]);
            assert_eq!(narratives(one(services, "description")), [("en", "In all towns.")]);
            let baselines: Vec<Node<'_, '_>> = all(services, "indicator").into_iter().map(|indicator| one(indicator, "baseline")).collect();
            assert_eq!(baselines.iter().map(|baseline| attributes(*baseline)).collect::<Vec<_>>(), ["year=2017 value=1 statistics=of-helplines", "year=2018 iso-date=2018-06-30 value=3 statistics=of-shelters"]);
            assert_eq!(narratives(one(baselines[1], "comment")), [("en", "Counted by hand."), ("sr", "Prebrojano.")]);
        }
        // Imported into its own catalogue, the file changes nothing about results.
        let before = state(server);
        import(server, &file, 0);
        assert_eq!(state(server), before);
        assert!(import(server, &file, 0).contains("0 items stored, 20 unchanged."));
        // A new catalogue gets all that is public, and the types that the file has.
        let other = TestServer::sqlite(Content::Empty, reporting);
        import(&other, &file, 0);
        assert!(import(&other, &file, 0).contains("0 items stored, 20 unchanged."));
        let found = state(&other);
        let named = |kind: &Value, name: &str| -> Vec<String> {
            kind.as_array().unwrap().iter().map(|item| format!("{} {}", item["slug"].as_str().unwrap(), item[name])).collect()
        };
        assert_eq!(named(&found[0], "level"), ["laws \"impact\"", "open null", "services \"outcome\""]);
        assert_eq!(named(&found[0], "order"), ["laws 10", "open null", "services 20"]);
        let services = |state: &[Value]| state[0].as_array().unwrap().iter().find(|item| item["slug"] == "services").cloned().unwrap();
        assert_eq!(services(&found), services(&before));
        assert_eq!(named(&found[1], "order"), ["acts 7", "deeds null", "helplines 1", "meetings null", "secrets 3", "shelters 2", "words null"]);
        assert_eq!(named(&found[1], "result_type"), ["acts \"impact\"", "deeds \"other\"", "helplines \"outcome\"", "meetings \"output\"", "secrets \"output\"", "shelters \"outcome\"", "words \"output\""]);
        let of = |item: &Value| item["result"]["slug"].as_str().unwrap_or("none").to_owned();
        assert_eq!(found[1].as_array().unwrap().iter().map(of).collect::<Vec<_>>(), ["laws", "open", "services", "none", "none", "services", "open"]);
        let shelters = |state: &[Value]| state[2].as_array().unwrap().iter().find(|item| item["slug"] == "of-shelters").cloned().unwrap();
        assert_eq!(shelters(&found)["baseline"], shelters(&before)["baseline"]);
        assert_eq!(shelters(&found)["translations"]["sr-Latn"]["baseline_comment"], "Prebrojano.");
        let exported = |server: &TestServer| {
            let text = activities(server, "/iati/activities.xml").text().replace(&server.base(), "");
            text.get(text.find("<result").unwrap()..).unwrap().to_owned()
        };
        assert_eq!(exported(&other), exported(server));
    }

    fn indicators_without_values_are_updated(server: &TestServer, super::reporting) {
        let file = foreign(&format!(
            "<result type=\"1\"><title><narrative>R</narrative></title><indicator measure=\"1\"><title><narrative>First, without values</narrative></title></indicator>{}</result>",
            foreign_indicator("Second", "", 2021),
        ));
        import(server, &file, 0);
        assert!(import(server, &file, 0).contains("0 items stored"));
        let orders = server.read("/v1/indicators?sort=order")["data"].as_array().unwrap().iter().map(|one| one["order"].clone()).collect::<Vec<_>>();
        assert_eq!(orders, [json!(1), json!(2)]);
        let described = file.replace("First, without values</narrative></title>", "First, without values</narrative></title><description><narrative>Women and girls.</narrative></description>");
        assert!(import(server, &described, 0).contains("1 items stored"));
    }

    fn results_of_others_become_results(server: &TestServer, super::reporting) {
        let title = "<title><narrative>Women are safe</narrative><narrative xml:lang=\"sr\">Жене су безбедне</narrative></title>";
        let file = foreign(&[
            format!("<result type=\"2\">{title}<description><narrative>At night.</narrative></description>"),
            foreign_indicator("Lights", "<baseline year=\"2019\" iso-date=\"2019-03-01Z\" value=\"4\"><comment><narrative>By a survey.</narrative></comment></baseline>", 2020),
            foreign_indicator("Buses", "<baseline year=\"2018\" iso-date=\"2017-12-31\" value=\"2\"/>", 2020),
            "</result>".to_owned(),
            // Repeated for another period, with another description.
            format!("<result type=\"2\">{title}<description><narrative>By day.</narrative></description>"),
            foreign_indicator("Lights", "", 2021),
            foreign_indicator("Cameras", "", 2021),
            "</result>".to_owned(),
            // Without a title, and a type that is no level.
            "<result type=\"1\"><description><narrative>Nameless.</narrative></description>".to_owned(),
            foreign_indicator("Loose", "", 2020),
            "</result><result type=\"9\"><title><narrative>Peace</narrative></title>".to_owned(),
            foreign_indicator("Peace", "", 2020),
            "</result>".to_owned(),
        ].concat());
        let message = import(server, &file, 0);
        for counted in ["result/description 1", "result/description (of a repeated result) 1", "result/indicator/baseline/@iso-date (not a day of the year) 1"] {
            assert!(message.contains(counted), "{counted}: {message}");
        }
        assert!(!message.contains("result/title") && !message.contains("baseline/comment"), "{message}");
        assert!(import(server, &file, 0).contains("0 items stored, 15 unchanged."));
        let programme = server.read("/v1/programmes")["data"][0]["slug"].clone();
        let found = server.read("/v1/results?lang=all&sort=order")["data"].clone();
        let found = found.as_array().unwrap();
        assert_eq!(found.iter().map(|result| (&result["level"], &result["order"], &result["programme"]["slug"])).collect::<Vec<_>>(), [(&json!("outcome"), &json!(1), &programme), (&Value::Null, &json!(2), &programme)]);
        assert_eq!(found[0]["translations"]["en"]["description"], "At night.");
        assert_eq!(found[0]["translations"]["sr-Cyrl"]["title"], "Жене су безбедне");
        let of = |slug: &Value| -> Vec<(String, Value)> {
            let list = server.read(&format!("/v1/indicators?sort=order&result={}", slug.as_str().unwrap()))["data"].clone();
            list.as_array().unwrap().iter().map(|one| (one["label"].as_str().unwrap().to_owned(), one["order"].clone())).collect()
        };
        assert_eq!(of(&found[0]["slug"]), [("Lights".to_owned(), json!(1)), ("Buses".to_owned(), json!(2)), ("Cameras".to_owned(), json!(3))]);
        assert_eq!(of(&found[1]["slug"]), [("Peace".to_owned(), json!(1))]);
        let loose = server.read("/v1/indicators?q=loose")["data"][0].clone();
        assert_eq!((&loose["result"], &loose["order"], &loose["result_type"]), (&Value::Null, &Value::Null, &json!("output")));
        let baseline = |of: &str, year: i64| {
            let statistics = server.read(&format!("/v1/impact-statistics?q={of}&period_before={}-01-01", year + 1))["data"].clone();
            (statistics[0]["baseline"]["year"].clone(), statistics[0]["baseline"]["date"].clone(), statistics[0]["baseline_comment"].clone())
        };
        assert_eq!(baseline("lights", 2020), (json!(2019), json!("2019-03-01"), json!("By a survey.")));
        assert_eq!(baseline("buses", 2020), (json!(2018), Value::Null, Value::Null));
        // A baseline of another year replaces the day, too.
        let later = file.replace("year=\"2019\" iso-date=\"2019-03-01Z\"", "year=\"2020\"");
        import(server, &later, 0);
        assert_eq!(baseline("lights", 2020), (json!(2020), Value::Null, json!("By a survey.")));
    }

    fn merge_inserts_results(server: &TestServer, super::reporting) {
        server.import(&whole());
        server.import(&results());
        let directory = tempfile::tempdir().expect("a directory");
        let own = foreign("").replace("XM-OTHER-9-R", "XM-EXAMPLE-1-NORMS");
        std::fs::write(directory.path().join("own.xml"), own).expect("the file is written");
        let mut command = kinoteka(directory.path(), &server.settings.database_url, &["iati", "merge", "own.xml"]);
        command.env("KINOTEKA_BASE_URL", "https://catalogue.example.org");
        let merged = stdout_text(&expect_exit(command.output().expect("the program runs"), 0));
        assert_eq!(xmllint::validation_errors("activities", merged.as_bytes()), None, "{merged}");
        let document = Document::parse(&merged).unwrap();
        let activity = one(document.root_element(), "iati-activity");
        assert_eq!(described(activity)[..2], ["3 Laws protect women: Number of acts", "2 Survivors use good services: Number of helplines, Number of shelters"]);
        assert_eq!(narratives(one(all(activity, "result")[1], "description")), [("en", "In all towns.")]);
        assert!(!merged.contains("Nobody knows"), "{merged}");
    }
}
