//! `GET /v1/….xlsx`: sheets, parsed by an independent XLSX reader.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use super::export::whole;
use super::rows;
use crate::on_both;
use crate::support::Response;

/// Parses a response as XLSX; returns column names and rows.
pub fn sheet(response: &Response) -> (Vec<String>, Vec<Vec<Data>>) {
    assert_eq!(
        response.required_header("content-type"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    let mut book = Xlsx::new(Cursor::new(response.body.clone())).expect("a workbook");
    let range = book.worksheet_range_at(0).expect("a sheet").expect("reading it");
    let mut rows = range.rows().map(<[Data]>::to_vec);
    let columns = rows.next().unwrap_or_default().iter().map(ToString::to_string).collect();
    (columns, rows.collect())
}

/// A part of the ZIP file, as text.
fn part(response: &Response, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(response.body.clone())).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

on_both! {
    fn cells_have_typed_values(server: &TestServer) {
        let key = whole(server);
        for (slug, value) in [("small", "-0.125"), ("exact", "123456789012345"), ("long", "12345678901234567.5")] {
            server.create(&key, "/v1/impact-statistics", &json!({"slug": slug, "status": "published", "label": "=1+1", "value": value, "period_start": "1850-01-01"}));
        }
        let response = server.get("/v1/impact-statistics.xlsx?sort=slug&lang=en").expect(200);
        assert_eq!(response.required_header("content-disposition"), "attachment; filename=\"impact-statistics.xlsx\"");
        let (columns, sheet) = sheet(&response);
        let text = rows(server, "/v1/impact-statistics.csv?sort=slug&lang=en");
        assert_eq!(sheet.len(), text.len());
        let cell = |row: usize, name: &str| sheet[row][columns.iter().position(|column| column == name).unwrap()].clone();
        let days = |row: usize, name: &str| if let Data::DateTime(time) = cell(row, name) { time.as_f64() } else { panic!("{name} is not a date") };
        assert_eq!([cell(0, "slug"), cell(1, "slug"), cell(2, "slug"), cell(3, "slug")].map(|slug| slug.to_string()), ["exact", "long", "people", "small"]);
        assert_eq!(cell(0, "value"), Data::Float(123_456_789_012_345.0));
        assert_eq!(cell(1, "value"), Data::String("12345678901234567.5".to_owned()));
        assert_eq!((cell(2, "value"), cell(2, "baseline_year")), (Data::Float(1500.5), Data::Float(2020.0)));
        assert_eq!((cell(3, "value"), cell(3, "label")), (Data::Float(-0.125), Data::String("=1+1".to_owned())));
        assert_eq!((cell(2, "ascending"), cell(2, "time_aggregation")), (Data::Bool(true), Data::String("latest".to_owned())));
        // The first of January 2024, and a quarter of a second past eight on the seventh of May
        // 2026.
        assert_eq!(days(2, "period_start").to_string(), "45292");
        assert!((days(2, "published_at") - 46_149.0 - 28_800.25 / 86_400.0).abs() < 1e-9, "{}", days(2, "published_at"));
        assert_eq!(cell(0, "period_start"), Data::String("1850-01-01".to_owned()));
        assert_eq!(cell(2, "description"), Data::String("One.\n\nTwo, three.".to_owned()));
        assert_eq!(cell(2, "source_url"), Data::String("https://r.example.org/3".to_owned()));
        for name in ["id", "label", "figure", "disaggregation", "evidence", "languages", "programme_title"] {
            assert_eq!(cell(2, name).to_string(), text[2][name], "{name}");
        }
        let xml = part(&response, "xl/worksheets/sheet1.xml");
        assert!(xml.contains("<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"), "{xml}");
        assert!(xml.ends_with("</sheetData><autoFilter ref=\"A1:AO5\"/></worksheet>"), "{xml}");
    }

    demo fn every_list_is_available_as_xlsx(server: &TestServer) {
        for kind in ["videos", "programmes", "partners", "impact-statistics"] {
            let (columns, sheet) = sheet(&server.get(&format!("/v1/{kind}.xlsx?lang=sr-Cyrl")).expect(200));
            let (names, text) = super::csv(&server.get(&format!("/v1/{kind}.csv?lang=sr-Cyrl")).expect(200));
            assert_eq!((columns, sheet.len()), (names.clone(), text.len()), "{kind}");
            let title = names.iter().position(|name| matches!(name.as_str(), "title" | "name" | "label")).unwrap();
            for (cells, row) in sheet.iter().zip(&text) {
                assert_eq!((cells[0].to_string(), cells[title].to_string()), (row["id"].clone(), row[&names[title]].clone()));
            }
        }
        let (columns, none) = sheet(&server.get("/v1/videos.xlsx?q=nothing+is+called+so").expect(200));
        assert_eq!((columns[1].as_str(), none.len()), ("slug", 0));
    }

    fn multi_chunk_sheet_is_complete(server: &TestServer) {
        let statistic = |number: usize| json!({"resource": "impact_statistic", "slug": format!("s-{number:04}"), "label": "One", "value": number.to_string(), "status": "published"});
        server.import(&(0..1_100).map(statistic).collect::<Vec<Value>>());
        let response = server.get("/v1/impact-statistics.xlsx?sort=value").expect(200);
        let (columns, sheet) = sheet(&response);
        let value = columns.iter().position(|name| name == "value").unwrap();
        assert!(sheet.iter().zip(0_u32..).all(|(row, number)| row[value] == Data::Float(f64::from(number))));
        assert_eq!(sheet.len(), 1_100);
        let tag = response.required_header("etag").to_owned();
        assert_ne!(server.get("/v1/impact-statistics.csv?sort=value").required_header("etag"), tag);
        server.request("GET", "/v1/impact-statistics.xlsx?sort=value").header("If-None-Match", &tag).send().expect(304);
    }
}
