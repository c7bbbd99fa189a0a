//! Tests of highlighting and snippets.

use proptest::prelude::*;

use super::*;
use crate::text::analyzer::AnalyzedTexts;

const EN: Option<StemmerLanguage> = Some(StemmerLanguage::English);
const SQ: Option<StemmerLanguage> = Some(StemmerLanguage::Albanian);
const SR: Option<StemmerLanguage> = Some(StemmerLanguage::Serbian);
const MK: Option<StemmerLanguage> = Some(StemmerLanguage::Macedonian);
const TR: Option<StemmerLanguage> = Some(StemmerLanguage::Turkish);

fn highlighted(query: &str, text: &str, stemmer: Option<StemmerLanguage>) -> String {
    Highlighter::new(&SearchQuery::parse(query)).highlight(text, stemmer).unwrap_or_default()
}

fn snippets(query: &str, text: &str) -> Vec<String> {
    Highlighter::new(&SearchQuery::parse(query))
        .with_snippets(2, 40)
        .snippets(text, EN)
        .unwrap_or_default()
}

#[test]
fn marks_words_as_written() {
    for (query, stemmer, text, expected) in [
        ("zene ", SR, "Права жене", "Права <mark>жене</mark>"),
        ("жене ", SR, "Prava Z\u{30c}ene.", "Prava <mark>Z\u{30c}ene</mark>."),
        ("nasilja ", SR, "Насиље и nasiljem", "<mark>Насиље</mark> и <mark>nasiljem</mark>"),
        ("women ", EN, "A woman, women’s", "A <mark>woman</mark>, <mark>women’s</mark>"),
        ("women ", None, "A woman, women", "A woman, <mark>women</mark>"),
        ("\"women\"", EN, "A woman, women", "A woman, <mark>women</mark>"),
        ("grua ", SQ, "Dhuna ndaj grave", "Dhuna ndaj <mark>grave</mark>"),
        ("qender ", SQ, "Në qendrën e QENDËR", "Në <mark>qendrën</mark> e <mark>QENDËR</mark>"),
        ("жена ", MK, "Жените во Ѓорче", "<mark>Жените</mark> во Ѓорче"),
        ("gjorce ", MK, "Жените во Ѓорче", "Жените во <mark>Ѓорче</mark>"),
        ("kadın ", TR, "KADINLARIN İstanbul’da", "<mark>KADINLARIN</mark> İstanbul’da"),
        ("istanbul ", TR, "KADINLARIN İstanbul’da", "KADINLARIN <mark>İstanbul’da</mark>"),
        ("esitlik ", TR, "Cinsiyet eşitliği", "Cinsiyet <mark>eşitliği</mark>"),
        ("nas", SR, "Насиље, nas", "<mark>Насиље</mark>, <mark>nas</mark>"),
        ("žene -prava", SR, "prava žene", "prava <mark>žene</mark>"),
        ("cat OR dog ", EN, "dogs & cats", "<mark>dogs</mark> &amp; <mark>cats</mark>"),
        ("reč ", SR, "'reč' „реч“", "&#39;<mark>reč</mark>&#39; „<mark>реч</mark>“"),
        (
            "b ",
            None,
            "<b class=\"b\">b</b>",
            "&lt;<mark>b</mark> class=&quot;<mark>b</mark>&quot;&gt;<mark>b</mark>&lt;/<mark>b</mark>&gt;",
        ),
        ("nothing ", EN, "Here", ""),
        ("-here", EN, "Here", ""),
    ] {
        assert_eq!(highlighted(query, text, stemmer), expected, "{query}");
    }
}

#[test]
fn marks_adjacent_phrases() {
    for (query, stemmer, text, expected) in [
        (
            "\"rodna ravnopravnost\"",
            SR,
            "родна равноправност, родна",
            "<mark>родна равноправност</mark>, родна",
        ),
        ("\"ravnopravnost rodna\"", SR, "rodna ravnopravnost", ""),
        (
            "COVID-19 ",
            EN,
            "covid 19, COVID-19; 19 covid",
            "<mark>covid 19</mark>, <mark>COVID-19</mark>; 19 covid",
        ),
        ("covid-1", EN, "COVID‑19 & SARS", "<mark>COVID‑19</mark> &amp; SARS"),
        ("\"a <b>\"", None, "a <b>, b", "<mark>a &lt;b</mark>&gt;, b"),
        ("\"ž ž\"", None, "ж<\u{30c} ž", "<mark>ж&lt;\u{30c} ž</mark>"),
        ("\"la la\"", None, "la, la la", "<mark>la, la la</mark>"),
        ("\"red fox\" fox", EN, "red fox, foxes", "<mark>red fox</mark>, <mark>foxes</mark>"),
    ] {
        assert_eq!(highlighted(query, text, stemmer), expected, "{query}");
    }
}

#[test]
fn distinguishes_groups() {
    let query = SearchQuery::parse("women OR men \"equal rights\" woman law");
    let marker = Highlighter::new(&query);
    for (text, expected) in [
        ("Women", 0b101),
        ("men's lawn", 0b1001),
        ("rights, equal", 0),
        ("equal rights to a woman by law", 0b1111),
    ] {
        assert_eq!(marker.matched_groups(text, EN), expected, "{text}");
    }
}

#[test]
fn short_text_is_one_snippet() {
    assert_eq!(
        snippets("law ", "  The\n law\u{a0} &  order "),
        ["The <mark>law</mark> &amp; order"]
    );
    assert!(snippets("law ", "Order").is_empty());
}

#[test]
fn snippets_start_at_words_or_sentences() {
    let text = "This is some text that nobody has looked for. Here is the law of the land, as it was written down in the past days. \
        More of this text stands behind it and after that nothing else comes than the order that was sought for.";
    assert_eq!(snippets("law ", text), ["…Here is the <mark>law</mark> of the land, as it was…"]);
    assert_eq!(snippets("order ", text), ["…than the <mark>order</mark> that was sought for."]);
    assert_eq!(
        snippets("nobody ", text),
        ["This is some text that <mark>nobody</mark> has looked for. Here is…"]
    );
    assert_eq!(
        snippets("order law ", text),
        [
            "…Here is the <mark>law</mark> of the land, as it was…",
            "…than the <mark>order</mark> that was sought for."
        ]
    );
}

#[test]
fn snippets_prefer_distinct_groups() {
    let filler = "and so on and so forth and so on and so forth and so on and so forth ";
    let text = format!("law law law {filler} law law {filler} order {filler} law");
    let shown = snippets("law order ", &text);
    assert_eq!(shown.len(), 2);
    assert!(
        shown[0].starts_with("<mark>law</mark> <mark>law</mark> <mark>law</mark> and"),
        "{shown:?}"
    );
    assert!(shown[1].starts_with('…') && shown[1].contains("<mark>order</mark>"), "{shown:?}");
}

#[test]
fn adjacent_snippets_are_merged() {
    let filler = "and so on and so forth ".repeat(10);
    let text =
        format!("{filler} a law that stood at the beginning of what became an order {filler}");
    let shown = snippets("law order ", &text);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(
        shown[0].contains(
            "<mark>law</mark> that stood at the beginning of what became an <mark>order</mark>"
        ),
        "{shown:?}"
    );
}

/// The text of the HTML, unescaped and without marks.
fn strip_marks(html: &str) -> String {
    let bare = html.replace("<mark>", "").replace("</mark>", "");
    assert!(!bare.contains(['<', '>', '"', '\'']), "{html}");
    bare.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}|.{0,60}",
        "([a-cžаж'’I\u{30c}\u{306}\u{ad}и½&<>\"-]{1,4}[ .\n]{0,2}){0,40}",
        "((women|woman’s|prava|ženama|насиље|grave|kadınlar|жените|COVID-19|life|lives|[A-C]|x{60}y{0,9})[ .,\n'-]{1,3}){0,60}"
    ]
}

fn any_query() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}|([-\"„“a-cžI ]|OR){0,20}",
        "([-\"„“]?(women|woman|pravo|žene|nasilja|grua|kadın|жена|covid-19|life|[a-c]|[a-c]{2}|x{60}y{0,9}|OR)[\" ]?){0,8}"
    ]
}

fn any_rules() -> impl Strategy<Value = Option<StemmerLanguage>> {
    proptest::option::of(proptest::sample::select(&StemmerLanguage::ALL[..]))
}

proptest! {
    #[test]
    fn highlight_preserves_text(query in any_query(), text in any_text(), stemmer in any_rules()) {
        let query = SearchQuery::parse(&query);
        let marker = Highlighter::new(&query);
        let spans = marker.spans(&text, stemmer);
        prop_assert!(spans.iter().all(|span| text.get(span.clone()).is_some_and(|marked| !marked.is_empty())), "{:?}", spans);
        prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", spans);
        match marker.highlight(&text, stemmer) {
            Some(html) => prop_assert_eq!(strip_marks(&html), text),
            None => prop_assert!(spans.is_empty()),
        }
    }

    #[test]
    fn groups_match_index(query in any_query(), text in any_text(), stemmer in any_rules()) {
        let query = SearchQuery::parse(&query);
        let mut tokens = AnalyzedTexts::default();
        tokens.add_text(&text, stemmer);
        let found = |group: &Vec<Term>| group.iter().any(|term| term.matches(&tokens));
        let expected = query.groups.iter().enumerate().filter(|(_, group)| found(group)).fold(0, |found, (at, _)| found | 1 << at);
        let marker = Highlighter::new(&query);
        prop_assert_eq!(marker.matched_groups(&text, stemmer), expected);
        prop_assert_eq!(marker.spans(&text, stemmer).is_empty(), expected == 0);
        prop_assert!(query.is_empty() || !query.matches(&tokens) || expected != 0);
    }

    #[test]
    fn snippets_are_substrings(
        query in any_query(), render_text in any_text(), stemmer in any_rules(), max_snippets in 0_usize..4, snippet_len in 0_usize..60,
    ) {
        let query = SearchQuery::parse(&query);
        let marker = Highlighter::new(&query).with_snippets(max_snippets, snippet_len);
        let Some(snippets) = marker.snippets(&render_text, stemmer) else {
            prop_assert!(marker.spans(&render_text, stemmer).is_empty());
            return Ok(());
        };
        prop_assert!((1..=max_snippets.max(1)).contains(&snippets.len()));
        let shown = snippets.iter().fold(0, |groups, snippet| groups | marker.matched_groups(&strip_marks(snippet), stemmer)).count_ones();
        prop_assert!(shown >= marker.matched_groups(&render_text, stemmer).count_ones().min(u32::try_from(max_snippets.max(1)).unwrap()), "{:?}", snippets);
        let text = normalize_whitespace(&render_text).replace('\n', " ");
        let mut rest = text.as_str();
        for snippet in &snippets {
            prop_assert!(snippet.contains("<mark>"));
            let shown = strip_marks(snippet);
            let (is_first, is_last) = (text.starts_with(&shown), text.ends_with(&shown));
            let shown = if is_first { &shown } else { shown.strip_prefix('…').unwrap_or(&shown) };
            let shown = if is_last { shown } else { shown.strip_suffix('…').unwrap_or(shown) };
            let at = rest.find(shown);
            prop_assert!(at.is_some(), "{} is not in {}", shown, rest);
            rest = rest.get(at.unwrap() + shown.len()..).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn windows_do_not_split_words(query in any_query(), text in any_text(), max_snippets in 0_usize..4, snippet_len in 0_usize..60) {
        let query = SearchQuery::parse(&query);
        let text = normalize_whitespace(&text);
        let marks = Highlighter::new(&query).marks(&text, None);
        let layout = Layout::new(&text, &marks, snippet_len);
        let windows = layout.windows(max_snippets);
        prop_assert!(windows.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?}", windows);
        let places: Vec<Range<usize>> = word_indices(&text).map(|(start, word)| mark_range(start, word)).collect();
        for at in windows.iter().flat_map(|window| [window.start, window.end]).map(|at| layout.byte_offset(at)) {
            prop_assert!(places.iter().chain(marks.iter().map(|mark| &mark.range)).all(|range| at <= range.start || range.end <= at));
            prop_assert!(at == 0 || marks.iter().any(|mark| mark.range.start == at) || !text.split_at(at).1.starts_with(is_part_of_letter));
        }
    }
}
