//! Names of the catalogue's languages in each of them, as Unicode's CLDR has them; of any other
//! language its tag.

use super::language::Language;

/// The languages that names are given in, in the order of the columns below.
const IN: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

/// The primary language, and its name in each of [`IN`].
const NAMES: &[(&str, [&str; 7])] = &[
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

/// Scripts, in the same way.
const SCRIPTS: &[(&str, [&str; 7])] = &[
    ("Latn", ["Latin", "latin", "latinica", "latinica", "латиница", "латиница", "Latin"]),
    ("Cyrl", ["Cyrillic", "cirilik", "ćirilica", "ćirilica", "ћирилица", "кирилица", "Kiril"]),
];

/// The name of a language in another, which is one of those above; in English otherwise.
#[must_use]
pub fn name(language: &Language, shown_in: &str) -> String {
    let column = IN.iter().position(|tag| *tag == shown_in).unwrap_or(0);
    let find = |table: &[(&str, [&'static str; 7])], key: &str| {
        table
            .iter()
            .find(|(known, _)| *known == key)
            .and_then(|(_, names)| names.get(column).copied())
    };
    let Some(name) = find(NAMES, language.primary()) else { return language.as_str().to_owned() };
    match language.script().and_then(|script| find(SCRIPTS, script)) {
        Some(script) => format!("{name} ({script})"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_names() {
        for (tag, shown_in, expected) in [
            ("tr", "sr-Cyrl", "турски"),
            ("sr-Cyrl", "en", "Serbian (Cyrillic)"),
            ("sr", "mk", "српски"),
            ("sq", "sq", "shqip"),
            ("de", "tr", "de"),
            ("en-GB", "fr", "English"),
        ] {
            assert_eq!(
                name(&Language::parse(tag).unwrap(), shown_in),
                expected,
                "{tag} in {shown_in}"
            );
        }
    }
}
