//! How programmes are stored.

use super::model::{self, Programme, ProgrammeFields, SCHEMA};
use crate::db::sql::Bind;
use crate::http::fields::JsonFields;
use crate::resource::load::{ItemRow, LoadedItem, Reference};
use crate::resource::shown::RenderContext;
use crate::resource::spec::ResourceSchema;
use crate::resource::tracks::TrackSummary;
use crate::resource::{ParsedFields, Resource};

/// Programmes as a kind of item.
pub struct Programmes;

impl Resource for Programmes {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = ProgrammeFields;
    type View = Programme;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<ProgrammeFields> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<ProgrammeFields>, shown: &RenderContext) -> Programme {
        model::render(loaded, shown)
    }

    fn filter_values(
        own: &ProgrammeFields,
        _tracks: &[TrackSummary],
    ) -> Vec<(&'static str, String)> {
        own.countries.unpack::<Vec<String>>().into_iter().map(|code| ("country", code)).collect()
    }

    fn sort_columns(_item: &ItemRow, own: &ProgrammeFields, _links: &[Reference]) -> Vec<Bind> {
        [own.start_date, own.end_date].map(|day| day.map_or(Bind::Null, Bind::Date)).to_vec()
    }
}
