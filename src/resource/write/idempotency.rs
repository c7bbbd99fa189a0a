//! `Idempotency-Key`: a request that is repeated with its key receives the stored response and is
//! not processed again.
//!
//! The key is claimed in a transaction of its own, so that a concurrent request with the same key
//! can be rejected. The response is stored in the transaction of the write: either both are
//! committed or neither.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::db::schema::idempotent_requests as rows;
use crate::db::{Connection, Id, Time};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::resource::state::AppState;

/// Name of the request header.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Name of the response header that marks a replayed response.
pub const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// Maximum length of a key, without its quotes.
const MAX_KEY_LEN: usize = 255;

/// Time after which an unfinished request is considered lost with its process.
const CLAIM_TIMEOUT: Duration = Duration::from_mins(1);

/// A stored response.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// The status code.
    pub status: u16,
    /// The headers that the write has set.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A stored error response. A repeated request receives the same problem, with its own request id.
#[derive(Deserialize, Serialize)]
struct StoredProblem {
    code: String,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(String, String)>,
}

/// A request with an idempotency key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    caller: Id,
    key: String,
    request_digest: String,
    /// Distinguishes this attempt from others with the same key.
    attempt_id: Id,
}

/// The result of claiming a key.
#[derive(Debug)]
pub enum ClaimResult {
    /// The key was not in use: the request must be processed.
    Acquired,
    /// The stored response.
    Replay(StoredResponse),
}

type IdempotencyRow = (String, Id, Option<i64>, Option<String>, Option<String>, Time);

impl IdempotentRequest {
    /// Parses the header. Fails with 400 if it is not a quoted string of visible ASCII characters.
    pub fn from_request(
        request: &HttpRequest,
        caller: Id,
        body: &Value,
    ) -> Result<Option<Self>, Problem> {
        let invalid_header =
            |detail: &str| Problem::invalid_parameter(IDEMPOTENCY_KEY, "invalid_value", detail);
        let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(invalid_header("Send one Idempotency-Key, not several."));
        }
        let key = value
            .to_str()
            .ok()
            .map(str::trim)
            .and_then(|text| text.strip_prefix('"'))
            .and_then(|text| text.strip_suffix('"'));
        let is_valid = |key: &&str| {
            (1..=MAX_KEY_LEN).contains(&key.len())
                && key.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\')
        };
        let Some(key) = key.filter(is_valid) else {
            return Err(invalid_header(
                "An Idempotency-Key is a quoted string of 1 to 255 visible ASCII characters without quotes and backslashes, such as \
                 \"8e03978e-40d5-43dd-bc93-6894a57f9324\".",
            ));
        };
        let language = request
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let request = format!("{} {}\n{language}\n{body}", request.method(), request.uri());
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(request.as_bytes()));
        Ok(Some(Self {
            caller,
            key: key.to_owned(),
            request_digest: digest,
            attempt_id: Id::new(),
        }))
    }

    /// Claims the key, or returns the stored response. Fails with 422 if the key was used for a
    /// different request, and with 409 while the first request is running. Keys older than the
    /// configured age are deleted.
    pub async fn claim(&self, state: &AppState) -> Result<ClaimResult, Problem> {
        let request = self.clone();
        let retention = state.settings.idempotency_retention;
        state
            .database
            .write(move |connection| request.claim_in_transaction(connection, retention))
            .await
            .map(|done| done.value)
    }

    fn claim_in_transaction(
        &self,
        connection: &mut Connection,
        retention: Duration,
    ) -> Result<ClaimResult, Problem> {
        let now = Time::now();
        diesel::delete(rows::table.filter(rows::created_at.lt(now.saturating_sub(retention))))
            .execute(connection)?;
        let stored: Option<IdempotencyRow> = rows::table
            .filter(rows::caller.eq(self.caller))
            .filter(rows::key.eq(&self.key))
            .select((
                rows::request_hash,
                rows::attempt,
                rows::status,
                rows::headers,
                rows::body,
                rows::created_at,
            ))
            .first(connection)
            .optional()?;
        let Some((digest, _, status, headers, body, created_at)) = stored else {
            diesel::insert_into(rows::table)
                .values((
                    rows::caller.eq(self.caller),
                    rows::key.eq(&self.key),
                    rows::request_hash.eq(&self.request_digest),
                    rows::attempt.eq(self.attempt_id),
                    rows::created_at.eq(now),
                ))
                .execute(connection)?;
            return Ok(ClaimResult::Acquired);
        };
        if digest != self.request_digest {
            let detail = "The key was used for a different request; use a new key for each request and reuse a key only to retry.";
            return Err(Problem::invalid_fields(vec![FieldError::parameter(
                IDEMPOTENCY_KEY,
                "reused",
                detail,
            )]));
        }
        if let Some(status) = status {
            return replay(status, headers.as_deref().unwrap_or("[]"), body.unwrap_or_default());
        }
        if created_at > now.saturating_sub(CLAIM_TIMEOUT) {
            let detail = "The first request with this Idempotency-Key is still running; retry to get its response.";
            let mut problem =
                Problem::new(ProblemKind::Conflict, detail).with_header(header::RETRY_AFTER, "1");
            problem.errors.push(FieldError::parameter(IDEMPOTENCY_KEY, "still_running", detail));
            return Err(problem);
        }
        diesel::update(self.row_query())
            .set((rows::attempt.eq(self.attempt_id), rows::created_at.eq(now)))
            .execute(connection)?;
        Ok(ClaimResult::Acquired)
    }

    #[diesel::dsl::auto_type(no_type_alias)]
    fn row_query(&self) -> _ {
        let caller: Id = self.caller;
        let key: String = self.key.clone();
        rows::table.filter(rows::caller.eq(caller)).filter(rows::key.eq(key))
    }

    /// Stores the response, as the last step of the transaction of the write. Fails if another
    /// attempt has taken over the key.
    pub fn store_response(
        &self,
        connection: &mut Connection,
        response: &StoredResponse,
    ) -> Result<(), Problem> {
        let headers = serde_json::to_string(&response.headers).map_err(Problem::internal)?;
        let updated = diesel::update(self.row_query().filter(rows::attempt.eq(self.attempt_id)))
            .set((
                rows::status.eq(Some(i64::from(response.status))),
                rows::headers.eq(Some(headers)),
                rows::body.eq(Some(&response.body)),
            ))
            .execute(connection)?;
        if updated == 1 {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::Conflict,
            "Another request with this Idempotency-Key took over in the meantime; this request stored nothing.",
        ))
    }

    /// Finishes a failed write: a client error (4xx) is stored as the response; any other failure
    /// releases the key, so that the request can be retried.
    pub async fn finish_failed(&self, state: &AppState, problem: Option<&Problem>) {
        let error_response = problem
            .filter(|problem| (400..500).contains(&problem.kind.definition().status))
            .map(|problem| {
                let definition = problem.kind.definition();
                let headers = problem
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                    .collect();
                let stored_problem = StoredProblem {
                    code: definition.code.to_owned(),
                    detail: problem.detail.clone(),
                    errors: problem.errors.clone(),
                    headers,
                };
                StoredResponse {
                    status: definition.status,
                    headers: Vec::new(),
                    body: serde_json::to_string(&stored_problem).unwrap_or_default(),
                }
            });
        let request = self.clone();
        let finished = state.database.write(move |connection| {
            if let Some(response) = &error_response {
                return request.store_response(connection, response);
            }
            let claim = request
                .row_query()
                .filter(rows::attempt.eq(request.attempt_id))
                .filter(rows::status.is_null());
            diesel::delete(claim).execute(connection)?;
            Ok(())
        });
        if let Err(problem) = finished.await {
            log::warn!(
                "failed to release an Idempotency-Key, which stays claimed for a minute: {problem}"
            );
        }
    }
}

fn replay(status: i64, headers: &str, body: String) -> Result<ClaimResult, Problem> {
    let status = u16::try_from(status).map_err(Problem::internal)?;
    if status < 400 {
        let mut headers: Vec<(String, String)> =
            serde_json::from_str(headers).map_err(Problem::internal)?;
        headers.push((IDEMPOTENT_REPLAYED.to_owned(), "true".to_owned()));
        return Ok(ClaimResult::Replay(StoredResponse { status, headers, body }));
    }
    let stored_problem: StoredProblem = serde_json::from_str(&body).map_err(Problem::internal)?;
    let kind = ProblemKind::ALL
        .iter()
        .find(|kind| kind.definition().code == stored_problem.code)
        .copied()
        .unwrap_or(ProblemKind::Conflict);
    let mut problem = Problem::new(kind, stored_problem.detail)
        .with_header(header::HeaderName::from_static("idempotent-replayed"), "true");
    problem.errors = stored_problem.errors;
    for (name, value) in stored_problem.headers {
        if let Ok(name) = header::HeaderName::try_from(name) {
            problem.headers.push((name, value));
        }
    }
    Err(problem)
}
