//! Schemas of request bodies, whose names end in `Input`, `Translation` and `Patch`.
//!
//! The parsers describe the members, see [`JsonFields::describe`]. This module names the nested
//! schemas, adds null to what is optional, and adds descriptions and examples: those of the member
//! of the same name in responses, unless the kind has its own, see [`BodyDocs`].
//!
//! [`JsonFields::describe`]: crate::http::json_fields::JsonFields::describe

use std::mem::take;

use serde_json::{Map, Value, json};

use crate::http::json_fields::schema::{self, with_keyword};
use crate::resource::schema::{READ_ONLY_FIELDS, ResourceSchema, TextField};
use crate::resource::view::resource::BodyDocs;
use crate::resource::write::body::RequestBody;

/// Descriptions of members and schemas that all kinds share.
const COMMON_DESCRIPTIONS: &[(&str, &str)] = &[
    ("status", "Publication status; `draft` by default."),
    (
        "published_at",
        "Time of publication; set at first publication by default. A published item whose time is in the future is `scheduled`.",
    ),
    ("unpublish_at", "When the item will be archived; must be later than `published_at`."),
    ("original_language", "Language in which the item was written (BCP 47)."),
    (
        "language",
        "Language of the texts outside `translations` (BCP 47); by default that of the parameter `lang`, otherwise `original_language`.",
    ),
    (
        "transliterated",
        "Whether the texts outside `translations` are those that a read transliterated. They are accepted if they are unchanged.",
    ),
    ("translations", "Texts by language tag; in a PATCH, null removes a language."),
    ("credit_line", "Attribution line; must be shown wherever the item is displayed."),
    ("disclaimer", "Disclaimer; must be shown wherever the item is displayed."),
    ("Translation.status", "Publication status of this language."),
    ("PartnerRoleInput", "A partner and its role, in a request body."),
];

const BODY_DESCRIPTION: &str = "Request body of POST and PUT, and the merge patch of PATCH. Texts outside `translations` are in `language`.";

const READ_ONLY_DESCRIPTION: &str =
    "Read-only: ignored in requests, so that a response can be sent back.";

const REQUIRED_REFERENCE_DESCRIPTION: &str = "A slug, an id, or an object with one of them.";

const PATCH_DESCRIPTION: &str =
    "JSON Merge Patch (RFC 7396): merged with the stored resource; null removes a field.";

/// Returns the shared schemas of references, countries and decimals in bodies.
pub fn shared_input_schemas() -> Value {
    let example = |schema: Value, example: &str| with_keyword(schema, "example", json!(example));
    json!({
        "ReferenceInput": described(nullable(example(schema::reference(), "un-women")), "A reference to an item: its slug, its id, or an object with one of them."),
        "ReferencesInput": described(nullable(schema::list(&schema::reference())), "References to items, in display order."),
        "CountryInput": described(nullable(example(schema::country(), "MK")), "A country: its code, or an object with the code."),
        "CountriesInput": described(nullable(schema::list(&schema::country())), "Countries, in display order."),
        "DecimalInput": described(nullable(example(schema::decimal(), "1500")), "An exact decimal of at most 60 characters, as text or as a number."),
    })
}

/// Adds the schemas of the body of each kind: of POST and PUT, of its texts in one language, and of
/// PATCH.
pub fn add_request_schemas(schemas: &mut Map<String, Value>, bodies: &[RequestBody]) {
    for body in bodies {
        let kind = body.resource_schema.kind.schema_name();
        let mut builder =
            BodyBuilder { schemas, resource_schema: body.resource_schema, docs: body.docs };
        builder.add(&format!("{kind}Input"), kind, body.schema.clone());
    }
    for body in bodies {
        add_patch_schema(schemas, body.resource_schema.kind.schema_name());
    }
}

/// Adds the schemas of the body of one kind.
struct BodyBuilder<'a> {
    schemas: &'a mut Map<String, Value>,
    resource_schema: &'static ResourceSchema,
    docs: &'static BodyDocs,
}

impl BodyBuilder<'_> {
    /// Adds a schema that a parser has recorded, and those of nested objects. `response` is the
    /// name of the corresponding schema in responses.
    fn add(&mut self, name: &str, response: &str, mut recorded: Value) {
        let shown = self.schemas.get(response).cloned().unwrap_or_default();
        let required: Vec<Value> =
            recorded.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let members = recorded.get_mut("properties").and_then(Value::as_object_mut);
        for (member, schema) in members.into_iter().flatten() {
            let context = MemberContext {
                component: name,
                name: member,
                shown: shown.pointer(&format!("/properties/{member}")).unwrap_or(&Value::Null),
                is_required: required.iter().any(|name| name == member),
            };
            *schema = self.member(&context, take(schema));
        }
        let mut schema = described(recorded, &self.schema_description(name, &shown));
        if let Some(example) = self.docs.example.filter(|_| self.is_body(name)) {
            schema = with_keyword(schema, "example", example());
        }
        self.schemas.insert(name.to_owned(), schema);
    }

    /// Returns the complete schema of a member.
    fn member(&mut self, context: &MemberContext<'_>, mut schema: Value) -> Value {
        let description = self.member_description(context);
        if let Some(shared) = schema.get("$ref").and_then(Value::as_str) {
            if !context.is_required {
                return schema;
            }
            // A required member does not accept null, unlike the shared schema.
            match shared.rsplit('/').next() {
                Some("DecimalInput") => schema = schema::decimal(),
                Some("CountryInput") => {
                    return described(schema::country(), "A country code, or an object with one.");
                }
                _ => return described(schema::reference(), REQUIRED_REFERENCE_DESCRIPTION),
            }
        } else if schema.get("properties").is_some() {
            let target = self.add_nested(context, schema);
            return reference_to(&target, &description, context.is_required);
        } else if schema.get("enum").is_some() {
            let named = component_of(context.shown).filter(|name| {
                self.schemas.get(*name).and_then(|named| named.get("enum")) == schema.get("enum")
            });
            if let Some(name) = named {
                return reference_to(name, &description, context.is_required);
            }
        }
        if let Some(items) =
            schema.get_mut("items").filter(|items| items.get("properties").is_some())
        {
            let target = self.add_nested(context, take(items));
            *items = json!({"$ref": format!("#/components/schemas/{target}")});
        }
        if let Some(texts) = schema.pointer_mut("/additionalProperties/anyOf/0") {
            let kind = self.resource_schema.kind.schema_name();
            let target = format!("{kind}Translation");
            self.add(&target, kind, take(texts));
            *texts = json!({"$ref": format!("#/components/schemas/{target}")});
        }
        if !context.is_required {
            schema = nullable(schema);
        }
        schema = described(schema, &description);
        if let Some(example) =
            context.shown.get("example").filter(|_| !self.is_body(context.component))
        {
            schema = with_keyword(schema, "example", example.clone());
        }
        schema
    }

    /// Adds the schema of a nested object, named after the one in responses. Returns its name.
    fn add_nested(&mut self, context: &MemberContext<'_>, recorded: Value) -> String {
        let response = component_of(context.shown).unwrap_or(context.name);
        let name = format!("{response}Input");
        self.add(&name, response, recorded);
        name
    }

    fn is_body(&self, component: &str) -> bool {
        component.strip_suffix("Input") == Some(self.resource_schema.kind.schema_name())
    }

    /// Returns the description of a schema.
    fn schema_description(&self, name: &str, shown: &Value) -> String {
        if let Some(description) = self.declared_description(declared_name(name)) {
            return description.to_owned();
        }
        if self.is_body(name) {
            return BODY_DESCRIPTION.to_owned();
        }
        if declared_name(name) != name {
            let noun = self.resource_schema.kind.noun();
            let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            return format!("Texts of {article} {noun} in one language.");
        }
        description_of(shown).to_owned()
    }

    /// Returns the description of a member.
    fn member_description(&self, context: &MemberContext<'_>) -> String {
        let MemberContext { component, name, shown, .. } = *context;
        let is_body = self.is_body(component);
        let key = format!("{}.{name}", declared_name(component));
        if let Some(description) = self.declared_description(if is_body { name } else { &key }) {
            return description.to_owned();
        }
        let shown = description_of(shown);
        let texts = self.resource_schema.text_fields;
        match name {
            _ if !is_body => shown.to_owned(),
            "slug" => {
                let title = texts.iter().find(|(_, column)| *column == TextField::Title);
                let title = title.map_or("texts", |(title, _)| title);
                format!("Readable identifier in URLs; generated from the {title} by default.")
            }
            _ if texts.iter().any(|(text, _)| *text == name) => {
                format!("{}, in `language`.", shown.trim_end_matches('.'))
            }
            _ if READ_ONLY_FIELDS.contains(&name) => READ_ONLY_DESCRIPTION.to_owned(),
            _ => shown.to_owned(),
        }
    }

    fn declared_description(&self, key: &str) -> Option<&'static str> {
        let mut declared = self.docs.descriptions.iter().chain(COMMON_DESCRIPTIONS);
        declared.find(|(name, _)| *name == key).map(|(_, description)| *description)
    }
}

/// Returns the name of a schema in [`BodyDocs`], which is the same for the texts of every kind.
fn declared_name(component: &str) -> &str {
    if component.ends_with("Translation") { "Translation" } else { component }
}

/// A member of a schema, and its schema in responses.
struct MemberContext<'a> {
    component: &'a str,
    name: &'a str,
    shown: &'a Value,
    is_required: bool,
}

/// Returns the schema with a description.
fn described(schema: Value, description: &str) -> Value {
    with_keyword(schema, "description", json!(description))
}

/// Returns the schema with null as a further value.
fn nullable(mut schema: Value) -> Value {
    if let Some(options) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        options.push(json!({"type": "null"}));
    } else if let Some(name) = schema.get_mut("type") {
        *name = json!([name, "null"]);
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

/// Returns a reference to a schema, or to it and null.
fn reference_to(name: &str, description: &str, is_required: bool) -> Value {
    let target =
        json!({"$ref": format!("#/components/schemas/{name}"), "description": description});
    if is_required { target } else { json!({"oneOf": [target, {"type": "null"}]}) }
}

/// Returns the name of the schema that a property of a response references, directly, as an item or
/// beside null.
fn component_of(property: &Value) -> Option<&str> {
    ["/$ref", "/items/$ref", "/oneOf/0/$ref"]
        .into_iter()
        .find_map(|at| property.pointer(at))
        .and_then(Value::as_str)
        .and_then(|target| target.rsplit('/').next())
}

fn description_of(property: &Value) -> &str {
    let described = ["/description", "/oneOf/0/description"];
    let description = described.into_iter().find_map(|at| property.pointer(at));
    description.and_then(Value::as_str).unwrap_or_default()
}

/// Adds the schema of the PATCH body of a kind (RFC 7396): objects, including texts, are merged with
/// the stored ones, so nothing in them is required and null removes any member. Lists are replaced
/// as a whole.
fn add_patch_schema(schemas: &mut Map<String, Value>, kind: &str) {
    let Some(mut schema) = schemas.get(&format!("{kind}Input")).cloned() else { return };
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties
        .into_iter()
        .flat_map(Map::values_mut)
        .filter(|property| property.get("items").is_none())
    {
        retarget_to_patch_schemas(property, schemas);
    }
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schemas.insert(format!("{kind}Patch"), described(schema, PATCH_DESCRIPTION));
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
