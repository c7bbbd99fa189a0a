//! Export of programmes as IATI activities. Missing data is never invented: it is reported as a
//! [`ReadinessIssue`].

use std::collections::{BTreeSet, HashSet};

use crate::config::Settings;
use crate::db::{Connection, RowId};
use crate::http::problem::Problem;
use crate::iati::activity::{Activity, ReportingOrg, SkippedCounts};
use crate::iati::export::activity::build_activity;
use crate::iati::export::context::ExportContext;
use crate::iati::export::issues::{ReadinessIssue, ReadinessReport, statistic_issues};
use crate::iati::export::results::add_results;
use crate::iati::load::{ExportData, Partner, Programme, Statistic, find_partner_by_identifier};
use crate::iati::narratives::{narratives, tag_narratives};
use crate::resource::schema::ResourceKind;
use crate::resource::view::context::RenderContext;

pub mod activity;
pub mod batches;
pub mod classifications;
pub mod context;
pub mod documents;
pub mod issues;
pub mod places;
pub mod results;

/// Result of an export.
#[derive(Debug, Default)]
pub struct ActivityExport {
    /// Complete activities, without incomplete statistics.
    pub activities: Vec<Activity>,
    /// The programmes of these activities.
    pub complete_programmes: Vec<RowId>,
    /// What is missing or cannot be expressed.
    pub report: ReadinessReport,
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
        let mut programme_report = ReadinessReport::default();
        let mut activity = build_activity(programme, data, context, &mut programme_report);
        let ReadinessReport { issues: mut programme_issues, notes } = programme_report;
        export.report.notes.extend(notes);
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
        let (complete, statistics_issues) = complete_statistics(programme, data);
        if is_complete {
            let incomplete = data.statistics_of(programme).len().saturating_sub(complete.len());
            export.skipped.statistics = export.skipped.statistics.saturating_add(incomplete);
        }
        programme_issues.extend(statistics_issues);
        export.report.issues.extend(programme_issues.into_iter().filter(|issue| {
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

/// Exports the loaded programmes with these identifiers, complete or not, for a file that has what
/// they lack.
fn export_for_merge(
    data: &ExportData,
    context: &ExportContext<'_>,
    progress: &mut FileProgress,
    identifiers: &BTreeSet<String>,
) -> ActivityExport {
    let mut export = ActivityExport::default();
    for programme in &data.programmes {
        let identifier = programme.fields.iati_identifier.as_ref();
        let is_wanted = identifier.is_some_and(|identifier| {
            identifiers.contains(identifier) && progress.identifiers.insert(identifier.clone())
        });
        if !is_wanted {
            continue;
        }
        let mut activity =
            build_activity(programme, data, context, &mut ReadinessReport::default());
        let (complete, issues) = complete_statistics(programme, data);
        export.report.issues.extend(issues);
        add_results(&complete, data, context, &mut activity);
        export.activities.push(activity);
    }
    export
}

/// The complete statistics of a programme, and what the others lack.
fn complete_statistics<'a>(
    programme: &Programme,
    data: &'a ExportData,
) -> (Vec<&'a Statistic>, Vec<ReadinessIssue>) {
    let (mut complete, mut issues) = (Vec::new(), Vec::new());
    for one in data.statistics_of(programme) {
        let own = statistic_issues(one, data);
        if own.is_empty() {
            complete.push(one);
        }
        issues.extend(own);
    }
    (complete, issues)
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
