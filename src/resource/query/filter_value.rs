//! Values of equality filters.

use crate::http::json_fields::unknown_value_message;
use crate::i18n::country_names;
use crate::resource::schema::{FilterType, ResourceKind};
use crate::text::language::Language;
use crate::text::truncate_for_message;

impl FilterType {
    /// Parses a value of a filter into the values of the filter index that match it.
    pub fn parse_value(&self, text: &str) -> Result<Vec<String>, String> {
        let known = |words: &[&'static str]| {
            if words.contains(&text) {
                Ok(vec![text.to_owned()])
            } else {
                Err(unknown_value_message(text, words.iter().copied()))
            }
        };
        match self {
            Self::Item(_) | Self::ReferencedBy(..) | Self::Text | Self::AnyCase
                if text.len() > 200 =>
            {
                Err(format!("`{}` is too long.", truncate_for_message(text)))
            }
            Self::Item(_) | Self::ReferencedBy(..) | Self::Text => Ok(vec![text.to_owned()]),
            // An index of an older version has the value as it is stored.
            Self::AnyCase => {
                let lower = text.to_lowercase();
                Ok(if lower == text { vec![lower] } else { vec![lower, text.to_owned()] })
            }
            Self::Country => country_names::find_country(text)
                .map(|country| vec![country.code.to_owned()])
                .ok_or_else(|| country_names::unknown_country_message(text)),
            Self::OneOf(words) | Self::AllOf(words) => known(words),
            Self::KindWithFeeds => known(&ResourceKind::names(&ResourceKind::with_feeds())),
            Self::Boolean => known(&["true", "false"]),
            Self::Year if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(vec![text.to_owned()])
            }
            Self::Year => Err(format!(
                "A year such as `2026` is expected, not `{}`.",
                truncate_for_message(text)
            )),
            Self::Language => {
                let language = Language::parse(text).map_err(|error| {
                    format!("`{}` is not a language tag: {error}", truncate_for_message(text))
                })?;
                if language.as_str() == "sr" {
                    return Ok(vec!["sr-Latn".to_owned(), "sr-Cyrl".to_owned(), "sr".to_owned()]);
                }
                Ok(vec![language.as_str().to_owned()])
            }
        }
    }
}
