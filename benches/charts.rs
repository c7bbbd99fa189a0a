//! Benchmark of rendering a chart with fifty points, without its query: `cargo bench --bench
//! charts`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::time::{Duration, Instant};

use kinoteka::charts::model::{
    Chart, ChartType, Marker, Panel, Point, RenderOptions, Series, ValueQualifier,
};
use kinoteka::charts::svg::render_chart;
use kinoteka::charts::theme::Theme;
use kinoteka::impact::display_value::{format_plain_value, format_value};

const POINTS: u32 = 50;
const ROUNDS: usize = 1_000;

fn chart(chart_type: ChartType) -> Chart {
    let points = (0..POINTS).map(|place| {
        let value = (u64::from(place) * 7_919 % 5_000).to_string();
        let qualifier =
            ["exact", "more_than", "less_than", "about"].into_iter().nth(usize::try_from(place % 4).unwrap_or(0)).unwrap_or("exact");
        let key = match chart_type {
            ChartType::Line => (1_980 + place).to_string(),
            _ => {
                kinoteka::i18n::country_names::all_countries().get(usize::try_from(place).unwrap_or(0)).map_or_else(String::new, |country| country.code.to_owned())
            }
        };
        Point {
            key,
            label: format!("Lica iz organa za sprovođenje zakona i službi za pružanje usluga na obukama, grupa {place}"),
            qualifier: ValueQualifier::parse(qualifier),
            display_value: format_value(&value, qualifier, "unit", "sr-Latn"),
            target: Some(Marker { value: "5000".to_owned(), text: format!("Cilj: {}", format_plain_value("5000", "unit", "sr-Latn")) }),
            value: Some(value),
            ..Point::default()
        }
    });
    Chart {
        chart_type,
        language: "sr-Latn",
        title: "Statistički podaci o učinku · Država ili teritorija".to_owned(),
        point_noun: String::new(),
        panels: vec![Panel {
            heading: Some("people".to_owned()),
            series: vec![Series { name: None, points: points.collect() }],
        }],
        notes: vec![
            "* A footnote that is longer than a line of the chart, so that it wraps.".to_owned(),
        ],
        source: "catalogue.example.org".to_owned(),
    }
}

fn main() {
    for (name, chart_type) in ChartType::ALL {
        let (chart, options) = (
            chart(chart_type),
            RenderOptions { theme: Theme::Auto, width: 800.0, height: None, embedded_as: None },
        );
        let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let started = Instant::now();
            bytes = std::hint::black_box(render_chart(std::hint::black_box(&chart), &options))
                .svg
                .len();
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let percentile = |percent: usize| {
            times
                .get(ROUNDS.saturating_mul(percent) / 100)
                .copied()
                .unwrap_or_default()
                .as_secs_f64()
                * 1_000.0
        };
        println!(
            "{name:8} {POINTS} points, {bytes} bytes: p50 {:.2} ms, p99 {:.2} ms",
            percentile(50),
            percentile(99)
        );
    }
}
