//! The tables that can be imported.

use serde_json::json;

use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::impact::results::resource::Results;
use crate::resource::schema::ResourceKind;
use crate::resource::write::merge_patch::apply_patch;
use crate::resource::write::save::save_item;
use crate::tables::import::cell_values::{
    parse_bool, parse_day, parse_decimal, parse_integer, parse_moment,
};
use crate::tables::import::import_spec::{CellParser, ImportSpec, ObjectColumns};
use crate::tables::import::row_mapping::{
    parse_country_codes, parse_dimensions, parse_documents, parse_evidence,
};
use crate::tables::table_resource::TableResource;

/// Text, which is validated when the row is stored.
const TEXT: CellParser = |text, _| Ok(json!(text));
/// A date.
const DAY: CellParser = |text, _| parse_day(text);
/// A time.
const MOMENT: CellParser = |text, _| parse_moment(text);
/// A boolean.
const FLAG: CellParser = |text, _| parse_bool(text);
/// An integer.
const INTEGER: CellParser = |text, _| parse_integer(text);

/// Impact statistics.
pub static STATISTICS: ImportSpec = ImportSpec {
    kind: ResourceKind::IMPACT_STATISTIC,
    columns: ImpactStatistics::COLUMNS,
    read_only: &[
        "figure",
        "indicator_label",
        "programme_title",
        "partner_name",
        "languages",
        "created_at",
        "updated_at",
    ],
    former: &["additive"],
    texts: &["label", "description", "baseline_comment"],
    fields: &[
        ("status", TEXT),
        ("qualifier", TEXT),
        ("state", TEXT),
        ("unit", TEXT),
        ("measure", TEXT),
        ("indicator", TEXT),
        ("programme", TEXT),
        ("partner", TEXT),
        ("period_start", DAY),
        ("period_end", DAY),
        ("published_at", MOMENT),
        ("value", parse_decimal),
        ("ascending", FLAG),
        ("additive", FLAG),
        ("time_aggregation", TEXT),
        ("group_aggregation", TEXT),
        ("countries", |text, _| parse_country_codes(text)),
        ("disaggregation", |text, _| parse_dimensions(text)),
        ("documents", |text, _| parse_documents(text)),
        ("evidence", |text, _| parse_evidence(text)),
    ],
    objects: &[
        ObjectColumns {
            name: "baseline",
            required: Some("value"),
            members: &[
                ("baseline_value", "value", parse_decimal),
                ("baseline_year", "year", INTEGER),
                ("baseline_date", "date", DAY),
            ],
        },
        ObjectColumns {
            name: "target",
            required: Some("value"),
            members: &[
                ("target_value", "value", parse_decimal),
                ("target_period_start", "period_start", DAY),
                ("target_period_end", "period_end", DAY),
            ],
        },
        ObjectColumns {
            name: "source",
            required: None,
            members: &[("source_text", "text", TEXT), ("source_url", "url", TEXT)],
        },
    ],
    decimals: &[&["value"], &["baseline", "value"], &["target", "value"]],
    parent_column: None,
    save: save_item::<ImpactStatistics>,
    patch: apply_patch::<ImpactStatistics>,
};

/// Indicators.
pub static INDICATORS: ImportSpec = ImportSpec {
    kind: ResourceKind::INDICATOR,
    columns: Indicators::COLUMNS,
    read_only: &["result_title", "languages", "created_at", "updated_at"],
    former: &["additive"],
    texts: &["label", "description"],
    fields: &[
        ("status", TEXT),
        ("result", TEXT),
        ("order", INTEGER),
        ("unit", TEXT),
        ("measure", TEXT),
        ("is_share", FLAG),
        ("ascending", FLAG),
        ("additive", FLAG),
        ("time_aggregation", TEXT),
        ("group_aggregation", TEXT),
        ("result_type", TEXT),
        ("code", TEXT),
        ("vocabulary", TEXT),
        ("vocabulary_url", TEXT),
        ("published_at", MOMENT),
    ],
    objects: &[],
    decimals: &[],
    parent_column: None,
    save: save_item::<Indicators>,
    patch: apply_patch::<Indicators>,
};

/// Results.
pub static RESULTS: ImportSpec = ImportSpec {
    kind: ResourceKind::RESULT,
    columns: Results::COLUMNS,
    read_only: &["parent_title", "programme_title", "languages", "created_at", "updated_at"],
    former: &[],
    texts: &["title", "description"],
    fields: &[
        ("status", TEXT),
        ("level", TEXT),
        ("order", INTEGER),
        ("parent", TEXT),
        ("programme", TEXT),
        ("published_at", MOMENT),
    ],
    objects: &[],
    decimals: &[],
    parent_column: Some("parent"),
    save: save_item::<Results>,
    patch: apply_patch::<Results>,
};
