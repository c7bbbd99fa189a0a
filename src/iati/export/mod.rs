//! Export of programmes as IATI activities. Missing data is never invented: it is reported as a
//! [`ReadinessIssue`].

use std::collections::HashSet;

use crate::config::Settings;
use crate::db::{Connection, RowId};
use crate::http::problem::Problem;
use crate::iati::activity::{Activity, ReportingOrg, SkippedCounts};
use crate::iati::export::activity::build_activity;
use crate::iati::export::context::ExportContext;
use crate::iati::export::issues::{ReadinessIssue, statistic_issues};
use crate::iati::export::results::add_results;
use crate::iati::load::{ExportData, Partner, Statistic, find_partner_by_identifier};
use crate::iati::narratives::{narratives, tag_narratives};
use crate::resource::schema::ResourceKind;
use crate::resource::view::context::RenderContext;

pub mod activity;
pub mod batches;
pub mod context;
pub mod documents;
pub mod issues;
pub mod results;

/// Result of an export.
#[derive(Debug, Default)]
pub struct ActivityExport {
    /// Complete activities, without incomplete statistics.
    pub activities: Vec<Activity>,
    /// The programmes of these activities.
    pub complete_programmes: Vec<RowId>,
    /// Missing or invalid fields.
    pub issues: Vec<ReadinessIssue>,
    /// Numbers of incomplete items that were skipped.
    pub skipped: SkippedCounts,
}

/// Builds the reporting organisation, or returns the missing setting.
pub fn build_reporting_org(
    settings: &Settings,
    partner: Option<&Partner>,
) -> Result<ReportingOrg, ReadinessIssue> {
    let missing = |slug: &str, detail: &str| ReadinessIssue {
        kind: None,
        slug: slug.to_owned(),
        field: "",
        code: "missing_value",
        detail: detail.to_owned(),
    };
    let (Some(reference), Some(kind)) =
        (&settings.iati_reporting_org, &settings.iati_reporting_org_type)
    else {
        let detail = "Reporting organisation missing: set KINOTEKA_IATI_REPORTING_ORG and KINOTEKA_IATI_REPORTING_ORG_TYPE.";
        return Err(missing("KINOTEKA_IATI_REPORTING_ORG", detail));
    };
    let language = settings.default_language();
    let name = match (partner, &settings.name) {
        (Some(partner), _) => narratives(partner, |text| Some(text.title.clone())),
        (None, Some(name)) => tag_narratives([(language.as_str(), name.clone())].into_iter()),
        (None, None) => {
            let detail = format!(
                "IATI requires the name of `{reference}`: publish a partner with this `iati_identifier`, or set KINOTEKA_NAME."
            );
            return Err(missing("KINOTEKA_NAME", &detail));
        }
    };
    let website = partner.and_then(|partner| partner.fields.website.clone());
    Ok(ReportingOrg { reference: reference.clone(), kind: kind.clone(), name, website })
}

/// What the programmes of a file have so far: in a file, each identifier must be unique, and an issue
/// of an indicator is reported once, though it occurs with each of its statistics.
#[derive(Default)]
pub struct FileProgress {
    identifiers: HashSet<String>,
    indicator_issues: HashSet<ReadinessIssue>,
}

/// Exports all loaded programmes.
fn export_activities(
    data: &ExportData,
    context: &ExportContext<'_>,
    progress: &mut FileProgress,
) -> ActivityExport {
    let mut export = ActivityExport::default();
    for programme in &data.programmes {
        let mut programme_issues = Vec::new();
        let mut activity = build_activity(programme, data, context, &mut programme_issues);
        if let Some(identifier) = programme
            .fields
            .iati_identifier
            .as_deref()
            .filter(|identifier| !progress.identifiers.insert((*identifier).to_owned()))
        {
            let detail = format!("Another programme has the same identifier `{identifier}`.");
            let slug = programme.item.slug.clone();
            programme_issues.push(ReadinessIssue {
                kind: Some(ResourceKind::PROGRAMME),
                slug,
                field: "iati_identifier",
                code: "invalid_identifier",
                detail,
            });
        }
        let is_complete = programme_issues.is_empty();
        let mut complete: Vec<&Statistic> = Vec::new();
        for one in data.statistics_by_programme.get(&programme.item.id).into_iter().flatten() {
            let own_issues = statistic_issues(one, data);
            if own_issues.is_empty() {
                complete.push(one);
            } else if is_complete {
                export.skipped.statistics = export.skipped.statistics.saturating_add(1);
            }
            programme_issues.extend(own_issues);
        }
        export.issues.extend(programme_issues.into_iter().filter(|issue| {
            issue.kind != Some(ResourceKind::INDICATOR)
                || progress.indicator_issues.insert(issue.clone())
        }));
        if is_complete {
            add_results(&complete, data, context, &mut activity);
            export.activities.push(activity);
            export.complete_programmes.push(programme.item.number);
        } else {
            export.skipped.programmes = export.skipped.programmes.saturating_add(1);
        }
    }
    export
}

/// Loads the partner that is the reporting organisation.
pub fn load_reporting_org(
    connection: &mut Connection,
    settings: &Settings,
    render_context: &mut RenderContext,
) -> Result<Result<ReportingOrg, ReadinessIssue>, Problem> {
    let partner = match &settings.iati_reporting_org {
        Some(identifier) => find_partner_by_identifier(connection, identifier, render_context)?,
        None => None,
    };
    Ok(build_reporting_org(settings, partner.as_ref()))
}
