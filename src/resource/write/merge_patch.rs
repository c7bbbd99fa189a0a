//! JSON Merge Patch (RFC 7396) on stored items.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::body;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::ItemRow;
use crate::resource::read::get::load_item;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::resource::write::save::{SaveResult, WriteMode, save_item};

/// Merges a patch into an item and stores the result, as PATCH does. The caller must bump the
/// revisions.
pub fn apply_patch<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
    patch: &Value,
) -> Result<SaveResult, Problem> {
    let merged = merge_with_stored::<S>(connection, state, &item, patch)?;
    save_item::<S>(connection, state, WriteMode::Patch(item), &merged)
}

/// Renders an item with all its languages, as an editor sees it. PUT accepts the result.
pub fn load_stored<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
) -> Result<S::View, Problem> {
    let mut render_context = RenderContext::new(
        LanguagePreference::all_languages(state.fallback_languages.clone()),
        Arc::clone(&state.country_names),
        None,
    );
    let loaded = load_item::<S>(connection, item.into(), Visibility::All, &mut render_context)?;
    Ok(S::render(loaded, &render_context))
}

/// Merges a patch into a stored item and returns the body that PUT would take. Flat texts in the
/// patch are in the original language.
pub fn merge_with_stored<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
    patch: &Value,
) -> Result<Value, Problem> {
    let schema = S::SCHEMA;
    let Value::Object(patch) = patch else {
        return Err(Problem::invalid_fields(vec![FieldError::field(
            "",
            "wrong_type",
            "A merge patch of an item is an object.",
        )]));
    };
    let stored = load_stored::<S>(connection, state, item.clone())?;
    let mut base = serde_json::to_value(stored).map_err(Problem::internal)?;
    if let Some(fields) = base.as_object_mut() {
        S::before_patch(fields, patch);
    }
    merge_patch_into(schema, base, patch, &item.original_language)
}

/// Merges a patch into a rendered item and returns the body that PUT would take.
pub fn merge_patch_into(
    schema: &ResourceSchema,
    mut base: Value,
    patch: &Map<String, Value>,
    original_language: &str,
) -> Result<Value, Problem> {
    let mut patch = patch.clone();
    if schema.text_fields.iter().any(|(name, _)| patch.contains_key(*name)) {
        if patch.contains_key("translations") {
            let detail = "Send either flat texts or `translations`, not both.";
            return Err(Problem::invalid_fields(vec![FieldError::field(
                "/translations",
                "conflicting",
                detail,
            )]));
        }
        let original = patch
            .get("original_language")
            .and_then(Value::as_str)
            .unwrap_or(original_language)
            .to_owned();
        let mut flat = Map::new();
        for (name, _) in schema.text_fields {
            if let Some(value) = patch.remove(*name) {
                flat.insert((*name).to_owned(), value);
            }
        }
        let mut translations = Map::new();
        translations.insert(original, Value::Object(flat));
        patch.insert("translations".to_owned(), Value::Object(translations));
    }
    body::apply_merge_patch(&mut base, &Value::Object(patch));
    Ok(base)
}

pub(super) fn has_flat_texts(schema: &ResourceSchema, patch: &Value) -> bool {
    schema.text_fields.iter().any(|(name, _)| patch.get(*name).is_some())
}

/// Rewrites the pointers of errors in flat texts to the fields of the request body.
pub(super) fn restore_flat_pointers(mut problem: Problem, merged: &Value) -> Problem {
    let original = merged.get("original_language").and_then(Value::as_str).unwrap_or_default();
    let prefix = format!("/translations/{original}");
    for error in &mut problem.errors {
        if let Some(rest) =
            error.pointer.as_deref().and_then(|pointer| pointer.strip_prefix(&prefix))
        {
            error.pointer = Some(rest.to_owned());
        }
    }
    problem
}
