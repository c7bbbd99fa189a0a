//! `kinoteka import --iati`: programmes, partners and results from an IATI 2.0x file.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::commands::error::CommandError;
use crate::commands::import::apply::{
    ImportFile, ImportLine, ImportOptions, ImportOutcome, save_lines,
};
use crate::commands::import::iati_existing::load_existing;
use crate::config::Settings;
use crate::db::schema::items;
use crate::db::{Connection, Id};
use crate::http::problem::Problem;
use crate::iati::import_mapping::{ImportItem, map_activities, remove_defaults};
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

/// What a file contains in addition to the items that were stored.
#[derive(Debug, Default)]
pub struct FileRest {
    /// Counts of elements and attributes that the catalogue does not store, by path.
    pub skipped: BTreeMap<String, usize>,
    /// Identifiers that several partners have, with the names of the partners.
    pub shared_identifiers: BTreeMap<String, Vec<String>>,
}

/// Imports a file.
pub fn run(
    context: &AppState,
    mut file: ParsedFile,
    options: ImportOptions,
    progress: impl FnMut(usize, usize),
) -> Result<(ImportOutcome, FileRest), CommandError> {
    let mut connection = context.database.connect()?;
    let existing = load_existing(&mut connection).map_err(Problem::from)?;
    let mapped = map_activities(&mut file, &existing, chrono::Utc::now().date_naive());
    let mut lines = Vec::with_capacity(mapped.items.len());
    for ImportItem { line, kind, slug, mut body } in mapped.items {
        if kind == ResourceKind::PROGRAMME {
            preserve_non_iati_partners(&mut connection, &slug, &mut body)?;
            remove_defaults(&mut body, &context.settings.iati);
        }
        let optional_members = optional_members(kind);
        let line_number = line;
        lines.push(ImportLine { line_number, kind, slug, body, is_patch: true, optional_members });
    }
    drop(connection);
    let ParsedFile { faults, skipped, .. } = file;
    let import_file = ImportFile { lines, tracks: Vec::new(), faults };
    let outcome = save_lines(context, import_file, options, progress)?;
    Ok((outcome, FileRest { skipped, shared_identifiers: mapped.shared_identifiers }))
}

/// The members of the items of a kind that can be omitted where they are invalid.
const OPTIONAL_MEMBERS: &[(ResourceKind, &[&str])] = &[
    (
        ResourceKind::PROGRAMME,
        &[
            "start_date",
            "end_date",
            "website",
            "countries",
            "country_shares",
            "sectors",
            "partners",
        ],
    ),
    (ResourceKind::PARTNER, &["iati_identifier", "kind"]),
    (ResourceKind::RESULT, &["level"]),
    (
        ResourceKind::INDICATOR,
        &["unit", "vocabulary_url", "result", "time_aggregation", "group_aggregation"],
    ),
    (
        ResourceKind::IMPACT_STATISTIC,
        &["unit", "source", "documents", "evidence", "time_aggregation", "group_aggregation"],
    ),
];

fn optional_members(kind: ResourceKind) -> &'static [&'static str] {
    OPTIONAL_MEMBERS.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, members)| *members)
}

/// Adds the stored partners of a programme that an export does not have to the body, so that the
/// import retains them: those whose roles do not exist in IATI, and those that are not public.
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
    // An export has only those that are public.
    let ids: Vec<Id> = item.references().iter().map(|reference| reference.target_id).collect();
    let hidden: Vec<Id> = items::table
        .filter(items::id.eq_any(ids))
        .filter(items::is_public.eq(false))
        .select(items::id)
        .load(connection)?;
    let preserved = item.references().into_iter().filter(|reference| {
        reference.field == "partners"
            && (reference.role.as_deref().and_then(codes::role_code).is_none()
                || hidden.contains(&reference.target_id))
    });
    let preserved: Vec<Value> = preserved
        .map(|reference| json!({"partner": reference.target_id, "role": reference.role}))
        .collect();
    if let Some(partners) = body.get_mut("partners").and_then(Value::as_array_mut) {
        partners.extend(preserved);
    }
    Ok(())
}
