//! `kinoteka import --iati`: programmes, partners and results from an IATI 2.0x file.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::commands::error::CommandError;
use crate::commands::import::apply::{
    ImportFile, ImportLine, ImportOptions, ImportOutcome, save_lines,
};
use crate::config::Settings;
use crate::db::schema::{items, slugs};
use crate::db::{Connection, Error, RowId};
use crate::http::problem::Problem;
use crate::iati::import_mapping::{
    ExistingItems, ImportItem, KnownPartner, map_activities, remove_defaults,
};
use crate::iati::xml_reader::ParsedFile;
use crate::iati::{self, codes};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::lookup::find;
use crate::resource::store::texts::load_all_texts;

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
    (ResourceKind::INDICATOR, &["unit", "vocabulary_url", "result"]),
    (ResourceKind::IMPACT_STATISTIC, &["unit", "source", "documents", "evidence"]),
];

fn optional_members(kind: ResourceKind) -> &'static [&'static str] {
    OPTIONAL_MEMBERS.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, members)| *members)
}

/// Loads the existing items to which a file can refer.
fn load_existing(connection: &mut Connection) -> Result<ExistingItems, Error> {
    let kinds = [
        ResourceKind::PROGRAMME,
        ResourceKind::PARTNER,
        ResourceKind::VIDEO,
        ResourceKind::RESULT,
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
    let partner_slugs: Vec<(String, String)> = slugs::table
        .inner_join(items::table.on(items::number.eq(slugs::item)))
        .filter(slugs::kind.eq(ResourceKind::PARTNER.as_str()))
        .filter(items::deleted_at.is_null())
        .select((slugs::slug, items::slug))
        .load(connection)?;
    let programmes = load_identified(connection, ResourceKind::PROGRAMME)?;
    let programmes = programmes.into_iter().rev().map(|row| (row.identifier, row.slug)).collect();
    Ok(ExistingItems {
        programmes,
        partners: load_partners(connection)?,
        partner_slugs: partner_slugs.into_iter().collect(),
        slugs,
    })
}

/// An item with an IATI identifier.
struct IdentifiedRow {
    number: RowId,
    slug: String,
    identifier: String,
    acronym: Option<String>,
}

/// Loads the items of a kind that have an IATI identifier, in the order of their creation.
fn load_identified(
    connection: &mut Connection,
    kind: ResourceKind,
) -> Result<Vec<IdentifiedRow>, Error> {
    let rows: Vec<(RowId, String, String)> = items::table
        .filter(items::kind.eq(kind.as_str()))
        .filter(items::deleted_at.is_null())
        .order(items::number)
        .select((items::number, items::slug, items::fields))
        .load(connection)?;
    let identified = rows.into_iter().filter_map(|(number, slug, fields)| {
        let fields: Value = serde_json::from_str(&fields).ok()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let (identifier, acronym) = (text("iati_identifier")?, text("acronym"));
        Some(IdentifiedRow { number, slug, identifier, acronym })
    });
    Ok(identified.collect())
}

/// Loads the partners that have an IATI identifier, with their names.
fn load_partners(connection: &mut Connection) -> Result<Vec<KnownPartner>, Error> {
    let rows = load_identified(connection, ResourceKind::PARTNER)?;
    let mut texts = load_all_texts(connection, rows.iter().map(|row| row.number))?;
    let partner = |row: IdentifiedRow| KnownPartner {
        names: texts
            .remove(&row.number)
            .unwrap_or_default()
            .into_iter()
            .map(|text| text.title)
            .chain(row.acronym)
            .collect(),
        slug: row.slug,
        identifier: row.identifier,
    };
    Ok(rows.into_iter().map(partner).collect())
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
