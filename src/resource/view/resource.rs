//! The trait that every kind implements: its declaration, its fields and its representation.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::db::sql_fragment::Bind;
use crate::db::{Connection, Id};
use crate::http::json_fields::JsonFields;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::{ItemRow, LoadedItem, NewReference, Reference};
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;
use crate::resource::view::context::RenderContext;

/// What a body says of an item, apart from its texts and what every item has.
#[derive(Clone, Debug)]
pub struct ParsedFields<O> {
    /// The kind's own fields.
    pub fields: O,
    /// References, in order.
    pub references: Vec<NewReference>,
}

/// A kind of item: what it adds to what all of them share.
pub trait Resource: 'static {
    /// Its declaration.
    const SCHEMA: &'static ResourceSchema;
    /// The field that refers to an item which says some of an item's own fields for it, where a
    /// kind has one; see [`Self::follow`].
    const INHERITS_FROM: Option<&'static str> = None;
    /// Its own fields, kept as JSON in the row of the item.
    type Fields: Clone + DeserializeOwned + PartialEq + Send + Serialize + 'static;
    /// The resource as answered.
    type View: Serialize;

    /// Reads a body's fields; what is wrong is reported to `fields`.
    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<Self::Fields>;

    /// Draws the resource.
    fn render(loaded: LoadedItem<Self::Fields>, shown: &RenderContext) -> Self::View;

    /// The values that equality filters find it by: parameter and value. References, languages and
    /// status are added.
    fn filter_values(own: &Self::Fields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)>;

    /// The values of the columns that [`Spec::table`] declares, in that order.
    fn sort_columns(_item: &ItemRow, _own: &Self::Fields, _links: &[Reference]) -> Vec<Bind> {
        Vec::new()
    }

    /// Checks what only the database can tell, and adds what the item takes over from others.
    /// `links` have been resolved.
    fn validate(
        _connection: &mut Connection,
        _id: Option<Id>,
        _own: &mut Self::Fields,
        _links: &[(NewReference, Id)],
        _errors: &mut Vec<FieldError>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Removes from an item, as it is before it is patched, what the patch makes void.
    fn before_patch(_fields: &mut Map<String, Value>, _patch: &Map<String, Value>) {}

    /// Hands on what others have taken over from an item that was stored anew.
    fn after_save(
        _connection: &mut Connection,
        _item: &ItemRow,
        _before: &Self::Fields,
        _own: &Self::Fields,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Takes over what that item says.
    fn inherit(_own: &mut Self::Fields, _followed: &ItemRow) {}
}
