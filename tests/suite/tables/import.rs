//! `POST /v1/impact-statistics/import`: accepted files and errors.

use serde_json::{Value, json};

use super::export::whole;
use super::{column, csv};
use crate::on_both;
use crate::support::{Response, TestServer};

const PATH: &str = "/v1/impact-statistics/import";

fn send(server: &TestServer, key: &str, query: &str, file: impl Into<Vec<u8>>) -> Response {
    server
        .request("POST", &format!("{PATH}{query}"))
        .key(key)
        .header("Content-Type", "text/csv")
        .body(file)
        .send()
}

fn done(server: &TestServer, key: &str, file: impl Into<Vec<u8>>) -> Value {
    send(server, key, "", file).expect(200).json()
}

fn counts(response: &Value) -> [u64; 4] {
    ["rows", "created", "changed", "unchanged"].map(|name| response[name].as_u64().unwrap())
}

/// Row, column and code of each error; line number and code for errors of a line.
fn errors(response: Response) -> Vec<String> {
    let problem = response.problem(422, "invalid-fields");
    let place = |error: &Value| {
        let part = |name: &str| {
            error[name]
                .as_str()
                .map(str::to_owned)
                .or_else(|| error[name].as_u64().map(|number| number.to_string()))
        };
        [part("line").map(|line| format!("line {line}")), part("row"), part("column"), part("code")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    };
    problem["errors"].as_array().unwrap().iter().map(place).collect()
}

fn detail(response: Response) -> String {
    response.problem(422, "invalid-fields")["errors"][0]["detail"].as_str().unwrap().to_owned()
}

/// A workbook with a sheet of these rows. Styles: 1 and 2 percentages, 3 a duration, 4 a date.
fn workbook(rows: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let packages = "http://schemas.openxmlformats.org/package/2006";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", format!("<Types xmlns=\"{packages}/content-types\"/>")),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{packages}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{packages}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{relations}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{main}\"><numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"0.0 %\"/><numFmt numFmtId=\"165\" formatCode=\"[h]:mm:ss\"/></numFmts><cellXfs count=\"5\"><xf numFmtId=\"0\"/><xf numFmtId=\"9\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn latin(text: &str) -> Vec<u8> {
    let (bytes, _, failed) = encoding_rs::WINDOWS_1250.encode(text);
    assert!(!failed);
    bytes.into_owned()
}

on_both! {
    fn exported_csv_round_trips_unchanged(server: &TestServer) {
        let key = whole(server);
        server.create(&key, "/v1/indicators", &json!({"slug": "reached", "status": "published", "label": "Reached", "unit": "people", "ascending": true, "additive": true}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft", "label": "=1+1", "unit": "-x", "value": "-2.50", "indicator": null}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "of-indicator", "status": "published", "label": "'tis; \"so\"", "value": "3", "indicator": "reached",
            "documents": [{"title": "Report; final", "url": "https://e.example.org/?a=1", "page": 12, "language": "en", "media_type": "application/pdf"}, {"title": "Web", "url": "https://e.example.org/", "page": null, "language": null, "media_type": null}],
            "evidence": [{"video": "whole", "start_seconds": 1.5, "quote": {"text": "More: than = 500; of us", "language": "sq"}}, {"video": "whole", "end_seconds": 3}]}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "bare", "label": "Bare", "measure": "qualitative"}));
        for lang in ["en", "sr-Cyrl", "sr-Latn", "tr"] {
            let before = server.request("GET", "/v1/impact-statistics?status=draft,published&lang=all").key(&key).send().expect(200).json();
            let table = server.request("GET", &format!("/v1/impact-statistics.csv?status=draft,published,archived&lang={lang}")).key(&key).send().expect(200);
            let response = done(server, &key, table.body.clone());
            assert_eq!(counts(&response), [4, 0, 0, 4], "{response}");
            assert_eq!((response["encoding"].as_str(), response["separator"].as_str()), (Some("UTF-8"), Some(",")));
            assert!(response["ignored_columns"].as_array().unwrap().contains(&json!("figure")));
            let after = server.request("GET", "/v1/impact-statistics?status=draft,published&lang=all").key(&key).send().expect(200).json();
            assert_eq!(before["data"], after["data"]);
        }
        // With other slugs and no ids, rows create equal items.
        let read = |query: &str| csv(&server.request("GET", &format!("/v1/impact-statistics.csv?status=draft,published&lang=en{query}")).key(&key).send().expect(200));
        let (columns, rows) = read("&sort=slug");
        assert_eq!(column(&rows, "slug"), ["bare", "draft", "of-indicator", "people"]);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns[1..]).unwrap();
        for row in &rows {
            writer.write_record(columns[1..].iter().map(|name| if name == "slug" { format!("new-{}", row[name]) } else { row[name].clone() })).unwrap();
        }
        assert_eq!(counts(&done(server, &key, writer.into_inner().unwrap())), [4, 4, 0, 0]);
        let of_server = ["id", "slug", "created_at", "updated_at", "languages", "published_at"];
        for row in rows {
            let (_, news) = read(&format!("&ids=new-{}", row["slug"]));
            for name in columns.iter().filter(|name| !of_server.contains(&name.as_str())) {
                assert_eq!(news[0][name], row[name], "{name}");
            }
        }
    }

    fn rows_create_and_update_and_absent_columns_are_unchanged(server: &TestServer) {
        let key = whole(server);
        let file = "slug,label,value,qualifier,unit,language,countries,period_start,disaggregation,status,programme\r\n\
            people,,,,,,,,,,\r\n";
        assert_eq!(errors(send(server, &key, "", file)), ["2 label required"]);
        let file = "value;slug;countries\r\n2000;people;AL, BA\r\n7;new-one;\r\n";
        assert_eq!(errors(send(server, &key, "", file)), ["3 label required"]);
        let file = "value;slug;countries;label;language;period_start\n2000;people;AL, BA;Ljudi;sr-Latn;2023-12-31\n7;new-one;;Novo;sr-Latn;\n8;;;Bez imena;bs;2020-01-01\n";
        let response = done(server, &key, file);
        assert_eq!(counts(&response), [3, 2, 1, 0]);
        assert_eq!(response["separator"], ";");
        assert_eq!(response["changes"].as_array().unwrap().iter().map(|one| format!("{} {} {}", one["row"], one["outcome"], one["slug"])).collect::<Vec<_>>(), [
            "2 \"changed\" \"people\"", "3 \"created\" \"new-one\"", "4 \"created\" \"bez-imena\"",
        ]);
        let people = server.read("/v1/impact-statistics/people?lang=all");
        assert_eq!((&people["value"], &people["qualifier"], &people["unit"]), (&json!("2000"), &json!("more_than"), &json!("people")));
        assert_eq!(people["translations"]["en"]["label"], "People at the \"forum\"");
        assert_eq!(people["translations"]["sr-Latn"]["label"], "Ljudi");
        assert_eq!(people["countries"].as_array().unwrap().iter().map(|country| &country["code"]).collect::<Vec<_>>(), ["AL", "BA"]);
        let new = server.request("GET", "/v1/impact-statistics/bez-imena?lang=all").key(&key).send().expect(200).json();
        assert_eq!((&new["status"], &new["original_language"], &new["period_start"]), (&json!("draft"), &json!("bs"), &json!("2020-01-01")));
        // Repeated import: rows with a slug are unchanged, the row without one creates another
        // item.
        assert_eq!(counts(&done(server, &key, file)), [3, 1, 0, 2]);
        // A row with an id can rename the item; an empty cell removes the value.
        let id = people["id"].as_str().unwrap();
        assert_eq!(counts(&done(server, &key, format!("id\tslug\tunit\tbaseline_value\tbaseline_year\n{id}\trenamed\t\t\t\n"))), [1, 0, 1, 0]);
        let renamed = server.read("/v1/impact-statistics/renamed");
        assert_eq!((&renamed["id"], &renamed["unit"], &renamed["baseline"]), (&json!(id), &Value::Null, &Value::Null));
        assert_eq!(errors(send(server, &key, "", "slug,value\npeople,3\n")), ["2 slug moved"]);
    }

    fn empty_cells_of_objects_leave_members_without_column(server: &TestServer) {
        let key = server.editor_key();
        let path = "/v1/impact-statistics";
        server.create(&key, path, &json!({"slug": "bare", "label": "Bare"}));
        server.create(&key, path, &json!({"slug": "whole", "label": "Whole", "value": "1", "unit": "people",
            "baseline": {"value": "20", "year": 2020, "date": "2020-05-01"},
            "target": {"value": "90", "period_start": "2021-01-01", "period_end": "2022-12-31"},
            "source": {"text": "Report", "url": "https://r.example.org/"}}));
        let read = |slug: &str, pointer: &str| {
            let item = server.request("GET", &format!("{path}/{slug}")).key(&key).send().expect(200).json();
            item.pointer(pointer).cloned().unwrap_or_default()
        };
        for (columns, removed, kept) in [
            ("baseline_date", vec!["/baseline/date"], vec![("/baseline/value", json!("20")), ("/baseline/year", json!(2020))]),
            ("target_period_start,target_period_end", vec!["/target/period_start", "/target/period_end"], vec![("/target/value", json!("90"))]),
            ("source_url", vec!["/source/url"], vec![("/source/text", json!("Report"))]),
            ("baseline_value", vec!["/baseline"], vec![]),
            ("target_value", vec!["/target"], vec![("/source/text", json!("Report"))]),
            ("source_text", vec!["/source"], vec![]),
        ] {
            // Neither a statistic without the object nor a new one has anything to remove.
            let cells = ",".repeat(columns.split(',').count());
            let new = format!("new-{}", columns.replace(['_', ','], "-"));
            let file = format!("slug,label,{columns}\nbare,Bare{cells}\nwhole,Whole{cells}\n{new},New{cells}\n");
            assert_eq!(counts(&done(server, &key, file)), [3, 1, 1, 1], "{columns}");
            for pointer in removed {
                assert_eq!(read("whole", pointer), Value::Null, "{columns}: {pointer}");
            }
            for (pointer, value) in kept {
                assert_eq!(read("whole", pointer), value, "{columns}: {pointer}");
            }
        }
        // A year that nothing else states is missed, and not taken for the removal of the baseline.
        server.patch(&key, &format!("{path}/whole"), &json!({"baseline": {"value": "20", "year": 2020}}));
        assert_eq!(errors(send(server, &key, "", "slug,baseline_year\nwhole,\n")), ["2 baseline_year required"]);
        assert_eq!(read("whole", "/baseline/year"), json!(2020));
    }

    fn import_is_atomic_and_reports_all_errors(server: &TestServer) {
        let key = whole(server);
        let file = "slug,label,value,measure,countries,programme,period_start,period_end,ascending,evidence,status,baseline_value,baseline_year,disaggregation\r\n\
            fine,Fine,1,unit,AL,norms,2024-01-01,2024-12-31,true,whole#3-5,published,1,2020,sex=female\r\n\
            wrong,Wrong,\"1,500\",unit,AL,norms,2024-01-01,2024-12-31,maybe,,,,,women\r\n\
            \r\n\
            worse,,2,length,ZZ,no-such,01.02.2024,,,whole#90-120,public,x,20,\r\n\
            last,Last,3,unit,,,2024-05-01,2024-01-01,,,,5,,\r\n\
            fine,Again,1,,,,,,,,,,,\r\n";
        // Errors of cells and of fields are reported together.
        let mut found = errors(send(server, &key, "", file));
        found.sort();
        assert_eq!(found, [
            "3 ascending wrong_type", "3 disaggregation invalid_value", "3 value invalid_decimal",
            "5 baseline_value invalid_decimal", "5 baseline_year out_of_range", "5 countries unknown_country", "5 evidence out_of_range", "5 label required", "5 measure unknown_value",
            "5 programme unknown_reference", "5 status unknown_value",
            "6 baseline_year required", "6 period_end invalid_range",
            "7 slug repeated",
        ]);
        let problem = send(server, &key, "", file).problem(422, "invalid-fields");
        assert_eq!(problem["detail"], "14 errors in 4 rows; nothing was stored.");
        assert_eq!(problem["errors"][0]["detail"], "Row 3, `value`: `1,500` is not a plain decimal: it can be 1.500 or 1500; write one of them in a file with commas between the cells, or state the decimal separator, `decimal=,` or `decimal=.`.");
        let mut found = errors(send(server, &key, "", "slug,label,programme,evidence\na,A,no-such,whole#90-120\nb,B,norms,missing\n"));
        found.sort();
        assert_eq!(found, ["2 evidence out_of_range", "2 programme unknown_reference", "3 evidence unknown_reference"]);
        assert_eq!(server.slugs("/v1/impact-statistics?limit=100"), ["people"], "nothing was stored");
        let many = (0..150).map(|number| format!("s-{number},S,many")).collect::<Vec<_>>().join("\n");
        let problem = send(server, &key, "", format!("slug,label,value\n{many}")).problem(422, "invalid-fields");
        assert_eq!((problem["detail"].as_str(), problem["errors"].as_array().map(Vec::len)), (Some("150 errors in 150 rows; nothing was stored. The first 100 are listed."), Some(100)));
    }

    fn numbers_of_the_region_are_understood_or_rejected(server: &TestServer) {
        let key = server.editor_key();
        let value = |slug: &str| server.request("GET", &format!("/v1/impact-statistics/{slug}")).key(&key).send().expect(200).json()["value"].clone();
        // With semicolons, `1.500` may be one and a half or one thousand five hundred.
        for text in ["1.500", "1,500", "12.345", "-1.500"] {
            let file = format!("slug;label;value;unit\r\na;L;{text};people\r\n");
            assert_eq!(errors(send(server, &key, "", file.clone())), ["2 value invalid_decimal"], "{text}");
            assert_eq!(errors(send(server, &key, "?dry_run=true", file.replace(';', "\t"))), ["2 value invalid_decimal"], "{text}");
        }
        for (query, text, expected) in [
            ("", "1.234,50", "1234.50"), ("", "1234,5", "1234.5"), ("", "0,5", "0.5"), ("", "1.50", "1.50"), ("", "0.500", "0.500"), ("", "1.234.567", "1234567"), ("", "1 500", "1500"),
            ("?decimal=,", "1.500", "1500"), ("?decimal=,", "1,500", "1.500"), ("?decimal=%2C", "1.500,25", "1500.25"), ("?decimal=.", "1.500", "1.500"), ("?decimal=.", "1,500", "1500"),
        ] {
            done(server, &key, "slug;label;value\r\na;L;\r\n");
            send(server, &key, query, format!("slug;label;value\r\na;L;{text}\r\n")).expect(200);
            assert_eq!(value("a"), expected, "{query} {text}");
        }
        assert_eq!(errors(send(server, &key, "?decimal=,", "slug;label;value\r\na;L;1.50\r\n")), ["2 value invalid_decimal"]);
        server.request("POST", &format!("{PATH}?decimal=comma")).key(&key).header("Content-Type", "text/csv").body("slug\n").send().errors(400, &[("decimal", "unknown_value")]);
        // A file with commas is one of software; quoted numbers with commas are not.
        done(server, &key, "slug,label,value\r\na,L,1.500\r\n");
        assert_eq!(value("a"), "1.500");
        assert_eq!(errors(send(server, &key, "", "slug,label,value\r\na,L,\"1,234\"\r\n")), ["2 value invalid_decimal"]);
        // An ambiguous number that the statistic has already, and other digits after the point.
        assert_eq!(counts(&done(server, &key, "slug;value\r\na;1,500\r\n")), [1, 0, 0, 1]);
        assert_eq!(counts(&done(server, &key, "slug;value\r\na;1,5\r\n")), [1, 0, 0, 1]);
        assert_eq!(value("a"), "1.500");
    }

    fn dates_times_and_booleans_as_people_write_them(server: &TestServer) {
        let key = server.editor_key();
        let file = "slug;label;status;period_start;period_end;target_value;target_period_end;baseline_value;baseline_year;ascending;additive;published_at;state;baseline_date;baseline_comment\r\n\
            a;A;published;1.1.2024.;31.12.2024;5;31/12/2025;1;2021.0;TAČNO;0;2026-11-28 16:52;verified;30.6.2021;Anketa.\r\n";
        done(server, &key, file);
        let item = server.read("/v1/impact-statistics/a");
        assert_eq!((&item["period_start"], &item["period_end"], &item["target"]["period_end"]), (&json!("2024-01-01"), &json!("2024-12-31"), &json!("2025-12-31")));
        assert_eq!((&item["baseline"]["year"], &item["ascending"], &item["time_aggregation"], &item["published_at"]), (&json!(2021), &json!(true), &json!("latest"), &json!("2026-11-28T16:52:00Z")));
        assert_eq!((&item["state"], &item["baseline"]["date"], &item["baseline_comment"]), (&json!("verified"), &json!("2021-06-30"), &json!("Anketa.")));
        assert_eq!(counts(&done(server, &key, file)), [1, 0, 0, 1]);
        // The month or the day may be first; what to write is stated.
        let problem = send(server, &key, "", "slug;label;period_start;period_end\r\nb;B;1/2/2024;45657\r\n").problem(422, "invalid-fields");
        let details: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["detail"].as_str().unwrap()).collect();
        assert!(details.iter().any(|detail| detail.contains("2024-02-01 or 2024-01-02")) && details.iter().any(|detail| detail.contains("format the column as date")), "{details:?}");
    }

    fn own_columns_are_ignored_on_request(server: &TestServer) {
        let key = server.editor_key();
        let file = "slug,label,notes,Colour code\r\na,A,Ask Ana.,red\r\n";
        let problem = send(server, &key, "", file).problem(422, "invalid-fields");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("`ignore_columns`"), "{problem}");
        assert_eq!(errors(send(server, &key, "?ignore_columns=notes", file)), ["1 Colour code unknown_column"]);
        let response = send(server, &key, "?ignore_columns=notes,colour%20code", file).expect(200).json();
        assert_eq!((counts(&response), &response["ignored_columns"], &response["columns"]), ([1, 1, 0, 0], &json!(["notes", "Colour code"]), &json!(["slug", "label"])));
    }

    fn sheets_are_imported(server: &TestServer) {
        let key = whole(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "quoted", "label": "'=1", "unit": "=2", "value": "1.500", "status": "published"}));
        let sheet = server.request("GET", "/v1/impact-statistics.xlsx?status=draft,published").key(&key).send().expect(200);
        let import = |query: &str, content_type: &str, file: &[u8]| server.request("POST", &format!("{PATH}{query}")).key(&key).header("Content-Type", content_type).body(file).send();
        for content_type in [sheet.required_header("content-type"), "text/csv"] {
            let response = import("", content_type, &sheet.body).expect(200).json();
            assert_eq!((counts(&response), &response["encoding"], &response["separator"]), ([2, 0, 0, 2], &Value::Null, &Value::Null));
        }
        server.request("POST", PATH).key(&server.viewer_key()).header("Content-Type", sheet.required_header("content-type")).body(sheet.body.clone()).send().problem(403, "forbidden");
    }

    fn sheets_create_statistics(server: &TestServer) {
        let key = server.editor_key();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/tables/spreadsheets");
        let catalogue = std::fs::read_to_string(format!("{folder}/catalogue.ndjson")).unwrap();
        let others = catalogue.lines().filter(|line| !line.contains("\"resource\": \"impact_statistic\""));
        server.import(&others.map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>());
        let file = std::fs::read(format!("{folder}/de-DE.xlsx")).unwrap();
        assert_eq!(counts(&send(server, &key, "", file.clone()).expect(200).json()), [6, 6, 0, 0]);
        let item = server.read("/v1/impact-statistics/people");
        assert_eq!((&item["value"], &item["time_aggregation"], &item["period_start"], &item["baseline"]["year"]), (&json!("1500.5"), &json!("latest"), &json!("2024-04-01"), &json!(2020)));
        assert_eq!((&item["disaggregation"][1], &item["evidence"][0]["start_seconds"]), (&json!({"dimension": "a=b", "value": "x; \\y"}), &json!(12.5)));
        assert_eq!((&item["label"], &item["published_at"]), (&json!("People at the \"forum\""), &json!("2026-05-07T08:00:00.250Z")));
        assert_eq!(server.read("/v1/impact-statistics/ambiguous")["label"], "=1+1");
        assert_eq!(counts(&send(server, &key, "", file).expect(200).json()), [6, 0, 0, 6]);
    }

    fn what_spreadsheets_save_comes_back_unchanged(server: &TestServer) {
        let key = server.editor_key();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/tables/spreadsheets");
        let catalogue = std::fs::read_to_string(format!("{folder}/catalogue.ndjson")).unwrap();
        server.import(&catalogue.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>());
        let all = || server.request("GET", "/v1/impact-statistics?status=draft,published&lang=all").key(&key).send().expect(200).json()["data"].clone();
        let before = all();
        for locale in ["en-US", "de-DE", "mk-MK", "tr-TR", "sr-Latn-RS"] {
            for extension in ["csv", "xlsx"] {
                let file = std::fs::read(format!("{folder}/{locale}.{extension}")).unwrap();
                let response = send(server, &key, "", file).expect(200).json();
                assert_eq!(counts(&response), [6, 0, 0, 6], "{locale}.{extension}: {response}");
            }
        }
        assert_eq!(all(), before);
    }

    fn transliterated_rows_are_not_dropped(server: &TestServer) {
        let key = whole(server);
        let stored = || server.request("GET", "/v1/impact-statistics/people?lang=all").key(&key).send().expect(200).json();
        let before = stored();
        let row = |label: &str| format!("slug,language,transliterated,label,value\npeople,sr-Cyrl,true,{label},1500.50\n");
        assert_eq!(counts(&done(server, &key, row("Људи на форуму"))), [1, 0, 0, 1]);
        assert_eq!(errors(send(server, &key, "", row("Људи на скупу"))), ["2 label transliterated_text"]);
        let problem = detail(send(server, &key, "", row("Људи на скупу")));
        assert!(problem.contains("`sr-Latn`") && problem.contains("Row 2, `label`"), "{problem}");
        assert_eq!(stored(), before);
        // Without the flag the text is one of that language, and so is that of a new statistic.
        assert_eq!(counts(&done(server, &key, row("Људи на скупу").replace("true", "false"))), [1, 0, 1, 0]);
        assert_eq!(stored()["translations"]["sr-Cyrl"]["label"], "Људи на скупу");
        assert_eq!(counts(&done(server, &key, row("Ново").replace("people", "new"))), [1, 1, 0, 0]);
        let new = server.request("GET", "/v1/impact-statistics/new?lang=sr-Cyrl").key(&key).send().expect(200).json();
        assert_eq!((&new["label"], &new["language"]), (&json!("Ново"), &json!("sr-Cyrl")));
        assert_eq!(errors(send(server, &key, "", row("A").replace("true", "maybe"))), ["2 transliterated wrong_type"]);
    }

    fn percentages_are_not_read_as_shares(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "a", "label": "A", "measure": "percentage", "value": "45", "status": "published"}));
        // In a sheet, the cell is 0.45 with a percent format.
        let sheet = |value: &str, style: &str| workbook(&format!(
            "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>slug</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>value</t></is></c></row>\
             <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B2\" s=\"{style}\"><v>{value}</v></c></row>"
        ));
        for file in [sheet("0.45", "1"), sheet("0.45", "2"), b"slug;value\na;45%\n".to_vec(), b"slug;value\na;45,0 %\n".to_vec()] {
            assert_eq!(counts(&send(server, &key, "", file).expect(200).json()), [1, 0, 0, 1]);
        }
        for file in [sheet("0.46", "1"), b"slug,value\na,46%\n".to_vec()] {
            let problem = detail(send(server, &key, "", file));
            assert!(problem.contains("it can be 46 or 0.46"), "{problem}");
        }
        assert_eq!(counts(&send(server, &key, "", sheet("46", "0")).expect(200).json()), [1, 0, 1, 0]);
        assert_eq!(server.read("/v1/impact-statistics/a")["value"], "46");
        // Durations and days that no spreadsheet knows are no numbers and no dates.
        assert!(detail(send(server, &key, "", sheet("1.5", "3"))).contains("`36:00:00`"));
        let dated = |value: &str| workbook(&format!(
            "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>slug</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>period_start</t></is></c></row>\
             <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B2\" s=\"4\"><v>{value}</v></c></row>"
        ));
        for value in ["20240101", "-1", "0", "60"] {
            assert_eq!(errors(send(server, &key, "", dated(value))), ["2 period_start invalid_date"], "{value}");
        }
        assert_eq!(counts(&send(server, &key, "", dated("45292")).expect(200).json()), [1, 0, 1, 0]);
        assert_eq!(server.read("/v1/impact-statistics/a")["period_start"], "2024-01-01");
    }

    fn dry_run_stores_nothing(server: &TestServer) {
        let key = whole(server);
        let file = "slug,label,value\npeople,Other,1\nnew-one,New,2\n";
        let response = send(server, &key, "?dry_run=true", file).expect(200).json();
        assert_eq!((counts(&response), &response["dry_run"]), ([2, 1, 1, 0], &json!(true)));
        assert_eq!(server.read("/v1/impact-statistics/people")["value"], "1500.50");
        server.request("GET", "/v1/impact-statistics/new-one").key(&key).send().problem(404, "not-found");
        assert_eq!(errors(send(server, &key, "?dry_run=true", "slug,label,value\nx,X,one\n")), ["2 value invalid_decimal"]);
        let response = done(server, &key, file);
        assert_eq!((counts(&response), &response["dry_run"]), ([2, 1, 1, 0], &json!(false)));
        server.request("POST", &format!("{PATH}?dry_run=perhaps")).key(&key).header("Content-Type", "text/csv").body(file).send().errors(400, &[("dry_run", "invalid_value")]);
    }

    fn detects_spreadsheet_encodings_and_separators(server: &TestServer) {
        let key = server.editor_key();
        let text = "slug;label;language\r\none;Žene i đaci u školi;bs\r\ntwo;\"Čas; drugi\r\nred\";bs\r\n";
        let utf_16 = |little: bool, mark: bool| {
            let units = text.encode_utf16().map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            let mark: &[u8] = match (mark, little) { (false, _) => &[], (true, true) => b"\xFF\xFE", (true, false) => b"\xFE\xFF" };
            [mark.to_vec(), units.flatten().collect()].concat()
        };
        let files = [
            (text.as_bytes().to_vec(), "UTF-8", ";"),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), "UTF-8", ";"),
            (format!("sep=;\r\n{text}").into_bytes(), "UTF-8", ";"),
            (text.replace("; ", ", ").replace(';', "\t").replace('"', "").replace("\r\nred", "").into_bytes(), "UTF-8", "\t"),
            (utf_16(true, true), "UTF-16LE", ";"),
            (utf_16(false, true), "UTF-16BE", ";"),
            (utf_16(true, false), "UTF-16LE", ";"),
            (utf_16(false, false), "UTF-16BE", ";"),
            (latin(text), "windows-1250", ";"),
            (encoding_rs::WINDOWS_1251.encode("slug,label,language\nthree,Жените и правата,mk\n").0.into_owned(), "windows-1251", ","),
            (encoding_rs::WINDOWS_1254.encode("slug,label,language\nfour,Eğitim alan kişiler,tr\n").0.into_owned(), "windows-1254", ","),
        ];
        for (file, encoding, separator) in files {
            let response = done(server, &key, file);
            assert_eq!((response["encoding"].as_str(), response["separator"].as_str()), (Some(encoding), Some(separator)), "{response}");
        }
        let label = |slug: &str| server.request("GET", &format!("/v1/impact-statistics/{slug}")).key(&key).send().expect(200).json()["label"].as_str().unwrap().to_owned();
        assert_eq!(["one", "two", "three", "four"].map(label), ["Žene i đaci u školi", "Čas; drugi\r\nred", "Жените и правата", "Eğitim alan kişiler"]);
        // `đ` in Windows-1250 is `ğ` in Windows-1254; the declared charset decides.
        let either = latin("slug,label\none,medu đ\n");
        assert_eq!(errors(send(server, &key, "", either.clone())), ["line 1 unknown_encoding"]);
        let stated = server.request("POST", PATH).key(&key).header("Content-Type", "text/csv; charset=windows-1250").body(either).send().expect(200).json();
        assert_eq!((stated["encoding"].as_str(), label("one")), (Some("windows-1250"), "medu đ".to_owned()));
    }

    fn rejects_files_that_are_not_csv(server: &TestServer) {
        let key = server.editor_key();
        for (file, expected) in [
            ("", "1 required"),
            ("\n\n", "1 required"),
            ("slug,lable\na,b\n", "1 lable unknown_column"),
            ("value\n3\n", "1 required"),
            ("slug,label,slug\n", "1 slug repeated"),
            ("slug,label\na\n", "2 ragged"),
            ("slug,label\na,b,c\n", "2 ragged"),
            ("slug,label\na,\"b\nc\n", "line 2 malformed_csv"),
            ("slug,label\na,\"b\"c\n", "line 2 malformed_csv"),
            ("slug,label\na,b\0\n", "line 2 invalid_text"),
            ("sep=x\nslugxlabel\n", "line 1 invalid_value"),
            ("id,label\nnonsense,A\n", "2 id invalid_id"),
            ("id,label\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,A\n", "2 id unknown_reference"),
            ("slug,label\nNo Slug,A\n", "2 slug invalid_slug"),
            ("slug,label,language\na,A,klingon-language\n", "2 language invalid_language"),
        ] {
            assert_eq!(errors(send(server, &key, "", file)), [expected], "{file:?}");
        }
        assert!(detail(send(server, &key, "", "slug,lable\n")).contains("did you mean `label`?"));
        let wide = vec!["x"; 10_000].join(",");
        assert_eq!(errors(send(server, &key, "", wide)), ["1 too_many"]);
        assert_eq!(counts(&done(server, &key, "slug,label\r\n")), [0, 0, 0, 0]);
        assert_eq!(counts(&done(server, &key, "slug,label,,\r\na,b,,\r\n,,,\r\n")), [1, 1, 0, 0], "separators that a spreadsheet adds");

        for (file, what) in [(&b"\xD0\xCF\x11\xE0"[..], "an old spreadsheet"), (b"%PDF-1.7", "a PDF")] {
            let problem = send(server, &key, "", file).problem(415, "unsupported-media-type");
            assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
        }
        let old = server.request("POST", PATH).key(&key).header("Content-Type", "application/vnd.ms-excel").body("x").skip_contract_check().send();
        assert!(old.problem(415, "unsupported-media-type")["detail"].as_str().unwrap().contains("as XLSX or CSV"));
        assert_eq!(errors(send(server, &key, "", b"PK\x03\x04 and so on".to_vec())), ["1 invalid_file"]);
        server.request("POST", PATH).key(&key).json(&json!({})).skip_contract_check().send().problem(415, "unsupported-media-type");
        send(server, &key, "", vec![b'x'; 33 * 1_024 * 1_024]).problem(413, "body-too-large");
        send(server, &server.viewer_key(), "", "slug,label\n").problem(403, "forbidden");
        server.request("POST", PATH).header("Content-Type", "text/csv").body("slug,label\n").send().problem(401, "unauthenticated");
    }

    fn repeated_import_with_key_replays_response(server: &TestServer) {
        let key = server.editor_key();
        let again = |file: &str| server.request("POST", PATH).key(&key).header("Content-Type", "text/csv").header("Idempotency-Key", "\"one\"").body(file).send();
        let first = again("label\nNew\n").expect(200);
        let second = again("label\nNew\n").expect(200);
        assert_eq!((first.json(), second.required_header("idempotent-replayed")), (second.json(), "true"));
        let all = server.request("GET", "/v1/impact-statistics?status=draft").key(&key).send().expect(200).json();
        assert_eq!(all["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(again("label\nOther\n").problem(422, "invalid-fields")["errors"][0]["code"], "reused");
    }
}
