//! Request body of a partner, and its parser.

use crate::resource::model::item::Status;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::ParsedFields;
use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::partners::fields::{Logo, PARTNER_KINDS, PartnerFields, PartnerKind};
use crate::partners::view::PartnerTranslation;

/// Request body of POST and PUT, and the merge patch of PATCH. Texts outside `translations` are in
/// `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"slug": "european-union", "status": "published", "kind": "donor", "acronym": "EU", "name": "European Union"}))]
pub struct PartnerInput {
    /// Readable identifier in URLs; generated from the name by default.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// Publication status; `draft` by default.
    pub status: Option<Status>,
    /// Time of publication; set at first publication by default.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Language in which the item was written (BCP 47).
    pub original_language: Option<String>,
    /// Texts by language tag; in a PATCH, null removes a language.
    pub translations: Option<BTreeMap<String, PartnerTranslation>>,
    /// Name, in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub name: Option<String>,
    /// Description as plain text, in the original language.
    #[schema(max_length = 50000)]
    pub description: Option<String>,
    /// Attribution line in the original language; must be shown wherever the item is displayed.
    #[schema(max_length = 2000)]
    pub credit_line: Option<String>,
    /// Disclaimer in the original language; must be shown wherever the item is displayed.
    #[schema(max_length = 2000)]
    pub disclaimer: Option<String>,
    /// Kind of organisation.
    pub kind: Option<PartnerKind>,
    /// Short name.
    #[schema(max_length = 200)]
    pub acronym: Option<String>,
    /// Whether it is a group of organisations; `false` by default.
    pub is_group: Option<bool>,
    /// Country where it is based: a code, or an object that contains one.
    #[schema(schema_with = crate::resource::schema::openapi_refs::country_input)]
    pub country: Option<String>,
    /// Website.
    #[schema(format = "uri")]
    pub website: Option<String>,
    /// IATI organisation identifier.
    #[schema(max_length = 200, example = "XM-DAC-41146")]
    pub iati_identifier: Option<String>,
    /// Logo.
    pub logo: Option<Logo>,
}

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<PartnerFields> {
    let logo = fields.object("logo", |mut logo| {
        let url = logo.url("url");
        let alt = logo.text("alt", limits::SUMMARY);
        logo.require("url", url.is_some());
        logo.finish();
        Some(Logo { url: url?, alt })
    });
    let own = PartnerFields {
        kind: fields.one_of("kind", PARTNER_KINDS),
        acronym: fields.text("acronym", limits::SHORT_TEXT),
        is_group: fields.flag("is_group").unwrap_or(false),
        country: fields.country("country"),
        website: fields.url("website"),
        iati_identifier: fields.text("iati_identifier", limits::SHORT_TEXT),
        logo: PackedJson::object(logo.as_ref()),
    };
    ParsedFields { fields: own, references: Vec::new() }
}
