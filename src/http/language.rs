//! Language negotiation: the `lang` parameter, otherwise `Accept-Language`, then the fallback
//! chain.

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Serialize;

use crate::http::query_params::QueryParams;
use crate::i18n::country_names::NAME_LANGUAGES;
use crate::text::language::{AcceptLanguage, Language, parse_accept_language};
use crate::text::language_fallback::{LanguageRanges, preference_order, select_language};
use crate::text::truncate_for_message;

/// The part of a [`LanguagePreference`] that responses depend on. The fallback languages of a
/// server are constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct LanguageKey<'a> {
    requested: &'a [Language],
    excluded: &'a [Language],
    all_languages: bool,
    include_translations: bool,
}

/// The languages that a response is requested in.
#[derive(Clone, Debug)]
pub struct LanguagePreference {
    /// Requested languages, in order of preference.
    pub requested: Vec<Language>,
    /// Languages that the client does not accept (`q=0`).
    pub excluded: Vec<Language>,
    /// Configured fallback languages, used after those.
    pub fallback: Vec<Language>,
    /// `lang=all`: `translations` in every language instead of flat texts.
    pub all_languages: bool,
    /// Whether `translations` are included, in addition to the flat texts or instead of them.
    pub include_translations: bool,
    /// Whether `lang` was given; otherwise the response varies by `Accept-Language`.
    pub is_explicit: bool,
    /// The language of country names and of the server's own texts.
    pub ui_language: &'static str,
}

/// What selects the language of a response to a request without `lang`.
#[derive(Clone, Copy, Debug)]
pub struct LanguageDefaults<'a> {
    /// The value of `Accept-Language`.
    pub accept_language: Option<&'a str>,
    /// Configured fallback languages, used after those.
    pub fallback: &'a [Language],
}

impl<'a> LanguageDefaults<'a> {
    /// The defaults without `Accept-Language`.
    pub fn new(fallback: &'a [Language]) -> Self {
        Self { accept_language: None, fallback }
    }
}

impl LanguagePreference {
    /// A preference for these languages.
    pub fn new(requested: Vec<Language>, fallback: Vec<Language>) -> Self {
        Self::negotiate(AcceptLanguage { requested, excluded: Vec::new() }, fallback)
    }

    /// The preference that a client states, in an `Accept-Language` header for example.
    pub fn negotiate(accepted: AcceptLanguage, fallback: Vec<Language>) -> Self {
        let AcceptLanguage { requested, excluded } = accepted;
        let ui_language = select_ui_language(LanguageRanges {
            requested: &requested,
            excluded: &excluded,
            fallback: &fallback,
        });
        Self {
            requested,
            excluded,
            fallback,
            all_languages: false,
            include_translations: false,
            is_explicit: true,
            ui_language,
        }
    }

    /// A preference for all languages (`lang=all`).
    pub fn all_languages(fallback: Vec<Language>) -> Self {
        Self { all_languages: true, include_translations: true, ..Self::new(Vec::new(), fallback) }
    }

    /// Parses `lang`; if it is absent, the defaults apply.
    pub fn parse(params: &mut QueryParams, defaults: LanguageDefaults<'_>) -> Self {
        let fallback = defaults.fallback.to_vec();
        match params.get("lang") {
            Some(text) if text == "all" => Self::all_languages(fallback),
            Some(text) => match Language::parse(&text) {
                Ok(language) => Self::new(vec![language], fallback),
                Err(error) => {
                    params.error(
                        "lang",
                        "invalid_language",
                        format!(
                            "`{}` is not a language tag ({error}); `all` returns every language.",
                            truncate_for_message(&text)
                        ),
                    );
                    Self::new(Vec::new(), fallback)
                }
            },
            None => {
                let accepted =
                    defaults.accept_language.map(parse_accept_language).unwrap_or_default();
                Self { is_explicit: false, ..Self::negotiate(accepted, fallback) }
            }
        }
    }

    /// The languages from which the text of an item is selected, in order of preference; empty if
    /// all languages are included.
    pub fn preferred(&self) -> Vec<Language> {
        if self.include_translations { Vec::new() } else { preference_order(self.ranges()) }
    }

    /// The languages from which texts are selected.
    pub fn ranges(&self) -> LanguageRanges<'_> {
        let Self { requested, excluded, fallback, .. } = self;
        LanguageRanges { requested, excluded, fallback }
    }

    /// Identifies the preference in the keys of entity tags and cursors.
    pub fn key(&self) -> LanguageKey<'_> {
        LanguageKey {
            requested: &self.requested,
            excluded: &self.excluded,
            all_languages: self.all_languages,
            include_translations: self.include_translations,
        }
    }

    /// Like [`Self::key`], for a response to a request without `lang`; otherwise `None`.
    pub fn negotiated_key(&self) -> Option<LanguageKey<'_>> {
        (!self.is_explicit).then(|| self.key())
    }
}

/// The value of `Accept-Language`.
pub fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

fn select_ui_language(ranges: LanguageRanges<'_>) -> &'static str {
    let available: Vec<Language> =
        NAME_LANGUAGES.iter().filter_map(|tag| Language::parse(tag).ok()).collect();
    let english = available.first().cloned();
    english
        .and_then(|english| select_language(ranges, &available, &english))
        .and_then(|choice| NAME_LANGUAGES.get(choice.index).copied())
        .unwrap_or("en")
}
