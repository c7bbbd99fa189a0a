//! How programmes are stored.

use super::model::{self, Own, Programme, SPEC};
use crate::db::sql::Bind;
use crate::http::fields::JsonFields;
use crate::resource::load::{Item, Link, Loaded};
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, Subject};

/// Programmes as a kind of item.
pub struct Programmes;

impl Subject for Programmes {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Programme;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> Programme {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)).collect()
    }

    fn columns(_item: &Item, own: &Own, _links: &[Link]) -> Vec<Bind> {
        [own.start_date, own.end_date].map(|day| day.map_or(Bind::Null, Bind::Date)).to_vec()
    }
}
