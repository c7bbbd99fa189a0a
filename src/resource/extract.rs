//! Extractors: what handlers need to know about the caller, as arguments.
//!
//! `actix-web` polls the extractors of a handler together and returns the first error. An extractor
//! that can fail without waiting, such as [`AcceptsJson`], is therefore checked before one that
//! reads the database; checks that come after authentication are part of the same extractor.

use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use crate::db::{Id, ReadCost};
use crate::http::access_log::AuthenticatedKey;
use crate::http::api_keys::Role;
use crate::http::body::check_content_encoding;
use crate::http::conditional::{ConditionalGet, Precondition};
use crate::http::middleware::RequestId;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::visibility::Visibility;
use crate::http::{accept, auth};
use crate::resource::state::AppState;

/// The future of an extractor that reads the database.
type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A client that accepts JSON. Error: 406.
pub struct AcceptsJson;

impl FromRequest for AcceptsJson {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(accept::require_json(request).map(|()| Self))
    }
}

/// The caller of a read: what it may see. Error: 401 for an invalid API key, never a response with
/// public visibility.
pub struct Viewer(pub Visibility);

impl FromRequest for Viewer {
    type Error = Problem;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(Self(match authenticate(&request).await? {
                Some(_) => Visibility::All,
                None => Visibility::Published,
            }))
        })
    }
}

/// The caller of a read, and which representation it has already. Error: that of [`Viewer`].
pub struct ConditionalViewer {
    /// What the caller may see.
    pub visibility: Visibility,
    /// `If-None-Match` and `If-Modified-Since`.
    pub condition: ConditionalGet,
}

impl FromRequest for ConditionalViewer {
    type Error = Problem;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Viewer(visibility) = Viewer::extract(&request).await?;
            Ok(Self { visibility, condition: ConditionalGet::parse(&request) })
        })
    }
}

/// The caller of a write. Errors: 401 without a valid API key, 403 if its role is not sufficient,
/// 415 for a content coding of the request.
pub struct Editor {
    /// Id of the API key.
    pub key: Id,
    /// Role of the API key.
    pub role: Role,
}

impl FromRequest for Editor {
    type Error = Problem;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate_editor(&request).await })
    }
}

/// The caller of a write to an existing item, with its precondition. Errors: those of [`Editor`];
/// 400 for an unsupported `If-None-Match`.
pub struct ConditionalEditor {
    /// Id of the API key.
    pub key: Id,
    /// Role of the API key.
    pub role: Role,
    /// `If-Match` and `If-None-Match: *`.
    pub precondition: Precondition,
}

impl FromRequest for ConditionalEditor {
    type Error = Problem;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Editor { key, role } = authenticate_editor(&request).await?;
            let precondition = Precondition::from_request(&request)?;
            Ok(Self { key, role, precondition })
        })
    }
}

async fn authenticate_editor(request: &HttpRequest) -> Result<Editor, Problem> {
    match authenticate(request).await? {
        None => Err(auth::unauthenticated(
            "Writing requires an API key: send `Authorization: Bearer …`.",
        )),
        Some((_, role)) if role < Role::Editor => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("The API key has the role `{}`; writing requires `editor`.", role.as_str()),
        )),
        Some((key, role)) => {
            check_content_encoding(request)?;
            Ok(Editor { key, role })
        }
    }
}

/// Returns the API key of the request and its role, or `None` without a key.
async fn authenticate(request: &HttpRequest) -> Result<Option<(Id, Role)>, Problem> {
    if request.headers().get_all(header::AUTHORIZATION).count() > 1 {
        let detail = "The request has several Authorization headers; send one.";
        return Err(Problem::new(ProblemKind::Malformed, detail));
    }
    let Some(token) = auth::parse_bearer(request.headers().get(header::AUTHORIZATION))? else {
        return Ok(None);
    };
    let Some(state) = request.app_data::<web::Data<AppState>>() else {
        return Err(Problem::internal("the application state is not registered"));
    };
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let (key, role) = state
        .database
        .read_primary(ReadCost::Light, move |connection| {
            auth::authenticate(connection, &token, &request_id)
        })
        .await?
        .value;
    state.record_key_use(key.id);
    request.extensions_mut().insert(AuthenticatedKey(key.id));
    Ok(Some((key.id, role)))
}
