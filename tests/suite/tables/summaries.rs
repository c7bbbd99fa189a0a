//! Tables of summaries and series, compared with their JSON.

use calamine::Data;
use serde_json::{Value, json};

use super::xlsx::sheet;
use super::{Row, column, csv, rows};
use crate::on_both;
use crate::support::TestServer;

/// An indicator of which the latest values are added, and its values in two countries and two years,
/// one of them with a baseline and a target.
fn fill(server: &TestServer) -> String {
    let key = server.editor_key();
    server.create(
        &key,
        "/v1/programmes",
        &json!({"slug": "norms", "title": "=Norms", "status": "published"}),
    );
    server.create(&key, "/v1/indicators", &json!({"slug": "shelters", "label": "Open shelters", "unit": "shelters", "ascending": true, "time_aggregation": "latest", "group_aggregation": "sum", "status": "published"}));
    for (country, year, value, rest) in [
        ("AL", 2024, "10.5", json!({"qualifier": "more_than"})),
        (
            "AL",
            2025,
            "12.5",
            json!({"baseline": {"value": "8", "year": 2020}, "target": {"value": "20", "period_start": "2026-01-01", "period_end": "2026-12-31"}}),
        ),
        ("RS", 2025, "1234567", json!({"programme": "norms"})),
    ] {
        let mut body = json!({"label": "Shelters", "status": "published", "indicator": "shelters", "countries": [country], "value": value,
            "period_start": format!("{year}-01-01"), "period_end": format!("{year}-12-31")});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        server.create(&key, "/v1/impact-statistics", &body);
    }
    key
}

const SUMMARY: &str = "indicator=shelters&group_by=country,programme&aggregates=total,sum,min,max,latest,baseline,target,progress&lang=en";

/// A member of a JSON document as a cell of CSV.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

on_both! {
    fn table_of_a_summary_has_its_groups(server: &TestServer) {
        fill(server);
        let groups = server.read(&format!("/v1/impact-statistics/summary?{SUMMARY}"))["data"].clone();
        let response = server.get(&format!("/v1/impact-statistics/summary.csv?{SUMMARY}&defuse=false")).expect(200);
        assert_eq!(response.required_header("content-disposition"), "attachment; filename=\"impact-statistics-summary.csv\"");
        let (columns, table) = csv(&response);
        assert!(columns.starts_with(&["country", "country_label", "programme", "programme_label", "unit", "measure", "count"].map(str::to_owned)), "{columns:?}");
        assert_eq!((table.len(), groups.as_array().unwrap().len()), (2, 2));
        let members: [(&str, &[&str]); 14] = [
            ("country_label", &["keys", "0", "label"]), ("programme", &["keys", "1", "value"]), ("programme_label", &["keys", "1", "label"]), ("unit", &["unit"]),
            ("count", &["count"]), ("total", &["total", "value"]), ("total_figure", &["total", "figure"]), ("time_aggregation", &["total", "time_aggregation"]),
            ("sum", &["sum", "value"]), ("min", &["min", "value"]), ("latest", &["latest", "value"]), ("latest_period_end", &["latest", "period_end"]),
            ("target", &["target", "value"]), ("progress", &["progress", "value"]),
        ];
        for (row, group) in table.iter().zip(groups.as_array().unwrap()) {
            for (name, path) in members {
                let member = path.iter().fold(group, |value, step| step.parse::<usize>().map_or_else(|_| &value[*step], |index| &value[index]));
                assert_eq!(row[name], cell(member), "{name}: {group}");
            }
        }
        let of = |country: &str| table.iter().find(|row| row["country"] == country).unwrap().clone();
        let albania: Row = of("AL");
        assert_eq!(["total", "latest", "min", "max", "baseline", "baseline_first_year", "target", "target_period_end"].map(|name| &*albania[name]), ["12.5", "12.5", "10.5", "12.5", "8", "2020", "20", "2026-12-31"]);
        assert_eq!((&*of("RS")["programme_label"], &*of("RS")["total"], &*of("RS")["target"]), ("=Norms", "1234567", ""));
        // Text like a formula is defused, and decimals are written as in the region.
        let regional = server.get(&format!("/v1/impact-statistics/summary.csv?{SUMMARY}&decimal=,")).expect(200).text();
        assert!(regional.contains(";'=Norms;") && regional.contains(";12,5;"), "{regional}");
        // XLSX has the same cells as numbers and days.
        let (sheet_columns, sheet) = sheet(&server.get(&format!("/v1/impact-statistics/summary.xlsx?{SUMMARY}")).expect(200));
        assert_eq!(sheet_columns, columns);
        let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
        let row = sheet.iter().find(|row| row[0] == Data::String("AL".to_owned())).unwrap();
        assert_eq!((&row[place("total")], &row[place("baseline_first_year")]), (&Data::Float(12.5), &Data::Float(2020.0)));
        // The last day of 2025.
        let Data::DateTime(day) = &row[place("latest_period_end")] else { panic!("{row:?}") };
        assert_eq!(day.as_f64().to_string(), "46022");
    }

    fn table_of_a_series_has_its_lines(server: &TestServer) {
        let key = fill(server);
        let path = "/v1/indicators/shelters/series";
        let series = server.read(&format!("{path}?by=country&lang=en"));
        let table = rows(server, &format!("{path}.csv?by=country&lang=en"));
        let lines = series["series"].as_array().unwrap();
        let count = |line: &Value| ["baselines", "targets", "points"].map(|name| line[name].as_array().map_or(0, Vec::len)).iter().sum::<usize>();
        assert_eq!(table.len(), lines.iter().map(count).sum::<usize>());
        let albania: Vec<Row> = table.iter().filter(|row| row["key"] == "AL").cloned().collect();
        assert_eq!(column(&albania, "type"), ["baseline", "target", "value", "value"]);
        assert_eq!(column(&albania, "value"), ["8", "20", "10.5", "12.5"]);
        assert_eq!(column(&albania, "year"), ["2020", "", "", ""]);
        assert_eq!(column(&albania, "period_end"), ["", "2026-12-31", "2024-12-31", "2025-12-31"]);
        assert_eq!(column(&albania, "qualifier"), ["", "", "more_than", "exact"]);
        assert_eq!((&*albania[0]["by"], &*albania[0]["key_label"], &*albania[2]["figure"]), ("country", "Albania", "More than 10.5"));
        let (columns, sheet) = sheet(&server.get(&format!("{path}.xlsx?by=country&lang=en")).expect(200));
        let value = columns.iter().position(|column| column == "value").unwrap();
        assert_eq!(sheet.iter().map(|row| row[value].clone()).collect::<Vec<_>>(), table.iter().map(|row| Data::Float(row["value"].parse().unwrap())).collect::<Vec<_>>());
        // A former slug redirects to the same table.
        server.patch(&key, "/v1/indicators/shelters", &json!({"slug": "open-shelters"}));
        let moved = server.get(&format!("{path}.csv?by=country"));
        assert_eq!((moved.status, moved.required_header("location").ends_with("/v1/indicators/open-shelters/series.csv?by=country")), (308, true), "{:?}", moved.header("location"));
    }

    fn tables_of_summaries_are_cached_and_checked(server: &TestServer) {
        let key = fill(server);
        for (path, query) in [("/v1/impact-statistics/summary", SUMMARY), ("/v1/indicators/shelters/series", "by=country&lang=en")] {
            for extension in ["csv", "xlsx"] {
                let path = format!("{path}.{extension}?{query}");
                let tag = server.get(&path).expect(200).required_header("etag").to_owned();
                let again = || server.request("GET", &path).header("If-None-Match", &tag).send();
                assert_eq!(again().status, 304, "{path}");
                let slug = server.slugs("/v1/impact-statistics?country=RS")[0].clone();
                let value = server.read(&format!("/v1/impact-statistics/{slug}"))["value"].as_str().unwrap().parse::<i64>().unwrap();
                server.patch(&key, &format!("/v1/impact-statistics/{slug}"), &json!({"value": (value + 1).to_string()}));
                again().expect(200);
            }
            server.get(&format!("{path}.pdf?{query}")).problem(404, "not-found");
            server.get(&format!("{path}.csv?{query}&limits=1")).errors(400, &[("limits", "unknown_parameter")]);
            server.get(&format!("{path}.csv?{query}&decimal=;")).errors(400, &[("decimal", "unknown_value")]);
        }
        // A draft is in neither.
        server.create(&key, "/v1/impact-statistics", &json!({"label": "Secret", "indicator": "shelters", "countries": ["MK"], "value": "3", "period_start": "2025-01-01", "period_end": "2025-12-31"}));
        for path in [format!("/v1/impact-statistics/summary.csv?{SUMMARY}"), "/v1/indicators/shelters/series.csv?by=country".to_owned()] {
            assert!(!server.get(&path).expect(200).text().contains("MK"), "{path}");
        }
    }
}
