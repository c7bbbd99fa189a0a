use kinoteka::http::body::apply_merge_patch;
use kinoteka::programmes::resource::Programmes;
use kinoteka::resource::view::resource::Resource;
use kinoteka::resource::write::merge_patch::merge_patch_into;
use kinoteka::videos::resource::Videos;
use serde_json::{Map, Value};

use super::items;

/// Fuzzes a document and, on the next line, a patch.
pub fn merge_patch(data: &[u8]) {
    let Some((document, Some(patch))) = super::two_lines(data) else { return };
    let (Ok(document), Ok(patch)) =
        (serde_json::from_str::<Value>(document), serde_json::from_str::<Value>(patch))
    else {
        return;
    };
    let mut merged = document.clone();
    apply_merge_patch(&mut merged, &patch);
    assert_eq!(merged, rfc_7396(document.clone(), &patch), "{document} with {patch}");
    let mut again = merged.clone();
    apply_merge_patch(&mut again, &patch);
    assert_eq!(merged, again, "twice is as once");
    nulls_are_gone(&merged, &patch);
    if let (Value::Object(before), Value::Object(after), Value::Object(patch)) =
        (&document, &merged, &patch)
    {
        for (name, value) in before.iter().filter(|(name, _)| !patch.contains_key(*name)) {
            assert_eq!(after.get(name), Some(value), "{name} was not named");
        }
    }
    if let (Value::Object(_), Value::Object(patch)) = (&document, &patch) {
        changes_an_item::<Videos>(&document, patch);
        changes_an_item::<Programmes>(&document, patch);
    }
}

/// The algorithm of RFC 7396 section 2.
fn rfc_7396(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(members) = target { members } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), rfc_7396(old, value));
        }
    }
    Value::Object(target)
}

fn nulls_are_gone(merged: &Value, patch: &Value) {
    let Value::Object(patch) = patch else { return };
    for (name, value) in patch {
        match value {
            Value::Null => assert!(merged.get(name).is_none(), "{name} was to be removed"),
            value => nulls_are_gone(merged.get(name).expect("what is set is there"), value),
        }
    }
}

fn changes_an_item<S: Resource>(document: &Value, patch: &Map<String, Value>) {
    let original =
        document.get("original_language").and_then(Value::as_str).unwrap_or("en").to_owned();
    let merged = match merge_patch_into(S::SCHEMA, document.clone(), patch, &original) {
        Ok(merged) => merged,
        Err(problem) => {
            assert_eq!(problem.kind.definition().status, 422);
            assert!(!problem.errors.is_empty());
            return;
        }
    };
    let is_text = |name: &str| S::SCHEMA.text_fields.iter().any(|(text, _)| *text == name);
    for (name, value) in patch.iter().filter(|(name, _)| !is_text(name)) {
        assert_eq!(merged.get(name).is_none(), value.is_null(), "{name}");
    }
    let again = merge_patch_into(S::SCHEMA, merged.clone(), patch, &original)
        .expect("what was merged can be merged again");
    assert_eq!(merged, again, "twice is as once");
    if let Ok(understood) = items::read::<S>(&merged, None) {
        items::sent_back::<S>(&merged, understood);
    }
}
