//! Captions, subtitles, descriptions, chapters and transcripts.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{TestServer, percent_encode};

const VIDEO: &str = "/v1/videos/testimonials-part-one";

/// A file with every element that a round trip preserves: header, style, region, note, identifier,
/// settings, voices, overlapping cues.
const FULL: &str = "WEBVTT Сведочења

STYLE
::cue(v[voice=\"Ана\"]) { color: lime }

REGION
id:lower
width:40%

NOTE Прва верзија

first
00:00:01.000 --> 00:00:04.000 region:lower align:start
<v Ана>Насиље није <i>приватна</i> ствар.

00:00:03.500 --> 00:00:06.250 line:0
<v Мира>Пријавите га &amp; тражите помоћ!

NOTE Између

00:00:06.250 --> 00:00:09.000
<v Мира>Нико није сам.
";

const SRT: &str = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Dhuna</i> nuk është çështje private.\r\n\r\n2\r\n00:00:02,500 --> 00:00:04,000\r\nRaportojeni & kërkoni ndihmë.\r\n";

fn put(
    server: &TestServer,
    key: &str,
    path: &str,
    media_type: &str,
    body: &str,
) -> crate::support::server::Response {
    server.request("PUT", path).key(key).header("Content-Type", media_type).body(body).send()
}

fn found(server: &TestServer, query: &str) -> Vec<String> {
    server.slug_set(&format!("/v1/videos?limit=100&q={}", percent_encode(query)))
}

on_both! {
    fn published_text_can_be_archived_and_hides_its_track(server: &TestServer) {
        let key = server.editor_key();
        server.create(&key, "/v1/videos", &json!({"slug": "film", "status": "published", "translations": {"en": {"title": "Film", "status": "published"}, "sq": {"title": "Tërhequr", "status": "published"}}}));
        server.request("PUT", "/v1/videos/film/captions/sq").key(&key).header("Content-Type", "text/vtt").body("WEBVTT\n\n00:01.000 --> 00:02.000\nPërshëndetje\n").send();
        server.get("/v1/videos/film/captions/sq.vtt").expect(200);
        for body in [json!({"translations": {"sq": {"status": "archived"}}}), json!({"translations": {"sq": {"status": "draft"}}})] {
            let patched = server.patch(&key, "/v1/videos/film?lang=all", &body);
            assert_eq!(patched["translations"]["sq"]["status"], body["translations"]["sq"]["status"]);
            assert_eq!(server.read("/v1/videos/film?lang=sq")["language"], "en");
            server.get("/v1/videos/film/captions/sq.vtt").problem(404, "not-found");
            assert_eq!(found(server, "Përshëndetje"), [""; 0]);
            server.patch(&key, "/v1/videos/film", &json!({"translations": {"sq": {"status": "published"}}}));
            server.get("/v1/videos/film/captions/sq.vtt").expect(200);
        }
    }

    demo fn track_round_trips_in_every_format(server: &TestServer) {
        let key = server.editor_key();
        let path = format!("{VIDEO}/captions/sr-Cyrl");
        let before = server.read(VIDEO);
        let stored = put(server, &key, &format!("{path}?label={}", percent_encode("Српски")), "text/vtt", FULL).expect(201);
        assert!(stored.required_header("location").ends_with("/captions/sr-Cyrl?kind=captions"));
        let track = stored.json();
        assert_eq!((&track["kind"], &track["language"], &track["cue_count"], &track["label"]), (&json!("captions"), &json!("sr-Cyrl"), &json!(3), &json!("Српски")));
        // Repeating the request changes nothing.
        let again = put(server, &key, &format!("{path}?label={}", percent_encode("Српски")), "text/vtt", FULL).expect(200);
        assert_eq!((again.json()["revision"].clone(), again.required_header("etag")), (json!(1), stored.required_header("etag")));
        assert_eq!(server.read(VIDEO)["revision"].as_i64().unwrap(), before["revision"].as_i64().unwrap() + 1);

        // With its comments, which are for editors.
        let vtt = server.request("GET", &format!("{path}.vtt")).key(&key).header("Origin", "https://partner.example").send().expect(200);
        assert_eq!(vtt.text(), FULL);
        assert_eq!(vtt.required_header("content-type"), "text/vtt; charset=utf-8");
        assert_eq!(vtt.required_header("content-language"), "sr-Cyrl");
        assert_eq!(vtt.required_header("access-control-allow-origin"), "*");
        let etag = vtt.required_header("etag").to_owned();
        server.request("GET", &format!("{path}.vtt")).key(&key).header("If-None-Match", &etag).send().expect(304);
        server.request("HEAD", &format!("{path}.vtt")).send().expect(200);

        let srt = server.get(&format!("{path}.srt")).expect(200);
        assert_eq!(srt.required_header("content-type"), "application/x-subrip; charset=utf-8");
        assert!(srt.text().starts_with("1\n00:00:01,000 --> 00:00:04,000\nАна: Насиље није <i>приватна</i> ствар.\n"), "{}", srt.text());
        let text = server.get(&format!("{path}.txt")).expect(200);
        assert_eq!(text.required_header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(text.text(), "Ана: Насиље није приватна ствар.\n\nМира: Пријавите га & тражите помоћ! Нико није сам.\n");
        let cues = server.read(&format!("{path}.json"));
        assert_eq!(cues["cues"][1], json!({"start_seconds": 3.5, "end_seconds": 6.25, "text": "Пријавите га & тражите помоћ!", "speaker": "Мира", "identifier": null, "settings": "line:0"}));
        assert_eq!(server.read(&path), cues);
    }

    demo fn track_is_transliterated(server: &TestServer) {
        let key = server.editor_key();
        put(server, &key, &format!("{VIDEO}/captions/sr-Cyrl"), "text/vtt", FULL).expect(201);
        let list = server.read(&format!("{VIDEO}/captions"));
        let offered: Vec<(String, bool)> = list["data"].as_array().unwrap().iter().map(|one| (one["language"].as_str().unwrap().to_owned(), one["transliterated"].as_bool().unwrap())).collect();
        assert_eq!(offered, [("sr-Cyrl".to_owned(), false), ("sr-Latn".to_owned(), true)]);
        let captions = server.read(VIDEO)["captions"].clone();
        let latin = captions.as_array().unwrap().iter().find(|one| one["language"] == "sr-Latn").unwrap();
        assert_eq!((&latin["stored"], &latin["transliterated"]), (&json!(true), &json!(true)));
        let url = latin["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://"));
        let vtt = server.get(url.strip_prefix(&server.base()).unwrap()).expect(200);
        assert_eq!(vtt.required_header("content-language"), "sr-Latn");
        assert!(vtt.text().contains("<v Ana>Nasilje nije <i>privatna</i> stvar."), "{}", vtt.text());
        // A stored track replaces the transliterated one.
        put(server, &key, &format!("{VIDEO}/captions/sr-Latn"), "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nRučno.\n").expect(201);
        assert!(server.get(&format!("{VIDEO}/captions/sr-Latn.vtt")).expect(200).text().contains("Ručno."));
        let transcript = server.read(&format!("{VIDEO}/transcript?lang=sr-Cyrl"));
        assert_eq!((&transcript["language"], &transcript["transliterated"]), (&json!("sr-Cyrl"), &json!(false)));
        assert_eq!(transcript["paragraphs"][0]["speaker"], "Ана");
        server.get(&format!("{VIDEO}/captions/tr.vtt")).expect(404);
        let problem = server.get(&format!("{VIDEO}/captions/sr-Latn.docx")).problem(404, "not-found");
        assert!(problem["detail"].as_str().unwrap().contains("vtt, srt, txt or json"));
    }

    demo fn accepts_subrip(server: &TestServer) {
        let key = server.editor_key();
        for (media_type, language) in [("application/x-subrip", "sq"), ("text/plain", "en"), ("application/octet-stream", "tr")] {
            put(server, &key, &format!("{VIDEO}/captions/{language}?kind=subtitles"), media_type, SRT).expect(201);
            let vtt = server.get(&format!("{VIDEO}/captions/{language}.vtt")).expect(200).text();
            assert_eq!(vtt, "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Dhuna</i> nuk është çështje private.\n\n00:00:02.500 --> 00:00:04.000\nRaportojeni &amp; kërkoni ndihmë.\n");
        }
        server.request("PUT", &format!("{VIDEO}/captions/sq")).key(&key).json(&json!({})).send().problem(415, "unsupported-media-type");
    }

    demo fn cue_text_is_searchable(server: &TestServer) {
        let key = server.editor_key();
        assert!(found(server, "\"нико није сам\"").is_empty());
        put(server, &key, &format!("{VIDEO}/captions/sr-Cyrl"), "text/vtt", FULL).expect(201);
        put(server, &key, &format!("{VIDEO}/captions/en?kind=chapters"), "text/vtt", "WEBVTT\n\n00:00.000 --> 00:05.000\nOverturemotif\n").expect(201);
        // Across cues, in the other script, by a stem, and the title of a chapter.
        for query in ["\"нико није сам\"", "niko nije sam", "\"pomoć niko\"", "пријавити", "overturemotif"] {
            assert_eq!(found(server, query), ["testimonials-part-one"], "{query}");
        }
        for (filter, there) in [("has=transcript", true), ("has=captions,chapters", true), ("caption_language=sr-Cyrl", true), ("caption_language=sr", true), ("caption_language=sr-Latn", false), ("has=!transcript", false)] {
            assert_eq!(server.slugs(&format!("/v1/videos?limit=100&{filter}")).contains(&"testimonials-part-one".to_owned()), there, "{filter}");
        }
        // It stays when the video is written, and is removed with the track.
        server.patch(&key, VIDEO, &json!({"licence": "CC-BY-4.0"}));
        assert_eq!(found(server, "niko nije sam"), ["testimonials-part-one"]);
        server.request("DELETE", &format!("{VIDEO}/captions/sr-Cyrl")).key(&key).send().expect(204);
        assert!(found(server, "\"niko nije sam\"").is_empty());
        assert!(!server.slugs("/v1/videos?has=transcript").contains(&"testimonials-part-one".to_owned()));
        server.request("DELETE", &format!("{VIDEO}/captions/sr-Cyrl")).key(&key).send().problem(404, "not-found");
    }

    demo fn round_trips_unchanged(server: &TestServer) {
        let key = server.editor_key();
        put(server, &key, &format!("{VIDEO}/captions/mk"), "text/vtt", FULL).expect(201);
        let read = server.read(&format!("{VIDEO}?lang=all"));
        let written = server.request("PUT", VIDEO).key(&key).json(&read).send().expect(200).json();
        assert_eq!(written["revision"], read["revision"]);
        assert_eq!(written["captions"], read["captions"]);
        server.get(&format!("{VIDEO}/captions/mk.vtt")).expect(200);
        // A former slug redirects, including the rest of the path.
        server.patch(&key, VIDEO, &json!({"slug": "renamed"}));
        let moved = server.get(&format!("{VIDEO}/captions/mk.vtt?kind=captions")).expect(308);
        assert!(moved.required_header("location").ends_with("/v1/videos/renamed/captions/mk.vtt?kind=captions"));
        assert_eq!(server.request("GET", "/v1/videos/renamed/captions/mk.vtt").key(&key).send().text(), FULL);
        assert!(server.read("/v1/videos/renamed")["captions"][0]["url"].as_str().unwrap().contains("/videos/renamed/captions/mk.vtt"));
        // Deleting a video hides its tracks, restoring it restores them.
        server.request("DELETE", "/v1/videos/renamed").key(&key).send().expect(204);
        server.get("/v1/videos/renamed/captions/mk.vtt").expect(410);
        server.request("POST", "/v1/videos/renamed/restore").key(&key).send().expect(200);
        assert_eq!(found(server, "\"нико није сам\""), ["renamed"]);
    }

    demo fn track_writes_require_key_and_precondition(server: &TestServer) {
        let path = format!("{VIDEO}/captions/mk");
        server.request("PUT", &path).header("Content-Type", "text/vtt").body(FULL).send().problem(401, "unauthenticated");
        let key = server.editor_key();
        let stored = put(server, &key, &path, "text/vtt", FULL).expect(201);
        let etag = stored.required_header("etag").to_owned();
        let other = "WEBVTT\n\n00:01.000 --> 00:02.000\nДруго.\n";
        server.request("PUT", &path).key(&key).header("Content-Type", "text/vtt").header("If-None-Match", "*").body(other).send().problem(412, "precondition-failed");
        server.request("PUT", &path).key(&key).header("Content-Type", "text/vtt").header("If-Match", &etag).body(other).send().expect(200);
        server.request("PUT", &path).key(&key).header("Content-Type", "text/vtt").header("If-Match", &etag).body(FULL).send().problem(412, "precondition-failed");
        server.request("DELETE", &path).key(&key).header("If-Match", &etag).send().problem(412, "precondition-failed");
        // Tracks of a draft require a key.
        server.patch(&key, VIDEO, &json!({"status": "draft"}));
        server.get(&format!("{path}.vtt")).problem(404, "not-found");
        server.request("GET", &format!("{path}.vtt")).key(&key).send().expect(200);
    }

    demo fn rejects_invalid_track_files(server: &TestServer) {
        let key = server.editor_key();
        let path = format!("{VIDEO}/captions/sq");
        let many = "00:01.000 --> 00:02.000\nx\n\n".repeat(20_001);
        for (body, expected) in [
            ("", vec![(1, "empty")]),
            ("WEBVTT\n", vec![(1, "no_cues")]),
            ("00:01.000 --> 00:02.000\nNo header.\n", vec![(1, "missing_header")]),
            ("WEBVTT\n\n00:02.000 --> 00:01.000\nBackwards\n\n1000:00:00.000 --> 1000:00:01.000\nLate\n", vec![(3, "end_before_start"), (6, "out_of_range")]),
            ("WEBVTT\n\n00:01,000 --> 00:02,000\nComma\n", vec![(3, "wrong_separator")]),
            ("WEBVTT\n\n00:05.000 --> 00:06.000\nLater\n\n00:01.000 --> 00:02.000\nEarlier\n", vec![(6, "out_of_order")]),
            (format!("WEBVTT\n\n{many}").as_str(), vec![(1, "too_many_cues")]),
        ] {
            let response = put(server, &key, &path, "text/vtt", body);
            let (status, codes): (u16, Vec<Value>) = (response.status, response.json()["errors"].as_array().cloned().unwrap_or_default().iter().map(|error| json!([error["line"], error["code"]])).collect());
            assert_eq!(status, 422, "{codes:?}");
            for (line, code) in expected {
                assert!(codes.iter().any(|found| found[1] == code && (code == "too_many_cues" || found[0] == line)), "{code} in line {line}: {codes:?}");
            }
        }
        for (bytes, code) in [
            (b"\xff\xfeW\x00E\x00B\x00".to_vec(), "missing_header"),
            ("WEBVTT\n\n00:01.000 --> 00:02.000\nDhunë është\n".bytes().chain([0xeb]).collect(), "not_utf8"),
            (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xcd\xe0\xf1\xe8\xeb\xbc\xe5\n".to_vec(), "not_utf8"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00".to_vec(), "not_text"),
        ] {
            let response = server.request("PUT", &path).key(&key).header("Content-Type", "text/vtt").body(bytes).send();
            assert_eq!((response.status, response.json()["errors"][0]["code"].as_str()), (422, Some(code)));
        }
        let large = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{}", "x\n".repeat(1_100_000));
        put(server, &key, &path, "text/vtt", &large).problem(413, "body-too-large");
        put(server, &key, &format!("{VIDEO}/captions/english"), "text/vtt", FULL).expect(400);
        put(server, &key, &format!("{path}?kind=lyrics"), "text/vtt", FULL).errors(400, &[("kind", "unknown_value")]);
        put(server, &key, "/v1/videos/no-such-video/captions/sq", "text/vtt", FULL).problem(404, "not-found");
        server.get(&format!("{path}.vtt")).problem(404, "not-found");
        server.get(&format!("{VIDEO}/transcript")).problem(404, "not-found");
        assert_eq!(server.read(&format!("{VIDEO}/captions"))["data"], json!([]));
    }

    fn tracks_follow_the_status_of_their_language(server: &TestServer) {
        let key = server.editor_key();
        let text = |status: &str, title: &str| json!({"status": status, "title": title});
        let translations = json!({"en": text("published", "Open"), "sq": text("draft", "I hapur"), "sr-Latn": text("draft", "Otvoreno")});
        server.create(&key, "/v1/videos", &json!({"slug": "open", "status": "published", "original_language": "en", "translations": translations}));
        let put = |language: &str, word: &str| {
            let track = format!("WEBVTT\n\nNOTE remark before\n\n00:01.000 --> 00:02.000\n{word}\n\nNOTE remark between\n\n00:03.000 --> 00:04.000\nMore\n\nNOTE remark after\n");
            let request = server.request("PUT", &format!("/v1/videos/open/captions/{language}")).key(&key);
            request.header("Content-Type", "text/vtt").body(track).send().expect(201);
        };
        for (language, word) in [("en", "Englissimo"), ("sq", "Shqipissimo"), ("sr-Cyrl", "Српскисимо"), ("tr", "Turkissimo")] {
            put(language, word);
        }
        let hidden = ["Shqipissimo", "Српскисимо", "Srpskisimo"];
        let public_reads = [
            "/v1/videos/open", "/v1/videos?facets=caption_language", "/v1/videos?q=open&highlights=true", "/v1/videos/open/captions",
            "/v1/videos/open/transcript?lang=sq", "/v1/videos/open/transcript?lang=sr", "/v1/videos?q=shqipissimo&highlights=true",
            "/v1/videos?q=srpskisimo", "/v1/search?q=shqipissimo&highlights=true", "/v1/transcript-search?q=shqipissimo",
            "/v1/transcript-search?q=more", "/embed/videos/open", "/v1/videos.csv", "/v1/videos?caption_language=sq",
        ];
        for path in public_reads {
            let body = server.get(path).text();
            assert!(!hidden.iter().any(|word| body.contains(word)), "{path}: {body}");
            assert!(!body.contains("captions/sq") && !body.contains("captions/sr"), "{path}: {body}");
        }
        for language in ["sq", "sr-Cyrl", "sr-Latn"] {
            server.get(&format!("/v1/videos/open/captions/{language}.vtt")).problem(404, "not-found");
            let seen = server.request("GET", &format!("/v1/videos/open/captions/{language}.vtt")).key(&key).send();
            assert!(seen.expect(200).text().contains("NOTE remark"));
        }
        assert_eq!(server.slugs("/v1/videos?caption_language=sq"), Vec::<String>::new());
        assert_eq!(server.slugs("/v1/videos?caption_language=tr"), ["open"], "there is no text in Turkish");
        let facets = server.read("/v1/videos?facets=caption_language");
        let values: Vec<&str> = facets["facets"]["caption_language"].as_array().expect("values").iter().filter_map(|facet| facet["value"].as_str()).collect();
        assert_eq!(values, ["en", "tr"]);
        // Comments are for editors.
        for extension in ["vtt", "srt", "txt", "json"] {
            let body = server.get(&format!("/v1/videos/open/captions/en.{extension}")).expect(200).text();
            assert!(body.contains("Englissimo") && !body.contains("remark"), "{body}");
        }
        // Removing the draft would publish its captions.
        let remove = json!({"translations": {"sq": null}});
        let request = || server.request("PATCH", "/v1/videos/open").key(&key).json(&remove).send();
        request().errors(422, &[("/translations/sq", "has_tracks")]);
        let put = json!({"status": "published", "original_language": "en", "translations": {"en": text("published", "Open")}});
        let replaced = server.request("PUT", "/v1/videos/open").key(&key).json(&put).send();
        replaced.errors(422, &[("/translations/sq", "has_tracks"), ("/translations/sr-Cyrl", "has_tracks")]);
        server.get("/v1/videos/open/captions/sq.vtt").problem(404, "not-found");
        // Published with its language.
        server.patch(&key, "/v1/videos/open", &json!({"translations": {"sq": {"status": "published"}}}));
        assert!(server.get("/v1/videos/open/captions/sq.vtt").expect(200).text().contains("Shqipissimo"));
        assert_eq!(server.slugs("/v1/videos?caption_language=sq"), ["open"]);
        assert_eq!(server.slugs("/v1/videos?q=shqipissimo"), ["open"]);
        server.get("/v1/videos/open/captions/sr-Cyrl.vtt").problem(404, "not-found");
        // A text without captions that it hides can be removed.
        server.request("DELETE", "/v1/videos/open/captions/sr-Cyrl").key(&key).send().expect(204);
        server.patch(&key, "/v1/videos/open", &json!({"translations": {"sr-Latn": null}}));
    }
}
