//! Which language an answer is in: `lang`, else `Accept-Language`, then the fallback chain.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::fields::clip;
use super::params::Params;
use crate::places::NAME_LANGUAGES;
use crate::text::choice::{choose, preference_order};
use crate::text::language::{Language, parse_accept_language};

/// The languages an answer should be in.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Asked for, best first.
    pub asked: Vec<Language>,
    /// Configured, used after those.
    pub fallback: Vec<Language>,
    /// `lang=all`: every language, no flat texts.
    pub all: bool,
    /// Every language is shown, beside the flat texts or instead of them.
    pub translations: bool,
    /// Whether `lang` decided; otherwise caches must look at `Accept-Language`.
    pub explicit: bool,
    /// The language of country names.
    pub names: &'static str,
}

impl Wish {
    /// A wish for these languages.
    pub fn new(asked: Vec<Language>, fallback: Vec<Language>) -> Self {
        let names = names_language(&asked, &fallback);
        Self { asked, fallback, all: false, translations: false, explicit: true, names }
    }

    /// A wish for every language.
    pub fn every(fallback: Vec<Language>) -> Self {
        Self { all: true, translations: true, ..Self::new(Vec::new(), fallback) }
    }

    /// Reads `lang`, or the header in its absence.
    pub fn read(params: &mut Params, request: &HttpRequest, fallback: &[Language]) -> Self {
        Self::parse(params, accepted(request), fallback)
    }

    /// Reads `lang`, or in its absence what `Accept-Language` says.
    pub fn parse(params: &mut Params, accepted: Option<&str>, fallback: &[Language]) -> Self {
        let fallback = fallback.to_vec();
        match params.take("lang") {
            Some(text) if text == "all" => Self::every(fallback),
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
                let asked = accepted.map(parse_accept_language).unwrap_or_default();
                Self { explicit: false, ..Self::new(asked, fallback) }
            }
        }
    }

    /// The languages of the one text that is probably shown, best first; none where every language
    /// is.
    pub fn preferred(&self) -> Vec<Language> {
        if self.translations { Vec::new() } else { preference_order(&self.asked, &self.fallback) }
    }

    /// What makes one wish another: part of the `ETag`.
    pub fn identity(&self) -> String {
        let asked: Vec<&str> = self.asked.iter().map(Language::as_str).collect();
        format!("{}/{}/{}", asked.join(","), self.all, self.translations)
    }
}

/// What `Accept-Language` says.
pub fn accepted(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

fn names_language(asked: &[Language], fallback: &[Language]) -> &'static str {
    let available: Vec<Language> =
        NAME_LANGUAGES.iter().filter_map(|tag| Language::parse(tag).ok()).collect();
    let english = available.first().cloned();
    english
        .and_then(|english| choose(asked, &available, fallback, &english))
        .and_then(|choice| NAME_LANGUAGES.get(choice.index).copied())
        .unwrap_or("en")
}
