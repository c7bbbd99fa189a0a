//! Stored fields of a partner, and the value types inside them.

use crate::resource::model::packed::PackedJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Kind of organisation.
pub const PARTNER_KINDS: &[&str] = &[
    "donor",
    "multilateral",
    "government",
    "civil_society",
    "academic",
    "private_sector",
    "media",
    "other",
];

/// Kind of organisation.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum PartnerKind {
    Donor,
    Multilateral,
    Government,
    CivilSociety,
    Academic,
    PrivateSector,
    Media,
    Other,
}

/// A logo.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Logo {
    /// URL of the image.
    #[schema(format = "uri")]
    pub url: String,
    /// Alternative text.
    #[schema(required, max_length = 2000)]
    pub alt: Option<String>,
}

/// Stored fields of a partner.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PartnerFields {
    /// See [`PARTNER_KINDS`].
    pub kind: Option<String>,
    /// Short name.
    pub acronym: Option<String>,
    /// Whether it is a group of organisations.
    pub is_group: bool,
    /// Country code.
    pub country: Option<String>,
    /// Website.
    pub website: Option<String>,
    /// IATI identifier.
    pub iati_identifier: Option<String>,
    /// [`Logo`].
    pub logo: PackedJson,
}
