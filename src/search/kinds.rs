//! The parameter `kind`, and what the kinds are called in the catalogue's languages.

use crate::http::fields::not_one_of;
use crate::http::params::Params;
use crate::resource::spec::Kind;

/// What items of a kind are called in one of the languages that country names are kept in; in
/// English in others.
pub fn name(kind: Kind, language: &str) -> &'static str {
    kind.heading().in_language(language)
}

/// The kinds that are asked for, out of these.
pub fn read_kinds(params: &mut Params, kinds: &[Kind]) -> Vec<Kind> {
    let names = params.list("kind", Kind::SOUGHT.len()).unwrap_or_default();
    let (mut wanted, mut excluded) = (Vec::new(), Vec::new());
    for name in &names {
        let (taken, name) = name
            .strip_prefix('!')
            .map_or((&mut wanted, name.as_str()), |rest| (&mut excluded, rest));
        match kinds.iter().find(|kind| kind.as_str() == name) {
            Some(kind) => taken.push(*kind),
            None => params.error(
                "kind",
                "unknown_value",
                not_one_of(name, kinds.iter().map(|kind| kind.as_str())),
            ),
        }
    }
    let takes =
        |kind: &Kind| (wanted.is_empty() || wanted.contains(kind)) && !excluded.contains(kind);
    kinds.iter().copied().filter(takes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names() {
        assert_eq!(name(Kind::Programme, "mk"), "Програми");
        assert_eq!(name(Kind::Topic, "de"), "Topics");
        assert_eq!(crate::phrases::LANGUAGES, crate::places::NAME_LANGUAGES);
    }
}
