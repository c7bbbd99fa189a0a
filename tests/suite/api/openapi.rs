//! The OpenAPI document: up to date, complete, and consistent with the server.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::on_both;
use crate::support::openapi_contract;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

fn document() -> Value {
    serde_json::from_str(&kinoteka::server::document_json()).expect("the document is JSON")
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for (method, operation) in item.as_object().expect("a path is an object") {
            assert!(METHODS.contains(&method.as_str()), "{path}: {method}");
            operations.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn committed_document_is_up_to_date() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    for (name, generated) in [
        ("kinoteka.json", kinoteka::server::document_json()),
        ("kinoteka.yaml", kinoteka::server::document_yaml()),
    ] {
        let committed = std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(
            committed == generated,
            "openapi/{name} differs from the handlers; run `cargo run -- openapi --directory openapi` and review the difference"
        );
    }
}

#[test]
fn json_and_yaml_are_equal() {
    let yaml: Value =
        yaml_serde::from_str(&kinoteka::server::document_yaml()).expect("the YAML document parses");
    let json: Value = document();
    let (yaml, json) = (yaml.to_string(), json.to_string());
    assert!(yaml == json, "the YAML differs from the JSON");
}

#[test]
fn every_operation_is_documented() {
    let document = document();
    let mut ids = BTreeSet::new();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        for field in ["summary", "description", "operationId"] {
            assert!(
                operation[field].as_str().is_some_and(|text| !text.trim().is_empty()),
                "{at} has no {field}"
            );
        }
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{at}: the operationId is not unique"
        );
        let own = operation["tags"].as_array().unwrap_or_else(|| panic!("{at} has no tag"));
        assert!(own.len() == 1 && tags.contains(own[0].as_str().unwrap()), "{at}: {own:?}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = &parameter["name"];
            assert!(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{at}: {name} has no description"
            );
            assert!(
                parameter.get("example").is_some() || *name == "cursor",
                "{at}: {name} has no example"
            );
            if path.contains(&format!("{{{}}}", name.as_str().unwrap())) {
                assert_eq!(
                    (&parameter["in"], &parameter["required"]),
                    (&"path".into(), &true.into()),
                    "{at}: {name}"
                );
            }
        }
        for part in path.split('{').filter_map(|part| Some(part.split_once('}')?.0)) {
            assert!(
                operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == part)),
                "{at}: {part} is not described"
            );
        }
        let takes_body =
            ["post", "put", "patch"].contains(&method.as_str()) && !path.ends_with("/restore");
        assert_eq!(operation.get("requestBody").is_some(), takes_body, "{at}: body");
    }
}

#[test]
fn every_response_has_valid_example() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let responses = operation["responses"].as_object().expect("an operation has responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
        for (status, response) in responses {
            let at = format!("{method} {path} {status}");
            let response =
                response.get("$ref").and_then(Value::as_str).map_or(response, |target| {
                    document
                        .pointer(target.trim_start_matches('#'))
                        .unwrap_or_else(|| panic!("{at}: {target}"))
                });
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{at} has no description"
            );
            for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                let example =
                    content.get("example").unwrap_or_else(|| panic!("{at} has no example"));
                let name = content["schema"]
                    .get("$ref")
                    .or_else(|| content["schema"]["anyOf"][0].get("$ref"))
                    .and_then(Value::as_str)
                    .and_then(|target| target.rsplit('/').next());
                if let Some(name) = name.filter(|_| media_type.ends_with("json")) {
                    openapi_contract::check_schema(name, example);
                }
            }
        }
    }
}

#[test]
fn every_request_body_has_valid_example() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            openapi_contract::check_schema(name, example);
        }
    }
}

#[test]
fn references_resolve_and_schemas_are_used() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    found.insert(target.trim_start_matches('#').to_owned());
                }
                object.values().for_each(|inner| references(inner, found));
            }
            Value::Array(members) => members.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for target in &found {
        assert!(document.pointer(target).is_some(), "{target} does not resolve");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(
            found.contains(&format!("/components/schemas/{name}")),
            "the schema {name} is not used"
        );
    }
}

on_both! {
    demo fn every_documented_path_has_handler(server: &TestServer) {
        for (path, method, _) in operations(&document()) {
            let address = path.replace("{country}", "XK").replace("{code}", "gone");
            let address = address.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part }).collect::<Vec<_>>().join("/");
            let response = server.request(&method.to_ascii_uppercase(), &address).send();
            assert!(response.status != 405, "{method} {address}");
            let text = String::from_utf8_lossy(&response.body);
            assert!(!text.contains("No such path: `"), "{method} {address}: {text}");
        }
    }

    fn literal_paths_return_405_for_undocumented_methods(server: &TestServer) {
        let document = document();
        let key = server.editor_key();
        let paths = document["paths"].as_object().unwrap();
        let parent = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
        let has_names = |path: &str| paths.keys().any(|other| parent(other) == parent(path) && other.rsplit('/').next().unwrap().starts_with('{'));
        let mut count = 0;
        for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/v1/") && !path.contains('{') && has_names(path)) {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| item.get(method.to_ascii_lowercase()).is_none()) {
                let response = server.request(method, path).key(&key).json(&serde_json::json!({})).skip_contract_check().send().expect(405);
                assert!(item.as_object().unwrap().keys().all(|offered| response.required_header("allow").contains(&offered.to_ascii_uppercase())), "{method} {path}");
                count += 1;
            }
        }
        assert!(count >= 16, "{count}");
    }

    fn server_serves_document(server: &TestServer) {
        assert_eq!(server.get("/openapi.json").expect(200).text(), kinoteka::server::document_json());
        let yaml = server.get("/openapi.yaml").expect(200).text();
        assert_eq!(yaml, kinoteka::server::document_yaml());
        // JSON is YAML: parsed by the same parser, both must be equal, numbers included.
        let read = |text: &str| yaml_serde::from_str::<yaml_serde::Value>(text).unwrap();
        assert_eq!(read(&yaml), read(&kinoteka::server::document_json()));
        assert!(yaml.contains("\n  version: ") && yaml.contains("status: 404\n"), "numbers are not quoted");
    }

    demo fn every_documented_list_parameter_is_accepted(server: &TestServer) {
        for (path, method, operation) in operations(&document()) {
            if method != "get" || path.contains('{') {
                continue;
            }
            let parameters = || operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            let written = |parameter: &Value| {
                let value = match &parameter["example"] {
                    Value::Array(members) => members.iter().map(|member| member.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(","),
                    Value::String(text) => text.clone(),
                    Value::Null => return None,
                    other => other.to_string(),
                };
                Some(format!("{}={}", parameter["name"].as_str().unwrap(), crate::support::percent_encode(&value)))
            };
            for parameter in parameters() {
                let Some(value) = written(parameter) else { continue };
                let name = parameter["name"].as_str().unwrap();
                let needed = parameters().filter(|other| other["required"] == true && other["name"] != name).filter_map(written);
                // Not all statistics of the demo catalogue are additive.
                let separate = parameters().filter(|other| other["name"] == "separate" && name != "separate").filter_map(written);
                let query: Vec<String> = needed.chain(separate).chain([value.clone()]).collect();
                let response = server.get(&format!("{path}?{}", query.join("&")));
                // 422 depends on the content of the catalogue, not on the parameters.
                let is_understood = [200, 422].contains(&response.status);
                if !is_understood {
                    let text = response.text();
                    assert!(
                        text.contains("There is no ") || text.contains("requires `group_by`"),
                        "{path}?{value}: {text}"
                    );
                }
            }
        }
    }
}
