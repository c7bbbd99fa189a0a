//! `/embed`: the embed builder, on both databases, and in a browser on SQLite.

use serde_json::json;

use super::page;
use crate::on_both;
use crate::support::chromium::{Browser, axe_source};
use crate::support::{Content, TestServer};

/// Contents of a code field of the page.
fn pasted(html: &str, id: &str) -> String {
    let (_, after) = html.split_once(&format!("<textarea id=\"{id}\"")).unwrap();
    let text = after.split_once('>').unwrap().1.split_once("</textarea>").unwrap().0;
    ["&lt;<", "&gt;>", "&quot;\"", "&amp;&"].iter().fold(text.to_owned(), |text, pair| {
        let (escaped, plain) = pair.split_at(pair.len() - 1);
        text.replace(escaped, plain)
    })
}

/// URL in a field of the page.
fn address(html: &str, id: &str) -> String {
    let (_, after) = html.split_once(&format!("<input id=\"{id}\"")).unwrap();
    after.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&")
}

on_both! {
    demo fn embed_builder_previews_selection_and_code(server: &TestServer) {
        let base = server.base();
        let query = "q=&country=XK&topic=forum&layout=carousel&sort=-published_at&limit=&lang=mk";
        let response = server.request("GET", &format!("/embed?{query}")).header("Accept-Language", "en").send().expect(200);
        assert_eq!((response.required_header("content-type"), response.required_header("content-language")), ("text/html; charset=utf-8", "en"));
        let html = response.text();
        // Counts of a field respect the other filters; the selection and its footnote are shown.
        for text in ["<option value=\"XK\" selected>Kosovo* (1)</option>", "<option value=\"forum\" selected>Forums (1)</option>", "<option value=\"mk\" selected>Macedonian</option>", "without prejudice to positions on status", "<option value=\"carousel\" selected>"] {
            assert!(html.contains(text), "{text}: {html}");
        }
        // Empty and default fields are not in the URL.
        let embedded = format!("{base}/embed/videos?country=XK&topic=forum&layout=carousel&lang=mk");
        assert!(html.contains(&format!("<iframe class=\"preview\" src=\"{}\"", embedded.replace('&', "&amp;"))), "{html}");
        let frame = pasted(&html, "frame");
        assert!(frame.contains(&format!("src=\"{}\"", embedded.replace('&', "&amp;"))) && frame.contains("title=\"Видеа · Форуми · Косово*\""), "the code uses the language of the list: {frame}");
        assert_eq!(
            pasted(&html, "component"),
            format!("<script src=\"{base}/embed/kinoteka.js\" defer></script>\n<kinoteka-videos server=\"{base}\" query=\"country=XK&amp;topic=forum\" layout=\"carousel\" lang=\"mk\"><a href=\"{}\">Видеа · Форуми · Косово*</a></kinoteka-videos>", embedded.replace('&', "&amp;"))
        );
        assert_eq!(address(&html, "rss"), format!("{base}/feeds/videos.rss?country=XK&topic=forum&lang=mk"));
        // All URLs on the page resolve.
        for id in ["rss", "atom", "json-feed", "oembed"] {
            server.get(address(&html, id).strip_prefix(&base).unwrap()).expect(200);
        }
        page(server, embedded.strip_prefix(&base).unwrap());
        server.request("GET", &format!("/embed?{query}")).header("Accept-Language", "en").header("If-None-Match", response.required_header("etag")).send().expect(304);
        let policy = response.required_header("content-security-policy");
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let serbian = server.request("GET", "/embed").header("Accept-Language", "sr-Cyrl").send().expect(200);
        assert!(serbian.text().contains("Поставите видео-записе") && serbian.required_header("vary").contains("Accept-Language"));
    }

    demo fn embed_builder_reports_invalid_parameters(server: &TestServer) {
        for query in ["contry=RS", "country=RX", "limit=0", "layout=heap", "lang=all", "fields=id", "status=draft", "q=%ff", "partner=", "updated_since="] {
            let response = server.get(&format!("/embed?{query}")).expect(400);
            assert!(response.text().contains("data-code"), "{query}: {}", response.text());
        }
        // Filters without a field are preserved, as is a value without videos.
        let html = page(server, "/embed?partner=eu&country=RS,MK&has=captions&cursor=gone").text();
        for text in ["<input type=\"hidden\" name=\"partner\" value=\"eu\">", "<option value=\"RS,MK\" selected>RS,MK</option>", "/embed/videos?partner=eu&amp;country=RS,MK&amp;has=captions\""] {
            assert!(html.contains(text), "{text}: {html}");
        }
        let hostile = page(server, "/embed?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text();
        assert!(!hostile.contains("<script>alert") && hostile.contains("&lt;script&gt;alert"), "{hostile}");
    }
}

#[test]
fn embed_builder_works_with_and_without_scripts() {
    let (Some(mut browser), Some(axe)) = (Browser::start(), axe_source()) else { return };
    // Framing is limited to one site; the preview is shown nevertheless.
    let server = TestServer::sqlite(Content::Demo, |settings| {
        settings.embed_origins = vec!["https://partner.example.org".to_owned()];
    });
    for (width, is_dark) in [(240, false), (480, true), (1200, false)] {
        browser.resize(width, 900);
        browser.prefer_dark(is_dark);
        browser.visit(&format!("{}/embed?country=RS", server.base()));
        assert_eq!(browser.console_errors(), Vec::<String>::new());
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
            json!(true),
            "sideways at {width}"
        );
        browser.wait_until("document.querySelector('.preview').contentDocument?.querySelectorAll('.cards li').length === 8");
        browser.screenshot(&format!("tool-{width}"));
        browser.eval(&axe);
        let found = browser
            .eval("axe.run({iframes: false}).then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`))");
        assert_eq!(found, json!([]), "axe at {width}");
    }
    // The preview updates immediately; the field keeps the focus, and the URL has the selection.
    browser.eval("const topic = document.getElementById('topic'); topic.focus(); topic.value = 'testimonials'; topic.dispatchEvent(new Event('change', { bubbles: true })); 1");
    browser.wait_until("document.getElementById('frame').value.includes('topic=testimonials')");
    browser.wait_until("document.querySelector('.preview').contentDocument?.querySelectorAll('.cards li').length === 2");
    assert_eq!(
        browser.eval("document.activeElement.id + ' ' + document.activeElement.value"),
        json!("topic testimonials")
    );
    assert_eq!(
        browser.eval("location.search"),
        json!("?country=RS&topic=testimonials&layout=grid")
    );
    assert_eq!(
        browser.eval("document.querySelector('#country option[value=RS]').textContent"),
        json!("Serbia (2)"),
        "counts follow the filters"
    );
    browser.eval("document.querySelector('button[data-copy=rss]').click()");
    browser.wait_until("document.getElementById('copy-status').textContent === 'Copied'");
    let selected = browser.eval(
        "document.getElementById('rss').value.slice(document.getElementById('rss').selectionStart)",
    );
    assert!(
        selected.as_str().unwrap().ends_with("/feeds/videos.rss?country=RS&topic=testimonials"),
        "{selected}"
    );
    browser.wait_until_idle();
    assert!(
        browser.requests().iter().all(|url| url.starts_with(&server.base())),
        "{:?}",
        browser.requests()
    );
    assert_eq!(browser.console_errors(), Vec::<String>::new());
    // Without scripts the form is submitted.
    browser.allow_scripts(false);
    browser.visit(&format!("{}/embed?country=RS", server.base()));
    browser.allow_scripts(true);
    assert_eq!(
        browser.eval("document.querySelectorAll('button[data-copy]:not([hidden])').length"),
        json!(0)
    );
    browser.allow_scripts(false);
    browser.eval("document.getElementById('q').value = 'norms'; document.querySelector('form button[type=submit]').click()");
    browser.wait_until("location.search.includes('q=norms')");
    assert!(
        browser
            .eval("document.getElementById('frame').value")
            .as_str()
            .unwrap()
            .contains("q=norms")
    );
}
