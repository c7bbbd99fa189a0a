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

use super::context::Context;
use crate::db::schema::idempotent_requests as rows;
use crate::db::{Connection, Id, Time};
use crate::http::problem::{FieldError, Problem, ProblemKind};

/// The header.
pub const NAME: &str = "Idempotency-Key";

/// Says that an answer is an earlier one.
pub const REPLAYED: &str = "Idempotent-Replayed";

/// How long a key may be, without its quotes.
const LONGEST: usize = 255;

/// After so long, in microseconds, a request that neither answered nor failed has died with its
/// process.
const ABANDONED: i64 = 60_000_000;

/// An answer as it is kept.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers that the work has set.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A refusal as it is kept; who asks again is told the same, under the new request's identifier.
#[derive(Deserialize, Serialize)]
struct Refusal {
    code: String,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(String, String)>,
}

/// A request under a key.
#[derive(Clone, Debug)]
pub struct Once {
    caller: Id,
    key: String,
    digest: String,
    /// Tells this attempt from others.
    attempt: Id,
}

/// What is known of a key.
#[derive(Debug)]
pub enum Claim {
    /// Nothing: the work is to be done.
    Ours,
    /// The answer.
    Answered(Reply),
}

type Row = (String, Id, Option<i64>, Option<String>, Option<String>, Time);

impl Once {
    /// Reads the header. 400 where it is not a quoted string of visible ASCII.
    pub fn read(request: &HttpRequest, caller: Id, body: &Value) -> Result<Option<Self>, Problem> {
        let wrong = |detail: &str| Problem::invalid_parameter(NAME, "invalid_value", detail);
        let mut given = request.headers().get_all(NAME);
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
            (1..=LONGEST).contains(&key.len())
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
        Ok(Some(Self { caller, key: key.to_owned(), digest, attempt: Id::new() }))
    }

    /// Claims the key, or finds what was answered under it. 422 where the key was used for another
    /// request, 409 while the first one still runs. Keys older than the configured age are
    /// forgotten.
    pub async fn claim(&self, context: &Context) -> Result<Claim, Problem> {
        let this = self.clone();
        let age = i64::from(context.settings.idempotency_hours).saturating_mul(3_600_000_000);
        context
            .store
            .write(move |connection| this.claim_here(connection, age))
            .await
            .map(|done| done.value)
    }

    fn claim_here(&self, connection: &mut Connection, age: i64) -> Result<Claim, Problem> {
        let now = Time::now();
        diesel::delete(rows::table.filter(rows::created_at.lt(now.minus_micros(age))))
            .execute(connection)?;
        let known: Option<Row> = rows::table
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
                    rows::digest.eq(&self.digest),
                    rows::attempt.eq(self.attempt),
                    rows::created_at.eq(now),
                ))
                .execute(connection)?;
            return Ok(Claim::Ours);
        };
        if digest != self.digest {
            let detail = "The key was used for another request; take a new key for each request, and the same only to repeat one.";
            return Err(Problem::invalid_fields(vec![FieldError::parameter(
                NAME, "reused", detail,
            )]));
        }
        if let Some(status) = status {
            return answered(status, headers.as_deref().unwrap_or("[]"), body.unwrap_or_default());
        }
        if created_at.micros() > now.minus_micros(ABANDONED).micros() {
            let detail = "The first request with this Idempotency-Key is still running; send it again to get its answer.";
            let mut problem =
                Problem::new(ProblemKind::Conflict, detail).with_header(header::RETRY_AFTER, "1");
            problem.errors.push(FieldError::parameter(NAME, "still_running", detail));
            return Err(problem);
        }
        diesel::update(self.row())
            .set((rows::attempt.eq(self.attempt), rows::created_at.eq(now)))
            .execute(connection)?;
        Ok(Claim::Ours)
    }

    #[diesel::dsl::auto_type(no_type_alias)]
    fn row(&self) -> _ {
        let caller: Id = self.caller;
        let key: String = self.key.clone();
        rows::table.filter(rows::caller.eq(caller)).filter(rows::key.eq(key))
    }

    /// Keeps the answer; the last step of the work's own transaction. Fails where another attempt
    /// has taken the key over.
    pub fn keep(&self, connection: &mut Connection, reply: &Reply) -> Result<(), Problem> {
        let headers = serde_json::to_string(&reply.headers).map_err(Problem::internal)?;
        let kept = diesel::update(self.row().filter(rows::attempt.eq(self.attempt)))
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
    pub async fn settle(&self, context: &Context, problem: Option<&Problem>) {
        let refusal = problem
            .filter(|problem| (400..500).contains(&problem.kind.definition().status))
            .map(|problem| {
                let definition = problem.kind.definition();
                let headers = problem
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                    .collect();
                let refusal = Refusal {
                    code: definition.code.to_owned(),
                    detail: problem.detail.clone(),
                    errors: problem.errors.clone(),
                    headers,
                };
                Reply {
                    status: definition.status,
                    headers: Vec::new(),
                    body: serde_json::to_string(&refusal).unwrap_or_default(),
                }
            });
        let this = self.clone();
        let settled = context.store.write(move |connection| {
            if let Some(refusal) = &refusal {
                return this.keep(connection, refusal);
            }
            let unanswered =
                this.row().filter(rows::attempt.eq(this.attempt)).filter(rows::status.is_null());
            diesel::delete(unanswered).execute(connection)?;
            Ok(())
        });
        if let Err(problem) = settled.await {
            log::warn!("an Idempotency-Key stays claimed for a minute: {problem}");
        }
    }
}

fn answered(status: i64, headers: &str, body: String) -> Result<Claim, Problem> {
    let status = u16::try_from(status).map_err(Problem::internal)?;
    if status < 400 {
        let mut headers: Vec<(String, String)> =
            serde_json::from_str(headers).map_err(Problem::internal)?;
        headers.push((REPLAYED.to_owned(), "true".to_owned()));
        return Ok(Claim::Answered(Reply { status, headers, body }));
    }
    let refusal: Refusal = serde_json::from_str(&body).map_err(Problem::internal)?;
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
