//! Measures which forms of words match: families of forms that must match each other, and similar
//! words that must not. A third of each list is held out, so that it measures words from which the
//! rules were not derived.

use std::collections::BTreeMap;

use crate::text::analyzer::AnalyzedTexts;
use crate::text::language::Language;
use crate::text::query::SearchQuery;
use crate::text::stem::StemmerLanguage;

/// Whether a query for a whole word matches a text in a language.
fn matches(query: &str, text: &str, language: &str) -> bool {
    let language = Language::parse(language).unwrap();
    let mut analyzed = AnalyzedTexts::default();
    analyzed.add_text(text, StemmerLanguage::from_language(&language));
    SearchQuery::parse(&format!("{query} ")).matches(&analyzed)
}

/// The lines of a list: those from which the rules were derived, and those held out.
fn parts(list: &'static str) -> [(&'static str, Vec<&'static str>); 2] {
    let lines: Vec<&str> =
        list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let part = |is_held_out: bool| {
        (1..)
            .zip(&lines)
            .filter(|(number, _)| (number % 3 == 0) == is_held_out)
            .map(|(_, line)| *line)
            .collect()
    };
    [("derived", part(false)), ("held out", part(true))]
}

#[test]
fn related_forms_match() {
    for (part, lines) in parts(include_str!("word_families.txt")) {
        let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        let mut failures = Vec::new();
        for line in lines {
            let (rule, forms) = line.split_once(": ").unwrap();
            let (language, _) = rule.split_once(' ').unwrap();
            let forms: Vec<&str> = forms.split(' ').collect();
            for text in &forms {
                // Informal Latin is typed in queries, not stored as Macedonian text.
                if rule == "mk latin" && text.is_ascii() {
                    continue;
                }
                for query in forms.iter().filter(|query| *query != text) {
                    let (found, all) = counts.entry(rule).or_default();
                    *all += 1;
                    if matches(query, text, language) {
                        *found += 1;
                    } else {
                        failures.push(format!("{language} {query} = {text}"));
                    }
                }
            }
        }
        for (rule, (found, all)) in &counts {
            println!("{part}, {rule}: {found} of {all}");
        }
        let (found, all) =
            counts.values().fold((0, 0), |(found, all), (more, of)| (found + more, all + of));
        println!("{part}: {found} of {all} pairs of forms match");
        assert!(found * 100 >= all * 97, "{part}: {found} of {all}: {failures:?}");
    }
}

#[test]
fn similar_words_do_not_match() {
    for (part, lines) in parts(include_str!("unrelated_word_pairs.txt")) {
        let mut false_matches = Vec::new();
        for line in &lines {
            let [language, first, second] = *line.split(' ').collect::<Vec<_>>() else {
                panic!("{line} is not a pair")
            };
            for (query, text) in [(first, second), (second, first)] {
                if matches(query, text, language) {
                    false_matches.push(format!("{language} {query} ! {text}"));
                }
            }
        }
        println!("{part}: {} false matches of {}", false_matches.len(), lines.len() * 2);
        assert!(false_matches.len() * 100 <= lines.len() * 2 * 2, "{part}: {false_matches:?}");
    }
}
