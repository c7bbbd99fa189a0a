//! How saved queries are stored.

use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::cache::references::CacheView;
use crate::resource::model::item::{LoadedItem, NewReference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{ParsedFields, Resource};
use crate::saved_queries::model::{self, SCHEMA, SavedQuery, SavedQueryFields};
use crate::saved_queries::resolve::{parse_saved_query, to_body_errors};

/// Saved queries as a kind of item.
pub struct SavedQueries;

impl ResourceModel for SavedQueries {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = SavedQueryFields;

    fn filter_values(
        own: &SavedQueryFields,
        _tracks: &[TrackSummary],
    ) -> Vec<(&'static str, String)> {
        vec![("kind", own.kind.clone())]
    }
}

impl Resource for SavedQueries {
    type View = SavedQuery;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<SavedQueryFields> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<SavedQueryFields>, render_context: &RenderContext) -> SavedQuery {
        model::render(loaded, render_context)
    }

    /// The items that the query names must be there.
    fn validate(
        connection: &mut Connection,
        _id: Option<Id>,
        own: &mut SavedQueryFields,
        _links: &[(NewReference, Id)],
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let Some(list) = own.list_schema() else { return Ok(()) };
        // What cannot be read has been said already.
        let Ok(request) = parse_saved_query(own, list) else { return Ok(()) };
        match request.page_query(connection, list, &CacheView::default()) {
            Err(problem) if problem.kind == ProblemKind::InvalidParameter => {
                errors.extend(to_body_errors(problem))
            }
            Err(problem) => return Err(problem),
            Ok(_) => {}
        }
        Ok(())
    }
}
