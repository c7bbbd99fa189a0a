//! `kinoteka import --iati`: programmes, partners and results from an IATI 2.0x file.

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::commands::error::CommandError;
use crate::commands::import::apply::{ImportFile, ImportLine, ImportReport, save_lines};
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::Connection;
use crate::db::schema::items;
use crate::http::problem::Problem;
use crate::iati::import_mapping::{ExistingItems, ImportItem, map_activities, remove_defaults};
use crate::iati::xml_reader::ParsedFile;
use crate::iati::{self, codes};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::lookup::find;

/// Parses a file.
pub fn parse_file(settings: &Settings, bytes: &[u8]) -> Result<ParsedFile, CommandError> {
    let parse_error = |error: String| CommandError {
        messages: vec![error, "nothing was imported".to_owned()],
        exit_code: 2,
    };
    iati::xml_reader::parse(bytes, settings.default_language().as_str()).map_err(parse_error)
}

/// Imports a file, all or nothing, and reports the elements that were skipped.
pub fn run(
    context: &AppState,
    mut file: ParsedFile,
    progress: impl FnMut(usize, usize),
) -> Result<ImportReport, CommandError> {
    let mut connection = context.database.connect()?;
    let existing = load_existing(&mut connection).map_err(Problem::from)?;
    let items = map_activities(&mut file, &existing, chrono::Utc::now().date_naive());
    let mut lines = Vec::with_capacity(items.len());
    for ImportItem { line, kind, slug, mut body } in items {
        if kind == ResourceKind::PROGRAMME {
            preserve_non_iati_partners(&mut connection, &slug, &mut body)?;
            remove_defaults(&mut body, &context.settings.iati);
        }
        lines.push(ImportLine { line_number: line, kind, slug, body, is_patch: true });
    }
    drop(connection);
    let parse_errors = std::mem::take(&mut file.errors);
    let import_file = ImportFile { lines, tracks: Vec::new(), parse_errors };
    let report = save_lines(context, import_file, progress)?;
    if !file.skipped.is_empty() {
        let counts: Vec<String> =
            file.skipped.iter().map(|(name, count)| format!("{name} {count}")).collect();
        print_status(&format!("Skipped elements: {}.", counts.join(", ")));
    }
    Ok(report)
}

/// Loads the existing items to which a file can refer.
fn load_existing(connection: &mut Connection) -> Result<ExistingItems, diesel::result::Error> {
    let kinds = [
        ResourceKind::PROGRAMME,
        ResourceKind::PARTNER,
        ResourceKind::VIDEO,
        ResourceKind::INDICATOR,
        ResourceKind::IMPACT_STATISTIC,
    ]
    .map(ResourceKind::as_str);
    let rows: Vec<(String, String)> = items::table
        .filter(items::kind.eq_any(kinds))
        .filter(items::deleted_at.is_null())
        .select((items::kind, items::slug))
        .load(connection)?;
    let slugs = rows
        .into_iter()
        .filter_map(|(kind, slug)| Some((ResourceKind::parse(&kind)?, slug)))
        .collect();
    let rows: Vec<(String, String, String)> = items::table
        .filter(
            items::kind
                .eq_any([ResourceKind::PROGRAMME, ResourceKind::PARTNER].map(ResourceKind::as_str)),
        )
        .filter(items::deleted_at.is_null())
        .order(items::number)
        .select((items::kind, items::slug, items::fields))
        .load(connection)?;
    let mut existing = ExistingItems { slugs, ..ExistingItems::default() };
    for (kind, slug, fields) in rows {
        let fields: Value = serde_json::from_str(&fields).unwrap_or_default();
        if let (Some(kind), Some(identifier)) =
            (ResourceKind::parse(&kind), fields.get("iati_identifier").and_then(Value::as_str))
        {
            existing.slugs_by_identifier.entry((kind, identifier.to_owned())).or_insert(slug);
        }
    }
    Ok(existing)
}

/// Adds the stored partners of a programme whose roles do not exist in IATI to the body, so that
/// the import retains them.
fn preserve_non_iati_partners(
    connection: &mut Connection,
    slug: &str,
    body: &mut Value,
) -> Result<(), Problem> {
    let Some(found) = find(connection, ResourceKind::PROGRAMME, slug)? else { return Ok(()) };
    let item: ItemRow = found.into_item();
    if item.deleted_at.is_some() {
        return Ok(());
    }
    let preserved = item.references().into_iter().filter(|reference| {
        reference.field == "partners"
            && reference.role.as_deref().and_then(codes::role_code).is_none()
    });
    let preserved: Vec<Value> = preserved
        .map(|reference| json!({"partner": reference.target_id, "role": reference.role}))
        .collect();
    if let Some(partners) = body.get_mut("partners").and_then(Value::as_array_mut) {
        partners.extend(preserved);
    }
    Ok(())
}
