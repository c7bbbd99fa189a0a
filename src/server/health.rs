//! `/healthz` and `/readyz`: probes for supervisors and load balancers.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::ReadCost;
use crate::db::schema_version::verify_schema;
use crate::db::search::analysis_version::{AnalysisStatus, analysis_status};
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::state::AppState;

/// The result of a probe.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Liveness probe
///
/// Checks only that the process responds. For supervisors that restart processes.
#[utoipa::path(operation_id = "healthz", tag = "Server", responses((status = 200, description = "The process runs.", body = Health, example = json!({"status": "ok"}))))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Health { status: "ok" })
}

/// Readiness probe
///
/// Queries the database and compares its schema and the version of its full-text index with those that
/// this server needs. For load balancers.
#[utoipa::path(operation_id = "readyz", tag = "Server", responses(
    (status = 200, description = "The server is ready.", body = Health, example = json!({"status": "ok"})),
    (status = 503, description = "The database is unavailable, or its schema or full-text index does not fit this server.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json", example = json!({"type": "http://127.0.0.1:8080/problems/unavailable", "title": "Temporarily unavailable", "status": 503, "detail": "The database is busy or away; nothing was stored.", "instance": "/readyz", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"}))))]
#[get("/readyz")]
pub async fn readyz(context: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let state = Arc::clone(&context);
    state
        .database
        .read(ReadCost::Light, |connection| {
            let unavailable = |detail| Problem::new(ProblemKind::Unavailable, detail);
            verify_schema(connection)?.map_err(|mismatch| unavailable(mismatch.to_string()))?;
            match analysis_status(connection)? {
                AnalysisStatus::Current => Ok(()),
                status => Err(unavailable(status.to_string())),
            }
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Health { status: "ok" }))
}
