//! Saved queries: the resource, feeds with permanent URLs, and the OPML list.

use roxmltree::Document;
use serde_json::{Value, json};

use super::{feed, read, titles, whole};
use crate::on_both;
use crate::support::{TestServer, percent_encode};

/// Fills the catalogue of the feed tests and saves a query.
fn saved(server: &TestServer) -> String {
    let key = whole(server);
    server.create(&key, "/v1/saved-queries", &json!({
        "slug": "prevention-films", "status": "published", "kind": "video", "query": "topic=prevention&country=XK&sort=title", "original_language": "en",
        "translations": {"en": {"name": "Prevention: films & talks", "status": "published"}, "sr-Latn": {"name": "Prevencija", "description": "Šta čini razliku.", "status": "published"}},
    }));
    key
}

/// Errors returned when this query is saved.
fn refused(
    server: &TestServer,
    key: &str,
    kind: &str,
    query: &str,
) -> Vec<(String, String, String)> {
    let body = json!({"name": "A query", "kind": kind, "query": query});
    let response = server
        .request("POST", "/v1/saved-queries")
        .key(key)
        .json(&body)
        .send()
        .problem(422, "invalid-fields");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    response["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (text(&error["pointer"]), text(&error["code"]), text(&error["detail"])))
        .collect()
}

on_both! {
    fn saved_query_feed_uses_its_name_as_title(server: &TestServer) {
        saved(server);
        let base = server.base();
        for format in ["rss", "atom", "json"] {
            let response = feed(server, &format!("/f/prevention-films.{format}"));
            assert_eq!(titles(&response), ["A film & its <story>"], "{format}");
            let found = read(&response);
            assert_eq!(found.title.unwrap().content, "Prevention: films & talks", "{format}");
            assert_eq!(response.required_header("content-language"), "en");
            assert_eq!(response.required_header("cache-control"), server.get("/feeds/videos.rss").required_header("cache-control"));
            server.request("GET", &format!("/f/prevention-films.{format}")).header("If-None-Match", response.required_header("etag")).send().expect(304);
            let head = server.request("HEAD", &format!("/f/prevention-films.{format}")).send().expect(200);
            assert!(head.body.is_empty() && head.required_header("etag") == response.required_header("etag"));
        }
        let atom = feed(server, "/f/prevention-films.atom").text();
        assert!(atom.contains(&format!("<id>{base}/f/prevention-films.atom</id>")), "{atom}");
        assert!(atom.contains("Videos · Prevention · Kosovo* · Order: Title ↑") && atom.contains("without prejudice"), "the feed describes the query and has the footnote: {atom}");
        assert!(atom.contains(&format!("href=\"{base}/v1/videos?topic=prevention&amp;country=XK&amp;sort=title\"")), "{atom}");
        // In another language: translated name, and the description instead of the generated text.
        let serbian = feed(server, "/f/prevention-films.atom?lang=sr-Cyrl");
        assert!(serbian.text().contains("<title>Превенција</title>") && serbian.text().contains("Шта чини разлику."), "{}", serbian.text());
        assert_eq!(serbian.required_header("content-language"), "sr-Cyrl");
        assert!(serbian.text().contains(&format!("<id>{base}/f/prevention-films.atom?lang=sr-Cyrl</id>")));
        // Also by its id.
        let id = server.read("/v1/saved-queries/prevention-films")["id"].as_str().unwrap().to_owned();
        assert_eq!(titles(&feed(server, &format!("/f/{id}.rss"))).len(), 1);
    }

    fn saved_query_url_is_stable(server: &TestServer) {
        let key = saved(server);
        let before = feed(server, "/f/prevention-films.rss");
        server.patch(&key, "/v1/saved-queries/prevention-films", &json!({"query": "?sort=title&limit=1"}));
        let after = feed(server, "/f/prevention-films.rss");
        assert_ne!(before.required_header("etag"), after.required_header("etag"));
        assert_eq!(titles(&after), ["A film & its <story>"]);
        assert_eq!(server.read("/v1/saved-queries/prevention-films")["query"], "sort=title&limit=1");
        // Pagination keeps the URL, with any page size.
        let next = read(&after).links.into_iter().find(|link| link.rel.as_deref() == Some("next")).unwrap().href;
        let path = next.strip_prefix(&server.base()).unwrap();
        assert!(path.starts_with("/f/prevention-films.rss?cursor="), "{path}");
        assert_eq!(titles(&feed(server, path)), ["Bare"]);
        assert_eq!(titles(&feed(server, "/f/prevention-films.rss?limit=5")).len(), 2);
        // A cursor of another list is a client error.
        server.patch(&key, "/v1/saved-queries/prevention-films", &json!({"query": "sort=-title&limit=1"}));
        server.get(path).errors(400, &[("cursor", "foreign_cursor")]);
        // After renaming, the former URL redirects.
        server.patch(&key, "/v1/saved-queries/prevention-films", &json!({"slug": "films"}));
        for (path, expected) in [("/f/prevention-films.json?lang=mk", "/f/films.json?lang=mk"), ("/f/prevention-films?layout=list", "/f/films?layout=list"), ("/v1/saved-queries/prevention-films", "/v1/saved-queries/films")] {
            assert_eq!(server.get(path).expect(308).required_header("location"), format!("{}{expected}", server.base()));
        }
        server.request("DELETE", "/v1/saved-queries/films").key(&key).send().expect(204);
        for path in ["/f/films.rss", "/v1/saved-queries/films", "/f/prevention-films.rss"] {
            server.get(path).problem(410, "gone");
        }
        server.get("/f/films").expect(410);
        server.request("POST", "/v1/saved-queries/films/restore").key(&key).send().expect(200);
        feed(server, "/f/films.rss");
    }

    fn saves_queries_of_every_kind_with_feeds(server: &TestServer) {
        let key = saved(server);
        for (kind, query, title, first) in [
            ("programme", "country=XK", "Programmes", "Norms"), ("partner", "kind=civil_society", "Partners", "Network of shelters"),
            ("impact_statistic", "min_value=1000", "Figures", "More than 1,500 · people at the forum"),
        ] {
            let slug = kind.replace('_', "-");
            let made = server.create(&key, "/v1/saved-queries", &json!({"slug": slug, "status": "published", "name": title, "kind": kind, "query": query}));
            assert_eq!((&made["page"], &made["feeds"]["rss"]), (&Value::Null, &Value::Null));
            for format in ["atom", "json"] {
                let address = made["feeds"][format].as_str().unwrap().strip_prefix(&server.base()).unwrap().to_owned();
                let response = feed(server, &address);
                assert_eq!(titles(&response), [first]);
                assert_eq!(read(&response).title.unwrap().content, title);
            }
            let problem = server.get(&format!("/f/{slug}.rss")).problem(404, "not-found");
            assert_eq!(problem["detail"], format!("`{slug}` is available as atom, json; `rss` is not supported."));
            server.get(&format!("/f/{slug}")).expect(404);
            let list = made["list"].as_str().unwrap().strip_prefix(&server.base()).unwrap();
            assert_eq!(server.read(list)["data"].as_array().unwrap().len(), 1);
        }
        assert_eq!(server.slugs("/v1/saved-queries?kind=video"), ["prevention-films"]);
        assert_eq!(server.slugs("/v1/saved-queries?kind=programme,partner&sort=name"), ["partner", "programme"]);
        assert_eq!(server.read("/v1/saved-queries?facets=kind&limit=1")["facets"]["kind"].as_array().unwrap().len(), 4);
        assert_eq!(server.slugs("/v1/saved-queries?q=prevencija"), ["prevention-films"], "they are found by their names");
        // Saved queries are not content and not searchable.
        assert!(server.read("/v1/search?q=figures")["data"].as_array().unwrap().is_empty());
    }

    fn rejects_invalid_saved_queries(server: &TestServer) {
        let key = saved(server);
        for (kind, query, code, detail) in [
            ("video", "contry=RS", "unknown_parameter", "`contry`: Unknown parameter `contry`; did you mean `country`?"),
            ("video", "country=RX", "unknown_value", "`country`: `RX` is not a country code"),
            ("video", "topic=prevnetion", "unknown_value", "`topic`: There is no topic `prevnetion`; did you mean `prevention`?"),
            ("video", "lang=mk", "unknown_parameter", "`lang` is given on the feed URL: `/f/{slug}.rss?lang=…`."),
            ("video", "fields=id&total=true", "unknown_parameter", "`fields` is not supported in saved queries. Supported: filters, `q`, `sort`, `limit`."),
            ("video", "offset=20", "unknown_parameter", "A saved query starts at the first item; use `cursor` on the feed URL to page."),
            ("video", "status=draft", "unknown_parameter", "`status` is not supported in saved queries."),
            ("video", "limit=0", "out_of_range", "`limit`: Expected an integer from 1 to 100"),
            ("video", "q=%ff", "invalid_encoding", "`q`: `q=%ff` is not valid percent-encoded UTF-8."),
            ("video", "sort=name", "unknown_value", "`sort`: `name` is not one of"),
            ("partner", "sort=duration", "unknown_value", "`sort`: `duration` is not one of"),
            ("video", "/v1/videos?country=RS", "not_a_query", "Send only the query string (without `?`)."),
            ("video", "https://e.org/v1/videos?country=RS", "not_a_query", "Send only the query string (without `?`)."),
            ("film", "country=RS", "unknown_value", "`film` is not one of"),
            ("saved_query", "", "unknown_value", "`saved_query` is not one of"),
        ] {
            let errors = refused(server, &key, kind, query);
            let pointer = if code == "unknown_value" && !["video", "partner"].contains(&kind) { "/kind" } else { "/query" };
            assert!(errors.iter().any(|(at, found, text)| at == pointer && found == code && text.starts_with(detail)), "{kind} {query}: {errors:?}");
        }
        let long = json!({"name": "A query", "kind": "video", "query": format!("q={}", "a".repeat(2_000))});
        server.request("POST", "/v1/saved-queries").key(&key).json(&long).send().errors(422, &[("/query", "too_long")]);
        server.request("POST", "/v1/saved-queries").key(&key).json(&json!({"name": "x"})).send().errors(422, &[("/kind", "required")]);
        server.request("POST", "/v1/saved-queries").json(&json!({"name": "x", "kind": "video"})).send().problem(401, "unauthenticated");
        assert_eq!(server.slugs("/v1/saved-queries"), ["prevention-films"], "nothing was stored");
        // The response of GET can be sent back unchanged.
        let whole = server.read("/v1/saved-queries/prevention-films?lang=all");
        let same = server.request("PUT", "/v1/saved-queries/prevention-films").key(&key).json(&whole).send().expect(200);
        assert_eq!(same.json()["revision"], whole["revision"]);
        // The empty query and search text can be saved.
        let all = server.create(&key, "/v1/saved-queries", &json!({"status": "published", "name": "Everything", "kind": "video"}));
        assert_eq!((all["query"].as_str(), titles(&feed(server, "/f/everything.rss")).len()), (Some(""), 2));
        let typed = server.create(&key, "/v1/saved-queries", &json!({"status": "published", "name": "Typed", "kind": "video", "query": "q=žene \"govore\" <#1>"}));
        assert_eq!(typed["list"].as_str().unwrap(), format!("{}/v1/videos?q=%C5%BEene%20%22govore%22%20%3C%231%3E", server.base()));
        let described = feed(server, "/f/typed.atom").text();
        assert!(described.contains("Videos · “žene \"govore\" &amp;lt;#1&amp;gt;”"), "{described}");
    }

    fn outdated_saved_query_returns_503(server: &TestServer) {
        let key = saved(server);
        server.patch(&key, "/v1/videos/whole", &json!({"topics": []}));
        server.patch(&key, "/v1/topics/prevention", &json!({"status": "draft"}));
        for path in ["/f/prevention-films.rss", "/f/prevention-films.json?limit=3"] {
            let problem = server.get(path).problem(503, "unavailable");
            assert_eq!(problem["errors"][0]["parameter"], "topic", "{problem}");
            assert!(problem["errors"][0]["detail"].as_str().unwrap().starts_with("There is no topic `prevention`"), "{problem}");
        }
        let page = server.get("/f/prevention-films").expect(503);
        assert!(page.text().contains("There is no topic `prevention`"), "{}", page.text());
        // It can still be read and updated.
        assert_eq!(server.read("/v1/saved-queries/prevention-films")["query"], "topic=prevention&country=XK&sort=title");
        server.patch(&key, "/v1/saved-queries/prevention-films", &json!({"query": "country=XK"}));
        assert_eq!(titles(&feed(server, "/f/prevention-films.rss")).len(), 1);
    }

    fn saved_query_urls_reject_other_parameters(server: &TestServer) {
        let key = saved(server);
        for (query, expected) in [("country=RS", ("country", "unknown_parameter")), ("limit=0", ("limit", "out_of_range")), ("lang=all", ("lang", "invalid_language")), ("cursor=x", ("cursor", "invalid_cursor")), ("offset=1", ("offset", "unknown_parameter"))] {
            server.get(&format!("/f/prevention-films.rss?{query}")).errors(400, &[expected]);
            server.get(&format!("/f/prevention-films?{query}")).expect(400);
        }
        server.get("/f/prevention-films?layout=heap").expect(400);
        server.get("/f/nothing.rss").problem(404, "not-found");
        server.get("/f/prevention-films.csv").problem(404, "not-found");
        server.get("/f/nothing").expect(404);
        // A draft requires a key and is not cached.
        server.create(&key, "/v1/saved-queries", &json!({"slug": "draft", "name": "Draft", "kind": "video", "query": "country=XK"}));
        server.get("/f/draft.rss").problem(404, "not-found");
        let own = server.request("GET", "/f/draft.rss").key(&server.viewer_key()).send().expect(200);
        assert_eq!(own.required_header("cache-control"), "private, no-store");
        server.request("GET", "/f/prevention-films.rss").key("ktk_wrong").send().problem(401, "unauthenticated");
    }

    fn saved_query_has_embed_page(server: &TestServer) {
        saved(server);
        let base = server.base();
        let page = server.get("/f/prevention-films?lang=sr-Cyrl&layout=carousel").expect(200);
        assert_eq!((page.required_header("content-type"), page.required_header("content-language")), ("text/html; charset=utf-8", "sr-Cyrl"));
        let html = page.text();
        for text in [
            "<h1>Превенција</h1>", "Шта чини разлику.", "class=\"cards carousel\"", "A film &amp; its &lt;story&gt;", "Напомена о садржају", "<html lang=\"sr-Cyrl\"",
            &format!("type=\"application/rss+xml\" href=\"{base}/f/prevention-films.rss?lang=sr-Cyrl\""), "application/json+oembed",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(page.required_header("content-security-policy").contains("frame-ancestors *"));
        let link = page.required_header("link");
        for part in ["rel=\"self\"", "/f/prevention-films.json?lang=sr-Cyrl>; rel=\"alternate\"; type=\"application/feed+json\"", "/oembed?url="] {
            assert!(link.contains(part), "{part}: {link}");
        }
        server.request("GET", "/f/prevention-films?lang=sr-Cyrl&layout=carousel").header("If-None-Match", page.required_header("etag")).send().expect(304);
        // The discovered oEmbed URL returns the same page.
        let oembed = server.read(&format!("/oembed?url={}", percent_encode(&format!("{base}/f/prevention-films?lang=sr-Cyrl&layout=list"))));
        assert_eq!((oembed["type"].as_str(), oembed["title"].as_str()), (Some("rich"), Some("Превенција")));
        assert!(oembed["html"].as_str().unwrap().contains(&format!("src=\"{base}/f/prevention-films?lang=sr-Cyrl&amp;layout=list\"")), "{oembed}");
        for url in ["/f/nothing", "/f/prevention-films?layout=heap", "/f/prevention-films?country=RS", "/f/prevention-films/more", "/f/"] {
            server.get(&format!("/oembed?url={}", percent_encode(&format!("{base}{url}")))).problem(404, "not-found");
        }
        // A list also links to its feeds.
        let list = server.get("/embed/videos?country=XK").expect(200);
        assert!(list.required_header("link").contains("application/json+oembed") && list.text().contains("text/xml+oembed"), "{}", list.required_header("link"));
    }

    fn opml_lists_saved_query_feeds(server: &TestServer) {
        let key = saved(server);
        server.create(&key, "/v1/saved-queries", &json!({"slug": "who", "status": "published", "name": "Čija je \"mreža\" & <co>", "kind": "partner"}));
        server.create(&key, "/v1/saved-queries", &json!({"slug": "draft", "name": "Draft", "kind": "partner"}));
        let response = server.get("/feeds/saved-queries.opml").expect(200);
        assert_eq!(response.required_header("content-type"), "text/x-opml; charset=utf-8");
        let text = response.text();
        let document = Document::parse(&text).unwrap();
        assert_eq!((document.root_element().tag_name().name(), document.root_element().attribute("version")), ("opml", Some("2.0")));
        let outlines: Vec<_> = document.descendants().filter(|node| node.has_tag_name("outline")).collect();
        let of = |name: &str| outlines.iter().map(|node| node.attribute(name).unwrap_or_default().to_owned()).collect::<Vec<_>>();
        assert_eq!(of("text"), ["Čija je \"mreža\" & <co>", "Prevention: films & talks"], "sorted by name, without drafts");
        assert_eq!(of("type"), ["rss", "rss"]);
        for url in of("xmlUrl") {
            feed(server, url.strip_prefix(&server.base()).unwrap());
        }
        assert_eq!(of("htmlUrl"), [String::new(), format!("{}/f/prevention-films", server.base())]);
        let head = document.descendants().find(|node| node.has_tag_name("dateModified")).unwrap().text().unwrap();
        assert!(chrono::DateTime::parse_from_rfc2822(head).is_ok(), "{head}");
        let serbian = server.get("/feeds/saved-queries.opml?lang=sr-Cyrl").expect(200).text();
        assert!(serbian.contains("text=\"Превенција\"") && serbian.contains("prevention-films.rss?lang=sr-Cyrl") && serbian.contains("Сачувани упити"), "{serbian}");
        server.request("GET", "/feeds/saved-queries.opml").header("If-None-Match", response.required_header("etag")).send().expect(304);
        server.get("/feeds/saved-queries.opml?kind=video").errors(400, &[("kind", "unknown_parameter")]);
        server.get("/feeds/saved-queries.opml?lang=all").errors(400, &[("lang", "invalid_language")]);
        server.request("GET", "/feeds/saved-queries.rss").skip_contract_check().send().problem(404, "not-found");
    }

    demo fn demo_catalogue_has_saved_query(server: &TestServer) {
        assert_eq!(titles(&feed(server, "/f/testimonials.rss?lang=mk")).len(), 2);
        assert_eq!(read(&feed(server, "/f/testimonials.rss?lang=mk")).title.unwrap().content, "Сведоштва");
    }
}
