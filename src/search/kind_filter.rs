//! The `kind` parameter and the localized names of kinds.

use crate::http::query_params::QueryParams;
use crate::http::values::unknown_value_message;
use crate::resource::schema::ResourceKind;

/// The name of a kind in the given language, in English if there is no translation.
pub fn kind_label(kind: ResourceKind, language: &str) -> &'static str {
    kind.heading_message().localize(language)
}

/// Parses the `kind` parameter: the requested subset of the given kinds.
pub fn parse_kinds(params: &mut QueryParams, kinds: &[ResourceKind]) -> Vec<ResourceKind> {
    let names = params.list("kind", ResourceKind::searched().len()).unwrap_or_default();
    let (mut included, mut excluded) = (Vec::new(), Vec::new());
    for name in &names {
        let (target, name) = name
            .strip_prefix('!')
            .map_or((&mut included, name.as_str()), |rest| (&mut excluded, rest));
        match kinds.iter().find(|kind| kind.as_str() == name) {
            Some(kind) => target.push(*kind),
            None => params.error(
                "kind",
                "unknown_value",
                unknown_value_message(name, kinds.iter().map(|kind| kind.as_str())),
            ),
        }
    }
    let is_selected = |kind: &ResourceKind| {
        (included.is_empty() || included.contains(kind)) && !excluded.contains(kind)
    };
    kinds.iter().copied().filter(is_selected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_labels_are_localized() {
        assert_eq!(kind_label(ResourceKind::PROGRAMME, "mk"), "Програми");
        assert_eq!(kind_label(ResourceKind::TOPIC, "de"), "Topics");
        assert_eq!(
            crate::i18n::messages::MESSAGE_LANGUAGES,
            crate::i18n::country_names::NAME_LANGUAGES
        );
    }
}
