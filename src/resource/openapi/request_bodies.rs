//! Completes the schemas of request bodies, whose names end in `Input`, so that they match the
//! validation of the server.
//!
//! The types declare the properties of individual fields. Constraints that all fields of a type
//! share (languages, URLs, dates, lists) are added here, as [`crate::http::json_fields`] enforces
//! them.

use serde_json::{Map, Value, json};

use crate::http::json_fields::limits;
use crate::resource::openapi::parameter_schemas::{
    DECIMAL_PATTERN, PERCENTAGE_PATTERN, language_schema,
};
use crate::resource::schema::READ_ONLY_FIELDS;
use crate::text::decimal::format::MAX_DECIMAL_LEN;

/// Fields that hold one or several language tags.
const LANGUAGE_FIELDS: [&str; 7] = [
    "language",
    "original_language",
    "languages",
    "spoken_languages",
    "sign_languages",
    "audio_descriptions",
    "open_captions",
];

/// Returns the schema of an exact decimal as text.
fn decimal_schema() -> Value {
    json!({"type": "string", "pattern": DECIMAL_PATTERN, "maxLength": MAX_DECIMAL_LEN})
}

/// Returns the two forms of a reference: an identifier or slug, or an object with one of them.
fn reference_alternatives() -> [Value; 2] {
    let name = || json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000]+$", "description": "A slug or an id."});
    let either = json!([{"required": ["id"]}, {"required": ["slug"]}]);
    [
        name(),
        json!({"type": "object", "properties": {"id": name(), "slug": name()}, "anyOf": either}),
    ]
}

/// Returns the two forms of a country: its code, or an object with the code.
fn country_alternatives() -> [Value; 2] {
    let code = || json!({"type": "string", "description": "ISO 3166-1 alpha-2 or alpha-3, XK or XKX.", "pattern": "^[A-Za-z]{2,3}$"});
    [code(), json!({"type": "object", "required": ["code"], "properties": {"code": code()}})]
}

/// Returns the shared schemas of references, countries and decimals in bodies.
pub fn shared_input_schemas() -> Value {
    let or_null = |[text, object]: [Value; 2]| json!([text, object, {"type": "null"}]);
    let list = |of: [Value; 2], description: &str| json!({"type": ["array", "null"], "items": {"anyOf": of}, "maxItems": limits::LIST_ITEMS, "description": description});
    json!({
        "ReferenceInput": {"anyOf": or_null(reference_alternatives()), "example": "un-women", "description": "A reference to an item: its slug, its id, or an object with one of them."},
        "ReferencesInput": list(reference_alternatives(), "References to items, in display order."),
        "CountryInput": {"anyOf": or_null(country_alternatives()), "example": "MK", "description": "A country: its code, or an object with the code."},
        "CountriesInput": list(country_alternatives(), "Countries, in display order."),
        "DecimalInput": {"anyOf": [decimal_schema(), {"type": "number"}, {"type": "null"}], "example": "1500", "description": "An exact decimal of at most 60 characters, as text or as a number."},
    })
}

/// Completes the schemas of request bodies.
pub fn complete_request_schemas(schemas: &mut Map<String, Value>) {
    allow_null_translations(schemas);
    add_nested_inputs(schemas);
    for (name, schema) in schemas
        .iter_mut()
        .filter(|(name, _)| name.ends_with("Input") || name.ends_with("Translation"))
    {
        let is_resource =
            name.ends_with("Input") && schema.pointer("/properties/translations").is_some();
        let Some(object) = schema.as_object_mut() else { continue };
        let required: Vec<String> = object
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        for (name, property) in properties.iter_mut() {
            apply_field_constraints(name, property);
            // A required field does not accept null, unlike the shared schema.
            let shared =
                property.get("$ref").and_then(Value::as_str).filter(|_| required.contains(name));
            let alone = match shared {
                Some("#/components/schemas/ReferenceInput") => {
                    (reference_alternatives(), "A slug, an id, or an object with one of them.")
                }
                Some("#/components/schemas/CountryInput") => {
                    (country_alternatives(), "A country code, or an object with one.")
                }
                _ => continue,
            };
            *property = json!({"anyOf": alone.0, "description": alone.1});
        }
        if is_resource {
            for name in READ_ONLY_FIELDS {
                properties.insert(
                    (*name).to_owned(),
                    json!({"description": "Read-only: ignored in requests, so that a response can be sent back."}),
                );
            }
        }
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    add_patch_schemas(schemas);
}

/// Adds the schema of the PATCH body of each resource (RFC 7396): objects, including texts, are
/// merged with the stored ones, so nothing in them is required and null removes any member. Lists
/// are replaced as a whole.
fn add_patch_schemas(schemas: &mut Map<String, Value>) {
    let resources: Vec<(String, Value)> = schemas
        .iter()
        .filter(|(name, schema)| {
            name.ends_with("Input") && schema.pointer("/properties/translations").is_some()
        })
        .filter_map(|(name, schema)| Some((name.strip_suffix("Input")?.to_owned(), schema.clone())))
        .collect();
    for (kind, mut schema) in resources {
        let properties = schema
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut);
        for property in properties.filter(|property| property.get("items").is_none()) {
            retarget_to_patch_schemas(property, schemas);
        }
        if let Some(object) = schema.as_object_mut() {
            object.remove("required");
            object.insert(
                "description".to_owned(),
                json!("JSON Merge Patch (RFC 7396): merged with the stored resource; null removes a field."),
            );
        }
        schemas.insert(format!("{kind}Patch"), schema);
    }
}

/// Points references to merged objects at a copy of their schema in which nothing is required.
fn retarget_to_patch_schemas(value: &mut Value, schemas: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get_mut("$ref") {
                let name = target.rsplit('/').next().unwrap_or_default();
                let patch = format!("{}Patch", name.trim_end_matches("Input"));
                let Some(mut part) =
                    schemas.get(name).filter(|part| part.get("properties").is_some()).cloned()
                else {
                    return;
                };
                if let Some(part) = part.as_object_mut() {
                    part.remove("required");
                }
                for property in part
                    .get_mut("properties")
                    .and_then(Value::as_object_mut)
                    .into_iter()
                    .flat_map(Map::values_mut)
                {
                    *property = json!({"anyOf": [property.clone(), {"type": "null"}]});
                }
                *target = format!("#/components/schemas/{patch}");
                schemas.insert(patch, part);
            } else {
                object.values_mut().for_each(|value| retarget_to_patch_schemas(value, schemas));
            }
        }
        Value::Array(members) => {
            for value in members {
                retarget_to_patch_schemas(value, schemas);
            }
        }
        _ => {}
    }
}

/// Adds the constraints that all fields of this type share.
fn apply_field_constraints(name: &str, property: &mut Value) {
    if name == "translations" {
        property["propertyNames"] = language_schema();
        return;
    }
    if name == "country" && property.get("type").is_some() {
        *property = json!({"$ref": "#/components/schemas/CountryInput"});
        return;
    }
    if property.get("pattern").and_then(Value::as_str) == Some(DECIMAL_PATTERN) {
        *property = json!({"anyOf": [decimal_schema(), {"type": "number"}], "description": property.get("description"), "example": property.get("example")});
        return;
    }
    if property.get("pattern").and_then(Value::as_str) == Some(PERCENTAGE_PATTERN) {
        let text =
            json!({"type": "string", "pattern": PERCENTAGE_PATTERN, "maxLength": MAX_DECIMAL_LEN});
        let null =
            property.get("type").is_some_and(Value::is_array).then(|| json!({"type": "null"}));
        let options: Vec<Value> = [text, json!({"type": "number", "minimum": 0, "maximum": 100})]
            .into_iter()
            .chain(null)
            .collect();
        *property = json!({"anyOf": options, "description": property.get("description"), "example": property.get("example")});
        return;
    }
    let is_list = property.get("items").is_some();
    if is_list {
        property["maxItems"] = json!(limits::LIST_ITEMS);
    }
    let member = if is_list { property.get_mut("items") } else { Some(property) };
    let Some(member) = member.and_then(Value::as_object_mut) else { return };
    let more = match member.get("format").and_then(Value::as_str) {
        _ if LANGUAGE_FIELDS.contains(&name) => language_schema(),
        Some("uri") => json!({"maxLength": limits::URL, "pattern": "^https?://"}),
        Some("date") => json!({"minLength": 10, "maxLength": 10}),
        Some("date-time") => json!({"minLength": 20}),
        // Blank text is parsed as null; fields with a minimum length must not be blank.
        _ if member.get("minLength").is_some() && member.get("pattern").is_none() => {
            json!({"pattern": "\\S"})
        }
        _ => return,
    };
    let Value::Object(more) = more else { return };
    // `type` is not overwritten: it determines whether null is accepted.
    member.extend(more.into_iter().filter(|(keyword, _)| keyword != "type"));
}

/// Allows null as the value of a language in `translations`: a PATCH removes the language this way.
fn allow_null_translations(schemas: &mut Map<String, Value>) {
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| name.ends_with("Input")) {
        let texts = schema
            .pointer_mut("/properties/translations")
            .and_then(Value::as_object_mut)
            .and_then(|map| map.get_mut("additionalProperties"));
        if let Some(texts) = texts {
            *texts = json!({"anyOf": [texts.clone(), {"type": "null"}]});
        }
    }
}

/// Adds an `Input` schema for each nested object. Responses contain all of its fields; request
/// bodies may omit the nullable ones.
fn add_nested_inputs(schemas: &mut Map<String, Value>) {
    const NESTED_SCHEMAS: [&str; 16] = [
        "Accessibility",
        "Baseline",
        "Caption",
        "Chapter",
        "CountryShare",
        "Credit",
        "Disaggregation",
        "Document",
        "Helpline",
        "Logo",
        "Quote",
        "Sector",
        "Source",
        "SourceDocument",
        "Target",
        "Thumbnail",
    ];
    for part in NESTED_SCHEMAS {
        let Some(mut schema) = schemas.get(part).cloned() else { continue };
        let optional = |property: &Value| {
            let kind = property.get("type");
            let null = kind
                .and_then(Value::as_array)
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
            let list = kind.and_then(Value::as_str) == Some("array");
            null || list || property.get("anyOf").is_some() || property.get("oneOf").is_some()
        };
        let properties =
            schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let required: Vec<&String> = properties
            .iter()
            // `kind` of a caption defaults to `subtitles`; `stored` and `transliterated` are set by
            // the server.
            .filter(|(name, property)| {
                !(optional(property)
                    || part == "Caption"
                        && ["kind", "stored", "transliterated"].contains(&name.as_str()))
            })
            .map(|(name, _)| name)
            .collect();
        if let Some(object) = schema.as_object_mut() {
            object.insert("required".to_owned(), json!(required));
            if required.is_empty() {
                object.remove("required");
            }
        }
        schemas.insert(format!("{part}Input"), schema);
    }
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| {
        name.ends_with("Input")
            && !NESTED_SCHEMAS.iter().any(|part| *name == &format!("{part}Input"))
    }) {
        retarget_to_input_schemas(schema, &NESTED_SCHEMAS);
    }
}

fn retarget_to_input_schemas(schema: &mut Value, parts: &[&str]) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get_mut("$ref")
                && parts.iter().any(|part| target.rsplit('/').next() == Some(part))
            {
                target.push_str("Input");
            }
            object.values_mut().for_each(|value| retarget_to_input_schemas(value, parts));
        }
        Value::Array(members) => {
            for value in members {
                retarget_to_input_schemas(value, parts);
            }
        }
        _ => {}
    }
}
