//! Stored fields of a programme, and the value types inside them.

use crate::resource::model::packed::PackedJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Activity status (IATI `ActivityStatus`).
pub const ACTIVITY_STATUSES: &[&str] =
    &["pipeline", "implementation", "finalisation", "closed", "cancelled", "suspended"];

/// Activity status (IATI `ActivityStatus`).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum ActivityStatus {
    Pipeline,
    Implementation,
    Finalisation,
    Closed,
    Cancelled,
    Suspended,
}

/// A helpline for people affected.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Helpline {
    /// Country that it serves.
    #[schema(required, example = "MK")]
    pub country: Option<String>,
    /// Languages spoken (BCP 47).
    pub languages: Vec<String>,
    /// Name.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// Telephone number.
    #[schema(required, max_length = 200)]
    pub phone: Option<String>,
    /// Website.
    #[schema(required, format = "uri")]
    pub url: Option<String>,
}

/// Stored fields of a programme.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ProgrammeFields {
    /// Start date.
    pub start_date: Option<chrono::NaiveDate>,
    /// End date.
    pub end_date: Option<chrono::NaiveDate>,
    /// Website.
    pub website: Option<String>,
    /// IATI identifier.
    pub iati_identifier: Option<String>,
    /// See [`ACTIVITY_STATUSES`].
    pub iati_status: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// [`CountryShare`](crate::programmes::allocations::CountryShare)s.
    pub country_shares: PackedJson,
    /// [`Sector`](crate::programmes::allocations::Sector)s.
    pub sectors: PackedJson,
    /// [`RecipientRegion`](crate::programmes::allocations::RecipientRegion)s.
    #[serde(default)]
    pub regions: PackedJson,
    /// [`PolicyMarker`](crate::programmes::classifications::PolicyMarker)s.
    #[serde(default)]
    pub policy_markers: PackedJson,
    /// [`Tag`](crate::programmes::classifications::Tag)s.
    #[serde(default)]
    pub tags: PackedJson,
    /// [`OtherIdentifier`](crate::programmes::classifications::OtherIdentifier)s.
    #[serde(default)]
    pub other_identifiers: PackedJson,
    /// [`IatiOverrides`](crate::programmes::reporting::IatiOverrides).
    #[serde(default)]
    pub iati: PackedJson,
    /// [`Helpline`]s.
    pub helplines: PackedJson,
}
