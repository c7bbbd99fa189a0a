//! The language of flat texts in a request body: `language` of the body, otherwise `lang` of the
//! query; without either, the original language. `Accept-Language` does not select it.
//!
//! Texts that a read has transliterated cannot be written: the stored script would be lost.

use serde_json::{Value, json};

use crate::http::json_fields::parse_storable_language;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem};
use crate::resource::schema::ResourceSchema;
use crate::text::language::Language;
use crate::text::transliterate::transliterate;

/// Adds the language that `lang` names to a body with flat texts, as its `language`. Fails if the
/// body names another language.
pub(super) fn add_named_language(
    schema: &ResourceSchema,
    preference: &LanguagePreference,
    mut body: Value,
) -> Result<Value, Problem> {
    let named = preference.requested.first().filter(|_| preference.is_explicit);
    let (Some(named), Some(members)) = (named, body.as_object_mut()) else { return Ok(body) };
    if !schema.text_fields.iter().any(|(name, _)| members.contains_key(*name)) {
        return Ok(body);
    }
    match members.get("language").filter(|language| !language.is_null()) {
        Some(Value::String(tag)) => match Language::parse(tag) {
            Ok(language) if !is_compatible(named, &language) => {
                let detail = format!(
                    "The texts are in `{language}`, but `lang={named}` names another language. Remove one of them."
                );
                let error = FieldError::field("/language", "conflicting", detail);
                return Err(Problem::invalid_fields(vec![error]));
            }
            // The parser of the body reports invalid tags.
            _ => {}
        },
        Some(_) => {}
        None => {
            parse_storable_language(named.as_str())
                .map_err(|detail| Problem::invalid_parameter("lang", "invalid_language", detail))?;
            members.insert("language".to_owned(), json!(named.as_str()));
        }
    }
    Ok(body)
}

/// Whether a read with `lang` returns texts of the language as a match: one tag is a truncation of
/// the other.
fn is_compatible(lang: &Language, language: &Language) -> bool {
    let is_prefix = |short: &str, long: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    is_prefix(lang.as_str(), language.as_str()) || is_prefix(language.as_str(), lang.as_str())
}

/// A transliteration that reads in a language without stored texts return.
pub(super) struct Transliteration {
    /// The stored language.
    pub(super) stored: Language,
    /// The language of the reads.
    pub(super) language: Language,
}

impl Transliteration {
    /// Finds the stored language in another script; `None` if reads in this language do not
    /// transliterate.
    pub(super) fn find<'a>(
        mut stored_tags: impl Iterator<Item = &'a str> + Clone,
        language: &Language,
    ) -> Option<Self> {
        if stored_tags.clone().any(|tag| tag == language.as_str()) {
            return None;
        }
        let is_other_script = |stored: &Language| {
            stored.primary_language() == language.primary_language()
                && stored.script() != language.script()
        };
        let stored = stored_tags.find_map(|tag| {
            Some(Language::from_canonical(tag)).filter(|stored| is_other_script(stored))
        })?;
        Some(Self { stored, language: language.clone() })
    }

    /// Whether a text that was sent is what a read returns for the stored text.
    pub(super) fn is_unchanged(&self, stored: Option<&str>, sent: Option<&str>) -> bool {
        let read = stored.map(|stored| transliterate(stored, &self.stored, &self.language));
        read.as_deref() == sent.map(str::trim).filter(|text| !text.is_empty())
    }

    /// The error of a changed text.
    pub(super) fn error(&self, pointer: String) -> FieldError {
        let Self { stored, language } = self;
        let detail = format!(
            "This text was transliterated from `{stored}` and has been changed. Write the text in `{stored}`, or remove `transliterated` to add one in `{language}`."
        );
        FieldError::field(pointer, "transliterated_text", detail)
    }
}
