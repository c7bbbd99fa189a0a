//! Storage behaviour of videos.

use crate::db::sql_fragment::Bind;
use crate::http::json_fields::JsonFields;
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};
use crate::videos::fields::{self, VideoFields};
use crate::videos::input;
use crate::videos::schema::SCHEMA;
use crate::videos::view::{self, Video};

/// The `video` resource.
pub struct Videos;

impl ResourceModel for Videos {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = VideoFields;

    fn filter_values(own: &VideoFields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
        fields::filter_values(own, tracks)
    }

    fn sort_columns(_item: &ItemRow, own: &VideoFields, _links: &[Reference]) -> Vec<Bind> {
        vec![
            own.duration_seconds.map_or(Bind::Null, Bind::Integer),
            own.recorded_on.map_or(Bind::Null, Bind::Date),
        ]
    }
}

impl Resource for Videos {
    type View = Video;
    const BODY_DOCS: &'static BodyDocs = &input::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<VideoFields> {
        input::parse(fields)
    }

    fn render(loaded: LoadedItem<VideoFields>, render_context: &RenderContext) -> Video {
        view::render(loaded, render_context)
    }
}
