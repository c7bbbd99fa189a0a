//! The table whose rows a list query reads in order.

/// The table whose rows a list query reads in order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DrivingTable {
    /// `items`.
    #[default]
    Items,
    /// The rows of `filter_index` with one filter term: newest first without sorting, and no item
    /// is read that is not on the page.
    FilterIndex,
}

impl DrivingTable {
    pub(super) fn to_from_clause(self) -> &'static str {
        match self {
            Self::Items => " FROM items",
            Self::FilterIndex => " FROM filter_index driving_rows",
        }
    }

    /// Returns the column with the row id of the item.
    pub fn row_id_column(self) -> &'static str {
        match self {
            Self::Items => "items.number",
            Self::FilterIndex => "driving_rows.item",
        }
    }

    /// Returns the additional conditions that join another row of `filter_index` to the row of the
    /// driving table, so that it is found in the same order.
    pub fn filter_index_join(self) -> &'static str {
        match self {
            Self::Items => "",
            Self::FilterIndex => {
                " AND filter_index.is_public = driving_rows.is_public AND filter_index.published_at = driving_rows.published_at"
            }
        }
    }

    /// Returns the column with the publication date of the item.
    pub fn published_at_column(self) -> &'static str {
        match self {
            Self::Items => "items.published_at",
            Self::FilterIndex => "driving_rows.published_at",
        }
    }
}
