//! Results and indicators as tables: a logical framework that is prepared in a spreadsheet.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::{Response, slugs};

fn send(
    server: &TestServer,
    key: &str,
    path: &str,
    content_type: &str,
    file: impl Into<Vec<u8>>,
) -> Response {
    server
        .request("POST", path)
        .key(key)
        .header("Content-Type", content_type)
        .body(file.into())
        .send()
}

fn counts(response: &Value) -> [u64; 4] {
    ["rows", "created", "changed", "unchanged"].map(|name| response[name].as_u64().unwrap())
}

const RESULTS: &str = "slug;title;description;level;order;parent;programme;status\r\n\
    output-staff;Staff is trained;;output;20;outcome;norms;published\r\n\
    outcome;Survivors use services;By 2027.;outcome;10;;norms;published\r\n";
const INDICATORS: &str = "slug;label;result;order;unit;measure;ascending;time_aggregation;group_aggregation;code;vocabulary;status\r\n\
    trained;Staff trained;output-staff;1;people;;TRUE;sum;sum;;;published\r\n\
    share;Share of staff;output-staff;2;staff;percentage;;latest;none;5.2.1;sdg;published\r\n";

on_both! {
    fn logframe_of_a_spreadsheet_comes_back_unchanged(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/programmes", &json!({"slug": "norms", "title": "Norms", "status": "published"}));
        let import = |path: &str, file: &str| send(server, &key, path, "text/csv", file).expect(200).json();
        // A parent may follow the results that contribute to it.
        assert_eq!(counts(&import("/v1/results/import?dry_run=true", RESULTS)), [2, 2, 0, 0]);
        assert_eq!(counts(&import("/v1/results/import", RESULTS)), [2, 2, 0, 0]);
        assert_eq!(counts(&import("/v1/indicators/import", INDICATORS)), [2, 2, 0, 0]);
        assert_eq!(slugs(&server.read("/v1/results?programme=norms&sort=order")), ["outcome", "output-staff"]);
        let share = server.read("/v1/indicators/share");
        assert_eq!((&share["result"]["slug"], &share["order"], &share["is_share"], &share["time_aggregation"]), (&json!("output-staff"), &json!(2), &json!(true), &json!("latest")));
        for kind in ["results", "indicators"] {
            for extension in ["csv", "xlsx"] {
                let file = server.request("GET", &format!("/v1/{kind}.{extension}?status=draft,published&sort=order")).key(&key).send().expect(200);
                let media_type = file.required_header("content-type").split(';').next().unwrap().to_owned();
                let back = send(server, &key, &format!("/v1/{kind}/import"), &media_type, file.body.clone()).expect(200).json();
                assert_eq!(counts(&back), [2, 0, 0, 2], "{kind}.{extension}");
            }
        }
        let table = server.get("/v1/results.csv?sort=order&lang=en").expect(200).text();
        assert!(table.starts_with("\u{feff}id,slug,status,language,transliterated,title,description,level,order,parent,parent_title,programme,programme_title,languages,"), "{table}");
        assert!(table.contains(",Staff is trained,,output,20,outcome,Survivors use services,norms,Norms,en,"), "{table}");
        let table = server.get("/v1/indicators.csv?result=output-staff&sort=order").expect(200).text();
        assert!(table.contains(",trained,published,en,false,Staff trained,,output-staff,Staff is trained,1,people,unit,,true,sum,sum,"), "{table}");
    }

    fn rows_in_reverse_order_are_stored_parents_first(server: &TestServer) {
        let key = server.editor_key();
        let chain = |rows: usize| -> String {
            let rows = (1..=rows).map(|row| format!("c{row},T,c{}\n", row + 1));
            std::iter::once("slug,title,parent\n".to_owned()).chain(rows).collect()
        };
        let all = format!("{}c32,T,\n", chain(31));
        assert_eq!(counts(&send(server, &key, "/v1/results/import", "text/csv", all).expect(200).json()), [32, 32, 0, 0]);
    }

    fn errors_of_a_logframe_name_row_and_column(server: &TestServer) {
        let key = server.editor_key();
        let errors = |path: &str, file: &str| -> Vec<String> {
            let problem = send(server, &key, path, "text/csv", file).problem(422, "invalid-fields");
            problem["errors"].as_array().unwrap().iter().map(|error| format!("{} {} {}", error["row"], error["column"].as_str().unwrap_or("-"), error["code"].as_str().unwrap())).collect()
        };
        assert_eq!(errors("/v1/results/import", "title,level,order,parent\r\nA,activity,first,nothing\r\n,output,1,\r\n"), ["2 level unknown_value", "2 order out_of_range", "2 parent unknown_reference", "3 title required"]);
        assert_eq!(errors("/v1/results/import", "slug,title,parent\r\na,A,b\r\nb,B,a\r\n"), ["2 parent unknown_reference", "3 parent unknown_reference"]);
        assert_eq!(errors("/v1/indicators/import", "label,measure,time_aggregation,values\r\nA,percentage,sum,1\r\n"), ["1 values unknown_column"]);
        assert_eq!(errors("/v1/indicators/import", "label,measure,time_aggregation\r\nA,percentage,sum\r\n"), ["2 time_aggregation not_allowed"]);
        assert_eq!(errors("/v1/indicators/import", "level\r\noutput\r\n"), ["1 level unknown_column"]);
        server.request("POST", "/v1/results/import").key(&server.viewer_key()).header("Content-Type", "text/csv").body("title\r\nA\r\n").send().problem(403, "forbidden");
        assert_eq!(slugs(&server.read("/v1/results")), Vec::<String>::new());
    }
}
