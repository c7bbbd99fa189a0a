//! The trait that every kind implements: how its bodies are parsed and checked, and how its items
//! are rendered.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::{ItemRow, LoadedItem, NewReference};
use crate::resource::model::resource::ResourceModel;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;

/// The fields and references that a request body sets, without texts and common fields.
#[derive(Clone, Debug)]
pub struct ParsedFields<F> {
    /// The fields of the kind.
    pub fields: F,
    /// References, in order.
    pub references: Vec<NewReference>,
}

/// An item as a request body describes it, before it is stored.
pub struct ItemDraft<'a, F> {
    /// Id of the stored item; `None` for a new one.
    pub id: Option<Id>,
    /// The fields of the kind.
    pub fields: &'a mut F,
    /// The references and the ids of their targets.
    pub references: &'a [(NewReference, Id)],
    /// The declarations of all kinds.
    pub schemas: &'a [&'static ResourceSchema],
}

/// Documentation of the request bodies of a kind, where it differs from that of responses.
#[derive(Debug)]
pub struct BodyDocs {
    /// Returns an example of a body.
    pub example: Option<fn() -> Value>,
    /// Descriptions of members (`chapters`), of schemas (`EvidenceInput`, and `Translation` for the
    /// texts in one language), and of the members of these schemas (`EvidenceInput.end_seconds`).
    pub descriptions: &'static [(&'static str, &'static str)],
}

/// A kind of item: how it is parsed, checked and rendered.
pub trait Resource: ResourceModel {
    /// The representation in responses.
    type View: Serialize;

    /// Documentation of the request bodies.
    const BODY_DOCS: &'static BodyDocs = &BodyDocs { example: None, descriptions: &[] };

    /// Parses the fields of a request body; errors are reported to `fields`.
    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<Self::Fields>;

    /// Renders the representation.
    fn render(loaded: LoadedItem<Self::Fields>, context: &RenderContext) -> Self::View;

    /// Performs the checks that need the database, and sets inherited fields. The references are
    /// resolved.
    fn validate(
        _connection: &mut Connection,
        _draft: ItemDraft<'_, Self::Fields>,
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
