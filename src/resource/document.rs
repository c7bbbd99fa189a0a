//! Completes the OpenAPI document: what every operation of a class shares is said once, here, from the declarations.
//!
//! Handlers and types give paths, operations and schemas. This module adds the parameters (from the same [`Spec`]
//! that reads them), the problems that a class of operation can answer, headers, security and examples.

use serde_json::{Map, Value, json};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::bodies::{self, DECIMAL_PATTERN, LANGUAGE_PATTERN, SLUG_PATTERN, language};
use super::completeness;
use super::facets::{DEFAULT_FACET_LIMIT, MAX_FACET_LIMIT};
use super::list::{DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET};
use super::query::{LONGEST_SEARCH, MAX_IDS, MAX_VALUES};
use super::spec::{FilterSpec, RangeType, Spec, Takes, TextColumn};
use crate::http::problem::Kind;

/// Names a schema that this module adds to the document.
macro_rules! named_schemas {
    ($($(#[$doc:meta])* $function:ident => $name:literal;)+) => {
        $($(#[$doc])* pub fn $function() -> RefOr<Schema> { Ref::from_schema_name($name).into() })+
    };
}

named_schemas! {
    /// A reference as it is written.
    reference_input => "ReferenceInput";
    /// A list of references as it is written.
    references_input => "ReferencesInput";
    /// A country as it is written.
    country_input => "CountryInput";
    /// A list of countries as it is written.
    countries_input => "CountriesInput";
    /// A decimal as it is written.
    decimal_input => "DecimalInput";
    /// A topic inside another resource, or null.
    topic_or_none => "TopicOrNull";
    /// Topics inside another resource.
    topics_shown => "TopicsShown";
    /// A programme inside another resource, or null.
    programme_shown => "ProgrammeOrNull";
    /// A partner inside another resource.
    partner_shown => "PartnerShown";
    /// A partner inside another resource, or null.
    partner_or_none => "PartnerOrNull";
    /// A video inside another resource.
    video_shown => "VideoShown";
    /// A resource of any kind.
    item_shown => "ItemShown";
}

/// Those of the schemas named above that answers have.
fn shared_schemas() -> Value {
    let shown = |kind: &str, null: bool| {
        let mut options = vec![
            json!({"$ref": format!("#/components/schemas/{kind}")}),
            json!({"$ref": format!("#/components/schemas/{kind}Partial")}),
            json!({"$ref": "#/components/schemas/Reference"}),
        ];
        if null {
            options.push(json!({"type": "null"}));
        }
        json!({"anyOf": options, "description": "In short (`id`, `slug`, `title`), or whole where `include` asks for it."})
    };
    let kinds = ["Video", "Programme", "Partner", "ImpactStatistic", "Topic"];
    let all = kinds.iter().flat_map(|kind| [(*kind).to_owned(), format!("{kind}Partial")]);
    let all: Vec<Value> = all.map(|name| json!({"$ref": format!("#/components/schemas/{name}")})).collect();
    json!({
        "ItemShown": {"anyOf": all, "description": "A resource of any kind, whole."},
        "TopicOrNull": shown("Topic", true),
        "TopicsShown": {"type": "array", "items": shown("Topic", false), "description": "Topics, in order."},
        "ProgrammeOrNull": shown("Programme", true),
        "PartnerShown": shown("Partner", false),
        "PartnerOrNull": shown("Partner", true),
        "VideoShown": shown("Video", false),
    })
}

/// What class an operation is of, by its operationId.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    List,
    Get,
    Create,
    Replace,
    Patch,
    Delete,
    Restore,
}

impl Class {
    fn of(operation_id: &str) -> Option<Self> {
        let (verb, _) = operation_id.split_once('_')?;
        Some(match verb {
            "list" => Self::List,
            "get" => Self::Get,
            "create" => Self::Create,
            "replace" => Self::Replace,
            "patch" => Self::Patch,
            "delete" => Self::Delete,
            "restore" => Self::Restore,
            _ => return None,
        })
    }

    fn problems(self) -> &'static [Kind] {
        use Kind::{
            BodyTooLarge, Conflict, Forbidden, Gone, HeadersTooLarge, Internal, InvalidFields, InvalidParameter, NotAcceptable, NotFound,
            PreconditionFailed, PreconditionRequired, RequestTimeout, Unauthenticated, Unavailable, UnsupportedMediaType, UriTooLong,
        };
        match self {
            Self::List => {
                &[InvalidParameter, Unauthenticated, NotAcceptable, RequestTimeout, UriTooLong, HeadersTooLarge, Internal, Unavailable]
            }
            Self::Get => &[
                InvalidParameter,
                Unauthenticated,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Gone,
                UriTooLong,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Create => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                BodyTooLarge,
                UriTooLong,
                UnsupportedMediaType,
                InvalidFields,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Replace | Self::Patch => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                BodyTooLarge,
                UriTooLong,
                UnsupportedMediaType,
                InvalidFields,
                PreconditionRequired,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Restore => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                NotAcceptable,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                UriTooLong,
                InvalidFields,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
            Self::Delete => &[
                InvalidParameter,
                Unauthenticated,
                Forbidden,
                NotFound,
                RequestTimeout,
                Conflict,
                Gone,
                PreconditionFailed,
                UriTooLong,
                PreconditionRequired,
                HeadersTooLarge,
                Internal,
                Unavailable,
            ],
        }
    }
}

/// Completes a document for these kinds and searches.
pub fn complete(mut document: Value, specs: &[&Spec], searches: &[Search]) -> Value {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        if let Value::Object(shared) = shared_schemas() {
            schemas.extend(shared);
        }
        if let Value::Object(shared) = bodies::shared() {
            schemas.extend(shared);
        }
        flatten_all(schemas);
        add_highlights(schemas, specs);
        completeness::add_to_document(schemas, specs);
        add_partials(schemas, specs);
        bodies::complete(schemas);
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("responses".to_owned(), problem_responses());
        components.insert(
            "securitySchemes".to_owned(),
            json!({"key": {"type": "http", "scheme": "bearer", "description": "A key made with `kinoteka key create`. Reading what is published needs none."}}),
        );
    }
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths.iter_mut() {
            let of = specs.iter().find(|spec| path == spec.kind.path() || path.starts_with(&format!("{}/", spec.kind.path())));
            if let Some(search) = searches.iter().find(|search| path == search.path)
                && let Some(operation) = item.get_mut("get")
            {
                complete_operation(operation, Some(search.spec), true, &schemas);
                leave_out(operation, search.without);
                if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
                    parameters.extend((search.own)());
                }
                continue;
            }
            let place = of.and_then(|spec| path.strip_prefix(spec.kind.path())).unwrap_or_default();
            let whole = place.matches('/').count() < 2 || place.ends_with("/restore");
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                complete_operation(operation, of.copied(), whole, &schemas);
            }
        }
    }
    document
}

/// A search that takes most parameters of the lists of a kind.
pub struct Search {
    /// Its path.
    pub path: &'static str,
    /// The kind.
    pub spec: &'static Spec,
    /// Parameters of lists that it does not take.
    pub without: &'static [&'static str],
    /// Those that it has beside them.
    pub own: fn() -> Vec<Value>,
}

/// Takes parameters out of a list's; `q` is what it must have.
fn leave_out(operation: &mut Value, names: &[&str]) {
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
    parameters.retain(|parameter| parameter.get("name").and_then(Value::as_str).is_none_or(|name| !names.contains(&name)));
    for parameter in parameters.iter_mut().filter(|parameter| parameter.get("name").and_then(Value::as_str) == Some("q")) {
        parameter["required"] = json!(true);
    }
}

/// Completes an operation on items of a kind, or on what is a part of one of them.
fn complete_operation(operation: &mut Value, of: Option<&Spec>, whole: bool, schemas: &Value) {
    let spec = of.filter(|_| whole);
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(class) = Class::of(&id) else { return };
    let Some(operation) = operation.as_object_mut() else { return };
    let mut parameters: Vec<Value> = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for parameter in &mut parameters {
        if let Some(object) = parameter.as_object_mut().filter(|object| object.get("in").and_then(Value::as_str) == Some("path")) {
            let is_language = object.get("name").and_then(Value::as_str) == Some("language");
            let example = if is_language { "en" } else { of.map_or("XK", |spec| spec.kind.example()) };
            object.entry("example").or_insert_with(|| json!(example));
            let schema = if is_language {
                let ending = if class == Class::Get { "(\\.(vtt|srt|txt|json))?" } else { "" };
                json!({"type": "string", "minLength": 2, "maxLength": 40, "pattern": format!("^{LANGUAGE_PATTERN}{ending}$")})
            } else {
                let pattern = if id.ends_with("country") { "^[A-Za-z0-9-]+$" } else { SLUG_PATTERN };
                json!({"type": "string", "minLength": 1, "maxLength": 80, "pattern": pattern})
            };
            object.insert("schema".to_owned(), schema);
        }
        let schema = match parameter.get("name").and_then(Value::as_str) {
            Some("lang") => language(),
            Some("cursor") => cursor(),
            Some("fields") => {
                let names = schemas.pointer("/Country/properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
                json!({"type": "array", "items": {"type": "string", "enum": names.collect::<Vec<_>>()}, "minItems": 1, "maxItems": 100})
            }
            Some("sort") => json!({"type": "string", "enum": ["name", "-name", "code", "-code"]}),
            Some("ids") => json!({"type": "array", "items": name_in_list(), "minItems": 1, "maxItems": MAX_IDS}),
            _ => continue,
        };
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.insert("schema".to_owned(), schema);
        }
    }
    if let Some(spec) = spec {
        parameters.extend(parameters_of(spec, class));
    }
    parameters.extend(headers_of(class));
    operation.insert("parameters".to_owned(), json!(parameters));
    let security = if matches!(class, Class::List | Class::Get) { json!([{}, {"key": []}]) } else { json!([{"key": []}]) };
    operation.insert("security".to_owned(), security);
    if class == Class::Patch
        && let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content")).and_then(Value::as_object_mut)
        && let Some(merge) = content.get_mut("application/merge-patch+json")
    {
        if let Some(Value::String(target)) = merge.pointer_mut("/schema/$ref") {
            *target = target.replace("Input", "Patch");
        }
        let merge = merge.clone();
        content.insert("application/json".to_owned(), merge);
    }
    if let Some(spec) = spec.filter(|_| matches!(class, Class::Create | Class::Replace))
        && let Some(media) = operation.get_mut("requestBody").and_then(|body| body.pointer_mut("/content/application~1json"))
    {
        require_title(media, spec);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses.iter_mut() {
        complete_success(status, response, class, spec, schemas);
    }
    if matches!(class, Class::List | Class::Get) {
        responses.insert(
            "304".to_owned(),
            json!({"description": "The client has this already (`If-None-Match`, `If-Modified-Since`).", "headers": validators()}),
        );
    }
    if !matches!(class, Class::List | Class::Create | Class::Restore) && of.is_some() {
        let location = json!({"Location": {"description": "The present address.", "schema": {"type": "string", "format": "uri"}}});
        responses.insert("308".to_owned(), json!({"description": "The item has another slug now.", "headers": location}));
    }
    for kind in class.problems() {
        let definition = kind.definition();
        let takes_body = matches!(class, Class::Create | Class::Replace | Class::Patch);
        let kind = if *kind == Kind::InvalidParameter && takes_body { Kind::Malformed } else { *kind };
        responses
            .entry(definition.status.to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/{}", response_name(kind))}));
    }
}

/// A whole item needs a title in its original language, flat or among its translations.
fn require_title(media: &mut Value, spec: &Spec) {
    let Some(schema) = media.get("schema").cloned() else { return };
    let input = schema.get("$ref").and_then(Value::as_str).unwrap_or_default();
    let translation = input.strip_suffix("Input").map(|kind| format!("{kind}Translation"));
    let Some((title, _)) = spec.texts.iter().find(|(_, column)| *column == TextColumn::Title) else { return };
    let either = json!([
        {"required": [title], "properties": {(*title): {"type": "string"}}},
        {"required": ["translations"], "properties": {"translations": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": translation}}}},
    ]);
    media["schema"] = json!({"allOf": [schema, {"anyOf": either}]});
}

/// What can be asked for next of an item that has been made or written.
fn links_of(spec: &Spec) -> Value {
    let one = spec.kind.as_str();
    let link = |verb: &str, description: &str| {
        let parameters = json!({(one): "$response.body#/id"});
        (verb.to_owned(), json!({"operationId": format!("{verb}_{one}"), "parameters": parameters, "description": description}))
    };
    let links = [
        link("get", "The item, by its `id`."),
        link("patch", "Changes parts of it."),
        link("replace", "Writes it anew."),
        link("delete", "Deletes it."),
        link("restore", "Brings it back after that."),
    ];
    Value::Object(links.into_iter().collect())
}

fn complete_success(status: &str, response: &mut Value, class: Class, spec: Option<&Spec>, schemas: &Value) {
    let Some(response) = response.as_object_mut() else { return };
    let mut headers = Map::new();
    headers.insert("X-Request-Id".to_owned(), json!({"description": "The same as in the server's log.", "schema": {"type": "string"}}));
    if class != Class::Delete
        && let Value::Object(validators) = validators()
    {
        headers.extend(validators);
    }
    if class == Class::List {
        headers.insert("Link".to_owned(), json!({"description": "`self`, `next` and `prev` (RFC 8288).", "schema": {"type": "string"}}));
    } else if class != Class::Delete && spec.is_some() {
        headers.insert("Content-Language".to_owned(), json!({"description": "The language of the texts.", "schema": {"type": "string"}}));
    }
    if status == "201" {
        headers.insert("Location".to_owned(), json!({"description": "The item's address.", "schema": {"type": "string", "format": "uri"}}));
    }
    response.insert("headers".to_owned(), Value::Object(headers));
    if let Some(spec) = spec.filter(|_| status == "201") {
        response.insert("links".to_owned(), links_of(spec));
    }
    let Some(media) = response.get_mut("content").and_then(|content| content.get_mut("application/json")).and_then(Value::as_object_mut)
    else {
        return;
    };
    let Some(schema) = media.get("schema").cloned() else { return };
    media.insert("example".to_owned(), example_of(&schema, schemas, 0));
    // `fields` and `lang=all` leave parts out.
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
    if class != Class::List && schemas.get(format!("{name}Partial")).is_some() {
        let options = json!([{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}Partial")}]);
        media.insert("schema".to_owned(), json!({"anyOf": options}));
    }
}

fn validators() -> Value {
    json!({
        "ETag": {"description": "Strong tag of what is shown.", "schema": {"type": "string"}},
        "Last-Modified": {"description": "When anything shown last changed.", "schema": {"type": "string"}},
    })
}

fn response_name(kind: Kind) -> String {
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
    // No operation of the document can be asked for with a method that it does not have.
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::MethodNotAllowed) {
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
                Kind::InvalidParameter => {
                    example.insert("errors".to_owned(), json!([{"parameter": "country", "code": "unknown_value", "detail": "`RX` is not a country code (ISO 3166-1 alpha-2, or XK); did you mean `RS`?"}]));
                }
                Kind::InvalidFields => {
                    example.insert(
                        "errors".to_owned(),
                        json!([{"pointer": "/title", "code": "required", "detail": "`title` is required: every language needs one."}]),
                    );
                }
                _ => {}
            }
        }
        let description = match kind {
            Kind::Malformed => format!("{} Parameters that are not understood are answered so too.", definition.explanation),
            _ => definition.explanation.to_owned(),
        };
        let mut response = json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
        });
        let header = match kind {
            Kind::Unavailable => Some(("Retry-After", "Seconds after which to try again.")),
            Kind::Unauthenticated => Some(("WWW-Authenticate", "The challenge.")),
            _ => None,
        };
        if let (Some((name, description)), Some(response)) = (header, response.as_object_mut()) {
            let mut headers = Map::new();
            headers.insert(name.to_owned(), json!({"description": description, "schema": {"type": "string"}}));
            response.insert("headers".to_owned(), Value::Object(headers));
        }
        responses.insert(response_name(*kind), response);
    }
    Value::Object(responses)
}

/// A name in a comma list.
fn name_in_list() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^,]*[^,\\s][^,]*$"})
}

/// What a page's cursors are made of.
fn cursor() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 4000, "pattern": "^[A-Za-z0-9_-]+$"})
}

/// A parameter of a query.
pub fn parameter(name: &str, description: &str, schema: Value, example: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema, "example": example})
}

/// A parameter that takes several values with commas between them.
pub fn comma_list(name: &str, description: &str, items: Value, most: usize, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": most}, "style": "form", "explode": false,
        "example": example.split(',').collect::<Vec<_>>(),
    })
}

/// The parameters that every read of a kind has, and those of a list.
fn parameters_of(spec: &Spec, class: Class) -> Vec<Value> {
    if class == Class::Delete {
        return Vec::new();
    }
    let fields: Vec<&str> = spec.all_fields().collect();
    let includes: Vec<&str> = spec.all_includes().collect();
    let mut parameters = vec![
        parameter(
            "lang",
            "Language of the whole answer (BCP 47), or `all` for every language. Without it `Accept-Language` decides; each resource says in `language` which it got.",
            language(),
            json!("sr-Cyrl"),
        ),
        comma_list("fields", "Only these fields, and `id`.", json!({"type": "string", "enum": fields}), 100, "slug"),
        comma_list(
            "include",
            "References to show whole instead of in short; `translations` adds the texts of every language, `completeness` which parts are there in which language.",
            json!({"type": "string", "enum": includes}),
            20,
            includes.first().copied().unwrap_or("translations"),
        ),
    ];
    if class != Class::List {
        return parameters;
    }
    parameters.push(parameter("q", "Full-text search: words that must all occur, `\"phrases\"`, `either OR other`, `-excluded`. Words match by their stem in the languages of the catalogue (or those of `lang`), the last one by its beginning too; what is quoted matches as it is. Case, diacritics and script make no difference. Any text is a query; one without a letter or digit finds nothing.", json!({"type": "string", "maxLength": LONGEST_SEARCH}), json!("zene")));
    parameters.push(parameter(
        "highlights",
        "With `q`: gives with each item in `highlights` the fields in which it was found, the words marked in the form in which they are written.",
        json!({"type": "boolean", "default": false}),
        json!(true),
    ));
    parameters.push(comma_list(
        "ids",
        "Only these, by id or slug; unknown ones are left out.",
        name_in_list(),
        MAX_IDS,
        "a-slug,another-slug",
    ));
    parameters.push(comma_list(
        "status",
        "Only items in these states; anything but `published` needs a key. Published items without it.",
        json!({"type": "string", "enum": ["draft", "published", "archived", "!draft", "!published", "!archived"]}),
        10,
        "published",
    ));
    for filter in spec.all_filters() {
        parameters.push(filter_parameter(filter));
    }
    parameters.push(completeness::parameter(spec));
    for range in spec.all_ranges() {
        let schema = match range.holds {
            RangeType::Time => json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
            RangeType::Date => json!({"type": "string", "format": "date"}),
            RangeType::Integer => json!({"type": "integer", "minimum": 0, "maximum": 1_000_000_000}),
            RangeType::Decimal => json!({"type": "string", "pattern": DECIMAL_PATTERN, "maxLength": crate::text::decimal::MAX_LENGTH}),
        };
        let example = if range.holds == RangeType::Integer {
            range.example.parse::<i64>().map_or_else(|_| json!(range.example), Value::from)
        } else {
            json!(range.example)
        };
        parameters.push(parameter(range.name, range.description, schema, example));
    }
    let keys: Vec<String> = spec.all_sorts().map(|sort| format!("`{}` ({})", sort.name, sort.description)).collect();
    let words: Vec<String> = spec
        .all_sorts()
        .map(|sort| sort.name.to_owned())
        .chain(["relevance".to_owned()])
        .flat_map(|name| [name.clone(), format!("-{name}")])
        .collect();
    parameters.push(comma_list(
        "sort",
        &format!(
            "Sort keys, `-` for descending: {}; `relevance` alone, with `q`: what stands in titles comes before summaries, names (of topics, programmes, partners), descriptions and transcripts; words as they were typed before their other forms, those before beginnings; then the newest. Newest first without `q`, best first with it. Ties are broken by id.",
            keys.join(", ")
        ),
        json!({"type": "string", "enum": words}),
        3,
        "-published_at",
    ));
    parameters.push(parameter(
        "limit",
        "How many items a page has.",
        json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        json!(20),
    ));
    parameters.push(json!({"name": "cursor", "in": "query", "required": false, "description": "`next_cursor` or `prev_cursor` of another page of the same query.", "schema": cursor()}));
    parameters.push(parameter(
        "offset",
        "Items to leave out, for numbered pages; not together with `cursor`.",
        json!({"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
        json!(0),
    ));
    let facets: Vec<&str> = spec.all_filters().map(|filter| filter.name).collect();
    parameters.push(comma_list(
        "facets",
        "Counts, over the whole filtered list, of the values of these filters; a facet's own filter does not narrow it. In `facets`: value, label in the answer's language and count of each, the most frequent first.",
        json!({"type": "string", "enum": facets}),
        20,
        facets.first().copied().unwrap_or("year"),
    ));
    parameters.push(parameter(
        "facet_limit",
        "How many values of each facet are given.",
        json!({"type": "integer", "minimum": 1, "maximum": MAX_FACET_LIMIT, "default": DEFAULT_FACET_LIMIT}),
        json!(10),
    ));
    parameters.push(parameter("total", "Whether to count the whole list.", json!({"type": "boolean", "default": false}), json!(true)));
    parameters
}

fn filter_parameter(filter: &FilterSpec) -> Value {
    let with_not = |words: &[&str]| {
        let all: Vec<String> = words.iter().flat_map(|word| [(*word).to_owned(), format!("!{word}")]).collect();
        json!({"type": "string", "enum": all})
    };
    let items = match filter.takes {
        Takes::Item(_) | Takes::Text => name_in_list(),
        Takes::Country => json!({"type": "string", "pattern": "^!?[A-Za-z]{2,3}$"}),
        Takes::Language => json!({"type": "string", "minLength": 2, "maxLength": 36, "pattern": format!("^!?{LANGUAGE_PATTERN}$")}),
        Takes::Word(words) | Takes::Has(words) => with_not(words),
        Takes::Flag => with_not(&["true", "false"]),
        Takes::Year => json!({"type": "string", "pattern": "^!?[0-9]{4}$"}),
    };
    let rule = if matches!(filter.takes, Takes::Has(_)) {
        "Several must all hold; `!` excludes."
    } else {
        "Several mean any of them; `!` excludes."
    };
    comma_list(filter.name, &format!("{} {rule}", filter.description), items, MAX_VALUES, filter.example)
}

fn headers_of(class: Class) -> Vec<Value> {
    let header = |name: &str, description: &str, example: &str| json!({"name": name, "in": "header", "required": false, "description": description, "schema": {"type": "string"}, "example": example});
    let only_new = || json!({"name": "If-None-Match", "in": "header", "required": false, "description": "`*`: only where nothing is there yet; 412 otherwise.", "schema": {"type": "string", "enum": ["*"]}, "example": "*"});
    let idempotency = || {
        header(
            super::once::NAME,
            "A quoted string of your own: sent again with the same request, it is answered again (`Idempotent-Replayed: true`) and nothing is done twice. With another request it is 422, while the first still runs 409.",
            "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
        )
    };
    match class {
        Class::List | Class::Get => vec![header(
            "If-None-Match",
            "An `ETag`; the answer is 304 while it is still the right one.",
            "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"",
        )],
        Class::Create => vec![idempotency()],
        Class::Restore => {
            vec![
                idempotency(),
                header("If-Match", "An `ETag` of the item; 412 if it has changed since.", "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\""),
            ]
        }
        Class::Replace => {
            vec![header("If-Match", "An `ETag` of the item; 412 if it has changed since.", "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\""), only_new()]
        }
        Class::Patch | Class::Delete => {
            vec![header("If-Match", "An `ETag` of the item; 412 if it has changed since.", "\"3.x1y2z3a4.b5c6d7e8f9g0h1i2\"")]
        }
    }
}

/// Turns `allOf` of objects, which is how flattened structs arrive, into one object that generators read well.
fn flatten_all(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let Some(Value::Array(parts)) = schemas.get(&name).and_then(|schema| schema.get("allOf")).cloned() else { continue };
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
    // What was flattened into every resource is of no use by itself.
    schemas.retain(|name, _| name != "Common" && !(name.ends_with("Texts") && name.len() > 5));
}

/// Adds to each resource what a search may say of it.
fn add_highlights(schemas: &mut Map<String, Value>, specs: &[&Spec]) {
    for spec in specs {
        let Some(title) = spec.texts.first().map(|(title, _)| *title) else { continue };
        for schema in schemas.values_mut() {
            let is_this = schema.pointer(&format!("/properties/{title}")).is_some() && schema.pointer("/properties/revision").is_some();
            let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut).filter(|_| is_this) else { continue };
            properties.insert(
                "highlights".to_owned(),
                json!({
                    "type": "array", "items": {"$ref": "#/components/schemas/Highlight"},
                    "description": "The fields in which what was searched for is found; only in lists with `highlights=true`.",
                }),
            );
        }
    }
}

/// Adds what a resource is with `fields` or `lang=all`: the same, with nothing but `id` required.
fn add_partials(schemas: &mut Map<String, Value>, specs: &[&Spec]) {
    let resources: Vec<(String, Value)> = schemas
        .iter()
        .filter(|(name, schema)| {
            let has_id = schema.pointer("/properties/id").is_some();
            let others = ["Country", "SearchHit"];
            has_id && (schema.pointer("/properties/revision").is_some() || others.contains(&name.as_str())) && !specs.is_empty()
        })
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    for (name, mut schema) in resources {
        if let Some(object) = schema.as_object_mut() {
            object.insert("required".to_owned(), json!(["id"]));
            object.insert(
                "description".to_owned(),
                json!(format!("The parts of a {name} that `fields` names; or all of it but the flat texts, with `lang=all`.")),
            );
        }
        let page = format!("{name}Page");
        if let Some(items) = schemas.get_mut(&page).and_then(|page| page.pointer_mut("/properties/data")).and_then(Value::as_object_mut) {
            let options =
                json!([{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}Partial")}]);
            items.insert("items".to_owned(), json!({"anyOf": options}));
        }
        schemas.insert(format!("{name}Partial"), schema);
    }
}

/// An example that fits a schema: the stated one, or one made of its parts.
fn example_of(schema: &Value, schemas: &Value, depth: usize) -> Value {
    if let Some(example) = schema.get("example").or_else(|| schema.get("default")) {
        return example.clone();
    }
    if depth > 16 {
        return Value::Null;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return schemas.get(name).map_or(Value::Null, |target| example_of(target, schemas, depth.saturating_add(1)));
    }
    for options in ["anyOf", "oneOf"] {
        if let Some(options) = schema.get(options).and_then(Value::as_array) {
            let is_null = |option: &&Value| option.get("type").and_then(Value::as_str) == Some("null");
            // A reference in short says more in less room than the whole.
            let short = options.iter().find(|option| option.get("$ref").and_then(Value::as_str) == Some("#/components/schemas/Reference"));
            return short
                .or_else(|| options.iter().find(|option| !is_null(option)))
                .map_or(Value::Null, |option| example_of(option, schemas, depth.saturating_add(1)));
        }
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|words| words.first()) {
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
            let required: Vec<&str> =
                schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let properties = schema.get("properties").and_then(Value::as_object);
            Value::Object(
                properties
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| required.contains(&name.as_str()))
                    .map(|(name, property)| (name.clone(), example_of(property, schemas, depth.saturating_add(1))))
                    .collect(),
            )
        }
        Some("array") => match schema.get("items") {
            Some(items) => json!([example_of(items, schemas, depth.saturating_add(1))]),
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
