//! `Idempotency-Key`: a request that is sent again under its key is answered again, not done again.
//!
//! The key is claimed in a transaction of its own, so that a request which comes meanwhile can be
//! told so. What the work answers is stored in the work's own transaction: either both are kept or
//! neither.

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

/// The header.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Says that an answer is an earlier one.
pub const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// How long a key may be, without its quotes.
const MAX_KEY_LEN: usize = 255;

/// After so long, in microseconds, a request that neither answered nor failed has died with its
/// process.
const CLAIM_TIMEOUT_MICROS: i64 = 60_000_000;

/// An answer as it is kept.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// The status.
    pub status: u16,
    /// The headers that the work has set.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A refusal as it is kept; who asks again is told the same, under the new request's identifier.
#[derive(Deserialize, Serialize)]
struct StoredProblem {
    code: String,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(String, String)>,
}

/// A request under a key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    caller: Id,
    key: String,
    request_digest: String,
    /// Tells this attempt from others.
    attempt_id: Id,
}

/// What is known of a key.
#[derive(Debug)]
pub enum ClaimResult {
    /// Nothing: the work is to be done.
    Acquired,
    /// The answer.
    Replay(StoredResponse),
}

type IdempotencyRow = (String, Id, Option<i64>, Option<String>, Option<String>, Time);

impl IdempotentRequest {
    /// Reads the header. 400 where it is not a quoted string of visible ASCII.
    pub fn from_request(
        request: &HttpRequest,
        caller: Id,
        body: &Value,
    ) -> Result<Option<Self>, Problem> {
        let wrong =
            |detail: &str| Problem::invalid_parameter(IDEMPOTENCY_KEY, "invalid_value", detail);
        let mut given = request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = given.next() else { return Ok(None) };
        if given.next().is_some() {
            return Err(wrong("Send one Idempotency-Key, not several."));
        }
        let key = value
            .to_str()
            .ok()
            .map(str::trim)
            .and_then(|text| text.strip_prefix('"'))
            .and_then(|text| text.strip_suffix('"'));
        let sane = |key: &&str| {
            (1..=MAX_KEY_LEN).contains(&key.len())
                && key.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\')
        };
        let Some(key) = key.filter(sane) else {
            return Err(wrong(
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

    /// Claims the key, or finds what was answered under it. 422 where the key was used for another
    /// request, 409 while the first one still runs. Keys older than the configured age are
    /// forgotten.
    pub async fn claim(&self, state: &AppState) -> Result<ClaimResult, Problem> {
        let this = self.clone();
        let age = i64::from(state.settings.idempotency_hours).saturating_mul(3_600_000_000);
        state
            .database
            .write(move |connection| this.claim_in_transaction(connection, age))
            .await
            .map(|done| done.value)
    }

    fn claim_in_transaction(
        &self,
        connection: &mut Connection,
        age: i64,
    ) -> Result<ClaimResult, Problem> {
        let now = Time::now();
        diesel::delete(rows::table.filter(rows::created_at.lt(now.minus_micros(age))))
            .execute(connection)?;
        let known: Option<IdempotencyRow> = rows::table
            .filter(rows::caller.eq(self.caller))
            .filter(rows::key.eq(&self.key))
            .select((
                rows::digest,
                rows::attempt,
                rows::status,
                rows::headers,
                rows::body,
                rows::created_at,
            ))
            .first(connection)
            .optional()?;
        let Some((digest, _, status, headers, body, created_at)) = known else {
            diesel::insert_into(rows::table)
                .values((
                    rows::caller.eq(self.caller),
                    rows::key.eq(&self.key),
                    rows::digest.eq(&self.request_digest),
                    rows::attempt.eq(self.attempt_id),
                    rows::created_at.eq(now),
                ))
                .execute(connection)?;
            return Ok(ClaimResult::Acquired);
        };
        if digest != self.request_digest {
            let detail = "The key was used for another request; take a new key for each request, and the same only to repeat one.";
            return Err(Problem::invalid_fields(vec![FieldError::parameter(
                IDEMPOTENCY_KEY,
                "reused",
                detail,
            )]));
        }
        if let Some(status) = status {
            return replay(status, headers.as_deref().unwrap_or("[]"), body.unwrap_or_default());
        }
        if created_at.micros() > now.minus_micros(CLAIM_TIMEOUT_MICROS).micros() {
            let detail = "The first request with this Idempotency-Key is still running; send it again to get its answer.";
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

    /// Keeps the answer; the last step of the work's own transaction. Fails where another attempt
    /// has taken the key over.
    pub fn store_response(
        &self,
        connection: &mut Connection,
        reply: &StoredResponse,
    ) -> Result<(), Problem> {
        let headers = serde_json::to_string(&reply.headers).map_err(Problem::internal)?;
        let kept = diesel::update(self.row_query().filter(rows::attempt.eq(self.attempt_id)))
            .set((
                rows::status.eq(Some(i64::from(reply.status))),
                rows::headers.eq(Some(headers)),
                rows::body.eq(Some(&reply.body)),
            ))
            .execute(connection)?;
        if kept == 1 {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::Conflict,
            "Another request with this Idempotency-Key went on in the meantime; nothing was stored by this one.",
        ))
    }

    /// After work that failed: a refusal is kept, anything else frees the key, so that the work can
    /// be tried again.
    pub async fn finish_failed(&self, state: &AppState, problem: Option<&Problem>) {
        let refusal = problem
            .filter(|problem| (400..500).contains(&problem.kind.definition().status))
            .map(|problem| {
                let definition = problem.kind.definition();
                let headers = problem
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                    .collect();
                let refusal = StoredProblem {
                    code: definition.code.to_owned(),
                    detail: problem.detail.clone(),
                    errors: problem.errors.clone(),
                    headers,
                };
                StoredResponse {
                    status: definition.status,
                    headers: Vec::new(),
                    body: serde_json::to_string(&refusal).unwrap_or_default(),
                }
            });
        let this = self.clone();
        let settled = state.database.write(move |connection| {
            if let Some(refusal) = &refusal {
                return this.store_response(connection, refusal);
            }
            let unanswered = this
                .row_query()
                .filter(rows::attempt.eq(this.attempt_id))
                .filter(rows::status.is_null());
            diesel::delete(unanswered).execute(connection)?;
            Ok(())
        });
        if let Err(problem) = settled.await {
            log::warn!("an Idempotency-Key stays claimed for a minute: {problem}");
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
    let refusal: StoredProblem = serde_json::from_str(&body).map_err(Problem::internal)?;
    let kind = ProblemKind::ALL
        .iter()
        .find(|kind| kind.definition().code == refusal.code)
        .copied()
        .unwrap_or(ProblemKind::Conflict);
    let mut problem = Problem::new(kind, refusal.detail)
        .with_header(header::HeaderName::from_static("idempotent-replayed"), "true");
    problem.errors = refusal.errors;
    for (name, value) in refusal.headers {
        if let Ok(name) = header::HeaderName::try_from(name) {
            problem.headers.push((name, value));
        }
    }
    Err(problem)
}
