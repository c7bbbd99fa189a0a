//! The trait that every kind implements: how its bodies are parsed and checked, and how its items
//! are rendered.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::{ItemRow, LoadedItem, NewReference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::view::context::RenderContext;

/// The fields and references that a request body sets, without texts and common fields.
#[derive(Clone, Debug)]
pub struct ParsedFields<F> {
    /// The fields of the kind.
    pub fields: F,
    /// References, in order.
    pub references: Vec<NewReference>,
}

/// A kind of item: how it is parsed, checked and rendered.
pub trait Resource: ResourceModel {
    /// The representation in responses.
    type View: Serialize;

    /// Parses the fields of a request body; errors are reported to `fields`.
    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<Self::Fields>;

    /// Renders the representation.
    fn render(loaded: LoadedItem<Self::Fields>, context: &RenderContext) -> Self::View;

    /// Performs the checks that need the database, and sets inherited fields. The references are
    /// resolved.
    fn validate(
        _connection: &mut Connection,
        _id: Option<Id>,
        _own: &mut Self::Fields,
        _links: &[(NewReference, Id)],
        _errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Removes from a stored item, before a patch is merged, the fields that the patch invalidates.
    fn before_patch(_fields: &mut Map<String, Value>, _patch: &Map<String, Value>) {}

    /// Updates the items that inherit fields from a saved item.
    fn after_save(
        _connection: &mut Connection,
        _item: &ItemRow,
        _before: &Self::Fields,
        _own: &Self::Fields,
    ) -> Result<(), Problem> {
        Ok(())
    }
}
