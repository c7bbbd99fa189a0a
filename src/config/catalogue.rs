//! Settings of the catalogue: its name, its languages and the pages of its items.

use crate::config::settings::{FootnoteSource, Settings};
use crate::http::json_fields::{is_web_url, parse_storable_language};
use crate::i18n::country_names::KosovoFootnote;
use crate::text::language::Language;

/// Whether the text is the `mailto` URL of one address.
fn is_email_url(url: &str) -> bool {
    let address = url.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    address.is_some_and(|(name, host)| {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"%?&@".contains(&byte))
        };
        is_part(name) && is_part(host)
    })
}

impl Settings {
    pub(super) fn validate_catalogue(&self, errors: &mut Vec<String>) {
        if self.licence_url.as_deref().is_some_and(|url| !is_web_url(url)) {
            errors
                .push("KINOTEKA_LICENCE_URL must be an http or https URL such as https://creativecommons.org/licenses/by/4.0/".to_owned());
        }
        if self.contact_url.as_deref().is_some_and(|url| !is_web_url(url) && !is_email_url(url)) {
            errors.push("KINOTEKA_CONTACT_URL must be a mailto, http or https URL such as mailto:data@example.org".to_owned());
        }
        if let Some(template_error) =
            self.public_url_template.as_deref().and_then(url_template_error)
        {
            errors.push(format!("KINOTEKA_PUBLIC_URL_TEMPLATE {template_error}"));
        }
        if self.name.as_deref().is_some_and(|name| {
            name.trim().is_empty()
                || name.chars().any(char::is_control)
                || name.chars().count() > 200
        }) {
            errors.push(
                "KINOTEKA_NAME must be a name of at most 200 characters on one line".to_owned(),
            );
        }
        for tag in &self.fallback_languages {
            if let Err(error) = parse_storable_language(tag.trim()) {
                errors.push(format!("KINOTEKA_FALLBACK_LANGUAGES: `{tag}`: {error}"));
            }
        }
        if self.xk_footnote == FootnoteSource::Own
            && self.xk_footnote_text.as_deref().is_none_or(str::is_empty)
        {
            errors.push("KINOTEKA_XK_FOOTNOTE=own requires KINOTEKA_XK_FOOTNOTE_TEXT".to_owned());
        }
    }

    /// The fallback languages, in order.
    pub fn fallback_languages(&self) -> Vec<Language> {
        self.fallback_languages.iter().filter_map(|tag| Language::parse(tag.trim()).ok()).collect()
    }

    /// The language of texts without a language: the first fallback language.
    pub fn default_language(&self) -> Language {
        self.fallback_languages().into_iter().next().unwrap_or_default()
    }

    /// The footnote to the designation of Kosovo.
    pub fn kosovo_footnote(&self) -> KosovoFootnote {
        match self.xk_footnote {
            FootnoteSource::Eu => KosovoFootnote::Eu,
            FootnoteSource::Un => KosovoFootnote::Un,
            FootnoteSource::Own => {
                self.xk_footnote_text.clone().map_or(KosovoFootnote::None, KosovoFootnote::Custom)
            }
            FootnoteSource::None => KosovoFootnote::None,
        }
    }

    /// The name of the publisher: `KINOTEKA_NAME`, or the host of the base URL.
    pub fn publisher_name(&self, base: &str) -> String {
        let host = || base.split_once("://").map_or(base, |(_, host)| host).to_owned();
        self.name.clone().unwrap_or_else(host)
    }
}

/// The error of a URL template for pages, if any.
fn url_template_error(template: &str) -> Option<&'static str> {
    let filled = ["{lang}", "{kind}", "{slug}", "{id}"]
        .iter()
        .fold(template.to_owned(), |filled, name| filled.replace(name, "x"));
    if filled.contains(['{', '}']) {
        return Some("supports only {lang}, {kind}, {slug} and {id}");
    }
    if !is_web_url(&filled) {
        return Some(
            "must be an http or https URL such as https://example.org/{lang}/videos/{slug}",
        );
    }
    let identifies_item = template.contains("{slug}") || template.contains("{id}");
    (!identifies_item).then_some("must contain {slug} or {id}; otherwise all items share one URL")
}

#[cfg(test)]
mod tests {
    use super::url_template_error;

    #[test]
    fn rejects_invalid_url_templates() {
        for good in
            ["https://example.org/{lang}/videos/{slug}", "http://localhost:3000/{kind}?id={id}"]
        {
            assert_eq!(url_template_error(good), None, "{good}");
        }
        for bad in [
            "",
            "example.org/{slug}",
            "ftp://example.org/{slug}",
            "https://example.org/",
            "https://e.org/{slug}/{language}",
            "https:///{slug}",
        ] {
            assert!(url_template_error(bad).is_some(), "{bad}");
        }
    }
}
