//! HTML shell, Content-Security-Policy and error pages, common to all pages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::config::Settings;
use crate::http::csp::InlineSource;
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::problem::{Problem, ProblemKind};
use crate::i18n::messages::Message;
use crate::resource::state::AppState;
use crate::text::language::{AcceptLanguage, Language, parse_accept_language};
use crate::text::logfmt::quote;

/// The style of every page.
pub const PAGE_STYLE: &str = include_str!("assets/embed.css");

static STYLE: LazyLock<InlineSource> = LazyLock::new(|| InlineSource::new(PAGE_STYLE.to_owned()));
static SCRIPT: LazyLock<InlineSource> =
    LazyLock::new(|| InlineSource::new(include_str!("assets/embed.js").to_owned()));
static BUILDER_STYLE: LazyLock<InlineSource> = LazyLock::new(|| {
    InlineSource::new(
        concat!(include_str!("assets/embed.css"), include_str!("assets/builder.css")).to_owned(),
    )
});
static BUILDER_SCRIPT: LazyLock<InlineSource> =
    LazyLock::new(|| InlineSource::new(include_str!("assets/builder.js").to_owned()));

/// An HTML page.
pub struct HtmlPage {
    /// Its language (BCP 47).
    pub language: String,
    /// Its title, plain.
    pub title: String,
    /// Further elements of the head.
    pub head: Markup,
    /// The main content.
    pub body: Markup,
    /// Origins of media files.
    pub media_origins: BTreeSet<String>,
    /// Origins of players that load when the visitor presses play.
    pub frame_origins: BTreeSet<&'static str>,
    /// Whether it is the embed builder, which has a form.
    pub is_builder: bool,
    /// Replaces the style of every page, which it must include.
    pub style: Option<&'static InlineSource>,
}

impl HtmlPage {
    /// A page with a single message.
    pub fn message(language: &str, title: &str) -> Self {
        Self {
            language: language.to_owned(),
            title: title.to_owned(),
            head: html! { meta name="robots" content="noindex"; },
            body: html! { div.text { h1 { (title) } } },
            media_origins: BTreeSet::new(),
            frame_origins: BTreeSet::new(),
            is_builder: false,
            style: None,
        }
    }

    fn style_and_script(&self) -> (&'static InlineSource, &'static InlineSource) {
        let (style, script): (&'static InlineSource, &'static InlineSource) =
            if self.is_builder { (&BUILDER_STYLE, &BUILDER_SCRIPT) } else { (&STYLE, &SCRIPT) };
        (self.style.unwrap_or(style), script)
    }

    /// Renders the document.
    pub fn to_html(&self) -> String {
        let (style, script) = self.style_and_script();
        let direction = if is_rtl(&self.language) { "rtl" } else { "ltr" };
        let page = html! {
            (DOCTYPE)
            html lang=(self.language) dir=(direction) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    (self.head)
                    style { (PreEscaped(&style.text)) }
                }
                body {
                    main { (self.body) }
                    script { (PreEscaped(&script.text)) }
                }
            }
        };
        page.into_string()
    }

    /// The Content-Security-Policy: inline style and script by hash, images of this server, and the
    /// media of the page.
    fn content_security_policy(&self, settings: &Settings) -> String {
        let list = |origins: Vec<&str>| {
            if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") }
        };
        let media: Vec<&str> =
            ["'self'"].into_iter().chain(self.media_origins.iter().map(String::as_str)).collect();
        let (style, script) = self.style_and_script();
        let mode_directives = if self.is_builder {
            "connect-src 'self'; form-action 'self'"
        } else {
            "form-action 'none'"
        };
        // The preview of the embed builder frames pages whatever the setting is.
        let allows_any_origin = settings.embed_origins.iter().any(|origin| origin == "*");
        let ancestors: Vec<&str> = (!allows_any_origin)
            .then_some("'self'")
            .into_iter()
            .chain(settings.embed_origins.iter().map(String::as_str))
            .collect();
        format!(
            "default-src 'none'; style-src {}; script-src {}; img-src 'self'; media-src {}; frame-src {}; base-uri 'none'; {mode_directives}; frame-ancestors {}",
            style.csp_hash,
            script.csp_hash,
            media.join(" "),
            list(self.frame_origins.iter().copied().collect()),
            ancestors.join(" "),
        )
    }

    /// The HTTP response.
    pub fn to_response(
        &self,
        settings: &Settings,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        response.insert_header((
            header::CONTENT_SECURITY_POLICY,
            self.content_security_policy(settings),
        ));
        response.insert_header((header::CONTENT_LANGUAGE, self.language.as_str()));
        // External players require a referrer: the origin only.
        response.insert_header((header::REFERRER_POLICY, "strict-origin-when-cross-origin"));
        response.insert_header((
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ));
        response.content_type("text/html; charset=utf-8").body(self.to_html())
    }
}

/// An error page in the visitor's language; parameter errors are in English, for the webmaster.
pub fn error_page(problem: &Problem, language: &str, settings: &Settings) -> HttpResponse {
    let definition = problem.kind.definition();
    let message = match problem.kind {
        ProblemKind::Gone => Message::Removed,
        ProblemKind::NotFound => Message::PageUnavailable,
        _ if definition.status >= 500 => Message::TryAgain,
        _ => Message::InvalidUrl,
    };
    if let Some(cause) = &problem.cause {
        log::error!(target: "kinoteka::problem", "problem={} cause={}", definition.code, quote(cause));
    }
    let mut page = HtmlPage::message(language, message.localize(language));
    if !problem.errors.is_empty() {
        page.body = html! {
            (page.body)
            div.text lang="en" dir="ltr" { @for error in &problem.errors { p.muted data-code=(error.code) { (error.detail) } } }
        };
    }
    let status =
        StatusCode::from_u16(definition.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &problem.headers {
        response.insert_header((name.clone(), value.as_str()));
    }
    response.insert_header((
        header::CACHE_CONTROL,
        if status.is_server_error() { "no-store" } else { "public, max-age=60" },
    ));
    page.to_response(settings, response)
}

/// The language of error pages.
pub fn visitor_language(request: &HttpRequest, context: &AppState) -> &'static str {
    let query_language = request
        .query_string()
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(|tag| Language::parse(tag).ok());
    let requested = query_language
        .map(|language| AcceptLanguage { requested: vec![language], ..AcceptLanguage::default() });
    let accepted = requested
        .or_else(|| accept_language(request).map(parse_accept_language))
        .unwrap_or_default();
    LanguagePreference::negotiate(accepted, context.fallback_languages.clone()).ui_language
}

/// The `lang` parameter for links, if the language was requested by one; otherwise empty.
pub fn lang_query(language_preference: &LanguagePreference) -> String {
    language_preference
        .requested
        .first()
        .filter(|_| language_preference.is_explicit)
        .map(|tag| format!("lang={}", tag.as_str()))
        .unwrap_or_default()
}

/// Truncates to whole seconds.
pub fn truncate_seconds(seconds: f64) -> i64 {
    format!("{:.0}", seconds.trunc()).parse().unwrap_or(0)
}

/// Formats a timecode: `1:02:03`, `2:03`.
pub fn format_timecode(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Whether a language is written from right to left.
pub fn is_rtl(language: &str) -> bool {
    let language = Language::from_canonical(language);
    match language.script() {
        Some(script) => matches!(script, "Arab" | "Hebr" | "Syrc" | "Thaa" | "Adlm" | "Nkoo"),
        None => matches!(
            language.primary_language(),
            "ar" | "he" | "fa" | "ur" | "ps" | "yi" | "dv" | "ckb" | "sd" | "ug"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_safe_to_inline() {
        for source in [&STYLE, &SCRIPT, &BUILDER_STYLE, &BUILDER_SCRIPT] {
            let asset = &source.text;
            assert!(!asset.contains("</") && !asset.contains("<!--"));
            assert!(
                !asset.contains("http:")
                    && !asset.contains("https:")
                    && !asset.contains("localStorage")
                    && !asset.contains("cookie")
            );
        }
    }

    #[test]
    fn detects_rtl_languages() {
        for (tag, expected) in [
            ("ar", true),
            ("he-IL", true),
            ("sr-Cyrl", false),
            ("tr", false),
            ("pa-Arab", true),
            ("az", false),
        ] {
            assert_eq!(is_rtl(tag), expected, "{tag}");
        }
    }
}
