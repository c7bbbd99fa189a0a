//! Bodies and headers of responses with resources: sparse fields, validators, caching, redirects.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::db::Time;
use crate::http::auth::Visibility;
use crate::http::conditional::CacheValidators;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::resource::model::revisions::{CATALOGUE, Version, VisibleRevisions};
use crate::resource::query::shape::ResponseShape;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::AppState;

/// What a representation of items of one kind depends on besides the request: part of the `ETag`.
pub struct RepresentationState {
    /// The revisions of the data.
    pub revisions: RevisionKey,
    /// Time of the last change.
    pub changed_at: Option<Time>,
}

/// The versions that a representation depends on.
#[derive(Debug, Serialize)]
pub enum RevisionKey {
    /// The version of the catalogue.
    Catalogue(Version),
    /// The version of each kind.
    Kinds(Vec<(ResourceKind, Version)>),
}

impl RepresentationState {
    /// Returns the state of an item apart from its own revision: the kinds that it embeds.
    pub fn of_item(
        schema: &ResourceSchema,
        visible: VisibleRevisions<'_>,
        shape: &ResponseShape,
    ) -> Self {
        Self::of_kinds(schema.embeds.iter().copied(), visible, shape)
    }

    /// Returns the state of a list: its kind and those that the items embed.
    pub fn of_list(
        schema: &ResourceSchema,
        visible: VisibleRevisions<'_>,
        shape: &ResponseShape,
    ) -> Self {
        Self::of_kinds(schema.embeds.iter().copied().chain([schema.kind]), visible, shape)
    }

    fn of_kinds(
        kinds: impl Iterator<Item = ResourceKind>,
        visible: VisibleRevisions<'_>,
        shape: &ResponseShape,
    ) -> Self {
        if !shape.include.is_empty() {
            // Full embedded resources reference others in turn: any change may affect the
            // representation.
            return Self {
                revisions: RevisionKey::Catalogue(visible.version(CATALOGUE)),
                changed_at: visible.changed_at(CATALOGUE),
            };
        }
        let mut changed_at = None;
        let of_kind = |kind: ResourceKind| {
            changed_at = changed_at.max(visible.changed_at(kind.as_str()));
            (kind, visible.version(kind.as_str()))
        };
        let revisions = RevisionKey::Kinds(kinds.map(of_kind).collect());
        Self { revisions, changed_at }
    }
}

/// What the caching headers of a response depend on.
#[derive(Clone, Copy)]
pub struct ResponseContext<'a> {
    /// The application state.
    pub state: &'a AppState,
    /// Visibility of the caller.
    pub visibility: Visibility,
    /// Languages of the response.
    pub language_preference: &'a LanguagePreference,
}

impl<'a> ResponseContext<'a> {
    /// Creates the context of a response to this caller in these languages.
    pub fn new(
        state: &'a AppState,
        visibility: Visibility,
        language_preference: &'a LanguagePreference,
    ) -> Self {
        Self { state, visibility, language_preference }
    }

    /// Returns 304: the client has the current representation.
    pub fn not_modified(self, validators: &CacheValidators) -> HttpResponse {
        self.build(StatusCode::NOT_MODIFIED, validators).finish()
    }

    /// Returns 200 with the validators, `Cache-Control` and `Vary`.
    pub fn ok(self, validators: &CacheValidators) -> HttpResponseBuilder {
        self.build(StatusCode::OK, validators)
    }

    /// Returns the time for which caches may use a public response, in seconds.
    pub fn max_age(self, validators: &CacheValidators) -> u64 {
        self.state.settings.cache_max_age.as_secs().min(until_change(validators))
    }

    fn build(self, status: StatusCode, validators: &CacheValidators) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        let cache_control = match self.visibility {
            Visibility::Published => {
                let age = self.max_age(validators);
                let stale =
                    age.saturating_mul(10).min(until_change(validators).saturating_sub(age));
                format!("public, max-age={age}, stale-while-revalidate={stale}")
            }
            Visibility::All => "private, no-store".to_owned(),
        };
        response.insert_header((header::CACHE_CONTROL, cache_control));
        let vary = if self.language_preference.is_explicit {
            "Authorization"
        } else {
            "Authorization, Accept-Language"
        };
        response.insert_header((header::VARY, vary));
        set_validators(&mut response, validators);
        response
    }
}

/// Returns the seconds until a representation may change on schedule.
fn until_change(validators: &CacheValidators) -> u64 {
    let seconds = |time: Time| time.saturating_duration_since(Time::now()).as_secs();
    validators.fresh_until.map_or(u64::MAX, seconds)
}

/// Adds `ETag` and `Last-Modified`.
pub fn set_validators(response: &mut HttpResponseBuilder, validators: &CacheValidators) {
    for header in validators.headers() {
        response.insert_header(header);
    }
}

/// Serializes a resource as JSON with only the requested fields, and with more members.
pub fn to_json<'a, T: Serialize>(
    resource: &T,
    shape: &ResponseShape,
    more: impl IntoIterator<Item = (&'static str, &'a Vec<Value>)>,
) -> Result<String, Problem> {
    let mut body = Vec::with_capacity(4 * 1_024);
    write_json(&mut body, resource, shape)?;
    for (name, value) in more {
        add_member(&mut body, name, value)?;
    }
    String::from_utf8(body).map_err(Problem::internal)
}

/// Appends a resource as JSON with only the requested fields.
pub fn write_json<T: Serialize>(
    body: &mut Vec<u8>,
    resource: &T,
    shape: &ResponseShape,
) -> Result<(), Problem> {
    if shape.fields.is_none() {
        return serde_json::to_writer(body, resource).map_err(Problem::internal);
    }
    serde_json::to_writer(
        body,
        &select_fields(serde_json::to_value(resource).map_err(Problem::internal)?, shape),
    )
    .map_err(Problem::internal)
}

/// Adds a member to the JSON object at the end of `body`, which must have other members.
pub fn add_member<T: Serialize>(body: &mut Vec<u8>, name: &str, value: &T) -> Result<(), Problem> {
    if body.pop_if(|end| *end == b'}').is_some() {
        body.extend_from_slice(format!(",\"{name}\":").as_bytes());
        serde_json::to_writer(&mut *body, value).map_err(Problem::internal)?;
        body.push(b'}');
    }
    Ok(())
}

/// Removes the fields that were not requested.
pub fn select_fields(resource: Value, shape: &ResponseShape) -> Value {
    match (resource, &shape.fields) {
        (Value::Object(object), Some(fields)) => Value::Object(
            object.into_iter().filter(|(name, _)| name == "id" || fields.contains(name)).collect(),
        ),
        (other, _) => other,
    }
}

/// Returns 308 to the same URL with another path; the query is preserved.
pub fn permanent_redirect(state: &AppState, request: &HttpRequest, path: &str) -> HttpResponse {
    let query = request.query_string();
    let mark = if query.is_empty() { "" } else { "?" };
    let location = format!("{}{path}{mark}{query}", state.settings.base_url(request));
    HttpResponse::build(StatusCode::PERMANENT_REDIRECT)
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .finish()
}
