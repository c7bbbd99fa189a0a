//! The kinds of resource: one variant and one definition each.
//!
//! The definitions are here and not in the `ResourceSchema` of each kind, since the database layer
//! and the schemas themselves refer to kinds that they do not import.

use serde::Serialize;

use crate::i18n::messages::Message;

/// A kind of resource.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// A video.
    Video,
    /// A programme.
    Programme,
    /// A partner.
    Partner,
    /// An impact statistic.
    ImpactStatistic,
    /// An indicator: the quantity that impact statistics measure.
    Indicator,
    /// A topic.
    Topic,
    /// A saved query: a list query with a name.
    SavedQuery,
}

/// The names of a kind.
struct KindDefinition {
    name: &'static str,
    noun: &'static str,
    schema_name: &'static str,
    path: &'static str,
    heading: Message,
    index_prefix: char,
    example_slug: &'static str,
}

impl ResourceKind {
    /// All kinds. A kind comes after the kinds that it refers to, except for evidence and credits.
    pub const ALL: [Self; 7] = [
        Self::Topic,
        Self::Partner,
        Self::Programme,
        Self::Video,
        Self::Indicator,
        Self::ImpactStatistic,
        Self::SavedQuery,
    ];

    /// The kinds that `/v1/search` searches: the content of the catalogue.
    pub const SEARCHABLE: [Self; 6] = [
        Self::Topic,
        Self::Partner,
        Self::Programme,
        Self::Video,
        Self::Indicator,
        Self::ImpactStatistic,
    ];

    const fn definition(self) -> KindDefinition {
        match self {
            Self::Video => KindDefinition {
                name: "video",
                noun: "video",
                schema_name: "Video",
                path: "/v1/videos",
                heading: Message::Videos,
                index_prefix: 'v',
                example_slug: "testimonials-part-one",
            },
            Self::Programme => KindDefinition {
                name: "programme",
                noun: "programme",
                schema_name: "Programme",
                path: "/v1/programmes",
                heading: Message::Programmes,
                index_prefix: 'r',
                example_slug: "implementing-norms-changing-minds",
            },
            Self::Partner => KindDefinition {
                name: "partner",
                noun: "partner",
                schema_name: "Partner",
                path: "/v1/partners",
                heading: Message::Partners,
                index_prefix: 'p',
                example_slug: "un-women",
            },
            Self::ImpactStatistic => KindDefinition {
                name: "impact_statistic",
                noun: "impact statistic",
                schema_name: "ImpactStatistic",
                path: "/v1/impact-statistics",
                heading: Message::ImpactStatistics,
                index_prefix: 's',
                example_slug: "new-partnerships-on-survivor-services",
            },
            Self::Indicator => KindDefinition {
                name: "indicator",
                noun: "indicator",
                schema_name: "Indicator",
                path: "/v1/indicators",
                heading: Message::Indicators,
                index_prefix: 'i',
                example_slug: "partnerships-on-survivor-services",
            },
            Self::Topic => KindDefinition {
                name: "topic",
                noun: "topic",
                schema_name: "Topic",
                path: "/v1/topics",
                heading: Message::Topics,
                index_prefix: 't',
                example_slug: "social-norms",
            },
            Self::SavedQuery => KindDefinition {
                name: "saved_query",
                noun: "saved query",
                schema_name: "SavedQuery",
                path: "/v1/saved-queries",
                heading: Message::SavedQueries,
                index_prefix: 'q',
                example_slug: "testimonials",
            },
        }
    }

    /// Returns the name used in the database, in exports and in problems.
    pub const fn as_str(self) -> &'static str {
        self.definition().name
    }

    /// Returns the heading of lists of the kind.
    pub const fn heading_message(self) -> Message {
        self.definition().heading
    }

    /// Returns the prefix of the kind's entries in the full-text index.
    pub const fn index_prefix(self) -> char {
        self.definition().index_prefix
    }

    /// Returns the slug of an item of the demo catalogue, for examples in the OpenAPI document.
    pub const fn example_slug(self) -> &'static str {
        self.definition().example_slug
    }

    /// Parses a name as returned by [`Self::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the name for use in a sentence.
    pub const fn noun(self) -> &'static str {
        self.definition().noun
    }

    /// Returns the schema name of the resource in the OpenAPI document.
    pub const fn schema_name(self) -> &'static str {
        self.definition().schema_name
    }

    /// Returns the path of the list.
    pub const fn path(self) -> &'static str {
        self.definition().path
    }

    /// Returns the last segment of the path of the list.
    pub fn path_segment(self) -> &'static str {
        self.path().trim_start_matches("/v1/")
    }
}
