//! `GET /v1/impact-statistics/summary`.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::slugs;

const SUMMARY: &str = "/v1/impact-statistics/summary";

/// Indicators of people trained (additive), people at forums (not additive) and a share; statistics
/// of two programmes in three countries.
fn fill(server: &TestServer) -> String {
    let key = server.editor_key();
    let create = |path: &str, mut item: Value| {
        item["status"] = json!("published");
        server.create(&key, path, &item);
    };
    create(
        "/v1/programmes",
        json!({"slug": "norms", "translations": {"en": {"status": "published", "title": "Norms"}, "mk": {"status": "published", "title": "Норми"}}}),
    );
    create("/v1/programmes", json!({"slug": "services", "title": "Services"}));
    create(
        "/v1/indicators",
        json!({"slug": "trained", "label": "People trained", "unit": "people", "ascending": true, "additive": true}),
    );
    create(
        "/v1/indicators",
        json!({"slug": "forum", "label": "At forums", "unit": "people", "time_aggregation": "none", "group_aggregation": "none"}),
    );
    create(
        "/v1/indicators",
        json!({"slug": "share", "label": "Share", "unit": "women", "measure": "percentage", "ascending": false}),
    );
    let year = |year: u32| json!({"period_start": format!("{year}-01-01"), "period_end": format!("{year}-12-31")});
    let add = |slug: &str,
               indicator: &str,
               programme: &str,
               country: &[&str],
               value: &str,
               more: &[Value]| {
        let mut item = json!({"slug": slug, "label": slug, "indicator": indicator, "programme": programme, "countries": country, "value": value});
        for more in more {
            item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        create("/v1/impact-statistics", item);
    };
    let sex = |sex: &str| json!({"disaggregation": [{"dimension": "sex", "value": sex}]});
    add(
        "al-24",
        "trained",
        "norms",
        &["AL"],
        "250",
        &[year(2024), json!({"qualifier": "more_than"})],
    );
    add("al-25", "trained", "norms", &["AL"], "500", &[year(2025)]);
    add(
        "al-25-q1",
        "trained",
        "norms",
        &["AL"],
        "100",
        &[json!({"period_start": "2025-01-01", "period_end": "2025-03-31"})],
    );
    add("rs-24", "trained", "norms", &["RS"], "0.1", &[year(2024)]);
    add(
        "rs-25",
        "trained",
        "services",
        &["RS"],
        "0.2",
        &[
            year(2025),
            json!({"baseline": {"value": "0.05", "year": 2019}, "target": {"value": "0.35"}}),
        ],
    );
    add("xk-25-f", "trained", "services", &["XK"], "30", &[year(2025), sex("female")]);
    add("xk-25-m", "trained", "services", &["XK"], "10", &[year(2025), sex("male")]);
    add("xk-24", "trained", "services", &["XK"], "45", &[year(2024)]);
    add("xk-24-f", "trained", "services", &["XK"], "40", &[year(2024), sex("female")]);
    add("forum-24", "forum", "norms", &["AL"], "300", &[year(2024)]);
    add("forum-25", "forum", "norms", &["AL"], "200", &[year(2025)]);
    add(
        "share-24",
        "share",
        "norms",
        &["RS"],
        "40",
        &[
            year(2024),
            json!({"baseline": {"value": "50", "year": 2019}, "target": {"value": "20"}}),
        ],
    );
    key
}

/// Key values of a group, its sum with qualifier, and the number of included statistics.
type Group<'a> = (Vec<&'a str>, Option<&'a str>, Option<&'a str>, u64);

fn groups(summary: &Value) -> Vec<Group<'_>> {
    summary["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let keys = group["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["value"].as_str().unwrap_or("-"))
                .collect();
            (
                keys,
                group["sum"]["value"].as_str(),
                group["sum"]["qualifier"].as_str(),
                group["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

on_both! {
    fn sums_are_exact_and_preserve_qualifiers(server: &TestServer) {
        fill(server);
        let all = server.read(&format!("{SUMMARY}?indicator=trained&group_by=country,year"));
        assert_eq!(
            groups(&all),
            [
                (vec!["AL", "2024"], Some("250"), Some("more_than"), 1),
                (vec!["AL", "2025"], Some("500"), Some("exact"), 1),
                (vec!["XK", "2024"], Some("45"), Some("exact"), 1),
                (vec!["XK", "2025"], Some("40"), Some("exact"), 2),
                (vec!["RS", "2024"], Some("0.1"), Some("exact"), 1),
                (vec!["RS", "2025"], Some("0.2"), Some("exact"), 1),
            ]
        );
        assert_eq!(all["total_groups"], 6);
        assert!(all["data"][2]["keys"][0]["footnote"].as_str().unwrap().contains("1244"));
        let whole = server.read(&format!("{SUMMARY}?indicator=trained&lang=sr-Cyrl"));
        let group = &whole["data"][0];
        assert_eq!((groups(&whole), &group["sum"]["figure"], &group["sum"]["value_number"]), (vec![(vec![], Some("835.3"), Some("more_than"), 7)], &json!("Више од 835,3"), &json!(835.3)));
        // Excluded statistics are listed with the one included instead.
        let excluded: Vec<(&str, &str, &str)> = group["excluded"].as_array().unwrap().iter().map(|one| (one["statistic"]["slug"].as_str().unwrap(), one["reason"].as_str().unwrap(), one["covered_by"]["slug"].as_str().unwrap())).collect();
        assert_eq!(excluded, [("al-25-q1", "overlaps", "al-25"), ("xk-24-f", "overlaps", "xk-24")]);
        let mut named = slugs(&json!({"data": group["statistics"]}));
        named.sort();
        assert_eq!(named, ["al-24", "al-25", "rs-24", "rs-25", "xk-24", "xk-25-f", "xk-25-m"]);
        assert_eq!((&group["min"]["value"], &group["max"]["statistic"]["slug"], &group["latest"]["period_end"]), (&json!("0.1"), &json!("al-25"), &json!("2025-12-31")));
        assert_eq!((&group["baseline"], &group["target"]), (&Value::Null, &Value::Null), "not known for every item");
        let few = server.read(&format!("{SUMMARY}?indicator=trained&statistics_limit=1&limit=2&group_by=country"));
        assert_eq!((few["data"].as_array().unwrap().len(), few["total_groups"].as_u64(), few["data"][0]["statistics"].as_array().unwrap().len(), few["data"][0]["excluded_count"].as_u64()), (2, Some(3), 1, Some(1)));
        let only = server.read(&format!("{SUMMARY}?indicator=trained&aggregates=sum,count"));
        assert!(only["data"][0].get("min").is_none() && only["data"][0].get("sum").is_some());
    }

    fn groups_by_shared_dimensions(server: &TestServer) {
        let key = fill(server);
        let by = |query: &str| server.read(&format!("{SUMMARY}?indicator=trained&lang=mk&{query}"));
        let sexes = by("group_by=dimension:sex");
        assert_eq!(groups(&sexes), [(vec!["female"], Some("70"), Some("exact"), 2), (vec!["male"], Some("10"), Some("exact"), 1), (vec!["-"], Some("795.3"), Some("more_than"), 5)]);
        assert_eq!(sexes["data"][2]["keys"][0]["label"], "Без поделба");
        let programmes = by("group_by=programme");
        assert_eq!((groups(&programmes)[0].0[0], &programmes["data"][0]["keys"][0]["label"]), ("norms", &json!("Норми")));
        assert_eq!(groups(&by("group_by=partner")).len(), 1);
        assert_eq!(groups(&by("group_by=unit,year")).iter().map(|group| group.0.clone()).collect::<Vec<_>>(), [["people", "2024"], ["people", "2025"]]);
        // Progress where every statistic has a target, and of decreasing indicators.
        let rs = by("country=RS&programme=services");
        assert_eq!((&rs["data"][0]["baseline"]["first_year"], &rs["data"][0]["target"]["value"], &rs["data"][0]["progress"]["figure"]), (&json!(2019), &json!("0.35"), &json!("50%")));
        let share = server.read(&format!("{SUMMARY}?indicator=share&aggregates=latest,progress,target,baseline"));
        assert_eq!((&share["data"][0]["latest"]["figure"], &share["data"][0]["progress"]["value"]), (&json!("40%"), &json!("33.3")));
        // Filters apply; drafts and their names require a key.
        assert_eq!(groups(&by("period_after=2025-01-01&group_by=country"))[0], (vec!["AL"], Some("500"), Some("exact"), 1));
        assert_eq!(groups(&by("q=rs&group_by=country")), [(vec!["RS"], Some("0.3"), Some("exact"), 2)]);
        assert_eq!(groups(&by("min_value=100&country=AL,RS")), [(vec![], Some("750"), Some("more_than"), 2)]);
        server.patch(&key, "/v1/programmes/services?on_references=keep", &json!({"status": "draft"}));
        assert_eq!(groups(&by("group_by=programme")).iter().map(|group| group.0[0]).collect::<Vec<_>>(), ["norms", "-"]);
        server.patch(&key, "/v1/impact-statistics/al-24", &json!({"status": "draft"}));
        assert_eq!(groups(&by("country=AL")), [(vec![], Some("500"), Some("exact"), 1)]);
        let drafts = server.request("GET", &format!("{SUMMARY}?indicator=trained&country=AL&status=draft,published")).key(&key).send().expect(200).json();
        assert_eq!(groups(&drafts), [(vec![], Some("750"), Some("more_than"), 2)]);
        // Deleted statistics are excluded, restored ones included.
        server.request("DELETE", "/v1/impact-statistics/al-25").key(&key).send().expect(204);
        assert_eq!(groups(&by("group_by=country"))[0], (vec!["AL"], Some("100"), Some("exact"), 1));
        server.request("POST", "/v1/impact-statistics/al-25/restore").key(&key).send().expect(200);
        assert_eq!(groups(&by("group_by=country"))[0], (vec!["AL"], Some("500"), Some("exact"), 1));
    }

    fn returns_indicator_series(server: &TestServer) {
        let key = fill(server);
        let points = |line: &Value| -> Vec<(String, Option<String>, u64)> {
            line["points"].as_array().unwrap().iter().map(|point| (format!("{}..{}", point["period_start"].as_str().unwrap_or("-"), point["period_end"].as_str().unwrap_or("-")), point["figure"].as_str().map(str::to_owned), point["count"].as_u64().unwrap())).collect()
        };
        let of = |period: &str, figure: Option<&str>, count: u64| (period.to_owned(), figure.map(str::to_owned), count);
        let all = server.read("/v1/indicators/trained/series");
        assert_eq!((&all["indicator"]["slug"], &all["unit"], &all["time_aggregation"], &all["series"][0]["key"]), (&json!("trained"), &json!("people"), &json!("sum"), &Value::Null));
        assert_eq!(points(&all["series"][0]), [of("2024-01-01..2024-12-31", Some("More than 295.1"), 3), of("2025-01-01..2025-03-31", Some("100"), 1), of("2025-01-01..2025-12-31", Some("540.2"), 4)]);
        assert_eq!(all["series"][0]["points"][0]["excluded_count"], 1);
        let countries = server.read("/v1/indicators/trained/series?by=country&lang=sr-Latn&country=RS,XK");
        assert_eq!(countries["series"].as_array().unwrap().iter().map(|line| line["key"]["label"].as_str().unwrap()).collect::<Vec<_>>(), ["Kosovo", "Srbija"]);
        let serbia = &countries["series"][1];
        // The baseline of one programme is not that of both.
        assert_eq!((&serbia["baselines"], &serbia["targets"][0]["value"]), (&json!([]), &json!("0.35")));
        let services = &server.read("/v1/indicators/trained/series?lang=sr-Latn&country=RS&programme=services")["series"][0];
        assert_eq!(services["baselines"], json!([{"year": 2019, "value": "0.05", "figure": "0,05"}]));
        assert_eq!(points(serbia)[1], of("2025-01-01..2025-12-31", Some("0,2"), 1));
        // Non-additive groups have no sum, unless they have a single value.
        let forum = server.read("/v1/indicators/forum/series");
        assert_eq!(points(&forum["series"][0]), [of("2024-01-01..2024-12-31", Some("300"), 1), of("2025-01-01..2025-12-31", Some("200"), 1)]);
        server.create(&key, "/v1/impact-statistics", &json!({"label": "again", "status": "published", "indicator": "forum", "programme": "services", "value": "7", "period_start": "2025-01-01", "period_end": "2025-12-31"}));
        assert_eq!(points(&server.read("/v1/indicators/forum/series")["series"][0])[1], of("2025-01-01..2025-12-31", None, 2));
        assert_eq!(server.read("/v1/indicators/share/series?lang=tr")["series"][0]["points"][0]["figure"], "%40");
        let sexes = server.read("/v1/indicators/trained/series?by=dimension:sex&period_after=2025-01-01&country=XK");
        assert_eq!(sexes["series"].as_array().unwrap().iter().map(|line| line["key"]["value"].as_str().unwrap()).collect::<Vec<_>>(), ["female", "male"]);
        let response = server.get("/v1/indicators/trained/series").expect(200);
        server.request("GET", "/v1/indicators/trained/series").header("if-none-match", response.required_header("etag")).send().expect(304);
        for (query, errors) in [("by=year", vec![("by", "unknown_value")]), ("group_by=country&separate=true", vec![("group_by", "unknown_parameter"), ("separate", "unknown_parameter")]), ("by=land", vec![("by", "unknown_value")]), ("sort=value", vec![("sort", "unknown_parameter")]), ("indicator=share", vec![("indicator", "unknown_parameter")])] {
            server.get(&format!("/v1/indicators/trained/series?{query}")).errors(400, &errors);
        }
        server.get("/v1/indicators/nothing/series").problem(404, "not-found");
        server.patch(&key, "/v1/indicators/forum", &json!({"slug": "forums"}));
        assert_eq!(server.get("/v1/indicators/forum/series?by=country").expect(308).required_header("location"), format!("{}/v1/indicators/forums/series?by=country", server.base()));
        server.create(&key, "/v1/indicators", &json!({"slug": "drafted", "label": "D"}));
        server.get("/v1/indicators/drafted/series").problem(404, "not-found");
        let drafted = server.request("GET", "/v1/indicators/drafted/series?status=draft").key(&key).send().expect(200).json();
        assert_eq!((&drafted["series"], &drafted["indicator"]["slug"]), (&json!([]), &json!("drafted")));
    }

    fn rejects_or_separates_non_additive_values(server: &TestServer) {
        let key = fill(server);
        let problem = server.get(SUMMARY).problem(422, "not-summable");
        assert_eq!((problem["errors"][0]["code"].as_str(), problem["errors"][0]["parameter"].as_str()), (Some("mixed_units"), Some("aggregates")));
        let problem = server.get(&format!("{SUMMARY}?group_by=indicator")).problem(422, "not-summable");
        let errors: Vec<(&str, bool)> = problem["errors"].as_array().unwrap().iter().map(|error| (error["code"].as_str().unwrap(), error["detail"].as_str().unwrap().contains("(At forums)"))).collect();
        // A single value needs no sum.
        assert_eq!(errors, [("not_additive", true)], "{problem}");
        let separate = server.read(&format!("{SUMMARY}?separate=true"));
        assert_eq!(groups(&separate).iter().map(|group| (group.1, group.3)).collect::<Vec<_>>(), [(None, 2), (Some("835.3"), 7), (Some("40"), 1)]);
        assert_eq!((&separate["data"][0]["not_summable"]["code"], &separate["data"][2]["not_summable"]), (&json!("not_additive"), &Value::Null));
        assert_eq!(separate["data"][0]["max"]["value"], "300");
        // A total takes the place of a sum that is not meaningful.
        server.get(&format!("{SUMMARY}?indicator=forum&aggregates=sum")).problem(422, "not-summable");
        server.patch(&key, "/v1/indicators/forum", &json!({"time_aggregation": "latest"}));
        let latest = server.read(&format!("{SUMMARY}?indicator=forum&lang=mk"));
        assert_eq!((&latest["data"][0]["total"]["figure"], &latest["data"][0]["total"]["time_aggregation"], &latest["data"][0]["sum"]), (&json!("200"), &json!("latest"), &Value::Null));
        assert_eq!(latest["data"][0]["not_summable"]["code"], "not_additive");
        server.get(&format!("{SUMMARY}?indicator=forum&aggregates=sum,max")).problem(422, "not-summable");
        assert_eq!(server.read(&format!("{SUMMARY}?indicator=forum&aggregates=total,max"))["data"][0].get("sum"), None);
        // Without a sum, values of one unit may be grouped, not those of several units.
        assert_eq!(server.read(&format!("{SUMMARY}?aggregates=max&unit=people"))["data"][0]["max"]["value"], "500");
        server.get(&format!("{SUMMARY}?aggregates=max")).problem(422, "not-summable");
        assert_eq!(groups(&server.read(&format!("{SUMMARY}?indicator=trained&country=TR"))), []);
    }

    fn reports_all_parameter_errors(server: &TestServer) {
        for (query, errors) in [
            ("group_by=land", vec![("group_by", "unknown_value")]),
            ("group_by=dimension:", vec![("group_by", "unknown_value")]),
            ("group_by=country,country", vec![("group_by", "repeated")]),
            ("group_by=country,year,unit,partner", vec![("group_by", "too_many")]),
            ("aggregates=sum,average", vec![("aggregates", "unknown_value")]),
            ("separate=maybe&country=ZZ&limit=0", vec![("separate", "invalid_value"), ("country", "unknown_value"), ("limit", "out_of_range")]),
            ("sort=value", vec![("sort", "unknown_parameter")]),
            ("cursor=x&fields=value", vec![("cursor", "unknown_parameter"), ("fields", "unknown_parameter")]),
            ("statistics_limit=1001", vec![("statistics_limit", "out_of_range")]),
            ("status=draft", vec![("status", "needs_key")]),
        ] {
            server.get(&format!("{SUMMARY}?{query}")).errors(400, &errors);
        }
        let problem = server.get(&format!("{SUMMARY}?grup_by=country")).errors(400, &[("grup_by", "unknown_parameter")]);
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("`group_by`"), "{problem}");
    }

    fn summaries_support_conditional_get(server: &TestServer) {
        let key = fill(server);
        let query = format!("{SUMMARY}?indicator=trained&group_by=country");
        let first = server.get(&query).expect(200);
        let tag = first.required_header("etag").to_owned();
        assert!(first.required_header("cache-control").starts_with("public"));
        server.request("GET", &query).header("if-none-match", &tag).send().expect(304);
        let macedonian = server.get(&format!("{query}&lang=mk"));
        assert_ne!(macedonian.required_header("etag"), tag);
        assert_eq!((first.required_header("content-language"), macedonian.required_header("content-language")), ("en", "mk"));
        server.request("HEAD", &query).send().expect(200);
        server.patch(&key, "/v1/impact-statistics/al-24", &json!({"value": "251"}));
        assert_eq!(groups(&server.request("GET", &query).header("if-none-match", &tag).send().expect(200).json())[0].1, Some("751"));
        assert_eq!(server.request("GET", &query).key(&key).send().expect(200).required_header("cache-control"), "private, no-store");
    }

    fn fact_table_follows_each_write(server: &TestServer) {
        let key = fill(server);
        let keep = || drop(server.read(&format!("{SUMMARY}?separate=true")));
        let albania = || groups(&server.read(&format!("{SUMMARY}?indicator=trained&country=AL")))[0].1.map(str::to_owned);
        let searched = || groups(&server.read(&format!("{SUMMARY}?q=al&indicator=trained&min_value=200")))[0].1.map(str::to_owned);
        let both = |sum: &str| assert_eq!((albania().as_deref(), searched().as_deref()), (Some(sum), Some(sum)));
        keep();
        both("750");
        server.patch(&key, "/v1/impact-statistics/al-24", &json!({"value": "300"}));
        both("800");
        keep();
        both("800");
        // Its indicator changes; a programme is unpublished; a statistic is unpublished.
        server.patch(&key, "/v1/indicators/trained", &json!({"unit": "persons"}));
        keep();
        assert_eq!(server.read(&format!("{SUMMARY}?indicator=trained"))["data"][0]["unit"], "persons");
        server.patch(&key, "/v1/programmes/norms?on_references=keep", &json!({"status": "draft"}));
        assert_eq!(server.read(&format!("{SUMMARY}?indicator=trained&group_by=programme"))["data"][1]["keys"][0]["value"], Value::Null);
        server.patch(&key, "/v1/impact-statistics/al-25", &json!({"status": "archived"}));
        keep();
        // The quarter is included where its year is not.
        assert_eq!((albania().as_deref(), searched().as_deref()), (Some("400"), Some("300")));
        let drafts = server.request("GET", &format!("{SUMMARY}?indicator=trained&country=AL&status=archived,published")).key(&key).send().expect(200).json();
        assert_eq!(groups(&drafts)[0].1, Some("800"));
    }

    fn fact_table_agrees_with_database(server: &TestServer) {
        let key = fill(server);
        let path = format!("{SUMMARY}?separate=true&group_by=country,year,indicator&statistics_limit=1000");
        let of = |slug: &str| format!("/v1/impact-statistics/{slug}");
        let statistic = |slug: &str, country: &str, value: &str| json!({"slug": slug, "label": slug, "status": "published", "indicator": "trained", "countries": [country], "value": value, "period_start": "2026-01-01", "period_end": "2026-12-31"});
        let writes: [(&str, &str, Value); 9] = [
            ("POST", "/v1/impact-statistics", statistic("tr-26", "TR", "12.5")),
            ("PATCH", &of("tr-26"), json!({"value": "13", "countries": ["TR", "MK"]})),
            ("PUT", &of("rs-24"), statistic("rs-24", "RS", "7")),
            ("PATCH", &of("al-25"), json!({"status": "draft"})),
            ("DELETE", &of("xk-24"), Value::Null),
            ("POST", &format!("{}/restore", of("xk-24")), Value::Null),
            ("PATCH", &of("al-25"), json!({"status": "published", "slug": "al-25-again", "label": "Again"})),
            ("PATCH", "/v1/indicators/forum", json!({"additive": true, "unit": "guests"})),
            ("POST", "/v1/impact-statistics/import", json!("slug,label,status,indicator,countries,value\r\nme-1,M,published,trained,ME,4\r\nrs-25,R,published,trained,RS,9\r\n")),
        ];
        let mut before = server.read(&path);
        for (method, target, body) in writes {
            let request = server.request(method, target).key(&key);
            let response = match &body {
                Value::String(table) => request.header("content-type", "text/csv").body(table.as_str()).send(),
                Value::Null => request.send(),
                body => request.json(body).send(),
            };
            assert!(response.status < 300, "{method} {target}: {}", response.text());
            let cached = server.read(&path);
            assert_ne!(cached, before, "{method} {target}");
            // Requests with a key are not cached.
            let read = server.request("GET", &format!("{path}&status=published")).key(&key).send().expect(200).json();
            assert_eq!(cached, read, "{method} {target}");
            before = cached;
        }
    }

    demo fn demo_catalogue_sums_by_indicator(server: &TestServer) {
        let summary = server.read(&format!("{SUMMARY}?group_by=indicator&separate=true&lang=en"));
        let sums: Vec<(&str, Option<&str>, Option<&str>)> = summary["data"].as_array().unwrap().iter().map(|group| (group["keys"][0]["value"].as_str().unwrap(), group["sum"]["figure"].as_str(), group["latest"]["figure"].as_str())).collect();
        assert_eq!(
            sums,
            [
                ("organisations-able-to-monitor", Some("More than 250"), Some("More than 250")),
                ("civil-society-at-forums", Some("More than 500"), Some("More than 500")),
                ("partnerships-on-survivor-services", Some("40"), Some("40")),
                ("people-in-training", Some("More than 1,500"), Some("More than 1,500")),
                ("women-aware-of-their-rights", Some("3,500"), Some("3,500")),
            ]
        );
    }

    fn plans_and_other_countries_are_stated(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/indicators", &json!({"slug": "shelters", "label": "Shelters", "unit": "shelters", "additive": true, "status": "published"}));
        let add = |slug: &str, fields: Value| {
            let mut item = json!({"slug": slug, "label": slug, "status": "published", "indicator": "shelters", "period_start": "2024-01-01", "period_end": "2024-12-31"});
            item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            server.create(&key, "/v1/impact-statistics", &item);
        };
        add("al", json!({"countries": ["AL"], "value": "50", "target": {"value": "100"}}));
        add("rs", json!({"countries": ["RS"], "target": {"value": "100"}}));
        add("al-2025", json!({"countries": ["AL"], "target": {"value": "80"}, "period_start": "2025-01-01", "period_end": "2025-12-31"}));
        add("region", json!({"countries": ["AL", "MK"], "value": "7", "period_start": "2023-01-01", "period_end": "2023-12-31"}));
        let summary = server.read(&format!("{SUMMARY}?country=AL"));
        let excluded: Vec<(&str, &str)> = summary["data"][0]["excluded"].as_array().unwrap().iter().map(|one| (one["statistic"]["slug"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect();
        assert_eq!((groups(&summary)[0].1, excluded), (Some("50"), vec![("region", "other_countries"), ("al-2025", "no_value")]));
        // A series has the targets of what has no value yet.
        let series = server.read("/v1/indicators/shelters/series?by=country");
        let lines: Vec<(Option<&str>, usize, Vec<&str>)> = series["series"].as_array().unwrap().iter().map(|line| (line["key"]["value"].as_str(), line["points"].as_array().unwrap().len(), line["targets"].as_array().unwrap().iter().map(|target| target["value"].as_str().unwrap()).collect())).collect();
        assert_eq!(lines, [(Some("AL"), 1, vec!["100", "80"]), (Some("RS"), 0, vec!["100"]), (None, 1, vec![])]);
        let albania = server.read("/v1/indicators/shelters/series?country=AL");
        assert_eq!(albania["series"][0]["points"].as_array().unwrap().len(), 1, "without the region");
    }
}
