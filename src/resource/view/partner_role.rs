//! Partners and their roles in videos and programmes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::resource::model::item::{LoadedItem, NewReference};
use crate::resource::view::context::{EmbeddedJson, RenderContext};

/// A partner and its role.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartnerRole {
    /// The partner.
    #[schema(schema_with = crate::resource::schema::openapi_refs::embedded_partner)]
    pub partner: EmbeddedJson,
    /// The role of the partner.
    #[schema(required, example = "funder")]
    pub role: Option<String>,
}

/// Parses `partners`.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> Vec<NewReference> {
    fields.objects("partners", |mut inner| {
        let partner = inner.reference("partner");
        let role = inner.text("role", limits::SHORT_TEXT);
        inner.require("partner", partner.is_some());
        inner.finish();
        Some(NewReference { role, ..NewReference::without_role("partners", partner?) })
    })
}

/// Renders `partners`.
pub fn render<O>(loaded: &LoadedItem<O>, render_context: &RenderContext) -> Vec<PartnerRole> {
    loaded
        .references_in("partners")
        .filter_map(|reference| {
            Some(PartnerRole {
                partner: render_context.embedded(&reference.target_id)?,
                role: reference.role.clone(),
            })
        })
        .collect()
}
