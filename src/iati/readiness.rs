//! Readiness check of the whole catalogue for IATI.

use chrono::Utc;

use crate::config::Settings;
use crate::db::Connection;
use crate::db::sql_fragment::{Bind, Fragment};
use crate::http::auth::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::i18n::country_names::CountryNames;
use crate::iati::export::context::ExportContext;
use crate::iati::export::export_programmes;
use crate::iati::export::issues::ReadinessIssue;
use crate::programmes::resource::Programmes;
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::kind_predicate;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_where;
use crate::resource::view::urls::PublicUrls;

/// Programmes per batch.
const BATCH_SIZE: i64 = 100;

/// Lists missing and invalid fields of published programmes, their statistics and the settings.
pub fn find_issues(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<Vec<ReadinessIssue>, Problem> {
    let shared = std::sync::Arc::new(CountryNames::new(settings.kosovo_footnote()));
    let urls = PublicUrls::new(settings, settings.base_url.as_deref().unwrap_or_default());
    let (mut issues, mut after, mut is_first) = (Vec::new(), 0, true);
    loop {
        let mut render_context = RenderContext::new(
            LanguagePreference::all_languages(settings.fallback_languages()),
            std::sync::Arc::clone(&shared),
            None,
        );
        let condition = Fragment::new("items.is_public = TRUE AND items.number > ")
            .bind(Bind::Integer(after))
            .sql(" AND ")
            .append(&kind_predicate(ResourceKind::PROGRAMME))
            .sql(" ORDER BY items.number LIMIT ")
            .bind(Bind::Integer(BATCH_SIZE));
        let programmes = load_where::<Programmes>(
            connection,
            &condition,
            Visibility::Published,
            &mut render_context,
        )?;
        let last = programmes.iter().map(|programme| programme.item.number).max();
        let (reporter, export) = export_programmes(
            connection,
            programmes,
            &ExportContext::new(settings, &shared, &urls, Utc::now().date_naive()),
            &mut render_context,
        )?;
        issues.extend(reporter.err().filter(|_| is_first));
        issues.extend(export.issues);
        match last {
            Some(last) => (after, is_first) = (last, false),
            None => return Ok(issues),
        }
    }
}
