//! Storage behaviour of results: filter values, and validation of their hierarchy.

use crate::db::sql_fragment::{Bind, Fragment, id_in_fragment};
use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::impact::results::model::{self, ResultFields, ResultStatement, SCHEMA};
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::store::hierarchy::{self, MAX_DEPTH, ParentFault};
use crate::resource::store::items::{load_items, referencing_items};
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::{BodyDocs, ItemDraft, ParsedFields, Resource};

/// The `result` resource.
pub struct Results;

impl ResourceModel for Results {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = ResultFields;

    fn filter_values(own: &ResultFields, _tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
        own.level.iter().map(|level| ("level", level.clone())).collect()
    }

    fn sort_columns(_item: &ItemRow, own: &ResultFields, _links: &[Reference]) -> Vec<Bind> {
        vec![own.order.map_or(Bind::Null, Bind::Integer)]
    }
}

impl Resource for Results {
    type View = ResultStatement;
    const BODY_DOCS: &'static BodyDocs = &model::BODY_DOCS;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<ResultFields> {
        model::parse(fields)
    }

    fn render(loaded: LoadedItem<ResultFields>, render_context: &RenderContext) -> ResultStatement {
        model::render(loaded, render_context)
    }

    /// A result contributes to one of the same programme that is not on a lower level, and not to
    /// itself. The results that contribute to it must still fit.
    fn validate(
        connection: &mut Connection,
        draft: ItemDraft<'_, ResultFields>,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        let find = |field: &str| draft.references.iter().find(|(link, _)| link.field == field);
        let own = Place {
            rank: draft.fields.level_rank(),
            programme: find("programme").map(|(_, id)| *id),
        };
        if let Some((link, parent)) = find("parent") {
            let pointer = link.target.pointer.as_str();
            errors.extend(check_parent(connection, (pointer, *parent), draft.id, own)?);
        }
        let Some(id) = draft.id else { return Ok(()) };
        for child in load_children(connection, id)? {
            let mismatch = Place::of(&child).mismatch_below(own);
            if let Some((field, detail)) = mismatch {
                let detail =
                    format!("The result `{}` contributes to this one: {detail}", child.slug);
                errors.push(FieldError::field(format!("/{field}"), "does_not_fit", detail));
                break;
            }
        }
        Ok(())
    }
}

/// Level and programme of a result.
#[derive(Clone, Copy)]
struct Place {
    rank: Option<usize>,
    programme: Option<Id>,
}

impl Place {
    fn of(item: &ItemRow) -> Self {
        let programme = item.references().into_iter().find(|link| link.field == "programme");
        Self {
            rank: item.parse_fields::<ResultFields>().and_then(|fields| fields.level_rank()),
            programme: programme.map(|link| link.target_id),
        }
    }

    /// Returns the field in which a result does not fit below another one, and the reason.
    fn mismatch_below(self, parent: Self) -> Option<(&'static str, &'static str)> {
        if self.rank.zip(parent.rank).is_some_and(|(own, parent)| own > parent) {
            return Some((
                "level",
                "outputs lead to outcomes, and outcomes to an impact, not the other way round.",
            ));
        }
        let differ = parent.programme.is_some() && self.programme != parent.programme;
        differ.then_some(("programme", "it is of another programme."))
    }
}

/// Checks the result to which a result contributes, given by pointer and id.
fn check_parent(
    connection: &mut Connection,
    (pointer, parent): (&str, Id),
    own_id: Option<Id>,
    own: Place,
) -> Result<Option<FieldError>, Problem> {
    if Some(parent) != own_id {
        let item = load_items(connection, &id_in_fragment("items.id", [&parent]))?.pop();
        let mismatch = item.and_then(|item| own.mismatch_below(Place::of(&item)));
        if let Some((field, detail)) = mismatch {
            let detail = format!("The parent has another {field}: {detail}");
            return Ok(Some(FieldError::field(pointer, "does_not_fit", detail)));
        }
    }
    let fault = hierarchy::check_parent(connection, &SCHEMA, parent, own_id)?;
    Ok(fault.map(|fault| match fault {
        ParentFault::Cycle => {
            let detail = "A result cannot contribute to itself; choose a parent that does not contribute to it.";
            FieldError::field(pointer, "cycle", detail)
        }
        ParentFault::TooDeep => {
            let detail = format!(
                "Results can be nested at most {MAX_DEPTH} levels deep, including those below this one."
            );
            FieldError::field(pointer, "too_deep", detail)
        }
    }))
}

/// Loads the results directly below a result, including deleted ones.
fn load_children(connection: &mut Connection, id: Id) -> Result<Vec<ItemRow>, Problem> {
    let kind = Fragment::new(" AND items.kind = ")
        .bind(Bind::Text(ResourceKind::RESULT.as_str().to_owned()));
    let mut rows = load_items(connection, &referencing_items(id).append(&kind))?;
    rows.retain(|row| {
        row.purged_at.is_none()
            && row.references().iter().any(|link| link.field == "parent" && link.target_id == id)
    });
    Ok(rows)
}
