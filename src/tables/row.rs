//! Row builder, and the columns common to all kinds.

use chrono::NaiveDate;

use super::cell::{Cell, CellSink, MultiValue};
use crate::db::Time;
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::packed::PackedJson;
use crate::resource::view::context::{RenderContext, SelectedText};
use crate::text::language::Language;

/// A row under construction.
pub struct RowWriter<'a> {
    cells: &'a mut dyn CellSink,
}

impl<'a> RowWriter<'a> {
    /// Creates a row that writes to a sink.
    pub fn new(cells: &'a mut dyn CellSink) -> Self {
        Self { cells }
    }

    /// Writes a cell.
    pub fn cell(&mut self, cell: Cell<'_>) {
        self.cells.write_cell(cell);
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.cell(Cell::Text(text));
    }

    /// Writes optional text.
    pub fn optional_text(&mut self, text: Option<&str>) {
        self.cell(text.map_or(Cell::Empty, Cell::Text));
    }

    /// Writes an optional exact decimal.
    pub fn decimal(&mut self, value: Option<&str>) {
        self.cell(value.map_or(Cell::Empty, Cell::Decimal));
    }

    /// Writes an optional integer.
    pub fn integer(&mut self, value: Option<i64>) {
        self.cell(value.map_or(Cell::Empty, Cell::Integer));
    }

    /// Writes an optional date.
    pub fn date(&mut self, day: Option<NaiveDate>) {
        self.cell(day.map_or(Cell::Empty, Cell::Date));
    }

    /// Writes an optional timestamp.
    pub fn datetime(&mut self, time: Option<Time>) {
        self.cell(time.map_or(Cell::Empty, Cell::DateTime));
    }

    /// Writes an optional boolean.
    pub fn boolean(&mut self, flag: Option<bool>) {
        self.cell(flag.map_or(Cell::Empty, Cell::Bool));
    }

    /// Writes several values in one cell.
    pub fn multi_value<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        let mut several = MultiValue::default();
        for value in values {
            several.add(value.as_ref());
        }
        self.cell(several.to_cell());
    }

    /// Writes the first columns of every row: id, slug, status and language of the texts.
    pub fn leading_columns(&mut self, item: &ItemRow, chosen: Option<&SelectedText>) {
        let mut id = uuid::Uuid::encode_buffer();
        self.text(item.id.0.hyphenated().encode_lower(&mut id));
        self.text(&item.slug);
        self.text(&item.status);
        self.optional_text(chosen.map(|chosen| chosen.language.as_str()));
        self.boolean(chosen.map(|chosen| chosen.is_transliterated));
    }

    /// Writes the last columns of every row.
    pub fn trailing_columns(&mut self, item: &ItemRow, languages: &[Language]) {
        self.multi_value(languages.iter().map(Language::as_str));
        self.datetime(item.published_at);
        self.datetime(Some(item.created_at));
        self.datetime(Some(item.updated_at));
    }

    /// Country codes.
    pub fn countries(&mut self, codes: &PackedJson) {
        self.multi_value(codes.unpack::<Vec<String>>());
    }

    /// Writes the references of a field: slugs with roles, and titles.
    pub fn references<O>(
        &mut self,
        loaded: &LoadedItem<O>,
        field: &str,
        render_context: &RenderContext,
    ) {
        let (mut slugs, mut titles) = (MultiValue::default(), MultiValue::default());
        for visible in visible_references(loaded, field, render_context) {
            slugs.add_pair(visible.slug, visible.reference.role.as_deref());
            titles.add(&visible.title);
        }
        self.cell(slugs.to_cell());
        self.cell(titles.to_cell());
    }

    /// Writes a single reference: slug and title.
    pub fn reference<O>(
        &mut self,
        loaded: &LoadedItem<O>,
        field: &str,
        render_context: &RenderContext,
    ) {
        let target = visible_references(loaded, field, render_context).next();
        self.optional_text(target.as_ref().map(|target| target.slug));
        self.optional_text(target.as_ref().map(|target| target.title.as_str()));
    }
}

/// A reference to a visible item.
pub struct VisibleReference<'a> {
    /// The reference.
    pub reference: &'a Reference,
    /// Slug of the item.
    pub slug: &'a str,
    /// Title of the item in the language of the response.
    pub title: String,
}

/// Visible references of a field.
pub fn visible_references<'a, O>(
    loaded: &'a LoadedItem<O>,
    field: &'a str,
    render_context: &'a RenderContext,
) -> impl Iterator<Item = VisibleReference<'a>> {
    loaded.references_in(field).filter_map(|reference| {
        let target = render_context.target(&reference.target_id)?;
        let title = render_context.localized_title(target).map(|(_, title)| title);
        Some(VisibleReference {
            reference,
            slug: target.slug.as_str(),
            title: title.unwrap_or_default(),
        })
    })
}
