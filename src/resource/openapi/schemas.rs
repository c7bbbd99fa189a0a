//! Schemas that no type declares, schemas derived from others, and examples.

use serde_json::{Map, Value, json};

use crate::resource::schema::{ResourceKind, ResourceSchema};

/// Returns the shared schemas of embedded resources in responses.
pub(super) fn shared_response_schemas() -> Value {
    let embedded_schema = |kind: &str, null: bool| {
        let mut options = vec![
            json!({"$ref": format!("#/components/schemas/{kind}")}),
            json!({"$ref": format!("#/components/schemas/{kind}Partial")}),
            json!({"$ref": "#/components/schemas/Reference"}),
        ];
        if null {
            options.push(json!({"type": "null"}));
        }
        json!({"anyOf": options, "description": "A reference (`id`, `slug`, `title`), or the full resource if `include` requests it."})
    };
    let names = ResourceKind::in_display_order(ResourceKind::searched())
        .into_iter()
        .map(ResourceKind::schema_name);
    let all = names.flat_map(|name| [name.to_owned(), format!("{name}Partial")]);
    let all: Vec<Value> =
        all.map(|name| json!({"$ref": format!("#/components/schemas/{name}")})).collect();
    json!({
        "FullItem": {"anyOf": all, "description": "A full resource of any kind."},
        "TopicOrNull": embedded_schema("Topic", true),
        "EmbeddedTopics": {"type": "array", "items": embedded_schema("Topic", false), "description": "Topics, in display order."},
        "ResultStatementOrNull": embedded_schema("ResultStatement", true),
        "IndicatorOrNull": embedded_schema("Indicator", true),
        "ProgrammeOrNull": embedded_schema("Programme", true),
        "EmbeddedPartner": embedded_schema("Partner", false),
        "PartnerOrNull": embedded_schema("Partner", true),
        "EmbeddedVideo": embedded_schema("Video", false),
    })
}

/// Flattens `allOf` of objects, which flattened structs produce, into one object, which code
/// generators handle better.
pub(super) fn flatten_all_of(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let Some(Value::Array(parts)) =
            schemas.get(&name).and_then(|schema| schema.get("allOf")).cloned()
        else {
            continue;
        };
        let mut properties = Map::new();
        let mut required: Vec<Value> = Vec::new();
        for part in parts {
            let target = part
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|path| path.rsplit('/').next())
                .and_then(|target| schemas.get(target))
                .cloned();
            let part = target.unwrap_or(part);
            if let Some(Value::Object(more)) = part.get("properties") {
                properties.extend(more.clone());
            }
            if let Some(Value::Array(more)) = part.get("required") {
                required.extend(more.clone());
            }
        }
        if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
            schema.remove("allOf");
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("required".to_owned(), Value::Array(required));
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
    }
    // Schemas that were flattened into others are not used on their own.
    let is_of_use = |name: &str| {
        !["CommonFields", "Counts"].contains(&name) && (!name.ends_with("Texts") || name.len() <= 5)
    };
    schemas.retain(|name, _| is_of_use(name));
}

/// Adds the `highlights` property to the schema of each resource.
pub(super) fn add_highlight_properties(
    schemas: &mut Map<String, Value>,
    specs: &[&ResourceSchema],
) {
    for resource_schema in specs {
        let Some(title) = resource_schema.text_fields.first().map(|(title, _)| *title) else {
            continue;
        };
        for schema in schemas.values_mut() {
            let is_this = schema.pointer(&format!("/properties/{title}")).is_some()
                && schema.pointer("/properties/revision").is_some();
            let Some(properties) =
                schema.get_mut("properties").and_then(Value::as_object_mut).filter(|_| is_this)
            else {
                continue;
            };
            properties.insert(
                "highlights".to_owned(),
                json!({
                    "type": "array", "items": {"$ref": "#/components/schemas/Highlight"},
                    "description": "The fields that match the search; only in lists with `highlights=true`.",
                }),
            );
        }
    }
}

/// Adds a property to the schema of each resource for the items that reference it, as requested by
/// `include`.
pub(super) fn add_referenced_by_properties(
    schemas: &mut Map<String, Value>,
    specs: &[&ResourceSchema],
) {
    for resource_schema in specs {
        let Some(properties) = schemas
            .get_mut(resource_schema.kind.schema_name())
            .and_then(|schema| schema.get_mut("properties"))
        else {
            continue;
        };
        for referrer in resource_schema.referenced_by {
            let name = referrer.kind.schema_name();
            let options = json!([{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}Partial")}]);
            let description = format!(
                "The {}s that reference the item, as full resources, newest first; only with `include={}`.",
                referrer.kind.noun(),
                referrer.field
            );
            properties[referrer.field] =
                json!({"type": "array", "items": {"anyOf": options}, "description": description});
        }
    }
}

/// Sets the type of the `translations` of each resource: the texts of its request body.
pub(super) fn add_translation_references(
    schemas: &mut Map<String, Value>,
    specs: &[&ResourceSchema],
) {
    for name in specs.iter().map(|resource_schema| resource_schema.kind.schema_name()) {
        let schema = schemas.get_mut(name);
        if let Some(texts) = schema.and_then(|it| it.pointer_mut("/properties/translations")) {
            texts["additionalProperties"] =
                json!({"$ref": format!("#/components/schemas/{name}Translation")});
        }
    }
}

/// Adds a `Partial` variant of the schema of each resource, for `fields` and `lang=all`: only `id`
/// is required.
pub(super) fn add_partial_schemas(schemas: &mut Map<String, Value>, specs: &[&ResourceSchema]) {
    let resources: Vec<(String, Value)> = schemas
        .iter()
        .filter(|(name, schema)| {
            let has_id = schema.pointer("/properties/id").is_some();
            let others = ["Country", "SearchHit"];
            has_id
                && (schema.pointer("/properties/revision").is_some()
                    || others.contains(&name.as_str()))
                && !specs.is_empty()
        })
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    for (name, mut schema) in resources {
        if let Some(object) = schema.as_object_mut() {
            object.insert("required".to_owned(), json!(["id"]));
            object.insert(
                "description".to_owned(),
                json!(format!("A subset of `{name}`: the fields that `fields` requests, or with `lang=all` all fields except the flat texts.")),
            );
        }
        let page = format!("{name}Page");
        if let Some(items) = schemas
            .get_mut(&page)
            .and_then(|page| page.pointer_mut("/properties/data"))
            .and_then(Value::as_object_mut)
        {
            let options = json!([{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}Partial")}]);
            items.insert("items".to_owned(), json!({"anyOf": options}));
        }
        schemas.insert(format!("{name}Partial"), schema);
    }
}

/// Builds a valid example of a schema: the declared one, or one built from its parts.
pub(super) fn build_example(schema: &Value, schemas: &Value, depth: usize) -> Value {
    if let Some(example) = schema.get("example").or_else(|| schema.get("default")) {
        return example.clone();
    }
    if depth > 16 {
        return Value::Null;
    }
    if let Some(name) =
        schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
    {
        return schemas
            .get(name)
            .map_or(Value::Null, |target| build_example(target, schemas, depth.saturating_add(1)));
    }
    for options in ["anyOf", "oneOf"] {
        if let Some(options) = schema.get(options).and_then(Value::as_array) {
            let is_null =
                |option: &&Value| option.get("type").and_then(Value::as_str) == Some("null");
            // A reference is a shorter example than the full resource.
            let short = options.iter().find(|option| {
                option.get("$ref").and_then(Value::as_str) == Some("#/components/schemas/Reference")
            });
            return short
                .or_else(|| options.iter().find(|option| !is_null(option)))
                .map_or(Value::Null, |option| {
                    build_example(option, schemas, depth.saturating_add(1))
                });
        }
    }
    if let Some(first) =
        schema.get("enum").and_then(Value::as_array).and_then(|words| words.first())
    {
        return first.clone();
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if types.contains(&"null") {
        return Value::Null;
    }
    match types.first().copied() {
        Some("object") => {
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let properties = schema.get("properties").and_then(Value::as_object);
            Value::Object(
                properties
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| required.contains(&name.as_str()))
                    .map(|(name, property)| {
                        (name.clone(), build_example(property, schemas, depth.saturating_add(1)))
                    })
                    .collect(),
            )
        }
        Some("array") => match schema.get("items") {
            Some(items) => json!([build_example(items, schemas, depth.saturating_add(1))]),
            None => json!([]),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("uuid") => json!("0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"),
            Some("date") => json!("2026-05-07"),
            Some("date-time") => json!("2026-05-07T08:00:00Z"),
            Some("uri") => json!("https://media.example.org/item"),
            _ => json!("text"),
        },
        _ => Value::Null,
    }
}
