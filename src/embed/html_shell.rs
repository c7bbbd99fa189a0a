//! What all pages share: the shell, the policy that browsers hold them to, errors as pages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::charts::Theme;
use crate::config::Settings;
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::problem::{Problem, ProblemKind};
use crate::phrases::Phrase;
use crate::resource::state::AppState;
use crate::text::language::Language;

const STYLE: &str = include_str!("assets/embed.css");
const SCRIPT: &str = include_str!("assets/embed.js");
const BUILDER_STYLE: &str =
    concat!(include_str!("assets/embed.css"), include_str!("assets/tool.css"));
const BUILDER_SCRIPT: &str = include_str!("assets/tool.js");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(STYLE));
static SCRIPT_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(SCRIPT));
static BUILDER_STYLE_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(BUILDER_STYLE));
static BUILDER_SCRIPT_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(BUILDER_SCRIPT));

/// What Content-Security-Policy calls a style or script that stands in the page.
fn csp_hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// A page.
pub struct HtmlPage {
    /// Its language (BCP 47).
    pub language: String,
    /// Its title, plain.
    pub title: String,
    /// What stands in its head beside that.
    pub head: Markup,
    /// What it shows.
    pub body: Markup,
    /// Origins from which it may play files.
    pub media_origins: BTreeSet<String>,
    /// Origins of players that it may show once a visitor has pressed play.
    pub frame_origins: BTreeSet<&'static str>,
    /// Whether it is for webmasters, who fill in a form, rather than for visitors.
    pub is_builder: bool,
    /// The colours of the chart that it shows, if it shows one.
    pub chart_theme: Option<Theme>,
}

impl HtmlPage {
    /// A page that says one thing.
    pub fn message(language: &str, title: &str) -> Self {
        Self {
            language: language.to_owned(),
            title: title.to_owned(),
            head: html! { meta name="robots" content="noindex"; },
            body: html! { div.text { h1 { (title) } } },
            media_origins: BTreeSet::new(),
            frame_origins: BTreeSet::new(),
            is_builder: false,
            chart_theme: None,
        }
    }

    /// The whole as HTML.
    pub fn to_html(&self) -> String {
        let (style, script) =
            if self.is_builder { (BUILDER_STYLE, BUILDER_SCRIPT) } else { (STYLE, SCRIPT) };
        let style = self.chart_theme.map_or(style, |theme| &theme.page_style().css);
        let direction = if is_rtl(&self.language) { "rtl" } else { "ltr" };
        let page = html! {
            (DOCTYPE)
            html lang=(self.language) dir=(direction) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    (self.head)
                    style { (PreEscaped(style)) }
                }
                body {
                    main { (self.body) }
                    script { (PreEscaped(script)) }
                }
            }
        };
        page.into_string()
    }

    /// The policy for browsers: nothing but what stands in the page, pictures of this server, and
    /// what it plays.
    fn content_security_policy(&self, settings: &Settings) -> String {
        let list = |origins: Vec<&str>| {
            if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") }
        };
        let media: Vec<&str> =
            ["'self'"].into_iter().chain(self.media_origins.iter().map(String::as_str)).collect();
        let (style, script) = if self.is_builder {
            (&BUILDER_STYLE_HASH, &BUILDER_SCRIPT_HASH)
        } else {
            (&STYLE_HASH, &SCRIPT_HASH)
        };
        let style = self.chart_theme.map_or(&**style, |theme| &theme.page_style().csp_hash);
        let mode_directives = if self.is_builder {
            "connect-src 'self'; form-action 'self'"
        } else {
            "form-action 'none'"
        };
        // Webmasters are shown pages as they will look, whoever else may frame them.
        let allows_any_origin = settings.embed_origins.iter().any(|origin| origin == "*");
        let ancestors: Vec<&str> = (!allows_any_origin)
            .then_some("'self'")
            .into_iter()
            .chain(settings.embed_origins.iter().map(String::as_str))
            .collect();
        format!(
            "default-src 'none'; style-src {}; script-src {}; img-src 'self'; media-src {}; frame-src {}; base-uri 'none'; {mode_directives}; frame-ancestors {}",
            style,
            **script,
            media.join(" "),
            list(self.frame_origins.iter().copied().collect()),
            ancestors.join(" "),
        )
    }

    /// Answers it.
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
        // Players of other sites ask who shows them; they learn the site, not the page.
        response.insert_header((header::REFERRER_POLICY, "strict-origin-when-cross-origin"));
        response.insert_header((
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ));
        response.content_type("text/html; charset=utf-8").body(self.to_html())
    }
}

/// Answers an error as a page in the visitor's language. What is wrong with the address is for the
/// webmaster who wrote it.
pub fn error_page(problem: &Problem, language: &str, settings: &Settings) -> HttpResponse {
    let definition = problem.kind.definition();
    let message = match problem.kind {
        ProblemKind::Gone => Phrase::Removed,
        ProblemKind::NotFound => Phrase::NotHere,
        _ if definition.status >= 500 => Phrase::TryAgain,
        _ => Phrase::NotUnderstood,
    };
    if let Some(cause) = &problem.cause {
        log::error!(target: "kinoteka::problem", "problem={} cause=\"{}\"", definition.code, cause.escape_default());
    }
    let mut page = HtmlPage::message(language, message.in_language(language));
    if !problem.errors.is_empty() {
        page.body = html! {
            (page.body)
            div.text lang="en" dir="ltr" { @for error in &problem.errors { p.soft data-code=(error.code) { (error.detail) } } }
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

/// The language in which a visitor is told what is wrong.
pub fn visitor_language(request: &HttpRequest, context: &AppState) -> &'static str {
    let query_language = request
        .query_string()
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(|tag| Language::parse(tag).ok());
    let requested = query_language.map(|language| vec![language]);
    let requested = requested
        .or_else(|| accept_language(request).map(crate::text::parse_accept_language))
        .unwrap_or_default();
    LanguagePreference::new(requested, context.fallback_languages.clone()).ui_language
}

/// The parameter that keeps the language in an address of ours, where it was asked for by one.
pub fn lang_query(language_preference: &LanguagePreference) -> String {
    language_preference
        .requested
        .first()
        .filter(|_| language_preference.is_explicit)
        .map(|tag| format!("lang={}", tag.as_str()))
        .unwrap_or_default()
}

/// A time without its fraction.
pub fn truncate_seconds(seconds: f64) -> i64 {
    format!("{:.0}", seconds.trunc()).parse().unwrap_or(0)
}

/// A time as people write it: `1:02:03`, `2:03`.
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
    let language = Language::stored(language);
    match language.script() {
        Some(script) => matches!(script, "Arab" | "Hebr" | "Syrc" | "Thaa" | "Adlm" | "Nkoo"),
        None => matches!(
            language.primary(),
            "ar" | "he" | "fa" | "ur" | "ps" | "yi" | "dv" | "ckb" | "sd" | "ug"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_safe_to_inline() {
        for asset in [STYLE, SCRIPT, BUILDER_STYLE, BUILDER_SCRIPT] {
            assert!(!asset.contains("</") && !asset.contains("<!--"));
        }
        for asset in [STYLE, SCRIPT, BUILDER_STYLE, BUILDER_SCRIPT] {
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
