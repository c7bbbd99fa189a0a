//! `/iati/…`: IATI export, validated against the official schemas by xmllint and against the IATI
//! Ruleset.

mod corpus;
mod import;
mod merge;
mod own_slugs;
mod programme_fields;
mod result_statements;
mod ruleset;
mod standard;
mod xpath;

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Response, TestServer, xmllint};
use kinoteka::config::Settings;
use ruleset::{all, narratives, one};

const OURS: &str = "urn:kinoteka:iati";

/// Sets the reporting organisation.
fn reporting(settings: &mut Settings) {
    settings.iati_reporting_org = Some("XM-EXAMPLE-1".to_owned());
    settings.iati_reporting_org_type = Some("22".to_owned());
    settings.name = Some("Norms and minds".to_owned());
}

/// A complete programme with its related items.
pub fn whole() -> Vec<Value> {
    let text = |title: &str, description: &str| json!({"title": title, "description": description, "status": "published"});
    vec![
        json!({"resource": "partner", "slug": "union", "status": "published", "name": "Union", "kind": "donor", "iati_identifier": "XI-IATI-EC"}),
        json!({
            "resource": "partner", "slug": "network", "status": "published", "kind": "civil_society", "iati_identifier": "XM-EXAMPLE-1", "website": "https://n.example.org/",
            "original_language": "sr-Latn",
            "translations": {"sr-Latn": {"name": "Mreža kuća", "status": "published"}, "sr-Cyrl": {"name": "Мрежа кућа", "status": "published"}, "en": {"name": "Network of shelters", "status": "published"}},
        }),
        json!({"resource": "partner", "slug": "host", "status": "published", "name": "A host", "kind": "government"}),
        json!({
            "resource": "programme", "slug": "norms", "status": "published", "iati_identifier": "XM-EXAMPLE-1-NORMS", "start_date": "2020-01-01", "end_date": "2021-12-31",
            "countries": ["AL", "XK"], "country_shares": [{"country": "AL", "percentage": "40"}, {"country": "XK", "percentage": 60}],
            "sectors": [{"code": "15180"}], "website": "https://e.example.org/norms.pdf",
            "partners": [{"partner": "union", "role": "funder"}, {"partner": "network", "role": "implementer"}, {"partner": "host", "role": "host"}],
            "original_language": "en",
            "translations": {"en": text("Norms & <minds>", "What it is about."), "sr-Cyrl": text("Норме", "О чему је реч."), "sr-Latn": text("Norme", "O čemu je reč."), "cnr": text("Norme i svijest", "O čemu je riječ.")},
        }),
        json!({"resource": "video", "slug": "film", "status": "published", "title": "A film", "duration_seconds": 95, "spoken_languages": ["sr", "sr-Latn", "cnr"], "programme": "norms"}),
        json!({
            "resource": "impact_statistic", "slug": "people", "status": "published", "value": "1500", "qualifier": "more_than", "unit": "people", "result_type": "output",
            "programme": "norms", "countries": ["XK"], "period_start": "2020-01-01", "period_end": "2020-12-31", "ascending": true, "additive": true,
            "baseline": {"value": "20.5", "year": 2019}, "target": {"value": "2000", "period_start": "2021-01-01", "period_end": "2021-12-31"},
            "disaggregation": [{"dimension": "sex", "value": "female"}], "source": {"text": "Annual report", "url": "https://e.example.org/report.pdf"},
            "evidence": [{"video": "film", "start_seconds": 10.5, "end_seconds": 40}], "original_language": "en",
            "translations": {"en": {"label": "People at the forum", "description": "Counted at the door.", "status": "published"}, "sr-Latn": {"label": "Ljudi na forumu", "status": "published"}},
        }),
        json!({
            "resource": "impact_statistic", "slug": "story", "status": "published", "label": "Courts take survivors seriously", "description": "Reported by all respondents.",
            "measure": "qualitative", "result_type": "outcome", "programme": "norms", "period_start": "2020-05-07", "period_end": "2020-05-07",
        }),
    ]
}

/// Requests the activities file and checks it against the IATI Ruleset.
fn activities(server: &TestServer, path: &str) -> Response {
    let response = server.get(path).expect(200);
    assert_eq!(response.required_header("content-type"), "application/xml; charset=utf-8");
    let text = response.text();
    let broken = ruleset::broken(&Document::parse(&text).expect("the file is well-formed"));
    assert!(broken.is_empty(), "{broken:?}: {text}");
    response
}

fn attributes(node: Node<'_, '_>) -> String {
    node.attributes()
        .map(|one| format!("{}={}", one.name(), one.value()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn each(node: Node<'_, '_>, name: &str) -> Vec<String> {
    all(node, name).into_iter().map(attributes).collect()
}

#[test]
fn schema_validator_rejects_invalid_file() {
    // Without xmllint nothing is validated, which is reported.
    if xmllint::validation_errors("activities", b"<iati-activities version=\"2.03\"/>").is_some() {
        let organisation =
            b"<iati-organisations version=\"2.03\"><iati-organisation/></iati-organisations>";
        assert!(
            xmllint::validation_errors("organisations", organisation)
                .is_some_and(|errors| errors.contains("organisation-identifier"))
        );
    }
}

on_both! {
    fn large_file_is_streamed(server: &TestServer, super::reporting) {
        let base = whole();
        let mut items = base.clone();
        for number in 0..150 {
            let mut programme = base[3].clone();
            programme["slug"] = json!(format!("large-{number}"));
            programme["iati_identifier"] = json!(format!("XM-EXAMPLE-1-{number}"));
            // Every tenth lacks what IATI requires, and two have the same identifier.
            if number % 10 == 9 {
                programme["sectors"] = json!([]);
            }
            if number == 42 {
                programme["iati_identifier"] = json!("XM-EXAMPLE-1-41");
            }
            programme["translations"]["en"]["description"] = json!(format!("{number} ").repeat(9_000));
            items.push(programme);
            let mut video = base[4].clone();
            (video["slug"], video["programme"]) = (json!(format!("film-{number}")), json!(format!("large-{number}")));
            items.push(video);
        }
        server.import(&items);
        server.get("/iati/activities.xml?incomplete=refuse").problem(422, "incomplete-catalogue");
        let path = "/iati/activities.xml?sort=slug";
        let response = activities(server, path);
        assert_eq!(response.header("transfer-encoding"), Some("chunked"));
        assert_eq!(response.header("x-kinoteka-skipped"), Some("programmes=16, statistics=0"));
        assert!(xmllint::validation_errors("activities", &response.body).is_none_or(|errors| errors.is_empty()));
        let text = response.text();
        let document = Document::parse(&text).unwrap();
        let mut expected: Vec<String> = (0..150)
            .filter(|number| number % 10 != 9 && *number != 42)
            .map(|number| format!("large-{number}"))
            .chain(["norms".to_owned()])
            .collect();
        expected.sort();
        let exported: Vec<&str> = all(document.root_element(), "iati-activity")
            .into_iter()
            .filter_map(|activity| activity.attribute((OURS, "slug")))
            .collect();
        assert_eq!(exported, expected);
        let videos = all(document.root_element(), "iati-activity").into_iter().flat_map(|activity| all(activity, "document-link")).filter(|link| link.attribute((OURS, "video")).is_some());
        assert_eq!(videos.count(), 135);
        // A part of it is small, and has the same activities.
        let small = activities(server, "/iati/activities.xml?ids=large-7").text();
        let activity = |text: &str| text.split_once("kinoteka:slug=\"large-7\"").and_then(|(_, rest)| rest.split_once("</iati-activity>")).map(|(activity, _)| activity.to_owned());
        assert!(activity(&small).is_some());
        assert_eq!(activity(&small), activity(&text));
        // The file is the same while nothing changes.
        let tag = response.required_header("etag").to_owned();
        server.request("GET", path).header("If-None-Match", &tag).send().expect(304);
    }

    fn exports_programme_as_activity(server: &TestServer, super::reporting) {
        server.import(&whole());
        let text = activities(server, "/iati/activities.xml").text();
        let document = Document::parse(&text).unwrap();
        assert_eq!(document.root_element().attribute("version"), Some("2.03"));
        let activity = one(document.root_element(), "iati-activity");
        assert_eq!(activity.attribute((OURS, "slug")), Some("norms"));
        assert_eq!(one(activity, "iati-identifier").text(), Some("XM-EXAMPLE-1-NORMS"));
        let reporter = one(activity, "reporting-org");
        assert_eq!(attributes(reporter), "ref=XM-EXAMPLE-1 type=22");
        // ISO 639-1 codes where possible; `sr` is Latin in the whole file.
        assert_eq!(narratives(reporter), [("sr", "Mreža kuća"), ("en", "Network of shelters"), ("sr-Cyrl", "Мрежа кућа")]);
        assert_eq!(narratives(one(activity, "title")), [("en", "Norms & <minds>"), ("cnr", "Norme i svijest"), ("sr-Cyrl", "Норме"), ("sr", "Norme")]);
        for narrative in document.descendants().filter(|node| node.tag_name().name() == "narrative") {
            let is_cyrillic = narrative.text().unwrap_or_default().chars().any(|c| ('\u{400}'..='\u{4ff}').contains(&c));
            let language = narrative.attribute(("http://www.w3.org/XML/1998/namespace", "lang")).unwrap();
            assert!(language != "sr" || !is_cyrillic, "{:?}", narrative.text());
        }
        assert_eq!(narratives(one(activity, "description"))[0], ("en", "What it is about."));
        // IATI has no code for the role of the host.
        assert_eq!(each(activity, "participating-org"), ["ref=XI-IATI-EC role=1 slug=union", "ref=XM-EXAMPLE-1 role=4 slug=network"]);
        assert_eq!(each(activity, "activity-status"), ["code=4"]);
        assert_eq!(each(activity, "activity-date"), ["type=2 iso-date=2020-01-01", "type=4 iso-date=2021-12-31"]);
        assert_eq!(each(activity, "recipient-country"), ["code=AL percentage=40", "code=XK percentage=60"]);
        assert_eq!(each(activity, "sector"), ["vocabulary=1 code=15180 percentage=100"]);
        let places = all(activity, "location");
        assert_eq!(places.iter().map(|place| attributes(one(*place, "location-id"))).collect::<Vec<_>>(), ["vocabulary=A4 code=AL", "vocabulary=A4 code=XK"]);
        assert_eq!(narratives(one(places[1], "name"))[0], ("en", "Kosovo*"));
        assert!(narratives(one(places[1], "description"))[0].1.starts_with("This designation is without prejudice"));
        assert!(all(places[0], "description").is_empty());
        let page = format!("{}/embed/videos/film?lang=en", server.base());
        assert_eq!(each(activity, "document-link"), ["url=https://e.example.org/norms.pdf format=application/pdf".to_owned(), format!("url={page} format=text/html video=film")]);
        assert_eq!(each(all(activity, "document-link")[1], "language"), ["code=sr"]);
        // Results.
        let results = all(activity, "result");
        assert_eq!(results.iter().map(|result| attributes(*result)).collect::<Vec<_>>(), ["type=1", "type=2"]);
        let indicator = one(results[0], "indicator");
        assert_eq!(attributes(indicator), "measure=1 ascending=true aggregation-status=true statistic=people unit=people time-aggregation=sum group-aggregation=sum");
        assert_eq!(narratives(one(indicator, "title")), [("en", "People at the forum"), ("sr", "Ljudi na forumu")]);
        assert_eq!(narratives(one(indicator, "description")), [("en", "Counted at the door.")]);
        let baseline = one(indicator, "baseline");
        assert_eq!((attributes(baseline), each(baseline, "dimension")), ("year=2019 value=20.5 statistics=people".to_owned(), vec!["name=sex value=female".to_owned()]));
        let periods = all(indicator, "period");
        assert_eq!(periods.len(), 2);
        let actual = one(periods[0], "actual");
        assert_eq!(attributes(actual), "value=1500");
        let ours = |node: Node<'_, '_>| attributes(node.children().find(|child| child.tag_name() == (OURS, "value").into()).unwrap());
        assert_eq!(ours(actual), "statistic=people qualifier=more_than");
        assert_eq!((each(actual, "location"), each(actual, "dimension")), (vec!["ref=XK".to_owned()], vec!["name=sex value=female".to_owned()]));
        assert_eq!(narratives(one(actual, "comment")), [("en", "More than 1,500\nUnit: people"), ("sr", "Više od 1.500\nJedinica: people")]);
        assert_eq!(each(actual, "document-link"), [format!("url={page}#t=10.5,40 format=text/html video=film"), "url=https://e.example.org/report.pdf format=application/pdf".to_owned()]);
        assert_eq!(narratives(one(all(actual, "document-link")[1], "title")), [("en", "Annual report")]);
        assert_eq!(attributes(one(periods[1], "target")), "value=2000");
        assert_eq!(ours(one(periods[1], "target")), "statistic=people");
        assert_eq!(narratives(one(one(periods[1], "target"), "comment")), [("en", "Unit: people"), ("sr", "Jedinica: people")]);
        let story = one(one(results[1], "indicator"), "period");
        assert_eq!(attributes(one(story, "actual")), "");
        assert_eq!(ours(one(story, "actual")), "statistic=story");
        assert_eq!(narratives(one(one(story, "actual"), "comment")), [("en", "Courts take survivors seriously\nReported by all respondents.")]);
    }

    fn reports_missing_fields_without_inventing_values(server: &TestServer, super::reporting) {
        server.import(&whole());
        server.import(&[
            json!({"resource": "programme", "slug": "bare", "status": "published", "title": "Bare", "countries": ["RS", "KE"], "iati_identifier": "XM-OTHER-1"}),
            json!({"resource": "impact_statistic", "slug": "of-bare", "status": "published", "label": "L", "value": "1", "programme": "bare"}),
            json!({"resource": "impact_statistic", "slug": "undated", "status": "published", "label": "L", "value": "1", "programme": "norms", "period_start": "2020-01-01", "baseline": {"value": "1", "year": 2019}}),
            json!({"resource": "impact_statistic", "slug": "aimed", "status": "published", "label": "L", "programme": "norms", "result_type": "impact", "target": {"value": "5", "period_start": "2020-01-01"}}),
            json!({"resource": "impact_statistic", "slug": "empty", "status": "published", "label": "L", "programme": "norms", "result_type": "impact", "period_start": "2020-01-01", "period_end": "2020-01-02"}),
            json!({"resource": "programme", "slug": "draft", "title": "Draft"}),
            json!({"resource": "programme", "slug": "double", "status": "published", "title": "Double", "summary": "S.", "iati_identifier": "XM-EXAMPLE-1-NORMS", "start_date": "2020-01-01", "countries": ["AL"], "sectors": [{"code": "15180"}], "partners": [{"partner": "network", "role": "accountable"}], "published_at": "2001-01-01T00:00:00Z"}),
        ]);
        let problem = server.get("/iati/activities.xml?incomplete=refuse").problem(422, "incomplete-catalogue");
        let mut found: Vec<String> = problem["errors"].as_array().unwrap().iter().map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
        found.sort();
        assert_eq!(found, [
            "/impact-statistics/aimed/target/period_end missing_value",
            "/impact-statistics/empty/value missing_value",
            "/impact-statistics/of-bare/period_end missing_value",
            "/impact-statistics/of-bare/period_start missing_value",
            "/impact-statistics/of-bare/result_type missing_value",
            "/impact-statistics/undated/period_end missing_value",
            "/impact-statistics/undated/result_type missing_value",
            "/programmes/bare/country_shares missing_value",
            "/programmes/bare/description missing_value",
            "/programmes/bare/iati_identifier invalid_identifier",
            "/programmes/bare/partners missing_value",
            "/programmes/bare/sectors missing_value",
            "/programmes/bare/start_date missing_value",
            "/programmes/double/iati_identifier invalid_identifier",
        ]);
        let omitted = activities(server, "/iati/activities.xml");
        assert_eq!(activities(server, "/iati/activities.xml?incomplete=omit").text(), omitted.text());
        assert_eq!(omitted.required_header("x-kinoteka-skipped"), "programmes=2, statistics=3");
        assert!(omitted.text().contains("Left out because they are incomplete: 2 programmes, 3 statistics of other programmes -->"), "{}", omitted.text());
        let text = omitted.text();
        let document = Document::parse(&text).unwrap();
        assert_eq!(all(one(document.root_element(), "iati-activity"), "result").len(), 2);
        // A file needs at least one activity.
        let problem = server.get("/iati/activities.xml?ids=bare").problem(422, "incomplete-catalogue");
        assert!(problem["detail"].as_str().unwrap().contains("No programme is complete"), "{problem}");
        server.get("/iati/activities.xml?country=TR").problem(422, "incomplete-catalogue");
        let one = server.get("/iati/activities.xml?ids=norms&incomplete=refuse").problem(422, "incomplete-catalogue");
        assert_eq!(one["errors"].as_array().unwrap().len(), 4);
    }

    fn export_applies_filters(server: &TestServer, super::reporting) {
        server.import(&whole());
        for query in ["?ids=norms", "?country=AL", "?partner=union", "?q=norme", "?period_after=2019-01-01", "?text_language=cnr", "?sort=title&incomplete=refuse"] {
            activities(server, &format!("/iati/activities.xml{query}"));
        }
        for (query, errors) in [
            ("?lang=en", &[("lang", "unknown_parameter")][..]),
            ("?limit=1&status=draft", &[("limit", "unknown_parameter"), ("status", "unknown_parameter")]),
            ("?incomplete=leave", &[("incomplete", "unknown_value")]),
            ("?incomplete=omit&incomplete=omit", &[("incomplete", "repeated")]),
            ("?contry=AL", &[("contry", "unknown_parameter")]),
            ("?partner=nobody", &[("partner", "unknown_value")]),
        ] {
            server.get(&format!("/iati/activities.xml{query}")).errors(400, errors);
        }
        server.get("/iati/organisations.xml?ids=norms").errors(400, &[("ids", "unknown_parameter")]);
    }

    fn export_supports_conditional_get(server: &TestServer, super::reporting) {
        server.import(&whole());
        let key = server.editor_key();
        for path in ["/iati/activities.xml", "/iati/organisations.xml"] {
            let first = server.get(path).expect(200);
            let tag = first.required_header("etag").to_owned();
            assert!(first.required_header("cache-control").starts_with("public, max-age=60"));
            assert_eq!(server.request("GET", path).header("If-None-Match", &tag).send().expect(304).required_header("etag"), tag);
            let head = server.request("HEAD", path).send().expect(200);
            assert_eq!((head.required_header("etag"), head.body.len()), (tag.as_str(), 0));
            assert_eq!(server.request("GET", path).header("Origin", "https://e.org").send().expect(200).required_header("access-control-allow-origin"), "*");
            assert_eq!(server.get(path).text(), first.text(), "the same state is the same file");
            server.patch(&key, "/v1/partners/network", &json!({"acronym": tag.trim_matches('"')}));
            let after = server.request("GET", path).header("If-None-Match", &tag).send().expect(200);
            assert_ne!(after.required_header("etag"), tag);
        }
    }

    fn uses_recipient_region_only_where_valid(server: &TestServer, super::reporting) {
        server.import(&whole());
        let key = server.editor_key();
        let shown = |change: Value| {
            server.patch(&key, "/v1/programmes/norms", &change);
            let text = activities(server, "/iati/activities.xml").text();
            let document = Document::parse(&text).unwrap();
            let activity = one(document.root_element(), "iati-activity");
            [each(activity, "recipient-country"), each(activity, "recipient-region"), each(activity, "activity-status"), each(activity, "activity-date")].concat()
        };
        assert_eq!(
            shown(json!({"country_shares": [], "countries": ["AL", "XK", "TR"], "iati_status": "suspended"})),
            ["code=89 vocabulary=1 percentage=100", "code=6", "type=2 iso-date=2020-01-01", "type=3 iso-date=2021-12-31"]
        );
        assert_eq!(
            shown(json!({"countries": ["KE"], "iati_status": null, "start_date": "2999-01-01", "end_date": null})),
            ["code=KE percentage=100", "code=1", "type=1 iso-date=2999-01-01"]
        );
        server.patch(&key, "/v1/programmes/norms", &json!({"countries": ["KE", "AL"]}));
        let problem = server.get("/iati/activities.xml").problem(422, "incomplete-catalogue");
        assert_eq!(problem["errors"][0]["pointer"], "/programmes/norms/country_shares");
        // Regions of any vocabulary, alone or with shares of countries.
        assert_eq!(
            shown(json!({"regions": [{"code": "298"}]})),
            ["code=298 vocabulary=1 percentage=100", "code=1", "type=1 iso-date=2999-01-01"]
        );
        assert_eq!(
            shown(json!({"country_shares": [{"country": "KE", "percentage": "30"}], "regions": [{"code": "298", "percentage": "45.5"}, {"code": "998", "percentage": "24.5"}, {"code": "Sahel", "vocabulary": "99", "percentage": "70", "name": "Sahel"}]})),
            ["code=KE percentage=30", "code=298 vocabulary=1 percentage=45.5", "code=998 vocabulary=1 percentage=24.5", "code=Sahel vocabulary=99 percentage=70", "code=1", "type=1 iso-date=2999-01-01"]
        );
        server.patch(&key, "/v1/programmes/norms", &json!({"country_shares": [], "regions": [{"code": "298"}, {"code": "998"}]}));
        let problem = server.get("/iati/activities.xml").problem(422, "incomplete-catalogue");
        assert_eq!(problem["errors"][0]["pointer"], "/programmes/norms/regions");
    }

    fn exports_organisation_file(server: &TestServer, super::reporting) {
        server.import(&whole());
        let text = server.get("/iati/organisations.xml").expect(200).text();
        let document = Document::parse(&text).unwrap();
        let organisation = one(document.root_element(), "iati-organisation");
        assert_eq!(one(organisation, "organisation-identifier").text(), Some("XM-EXAMPLE-1"));
        assert_eq!(narratives(one(organisation, "name")), [("sr", "Mreža kuća"), ("en", "Network of shelters"), ("sr-Cyrl", "Мрежа кућа")]);
        assert_eq!(attributes(one(organisation, "document-link")), "url=https://n.example.org/ format=text/html");
        assert_eq!(attributes(one(one(organisation, "document-link"), "category")), "code=B16");
    }

    demo fn requires_reporting_organisation(server: &TestServer) {
        for path in ["/iati/organisations.xml", "/iati/activities.xml", "/iati/activities.xml?incomplete=refuse"] {
            let problem = server.get(path).problem(422, "incomplete-catalogue");
            assert_eq!(problem["errors"][0]["pointer"], "/settings/KINOTEKA_IATI_REPORTING_ORG", "{path}");
        }
    }

    fn reporting_organisation_name_is_catalogue_title(server: &TestServer, |settings| {
        super::reporting(settings);
        settings.iati_reporting_org = Some("XM-EXAMPLE-2".to_owned());
    }) {
        let text = server.get("/iati/organisations.xml").expect(200).text();
        let document = Document::parse(&text).unwrap();
        assert_eq!(narratives(one(one(document.root_element(), "iati-organisation"), "name")), [("en", "Norms and minds")]);
    }

    fn validates_sectors_and_percentages_on_write(server: &TestServer) {
        let key = server.editor_key();
        let refused = |body: Value, errors: &[(&str, &str)]| drop(server.request("POST", "/v1/programmes").key(&key).json(&body).send().errors(422, errors));
        refused(json!({"title": "T", "countries": ["AL"], "country_shares": [{"country": "RS", "percentage": "100"}]}), &[("/country_shares/0/country", "not_allowed")]);
        refused(
            json!({"title": "T", "countries": ["AL"], "country_shares": [{"country": "AL", "percentage": "50"}, {"country": "AL", "percentage": "50"}]}),
            &[("/country_shares/1/country", "repeated")],
        );
        refused(json!({"title": "T", "countries": ["AL"], "country_shares": [{"country": "AL", "percentage": "99.9"}]}), &[("/country_shares", "invalid_sum")]);
        refused(json!({"title": "T", "countries": ["AL"], "country_shares": [{"country": "AL"}]}), &[("/country_shares/0/percentage", "required")]);
        refused(json!({"title": "T", "sectors": [{"code": "1", "percentage": "101"}]}), &[("/sectors/0/percentage", "out_of_range")]);
        refused(json!({"title": "T", "sectors": [{"code": "1", "percentage": "-1"}]}), &[("/sectors/0/percentage", "out_of_range")]);
        refused(json!({"title": "T", "sectors": [{"code": "1", "percentage": "half"}]}), &[("/sectors/0/percentage", "invalid_decimal")]);
        refused(json!({"title": "T", "sectors": [{"code": "1", "percentage": "40"}, {"code": "2"}]}), &[("/sectors", "invalid_sum")]);
        refused(json!({"title": "T", "sectors": [{"code": "1"}, {"code": "1", "vocabulary": "1"}]}), &[("/sectors", "repeated")]);
        refused(json!({"title": "T", "sectors": [{"vocabulary": "1"}], "iati_status": "done"}), &[("/iati_status", "unknown_value"), ("/sectors/0/code", "required")]);
        let made = server.create(&key, "/v1/programmes", &json!({
            "title": "T", "countries": ["AL", "RS"], "country_shares": [{"country": "AL", "percentage": 33.4}, {"country": "RS", "percentage": "66.6"}],
            "sectors": [{"code": "15180", "percentage": "60"}, {"code": "15170", "percentage": "40"}, {"code": "5", "vocabulary": "7"}],
        }));
        assert_eq!(made["country_shares"], json!([{"country": "AL", "percentage": "33.4"}, {"country": "RS", "percentage": "66.6"}]));
        assert_eq!(made["sectors"][2], json!({"code": "5", "vocabulary": "7", "percentage": null}));
    }

    fn export_query_count_is_fixed(server: &TestServer, super::reporting) {
        let statements = |path: &str| {
            // Reference names are cached by the first request.
            server.get(path).expect(200);
            let response = server.get(path).expect(200);
            response.required_header("server-timing").strip_prefix("db;desc=\"").and_then(|rest| rest.split(' ').next()).unwrap().parse::<u32>().unwrap()
        };
        server.import(&whole());
        server.import(&[json!({"resource": "indicator", "slug": "reached", "status": "published", "label": "People reached", "result_type": "output"})]);
        let many = |from: usize, to: usize| (from..to).flat_map(|at| {
            let mut programme = whole().into_iter().find(|item| item["resource"] == "programme").unwrap();
            (programme["slug"], programme["iati_identifier"]) = (json!(format!("norms-{at}")), json!(format!("XM-EXAMPLE-1-{at}")));
            let statistics = (0..4).map(move |year| json!({
                "resource": "impact_statistic", "slug": format!("of-{at}-{year}"), "status": "published", "label": "L", "indicator": "reached", "programme": format!("norms-{at}"),
                "value": "1", "period_start": format!("202{year}-01-01"), "period_end": format!("202{year}-12-31"), "evidence": [{"video": "film"}],
            }));
            [programme].into_iter().chain(statistics).collect::<Vec<_>>()
        }).collect::<Vec<_>>();
        server.import(&many(0, 1));
        let few = statements("/iati/activities.xml");
        server.import(&many(1, 20));
        assert_eq!(statements("/iati/activities.xml"), few);
        assert!(few <= 20, "{few}");
        let text = activities(server, "/iati/activities.xml").text();
        let document = Document::parse(&text).unwrap();
        assert_eq!(all(document.root_element(), "iati-activity").len(), 21);
    }
}
