//! The parameter `kind`, and what the kinds are called in the catalogue's languages.

use crate::http::json_fields::unknown_value_message;
use crate::http::query_params::QueryParams;
use crate::resource::schema::ResourceKind;

/// What items of a kind are called in one of the languages that country names are kept in; in
/// English in others.
pub fn kind_label(kind: ResourceKind, language: &str) -> &'static str {
    kind.heading_message().in_language(language)
}

/// The kinds that are asked for, out of these.
pub fn parse_kinds(params: &mut QueryParams, kinds: &[ResourceKind]) -> Vec<ResourceKind> {
    let names = params.list("kind", ResourceKind::SEARCHABLE.len()).unwrap_or_default();
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
                unknown_value_message(name, kinds.iter().map(|kind| kind.as_str())),
            ),
        }
    }
    let takes = |kind: &ResourceKind| {
        (wanted.is_empty() || wanted.contains(kind)) && !excluded.contains(kind)
    };
    kinds.iter().copied().filter(takes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_labels_are_localized() {
        assert_eq!(kind_label(ResourceKind::Programme, "mk"), "Програми");
        assert_eq!(kind_label(ResourceKind::Topic, "de"), "Topics");
        assert_eq!(crate::phrases::LANGUAGES, crate::places::NAME_LANGUAGES);
    }
}
