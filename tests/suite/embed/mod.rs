//! Embedding: video pages, posters, sitemaps, oEmbed.

mod browser;
mod charts;
mod embed_builder;
mod shared_links;
mod statistic_pages;
mod web_component;

use diesel::connection::SimpleConnection;
use kinoteka::images::font::strip_unsupported;
use resvg::tiny_skia::Pixmap;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Response, TestServer, percent_encode};

/// A programme with a helpline, and its video with an external player.
fn film(server: &TestServer, sources: &Value) -> String {
    let key = server.editor_key();
    server.create(&key, "/v1/programmes", &json!({
        "slug": "norms", "status": "published", "title": "Norms", "credit_line": "Funded by the Union.", "disclaimer": "The views are the authors' own.",
        "helplines": [
            {"country": "MK", "languages": ["mk"], "name": "SOS", "phone": "+389 (0)2 15-700", "url": "https://help.example.org"},
            {"country": "TR", "languages": ["tr"], "name": "Elsewhere", "phone": "183"},
        ],
    }));
    server.create(&key, "/v1/videos", &json!({
        "slug": "film", "status": "published", "programme": "norms", "countries": ["MK", "XK"], "licence": "CC-BY-4.0", "sources": sources, "duration_seconds": 4000,
        "chapters": [{"start_seconds": 0, "title": "Start"}, {"start_seconds": 3725.5, "title": "<End> & more"}], "credits": [{"name": "Ana", "role": "director"}],
        "original_language": "en", "translations": {
            "en": {"title": "A film & its <story>", "summary": "Short \"text\".", "content_note": "Speaks of violence.", "status": "published"},
            "sr-Latn": {"title": "Žene govore", "summary": "Kratko.", "status": "published"},
        },
    }));
    key
}

fn page(server: &TestServer, path: &str) -> Response {
    let response = server.get(path).expect(200);
    assert_eq!(response.required_header("content-type"), "text/html; charset=utf-8");
    response
}

fn policy(response: &Response) -> Vec<String> {
    response.required_header("content-security-policy").split("; ").map(str::to_owned).collect()
}

fn youtube() -> Value {
    json!([{"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}])
}

on_both! {
    fn external_player_loads_only_after_click(server: &TestServer) {
        film(server, &youtube());
        let response = page(server, "/embed/videos/film?lang=en&start=12");
        let html = response.text();
        // The only external URL is the privacy-enhanced player URL. Structured data has URLs of
        // licences and vocabularies, which are not requested.
        let (before, after) = html.split_once("<script type=\"application/ld+json\">").unwrap();
        let html = format!("{before}{}", after.split_once("</script>").unwrap().1);
        let of_others: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("http") && !part.starts_with(&server.base())).collect();
        assert_eq!(of_others, [
            "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&amp;rel=0&amp;playsinline=1&amp;hl=en&amp;start=12",
            "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&amp;rel=0&amp;playsinline=1&amp;hl=en&amp;start=START",
            "https://help.example.org",
        ]);
        assert!(!html.contains("<iframe") && html.contains("Pressing play loads the video from YouTube."), "{html}");
        let policy = policy(&response);
        for directive in ["default-src 'none'", "img-src 'self'", "media-src 'self'", "frame-src https://www.youtube-nocookie.com", "base-uri 'none'", "form-action 'none'", "frame-ancestors *"] {
            assert!(policy.contains(&directive.to_owned()), "{directive}: {policy:?}");
        }
        assert!(!policy.iter().any(|directive| directive.contains("unsafe")), "{policy:?}");
        assert!(response.header("x-frame-options").is_none() && response.header("set-cookie").is_none());
        assert_eq!(server.get("/v1/videos").required_header("x-frame-options"), "DENY", "other pages cannot be framed");
    }

    fn video_page_shows_attribution_in_visitor_language(server: &TestServer) {
        film(server, &youtube());
        let html = page(server, "/embed/videos/film?lang=en").text();
        let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text}: {html}"));
        assert!(place("<strong>Content note:</strong> <span>Speaks of violence.</span>") < place("class=\"player\""), "the content note precedes the player");
        for text in [
            "<h1>A film &amp; its &lt;story&gt;</h1>", "Norms", "Short &quot;text&quot;.", "Ana (director)", "Licence: CC-BY-4.0", "Funded by the Union.", "The views are the authors' own.",
            "Kosovo: This designation is without prejudice", "Where to find help", "tel:+389215700", "(North Macedonia)", "1:02:05", "&lt;End&gt; &amp; more",
            "<link rel=\"canonical\" href=\"http", "og:title",
        ] {
            place(text);
        }
        assert!(!html.contains("Elsewhere"), "helplines of other countries are shown");
        let serbian = page(server, "/embed/videos/film?lang=sr-Cyrl");
        assert_eq!(serbian.required_header("content-language"), "sr-Cyrl");
        for text in ["<html lang=\"sr-Cyrl\" dir=\"ltr\">", "Жене говоре", "Кратко.", "Поглавља", "Где потражити помоћ", "Пусти (YouTube)", "Лиценца: CC-BY-4.0"] {
            assert!(serbian.text().contains(text), "{text}: {}", serbian.text());
        }
        // A content note in another language is shown if the requested one is missing.
        assert!(serbian.text().contains("<strong>Напомена о садржају:</strong> <span lang=\"en\">Speaks of violence.</span>"), "{}", serbian.text());
        assert!(server.get("/feeds/videos.rss?lang=sr-Cyrl").expect(200).text().contains("Напомена о садржају: Speaks of violence."));
        let header = server.request("GET", "/embed/videos/film").header("Accept-Language", "mk, sr;q=0.5").send().expect(200);
        assert!(header.text().contains("Каде да побарате помош") && header.required_header("vary").contains("Accept-Language"));
    }

    fn video_page_plays_files_with_tracks(server: &TestServer) {
        let key = film(server, &json!([
            {"kind": "file", "url": "https://m.example.org:8443/film.mp4?a=1&b=2", "mime_type": "video/mp4"},
            {"kind": "hls", "url": "https://cdn.example.org/film.m3u8"},
            {"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"},
        ]));
        let track = server.request("PUT", "/v1/videos/film/captions/sr-Latn").key(&key).header("Content-Type", "text/vtt");
        track.body("WEBVTT\n\n00:01.000 --> 00:02.000\nŽene govore\n").send().expect(201);
        server.patch(&key, "/v1/videos/film", &json!({"captions": [{"language": "en", "kind": "subtitles", "url": "https://t.example.org/en.vtt", "label": "English"}]}));
        let response = page(server, "/embed/videos/film?lang=sr-Cyrl&start=3");
        let html = response.text();
        for text in [
            "<video controls preload=\"none\" playsinline", "<source src=\"https://m.example.org:8443/film.mp4?a=1&amp;b=2#t=3\" type=\"video/mp4\">",
            "<source src=\"https://cdn.example.org/film.m3u8#t=3\" type=\"application/vnd.apple.mpegurl\">",
            "<track src=\"https://t.example.org/en.vtt\" kind=\"subtitles\" srclang=\"en\" label=\"English\">",
            "srclang=\"sr-Cyrl\" default label=\"српски (ћирилица)\"", "poster=\"http",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(policy(&response).contains(&"media-src 'self' https://cdn.example.org https://m.example.org:8443 https://t.example.org".to_owned()), "{:?}", policy(&response));
        assert!(html.contains("/embed/videos/film?lang=sr-Cyrl&amp;start=3725\" data-second=\"3725\""), "chapters are links without scripts");
    }

    fn video_has_embed_code(server: &TestServer) {
        let key = film(server, &youtube());
        let base = server.base();
        let video = server.read("/v1/videos/film");
        let embed = &video["embed"];
        assert_eq!(embed["page"].as_str(), Some(format!("{base}/embed/videos/film").as_str()));
        page(server, "/embed/videos/film");
        // The embed code equals the HTML of oEmbed.
        let oembed = server.read(embed["oembed"].as_str().unwrap().strip_prefix(&base).unwrap());
        assert_eq!(oembed["html"], embed["iframe"]);
        assert!(embed["iframe"].as_str().unwrap().contains("title=\"A film &amp; its &lt;story&gt;\""), "{embed}");
        assert_eq!(
            embed["component"].as_str().unwrap(),
            format!("<script src=\"{base}/embed/kinoteka.js\" defer></script>\n<kinoteka-video server=\"{base}\" video=\"film\"><a href=\"{base}/embed/videos/film\">A film &amp; its &lt;story&gt;</a></kinoteka-video>")
        );
        // The embed code has the requested language.
        let serbian = server.read("/v1/videos/film?lang=sr-Cyrl");
        assert_eq!(serbian["embed"]["page"].as_str(), Some(format!("{base}/embed/videos/film?lang=sr-Cyrl").as_str()));
        assert!(serbian["embed"]["component"].as_str().unwrap().contains("lang=\"sr-Cyrl\"><a") && serbian["embed"]["iframe"].as_str().unwrap().contains("Жене говоре"), "{serbian}");
        // Lists include it on request.
        assert!(server.read("/v1/videos")["data"][0].get("embed").is_none());
        assert_eq!(&server.read("/v1/videos?include=embed")["data"][0]["embed"], embed);
        assert_eq!(server.read("/v1/videos?fields=embed")["data"][0], json!({"id": video["id"], "embed": embed}));
        assert_eq!(server.read("/v1/videos/film?fields=title").as_object().unwrap().len(), 2);
        server.get("/v1/programmes?include=embed").errors(400, &[("include", "unknown_value")]);
        // It is accepted in requests but read-only.
        let whole = server.read("/v1/videos/film?lang=all");
        assert!(whole["embed"]["iframe"].as_str().unwrap().contains("A film"), "{whole}");
        let same = server.request("PUT", "/v1/videos/film").key(&key).json(&whole).send().expect(200);
        assert_eq!((&same.json()["revision"], same.json()["embed"]["page"].as_str().is_some()), (&whole["revision"], true));
    }

    fn missing_video_is_html_error_page(server: &TestServer) {
        let key = film(server, &json!([]));
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft"}));
        for (path, status, text) in [
            ("/embed/videos/no-such-film?lang=sq", 404, "Kjo faqe nuk është e disponueshme."),
            ("/embed/videos/draft", 404, "This page is not available."),
            ("/embed/videos/film?lang=all", 400, "`lang=all` is not supported here"),
            ("/embed/videos/film?lang=tr&start=-1", 400, "Bu adreste bir hata var."),
            ("/embed/videos/film?strat=1", 400, "did you mean `start`?"),
        ] {
            let response = server.get(path).expect(status);
            assert_eq!(response.required_header("content-type"), "text/html; charset=utf-8", "{path}");
            assert!(response.text().contains(text), "{path}: {}", response.text());
            assert!(policy(&response).contains(&"frame-ancestors *".to_owned()) && response.header("x-frame-options").is_none());
        }
        assert!(page(server, "/embed/videos/film?lang=en").text().contains("The video cannot be played here yet."));
        server.patch(&key, "/v1/videos/film", &json!({"slug": "other"}));
        let moved = server.get("/embed/videos/film?lang=mk").expect(308);
        assert_eq!(moved.required_header("location"), format!("{}/embed/videos/other?lang=mk", server.base()));
        server.request("DELETE", "/v1/videos/other").key(&key).send().expect(204);
        assert!(server.get("/embed/videos/other?lang=mk").expect(410).text().contains("Ова е отстрането."));
        // Embed pages never show drafts, not even with a key.
        server.request("GET", "/embed/videos/draft").key(&key).send().expect(404);
    }

    fn pages_and_posters_support_conditional_get(server: &TestServer) {
        let key = film(server, &youtube());
        for path in ["/embed/videos/film?lang=en", "/v1/videos/film/poster.svg?lang=en", "/v1/videos/film/poster.png?lang=en", &format!("/oembed?url={}", percent_encode(&format!("{}/embed/videos/film", server.base())))] {
            let first = server.get(path).expect(200);
            assert_eq!(first.required_header("cache-control"), "public, max-age=60, stale-while-revalidate=600");
            let again = server.request("GET", path).header("If-None-Match", first.required_header("etag")).send().expect(304);
            assert!(again.body.is_empty());
            let tag = first.required_header("etag").to_owned();
            assert!(server.request("HEAD", path).send().expect(200).required_header("etag") == tag);
            server.patch(&key, "/v1/programmes/norms", &json!({"title": format!("Norms {path}"), "credit_line": format!("Credit {path}")}));
            server.request("GET", path).header("If-None-Match", &tag).send().expect(200);
        }
    }

    fn poster_svg_shows_title(server: &TestServer) {
        let key = film(server, &json!([]));
        let poster = |path: &str| {
            let response = server.get(path).expect(200);
            assert_eq!(response.required_header("content-type"), "image/svg+xml");
            let text = response.text();
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            text
        };
        let english = poster("/v1/videos/film/poster.svg?lang=en");
        assert!(english.contains("A film &amp; its") && english.contains("Norms") && english.contains("viewBox=\"0 0 1280 720\""));
        assert!(poster("/v1/videos/film/poster.svg?lang=sr-Cyrl").contains("Жене говоре"));
        server.create(&key, "/v1/videos", &json!({"slug": "hostile", "status": "published", "title": "]]> <script>\u{FFFE} & \"😀\" עברית"}));
        poster("/v1/videos/hostile/poster.svg");
        server.get("/v1/videos/film/poster.svg?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.get("/v1/videos/film/poster.svg?size=1").errors(400, &[("size", "unknown_parameter")]);
        server.get("/v1/videos/none/poster.svg").problem(404, "not-found");
        server.patch(&key, "/v1/videos/film", &json!({"slug": "other"}));
        assert_eq!(server.get("/v1/videos/film/poster.svg").expect(308).required_header("location"), format!("{}/v1/videos/other/poster.svg", server.base()));
    }

    fn poster_is_available_as_png(server: &TestServer) {
        let key = film(server, &json!([]));
        let painted = |path: &str| {
            let response = server.get(path).expect(200);
            assert_eq!(response.required_header("content-type"), "image/png");
            assert!(response.header("content-encoding").is_none());
            let picture = Pixmap::decode_png(&response.body).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut colours: Vec<_> = picture.pixels().iter().map(|pixel| (pixel.red(), pixel.green(), pixel.blue())).collect();
            assert!(picture.pixels().iter().all(|pixel| pixel.alpha() == 255));
            colours.sort_unstable();
            colours.dedup();
            assert!(colours.len() > 50, "{path}: {} colours", colours.len());
            picture
        };
        let white = |picture: &Pixmap| picture.pixels().iter().filter(|pixel| pixel.red() == 255 && pixel.green() == 255 && pixel.blue() == 255).count();
        let english = painted("/v1/videos/film/poster.png?lang=en");
        assert_eq!((english.width(), english.height()), (1280, 720));
        let [latin, cyrillic] = ["sr-Latn", "sr-Cyrl"].map(|lang| painted(&format!("/v1/videos/film/poster.png?lang={lang}")));
        assert!(latin.data() != cyrillic.data() && english.data() != latin.data(), "the posters of different scripts are equal");
        assert!([&english, &latin, &cyrillic].iter().all(|picture| white(picture) > 2_000), "{} {}", white(&latin), white(&cyrillic));
        for (width, height) in [(1280, 720), (640, 360), (320, 180)] {
            let picture = painted(&format!("/v1/videos/film/poster.png?lang=en&width={width}"));
            assert_eq!((picture.width(), picture.height()), (width, height));
        }
        assert_eq!(painted("/v1/videos/film/poster.png?lang=en&width=1280").data(), english.data());
        // Characters missing in the font are omitted.
        for (slug, title) in [("mixed", "Film 😀 فيلم"), ("arabic", "أصوات النساء"), ("hostile", "]]> <script>\u{FFFE} & \"😀\" עברית"), ("long", &"Насиље ".repeat(40))] {
            server.create(&key, "/v1/videos", &json!({"slug": slug, "status": "published", "title": title}));
        }
        let [mixed, arabic, _, long] = ["mixed", "arabic", "hostile", "long"].map(|slug| white(&painted(&format!("/v1/videos/{slug}/poster.png"))));
        assert!(mixed > 500 && arabic == 0 && long > mixed * 5, "{mixed} {arabic} {long}");
        let first = server.get("/v1/videos/film/poster.png?lang=en").expect(200);
        server.request("GET", "/v1/videos/film/poster.png?lang=en").header("If-Modified-Since", first.required_header("last-modified")).send().expect(304);
        assert_ne!(first.required_header("etag"), server.get("/v1/videos/film/poster.svg?lang=en").expect(200).required_header("etag"));
        assert_ne!(first.required_header("etag"), server.get("/v1/videos/film/poster.png?lang=en&width=320").expect(200).required_header("etag"));
        server.get("/v1/videos/film/poster.png?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.get("/v1/videos/film/poster.png?size=1").errors(400, &[("size", "unknown_parameter")]);
        for width in ["1000", "0", "wide", "100000"] {
            server.get(&format!("/v1/videos/film/poster.png?width={width}")).errors(400, &[("width", "out_of_range")]);
        }
        server.get("/v1/videos/film/poster.svg?width=640").errors(400, &[("width", "unknown_parameter")]);
        server.get("/v1/videos/none/poster.png").problem(404, "not-found");
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft"}));
        server.get("/v1/videos/draft/poster.png").problem(404, "not-found");
        let own = server.request("GET", "/v1/videos/draft/poster.png").key(&key).send().expect(200);
        assert_eq!(own.required_header("cache-control"), "private, no-store");
        server.patch(&key, "/v1/videos/film", &json!({"slug": "other"}));
        assert_eq!(server.get("/v1/videos/film/poster.png?width=320").expect(308).required_header("location"), format!("{}/v1/videos/other/poster.png?width=320", server.base()));
        server.request("DELETE", "/v1/videos/other").key(&key).send().expect(204);
        server.get("/v1/videos/other/poster.png").problem(410, "gone");
    }

    fn open_graph_and_schema_org_use_supported_image(server: &TestServer) {
        film(server, &youtube());
        let base = server.base();
        let html = page(server, "/embed/videos/film?lang=sr-Latn").text();
        let picture = format!("{base}/v1/videos/film/poster.png?lang=sr-Latn");
        for tag in [
            format!("<meta property=\"og:image\" content=\"{picture}\">"), "<meta property=\"og:image:type\" content=\"image/png\">".to_owned(),
            "<meta property=\"og:image:width\" content=\"1280\">".to_owned(), "<meta property=\"og:image:height\" content=\"720\">".to_owned(),
            "<meta property=\"og:image:alt\" content=\"Žene govore\">".to_owned(), format!("<meta name=\"twitter:image\" content=\"{picture}\">"),
        ] {
            assert!(html.contains(&tag), "{tag}: {html}");
        }
        let ask = |more: &str| server.get(&format!("/oembed?url={}{more}", percent_encode(&format!("{base}/embed/videos/film?lang=sr-Cyrl")))).expect(200);
        for (more, expected) in [
            ("", Some((1280, 720))), ("&maxwidth=1280", Some((1280, 720))), ("&maxwidth=1000", Some((640, 360))), ("&maxwidth=1280&maxheight=400", Some((640, 360))),
            ("&maxheight=200", Some((320, 180))), ("&maxwidth=319", None), ("&maxheight=179", None),
        ] {
            let oembed = ask(more).json();
            let Some((width, height)) = expected else {
                assert!(["thumbnail_url", "thumbnail_width", "thumbnail_height"].iter().all(|name| oembed.get(name).is_none()), "{more}: {oembed}");
                continue;
            };
            assert_eq!((&oembed["thumbnail_width"], &oembed["thumbnail_height"]), (&json!(width), &json!(height)), "{more}");
            let url = oembed["thumbnail_url"].as_str().unwrap();
            let response = server.get(url.strip_prefix(&base).unwrap()).expect(200);
            let picture = Pixmap::decode_png(&response.body).unwrap();
            assert_eq!((picture.width(), picture.height()), (width, height), "{more}");
        }
        let xml = ask("&format=xml&maxwidth=640").text();
        for member in [format!("<thumbnail_url>{base}/v1/videos/film/poster.png?lang=sr-Cyrl&amp;width=640</thumbnail_url>"), "<thumbnail_width>640</thumbnail_width>".to_owned(), "<thumbnail_height>360</thumbnail_height>".to_owned()] {
            assert!(xml.contains(&member), "{member}: {xml}");
        }
        let list = server.get(&format!("/oembed?url={}", percent_encode("/embed/videos?country=MK"))).expect(200).json();
        assert!(list.get("thumbnail_url").is_none(), "{list}");
    }

    fn video_page_has_schema_org_data(server: &TestServer) {
        let key = film(server, &json!([{"kind": "file", "url": "https://m.example.org/film.mp4"}, {"kind": "youtube", "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}]));
        let track = server.request("PUT", "/v1/videos/film/captions/sr-Latn").key(&key).header("Content-Type", "text/vtt");
        track.body("WEBVTT\n\n00:01.000 --> 00:02.000\nŽene govore\n").send().expect(201);
        server.patch(&key, "/v1/videos/film", &json!({"published_at": "2026-05-07T08:00:00Z", "spoken_languages": ["mk"], "accessibility": {"sign_languages": ["ase"]}}));
        let response = server.get("/v1/videos/film/schema.jsonld?lang=en").expect(200);
        assert_eq!(response.required_header("content-type"), "application/ld+json");
        let data = response.json();
        let base = server.base();
        for (name, expected) in [
            ("@context", json!("https://schema.org")), ("@type", json!("VideoObject")), ("name", json!("A film & its <story>")), ("description", json!("Short \"text\".")),
            ("thumbnailUrl", json!([format!("{base}/v1/videos/film/poster.png?lang=en")])), ("uploadDate", json!("2026-05-07T08:00:00Z")), ("duration", json!("PT1H6M40S")),
            ("contentUrl", json!("https://m.example.org/film.mp4")), ("embedUrl", json!(format!("{base}/embed/videos/film"))), ("inLanguage", json!("en")),
            ("license", json!("https://creativecommons.org/licenses/by/4.0/")), ("creditText", json!("Funded by the Union.")), ("creator", json!([{"@type": "Person", "name": "Ana"}])),
            ("accessibilityFeature", json!(["captions", "signLanguage", "transcript"])), ("isPartOf", json!({"@type": "CreativeWorkSeries", "name": "Norms"})),
            ("hasPart", json!([
                {"@type": "Clip", "name": "Start", "startOffset": 0, "endOffset": 3725, "url": format!("{base}/embed/videos/film?start=0")},
                {"@type": "Clip", "name": "<End> & more", "startOffset": 3725, "endOffset": 4000, "url": format!("{base}/embed/videos/film?start=3725")},
            ])),
        ] {
            assert_eq!(data[name], expected, "{name}");
        }
        assert_eq!(data["caption"].as_array().unwrap().len(), 2, "in either script");
        // The page embeds the same data, safely escaped.
        let html = page(server, "/embed/videos/film?lang=en").text();
        let inside = html.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert_eq!(serde_json::from_str::<Value>(inside).unwrap(), data);
        assert!(!inside.contains('<'));
        server.get("/v1/videos/film/schema.jsonld?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.get("/v1/videos/none/schema.jsonld").problem(404, "not-found");
        server.patch(&key, "/v1/videos/film", &json!({"slug": "other"}));
        assert_eq!(server.get("/v1/videos/film/schema.jsonld?lang=mk").expect(308).required_header("location"), format!("{base}/v1/videos/other/schema.jsonld?lang=mk"));
    }

    fn schema_org_chapters_use_available_language(server: &TestServer) {
        let key = film(server, &youtube());
        let chapters = |query: &str| {
            let response = server.get(&format!("/v1/videos/film/chapters.json{query}")).expect(200);
            assert_eq!(response.required_header("content-type"), "application/json+chapters");
            (response.header("content-language").map(str::to_owned), response.json()["chapters"].clone())
        };
        let own = json!([{"startTime": 0.0, "title": "Start"}, {"startTime": 3725.5, "title": "<End> & more"}]);
        assert_eq!(chapters("?lang=sr-Cyrl"), (None, own.clone()));
        let rss = server.get("/feeds/videos.rss?lang=sr-Cyrl").expect(200).text();
        assert!(rss.contains(&format!("<podcast:chapters url=\"{}/v1/videos/film/chapters.json?lang=sr-Cyrl\" type=\"application/json+chapters\"/>", server.base())), "{rss}");
        let track = server.request("PUT", "/v1/videos/film/captions/sr-Latn?kind=chapters").key(&key).header("Content-Type", "text/vtt");
        track.body("WEBVTT\n\n00:00.000 --> 00:10.000\nPočetak\n\n00:10.000 --> 00:20.000\n<b>Žene</b> govore\n").send().expect(201);
        let serbian = json!([{"startTime": 0.0, "title": "Почетак"}, {"startTime": 10.0, "title": "Жене говоре"}]);
        assert_eq!(chapters("?lang=sr-Cyrl"), (Some("sr-Cyrl".to_owned()), serbian));
        assert_eq!(chapters("?lang=en"), (None, own), "words outside tracks are the video's own");
        let html = page(server, "/embed/videos/film?lang=sr-Cyrl").text();
        assert!(html.contains("Почетак") && html.contains("data-second=\"10\"") && !html.contains("&lt;End&gt;"), "{html}");
        assert!(page(server, "/embed/videos/film?lang=en").text().contains("&lt;End&gt; &amp; more"));
        let first = server.get("/v1/videos/film/chapters.json?lang=sr-Cyrl").expect(200).required_header("etag").to_owned();
        server.request("GET", "/v1/videos/film/chapters.json?lang=sr-Cyrl").header("If-None-Match", &first).send().expect(304);
        server.get("/v1/videos/film/chapters.json?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.get("/v1/videos/none/chapters.json").problem(404, "not-found");
        server.patch(&key, "/v1/videos/film", &json!({"slug": "other"}));
        assert_eq!(server.get("/v1/videos/film/chapters.json").expect(308).required_header("location"), format!("{}/v1/videos/other/chapters.json", server.base()));
    }

    fn sitemap_has_required_video_fields(server: &TestServer, |settings| settings.public_url_template = Some("https://example.org/{lang}/videos/{slug}".to_owned())) {
        let key = film(server, &youtube());
        let file = json!([{"kind": "file", "url": "https://m.example.org/film.mp4"}]);
        for (slug, item) in [
            ("file", json!({"title": "File & <all>", "description": "d".repeat(3_000), "duration_seconds": 40_000, "sources": file})),
            ("page", json!({"title": "Page", "summary": "S", "sources": [{"kind": "page", "url": "https://e.example.org/film"}]})),
            ("nowhere", json!({"title": "Nowhere", "summary": "S"})),
        ] {
            let mut item = item;
            (item["slug"], item["status"]) = (json!(slug), json!("published"));
            server.create(&key, "/v1/videos", &item);
        }
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft", "sources": youtube()}));
        let response = server.get("/sitemap-videos.xml").expect(200);
        assert_eq!(response.required_header("content-type"), "application/xml; charset=utf-8");
        let text = response.text();
        let document = roxmltree::Document::parse(&text).unwrap();
        let map = "http://www.sitemaps.org/schemas/sitemap/0.9";
        let video = "http://www.google.com/schemas/sitemap-video/1.1";
        assert_eq!(document.root_element().tag_name(), (map, "urlset").into());
        let of = |node: roxmltree::Node<'_, '_>, namespace: &str, name: &str| {
            node.descendants().find(|one| one.tag_name() == (namespace, name).into()).and_then(|one| one.text()).map(str::to_owned)
        };
        let found: Vec<_> = document.root_element().children().map(|url| (of(url, map, "loc").unwrap(), of(url, video, "player_loc"), of(url, video, "content_loc"), of(url, video, "duration"))).collect();
        let base = server.base();
        assert_eq!(found, [
            ("https://example.org/en/videos/film".to_owned(), Some(format!("{base}/embed/videos/film")), None, Some("4000".to_owned())),
            ("https://example.org/en/videos/file".to_owned(), Some(format!("{base}/embed/videos/file")), Some("https://m.example.org/film.mp4".to_owned()), None),
        ], "only published videos with a source; no duration out of range");
        for url in document.root_element().children() {
            assert!(of(url, video, "thumbnail_loc").unwrap().contains("/poster.png") && !of(url, video, "title").unwrap().is_empty());
            let description = of(url, video, "description").unwrap();
            assert!((1..=2_048).contains(&description.chars().count()));
            assert_ne!(of(url, map, "loc"), of(url, video, "player_loc"));
        }
        server.request("GET", "/sitemap-videos.xml").header("If-None-Match", response.required_header("etag")).send().expect(304);
        assert_eq!(server.get("/sitemap-videos-1.xml").expect(200).text(), text);
        server.get("/sitemap-videos-2.xml").problem(404, "not-found");
        server.get("/sitemap-videos-0.xml").problem(404, "not-found");
        server.get("/sitemap-videos.xml?page=1").errors(400, &[("page", "unknown_parameter")]);
    }

    fn large_sitemap_has_index_of_non_empty_parts(server: &TestServer, |settings| settings.public_url_template = Some("https://example.org/{lang}/videos/{slug}".to_owned())) {
        let key = film(server, &youtube());
        // Simulates thousands of items created and removed.
        let mut connection = kinoteka::server::database_from_settings(&server.settings).unwrap().connect().unwrap();
        connection.batch_execute(if server.settings.database_url.starts_with("sqlite") {
            "INSERT INTO items (number, id, kind, slug, status, original_language, languages, public_languages, reference_list, fields, tracks, revision, is_public, ever_public, created_at, updated_at, deleted_at, purged_at, catalogue_revision)
             SELECT 12000, randomblob(16), kind, 'gone', 'draft', original_language, '', '', '', '', '', 1, FALSE, FALSE, created_at, updated_at, created_at, created_at, 1 FROM items LIMIT 1"
        } else {
            "SELECT setval(pg_get_serial_sequence('items', 'number'), 12000)"
        }).unwrap();
        drop(connection);
        for (slug, sources) in [("far", json!([{"kind": "file", "url": "https://m.example.org/film.mp4"}])), ("nowhere", json!([]))] {
            server.create(&key, "/v1/videos", &json!({"slug": slug, "status": "published", "title": slug, "sources": sources}));
        }
        let locations = |path: &str, root: &str| -> Vec<String> {
            let text = server.get(path).expect(200).text();
            let document = roxmltree::Document::parse(&text).unwrap();
            assert_eq!(document.root_element().tag_name(), ("http://www.sitemaps.org/schemas/sitemap/0.9", root).into(), "{text}");
            document.descendants().filter(|node| node.tag_name().name() == "loc").map(|node| node.text().unwrap().to_owned()).collect()
        };
        let parts = locations("/sitemap-videos.xml", "sitemapindex");
        assert_eq!(parts, [1, 3].map(|part| format!("{}/sitemap-videos-{part}.xml", server.base())));
        let found: Vec<String> = parts.iter().flat_map(|part| locations(part.strip_prefix(&server.base()).unwrap(), "urlset")).collect();
        assert_eq!(found, ["https://example.org/en/videos/film", "https://example.org/en/videos/far"]);
        let problem = server.get("/sitemap-videos-2.xml").problem(404, "not-found");
        assert_eq!(problem["detail"], "Part 2 not found; available parts: 1, 3.");
    }

    fn video_list_page_accepts_list_parameters(server: &TestServer) {
        let key = film(server, &youtube());
        for number in 0..5 {
            server.create(&key, "/v1/videos", &json!({"slug": format!("clip-{number}"), "status": "published", "title": format!("Clip {number} & <more>"), "countries": ["RS"], "published_at": format!("2020-01-0{}T00:00:00Z", number + 1)}));
        }
        for layout in ["", "&layout=grid", "&layout=list", "&layout=carousel"] {
            let response = page(server, &format!("/embed/videos?country=RS&limit=3&lang=mk{layout}"));
            let html = response.text();
            let name = layout.strip_prefix("&layout=").unwrap_or("grid");
            for text in [
                &format!("<ul class=\"cards {name}\">"), "<html lang=\"mk\" dir=\"ltr\">", "<h1>Видеа · Србија</h1>", "Clip 4 &amp; &lt;more&gt;", "/embed/videos/clip-4?lang=mk\" lang=\"en\"",
                "/v1/videos/clip-4/poster.svg?lang=en", "Следна страница", "type=\"application/rss+xml\"", "/feeds/videos.rss?country=RS&amp;limit=3&amp;lang=mk\"",
            ] {
                assert!(html.contains(text), "{text}: {html}");
            }
            assert_eq!(html.matches("<li>").count(), 3);
            let others: Vec<&str> = html.split('"').filter(|part| part.starts_with("http") && !part.starts_with(&server.base())).collect();
            assert_eq!(others, Vec::<&str>::new());
            let link = response.required_header("link").to_owned();
            let next = link.split(", <").find_map(|part| part.strip_suffix(">; rel=\"next\"")).unwrap().trim_start_matches('<').strip_prefix(&server.base()).unwrap().to_owned();
            let second = page(server, &next).text();
            assert_eq!(second.matches("<li>").count(), 2);
            assert!(second.contains("Претходна страница") && second.contains(&format!("cards {name}")), "{second}");
            server.request("GET", &format!("/embed/videos?country=RS&limit=3&lang=mk{layout}")).header("If-None-Match", response.required_header("etag")).send().expect(304);
        }
        let all = page(server, "/embed/videos?country=XK,RS&lang=sr-Cyrl").text();
        assert!(all.contains("Напомена о садржају:</strong> Speaks of violence.") && all.contains("1:06:40") && all.contains("* This designation"), "{all}");
        assert!(page(server, "/embed/videos?q=nothing&lang=tr").text().contains("Hiçbir şey bulunamadı."));
        for (query, text) in [
            ("layout=circle", "grid"), ("fields=title", "`fields` is not supported for pages"), ("contry=RS", "did you mean `country`?"), ("lang=all", "`lang=all` is not supported here"),
            ("status=draft", "`status` is not supported for pages"), ("country=RX", "is not a country code"), ("cursor=AAAA", "cursor"),
        ] {
            let response = server.get(&format!("/embed/videos?{query}")).expect(400);
            assert!(response.text().contains(text), "{query}: {}", response.text());
        }
    }

    fn oembed_supports_videos(server: &TestServer, |settings| settings.public_url_template = Some("https://example.org/{lang}/videos/{slug}".to_owned())) {
        let key = film(server, &youtube());
        server.create(&key, "/v1/videos", &json!({"slug": "draft", "title": "Draft"}));
        let ask = |url: &str, more: &str| server.get(&format!("/oembed?url={}{more}", percent_encode(url)));
        let base = server.base();
        let embed = format!("{base}/embed/videos/film?lang=sr-Latn");
        let json = ask(&embed, "").expect(200).json();
        assert_eq!((&json["type"], &json["version"], &json["title"]), (&json!("video"), &json!("1.0"), &json!("Žene govore")));
        assert_eq!((&json["width"], &json["height"]), (&json!(640), &json!(540)));
        let html = json["html"].as_str().unwrap();
        let frame = roxmltree::Document::parse(html).unwrap();
        assert_eq!(frame.root_element().attribute("src"), Some(embed.as_str()));
        assert_eq!((frame.root_element().attribute("width"), frame.root_element().attribute("title")), (Some("640"), Some("Žene govore")));
        // URLs of the API and of the publisher's site are equivalent.
        assert_eq!(ask(&format!("{base}/v1/videos/film"), "").expect(200).json()["title"], "A film & its <story>");
        let theirs = ask("https://example.org/sr-Latn/videos/film#top", "&maxwidth=320&maxheight=200&unknown=ignored").expect(200).json();
        assert_eq!((&theirs["title"], &theirs["width"], &theirs["height"]), (&json!("Žene govore"), &json!(320), &json!(200)));
        // XML has the same members.
        let xml = ask(&format!("{base}/v1/videos/film"), "&format=xml").expect(200);
        assert_eq!(xml.required_header("content-type"), "text/xml; charset=utf-8");
        let text = xml.text();
        let document = roxmltree::Document::parse(&text).unwrap();
        let member = |name: &str| document.root_element().children().find(|node| node.tag_name().name() == name).and_then(|node| node.text()).unwrap_or_default().to_owned();
        assert_eq!((document.root_element().tag_name().name(), member("title")), ("oembed", "A film & its <story>".to_owned()));
        assert!(member("html").starts_with("<iframe src=\"http"));
        // A list has the oEmbed type `rich`.
        let list = ask(&format!("{base}/embed/videos?country=MK&lang=mk&layout=carousel"), "&maxwidth=800").expect(200).json();
        assert_eq!((&list["type"], &list["title"], &list["width"]), (&json!("rich"), &json!("Видеа · Северна Македонија"), &json!(800)));
        let frame = roxmltree::Document::parse(list["html"].as_str().unwrap()).unwrap().root_element().attribute("src").unwrap().to_owned();
        assert_eq!(frame, format!("{base}/embed/videos?country=MK&lang=mk&layout=carousel"));
        page(server, frame.strip_prefix(&base).unwrap());
        for wrong in ["?contry=MK", "?layout=circle", "?lang=all", "?fields=title"] {
            ask(&format!("{base}/embed/videos{wrong}"), "").problem(404, "not-found");
        }
        // Pages link to oEmbed.
        let link = page(server, "/embed/videos/film?lang=sr-Latn").required_header("link").to_owned();
        let oembed_url = link.split('>').next().unwrap().trim_start_matches('<').strip_prefix(&base).unwrap().to_owned();
        assert_eq!(server.get(&oembed_url).expect(200).json(), json);
        for (url, more, status, code) in [
            ("https://elsewhere.example.org/embed/videos/film", "", 404, "not-found"),
            (&format!("{base}/embed/videos/none"), "", 404, "not-found"),
            (&format!("{base}/embed/videos/draft"), "", 404, "not-found"),
            (&embed, "&format=yaml", 501, "not-implemented"),
        ] {
            ask(url, more).problem(status, code);
        }
        let path = format!("/oembed?url={}", percent_encode(&embed));
        server.request("GET", &path).key("ktk_unknown").send().problem(401, "unauthenticated");
        let draft = format!("/oembed?url={}", percent_encode(&format!("{base}/embed/videos/draft")));
        server.request("GET", &draft).key(&server.viewer_key()).send().problem(404, "not-found");
        server.get("/oembed").errors(400, &[("url", "required")]);
        for size in ["maxwidth=0", "maxheight=-1", "maxwidth=1e9", "maxwidth="] {
            let name = if size.starts_with("maxwidth") { "maxwidth" } else { "maxheight" };
            ask(&embed, &format!("&{size}")).errors(400, &[(name, "out_of_range")]);
        }
        assert_eq!(ask(&embed, "&maxwidth=1000000000").expect(200).json()["width"], 1920);
    }

    fn frame_ancestors_are_configurable(server: &TestServer, |settings| settings.embed_origins = vec!["https://partner.example.org".to_owned(), "https://other.example.org".to_owned()]) {
        film(server, &youtube());
        let response = page(server, "/embed/videos/film");
        assert!(policy(&response).contains(&"frame-ancestors 'self' https://partner.example.org https://other.example.org".to_owned()));
    }

    demo fn embeds_demo_catalogue_in_every_language(server: &TestServer) {
        for slug in server.slugs("/v1/videos?limit=100") {
            for lang in ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr", "cnr", "ar"] {
                let html = page(server, &format!("/embed/videos/{slug}?lang={lang}")).text();
                let shown = html.split("<script>").next().unwrap();
                assert!(shown.contains("<h1>") && !shown.contains("{}"), "{slug} {lang}");
            }
            let title = server.read(&format!("/v1/videos/{slug}?lang=all"));
            for (lang, text) in title["translations"].as_object().unwrap() {
                let title = text["title"].as_str().unwrap();
                assert_eq!(strip_unsupported(title), title.split_whitespace().collect::<Vec<_>>().join(" "), "{slug} {lang}: every letter has a glyph");
            }
        }
    }
}
