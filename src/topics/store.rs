//! How topics are stored: they have no fields of their own beside what every item has.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{self, SPEC, Topic};
use crate::db::schema::links;
use crate::db::{Connection, Error, Id};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, Violation};
use crate::resource::load::{Loaded, Which, Whole, whole_without_own};
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::{Draft, NewLink, Subject};

/// Topics as a kind of item.
pub struct Topics;

/// How deep the tree may be.
const DEEPEST: usize = 32;

impl Subject for Topics {
    const SPEC: &'static Spec = &SPEC;
    type Own = ();
    type View = Topic;

    fn whole(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<()>>, Error> {
        whole_without_own(connection, which)
    }

    fn own_rows(_connection: &mut Connection, ids: &[Id]) -> Result<HashMap<Id, ()>, Error> {
        Ok(ids.iter().map(|id| (*id, ())).collect())
    }

    fn save_own(_connection: &mut Connection, _id: Id, _own: &(), _is_new: bool) -> Result<(), Error> {
        Ok(())
    }

    fn delete_own(_connection: &mut Connection, _ids: &[Id]) -> Result<(), Error> {
        Ok(())
    }

    fn read(fields: &mut Fields<'_, '_>) -> Draft<()> {
        model::read(fields)
    }

    fn view(loaded: &Loaded<()>, shown: &Shown) -> Topic {
        model::view(loaded, shown)
    }

    fn facets(_own: &()) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// A topic cannot become its own ancestor.
    fn check(
        connection: &mut Connection,
        id: Option<Id>,
        _own: &(),
        links: &[(NewLink, Id)],
        errors: &mut Vec<Violation>,
    ) -> Result<(), Problem> {
        let Some((link, parent)) = links.iter().find(|(link, _)| link.field == "parent") else { return Ok(()) };
        let mut above = Some(*parent);
        for _ in 0..DEEPEST {
            let Some(topic) = above else { return Ok(()) };
            if Some(topic) == id {
                let detail = "A topic cannot be its own ancestor; choose a parent that is not below it.";
                errors.push(Violation::field(link.target.pointer.clone(), "cycle", detail));
                return Ok(());
            }
            above = links::table
                .filter(links::item_id.eq(topic))
                .filter(links::field.eq("parent"))
                .select(links::target_id)
                .first(connection)
                .optional()?;
        }
        errors.push(Violation::field(link.target.pointer.clone(), "too_deep", format!("The tree of topics is at most {DEEPEST} deep.")));
        Ok(())
    }
}
