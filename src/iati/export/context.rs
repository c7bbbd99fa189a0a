//! Settings and names that an export of activities needs.

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::NaiveDate;

use crate::config::Settings;
use crate::http::language::LanguagePreference;
use crate::i18n::country_names::CountryNames;
use crate::resource::view::urls::PublicUrls;
use crate::text::language::Language;

/// Context of an export.
pub struct ExportContext<'a> {
    /// Settings.
    pub settings: &'a Settings,
    /// Names and footnotes of countries.
    pub country_names: &'a CountryNames,
    /// Public URLs.
    pub urls: &'a PublicUrls,
    /// Date of the export.
    pub today: NaiveDate,
    /// Message language by text language.
    message_languages: RefCell<HashMap<String, &'static str>>,
}

impl<'a> ExportContext<'a> {
    /// Creates a context.
    pub fn new(
        settings: &'a Settings,
        country_names: &'a CountryNames,
        urls: &'a PublicUrls,
        today: NaiveDate,
    ) -> Self {
        Self { settings, country_names, urls, today, message_languages: RefCell::default() }
    }

    /// Language of the product's own messages for texts in `language`.
    pub fn message_language(&self, language: &str) -> &'static str {
        if let Some(cached) = self.message_languages.borrow().get(language) {
            return cached;
        }
        let words = LanguagePreference::new(
            vec![Language::from_canonical(language)],
            self.settings.fallback_languages(),
        )
        .ui_language;
        self.message_languages.borrow_mut().insert(language.to_owned(), words);
        words
    }
}
