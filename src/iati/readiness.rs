//! Readiness check of the whole catalogue for IATI.

use std::sync::Arc;

use chrono::Utc;
use diesel::sql_types::BigInt;

use crate::config::Settings;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::i18n::country_names::CountryNames;
use crate::iati::export::activity::NOT_EXPORTED;
use crate::iati::export::batches::{BatchExport, divide_into_batches};
use crate::iati::export::context::ExportContext;
use crate::iati::export::issues::{ReadinessIssue, ReadinessReport};
use crate::iati::export::load_reporting_org;
use crate::iati::load::load_unreported_items;
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::kind_predicate;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;

/// Lists missing and invalid fields of published programmes, their statistics and the settings, and
/// what else is left out.
pub fn find_issues(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<ReadinessReport, Problem> {
    let country_names = Arc::new(CountryNames::new(settings.kosovo_footnote()));
    let urls = PublicUrls::new(settings, settings.base_url.as_deref().unwrap_or_default());
    let render_context = RenderContext::new(
        LanguagePreference::all_languages(settings.fallback_languages()),
        Arc::clone(&country_names),
        None,
    );
    let export_context =
        ExportContext::new(settings, &country_names, &urls, Utc::now().date_naive());
    let reporter = load_reporting_org(connection, settings, &mut render_context.clone())?;
    let mut report =
        ReadinessReport { issues: reporter.err().into_iter().collect(), notes: Vec::new() };
    let published = Fragment::new("items.is_public = TRUE AND ")
        .append(&kind_predicate(ResourceKind::PROGRAMME))
        .sql(" ORDER BY items.number");
    let programmes: Vec<RowId> = Statement::<BigInt>::select("items.number", "items", &published)
        .load_rows(connection)
        .map_err(Error::from)?;
    let mut export = BatchExport::new(&export_context);
    for batch in divide_into_batches(connection, &programmes)? {
        let of_batch = export.export(connection, &batch, render_context.clone())?.report;
        report.issues.extend(of_batch.issues);
        report.notes.extend(of_batch.notes);
    }
    let unreported = load_unreported_items(connection)?;
    let note =
        |kind: ResourceKind, slug: String, field: &'static str, detail: &str| ReadinessIssue {
            kind: Some(kind),
            slug,
            field,
            code: NOT_EXPORTED,
            detail: format!("IATI has results of activities only; {detail}, and is left out."),
        };
    report.notes.extend(unreported.statistics.into_iter().map(|slug| {
        let detail = "the statistic has no published programme";
        note(ResourceKind::IMPACT_STATISTIC, slug, "programme", detail)
    }));
    report.notes.extend(unreported.indicators.into_iter().map(|slug| {
        let detail = "the indicator has no published statistic of a published programme";
        note(ResourceKind::INDICATOR, slug, "statistics", detail)
    }));
    Ok(report)
}
