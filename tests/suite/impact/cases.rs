//! A table of cases whose figures were computed by hand.
//!
//! A statistic is written as `countries period value` and optional fields: `AL+RS 2024 >250
//! target=400 baseline=20@2021 sex=female programme=p1`. `-` is unknown; a value has `>` (more
//! than), `<` (less than) or `~` (about) before it; a target may have a period of its own,
//! `target=400@2022..2024`.

use serde_json::{Value, json};

use crate::on_both;

/// Name, measure, aggregation over time and over groups, ascending.
pub(super) type IndicatorKind =
    (&'static str, &'static str, Option<&'static str>, Option<&'static str>, Value);

/// The kinds of indicators.
pub(super) const INDICATORS: [IndicatorKind; 11] = [
    ("count", "unit", Some("sum"), Some("sum"), Value::Null),
    ("more-is-better", "unit", Some("sum"), Some("sum"), Value::Bool(true)),
    ("less-is-better", "unit", Some("sum"), Some("sum"), Value::Bool(false)),
    ("stock", "unit", Some("latest"), Some("none"), Value::Null),
    ("stock-by-group", "unit", Some("latest"), Some("sum"), Value::Null),
    ("peak", "unit", Some("max"), Some("none"), Value::Null),
    ("peak-by-group", "unit", Some("max"), Some("sum"), Value::Null),
    ("people-who-may-meet", "unit", Some("sum"), Some("none"), Value::Null),
    ("rank", "ordinal", Some("none"), Some("none"), Value::Null),
    ("share", "percentage", None, None, Value::Null),
    ("latest-share", "percentage", Some("latest"), Some("none"), Value::Null),
];

struct Case {
    name: &'static str,
    /// One of [`INDICATORS`], or `none` for statistics without an indicator.
    indicator: &'static str,
    statistics: &'static [&'static str],
    query: &'static str,
    /// One line for each group: its keys, a colon, and some of its figures.
    expected: &'static [&'static str],
}

const fn case(
    name: &'static str,
    indicator: &'static str,
    statistics: &'static [&'static str],
    query: &'static str,
    expected: &'static [&'static str],
) -> Case {
    Case { name, indicator, statistics, query, expected }
}

const CASES: [Case; 82] = [
    // Sums and qualifiers.
    case("sum", "count", &["AL 2024 250", "RS 2024 500.5"], "", &[": sum=750.5 count=2"]),
    case("sum with a lower bound", "count", &["AL 2024 >250", "RS 2024 500"], "", &[": sum=>750"]),
    case("sum with an upper bound", "count", &["AL 2024 <250", "RS 2024 500"], "", &[": sum=<750"]),
    case("sum with both bounds", "count", &["AL 2024 <250", "RS 2024 >500"], "", &[": sum=~750"]),
    case(
        "exact sum of 38 digits",
        "count",
        &["AL 2024 12345678901234567890123456789012345678", "RS 2024 0.01"],
        "",
        &[": sum=12345678901234567890123456789012345678.01"],
    ),
    case(
        "least, greatest and latest",
        "count",
        &["AL 2023 7", "AL 2024 5", "RS 2024 9"],
        "",
        &[": min=5 max=9 latest=9 sum=21"],
    ),
    case(
        "a missing value is not zero",
        "count",
        &["AL 2023 7", "AL 2024 -"],
        "",
        &[": sum=7 count=1 excluded=1"],
    ),
    // No double counting.
    case(
        "a year and its quarter",
        "count",
        &["AL 2024 100", "AL 2024q1 30"],
        "",
        &[": sum=100 excluded=1"],
    ),
    case(
        "a total and its slices",
        "count",
        &["AL 2024 100", "AL 2024 60 sex=female", "AL 2024 40 sex=male"],
        "",
        &[": sum=100 excluded=2"],
    ),
    case(
        "slices without a total",
        "count",
        &["AL 2024 60 sex=female", "AL 2024 40 sex=male"],
        "",
        &[": sum=100 count=2"],
    ),
    case(
        "slices that differ in case",
        "count",
        &["AL 2024 60 sex=female", "AL 2024 60 sex=Female"],
        "group_by=dimension:sex",
        &["female: sum=60 count=1 excluded=1"],
    ),
    case(
        "the larger of two breakdowns",
        "count",
        &[
            "AL 2024 30 sex=female",
            "AL 2024 20 sex=male",
            "AL 2024 10 age=young",
            "AL 2024 15 age=old",
        ],
        "",
        &[": sum=50 count=2"],
    ),
    case(
        "breakdowns are compared for each country",
        "count",
        &[
            "AL 2024 30 sex=female",
            "AL 2024 20 sex=male",
            "AL 2024 20 age=young",
            "RS 2024 90 age=young",
            "RS 2024 90 age=old",
        ],
        "",
        &[": sum=230 count=4"],
    ),
    case(
        "a region and its countries",
        "count",
        &["AL+RS 2024 100", "AL 2024 60", "RS 2024 40"],
        "",
        &[": sum=100 excluded=2"],
    ),
    case(
        "the newest of two values of the same scope",
        "count",
        &["AL 2024 10", "AL 2024 20"],
        "",
        &[": sum=20 excluded=1"],
    ),
    case(
        "all programmes and one of them",
        "count",
        &["AL 2024 100", "AL 2024 40 programme=p1"],
        "",
        &[": sum=100 excluded=1"],
    ),
    case(
        "statistics without an indicator are independent",
        "none",
        &["AL 2024 10", "AL 2024 20"],
        "",
        &[": sum=30 count=2"],
    ),
    case(
        "a slice without an indicator",
        "none",
        &["AL 2024 10", "AL 2024 6 sex=female"],
        "",
        &[": sum=10 excluded=1"],
    ),
    // Regions and countries, places.
    case(
        "a workshop of the region and its countries",
        "count",
        &["AL 2024 3000", "RS 2024 4000", "- 2024 5"],
        "",
        &[": sum=7005 count=3"],
    ),
    case(
        "a lower bound of the region may be the total",
        "count",
        &["AL 2024 3000", "RS 2024 4000", "- 2024 >5"],
        "",
        &[": sum=>5 excluded=2"],
    ),
    case(
        "a region that is greater than its countries",
        "count",
        &["AL 2024 3000", "RS 2024 4000", "- 2024 8000"],
        "",
        &[": sum=8000 excluded=2"],
    ),
    case(
        "places below a country",
        "count",
        &["- 2024 40 location=NIS", "- 2024 60 location=NS"],
        "",
        &[": sum=100 count=2"],
    ),
    case(
        "a country and its places",
        "count",
        &["RS 2024 40 location=NIS", "RS 2024 60 location=NS", "RS 2024 1"],
        "",
        &[": sum=101 count=3"],
    ),
    case(
        "a total that is smaller than its slices",
        "count",
        &["AL 2024 50", "AL 2024 60 sex=female"],
        "",
        &[": sum=50 excluded=1"],
    ),
    // Periods.
    case(
        "periods that share a boundary day",
        "count",
        &["AL 2022-01-01..2023-01-01 10", "AL 2023-01-01..2024-01-01 20"],
        "",
        &[": sum=30 count=2"],
    ),
    case(
        "their years",
        "count",
        &["AL 2022-01-01..2023-01-01 10", "AL 2023-01-01..2024-01-01 20"],
        "group_by=year",
        &["2022: sum=10", "2023: sum=20"],
    ),
    case(
        "fiscal years end in their year",
        "count",
        &["AL 2022-07-01..2023-06-30 10", "AL 2023-07-01..2024-06-30 20"],
        "group_by=year",
        &["2023: sum=10", "2024: sum=20"],
    ),
    case(
        "longer periods have no year",
        "count",
        &["AL 2022-01-01..2023-12-31 10"],
        "group_by=year",
        &["-: sum=10"],
    ),
    case(
        "a day in a year",
        "count",
        &["AL 2024 10", "AL 2024-01-01..2024-01-01 4"],
        "",
        &[": sum=10 excluded=1"],
    ),
    // Country filters.
    case(
        "a country filter excludes regions",
        "count",
        &["AL 2024 10", "AL+MK+RS 2024 100"],
        "country=AL",
        &[": sum=10 count=1 excluded=1"],
    ),
    case(
        "a filter with all countries of the region",
        "count",
        &["AL 2024 10", "AL+RS 2024 100"],
        "country=AL,RS",
        &[": sum=100 excluded=1"],
    ),
    case(
        "groups by country",
        "count",
        &["AL 2024 10", "AL+RS 2024 100"],
        "group_by=country",
        &["AL: sum=10", "-: sum=100"],
    ),
    // Values that cannot be added up.
    case(
        "milestones of a stock",
        "stock",
        &["- 2022 3 target=4 baseline=2@2021", "- 2023 4 target=5", "- 2024 5 target=7"],
        "separate=true",
        &[": total=5 sum=- latest=5 baseline=2 target=7 progress=60"],
    ),
    case(
        "annual targets of a share",
        "share",
        &["- 2022 30 target=60 baseline=20@2021", "- 2023 40 target=60"],
        "separate=true",
        &[": total=- sum=- latest=40 baseline=20 target=60 progress=50"],
    ),
    case(
        "a later milestone of a stock",
        "stock",
        &["- 2023 4 target=5", "- 2024 - target=8"],
        "",
        &[": latest=4 target=5 progress=80"],
    ),
    case(
        "only a later milestone",
        "stock",
        &["- 2023 4", "- 2024 - target=8", "- 2025 - target=10"],
        "",
        &[": latest=4 target=10 progress=40"],
    ),
    case(
        "one value of a share for each year",
        "share",
        &["- 2022 30", "- 2023 40"],
        "group_by=year",
        &["2022: sum=30", "2023: sum=40"],
    ),
    case(
        "targets of several countries of a stock",
        "stock",
        &["AL 2024 3 target=4", "RS 2024 5 target=6"],
        "separate=true",
        &[": latest=5 target=- progress=-"],
    ),
    // Aggregation over time and over groups.
    case(
        "a stock has the latest value of each country",
        "stock-by-group",
        &["AL 2023 3", "AL 2024 4", "RS 2023 5", "RS 2024 >6"],
        "",
        &[": total=>10 sum=- latest=>6"],
    ),
    case(
        "a country that has not reported yet",
        "stock-by-group",
        &["AL 2023 3", "AL 2024 4", "RS 2023 5"],
        "",
        &[": total=9"],
    ),
    case(
        "a stock of several countries in one year",
        "stock-by-group",
        &["AL 2023 3", "AL 2024 4", "RS 2023 5", "RS 2024 6"],
        "group_by=year",
        &["2023: total=8 sum=8", "2024: total=10 sum=10"],
    ),
    case(
        "a stock of the region and later of a country",
        "stock-by-group",
        &["AL+RS 2023 100", "AL 2024 60"],
        "",
        &[": total=100"],
    ),
    case(
        "a stock for the region and its countries",
        "stock-by-group",
        &["AL 2023 9", "AL 2024 3000", "RS 2024 4000", "- 2024 5"],
        "",
        &[": total=7005"],
    ),
    case(
        "a negative balance of the region and earlier ones of countries",
        "stock-by-group",
        &["AL 2023 7", "RS 2023 8", "- 2024 -9"],
        "",
        &[": total=-9"],
    ),
    case(
        "targets of a stock of several countries",
        "stock-by-group",
        &[
            "AL 2023 3 target=4 baseline=1@2020",
            "AL 2024 4 target=5",
            "RS 2024 6 target=10 baseline=2@2020",
        ],
        "",
        &[": total=10 baseline=3 target=15 progress=58.3"],
    ),
    case(
        "a peak",
        "peak",
        &["AL 2022 5 target=6", "AL 2023 9 target=8", "AL 2024 7 target=10"],
        "",
        &[": total=9 sum=- latest=7 target=10 progress=90"],
    ),
    case(
        "the peak of each country",
        "peak-by-group",
        &["AL 2022 5", "AL 2023 9", "RS 2022 4", "RS 2023 2"],
        "",
        &[": total=13"],
    ),
    case(
        "people who are counted in several countries, over time",
        "people-who-may-meet",
        &["AL 2022 5 target=10", "AL 2023 9 target=10"],
        "",
        &[": total=14 sum=14 target=20 progress=70"],
    ),
    case(
        "people who are counted in several countries",
        "people-who-may-meet",
        &["AL 2022 5", "RS 2022 9"],
        "separate=true",
        &[": total=- sum=- max=9"],
    ),
    case(
        "a rank has no total over time",
        "rank",
        &["AL 2022 5 target=3", "AL 2023 9 target=2"],
        "separate=true",
        &[": total=- sum=- latest=9 target=- progress=-"],
    ),
    case(
        "a rank in one year",
        "rank",
        &["AL 2022 5 target=4", "AL 2023 9 target=10"],
        "group_by=year",
        &["2022: total=5 target=4", "2023: total=9 target=10 progress=90"],
    ),
    case("a stock without an indicator", "none", &["AL 2023 3", "AL 2024 4"], "", &[": total=7"]),
    // Overlapping periods of one scope.
    case(
        "the latest of overlapping years",
        "stock-by-group",
        &["AL 2024 4", "AL 2024-07-01..2025-06-30 6"],
        "",
        &[": total=6 sum=- latest=6 count=2 excluded=0"],
    ),
    case(
        "the latest period rather than the longest",
        "stock-by-group",
        &["AL 2024-07-01..2025-06-30 95", "AL 2020..2024 80"],
        "",
        &[": total=95 latest=95"],
    ),
    case(
        "the latest share of overlapping periods",
        "latest-share",
        &["AL 2024 40 target=50", "AL 2024-07-01..2025-06-30 45 target=60"],
        "",
        &[": total=45 latest=45 target=60 progress=75"],
    ),
    case(
        "the longest of the periods that end last",
        "stock",
        &["AL 2024 7", "AL 2024-10-01..2024-12-31 9"],
        "",
        &[": total=7 latest=7"],
    ),
    case(
        "the newest value of the latest period",
        "stock",
        &["AL 2024 7", "AL 2024 8", "AL 2024q1 9"],
        "",
        &[": total=8 count=2 excluded=1"],
    ),
    case(
        "a dated value rather than one without a period",
        "stock",
        &["AL 2024 7", "AL - 9"],
        "",
        &[": total=7 latest=7"],
    ),
    case(
        "the peak of a quarter in its year",
        "peak-by-group",
        &["AL 2024 4", "AL 2024q1 10", "RS 2024 3"],
        "",
        &[": total=13 max=10 latest=3 count=3"],
    ),
    case(
        "the peak of a year with a lower quarter",
        "peak",
        &["AL 2024 4", "AL 2024q1 3"],
        "group_by=year",
        &["2024: total=4 sum=- min=3"],
    ),
    case(
        "a quarter of the region and its countries",
        "peak-by-group",
        &["AL 2024 3000", "RS 2024 4000", "- 2024 5", "- 2024q1 9"],
        "",
        &[": total=7009 count=4"],
    ),
    case(
        "a corrected quarter of the region and its countries",
        "peak-by-group",
        &["AL 2024 3000", "RS 2024 4000", "- 2024 5", "- 2024q1 9", "- 2024q1 8"],
        "",
        &[": total=7008 count=4 excluded=1"],
    ),
    case(
        "overlapping periods of a total and its slices",
        "stock-by-group",
        &["AL 2024 4", "AL 2024-07-01..2025-06-30 6", "AL 2024 3 sex=female"],
        "",
        &[": total=6 excluded=1"],
    ),
    case(
        "overlapping periods that are added up",
        "count",
        &["AL 2024 4", "AL 2024-07-01..2025-06-30 6"],
        "",
        &[": sum=4 excluded=1"],
    ),
    // Equal values with different qualifiers.
    case(
        "an exact maximum before an upper bound",
        "peak",
        &["AL 2023 <9", "AL 2024 9"],
        "",
        &[": total=9 min=<9 max=9"],
    ),
    case(
        "an exact maximum after an upper bound",
        "peak",
        &["AL 2023 9", "AL 2024 <9"],
        "",
        &[": total=9 min=<9 max=9"],
    ),
    case(
        "an exact minimum before a lower bound",
        "peak",
        &["AL 2023 >9", "AL 2024 9"],
        "",
        &[": total=>9 min=9 max=>9"],
    ),
    case(
        "an exact minimum after a lower bound",
        "peak",
        &["AL 2023 9", "AL 2024 >9"],
        "",
        &[": total=>9 min=9 max=>9"],
    ),
    case(
        "an approximate value between the bounds",
        "peak",
        &["AL 2022 <9", "AL 2023 ~9", "AL 2024 >9"],
        "",
        &[": total=>9 min=<9 max=>9"],
    ),
    // An earlier total and later values of its parts.
    case(
        "an earlier total of the region remains the total",
        "stock-by-group",
        &["- 2023 20", "AL 2024 6", "RS 2024 30"],
        "",
        &[": total=20 latest=30"],
    ),
    case(
        "an earlier total of the region by year",
        "stock-by-group",
        &["- 2023 20", "AL 2024 6", "RS 2024 30"],
        "group_by=year",
        &["2023: total=20", "2024: total=36"],
    ),
    case(
        "an earlier total remains that of later slices",
        "stock-by-group",
        &["AL 2024 12", "AL 2025 8 sex=female", "AL 2025 9 sex=male"],
        "",
        &[": total=12"],
    ),
    // Targets of sums.
    case(
        "planned but not yet reported",
        "count",
        &["AL 2024 50 target=100", "RS 2024 - target=100"],
        "",
        &[": sum=50 target=200 progress=25"],
    ),
    case(
        "a target of a later year",
        "count",
        &["AL 2024 50 target=100", "AL 2025 - target=80"],
        "",
        &[": sum=50 target=180 progress=27.8"],
    ),
    case(
        "what was not reported stays at its baseline",
        "less-is-better",
        &["AL 2024 20 target=10 baseline=50@2020", "RS 2024 - target=10 baseline=50@2020"],
        "",
        &[": sum=20 baseline=100 target=20 progress=37.5"],
    ),
    case(
        "a target of the whole duration is repeated",
        "count",
        &["AL 2022 30 target=100@2022..2023", "AL 2023 40 target=100@2022..2023"],
        "",
        &[": sum=70 target=100 progress=70"],
    ),
    case(
        "an unknown target of a country",
        "count",
        &["AL 2024 50 target=100", "RS 2024 40"],
        "",
        &[": sum=90 target=- progress=-"],
    ),
    case(
        "a target of the region",
        "count",
        &["AL 2024 50", "RS 2024 40", "- 2024 - target=180"],
        "",
        &[": sum=90 target=180 progress=50"],
    ),
    case(
        "milestones and the target of the whole duration",
        "count",
        &["AL 2023 30 target=60", "AL 2024 - target=90", "AL - - target=120"],
        "",
        &[": total=30 target=120 progress=25"],
    ),
    case(
        "targets of the whole duration by country",
        "count",
        &["AL 2023 30", "RS 2023 10", "AL - - target=100", "RS - - target=60"],
        "",
        &[": total=40 target=160 progress=25"],
    ),
    case(
        "kept at zero",
        "less-is-better",
        &["AL 2024 0 target=0 baseline=0@2020"],
        "",
        &[": target=0 progress=100"],
    ),
    case(
        "a target against the direction",
        "more-is-better",
        &["AL 2024 5 target=8 baseline=10@2020"],
        "",
        &[": target=8 progress=-"],
    ),
];

fn period(text: &str) -> (Value, Value) {
    if text == "-" {
        return (Value::Null, Value::Null);
    }
    if let Some((start, end)) = text.split_once("..") {
        let day = |day: &str, rest: &str| {
            if day.len() == 4 { json!(format!("{day}{rest}")) } else { json!(day) }
        };
        return (day(start, "-01-01"), day(end, "-12-31"));
    }
    let (year, end) = text.split_once('q').map_or((text, "12-31"), |(year, _)| (year, "03-31"));
    (json!(format!("{year}-01-01")), json!(format!("{year}-{end}")))
}

pub(super) fn statistic(text: &str) -> Value {
    let words: Vec<&str> = text.split(' ').collect();
    let (start, end) = period(words[1]);
    let countries: Vec<&str> = words[0].split('+').filter(|code| *code != "-").collect();
    let (qualifier, value) = match words[2].split_at(1) {
        (">", value) => ("more_than", value),
        ("<", value) => ("less_than", value),
        ("~", value) => ("about", value),
        _ => ("exact", words[2]),
    };
    let mut line = json!({
        "countries": countries, "period_start": start, "period_end": end, "qualifier": qualifier,
        "value": if value == "-" { Value::Null } else { json!(value) },
    });
    let mut slices = Vec::new();
    for word in &words[3..] {
        let (name, value) = word.split_once('=').expect("a field");
        match (name, value.split_once('@').unwrap_or((value, ""))) {
            ("target", (value, of)) => {
                let (start, end) = period(if of.is_empty() { "-" } else { of });
                line["target"] = json!({"value": value, "period_start": start, "period_end": end});
            }
            ("baseline", (value, year)) => {
                line["baseline"] = json!({"value": value, "year": year.parse::<u32>().unwrap()});
            }
            ("programme", _) => line["programme"] = json!(value),
            _ => slices.push(json!({"dimension": name, "value": value})),
        }
    }
    line["disaggregation"] = json!(slices);
    line
}

/// A figure of a group in the notation of the table.
fn figure(group: &Value, name: &str) -> String {
    let number = |value: &Value| value.as_u64().expect("a number").to_string();
    match name {
        "count" => return number(&group["count"]),
        "excluded" => return number(&group["excluded_count"]),
        _ => {}
    }
    let figure = &group[name];
    let sign = match figure["qualifier"].as_str() {
        Some("more_than") => ">",
        Some("less_than") => "<",
        Some("about") => "~",
        _ => "",
    };
    figure["value"].as_str().map_or_else(|| "-".to_owned(), |value| format!("{sign}{value}"))
}

on_both! {
    fn figures_equal_those_by_hand(server: &TestServer) {
        let mut items = vec![json!({"resource": "programme", "slug": "p1", "title": "P"})];
        for (number, case) in CASES.iter().enumerate() {
            let indicator = format!("indicator-{number}");
            let kind = INDICATORS.iter().find(|(name, ..)| *name == case.indicator);
            let (_, measure, over_time, over_groups, ascending) = kind.unwrap_or(&INDICATORS[0]);
            let common = json!({"unit": format!("unit-{number}"), "measure": measure, "time_aggregation": over_time, "group_aggregation": over_groups, "ascending": ascending});
            if kind.is_some() {
                let mut item = json!({"resource": "indicator", "slug": indicator, "label": case.name});
                item.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
                items.push(item);
            }
            for text in case.statistics {
                let mut item = statistic(text);
                let fields = if kind.is_some() { json!({"indicator": indicator}) } else { common.clone() };
                item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
                item["resource"] = json!("impact_statistic");
                item["label"] = json!(text);
                item["slug"] = json!(format!("statistic-{}", items.len()));
                items.push(item);
            }
        }
        for item in &mut items {
            item["status"] = json!("published");
        }
        server.import(&items);
        for (number, case) in CASES.iter().enumerate() {
            let summary = server.read(&format!("/v1/impact-statistics/summary?unit=unit-{number}&{}", case.query));
            let groups = summary["data"].as_array().unwrap();
            assert_eq!(groups.len(), case.expected.len(), "{}: {summary:#}", case.name);
            for (group, expected) in groups.iter().zip(case.expected) {
                let (keys, figures) = expected.split_once(": ").unwrap();
                let found_keys: Vec<&str> = group["keys"].as_array().unwrap().iter().map(|key| key["value"].as_str().unwrap_or("-")).collect();
                let names = figures.split(' ').map(|figure| figure.split_once('=').unwrap().0);
                let found: Vec<String> = names.map(|name| format!("{name}={}", figure(group, name))).collect();
                assert_eq!((found_keys.join(" ").as_str(), found.join(" ").as_str()), (keys, figures), "{}", case.name);
            }
        }
    }
}
