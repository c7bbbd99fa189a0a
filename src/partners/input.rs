//! Request body of a partner, and its parser.

use crate::resource::model::packed::PackedJson;
use crate::resource::view::resource::{BodyDocs, ParsedFields};

use serde_json::json;

use crate::http::json_fields::{JsonFields, limits};
use crate::partners::fields::{Logo, PARTNER_KINDS, PartnerFields};

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"slug": "european-union", "status": "published", "kind": "donor", "acronym": "EU", "name": "European Union"}),
    ),
    descriptions: &[("is_group", "Whether it is a group of organisations; `false` by default.")],
};

/// Parses and validates a request body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<PartnerFields> {
    let logo = fields.object("logo", |mut logo| {
        let url = logo.url("url");
        let alt = logo.text("alt", limits::SUMMARY);
        logo.require("url", url.is_some());
        logo.finish();
        Some(Logo { url: url?, alt })
    });
    let iati_identifier = fields.text("iati_identifier", limits::SHORT_TEXT);
    fields.add_keywords("iati_identifier", || json!({"example": "XM-DAC-41146"}));
    let own = PartnerFields {
        kind: fields.one_of("kind", PARTNER_KINDS),
        acronym: fields.text("acronym", limits::SHORT_TEXT),
        is_group: fields.flag("is_group").unwrap_or(false),
        country: fields.country("country"),
        website: fields.url("website"),
        iati_identifier,
        logo: PackedJson::object(logo.as_ref()),
    };
    ParsedFields { fields: own, references: Vec::new() }
}
