//! `GET /v1/….csv`: contents, and equality with the list.

use serde_json::json;

use super::{csv, rows, slugs};
use crate::on_both;
use crate::support::TestServer;

/// A programme, a partner, a video, and a statistic with all fields.
pub fn whole(server: &TestServer) -> String {
    let key = server.editor_key();
    for (path, item) in [
        (
            "/v1/topics",
            json!({"slug": "prevention", "status": "published", "name": "Prevention; early"}),
        ),
        (
            "/v1/partners",
            json!({"slug": "network", "status": "published", "name": "Network, \"of\" shelters", "kind": "civil_society", "acronym": "NoS", "country": "XK",
                "website": "https://e.example.org/", "description": "Two\nlines.", "logo": {"url": "https://e.example.org/logo.png"}}),
        ),
        (
            "/v1/programmes",
            json!({"slug": "norms", "status": "published", "title": "Norms", "summary": "Short.", "countries": ["XK", "AL"], "start_date": "2020-01-01",
                "partners": [{"partner": "network", "role": "implementer"}], "helplines": [{"country": "MK", "name": "SOS", "phone": "15700"}],
                "iati_identifier": "XM-1", "credit_line": "Funded by the Union.", "disclaimer": "Own views."}),
        ),
        (
            "/v1/videos",
            json!({"slug": "whole", "status": "published", "published_at": "2026-05-07T08:00:00Z", "title": "A film", "summary": "Short.", "duration_seconds": 95,
                "recorded_on": "2026-05-01", "countries": ["RS"], "topics": ["prevention"], "programme": "norms",
                "partners": [{"partner": "network", "role": "host"}], "spoken_languages": ["sq", "en"], "licence": "CC-BY-4.0",
                "sources": [{"kind": "file", "url": "https://m.example.org/film.mp4?a=1;b=2"}], "content_note": "Speaks of violence.",
                "thumbnail": {"url": "https://m.example.org/still.jpg"}, "chapters": [{"start_seconds": 12.5, "title": "Then"}],
                "captions": [{"language": "en", "url": "https://m.example.org/film.en.srt"}], "credits": [{"name": "Ana Anić", "role": "director"}]}),
        ),
        (
            "/v1/impact-statistics",
            json!({"slug": "people", "status": "published", "published_at": "2026-05-07T08:00:00.25Z", "value": "1500.50", "qualifier": "more_than", "unit": "people",
                "measure": "unit", "ascending": true, "additive": false, "programme": "norms", "partner": "network", "countries": ["XK", "RS"],
                "period_start": "2024-01-01", "period_end": "2024-12-31", "baseline": {"value": "-3", "year": 2020},
                "target": {"value": "2000", "period_start": "2025-01-01", "period_end": "2026-12-31"},
                "disaggregation": [{"dimension": "sex", "value": "female"}, {"dimension": "a=b", "value": "x; \\y"}],
                "source": {"text": "Report, page 3", "url": "https://r.example.org/3"},
                "documents": [{"title": "Report; final", "url": "https://r.example.org/final.pdf", "media_type": "application/pdf", "language": null, "page": 12}],
                "evidence": [{"video": "whole", "start_seconds": 12.5, "end_seconds": 30, "quote": {"text": "More = better.", "language": "en"}}], "original_language": "en",
                "translations": {"en": {"label": "People at the \"forum\"", "description": "One.\n\nTwo, three."}, "sr-Latn": {"label": "Ljudi na forumu"}}}),
        ),
    ] {
        server.create(&key, path, &item);
    }
    key
}

fn expect(row: &super::Row, cells: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> =
        cells.iter().map(|(name, _)| (*name, row[*name].as_str())).collect();
    assert_eq!(found, cells);
}

on_both! {
    fn csv_in_the_writing_of_the_region(server: &TestServer) {
        let key = whole(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "formula", "status": "published", "label": "=1+1", "value": "1.234"}));
        let path = "/v1/impact-statistics.csv?lang=en&sort=slug";
        let text = |query: &str| server.get(&format!("{path}{query}")).expect(200).text();
        let plain = text("");
        assert!(plain.contains("'=1+1") && plain.contains(",1.234,") && plain.contains(",1500.50,"), "{plain}");
        let regional = text("&decimal=,&defuse=false");
        assert!(regional.contains(";=1+1;") && regional.contains(";1,234;") && regional.contains(";1500,50;"), "{regional}");
        assert_eq!(text("&decimal=.&defuse=true"), plain);
        // Each form has its own entity tag.
        let tags: std::collections::BTreeSet<String> = ["", "&decimal=,", "&defuse=false"].map(|query| server.get(&format!("{path}{query}")).required_header("etag").to_owned()).into();
        assert_eq!(tags.len(), 3);
        server.get(&format!("{path}&decimal=;&defuse=perhaps")).errors(400, &[("decimal", "unknown_value"), ("defuse", "invalid_value")]);
        // It can be imported again without its apostrophes.
        let all = server.request("GET", "/v1/impact-statistics.csv?status=draft,published&decimal=,&defuse=false").key(&key).send().expect(200);
        let response = server.request("POST", "/v1/impact-statistics/import?decimal=,&defuse=false").key(&key).header("Content-Type", "text/csv").body(all.body).send().expect(200).json();
        assert_eq!((&response["unchanged"], &response["rows"]), (&json!(2), &json!(2)));
    }

    fn statistic_row_has_every_field(server: &TestServer) {
        whole(server);
        let item = server.read("/v1/impact-statistics/people");
        let response = server.get("/v1/impact-statistics.csv?lang=en").expect(200);
        assert_eq!(response.required_header("content-disposition"), "attachment; filename=\"impact-statistics.csv\"");
        assert_eq!(response.required_header("content-language"), "en");
        let (columns, rows) = csv(&response);
        assert_eq!(rows.len(), 1);
        assert_eq!(columns.join(" "), "id slug status language transliterated label description figure value qualifier state unit measure ascending time_aggregation group_aggregation \
            indicator indicator_label programme programme_title partner partner_name countries period_start period_end disaggregation baseline_value baseline_year baseline_date baseline_comment target_value target_period_start \
            target_period_end source_text source_url documents evidence languages published_at created_at updated_at");
        let text = |name: &str| item[name].as_str().unwrap().to_owned();
        expect(&rows[0], &[
            ("id", &text("id")),
            ("slug", "people"),
            ("status", "published"),
            ("language", "en"),
            ("transliterated", "false"),
            ("label", "People at the \"forum\""),
            ("description", "One.\n\nTwo, three."),
            ("figure", "More than 1,500.50"),
            ("value", "1500.50"),
            ("qualifier", "more_than"),
            ("unit", "people"),
            ("measure", "unit"),
            ("ascending", "true"),
            ("time_aggregation", "latest"),
            ("group_aggregation", "none"),
            ("programme", "norms"),
            ("programme_title", "Norms"),
            ("partner", "network"),
            ("partner_name", "Network, \"of\" shelters"),
            ("countries", "XK; RS"),
            ("period_start", "2024-01-01"),
            ("period_end", "2024-12-31"),
            ("disaggregation", "sex=female; a\\=b=x\\; \\\\y"),
            ("baseline_value", "-3"),
            ("baseline_year", "2020"),
            ("target_value", "2000"),
            ("target_period_start", "2025-01-01"),
            ("target_period_end", "2026-12-31"),
            ("source_text", "Report, page 3"),
            ("source_url", "https://r.example.org/3"),
            ("documents", "Report\\; final=https://r.example.org/final.pdf|12||application/pdf"),
            ("evidence", "whole#12.5-30=en:More \\= better."),
            ("languages", "en; sr-Latn"),
            ("published_at", "2026-05-07T08:00:00.250Z"),
            ("created_at", &text("created_at")),
            ("updated_at", &text("updated_at")),
        ]);
        expect(&super::rows(server, "/v1/impact-statistics.csv?lang=sr-Cyrl")[0], &[
            ("language", "sr-Cyrl"),
            ("transliterated", "true"),
            ("label", "Људи на форуму"),
            ("figure", "Више од 1.500,50"),
        ]);
    }

    fn exports_every_kind(server: &TestServer) {
        whole(server);
        expect(&rows(server, "/v1/videos.csv")[0], &[
            ("title", "A film"),
            ("summary", "Short."),
            ("content_note", "Speaks of violence."),
            ("duration_seconds", "95"),
            ("recorded_on", "2026-05-01"),
            ("spoken_languages", "sq; en"),
            ("caption_languages", "en"),
            ("countries", "RS"),
            ("topics", "prevention"),
            ("topic_names", "Prevention\\; early"),
            ("programme", "norms"),
            ("programme_title", "Norms"),
            ("partners", "network=host"),
            ("partner_names", "Network, \"of\" shelters"),
            ("source_urls", "https://m.example.org/film.mp4?a\\=1\\;b\\=2"),
            ("thumbnail_url", "https://m.example.org/still.jpg"),
            ("chapters", "12.5=Then"),
            ("credits", "Ana Anić=director"),
            ("licence", "CC-BY-4.0"),
        ]);
        expect(&rows(server, "/v1/programmes.csv")[0], &[
            ("title", "Norms"),
            ("credit_line", "Funded by the Union."),
            ("disclaimer", "Own views."),
            ("start_date", "2020-01-01"),
            ("end_date", ""),
            ("countries", "XK; AL"),
            ("partners", "network=implementer"),
            ("iati_identifier", "XM-1"),
            ("helplines", "MK: SOS=15700"),
        ]);
        expect(&rows(server, "/v1/partners.csv")[0], &[
            ("name", "Network, \"of\" shelters"),
            ("description", "Two\nlines."),
            ("kind", "civil_society"),
            ("acronym", "NoS"),
            ("is_group", "false"),
            ("country", "XK"),
            ("website", "https://e.example.org/"),
            ("logo_url", "https://e.example.org/logo.png"),
        ]);
    }

    demo fn exports_complete_list_in_order(server: &TestServer) {
        for (kind, query) in [
            ("videos", ""),
            ("videos", "?country=MK&topic=!testimonials&lang=mk"),
            ("videos", "?q=zene"),
            ("videos", "?q=women&sort=title&lang=sq"),
            ("videos", "?q=nothing-like-this"),
            ("videos", "?sort=-duration_seconds"),
            ("videos", "?ids=testimonials-part-one"),
            ("programmes", ""),
            ("partners", "?sort=name"),
            ("partners", "?kind=!donor"),
            ("impact-statistics", "?sort=-value"),
            ("impact-statistics", "?min_value=500&lang=tr"),
            ("impact-statistics", "?missing=!sq.label&sort=label"),
        ] {
            let mark = if query.is_empty() { "?" } else { "&" };
            let listed = server.slugs(&format!("/v1/{kind}{query}{mark}limit=100"));
            assert_eq!(slugs(server, &format!("/v1/{kind}.csv{query}")), listed, "{kind}{query}");
        }
        assert!(!server.slugs("/v1/videos?q=zene").is_empty());
    }

    fn drafts_are_exported_only_with_key(server: &TestServer) {
        let key = whole(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft", "label": "Not yet"}));
        server.patch(&key, "/v1/partners/network?on_references=keep", &json!({"status": "draft"}));
        let all = |path: &str| csv(&server.request("GET", path).key(&key).send().expect(200)).1;
        assert_eq!(slugs(server, "/v1/impact-statistics.csv"), ["people"]);
        assert_eq!(rows(server, "/v1/impact-statistics.csv")[0]["partner"], "");
        assert_eq!(super::column(&all("/v1/impact-statistics.csv"), "slug"), ["people"]);
        let both = all("/v1/impact-statistics.csv?status=draft,published&sort=slug");
        assert_eq!(super::column(&both, "slug"), ["draft", "people"]);
        assert_eq!(super::column(&both, "partner"), ["", "network"]);
        server.get("/v1/impact-statistics.csv?status=draft").errors(400, &[("status", "needs_key")]);
        server.request("GET", "/v1/impact-statistics.csv").key("nonsense").send().problem(401, "unauthenticated");
    }

    fn export_rejects_unsupported_parameters(server: &TestServer) {
        server.get("/v1/impact-statistics.csv?limit=3&cursor=x&offset=1&fields=slug").errors(400, &[
            ("fields", "unknown_parameter"),
            ("limit", "unknown_parameter"),
            ("cursor", "unknown_parameter"),
            ("offset", "unknown_parameter"),
        ]);
        server.get("/v1/videos.csv?contry=MK").errors(400, &[("contry", "unknown_parameter")]);
        server.get("/v1/videos.csv?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.get("/v1/partners.ods").problem(404, "not-found");
        server.request("POST", "/v1/partners.csv").skip_contract_check().send().expect(405);
        let (columns, rows) = csv(&server.get("/v1/programmes.csv").expect(200));
        assert_eq!((columns[0].as_str(), rows.len()), ("id", 0));
    }

    fn table_supports_conditional_get(server: &TestServer) {
        let key = whole(server);
        let first = server.get("/v1/impact-statistics.csv").expect(200);
        let tag = first.required_header("etag").to_owned();
        assert!(first.required_header("cache-control").starts_with("public, max-age="));
        assert_eq!(first.required_header("vary"), "Authorization, Accept-Language, Accept-Encoding");
        let again = |name: &str, value: &str| server.request("GET", "/v1/impact-statistics.csv").header(name, value).send();
        let same = again("If-None-Match", &tag).expect(304);
        assert_eq!((same.required_header("etag"), same.body.len()), (tag.as_str(), 0));
        again("If-Modified-Since", first.required_header("last-modified")).expect(304);
        again("If-None-Match", "\"other\"").expect(200);
        assert_ne!(server.get("/v1/impact-statistics").required_header("etag"), tag);
        assert_ne!(server.get("/v1/impact-statistics.csv?lang=sq").required_header("etag"), tag);
        let head = server.request("HEAD", "/v1/impact-statistics.csv").send().expect(200);
        assert_eq!((head.required_header("etag"), head.body.len()), (tag.as_str(), 0));
        assert_eq!(head.required_header("content-type"), "text/csv; charset=utf-8; header=present");
        let authenticated = server.request("GET", "/v1/impact-statistics.csv").key(&key).send().expect(200);
        assert_eq!(authenticated.required_header("cache-control"), "private, no-store");
        let site = again("Origin", "https://partner.example.org").expect(200);
        assert_eq!(site.required_header("access-control-allow-origin"), "*");
        // Names of referenced items are part of the table.
        server.patch(&key, "/v1/programmes/norms", &json!({"title": "Norms and minds"}));
        let changed = again("If-None-Match", &tag).expect(200);
        assert_eq!(csv(&changed).1[0]["programme_title"], "Norms and minds");
    }

    fn csv_escapes_formulas(server: &TestServer) {
        let key = server.editor_key();
        for (slug, label) in [("a", "=HYPERLINK(\"http://e\")"), ("b", "+1"), ("c", "-2 people"), ("d", "@SUM(A1)"), ("e", "'=1"), ("f", "'tis"), ("g", "＝1")] {
            server.create(&key, "/v1/impact-statistics", &json!({"slug": slug, "status": "published", "label": label, "value": "-2.50", "unit": "=cmd|x"}));
        }
        let rows = rows(server, "/v1/impact-statistics.csv?sort=slug");
        assert_eq!(super::column(&rows, "label"), ["'=HYPERLINK(\"http://e\")", "'+1", "'-2 people", "'@SUM(A1)", "''=1", "'tis", "'＝1"]);
        for row in &rows {
            assert_eq!((row["value"].as_str(), row["unit"].as_str()), ("-2.50", "'=cmd|x"));
            for cell in row.iter().filter(|(name, _)| *name != "value") {
                assert!(!cell.1.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            }
        }
    }
}
