//! `/embed/kinoteka.js`: videos and figures as elements of any page, in one file without
//! dependencies.
//!
//! The file is there at two addresses: one that always has the newest, to be kept for minutes, and
//! one with its version, which never changes and may be kept for ever. Whoever pins it finds its
//! digest (Subresource Integrity) at `/embed/integrity.json`. All three can be read from any site,
//! whatever `KINOTEKA_CORS_ORIGINS` says of the API, since a browser checks the digest only of what
//! it may read.

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
use crate::phrases::{LANGUAGES, Phrase};
use crate::resource::state::AppState;

const SCRIPT_TEMPLATE: &str = include_str!("assets/kinoteka.js");

/// What it says itself, by the names that it has for that.
const MESSAGES: [(&str, Phrase); 17] = [
    ("play", Phrase::Play),
    ("content_note", Phrase::ContentNote),
    ("no_video", Phrase::NoVideo),
    ("watch_on", Phrase::WatchOn),
    ("helplines", Phrase::Helplines),
    ("licence", Phrase::Licence),
    ("period", Phrase::Period),
    ("source", Phrase::Source),
    ("videos", Phrase::Videos),
    ("nothing_found", Phrase::NothingFound),
    ("pages", Phrase::Pages),
    ("previous_page", Phrase::PreviousPage),
    ("next_page", Phrase::NextPage),
    ("unavailable", Phrase::Unavailable),
    ("removed", Phrase::Removed),
    ("not_understood", Phrase::NotUnderstood),
    ("try_again", Phrase::TryAgain),
];

/// The file.
struct Component {
    script: String,
    /// The first digits of its digest.
    version: String,
    integrity: String,
    etag: EntityTag,
}

static COMPONENT: LazyLock<Component> = LazyLock::new(|| {
    let of = |language: &str| {
        MESSAGES
            .iter()
            .map(|(name, phrase)| ((*name).to_owned(), json!(phrase.in_language(language))))
            .collect()
    };
    let words: Map<String, Value> = LANGUAGES
        .iter()
        .map(|language| ((*language).to_owned(), Value::Object(of(language))))
        .collect();
    let text = SCRIPT_TEMPLATE.replacen("\"{words}\"", &Value::Object(words).to_string(), 1);
    let mut version = String::new();
    for byte in Sha256::digest(&text).iter().take(8) {
        let _ = write!(version, "{byte:02x}");
    }
    let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&text)));
    Component { etag: EntityTag::from_state(&text), script: text, version, integrity }
});

impl Component {
    fn path(&self) -> String {
        format!("/embed/kinoteka-{}.js", self.version)
    }

    fn to_response(&self, request: &HttpRequest, cache_control: &str) -> HttpResponse {
        cross_origin_response(
            request,
            &self.etag,
            cache_control,
            "text/javascript; charset=utf-8",
            Bytes::from_static(COMPONENT.script.as_bytes()),
        )
    }
}

/// Answers what every site may read.
fn cross_origin_response(
    request: &HttpRequest,
    etag: &EntityTag,
    cache_control: &str,
    media_type: &str,
    body: Bytes,
) -> HttpResponse {
    let validators = CacheValidators { tag: etag.clone(), last_modified: None };
    let is_not_modified = ConditionalGet::from_request(request).is_current(&validators);
    let mut response = HttpResponse::build(if is_not_modified {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header((header::ETAG, etag.as_str()))
        .insert_header((header::CACHE_CONTROL, cache_control));
    response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if is_not_modified { response.finish() } else { response.content_type(media_type).body(body) }
}

/// May be kept so long where it can change.
const SHORT_CACHE_CONTROL: &str = "public, max-age=300";

/// Get the web component
///
/// `kinoteka-videos` (`query`, `layout`), `kinoteka-video` (`video`) and `kinoteka-figure`
/// (`statistic`) as elements of any page that loads this script with `defer`: the newest, kept for
/// minutes. Each element takes `server` (this one if it is absent) and `lang` (else the page's
/// language). A query is ignored, since content systems add one to scripts.
#[utoipa::path(operation_id = "component", tag = "Embeds", responses(
    (status = 200, description = "The script.", body = String, content_type = "text/javascript", example = json!("\"use strict\";")),
    (status = 304, description = "The client has this already."),
))]
#[get("/embed/kinoteka.js")]
pub async fn web_component(request: HttpRequest) -> HttpResponse {
    COMPONENT.to_response(&request, SHORT_CACHE_CONTROL)
}

/// Get the web component in one version
///
/// The same file at an address that never has another: to be kept for ever, and pinned by its
/// digest (`integrity`). Other versions than this server's are not there.
#[utoipa::path(operation_id = "component_version", tag = "Embeds", params(
    ("version" = String, Path, description = "The version, from `/embed/integrity.json`.", pattern = "^[0-9a-f]{16}$", example = "0123456789abcdef"),
), responses(
    (status = 200, description = "The script.", body = String, content_type = "text/javascript", example = json!("\"use strict\";")),
    (status = 304, description = "The client has this already."),
    (status = 404, description = "This server has another version.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/embed/kinoteka-{version}.js")]
pub async fn web_component_version(
    request: HttpRequest,
    version: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    if *version != COMPONENT.version {
        let detail = format!(
            "This server has no version `{}` of the component; it has `{}`.",
            crate::text::clip(&version),
            COMPONENT.version
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    }
    Ok(COMPONENT.to_response(&request, "public, max-age=31536000, immutable"))
}

/// How to pin the component.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComponentIntegrity {
    /// The first digits of the file's SHA-256 digest.
    #[schema(value_type = String, pattern = "^[0-9a-f]{16}$", example = "0123456789abcdef")]
    version: &'static str,
    /// Where this version is, for ever.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/embed/kinoteka-0123456789abcdef.js"
    )]
    url: String,
    /// Where the newest is.
    #[schema(format = "uri", example = "https://catalogue.example.org/embed/kinoteka.js")]
    stable_url: String,
    /// For the attribute `integrity` of a script element that has `crossorigin` (Subresource
    /// Integrity).
    #[schema(value_type = String, pattern = "^sha384-[A-Za-z0-9+/]{64}$", example = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC")]
    integrity: &'static str,
}

/// Tell how to pin the web component
///
/// Version, addresses and digest: a script element with `url` as its `src`, with `integrity`,
/// `crossorigin` and `defer`.
#[utoipa::path(operation_id = "component_integrity", tag = "Embeds", responses(
    (status = 200, description = "Version, addresses and digest.", body = ComponentIntegrity, example = json!({"version": "0123456789abcdef", "url": "https://catalogue.example.org/embed/kinoteka-0123456789abcdef.js", "stable_url": "https://catalogue.example.org/embed/kinoteka.js", "integrity": "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"})),
    (status = 304, description = "The client has this already."),
))]
#[get("/embed/integrity.json")]
pub async fn web_component_integrity(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let base_url = context.settings.base_url(&request);
    let pinned = ComponentIntegrity {
        version: &COMPONENT.version,
        url: format!("{base_url}{}", COMPONENT.path()),
        stable_url: format!("{base_url}/embed/kinoteka.js"),
        integrity: &COMPONENT.integrity,
    };
    let body = serde_json::to_string(&pinned).map_err(Problem::internal)?;
    Ok(cross_origin_response(
        &request,
        &EntityTag::from_state(&body),
        SHORT_CACHE_CONTROL,
        "application/json",
        Bytes::from(body),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_used_and_translated() {
        assert!(!COMPONENT.script.contains("{words}"));
        for (name, message) in MESSAGES {
            assert!(SCRIPT_TEMPLATE.contains(&format!("\"{name}\"")), "{name} is never said");
            assert!(COMPONENT.script.contains(message.in_language("mk")), "{name}");
        }
        for after in SCRIPT_TEMPLATE
            .split("say(\"")
            .skip(1)
            .chain(SCRIPT_TEMPLATE.split("Refusal(\"").skip(1))
        {
            let name = after.split('"').next().unwrap();
            assert!(MESSAGES.iter().any(|(known, _)| *known == name), "{name} has no words");
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
        assert_eq!(SCRIPT_TEMPLATE.matches("\"{words}\"").count(), 1);
    }
}
