//! Sample files, and proptest strategies for tracks and files.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::captions::track::Cue;
use crate::captions::track::Track;

/// Serbian in Cyrillic script, with every element of WebVTT.
pub(super) const SERBIAN_WEBVTT: &str = "\
WEBVTT - Сигурна кућа
Kind: captions
Language: sr-Cyrl

STYLE
::cue(v[voice=\"Ана\"]) { color: gold }
::cue(c.zvuk) { font-style: italic }

REGION
id:dole
width:40%
lines:3
regionanchor:0%,100%
viewportanchor:10%,90%
scroll:up

NOTE Превод: Кинотека

увод-1
00:00:01.000 --> 00:00:04.500 region:dole align:left
<v Ана>Добро вече &amp; добро дошли.</v>

NOTE Проверити
имена.

00:00:05.000 --> 00:00:09.000
<v.gost Марко>Живот је <i>леп</i>
и кратак.</v>

00:00:08.000 --> 01:00:00.250 line:0
<c.zvuk>[музика]</c>

NOTE крај
";

/// Albanian, with the short form of timestamps.
pub(super) const ALBANIAN_WEBVTT: &str = "\
WEBVTT


00:00.500 --> 00:02.000\tposition:10%,line-left  align:left size:35%
Mirëdita, jam <b>Teuta</b>.

2
00:02.000-->00:04.000
Unë punoj <lang sq>këtu</lang>.



00:06.000 --> 00:08.000
Pas një pauze.
";

/// Well-formed Macedonian SRT.
pub(super) const MACEDONIAN_SRT: &str = "\
1
00:00:01,000 --> 00:00:03,000
Здраво & добредојде, ѕвезди!

2
00:00:03,500 --> 00:00:06,000
{\\an8}<i>Добредојдовте</i> во Скопје,
градот на „ѓ“ и „ќ“.
";

/// Malformed Turkish SRT: blank lines, missing counters, dots for commas, coordinates, fonts, cues
/// out of order.
pub(super) const TURKISH_SRT: &str = "\r
\r
7\r
00:00:03.000 --> 00:00:05.000  X1:100 X2:600 Y1:050 Y2:100\r
<font color=\"#ffff00\">Kadınların <B>hakları</B></font>\r
 \r
\r
\r
0:0:3,000 --> 0:0:5,500\r
{\\an2}insan haklarıdır.\r
\r
giriş\r
00:00:00,500 --> 00:00:02,500 align:start\r
İyi günler & hoş geldiniz.\r
\r
9\r
00:00:09,000 --> 00:00:10,000\r
";

/// A payload without blank lines, arrows and unclosed tags.
pub(super) fn any_payload() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zčžшђığëќ.,!?'\" -]{1,12}".prop_map(|text| text.replace("--", "-")),
        2 => Just("\n".to_owned()),
        1 => "<(v|v\\.gost) [A-ZĆШ][a-zčж]{0,4}>",
        1 => "</?(b|i|u|c|c\\.žuto|v|ruby|rt|lang tr)>",
        1 => "<0[0-9]:[0-5][0-9]\\.[0-9]{3}>",
        1 => "&(amp|lt|gt|nbsp|lrm|#x107|#10|mdash);|& | > ",
    ];
    vec(piece, 0..12).prop_map(|pieces| {
        let text = pieces.concat().replace("-->", "");
        text.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    })
}

fn any_note() -> impl Strategy<Value = String> {
    "NOTE([ \t][a-zšж:]{0,6})?(\n[a-zё<&;: ]{1,8}){0,2}"
}

fn any_cue() -> impl Strategy<Value = (i64, Cue)> {
    let settings = "((line:0|align:start|position:10%,line-left|region:a|x:y)( size:[1-9]0%)?)?";
    let identifier = option::of("[a-zA-ZšЖ0-9#:-][a-zA-ZšЖ0-9 #:-]{0,8}")
        .prop_map(|line| line.filter(|line| !line.contains("NOTE")));
    (0_i64..5_000, 1_i64..20_000, identifier, settings, any_payload(), vec(any_note(), 0..3))
        .prop_map(|(gap, length, identifier, settings, payload, notes_before)| {
            (gap, Cue { notes_before, identifier, start_ms: 0, end_ms: length, settings, payload })
        })
}

/// A valid track.
pub(super) fn any_track() -> impl Strategy<Value = Track> {
    let preamble = prop_oneof![
        any_note(),
        "STYLE ?(\n[a-z:(){};]{1,9}){0,3}",
        "REGION\nid:[a-z]{1,5}(\nlines:[1-9])?"
    ];
    let header = "([!-Zа-я][!-Z ]{0,9}[!-Z])?".prop_map(|text: String| text.replace("-->", ""));
    let parts = (
        header,
        vec("[A-Z]{1,5}[:=][a-z0-9 ]{0,5}", 0..3),
        vec(preamble, 0..4),
        vec(any_cue(), 0..8),
        vec(any_note(), 0..3),
    );
    parts.prop_map(|(header, metadata, mut preamble, timed, mut notes_after)| {
        let mut start = 0;
        let mut cues = Vec::new();
        for (gap, cue) in timed {
            start += gap;
            cues.push(Cue { start_ms: start, end_ms: start + cue.end_ms, ..cue });
        }
        // Blocks before the first cue belong to the preamble.
        let before_first = cues.first_mut().map_or(&mut notes_after, |cue| &mut cue.notes_before);
        preamble.append(before_first);
        Track { header, metadata, preamble, cues, notes_after }
    })
}

/// An SRT file that is accepted.
pub(super) fn any_srt_file() -> impl Strategy<Value = String> {
    let line = "[a-zčЖ0-9&;.,<>{}/\\\\ ]{0,10}|(<(b|I|u|/b|font color=red|/font)>|\\{\\\\an[1-9]\\}|[a-zà-ž ]{1,5}){1,4}";
    let text = vec(line, 0..4).prop_map(|lines: Vec<String>| {
        lines.into_iter().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>()
    });
    let counter = prop_oneof![Just(String::new()), "[0-9]{1,3}\n", "(NOTE|STYLE|x y)\n"];
    let timing = (0..60, 0..60, 1..30, "( X1:1 Y1:2| line:0)?");
    vec((counter, timing, text, "\n| \n|\n\n\n"), 1..8).prop_map(|cues| {
        let blocks = cues.into_iter().map(|(counter, (minute, second, length, rest), lines, blank)| {
            let end = second + length;
            let (end_minute, end_second) = (minute + end / 60, end % 60);
            let (end_hour, end_minute) = (end_minute / 60, end_minute % 60);
            let timing = format!("00:{minute:02}:{second:02},000 --> {end_hour:02}:{end_minute:02}:{end_second:02}.000{rest}");
            format!("{counter}{timing}\n{}\n{blank}", lines.join("\n"))
        });
        blocks.collect()
    })
}
