//! Declarations of the resource kinds: address, texts, references, filters, ranges and sort keys.
//!
//! The query parameter parser, the SQL queries, the filter index and the OpenAPI document are
//! derived from these declarations.

pub mod index_terms;
mod kind;
pub mod openapi_refs;
pub mod operation;

use crate::db::sort_key::SortKeyType;

pub use kind::{KindDefinition, ResourceKind};

/// A text field and its column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextField {
    /// The title, name or label: the only text that every language must have.
    Title,
    /// A summary of one or two sentences.
    Summary,
    /// A description of any length.
    Description,
    /// A warning about the content, shown before a video.
    ContentNote,
    /// The credit line that must be displayed with the item.
    CreditLine,
    /// The disclaimer that must be displayed with the item.
    Disclaimer,
    /// A comment on a part of the item.
    Comment,
}

/// A reference from an item to other items.
#[derive(Debug)]
pub struct ReferenceSchema {
    /// The field of the representation, and the value of `include` that expands it.
    pub field: &'static str,
    /// The filter that finds items by the referenced item.
    pub filter: &'static str,
    /// The kind of the referenced items.
    pub target: ResourceKind,
}

/// Items of another kind that refer to an item.
#[derive(Debug)]
pub struct ReferencedBySchema {
    /// The field of the representation, and the value of `include` that adds it.
    pub field: &'static str,
    /// The kind of the referencing items.
    pub kind: ResourceKind,
    /// The reference field of those items.
    pub reference_field: &'static str,
}

/// Type of the values of an equality filter.
#[derive(Debug)]
pub enum FilterType {
    /// An id or slug of a referenced item.
    Item(ResourceKind),
    /// An id or slug of an item of this kind that references the matched items in this field.
    ReferencedBy(ResourceKind, &'static str),
    /// A country code.
    Country,
    /// A language tag; `sr` matches both scripts.
    Language,
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// The name of a kind with feeds.
    KindWithFeeds,
    /// Any text, compared exactly.
    Text,
    /// Any text; the filter index has it in lower case.
    AnyCase,
    /// `true` or `false`.
    Boolean,
    /// A year.
    Year,
    /// Several of these values, all of which must match.
    AllOf(&'static [&'static str]),
}

/// An equality filter.
#[derive(Debug)]
pub struct FilterSchema {
    /// Name of the query parameter.
    pub name: &'static str,
    /// Type of its values.
    pub filter_type: FilterType,
    /// Description for the OpenAPI document.
    pub description: &'static str,
    /// Example for the OpenAPI document.
    pub example: &'static str,
}

impl FilterType {
    /// Whether each value matches only few items. Such values have a bit in the signatures of
    /// items, see [`index_terms::signature_bit`].
    pub fn is_selective(&self) -> bool {
        matches!(self, Self::Item(_) | Self::Country)
    }
}

/// A lower or upper bound on a column.
#[derive(Debug)]
pub struct RangeSchema {
    /// Name of the query parameter.
    pub name: &'static str,
    /// The column, qualified with its table.
    pub column: &'static str,
    /// Type of the compared values.
    pub value_type: RangeType,
    /// Whether this is a lower bound. Lower bounds are inclusive, upper bounds exclusive.
    pub is_lower_bound: bool,
    /// Description for the OpenAPI document.
    pub description: &'static str,
    /// Example for the OpenAPI document.
    pub example: &'static str,
}

/// Type of the values that a range compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RangeType {
    /// Timestamps; a date is read as the start of that day in UTC.
    Time,
    /// Days.
    Date,
    /// Whole numbers.
    Integer,
    /// Exact decimals, compared by their order-preserving encoding.
    Decimal,
}

/// A sort key.
#[derive(Debug)]
pub struct SortSchema {
    /// Name of the sort key.
    pub name: &'static str,
    /// The column, qualified with its table, or the title in the language of the response.
    pub column: SortColumn,
    /// Description for the OpenAPI document.
    pub description: &'static str,
}

/// Column of a sort key.
#[derive(Debug)]
pub enum SortColumn {
    /// A stored column.
    Column {
        /// Name, qualified with its table.
        name: &'static str,
        /// Type of its values.
        key_type: SortKeyType,
        /// Whether it can be NULL.
        nullable: bool,
    },
    /// The title in the language of the response, ordered by the collation of that language.
    Title,
}

/// A table that duplicates fields of the items of one kind for ranges and sort keys. Its rows are
/// identified by the `number` of the item.
#[derive(Clone, Copy, Debug)]
pub struct SortTableSchema {
    /// Name of the table.
    pub name: &'static str,
    /// Columns of the table, without `number`.
    pub columns: &'static [&'static str],
}

/// The declaration of a resource kind.
#[derive(Debug)]
pub struct ResourceSchema {
    /// The kind.
    pub kind: ResourceKind,
    /// The table of the columns that only this kind sorts or filters by range, if there are any.
    pub sort_table: Option<SortTableSchema>,
    /// Text fields and their columns; the first one is the title.
    pub text_fields: &'static [(&'static str, TextField)],
    /// Reference fields.
    pub references: &'static [ReferenceSchema],
    /// Equality filters.
    pub filters: &'static [FilterSchema],
    /// Ranges, in addition to [`COMMON_RANGES`].
    pub ranges: &'static [RangeSchema],
    /// Sort keys, in addition to [`COMMON_SORT_KEYS`].
    pub sort_keys: &'static [SortSchema],
    /// Fields of the complete resource, in addition to [`COMMON_FIELDS`].
    pub fields: &'static [&'static str],
    /// Fields that the response for a single item always contains, and a list only if `include` or
    /// `fields` requests them.
    pub on_demand_fields: &'static [&'static str],
    /// Kinds whose items reference items of this kind and are embedded in them if `include`
    /// requests it.
    pub referenced_by: &'static [ReferencedBySchema],
    /// Kinds whose items are embedded in the representation of items of this kind.
    pub embeds: &'static [ResourceKind],
}

/// Name of the filter and facet by the languages in which an item has texts.
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
    "unpublish_at",
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
        description: "Published at this time or later.",
        example: "2026-01-01",
    },
    RangeSchema {
        name: "published_before",
        column: "items.published_at",
        value_type: RangeType::Time,
        is_lower_bound: false,
        description: "Published before this time.",
        example: "2027-01-01T00:00:00Z",
    },
    RangeSchema {
        name: "updated_since",
        column: "items.updated_at",
        value_type: RangeType::Time,
        is_lower_bound: true,
        description: "Changed at this time or later. Covers changes of the item itself, not of the items that it embeds.",
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
        description: "the time of publication",
    },
    SortSchema {
        name: "updated_at",
        column: SortColumn::Column {
            name: "items.updated_at",
            key_type: SortKeyType::Time,
            nullable: false,
        },
        description: "the time of the last change",
    },
    SortSchema {
        name: "created_at",
        column: SortColumn::Column {
            name: "items.created_at",
            key_type: SortKeyType::Time,
            nullable: false,
        },
        description: "the time of creation",
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
    /// Returns all equality filters.
    pub fn all_filters(&self) -> impl Iterator<Item = &'static FilterSchema> + Clone {
        self.filters.iter().chain(COMMON_FILTERS)
    }

    /// Returns the equality filters that are also facets: all except those by referencing items.
    pub fn all_facets(&self) -> impl Iterator<Item = &'static FilterSchema> + Clone {
        self.all_filters()
            .filter(|filter| !matches!(filter.filter_type, FilterType::ReferencedBy(..)))
    }

    /// Returns all ranges.
    pub fn all_ranges(&self) -> impl Iterator<Item = &'static RangeSchema> + Clone {
        COMMON_RANGES.iter().chain(self.ranges)
    }

    /// Returns all sort keys. The sort key of the title has the name that the kind declares.
    pub fn all_sort_keys(&self) -> impl Iterator<Item = &'static SortSchema> + Clone {
        self.sort_keys.iter().chain(COMMON_SORT_KEYS)
    }

    /// Returns all fields of a resource.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static str> + Clone {
        let texts = self.text_fields.iter().map(|(name, _)| *name);
        COMMON_FIELDS
            .iter()
            .copied()
            .chain(texts)
            .chain(self.fields.iter().copied())
            .chain(self.on_demand_fields.iter().copied())
    }

    /// Returns the values that `include` accepts: references to expand, and fields to add.
    pub fn all_includes(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.references
            .iter()
            .map(|reference| reference.field)
            .chain(["translations", "completeness"])
            .chain(self.on_demand_fields.iter().copied())
            .chain(self.referenced_by.iter().map(|referrer| referrer.field))
    }

    /// Returns the declaration of a reference field.
    pub fn reference(&self, field: &str) -> Option<&'static ReferenceSchema> {
        self.references.iter().find(|link| link.field == field)
    }

    /// Returns the field of the filter index that stores the targets of a reference field.
    pub fn reference_index_field(&self, field: &str) -> String {
        self.index_field(self.reference(field).map_or(field, |reference| reference.filter))
    }

    /// Returns the field of the filter index that stores the values of a filter: the kind, a dot
    /// and the name of the filter. [`TEXT_LANGUAGE_FILTER`] is stored as `language`.
    pub fn index_field(&self, filter: &str) -> String {
        let field = if filter == TEXT_LANGUAGE_FILTER { "language" } else { filter };
        format!("{}.{field}", self.kind.as_str())
    }
}

/// Maximum number of values of one filter.
pub const MAX_VALUES: usize = 50;

/// Fields that only the server sets. Request bodies may contain them and they are ignored, so that
/// a client can send back a representation that it has read.
pub const READ_ONLY_FIELDS: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "languages",
    "completeness",
    "archived_from_public",
];
