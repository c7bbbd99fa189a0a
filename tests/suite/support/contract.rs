//! Holds every answer that any test receives against the OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::server::Answer;

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

/// A member that the document does not mention is an error too.
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

/// Whether a part of a path fits that of a template, in which words stand between parameters.
fn part_fits(part: &str, given: &str) -> bool {
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

/// The template of a path in the document: of those that fit the one that says most.
pub fn template(path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let wanted: Vec<&str> = path.split('/').collect();
    let paths = contract().document["paths"].as_object().expect("the document has paths");
    let fits = |template: &&String| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, given)| part_fits(part, given))
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

/// Panics unless the document describes this answer.
pub fn check(method: &str, path: &str, answer: &Answer) {
    let contract = contract();
    let told =
        || format!("{method} {path} → {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    let template =
        template(path).unwrap_or_else(|| panic!("the document has no such path: {}", told()));
    let is_head = method == "HEAD";
    let method = if is_head { "get".to_owned() } else { method.to_ascii_lowercase() };
    let operation = format!("/paths/{}/{method}", escape(&template));
    assert!(
        contract.document.pointer(&operation).is_some(),
        "the document has no such operation: {}",
        told()
    );
    let mut at = format!("{operation}/responses/{}", answer.status);
    let Some(mut response) = contract.document.pointer(&at) else {
        panic!("the document does not list this status: {}", told())
    };
    if let Some(target) = response.get("$ref").and_then(Value::as_str) {
        at = target.trim_start_matches('#').to_owned();
        response = contract.document.pointer(&at).unwrap_or_else(|| panic!("{at} leads nowhere"));
    }
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        assert!(answer.body.is_empty(), "the document says that there is no body: {}", told());
        return;
    };
    let full =
        answer.header("content-type").unwrap_or_else(|| panic!("no Content-Type: {}", told()));
    let media_type = full.split(';').next().unwrap_or_default().trim();
    assert!(content.contains_key(media_type), "the document does not list `{full}`: {}", told());
    if is_head {
        return;
    }
    // What no JSON Schema can hold a file of IATI to, its own schema does.
    if let Some(schema) = template
        .strip_prefix("/iati/")
        .and_then(|file| file.strip_suffix(".xml"))
        .filter(|_| answer.status == 200)
    {
        let faults = super::xmllint::faults(schema, &answer.body);
        assert!(faults.is_none(), "{}\n{}", faults.unwrap_or_default(), told());
    }
    if !media_type.ends_with("json") {
        return;
    }
    let body: Value = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("not JSON ({error}): {}", told()));
    let pointer = format!("{at}/content/{}/schema", escape(media_type));
    let errors: Vec<String> = contract
        .validator(&pointer)
        .iter_errors(&body)
        .map(|error| format!("  at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "the document does not describe this ({pointer}):\n{}\n{}",
        errors.join("\n"),
        told()
    );
}

/// Panics unless the document describes this body, which the server took.
pub fn check_body(method: &str, path: &str, body: &[u8]) {
    let template =
        template(path).unwrap_or_else(|| panic!("the document has no such path: {path}"));
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
        "the document has no body for {method} {path}: {body}"
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
        "the server takes what the document refuses ({pointer}):\n{}\n{body}",
        errors.join("\n")
    );
}

/// Panics unless a value fits a schema of the document, by the schema's name.
pub fn check_schema(name: &str, value: &Value) {
    let errors: Vec<String> = contract()
        .validator(&format!("/components/schemas/{name}"))
        .iter_errors(value)
        .map(|error| format!("  at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "this is no {name}:\n{}\n{value:#}", errors.join("\n"));
}

impl Contract {
    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("no test fails here");
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
