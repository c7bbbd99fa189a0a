//! Headers, links and examples of the responses in the OpenAPI document.

use serde_json::{Map, Value, json};

use crate::resource::openapi::schemas::build_example;
use crate::resource::schema::ResourceSchema;
use crate::resource::schema::operation::OperationKind;

/// Returns the links from a created item to the other operations on it.
fn operation_links(schema: &ResourceSchema) -> Value {
    let one = schema.kind.as_str();
    let link = |verb: &str, description: &str| {
        let parameters = json!({(one): "$response.body#/id"});
        (
            verb.to_owned(),
            json!({"operationId": schema.kind.operation_id(verb), "parameters": parameters, "description": description}),
        )
    };
    let links = [
        link("get", "Gets the item by its `id`."),
        link("patch", "Updates fields of the item."),
        link("replace", "Replaces the item."),
        link("delete", "Deletes the item."),
        link("restore", "Restores the item after deletion."),
    ];
    Value::Object(links.into_iter().collect())
}

/// Completes the responses of an operation.
pub(super) struct ResponseCompletion<'a> {
    pub(super) class: OperationKind,
    pub(super) resource_schema: Option<&'a ResourceSchema>,
    pub(super) schemas: &'a Value,
}

impl ResponseCompletion<'_> {
    /// Completes the response with this status.
    pub(super) fn complete(&self, status: &str, response: &mut Value) {
        let Self { class, resource_schema, schemas } = *self;
        let Some(response) = response.as_object_mut() else { return };
        let mut headers = Map::new();
        headers.insert(
        "X-Request-Id".to_owned(),
        json!({"description": "Identifier of the request, as in the server's log.", "schema": {"type": "string"}}),
    );
        if class != OperationKind::Delete
            && let Value::Object(validators) = validator_headers()
        {
            headers.extend(validators);
        }
        if class == OperationKind::Export {
            headers.insert(
            "Content-Language".to_owned(),
            json!({"description": "Language of formatted values.", "schema": {"type": "string"}}),
        );
            headers.insert(
                "Content-Disposition".to_owned(),
                json!({"description": "Suggested file name.", "schema": {"type": "string"}}),
            );
        } else if class.is_list() {
            headers.insert("Link".to_owned(), json!({"description": "`self`, `next` and `prev` links (RFC 8288).", "schema": {"type": "string"}}));
        } else if class != OperationKind::Delete && resource_schema.is_some() {
            headers.insert(
                "Content-Language".to_owned(),
                json!({"description": "Language of the texts.", "schema": {"type": "string"}}),
            );
        }
        if status == "201" {
            headers.insert("Location".to_owned(), json!({"description": "URL of the item.", "schema": {"type": "string", "format": "uri"}}));
        }
        response.insert("headers".to_owned(), Value::Object(headers));
        if let Some(resource_schema) = resource_schema.filter(|_| status == "201") {
            response.insert("links".to_owned(), operation_links(resource_schema));
        }
        let json =
            if class == OperationKind::Feed { "application/feed+json" } else { "application/json" };
        let Some(media) = response
            .get_mut("content")
            .and_then(|content| content.get_mut(json))
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        let Some(schema) = media.get("schema").cloned() else { return };
        media.insert("example".to_owned(), build_example(&schema, schemas, 0));
        // `fields` and `lang=all` omit required properties.
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        if !class.is_list() && schemas.get(format!("{name}Partial")).is_some() {
            let options = json!([{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}Partial")}]);
            media.insert("schema".to_owned(), json!({"anyOf": options}));
        }
    }
}

/// Returns the headers that identify a representation.
pub(super) fn validator_headers() -> Value {
    json!({
        "ETag": {"description": "Strong entity tag of the representation.", "schema": {"type": "string"}},
        "Last-Modified": {"description": "Time of the last change to anything in the representation.", "schema": {"type": "string"}},
    })
}
