//! How partners are stored.

use super::model::{self, Own, Partner, SPEC};
use crate::http::fields::JsonFields;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, Subject};

/// Partners as a kind of item.
pub struct Partners;

impl Subject for Partners {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Partner;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> Partner {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        let optional = [("kind", &own.kind), ("country", &own.country)];
        let mut facets: Vec<_> =
            optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        facets.push(("is_group", own.is_group.to_string()));
        facets
    }
}
