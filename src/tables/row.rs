//! A row of a table, cell by cell, and what the rows of every kind have in common.

use chrono::NaiveDate;

use super::cell::{Cell, Cells, Several};
use crate::db::Time;
use crate::resource::load::{Item, Link, Loaded};
use crate::resource::shown::{ChosenText, Packed, Shown};
use crate::text::language::Language;

/// A row, being written.
pub struct Row<'a> {
    cells: &'a mut dyn Cells,
}

impl<'a> Row<'a> {
    /// A row whose cells go there.
    pub fn new(cells: &'a mut dyn Cells) -> Self {
        Self { cells }
    }

    /// Any cell.
    pub fn cell(&mut self, cell: Cell<'_>) {
        self.cells.cell(cell);
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.cell(Cell::Text(text));
    }

    /// Text, if there is any.
    pub fn some_text(&mut self, text: Option<&str>) {
        self.cell(text.map_or(Cell::Nothing, Cell::Text));
    }

    /// An exact decimal, if there is one.
    pub fn decimal(&mut self, value: Option<&str>) {
        self.cell(value.map_or(Cell::Nothing, Cell::Decimal));
    }

    /// A whole number, if there is one.
    pub fn whole(&mut self, value: Option<i64>) {
        self.cell(value.map_or(Cell::Nothing, Cell::Whole));
    }

    /// A day, if there is one.
    pub fn day(&mut self, day: Option<NaiveDate>) {
        self.cell(day.map_or(Cell::Nothing, Cell::Day));
    }

    /// A moment, if there is one.
    pub fn moment(&mut self, time: Option<Time>) {
        self.cell(time.map_or(Cell::Nothing, Cell::Moment));
    }

    /// Yes or no, if that is known.
    pub fn flag(&mut self, flag: Option<bool>) {
        self.cell(flag.map_or(Cell::Nothing, Cell::Flag));
    }

    /// Several values.
    pub fn several<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        let mut several = Several::default();
        for value in values {
            several.add(value.as_ref());
        }
        self.cell(several.cell());
    }

    /// What every row begins with: which item it is, whether the public sees it, and in which
    /// language its texts are.
    pub fn begin(&mut self, item: &Item, chosen: Option<&ChosenText>) {
        let mut id = uuid::Uuid::encode_buffer();
        self.text(item.id.0.hyphenated().encode_lower(&mut id));
        self.text(&item.slug);
        self.text(&item.status);
        self.some_text(chosen.map(|chosen| chosen.language.as_str()));
        self.flag(chosen.map(|chosen| chosen.transliterated));
    }

    /// What every row ends with.
    pub fn end(&mut self, item: &Item, languages: &[Language]) {
        self.several(languages.iter().map(Language::as_str));
        self.moment(item.published_at);
        self.moment(Some(item.created_at));
        self.moment(Some(item.updated_at));
    }

    /// Country codes.
    pub fn countries(&mut self, codes: &Packed) {
        self.several(codes.unpack::<Vec<String>>());
    }

    /// What a field refers to: slugs with what each is there for, and titles.
    pub fn references<O>(&mut self, loaded: &Loaded<O>, field: &str, shown: &Shown) {
        let (mut slugs, mut titles) = (Several::default(), Several::default());
        for (link, slug, title) in targets(loaded, field, shown) {
            slugs.add_pair(slug, link.role.as_deref());
            titles.add(&title);
        }
        self.cell(slugs.cell());
        self.cell(titles.cell());
    }

    /// The same of a field that holds one reference.
    pub fn reference<O>(&mut self, loaded: &Loaded<O>, field: &str, shown: &Shown) {
        let target = targets(loaded, field, shown).next();
        self.some_text(target.as_ref().map(|(_, slug, _)| *slug));
        self.some_text(target.as_ref().map(|(.., title)| title.as_str()));
    }
}

/// What a field refers to and the viewer may see: the reference, the slug and the title.
pub fn targets<'a, O>(
    loaded: &'a Loaded<O>,
    field: &'a str,
    shown: &'a Shown,
) -> impl Iterator<Item = (&'a Link, &'a str, String)> {
    loaded.in_field(field).filter_map(|link| {
        let target = shown.target(&link.target_id)?;
        Some((
            link,
            target.slug.as_str(),
            shown.title(target).map(|(_, title)| title).unwrap_or_default(),
        ))
    })
}
