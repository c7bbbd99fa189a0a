//! How saved queries are stored.

use super::model::{self, SCHEMA, SavedQuery, SavedQueryFields};
use super::query::{parse_saved_query, to_body_errors};
use crate::db::{Connection, Id};
use crate::http::fields::JsonFields;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::load::Loaded;
use crate::resource::names::Memory;
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, NewLink, Subject};

/// Saved queries as a kind of item.
pub struct SavedQueries;

impl Subject for SavedQueries {
    const SPEC: &'static Spec = &SCHEMA;
    type Own = SavedQueryFields;
    type View = SavedQuery;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<SavedQueryFields> {
        model::parse(fields)
    }

    fn view(loaded: Loaded<SavedQueryFields>, render_context: &Shown) -> SavedQuery {
        model::render(loaded, render_context)
    }

    fn facets(own: &SavedQueryFields, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        vec![("kind", own.kind.clone())]
    }

    /// The items that the query names must be there.
    fn check(
        connection: &mut Connection,
        _id: Option<Id>,
        own: &mut SavedQueryFields,
        _links: &[(NewLink, Id)],
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let Some(list) = own.list_schema() else { return Ok(()) };
        // What cannot be read has been said already.
        let Ok(request) = parse_saved_query(own, list) else { return Ok(()) };
        match request.list(connection, list, &Memory::default()) {
            Err(problem) if problem.kind == ProblemKind::InvalidParameter => {
                errors.extend(to_body_errors(problem))
            }
            Err(problem) => return Err(problem),
            Ok(_) => {}
        }
        Ok(())
    }
}
