//! The shape of a response: `fields`, `include` and what they add to a representation.

use serde::Serialize;

use crate::http::json_fields::unknown_value_message;
use crate::http::language::LanguagePreference;
use crate::http::query_params::QueryParams;
use crate::resource::schema::ResourceSchema;

/// Parameters that do not affect which items a list contains, nor their order.
pub const PRESENTATION_PARAMS: &[&str] = &[
    "cursor",
    "limit",
    "offset",
    "total",
    "fields",
    "include",
    "facets",
    "facet_limit",
    HIGHLIGHTS_FIELD,
];

/// Shape of a response: the selected fields and the embedded resources.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ResponseShape {
    /// Fields to include besides `id`; all fields if `None`.
    pub fields: Option<Vec<String>>,
    /// Reference fields to embed as full resources.
    pub include: Vec<&'static str>,
    /// Whether to include translation completeness.
    pub completeness: bool,
    /// Requested fields that lists otherwise omit.
    pub on_demand_fields: Vec<&'static str>,
}

impl ResponseShape {
    /// Whether `fields` names a field.
    #[must_use]
    pub fn names_field(&self, name: &str) -> bool {
        self.fields.iter().flatten().any(|field| field == name)
    }
}

/// Field of the items of a search with its matches.
pub const HIGHLIGHTS_FIELD: &str = "highlights";

/// Parses `fields` and `include`, for any read. `list_fields` are the fields that items have in this
/// kind of response only.
pub fn parse_shape(
    schema: &'static ResourceSchema,
    list_fields: &[&'static str],
    params: &mut QueryParams,
    language_preference: &mut LanguagePreference,
) -> ResponseShape {
    let mut shape = ResponseShape::default();
    if let Some(names) = params.list("fields", 100) {
        let known = || schema.all_fields().chain(list_fields.iter().copied());
        for name in &names {
            if !known().any(|field| field == name) {
                params.error("fields", "unknown_value", unknown_value_message(name, known()));
            }
        }
        shape.on_demand_fields.extend(
            schema.on_demand_fields.iter().filter(|extra| names.iter().any(|name| name == *extra)),
        );
        shape.fields = Some(names);
    }
    if let Some(names) = params.list("include", 20) {
        for name in names {
            if name == "translations" {
                language_preference.include_translations = true;
            } else if name == "completeness" {
                shape.completeness = true;
            } else if let Some(extra) = schema.on_demand_fields.iter().find(|extra| **extra == name)
            {
                shape.on_demand_fields.push(extra);
            } else if let Some(referrer) =
                schema.referenced_by.iter().find(|referrer| referrer.field == name)
            {
                if !shape.include.contains(&referrer.field) {
                    shape.include.push(referrer.field);
                }
            } else if let Some(reference) = schema.reference(&name) {
                if !shape.include.contains(&reference.field) {
                    shape.include.push(reference.field);
                }
            } else {
                params.error(
                    "include",
                    "unknown_value",
                    unknown_value_message(&name, schema.all_includes()),
                );
            }
        }
    }
    shape
}
