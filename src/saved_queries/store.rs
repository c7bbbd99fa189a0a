//! How saved queries are stored.

use super::model::{self, Own, SPEC, SavedQuery};
use super::query::{in_the_body, understand};
use crate::db::{Connection, Id};
use crate::http::fields::Fields;
use crate::http::problem::{Kind, Problem, Violation};
use crate::resource::load::Loaded;
use crate::resource::names::Memory;
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, NewLink, Subject};

/// Saved queries as a kind of item.
pub struct SavedQueries;

impl Subject for SavedQueries {
    const SPEC: &'static Spec = &SPEC;
    type Own = Own;
    type View = SavedQuery;

    fn read(fields: &mut Fields<'_, '_>) -> Draft<Own> {
        model::read(fields)
    }

    fn view(loaded: Loaded<Own>, shown: &Shown) -> SavedQuery {
        model::view(loaded, shown)
    }

    fn facets(own: &Own, _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        vec![("kind", own.kind.clone())]
    }

    /// The items that the query names must be there.
    fn check(
        connection: &mut Connection,
        _id: Option<Id>,
        own: &mut Own,
        _links: &[(NewLink, Id)],
        errors: &mut Vec<Violation>,
    ) -> Result<(), Problem> {
        let Some(list) = own.list() else { return Ok(()) };
        // What cannot be read has been said already.
        let Ok(request) = understand(own, list) else { return Ok(()) };
        match request.list(connection, list, &Memory::default()) {
            Err(problem) if problem.kind == Kind::InvalidParameter => {
                errors.extend(in_the_body(problem))
            }
            Err(problem) => return Err(problem),
            Ok(_) => {}
        }
        Ok(())
    }
}
