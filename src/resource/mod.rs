//! What the kinds of item share: how they are declared, listed, read and written. Knows no kind by
//! its fields.

pub mod cache;
pub mod index;
pub mod model;
pub mod openapi;
pub mod query;
pub mod read;
pub mod schema;
pub mod state;
pub mod store;
pub mod view;
pub mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::sql_fragment::Bind;
use crate::db::{Connection, Id};
use crate::http::json_fields::{JsonFields, ReferenceInput};
use crate::http::problem::{FieldError, Problem};
use crate::resource::schema::ResourceSchema;
use crate::resource::store::items::{ItemRow, LoadedItem, Reference};
use crate::resource::store::tracks::TrackSummary;
use crate::resource::view::context::RenderContext;

/// Whether the public sees an item or a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written; only holders of a key see it.
    Draft,
    /// Public.
    Published,
    /// No longer public.
    Archived,
}

impl Status {
    /// All states with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("draft", Self::Draft), ("published", Self::Published), ("archived", Self::Archived)];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }
}

/// A reference that a body asks for.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// The field.
    pub field: &'static str,
    /// What it names.
    pub target: ReferenceInput,
    /// The part it plays.
    pub role: Option<String>,
    /// Beginning of the passage meant, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the passage meant, in milliseconds.
    pub end_ms: Option<i64>,
}

impl NewReference {
    /// A reference without a role.
    pub fn without_role(field: &'static str, target: ReferenceInput) -> Self {
        Self { field, target, role: None, start_ms: None, end_ms: None }
    }
}

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
