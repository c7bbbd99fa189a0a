//! Completes the OpenAPI document with everything that the operations of a class share, generated
//! from the declarations of the kinds.
//!
//! Handlers and types supply paths, operations and schemas. This module adds the parameters (from
//! the same [`ResourceSchema`] that parses them), the problem responses of each class of operation,
//! headers, security and examples.

mod completeness;
mod descriptions;
pub mod kinds;
pub mod page;
pub mod parameter_schemas;
mod parameters;
mod request_bodies;
mod responses;
mod schemas;

use serde_json::{Map, Value, json};

pub use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::openapi::schemas::{
    add_highlight_properties, add_partial_schemas, add_referenced_by_properties,
    add_translation_references, flatten_all_of, shared_response_schemas,
};

use crate::http::middleware::HOST_INDEPENDENT_PATHS;
use crate::http::problem::ProblemKind;
use crate::resource::openapi::descriptions::unwrap_descriptions;
use crate::resource::openapi::parameter_schemas::{
    LANGUAGE_PATTERN, SLUG_PATTERN, cursor_schema, id_or_slug_schema, language_schema,
};
use crate::resource::openapi::parameters::{header_parameters_for, query_parameters_for};
use crate::resource::openapi::responses::{ResponseCompletion, validator_headers};
use crate::resource::query::params::MAX_IDS;
use crate::resource::schema::operation::OperationKind;
use crate::resource::schema::{ResourceSchema, TextField};
use crate::resource::write::body::RequestBody;

/// Completes the document for these kinds and for the endpoints that take their list parameters.
pub fn complete_document(
    mut document: Value,
    specs: &[&ResourceSchema],
    bodies: &[RequestBody],
    listings: &[ListEndpoint],
) -> Value {
    unwrap_descriptions(&mut document);
    if let Some(schemas) =
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    {
        if let Value::Object(shared) = shared_response_schemas() {
            schemas.extend(shared);
        }
        if let Value::Object(shared) = request_bodies::shared_input_schemas() {
            schemas.extend(shared);
        }
        flatten_all_of(schemas);
        add_highlight_properties(schemas, specs);
        add_referenced_by_properties(schemas, specs);
        add_translation_references(schemas, specs);
        completeness::add_completeness_schemas(schemas, specs);
        add_partial_schemas(schemas, specs);
        request_bodies::add_request_schemas(schemas, bodies);
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("responses".to_owned(), problem_responses());
        components.insert(
            "securitySchemes".to_owned(),
            json!({"key": {"type": "http", "scheme": "bearer", "description": "An API key, created with `kinoteka key create`. Not required for reading published data."}}),
        );
    }
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths.iter_mut() {
            let of = specs.iter().find(|schema| {
                path == schema.kind.path() || path.starts_with(&format!("{}/", schema.kind.path()))
            });
            if let Some(listing) = listings.iter().find(|listing| path == listing.path)
                && let Some(operation) = item.get_mut("get")
            {
                complete_operation(operation, OperationSubject::Items(listing.schema), &schemas);
                if let Some(page) = operation
                    .as_object_mut()
                    .filter(|operation| !operation.contains_key("parameters"))
                {
                    // An HTML page is of no class: it shares only the query parameters with lists.
                    page.insert(
                        "parameters".to_owned(),
                        json!(query_parameters_for(listing.schema, OperationKind::List)),
                    );
                }
                remove_excluded_params(operation, listing);
                if let Some(parameters) =
                    operation.get_mut("parameters").and_then(Value::as_array_mut)
                {
                    parameters.extend((listing.extra_params)());
                }
                continue;
            }
            let place =
                of.and_then(|schema| path.strip_prefix(schema.kind.path())).unwrap_or_default();
            let is_item = place.matches('/').count() < 2 || place.ends_with("/restore");
            let subject = match of {
                Some(schema) if is_item => OperationSubject::Items(schema),
                Some(schema) => OperationSubject::SubResource(schema),
                None => OperationSubject::Other,
            };
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                complete_operation(operation, subject, &schemas);
            }
        }
        for (path, item) in paths.iter_mut() {
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                share_problem_responses(operation);
                unify_language_params(operation);
                if !HOST_INDEPENDENT_PATHS.contains(&path.as_str()) {
                    add_problem_response(operation, ProblemKind::MisdirectedRequest);
                }
            }
        }
    }
    document
}

/// Adds a response that every operation can have.
fn add_problem_response(operation: &mut Value, kind: ProblemKind) {
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        responses.insert(kind.definition().status.to_string(), problem_reference(kind));
    }
}

fn problem_reference(kind: ProblemKind) -> Value {
    json!({"$ref": format!("#/components/responses/{}", response_component_name(kind))})
}

/// Sets the same schema on the `lang` parameter of every operation.
fn unify_language_params(operation: &mut Value) {
    let parameters =
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for parameter in
        parameters.filter(|parameter| parameter.get("name").and_then(Value::as_str) == Some("lang"))
    {
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.insert("schema".to_owned(), language_schema());
        }
    }
}

/// Replaces problem responses that an operation declares itself with references to the shared ones.
fn share_problem_responses(operation: &mut Value) {
    for (status, response) in
        operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let content = response.get("content").and_then(Value::as_object);
        let is_problem = content.is_some_and(|content| {
            content.len() == 1 && content.contains_key("application/problem+json")
        });
        // If several problem types have this status, the description is the code of one.
        let named = ProblemKind::ALL.iter().find(|kind| {
            response.get("description").and_then(Value::as_str) == Some(kind.definition().code)
        });
        let of_status = |kind: &&ProblemKind| {
            kind.definition().status.to_string() == *status && **kind != ProblemKind::Malformed
        };
        if let Some(kind) =
            named.or_else(|| ProblemKind::ALL.iter().find(of_status)).filter(|_| is_problem)
        {
            *response = problem_reference(*kind);
        }
    }
}

/// An endpoint that takes most list parameters of a kind, such as a search or a feed.
pub struct ListEndpoint {
    /// Path of the endpoint.
    pub path: &'static str,
    /// Schema of the kind.
    pub schema: &'static ResourceSchema,
    /// List parameters that the endpoint does not take.
    pub excluded_params: &'static [&'static str],
    /// Returns the additional parameters of the endpoint.
    pub extra_params: fn() -> Vec<Value>,
    /// Whether `q` is required.
    pub requires_query: bool,
}

/// Removes the excluded list parameters, and sets whether `q` is required.
fn remove_excluded_params(operation: &mut Value, listing: &ListEndpoint) {
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else {
        return;
    };
    let is_of_query =
        |parameter: &Value| parameter.get("in").and_then(Value::as_str) == Some("query");
    let is_without = |parameter: &Value| {
        parameter
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|name| listing.excluded_params.contains(&name))
    };
    parameters.retain(|parameter| !(is_of_query(parameter) && is_without(parameter)));
    for parameter in parameters
        .iter_mut()
        .filter(|parameter| parameter.get("name").and_then(Value::as_str) == Some("q"))
    {
        parameter["required"] = json!(listing.requires_query);
    }
}

/// What an operation is on.
#[derive(Clone, Copy)]
enum OperationSubject<'a> {
    /// Items of a kind.
    Items(&'a ResourceSchema),
    /// A sub-resource of an item of a kind.
    SubResource(&'a ResourceSchema),
    /// Neither.
    Other,
}

fn complete_operation(operation: &mut Value, subject: OperationSubject<'_>, schemas: &Value) {
    let (of, resource_schema) = match subject {
        OperationSubject::Items(schema) => (Some(schema), Some(schema)),
        OperationSubject::SubResource(schema) => (Some(schema), None),
        OperationSubject::Other => (None, None),
    };
    let Some(operation) = operation.as_object_mut() else { return };
    let Some(class) = OperationKind::take(operation) else { return };
    let mut parameters: Vec<Value> =
        operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for parameter in &mut parameters {
        let is_name = |object: &&mut Map<String, Value>| {
            object.get("in").and_then(Value::as_str) == Some("path")
                && object.get("name").and_then(Value::as_str) != Some("format")
        };
        if let Some(object) = parameter.as_object_mut().filter(is_name)
            && class != OperationKind::CatalogueFile
        {
            let name = object.get("name").and_then(Value::as_str);
            let is_language = name == Some("language");
            let is_country = name == Some("country");
            let example = if is_language {
                "en"
            } else {
                of.map_or("XK", |resource_schema| resource_schema.kind.example_slug())
            };
            object.entry("example").or_insert_with(|| json!(example));
            let schema = if is_language {
                let ending =
                    if class == OperationKind::Get { "(\\.(vtt|srt|txt|json))?" } else { "" };
                json!({"type": "string", "minLength": 2, "maxLength": 40, "pattern": format!("^{LANGUAGE_PATTERN}{ending}$")})
            } else {
                let pattern = if is_country { "^[A-Za-z0-9-]+$" } else { SLUG_PATTERN };
                json!({"type": "string", "minLength": 1, "maxLength": 80, "pattern": pattern})
            };
            object.insert("schema".to_owned(), schema);
        }
        let schema = match parameter.get("name").and_then(Value::as_str) {
            Some("lang") => language_schema(),
            Some("cursor") => cursor_schema(),
            Some("fields") => {
                let names = schemas
                    .pointer("/Country/properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(Map::keys);
                json!({"type": "array", "items": {"type": "string", "enum": names.collect::<Vec<_>>()}, "minItems": 1, "maxItems": 100})
            }
            Some("sort") => json!({"type": "string", "enum": ["name", "-name", "code", "-code"]}),
            Some("ids") => {
                json!({"type": "array", "items": id_or_slug_schema(), "minItems": 1, "maxItems": MAX_IDS})
            }
            _ => continue,
        };
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.insert("schema".to_owned(), schema);
        }
    }
    if let Some(resource_schema) = resource_schema {
        parameters.extend(query_parameters_for(resource_schema, class));
    }
    parameters.extend(header_parameters_for(class));
    operation.insert("parameters".to_owned(), json!(parameters));
    if class != OperationKind::CatalogueFile {
        let security =
            if class.is_read() { json!([{}, {"key": []}]) } else { json!([{"key": []}]) };
        operation.insert("security".to_owned(), security);
    }
    if let Some(resource_schema) = resource_schema
        && let Some(body) = request_body(class, resource_schema)
    {
        operation.insert("requestBody".to_owned(), body);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let response_completion = ResponseCompletion { class, resource_schema, schemas };
    for (status, response) in responses.iter_mut() {
        response_completion.complete(status, response);
    }
    if class.is_read() {
        responses.insert(
            "304".to_owned(),
            json!({"description": "Not modified: the client has the current representation (`If-None-Match`, `If-Modified-Since`).", "headers": validator_headers()}),
        );
    }
    if (!class.takes_list_params() || class == OperationKind::Series)
        && !matches!(class, OperationKind::Create | OperationKind::Restore)
        && of.is_some()
    {
        let location = json!({"Location": {"description": "The current URL.", "schema": {"type": "string", "format": "uri"}}});
        responses.insert(
            "308".to_owned(),
            json!({"description": "The slug of the item has changed.", "headers": location}),
        );
    }
    for kind in class.problem_kinds() {
        let definition = kind.definition();
        let takes_body =
            matches!(class, OperationKind::Create | OperationKind::Replace | OperationKind::Patch);
        let kind = if kind == ProblemKind::InvalidParameter && takes_body {
            ProblemKind::Malformed
        } else {
            kind
        };
        responses.entry(definition.status.to_string()).or_insert_with(|| problem_reference(kind));
    }
}

/// Returns the request body of an operation that writes an item. A new item must have a title in
/// its original language, as a flat field or in `translations`.
fn request_body(class: OperationKind, resource_schema: &ResourceSchema) -> Option<Value> {
    let component = |suffix: &str| json!({"$ref": format!("#/components/schemas/{}{suffix}", resource_schema.kind.schema_name())});
    let content = match class {
        OperationKind::Create | OperationKind::Replace => {
            let is_title = |field: &&(&str, TextField)| field.1 == TextField::Title;
            let (title, _) = resource_schema.text_fields.iter().find(is_title)?;
            let either = json!([
                {"required": [title], "properties": {(*title): {"type": "string"}}},
                {"required": ["translations"], "properties": {"translations": {"type": "object", "minProperties": 1, "additionalProperties": component("Translation")}}},
            ]);
            json!({"application/json": {"schema": {"allOf": [component("Input"), {"anyOf": either}]}}})
        }
        OperationKind::Patch => {
            let patch = json!({"schema": component("Patch")});
            json!({"application/json": patch, "application/merge-patch+json": patch})
        }
        _ => return None,
    };
    Some(json!({"content": content, "required": true}))
}

fn response_component_name(kind: ProblemKind) -> String {
    kind.definition()
        .code
        .split('-')
        .map(|word| {
            let mut c = word.chars();
            c.next().map_or_else(String::new, |f| f.to_uppercase().chain(c).collect())
        })
        .collect()
}

fn problem_responses() -> Value {
    let mut responses = Map::new();
    // No documented operation can respond with 405.
    for kind in ProblemKind::ALL.iter().filter(|kind| **kind != ProblemKind::MethodNotAllowed) {
        let definition = kind.definition();
        let mut example = json!({
            "type": format!("http://127.0.0.1:8080/problems/{}", definition.code),
            "title": definition.title,
            "status": definition.status,
            "detail": definition.explanation.split(['.', ':']).next().unwrap_or_default(),
            "instance": "/v1/videos",
            "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60",
        });
        if let Some(example) = example.as_object_mut() {
            match kind {
                ProblemKind::InvalidParameter => {
                    example.insert("errors".to_owned(), json!([{"parameter": "country", "code": "unknown_value", "detail": "`RX` is not a country code (ISO 3166-1 alpha-2, or XK); did you mean `RS`?"}]));
                }
                ProblemKind::Incomplete => {
                    let detail = "IATI requires a start date, planned or actual.";
                    let pointer = "/programmes/implementing-norms-changing-minds/start_date";
                    example.insert(
                        "errors".to_owned(),
                        json!([{"pointer": pointer, "code": "missing_value", "detail": detail}]),
                    );
                }
                ProblemKind::InvalidFields => {
                    example.insert(
                        "errors".to_owned(),
                        json!([{"pointer": "/title", "code": "required", "detail": "`title` is required: every language needs one."}]),
                    );
                }
                _ => {}
            }
        }
        let description = match kind {
            ProblemKind::Malformed => {
                format!("{} Also the response to invalid query parameters.", definition.explanation)
            }
            _ => definition.explanation.to_owned(),
        };
        let mut response = json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
        });
        let header = match kind {
            ProblemKind::Unavailable => Some(("Retry-After", "Seconds to wait before retrying.")),
            ProblemKind::Unauthenticated => {
                Some(("WWW-Authenticate", "The authentication challenge (RFC 6750)."))
            }
            _ => None,
        };
        if let (Some((name, description)), Some(response)) = (header, response.as_object_mut()) {
            let mut headers = Map::new();
            headers.insert(
                name.to_owned(),
                json!({"description": description, "schema": {"type": "string"}}),
            );
            response.insert("headers".to_owned(), Value::Object(headers));
        }
        responses.insert(response_component_name(*kind), response);
    }
    Value::Object(responses)
}
