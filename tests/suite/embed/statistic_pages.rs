//! Embeddable pages of statistics, and their oEmbed.

use serde_json::json;

use super::{film, page, policy, youtube};
use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Creates a statistic with all fields; returns an editor key.
pub fn statistic(server: &TestServer) -> String {
    let key = film(server, &youtube());
    server.create(
        &key,
        "/v1/partners",
        &json!({"slug": "shelters", "status": "published", "name": "Network of shelters"}),
    );
    server.create(&key, "/v1/impact-statistics", &json!({
        "slug": "people", "status": "published", "programme": "norms", "partner": "shelters", "countries": ["MK", "XK"],
        "value": "1500", "qualifier": "more_than", "unit": "people", "period_start": "2024-01-01", "period_end": "2026-12-31",
        "baseline": {"value": "20", "year": 2019}, "target": {"value": "2000", "period_start": "2027-01-01", "period_end": "2027-12-31"},
        "disaggregation": [{"dimension": "sex", "value": "female"}], "source": {"text": "Report <of> 2026", "url": "https://reports.example.org/2026"},
        "evidence": [{"video": "film", "start_seconds": 63.5, "quote": {"text": "Преку илјада <пати>.", "language": "mk"}}],
        "documents": [{"title": "Final & last report", "url": "https://reports.example.org/final.pdf", "language": "en", "page": 12}], "original_language": "en", "translations": {
            "en": {"label": "people & their <rights>", "description": "They \"know\" them.", "status": "published"},
            "sr-Latn": {"label": "ljudi koji znaju svoja prava", "status": "published"},
        },
    }));
    key
}

on_both! {
    fn statistic_page_uses_visitor_language(server: &TestServer) {
        statistic(server);
        let response = page(server, "/embed/impact-statistics/people?lang=en");
        let html = response.text();
        let base = server.base();
        for text in [
            "<html lang=\"en\" dir=\"ltr\">", "<h1 class=\"statement\"><span class=\"value\">More than 1,500</span> people &amp; their &lt;rights&gt;</h1>",
            "<title>More than 1,500 · people &amp; their &lt;rights&gt;</title>", "<meta property=\"og:title\" content=\"More than 1,500 · people &amp; their &lt;rights&gt;\">",
            "<meta property=\"og:description\" content=\"They &quot;know&quot; them.\">", "They &quot;know&quot; them.", "<dt>sex</dt><dd>female</dd>", "<dt>Period</dt><dd>2024–2026</dd>",
            "<dt>Baseline</dt><dd>20 (2019)</dd>", "<dt>Target</dt><dd>2,000 (2027)</dd>", "<a href=\"https://reports.example.org/2026\" target=\"_blank\" rel=\"noopener\">Report &lt;of&gt; 2026</a>",
            &format!("<a href=\"{base}/embed/videos/film?lang=en&amp;start=63\">A film &amp; its &lt;story&gt;</a>"), "1:03", "<q lang=\"mk\">Преку илјада &lt;пати&gt;.</q>", "hreflang=\"en\" target=\"_blank\" rel=\"noopener\">Final &amp; last report</a>", "p. 12", "Norms", "Network of shelters", "North Macedonia, Kosovo*",
            "Funded by the Union.", "The views are the authors' own.", "* This designation", &format!("<link rel=\"canonical\" href=\"{base}/embed/impact-statistics/people\">"),
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        let of_others: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("http") && !part.starts_with(&base)).collect();
        assert_eq!(of_others, ["https://reports.example.org/2026", "https://reports.example.org/final.pdf"], "no external URLs except source and documents");
        let policy = policy(&response);
        for directive in ["default-src 'none'", "frame-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors *"] {
            assert!(policy.contains(&directive.to_owned()), "{directive}: {policy:?}");
        }
        assert!(!policy.iter().any(|directive| directive.contains("unsafe")), "{policy:?}");
        assert!(response.header("x-frame-options").is_none() && response.header("set-cookie").is_none());
        let serbian = page(server, "/embed/impact-statistics/people?lang=sr-Cyrl");
        assert_eq!(serbian.required_header("content-language"), "sr-Cyrl");
        for text in ["<span class=\"value\">Више од 1.500</span> људи који знају своја права", "Полазна вредност", "<dd>2.000 (2027)</dd>", "Извор", "Видео-записи"] {
            assert!(serbian.text().contains(text), "{text}: {}", serbian.text());
        }
        // The video page links back, starting at the second of the evidence.
        let film = page(server, "/embed/videos/film?lang=en").text();
        for text in [
            "<h2>Impact statistics</h2>", &format!("<a href=\"{base}/embed/videos/film?lang=en&amp;start=63\" data-second=\"63\"><span class=\"time\">1:03</span></a>"),
            &format!("<a href=\"{base}/embed/impact-statistics/people?lang=en\">More than 1,500 · people &amp; their &lt;rights&gt;</a>"), "<q lang=\"mk\">Преку илјада &lt;пати&gt;.</q>",
        ] {
            assert!(film.contains(text), "{text}: {film}");
        }
        assert!(page(server, "/embed/videos/film?lang=sr-Latn").text().contains("Više od 1.500 · ljudi koji znaju svoja prava"));
        // UI text has a `lang` attribute where the label is in another language.
        let header = server.request("GET", "/embed/impact-statistics/people").header("Accept-Language", "mk").send().expect(200);
        assert!(header.text().contains("<html lang=\"en\"") && header.text().contains("<span class=\"value\" lang=\"mk\">Повеќе од 1.500</span>"), "{}", header.text());
        assert!(header.required_header("vary").contains("Accept-Language"));
    }

    fn statistic_page_omits_unknown_fields(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "bare", "status": "published", "label": "Shelter beds", "value": "12.5", "measure": "percentage"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "words", "status": "published", "label": "Trust has grown", "measure": "qualitative", "period_start": "2024-03-01", "source": {"text": "Interviews"}}));
        let bare = page(server, "/embed/impact-statistics/bare?lang=tr").text();
        assert!(bare.contains("<span class=\"value\" lang=\"tr\">%12,5</span> Shelter beds"), "{bare}");
        assert!(!bare.contains("<dl") && !bare.contains("<h2") && !bare.contains("<p"), "{bare}");
        let words = page(server, "/embed/impact-statistics/words?lang=en").text();
        assert!(words.contains("<h1 class=\"statement\">Trust has grown</h1>") && words.contains("<title>Trust has grown</title>"), "{words}");
        assert!(words.contains("<dt>Period</dt><dd>1 March 2024 –</dd>") && words.contains("<dt>Source</dt><dd>Interviews</dd>"), "{words}");
    }

    fn missing_statistic_is_html_error_page(server: &TestServer) {
        let key = statistic(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft", "label": "Draft", "value": "1"}));
        for (path, status, text) in [
            ("/embed/impact-statistics/none?lang=sq", 404, "Kjo faqe nuk është e disponueshme."),
            ("/embed/impact-statistics/draft", 404, "This page is not available."),
            ("/embed/impact-statistics/people?lang=all", 400, "`lang=all` is not supported here"),
            ("/embed/impact-statistics/people?lang=tr&start=1", 400, "Bu adreste bir hata var."),
            ("/embed/impact-statistics/people?lnag=tr", 400, "did you mean `lang`?"),
        ] {
            let response = server.get(path).expect(status);
            assert_eq!(response.required_header("content-type"), "text/html; charset=utf-8", "{path}");
            assert!(response.text().contains(text), "{path}: {}", response.text());
            assert!(policy(&response).contains(&"frame-ancestors *".to_owned()) && response.header("x-frame-options").is_none());
        }
        server.request("GET", "/embed/impact-statistics/draft").key(&key).send().expect(404);
        server.patch(&key, "/v1/impact-statistics/people", &json!({"slug": "humans"}));
        let moved = server.get("/embed/impact-statistics/people?lang=mk").expect(308);
        assert_eq!(moved.required_header("location"), format!("{}/embed/impact-statistics/humans?lang=mk", server.base()));
        server.request("DELETE", "/v1/impact-statistics/humans").key(&key).send().expect(204);
        assert!(server.get("/embed/impact-statistics/humans?lang=mk").expect(410).text().contains("Ова е отстрането."));
    }

    fn statistic_page_supports_conditional_get(server: &TestServer) {
        let key = statistic(server);
        for path in ["/embed/impact-statistics/people?lang=en", "/oembed?url=/embed/impact-statistics/people"] {
            let first = server.get(path).expect(200);
            assert_eq!(first.required_header("cache-control"), "public, max-age=60, stale-while-revalidate=600");
            let tag = first.required_header("etag").to_owned();
            assert!(server.request("GET", path).header("If-None-Match", &tag).send().expect(304).body.is_empty());
            assert_eq!(server.request("HEAD", path).send().expect(200).required_header("etag"), tag);
            server.patch(&key, "/v1/programmes/norms", &json!({"credit_line": format!("Credit {path}")}));
            server.request("GET", path).header("If-None-Match", &tag).send().expect(200);
        }
    }

    fn oembed_supports_statistics(server: &TestServer, |settings| settings.public_url_template = Some("https://example.org/{lang}/{kind}/{slug}".to_owned())) {
        let key = statistic(server);
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "draft", "label": "Draft", "value": "1"}));
        let ask = |url: &str, more: &str| server.get(&format!("/oembed?url={}{more}", percent_encode(url)));
        let base = server.base();
        let embed = format!("{base}/embed/impact-statistics/people?lang=sr-Latn");
        let oembed = ask(&embed, "").expect(200).json();
        assert_eq!((&oembed["type"], &oembed["title"]), (&json!("rich"), &json!("Više od 1.500 · ljudi koji znaju svoja prava")));
        assert_eq!((&oembed["width"], &oembed["height"]), (&json!(640), &json!(360)));
        let frame = roxmltree::Document::parse(oembed["html"].as_str().unwrap()).unwrap().root_element().attribute("src").unwrap().to_owned();
        assert_eq!(frame, embed);
        page(server, frame.strip_prefix(&base).unwrap());
        // URLs of the API and of the publisher's site are equivalent.
        for url in [format!("{base}/v1/impact-statistics/people"), "/embed/impact-statistics/people".to_owned(), "https://example.org/en/impact-statistics/people?a=b#c".to_owned()] {
            assert_eq!(ask(&url, "").expect(200).json()["title"], "More than 1,500 · people & their <rights>", "{url}");
        }
        assert_eq!(ask("https://example.org/en/videos/film", "").expect(200).json()["type"], "video");
        let small = ask(&embed, "&maxwidth=300&maxheight=100").expect(200).json();
        assert_eq!((&small["width"], &small["height"]), (&json!(300), &json!(100)));
        let xml = ask(&embed, "&format=xml").expect(200).text();
        assert!(xml.contains("<title>Više od 1.500 · ljudi koji znaju svoja prava</title>") && xml.contains("<type>rich</type>"), "{xml}");
        // The page links to oEmbed and to the publisher's page.
        let shown = page(server, "/embed/impact-statistics/people?lang=sr-Latn");
        let oembed_url = shown.required_header("link").split('>').next().unwrap().trim_start_matches('<').strip_prefix(&base).unwrap().to_owned();
        assert_eq!(server.get(&oembed_url).expect(200).json(), oembed);
        assert!(shown.text().contains("type=\"application/json+oembed\"") && shown.text().contains("<a href=\"https://example.org/sr-Latn/impact-statistics/people\""), "{}", shown.text());
        for url in ["/embed/impact-statistics/none", "/embed/impact-statistics/draft", "/embed/impact-statistics", "/embed/impact-statistics/film", "https://example.org/en/programmes/norms"] {
            ask(url, "").problem(404, "not-found");
        }
        ask(&embed, "&format=yaml").problem(501, "not-implemented");
        server.patch(&key, "/v1/impact-statistics/people", &json!({"slug": "humans"}));
        assert!(ask(&embed, "").expect(200).json()["html"].as_str().unwrap().contains("/embed/impact-statistics/humans?lang=sr-Latn"));
        server.request("DELETE", "/v1/impact-statistics/humans").key(&key).send().expect(204);
        ask(&embed, "").problem(404, "not-found");
    }

    fn statistic_page_frame_ancestors_are_configurable(server: &TestServer, |settings| settings.embed_origins = vec!["https://partner.example.org".to_owned()]) {
        statistic(server);
        for (path, status) in [("/embed/impact-statistics/people", 200), ("/embed/impact-statistics/none", 404)] {
            let response = server.get(path).expect(status);
            assert!(policy(&response).contains(&"frame-ancestors 'self' https://partner.example.org".to_owned()), "{path}");
        }
    }

    fn feeds_link_to_statistic_page(server: &TestServer) {
        statistic(server);
        let feed = server.get("/feeds/impact-statistics.json?lang=mk").expect(200).json();
        assert_eq!(feed["items"][0]["url"], format!("{}/embed/impact-statistics/people?lang=en", server.base()));
    }

    demo fn embeds_demo_statistics_in_every_language(server: &TestServer) {
        for slug in server.slugs("/v1/impact-statistics?limit=100") {
            for lang in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr", "cnr", "ar"] {
                let html = page(server, &format!("/embed/impact-statistics/{slug}?lang={lang}")).text();
                assert!(html.contains("class=\"value\"") && !html.split("<script>").next().unwrap().contains("{}"), "{slug} {lang}");
            }
        }
    }
}
