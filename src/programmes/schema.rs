//! Declaration of the `programme` resource: texts, references, filters, ranges and sort keys.

use crate::db::sort_key::SortKeyType;
use crate::resource::schema::{
    FilterSchema, FilterType, RangeSchema, RangeType, ReferenceSchema, ResourceKind,
    ResourceSchema, SortColumn, SortSchema, SortTableSchema, TEXT_LANGUAGE_FILTER, TextField,
};

/// Declaration of the `programme` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::PROGRAMME,
    sort_table: Some(SortTableSchema { name: "programmes", columns: &["start_date", "end_date"] }),
    text_fields: &[
        ("title", TextField::Title),
        ("summary", TextField::Summary),
        ("description", TextField::Description),
        ("credit_line", TextField::CreditLine),
        ("disclaimer", TextField::Disclaimer),
    ],
    references: &[ReferenceSchema {
        field: "partners",
        filter: "partner",
        target: ResourceKind::PARTNER,
    }],
    filters: &[
        FilterSchema {
            name: "partner",
            filter_type: FilterType::Item(ResourceKind::PARTNER),
            description: "Programmes with this partner.",
            example: "un-women",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Programmes in this country.",
            example: "XK",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Programmes with texts in this language.",
            example: "sq",
        },
    ],
    ranges: &[
        RangeSchema {
            name: "period_after",
            column: "programmes.start_date",
            value_type: RangeType::Date,
            is_lower_bound: true,
            description: "Started on or after this day.",
            example: "2024-01-01",
        },
        RangeSchema {
            name: "period_before",
            column: "programmes.start_date",
            value_type: RangeType::Date,
            is_lower_bound: false,
            description: "Started before this day.",
            example: "2025-01-01",
        },
    ],
    sort_keys: &[
        SortSchema {
            name: "title",
            column: SortColumn::Title,
            description: "the title, in the language and alphabet of the response",
        },
        SortSchema {
            name: "start_date",
            column: SortColumn::Column {
                name: "programmes.start_date",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "the start date",
        },
        SortSchema {
            name: "end_date",
            column: SortColumn::Column {
                name: "programmes.end_date",
                key_type: SortKeyType::Date,
                nullable: true,
            },
            description: "the end date",
        },
    ],
    fields: &[
        "start_date",
        "end_date",
        "countries",
        "country_shares",
        "sectors",
        "regions",
        "policy_markers",
        "tags",
        "partners",
        "website",
        "iati_identifier",
        "iati_status",
        "other_identifiers",
        "iati",
        "helplines",
    ],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::PARTNER],
};
