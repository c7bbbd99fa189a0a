//! The order of search results.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::search::topic;
use crate::on_both;
use crate::support::percent_encode;
use crate::support::server::slugs;

on_both! {
    fn ranks_correctly_above_postgres_scan_limit(server: &TestServer) {
        // The readers cache term frequencies from before the import, and for a minute treat this
        // word as rare.
        for _ in 0..40 {
            server.get("/v1/videos?q=zajednica").expect(200);
        }
        let day = |number: u32| format!("2025-{:02}-{:02}T08:00:00Z", 1 + number / 28, 1 + number % 28);
        let video = |number: u32| {
            // Every 80th video has the word only in its summary.
            let (title, summary) = if number.is_multiple_of(80) { ("Film", "Zajednica") } else { ("Zajednica", "Film") };
            json!({"resource": "video", "slug": format!("film-{number:03}"), "status": "published", "published_at": day(number), "original_language": "bs", "title": title, "summary": summary})
        };
        server.import(&(0..325).map(video).collect::<Vec<_>>());
        let newest_first = |is_summary: bool| (0..325_u32).rev().filter(move |number| number.is_multiple_of(80) == is_summary).map(|number| format!("film-{number:03}"));
        let expected: Vec<String> = newest_first(false).chain(newest_first(true)).collect();
        let (mut found, mut address) = (Vec::new(), "/v1/videos?q=zajednica&limit=60&fields=slug".to_owned());
        let mut back = None;
        loop {
            let page = server.read(&address);
            found.extend(slugs(&page));
            back = page["links"]["prev"].as_str().map(str::to_owned).or(back);
            let Some(next) = page["links"]["next"].as_str() else { break };
            next.strip_prefix(&server.base()).unwrap().clone_into(&mut address);
        }
        assert_eq!(found, expected);
        let before = server.read(back.unwrap().strip_prefix(&server.base()).unwrap());
        assert_eq!(slugs(&before), expected[240..300]);
        assert_eq!(server.slugs("/v1/videos?q=zajednica&offset=318&limit=5&fields=slug"), expected[318..323]);
        assert_eq!(server.read("/v1/videos?q=zajednica&total=true&limit=1")["page"]["total"], 325);
    }

    fn orders_by_whole_title_and_adjacent_words(server: &TestServer) {
        let video = |slug: &str, year: u32, language: &str, title: &str, summary: &str| json!({"resource": "video", "slug": slug, "status": "published", "published_at": format!("{year}-01-01T00:00:00Z"), "original_language": language, "title": title, "summary": summary});
        server.import(&[
            video("whole", 2015, "en", "Zorbat rights", ""),
            video("adjacent", 2016, "en", "More of zorbat rights now", ""),
            video("apart", 2017, "en", "Zorbat people and their rights", ""),
            video("reversed", 2018, "en", "Rights of a zorbat", ""),
            video("stem", 2019, "en", "A zorbat right and its zorbats", ""),
            video("prefix", 2020, "en", "Zorbat rightsholders", ""),
            video("summary-older", 2021, "en", "First film", "About zorbat rights"),
            video("summary-newer", 2022, "en", "Second film", "Rights of every zorbat"),
            video("joined", 2023, "en", "An e-mail about it", ""),
            video("email", 2010, "en", "Email", ""),
        ]);
        let adjacent = ["adjacent", "stem", "reversed", "apart", "prefix", "summary-newer", "summary-older"];
        let all = ["whole"].into_iter().chain(adjacent).collect::<Vec<_>>();
        for (query, expected) in [
            ("zorbat rights", all.clone()), ("Zorbat, RIGHTS", all.clone()),
            // A whole title of two words is one word of neither.
            ("zorbat righ", vec!["prefix", "stem", "reversed", "apart", "adjacent", "whole", "summary-newer", "summary-older"]),
            ("\"zorbat rights\"", vec!["whole", "adjacent", "summary-older"]),
            ("зорбат ригхтс", all.clone()),
            ("email", vec!["email", "joined"]),
        ] {
            for path in ["/v1/videos", "/v1/search"] {
                let address = format!("{path}?fields=slug&q={}", percent_encode(query));
                assert_eq!(server.slugs(&address), expected, "{query}");
                // The same on pages of two.
                let (mut found, mut next) = (Vec::new(), Some(format!("{address}&limit=2")));
                while let Some(address) = next {
                    let page = server.read(&address);
                    found.extend(slugs(&page));
                    next = page["links"]["next"].as_str().map(|next| next.strip_prefix(&server.base()).unwrap().to_owned());
                }
                assert_eq!(found, expected, "{query}, pages of two");
            }
        }
        // A long title typed exactly, of more words than are ranked.
        let long = "One two three four five six seven eight nine ten";
        server.import(&[video("long", 2010, "en", long, ""), video("longer", 2020, "en", &format!("{long} eleven"), "")]);
        assert_eq!(server.slugs(&format!("/v1/videos?q={}", percent_encode(long))), ["long", "longer"]);
    }

    fn orders_inflected_titles_and_adjacent_words(server: &TestServer) {
        let video = |slug: &str, year: u32, language: &str, title: &str| json!({"resource": "video", "slug": slug, "status": "published", "published_at": format!("{year}-01-01T00:00:00Z"), "original_language": language, "title": title});
        server.import(&[
            video("whole", 2010, "en", "Zorbats' right"),
            video("adjacent", 2011, "en", "More of zorbats right now"),
            video("apart", 2015, "en", "Zorbats and their right"),
            video("reversed", 2016, "en", "Right of zorbats"),
            video("serbian", 2012, "sr-Latn", "Nasilje nad ženama"),
            video("serbian-cyrillic", 2013, "sr-Cyrl", "Стоп: насиље над женом 2024"),
            video("serbian-apart", 2017, "sr-Latn", "Žene nad kojima je nasilje"),
            video("forum-two", 2018, "en", "Forum 2022: part two"),
            video("forum", 2014, "en", "Forums 2022"),
            video("forum-later", 2019, "en", "All forums of 2022"),
            video("one-word", 2009, "en", "Shelters"),
            video("more-words", 2020, "en", "Shelter for all"),
        ]);
        for (query, expected) in [
            // In none of the forms as typed.
            ("zorbat rights", vec!["whole", "adjacent", "reversed", "apart"]),
            ("nasilja nad ženu", vec!["serbian", "serbian-cyrillic", "serbian-apart"]),
            ("насиља над женe", vec!["serbian", "serbian-cyrillic", "serbian-apart"]),
            // Exact adjacent words follow a whole title in another form.
            ("forum 2022", vec!["forum", "forum-two", "forum-later"]),
            ("shelter", vec!["one-word", "more-words"]),
            // Quoted words have no other forms.
            ("\"zorbats\" \"right\"", vec!["whole", "adjacent", "reversed", "apart"]),
        ] {
            for path in ["/v1/videos", "/v1/search"] {
                let address = format!("{path}?fields=slug&q={}", percent_encode(query));
                assert_eq!(server.slugs(&address), expected, "{query}");
                let (mut found, mut next) = (Vec::new(), Some(format!("{address}&limit=1")));
                while let Some(address) = next {
                    let page = server.read(&address);
                    found.extend(slugs(&page));
                    next = page["links"]["next"].as_str().map(|next| next.strip_prefix(&server.base()).unwrap().to_owned());
                }
                assert_eq!(found, expected, "{query}, one by one");
            }
        }
    }

    fn ranks_best_match_first(server: &TestServer) {
        server.import(&[
            topic("in-description", "en", "Other", "Something of water"),
            topic("in-title", "en", "Water", "Something"),
            topic("not-at-all", "en", "Fire", "Flame"),
        ]);
        assert_eq!(server.slugs("/v1/topics?q=water"), ["in-title", "in-description"]);
        assert_eq!(server.slugs("/v1/topics?q=water&sort=relevance"), ["in-title", "in-description"]);
        assert_eq!(server.slugs("/v1/topics?q=water&sort=slug"), ["in-description", "in-title"]);
        let page = server.read("/v1/topics?q=water&limit=1");
        let cursor = page["page"]["next_cursor"].as_str().unwrap();
        assert_eq!(server.slugs(&format!("/v1/topics?q=water&limit=1&cursor={cursor}")), ["in-description"]);
        assert_eq!(server.read("/v1/topics?q=water&total=true")["page"]["total"], 2);
    }

    fn ranks_by_field_then_word_form_then_date(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/topics", &json!({"slug": "named", "status": "published", "name": "Harbours"}));
        // The best match is the oldest.
        let videos = [
            ("title-exact", json!({"title": "A harbours film"})),
            ("title-stem", json!({"title": "A harbour film"})),
            ("title-prefix", json!({"title": "The harboursides"})),
            ("summary-exact", json!({"title": "B", "summary": "Harbours."})),
            ("summary-prefix", json!({"title": "B", "summary": "Harboursides."})),
            ("topic-exact", json!({"title": "C", "topics": ["named"]})),
            ("description-exact", json!({"title": "D", "description": "All harbours"})),
            ("description-stem", json!({"title": "D", "description": "One harbour"})),
            ("description-prefix-newer", json!({"title": "D", "description": "Harboursides", "published_at": "2021-01-02T00:00:00Z"})),
            ("description-prefix-older", json!({"title": "D", "description": "Harboursides", "published_at": "2021-01-01T00:00:00Z"})),
        ];
        for (number, (slug, video)) in videos.iter().enumerate() {
            let mut video = video.clone();
            video["slug"] = json!(slug);
            video["status"] = json!("published");
            if video["published_at"].is_null() {
                video["published_at"] = json!(format!("2020-01-{:02}T00:00:00Z", number + 1));
            }
            server.create(&key, "/v1/videos", &video);
        }
        let best: Vec<&str> = videos.iter().map(|(slug, _)| *slug).collect();
        assert_eq!(server.slugs("/v1/videos?q=harbours"), best);
        assert_eq!(server.slugs("/v1/videos?q=harbours&limit=4&offset=3"), best[3..7]);
        assert_eq!(server.read("/v1/videos?q=harbours&total=true&limit=1")["page"]["total"], 10);
        assert_eq!(server.slugs("/v1/videos?q=harbours&topic=named"), ["topic-exact"]);
        let mut newest = best.clone();
        newest.reverse();
        newest.swap(0, 1);
        assert_eq!(server.slugs("/v1/videos?q=harbours&sort=-published_at"), newest);
        // All words must be in the fields of a rank.
        assert_eq!(server.slugs("/v1/videos?q=film+harbours"), ["title-exact", "title-stem"]);
        assert_eq!(server.slugs("/v1/videos?q=d+harbours"), best[6..]);
        assert_eq!(server.get("/v1/videos?q=harbours&sort=relevance,title").expect(400).json()["errors"][0]["code"], "conflicting");
        // A forged cursor with a rank that the query does not have.
        let cursor = server.read("/v1/videos?q=harbours&limit=3")["page"]["next_cursor"].as_str().unwrap().to_owned();
        let content = String::from_utf8(URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
        assert!(content.contains("\"k\":[\"6\","), "{content}");
        let forged = URL_SAFE_NO_PAD.encode(content.replace("\"k\":[\"6\",", "\"k\":[\"99\","));
        server.get(&format!("/v1/videos?q=harbours&limit=3&cursor={forged}")).errors(400, &[("cursor", "invalid_cursor")]);
        // Forwards and backwards, page by page.
        let mut page = server.read("/v1/videos?q=harbours&limit=3");
        let mut seen = Vec::new();
        loop {
            seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
            page = server.read(&format!("/v1/videos?q=harbours&limit=3&cursor={cursor}"));
        }
        assert_eq!(seen, best);
        while let Some(cursor) = page["page"]["prev_cursor"].as_str() {
            page = server.read(&format!("/v1/videos?q=harbours&limit=3&cursor={cursor}"));
            let slugs: Vec<&str> = page["data"].as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap()).collect();
            let at = best.iter().position(|slug| *slug == slugs[0]).unwrap();
            assert_eq!(slugs, best[at..at + slugs.len()]);
            seen.truncate(at);
        }
        assert!(seen.is_empty());
    }

    fn ranking_follows_date_changes(server: &TestServer) {
        let key = server.editor_key();
        for (slug, day) in [("one", 1), ("two", 2)] {
            let video = json!({"slug": slug, "status": "published", "title": "Harbour", "published_at": format!("2020-01-0{day}T00:00:00Z")});
            server.create(&key, "/v1/videos", &video);
        }
        assert_eq!(server.slugs("/v1/videos?q=harbour"), ["two", "one"]);
        for (date, expected) in [("2020-01-03T00:00:00Z", ["one", "two"]), ("1850-06-01T00:00:00.25Z", ["two", "one"]), ("2026-01-01T00:00:00Z", ["one", "two"])] {
            server.patch(&key, "/v1/videos/one", &json!({"published_at": date}));
            assert_eq!(server.slugs("/v1/videos?q=harbour"), expected, "{date}");
            assert_eq!(server.read("/v1/videos?q=harbour&total=true")["page"]["total"], 2, "{date}");
        }
        server.patch(&key, "/v1/videos/one", &json!({"title": "Mountain", "published_at": "1850-06-01T00:00:00.25Z"}));
        assert_eq!(server.slugs("/v1/videos?q=harbour"), ["two"]);
    }
}
