//! Display names of the catalogue's languages in each of these languages (CLDR); other languages
//! are named by their tag.

use crate::text::language::Language;

/// Display languages, in the order of the columns below.
const DISPLAY_LANGUAGES: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

/// Primary language subtag, and its name in each of [`DISPLAY_LANGUAGES`].
const LANGUAGE_NAMES: &[(&str, [&str; 7])] = &[
    ("en", ["English", "anglisht", "engleski", "engleski", "енглески", "англиски", "İngilizce"]),
    ("sq", ["Albanian", "shqip", "albanski", "albanski", "албански", "албански", "Arnavutça"]),
    ("bs", ["Bosnian", "boshnjakisht", "bosanski", "bosanski", "босански", "босански", "Boşnakça"]),
    ("hr", ["Croatian", "kroatisht", "hrvatski", "hrvatski", "хрватски", "хрватски", "Hırvatça"]),
    (
        "cnr",
        [
            "Montenegrin",
            "malazezisht",
            "crnogorski",
            "crnogorski",
            "црногорски",
            "црногорски",
            "Karadağca",
        ],
    ),
    ("sr", ["Serbian", "serbisht", "srpski", "srpski", "српски", "српски", "Sırpça"]),
    (
        "mk",
        [
            "Macedonian",
            "maqedonisht",
            "makedonski",
            "makedonski",
            "македонски",
            "македонски",
            "Makedonca",
        ],
    ),
    ("tr", ["Turkish", "turqisht", "turski", "turski", "турски", "турски", "Türkçe"]),
];

/// Script subtag, and its name in each of [`DISPLAY_LANGUAGES`].
const SCRIPT_NAMES: &[(&str, [&str; 7])] = &[
    ("Latn", ["Latin", "latin", "latinica", "latinica", "латиница", "латиница", "Latin"]),
    ("Cyrl", ["Cyrillic", "cirilik", "ćirilica", "ćirilica", "ћирилица", "кирилица", "Kiril"]),
];

/// The name of a language in a display language; in English if that is not one of
/// [`DISPLAY_LANGUAGES`].
#[must_use]
pub fn display_name(language: &Language, display_language: &str) -> String {
    let column = DISPLAY_LANGUAGES.iter().position(|tag| *tag == display_language).unwrap_or(0);
    let find = |table: &[(&str, [&'static str; 7])], key: &str| {
        table
            .iter()
            .find(|(subtag, _)| *subtag == key)
            .and_then(|(_, names)| names.get(column).copied())
    };
    let Some(name) = find(LANGUAGE_NAMES, language.primary_language()) else {
        return language.as_str().to_owned();
    };
    match language.script().and_then(|script| find(SCRIPT_NAMES, script)) {
        Some(script) => format!("{name} ({script})"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_languages() {
        for (tag, shown_in, expected) in [
            ("tr", "sr-Cyrl", "турски"),
            ("sr-Cyrl", "en", "Serbian (Cyrillic)"),
            ("sr", "mk", "српски"),
            ("sq", "sq", "shqip"),
            ("de", "tr", "de"),
            ("en-GB", "fr", "English"),
        ] {
            assert_eq!(
                display_name(&Language::parse(tag).unwrap(), shown_in),
                expected,
                "{tag} in {shown_in}"
            );
        }
    }
}
