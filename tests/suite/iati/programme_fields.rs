//! Fields of programmes for IATI, the settings of the organisation, and import and export of both.

use roxmltree::Document;
use serde_json::{Value, json};

use super::ruleset::{all, narratives, one};
use super::{activities, attributes, each, reporting, whole};
use crate::on_both;
use kinoteka::config::Settings;

/// The reporting organisation with all its settings.
fn constants(settings: &mut Settings) {
    reporting(settings);
    let text = |text: &str| Some(text.to_owned());
    settings.iati.former_orgs = vec!["46004".to_owned()];
    settings.iati.aid_types = vec!["C01".to_owned(), "2:4".to_owned()];
    settings.iati.flow_type = text("10");
    settings.iati.finance_type = text("110");
    settings.iati.tied_status = text("5");
    settings.iati.collaboration_type = text("1");
    settings.iati.activity_scope = text("2");
    settings.iati.contact_organisation = text("Network of shelters");
    settings.iati.contact_email = text("info@example.org");
    settings.iati.contact_website = text("https://n.example.org/contact");
}

/// Elements of an activity, in order, without those that have no attribute of interest.
fn elements(file: &str, names: &[&str]) -> Vec<String> {
    let document = Document::parse(file).unwrap();
    let activity = one(document.root_element(), "iati-activity");
    let kept = activity.children().filter(|node| names.contains(&node.tag_name().name()));
    kept.map(|node| format!("{} {}", node.tag_name().name(), attributes(node))).collect()
}

const CODES: &[&str] = &[
    "activity-scope",
    "collaboration-type",
    "default-flow-type",
    "default-finance-type",
    "default-aid-type",
    "default-tied-status",
];

on_both! {
    fn organisation_settings_apply_to_all_programmes(server: &TestServer, super::constants) {
        server.import(&whole());
        let key = server.editor_key();
        let first = activities(server, "/iati/activities.xml");
        let common = [
            "activity-scope code=2", "collaboration-type code=1", "default-flow-type code=10", "default-finance-type code=110",
            "default-aid-type vocabulary=1 code=C01", "default-aid-type vocabulary=2 code=4", "default-tied-status code=5",
        ];
        assert_eq!(elements(&first.text(), CODES), common);
        let contact = |text: &str| {
            let document = Document::parse(text).unwrap();
            let contact = one(one(document.root_element(), "iati-activity"), "contact-info");
            let name = all(contact, "organisation").first().map(|name| narratives(*name)[0].1.to_owned()).unwrap_or_default();
            let text = |name| all(contact, name).first().and_then(roxmltree::Node::text).unwrap_or_default().to_owned();
            [attributes(contact), name, text("email"), text("website")]
        };
        assert_eq!(contact(&first.text()), ["type=1", "Network of shelters", "info@example.org", "https://n.example.org/contact"]);
        // A programme replaces single codes, and the contact as a whole.
        server.patch(&key, "/v1/programmes/norms", &json!({"iati": {"flow_type": "30", "aid_types": [{"code": "B01"}], "contact": {"email": "norms@example.org"}}}));
        let text = activities(server, "/iati/activities.xml").text();
        assert_eq!(elements(&text, CODES), [
            "activity-scope code=2", "collaboration-type code=1", "default-flow-type code=30", "default-finance-type code=110",
            "default-aid-type vocabulary=1 code=B01", "default-tied-status code=5",
        ]);
        assert_eq!(contact(&text), ["type=1", "", "norms@example.org", ""]);
        let patched = server.patch(&key, "/v1/programmes/norms", &json!({"iati": {"aid_types": [], "contact": null, "tied_status": "3"}}));
        assert_eq!(patched["iati"], json!({"aid_types": [], "flow_type": "30", "finance_type": null, "tied_status": "3", "collaboration_type": null, "activity_scope": null, "contact": null}));
        let patched = server.patch(&key, "/v1/programmes/norms", &json!({"iati": {"flow_type": null, "tied_status": null}}));
        assert_eq!(patched["iati"], Value::Null, "nothing is replaced");
        assert_eq!(elements(&activities(server, "/iati/activities.xml").text(), CODES), common);
    }

    fn exports_markers_tags_and_identifiers(server: &TestServer, super::reporting) {
        server.import(&whole());
        let key = server.editor_key();
        let made = server.patch(&key, "/v1/programmes/norms", &json!({
            "policy_markers": [{"code": "1", "significance": "2"}, {"code": "9", "vocabulary": "1", "significance": "0"}, {"code": "care", "vocabulary": "99", "name": "Care work"}],
            "tags": [{"code": "5", "vocabulary": "2"}, {"code": "5.2", "vocabulary": "3"}, {"code": "shelter", "vocabulary": "99", "name": "Shelters"}],
            "other_identifiers": [{"identifier": "NORMS-1", "type": "A1"}, {"identifier": "XM-OLD-1", "type": "B1", "owner_identifier": "XM-EXAMPLE-1", "owner_name": "Network"}],
            "sectors": [{"code": "15180"}, {"code": "W", "vocabulary": "99", "name": "Women"}],
        }));
        assert_eq!(made["policy_markers"][0], json!({"code": "1", "vocabulary": "1", "significance": "2", "name": null}));
        assert_eq!(made["tags"][1], json!({"code": "5.2", "vocabulary": "3", "name": null}));
        assert_eq!(made["other_identifiers"][0], json!({"identifier": "NORMS-1", "type": "A1", "owner_identifier": null, "owner_name": null}));
        assert_eq!(made["sectors"], json!([{"code": "15180", "vocabulary": "1", "percentage": null}, {"code": "W", "vocabulary": "99", "percentage": null, "name": "Women"}]));
        let response = activities(server, "/iati/activities.xml?incomplete=refuse");
        let text = response.text();
        let document = Document::parse(&text).unwrap();
        let activity = one(document.root_element(), "iati-activity");
        assert_eq!(each(activity, "policy-marker"), ["vocabulary=1 code=1 significance=2", "vocabulary=1 code=9 significance=0", "vocabulary=99 code=care"]);
        assert_eq!(narratives(all(activity, "policy-marker")[2]), [("en", "Care work")]);
        assert_eq!(each(activity, "tag"), ["vocabulary=2 code=5", "vocabulary=3 code=5.2", "vocabulary=99 code=shelter"]);
        assert_eq!(each(activity, "sector"), ["vocabulary=1 code=15180 percentage=100", "vocabulary=99 code=W percentage=100"]);
        assert_eq!(narratives(all(activity, "sector")[1]), [("en", "Women")]);
        let others = all(activity, "other-identifier");
        assert_eq!(each(activity, "other-identifier"), ["ref=NORMS-1 type=A1", "ref=XM-OLD-1 type=B1"]);
        assert_eq!((all(others[0], "owner-org").len(), attributes(one(others[1], "owner-org"))), (0, "ref=XM-EXAMPLE-1".to_owned()));
        // The public `updated_at` of the programme or of its results, whichever is later.
        let updated = |path: &str| server.read(path)["updated_at"].as_str().unwrap()[..19].to_owned();
        assert_eq!(activity.attribute("last-updated-datetime"), Some(format!("{}Z", updated("/v1/programmes/norms")).as_str()));
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        server.patch(&key, "/v1/impact-statistics/people", &json!({"value": "1501"}));
        let text = activities(server, "/iati/activities.xml").text();
        assert!(text.contains(&format!("last-updated-datetime=\"{}Z\"", updated("/v1/impact-statistics/people"))), "{text}");
        // A marker or sector that lacks what IATI requires is left out; the programme is not.
        server.patch(&key, "/v1/programmes/norms", &json!({
            "policy_markers": [{"code": "1", "significance": "2"}, {"code": "2"}, {"code": "care", "vocabulary": "99"}],
            "sectors": [{"code": "15180"}, {"code": "W", "vocabulary": "98"}],
        }));
        let text = activities(server, "/iati/activities.xml?incomplete=refuse").text();
        assert_eq!(elements(&text, &["sector", "policy-marker"]), ["sector vocabulary=1 code=15180 percentage=100", "policy-marker vocabulary=1 code=1 significance=2"]);
    }

    fn former_organisation_is_other_identifier(server: &TestServer, super::constants) {
        let former = json!({"iati_identifier": "46004-12345-001"});
        server.import(&whole());
        let key = server.editor_key();
        server.patch(&key, "/v1/programmes/norms", &former);
        let shown = || {
            let text = activities(server, "/iati/activities.xml?incomplete=refuse").text();
            let document = Document::parse(&text).unwrap();
            let activity = one(document.root_element(), "iati-activity");
            let owners: Vec<String> = all(activity, "other-identifier").into_iter().flat_map(|other| each(other, "owner-org")).collect();
            [each(activity, "other-identifier"), owners].concat()
        };
        assert_eq!(shown(), ["ref=46004 type=B1", "ref=XM-EXAMPLE-1"]);
        // The programme's own statement is not repeated.
        server.patch(&key, "/v1/programmes/norms", &json!({"other_identifiers": [{"identifier": "46004", "type": "B1"}]}));
        assert_eq!(shown(), ["ref=46004 type=B1"]);
        server.patch(&key, "/v1/programmes/norms", &json!({"iati_identifier": "XI-OLD-7", "other_identifiers": [{"identifier": "XI-OLD", "type": "B1"}]}));
        assert_eq!(shown(), ["ref=XI-OLD type=B1"]);
        server.patch(&key, "/v1/programmes/norms", &json!({"iati_identifier": "460041-1", "other_identifiers": []}));
        let problem = server.get("/iati/activities.xml").problem(422, "incomplete-catalogue");
        assert_eq!(problem["errors"][0]["pointer"], "/programmes/norms/iati_identifier");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("KINOTEKA_IATI_FORMER_ORGS"), "{problem}");
    }

    fn exports_places_and_partners_of_values(server: &TestServer, super::reporting) {
        server.import(&whole());
        let base = json!({"resource": "impact_statistic", "status": "published", "programme": "norms", "result_type": "output", "period_start": "2020-01-01", "period_end": "2020-12-31", "value": "1"});
        let statistic = |slug: &str, more: Value| {
            let mut item = base.clone();
            item["slug"] = json!(slug);
            for (name, value) in more.as_object().unwrap() {
                item[name] = value.clone();
            }
            item
        };
        let place = |name: &str| json!([{"dimension": "sex", "value": "female"}, {"dimension": "location", "value": name}]);
        server.import(&[
            statistic("nis", json!({"label": "Grants", "value": "1250000.75", "unit": "EUR", "partner": "host", "countries": ["RS"], "disaggregation": place("Niš")})),
            statistic("nis-2", json!({"label": "Shelters", "disaggregation": place("Niš")})),
            statistic("ni-s", json!({"label": "Houses", "disaggregation": place("Nis")})),
        ]);
        let text = activities(server, "/iati/activities.xml").text();
        let document = Document::parse(&text).unwrap();
        let activity = one(document.root_element(), "iati-activity");
        let locations: Vec<(String, &str)> = all(activity, "location").into_iter().map(|location| (attributes(location), narratives(one(location, "name"))[0].1)).collect();
        assert_eq!(locations, [
            ("ref=AL".to_owned(), "Albania"), ("ref=XK".to_owned(), "Kosovo*"), ("ref=RS".to_owned(), "Serbia"),
            ("ref=place-nis".to_owned(), "Niš"), ("ref=place-nis-2".to_owned(), "Nis"),
        ]);
        let values: Vec<(Vec<String>, Vec<String>)> = document.descendants().filter(|node| node.tag_name().name() == "actual").map(|actual| (each(actual, "location"), each(actual, "dimension"))).collect();
        let sex = || vec!["name=sex value=female".to_owned()];
        assert_eq!(values[2..], [
            (vec!["ref=RS".to_owned(), "ref=place-nis".to_owned()], sex()), (vec!["ref=place-nis".to_owned()], sex()), (vec!["ref=place-nis-2".to_owned()], sex()),
        ]);
        let money = document.descendants().find(|node| node.attribute("value") == Some("1250000.75")).unwrap();
        assert_eq!(narratives(one(money, "comment")), [("en", "Unit: EUR\nPartner: A host")]);
        assert!(text.contains("statistic=\"nis\" partner=\"host\""), "{text}");
    }

    fn indicators_of_one_result_are_grouped(server: &TestServer, super::reporting) {
        server.import(&whole());
        let items = ["a", "b"].map(|slug| json!({"resource": "indicator", "slug": slug, "status": "published", "label": "Shelters", "result_type": "output", "unit": slug}));
        server.import(&items);
        let statistics = ["a", "b"].map(|slug| json!({"resource": "impact_statistic", "slug": format!("of-{slug}"), "status": "published", "label": "L", "indicator": slug, "programme": "norms", "value": "1", "period_start": "2020-01-01", "period_end": "2020-12-31"}));
        server.import(&statistics);
        let text = activities(server, "/iati/activities.xml").text();
        let document = Document::parse(&text).unwrap();
        let results = all(one(document.root_element(), "iati-activity"), "result");
        let sizes: Vec<(&str, usize)> = results.iter().map(|result| (narratives(one(*result, "title"))[0].1, all(*result, "indicator").len())).collect();
        assert_eq!(sizes, [("People at the forum", 1), ("Courts take survivors seriously", 1), ("Shelters", 2)]);
    }

    fn validates_iati_fields_on_write(server: &TestServer) {
        let key = server.editor_key();
        let refused = |body: Value, errors: &[(&str, &str)]| {
            let mut whole = json!({"title": "T"});
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            server.request("POST", "/v1/programmes").key(&key).json(&whole).send().errors(422, errors);
        };
        refused(json!({"policy_markers": [{"code": "13"}, {"significance": "2"}]}), &[("/policy_markers/0/code", "unknown_value"), ("/policy_markers/1/code", "required")]);
        refused(json!({"policy_markers": [{"code": "1", "significance": "5"}, {"code": "1"}]}), &[("/policy_markers/0/significance", "unknown_value"), ("/policy_markers/1/code", "repeated")]);
        refused(json!({"policy_markers": [{"code": "1", "vocabulary": "2", "level": "1"}]}), &[("/policy_markers/0/level", "unknown_field"), ("/policy_markers/0/vocabulary", "unknown_value")]);
        refused(json!({"tags": [{"code": "5"}, {"code": "18", "vocabulary": "2"}, {"code": "5.7", "vocabulary": "3"}]}), &[("/tags/0/vocabulary", "required"), ("/tags/1/code", "unknown_value"), ("/tags/2/code", "unknown_value")]);
        refused(json!({"tags": [{"code": "5.2", "vocabulary": "3"}, {"code": "5.2", "vocabulary": "3"}]}), &[("/tags/1/code", "repeated")]);
        refused(json!({"other_identifiers": [{"identifier": "1", "type": "C1"}, {"type": "A1"}]}), &[("/other_identifiers/0/type", "unknown_value"), ("/other_identifiers/1/identifier", "required")]);
        refused(json!({"other_identifiers": [{"identifier": "1", "type": "A1"}, {"identifier": "1", "type": "A1"}]}), &[("/other_identifiers/1/identifier", "repeated")]);
        refused(json!({"regions": [{"code": "299"}, {"code": "39", "vocabulary": "2"}, {"code": "88"}, {"code": "88"}]}), &[("/regions/0/code", "unknown_value"), ("/regions/1/code", "unknown_value"), ("/regions/3/code", "repeated")]);
        refused(json!({"regions": [{"code": "298", "percentage": "60"}]}), &[("/regions", "invalid_sum")]);
        refused(json!({"regions": [{"code": "298", "percentage": "60"}, {"code": "998"}]}), &[("/regions", "invalid_sum")]);
        refused(json!({"countries": ["KE"], "country_shares": [{"country": "KE", "percentage": "40"}], "regions": [{"code": "298", "percentage": "50"}]}), &[("/regions", "invalid_sum")]);
        refused(json!({"countries": ["KE"], "country_shares": [{"country": "KE", "percentage": "40"}]}), &[("/country_shares", "invalid_sum")]);
        refused(json!({"iati": {"flow_type": "11", "finance_type": "x", "tied_status": "1", "collaboration_type": "5", "activity_scope": "9"}}), &[
            ("/iati/activity_scope", "unknown_value"), ("/iati/collaboration_type", "unknown_value"), ("/iati/finance_type", "unknown_value"),
            ("/iati/flow_type", "unknown_value"), ("/iati/tied_status", "unknown_value"),
        ]);
        refused(json!({"iati": {"aid_types": [{"code": "C99"}, {"code": "B01"}, {"vocabulary": "2"}], "contact": {"website": "example.org"}, "scope": "1"}}), &[
            ("/iati/aid_types/0/code", "unknown_value"), ("/iati/aid_types/1/vocabulary", "repeated"), ("/iati/aid_types/2/code", "required"),
            ("/iati/contact/website", "invalid_url"), ("/iati/scope", "unknown_field"),
        ]);
        let made = server.create(&key, "/v1/programmes", &json!({"title": "T", "countries": ["KE"], "country_shares": [{"country": "KE", "percentage": "40"}], "regions": [{"code": "298", "percentage": 60}]}));
        assert_eq!(made["regions"], json!([{"code": "298", "vocabulary": "1", "percentage": "60", "name": null}]));
        assert_eq!((&made["tags"], &made["policy_markers"], &made["other_identifiers"], &made["iati"]), (&json!([]), &json!([]), &json!([]), &Value::Null));
        // What was read can be sent back, and changes nothing.
        let path = format!("/v1/programmes/{}", made["slug"].as_str().unwrap());
        let read = server.request("GET", &format!("{path}?lang=all")).key(&key).send().expect(200).json();
        let sent = server.request("PUT", &path).key(&key).json(&read).send().expect(200).json();
        assert_eq!(sent["revision"], made["revision"]);
    }
}
