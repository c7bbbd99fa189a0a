//! Storage behaviour of topics, which have no fields besides the common ones.

use crate::db::Connection;
use crate::db::sql_fragment::id_in_fragment;
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::items::load_items;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};
use crate::topics::model::{self, SCHEMA, Topic};

/// The `topic` resource.
pub struct Topics;

/// Maximum depth of the tree.
const MAX_DEPTH: usize = 32;

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
        let mut above = Some(*parent);
        for _ in 0..MAX_DEPTH {
            let Some(topic) = above else { return Ok(()) };
            if Some(topic) == draft.id {
                let detail =
                    "A topic cannot be its own ancestor; choose a parent that is not a descendant.";
                errors.push(FieldError::field(link.target.pointer.clone(), "cycle", detail));
                return Ok(());
            }
            let topic = load_items(connection, &id_in_fragment("items.id", [&topic]))?.pop();
            above = topic
                .and_then(|topic| {
                    topic.references().into_iter().find(|link| link.field == "parent")
                })
                .map(|link| link.target_id);
        }
        errors.push(FieldError::field(
            link.target.pointer.clone(),
            "too_deep",
            format!("Topics can be nested at most {MAX_DEPTH} levels deep."),
        ));
        Ok(())
    }
}
