//! `kinoteka import --iati`: import of programmes, partners and results from foreign and own files.

use roxmltree::Document;
use serde_json::{Value, json};

use super::ruleset::{all, narratives, one};
use super::{activities, reporting, whole};
use crate::on_both;
use crate::support::process::{
    expect_exit, kinoteka, run, run_with_input, stderr_text, stdout_text,
};
use crate::support::{Content, TestServer, xmllint};

/// Imports a file into the database of a server; returns the output.
pub fn import(server: &TestServer, file: &str, code: i32) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    stderr_text(&expect_exit(
        run_with_input(
            directory.path(),
            &server.settings.database_url,
            &["import", "--iati", "-"],
            file,
        ),
        code,
    ))
}

/// A file of another organisation.
const FOREIGN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="2.03">
  <iati-activity xml:lang="en" default-currency="EUR">
    <iati-identifier>XM-OTHER-9-ROADS</iati-identifier>
    <reporting-org ref="XM-OTHER-9" type="10"><narrative>Ministry</narrative></reporting-org>
    <title><narrative>Safe roads</narrative><narrative xml:lang="sr">Безбедни путеви</narrative></title>
    <description type="1"><narrative>Lights at bus stops.</narrative><narrative xml:lang="sq">Drita.</narrative></description>
    <description type="2"><narrative>Objectives.</narrative></description>
    <participating-org ref="XM-OTHER-9" type="10" role="1"><narrative>Ministry</narrative></participating-org>
    <participating-org type="22" role="4"><narrative>Women on the road</narrative></participating-org>
    <activity-status code="3"/>
    <activity-date type="1" iso-date="2020-12-01"/>
    <activity-date type="2" iso-date="2021-01-01"/>
    <activity-date type="3" iso-date="2999-12-31"/>
    <contact-info type="1"/>
    <recipient-country code="AL" percentage="33.3"/>
    <recipient-country code="RS" percentage="66.7"/>
    <location ref="here"><location-id vocabulary="A4" code="RS"/><name><narrative>Serbia</narrative></name></location>
    <location ref="there"><location-id vocabulary="G1" code="792680"/></location>
    <sector vocabulary="1" code="15180" percentage="100"/>
    <budget><period-start iso-date="2021-01-01"/><period-end iso-date="2021-12-31"/><value value-date="2021-01-01">5</value></budget>
    <transaction><transaction-type code="1"/><transaction-date iso-date="2021-01-01"/><value value-date="2021-01-01">5</value></transaction>
    <transaction><transaction-type code="2"/><transaction-date iso-date="2021-01-01"/><value value-date="2021-01-01">5</value></transaction>
    <document-link url="https://other.example.org/roads" format="text/html"><title><narrative>Roads</narrative></title><category code="A12"/></document-link>
    <result type="2">
      <title><narrative>Women feel safe</narrative></title>
      <indicator measure="2" ascending="1">
        <title><narrative>Share of women who feel safe</narrative></title>
        <description><narrative>Asked at bus stops.</narrative></description>
        <reference vocabulary="9" code="11.2.1"/>
        <baseline year="2020" value="40"><location ref="here"/></baseline>
        <baseline year="2010" value="30"><location ref="here"/></baseline>
        <period>
          <period-start iso-date="2021-01-01"/><period-end iso-date="2021-12-31"/>
          <target value="60"><location ref="here"/><comment><narrative>Agreed.</narrative></comment></target>
          <actual value="55.5"><location ref="here"/><comment><narrative>After the lights came.</narrative></comment>
            <document-link url="https://other.example.org/survey.pdf#page=4" format="application/pdf"><title><narrative>Survey</narrative></title><category code="A08"/><language code="en"/></document-link></actual>
          <actual value="48"><location ref="here"/><dimension name="age" value="18-29"/></actual>
        </period>
        <period><period-start iso-date="2022-01-01"/><period-end iso-date="2022-12-31"/><target value="80"/></period>
      </indicator>
    </result>
  </iati-activity>
</iati-activities>
"#;

on_both! {
    fn imports_supported_parts_of_foreign_file(server: &TestServer) {
        assert!(xmllint::validation_errors("activities", FOREIGN.as_bytes()).is_none(), "{:?}", xmllint::validation_errors("activities", FOREIGN.as_bytes()));
        let message = import(server, FOREIGN, 0);
        assert!(message.contains("8 items stored, 0 unchanged."), "{message}");
        for left in ["budget 1", "transaction 2", "activity-date 1", "description 1", "location 1", "reporting-org 1",
            "result/indicator/baseline 1", "description/narrative (in a language without a title) 1", "result/indicator/period/target/comment 1"] {
            assert!(message.contains(left), "{left}: {message}");
        }
        let programme = &server.read("/v1/programmes?lang=all")["data"][0];
        let slug = programme["slug"].as_str().unwrap();
        assert!(slug.starts_with("xm-other-9-roads-"), "{slug}");
        assert_eq!(programme["iati_identifier"], "XM-OTHER-9-ROADS");
        assert_eq!((&programme["start_date"], &programme["end_date"], &programme["iati_status"]), (&json!("2021-01-01"), &json!("2999-12-31"), &json!("finalisation")));
        assert_eq!(programme["country_shares"], json!([{"country": "AL", "percentage": "33.3"}, {"country": "RS", "percentage": "66.7"}]));
        assert_eq!(programme["sectors"], json!([{"code": "15180", "vocabulary": "1", "percentage": null}]));
        assert_eq!(programme["website"], "https://other.example.org/roads");
        assert_eq!(programme["translations"]["sr-Cyrl"]["title"], "Безбедни путеви");
        assert_eq!(programme["translations"]["en"]["description"], "Lights at bus stops.");
        let roles: Vec<&Value> = programme["partners"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
        assert_eq!(roles, ["funder", "implementer"]);
        let partner = server.read("/v1/partners/women-on-the-road");
        assert_eq!((&partner["kind"], &partner["name"]), (&json!("civil_society"), &json!("Women on the road")));
        let indicator = &server.read("/v1/indicators")["data"][0];
        assert_eq!((&indicator["measure"], &indicator["ascending"], &indicator["is_share"], &indicator["result_type"]), (&json!("percentage"), &json!(true), &json!(true), &json!("outcome")));
        assert_eq!((&indicator["code"], &indicator["vocabulary"]), (&json!("11.2.1"), &json!("sdg")));
        let statistics = server.read("/v1/impact-statistics?sort=value&country=RS");
        let of: Vec<&Value> = statistics["data"].as_array().unwrap().iter().collect();
        assert_eq!((&of[0]["value"], &of[0]["disaggregation"]), (&json!("48"), &json!([{"dimension": "age", "value": "18-29"}])));
        assert_eq!((&of[1]["value"], &of[1]["baseline"]["value"], &of[1]["baseline"]["year"]), (&json!("55.5"), &json!("40"), &json!(2020)));
        assert_eq!((&of[1]["target"]["value"], &of[1]["target"]["period_start"], &of[1]["description"]), (&json!("60"), &Value::Null, &json!("After the lights came.")));
        assert_eq!(of[1]["documents"], json!([{"title": "Survey", "url": "https://other.example.org/survey.pdf", "media_type": "application/pdf", "language": "en", "page": 4}]));
        let aimed = server.read("/v1/impact-statistics?period_after=2022-01-01");
        assert_eq!((&aimed["data"][0]["value"], &aimed["data"][0]["target"]["value"]), (&Value::Null, &json!("80")));
        // A repeated import changes nothing; fields added by editors stay.
        assert!(import(server, FOREIGN, 0).contains("0 items stored, 8 unchanged."));
        let key = server.editor_key();
        server.create(&key, "/v1/partners", &json!({"slug": "host", "status": "published", "name": "Host"}));
        let partners: Vec<Value> = programme["partners"].as_array().unwrap().iter().map(|one| json!({"partner": one["partner"]["id"], "role": one["role"]}))
            .chain([json!({"partner": "host", "role": "host"})]).collect();
        let path = format!("/v1/programmes/{slug}");
        server.patch(&key, &path, &json!({"partners": partners, "translations": {"en": {"summary": "Short."}, "mk": {"title": "Патишта", "status": "draft"}}, "end_date": "2020-01-01", "start_date": "2019-01-01"}));
        let message = import(server, FOREIGN, 0);
        assert!(message.contains("1 items stored, 7 unchanged."), "{message}");
        let after = server.request("GET", &format!("{path}?lang=all")).key(&key).send().expect(200).json();
        assert_eq!((&after["end_date"], &after["translations"]["en"]["summary"], &after["translations"]["mk"]["status"]), (&json!("2999-12-31"), &json!("Short."), &json!("draft")));
        assert_eq!(after["partners"].as_array().unwrap().len(), 3);
    }

    fn values_of_places_below_a_country_are_slices(server: &TestServer) {
        let places = r#"<location ref="NIS"><name><narrative>Niš</narrative></name></location><location ref="NS"><name><narrative>Novi Sad</narrative></name></location><location ref="here">"#;
        let file = FOREIGN
            .replace("<location ref=\"here\"><location-id", &format!("{places}<location-id"))
            .replace("measure=\"2\" ascending=\"1\"", "measure=\"1\" ascending=\"1\" aggregation-status=\"1\"")
            .replace("<target value=\"80\"/>", "<actual value=\"40\"><location ref=\"NIS\"/></actual><actual value=\"60\"><location ref=\"NS\"/></actual>");
        assert!(xmllint::validation_errors("activities", file.as_bytes()).is_none(), "{:?}", xmllint::validation_errors("activities", file.as_bytes()));
        import(server, &file, 0);
        let summary = server.read("/v1/impact-statistics/summary?period_after=2022-01-01&group_by=dimension:location");
        let found: Vec<(&str, &str)> = summary["data"].as_array().unwrap().iter().map(|group| (group["keys"][0]["value"].as_str().unwrap(), group["sum"]["value"].as_str().unwrap())).collect();
        assert_eq!(found, [("Niš", "40"), ("Novi Sad", "60")]);
        assert_eq!(server.read("/v1/impact-statistics/summary?period_after=2022-01-01")["data"][0]["sum"]["value"], "100");
        assert!(import(server, &file, 0).contains("0 items stored"));
    }

    fn encoding_is_recognized(server: &TestServer) {
        let directory = tempfile::tempdir().expect("a directory");
        let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{FOREIGN}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let latin = FOREIGN.replace("UTF-8", "windows-1251");
        let (latin, _, _) = encoding_rs::WINDOWS_1251.encode(&latin);
        for (file, code, expected) in [
            (utf16(u16::to_le_bytes), 0, "8 items stored, 0 unchanged."),
            (utf16(u16::to_be_bytes), 0, "0 items stored, 8 unchanged."),
            (latin.into_owned(), 0, "0 items stored, 8 unchanged."),
            (FOREIGN.replace("UTF-8", "UTF-7").into_bytes(), 2, "line 1: the encoding `UTF-7` is not supported; save the file as UTF-8"),
            (FOREIGN.replace("Lights", "\u{e9}").into_bytes().into_iter().filter(|byte| *byte != 0xc3).collect(), 2, "line 7: not UTF-8"),
        ] {
            let path = directory.path().join("file.xml");
            std::fs::write(&path, file).expect("the file is written");
            let output = run(directory.path(), &server.settings.database_url, &["import", "--iati", path.to_str().unwrap()]);
            let message = stderr_text(&expect_exit(output, code));
            assert!(message.contains(expected), "{expected}: {message}");
        }
    }

    fn partners_keep_names_and_identity(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/partners", &json!({
            "slug": "ministry", "status": "published", "kind": "donor", "iati_identifier": "XM-OTHER-9", "acronym": "MoR", "original_language": "sq",
            "translations": {"sq": {"name": "Ministria", "status": "published"}, "en": {"name": "MINISTRY", "status": "published"}},
        }));
        let ministry = server.read("/v1/partners/ministry?lang=all");
        // The name in any language, or the acronym, and the identifier are those of the partner.
        assert!(import(server, FOREIGN, 0).contains("7 items stored, 1 unchanged."));
        assert_eq!(server.read("/v1/partners/ministry?lang=all"), ministry);
        let with_name = |name: &str| FOREIGN.replacen("role=\"1\"><narrative>Ministry<", &format!("role=\"1\"><narrative>{name}<"), 1);
        assert!(import(server, &with_name("MoR"), 0).contains("0 items stored, 8 unchanged."));
        // Another name is another partner, which is reported.
        let message = import(server, &with_name("Road Fund"), 0);
        assert!(message.contains("2 items stored, 6 unchanged."), "{message}");
        assert!(message.contains("The identifier XM-OTHER-9 has several names, each of which is a partner: `") && message.contains("`Road Fund`."), "{message}");
        let funder = |server: &TestServer| {
            let partners = server.read("/v1/programmes")["data"][0]["partners"].as_array().unwrap().clone();
            partners.into_iter().find(|one| one["role"] == "funder").unwrap()["partner"]["slug"].as_str().unwrap().to_owned()
        };
        assert!(funder(server).starts_with("road-fund-"), "{}", funder(server));
        assert!(import(server, &with_name("Road Fund"), 0).contains("0 items stored, 8 unchanged."));
        assert!(import(server, FOREIGN, 0).contains("1 items stored, 7 unchanged."));
        assert_eq!(funder(server), "ministry");
        assert_eq!(server.read("/v1/partners/ministry?lang=all"), ministry);
        // A partner is found by its former slug, and keeps its new name.
        server.patch(&key, "/v1/partners/women-on-the-road", &json!({"slug": "wotr", "name": "Women on all roads"}));
        assert!(import(server, FOREIGN, 0).contains("0 items stored, 8 unchanged."));
        assert_eq!(server.read("/v1/partners/wotr")["name"], "Women on all roads");
    }

    fn placeholders_identify_nobody(server: &TestServer) {
        for placeholder in ["N/A", "none", "0", "-"] {
            let file = FOREIGN.replacen("<participating-org ref=\"XM-OTHER-9\"", &format!("<participating-org ref=\"{placeholder}\""), 1);
            assert_ne!(file, FOREIGN);
            let message = import(server, &file, 0);
            assert!(message.contains("participating-org/@ref (a placeholder, not an identifier) 1"), "{message}");
            assert_eq!(server.read("/v1/partners/ministry")["iati_identifier"], Value::Null);
        }
        assert_eq!(server.read("/v1/partners")["data"].as_array().unwrap().len(), 2);
    }

    fn dry_run_and_omissions_report_what_would_be_stored(server: &TestServer) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file.xml");
        let run_with = |file: &str, flags: &[&str], code: i32| {
            std::fs::write(&path, file).expect("the file is written");
            let arguments = [&["import", "--iati"], flags, &[path.to_str().unwrap()]].concat();
            expect_exit(run(directory.path(), &server.settings.database_url, &arguments), code)
        };
        let message = stderr_text(&run_with(FOREIGN, &["--dry-run"], 0));
        assert!(message.contains("Dry run: 8 items would be created, 0 changed, 0 unchanged; nothing was stored."), "{message}");
        assert_eq!(server.read("/v1/partners")["data"], json!([]));
        let faulty = FOREIGN.replace("role=\"4\"", "role=\"7\"").replace("iso-date=\"2022-12-31\"", "iso-date=\"2022-02-30\"");
        // All errors at once, and none that follows from another.
        let message = stderr_text(&run_with(&faulty, &[], 2));
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines.len(), 3, "{message}");
        assert!(lines[0].contains("line 10: `7`") && lines[1].contains("line 40: `2022-02-30`") && lines[2].contains("nothing was imported"), "{message}");
        let message = stderr_text(&run_with(&faulty, &["--faulty=omit"], 0));
        for part in [
            "omitted: line 10: participating-org: `7` is not an IATI role (1 to 4)",
            "omitted: line 40: result/indicator/period/period-end: `2022-02-30` is not a date",
            "Omitted invalid parts: participating-org 1, result/indicator/period/period-end 1.",
            "6 items stored, 0 unchanged.",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
        // Omitted parts are added when they are valid.
        let report: Value = serde_json::from_str(&stdout_text(&run_with(FOREIGN, &["--json"], 0))).expect("the report is JSON");
        assert_eq!((&report["created"], &report["changed"], &report["unchanged"], &report["dry_run"]), (&json!(2), &json!(1), &json!(5), &json!(false)));
        assert_eq!((&report["omitted"], &report["not_stored"]["transaction"], &report["shared_identifiers"]), (&json!([]), &json!(2), &json!({})));
        // What refers to a deleted item has no error of its own.
        let slug = server.read("/v1/programmes")["data"][0]["slug"].as_str().unwrap().to_owned();
        let key = server.editor_key();
        server.request("DELETE", &format!("/v1/programmes/{slug}?on_references=archive")).key(&key).send().expect(204);
        let message = stderr_text(&run_with(FOREIGN, &[], 2));
        assert_eq!(message.lines().count(), 2, "{message}");
        assert!(message.contains(&format!("line 3: programme `{slug}`: the programme `{slug}` has been deleted")), "{message}");
        let message = stderr_text(&run_with(FOREIGN, &["--faulty=omit"], 0));
        assert!(message.contains("Omitted invalid parts: items of omitted items 4, programme 1."), "{message}");
        let output = expect_exit(run(directory.path(), &server.settings.database_url, &["import", "--faulty=omit", path.to_str().unwrap()]), 2);
        assert!(stderr_text(&output).contains("--iati"), "{}", stderr_text(&output));
    }

    fn import_reports_errors_by_line_and_stores_nothing(server: &TestServer) {
        for (from, to, described) in [
            ("<iati-activities version", "<!DOCTYPE a [<!ENTITY b \"b\"><!ENTITY c \"&b;&b;&b;\">]>\n<iati-activities version", "declares a document type (DOCTYPE)"),
            ("version=\"2.03\"", "version=\"1.05\"", "line 2: IATI 1.05 is not supported, only 2.01, 2.02, 2.03"),
            ("<sector vocabulary", "<sector <", "line 20, column "),
            ("role=\"4\"", "role=\"7\"", "line 10: `7` is not an IATI role (1 to 4)"),
            ("code=\"AL\"", "code=\"QX\"", "line 16: "),
            ("measure=\"2\"", "measure=\"6\"", "line 27: `6` is not an IATI measure (1 to 5)"),
            ("<result type=\"2\"", "<result type=\"5\"", "line 25: `5` is not an IATI result type"),
            ("<activity-status code=\"3\"", "<activity-status code=\"8\"", "line 11: `8` is not an IATI status"),
            ("iso-date=\"2022-12-31\"", "iso-date=\"2022-02-30\"", "line 40: `2022-02-30` is not a date"),
            ("<iati-identifier>XM-OTHER-9-ROADS</iati-identifier>", "", "line 3: an activity has no `iati-identifier`"),
            ("<result type=\"2\"", "<result xmlns=\"urn:other\" type=\"2\"", "line 25: `result` is in the namespace `urn:other`, but IATI has none"),
        ] {
            let message = import(server, &FOREIGN.replacen(from, to, 1), 2);
            assert!(message.contains(described) && message.contains("nothing was imported"), "{described}: {message}");
        }
        let many = (0..100).map(|number| format!("a{number}=\"\" ")).collect::<Vec<_>>().concat();
        let message = import(server, &FOREIGN.replacen("<sector vocabulary", &format!("<sector {many}vocabulary"), 1), 2);
        assert!(message.contains("line 20: an element has more than 100 attributes"), "{message}");
        let twice = FOREIGN.replace("</iati-activities>", &format!("{}</iati-activities>", FOREIGN.split_once("<iati-activity ").map(|(_, rest)| format!("<iati-activity {}", rest.replace("</iati-activities>", ""))).unwrap()));
        let message = import(server, &twice, 2);
        assert!(message.contains("duplicate of the activity `XM-OTHER-9-ROADS` on line 3"), "{message}");
        assert_eq!(server.read("/v1/programmes")["data"], json!([]));
        assert_eq!(server.read("/v1/partners")["data"], json!([]));
    }

    fn exported_file_round_trips(server: &TestServer, super::reporting) {
        server.import(&whole());
        server.import(&[
            json!({"resource": "indicator", "slug": "reached", "status": "published", "label": "People reached", "description": "At any event.", "unit": "people", "time_aggregation": "latest", "group_aggregation": "sum", "ascending": true, "result_type": "output", "code": "5.2.1", "vocabulary": "sdg"}),
            json!({"resource": "impact_statistic", "slug": "reached-2020", "status": "published", "label": "Reached in 2020", "description": "Without the pandemic.", "indicator": "reached", "programme": "norms", "countries": ["AL"], "value": "12", "period_start": "2020-01-01", "period_end": "2020-12-31", "baseline": {"value": "3", "year": 2018}, "source": {"text": "Counted by hand"}, "documents": [{"title": "Raport", "url": "https://e.example.org/r.pdf", "language": "sq", "page": 7}]}),
            json!({"resource": "impact_statistic", "slug": "reached-2021", "status": "published", "label": "Reached in 2021", "indicator": "reached", "programme": "norms", "value": "20", "qualifier": "about", "period_start": "2021-01-01", "period_end": "2021-12-31", "target": {"value": "25"}}),
            json!({"resource": "impact_statistic", "slug": "to-be-reached", "status": "published", "label": "To be reached", "indicator": "reached", "programme": "norms", "countries": ["XK"], "target": {"value": "100", "period_start": "2022-01-01", "period_end": "2022-12-31"}}),
        ]);
        let key = server.editor_key();
        server.patch(&key, "/v1/programmes/norms", &json!({
            "country_shares": [{"country": "AL", "percentage": "20"}, {"country": "XK", "percentage": "20"}], "regions": [{"code": "298", "percentage": "60"}],
            "policy_markers": [{"code": "1", "significance": "2"}], "tags": [{"code": "5.2", "vocabulary": "3", "name": "Violence"}],
            "other_identifiers": [{"identifier": "N-1", "type": "A1", "owner_name": "Network"}],
            "sectors": [{"code": "15180"}, {"code": "W", "vocabulary": "99", "name": "Women"}],
            "iati": {"flow_type": "30", "aid_types": [{"code": "B01"}], "activity_scope": "4", "contact": {"organisation": "Network", "email": "n@example.org"}},
        }));
        let slice = json!([{"dimension": "sex", "value": "female"}, {"dimension": "location", "value": "Niš"}]);
        server.patch(&key, "/v1/impact-statistics/reached-2021", &json!({"partner": "network", "disaggregation": slice}));
        let file = activities(server, "/iati/activities.xml").text();
        {
            let document = Document::parse(&file).unwrap();
            let results = all(one(document.root_element(), "iati-activity"), "result");
            assert_eq!(results.len(), 3, "an indicator is one result");
            let periods = all(one(results[2], "indicator"), "period");
            assert_eq!(periods.len(), 3);
            assert_eq!(narratives(one(one(periods[1], "actual"), "comment")), [("en", "About 20\nReached in 2021\nUnit: people\nPartner: Network of shelters")]);
            assert_eq!(narratives(one(one(periods[0], "actual"), "comment")), [("en", "Reached in 2020\nWithout the pandemic.\nUnit: people\nSource: Counted by hand")]);
        }
        let other = TestServer::sqlite(Content::Empty, reporting);
        // Evidence is restored where the video exists.
        other.import(&whole().into_iter().filter(|item| item["resource"] == "video").map(|mut video| {
            video.as_object_mut().unwrap().remove("programme");
            video
        }).collect::<Vec<_>>());
        let message = import(&other, &file, 0);
        assert!(message.contains("9 items stored, 0 unchanged."), "{message}");
        assert!(import(&other, &file, 0).contains("0 items stored, 9 unchanged."));
        // Everything that IATI can express is equal, except timestamps.
        let described = |server: &TestServer, path: &str| {
            let mut items = server.read(&format!("{path}?lang=all&sort=slug&limit=100"))["data"].clone();
            for item in items.as_array_mut().unwrap() {
                let item = item.as_object_mut().unwrap();
                for name in ["id", "revision", "created_at", "updated_at", "published_at"] {
                    item.remove(name);
                }
                for value in item.values_mut() {
                    without_ids(value);
                }
            }
            items
        };
        assert_eq!(described(&other, "/v1/indicators"), described(server, "/v1/indicators"));
        let mut before = described(server, "/v1/impact-statistics");
        for item in before.as_array_mut().unwrap() {
            let item = item.as_object_mut().unwrap();
            match item["slug"].as_str().unwrap() {
                // A source with a URL becomes a document.
                "people" => {
                    item["source"] = Value::Null;
                    item["documents"] = json!([{"title": "Annual report", "url": "https://e.example.org/report.pdf", "media_type": "application/pdf", "language": null, "page": null}]);
                }
                "reached-2020" => item["documents"][0]["media_type"] = json!("application/pdf"),
                // A target without a value has the target period.
                "to-be-reached" => {
                    (item["period_start"], item["period_end"]) = (json!("2022-01-01"), json!("2022-12-31"));
                    (item["target"]["period_start"], item["target"]["period_end"]) = (Value::Null, Value::Null);
                }
                _ => {}
            }
        }
        assert_eq!(described(&other, "/v1/impact-statistics"), before);
        let mut before = described(server, "/v1/programmes");
        let partners = before[0]["partners"].as_array_mut().unwrap();
        partners.retain(|one| one["role"] != "host");
        for sector in before[0]["sectors"].as_array_mut().unwrap() {
            sector["percentage"] = Value::Null;
        }
        assert_eq!(described(&other, "/v1/programmes"), before);
        // The export of the import is equal.
        let results = |server: &TestServer| {
            let text = activities(server, "/iati/activities.xml").text().replace(&server.base(), "");
            text.get(text.find("<result").unwrap()..).unwrap().to_owned()
        };
        assert_eq!(results(&other), results(server));
    }
}

/// Removes the ids of references.
fn without_ids(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("id");
            object.values_mut().for_each(without_ids);
        }
        Value::Array(members) => members.iter_mut().for_each(without_ids),
        _ => {}
    }
}

on_both! {
    fn check_reports_missing_iati_fields(server: &TestServer) {
        let directory = tempfile::tempdir().expect("a directory");
        let check = |more: &[&str], code: i32| {
            let arguments = [&["check", "--iati"], more].concat();
            let mut command = kinoteka(directory.path(), &server.settings.database_url, &arguments);
            command.env("KINOTEKA_IATI_REPORTING_ORG", "XM-EXAMPLE-1").env("KINOTEKA_IATI_REPORTING_ORG_TYPE", "22");
            stdout_text(&expect_exit(command.output().expect("the program runs"), code))
        };
        assert!(check(&[], 1).starts_with("missing_value: /settings/KINOTEKA_NAME: IATI requires the name of `XM-EXAMPLE-1`"));
        server.import(&whole());
        // What IATI cannot express is listed, and is no problem.
        let notes = check(&[], 0);
        assert!(notes.starts_with("not_exported: /programmes/norms/partners: IATI has no code for the role `host` of the partner `host`") && notes.lines().count() == 1, "{notes}");
        server.import(&[
            json!({"resource": "indicator", "slug": "reached", "status": "published", "label": "People reached"}),
            json!({"resource": "impact_statistic", "slug": "one", "status": "published", "label": "L", "indicator": "reached", "programme": "norms", "value": "1", "period_start": "2020-01-01", "period_end": "2020-12-31"}),
            json!({"resource": "impact_statistic", "slug": "two", "status": "published", "label": "L", "indicator": "reached", "programme": "norms", "value": "2", "period_start": "2021-01-01"}),
            json!({"resource": "impact_statistic", "slug": "elsewhere", "status": "published", "label": "L", "value": "2", "indicator": "unused"}),
            json!({"resource": "indicator", "slug": "unused", "status": "published", "label": "Without reported values"}),
        ]);
        let found: Vec<Value> = check(&["--json"], 1).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
        let subjects: Vec<&str> = found.iter().map(|finding| finding["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["/indicators/reached/result_type", "/impact-statistics/two/period_end", "/programmes/norms/partners", "/impact-statistics/elsewhere/programme", "/indicators/unused/statistics"]);
        assert!(found[..2].iter().all(|finding| finding["code"] == "missing_value" && finding["remedy"].as_str().unwrap().contains("leaves it out")));
        assert!(found[2..].iter().all(|finding| finding["code"] == "not_exported"));
        assert!(found[2]["detail"].as_str().unwrap().contains("`host`"), "{}", found[2]);
        expect_exit(kinoteka(directory.path(), &server.settings.database_url, &["check"]).output().expect("the program runs"), 0);
    }
}
