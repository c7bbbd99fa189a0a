//! Declaration of the `partner` resource: texts, filters and sort keys.

use crate::partners::fields::PARTNER_KINDS;
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema,
    TEXT_LANGUAGE_FILTER, TextField,
};

/// Declaration of the `partner` resource.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::PARTNER,
    sort_table: None,
    text_fields: &[
        ("name", TextField::Title),
        ("description", TextField::Description),
        ("credit_line", TextField::CreditLine),
        ("disclaimer", TextField::Disclaimer),
    ],
    references: &[],
    filters: &[
        FilterSchema {
            name: "kind",
            filter_type: FilterType::OneOf(PARTNER_KINDS),
            description: "Partners of this kind.",
            example: "civil_society",
        },
        FilterSchema {
            name: "country",
            filter_type: FilterType::Country,
            description: "Partners based in this country.",
            example: "MK",
        },
        FilterSchema {
            name: "is_group",
            filter_type: FilterType::Boolean,
            description: "Groups of organisations (`true`) or single organisations (`false`).",
            example: "false",
        },
        FilterSchema {
            name: TEXT_LANGUAGE_FILTER,
            filter_type: FilterType::Language,
            description: "Partners with texts in this language.",
            example: "mk",
        },
    ],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the language and alphabet of the response",
    }],
    fields: &["kind", "acronym", "is_group", "country", "website", "iati_identifier", "logo"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[],
};
