//! Charts of impact statistics: images, the chart page, oEmbed.

use kinoteka::charts::theme::Theme;
use kinoteka::http::csp::InlineSource;
use resvg::tiny_skia::Pixmap;
use roxmltree::Document;
use serde_json::{Value, json};

use super::{page, policy};
use crate::on_both;
use crate::support::chromium::{Browser, axe_source};
use crate::support::{Content, Response, TestServer, percent_encode};

/// Creates statistics of two units, one with all fields, one without a value; returns an editor
/// key.
pub fn statistics(server: &TestServer) -> String {
    let key = server.editor_key();
    server.create(
        &key,
        "/v1/programmes",
        &json!({"slug": "norms", "status": "published", "title": "Norms", "credit_line": "Funded by the Union."}),
    );
    let create = |slug: &str, labels: [&str; 2], more: Value| {
        let [english, serbian] = labels;
        let mut body = json!({"slug": slug, "status": "published", "original_language": "en", "translations": {
            "en": {"label": english, "status": "published"}, "sr-Latn": {"label": serbian, "status": "published"},
        }});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.create(&key, "/v1/impact-statistics", &body);
    };
    create(
        "people",
        ["people & their <rights>", "ljudi i njihova prava"],
        json!({
            "programme": "norms", "countries": ["MK", "XK"], "value": "1500", "qualifier": "more_than", "unit": "people", "additive": true, "period_start": "2024-01-01", "period_end": "2024-12-31",
            "baseline": {"value": "20", "year": 2019}, "target": {"value": "2000", "period_start": "2027-01-01", "period_end": "2027-12-31"},
        }),
    );
    create(
        "guests",
        ["guests", "gosti"],
        json!({"countries": ["RS"], "value": "500", "qualifier": "about", "unit": "people", "additive": true, "period_start": "2025-01-01", "period_end": "2025-12-31"}),
    );
    create(
        "beds",
        ["shelter beds", "ležajevi"],
        json!({"countries": ["RS"], "value": "12345678901234567890123456789012345678", "unit": "beds", "additive": true}),
    );
    create("trust", ["Trust has grown", "Poverenje je poraslo"], json!({"measure": "qualitative"}));
    key
}

/// Creates statistics of one indicator by country and year, with gaps; regional and multi-year
/// values have no breakdown.
fn series(server: &TestServer) -> String {
    let key = server.editor_key();
    server.create(
        &key,
        "/v1/indicators",
        &json!({"slug": "trained", "status": "published", "label": "People in training", "unit": "trainees", "additive": true}),
    );
    let count = |slug: &str,
                 countries: Value,
                 years: (&str, &str),
                 value: &str,
                 qualifier: &str| {
        server.create(&key, "/v1/impact-statistics", &json!({
            "slug": slug, "status": "published", "label": slug, "indicator": "trained", "countries": countries, "value": value, "qualifier": qualifier,
            "period_start": format!("{}-01-01", years.0), "period_end": format!("{}-12-31", years.1),
            "baseline": {"value": "10", "year": 2018}, "target": {"value": "200"},
        }));
    };
    count("rs-2019", json!(["RS"]), ("2019", "2019"), "120", "more_than");
    count("rs-2020", json!(["RS"]), ("2020", "2020"), "80", "exact");
    count("rs-2023", json!(["RS"]), ("2023", "2023"), "300", "exact");
    count("xk-2020", json!(["XK"]), ("2020", "2020"), "40", "about");
    count("hr-2019", json!(["HR"]), ("2019", "2019"), "7", "exact");
    count("both", json!(["MK", "AL"]), ("2021", "2022"), "55", "exact");
    key
}

const SVG: &str = "/v1/impact-statistics/chart.svg";

fn texts(response: &Response) -> Vec<String> {
    let text = response.text();
    let read = Document::parse(&text).unwrap();
    read.descendants()
        .filter(|node| node.tag_name().name() == "text")
        .filter_map(|node| node.text())
        .map(str::to_owned)
        .collect()
}

fn chart(server: &TestServer, query: &str) -> Response {
    let response = server.get(&format!("{SVG}?{query}")).expect(200);
    assert_eq!(response.required_header("content-type"), "image/svg+xml", "{query}");
    response
}

fn long_description(response: &Response) -> String {
    let text = response.text();
    let read = Document::parse(&text).unwrap();
    read.descendants()
        .find(|node| node.tag_name().name() == "desc")
        .and_then(|node| node.text())
        .unwrap()
        .to_owned()
}

on_both! {
    fn credit_lines_accompany_everything_that_shows_items_of_a_programme(server: &TestServer) {
        let key = statistics(server);
        let more = json!({"label": "more people", "status": "published", "programme": "norms", "countries": ["AL"], "value": "10", "unit": "people", "additive": true, "period_start": "2024-01-01", "period_end": "2024-12-31"});
        server.create(&key, "/v1/impact-statistics", &more);
        server.create(&key, "/v1/videos", &json!({"slug": "film", "status": "published", "title": "Film", "programme": "norms"}));
        server.create(&key, "/v1/saved-queries", &json!({"slug": "films", "status": "published", "name": "Films", "kind": "video", "query": "sort=title"}));
        let count = |path: &str| server.get(path).expect(200).text().matches("Funded by the Union.").count();
        // Of several statistics of one programme, which must not empty the cache of attributions.
        for path in [
            "/v1/impact-statistics/chart.svg?unit=people",
            "/v1/impact-statistics/chart.svg?unit=people&group_by=country",
            "/embed/impact-statistics/chart?unit=people&group_by=year",
            "/embed/videos",
            "/f/films",
            "/feeds/videos.rss",
        ] {
            assert!(count(path) > 0, "{path}");
        }
    }
}

on_both! {
    fn charts_show_qualifiers(server: &TestServer) {
        statistics(server);
        let english = chart(server, "lang=en");
        let all = texts(&english);
        for text in ["Impact statistics", "people & their <rights>", "More than 1,500", "guests", "About 500", "people", "beds", "Without a value: 1", "Funded by the Union."] {
            assert!(all.contains(&text.to_owned()), "{text}: {all:?}");
        }
        assert!(all.concat().replace(' ', "").contains("12,345,678,901,234,567,890,123,456,789,012,345,678"), "{all:?}");
        let words = long_description(&english);
        assert!(words.contains("people & their <rights>: More than 1,500\n") && words.contains("guests: About 500\n"), "{words}");
        // Each unit has its own scale: its longest bar fills the plot area.
        let serbian = chart(server, "lang=sr-Cyrl&unit=people");
        assert_eq!(serbian.required_header("content-language"), "sr-Cyrl");
        for text in ["људи и њихова права", "Више од 1.500", "Око 500", "Статистички подаци о учинку · Јединица: people"] {
            assert!(texts(&serbian).contains(&text.to_owned()), "{text}: {:?}", texts(&serbian));
        }
        let header = server.request("GET", SVG).header("Accept-Language", "tr").send().expect(200);
        assert!(texts(&header).contains(&"1.500 üzerinde".to_owned()) && header.required_header("vary").contains("Accept-Language"), "{:?}", texts(&header));
        let text = header.text();
        let read = Document::parse(&text).unwrap();
        let label = read.descendants().find(|node| node.text() == Some("guests") && node.tag_name().name() == "text").unwrap();
        assert_eq!((label.attribute("lang"), read.root_element().attribute("lang")), (Some("en"), Some("tr")), "text in another language has a lang attribute");
    }

    fn progress_runs_from_baseline_to_target(server: &TestServer) {
        statistics(server);
        let drawn = chart(server, "type=progress&lang=en");
        for text in ["More than 1,500 · More than 74.7%", "Baseline: 20 (2019)", "Target: 2,000 (2027)", "Without a target: 3"] {
            assert!(texts(&drawn).contains(&text.to_owned()), "{text}: {:?}", texts(&drawn));
        }
        assert!(texts(&chart(server, "type=progress&lang=mk")).contains(&"Повеќе од 1.500 · Повеќе од 74,7%".to_owned()));
    }

    fn charts_show_plans_shares_and_fiscal_years(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/indicators", &json!({"slug": "share", "status": "published", "label": "Share", "unit": "women", "measure": "percentage"}));
        let add = |slug: &str, start: &str, end: &str, more: Value| {
            let mut body = json!({"slug": slug, "status": "published", "label": slug, "indicator": "share", "period_start": start, "period_end": end});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            server.create(&key, "/v1/impact-statistics", &body);
        };
        add("first", "2022-07-01", "2023-06-30", json!({"value": "30", "target": {"value": "60"}, "baseline": {"value": "20", "year": 2021}}));
        add("second", "2023-07-01", "2024-06-30", json!({"value": "40", "target": {"value": "60"}}));
        add("planned", "2024-07-01", "2025-06-30", json!({"target": {"value": "70"}}));
        // One share for each year needs no sum; a fiscal year is shown where it ends.
        let line = texts(&chart(server, "type=line&indicator=share&lang=en"));
        assert!(["2023", "2024", "30%", "40%"].iter().all(|text| line.contains(&(*text).to_owned())), "{line:?}");
        // Annual targets are not added up.
        let progress = texts(&chart(server, "type=progress&group_by=indicator&aggregate=latest&lang=en"));
        assert!(progress.contains(&"40% · 50%".to_owned()) && progress.iter().any(|text| text.contains("Target: 60%")), "{progress:?}");
        let planned = texts(&chart(server, "type=progress&period_after=2024-07-01&lang=en"));
        assert!(planned.contains(&"No data".to_owned()) && planned.iter().any(|text| text.contains("Target: 70%")), "{planned:?}");
        let groups = texts(&chart(server, "type=progress&group_by=year&lang=en"));
        assert!(groups.contains(&"No data".to_owned()), "{groups:?}");
    }

    fn charts_apply_filters_and_report_no_data(server: &TestServer) {
        statistics(server);
        let found = |query: &str| texts(&chart(server, query));
        assert!(!found("country=MK&lang=en").contains(&"guests".to_owned()));
        assert_eq!(found("country=XK&lang=en")[0], "Impact statistics · Kosovo*");
        assert!(long_description(&chart(server, "country=XK&lang=en")).contains("* This designation is without prejudice"));
        assert!(found("q=rights&lang=en").contains(&"More than 1,500".to_owned()) && !found("q=rights&lang=en").contains(&"guests".to_owned()));
        for (lang, nothing) in [("en", "Nothing found."), ("sr-Cyrl", "Ништа није пронађено."), ("tr", "Hiçbir şey bulunamadı.")] {
            assert!(found(&format!("country=AL&lang={lang}")).contains(&nothing.to_owned()), "{lang}");
        }
        let few = found("limit=1&lang=en&sort=-value");
        assert!(few.contains(&"Not shown: 3".to_owned()) && !few.contains(&"guests".to_owned()), "{few:?}");
        let low = found("height=150&lang=en&unit=people&sort=-value");
        assert!(low.contains(&"Not shown: 1".to_owned()), "{low:?}");
    }

    fn charts_exclude_drafts(server: &TestServer) {
        let key = statistics(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft", "label": "Secret", "value": "1", "unit": "people"}));
        assert!(!chart(server, "lang=en").text().contains("Secret"));
        assert!(!server.request("GET", SVG).key(&key).send().expect(200).text().contains("Secret"));
        server.request("GET", SVG).key("kk_nobody").send().problem(401, "unauthenticated");
    }

    fn reports_all_invalid_chart_parameters(server: &TestServer) {
        statistics(server);
        for ending in ["svg", "png"] {
            let path = format!("/v1/impact-statistics/chart.{ending}");
            server.get(&format!("{path}?type=pie&theme=blue&width=199&height=3000&contry=RS")).errors(400, &[("type", "unknown_value"), ("theme", "unknown_value"), ("width", "out_of_range"), ("height", "out_of_range"), ("contry", "unknown_parameter")]);
            server.get(&format!("{path}?type=bar&type=line")).errors(400, &[("type", "repeated")]);
            server.get(&format!("{path}?lang=all")).errors(400, &[("lang", "invalid_language")]);
            for name in ["fields=id", "include=programme", "facets=unit", "facet_limit=2", "highlights=true", "total=true", "cursor=x", "offset=1"] {
                server.get(&format!("{path}?{name}")).errors(400, &[(name.split('=').next().unwrap(), "unknown_parameter")]);
            }
            server.get(&format!("{path}?country=RX&width=wide")).errors(400, &[("width", "out_of_range"), ("country", "unknown_value")]);
        }
        let html = server.get("/embed/impact-statistics/chart?lang=tr&width=640&type=pie").expect(400).text();
        assert!(html.contains("Bu adreste bir hata var.") && html.contains("data-code=\"unknown_value\""), "{html}");
        server.get("/v1/impact-statistics/chart").problem(404, "not-found");
    }

    fn grouped_chart_matches_summary(server: &TestServer) {
        series(server);
        let summary = server.read("/v1/impact-statistics/summary?group_by=country&lang=sr-Cyrl");
        let drawn = texts(&chart(server, "group_by=country&lang=sr-Cyrl"));
        for group in summary["data"].as_array().unwrap() {
            assert!(drawn.contains(&group["sum"]["figure"].as_str().unwrap().to_owned()), "{group}: {drawn:?}");
        }
        // The largest group comes first, values without breakdown last, and Kosovo has its
        // footnote.
        let order: Vec<&String> = drawn.iter().filter(|text| ["Србија", "Косово*", "Хрватска", "Без поделе"].contains(&text.as_str())).collect();
        assert_eq!(order, ["Србија", "Косово*", "Хрватска", "Без поделе"]);
        assert_eq!(drawn[0], "Статистички подаци о учинку · Држава или територија");
        assert!(long_description(&chart(server, "group_by=country&lang=sr-Cyrl")).contains("Србија: Више од 500\n") && long_description(&chart(server, "group_by=country")).contains("* This designation"));
        let two = texts(&chart(server, "group_by=country,year&lang=en"));
        assert!(two.contains(&"Serbia · 2019".to_owned()), "{two:?}");
        let few = texts(&chart(server, "group_by=country&limit=1&lang=en"));
        assert!(few.contains(&"Not shown: 3".to_owned()) && !few.contains(&"Croatia".to_owned()), "{few:?}");
        for (aggregate, title, value) in [("min", "Least value", "80"), ("max", "Greatest value", "300"), ("latest", "Latest value", "300")] {
            let one = texts(&chart(server, &format!("group_by=country&country=RS&aggregate={aggregate}&lang=en")));
            assert!(one[0].ends_with(&format!("Country or territory · {title}")) && one.contains(&value.to_owned()), "{one:?}");
        }
        assert!(texts(&chart(server, "group_by=indicator&lang=tr"))[0].ends_with(" · Gösterge"));
        let html = page(server, "/embed/impact-statistics/chart?group_by=country&lang=mk").text();
        assert!(html.contains("<th scope=\"col\">Држава или територија</th>") && html.contains("<th scope=\"row\">Косово*</th>") && html.contains("* This designation"), "{html}");
        assert!(html.contains(&format!("<a href=\"{}/v1/impact-statistics?lang=mk\"", server.base())), "the page links to the list");
    }

    fn line_chart_has_gaps_for_missing_values(server: &TestServer) {
        series(server);
        let response = chart(server, "type=line&group_by=year,country&lang=en");
        let text = response.text();
        let read = Document::parse(&text).unwrap();
        let strokes: Vec<String> = read.descendants().filter_map(|node| node.attribute("d")).filter(|path| path.contains('L') && path.contains('M') && path.matches('M').count() > 1).map(str::to_owned).collect();
        assert_eq!(strokes.len(), 1, "2019 and 2020 of Serbia are joined, 2023 is not: {strokes:?}");
        let drawn = texts(&response);
        for shown in ["Serbia", "Kosovo*", "Croatia", "More than 120", "300", "2019", "2023"] {
            assert!(drawn.contains(&shown.to_owned()), "{shown}: {drawn:?}");
        }
        // Values without a single year are mentioned, not drawn.
        assert!(drawn.iter().any(|text| text == "Not broken down: Not broken down: 55"), "{drawn:?}");
        let one = texts(&chart(server, "type=line&lang=en"));
        assert!(one[0].ends_with(" · Year") && one.contains(&"More than 127".to_owned()) && one.contains(&"About 120".to_owned()), "{one:?}");
    }

    fn tile_map_has_tile_for_every_country(server: &TestServer) {
        series(server);
        let drawn = texts(&chart(server, "type=map&lang=sq"));
        for shown in ["Serbi", "Kosovë*", "Shqipëri", "Turqi", "Kroaci", "Nuk ka të", "Rreth 40", "Pa ndarje"] {
            assert!(drawn.contains(&shown.to_owned()), "{shown}: {drawn:?}");
        }
        // Every map has Kosovo and its footnote.
        let serbia = chart(server, "type=map&country=RS&lang=en");
        assert!(texts(&serbia).contains(&"Kosovo*".to_owned()) && long_description(&serbia).contains("* This designation"), "{:?}", texts(&serbia));
        assert_eq!(texts(&serbia).iter().filter(|text| *text == "No data").count(), 6);
        assert_eq!(server.get("/v1/impact-statistics/chart.png?type=map").expect(200).required_header("content-type"), "image/png");
    }

    fn grouped_progress_matches_summary(server: &TestServer) {
        series(server);
        let group = server.read("/v1/impact-statistics/summary?group_by=country&country=RS&lang=en")["data"][0].clone();
        let drawn = texts(&chart(server, "type=progress&group_by=country&country=RS&lang=en"));
        let whole = format!("{} · {}", group["sum"]["figure"].as_str().unwrap(), group["progress"]["figure"].as_str().unwrap());
        assert!(drawn.contains(&whole), "{whole}: {drawn:?}");
        assert!(drawn.contains(&format!("Target: {} (2023)", group["target"]["figure"].as_str().unwrap())) && drawn.contains(&"Baseline: 10 (2018)".to_owned()), "{group}: {drawn:?}");
    }

    fn rejects_non_additive_chart(server: &TestServer) {
        statistics(server);
        let mixed = server.get(&format!("{SVG}?group_by=year")).expect(422).json();
        assert_eq!(mixed["errors"][0]["code"], "mixed_units");
        assert!(mixed["detail"].as_str().unwrap().contains("aggregate=latest"));
        server.get("/v1/impact-statistics/chart.png?type=map").problem(422, "not-summable");
        let html = server.get("/embed/impact-statistics/chart?group_by=year&lang=tr").expect(422).text();
        assert!(html.contains("data-code=\"mixed_units\""), "{html}");
        server.get(&format!("/oembed?url={}", percent_encode("/embed/impact-statistics/chart?group_by=year"))).problem(404, "not-found");
        chart(server, "group_by=unit&measure=unit");
        for (query, name, code) in [
            ("type=map&group_by=year", "group_by", "conflicting"), ("type=line&group_by=country", "group_by", "conflicting"), ("group_by=colour", "group_by", "unknown_value"),
            ("group_by=year,year", "group_by", "repeated"), ("group_by=year,unit,country", "group_by", "too_many"), ("aggregate=latest", "aggregate", "conflicting"),
            ("group_by=unit&aggregate=median", "aggregate", "unknown_value"), ("group_by=unit&sort=value", "sort", "conflicting"),
        ] {
            server.get(&format!("{SVG}?{query}")).errors(400, &[(name, code)]);
        }
    }

    fn charts_use_requested_theme(server: &TestServer) {
        statistics(server);
        for (name, theme, has, has_not) in [("light", Theme::Light, "#ffffff", "#17171a"), ("dark", Theme::Dark, "#17171a", "#ffffff"), ("auto", Theme::Auto, "prefers-color-scheme:dark", "nothing")] {
            let response = chart(server, &format!("theme={name}"));
            assert!(response.text().contains(has) && !response.text().contains(has_not), "{name}");
            assert_eq!(policy(&response), ["default-src 'none'".to_owned(), format!("style-src {}", theme.chart_style().csp_hash), "frame-ancestors 'none'".to_owned()]);
        }
    }

    fn renders_chart_as_png(server: &TestServer) {
        statistics(server);
        for (query, width, paper) in [("width=640&lang=mk", 640, (255, 255, 255)), ("width=320&theme=dark&height=400", 320, (0x17, 0x17, 0x1a)), ("theme=auto&type=progress", 800, (255, 255, 255))] {
            let response = server.get(&format!("/v1/impact-statistics/chart.png?{query}")).expect(200);
            assert_eq!(response.required_header("content-type"), "image/png");
            let picture = Pixmap::decode_png(&response.body).unwrap();
            assert_eq!(picture.width(), width, "{query}");
            assert!(!query.contains("height") || picture.height() == 400, "{query}");
            let corner = picture.pixel(0, 0).unwrap();
            assert_eq!((corner.red(), corner.green(), corner.blue()), paper, "{query}");
            let inked = picture.pixels().iter().filter(|pixel| (pixel.red(), pixel.green(), pixel.blue()) != paper).count();
            assert!(inked > 2_000, "{query}: {inked}");
        }
    }

    fn charts_support_conditional_get(server: &TestServer) {
        let key = statistics(server);
        for path in [SVG, "/v1/impact-statistics/chart.png", "/embed/impact-statistics/chart?type=progress", "/oembed?url=/embed/impact-statistics/chart"] {
            let first = server.get(path).expect(200);
            assert_eq!(first.required_header("cache-control"), "public, max-age=60, stale-while-revalidate=600", "{path}");
            assert!(first.header("last-modified").is_some() && first.required_header("vary").contains("Accept-Language"), "{path}");
            let tag = first.required_header("etag").to_owned();
            assert!(server.request("GET", path).header("If-None-Match", &tag).send().expect(304).body.is_empty());
            assert_eq!(server.request("HEAD", path).send().expect(200).required_header("etag"), tag);
            let site = server.request("GET", path).header("Origin", "https://example.org").send().expect(200);
            assert_eq!(site.required_header("access-control-allow-origin"), "*");
            server.patch(&key, "/v1/programmes/norms", &json!({"credit_line": format!("Credit {path}")}));
            let second = server.request("GET", path).header("If-None-Match", &tag).send().expect(200);
            assert!(second.required_header("etag") != tag, "{path}");
            // Changes of fields that a chart does not show do not change it.
            server.create(&key, "/v1/topics", &json!({"name": format!("Topic {}", path.len()), "status": "published"}));
            assert_eq!(server.get(path).required_header("etag"), second.required_header("etag"), "{path}");
        }
        let tags: std::collections::BTreeSet<String> = ["", "?type=progress", "?group_by=unit&measure=unit", "?theme=dark", "?width=300", "?height=300", "?lang=mk", "?unit=people"]
            .iter().map(|query| server.get(&format!("{SVG}{query}")).required_header("etag").to_owned()).collect();
        assert_eq!(tags.len(), 8, "each is another picture");
    }

    fn chart_page_has_chart_and_table(server: &TestServer) {
        statistics(server);
        let path = "/embed/impact-statistics/chart?type=progress&lang=en";
        let response = page(server, path);
        let html = response.text();
        for text in [
            "<html lang=\"en\" dir=\"ltr\">", "<h1>Impact statistics</h1>", "<title>Impact statistics</title>", "role=\"img\" aria-labelledby=\"kc-title-wide\"", "id=\"kc-title-narrow\"",
            "<caption>Impact statistics</caption>", "<th scope=\"row\">people &amp; their &lt;rights&gt;</th>", "<td class=\"number\">More than 1,500</td><td class=\"number\">More than 74.7%</td><td class=\"number\">20 (2019)</td><td class=\"number\">2,000 (2027)</td>",
            "Without a target: 3", "Funded by the Union.", &format!("Source: <a href=\"{}/v1/impact-statistics?lang=en\"", server.base()),
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(!html.contains(" style=") && response.header("set-cookie").is_none());
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        for directive in ["default-src 'none'", "frame-ancestors *", &format!("style-src {}", InlineSource::new(style.to_owned()).csp_hash)] {
            assert!(policy(&response).contains(&directive.to_owned()), "{directive}: {:?}", policy(&response));
        }
        let of_others: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("http") && !part.starts_with(&server.base()) && *part != "http://www.w3.org/2000/svg").collect();
        assert_eq!(of_others, Vec::<&str>::new());
        let bars = page(server, "/embed/impact-statistics/chart?lang=sr-Cyrl&theme=dark").text();
        for text in ["<th scope=\"row\">гости</th><td>people</td><td class=\"number\">Око 500</td>", "Подаци у табели", "color-scheme:dark", "Извор"] {
            assert!(bars.contains(text), "{text}: {bars}");
        }
        let empty = page(server, "/embed/impact-statistics/chart?country=AL&lang=sq").text();
        assert!(empty.contains("Asgjë nuk u gjet.") && !empty.contains("<table"), "{empty}");
        // A hostile label is escaped.
        assert!(!html.contains("<rights>"));
    }

    fn oembed_supports_charts(server: &TestServer) {
        statistics(server);
        let base = server.base();
        let embed = format!("{base}/embed/impact-statistics/chart?type=progress&lang=mk&unit=people");
        let oembed = server.get(&format!("/oembed?url={}&maxwidth=480", percent_encode(&embed))).expect(200).json();
        assert_eq!((&oembed["type"], &oembed["title"], &oembed["width"]), (&json!("rich"), &json!("Статистички податоци за влијанието · Единица: people"), &json!(480)));
        let frame = Document::parse(oembed["html"].as_str().unwrap()).unwrap().root_element().attribute("src").unwrap().to_owned();
        assert_eq!(frame, embed);
        let shown = page(server, frame.strip_prefix(&base).unwrap());
        let oembed_url = shown.required_header("link").split('>').next().unwrap().trim_start_matches('<').strip_prefix(&base).unwrap().to_owned();
        assert_eq!(server.get(&format!("{oembed_url}&maxwidth=480")).expect(200).json(), oembed);
        for query in ["type=pie", "width=300", "contry=RS", "lang=all"] {
            server.get(&format!("/oembed?url={}", percent_encode(&format!("/embed/impact-statistics/chart?{query}")))).problem(404, "not-found");
        }
    }

    fn chart_query_count_does_not_depend_on_points(server: &TestServer, |settings| settings.server_timing = true) {
        let key = statistics(server);
        for number in 0..50 {
            server.create(&key, "/v1/impact-statistics", &json!({"slug": format!("s-{number}"), "status": "published", "label": format!("Number {number}"), "value": number.to_string(), "unit": "people", "programme": "norms"}));
        }
        let statements = |query: &str| chart(server, query).required_header("server-timing").to_owned();
        // Values cached by the first request are not read again.
        statements("limit=50&lang=en");
        assert_eq!(statements("limit=2&lang=en"), statements("limit=50&lang=en"));
    }
}

#[test]
fn charts_fit_every_width_and_color_scheme() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    statistics(&server);
    series(&server);
    for (width, is_dark, query) in [
        (240, false, "lang=en"),
        (480, true, "lang=sr-Cyrl&type=progress"),
        (1200, false, "lang=tr"),
        (320, true, "lang=sq&theme=light"),
        (900, false, "lang=mk&type=progress&theme=dark"),
        (360, false, "lang=bs&type=map&unit=trainees"),
        (700, true, "lang=sr-Latn&type=line&group_by=year,country&unit=trainees"),
    ] {
        browser.resize(width, 700);
        browser.prefer_dark(is_dark);
        browser.visit(&format!("{}/embed/impact-statistics/chart?{query}", server.base()));
        assert_eq!(browser.console_errors(), Vec::<String>::new(), "{width} {query}");
        assert!(
            browser.requests().iter().all(|url| url.starts_with(&server.base())),
            "{:?}",
            browser.requests()
        );
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "no scrolling sideways: {width} {query}"
        );
        // One of the two variants is shown, in a readable size.
        let shown =
            browser.eval("[...document.querySelectorAll('.chart svg')].filter((svg) => svg.getBoundingClientRect().width > 0).length");
        assert_eq!(shown, json!(1));
        let size = browser.eval("(() => { const svg = [...document.querySelectorAll('.chart svg')].find((svg) => svg.getBoundingClientRect().width > 0); return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; })()");
        assert!(size.as_f64().unwrap() > 0.55, "{width}: {size}");
        browser.screenshot(&format!("chart-page-{width}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width}: {query}");
        // As a document of its own, its styles are allowed.
        browser.visit(&format!("{}{SVG}?{query}", server.base()));
        assert_eq!(browser.console_errors(), Vec::<String>::new(), "{query}");
        let paper = browser.eval("getComputedStyle(document.querySelector('.kc-background')).fill");
        let is_dark = query.contains("theme=dark") || (is_dark && !query.contains("theme=light"));
        assert_eq!(
            paper,
            json!(if is_dark { "rgb(23, 23, 26)" } else { "rgb(255, 255, 255)" }),
            "{query}"
        );
    }
}

#[test]
fn chart_labels_fit_with_fallback_font() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Demo, |_| {});
    for language in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"] {
        for width in [240, 480, 800] {
            browser.visit(&format!("{}{SVG}?lang={language}&width={width}", server.base()));
            let ends = browser.eval("Math.max(...[...document.querySelectorAll('text')].map((text) => { const box = text.getBBox(); return box.x + box.width; }))");
            assert!(ends.as_f64().unwrap() <= f64::from(width), "{language} {width}: {ends}");
            let over = browser.eval("[...document.querySelectorAll('g')].filter((group) => { const bar = group.querySelector(':scope > .kc-bar'); return bar && [...group.querySelectorAll(':scope > text')].some((text) => { const a = bar.getBBox(), b = text.getBBox(); return b.x < a.x + a.width && a.x < b.x + b.width && b.y < a.y + a.height && a.y < b.y + b.height; }); }).length");
            assert_eq!(over, json!(0), "no text over a bar: {language} {width}");
        }
    }
}
