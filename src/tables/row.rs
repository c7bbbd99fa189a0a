//! A row of a table, cell by cell, and what the rows of every kind have in common.

use chrono::NaiveDate;

use super::cell::{Cell, CellSink, MultiValue};
use crate::db::Time;
use crate::resource::model::item::{ItemRow, LoadedItem, Reference};
use crate::resource::model::packed::PackedJson;
use crate::resource::view::context::{RenderContext, SelectedText};
use crate::text::language::Language;

/// A row, being written.
pub struct RowWriter<'a> {
    cells: &'a mut dyn CellSink,
}

impl<'a> RowWriter<'a> {
    /// A row whose cells go there.
    pub fn new(cells: &'a mut dyn CellSink) -> Self {
        Self { cells }
    }

    /// Any cell.
    pub fn cell(&mut self, cell: Cell<'_>) {
        self.cells.write_cell(cell);
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.cell(Cell::Text(text));
    }

    /// Text, if there is any.
    pub fn optional_text(&mut self, text: Option<&str>) {
        self.cell(text.map_or(Cell::Empty, Cell::Text));
    }

    /// An exact decimal, if there is one.
    pub fn decimal(&mut self, value: Option<&str>) {
        self.cell(value.map_or(Cell::Empty, Cell::Decimal));
    }

    /// A whole number, if there is one.
    pub fn integer(&mut self, value: Option<i64>) {
        self.cell(value.map_or(Cell::Empty, Cell::Integer));
    }

    /// A day, if there is one.
    pub fn date(&mut self, day: Option<NaiveDate>) {
        self.cell(day.map_or(Cell::Empty, Cell::Date));
    }

    /// A moment, if there is one.
    pub fn datetime(&mut self, time: Option<Time>) {
        self.cell(time.map_or(Cell::Empty, Cell::DateTime));
    }

    /// Yes or no, if that is known.
    pub fn boolean(&mut self, flag: Option<bool>) {
        self.cell(flag.map_or(Cell::Empty, Cell::Bool));
    }

    /// Several values.
    pub fn multi_value<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        let mut several = MultiValue::default();
        for value in values {
            several.add(value.as_ref());
        }
        self.cell(several.to_cell());
    }

    /// What every row begins with: which item it is, whether the public sees it, and in which
    /// language its texts are.
    pub fn leading_columns(&mut self, item: &ItemRow, chosen: Option<&SelectedText>) {
        let mut id = uuid::Uuid::encode_buffer();
        self.text(item.id.0.hyphenated().encode_lower(&mut id));
        self.text(&item.slug);
        self.text(&item.status);
        self.optional_text(chosen.map(|chosen| chosen.language.as_str()));
        self.boolean(chosen.map(|chosen| chosen.is_transliterated));
    }

    /// What every row ends with.
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

    /// What a field refers to: slugs with what each is there for, and titles.
    pub fn references<O>(
        &mut self,
        loaded: &LoadedItem<O>,
        field: &str,
        render_context: &RenderContext,
    ) {
        let (mut slugs, mut titles) = (MultiValue::default(), MultiValue::default());
        for (link, slug, title) in visible_references(loaded, field, render_context) {
            slugs.add_pair(slug, link.role.as_deref());
            titles.add(&title);
        }
        self.cell(slugs.to_cell());
        self.cell(titles.to_cell());
    }

    /// The same of a field that holds one reference.
    pub fn reference<O>(
        &mut self,
        loaded: &LoadedItem<O>,
        field: &str,
        render_context: &RenderContext,
    ) {
        let target = visible_references(loaded, field, render_context).next();
        self.optional_text(target.as_ref().map(|(_, slug, _)| *slug));
        self.optional_text(target.as_ref().map(|(.., title)| title.as_str()));
    }
}

/// What a field refers to and the viewer may see: the reference, the slug and the title.
pub fn visible_references<'a, O>(
    loaded: &'a LoadedItem<O>,
    field: &'a str,
    render_context: &'a RenderContext,
) -> impl Iterator<Item = (&'a Reference, &'a str, String)> {
    loaded.references_in(field).filter_map(|link| {
        let target = render_context.target(&link.target_id)?;
        Some((
            link,
            target.slug.as_str(),
            render_context.localized_title(target).map(|(_, title)| title).unwrap_or_default(),
        ))
    })
}
