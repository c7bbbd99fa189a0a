//! The web component, on pages of other sites.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha384};

use super::browser::partner_site;
use super::statistic_pages::statistic;
use crate::on_both;
use crate::support::chromium::{Browser, axe_source};
use crate::support::{Content, TestServer};

/// The minimal Content Security Policy for the component.
fn strict(server: &TestServer) -> String {
    let at = server.base();
    format!(
        "default-src 'none'; script-src {at}; connect-src {at}; img-src {at}; frame-src {at}; require-trusted-types-for 'script'"
    )
}

/// A cross-origin page with the component, pinned by its integrity digest.
fn site(server: &TestServer, lang: &str, body: &str) -> String {
    coloured(server, lang, "", body)
}

/// Like [`site`], with attributes on the body; the policy of the page forbids styles.
fn coloured(server: &TestServer, lang: &str, colours: &str, body: &str) -> String {
    let pinned = server.read("/embed/integrity.json");
    let (url, integrity) = (pinned["url"].as_str().unwrap(), pinned["integrity"].as_str().unwrap());
    let body = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>Partner</title>\
         <script src=\"{url}\" integrity=\"{integrity}\" crossorigin defer></script><body {colours}><main><h1>Partner</h1>{body}</main></html>"
    );
    partner_site(&body, &strict(server))
}

/// A catalogue with videos, a statistic, and problematic videos.
fn catalogue(server: &TestServer) {
    let key = statistic(server);
    for number in 0..5 {
        let sources = json!([{"kind": "file", "url": "https://m.example.org/clip.mp4"}]);
        server.create(&key, "/v1/videos", &json!({"slug": format!("clip-{number}"), "status": "published", "title": format!("A clip that has a somewhat longer title, number {number}"), "duration_seconds": 95, "sources": sources, "programme": "norms", "countries": ["RS"]}));
    }
    server.create(
        &key,
        "/v1/videos",
        &json!({"slug": "nowhere", "status": "published", "title": "Nowhere"}),
    );
    let page = json!([{"kind": "page", "url": "https://www.films.example.org/a"}]);
    server.create(
        &key,
        "/v1/videos",
        &json!({"slug": "elsewhere", "status": "published", "title": "Elsewhere", "sources": page}),
    );
    server.create(
        &key,
        "/v1/videos",
        &json!({"slug": "gone", "status": "published", "title": "Gone"}),
    );
    server.request("DELETE", "/v1/videos/gone").key(&key).send().expect(204);
}

/// Console errors, except the missing favicon.
fn console_errors(browser: &Browser) -> Vec<String> {
    browser.console_errors().into_iter().filter(|text| !text.contains("favicon")).collect()
}

/// Asserts that only the page and the server receive requests, and that nothing is stored.
fn assert_no_external_requests(browser: &mut Browser, server: &TestServer, site: &str) {
    assert_eq!(console_errors(browser), Vec::<String>::new());
    let others: Vec<String> = browser
        .requests()
        .into_iter()
        .filter(|url| {
            !url.starts_with(&server.base()) && !url.starts_with(site) && !url.starts_with("data:")
        })
        .collect();
    assert_eq!(others, Vec::<String>::new(), "requests to other hosts");
    assert_eq!(browser.call("Network.getCookies", &json!({}))["cookies"], json!([]));
    assert_eq!(browser.eval("localStorage.length + sessionStorage.length"), json!(0));
}

fn request_count(browser: &Browser, part: &str) -> usize {
    browser.requests().iter().filter(|url| url.contains(part)).count()
}

/// Text that an element shows, by selector.
fn shown(browser: &mut Browser, selector: &str) -> String {
    let text =
        browser.eval(&format!("[...document.querySelector('{selector}').shadowRoot.children].map((part) => part.innerText).join('\\n')"));
    text.as_str().unwrap().to_owned()
}

fn wait_for_text(browser: &mut Browser, selector: &str, text: &str) {
    browser.wait_until(&format!(
        "document.querySelector('{selector}').shadowRoot.textContent.includes({})",
        json!(text)
    ));
}

on_both! {
    fn component_is_small_single_file_with_integrity(server: &TestServer, |settings| settings.cors_origins = vec!["https://one.example.org".to_owned()]) {
        let pinned = server.get("/embed/integrity.json").expect(200);
        let described = pinned.json();
        let base = server.base();
        let version = described["version"].as_str().unwrap().to_owned();
        let path = format!("/embed/kinoteka-{version}.js");
        assert_eq!((&described["url"], &described["stable_url"]), (&json!(format!("{base}{path}")), &json!(format!("{base}/embed/kinoteka.js"))));
        let fixed = server.get(&path).expect(200);
        let newest = server.get("/embed/kinoteka.js").expect(200);
        assert_eq!(fixed.text(), newest.text());
        assert_eq!(described["integrity"], format!("sha384-{}", STANDARD.encode(Sha384::digest(&fixed.body))));
        assert_eq!(fixed.required_header("cache-control"), "public, max-age=31536000, immutable");
        for response in [&newest, &pinned] {
            assert_eq!(response.required_header("cache-control"), "public, max-age=300");
        }
        for path in [path.as_str(), "/embed/kinoteka.js", "/embed/integrity.json"] {
            // CORS allows every site, independent of the API setting.
            let response = server.request("GET", path).header("Origin", "https://other.example.org").send().expect(200);
            assert_eq!(response.required_header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(response.required_header("cross-origin-resource-policy"), "cross-origin");
            assert!(response.header("set-cookie").is_none());
            let again = server.request("GET", path).header("Origin", "https://other.example.org").header("If-None-Match", response.required_header("etag")).send().expect(304);
            assert_eq!(again.required_header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(server.request("HEAD", path).send().expect(200).required_header("etag"), response.required_header("etag"));
            // Content management systems append a query to script URLs.
            assert_eq!(server.get(&format!("{path}?ver=6.5")).expect(200).body, response.body);
        }
        assert!(server.request("GET", "/v1/videos").header("Origin", "https://other.example.org").send().expect(200).header("access-control-allow-origin").is_none());
        assert_eq!(fixed.required_header("content-type"), "text/javascript; charset=utf-8");
        for wrong in ["/embed/kinoteka-0000000000000000.js", "/embed/kinoteka-.js", "/embed/kinoteka-x.js"] {
            let response = server.request("GET", wrong).skip_contract_check().send();
            response.problem(404, "not-found");
        }
        // It has messages in every language, and is small.
        for word in ["Play", "Luaj", "Pusti", "Пусти", "Пушти", "Oynat", "İçerik notu"] {
            assert!(fixed.text().contains(&format!("\"{word}\"")), "{word}");
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&fixed.body).unwrap();
        let size = packed.finish().unwrap().len();
        assert!(size < 12_000, "the component has {size} bytes, compressed");
    }
}

#[test]
fn elements_work_under_strict_csp_cross_origin() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    let all = "<h2>A film</h2><kinoteka-video video=\"film\"><a href=\"#\">Watch the film</a></kinoteka-video><h2>A figure</h2><kinoteka-figure statistic=\"people\"></kinoteka-figure>";
    for (width, is_dark, lang, layout) in [
        (240, false, "en", "grid"),
        (480, true, "sr-Cyrl", "list"),
        (1200, false, "tr", "grid"),
        (480, false, "mk", "carousel"),
        (1200, true, "en", "carousel"),
    ] {
        browser.resize(width, 2400);
        browser.prefer_dark(is_dark);
        let list = format!(
            "<h2>Clips</h2><kinoteka-videos query=\"country=RS,MK&amp;limit=4\" layout=\"{layout}\"></kinoteka-videos>"
        );
        let colours =
            if is_dark { "bgcolor=\"#17171a\" text=\"#f2f2f5\"" } else { "bgcolor=\"#ffffff\"" };
        let site = coloured(&server, lang, colours, &format!("{all}{list}"));
        browser.visit(&site);
        browser.wait_until("document.querySelector('kinoteka-videos').shadowRoot.querySelectorAll('li').length === 4");
        browser.wait_until("[...document.querySelectorAll('kinoteka-video, kinoteka-figure')].every((one) => one.shadowRoot.querySelector('[part~=attribution]'))");
        browser.wait_until_idle();
        assert_no_external_requests(&mut browser, &server, &site);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "no scrolling sideways: {width} {layout}"
        );
        browser.wait_until("[...document.querySelector('kinoteka-video').shadowRoot.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth > 0)");
        let columns = browser.eval("new Set([...document.querySelector('kinoteka-videos').shadowRoot.querySelectorAll('li')].map((card) => Math.round(card.getBoundingClientRect().left))).size");
        assert_eq!(
            columns,
            json!(if layout == "carousel" || width == 1200 { 4 } else { 1 }),
            "{width} {layout}"
        );
        assert_eq!(browser.eval("document.querySelector('kinoteka-video').shadowRoot.querySelector('[part=content]').lang"), json!(lang));
        browser.screenshot(&format!("component-{width}-{layout}-{lang}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width} in {lang}");
    }
}

#[test]
fn elements_show_attribution_in_page_language() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    browser.resize(800, 4000);
    let body = "<kinoteka-video video=\"film\"></kinoteka-video><kinoteka-figure statistic=\"people\"></kinoteka-figure><kinoteka-videos query=\"?ids=film,nowhere,elsewhere\"></kinoteka-videos><kinoteka-video id=\"own\" lang=\"en-GB\" video=\"film\"></kinoteka-video>";
    let site = site(&server, "sr_Cyrl", body);
    browser.visit(&site);
    for (element, texts) in [
        (
            "kinoteka-video",
            &[
                "Напомена о садржају: Speaks of violence.",
                "Жене говоре",
                "1:06:40",
                "Кратко.",
                "Пусти",
                "Где потражити помоћ",
                "SOS (Северна Македонија)",
                "Norms",
                "Ana (director)",
                "Лиценца: CC-BY-4.0",
                "Funded by the Union.",
                "The views are the authors' own.",
                "Косово: This designation",
            ][..],
        ),
        (
            "kinoteka-figure",
            &[
                "Више од 1.500",
                "људи који знају своја права",
                "sex",
                "Период",
                "2024–2026",
                "Извор",
                "Report <of> 2026",
                "Norms",
                "Network of shelters",
                "Funded by the Union.",
                "Косово: This designation",
            ],
        ),
        (
            "kinoteka-videos",
            &[
                "Жене говоре",
                "Напомена о садржају: Speaks of violence.",
                "Nowhere",
                "Видео се овде још не може пустити.",
                "Погледај на films.example.org",
                "Funded by the Union.",
                "Косово: This designation",
            ],
        ),
        (
            "#own",
            &[
                "Content note: Speaks of violence.",
                "A film & its <story>",
                "Play",
                "Where to find help",
            ],
        ),
    ] {
        wait_for_text(&mut browser, element, "Funded by the Union.");
        let text = shown(&mut browser, element);
        for expected in texts {
            assert!(text.contains(expected), "{element}: {expected}: {text}");
        }
        assert!(!text.contains("Elsewhere\n183"), "helplines of other countries are shown");
    }
    // The content note precedes the button and is part of its accessible description.
    let order = browser.eval("(() => { const root = document.querySelector('kinoteka-video').shadowRoot; return [...root.querySelectorAll('.note, .player')].map((part) => part.className); })()");
    assert_eq!(order, json!(["note", "player"]));
    assert_eq!(
        browser.eval("(() => { const root = document.querySelector('kinoteka-video').shadowRoot; const play = root.querySelector('[part=play]'); return [play.ariaLabel, root.getElementById(play.getAttribute('aria-describedby')).lastElementChild.lang]; })()"),
        json!(["Пусти: Жене говоре", "en"])
    );
    assert_no_external_requests(&mut browser, &server, &site);
}

#[test]
fn elements_load_lazily_and_player_only_after_click() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    browser.resize(800, 600);
    let body = format!(
        "<kinoteka-video video=\"clip-0\"></kinoteka-video>{}<kinoteka-videos query=\"ids=clip-1\"></kinoteka-videos>",
        "<p>…</p>".repeat(100)
    );
    let site = site(&server, "en", &body);
    browser.visit(&site);
    wait_for_text(&mut browser, "kinoteka-video", "Play");
    browser.wait_until_idle();
    assert_eq!(
        (
            request_count(&browser, "/v1/videos?"),
            request_count(&browser, "clip-1"),
            request_count(&browser, "/embed/videos/")
        ),
        (0, 0, 0),
        "{:?}",
        browser.requests()
    );
    // Play by keyboard moves the focus into the player.
    browser.press("Tab");
    assert_eq!(
        browser.eval("document.activeElement.shadowRoot.activeElement.part.value"),
        json!("play")
    );
    assert_eq!(
        browser
            .eval("getComputedStyle(document.activeElement.shadowRoot.activeElement).outlineStyle"),
        json!("solid"),
        "the focus is visible"
    );
    browser.press("Enter");
    browser.wait_until(
        "document.querySelector('kinoteka-video').shadowRoot.activeElement?.localName === 'iframe'",
    );
    browser.wait_until_idle();
    assert_eq!(
        request_count(&browser, "/embed/videos/clip-0?lang=en"),
        1,
        "{:?}",
        browser.requests()
    );
    assert_eq!(
        browser.eval(
            "document.querySelector('kinoteka-video').shadowRoot.querySelector('iframe').title"
        ),
        json!("A clip that has a somewhat longer title, number 0")
    );
    browser.screenshot("component-played");
    // Elements far below load when scrolled near.
    browser.eval("document.querySelector('kinoteka-videos').scrollIntoView()");
    browser.wait_until(
        "document.querySelector('kinoteka-videos').shadowRoot.querySelectorAll('li').length === 1",
    );
    assert_eq!(request_count(&browser, "/v1/videos?"), 1);
    assert_no_external_requests(&mut browser, &server, &site);
}

#[test]
fn elements_react_to_attributes_and_paginate() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    browser.resize(800, 3000);
    let site = site(
        &server,
        "en",
        "<kinoteka-video video=\"clip-0\"></kinoteka-video><kinoteka-videos query=\"country=RS&amp;sort=slug&amp;limit=3\"></kinoteka-videos>",
    );
    browser.visit(&site);
    wait_for_text(&mut browser, "kinoteka-video", "number 0");
    wait_for_text(&mut browser, "kinoteka-videos", "number 2");
    // Attributes set together cause one request; the last request wins.
    browser.eval("(() => { const one = document.querySelector('kinoteka-video'); one.setAttribute('video', 'clip-1'); one.setAttribute('video', 'clip-2'); one.lang = 'mk'; })()");
    wait_for_text(&mut browser, "kinoteka-video", "Пушти");
    assert!(shown(&mut browser, "kinoteka-video").contains("number 2"));
    assert_eq!(
        (
            request_count(&browser, "/v1/videos/clip-1?"),
            request_count(&browser, "/v1/videos/clip-2?")
        ),
        (0, 1)
    );
    browser.eval("document.querySelector('kinoteka-video').lang = 'cnr'");
    wait_for_text(&mut browser, "kinoteka-video", "Pusti");
    assert_eq!(request_count(&browser, "lang=cnr&fields"), 1, "{:?}", browser.requests());
    // A late response is ignored.
    browser.eval("(() => { const ask = window.fetch; window.fetch = async (url, how) => { if (url.includes('clip-3')) await new Promise((go) => setTimeout(go, 600)); return ask(url, how); }; })()");
    browser.eval("document.querySelector('kinoteka-video').setAttribute('video', 'clip-3')");
    browser.eval("document.querySelector('kinoteka-video').setAttribute('video', 'clip-4')");
    wait_for_text(&mut browser, "kinoteka-video", "number 4");
    browser.eval("new Promise((go) => setTimeout(go, 900))");
    browser.wait_until_idle();
    assert!(shown(&mut browser, "kinoteka-video").contains("number 4"));
    // Changing the layout does not reload the list.
    let lists = request_count(&browser, "/v1/videos?");
    browser.eval("document.querySelector('kinoteka-videos').setAttribute('layout', 'carousel')");
    assert_eq!(
        browser.eval(
            "document.querySelector('kinoteka-videos').shadowRoot.querySelector('ul').className"
        ),
        json!("cards carousel")
    );
    browser.wait_until_idle();
    assert_eq!(request_count(&browser, "/v1/videos?"), lists);
    let press = |browser: &mut Browser, text: &str| {
        browser.eval(&format!("[...document.querySelector('kinoteka-videos').shadowRoot.querySelectorAll('nav button')].find((one) => one.textContent === '{text}').click()"));
    };
    press(&mut browser, "Next page");
    wait_for_text(&mut browser, "kinoteka-videos", "number 4");
    assert!(!shown(&mut browser, "kinoteka-videos").contains("number 2"));
    assert_eq!(
        browser
            .eval("document.querySelector('kinoteka-videos').shadowRoot.activeElement.localName"),
        json!("ul"),
        "the list has the focus"
    );
    press(&mut browser, "Previous page");
    wait_for_text(&mut browser, "kinoteka-videos", "number 2");
    browser.eval(
        "document.querySelector('kinoteka-videos').setAttribute('query', 'q=nothing-at-all')",
    );
    wait_for_text(&mut browser, "kinoteka-videos", "Nothing found.");
    assert_no_external_requests(&mut browser, &server, &site);
}

#[test]
fn script_may_be_module_and_included_twice() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    let pinned = server.read("/embed/integrity.json");
    let at = server.base();
    for scripts in [
        format!("<script type=\"module\" src=\"{at}/embed/kinoteka.js?ver=6.5/a\"></script>"),
        format!(
            "<script src=\"{at}/embed/kinoteka.js?ver=6.5/a\" defer></script><script src=\"{}\" async></script>",
            pinned["url"].as_str().unwrap()
        ),
    ] {
        let page = format!(
            "<!doctype html><html lang=\"sq\"><title>Partner</title>{scripts}<kinoteka-figure statistic=\"people\"></kinoteka-figure></html>"
        );
        let site = partner_site(&page, &strict(&server));
        browser.visit(&site);
        wait_for_text(&mut browser, "kinoteka-figure", "Më shumë se 1\u{a0}500");
        assert_no_external_requests(&mut browser, &server, &site);
    }
}

#[test]
fn elements_report_errors_and_preserve_fallback_content() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    catalogue(&server);
    browser.resize(800, 3000);
    let body = "<kinoteka-video id=\"none\" video=\"no-such\"><a href=\"#\">The film</a></kinoteka-video><kinoteka-video id=\"gone\" video=\"gone\"><a href=\"#\">The film</a></kinoteka-video>\
         <kinoteka-video id=\"nameless\"><a href=\"#\">The film</a></kinoteka-video><kinoteka-figure id=\"figure\" statistic=\"no-such\"><a href=\"#\">The figure</a></kinoteka-figure>\
         <kinoteka-videos id=\"bad\" lang=\"en\" query=\"contry=RS&amp;limit=900\"><a href=\"#\">All films</a></kinoteka-videos><kinoteka-video id=\"odd\" server=\"javascript:alert(1)\" video=\"film\"><a href=\"#\">The film</a></kinoteka-video>";
    let site = site(&server, "mk", body);
    browser.visit(&site);
    for (element, text) in [
        ("#none", "Ова не е достапно."),
        ("#gone", "Ова е отстрането."),
        ("#nameless", "Ова не е достапно."),
        ("#figure", "Ова не е достапно."),
        ("#bad", "This address has a mistake in it."),
        ("#odd", "Ова не е достапно."),
    ] {
        wait_for_text(&mut browser, element, text);
        let described = browser.eval(&format!("(() => {{ const one = document.querySelector('{element}'); const status = one.shadowRoot.querySelector('[role=status]'); return [status.textContent.includes({}), one.querySelector('a').checkVisibility()]; }})()", json!(text)));
        assert_eq!(described, json!([true, true]), "{element}");
    }
    let bad = shown(&mut browser, "#bad");
    assert!(bad.contains("did you mean `country`?") && bad.contains("limit: "), "{bad}");
    assert_eq!(
        browser
            .eval("document.querySelector('#none').shadowRoot.querySelector('[role=status]').lang"),
        json!("mk")
    );
    // An unavailable server, and one blocked by the policy of the page.
    browser.eval(&format!(
        "document.querySelector('#figure').setAttribute('server', '{}/nowhere/')",
        server.base()
    ));
    browser.eval("document.querySelector('#none').setAttribute('server', 'http://127.0.0.1:9')");
    wait_for_text(&mut browser, "#none", "Обидете се повторно за момент.");
    wait_for_text(&mut browser, "#figure", "Ова не е достапно.");
    browser.eval("document.querySelector('#gone').setAttribute('video', 'film')");
    wait_for_text(&mut browser, "#gone", "Пушти");
    assert_eq!(browser.eval("(() => { const one = document.querySelector('#gone'); return [one.shadowRoot.querySelector('[role=status]').textContent, one.querySelector('a').checkVisibility()]; })()"), json!(["", false]));
    browser.eval("document.querySelector('#gone').setAttribute('video', 'no-such')");
    wait_for_text(&mut browser, "#gone", "Ова не е достапно.");
    assert_eq!(browser.eval("(() => { const one = document.querySelector('#gone'); return [one.shadowRoot.querySelector('.card'), one.querySelector('a').checkVisibility()]; })()"), json!([null, true]));
    // Without scripts the fallback content is shown.
    browser.allow_scripts(false);
    browser.visit(&site);
    assert_eq!(browser.eval("document.querySelector('#gone a').checkVisibility()"), json!(true));
    assert!(browser.requests().iter().all(|url| !url.contains("/v1/")), "{:?}", browser.requests());
}
