//! Repaired WebVTT has the cues that a browser has: files with errors are compared before and after
//! in Chromium. On `SQLite` only; what is stored is compared on both databases elsewhere.

use serde_json::{Value, json};

use crate::support::chromium::Browser;
use crate::support::{Content, TestServer, percent_encode};

/// Files that strict parsing rejects and of which a browser displays cues.
const FILES: &[&str] = &[
    // Blocks and lines.
    "WEBVTT\n00:01.000 --> 00:02.000\nNo blank line after the signature",
    "WEBVTT\nKind: captions\n00:01.000 --> 00:02.000\nNor after the header\n",
    "WEBVTT\n\n1\n00:01.000 --> 00:02.000\nOne\n2\n00:02.000 --> 00:03.000\nTwo\n\n\n\n3\n",
    "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\rOne\r\n\rLost\n\n00:03.000 --> 00:04.000\nTwo",
    "WEBVTT\n\nNOTE a\n00:01.000 --> 00:02.000\nNot a note\n\nNOTE\n\nNOTE b\nc\n\n00:03.000 --> 00:04.000\nD",
    "WEBVTT\n\na\nb\n00:01.000 --> 00:02.000\nTwo lines above\n\na --> b\n00:02.000 --> 00:03.000\nA --> line",
    "WEBVTT\n\n00:01.000 --> 00:02.000\nA --> B\n00:02.000 --> 00:03.000\nC",
    "WEBVTT\n\n00:01.000 --> 00:02.000\nA\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\n00:02.000 --> 00:03.000\nB",
    "WEBVTT\n\nSTYLE\n00:01.000 --> 00:02.000\nNot a style\n\nREGION \n00:02.000 --> 00:03.000\nNot a region",
    "WEBVTT\n\nSTYLE\n::cue { color: red }\n00:01.000 --> 00:02.000\nAfter a style",
    "WEBVTT\na\nb\n00:01.000 --> 00:02.000\nTwo lines in the header",
    // Times.
    "WEBVTT\n\n0:00:01.000 --> 000:00:02.000\nDigits of hours\n\n00:1.000 --> 00:02.000\nNo\n\n00:01,000 --> 00:02,000\nNo",
    "WEBVTT\n\n00:05.000 --> 00:06.000\nC\n\n00:01.000 --> 00:02.000\nA\n\n00:01.000 --> 00:04.000\nB",
    "WEBVTT\n\n00:60.000 --> 00:61.000\nNo\n\n60:00.000 --> 61:00.000\nNo\n\n59:59.999 --> 60:00:00.000\nYes\n\n-00:01.000 --> 00:02.000\nNo",
    "WEBVTT\n\n00:01.000-->00:02.000line:0\nNo space\n\n\t00:02.000 \t--> \t00:03.000\talign:start\nTabs\n\n\u{c}00:03.000\u{c}-->\u{c}00:04.000\nForm feeds\n\n\u{b}00:04.000 --> 00:05.000\nNo",
    "WEBVTT\n\n00:01.000 --> 00:02.000 --> 00:03.000\nTwo arrows\n\n00:01.0000 --> 00:02.000\nNo\n\n00:01.000 -> 00:02.000\nNo",
    // Settings.
    "WEBVTT\n\n00:01.000 --> 00:02.000 line: align:start\nA\n\n00:02.000 --> 00:03.000 line:10% :x text size:50%,a\nB\n\n00:03.000 --> 00:04.000 position:10% a:--> vertical:rl\nC",
    "WEBVTT\n\n00:01.000 --> 00:02.000 line:5 line:7 align:end align:middle size:120% size:20% position:30%,center text\nA",
    // Text.
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Da <b>ne</b\n\n00:02.000 --> 00:03.000\nA <i\n\n00:03.000 --> 00:04.000\nB <00:03.500",
    "WEBVTT\n\na\0b\n00:01.000 --> 00:02.000\nc\0d\n",
    "WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:02.000 --> 00:03.000 text\n \n\t\nText",
];

/// Files that strict parsing accepts, with identifiers and settings at the limits of the standard or
/// beyond: browsers ignore settings that they do not know.
const UNUSUAL_FILES: &[&str] = &[
    "WEBVTT - a title\n\n a \n00:01.000 --> 00:02.000\nA\n\n-- >\n00:02.000 --> 00:03.000\nB\n\n \n00:03.000 --> 00:04.000\nC",
    "WEBVTT\n\n   00:01.000    -->  00:02.000 \n   Spaces\n\n\t00:02.000\t-->\t\t00:03.000\t\nTabs\n\n00:03.000-->00:04.000\nNone",
    "WEBVTT\n\n00:01.000 --> 00:02.000 line:-1\nA\n\n00:02.000 --> 00:03.000 line:1.5\nB\n\n00:03.000 --> 00:04.000 line:.5\nC\n\n00:04.000 --> 00:05.000 line:5.\nD\n\n00:05.000 --> 00:06.000 line:-0%\nE\n\n00:06.000 --> 00:07.000 line:99999999999999999999\nF",
    "WEBVTT\n\n00:01.000 --> 00:02.000 line:100%,start\nA\n\n00:02.000 --> 00:03.000 line:100%,middle\nB\n\n00:03.000 --> 00:04.000 line:101%\nC\n\n00:04.000 --> 00:05.000 line:0%x line:%1\nD",
    "WEBVTT\n\n00:01.000 --> 00:02.000 position:1.5%,line-left\nA\n\n00:02.000 --> 00:03.000 position:1%,middle\nB\n\n00:03.000 --> 00:04.000 position:1% position:x\nC\n\n00:04.000 --> 00:05.000 position:101%,center size:50.5%\nD",
    "WEBVTT\n\n00:01.000 --> 00:02.000 align:start line:1% vertical:lr size:50% position:25%\nA\n\n00:02.000 --> 00:03.000 vertical:LR align:Start size:0%\nB",
    "WEBVTT\n\nREGION\nid:a\n\nREGION\nwidth:10%\n\n00:01.000 --> 00:02.000 region:a\nA\n\n00:02.000 --> 00:03.000 region:b region:a\nB",
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<b.x.y>A</b> <i>B</c> <v.loud Ana Anić>C</v> <lang en>D</lang> <ruby>E<rt>F</ruby>\n\n00:02.000 --> 00:03.000\n&amp; &lt; &nbsp; &lrm; &bogus; &amp <00:02.500>G <x>H</x>",
    "WEBVTT\n\n99:59:59.999 --> 100:00:01.000\nHours\n\n123:00:00.000 --> 999:59:59.999\nMore hours",
];

/// The cues of a file in a page, except those that are never displayed. Identifiers that begin other
/// blocks are not compared: a valid file cannot have them.
const LOAD_CUES: &str = "((source) => new Promise((resolve) => {
    const track = document.createElement('track');
    const video = document.createElement('video');
    const tree = (cue) => { const node = document.createElement('p'); node.append(cue.getCueAsHTML()); return node.innerHTML; };
    track.onload = () => resolve([...track.track.cues].filter((cue) => cue.endTime > cue.startTime).map((cue) => [
        cue.id.replace(/^(NOTE|STYLE|REGION)( .*)?$/, ''), cue.startTime, cue.endTime, tree(cue), cue.vertical, cue.line, cue.snapToLines, cue.position, cue.size, cue.align]));
    track.onerror = () => resolve('error');
    video.append(track);
    document.body.append(video);
    track.track.mode = 'hidden';
    track.src = 'data:text/vtt,' + source;
}))";

#[test]
fn repaired_webvtt_has_the_cues_of_the_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let server = TestServer::sqlite(Content::Empty, |_| {});
    let key = server.editor_key();
    server.create(
        &key,
        "/v1/videos",
        &json!({"slug": "film", "status": "published", "title": "Film"}),
    );
    let mut cues = |file: &str| browser.eval(&format!("{LOAD_CUES}('{}')", percent_encode(file)));
    let path = "/v1/videos/film/captions/en";
    for file in UNUSUAL_FILES {
        let request = server.request("PUT", path).key(&key).header("Content-Type", "text/vtt");
        let response = request.body(*file).send();
        assert!(matches!(response.status, 200 | 201), "{file:?}: {}", response.text());
        let stored = server.request("GET", &format!("{path}.vtt")).key(&key).send().expect(200);
        let before = cues(file);
        assert!(before.as_array().is_some_and(|cues| !cues.is_empty()), "{file:?}: {before}");
        assert_eq!(cues(&stored.text()), before, "{file:?} became {:?}", stored.text());
    }
    for file in FILES {
        let put = |query: &str| {
            let request = server.request("PUT", &format!("{path}{query}")).key(&key);
            request.header("Content-Type", "text/vtt").body(*file).send()
        };
        put("").expect(422);
        let response = put("?repair=true");
        assert!(matches!(response.status, 200 | 201), "{file:?}: {}", response.text());
        assert_ne!(response.json()["repairs"], json!([]), "{file:?}");
        let stored =
            server.request("GET", &format!("{path}.vtt")).key(&key).send().expect(200).text();
        let before = cues(file);
        assert!(before.as_array().is_some_and(|cues| !cues.is_empty()), "{file:?}: {before}");
        assert_eq!(cues(&stored), before, "{file:?} became {stored:?}");
        // It is valid, so that it can be sent again.
        let again = server.request("PUT", path).key(&key).header("Content-Type", "text/vtt");
        assert_eq!(
            again.body(stored).send().expect(200).json()["repairs"],
            Value::Array(Vec::new())
        );
    }
}
