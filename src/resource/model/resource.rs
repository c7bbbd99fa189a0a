//! The trait that every kind implements, with the values that are indexed for its items.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::sql_fragment::Bind;
use crate::resource::model::item::{ItemRow, Reference};
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;

/// A kind of resource: its schema, its stored fields, and the values that are indexed.
pub trait ResourceModel: 'static {
    /// The schema of the kind.
    const SCHEMA: &'static ResourceSchema;
    /// The reference field from whose target an item inherits fields, if the kind has one; see
    /// [`Self::inherit`].
    const INHERITS_FROM: Option<&'static str> = None;
    /// The fields specific to this kind, stored as JSON in the row of the item.
    type Fields: Clone + DeserializeOwned + PartialEq + Send + Serialize + 'static;

    /// Returns the values by which equality filters find an item, as pairs of parameter and value.
    /// The caller adds references, languages and year of publication.
    fn filter_values(own: &Self::Fields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)>;

    /// Returns the values of the columns of [`ResourceSchema::sort_table`], in the order declared
    /// there.
    fn sort_columns(_item: &ItemRow, _own: &Self::Fields, _links: &[Reference]) -> Vec<Bind> {
        Vec::new()
    }

    /// Sets the inherited fields from the target of [`Self::INHERITS_FROM`].
    fn inherit(_own: &mut Self::Fields, _followed: &ItemRow) {}
}
