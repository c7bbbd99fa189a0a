//! What the kinds are called in the catalogue's languages.

use crate::resource::spec::Kind;

/// The languages of the names, in the order of [`names`].
const IN: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

fn names(kind: Kind) -> [&'static str; IN.len()] {
    match kind {
        Kind::Video => ["Videos", "Video", "Videozapisi", "Video-zapisi", "Видео-записи", "Видеа", "Videolar"],
        Kind::Programme => ["Programmes", "Programe", "Programi", "Programi", "Програми", "Програми", "Programlar"],
        Kind::Partner => ["Partners", "Partnerë", "Partneri", "Partneri", "Партнери", "Партнери", "Ortaklar"],
        Kind::ImpactStatistic => [
            "Impact statistics",
            "Statistika të ndikimit",
            "Statistički podaci o učinku",
            "Statistički podaci o učinku",
            "Статистички подаци о учинку",
            "Статистички податоци за влијанието",
            "Etki istatistikleri",
        ],
        Kind::Topic => ["Topics", "Tema", "Teme", "Teme", "Теме", "Теми", "Konular"],
    }
}

/// What items of a kind are called in one of the languages that country names are kept in; in English in others.
pub fn name(kind: Kind, language: &str) -> &'static str {
    let [english, ..] = names(kind);
    IN.iter().position(|tag| *tag == language).and_then(|place| names(kind).get(place).copied()).unwrap_or(english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names() {
        assert_eq!(name(Kind::Programme, "mk"), "Програми");
        assert_eq!(name(Kind::Topic, "de"), "Topics");
        assert!(IN.iter().all(|tag| crate::places::NAME_LANGUAGES.contains(tag)));
    }
}
