//! Reads the texts of a body: per language in `translations`, or flat for the original language.

use serde_json::Value;

use super::Status;
use super::load::Text;
use super::spec::{Spec, TextColumn};
use crate::http::fields::{JsonFields, limits, parse_storable_language};
use crate::http::problem::FieldError;
use crate::text::collation::sort_key;
use crate::text::language::Language;

/// The texts that a body has, and the language it was written in.
#[derive(Clone, Debug)]
pub struct NewTexts {
    /// The original language.
    pub original: Language,
    /// Texts by language.
    pub texts: Vec<Text>,
    /// Whether the texts came as flat fields.
    pub flat: bool,
}

impl NewTexts {
    /// The tags of those texts that `which` holds of, as an item keeps them.
    pub fn languages(&self, which: impl Fn(&Text) -> bool) -> String {
        let tags: Vec<&str> = self
            .texts
            .iter()
            .filter(|text| which(text))
            .map(|text| text.language.as_str())
            .collect();
        tags.join(" ")
    }
}

/// What the texts are read against.
pub struct Defaults<'a> {
    /// The status of texts that state none.
    pub status: Status,
    /// The original language where the body states none.
    pub original: &'a Language,
    /// Whether a missing `original_language` may follow from the translations.
    pub original_may_follow: bool,
}

/// Reads `original_language`, `translations` and the flat texts.
pub fn read(fields: &mut JsonFields<'_, '_>, spec: &Spec, defaults: &Defaults<'_>) -> NewTexts {
    let stated = fields.language("original_language");
    let flat = spec.texts.iter().any(|(name, _)| fields.contains(name));
    for (name, _) in spec.texts {
        fields.ignore(&[name]);
    }
    let translations = fields.value("translations");
    if flat && translations.is_some() {
        fields.error(
            "translations",
            "conflicting",
            "Send either flat texts or `translations`, not both.",
        );
        return NewTexts {
            original: stated.unwrap_or_else(|| defaults.original.clone()),
            texts: Vec::new(),
            flat: false,
        };
    }
    let Some(translations) = translations else {
        let original = stated.unwrap_or_else(|| defaults.original.clone());
        let text = read_one(fields, spec, defaults, &original);
        return NewTexts { original, texts: text.into_iter().collect(), flat: true };
    };
    let pointer = fields.pointer_to("translations");
    let texts = read_all(translations, &pointer, spec, defaults, fields.errors_mut());
    let original = stated.clone().unwrap_or_else(|| {
        let first = texts.first().and_then(|text| Language::parse(&text.language).ok());
        let has_default = texts.iter().any(|text| text.language == defaults.original.as_str());
        first
            .filter(|_| defaults.original_may_follow && !has_default)
            .unwrap_or_else(|| defaults.original.clone())
    });
    // Texts that are there but wrong have been reported as such.
    let is_there = translations.get(original.as_str()).is_some_and(|texts| !texts.is_null());
    if !is_there && !texts.iter().any(|text| text.language == original.as_str()) {
        let detail =
            format!("The texts of the original language `{}` are missing.", original.as_str());
        fields.error("translations", "missing_language", detail);
    }
    NewTexts { original, texts, flat: false }
}

fn read_all(
    value: &Value,
    pointer: &str,
    spec: &Spec,
    defaults: &Defaults<'_>,
    errors: &mut Vec<FieldError>,
) -> Vec<Text> {
    let Value::Object(object) = value else {
        errors.push(FieldError::field(
            pointer,
            "wrong_type",
            "An object with one member for each language is expected here.",
        ));
        return Vec::new();
    };
    if object.len() > limits::LIST_ITEMS {
        errors.push(FieldError::field(
            pointer,
            "too_many",
            format!("At most {} languages are accepted here.", limits::LIST_ITEMS),
        ));
        return Vec::new();
    }
    let mut texts: Vec<Text> = Vec::new();
    for (tag, value) in object {
        let here = format!("{pointer}/{}", tag.replace('~', "~0").replace('/', "~1"));
        let language = match parse_storable_language(tag) {
            Ok(language) => language,
            Err(detail) => {
                errors.push(FieldError::field(here, "invalid_language", detail));
                continue;
            }
        };
        if value.is_null() {
            continue;
        }
        if texts.iter().any(|text| text.language == language.as_str()) {
            errors.push(FieldError::field(
                here,
                "repeated",
                format!("`{}` is given twice.", language.as_str()),
            ));
            continue;
        }
        let Some(mut fields) = JsonFields::new(value, here, errors) else { continue };
        let status = fields.enum_value("status", &Status::ALL).unwrap_or(defaults.status);
        let text = read_one(&mut fields, spec, &Defaults { status, ..*defaults }, &language);
        fields.finish();
        texts.extend(text);
    }
    texts.sort_by(|a, b| a.language.cmp(&b.language));
    texts
}

fn read_one(
    fields: &mut JsonFields<'_, '_>,
    spec: &Spec,
    defaults: &Defaults<'_>,
    language: &Language,
) -> Option<Text> {
    let mut text = Text {
        language: language.as_str().to_owned(),
        status: defaults.status.as_str().to_owned(),
        title: String::new(),
        summary: None,
        description: None,
        content_note: None,
        credit_line: None,
        disclaimer: None,
        sort_key: String::new(),
    };
    for (name, column) in spec.texts {
        match column {
            TextColumn::Title => {
                let before = fields.errors_mut().len();
                match fields.text(name, limits::TITLE) {
                    Some(title) => text.title = title,
                    None if fields.errors_mut().len() == before => {
                        fields.error(
                            name,
                            "required",
                            format!("`{name}` is required: every language needs one."),
                        );
                    }
                    None => {}
                }
            }
            TextColumn::Summary => text.summary = fields.text(name, limits::SUMMARY),
            TextColumn::Description => text.description = fields.text(name, limits::DESCRIPTION),
            TextColumn::ContentNote => text.content_note = fields.text(name, limits::SUMMARY),
            TextColumn::CreditLine => text.credit_line = fields.text(name, limits::SUMMARY),
            TextColumn::Disclaimer => text.disclaimer = fields.text(name, limits::SUMMARY),
        }
    }
    text.sort_key = sort_key(&text.title, language);
    (!text.title.is_empty()).then_some(text)
}
