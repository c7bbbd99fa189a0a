//! Storage behaviour of partners.

use crate::http::json_fields::JsonFields;
use crate::partners::fields::PartnerFields;
use crate::partners::input;
use crate::partners::schema::SCHEMA;
use crate::partners::view::{self, Partner};
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};

/// The `partner` resource.
pub struct Partners;

impl ResourceModel for Partners {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = PartnerFields;

    fn filter_values(own: &PartnerFields, _tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
        let optional = [("kind", &own.kind), ("country", &own.country)];
        let mut filter_values: Vec<_> =
            optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        filter_values.push(("is_group", own.is_group.to_string()));
        filter_values
    }
}

impl Resource for Partners {
    type View = Partner;
    const BODY_DOCS: &'static BodyDocs = &input::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<PartnerFields> {
        input::parse(fields)
    }

    fn render(loaded: LoadedItem<PartnerFields>, render_context: &RenderContext) -> Partner {
        view::render(loaded, render_context)
    }
}
