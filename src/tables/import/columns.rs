//! Columns of an import file, and the fields that they set.

use crate::http::problem::FieldError;
use crate::tables::import::import_spec::ImportSpec;
use crate::text::name_suggestion::closest_name;

/// Maximum number of columns.
pub const MAX_COLUMNS: usize = 200;

/// Columns of a file, in file order.
pub struct ImportColumns {
    /// The table.
    pub spec: &'static ImportSpec,
    /// Known names; `None` for a column that is ignored on request.
    columns: Vec<Option<&'static str>>,
    /// Names of the columns that are ignored.
    ignored: Vec<String>,
}

impl ImportColumns {
    /// Number of known columns among these names.
    pub fn count_known(spec: &ImportSpec, names: &[String]) -> usize {
        names.iter().filter(|name| spec.find_column(name).is_some()).count()
    }

    /// Parses the header in this row, or returns its errors. Columns with the names in `to_ignore`
    /// may have any name.
    pub fn parse(
        spec: &'static ImportSpec,
        names: &[String],
        row: usize,
        to_ignore: &[String],
    ) -> Result<Self, Vec<FieldError>> {
        if names.len() > MAX_COLUMNS {
            let detail = format!(
                "Row {row} has {} columns; at most {} are supported.",
                names.len(),
                MAX_COLUMNS
            );
            return Err(vec![FieldError::row(row, None, "too_many", detail)]);
        }
        let mut errors = Vec::new();
        let mut columns: Vec<Option<&'static str>> = Vec::new();
        let mut ignored: Vec<String> = Vec::new();
        // Spreadsheets may write trailing separators.
        let used = names
            .iter()
            .rposition(|name| !name.trim().is_empty())
            .map_or(0, |last| last.saturating_add(1));
        for (name, number) in names.iter().take(used).zip(1_usize..) {
            let name = name.trim();
            if to_ignore.iter().any(|other| other.trim().eq_ignore_ascii_case(name)) {
                columns.push(None);
                ignored.push(name.to_owned());
                continue;
            }
            match spec.find_column(name) {
                Some(known) if columns.contains(&Some(known)) => {
                    let detail = format!("Row {row}: duplicate column `{known}`.");
                    errors.push(FieldError::row(row, Some(known), "repeated", detail));
                }
                Some(known) => {
                    columns.push(Some(known));
                    ignored.extend(spec.read_only.contains(&known).then(|| known.to_owned()));
                }
                None if name.is_empty() => {
                    let detail = format!("Row {row}: column {number} has no name.");
                    errors.push(FieldError::row(row, None, "unknown_column", detail));
                }
                None => {
                    let name = crate::http::json_fields::truncate_for_message(name);
                    let near = closest_name(&name, spec.columns.iter().copied());
                    let hint = near.map_or_else(
                        || format!("; known columns are {}.", spec.columns.join(", ")),
                        |near| format!("; did you mean `{near}`?"),
                    );
                    let detail = format!(
                        "Row {row}: unknown column `{name}`{hint} To leave out a column of your own, name it in `ignore_columns`."
                    );
                    errors.push(FieldError::row(row, Some(&name), "unknown_column", detail));
                }
            }
        }
        let has = |name: &str| columns.contains(&Some(name));
        if errors.is_empty() && !has("id") && !has("slug") && !has(spec.title_column()) {
            let detail = format!(
                "Row {row}: a column is missing: `slug` or `id` for existing items, `{}` for new ones.",
                spec.title_column()
            );
            errors.push(FieldError::row(row, None, "required", detail));
        }
        if errors.is_empty() { Ok(Self { spec, columns, ignored }) } else { Err(errors) }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Names of the columns that are imported, in file order.
    pub fn imported(&self) -> Vec<&'static str> {
        let known = self.columns.iter().copied().flatten();
        known.filter(|name| !self.spec.read_only.contains(name)).collect()
    }

    /// Names of the columns that are ignored, in file order.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Place of a column in a row; `None` if the file does not have it.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| *column == Some(name))
    }
}
