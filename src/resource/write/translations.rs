//! Parses the texts of a body: by language in `translations`, or flat in one language.

use crate::http::json_fields::{JsonFields, limits};
use crate::resource::model::item::{Status, TranslationRow};
use crate::resource::schema::{ResourceSchema, TextField};
use crate::resource::write::text_language::Transliteration;
use crate::text::collation::sort_key;
use crate::text::language::Language;

/// The texts of a body, and its original language.
#[derive(Clone, Debug)]
pub struct ParsedTranslations {
    /// The original language.
    pub original_language: Language,
    /// Texts by language.
    pub texts: Vec<TranslationRow>,
    /// Whether the texts are flat fields of the body.
    pub is_flat: bool,
}

impl ParsedTranslations {
    /// Returns the language tags of the texts that match a predicate, separated by spaces as an
    /// item stores them.
    pub fn language_list(&self, which: impl Fn(&TranslationRow) -> bool) -> String {
        let tags: Vec<&str> = self
            .texts
            .iter()
            .filter(|text| which(text))
            .map(|text| text.language.as_str())
            .collect();
        tags.join(" ")
    }
}

/// Default values for parsing texts.
pub struct TranslationDefaults<'a> {
    /// The status of texts that do not set one.
    pub status: Status,
    /// The original language if the body does not set one.
    pub original_language: &'a Language,
    /// Whether a missing `original_language` may be inferred from the texts.
    pub infer_original_language: bool,
    /// The stored texts of an existing item.
    pub stored_texts: &'a [TranslationRow],
}

impl TranslationDefaults<'_> {
    /// Returns the status of a text that does not set one. A published text of an item that is
    /// archived remains published, so that the item keeps its name where others refer to it.
    fn text_status(&self, language: &Language) -> Status {
        let is_published = |text: &TranslationRow| {
            text.language == language.as_str() && text.status == Status::Published.as_str()
        };
        if self.status == Status::Archived && self.stored_texts.iter().any(is_published) {
            return Status::Published;
        }
        self.status
    }
}

/// Parses `original_language`, `translations`, and the flat texts with their `language`. Null texts
/// and an empty `translations` are treated as absent.
pub fn parse_translations(
    fields: &mut JsonFields<'_, '_>,
    schema: &ResourceSchema,
    defaults: &TranslationDefaults<'_>,
) -> ParsedTranslations {
    let original = fields.language("original_language");
    let language = fields.language("language");
    let is_transliterated = fields.flag("transliterated") == Some(true);
    for (name, _) in schema.text_fields {
        fields.ignore(&[name]);
    }
    let translations = fields
        .peek("translations")
        .filter(|value| !value.as_object().is_some_and(serde_json::Map::is_empty));
    let has_flat_texts = schema.text_fields.iter().any(|(name, _)| fields.peek(name).is_some());
    if has_flat_texts && translations.is_some() {
        fields.ignore(&["translations"]);
        fields.error(
            "translations",
            "conflicting",
            "Send either flat texts or `translations`, not both.",
        );
        return ParsedTranslations {
            original_language: original.unwrap_or_else(|| defaults.original_language.clone()),
            texts: Vec::new(),
            is_flat: false,
        };
    }
    let texts = fields.objects_by_language("translations", |language, mut inner| {
        let status = inner
            .enum_value("status", &Status::OF_TEXTS)
            .unwrap_or_else(|| defaults.text_status(language));
        let defaults = TranslationDefaults { status, stored_texts: &[], ..*defaults };
        let text = parse_translation(&mut inner, schema, &defaults, language);
        for (name, _) in schema.text_fields.iter().filter(|(_, column)| *column == TextField::Title)
        {
            // A missing title has been reported already.
            inner.require(name, true);
        }
        inner.finish();
        text
    });
    let Some(mut texts) = texts.filter(|_| translations.is_some()) else {
        let flat_texts = FlatTexts { original, language, is_transliterated };
        return flat_texts.parse(fields, schema, defaults);
    };
    texts.sort_by(|a, b| a.language.cmp(&b.language));
    let original = original.unwrap_or_else(|| {
        let first = texts.first().and_then(|text| Language::parse(&text.language).ok());
        let has_default =
            texts.iter().any(|text| text.language == defaults.original_language.as_str());
        first
            .filter(|_| defaults.infer_original_language && !has_default)
            .unwrap_or_else(|| defaults.original_language.clone())
    });
    // Invalid texts in the original language have been reported already.
    let is_there = translations
        .and_then(|translations| translations.get(original.as_str()))
        .is_some_and(|texts| !texts.is_null());
    if !is_there && !texts.iter().any(|text| text.language == original.as_str()) {
        let detail =
            format!("The texts of the original language `{}` are missing.", original.as_str());
        fields.error("translations", "missing_language", detail);
    }
    ParsedTranslations { original_language: original, texts, is_flat: false }
}

/// What a body with flat texts states about their language.
struct FlatTexts {
    original: Option<Language>,
    language: Option<Language>,
    is_transliterated: bool,
}

impl FlatTexts {
    fn parse(
        self,
        fields: &mut JsonFields<'_, '_>,
        schema: &ResourceSchema,
        defaults: &TranslationDefaults<'_>,
    ) -> ParsedTranslations {
        let Self { original, language, is_transliterated } = self;
        let is_named = language.is_some();
        let default = || defaults.original_language.clone();
        let language = language.or_else(|| original.clone()).unwrap_or_else(default);
        let mut text = parse_translation(fields, schema, defaults, &language);
        let stored_tags = defaults.stored_texts.iter().map(|text| text.language.as_str());
        if is_transliterated
            && let Some(sent) = &text
            && let Some(transliteration) = Transliteration::find(stored_tags, &language)
            && let Some(stored) = defaults
                .stored_texts
                .iter()
                .find(|text| text.language == transliteration.stored.as_str())
        {
            for (name, field) in schema.text_fields {
                if !transliteration.is_unchanged(stored.field(*field), sent.field(*field)) {
                    let pointer = fields.pointer_to(name);
                    fields.errors_mut().push(transliteration.error(pointer));
                }
            }
            text = Some(TranslationRow {
                status: defaults.status.as_str().to_owned(),
                ..stored.clone()
            });
        }
        let original = original
            .unwrap_or_else(|| if defaults.infer_original_language { language } else { default() });
        if is_named
            && let Some(text) = &text
            && text.language != original.as_str()
        {
            let detail = format!(
                "The texts are in `{}`, and those of the original language `{original}` are missing. Send both in `translations`, or write one language with PATCH.",
                text.language
            );
            fields.error("language", "missing_language", detail);
        }
        ParsedTranslations {
            original_language: original,
            texts: text.into_iter().collect(),
            is_flat: true,
        }
    }
}

fn parse_translation(
    fields: &mut JsonFields<'_, '_>,
    schema: &ResourceSchema,
    defaults: &TranslationDefaults<'_>,
    language: &Language,
) -> Option<TranslationRow> {
    let mut text = TranslationRow {
        language: language.as_str().to_owned(),
        status: defaults.text_status(language).as_str().to_owned(),
        title: String::new(),
        summary: None,
        description: None,
        content_note: None,
        credit_line: None,
        disclaimer: None,
        comment: None,
        sort_key: String::new(),
    };
    for (name, column) in schema.text_fields {
        match column {
            TextField::Title => {
                let before = fields.errors_mut().len();
                match fields.nonblank_text(name, limits::TITLE) {
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
            TextField::Summary => text.summary = fields.text(name, limits::SUMMARY),
            TextField::Description => text.description = fields.text(name, limits::DESCRIPTION),
            TextField::ContentNote => text.content_note = fields.text(name, limits::SUMMARY),
            TextField::CreditLine => text.credit_line = fields.text(name, limits::SUMMARY),
            TextField::Disclaimer => text.disclaimer = fields.text(name, limits::SUMMARY),
            TextField::Comment => text.comment = fields.text(name, limits::SUMMARY),
        }
    }
    text.sort_key = sort_key(&text.title, language);
    (!text.title.is_empty()).then_some(text)
}
