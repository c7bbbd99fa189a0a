//! The trait of what every kind declares, and how its items are indexed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::sql_fragment::Bind;
use crate::resource::model::item::{ItemRow, Reference};
use crate::resource::model::text_track::TrackSummary;
use crate::resource::schema::ResourceSchema;

/// A kind of item: its declaration, its stored fields, and what is indexed of them.
pub trait ResourceModel: 'static {
    /// The schema of the kind.
    const SCHEMA: &'static ResourceSchema;
    /// The reference field whose target determines some of an item's fields, if the kind has one;
    /// see [`Self::inherit`].
    const INHERITS_FROM: Option<&'static str> = None;
    /// The fields that only this kind has, stored as JSON in the row of the item.
    type Fields: Clone + DeserializeOwned + PartialEq + Send + Serialize + 'static;

    /// The values by which equality filters find an item, as pairs of parameter and value.
    /// References, languages and status are added by the caller.
    fn filter_values(own: &Self::Fields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)>;

    /// The values of the columns of [`ResourceSchema::sort_table`], in the order declared there.
    fn sort_columns(_item: &ItemRow, _own: &Self::Fields, _links: &[Reference]) -> Vec<Bind> {
        Vec::new()
    }

    /// Sets the inherited fields from the target of [`Self::INHERITS_FROM`].
    fn inherit(_own: &mut Self::Fields, _followed: &ItemRow) {}
}
