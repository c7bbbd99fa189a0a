//! OpenAPI schemas and query parameter of translation completeness.

use serde_json::{Map, Value, json};

use crate::resource::model::completeness::{part_names, translatable_parts};
use crate::resource::openapi::parameter_schemas::{LANGUAGE_PATTERN, comma_list_parameter};
use crate::resource::schema::{MAX_VALUES, ResourceSchema};
use crate::text::language::MAX_LANGUAGE_TAG_LEN;

/// Returns the `missing` query parameter of a kind.
pub fn missing_parameter(schema: &ResourceSchema) -> Value {
    let names = part_names(&translatable_parts(schema));
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    let media_note = if names.contains(&"captions") {
        " `captions` are those that `caption_language` matches; a `transcript` requires captions or subtitles stored on this server."
    } else {
        ""
    };
    let description = format!(
        "Items that lack a part in a language: a language tag, a dot, and one of {}. Unless drafts are listed (`status`, with a key), only \
         published texts count.{media_note} Transliterated texts do not count; `sr` covers both scripts. Several values match items that lack \
         any of them; `!` matches items that have the part.",
        names.join(", "),
    );
    let items = json!({
        "type": "string", "minLength": shortest.saturating_add(3), "maxLength": MAX_LANGUAGE_TAG_LEN.saturating_add(shortest).saturating_add(1),
        "pattern": format!("^!?{LANGUAGE_PATTERN}\\.({})$", names.join("|")),
    });
    let example = names
        .iter()
        .find(|name| **name == "captions")
        .or(names.first())
        .copied()
        .unwrap_or("title");
    comma_list_parameter("missing", &description, items, MAX_VALUES, &format!("sq.{example}"))
}

/// Adds the `completeness` property to the schema of each resource, and the schema of its values.
pub fn add_completeness_schemas(schemas: &mut Map<String, Value>, specs: &[&ResourceSchema]) {
    for resource_schema in specs {
        let name = resource_schema.kind.schema_name();
        let resource = schemas.get_mut(name).and_then(|schema| schema.get_mut("properties"));
        let Some(properties) = resource.and_then(Value::as_object_mut) else { continue };
        let parts = part_names(&translatable_parts(resource_schema));
        let sources = if parts.contains(&"captions") {
            "of texts visible to the client and of captions"
        } else {
            "of texts visible to the client"
        };
        let description = format!(
            "Existing parts of the item by language tag; only with `include=completeness`. The languages are those {sources}; a language \
             that is not listed has no parts."
        );
        let part = format!("{name}Completeness");
        let target = json!({"$ref": format!("#/components/schemas/{part}")});
        properties.insert(
            "completeness".to_owned(),
            json!({"type": "object", "additionalProperties": target, "description": description}),
        );
        let members: Map<String, Value> =
            parts.iter().map(|name| ((*name).to_owned(), json!({"type": "boolean"}))).collect();
        let description =
            "Whether each part exists in one language. Transliterated texts do not count.";
        schemas.insert(part, json!({"type": "object", "description": description, "required": parts, "properties": members}));
    }
}
