//! Declaration of the `video` resource: texts, references, filters, ranges and sort keys.

use crate::db::sort_key::SortKeyType;
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ReferencedBySchema,
    ResourceKind, ResourceSchema, SortColumn, SortSchema, SortTableSchema, TEXT_LANGUAGE_FILTER,
    TextField,
};

/// Values of the filter `has`.
pub const HAS_VALUES: &[&str] = &[
    "captions",
    "transcript",
    "chapters",
    "source",
    "thumbnail",
    "sign_language",
    "audio_description",
];

/// Declaration of the `video` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::VIDEO,
    sort_table: Some(SortTableSchema {
        name: "videos",
        columns: &["duration_seconds", "recorded_on"],
    }),
    text_fields: &[
        ("title", TextField::Title),
        ("summary", TextField::Summary),
        ("description", TextField::Description),
        ("content_note", TextField::ContentNote),
    ],
    references: &[
        ReferenceSchema {
            field: "programme",
            filter: "programme",
            target: ResourceKind::PROGRAMME,
        },
        ReferenceSchema { field: "topics", filter: "topic", target: ResourceKind::TOPIC },
        ReferenceSchema { field: "partners", filter: "partner", target: ResourceKind::PARTNER },
    ],
    filters: &[
        FilterSchema {
            name: "programme",
            filter_type: FilterType::Item(ResourceKind::PROGRAMME),
            description: "Videos of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::PARTNER),
            description: "Videos with this partner.",
            example: "un-women",
        },
        FilterSchema {
            name: "topic",
            filter_type: FilterType::Item(ResourceKind::TOPIC),
            description: "Videos about this topic.",
            example: "prevention",
        },
        FilterSchema {
            name: "statistic",
            filter_type: FilterType::ReferencedBy(ResourceKind::IMPACT_STATISTIC, "evidence"),
            description: "Videos that support this impact statistic.",
            example: "new-partnerships-on-survivor-services",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Videos about this country.",
            example: "MK",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Videos with texts in this language; `sr` means both scripts.",
            example: "sq",
        },
        FilterSchema {
            name: "spoken_language",
            filter_type: FilterType::Language,
            description: "Videos in which this language is spoken.",
            example: "tr",
        },
        FilterSchema {
            name: "caption_language",
            filter_type: FilterType::Language,
            description: "Videos with captions in this language.",
            example: "en",
        },
        FilterSchema {
            name: "kind",
            filter_type: FilterType::OneOf(crate::videos::media::SOURCE_KINDS),
            description: "Videos that can be played from this kind of source.",
            example: "youtube",
        },
        FilterSchema {
            name: "has",
            filter_type: FilterType::AllOf(HAS_VALUES),
            description: "Videos that have all of these features.",
            example: "captions,source",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "recorded_after",
            column: "videos.recorded_on",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "Recorded on or after this day.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "recorded_before",
            column: "videos.recorded_on",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "Recorded before this day.",
            example: "2025-01-01",
        },
        RangeSchema {
            name: "min_duration",
            column: "videos.duration_seconds",
            value_type: RangeType::Integer,
            is_lower_bound: true,
            description: "Minimum duration in seconds, inclusive.",
            example: "60",
        },
        RangeSchema {
            name: "max_duration",
            column: "videos.duration_seconds",
            value_type: RangeType::Integer,
            is_lower_bound: false,
            description: "Maximum duration in seconds, exclusive.",
            example: "600",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the language and alphabet of the response",
        },
        SortSchema {
            name: "duration_seconds",
            column: SortColumn::Column {
                name: "videos.duration_seconds",
                key_type: SortKeyType::Integer,
                nullable: true,
            },
            description: "the duration",
        },
        SortSchema {
            name: "recorded_on",
            column: SortColumn::Column {
                name: "videos.recorded_on",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "the day of recording",
        },
    ],
    fields: &[
        "duration_seconds",
        "recorded_on",
        "spoken_languages",
        "countries",
        "topics",
        "programme",
        "partners",
        "sources",
        "thumbnail",
        "captions",
        "chapters",
        "credits",
        "licence",
        "accessibility",
    ],
    on_demand_fields: &["embed"],
    referenced_by: &[ReferencedBySchema {
        field: "impact_statistics",
        kind: ResourceKind::IMPACT_STATISTIC,
        reference_field: "evidence",
    }],
    embeds: &[ResourceKind::PROGRAMME, ResourceKind::TOPIC, ResourceKind::PARTNER],
};
