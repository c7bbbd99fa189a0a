//! Indicators, and the fields that impact statistics inherit from them.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::server::slugs;
use crate::support::{TestServer, demo_catalogue};

const STATISTICS: &str = "/v1/impact-statistics";

fn indicator(server: &TestServer, key: &str, slug: &str, more: Value) {
    let mut body = json!({"slug": slug, "status": "published", "label": slug});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.create(key, "/v1/indicators", &body);
}

on_both! {
    fn indicators_support_crud(server: &TestServer) {
        let key = server.editor_key();
        let body = json!({"slug": "violence", "status": "published", "measure": "percentage", "unit": "women", "ascending": false, "code": "5.2.1", "vocabulary": "sdg",
            "vocabulary_url": "https://unstats.un.org/sdgs/", "result_type": "impact",
            "translations": {"en": {"status": "published", "label": "Women subjected to violence"}, "mk": {"status": "published", "label": "Жени изложени на насилство", "description": "Опис"}}});
        let made = server.create(&key, "/v1/indicators?lang=all", &body);
        assert_eq!((made["is_share"].as_bool(), made["time_aggregation"].as_bool(), made["code"].as_str()), (Some(true), None, Some("5.2.1")));
        let back = server.request("PUT", "/v1/indicators/violence?lang=all").key(&key).json(&made).send().expect(200).json();
        assert_eq!(back, made, "the representation can be sent back unchanged");
        assert_eq!(server.read("/v1/indicators/violence?lang=mk")["label"], "Жени изложени на насилство");
        for (query, found) in [("code=5.2.1", 1), ("vocabulary=sdg", 1), ("vocabulary=own", 0), ("measure=percentage", 1), ("unit=women", 1), ("result_type=impact", 1), ("q=%D0%B8%D0%B7%D0%BB%D0%BE%D0%B6%D0%B5%D0%BD%D0%B8", 1), ("time_aggregation=sum", 0)] {
            assert_eq!(slugs(&server.read(&format!("/v1/indicators?{query}"))).len(), found, "{query}");
        }
        assert_eq!(server.read("/v1/search?q=subjected&kind=indicator")["data"][0]["slug"], "violence");
        let post = |body: Value| server.request("POST", "/v1/indicators").key(&key).json(&body).send();
        post(json!({"label": "L", "code": "1"})).errors(422, &[("/vocabulary", "required")]);
        post(json!({"label": "L", "vocabulary": "sdg"})).errors(422, &[("/code", "required")]);
        post(json!({"label": "L", "vocabulary": "sgd", "code": "1"})).errors(422, &[("/vocabulary", "unknown_value"), ("/vocabulary", "required")]);
        post(json!({"label": "L", "measure": "percentage", "additive": true})).errors(422, &[("/additive", "not_allowed")]);
        post(json!({"label": "L", "is_share": true})).errors(422, &[("/is_share", "not_allowed")]);
        server.patch(&key, "/v1/indicators/violence", &json!({"slug": "violence-by-partners"}));
        assert_eq!(server.get("/v1/indicators/violence").expect(308).required_header("location"), format!("{}/v1/indicators/violence-by-partners", server.base()));
    }

    fn aggregation_is_stated_over_time_and_groups(server: &TestServer) {
        let key = server.editor_key();
        let rule = |item: &Value| (item["time_aggregation"].clone(), item["group_aggregation"].clone());
        let of = |over_time: &str, over_groups: &str| (json!(over_time), json!(over_groups));
        for (path, fields) in [("/v1/indicators", json!({"label": "L"})), (STATISTICS, json!({"label": "L", "value": "1"}))] {
            let send = |method: &str, path: &str, more: Value| {
                let mut body = if method == "POST" { fields.clone() } else { json!({}) };
                body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                server.request(method, path).key(&key).json(&body).send()
            };
            let made = send("POST", path, json!({"slug": "stock", "status": "published", "time_aggregation": "latest", "group_aggregation": "sum"})).expect(201).json();
            assert_eq!(rule(&made), of("latest", "sum"));
            assert_eq!(server.slug_set(&format!("{path}?time_aggregation=latest,max&group_aggregation=!none")), ["stock"]);
            let facets = server.read(&format!("{path}?facets=time_aggregation"));
            assert_eq!(facets["facets"]["time_aggregation"][0]["value"], "latest");
            // The field that these have replaced is short for them.
            assert_eq!(rule(&send("PATCH", &format!("{path}/stock"), json!({"additive": true})).expect(200).json()), of("sum", "sum"));
            assert_eq!(rule(&send("PATCH", &format!("{path}/stock"), json!({"additive": false})).expect(200).json()), of("latest", "none"));
            assert_eq!(rule(&send("PATCH", &format!("{path}/stock"), json!({"time_aggregation": null})).expect(200).json()), (Value::Null, json!("none")));
            send("POST", path, json!({"additive": true, "time_aggregation": "max"})).errors(422, &[("/additive", "conflicting")]);
            send("POST", path, json!({"time_aggregation": "mean", "group_aggregation": "max"})).errors(422, &[("/time_aggregation", "unknown_value"), ("/group_aggregation", "unknown_value")]);
            let sums = json!({"measure": "percentage", "time_aggregation": "sum", "group_aggregation": "sum"});
            send("POST", path, sums).errors(422, &[("/time_aggregation", "not_allowed"), ("/group_aggregation", "not_allowed")]);
            send("POST", path, json!({"measure": "percentage", "time_aggregation": "max", "group_aggregation": "none"})).expect(201);
            server.get(&format!("{path}?additive=true")).errors(400, &[("additive", "unknown_parameter")]);
        }
    }

    fn statistics_have_a_state_and_a_baseline_with_date_and_comment(server: &TestServer) {
        let key = server.editor_key();
        let texts = json!({"en": {"status": "published", "label": "People", "baseline_comment": "Survey of 400 households."}, "mk": {"status": "published", "label": "Луѓе", "baseline_comment": "Анкета на 400 домаќинства."}});
        let made = server.create(&key, &format!("{STATISTICS}?lang=all"), &json!({"slug": "s", "status": "published", "translations": texts, "value": "5", "state": "provisional", "baseline": {"value": "2", "date": "2021-06-30"}}));
        assert_eq!((&made["state"], &made["baseline"]), (&json!("provisional"), &json!({"value": "2", "value_number": 2, "year": 2021, "date": "2021-06-30"})));
        assert_eq!(server.request("PUT", &format!("{STATISTICS}/s?lang=all")).key(&key).json(&made).send().expect(200).json(), made, "the representation can be sent back unchanged");
        let read = |language: &str| server.read(&format!("{STATISTICS}/s?lang={language}"))["baseline_comment"].clone();
        assert_eq!((read("mk"), read("en")), (json!("Анкета на 400 домаќинства."), json!("Survey of 400 households.")));
        // Without a state, `state` is null; the year of a baseline remains.
        let plain = server.create(&key, STATISTICS, &json!({"slug": "t", "status": "published", "label": "T", "value": "1", "baseline": {"value": "2", "year": 2020}}));
        assert_eq!((&plain["state"], &plain["baseline_comment"], &plain["baseline"]["date"], &plain["baseline"]["year"]), (&Value::Null, &Value::Null, &Value::Null, &json!(2020)));
        for (query, expected) in [("state=provisional", vec!["s"]), ("state=verified", vec![]), ("state=!provisional", vec!["t"])] {
            assert_eq!(server.slug_set(&format!("{STATISTICS}?{query}")), expected, "{query}");
        }
        assert_eq!(server.read(&format!("{STATISTICS}?facets=state"))["facets"]["state"][0]["value"], "provisional");
        assert_eq!(server.read(&format!("{STATISTICS}/summary?state=provisional"))["data"][0]["total"]["value"], "5");
        server.patch(&key, &format!("{STATISTICS}/s"), &json!({"state": "verified", "baseline": {"date": "2022-01-31", "year": 2022}}));
        assert_eq!(server.slug_set(&format!("{STATISTICS}?state=verified")), ["s"]);
        let post = |body: Value| server.request("POST", STATISTICS).key(&key).json(&body).send();
        post(json!({"label": "L", "state": "final"})).errors(422, &[("/state", "unknown_value")]);
        post(json!({"label": "L", "baseline": {"value": "5", "year": 2020, "date": "2021-01-01"}})).errors(422, &[("/baseline/year", "conflicting")]);
        post(json!({"label": "L", "baseline": {"value": "5", "date": "1492-10-12"}})).errors(422, &[("/baseline/date", "out_of_range")]);
        post(json!({"label": "L", "baseline": {"value": "5", "date": "2021"}})).errors(422, &[("/baseline/date", "invalid_date")]);
    }

    fn statistics_inherit_indicator_fields(server: &TestServer) {
        let key = server.editor_key();
        indicator(server, &key, "trained", json!({"unit": "people", "ascending": true, "additive": true}));
        indicator(server, &key, "share", json!({"unit": "women", "measure": "percentage", "ascending": false}));
        let made = server.create(&key, STATISTICS, &json!({"slug": "s", "status": "published", "label": "S", "indicator": "trained", "value": "40"}));
        let inherited = |statistic: &Value| ["unit", "measure", "ascending", "time_aggregation", "group_aggregation"].map(|name| statistic[name].clone());
        assert_eq!((inherited(&made), made["indicator"]["slug"].as_str()), ([json!("people"), json!("unit"), json!(true), json!("sum"), json!("sum")], Some("trained")));
        // Equal values may be repeated; different values are an error.
        server.create(&key, STATISTICS, &json!({"slug": "t", "status": "published", "label": "T", "indicator": {"slug": "trained"}, "unit": "people", "measure": "unit", "value": "2"}));
        let wrong = json!({"label": "U", "indicator": "trained", "unit": "women", "measure": "percentage", "ascending": false, "time_aggregation": "latest", "group_aggregation": "none"});
        let errors = [("/unit", "does_not_fit"), ("/measure", "does_not_fit"), ("/ascending", "does_not_fit"), ("/time_aggregation", "does_not_fit"), ("/group_aggregation", "does_not_fit")];
        server.request("POST", STATISTICS).key(&key).json(&wrong).send().errors(422, &errors);
        server.request("POST", STATISTICS).key(&key).json(&json!({"label": "U", "indicator": "nothing"})).send().errors(422, &[("/indicator", "unknown_reference")]);
        // A patch may change the indicator alone; without an indicator the values stay.
        let moved = server.patch(&key, "/v1/impact-statistics/t", &json!({"indicator": "share"}));
        assert_eq!(inherited(&moved), [json!("women"), json!("percentage"), json!(false), Value::Null, Value::Null]);
        let alone = server.patch(&key, "/v1/impact-statistics/t", &json!({"indicator": null}));
        assert_eq!((inherited(&alone)[0].clone(), alone["indicator"].clone()), (json!("women"), Value::Null));
        // A change of the indicator updates its statistics, filters, facets and ETags.
        let tag = server.get("/v1/impact-statistics/s").required_header("etag").to_owned();
        assert_eq!(server.slug_set("/v1/impact-statistics?unit=people"), ["s"]);
        assert_eq!(server.read("/v1/impact-statistics?indicator=trained&facets=unit")["facets"]["unit"][0]["value"], "people");
        server.patch(&key, "/v1/indicators/trained", &json!({"unit": "persons", "additive": false}));
        let after = server.get("/v1/impact-statistics/s").expect(200);
        assert_ne!(after.required_header("etag"), tag);
        assert_eq!((inherited(&after.json()), after.json()["revision"].as_u64()), ([json!("persons"), json!("unit"), json!(true), json!("latest"), json!("none")], Some(2)));
        assert!(server.slug_set("/v1/impact-statistics?unit=people").is_empty());
        assert_eq!(server.slug_set("/v1/impact-statistics?unit=persons&time_aggregation=latest&group_aggregation=none"), ["s"]);
        assert_eq!(server.read("/v1/impact-statistics?indicator=trained&facets=unit")["facets"]["unit"][0]["value"], "persons");
        assert_eq!(server.slug_set("/v1/impact-statistics?q=trained"), ["s"], "found by the indicator's label");
        // An indicator with statistics cannot be deleted, nor its measure changed if values do not
        // fit.
        server.patch(&key, "/v1/impact-statistics/s", &json!({"value": "140"}));
        server.request("PATCH", "/v1/indicators/trained").key(&key).json(&json!({"measure": "percentage"})).send().errors(422, &[("/measure", "does_not_fit")]);
        server.request("DELETE", "/v1/indicators/trained").key(&key).send().problem(409, "conflict");
        server.patch(&key, "/v1/indicators/trained", &json!({"measure": "percentage", "is_share": false}));
        assert_eq!(server.read("/v1/impact-statistics/s")["figure"], "140%");
    }

    fn validates_values_against_measure(server: &TestServer) {
        let key = server.editor_key();
        indicator(server, &key, "growth", json!({"measure": "percentage", "is_share": false}));
        let long = "12345678901234567890123456789012345678";
        for (value, number) in [("500", json!(500)), ("0.5", json!(0.5)), ("0.10", serde_json::from_str("0.10").unwrap()), (long, Value::Null), ("9007199254740993", Value::Null), ("9007199254740992", json!(9_007_199_254_740_992_u64)), ("0.1234567890123456789", Value::Null)] {
            let made = server.create(&key, STATISTICS, &json!({"label": "L", "value": value, "baseline": {"value": value, "year": 2020}, "target": {"value": value}}));
            assert_eq!((made["value"].as_str(), &made["value_number"]), (Some(value), &number));
            assert_eq!((&made["baseline"]["value_number"], &made["target"]["value_number"], made["target"]["value"].as_str()), (&number, &number, Some(value)));
        }
        let post = |body: Value| server.request("POST", STATISTICS).key(&key).json(&body).send();
        for wrong in ["1,500", "1.500,5", "1 500", "1e3", "", "five"] {
            post(json!({"label": "L", "value": wrong})).errors(422, &[("/value", "invalid_decimal")]);
        }
        post(json!({"label": "L", "measure": "percentage", "value": "100.5"})).errors(422, &[("/value", "out_of_range")]);
        post(json!({"label": "L", "measure": "percentage", "value": "-1", "target": {"value": "101"}})).errors(422, &[("/value", "out_of_range"), ("/target/value", "out_of_range")]);
        post(json!({"label": "L", "measure": "percentage", "value": "100.0"})).expect(201);
        post(json!({"label": "L", "indicator": "growth", "value": "250"})).expect(201);
        post(json!({"label": "L", "measure": "percentage", "value": "5", "additive": true})).errors(422, &[("/additive", "not_allowed")]);
        post(json!({"label": "L", "value": "5", "baseline": {"value": "5"}})).errors(422, &[("/baseline/year", "required")]);
    }

    fn evidence_links_in_both_directions(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "v", "status": "published", "title": "V", "duration_seconds": 60}));
        server.create(&key, "/v1/videos", &json!({"slug": "w", "status": "published", "title": "W"}));
        let evidence = json!([{"video": "v", "start_seconds": 5, "end_seconds": 9.5, "quote": {"text": "Више од петсто нас.", "language": "sr-Cyrl"}}, {"video": "v", "start_seconds": 20}]);
        let documents = json!([{"title": "Final report", "url": "https://example.org/report.pdf", "media_type": "application/pdf", "language": "en", "page": 12}]);
        let made = server.create(&key, STATISTICS, &json!({"slug": "s", "status": "published", "label": "S", "value": "500", "evidence": evidence, "documents": documents}));
        assert_eq!(made["evidence"][0]["quote"], json!({"text": "Више од петсто нас.", "language": "sr-Cyrl"}));
        assert_eq!((&made["evidence"][1]["quote"], made["documents"].clone()), (&Value::Null, documents));
        let back = server.request("PUT", "/v1/impact-statistics/s?lang=all").key(&key).json(&server.read("/v1/impact-statistics/s?lang=all")).send().expect(200).json();
        assert_eq!(back["revision"], 1, "the representation can be sent back unchanged");
        server.create(&key, STATISTICS, &json!({"slug": "hidden", "label": "Draft", "evidence": [{"video": "v"}]}));

        assert_eq!(server.slug_set("/v1/videos?statistic=s"), ["v"]);
        assert_eq!(server.slug_set("/v1/videos?statistic=!s"), ["w"]);
        assert_eq!(server.slug_set(&format!("/v1/videos?statistic={}&q=v", made["id"].as_str().unwrap())), ["v"]);
        server.get("/v1/videos?statistic=hidden").errors(400, &[("statistic", "unknown_value")]);
        server.get("/v1/videos?facets=statistic").errors(400, &[("facets", "unknown_value")]);
        let of = |list: &Value, slug: &str| list["data"].as_array().unwrap().iter().find(|video| video["slug"] == slug).unwrap()["impact_statistics"].clone();
        let list = server.read("/v1/videos?include=impact_statistics");
        assert_eq!((slugs(&json!({"data": of(&list, "v")})), of(&list, "w")), (vec!["s".to_owned()], json!([])));
        assert_eq!(of(&list, "v")[0]["evidence"][0]["start_seconds"], 5.0);
        assert_eq!(server.read("/v1/videos/v?include=impact_statistics&lang=all")["impact_statistics"][0]["slug"], "s");
        assert!(server.read("/v1/videos/v").get("impact_statistics").is_none());
        let seen = server.request("GET", "/v1/videos/v?include=impact_statistics").key(&key).send().expect(200).json();
        assert_eq!(slugs(&json!({"data": seen["impact_statistics"]})), ["hidden", "s"]);
        // The ETag of the video follows its statistics.
        let tag = server.get("/v1/videos/v?include=impact_statistics").required_header("etag").to_owned();
        server.patch(&key, "/v1/impact-statistics/s", &json!({"value": "501"}));
        let again = server.request("GET", "/v1/videos/v?include=impact_statistics").header("if-none-match", &tag).send().expect(200);
        assert_eq!(again.json()["impact_statistics"][0]["value"], "501");

        let post = |body: Value| server.request("POST", STATISTICS).key(&key).json(&body).send();
        post(json!({"label": "L", "evidence": [{"video": "v", "quote": {"language": "en"}}]})).errors(422, &[("/evidence/0/quote/text", "required")]);
        post(json!({"label": "L", "documents": [{"title": "T", "url": "ftp://x", "page": 0}]})).errors(422, &[("/documents/0/url", "invalid_url"), ("/documents/0/page", "out_of_range")]);
    }

    fn filters_statistics_by_dimension(server: &TestServer) {
        let key = server.editor_key();
        for (slug, slices) in [("whole", json!([])), ("f", json!([{"dimension": "sex", "value": "female"}])), ("fy", json!([{"dimension": "Sex", "value": "Female"}, {"dimension": "age", "value": "15-24"}])), ("o", json!([{"dimension": "Özel", "value": "ŽENE"}]))] {
            server.create(&key, STATISTICS, &json!({"slug": slug, "status": "published", "label": slug, "value": "1", "disaggregation": slices}));
        }
        for (query, expected) in [("dimension=sex", vec!["f", "fy"]), ("dimension=sex:female,age:15-24", vec!["f", "fy"]), ("dimension=age:15-24", vec!["fy"]), ("dimension=!sex", vec!["o", "whole"]), ("dimension=sex:male", vec![]),
            ("dimension=SEX:Female", vec!["f", "fy"]), ("dimension=SEX", vec!["f", "fy"]), ("dimension=%C3%B6zel:%C5%BEene", vec!["o"]), ("dimension=!Sex:FEMALE", vec!["o", "whole"])] {
            assert_eq!(server.slug_set(&format!("{STATISTICS}?{query}")), expected, "{query}");
        }
        let facet = server.read(&format!("{STATISTICS}?facets=dimension"))["facets"]["dimension"].clone();
        assert!(facet.as_array().unwrap().contains(&json!({"value": "sex:female", "label": "sex:female", "count": 2})), "{facet}");
    }

    demo fn demo_catalogue_has_indicator_for_each_statistic(server: &TestServer) {
        let statistics = server.read("/v1/impact-statistics?include=indicator&lang=tr");
        for statistic in statistics["data"].as_array().unwrap() {
            let indicator = &statistic["indicator"];
            assert!(indicator["label"].is_string() && indicator["language"] == "tr", "{statistic}");
            assert_eq!((&indicator["unit"], &indicator["time_aggregation"], &indicator["group_aggregation"]), (&statistic["unit"], &statistic["time_aggregation"], &statistic["group_aggregation"]));
        }
        let given = demo_catalogue().iter().filter(|item| item["resource"] == "indicator").count();
        assert_eq!((given, server.read("/v1/indicators?total=true")["page"]["total"].as_u64()), (5, Some(5)));
        let forum = server.read("/v1/videos/civil-society-forum-in-istanbul?include=impact_statistics");
        assert_eq!(forum["impact_statistics"][0]["figure"], "More than 500");
    }
}
