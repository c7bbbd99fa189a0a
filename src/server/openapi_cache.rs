//! The rendered OpenAPI document, cached for the lifetime of the process.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use serde_json::Value;

use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag};

/// A cacheable response with a document, or 304 if the client has it.
pub fn cached_response(
    condition: &ConditionalGet,
    media_type: &'static str,
    document: &CachedDocument,
) -> HttpResponse {
    let validators =
        CacheValidators { tag: document.etag.clone(), last_modified: None, fresh_until: None };
    let is_not_modified = condition.is_current(&validators);
    let mut response = HttpResponse::build(if is_not_modified {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header((header::ETAG, document.etag.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    if is_not_modified {
        response.finish()
    } else {
        response.content_type(media_type).body(document.body.clone())
    }
}

/// A rendered document. Responses share its bytes.
pub struct CachedDocument {
    /// `ETag`.
    pub etag: EntityTag,
    /// Content.
    pub body: Bytes,
}

impl CachedDocument {
    /// A document with the `ETag` of its content.
    pub fn new(text: String) -> Self {
        Self { etag: EntityTag::from_key(&text), body: Bytes::from(text) }
    }
}

/// Whether a path segment matches a template: `videos.csv` matches `videos.{format}`.
fn segment_matches(template: &str, given: &str) -> bool {
    let Some((front, rest)) = template.split_once('{') else { return template == given };
    let back = rest.split_once('}').map(|(_, back)| back).unwrap_or_default();
    given
        .strip_prefix(front)
        .and_then(|given| given.strip_suffix(back))
        .is_some_and(|value| !value.is_empty())
}

/// The documents, rendered at first use and shared by all workers.
pub struct OpenApiDocuments {
    server_url: String,
    render_json: fn(&str) -> String,
    json_to_yaml: fn(&str) -> String,
    json: OnceLock<CachedDocument>,
    yaml: OnceLock<CachedDocument>,
    routes: OnceLock<Vec<(String, Vec<String>)>>,
}

impl OpenApiDocuments {
    /// An empty cache of the document of the server at this base URL. `render_json` takes the base
    /// URL.
    pub const fn new(
        server_url: String,
        render_json: fn(&str) -> String,
        json_to_yaml: fn(&str) -> String,
    ) -> Self {
        Self {
            server_url,
            render_json,
            json_to_yaml,
            json: OnceLock::new(),
            yaml: OnceLock::new(),
            routes: OnceLock::new(),
        }
    }

    /// The JSON document.
    pub fn json(&self) -> &CachedDocument {
        self.json.get_or_init(|| CachedDocument::new((self.render_json)(&self.server_url)))
    }

    /// The YAML document.
    pub fn yaml(&self) -> &CachedDocument {
        self.yaml.get_or_init(|| {
            let json = String::from_utf8_lossy(&self.json().body);
            CachedDocument::new((self.json_to_yaml)(&json))
        })
    }

    /// The documented methods of a path; empty for an unknown path.
    pub fn allowed_methods(&self, path: &str) -> Vec<String> {
        let routes = self.routes.get_or_init(|| {
            let document: Value = serde_json::from_slice(&self.json().body).unwrap_or_default();
            let paths =
                document.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
            paths
                .into_iter()
                .map(|(path, item)| {
                    (
                        path,
                        item.as_object()
                            .map(|item| {
                                item.keys().map(|method| method.to_ascii_uppercase()).collect()
                            })
                            .unwrap_or_default(),
                    )
                })
                .collect()
        });
        let segments: Vec<&str> = path.split('/').collect();
        let matches_template = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == segments.len()
                && parts.iter().zip(&segments).all(|(part, given)| segment_matches(part, given))
        };
        routes
            .iter()
            .find(|(template, _)| matches_template(template))
            .map(|(_, methods)| methods.clone())
            .unwrap_or_default()
    }
}
