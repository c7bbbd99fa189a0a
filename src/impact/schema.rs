//! Declaration of the `impact_statistic` resource: texts, references, filters, ranges and sort
//! keys.

use crate::db::sort_key::SortKeyType;
use crate::impact::code_lists::{
    GROUP_AGGREGATIONS, HAS_VALUES, MEASURES, QUALIFIERS, STATES, TIME_AGGREGATIONS,
};
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ResourceKind,
    ResourceSchema, SortColumn, SortSchema, SortTableSchema, TEXT_LANGUAGE_FILTER, TextField,
};

/// Declaration of the `impact_statistic` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::IMPACT_STATISTIC,
    sort_table: Some(SortTableSchema {
        name: "impact_statistics",
        columns: &["is_public", "sortable_value", "period_start", "period_end", "fact_record"],
    }),
    text_fields: &[
        ("label", TextField::Title),
        ("description", TextField::Description),
        ("baseline_comment", TextField::Comment),
    ],
    references: &[
        ReferenceSchema {
            field: "indicator",
            filter: "indicator",
            target: ResourceKind::INDICATOR,
        },
        ReferenceSchema {
            field: "programme",
            filter: "programme",
            target: ResourceKind::PROGRAMME,
        },
        ReferenceSchema { field: "partner", filter: "partner", target: ResourceKind::PARTNER },
        ReferenceSchema { field: "evidence", filter: "video", target: ResourceKind::VIDEO },
    ],
    filters: &[
        FilterSchema {
            name: "indicator",
            filter_type: FilterType::Item(ResourceKind::INDICATOR),
            description: "Statistics of this indicator.",
            example: "partnerships-on-survivor-services",
        },
        FilterSchema {
            name: "programme",
            filter_type: FilterType::Item(ResourceKind::PROGRAMME),
            description: "Statistics of this programme.",
            example: "implementing-norms-changing-minds",
        },
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::PARTNER),
            description: "Statistics of this partner.",
            example: "un-women",
        },
        FilterSchema {
            name: "video",
            filter_type: FilterType::Item(ResourceKind::VIDEO),
            description: "Statistics that this video supports.",
            example: "civil-society-forum-in-istanbul",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Statistics about this country.",
            example: "AL",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Statistics with texts in this language.",
            example: "mk",
        },
        FilterSchema {
            name: "unit",
            filter_type: FilterType::Text,
            description: "Statistics with this unit.",
            example: "people",
        },
        FilterSchema {
            name: "measure",
            filter_type: FilterType::OneOf(MEASURES),
            description: "Statistics with this measure.",
            example: "unit",
        },
        FilterSchema {
            name: "qualifier",
            filter_type: FilterType::OneOf(QUALIFIERS),
            description: "Statistics with this precision of the value.",
            example: "more_than",
        },
        FilterSchema {
            name: "state",
            filter_type: FilterType::OneOf(STATES),
            description: "Statistics whose value is provisional or verified.",
            example: "verified",
        },
        FilterSchema {
            name: "has",
            filter_type: FilterType::AllOf(HAS_VALUES),
            description: "Statistics that have all of these parts: `has=target` for targets, `has=!value` for what has not been reported.",
            example: "target",
        },
        FilterSchema {
            name: "dimension",
            filter_type: FilterType::AnyCase,
            description: "Statistics disaggregated by this dimension, such as `sex`, or with this value of it, such as `sex:female`; with `!` the others. Case is ignored.",
            example: "sex:female",
        },
        FilterSchema {
            name: "time_aggregation",
            filter_type: FilterType::OneOf(TIME_AGGREGATIONS),
            description: "Statistics whose values are aggregated over time in this way.",
            example: "sum",
        },
        FilterSchema {
            name: "group_aggregation",
            filter_type: FilterType::OneOf(GROUP_AGGREGATIONS),
            description: "Statistics whose values are summed over groups (`sum`) or not (`none`).",
            example: "sum",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "min_value",
            column: "impact_statistics.sortable_value",
            value_type: RangeType::Decimal,
            is_lower_bound: true,
            description: "Minimum value, inclusive.",
            example: "500",
        },
        RangeSchema {
            name: "max_value",
            column: "impact_statistics.sortable_value",
            value_type: RangeType::Decimal,
            is_lower_bound: false,
            description: "Maximum value, exclusive.",
            example: "2000",
        },
        RangeSchema {
            name: "period_after",
            column: "impact_statistics.period_start",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "Period starting on or after this day.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "period_before",
            column: "impact_statistics.period_start",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "Period starting before this day.",
            example: "2025-01-01",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "label",
            column: SortColumn::Title,
            description: "the label, in the language and alphabet of the response",
        },
        SortSchema {
            name: "value",
            column: SortColumn::Column {
                name: "impact_statistics.sortable_value",
                key_type: SortKeyType::Text,
                nullable: true,
            },
            description: "the value",
        },
        SortSchema {
            name: "period_start",
            column: SortColumn::Column {
                name: "impact_statistics.period_start",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "the start of the period",
        },
    ],
    fields: &[
        "figure",
        "indicator",
        "value",
        "value_number",
        "qualifier",
        "unit",
        "measure",
        "ascending",
        "time_aggregation",
        "group_aggregation",
        "state",
        "result_type",
        "programme",
        "partner",
        "countries",
        "period_start",
        "period_end",
        "baseline",
        "target",
        "disaggregation",
        "source",
        "documents",
        "evidence",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[
        ResourceKind::INDICATOR,
        ResourceKind::PROGRAMME,
        ResourceKind::PARTNER,
        ResourceKind::VIDEO,
    ],
};
