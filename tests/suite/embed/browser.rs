//! Embed pages in a real browser, on SQLite only; their content is tested on both databases
//! elsewhere.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use super::{film, statistic_pages, youtube};
use crate::support::chromium::{Browser, axe_source};
use crate::support::{Content, TestServer};

const PLAYER: &str = "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?";

/// Asserts that the page sent no external requests and stored nothing.
fn assert_no_external_requests(browser: &mut Browser, server: &TestServer) {
    assert_eq!(browser.console_errors(), Vec::<String>::new());
    let others: Vec<String> = browser
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with(&server.base()) && !url.starts_with("data:"))
        .collect();
    assert_eq!(others, Vec::<String>::new(), "requests to other hosts");
    assert_eq!(browser.call("Network.getCookies", &json!({}))["cookies"], json!([]));
    assert_eq!(browser.eval("localStorage.length + sessionStorage.length"), json!(0));
}

#[test]
fn video_page_fits_every_width_and_color_scheme() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    film(&server, &youtube());
    for (width, is_dark, lang) in
        [(240, false, "en"), (480, true, "sr-Cyrl"), (1200, false, "tr"), (320, true, "sq")]
    {
        browser.resize(width, 700);
        browser.prefer_dark(is_dark);
        browser.visit(&format!("{}/embed/videos/film?lang={lang}", server.base()));
        assert_no_external_requests(&mut browser, &server);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "no scrolling sideways at {width}"
        );
        assert_eq!(
            browser.eval(
                "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"
            ),
            json!(true),
            "the poster is not rendered"
        );
        let ratio = browser.eval("(() => { const box = document.querySelector('.player').getBoundingClientRect(); return Math.abs(box.width / box.height - 16 / 9) < 0.02; })()");
        assert_eq!(ratio, json!(true));
        browser.screenshot(&format!("embed-{width}-{lang}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width} in {lang}");
    }
}

#[test]
fn statistic_page_fits_every_width_and_color_scheme() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    statistic_pages::statistic(&server);
    for (width, is_dark, lang) in
        [(240, false, "en"), (480, true, "sr-Cyrl"), (1200, false, "tr"), (240, true, "sq")]
    {
        browser.resize(width, 500);
        browser.prefer_dark(is_dark);
        browser.visit(&format!("{}/embed/impact-statistics/people?lang={lang}", server.base()));
        assert_no_external_requests(&mut browser, &server);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "no scrolling sideways at {width}"
        );
        let size =
            browser.eval("parseFloat(getComputedStyle(document.querySelector('.value')).fontSize)");
        assert!(size.as_f64().unwrap() > 28.0, "the value is the most prominent text: {size}");
        browser.screenshot(&format!("figure-{width}-{lang}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width} in {lang}");
    }
    // Without scripts it is the same.
    browser.allow_scripts(false);
    browser.visit(&format!("{}/embed/impact-statistics/people?lang=en", server.base()));
    assert!(
        browser
            .eval("document.querySelector('h1').innerText")
            .as_str()
            .unwrap()
            .starts_with("More than 1,500")
    );
}

#[test]
fn video_list_page_fits_every_width() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    let key = film(&server, &youtube());
    for number in 0..6 {
        server.create(&key, "/v1/videos", &json!({"slug": format!("clip-{number}"), "status": "published", "title": format!("A clip that has a somewhat longer title, number {number}"), "duration_seconds": 95}));
    }
    for (width, layout) in [(240, "grid"), (480, "list"), (1200, "grid"), (480, "carousel")] {
        browser.resize(width, 800);
        browser.visit(&format!("{}/embed/videos?limit=4&lang=tr&layout={layout}", server.base()));
        assert_no_external_requests(&mut browser, &server);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "no scrolling sideways: {width} {layout}"
        );
        let columns = browser
            .eval("new Set([...document.querySelectorAll('.cards li')].map((card) => Math.round(card.getBoundingClientRect().left))).size");
        assert_eq!(
            columns,
            json!(if layout == "carousel" {
                4
            } else if width < 600 {
                1
            } else {
                3
            }),
            "{width} {layout}"
        );
        browser.screenshot(&format!("list-{width}-{layout}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width} {layout}");
    }
    browser.eval("document.querySelector('a[rel=next]').click()");
    browser.wait_until("document.querySelectorAll('.cards li').length === 3");
    browser.eval("document.querySelector('.cards a').click()");
    browser.wait_until("document.querySelector('.player') !== null");
}

#[test]
fn play_by_keyboard_loads_external_player() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    film(&server, &youtube());
    browser.visit(&format!("{}/embed/videos/film?lang=en#t=12", server.base()));
    assert_no_external_requests(&mut browser, &server);
    browser.press("Tab");
    assert_eq!(browser.eval("document.activeElement.textContent"), json!("▶ Play (YouTube)"));
    assert_eq!(
        browser.eval("getComputedStyle(document.activeElement).outlineStyle"),
        json!("solid"),
        "the focus is visible"
    );
    browser.press("Enter");
    browser.wait_until("document.querySelector('.player iframe') !== null");
    let (source, title) = (
        browser.eval("document.querySelector('iframe').src"),
        browser.eval("document.querySelector('iframe').title"),
    );
    assert!(
        source.as_str().unwrap().starts_with(PLAYER)
            && source.as_str().unwrap().ends_with("&start=12"),
        "{source}"
    );
    assert_eq!(title, json!("A film & its <story>"));
    browser.wait_until_idle();
    assert!(
        browser.requests().iter().any(|url| url.starts_with(PLAYER)),
        "{:?}",
        browser.requests()
    );
    assert!(
        !browser.console_errors().iter().any(|text| text.contains("Content Security Policy")
            || text.contains("ContentSecurityPolicy")),
        "{:?}",
        browser.console_errors()
    );
    // A chapter begins at its second.
    browser.eval("document.querySelector('a[data-second=\"3725\"]').click()");
    browser.wait_until("document.querySelector('iframe').src.endsWith('&start=3725')");
}

#[test]
fn play_is_link_without_scripts() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    film(&server, &youtube());
    browser.allow_scripts(false);
    browser.visit(&format!("{}/embed/videos/film?lang=en&start=7", server.base()));
    assert_eq!(browser.console_errors(), Vec::<String>::new());
    assert!(
        browser.requests().iter().all(|url| url.starts_with(&server.base())),
        "{:?}",
        browser.requests()
    );
    let text = browser.eval("document.body.innerText");
    for shown in [
        "Content note: Speaks of violence.",
        "A film & its <story>",
        "Funded by the Union.",
        "Where to find help",
    ] {
        assert!(text.as_str().unwrap().contains(shown), "{shown}: {text}");
    }
    let link = browser.eval("document.querySelector('a.play').href");
    assert!(
        link.as_str().unwrap().starts_with(PLAYER) && link.as_str().unwrap().ends_with("&start=7"),
        "{link}"
    );
    browser.press("Tab");
    browser.press("Enter");
    assert!(
        browser.requests().iter().any(|url| url.starts_with(PLAYER)),
        "{:?}",
        browser.requests()
    );
}

#[test]
fn plays_files_with_captions() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    let key = film(
        &server,
        &json!([{"kind": "file", "url": "https://media.example.org/film.mp4", "mime_type": "video/mp4"}]),
    );
    let track = server
        .request("PUT", "/v1/videos/film/captions/sr-Latn")
        .key(&key)
        .header("Content-Type", "text/vtt");
    track.body("WEBVTT\n\n00:01.000 --> 00:02.000\nŽene govore\n").send().expect(201);
    browser.visit(&format!("{}/embed/videos/film?lang=sr-Cyrl", server.base()));
    assert_no_external_requests(&mut browser, &server);
    browser.eval("document.querySelector('video').textTracks[1].mode = 'showing'");
    browser.wait_until("(document.querySelector('video').textTracks[1].cues || []).length === 1");
    assert_eq!(
        browser.eval("document.querySelector('video').textTracks[1].cues[0].text"),
        json!("Жене говоре")
    );
    assert_no_external_requests(&mut browser, &server);
    // Play requests the file, and the policy allows it.
    browser.eval("(document.querySelector('video').play().catch(() => {}), true)");
    browser.wait_until_idle();
    assert!(
        browser.requests().contains(&"https://media.example.org/film.mp4".to_owned()),
        "{:?}",
        browser.requests()
    );
    assert!(
        !browser.console_errors().iter().any(|text| text.contains("Content Security Policy")
            || text.contains("ContentSecurityPolicy")),
        "{:?}",
        browser.console_errors()
    );
}

/// Serves one page on another origin with its own policy.
pub fn partner_site(body: &str, policy: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: {policy}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            let Ok(mut stream) = stream else { return };
            drop(stream.read(&mut [0; 4096]));
            drop(stream.write_all(response.as_bytes()));
        }
    });
    address
}

fn framing(frame: &str) -> String {
    format!("<!doctype html><html lang=\"en\"><title>Partner</title><h1>Partner</h1>{frame}</html>")
}

#[test]
fn framing_is_limited_to_allowed_sites() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    film(&server, &youtube());
    let how = server.read("/oembed?url=/embed/videos/film%3Flang%3Dmk&maxwidth=400");
    let policy =
        format!("default-src 'none'; style-src-attr 'unsafe-inline'; frame-src {}", server.base());
    let site = partner_site(&framing(how["html"].as_str().unwrap()), &policy);
    browser.visit(&site);
    browser.wait_until("document.querySelector('iframe').getBoundingClientRect().width === 400");
    let requests = |browser: &Browser| {
        browser
            .requests()
            .into_iter()
            .filter(|url| url.starts_with(&server.base()))
            .collect::<Vec<_>>()
    };
    assert!(
        requests(&browser).iter().any(|url| url.contains("poster.svg")),
        "the page in the frame is drawn: {:?}",
        browser.requests()
    );
    let console_errors: Vec<String> =
        browser.console_errors().into_iter().filter(|text| !text.contains("favicon")).collect();
    assert_eq!(console_errors, Vec::<String>::new());
    browser.screenshot("embed-framed");
    // Sites that are not listed may not.
    let limited = TestServer::sqlite(Content::Empty, |settings| {
        settings.embed_origins = vec!["https://partner.example.org".to_owned()];
    });
    film(&limited, &youtube());
    let frame = format!("<iframe src=\"{}/embed/videos/film\"></iframe>", limited.base());
    browser.visit(&partner_site(&framing(&frame), "default-src 'none'; frame-src http:"));
    assert!(
        browser.console_errors().iter().any(|text| text.contains("frame-ancestors")),
        "{:?}",
        browser.console_errors()
    );
}

#[test]
fn poster_titles_fit_with_fallback_font() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Demo, |_| {});
    for slug in server.slugs("/v1/videos") {
        for language in ["en", "sq", "mk", "tr"] {
            browser
                .visit(&format!("{}/v1/videos/{slug}/poster.svg?lang={language}", server.base()));
            let box_of = "(() => { const box = document.querySelector('g').getBBox(); return [box.x, box.x + box.width]; })()";
            let found: Vec<f64> = serde_json::from_value(browser.eval(box_of)).unwrap();
            assert!(found[0] > 80.0 && found[1] < 1_200.0, "{slug} in {language}: {found:?}");
        }
    }
}
