//! Which language an answer is in: `lang`, else `Accept-Language`, then the fallback chain.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::json_fields::clip;
use crate::http::query_params::QueryParams;
use crate::places::NAME_LANGUAGES;
use crate::text::choice::{choose, preference_order};
use crate::text::language::{Language, parse_accept_language};

/// The languages an answer should be in.
#[derive(Clone, Debug)]
pub struct LanguagePreference {
    /// Asked for, best first.
    pub requested: Vec<Language>,
    /// Configured, used after those.
    pub fallback: Vec<Language>,
    /// `lang=all`: every language, no flat texts.
    pub all_languages: bool,
    /// Every language is shown, beside the flat texts or instead of them.
    pub include_translations: bool,
    /// Whether `lang` decided; otherwise caches must look at `Accept-Language`.
    pub is_explicit: bool,
    /// The language of country names.
    pub ui_language: &'static str,
}

impl LanguagePreference {
    /// A wish for these languages.
    pub fn new(requested: Vec<Language>, fallback: Vec<Language>) -> Self {
        let ui_language = select_ui_language(&requested, &fallback);
        Self {
            requested: requested,
            fallback,
            all_languages: false,
            include_translations: false,
            is_explicit: true,
            ui_language: ui_language,
        }
    }

    /// A wish for every language.
    pub fn all_languages(fallback: Vec<Language>) -> Self {
        Self { all_languages: true, include_translations: true, ..Self::new(Vec::new(), fallback) }
    }

    /// Reads `lang`, or the header in its absence.
    pub fn from_request(
        params: &mut QueryParams,
        request: &HttpRequest,
        fallback: &[Language],
    ) -> Self {
        Self::parse(params, accept_language(request), fallback)
    }

    /// Reads `lang`, or in its absence what `Accept-Language` says.
    pub fn parse(
        params: &mut QueryParams,
        accept_language: Option<&str>,
        fallback: &[Language],
    ) -> Self {
        let fallback = fallback.to_vec();
        match params.get("lang") {
            Some(text) if text == "all" => Self::all_languages(fallback),
            Some(text) => match Language::parse(&text) {
                Ok(language) => Self::new(vec![language], fallback),
                Err(error) => {
                    params.error(
                        "lang",
                        "invalid_language",
                        format!(
                            "`{}` is not a language tag ({error}); `all` gives every language.",
                            clip(&text)
                        ),
                    );
                    Self::new(Vec::new(), fallback)
                }
            },
            None => {
                let requested = accept_language.map(parse_accept_language).unwrap_or_default();
                Self { is_explicit: false, ..Self::new(requested, fallback) }
            }
        }
    }

    /// The languages of the one text that is probably shown, best first; none where every language
    /// is.
    pub fn preferred(&self) -> Vec<Language> {
        if self.include_translations {
            Vec::new()
        } else {
            preference_order(&self.requested, &self.fallback)
        }
    }

    /// What makes one wish another: part of the `ETag`.
    pub fn cache_key(&self) -> String {
        let requested: Vec<&str> = self.requested.iter().map(Language::as_str).collect();
        format!("{}/{}/{}", requested.join(","), self.all_languages, self.include_translations)
    }
}

/// What `Accept-Language` says.
pub fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

fn select_ui_language(requested: &[Language], fallback: &[Language]) -> &'static str {
    let available: Vec<Language> =
        NAME_LANGUAGES.iter().filter_map(|tag| Language::parse(tag).ok()).collect();
    let english = available.first().cloned();
    english
        .and_then(|english| choose(requested, &available, fallback, &english))
        .and_then(|choice| NAME_LANGUAGES.get(choice.index).copied())
        .unwrap_or("en")
}
