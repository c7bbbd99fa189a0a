//! What a kind of item is, declared once: its address, texts, references, filters, ranges and sort
//! keys.
//!
//! The parameter reader, the SQL, the filter index and the OpenAPI document are all made from these
//! declarations.

use crate::db::page::SortKeyType;
use crate::phrases::Phrase;

/// The kinds of item that are stored.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// A video.
    Video,
    /// A programme.
    Programme,
    /// A partner.
    Partner,
    /// An impact statistic.
    ImpactStatistic,
    /// What impact statistics measure.
    Indicator,
    /// A topic.
    Topic,
    /// A query that has a name.
    SavedQuery,
}

impl Kind {
    /// All kinds, in an order in which each refers only to those before it, evidence and credits
    /// apart.
    pub const ALL: [Self; 7] = [
        Self::Topic,
        Self::Partner,
        Self::Programme,
        Self::Video,
        Self::Indicator,
        Self::ImpactStatistic,
        Self::SavedQuery,
    ];

    /// Those that people look for: what the catalogue is about, not how it is asked.
    pub const SOUGHT: [Self; 6] = [
        Self::Topic,
        Self::Partner,
        Self::Programme,
        Self::Video,
        Self::Indicator,
        Self::ImpactStatistic,
    ];

    /// The name in the database, in exports and in problems.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Programme => "programme",
            Self::Partner => "partner",
            Self::ImpactStatistic => "impact_statistic",
            Self::Indicator => "indicator",
            Self::Topic => "topic",
            Self::SavedQuery => "saved_query",
        }
    }

    /// What a list of them is called.
    pub fn heading(self) -> Phrase {
        match self {
            Self::Video => Phrase::Videos,
            Self::Programme => Phrase::Programmes,
            Self::Partner => Phrase::Partners,
            Self::ImpactStatistic => Phrase::ImpactStatistics,
            Self::Indicator => Phrase::Indicators,
            Self::Topic => Phrase::Topics,
            Self::SavedQuery => Phrase::SavedQueries,
        }
    }

    /// Its letter in the full-text index.
    pub fn letter(self) -> char {
        match self {
            Self::Video => 'v',
            Self::Programme => 'r',
            Self::Partner => 'p',
            Self::ImpactStatistic => 's',
            Self::Indicator => 'i',
            Self::Topic => 't',
            Self::SavedQuery => 'q',
        }
    }

    /// The slug of one in the first catalogue, for the document.
    pub fn example(self) -> &'static str {
        match self {
            Self::Video => "testimonials-part-one",
            Self::Programme => "implementing-norms-changing-minds",
            Self::Partner => "un-women",
            Self::ImpactStatistic => "new-partnerships-on-survivor-services",
            Self::Indicator => "partnerships-on-survivor-services",
            Self::Topic => "social-norms",
            Self::SavedQuery => "testimonials",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::ImpactStatistic => "impact statistic",
            Self::SavedQuery => "saved query",
            other => other.as_str(),
        }
    }

    /// The name of the resource in the document.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Video => "Video",
            Self::Programme => "Programme",
            Self::Partner => "Partner",
            Self::ImpactStatistic => "ImpactStatistic",
            Self::Indicator => "Indicator",
            Self::Topic => "Topic",
            Self::SavedQuery => "SavedQuery",
        }
    }

    /// The path of the list.
    pub fn path(self) -> &'static str {
        match self {
            Self::Video => "/v1/videos",
            Self::Programme => "/v1/programmes",
            Self::Partner => "/v1/partners",
            Self::ImpactStatistic => "/v1/impact-statistics",
            Self::Indicator => "/v1/indicators",
            Self::Topic => "/v1/topics",
            Self::SavedQuery => "/v1/saved-queries",
        }
    }

    /// What its lists are called in addresses: the last part of that path.
    pub fn segment(self) -> &'static str {
        self.path().trim_start_matches("/v1/")
    }
}

/// A text column and the field that shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextColumn {
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
pub struct LinkSpec {
    /// The field that shows it and the value of `include` that expands it.
    pub field: &'static str,
    /// What it refers to.
    pub target: Kind,
    /// How a person calls what holds the reference: "2 videos refer to it as their programme".
    pub phrase: &'static str,
}

/// Items of another kind that refer to an item.
#[derive(Debug)]
pub struct ReferrerSpec {
    /// The field that shows them, and the value of `include` that asks for it.
    pub field: &'static str,
    /// Their kind.
    pub kind: Kind,
    /// Their field that refers to the item.
    pub through: &'static str,
}

/// What an equality filter takes.
#[derive(Debug)]
pub enum Takes {
    /// An identifier or slug of an item.
    Item(Kind),
    /// An identifier or slug of an item that refers to what is looked for in this field.
    Referrer(Kind, &'static str),
    /// A country code.
    Country,
    /// A language tag; `sr` means both scripts.
    Language,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text; compared exactly.
    Text,
    /// `true` or `false`.
    Flag,
    /// A year.
    Year,
    /// Several of these words, all of which must hold.
    Has(&'static [&'static str]),
}

/// An equality filter.
#[derive(Debug)]
pub struct FilterSpec {
    /// The parameter.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// For the document.
    pub description: &'static str,
    /// For the document.
    pub example: &'static str,
}

impl Takes {
    /// Whether each of its values is one that few items share, so that it has a bit in their
    /// signatures, see [`super::index::bit`].
    pub fn narrows(&self) -> bool {
        matches!(self, Self::Item(_) | Self::Country)
    }
}

/// A bound on a column.
#[derive(Debug)]
pub struct RangeSpec {
    /// The parameter.
    pub name: &'static str,
    /// The column, with its table.
    pub column: &'static str,
    /// What it holds.
    pub holds: RangeType,
    /// Lower bounds are inclusive, upper bounds exclusive.
    pub lower: bool,
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
pub struct SortSpec {
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
        holds: SortKeyType,
        /// Whether it may be unknown.
        nullable: bool,
    },
    /// The title in the answer's language, by that language's collation.
    Title,
}

/// A table that repeats fields of the items of one kind, beside the `number` of each, for ranges
/// and sort keys.
#[derive(Clone, Copy, Debug)]
pub struct TableSpec {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

/// A kind of item, declared.
#[derive(Debug)]
pub struct Spec {
    /// Which kind.
    pub kind: Kind,
    /// The table of what lists of it are sorted by or limited to beside what every item has, if
    /// there is such.
    pub table: Option<TableSpec>,
    /// The texts: field and column; the first is the title.
    pub texts: &'static [(&'static str, TextColumn)],
    /// References.
    pub links: &'static [LinkSpec],
    /// Equality filters.
    pub filters: &'static [FilterSpec],
    /// Ranges, beside those every kind has.
    pub ranges: &'static [RangeSpec],
    /// Sort keys, beside those every kind has.
    pub sorts: &'static [SortSpec],
    /// Fields of the whole resource, for `fields` (without those every kind has).
    pub fields: &'static [&'static str],
    /// Fields that a single item always shows, and a list where `include` or `fields` asks for
    /// them.
    pub extras: &'static [&'static str],
    /// Kinds whose items refer to items of this kind, and are shown inside them where `include`
    /// asks for it.
    pub referrers: &'static [ReferrerSpec],
    /// Kinds whose items an item of this kind shows inside itself.
    pub shows: &'static [Kind],
    /// In which formats its lists are feeds: what their addresses end with.
    pub feeds: &'static [&'static str],
}

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
pub const COMMON_RANGES: &[RangeSpec] = &[
    RangeSpec {
        name: "published_after",
        column: "items.published_at",
        holds: RangeType::Time,
        lower: true,
        description: "Published at this moment or later.",
        example: "2026-01-01",
    },
    RangeSpec {
        name: "published_before",
        column: "items.published_at",
        holds: RangeType::Time,
        lower: false,
        description: "Published before this moment.",
        example: "2027-01-01T00:00:00Z",
    },
    RangeSpec {
        name: "updated_since",
        column: "items.updated_at",
        holds: RangeType::Time,
        lower: true,
        description: "Changed at this moment or later. Follows the item's own changes, not those of what it shows.",
        example: "2026-05-07T08:00:00Z",
    },
];

/// Filters that every kind has.
pub const COMMON_FILTERS: &[FilterSpec] = &[FilterSpec {
    name: "year",
    takes: Takes::Year,
    description: "Published in this year (UTC).",
    example: "2026",
}];

/// Sort keys that every kind has.
pub const COMMON_SORTS: &[SortSpec] = &[
    SortSpec {
        name: "published_at",
        column: SortColumn::Column {
            name: "items.published_at",
            holds: SortKeyType::Time,
            nullable: true,
        },
        description: "when it was published",
    },
    SortSpec {
        name: "updated_at",
        column: SortColumn::Column {
            name: "items.updated_at",
            holds: SortKeyType::Time,
            nullable: false,
        },
        description: "when it was last changed",
    },
    SortSpec {
        name: "created_at",
        column: SortColumn::Column {
            name: "items.created_at",
            holds: SortKeyType::Time,
            nullable: false,
        },
        description: "when it was stored",
    },
    SortSpec {
        name: "slug",
        column: SortColumn::Column {
            name: "items.slug",
            holds: SortKeyType::Text,
            nullable: false,
        },
        description: "the slug",
    },
];

impl Spec {
    /// All equality filters.
    pub fn all_filters(&self) -> impl Iterator<Item = &'static FilterSpec> + Clone {
        self.filters.iter().chain(COMMON_FILTERS)
    }

    /// The equality filters that are facets too: those whose values items have.
    pub fn all_facets(&self) -> impl Iterator<Item = &'static FilterSpec> + Clone {
        self.all_filters().filter(|filter| !matches!(filter.takes, Takes::Referrer(..)))
    }

    /// All ranges.
    pub fn all_ranges(&self) -> impl Iterator<Item = &'static RangeSpec> + Clone {
        COMMON_RANGES.iter().chain(self.ranges)
    }

    /// All sort keys. The title goes by the name that the kind gives it.
    pub fn all_sorts(&self) -> impl Iterator<Item = &'static SortSpec> + Clone {
        self.sorts.iter().chain(COMMON_SORTS)
    }

    /// All fields of a resource.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static str> + Clone {
        let texts = self.texts.iter().map(|(name, _)| *name);
        COMMON_FIELDS
            .iter()
            .copied()
            .chain(texts)
            .chain(self.fields.iter().copied())
            .chain(self.extras.iter().copied())
    }

    /// What `include` takes: references to show whole, and what is there beside them.
    pub fn all_includes(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.links
            .iter()
            .map(|link| link.field)
            .chain(["translations", "completeness"])
            .chain(self.extras.iter().copied())
            .chain(self.referrers.iter().map(|referrer| referrer.field))
    }

    /// The reference of this field.
    pub fn link(&self, field: &str) -> Option<&'static LinkSpec> {
        self.links.iter().find(|link| link.field == field)
    }

    /// The kind and parameter under which a filter's values stand in the index.
    pub fn facet(&self, filter: &str) -> String {
        format!("{}.{filter}", self.kind.as_str())
    }
}
