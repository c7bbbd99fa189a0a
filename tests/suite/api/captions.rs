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

/// Line and code of the repairs in a response.
fn repairs(stored: &Value) -> Vec<(u64, String)> {
    let repair = |repair: &Value| {
        (repair["line"].as_u64().unwrap(), repair["code"].as_str().unwrap().to_owned())
    };
    stored["repairs"].as_array().unwrap().iter().map(repair).collect()
}

/// Bytes of a text in an encoding.
fn encoded(label: &str, text: &str) -> Vec<u8> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    encoding.encode(text).0.into_owned()
}

on_both! {
    fn repairs_files_on_request(server: &TestServer) {
        let key = create_video(server);
        let file = "WEBVTT\n\n00:05.000 --> 00:06.000\nLater\n\n00:01.000 --> 00:02.000\nEarlier 5 < 6\n\nLost\n\n99:59:59.999 --> 99:59:59.999\nNever\n";
        put(server, &key, "en", file).errors(422, &[("6", "out_of_order"), ("6", "unclosed_tag"), ("9", "missing_timing"), ("11", "end_before_start")]);
        put(server, &key, "en?repair=false", file).expect(422);
        server.get(&format!("{TRACK}/en.vtt")).expect(404);
        let stored = put(server, &key, "en?repair=true", file).expect(201).json();
        let expected = [(6, "unclosed_tag"), (6, "out_of_order"), (9, "missing_timing"), (11, "end_before_start")];
        assert_eq!(repairs(&stored), expected.map(|(line, code)| (line, code.to_owned())));
        assert!(stored["repairs"][0]["detail"].as_str().unwrap().contains("&lt;"));
        assert_eq!((&stored["format"], &stored["encoding"], &stored["cue_count"]), (&json!("webvtt"), &json!("UTF-8"), &json!(2)));
        let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nEarlier 5 &lt; 6\n\n00:00:05.000 --> 00:00:06.000\nLater\n";
        assert_eq!(text(server, "en.vtt"), expected);
        // What was stored is valid.
        let again = put(server, &key, "en", expected).expect(200).json();
        assert_eq!((&again["revision"], repairs(&again)), (&stored["revision"], Vec::new()));
        let srt = "1\n00:00:01,5 --> 00:00:02,000\nFirst\n\nstill first\n2\n00:00:02,000 --> 00:00:01,000\nBackwards\n";
        let stored = put(server, &key, "sq?repair=true", srt).expect(201).json();
        assert_eq!(repairs(&stored), [(2, "invalid_time"), (5, "missing_timing"), (7, "missing_blank_line"), (7, "end_before_start")].map(|(line, code)| (line, code.to_owned())));
        assert_eq!(text(server, "sq.srt"), "1\n00:00:01,500 --> 00:00:02,000\nFirst\nstill first\n");
        for (file, code) in [("", "empty"), ("WEBVTT\n\nNo cue\n", "no_cues"), ("A letter.", "unknown_format")] {
            assert_eq!(put(server, &key, "tr?repair=true", file).expect(422).json()["errors"][0]["code"], code);
        }
        put(server, &key, "tr?repair=perhaps", srt).expect(400);
    }

    fn converts_other_formats(server: &TestServer) {
        let key = create_video(server);
        let ass = "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:02.00,0:00:03.00,D,Ana,0,0,0,,{\\i1}Da{\\i0}\\Nne\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,Prvo\nDialogue: 0,0:00:0x.00,0:00:02.00,D,,0,0,0,,Lost\n";
        let ttml = "<tt xmlns=\"http://www.w3.org/ns/ttml\"><body><div><p begin=\"1s\" end=\"2.5s\">Da<br/>ne &amp; da</p></div></body></tt>";
        let sbv = "0:00:01.000,0:00:02.000\n>> ANA: Da\nne\n";
        for (file, format, media_type, expected, lines) in [
            (ass, "ass", "text/x-ssa", "00:00:01.000 --> 00:00:02.000\nPrvo\n\n00:00:02.000 --> 00:00:03.000\n<v Ana><i>Da\n</i>ne\n", vec![(7, "invalid_time".to_owned())]),
            (ttml, "ttml", "application/ttml+xml", "00:00:01.000 --> 00:00:02.500\nDa\nne &amp; da\n", Vec::new()),
            (sbv, "sbv", "text/plain", "00:00:01.000 --> 00:00:02.000\n&gt;&gt; ANA: Da\nne\n", Vec::new()),
        ] {
            for media_type in [media_type, "text/plain"] {
                let request = server.request("PUT", &format!("{TRACK}/en")).key(&key);
                let stored = request.header("Content-Type", media_type).body(file).send().json();
                assert_eq!((stored["format"].as_str(), repairs(&stored)), (Some(format), lines.clone()));
                assert_eq!(text(server, "en.vtt"), format!("WEBVTT\n\n{expected}"));
            }
            let sent_as_srt = server.request("PUT", &format!("{TRACK}/en")).key(&key).header("Content-Type", "application/x-subrip");
            sent_as_srt.body(file).send().errors(422, &[("1", "wrong_format")]);
        }
        for (file, name) in [("{0}{25}Zdravo", "MicroDVD"), ("[00:12.00]Zdravo", "LRC"), ("{\"events\": []}", "JSON"), ("<SAMI>", "SAMI"), ("[12][34]Zdravo", "MPL2"), ("00:00:01:Zdravo", "TMPlayer"), ("00:00:01.00,00:00:02.00\nZdravo", "SubViewer 2.0")] {
            let problem = put(server, &key, "en", file).errors(422, &[("1", "unsupported_format")]);
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(name), "{problem}");
        }
        for (file, name) in [(b"437STL25.01\0".as_slice(), "EBU STL"), (b"PK\x03\x04\0", "ZIP"), (b"\0\0\0\x18ftypmp42", "a video")] {
            for query in ["", "?repair=true"] {
                let problem = put(server, &key, &format!("en{query}"), file).errors(422, &[("1", "unsupported_format")]);
                assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(name), "{problem}");
            }
        }
        let timed = "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" ttp:frameRate=\"25\"><body><div timeContainer=\"seq\">\
            <p dur=\"50t\"><span begin=\"0s\" end=\"1s\">Da</span> <span begin=\"1s\">ne</span></p><p dur=\"1s\">Možda</p></div></body></tt>";
        put(server, &key, "en", timed).expect(200);
        assert_eq!(text(server, "en.srt"), "1\n00:00:00,000 --> 00:00:01,000\nDa\n\n2\n00:00:01,000 --> 00:00:02,000\nne\n\n3\n00:00:02,000 --> 00:00:03,000\nMožda\n");
        put(server, &key, "en", "<tt>\n<p></tt>").errors(422, &[("2", "invalid_xml")]);
        put(server, &key, "en", "[Events]\nFormat: Start, End, Text\n").errors(422, &[("1", "no_cues")]);
    }

    fn encoding_follows_from_mark_charset_and_language(server: &TestServer) {
        let key = create_video(server);
        let track = |text: &str| format!("1\r\n00:00:01,000 --> 00:00:02,000\r\n{text}\r\n");
        for (language, encoding, words) in [
            ("tr", "windows-1254", "Şiddete hayır, kadın hakları"),
            ("mk", "windows-1251", "Ниедна жена не е сама"),
            ("sr-Cyrl", "windows-1251", "Насиље није љубав"),
            ("sr-Latn", "windows-1250", "Nasilje nije ljubav, ženo"),
            ("sq", "windows-1252", "Dhuna nuk është çështje private"),
            ("en", "UTF-16LE", "Nobody is alone"),
        ] {
            let bytes = if encoding == "UTF-16LE" { format!("\u{FEFF}{}", track(words)).encode_utf16().flat_map(u16::to_le_bytes).collect() } else { encoded(encoding, &track(words)) };
            let stored = put(server, &key, language, bytes).expect(201).json();
            assert_eq!((&stored["encoding"], &stored["repairs"]), (&json!(encoding), &json!([])), "{language}");
            assert_eq!(text(server, &format!("{language}.txt")), format!("{words}\n"));
        }
        let send = |charset: &str, bytes: Vec<u8>| {
            let request = server.request("PUT", &format!("{TRACK}/en")).key(&key);
            request.header("Content-Type", &format!("application/x-subrip; charset={charset}")).body(bytes).send()
        };
        let stored = send("\"Windows-1250\"", encoded("windows-1250", &track("Žene"))).expect(200).json();
        assert_eq!((&stored["encoding"], &stored["format"]), (&json!("windows-1250"), &json!("srt")));
        assert_eq!(text(server, "en.txt"), "Žene\n");
        send("klingon", track("A").into_bytes()).problem(415, "unsupported-media-type");
        send("utf-8", encoded("windows-1250", &track("Žene"))).errors(422, &[("3", "not_utf8")]);
        // Text of another alphabet is not stored as nonsense.
        put(server, &key, "sr-Latn", encoded("windows-1251", &track("Насиље није љубав"))).errors(422, &[("3", "not_utf8")]);
        // A damaged file is not taken for another encoding.
        let damaged = [track("Žene i đaci").as_bytes(), b"\xFF\r\n"].concat();
        put(server, &key, "sr-Latn", damaged.clone()).errors(422, &[("4", "not_utf8")]);
        let stored = put(server, &key, "sr-Latn?repair=true", damaged).expect(200).json();
        assert_eq!((repairs(&stored), &stored["encoding"]), (vec![(4, "invalid_bytes".to_owned())], &json!("UTF-8")));
    }

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
        let song = ["Ana: Zdravo.", "♪ La la la", "la la ♪", "Ana: Napomena: sutra."];
        put(server, &key, "en", webvtt(&[&song[..], &["Napomena: snimak.", "NAPOMENA: kraj."]].concat())).expect(200);
        assert_eq!(text(server, "en.txt"), "Ana: Zdravo.\n\n♪ La la la la la ♪\n\nAna: Napomena: sutra. Napomena: snimak. NAPOMENA: kraj.\n");
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

    fn srt_keeps_colors_and_text_that_looks_like_markup(server: &TestServer) {
        let key = create_video(server);
        let srt = "1\n00:00:01,000 --> 00:00:02,000\n<font color=\"#ff8800\">Ana</font> <font color=\"yellow\">da</font>\n\n2\n100:00:00,000 --> 100:00:01,000\n&lt;b> & &lt;br>\n";
        put(server, &key, "en", srt).expect(201);
        let vtt = text(server, "en.vtt");
        assert_eq!(vtt, "WEBVTT\n\nSTYLE\n::cue(.color-ff8800) { color: #ff8800 }\n\n00:00:01.000 --> 00:00:02.000\n<c.color-ff8800>Ana</c> <c.yellow>da</c>\n\n100:00:00.000 --> 100:00:01.000\n&lt;b&gt; &amp; &lt;br&gt;\n");
        assert_eq!(text(server, "en.srt"), srt);
        assert_eq!(text(server, "en.txt"), "Ana da\n\n<b> & <br>\n");
        // Either form comes back.
        put(server, &key, "en", vtt).expect(200);
        assert_eq!(text(server, "en.srt"), srt);
    }

    fn tracks_have_the_script_of_their_address(server: &TestServer) {
        let key = create_video(server);
        for language in ["bs", "cnr", "mk"] {
            put(server, &key, language, webvtt(&[if language == "mk" { "жена" } else { "žena" }])).expect(201);
        }
        for (language, words) in [("cnr", "žena"), ("cnr-Latn", "žena"), ("cnr-Cyrl", "жена"), ("bs", "žena"), ("bs-Latn", "žena"), ("mk-Cyrl", "жена")] {
            assert_eq!(text(server, &format!("{language}.txt")), format!("{words}\n"), "{language}");
        }
        let response = server.get(&format!("{TRACK}/cnr-Cyrl"));
        assert_eq!((response.required_header("content-language"), &response.json()["transliterated"]), ("cnr-Cyrl", &json!(true)));
        for language in ["bs-Cyrl", "mk-Latn", "sr-Cyrl"] {
            server.get(&format!("{TRACK}/{language}.txt")).problem(404, "not-found");
        }
    }

    fn a_language_has_a_track_of_each_kind(server: &TestServer) {
        let key = create_video(server);
        for kind in ["subtitles", "captions", "descriptions", "chapters"] {
            put(server, &key, &format!("en?kind={kind}"), webvtt(&[&format!("Text of {kind}")])).expect(201);
        }
        let list = server.read(TRACK);
        let kinds: Vec<&str> = list["data"].as_array().unwrap().iter().map(|track| track["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["captions", "subtitles", "descriptions", "chapters"]);
        for kind in &kinds {
            assert_eq!(text(server, &format!("en.txt?kind={kind}")), format!("Text of {kind}\n"));
        }
        // Without a kind, and in the transcript, captions precede subtitles.
        assert_eq!(text(server, "en.txt"), "Text of captions\n");
        server.request("DELETE", &format!("{TRACK}/en?kind=captions")).key(&key).send().expect(204);
        assert_eq!(server.read("/v1/videos/film/transcript?lang=en")["paragraphs"][0]["text"], "Text of subtitles");
    }

    fn foreign_words_of_captions_are_not_transliterated(server: &TestServer) {
        let key = create_video(server);
        put(server, &key, "sr-Latn", webvtt(&["Imam iPhone, feedback i e-mail.", "Na 20 °C, Petar I i član V."])).expect(201);
        assert_eq!(text(server, "sr-Cyrl.txt"), "Имам iPhone, feedback и e-mail. На 20 °C, Петар I и члан V.\n");
    }

    fn spans_in_another_language_are_not_transliterated(server: &TestServer) {
        let key = create_video(server);
        put(server, &key, "sr-Latn", webvtt(&["<v Ana>Film <lang en>Women in politics</lang> i <lang sr-Latn>žene</lang>", "&scaron;uma"])).expect(201);
        let cyrillic = text(server, "sr-Cyrl.vtt");
        assert!(cyrillic.contains("<v Ана>Филм <lang en>Women in politics</lang> и <lang sr-Latn>жене</lang>"), "{cyrillic}");
        assert!(cyrillic.contains("шума"), "{cyrillic}");
    }
}
