//! JSON Merge Patch (RFC 7396) on stored items.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::body;
use crate::http::json_fields::parse_storable_language;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem};
use crate::resource::model::item::ItemRow;
use crate::resource::model::status_change::OnReferences;
use crate::resource::read::get::load_item;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::resource::write::save::{SaveRequest, SaveResult, WriteMode, save_item};
use crate::resource::write::text_language::Transliteration;
use crate::text::language::Language;

/// Merges a patch into an item and stores the result, as PATCH does. The caller must bump the
/// revisions.
pub fn apply_patch<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
    patch: &Value,
) -> Result<SaveResult, Problem> {
    let merged = merge_with_stored::<S>(connection, state, &item, patch)?;
    let mode = WriteMode::Patch(item);
    let on_references = OnReferences::Reject;
    save_item::<S>(
        connection,
        state,
        SaveRequest { mode, body: &merged, on_references, is_import: false },
    )
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

/// Merges a patch into a stored item and returns the body that PUT would take.
pub fn merge_with_stored<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
    patch: &Value,
) -> Result<Value, Problem> {
    merge_patch_for::<S>(connection, state, item, patch).map(|merged| merged.body)
}

pub(super) fn merge_patch_for<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
    patch: &Value,
) -> Result<MergedPatch, Problem> {
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
    merge_patch_into(S::SCHEMA, base, patch, &item.original_language)
}

/// The result of merging a patch.
#[derive(Debug)]
pub struct MergedPatch {
    /// The body that PUT would take.
    pub body: Value,
    /// The language of the flat texts of the patch, if it has any.
    pub flat_language: Option<String>,
}

/// Merges a patch into a rendered item. Flat texts are merged into the texts of the language that
/// the patch names, or of the original language. A language without texts is added as a draft,
/// unless the patch has a status.
pub fn merge_patch_into(
    schema: &ResourceSchema,
    mut base: Value,
    patch: &Map<String, Value>,
    original_language: &str,
) -> Result<MergedPatch, Problem> {
    let mut patch = patch.clone();
    // Without a status in the patch, the times decide whether the item is still scheduled.
    if !patch.contains_key("status")
        && let Some(status) = base.get_mut("status")
        && status == "scheduled"
    {
        *status = json!("published");
    }
    let mut flat = Map::new();
    for (name, _) in schema.text_fields {
        flat.extend(patch.remove_entry(*name));
    }
    let has_translations = patch
        .get("translations")
        .is_some_and(|value| !value.is_null() && *value != Value::Object(Map::new()));
    let has_flat_texts = flat.values().any(|text| !text.is_null());
    if has_flat_texts && has_translations {
        let detail = "Send either flat texts or `translations`, not both.";
        let error = FieldError::field("/translations", "conflicting", detail);
        return Err(Problem::invalid_fields(vec![error]));
    }
    let mut flat_language = None;
    if !flat.is_empty() && !has_translations {
        let language = text_language(&patch, original_language)?;
        let stored = base.get("translations").and_then(Value::as_object);
        if patch.get("transliterated") == Some(&Value::Bool(true))
            && let Some(stored) = stored
            && let Some(transliteration) =
                Transliteration::find(stored.keys().map(String::as_str), &language)
        {
            let stored = stored.get(transliteration.stored.as_str());
            let errors: Vec<FieldError> = flat
                .iter()
                .filter(|(name, sent)| {
                    let stored = stored.and_then(|texts| texts.get(*name)?.as_str());
                    !transliteration.is_unchanged(stored, sent.as_str())
                })
                .map(|(name, _)| transliteration.error(format!("/{name}")))
                .collect();
            if !errors.is_empty() {
                return Err(Problem::invalid_fields(errors));
            }
            patch.remove("translations");
        } else {
            let is_transliterated = patch.get("transliterated") == Some(&Value::Bool(true));
            let stored_text = stored.and_then(|stored| stored.get(language.as_str()));
            if let Some(stored_text) = stored_text.filter(|_| is_transliterated) {
                reject_overwriting(&flat, stored_text, &language)?;
            }
            if !stored.is_some_and(|stored| stored.contains_key(language.as_str())) {
                let status = match patch.get("status") {
                    None | Some(Value::Null) => json!("draft"),
                    Some(status) if status == "scheduled" => json!("published"),
                    Some(status) => status.clone(),
                };
                flat.insert("status".to_owned(), status);
            }
            patch.insert("translations".to_owned(), json!({language.as_str(): flat}));
            flat_language = Some(language.to_string());
        }
    }
    body::apply_merge_patch(&mut base, &Value::Object(patch));
    // The merged body has all texts by language.
    if let Some(members) = base.as_object_mut() {
        members.remove("language");
    }
    Ok(MergedPatch { body: base, flat_language })
}

/// Fails if transliterated texts differ from the texts that are stored in their language: these
/// were written after the transliterated ones were read.
fn reject_overwriting(
    flat: &Map<String, Value>,
    stored: &Value,
    language: &Language,
) -> Result<(), Problem> {
    let differs = |name: &str, sent: &Value| {
        !sent.is_null() && stored.get(name).unwrap_or(&Value::Null) != sent
    };
    let errors: Vec<FieldError> = flat
        .iter()
        .filter(|(name, sent)| differs(name, sent))
        .map(|(name, _)| {
            let detail = format!(
                "This text was transliterated, but the item has another text in `{language}` now. Read it again, or remove `transliterated` to replace it."
            );
            FieldError::field(format!("/{name}"), "transliterated_text", detail)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(errors)) }
}

/// Returns the language of the flat texts of a patch.
fn text_language(patch: &Map<String, Value>, original_language: &str) -> Result<Language, Problem> {
    for name in ["language", "original_language"] {
        let Some(value) = patch.get(name).filter(|value| !value.is_null()) else { continue };
        let parsed = match value {
            Value::String(tag) => parse_storable_language(tag),
            _ => Err("Expected a language tag (BCP 47).".to_owned()),
        };
        return parsed.map_err(|detail| {
            let error = FieldError::field(format!("/{name}"), "invalid_language", detail);
            Problem::invalid_fields(vec![error])
        });
    }
    Ok(Language::from_canonical(original_language))
}

/// Rewrites the pointers of errors in flat texts to the fields of the request body.
pub(super) fn restore_flat_pointers(mut problem: Problem, flat_language: &str) -> Problem {
    let prefix = format!("/translations/{flat_language}");
    for error in &mut problem.errors {
        if let Some(rest) = error
            .pointer
            .as_deref()
            .and_then(|pointer| pointer.strip_prefix(&prefix))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            error.pointer = Some(rest.to_owned());
        }
    }
    problem
}
