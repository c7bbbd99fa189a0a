//! Storage behaviour of programmes.

use crate::db::sql_fragment::Bind;
use crate::http::json_fields::JsonFields;
use crate::programmes::fields::ProgrammeFields;
use crate::programmes::input;
use crate::programmes::schema::SCHEMA;
use crate::programmes::view::{self, Programme};
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};

/// The `programme` resource.
pub struct Programmes;

impl ResourceModel for Programmes {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = ProgrammeFields;

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

impl Resource for Programmes {
    type View = Programme;
    const BODY_DOCS: &'static BodyDocs = &input::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<ProgrammeFields> {
        input::parse(fields)
    }

    fn render(loaded: LoadedItem<ProgrammeFields>, render_context: &RenderContext) -> Programme {
        view::render(loaded, render_context)
    }
}
