//! How videos are stored.

use super::model::{self, Own, SPEC, Video};
use crate::db::sql::Bind;
use crate::http::fields::JsonFields;
use crate::resource::load::{Item, Link, Loaded};
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, Subject};

/// Videos as a kind of item.
pub struct Videos;

impl Subject for Videos {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = Video;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> Video {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, tracks: &[Summary]) -> Vec<(&'static str, String)> {
        model::facets(own, tracks)
    }

    fn columns(_item: &Item, own: &Own, _links: &[Link]) -> Vec<Bind> {
        vec![
            own.duration_seconds.map_or(Bind::Null, Bind::Integer),
            own.recorded_on.map_or(Bind::Null, Bind::Date),
        ]
    }
}
