//! Storage of imported rows: all of them, or none.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::db::search::IndexerThread;
use crate::db::{Connection, Id, Time, maintenance};
use crate::http::json_fields::{parse_storable_language, truncate_for_message};
use crate::http::problem::{FieldError, MAX_ERRORS, Problem};
use crate::http::values::parse_time;
use crate::resource::handlers::item_summary;
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::{Audience, bump};
use crate::resource::model::status_change::OnReferences;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::lookup::{Lookup, find};
use crate::resource::write::save::{SaveRequest, SaveResult, WriteMode};
use crate::tables::import::import_spec::ImportSpec;
use crate::tables::import::import_table::ImportTable;
use crate::tables::import::row_mapping::{self, ImportRow};
use crate::tables::import::sheet_reader::round_as_sheet;
use crate::text::decimal::format::decimal_sort_key;

/// Maximum number of rows listed in the result.
const MAX_REPORTED_CHANGES: usize = 100;

/// Microseconds in a second.
const MICROS_PER_SECOND: u64 = 1_000_000;

/// Rows between runs of `ANALYZE` on PostgreSQL, which otherwise keeps query plans for an almost
/// empty table within the transaction.
const ANALYZE_AFTER_ROWS: [usize; 3] = [1_000, 10_000, 100_000];

/// Effect of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// The item is created.
    Created,
    /// The item is updated.
    Changed,
}

/// A row with an effect.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowChange {
    /// Row number as in a spreadsheet.
    #[schema(minimum = 2, example = 2)]
    pub row: usize,
    /// Effect.
    pub outcome: RowOutcome,
    /// Identifier; in a dry run that of a new item is provisional.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "new-partnerships")]
    pub slug: String,
}

/// Result of the rows of a file.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Counts {
    /// Non-empty rows, without the header.
    #[schema(minimum = 0, example = 120)]
    pub rows: usize,
    /// Created items.
    #[schema(minimum = 0, example = 20)]
    pub created: usize,
    /// Updated items.
    #[schema(minimum = 0, example = 3)]
    pub changed: usize,
    /// Unchanged items.
    #[schema(minimum = 0, example = 97)]
    pub unchanged: usize,
    /// The first hundred rows with an effect.
    pub changes: Vec<RowChange>,
}

/// Errors of rows: the first ones, the number of errors, and the number of rows with errors.
#[derive(Default)]
struct RowErrors {
    first: Vec<FieldError>,
    count: usize,
    rows: usize,
}

impl RowErrors {
    fn add(&mut self, errors: Vec<FieldError>) {
        self.count = self.count.saturating_add(errors.len());
        self.rows = self.rows.saturating_add(1);
        let room = MAX_ERRORS.saturating_sub(self.first.len());
        self.first.extend(errors.into_iter().take(room));
    }

    fn into_problem(self) -> Problem {
        let count = |number: usize, what: &str| {
            format!("{number} {what}{}", if number == 1 { "" } else { "s" })
        };
        let mut detail = format!(
            "{} in {}; nothing was stored.",
            count(self.count, "error"),
            count(self.rows, "row")
        );
        if self.count > self.first.len() {
            detail = format!("{detail} The first {} are listed.", self.first.len());
        }
        let mut problem = Problem::invalid_fields(self.first);
        problem.detail = detail;
        problem
    }
}

/// Reason for a rollback.
enum Rollback {
    /// An error.
    Failed(Problem),
    /// A dry run.
    DryRun(Counts),
}

impl From<Problem> for Rollback {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<crate::db::Error> for Rollback {
    fn from(error: crate::db::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Stores the rows of a table in one transaction, with `keep` as its last step.
pub fn apply_import(
    state: &AppState,
    table: &ImportTable,
    before_commit: impl Fn(&mut Connection, &Counts) -> Result<(), Problem>,
) -> Result<Counts, Problem> {
    let helper = IndexerThread::start();
    let outcome = state.database.write_blocking(|connection| {
        let counts = import_rows(connection, state, table)?;
        if table.dry_run {
            return Err(Rollback::DryRun(counts));
        }
        before_commit(connection, &counts)?;
        Ok(counts)
    });
    drop(helper);
    match outcome {
        Ok(counts) | Err(Rollback::DryRun(counts)) => Ok(counts),
        Err(Rollback::Failed(problem)) => Err(problem),
    }
}

fn import_rows(
    connection: &mut Connection,
    state: &AppState,
    table: &ImportTable,
) -> Result<Counts, Problem> {
    let spec = table.columns.spec;
    let (mut counts, mut errors) = (Counts::default(), RowErrors::default());
    let (mut rows_of, mut is_seen) = (HashMap::new(), false);
    for record in table.records_in_order() {
        let record = record.map_err(|broken| {
            Problem::invalid_fields(vec![FieldError::line(
                broken.line,
                "malformed_csv",
                broken.detail,
            )])
        })?;
        counts.rows = counts.rows.saturating_add(1);
        if ANALYZE_AFTER_ROWS.contains(&counts.rows) {
            maintenance::analyze(connection)?;
        }
        let mut row = match row_mapping::parse(&table.columns, &record, table.notation) {
            Ok(row) => row,
            Err(wrong) => {
                errors.add(wrong);
                continue;
            }
        };
        // A row with errors of cells is also stored, to find all its errors.
        let stored = import_row(connection, state, (spec, &mut row), &mut rows_of);
        let mut row_errors = std::mem::take(&mut row.errors);
        match stored {
            Ok(done) if row_errors.is_empty() => {
                is_seen = is_seen || done.stored.is_publicly_visible;
                record_outcome(&mut counts, &row, done);
            }
            Ok(_) => {}
            Err(problem) if problem.kind.definition().status < 500 => {
                let others = errors_of_cells(spec, &row, problem).into_iter();
                let is_new = |error: &FieldError| {
                    !row_errors.iter().any(|known| known.column == error.column)
                };
                let others: Vec<FieldError> = others.filter(is_new).collect();
                row_errors.extend(others);
            }
            Err(problem) => return Err(problem),
        }
        if !row_errors.is_empty() {
            row_errors.sort_by_key(|error| {
                error.column.as_deref().and_then(|column| table.columns.position(column))
            });
            errors.add(row_errors);
        }
    }
    if errors.count > 0 {
        return Err(errors.into_problem());
    }
    if counts.created.saturating_add(counts.changed) > 0 {
        bump(connection, spec.kind, Audience::new(is_seen), Time::now())?;
    }
    if is_seen {
        change_log::record_feed_change(connection, &state.settings, spec.kind)?;
    }
    Ok(counts)
}

/// Outcome of a row.
struct RowResult {
    stored: SaveResult,
    is_new: bool,
}

fn record_outcome(counts: &mut Counts, row: &ImportRow, RowResult { stored, is_new }: RowResult) {
    let (number, outcome) = match (is_new, stored.is_changed) {
        (true, _) => (&mut counts.created, RowOutcome::Created),
        (false, true) => (&mut counts.changed, RowOutcome::Changed),
        (false, false) => {
            counts.unchanged = counts.unchanged.saturating_add(1);
            return;
        }
    };
    *number = number.saturating_add(1);
    if counts.changes.len() < MAX_REPORTED_CHANGES {
        counts.changes.push(RowChange {
            row: row.number,
            outcome,
            id: stored.id,
            slug: stored.slug,
        });
    }
}

/// Stores a row as a patch of the item that it identifies, or as a new one.
fn import_row(
    connection: &mut Connection,
    state: &AppState,
    (spec, row): (&ImportSpec, &mut ImportRow),
    rows_of: &mut HashMap<Id, usize>,
) -> Result<RowResult, Problem> {
    let existing = find_item(connection, spec.kind, row)?;
    keep_equal_values(spec, row, existing.as_ref());
    let mut body = row.fields.clone();
    let wrong = |column: &str, code, detail| {
        Problem::invalid_fields(vec![FieldError::field(format!("/{column}"), code, detail)])
    };
    let language = row
        .language
        .as_deref()
        .map(parse_storable_language)
        .transpose()
        .map_err(|detail| wrong("language", "invalid_language", detail))?;
    let language = language.map(|language| language.as_str().to_owned());
    let Some(item) = existing else {
        if let Some(error) =
            row.slug.as_deref().and_then(|slug| spec.kind.validate_slug(slug).err())
        {
            return Err(wrong("slug", "invalid_slug", error.to_string()));
        }
        body.retain(|_, value| !value.is_null());
        let language =
            language.unwrap_or_else(|| state.settings.default_language().as_str().to_owned());
        let texts: Map<String, Value> = row
            .texts
            .iter()
            .filter(|(_, text)| !text.is_null())
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        body.insert("original_language".to_owned(), json!(language));
        body.insert("translations".to_owned(), json!({language: texts}));
        let save_request = SaveRequest {
            mode: row.slug.as_deref().map_or(WriteMode::Create, WriteMode::CreateAt),
            body: &Value::Object(body),
            on_references: OnReferences::Reject,
            is_import: false,
        };
        let stored = (spec.save)(connection, state, save_request)?;
        rows_of.insert(stored.id, row.number);
        return Ok(RowResult { stored, is_new: true });
    };
    if let Some(other) = rows_of.insert(item.id, row.number) {
        let detail = format!("Duplicate of row {other} ({} `{}`).", spec.kind.noun(), item.slug);
        return Err(wrong("slug", "repeated", detail));
    }
    if let Some(slug) = row.slug.as_ref().filter(|slug| **slug != item.slug) {
        body.insert("slug".to_owned(), json!(slug));
    }
    if !row.texts.is_empty() {
        let language = language.unwrap_or_else(|| item.original_language.clone());
        if row.is_transliterated {
            // Unchanged texts change nothing, changed ones are an error.
            body.insert("language".to_owned(), json!(language));
            body.insert("transliterated".to_owned(), json!(true));
            body.extend(row.texts.clone());
        } else {
            body.insert("translations".to_owned(), json!({language: row.texts}));
        }
    }
    let stored = (spec.patch)(connection, state, item, &Value::Object(body))?;
    Ok(RowResult { stored, is_new: false })
}

/// Keeps what a spreadsheet writes in another form than the item has it: decimals with other
/// digits after the point, times to the second, and ambiguous cells with the stored value as a
/// reading. Other ambiguous cells are errors. Removes nothing from an object that the item lacks.
fn keep_equal_values(spec: &ImportSpec, row: &mut ImportRow, existing: Option<&ItemRow>) {
    let stored: Value =
        existing.and_then(|item| serde_json::from_str(&item.fields).ok()).unwrap_or_default();
    let published_at = existing.and_then(|item| item.published_at);
    let rounded = std::mem::take(&mut row.rounded);
    let is_equal = |path: &[&str], reading: &Value| {
        let reading = reading.as_str().unwrap_or_default();
        if path == ["published_at"] {
            return published_at.zip(parse_time(reading)).is_some_and(|(stored, time)| {
                stored.micros().abs_diff(time.micros()) < MICROS_PER_SECOND
            });
        }
        let known = path.iter().try_fold(&stored, |value, name| value.get(name));
        let is_rounded = rounded.iter().any(|rounded| rounded == path);
        known.and_then(Value::as_str).is_some_and(|known| {
            let key = decimal_sort_key(reading);
            known == reading
                || (key.is_some()
                    && (decimal_sort_key(known) == key
                        || (is_rounded && decimal_sort_key(&round_as_sheet(known)) == key)))
        })
    };
    let stored_at = |path: &[&str]| match path {
        ["published_at"] => published_at.map(|time| json!(time.to_string())),
        _ => path.iter().try_fold(&stored, |value, name| value.get(name)).cloned(),
    };
    for path in spec.decimals.iter().copied().chain([&["published_at"][..]]) {
        let cell = match path {
            [object, member] => row.fields.get_mut(*object).and_then(|it| it.get_mut(member)),
            _ => path.first().and_then(|name| row.fields.get_mut(*name)),
        };
        if let Some(cell) = cell.filter(|cell| is_equal(path, cell))
            && let Some(stored) = stored_at(path)
        {
            *cell = stored;
        }
    }
    for cell in std::mem::take(&mut row.ambiguous) {
        let unchanged = cell.readings.iter().any(|reading| is_equal(&cell.path, reading));
        match (cell.path.as_slice(), stored_at(&cell.path).filter(|_| unchanged)) {
            ([name], Some(stored)) => drop(row.fields.insert((*name).to_owned(), stored)),
            ([object, member], Some(stored)) => {
                if let Some(Value::Object(object)) = row.fields.get_mut(*object) {
                    object.insert((*member).to_owned(), stored);
                }
            }
            _ => row.errors.push(cell.error),
        }
    }
    row.fields.retain(|name, value| {
        let members = value.as_object().filter(|members| !members.is_empty());
        let removes_all = members.is_some_and(|members| members.values().all(Value::is_null));
        !removes_all || stored.get(name).is_some_and(|stored| !stored.is_null())
    });
}

/// Finds the item of a row by id, else by slug.
fn find_item(
    connection: &mut Connection,
    kind: ResourceKind,
    row: &ImportRow,
) -> Result<Option<ItemRow>, Problem> {
    let wrong = |column: &str, code: &'static str, detail: String| {
        Problem::invalid_fields(vec![FieldError::field(format!("/{column}"), code, detail)])
    };
    let mut found = None;
    if let Some(id) = &row.id {
        if Id::parse(id).is_none() {
            return Err(wrong(
                "id",
                "invalid_id",
                format!(
                    "`{}` is not an id (UUID); leave the cell empty to create {}.",
                    truncate_for_message(id),
                    item_name(kind)
                ),
            ));
        }
        found = find(connection, kind, id)?;
        if found.is_none() && row.slug.is_none() {
            let detail = format!(
                "There is no {} `{id}`; leave the cell empty to create one, or give it a slug.",
                kind.noun()
            );
            return Err(wrong("id", "unknown_reference", detail));
        }
    }
    if let (None, Some(slug)) = (&found, &row.slug) {
        found = find(connection, kind, slug)?;
    }
    let item = match found {
        None => return Ok(None),
        Some(Lookup::Current(item)) => item,
        Some(Lookup::Former(item)) => {
            let detail = format!("The slug was renamed to `{}`; use that.", item.slug);
            return Err(wrong("slug", "moved", detail));
        }
    };
    if item.deleted_at.is_some() {
        let detail = format!(
            "The {} `{}` has been deleted; restore it first, or take another slug.",
            kind.noun(),
            item.slug
        );
        return Err(wrong(if row.slug.is_some() { "slug" } else { "id" }, "gone", detail));
    }
    Ok(Some(item))
}

/// A kind with its article: `an indicator`.
fn item_name(kind: ResourceKind) -> String {
    item_summary("", kind).trim().to_owned()
}

/// Converts the errors of a row to errors of its cells.
fn errors_of_cells(spec: &ImportSpec, row: &ImportRow, problem: Problem) -> Vec<FieldError> {
    if problem.errors.is_empty() {
        return vec![FieldError::row(
            row.number,
            None,
            problem.kind.definition().code,
            format!("Row {}: {}", row.number, problem.detail),
        )];
    }
    let placed = |error: FieldError| {
        let column = error
            .pointer
            .as_deref()
            .or(error.parameter.as_deref())
            .map(|pointer| spec.column_for_pointer(pointer))
            .filter(|column| !column.is_empty());
        let place = column.map_or_else(String::new, |column| format!(", `{column}`"));
        let detail = format!("Row {}{place}: {}", row.number, error.detail);
        FieldError { code: error.code, ..FieldError::row(row.number, column, "", detail) }
    };
    problem.errors.into_iter().map(placed).collect()
}
