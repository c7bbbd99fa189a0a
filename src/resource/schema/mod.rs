//! What a kind of item is, declared once: its address, texts, references, filters, ranges and sort
//! keys.
//!
//! The parameter reader, the SQL, the filter index and the OpenAPI document are all made from these
//! declarations.

pub mod index_terms;
mod kind;
pub mod openapi_refs;

use crate::db::keyset::SortKeyType;

pub use kind::ResourceKind;

/// A text column and the field that shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextField {
    /// The title, name or label: the one text that every language must have.
    Title,
    /// One or two sentences.
    Summary,
    /// As long as it needs to be.
    Description,
    /// What a viewer should be warned of.
    ContentNote,
    /// Whom every display must credit.
    CreditLine,
    /// What every display must say.
    Disclaimer,
}

/// A reference from an item to others.
#[derive(Debug)]
pub struct ReferenceSchema {
    /// The field that shows it and the value of `include` that expands it.
    pub field: &'static str,
    /// What it refers to.
    pub target: ResourceKind,
    /// How a person calls what holds the reference: "2 videos refer to it as their programme".
    pub referrer_phrase: &'static str,
}

/// Items of another kind that refer to an item.
#[derive(Debug)]
pub struct ReferencedBySchema {
    /// The field that shows them, and the value of `include` that asks for it.
    pub field: &'static str,
    /// Their kind.
    pub kind: ResourceKind,
    /// Their field that refers to the item.
    pub reference_field: &'static str,
}

/// What an equality filter takes.
#[derive(Debug)]
pub enum FilterType {
    /// An identifier or slug of an item.
    Item(ResourceKind),
    /// An identifier or slug of an item that refers to what is looked for in this field.
    ReferencedBy(ResourceKind, &'static str),
    /// A country code.
    Country,
    /// A language tag; `sr` means both scripts.
    Language,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text; compared exactly.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A year.
    Year,
    /// Several of these words, all of which must hold.
    AllOf(&'static [&'static str]),
}

/// An equality filter.
#[derive(Debug)]
pub struct FilterSchema {
    /// The parameter.
    pub name: &'static str,
    /// What it takes.
    pub filter_type: FilterType,
    /// For the document.
    pub description: &'static str,
    /// For the document.
    pub example: &'static str,
}

impl FilterType {
    /// Whether each of its values is one that few items share, so that it has a bit in their
    /// signatures, see [`crate::resource::index::full_text::bit`].
    pub fn is_selective(&self) -> bool {
        matches!(self, Self::Item(_) | Self::Country)
    }
}

/// A bound on a column.
#[derive(Debug)]
pub struct RangeSchema {
    /// The parameter.
    pub name: &'static str,
    /// The column, with its table.
    pub column: &'static str,
    /// What it holds.
    pub value_type: RangeType,
    /// Lower bounds are inclusive, upper bounds exclusive.
    pub is_lower_bound: bool,
    /// For the document.
    pub description: &'static str,
    /// For the document.
    pub example: &'static str,
}

/// What a range compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RangeType {
    /// Moments; a day means its beginning in UTC.
    Time,
    /// Days.
    Date,
    /// Whole numbers.
    Integer,
    /// Exact decimals, compared by their order-preserving form.
    Decimal,
}

/// A sort key.
#[derive(Debug)]
pub struct SortSchema {
    /// The key's name.
    pub name: &'static str,
    /// The column, with its table; the title is found by the answer's language.
    pub column: SortColumn,
    /// For the document.
    pub description: &'static str,
}

/// What a sort key stands for.
#[derive(Debug)]
pub enum SortColumn {
    /// A column.
    Column {
        /// With its table.
        name: &'static str,
        /// What it holds.
        key_type: SortKeyType,
        /// Whether it may be unknown.
        nullable: bool,
    },
    /// The title in the answer's language, by that language's collation.
    Title,
}

/// A table that repeats fields of the items of one kind, beside the `number` of each, for ranges
/// and sort keys.
#[derive(Clone, Copy, Debug)]
pub struct SortTableSchema {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

/// A kind of item, declared.
#[derive(Debug)]
pub struct ResourceSchema {
    /// Which kind.
    pub kind: ResourceKind,
    /// The table of what lists of it are sorted by or limited to beside what every item has, if
    /// there is such.
    pub sort_table: Option<SortTableSchema>,
    /// The texts: field and column; the first is the title.
    pub text_fields: &'static [(&'static str, TextField)],
    /// References.
    pub references: &'static [ReferenceSchema],
    /// Equality filters.
    pub filters: &'static [FilterSchema],
    /// Ranges, beside those every kind has.
    pub ranges: &'static [RangeSchema],
    /// Sort keys, beside those every kind has.
    pub sort_keys: &'static [SortSchema],
    /// Fields of the whole resource, for `fields` (without those every kind has).
    pub fields: &'static [&'static str],
    /// Fields that a single item always shows, and a list where `include` or `fields` asks for
    /// them.
    pub on_demand_fields: &'static [&'static str],
    /// Kinds whose items refer to items of this kind, and are shown inside them where `include`
    /// asks for it.
    pub referenced_by: &'static [ReferencedBySchema],
    /// Kinds whose items an item of this kind shows inside itself.
    pub embeds: &'static [ResourceKind],
    /// In which formats its lists are feeds: what their addresses end with.
    pub feed_formats: &'static [&'static str],
}

/// Filter and facet by the languages in which an item has texts.
pub const TEXT_LANGUAGE_FILTER: &str = "text_language";

/// Fields that every kind has.
pub const COMMON_FIELDS: &[&str] = &[
    "id",
    "slug",
    "status",
    "revision",
    "created_at",
    "updated_at",
    "published_at",
    "original_language",
    "languages",
    "language",
    "transliterated",
    "translations",
    "completeness",
];

/// Ranges that every kind has.
pub const COMMON_RANGES: &[RangeSchema] = &[
    RangeSchema {
        name: "published_after",
        column: "items.published_at",
        value_type: RangeType::Time,
        is_lower_bound: true,
        description: "Published at this moment or later.",
        example: "2026-01-01",
    },
    RangeSchema {
        name: "published_before",
        column: "items.published_at",
        value_type: RangeType::Time,
        is_lower_bound: false,
        description: "Published before this moment.",
        example: "2027-01-01T00:00:00Z",
    },
    RangeSchema {
        name: "updated_since",
        column: "items.updated_at",
        value_type: RangeType::Time,
        is_lower_bound: true,
        description: "Changed at this moment or later. Follows the item's own changes, not those of what it shows.",
        example: "2026-05-07T08:00:00Z",
    },
];

/// Filters that every kind has.
pub const COMMON_FILTERS: &[FilterSchema] = &[FilterSchema {
    name: "year",
    filter_type: FilterType::Year,
    description: "Published in this year (UTC).",
    example: "2026",
}];

/// Sort keys that every kind has.
pub const COMMON_SORT_KEYS: &[SortSchema] = &[
    SortSchema {
        name: "published_at",
        column: SortColumn::Column {
            name: "items.published_at",
            key_type: SortKeyType::Time,
            nullable: true,
        },
        description: "when it was published",
    },
    SortSchema {
        name: "updated_at",
        column: SortColumn::Column {
            name: "items.updated_at",
            key_type: SortKeyType::Time,
            nullable: false,
        },
        description: "when it was last changed",
    },
    SortSchema {
        name: "created_at",
        column: SortColumn::Column {
            name: "items.created_at",
            key_type: SortKeyType::Time,
            nullable: false,
        },
        description: "when it was stored",
    },
    SortSchema {
        name: "slug",
        column: SortColumn::Column {
            name: "items.slug",
            key_type: SortKeyType::Text,
            nullable: false,
        },
        description: "the slug",
    },
];

impl ResourceSchema {
    /// All equality filters.
    pub fn all_filters(&self) -> impl Iterator<Item = &'static FilterSchema> + Clone {
        self.filters.iter().chain(COMMON_FILTERS)
    }

    /// The equality filters that are facets too: those whose values items have.
    pub fn all_facets(&self) -> impl Iterator<Item = &'static FilterSchema> + Clone {
        self.all_filters()
            .filter(|filter| !matches!(filter.filter_type, FilterType::ReferencedBy(..)))
    }

    /// All ranges.
    pub fn all_ranges(&self) -> impl Iterator<Item = &'static RangeSchema> + Clone {
        COMMON_RANGES.iter().chain(self.ranges)
    }

    /// All sort keys. The title goes by the name that the kind gives it.
    pub fn all_sort_keys(&self) -> impl Iterator<Item = &'static SortSchema> + Clone {
        self.sort_keys.iter().chain(COMMON_SORT_KEYS)
    }

    /// All fields of a resource.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static str> + Clone {
        let texts = self.text_fields.iter().map(|(name, _)| *name);
        COMMON_FIELDS
            .iter()
            .copied()
            .chain(texts)
            .chain(self.fields.iter().copied())
            .chain(self.on_demand_fields.iter().copied())
    }

    /// What `include` takes: references to show whole, and what is there beside them.
    pub fn all_includes(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.references
            .iter()
            .map(|reference| reference.field)
            .chain(["translations", "completeness"])
            .chain(self.on_demand_fields.iter().copied())
            .chain(self.referenced_by.iter().map(|referrer| referrer.field))
    }

    /// The reference of this field.
    pub fn reference(&self, field: &str) -> Option<&'static ReferenceSchema> {
        self.references.iter().find(|link| link.field == field)
    }

    /// The field of the filter index that holds a filter's values: the kind, a dot and the filter's
    /// name. [`TEXT_LANGUAGE_FILTER`] is stored as `language`.
    pub fn index_field(&self, filter: &str) -> String {
        let field = if filter == TEXT_LANGUAGE_FILTER { "language" } else { filter };
        format!("{}.{field}", self.kind.as_str())
    }
}

/// How many values one filter takes.
pub const MAX_VALUES: usize = 50;

/// Fields that only the server sets: accepted and ignored, so that what was read can be sent back.
pub const READ_ONLY_FIELDS: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "languages",
    "language",
    "transliterated",
    "completeness",
];
