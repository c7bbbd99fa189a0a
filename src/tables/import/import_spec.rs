//! How the rows of a table of a kind are imported.

use serde_json::Value;

use crate::db::Connection;
use crate::http::problem::Problem;
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::write::save::{SaveRequest, SaveResult};
use crate::tables::import::cell_values::{CellError, NumberNotation};

/// Parser of a cell.
pub type CellParser = fn(&str, NumberNotation) -> Result<Value, CellError>;

/// Columns of the members of an object.
pub struct ObjectColumns {
    /// Name of the object.
    pub name: &'static str,
    /// The member without which there is no object.
    pub required: Option<&'static str>,
    /// Column, member and parser of each.
    pub members: &'static [(&'static str, &'static str, CellParser)],
}

/// How the rows of a table of a kind are imported.
pub struct ImportSpec {
    /// The kind.
    pub kind: ResourceKind,
    /// The columns of exports.
    pub columns: &'static [&'static str],
    /// Read-only columns of exports, which are ignored.
    pub read_only: &'static [&'static str],
    /// Columns of former exports, which are still imported.
    pub former: &'static [&'static str],
    /// Columns of texts, which have the names of their fields. The first is the title.
    pub texts: &'static [&'static str],
    /// Columns of other fields, which have the names of their fields.
    pub fields: &'static [(&'static str, CellParser)],
    /// Columns of the members of objects.
    pub objects: &'static [ObjectColumns],
    /// Paths of decimals, such as `["target", "value"]`, which a spreadsheet may write with other
    /// digits after the point.
    pub decimals: &'static [&'static [&'static str]],
    /// The column that names another item of the table, which may be in a later row.
    pub parent_column: Option<&'static str>,
    /// Stores an item.
    pub save: fn(&mut Connection, &AppState, SaveRequest<'_>) -> Result<SaveResult, Problem>,
    /// Merges a patch into an item.
    pub patch: fn(&mut Connection, &AppState, ItemRow, &Value) -> Result<SaveResult, Problem>,
}

impl ImportSpec {
    /// Finds a column by name, ignoring case and surrounding whitespace.
    pub fn find_column(&self, name: &str) -> Option<&'static str> {
        let name = name.trim();
        let mut known = self.columns.iter().chain(self.former).copied();
        known.find(|known| known.eq_ignore_ascii_case(name))
    }

    /// Column of the title, name or label.
    pub fn title_column(&self) -> &'static str {
        self.texts.first().copied().unwrap_or("title")
    }

    /// Column that sets a field, by JSON pointer.
    pub fn column_for_pointer<'a>(&self, pointer: &'a str) -> &'a str {
        let mut parts = pointer.trim_start_matches('/').split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Some(object) = self.objects.iter().find(|object| object.name == first) {
            let members = object.members;
            let member = members.iter().find(|(_, member, _)| *member == second);
            return member.or(members.first()).map_or(first, |(column, ..)| *column);
        }
        match first {
            "translations" => parts.next().map_or("language", |text| {
                let known = self.texts.iter().copied().find(|known| *known == text);
                known.unwrap_or(self.title_column())
            }),
            "original_language" => "language",
            name => name,
        }
    }
}
