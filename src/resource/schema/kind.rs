//! The kinds of resource and their names.
//!
//! The names are here and not in the `ResourceSchema` of each kind, since the database layer and
//! the schemas themselves refer to kinds that they do not import.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use serde::{Serialize, Serializer};

use crate::i18n::messages::Message;
use crate::text::slug::{self, SlugError};

/// A kind of resource. Two kinds are equal if their [`KindDefinition::index_prefix`] is equal.
#[derive(Clone, Copy)]
pub struct ResourceKind(&'static KindDefinition);

/// The names of a kind, and how it takes part in searches, feeds and the DCAT catalog.
#[derive(Debug)]
pub struct KindDefinition {
    /// Name in the database, in exports and in problems.
    pub name: &'static str,
    /// Name for use in a sentence.
    pub noun: &'static str,
    /// Name of the schema in the OpenAPI document.
    pub schema_name: &'static str,
    /// Path of the list.
    pub path: &'static str,
    /// Heading of lists.
    pub heading: Message,
    /// Prefix of the entries in the full-text index. Unique; must not change.
    pub index_prefix: char,
    /// Slug of an item of the demo catalogue, for examples in the OpenAPI document.
    pub example_slug: &'static str,
    /// Words directly below the path of the kind, in addition to [`RESERVED_SLUGS`]: no item has
    /// such a slug.
    pub reserved_slugs: &'static [&'static str],
    /// Whether `/v1/search` searches the kind.
    pub is_searched: bool,
    /// Whether items that reference an item of the kind are found by its name.
    pub is_found_by_name: bool,
    /// Reference fields through which an item is not found by the name of the referenced item.
    pub unsearched_references: &'static [&'static str],
    /// Whether items have a page below `/embed/`.
    pub has_embed_page: bool,
    /// Position of the kind where kinds are enumerated: in schemas of the OpenAPI document and in
    /// the DCAT catalog. Kinds of the same rank are in the order of registration.
    pub display_rank: u8,
    /// Position of the kind among equally good suggestions; `None` if its titles are not suggested.
    pub suggestion_rank: Option<u8>,
    /// Description of the dataset in the DCAT catalog; `None` if the kind is not a dataset.
    pub dataset_description: Option<Message>,
    /// Feed formats of lists of the kind: the extensions of the feed URLs. Saved queries can list
    /// the kinds with feeds.
    pub feed_formats: &'static [&'static str],
}

/// Words directly below the path of every kind, now or in the next versions of the API.
const RESERVED_SLUGS: &[&str] = &["bulk", "external"];

/// The kinds of the product and those of [`ResourceKind::register`].
static ALL_KINDS: OnceLock<Vec<ResourceKind>> = OnceLock::new();

impl PartialEq for ResourceKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.index_prefix == other.0.index_prefix
    }
}

impl Eq for ResourceKind {}

impl Hash for ResourceKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.index_prefix.hash(state);
    }
}

/// Serializes the name.
impl Serialize for ResourceKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl fmt::Debug for ResourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name)
    }
}

impl ResourceKind {
    /// Videos.
    pub const VIDEO: Self = Self(&KindDefinition {
        name: "video",
        noun: "video",
        schema_name: "Video",
        path: "/v1/videos",
        heading: Message::Videos,
        index_prefix: 'v',
        example_slug: "testimonials-part-one",
        reserved_slugs: &["summary"],
        is_searched: true,
        is_found_by_name: false,
        unsearched_references: &[],
        has_embed_page: true,
        display_rank: 0,
        suggestion_rank: Some(3),
        dataset_description: Some(Message::VideosDescription),
        feed_formats: &["rss", "atom", "json"],
    });

    /// Programmes.
    pub const PROGRAMME: Self = Self(&KindDefinition {
        name: "programme",
        noun: "programme",
        schema_name: "Programme",
        path: "/v1/programmes",
        heading: Message::Programmes,
        index_prefix: 'r',
        example_slug: "implementing-norms-changing-minds",
        reserved_slugs: &[],
        is_searched: true,
        is_found_by_name: true,
        unsearched_references: &[],
        has_embed_page: false,
        display_rank: 1,
        suggestion_rank: Some(1),
        dataset_description: Some(Message::ProgrammesDescription),
        feed_formats: &["atom", "json"],
    });

    /// Partners.
    pub const PARTNER: Self = Self(&KindDefinition {
        name: "partner",
        noun: "partner",
        schema_name: "Partner",
        path: "/v1/partners",
        heading: Message::Partners,
        index_prefix: 'p',
        example_slug: "un-women",
        reserved_slugs: &[],
        is_searched: true,
        is_found_by_name: true,
        unsearched_references: &[],
        has_embed_page: false,
        display_rank: 2,
        suggestion_rank: Some(2),
        dataset_description: Some(Message::PartnersDescription),
        feed_formats: &["atom", "json"],
    });

    /// Impact statistics.
    pub const IMPACT_STATISTIC: Self = Self(&KindDefinition {
        name: "impact_statistic",
        noun: "impact statistic",
        schema_name: "ImpactStatistic",
        path: "/v1/impact-statistics",
        heading: Message::ImpactStatistics,
        index_prefix: 's',
        example_slug: "new-partnerships-on-survivor-services",
        reserved_slugs: &["chart", "import", "summary"],
        is_searched: true,
        is_found_by_name: false,
        unsearched_references: &["evidence"],
        has_embed_page: true,
        display_rank: 4,
        suggestion_rank: None,
        dataset_description: Some(Message::ImpactStatisticsDescription),
        feed_formats: &["atom", "json"],
    });

    /// Slug of a result, for examples in the OpenAPI document. The demo catalogue has no results.
    pub const RESULT_EXAMPLE: &'static str = "outcome-services";

    /// Results: what programmes are to achieve.
    pub const RESULT: Self = Self(&KindDefinition {
        name: "result",
        noun: "result",
        schema_name: "ResultStatement",
        path: "/v1/results",
        heading: Message::Results,
        index_prefix: 'l',
        example_slug: Self::RESULT_EXAMPLE,
        reserved_slugs: &["import"],
        is_searched: true,
        is_found_by_name: false,
        unsearched_references: &["parent"],
        has_embed_page: false,
        display_rank: 3,
        suggestion_rank: None,
        dataset_description: None,
        feed_formats: &[],
    });

    /// Indicators: the quantities that impact statistics measure.
    pub const INDICATOR: Self = Self(&KindDefinition {
        name: "indicator",
        noun: "indicator",
        schema_name: "Indicator",
        path: "/v1/indicators",
        heading: Message::Indicators,
        index_prefix: 'i',
        example_slug: "partnerships-on-survivor-services",
        reserved_slugs: &["import"],
        is_searched: true,
        is_found_by_name: true,
        unsearched_references: &["result"],
        has_embed_page: false,
        display_rank: 3,
        suggestion_rank: None,
        dataset_description: Some(Message::IndicatorsDescription),
        feed_formats: &[],
    });

    /// Topics.
    pub const TOPIC: Self = Self(&KindDefinition {
        name: "topic",
        noun: "topic",
        schema_name: "Topic",
        path: "/v1/topics",
        heading: Message::Topics,
        index_prefix: 't',
        example_slug: "social-norms",
        reserved_slugs: &[],
        is_searched: true,
        is_found_by_name: true,
        unsearched_references: &["parent"],
        has_embed_page: false,
        display_rank: 5,
        suggestion_rank: Some(0),
        dataset_description: None,
        feed_formats: &[],
    });

    /// Saved queries: list queries with a name.
    pub const SAVED_QUERY: Self = Self(&KindDefinition {
        name: "saved_query",
        noun: "saved query",
        schema_name: "SavedQuery",
        path: "/v1/saved-queries",
        heading: Message::SavedQueries,
        index_prefix: 'q',
        example_slug: "testimonials",
        reserved_slugs: &[],
        is_searched: false,
        is_found_by_name: false,
        unsearched_references: &[],
        has_embed_page: false,
        display_rank: 6,
        suggestion_rank: None,
        dataset_description: None,
        feed_formats: &[],
    });

    /// The kinds of the product. A kind comes after the kinds that it refers to, except for evidence
    /// and credits.
    const OF_PRODUCT: [Self; 8] = [
        Self::TOPIC,
        Self::PARTNER,
        Self::PROGRAMME,
        Self::VIDEO,
        Self::RESULT,
        Self::INDICATOR,
        Self::IMPACT_STATISTIC,
        Self::SAVED_QUERY,
    ];

    /// Creates a kind.
    pub const fn new(definition: &'static KindDefinition) -> Self {
        Self(definition)
    }

    /// Adds kinds to those of the product, for the whole process. Returns whether it did: only the
    /// first call does. To be called through [`crate::registry::register`].
    pub fn register(kinds: impl IntoIterator<Item = Self>) -> bool {
        ALL_KINDS.set(Self::OF_PRODUCT.into_iter().chain(kinds).collect()).is_ok()
    }

    /// Returns all kinds. A kind comes after the kinds that it refers to.
    pub fn all() -> &'static [Self] {
        ALL_KINDS.get().map_or(&Self::OF_PRODUCT, Vec::as_slice)
    }

    /// Returns the kinds that `/v1/search` searches: the content of the catalogue.
    pub fn searched() -> Vec<Self> {
        Self::all().iter().copied().filter(|kind| kind.0.is_searched).collect()
    }

    /// Returns the kinds whose titles `/v1/suggest` suggests, in the order of equally good matches.
    pub fn suggested() -> Vec<Self> {
        let rank = |kind: &Self| kind.0.suggestion_rank;
        let mut kinds: Vec<Self> =
            Self::all().iter().copied().filter(|kind| rank(kind).is_some()).collect();
        kinds.sort_by_key(rank);
        kinds
    }

    /// Returns the kinds with feeds, which saved queries can list.
    pub fn with_feeds() -> Vec<Self> {
        Self::in_display_order(Self::all().iter().copied().filter(|kind| kind.has_feeds()))
    }

    /// Sorts kinds by their [`KindDefinition::display_rank`].
    pub fn in_display_order(kinds: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut kinds: Vec<Self> = kinds.into_iter().collect();
        kinds.sort_by_key(|kind| kind.0.display_rank);
        kinds
    }

    /// Returns the names of kinds.
    pub fn names(kinds: &[Self]) -> Vec<&'static str> {
        kinds.iter().map(|kind| kind.as_str()).collect()
    }

    /// Returns the feed formats of lists of this kind: the extensions of the feed URLs.
    pub const fn feed_formats(self) -> &'static [&'static str] {
        self.0.feed_formats
    }

    /// Whether lists of this kind have feeds.
    pub const fn has_feeds(self) -> bool {
        !self.0.feed_formats.is_empty()
    }

    /// Returns the description of the kind's dataset in the DCAT catalog, if it is one.
    pub const fn dataset_description(self) -> Option<Message> {
        self.0.dataset_description
    }

    /// Whether items that reference an item of this kind are found by its name.
    pub const fn is_found_by_name(self) -> bool {
        self.0.is_found_by_name
    }

    /// Whether an item is found by the names of the items that it references in this field.
    pub fn is_searched_reference(self, field: &str) -> bool {
        !self.0.unsearched_references.contains(&field)
    }

    /// Returns the reference fields through which an item is not found by the name of the
    /// referenced item.
    pub const fn unsearched_references(self) -> &'static [&'static str] {
        self.0.unsearched_references
    }

    /// Whether items of this kind have a page below `/embed/`.
    pub const fn has_embed_page(self) -> bool {
        self.0.has_embed_page
    }

    /// Returns the name used in the database, in exports and in problems.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// Returns the heading of lists of the kind.
    pub const fn heading_message(self) -> Message {
        self.0.heading
    }

    /// Returns the prefix of the kind's entries in the full-text index.
    pub const fn index_prefix(self) -> char {
        self.0.index_prefix
    }

    /// Returns the slug of an item of the demo catalogue, for examples in the OpenAPI document.
    pub const fn example_slug(self) -> &'static str {
        self.0.example_slug
    }

    /// Validates a slug of an item of this kind: its format, and that it is not reserved.
    pub fn validate_slug(self, slug: &str) -> Result<(), SlugError> {
        slug::validate_slug(slug)?;
        if RESERVED_SLUGS.contains(&slug) || self.0.reserved_slugs.contains(&slug) {
            return Err(SlugError::Reserved);
        }
        Ok(())
    }

    /// Parses a name as returned by [`Self::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Returns the name for use in a sentence.
    pub const fn noun(self) -> &'static str {
        self.0.noun
    }

    /// Returns the schema name of the resource in the OpenAPI document.
    pub const fn schema_name(self) -> &'static str {
        self.0.schema_name
    }

    /// Returns the path of the list.
    pub const fn path(self) -> &'static str {
        self.0.path
    }

    /// Returns the last segment of the path of the list.
    pub fn path_segment(self) -> &'static str {
        self.path().trim_start_matches("/v1/")
    }

    /// Returns the plural of the noun.
    pub fn plural(self) -> String {
        self.path_segment().replace('-', " ")
    }

    /// Returns the operationId of an operation on one item: `get_saved_query`.
    pub fn operation_id(self, verb: &str) -> String {
        format!("{verb}_{}", self.as_str())
    }

    /// Returns the operationId of the list: `list_saved_queries`.
    pub fn list_operation_id(self) -> String {
        format!("list_{}", self.path_segment().replace('-', "_"))
    }
}
