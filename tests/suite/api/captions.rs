//! What is read from caption files: speech without doubles, speakers, character references.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;
use crate::support::server::Response;

const TRACK: &str = "/v1/videos/film/captions";

/// Captions of speech recognition as `YouTube` writes them: each line rolls up.
const ROLLING: &str = "WEBVTT
Kind: captions
Language: en

00:00:00.120 --> 00:00:02.310 align:start position:0%
 
tonight<00:00:00.480><c> we</c><00:00:00.900><c> will</c><00:00:01.400><c> talk</c>

00:00:02.310 --> 00:00:02.320 align:start position:0%
tonight we will talk
 

00:00:02.320 --> 00:00:04.750 align:start position:0%
tonight we will talk
about<00:00:02.800><c> violence</c><00:00:03.500><c> at</c><00:00:04.000><c> home</c>

00:00:04.750 --> 00:00:04.760 align:start position:0%
about violence at home
 

00:00:04.760 --> 00:00:07.000 align:start position:0%
about violence at home
and<00:00:05.200><c> what</c><00:00:05.900><c> works</c>
";

fn create_video(server: &TestServer) -> String {
    let key = server.editor_key();
    server.create(
        &key,
        "/v1/videos",
        &json!({"slug": "film", "status": "published", "original_language": "en", "title": "Film"}),
    );
    key
}

fn put(server: &TestServer, key: &str, file: &str, body: impl Into<Vec<u8>>) -> Response {
    let request = server.request("PUT", &format!("{TRACK}/{file}")).key(key);
    request.header("Content-Type", "text/plain").body(body.into()).send()
}

/// A WebVTT file whose cues take a second each, without gaps.
fn webvtt(cues: &[&str]) -> String {
    let cue =
        |(text, at): (&&str, u32)| format!("\n00:{at:02}.000 --> 00:{:02}.000\n{text}\n", at + 1);
    let cues: Vec<String> = cues.iter().zip(0..).map(cue).collect();
    format!("WEBVTT\n{}", cues.concat())
}

fn text(server: &TestServer, file: &str) -> String {
    server.get(&format!("{TRACK}/{file}")).expect(200).text()
}

on_both! {
    fn transcripts_lose_no_speech(server: &TestServer) {
        let key = create_video(server);
        for (cues, transcript) in [
            (["Nasilje nije ljubav."; 3].as_slice(), "Nasilje nije ljubav. Nasilje nije ljubav. Nasilje nije ljubav.\n"),
            (&["No.", "No."], "No. No.\n"),
            (&["- Da?\n- Da.", "- Da.\n- Ne."], "Da?\n\nDa.\n\nDa.\n\nNe.\n"),
        ] {
            put(server, &key, "en", webvtt(cues));
            assert_eq!(text(server, "en.txt"), transcript);
            let spoken: Vec<Value> = server.read("/v1/videos/film/transcript?lang=en")["paragraphs"].as_array().unwrap().iter().map(|one| one["text"].clone()).collect();
            assert_eq!(spoken, transcript.trim_end().split("\n\n").collect::<Vec<_>>());
            assert_eq!(server.read(&format!("{TRACK}/en"))["cues"].as_array().unwrap().len(), cues.len());
        }
    }

    fn rolling_captions_have_no_doubles(server: &TestServer) {
        let key = create_video(server);
        put(server, &key, "en", ROLLING).expect(201);
        assert_eq!(text(server, "en.vtt"), ROLLING, "the file itself is unchanged");
        assert_eq!(text(server, "en.txt"), "tonight we will talk about violence at home and what works\n");
        assert_eq!(text(server, "en.srt"), "1\n00:00:00,120 --> 00:00:02,320\ntonight we will talk\n\n2\n00:00:02,320 --> 00:00:04,760\nabout violence at home\n\n3\n00:00:04,760 --> 00:00:07,000\nand what works\n");
        let cues = server.read(&format!("{TRACK}/en"));
        let found: Vec<Value> = cues["cues"].as_array().unwrap().iter().map(|cue| json!([cue["start_seconds"], cue["end_seconds"], cue["text"]])).collect();
        assert_eq!(found, [json!([0.12, 2.32, "tonight we will talk"]), json!([2.32, 4.76, "about violence at home"]), json!([4.76, 7.0, "and what works"])]);
        let hits = server.read("/v1/transcript-search?q=violence");
        let [hit] = hits["data"].as_array().unwrap().as_slice() else { panic!("one hit: {hits}") };
        assert_eq!((&hit["start_seconds"], &hit["end_seconds"], &hit["text"]), (&json!(2.32), &json!(4.76), &json!("about <mark>violence</mark> at home")));
        assert_eq!((&hit["before"]["text"], &hit["after"]["text"]), (&json!("tonight we will talk"), &json!("and what works")));
        // Words of two lines are one passage, each line once.
        let hits = server.read("/v1/transcript-search?q=%22talk+about+violence%22");
        assert_eq!(hits["data"][0]["text"], "tonight we will <mark>talk about violence</mark> at home");
        let highlights = server.read("/v1/videos?q=violence&highlights=true");
        assert_eq!(highlights["data"][0]["highlights"][0]["cues"].as_array().unwrap().len(), 1);
    }

    fn speakers_are_recognized_by_common_conventions(server: &TestServer) {
        let key = create_video(server);
        put(server, &key, "sr-Latn", webvtt(&["Ana Marković: Dobar dan svima.", "Besa Krasniqi: Mirëdita.", "Ana Marković: Kako ste?"])).expect(201);
        assert_eq!(text(server, "sr-Latn.txt"), "Ana Marković: Dobar dan svima.\n\nBesa Krasniqi: Mirëdita.\n\nAna Marković: Kako ste?\n");
        let cues = server.read(&format!("{TRACK}/sr-Latn"));
        assert_eq!((&cues["cues"][1]["speaker"], &cues["cues"][1]["text"]), (&json!("Besa Krasniqi"), &json!("Mirëdita.")));
        assert_eq!(server.read("/v1/videos/film/transcript?lang=sr-Latn")["paragraphs"][2]["speaker"], "Ana Marković");
        // Also after its own SRT comes back.
        put(server, &key, "en", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Good evening.\n\n00:02.000 --> 00:03.000\n<v Mira>Hello.\n").expect(201);
        let (before, srt) = (text(server, "en.txt"), text(server, "en.srt"));
        put(server, &key, "en", srt).expect(200);
        assert_eq!(text(server, "en.txt"), before);
        put(server, &key, "en", webvtt(&["&gt;&gt; JELENA: Good evening.", "Welcome.", "&gt;&gt; Thanks."])).expect(200);
        assert_eq!(text(server, "en.txt"), "JELENA: Good evening. Welcome.\n\nThanks.\n");
        put(server, &key, "en", webvtt(&["Note: this is a recording.", "It is old."])).expect(200);
        assert_eq!(text(server, "en.txt"), "Note: this is a recording. It is old.\n");
    }

    fn character_references_are_decoded(server: &TestServer) {
        let key = create_video(server);
        let file = webvtt(&["caf&eacute; &scaron;uma &hellip;", "Prvi<br>drugi"]);
        put(server, &key, "en", file.clone()).expect(201);
        assert_eq!(text(server, "en.vtt"), file.replace("00:0", "00:00:0"), "the file itself is unchanged");
        assert_eq!(text(server, "en.txt"), "café šuma … Prvi drugi\n");
        assert!(text(server, "en.srt").contains("café šuma …\n") && text(server, "en.srt").contains("Prvi\ndrugi\n"));
        assert_eq!(server.read(&format!("{TRACK}/en"))["cues"][0]["text"], "café šuma …");
        for (query, found) in [("caf%C3%A9", 1), ("%C5%A1uma", 1), ("drugi", 1), ("eacute", 0), ("Prvidrugi", 0)] {
            assert_eq!(server.read(&format!("/v1/videos?q={query}&total=true"))["page"]["total"], found, "{query}");
        }
        // SRT has none, but files have them.
        put(server, &key, "en", "1\n00:00:01,000 --> 00:00:02,000\nR&B &amp; caf&eacute;<br>a&nbsp;b 1 < 2\n").expect(200);
        assert!(text(server, "en.vtt").ends_with("R&amp;B &amp; caf&eacute;\na&nbsp;b 1 &lt; 2\n"));
        assert_eq!(text(server, "en.srt"), "1\n00:00:01,000 --> 00:00:02,000\nR&B & café\na\u{A0}b 1 < 2\n");
    }

    fn spans_in_another_language_are_not_transliterated(server: &TestServer) {
        let key = create_video(server);
        put(server, &key, "sr-Latn", webvtt(&["<v Ana>Film <lang en>Women in politics</lang> i <lang sr-Latn>žene</lang>", "&scaron;uma"])).expect(201);
        let cyrillic = text(server, "sr-Cyrl.vtt");
        assert!(cyrillic.contains("<v Ана>Филм <lang en>Women in politics</lang> и <lang sr-Latn>жене</lang>"), "{cyrillic}");
        assert!(cyrillic.contains("шума"), "{cyrillic}");
    }
}
