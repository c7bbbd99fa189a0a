//! Validates every response that a test receives against the OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::server::Response;

struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let mut document: Value =
            serde_json::from_str(&kinoteka::server::document_json()).expect("the document is JSON");
        let schemas = document
            .pointer_mut("/components/schemas")
            .and_then(Value::as_object_mut)
            .expect("the document has schemas");
        for (_, schema) in schemas.iter_mut().filter(|(name, _)| !name.contains("Input")) {
            close(schema);
        }
        Contract { document, validators: Mutex::new(HashMap::new()) }
    })
}

/// Rejects properties that the document does not declare.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for inner in object.values_mut() {
                close(inner);
            }
            let is_object = object.get("properties").is_some_and(Value::is_object)
                && object.get("type") == Some(&json!("object"));
            if is_object && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(members) => members.iter_mut().for_each(close),
        _ => {}
    }
}

/// Whether a path segment matches a template segment, which may have text around parameters.
fn segment_matches(part: &str, given: &str) -> bool {
    let Some((before, rest)) = part.split_once('{') else { return part == given };
    let Some(mut left) = given.strip_prefix(before).filter(|left| !left.is_empty()) else {
        return false;
    };
    for word in rest
        .split('{')
        .filter_map(|parameter| parameter.split_once('}'))
        .map(|(_, word)| word)
        .filter(|word| !word.is_empty())
    {
        match left.split_once(word) {
            Some((value, behind)) if !value.is_empty() => left = behind,
            _ => return false,
        }
    }
    true
}

/// Path template in the document: of those that match, the most specific one.
pub fn template(path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let wanted: Vec<&str> = path.split('/').collect();
    let paths = contract().document["paths"].as_object().expect("the document has paths");
    let fits = |template: &&String| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, given)| segment_matches(part, given))
    };
    let words = |template: &str| {
        template
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, word)| word).len())
            .sum::<usize>()
    };
    paths.keys().filter(fits).max_by_key(|template| words(template)).cloned()
}

fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Panics unless the response matches the document.
pub fn check(method: &str, path: &str, response: &Response) {
    let contract = contract();
    let describe = || {
        format!("{method} {path} → {} {}", response.status, String::from_utf8_lossy(&response.body))
    };
    let template = template(path).unwrap_or_else(|| panic!("undocumented path: {}", describe()));
    let is_head = method == "HEAD";
    let method = if is_head { "get".to_owned() } else { method.to_ascii_lowercase() };
    let operation = format!("/paths/{}/{method}", escape(&template));
    assert!(
        contract.document.pointer(&operation).is_some(),
        "undocumented operation: {}",
        describe()
    );
    let mut at = format!("{operation}/responses/{}", response.status);
    let Some(mut documented) = contract.document.pointer(&at) else {
        panic!("undocumented status: {}", describe())
    };
    if let Some(target) = documented.get("$ref").and_then(Value::as_str) {
        at = target.trim_start_matches('#').to_owned();
        documented =
            contract.document.pointer(&at).unwrap_or_else(|| panic!("{at} does not resolve"));
    }
    let Some(content) = documented.get("content").and_then(Value::as_object) else {
        assert!(response.body.is_empty(), "the document declares no body: {}", describe());
        return;
    };
    let full = response
        .header("content-type")
        .unwrap_or_else(|| panic!("no Content-Type: {}", describe()));
    let media_type = full.split(';').next().unwrap_or_default().trim();
    assert!(content.contains_key(media_type), "undocumented media type `{full}`: {}", describe());
    if is_head {
        return;
    }
    // IATI files are validated against the IATI schemas.
    if let Some(schema) = template
        .strip_prefix("/iati/")
        .and_then(|file| file.strip_suffix(".xml"))
        .filter(|_| response.status == 200)
    {
        let errors = super::xmllint::validation_errors(schema, &response.body);
        assert!(errors.is_none(), "{}\n{}", errors.unwrap_or_default(), describe());
    }
    if !media_type.ends_with("json") {
        return;
    }
    let body: Value = serde_json::from_slice(&response.body)
        .unwrap_or_else(|error| panic!("not JSON ({error}): {}", describe()));
    let pointer = format!("{at}/content/{}/schema", escape(media_type));
    let errors: Vec<String> = contract
        .validator(&pointer)
        .iter_errors(&body)
        .map(|error| format!("  at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "the response does not match the document ({pointer}):\n{}\n{}",
        errors.join("\n"),
        describe()
    );
}

/// Panics unless an accepted request body matches the document.
pub fn check_body(method: &str, path: &str, body: &[u8]) {
    let template = template(path).unwrap_or_else(|| panic!("undocumented path: {path}"));
    let pointer = format!(
        "/paths/{}/{}/requestBody/content/application~1json/schema",
        escape(&template),
        method.to_ascii_lowercase()
    );
    let (contract, body) = (contract(), String::from_utf8_lossy(body));
    let content = contract.document.pointer(pointer.trim_end_matches("/application~1json/schema"));
    if content.and_then(Value::as_object).is_some_and(|content| {
        !content.is_empty() && content.keys().all(|name| !name.ends_with("json"))
    }) {
        return;
    }
    assert!(
        contract.document.pointer(&pointer).is_some(),
        "undocumented request body for {method} {path}: {body}"
    );
    let value: Value =
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("not JSON ({error}): {body}"));
    let errors: Vec<String> = contract
        .validator(&pointer)
        .iter_errors(&value)
        .map(|error| format!("  at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "the server accepts a body that the document rejects ({pointer}):\n{}\n{body}",
        errors.join("\n")
    );
}

/// Panics unless a value matches the component schema of this name.
pub fn check_schema(name: &str, value: &Value) {
    let errors: Vec<String> = contract()
        .validator(&format!("/components/schemas/{name}"))
        .iter_errors(value)
        .map(|error| format!("  at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "not a valid {name}:\n{}\n{value:#}", errors.join("\n"));
}

impl Contract {
    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("the lock is not poisoned");
        if let Some(validator) = validators.get(pointer) {
            return Arc::clone(validator);
        }
        let mut schema = self.document.clone();
        let reference =
            format!("#{}", pointer.replace('{', "%7B").replace('}', "%7D").replace('+', "%2B"));
        if let Some(object) = schema.as_object_mut() {
            object.insert("$ref".to_owned(), json!(reference));
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|error| panic!("{pointer}: {error}"));
        let validator = Arc::new(validator);
        validators.insert(pointer.to_owned(), Arc::clone(&validator));
        validator
    }
}
