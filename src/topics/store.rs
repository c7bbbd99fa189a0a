//! How topics are stored: they have no fields of their own beside what every item has.

use super::model::{self, SPEC, Topic};
use crate::db::sql::id_in_fragment;
use crate::db::{Connection, Id};
use crate::http::fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::load::{Loaded, read_items};
use crate::resource::shown::Shown;
use crate::resource::spec::Spec;
use crate::resource::tracks::Summary;
use crate::resource::{Draft, NewLink, Subject};

/// Topics as a kind of item.
pub struct Topics;

/// How deep the tree may be.
const DEEPEST: usize = 32;

impl Subject for Topics {
    const SPEC: &'static Spec = &SPEC;
    type Own = ();
    type View = Topic;

    fn read(fields: &mut JsonFields<'_, '_>) -> Draft<()> {
        model::read(fields)
    }

    fn view(loaded: Loaded<()>, shown: &Shown) -> Topic {
        model::view(loaded, shown)
    }

    fn facets(_own: &(), _tracks: &[Summary]) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// A topic cannot become its own ancestor.
    fn check(
        connection: &mut Connection,
        id: Option<Id>,
        _own: &mut (),
        links: &[(NewLink, Id)],
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let Some((link, parent)) = links.iter().find(|(link, _)| link.field == "parent") else {
            return Ok(());
        };
        let mut above = Some(*parent);
        for _ in 0..DEEPEST {
            let Some(topic) = above else { return Ok(()) };
            if Some(topic) == id {
                let detail =
                    "A topic cannot be its own ancestor; choose a parent that is not below it.";
                errors.push(FieldError::field(link.target.pointer.clone(), "cycle", detail));
                return Ok(());
            }
            let topic = read_items(connection, &id_in_fragment("items.id", [&topic]))?.pop();
            above = topic
                .and_then(|topic| topic.links().into_iter().find(|link| link.field == "parent"))
                .map(|link| link.target_id);
        }
        errors.push(FieldError::field(
            link.target.pointer.clone(),
            "too_deep",
            format!("The tree of topics is at most {DEEPEST} deep."),
        ));
        Ok(())
    }
}
