//! The shapes of requests that the benchmark measures.

use crate::load::Shape;
use crate::support::{get, once};

/// Percent-encodes a query value.
fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// Returns the shapes, with requests that fit the catalogue of the server at this address.
pub fn shapes(address: &str, videos: u32) -> Vec<Shape> {
    let published = |limit: u32, more: &str| -> serde_json::Value {
        let (head, body) = once(address, &get(&format!("/v1/videos?limit={limit}{more}")));
        assert!(head.contains(" 200 "), "{head}");
        serde_json::from_slice(&body).expect("the body is JSON")
    };
    let mut slugs = Vec::new();
    let mut cursor = String::new();
    let mut far = String::new();
    // Follows the cursors of all pages of 20 to the far one, as a client would.
    let far_page = (videos / 100 * 90 / 20).max(1);
    for page in 0..far_page {
        let list = if page % 5 == 0 || far_page < 200 {
            published(100, &format!("{cursor}&fields=slug"))
        } else {
            continue;
        };
        let found: Vec<String> = list
            .get("data")
            .and_then(|data| data.as_array())
            .into_iter()
            .flatten()
            .filter_map(|video| Some(video.get("slug")?.as_str()?.to_owned()))
            .collect();
        slugs.extend(found);
        match list.pointer("/page/next_cursor").and_then(|cursor| cursor.as_str()) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        cursor.clone_into(&mut far);
    }
    let varied: Vec<String> = slugs
        .iter()
        .step_by((slugs.len() / 2_000).max(1))
        .take(2_000)
        .map(|slug| get(&format!("/v1/videos/{slug}")))
        .collect();
    let (_, programmes) = once(address, &get("/v1/programmes?limit=50&fields=slug"));
    let programmes: serde_json::Value = serde_json::from_slice(&programmes).expect("a JSON body");
    let programmes: Vec<&str> = programmes
        .get("data")
        .and_then(|data| data.as_array())
        .into_iter()
        .flatten()
        .filter_map(|programme| programme.get("slug")?.as_str())
        .collect();
    let combined: Vec<String> = (0..500)
        .map(|number| {
            let country = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"]
                .get(number % 7)
                .copied()
                .unwrap_or_default();
            let language =
                ["en", "sq", "sr-Latn", "mk", "tr"].get(number % 5).copied().unwrap_or_default();
            let programme = programmes.get(number % programmes.len()).copied().unwrap_or_default();
            format!("/v1/videos?country={country}&programme={programme}&lang={language}")
        })
        .collect();
    let words = [
        "žene",
        "prava",
        "women",
        "forum",
        "dhuna",
        "şiddet",
        "насилство",
        "police",
        "zdravlje",
        "promena",
        "adalet",
        "gratë",
        "school",
        "film",
    ];
    let searched: Vec<String> = (0..200)
        .map(|number| {
            let (first, second) = (
                words.get(number % words.len()).copied().unwrap_or_default(),
                words.get(number / words.len() % words.len()).copied().unwrap_or_default(),
            );
            get(&format!("/v1/videos?q={}", percent_encode(&format!("{first} {second} {number}"))))
        })
        .collect();
    let slug = slugs.first().cloned().unwrap_or_default();
    let (head, _) = once(address, &get(&format!("/v1/videos/{slug}")));
    let tag =
        head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("an ETag").to_owned();
    let feed = |ending: &str| {
        combined
            .iter()
            .map(|path| get(&path.replace("/v1/videos", &format!("/feeds/videos.{ending}"))))
            .collect::<Vec<_>>()
    };
    let pages = slugs
        .iter()
        .take(2_000)
        .map(|slug| get(&format!("/embed/videos/{slug}?lang=mk")))
        .collect();
    let list = |query: &str| {
        combined.iter().map(|path| get(&format!("{path}{query}"))).collect::<Vec<_>>()
    };
    let shape = |name, requests, connections| Shape { name, requests, connections, status: 200 };
    let mut shapes = vec![
        shape("one video, hot", vec![get(&format!("/v1/videos/{slug}"))], 32),
        shape("one video, varied", varied.clone(), 32),
        shape("one video, varied, 1 connection", varied, 1),
        shape("list of 20, hot", list("").into_iter().take(1).collect(), 32),
        shape("list of 20, varied", list(""), 32),
        shape("list of 20, varied, total", list("&total=true"), 32),
        shape("list of 20, varied, 1 connection", list(""), 1),
        shape("page 1", vec![get("/v1/videos")], 32),
        shape("far page by cursor", vec![get(&format!("/v1/videos?limit=20{far}"))], 32),
        shape("q over 200 queries", searched, 32),
    ];
    shapes.extend([
        shape("feed of 20, varied, RSS", feed("rss"), 32),
        shape("feed of 20, varied, Atom", feed("atom"), 32),
        shape("feed of 20, varied, JSON", feed("json"), 32),
        shape("embed page, varied", pages, 32),
    ]);
    shapes.extend(searches(address, &published));
    shapes.push(Shape {
        name: "304",
        requests: vec![format!(
            "GET /v1/videos/{slug} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n"
        )],
        connections: 32,
        status: 304,
    });
    shapes
}

/// Search shapes, most of them on one connection, for latency.
fn searches(address: &str, published: &dyn Fn(u32, &str) -> serde_json::Value) -> Vec<Shape> {
    // The names of places, each in about twenty videos: the last words of English descriptions.
    let mut places: Vec<String> = Vec::new();
    let mut cursor = String::new();
    for _ in 0..10 {
        let list = published(100, &format!("&lang=en&fields=description{cursor}"));
        let texts = list.get("data").and_then(|data| data.as_array()).into_iter().flatten();
        let words = texts
            .filter_map(|video| video.get("description")?.as_str())
            .flat_map(|text| text.split([' ', '.']));
        places
            .extend(words.filter(|word| word.ends_with("ac") && word.len() > 8).map(str::to_owned));
        let Some(next) = list.pointer("/page/next_cursor").and_then(|cursor| cursor.as_str())
        else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    places.sort();
    places.dedup();
    assert!(places.len() > 20, "the generated catalogue has too few names of places");
    let place_queries = |path: &str, before: &str| {
        places
            .iter()
            .map(|place| get(&format!("{path}?q={}", percent_encode(&format!("{before}{place}")))))
            .collect::<Vec<_>>()
    };
    let cached: Vec<String> = place_queries("/v1/videos", "").into_iter().take(100).collect();
    // Punctuation does not change the result, but makes the query new.
    let uncached = |path: &str| {
        let marks = |number: u32| {
            (0..16).map(|bit| if number >> bit & 1 == 1 { '!' } else { '?' }).collect::<String>()
        };
        let request = |(number, place): (u32, &String)| {
            get(&format!("{path}?q={}", percent_encode(&format!("{place}{}", marks(number)))))
        };
        (0..60_000).zip(places.iter().cycle()).map(request).collect::<Vec<_>>()
    };
    let of = |path: &str, texts: &[&str]| {
        texts
            .iter()
            .map(|text| get(&format!("{path}?q={}", percent_encode(text))))
            .collect::<Vec<_>>()
    };
    // Distinct filters, so that no facet counts are cached.
    let faceted = (0..2_000_u32)
        .map(|number| {
            let (year, seconds) = (2_017 + number % 10, 30 + number / 10);
            get(&format!("/v1/videos?year={year}&min_duration={seconds}&facets=country,topic,programme,text_language"))
        })
        .collect();
    let (_, spoken) = once(address, &get("/v1/transcript-search?q=%22story+number%22&limit=100"));
    let spoken: serde_json::Value = serde_json::from_slice(&spoken).expect("the body is JSON");
    let phrases: Vec<String> = spoken
        .get("data")
        .and_then(|data| data.as_array())
        .into_iter()
        .flatten()
        .filter_map(|hit| {
            Some(
                hit.get("text")?
                    .as_str()?
                    .replace("<mark>", "")
                    .replace("</mark>", "")
                    .trim_end_matches('.')
                    .to_owned(),
            )
        })
        .map(|phrase| {
            get(&format!("/v1/transcript-search?q={}", percent_encode(&format!("\"{phrase}\""))))
        })
        .collect();
    let prefixes = [
        "w",
        "wo",
        "wom",
        "v",
        "vio",
        "p",
        "pol",
        "qe",
        "дев",
        "zen",
        "forum po",
        "12",
        "video",
        "ş",
        "women rig",
    ];
    let misspelled = [
        "wommen",
        "volence",
        "qender fluma",
        "polise",
        "превенцја",
        "zenne",
        "sidet",
        "shkola",
        "ravnopravnot",
        "mrreza",
    ];
    let shape = |name, requests, connections| Shape { name, requests, connections, status: 200 };
    vec![
        shape("search: rare word, cached, 20 hits", cached.clone(), 32),
        shape("search: rare word, cached, 1 connection", cached, 1),
        shape("search: rare word, uncached", uncached("/v1/videos"), 32),
        shape("search: rare word, uncached, 1 connection", uncached("/v1/videos"), 1),
        shape("search: word in 20 % of items, 1 connection", of("/v1/videos", &["anniversary"]), 1),
        shape(
            "search: word in most titles, 1 connection",
            of("/v1/videos", &["film", "forum", "women"]),
            1,
        ),
        shape(
            "search: three words, one rare, 1 connection",
            place_queries("/v1/videos", "women rights "),
            1,
        ),
        shape("search: all kinds, rare word, uncached, 1 connection", uncached("/v1/search"), 1),
        shape("search: misspelled word, 1 connection", of("/v1/videos", &misspelled), 1),
        shape("4 facets of 10,000, 1 connection", faceted, 1),
        shape("transcript search: rare phrase, 1 connection", phrases, 1),
        shape("suggest, 1 connection", of("/v1/suggest", &prefixes), 1),
    ]
}
