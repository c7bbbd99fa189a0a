//! Sample charts for tests.

use crate::charts::model::{Chart, ChartType, Marker, Panel, Point, Series, ValueQualifier};
use crate::i18n::country_names;
use crate::i18n::messages::Message;
use crate::impact::display_value::{format_plain_value, format_value};

/// All qualifiers.
pub(super) const QUALIFIERS: [&str; 4] = ["exact", "more_than", "less_than", "about"];

pub(super) fn point(
    language: &'static str,
    key: &str,
    label: &str,
    value: &str,
    qualifier: &str,
) -> Point {
    Point {
        key: key.to_owned(),
        label: label.to_owned(),
        language: None,
        value: Some(value.to_owned()),
        qualifier: ValueQualifier::parse(qualifier),
        display_value: format_value(value, qualifier, "unit", language),
        ..Point::default()
    }
}

pub(super) fn country(language: &'static str, code: &str, value: Option<(&str, &str)>) -> Point {
    let name = country_names::find_country(code).unwrap().name(language);
    let label = if code == "XK" { format!("{name}*") } else { name.to_owned() };
    match value {
        Some((value, qualifier)) => point(language, code, &label, value, qualifier),
        None => Point {
            key: code.to_owned(),
            label,
            display_value: Message::NoData.localize(language).to_owned(),
            ..Point::default()
        },
    }
}

pub(super) fn marker(language: &'static str, message: Message, value: &str, when: &str) -> Marker {
    let text = format!(
        "{}: {} ({when})",
        message.localize(language),
        format_plain_value(value, "unit", language)
    );
    Marker { value: value.to_owned(), text }
}

pub(super) fn chart(form: ChartType, language: &'static str, panels: Vec<Panel>) -> Chart {
    let title = format!(
        "{} · {}",
        Message::ImpactStatistics.localize(language),
        Message::Country.localize(language)
    );
    let note = "* This designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence.";
    Chart {
        chart_type: form,
        language,
        title,
        point_noun: String::new(),
        panels,
        notes: vec![note.to_owned()],
        source: "catalogue.example.org".to_owned(),
    }
}

pub(super) fn sample_chart(form: ChartType, language: &'static str) -> Chart {
    let values = [
        ("AL", "500", "more_than"),
        ("RS", "1250", "exact"),
        ("XK", "320", "about"),
        ("TR", "4100", "exact"),
        ("MK", "12.5", "less_than"),
    ];
    let one = |points: Vec<Point>| {
        vec![Panel {
            heading: Some("people".to_owned()),
            series: vec![Series { name: None, points }],
        }]
    };
    let panels = match form {
        ChartType::Bar => one(values
            .iter()
            .map(|(code, value, qualifier)| country(language, code, Some((value, qualifier))))
            .collect()),
        ChartType::Map => one(["AL", "BA", "XK", "ME", "MK", "RS", "TR", "HR", "SI"]
            .iter()
            .map(|code| {
                let known = values
                    .iter()
                    .find(|(known, _, _)| known == code)
                    .map(|(_, value, qualifier)| (*value, *qualifier));
                country(language, code, known.or((*code == "HR").then_some(("45", "exact"))))
            })
            .collect()),
        ChartType::Line => {
            let of = |from: &[(&str, &str, &str)]| {
                from.iter()
                    .map(|(year, value, qualifier)| point(language, year, year, value, qualifier))
                    .collect()
            };
            let first = of(&[
                ("2017", "120", "exact"),
                ("2018", "340", "about"),
                ("2019", "500", "more_than"),
                ("2022", "800", "exact"),
                ("2023", "760", "exact"),
                ("2026", "1500", "more_than"),
            ]);
            let second = of(&[
                ("2018", "90", "exact"),
                ("2019", "110", "exact"),
                ("2020", "95", "exact"),
                ("2021", "-40", "exact"),
            ]);
            let series = vec![
                Series {
                    name: Some(
                        country_names::find_country("RS").unwrap().name(language).to_owned(),
                    ),
                    points: first,
                },
                Series {
                    name: Some(
                        country_names::find_country("MK").unwrap().name(language).to_owned(),
                    ),
                    points: second,
                },
            ];
            vec![Panel { heading: Some("people".to_owned()), series }]
        }
        ChartType::Progress => {
            let long = "women who know more about their rights and about the services that are open to them in their own town, in the language that they speak at home, and who said so";
            let first = Point {
                baseline: Some(marker(language, Message::Baseline, "20", "2019")),
                target: Some(marker(language, Message::Target, "2000", "2027")),
                progress: Some(format_value("74", "more_than", "percentage", language)),
                ..point(language, "a", "people", "1500", "more_than")
            };
            let second = Point {
                target: Some(marker(language, Message::Target, "3000", "2026")),
                progress: Some(format_plain_value("116", "percentage", language)),
                ..point(language, "b", long, "3500", "exact")
            };
            let third = Point {
                baseline: Some(marker(language, Message::Baseline, "-15", "2019")),
                target: Some(marker(language, Message::Target, "10", "2026")),
                progress: Some(format_plain_value("40", "percentage", language)),
                ..point(language, "c", "balance", "-5", "exact")
            };
            one(vec![first, second, third])
        }
    };
    chart(form, language, panels)
}

pub(super) fn bar_chart(values: &[(&str, &str)]) -> Chart {
    let points = values
        .iter()
        .enumerate()
        .map(|(place, (value, qualifier))| {
            point("en", &place.to_string(), &format!("Group {place}"), value, qualifier)
        })
        .collect();
    chart(
        ChartType::Bar,
        "en",
        vec![Panel { heading: None, series: vec![Series { name: None, points }] }],
    )
}
