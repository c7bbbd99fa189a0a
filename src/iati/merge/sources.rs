//! The programmes of the catalogue whose identifiers occur in the organisation's own file.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Utc;
use diesel::sql_types::{BigInt, Text};

use crate::config::Settings;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::i18n::country_names::CountryNames;
use crate::iati::activity::Activity;
use crate::iati::export::batches::{BatchExport, divide_into_batches};
use crate::iati::export::context::ExportContext;
use crate::iati::export::issues::ReadinessIssue;
use crate::programmes::fields::ProgrammeFields;
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::kind_predicate;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;

/// What the catalogue has for a merge.
#[derive(Debug, Default)]
pub struct MergeSources {
    /// The published programmes in the file, with their complete statistics.
    pub activities: Vec<Activity>,
    /// What other statistics of these programmes lack.
    pub issues: Vec<ReadinessIssue>,
    /// Identifiers of the published programmes that the file does not have.
    pub absent: Vec<String>,
}

/// Loads the published programmes with the identifiers of a file.
pub fn load_sources(
    connection: &mut Connection,
    settings: &Settings,
    identifiers: &BTreeSet<String>,
) -> Result<MergeSources, Problem> {
    let country_names = Arc::new(CountryNames::new(settings.kosovo_footnote()));
    let urls = PublicUrls::new(settings, settings.base_url.as_deref().unwrap_or_default());
    let render_context = RenderContext::new(
        LanguagePreference::all_languages(settings.fallback_languages()),
        Arc::clone(&country_names),
        None,
    );
    let context = ExportContext::new(settings, &country_names, &urls, Utc::now().date_naive());
    let mut sources = MergeSources::default();
    let mut programmes = Vec::new();
    for (row_id, identifier) in load_identifiers(connection)? {
        if identifiers.contains(&identifier) {
            programmes.push(row_id);
        } else {
            sources.absent.push(identifier);
        }
    }
    let mut export = BatchExport::new(&context);
    for batch in divide_into_batches(connection, &programmes)? {
        let of_batch =
            export.export_for_merge(connection, &batch, render_context.clone(), identifiers)?;
        sources.activities.extend(of_batch.activities);
        sources.issues.extend(of_batch.report.issues);
    }
    Ok(sources)
}

/// The published programmes that have an identifier.
fn load_identifiers(connection: &mut Connection) -> Result<Vec<(RowId, String)>, Error> {
    let published = Fragment::new("items.is_public = TRUE AND ")
        .append(&kind_predicate(ResourceKind::PROGRAMME))
        .sql(" ORDER BY items.number");
    let rows: Vec<(RowId, String)> =
        Statement::<(BigInt, Text)>::select("items.number, items.fields", "items", &published)
            .load_rows(connection)?;
    let identifier = |fields: &str| {
        serde_json::from_str::<ProgrammeFields>(fields).ok().and_then(|own| own.iati_identifier)
    };
    Ok(rows.into_iter().filter_map(|(number, own)| Some((number, identifier(&own)?))).collect())
}
