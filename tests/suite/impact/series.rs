//! Targets and baselines of series that were computed by hand, in the notation of [`super::cases`].

use serde_json::{Value, json};

use super::cases::{INDICATORS, statistic};
use crate::on_both;

/// Kind of the indicator, statistics, and the expected baselines and targets without `by`.
const SERIES_CASES: [(&str, &[&str], &str); 14] = [
    // Equal targets are added up, not listed once.
    (
        "count",
        &["AL 2024 50 target=100", "RS 2024 - target=100"],
        "target 2024-01-01..2024-12-31 200",
    ),
    // A target that several values state is one target.
    (
        "count",
        &["AL 2024q1 5 target=100@2024", "AL 2024 50 target=100@2024"],
        "target 2024-01-01..2024-12-31 100",
    ),
    // The target of the region, and not those of its countries in addition.
    (
        "count",
        &["- 2024 90 target=150", "AL 2024 50 target=70", "RS 2024 40 target=70"],
        "target 2024-01-01..2024-12-31 150",
    ),
    // The target of a country is not that of all, unless there is nothing to compare it with.
    (
        "count",
        &["AL 2024 50 target=100", "RS 2024 40", "AL 2025 - target=80"],
        "target 2025-01-01..2025-12-31 80",
    ),
    ("count", &["AL 2024 50 baseline=5@2019", "RS 2024 40 baseline=5@2019"], "baseline 2019 10"),
    ("count", &["AL 2024 50 baseline=5@2019", "RS 2024 40 baseline=7@2020"], "baseline 2020 12"),
    // Values that are not counted add no target and no baseline.
    (
        "count",
        &[
            "- 2024 500 target=300 baseline=10@2019",
            "AL 2024 200 target=200 baseline=8@2019",
            "RS 2024 200 target=200 baseline=8@2019",
        ],
        "baseline 2019 10, target 2024-01-01..2024-12-31 300",
    ),
    // Nor do plans for a part of what has been reported.
    (
        "count",
        &["- 2024 90 target=150", "AL 2024 - target=70", "RS 2024 - target=90"],
        "target 2024-01-01..2024-12-31 150",
    ),
    // The target of the value that counts.
    (
        "stock-by-group",
        &["RS 2024 10 target=100", "RS 2024 - target=120"],
        "target 2024-01-01..2024-12-31 100",
    ),
    (
        "peak-by-group",
        &["RS 2024 10 target=100", "RS 2024 - target=90"],
        "target 2024-01-01..2024-12-31 100",
    ),
    (
        "count",
        &["RS 2024 37 target=48 baseline=3@2019", "RS 2024 30 baseline=20@2019"],
        "baseline 2019 20",
    ),
    // A longer target of a country is not that of all either.
    ("count", &["AL 2024 50 target=200@2024..2026", "RS 2024 500"], ""),
    // What is not summed over groups is listed.
    (
        "stock",
        &["AL 2024 50 target=60 baseline=20@2019", "RS 2024 40 target=50 baseline=20@2019"],
        "baseline 2019 20, target 2024-01-01..2024-12-31 50, target 2024-01-01..2024-12-31 60",
    ),
    (
        "latest-share",
        &["- 2023 50 target=60", "- 2024 - target=70"],
        "target 2023-01-01..2023-12-31 60, target 2024-01-01..2024-12-31 70",
    ),
];

on_both! {
    fn series_equal_those_by_hand(server: &TestServer) {
        let mut items = Vec::new();
        for (number, (kind, statistics, _)) in SERIES_CASES.iter().enumerate() {
            let (_, measure, over_time, over_groups, _) = INDICATORS.iter().find(|(name, ..)| name == kind).unwrap();
            let indicator = format!("indicator-{number}");
            items.push(json!({"resource": "indicator", "slug": indicator, "label": kind, "status": "published", "unit": "things", "measure": measure, "time_aggregation": over_time, "group_aggregation": over_groups}));
            for text in *statistics {
                let mut item = statistic(text);
                let slug = format!("statistic-{}", items.len());
                let fields = json!({"resource": "impact_statistic", "slug": slug, "label": text, "status": "published", "indicator": indicator});
                item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
                items.push(item);
            }
        }
        server.import(&items);
        for (number, (_, statistics, expected)) in SERIES_CASES.iter().enumerate() {
            let series = server.read(&format!("/v1/indicators/indicator-{number}/series"));
            let line = &series["series"][0];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let baselines = line["baselines"].as_array().unwrap().iter();
            let targets = line["targets"].as_array().unwrap().iter();
            let found: Vec<String> = baselines
                .map(|one| format!("baseline {} {}", one["year"], text(&one["value"])))
                .chain(targets.map(|one| format!("target {}..{} {}", text(&one["period_start"]), text(&one["period_end"]), text(&one["value"]))))
                .collect();
            assert_eq!(found.join(", "), *expected, "{statistics:?}");
        }
    }
}
