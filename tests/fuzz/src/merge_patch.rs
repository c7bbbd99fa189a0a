use kinoteka::http::body::apply_merge_patch;
use kinoteka::programmes::resource::Programmes;
use kinoteka::resource::view::resource::Resource;
use kinoteka::resource::write::merge_patch::merge_patch_into;
use kinoteka::videos::resource::Videos;
use serde_json::{Map, Value};

use super::items;

/// Fuzzes a JSON document and, on the second line, a merge patch.
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
    assert_eq!(merged, again, "applying a patch is idempotent");
    assert_nulls_removed(&merged, &patch);
    if let (Value::Object(before), Value::Object(after), Value::Object(patch)) =
        (&document, &merged, &patch)
    {
        for (name, value) in before.iter().filter(|(name, _)| !patch.contains_key(*name)) {
            assert_eq!(after.get(name), Some(value), "{name} is not in the patch");
        }
    }
    if let (Value::Object(_), Value::Object(patch)) = (&document, &patch) {
        assert_patches_item::<Videos>(&document, patch);
        assert_patches_item::<Programmes>(&document, patch);
    }
}

/// A second implementation of the algorithm of RFC 7396 section 2.
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

/// Asserts that members that are null in the patch are absent.
fn assert_nulls_removed(merged: &Value, patch: &Value) {
    let Value::Object(patch) = patch else { return };
    for (name, value) in patch {
        match value {
            Value::Null => assert!(merged.get(name).is_none(), "{name} is null in the patch"),
            value => assert_nulls_removed(merged.get(name).expect("a set member exists"), value),
        }
    }
}

/// Asserts that a patch applies to an item of the kind, or is rejected with 422.
fn assert_patches_item<S: Resource>(document: &Value, patch: &Map<String, Value>) {
    let original =
        document.get("original_language").and_then(Value::as_str).unwrap_or("en").to_owned();
    let merged = match merge_patch_into(S::SCHEMA, document.clone(), patch, &original) {
        Ok(merged) => merged.body,
        Err(problem) => {
            assert_eq!(problem.kind.definition().status, 422);
            assert!(!problem.errors.is_empty());
            return;
        }
    };
    let is_text = |name: &str| S::SCHEMA.text_fields.iter().any(|(text, _)| *text == name);
    // Flat texts are merged into the translations, in the language that the patch names.
    let is_text = |name: &str| is_text(name) || ["language", "translations"].contains(&name);
    for (name, value) in patch.iter().filter(|(name, _)| !is_text(name)) {
        assert_eq!(merged.get(name).is_none(), value.is_null(), "{name}");
    }
    let again = merge_patch_into(S::SCHEMA, merged.clone(), patch, &original)
        .expect("the patch applies to its own result")
        .body;
    assert_eq!(merged, again, "applying a patch is idempotent");
    if let Ok(parsed) = items::read::<S>(&merged, None) {
        items::round_trip::<S>(&merged, parsed);
    }
}
