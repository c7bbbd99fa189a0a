//! Implementation of [`Resource`] for saved queries.

use crate::db::Connection;
use crate::db::sql_fragment::Fragment;
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::cache::references::CacheView;
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::{BodyDocs, ParsedFields, Resource};
use crate::saved_queries::input::{BODY_DOCS, parse, parse_saved_query, to_body_errors};
use crate::saved_queries::model::{self, SCHEMA, SavedQuery, SavedQueryFields};

/// The saved query resource.
pub struct SavedQueries;

impl ResourceModel for SavedQueries {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = SavedQueryFields;

    fn filter_values(
        fields: &SavedQueryFields,
        _tracks: &[TrackSummary],
    ) -> Vec<(&'static str, String)> {
        vec![("kind", fields.kind.clone())]
    }
}

/// SQL condition on `items` that selects all published saved queries.
pub fn published_condition() -> Fragment {
    Fragment::new(
        "items.kind = 'saved_query' AND items.is_public = TRUE AND items.deleted_at IS NULL",
    )
}

impl Resource for SavedQueries {
    type View = SavedQuery;
    const BODY_DOCS: &'static BodyDocs = &BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<SavedQueryFields> {
        parse(fields)
    }

    fn render(loaded: LoadedItem<SavedQueryFields>, render_context: &RenderContext) -> SavedQuery {
        model::render(loaded, render_context)
    }

    /// The query must be valid for the list, and the items that it references must exist.
    fn validate(
        connection: &mut Connection,
        draft: ItemDraft<'_, SavedQueryFields>,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let Some(list) = draft.fields.list_schema(draft.schemas) else { return Ok(()) };
        let request = match parse_saved_query(draft.fields, list) {
            Ok(request) => request,
            Err(invalid) => {
                errors.extend(invalid);
                return Ok(());
            }
        };
        match request.page_query(connection, &CacheView::default()) {
            Err(problem) if problem.kind == ProblemKind::InvalidParameter => {
                errors.extend(to_body_errors(problem));
            }
            Err(problem) => return Err(problem),
            Ok(_) => {}
        }
        Ok(())
    }
}
