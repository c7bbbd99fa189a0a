//! `/embed/kinoteka.js`: web components for videos and impact statistics, one script without
//! dependencies.
//!
//! The script has two URLs: the current version, cacheable for minutes, and an immutable one with
//! its version. Its hash for Subresource Integrity is at `/embed/integrity.json`. All three allow
//! every origin, whatever `KINOTEKA_CORS_ORIGINS` is, since browsers check the integrity only of
//! responses that the page may read.

use std::fmt::Write;
use std::sync::LazyLock;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, get};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha384};
use utoipa::ToSchema;

use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag};
use crate::http::problem::{Problem, ProblemKind};
use crate::i18n::messages::MESSAGE_LANGUAGES;
use crate::i18n::messages::Message;
use crate::resource::state::AppState;

const SCRIPT_TEMPLATE: &str = include_str!("assets/kinoteka.js");

/// Messages of the script by key.
const MESSAGES: [(&str, Message); 17] = [
    ("play", Message::Play),
    ("content_note", Message::ContentNote),
    ("no_video", Message::VideoUnavailable),
    ("watch_on", Message::WatchOn),
    ("helplines", Message::Helplines),
    ("licence", Message::Licence),
    ("period", Message::Period),
    ("source", Message::Source),
    ("videos", Message::Videos),
    ("nothing_found", Message::NothingFound),
    ("pages", Message::Pages),
    ("previous_page", Message::PreviousPage),
    ("next_page", Message::NextPage),
    ("unavailable", Message::Unavailable),
    ("removed", Message::Removed),
    ("not_understood", Message::InvalidUrl),
    ("try_again", Message::TryAgain),
];

/// The script with its messages.
struct Component {
    script: String,
    /// The first 16 hexadecimal digits of its SHA-256 digest.
    version: String,
    integrity: String,
    etag: EntityTag,
}

static COMPONENT: LazyLock<Component> = LazyLock::new(|| {
    let of = |language: &str| {
        MESSAGES
            .iter()
            .map(|(name, phrase)| ((*name).to_owned(), json!(phrase.localize(language))))
            .collect()
    };
    let messages: Map<String, Value> = MESSAGE_LANGUAGES
        .iter()
        .map(|language| ((*language).to_owned(), Value::Object(of(language))))
        .collect();
    let text = SCRIPT_TEMPLATE.replacen("\"{messages}\"", &Value::Object(messages).to_string(), 1);
    let mut version = String::new();
    for byte in Sha256::digest(&text).iter().take(8) {
        let _ = write!(version, "{byte:02x}");
    }
    let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&text)));
    Component { etag: EntityTag::from_key(&text), script: text, version, integrity }
});

impl Component {
    fn path(&self) -> String {
        format!("/embed/kinoteka-{}.js", self.version)
    }

    fn to_response(&self, condition: &ConditionalGet, cache_control: &str) -> HttpResponse {
        let file = PublicFile {
            etag: self.etag.clone(),
            media_type: "text/javascript; charset=utf-8",
            body: Bytes::from_static(COMPONENT.script.as_bytes()),
        };
        file.into_response(condition, cache_control)
    }
}

/// A file that every origin may read.
struct PublicFile {
    etag: EntityTag,
    media_type: &'static str,
    body: Bytes,
}

impl PublicFile {
    fn into_response(self, condition: &ConditionalGet, cache_control: &str) -> HttpResponse {
        let Self { etag, media_type, body } = self;
        let validators =
            CacheValidators { tag: etag.clone(), last_modified: None, fresh_until: None };
        let is_not_modified = condition.is_current(&validators);
        let mut response = HttpResponse::build(if is_not_modified {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        });
        response
            .insert_header((header::ETAG, etag.as_str()))
            .insert_header((header::CACHE_CONTROL, cache_control));
        response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        if is_not_modified {
            response.finish()
        } else {
            response.content_type(media_type).body(body)
        }
    }
}

/// Cache lifetime of URLs whose content can change.
const SHORT_CACHE_CONTROL: &str = "public, max-age=300";

/// Get the web component
///
/// `kinoteka-videos` (`query`, `layout`), `kinoteka-video` (`video`) and `kinoteka-figure`
/// (`statistic`) as custom elements for any page that loads this script with `defer`. Current
/// version, cacheable for five minutes. Each element takes `server` (default: the origin of the
/// script) and `lang` (default: the language of the page). A query string is ignored, since content
/// management systems append one to scripts.
#[utoipa::path(operation_id = "get_web_component", tag = "Embeds", responses(
    (status = 200, description = "The script.", body = String, content_type = "text/javascript", example = json!("\"use strict\";")),
    (status = 304, description = "Not modified."),
))]
#[get("/embed/kinoteka.js")]
pub async fn web_component(condition: ConditionalGet) -> HttpResponse {
    COMPONENT.to_response(&condition, SHORT_CACHE_CONTROL)
}

/// Get one version of the web component
///
/// The script at a permanent URL: immutable, and can be pinned by its hash (`integrity`). Only the
/// current version of the server is available.
#[utoipa::path(operation_id = "get_web_component_version", tag = "Embeds", params(
    ("version" = String, Path, description = "The version, from `/embed/integrity.json`.", pattern = "^[0-9a-f]{16}$", example = "0123456789abcdef"),
), responses(
    (status = 200, description = "The script.", body = String, content_type = "text/javascript", example = json!("\"use strict\";")),
    (status = 304, description = "Not modified."),
    (status = 404, description = "Version not found.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/embed/kinoteka-{version}.js")]
pub async fn web_component_version(
    condition: ConditionalGet,
    version: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    if *version != COMPONENT.version {
        let detail = format!(
            "Component version `{}` not found; the current version is `{}`.",
            crate::text::truncate_for_message(&version),
            COMPONENT.version
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    }
    Ok(COMPONENT.to_response(&condition, "public, max-age=31536000, immutable"))
}

/// Version, URLs and integrity hash of the web component.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComponentIntegrity {
    /// The first 16 hexadecimal digits of the SHA-256 digest of the script.
    #[schema(value_type = String, pattern = "^[0-9a-f]{16}$", example = "0123456789abcdef")]
    version: &'static str,
    /// Permanent URL of this version.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/embed/kinoteka-0123456789abcdef.js"
    )]
    url: String,
    /// URL of the current version.
    #[schema(format = "uri", example = "https://catalogue.example.org/embed/kinoteka.js")]
    stable_url: String,
    /// Value of the `integrity` attribute of a script element with `crossorigin` (Subresource
    /// Integrity).
    #[schema(value_type = String, pattern = "^sha384-[A-Za-z0-9+/]{64}$", example = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC")]
    integrity: &'static str,
}

/// Get the version, URLs and integrity hash of the web component
///
/// To pin a version, use `url` as the `src` of a script element with `integrity`, `crossorigin` and
/// `defer`.
#[utoipa::path(operation_id = "get_web_component_integrity", tag = "Embeds", responses(
    (status = 200, description = "Version, URLs and integrity hash.", body = ComponentIntegrity, example = json!({"version": "0123456789abcdef", "url": "https://catalogue.example.org/embed/kinoteka-0123456789abcdef.js", "stable_url": "https://catalogue.example.org/embed/kinoteka.js", "integrity": "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"})),
    (status = 304, description = "Not modified."),
))]
#[get("/embed/integrity.json")]
pub async fn web_component_integrity(
    context: web::Data<AppState>,
    request: HttpRequest,
    condition: ConditionalGet,
) -> Result<HttpResponse, Problem> {
    let base_url = context.settings.base_url(&request);
    let pinned = ComponentIntegrity {
        version: &COMPONENT.version,
        url: format!("{base_url}{}", COMPONENT.path()),
        stable_url: format!("{base_url}/embed/kinoteka.js"),
        integrity: &COMPONENT.integrity,
    };
    let body = serde_json::to_string(&pinned).map_err(Problem::internal)?;
    let file = PublicFile {
        etag: EntityTag::from_key(&body),
        media_type: "application/json",
        body: Bytes::from(body),
    };
    Ok(file.into_response(&condition, SHORT_CACHE_CONTROL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_used_and_translated() {
        assert!(!COMPONENT.script.contains("{messages}"));
        for (name, message) in MESSAGES {
            assert!(SCRIPT_TEMPLATE.contains(&format!("\"{name}\"")), "{name} is never used");
            assert!(COMPONENT.script.contains(message.localize("mk")), "{name}");
        }
        for after in SCRIPT_TEMPLATE
            .split("message(\"")
            .skip(1)
            .chain(SCRIPT_TEMPLATE.split("DisplayError(\"").skip(1))
        {
            let name = after.split('"').next().unwrap();
            assert!(
                MESSAGES.iter().any(|(message_name, _)| *message_name == name),
                "{name} has no message"
            );
        }
    }

    #[test]
    fn script_needs_no_relaxed_page_csp() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "eval(",
            "Function(",
            "document.write",
            "localStorage",
            "cookie =",
            "http://",
            "https://",
            ".style",
        ] {
            assert!(!SCRIPT_TEMPLATE.contains(word), "{word}");
        }
        assert_eq!(SCRIPT_TEMPLATE.matches("\"{messages}\"").count(), 1);
    }
}
