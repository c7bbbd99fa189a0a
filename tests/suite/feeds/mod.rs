//! `/feeds/…`: every list as RSS, Atom and JSON Feed, validated against the format rules and parsed
//! by an independent feed reader.

mod format_rules;
mod saved_query_feeds;
mod websub;

use roxmltree::Document;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Response, TestServer, percent_encode};

const MEDIA: &str = "http://search.yahoo.com/mrss/";

/// Requests a feed, validates it against the format rules and an independent feed reader, which
/// must find the same number of entries.
fn feed(server: &TestServer, path: &str) -> Response {
    let response = server.get(path).expect(200);
    let url = format!("{}{path}", server.base());
    let count = match response.required_header("content-type") {
        "application/rss+xml; charset=utf-8" => {
            format_rules::rss(&Document::parse(&response.text()).unwrap(), &url).len()
        }
        "application/atom+xml; charset=utf-8" => {
            format_rules::atom(&Document::parse(&response.text()).unwrap(), &url).len()
        }
        "application/feed+json" => format_rules::json(&response.json(), &url).len(),
        other => panic!("{path}: {other}"),
    };
    let read = feed_rs::parser::parse(response.body.as_slice())
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(read.entries.len(), count, "{path}");
    response
}

fn read(response: &Response) -> feed_rs::model::Feed {
    feed_rs::parser::parse(response.body.as_slice()).unwrap()
}

/// Titles of the entries of a feed, in order.
fn titles(response: &Response) -> Vec<String> {
    read(response).entries.into_iter().map(|entry| entry.title.unwrap().content).collect()
}

/// A programme, its items, and a video with all fields.
fn whole(server: &TestServer) -> String {
    let key = server.editor_key();
    for (path, item) in [
        (
            "/v1/topics",
            json!({"slug": "prevention", "status": "published", "translations": {"en": {"name": "Prevention", "status": "published"}, "sr-Latn": {"name": "Prevencija", "status": "published"}}, "original_language": "en"}),
        ),
        (
            "/v1/partners",
            json!({"slug": "network", "status": "published", "name": "Network of shelters", "kind": "civil_society", "country": "XK", "logo": {"url": "https://e.example.org/logo.png"}}),
        ),
        (
            "/v1/programmes",
            json!({"slug": "norms", "status": "published", "title": "Norms", "summary": "Short.", "description": "One.\n\nTwo.", "countries": ["XK"], "partners": [{"partner": "network", "role": "implementer"}], "credit_line": "Funded by the Union.", "disclaimer": "The views are the authors' own."}),
        ),
        (
            "/v1/videos",
            json!({
                "slug": "whole", "status": "published", "published_at": "2026-05-07T08:00:00Z", "title": "A film & its <story>", "summary": "One & two.",
                "description": "First line\nsecond line.\n\nSecond <b>paragraph</b>.", "content_note": "Speaks of violence.", "duration_seconds": 95,
                "countries": ["RS", "XK"], "topics": ["prevention"], "programme": "norms", "partners": [{"partner": "network", "role": "host"}],
                "sources": [
                    {"kind": "file", "url": "https://m.example.org/film.mp4?a=1&b=2", "mime_type": "video/mp4", "width": 1920, "height": 1080, "size_bytes": 1234},
                    {"kind": "file", "url": "https://m.example.org/film.webm"},
                    {"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"},
                ],
                "thumbnail": {"url": "https://m.example.org/still.jpg", "width": 640, "height": 360, "alt": "A door"},
                "captions": [{"language": "en", "kind": "subtitles", "url": "https://m.example.org/film.en.srt"}],
                "credits": [{"name": "Ana Anić", "role": "Director"}, {"name": "Beqa", "role": "Catering"}], "licence": "CC-BY-4.0",
            }),
        ),
        (
            "/v1/videos",
            json!({"slug": "bare", "status": "published", "published_at": "2025-01-01T00:00:00.5Z", "title": "Bare"}),
        ),
        ("/v1/videos", json!({"slug": "hidden", "title": "Draft"})),
        (
            "/v1/impact-statistics",
            json!({"slug": "people", "status": "published", "label": "people at the forum", "value": "1500", "qualifier": "more_than", "programme": "norms", "countries": ["XK"]}),
        ),
    ] {
        server.create(&key, path, &item);
    }
    let track = server
        .request("PUT", "/v1/videos/whole/captions/sr-Latn")
        .key(&key)
        .header("Content-Type", "text/vtt");
    track.body("WEBVTT\n\n00:01.000 --> 00:02.000\nŽene govore\n").send().expect(201);
    key
}

const REQUIRED_NOTICES: [&str; 5] = [
    "Content note: Speaks of violence.",
    "Licence: CC-BY-4.0",
    "Funded by the Union.",
    "The views are the authors' own.",
    "* This designation is without prejudice",
];

on_both! {
    fn feed_entry_has_all_item_fields(server: &TestServer) {
        whole(server);
        let rss = feed(server, "/feeds/videos.rss").text();
        let document = Document::parse(&rss).unwrap();
        let items = format_rules::rss(&document, &format!("{}/feeds/videos.rss", server.base()));
        let of = |name: (&str, &str)| items[0].descendants().filter(|node| node.tag_name() == name.into()).collect::<Vec<_>>();
        assert_eq!(format_rules::text(items[0], None, "title"), "A film & its <story>");
        assert_eq!(format_rules::text(items[0], None, "link"), format!("{}/embed/videos/whole?lang=en", server.base()));
        assert_eq!(format_rules::text(items[0], None, "pubDate"), "Thu, 07 May 2026 08:00:00 +0000");
        assert_eq!(format_rules::text(items[0], None, "description"), "One &amp; two.");
        let html = format_rules::text(items[0], Some("http://purl.org/rss/1.0/modules/content/"), "encoded");
        assert!(html.starts_with("<p>Content note: Speaks of violence.</p><p>First line<br/>second line.</p><p>Second &lt;b&gt;paragraph&lt;/b&gt;.</p>"), "{html}");
        for notice in REQUIRED_NOTICES {
            assert!(html.contains(notice), "{notice}: {html}");
        }
        let enclosure = format_rules::all(items[0], None, "enclosure")[0];
        let attributes = |node: roxmltree::Node<'_, '_>| node.attributes().map(|one| format!("{}={}", one.name(), one.value())).collect::<Vec<_>>().join(" ");
        assert_eq!(attributes(enclosure), "url=https://m.example.org/film.mp4?a=1&b=2 length=1234 type=video/mp4");
        let contents: Vec<String> = of((MEDIA, "content")).into_iter().map(attributes).collect();
        assert_eq!(contents, [
            "url=https://m.example.org/film.mp4?a=1&b=2 type=video/mp4 medium=video fileSize=1234 width=1920 height=1080 duration=95 isDefault=true",
            "url=https://m.example.org/film.webm type=video/webm medium=video duration=95 isDefault=false",
            "medium=video duration=95",
        ]);
        assert_eq!(attributes(of((MEDIA, "player"))[0]), "url=https://www.youtube.com/watch?v=aqz-KE-bpKQ");
        assert_eq!(attributes(of((MEDIA, "thumbnail"))[0]), "url=https://m.example.org/still.jpg width=640 height=360");
        let credits: Vec<String> = of((MEDIA, "credit")).into_iter().map(|node| format!("{} {}", attributes(node), node.text().unwrap())).collect();
        assert_eq!(credits, ["scheme=urn:ebu role=director Ana Anić", " Beqa"]);
        let categories: Vec<&str> = format_rules::all(items[0], None, "category").iter().map(|node| node.text().unwrap()).collect();
        assert_eq!(categories, ["Norms", "Prevention", "Serbia", "Kosovo*"]);
        let captions: Vec<String> = of(("https://podcastindex.org/namespace/1.0", "transcript")).into_iter().map(attributes).collect();
        let own = |script: &str| format!("url={}/v1/videos/whole/captions/{script}.vtt?kind=captions type=text/vtt language={script} rel=captions", server.base());
        assert_eq!(captions, ["url=https://m.example.org/film.en.srt type=application/x-subrip language=en rel=captions".to_owned(), own("sr-Latn"), own("sr-Cyrl")]);
        // Elements without a value are omitted.
        assert!(format_rules::all(items[1], None, "enclosure").is_empty() && items[1].descendants().all(|node| node.tag_name() != (MEDIA, "content").into()));
        assert_eq!(items.len(), 2, "drafts require a key");

        let atom = feed(server, "/feeds/videos.atom").text();
        let document = Document::parse(&atom).unwrap();
        let entries = format_rules::atom(&document, &format!("{}/feeds/videos.atom", server.base()));
        let links = format_rules::links(entries[0]);
        let of_rel = |rel: &str| links.iter().filter(|link| link.0 == rel).map(|link| link.1).collect::<Vec<_>>();
        assert_eq!(of_rel("enclosure"), ["https://m.example.org/film.mp4?a=1&b=2", "https://m.example.org/film.webm"], "every rendition");
        assert_eq!(of_rel("related")[0], "https://www.youtube.com/watch?v=aqz-KE-bpKQ");
        assert_eq!(format_rules::text(entries[0], Some("http://www.w3.org/2005/Atom"), "rights"), "CC-BY-4.0 · Funded by the Union.");
        assert_eq!(format_rules::text(entries[1], Some("http://www.w3.org/2005/Atom"), "published"), "2025-01-01T00:00:00.500Z");

        let json = feed(server, "/feeds/videos.json").json();
        let item = &json["items"][0];
        assert_eq!(item["tags"], json!(["Norms", "Prevention", "Serbia", "Kosovo*"]));
        assert_eq!(item["external_url"], "https://www.youtube.com/watch?v=aqz-KE-bpKQ");
        assert_eq!(item["attachments"][0], json!({"url": "https://m.example.org/film.mp4?a=1&b=2", "mime_type": "video/mp4", "title": "A film & its <story>", "size_in_bytes": 1234, "duration_in_seconds": 95}));
        assert_eq!(item["_kinoteka"]["captions"].as_array().unwrap().len(), 3);
        assert_eq!(item["authors"], json!([{"name": "Ana Anić"}, {"name": "Beqa"}]));
        for notice in REQUIRED_NOTICES {
            assert!(item["content_html"].as_str().unwrap().contains(notice) && atom.contains(notice), "{notice}");
        }
    }

    fn every_kind_has_feeds(server: &TestServer) {
        whole(server);
        for ending in ["atom", "json"] {
            let of = |kind: &str| feed(server, &format!("/feeds/{kind}.{ending}"));
            assert_eq!(titles(&of("programmes")), ["Norms"]);
            assert!(of("programmes").text().contains("Funded by the Union."));
            assert_eq!(titles(&of("partners")), ["Network of shelters"]);
            assert!(of("partners").text().contains("https://e.example.org/logo.png"));
            let statistics = of("impact-statistics");
            assert_eq!(titles(&statistics), ["More than 1,500 · people at the forum"]);
            assert!(statistics.text().contains("Funded by the Union.") && statistics.text().contains("* This designation"));
            assert_eq!(titles(&feed(server, &format!("/feeds/impact-statistics.{ending}?lang=sr-Cyrl"))), ["Више од 1.500 · people at the forum"]);
        }
        for path in ["/feeds/programmes.rss", "/feeds/videos.xml", "/feeds/videos.RSS"] {
            let problem = server.get(path).problem(404, "not-found");
            assert!(problem["detail"].as_str().unwrap().contains("atom"), "{problem}");
        }
    }

    fn feed_title_describes_query_in_feed_language(server: &TestServer) {
        whole(server);
        let title = |path: &str| read(&feed(server, path)).title.unwrap().content;
        for (query, expected) in [
            ("", "Videos"),
            ("?country=RS&topic=prevention", "Videos · Prevention · Serbia"),
            ("?lang=sr-Cyrl&country=RS&topic=prevention", "Видео-записи · Превенција · Србија"),
            ("?lang=tr&country=RS&text_language=sr&has=captions,sign_language", "Videolar · Sırbistan · Dil: Sırpça · Altyazı, İşaret dili"),
            ("?lang=mk&country=!RS&kind=youtube", "Видеа · освен Србија · YouTube"),
            ("?lang=sq&caption_language=sr-Latn&year=2026", "Video · Titra: serbisht (latin) · 2026"),
            ("?programme=norms&partner=network&min_duration=60&max_duration=600", "Videos · Norms · Network of shelters · Duration ≥ 60 s · Duration < 600 s"),
            ("?lang=bs&published_after=2026-01-01&sort=title,-duration_seconds", "Videozapisi · Objavljeno ≥ 2026-01-01 · Redoslijed: Naslov ↑, Trajanje ↓"),
            ("?missing=sq.captions&ids=whole,bare", "Videos · Missing: Captions (Albanian) · Selection (2)"),
            ("?limit=1&sort=-published_at&lang=en", "Videos"),
        ] {
            for ending in ["rss", "atom", "json"] {
                assert_eq!(title(&format!("/feeds/videos.{ending}{query}")), expected);
            }
        }
        assert_eq!(title(&format!("/feeds/videos.atom?q={}", percent_encode("film  \"story\""))), "Videos · “film \"story\"”");
        assert_eq!(title("/feeds/partners.json?kind=civil_society&is_group=false"), "Partners · Civil society · Single organisation");
        assert_eq!(title("/feeds/impact-statistics.atom?qualifier=more_than&min_value=5"), "Impact statistics · Precision: More than · Value ≥ 5");
        // The footnote of a designation is shown in the feed too.
        for ending in ["rss", "atom", "json"] {
            let response = feed(server, &format!("/feeds/videos.{ending}?country=XK&max_duration=1"));
            assert!(read(&response).title.unwrap().content.ends_with("Kosovo* · Duration < 1 s") && response.text().contains("* This designation"), "{}", response.text());
        }
    }

    fn feed_pages_are_linked(server: &TestServer) {
        let key = server.editor_key();
        for number in 0..7 {
            server.create(&key, "/v1/videos", &json!({"slug": format!("film-{number}"), "status": "published", "title": format!("Film {number}"), "published_at": format!("2026-01-0{}T00:00:00Z", number + 1)}));
        }
        for ending in ["rss", "atom", "json"] {
            let mut path = format!("/feeds/videos.{ending}?limit=3&q=film&lang=en");
            let mut seen = Vec::new();
            for page in 0..3 {
                let response = feed(server, &path);
                seen.extend(titles(&response));
                if ending == "atom" {
                    assert_eq!(read(&response).id, format!("{}/feeds/videos.atom?limit=3&q=film&lang=en", server.base()), "all pages are one feed");
                }
                let link = response.required_header("link").to_owned();
                let next = link.split(", ").find_map(|part| part.strip_suffix(">; rel=\"next\"")?.strip_prefix('<'));
                assert!(next.is_none_or(|next| response.text().replace("&amp;", "&").contains(next)), "the feed contains the link");
                assert_eq!(next.is_some(), page < 2);
                if let Some(next) = next {
                    next.strip_prefix(&server.base()).unwrap().clone_into(&mut path);
                }
            }
            assert_eq!(seen, ["Film 6", "Film 5", "Film 4", "Film 3", "Film 2", "Film 1", "Film 0"]);
            assert_eq!(titles(&feed(server, &format!("/feeds/videos.{ending}?limit=100"))).len(), 7);
        }
    }

    fn lists_link_to_feeds(server: &TestServer) {
        whole(server);
        let feeds = |path: &str| {
            let link = server.get(path).expect(200).required_header("link").to_owned();
            link.split(", <").filter(|part| part.contains("rel=\"alternate\"")).map(|part| part.replace(&server.base(), "")).collect::<Vec<_>>()
        };
        assert_eq!(feeds("/v1/videos?country=RS&fields=title&lang=mk&facets=topic&limit=5&total=true"), [
            "/feeds/videos.rss?country=RS&lang=mk&limit=5>; rel=\"alternate\"; type=\"application/rss+xml\"",
            "/feeds/videos.atom?country=RS&lang=mk&limit=5>; rel=\"alternate\"; type=\"application/atom+xml\"",
            "/feeds/videos.json?country=RS&lang=mk&limit=5>; rel=\"alternate\"; type=\"application/feed+json\"",
            "/v1/videos.csv?country=RS&lang=mk>; rel=\"alternate\"; type=\"text/csv\"",
            "/v1/videos.xlsx?country=RS&lang=mk>; rel=\"alternate\"; type=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\"",
        ]);
        for path in ["/v1/videos?q=film&include=programme&lang=all&offset=1", "/v1/programmes", "/v1/partners?kind=civil_society", "/v1/impact-statistics"] {
            let found = feeds(path);
            assert!(found.len() >= 2);
            for one in found.iter().filter_map(|one| one.split('>').next()) {
                if one.starts_with("/feeds/") {
                    feed(server, one);
                } else {
                    server.get(one).expect(200);
                }
            }
        }
        assert!(feeds("/v1/topics").is_empty() && feeds("/v1/search?q=film").is_empty());
    }

    fn feeds_support_conditional_get(server: &TestServer) {
        let key = whole(server);
        for path in ["/feeds/videos.rss", "/feeds/videos.atom?lang=mk", "/feeds/impact-statistics.json"] {
            let first = feed(server, path);
            let tag = first.required_header("etag").to_owned();
            assert_eq!(first.required_header("cache-control"), "public, max-age=60, stale-while-revalidate=600");
            assert_eq!(first.required_header("vary").contains("Accept-Language"), !path.contains("lang="));
            let again = server.request("GET", path).header("If-None-Match", &tag).send().expect(304);
            assert!(again.body.is_empty() && again.required_header("etag") == tag);
            let modified = first.required_header("last-modified").to_owned();
            server.request("GET", path).header("If-Modified-Since", &modified).send().expect(304);
            let head = server.request("HEAD", path).send().expect(200);
            assert!(head.body.is_empty() && head.required_header("etag") == tag);
            // The attribution in every entry changes with the programme.
            server.patch(&key, "/v1/programmes/norms", &json!({"credit_line": format!("For {path}")}));
            server.request("GET", path).header("If-None-Match", &tag).send().expect(200);
            assert!(path.contains("atom") || feed(server, path).text().contains(&format!("For {path}")));
        }
        let tags: Vec<String> = ["rss", "atom", "json"].iter().map(|ending| server.get(&format!("/feeds/videos.{ending}")).required_header("etag").to_owned()).collect();
        assert!(tags[0] != tags[1] && tags[1] != tags[2]);
        // With a key, feeds include drafts and are not cached.
        let drafts = server.request("GET", "/feeds/videos.rss?status=draft").key(&key).send().expect(200);
        assert_eq!((titles(&drafts), drafts.required_header("cache-control")), (vec!["Draft".to_owned()], "private, no-store"));
    }

    fn feeds_reject_unknown_parameters(server: &TestServer) {
        for (query, parameter, code) in [
            ("fields=title", "fields", "unknown_parameter"),
            ("include=programme", "include", "unknown_parameter"),
            ("facets=country", "facets", "unknown_parameter"),
            ("total=true", "total", "unknown_parameter"),
            ("highlights=true&q=a", "highlights", "unknown_parameter"),
            ("contry=RS", "contry", "unknown_parameter"),
            ("country=RX", "country", "unknown_value"),
            ("topic=no-such-topic", "topic", "unknown_value"),
            ("limit=101", "limit", "out_of_range"),
            ("lang=all", "lang", "invalid_language"),
            ("cursor=AAAA", "cursor", "invalid_cursor"),
            ("status=draft", "status", "needs_key"),
        ] {
            for ending in ["rss", "atom", "json"] {
                server.get(&format!("/feeds/videos.{ending}?{query}")).errors(400, &[(parameter, code)]);
            }
        }
        server.request("GET", "/feeds/videos.rss").header("Authorization", "Bearer nothing").send().problem(401, "unauthenticated");
        // An empty feed is not an error, nor is an `Accept` of another type.
        assert!(titles(&feed(server, "/feeds/videos.rss?q=nothing")).is_empty());
        assert!(titles(&feed(server, "/feeds/partners.atom")).is_empty());
        server.request("GET", "/feeds/videos.rss").header("Accept", "text/html, application/json;q=0.9").send().expect(200);
    }

    fn feeds_escape_hostile_text(server: &TestServer) {
        let key = server.editor_key();
        let texts = [
            "]]> <![CDATA[ <script>alert(1)</script>", "& &amp; &lt; \"quotes\" 'too'", "😀 𝒳 \u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}",
            "עברית ‏العربية‎ LTR", "\u{FEFF}bom \u{FFFE} \u{FDD0} end", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]>&b;",
        ];
        let long = "ж".repeat(300);
        for (number, text) in texts.iter().copied().chain([long.as_str()]).enumerate() {
            server.create(&key, "/v1/videos", &json!({
                "slug": format!("film-{number}"), "status": "published", "title": text, "summary": text, "description": format!("{text}\n\n{text}"), "content_note": text,
                "licence": text.chars().take(150).collect::<String>(), "published_at": format!("2026-01-0{}T00:00:00Z", 9 - number),
                "credits": [{"name": text, "role": text.chars().take(150).collect::<String>()}],
                "sources": [{"kind": "page", "url": "https://e.example.org/?a=%3Cb%3E&c=%22'"}],
            }));
        }
        let without_noncharacters = |text: &str| text.chars().filter(|c| !matches!(c, '\u{FFFE}' | '\u{FDD0}')).collect::<String>();
        for ending in ["rss", "atom", "json"] {
            let response = feed(server, &format!("/feeds/videos.{ending}"));
            let found: Vec<String> = if ending == "json" {
                response.json()["items"].as_array().unwrap().iter().map(|item| without_noncharacters(item["title"].as_str().unwrap())).collect()
            } else {
                let text = response.text();
                let document = Document::parse(&text).unwrap();
                let is_title = |node: &roxmltree::Node<'_, '_>| node.tag_name().name() == "title" && node.tag_name().namespace() != Some(MEDIA);
                document.descendants().filter(is_title).skip(1).map(|node| node.text().unwrap().to_owned()).collect()
            };
            let expected: Vec<String> = texts.iter().copied().chain([long.as_str()]).map(without_noncharacters).collect();
            assert_eq!(found, expected, "{ending}");
        }
        let title = read(&feed(server, &format!("/feeds/videos.atom?q={}", percent_encode("]]> & <b> \u{1}x")))).title.unwrap().content;
        assert_eq!(title, "Videos · “]]> & <b> x”");
    }

    fn entries_link_to_publisher_site(server: &TestServer, |settings| {
        settings.public_url_template = Some("https://example.org/{lang}/videos/{slug}".to_owned());
        settings.name = Some("Women & media".to_owned());
    }) {
        whole(server);
        let rss = feed(server, "/feeds/videos.rss?lang=mk").text();
        assert!(rss.contains("<link>https://example.org/en/videos/whole</link>"), "the link uses the language of the response: {rss}");
        assert!(rss.contains("<dc:publisher>Women &amp; media</dc:publisher>"));
        let programmes = feed(server, "/feeds/programmes.json").json();
        assert_eq!(programmes["items"][0]["url"], format!("{}/v1/programmes/norms", server.base()));
        assert_eq!(programmes["authors"], json!([{"name": "Women & media"}]));
    }

    demo fn demo_catalogue_feeds_are_valid_in_every_language(server: &TestServer) {
        let list = server.slugs("/v1/videos?limit=100");
        for lang in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr", "cnr", "de"] {
            for kind in ["videos", "programmes", "partners", "impact-statistics"] {
                let json = feed(server, &format!("/feeds/{kind}.json?lang={lang}&limit=100")).json();
                feed(server, &format!("/feeds/{kind}.atom?lang={lang}&limit=100"));
                if kind == "videos" {
                    feed(server, &format!("/feeds/videos.rss?lang={lang}&limit=100"));
                    assert_eq!(json["items"].as_array().unwrap().len(), list.len());
                }
            }
        }
        let statistics = titles(&feed(server, "/feeds/impact-statistics.atom?lang=sq&limit=100"));
        assert!(statistics.iter().any(|title| title.starts_with("Më shumë se 1\u{a0}500 · ")), "{statistics:?}");
    }

    demo fn feed_query_count_is_fixed(server: &TestServer, |settings| settings.server_timing = true) {
        let statements = |path: &str| server.get(path).expect(200).required_header("server-timing").to_owned();
        for path in ["/feeds/videos.rss", "/feeds/videos.json?country=XK&topic=forum", "/feeds/impact-statistics.atom"] {
            let with = |limit: usize| statements(&format!("{path}{}limit={limit}", if path.contains('?') { '&' } else { '?' }));
            drop(with(20));
            assert_eq!(with(2), with(20), "{path}");
        }
    }
}

/// Replaces values that differ between runs.
fn redacted(server: &TestServer, text: &str) -> String {
    let mut redacted = text
        .replace(&server.base(), "http://catalogue.example")
        .replace(&server.base().replace("http://", ""), "catalogue.example");
    for (before, length) in [("urn:uuid:", 36)] {
        let mut from = 0;
        while let Some(place) = redacted[from..].find(before) {
            from += place + before.len();
            redacted.replace_range(from..from + length, "…");
        }
    }
    for (before, after) in [
        ("<updated>", "</updated>"),
        ("<lastBuildDate>", "</lastBuildDate>"),
        ("\"date_modified\":\"", "\""),
        ("\"dateModified\":\"", "\""),
    ] {
        let mut from = 0;
        while let Some(place) = redacted[from..].find(before) {
            from += place + before.len();
            let length = redacted[from..].find(after).unwrap();
            redacted.replace_range(from..from + length, "…");
        }
    }
    redacted
}

/// Compares a response with the snapshot of that name. `KINOTEKA_UPDATE_SNAPSHOTS=1` rewrites the
/// snapshot.
fn assert_matches_snapshot(server: &TestServer, response: &Response, name: &str) {
    let found = redacted(server, &response.text());
    let found = if name.ends_with("json") {
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&found).unwrap()).unwrap()
            + "\n"
    } else {
        found.replace("><", ">\n<")
    };
    let path = format!("{}/tests/suite/feeds/snapshots/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("KINOTEKA_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(&path).unwrap(), "{path}");
}

on_both! {
    fn feeds_match_snapshots(server: &TestServer) {
        whole(server);
        for ending in ["rss", "atom", "json"] {
            let response = feed(server, &format!("/feeds/videos.{ending}?lang=en&country=RS,XK"));
            assert_matches_snapshot(server, &response, &format!("videos.{ending}"));
        }
    }

    fn video_machine_formats_match_snapshots(server: &TestServer) {
        whole(server);
        let page = percent_encode("/embed/videos/whole?lang=en");
        for (path, name) in [
            (format!("/oembed?url={page}&maxwidth=480"), "oembed.json"),
            (format!("/oembed?url={page}&maxwidth=480&format=xml"), "oembed.xml"),
            ("/sitemap-videos.xml".to_owned(), "sitemap.xml"),
            ("/v1/videos/whole/schema.jsonld?lang=en".to_owned(), "schema.json"),
        ] {
            assert_matches_snapshot(server, &server.get(&path).expect(200), name);
        }
    }
}
