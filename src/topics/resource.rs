//! Storage behaviour of topics, which have no fields besides the common ones.

use crate::db::Connection;
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::hierarchy::{self, MAX_DEPTH, ParentFault};
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};
use crate::topics::model::{self, SCHEMA, Topic};

/// The `topic` resource.
pub struct Topics;

impl ResourceModel for Topics {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = ();

    fn filter_values(_own: &(), _tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

impl Resource for Topics {
    type View = Topic;
    const BODY_DOCS: &'static BodyDocs = &model::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<()> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<()>, render_context: &RenderContext) -> Topic {
        model::render(loaded, render_context)
    }

    /// A topic cannot become its own ancestor.
    fn validate(
        connection: &mut Connection,
        draft: ItemDraft<'_, ()>,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let mut references = draft.references.iter();
        let Some((link, parent)) = references.find(|(link, _)| link.field == "parent") else {
            return Ok(());
        };
        let fault = hierarchy::check_parent(connection, &SCHEMA, *parent, draft.id)?;
        let pointer = link.target.pointer.as_str();
        errors.extend(fault.map(|fault| match fault {
            ParentFault::Cycle => {
                let detail =
                    "A topic cannot be its own ancestor; choose a parent that is not a descendant.";
                FieldError::field(pointer, "cycle", detail)
            }
            ParentFault::TooDeep => {
                let detail = format!(
                    "Topics can be nested at most {MAX_DEPTH} levels deep, including those below this one."
                );
                FieldError::field(pointer, "too_deep", detail)
            }
        }));
        Ok(())
    }
}
