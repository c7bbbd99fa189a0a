//! The file of activities: prepared in batches of programmes, and streamed if it is large.
//!
//! A response says at its beginning whether something is missing, so all programmes are exported
//! before anything is sent. A small file is complete then; of a large one the rest is exported
//! again, batch by batch, while the client reads.

use std::sync::Arc;

use actix_web::web::Bytes;
use chrono::NaiveDate;

use crate::db::{Connection, RowId};
use crate::http::auth::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem};
use crate::http::streamed_body::{BodySender, StreamError, StreamedBody};
use crate::iati::activity::{ReportingOrg, SkippedCounts};
use crate::iati::export::batches::{BatchExport, divide_into_batches};
use crate::iati::export::context::ExportContext;
use crate::iati::export::issues::ReadinessIssue;
use crate::iati::export::load_reporting_org;
use crate::iati::xml_writer::{start_activities, write_activity};
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::Revisions;
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;
use crate::text::xml::XmlWriter;

/// Size of a file, in bytes, above which it is streamed.
const MAX_BUFFERED_BYTES: usize = 2 * 1024 * 1024;

/// Approximate size of a batch.
const BATCH_BYTES: usize = 256 * 1024;
/// Maximum number of bytes that are passed to the client at once.
const MAX_PART_BYTES: usize = 64 * 1024;

/// A request for the activities of a list of programmes.
pub struct ActivityRequest {
    /// The programmes.
    pub list_request: ListRequest,
    /// Whether incomplete programmes and statistics are left out.
    pub omits_incomplete: bool,
    /// Date of the export.
    pub today: NaiveDate,
}

/// A file whose beginning has been rendered.
pub struct ActivityFile {
    /// Items that are left out.
    pub skipped: SkippedCounts,
    xml: XmlWriter,
    reporter: ReportingOrg,
    /// Programmes that have not been rendered, in batches.
    remaining: Vec<Vec<RowId>>,
}

/// The body of a file.
pub enum FileBody {
    /// A small file.
    Whole(String),
    /// A large file.
    Streamed(StreamedBody),
}

impl ActivityRequest {
    /// Exports all programmes and renders those that fit into the buffer. Returns an error if
    /// something is missing and is not to be left out, or if nothing is left.
    pub fn prepare(
        &self,
        connection: &mut Connection,
        state: &AppState,
        changed_at: Option<&str>,
        render_context: &RenderContext,
    ) -> Result<ActivityFile, Problem> {
        let programmes = self.matching_programmes(connection, render_context)?;
        let urls = self.urls(state);
        let export_context =
            ExportContext::new(&state.settings, &state.country_names, &urls, self.today);
        let mut context = render_context.clone();
        let reporter = load_reporting_org(connection, &state.settings, &mut context)?;
        let mut export = BatchExport::new(&export_context);
        let mut rendered = XmlWriter::fragment();
        let mut remaining = Vec::new();
        let (mut issues, mut skipped) = (Vec::new(), SkippedCounts::default());
        let mut is_empty = true;
        for batch in divide_into_batches(connection, &programmes)? {
            let batch = export.export(connection, &batch, render_context.clone())?;
            is_empty &= batch.activities.is_empty();
            issues.extend(batch.report.issues);
            skipped.add(batch.skipped);
            match &reporter {
                Ok(reporter) if rendered.byte_count() < MAX_BUFFERED_BYTES => {
                    for activity in &batch.activities {
                        write_activity(&mut rendered, reporter, activity);
                    }
                }
                _ if batch.complete_programmes.is_empty() => {}
                _ => remaining.push(batch.complete_programmes),
            }
        }
        match reporter {
            Ok(reporter) if !is_empty && (issues.is_empty() || self.omits_incomplete) => {
                let mut xml = start_activities(changed_at, skipped);
                xml.append(rendered);
                Ok(ActivityFile { skipped, xml, reporter, remaining })
            }
            reporter => {
                let issues: Vec<ReadinessIssue> =
                    reporter.err().into_iter().chain(issues).collect();
                let remedy = if self.omits_incomplete {
                    "No programme is complete; complete one"
                } else {
                    "Without `incomplete=refuse`, incomplete programmes and statistics are left out"
                };
                Err(incomplete_problem(&issues, remedy))
            }
        }
    }

    /// Whether the file without incomplete programmes has activities. The programmes are read until
    /// one is complete.
    pub fn has_activities(
        &self,
        connection: &mut Connection,
        state: &AppState,
        revisions: &Arc<Revisions>,
    ) -> Result<bool, Problem> {
        let mut render_context = self.render_context(state, revisions);
        let Ok(programmes) = self.matching_programmes(connection, &render_context) else {
            return Ok(false);
        };
        if load_reporting_org(connection, &state.settings, &mut render_context)?.is_err() {
            return Ok(false);
        }
        let urls = self.urls(state);
        let export_context =
            ExportContext::new(&state.settings, &state.country_names, &urls, self.today);
        let mut export = BatchExport::new(&export_context);
        for batch in divide_into_batches(connection, &programmes)? {
            let batch = export.export(connection, &batch, render_context.clone())?;
            if !batch.activities.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The context of a file, which has all languages.
    fn render_context(&self, state: &AppState, revisions: &Arc<Revisions>) -> RenderContext {
        RenderContext::new(
            LanguagePreference::all_languages(state.fallback_languages.clone()),
            Arc::clone(&state.country_names),
            Some(CacheView::new(&state.reference_cache, revisions)),
        )
        .with_base_url(&self.list_request.base_url)
    }

    fn matching_programmes(
        &self,
        connection: &mut Connection,
        render_context: &RenderContext,
    ) -> Result<Vec<RowId>, Problem> {
        let cache = render_context.required_cache()?;
        let list = self.list_request.page_query(connection, &cache)?;
        let programmes = list.ordered_row_ids(connection)?;
        if programmes.is_empty() {
            let detail =
                "No published programme matches, and an IATI file requires at least one activity.";
            return Err(Problem::incomplete_catalogue(
                detail,
                vec![FieldError::field("/programmes", "missing_value", detail)],
            ));
        }
        Ok(programmes)
    }

    fn urls(&self, state: &AppState) -> PublicUrls {
        PublicUrls::new(&state.settings, &self.list_request.base_url)
    }

    /// Renders a batch of programmes. Those that have become incomplete are left out.
    fn render_batch(
        &self,
        connection: &mut Connection,
        state: &AppState,
        reporter: &ReportingOrg,
        programmes: &[RowId],
    ) -> Result<String, Problem> {
        let revisions = Arc::new(Revisions::load(connection)?);
        let render_context = self.render_context(state, &revisions);
        let urls = self.urls(state);
        let export_context =
            ExportContext::new(&state.settings, &state.country_names, &urls, self.today);
        let batch =
            BatchExport::new(&export_context).export(connection, programmes, render_context)?;
        let mut xml = XmlWriter::fragment();
        for activity in &batch.activities {
            write_activity(&mut xml, reporter, activity);
        }
        Ok(xml.take_text())
    }
}

impl ActivityFile {
    /// Returns the body; a large one is exported and sent by a background task.
    pub fn into_body(self, state: Arc<AppState>, request: Arc<ActivityRequest>) -> FileBody {
        if self.remaining.is_empty() {
            return FileBody::Whole(self.xml.finish());
        }
        // What is rendered, and the batches that are queued and sent.
        let held_bytes = self.xml.byte_count().saturating_add(2 * BATCH_BYTES);
        FileBody::Streamed(StreamedBody::spawn("IATI export", held_bytes, |sender| async move {
            self.stream(&state, &request, &sender).await
        }))
    }

    async fn stream(
        self,
        state: &Arc<AppState>,
        request: &Arc<ActivityRequest>,
        sender: &BodySender,
    ) -> Result<(), StreamError> {
        let Self { mut xml, reporter, remaining, .. } = self;
        let reporter = Arc::new(reporter);
        let mut beginning = Bytes::from(xml.take_text());
        while !beginning.is_empty() {
            sender.send(beginning.split_to(beginning.len().min(MAX_PART_BYTES))).await?;
        }
        for programmes in remaining {
            let (shared_state, request) = (Arc::clone(state), Arc::clone(request));
            let reporter = Arc::clone(&reporter);
            let batch = state.read_stream_batch(Visibility::Published, move |connection| {
                request.render_batch(connection, &shared_state, &reporter, &programmes)
            });
            sender.send(batch.await?.value).await?;
        }
        sender.send(xml.finish()).await
    }
}

/// The `incomplete-catalogue` problem. `remedy` applies where items are incomplete, not settings.
pub fn incomplete_problem(issues: &[ReadinessIssue], remedy: &str) -> Problem {
    let errors = issues
        .iter()
        .map(|issue| FieldError::field(issue.pointer(), issue.code, issue.detail.clone()))
        .collect();
    let missing = match issues.len() {
        1 => "1 item required by IATI is missing or invalid".to_owned(),
        count => format!("{count} items required by IATI are missing or invalid"),
    };
    // Nothing can be left out if the settings are incomplete.
    let remedy = if issues.iter().any(|issue| issue.kind.is_none()) {
        "The operator must complete the settings"
    } else {
        remedy
    };
    let detail = format!("{missing}. {remedy}; `kinoteka check --iati` lists all issues.");
    Problem::incomplete_catalogue(detail, errors)
}
