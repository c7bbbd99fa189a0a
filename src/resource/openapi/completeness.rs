//! Schemas and the query parameter of translation completeness.

use serde_json::{Map, Value, json};

use crate::resource::model::completeness::{part_names, translatable_parts};
use crate::resource::openapi::parameter_schemas::{LANGUAGE_PATTERN, comma_list_parameter};
use crate::resource::schema::{MAX_VALUES, ResourceSchema};
use crate::text::language::MAX_LANGUAGE_TAG_LEN;

/// The parameter as the document describes it.
pub fn missing_parameter(schema: &ResourceSchema) -> Value {
    let names = part_names(&translatable_parts(schema));
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    let media_note = if names.contains(&"captions") {
        " `captions` are those that `caption_language` finds; a `transcript` is made of captions or subtitles that this server keeps."
    } else {
        ""
    };
    let description = format!(
        "Items that lack a part in a language: the language's tag, a dot, and one of {}. Without a key that lists drafts (`status`) only \
         published texts are there.{media_note} What is made from the other script is not there; `sr` means both scripts. Several mean that \
         any of them is missing; `!` that it is there.",
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

/// Adds the member to each resource, and what it looks like.
pub fn add_completeness_schemas(schemas: &mut Map<String, Value>, specs: &[&ResourceSchema]) {
    for resource_schema in specs {
        let name = resource_schema.kind.schema_name();
        let resource = schemas.get_mut(name).and_then(|schema| schema.get_mut("properties"));
        let Some(properties) = resource.and_then(Value::as_object_mut) else { continue };
        let parts = part_names(&translatable_parts(resource_schema));
        let sources = if parts.contains(&"captions") {
            "of texts that you may see and of captions"
        } else {
            "of texts that you may see"
        };
        let description = format!(
            "Which parts are there, by language tag; only with `include=completeness`. The languages are those {sources}: in a language \
             that is not named nothing is there."
        );
        let part = format!("{name}Completeness");
        let target = json!({"$ref": format!("#/components/schemas/{part}")});
        properties.insert(
            "completeness".to_owned(),
            json!({"type": "object", "additionalProperties": target, "description": description}),
        );
        let members: Map<String, Value> =
            parts.iter().map(|name| ((*name).to_owned(), json!({"type": "boolean"}))).collect();
        let description = "Whether each part is there in one language. What is made from the other script is not.";
        schemas.insert(part, json!({"type": "object", "description": description, "required": parts, "properties": members}));
    }
}
