//! Tests of rendered charts: the invariants of every chart, and the properties of each chart type.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::charts::model::{Chart, ChartType, Panel, RenderOptions, Series};
use crate::charts::svg::render_chart;
use crate::charts::test_fixtures::{
    QUALIFIERS, bar_chart, chart, country, marker, point, sample_chart,
};
use crate::charts::theme::Theme;
use crate::i18n::country_names;
use crate::i18n::messages::{MESSAGE_LANGUAGES, Message};

fn render_svg(chart: &Chart, options: &RenderOptions) -> String {
    render_chart(chart, options).svg
}

fn render_options(theme: Theme, width: f64) -> RenderOptions {
    RenderOptions { theme, width, height: None, embedded_as: None }
}

/// With `KINOTEKA_SCREENSHOTS=DIRECTORY`, all samples are saved there.
#[test]
fn renders_samples_in_every_language() {
    for (name, form) in ChartType::ALL {
        for language in MESSAGE_LANGUAGES {
            let chart = sample_chart(form, language);
            for (theme, options) in [
                ("light", render_options(Theme::Light, 640.0)),
                ("dark", render_options(Theme::Dark, 320.0)),
                ("auto", render_options(Theme::Auto, 900.0)),
            ] {
                let svg = render_svg(&chart, &options);
                assert_sound_svg(&chart, &options, &svg);
                if let Some(directory) = std::env::var_os("KINOTEKA_SCREENSHOTS") {
                    std::fs::write(
                        std::path::Path::new(&directory)
                            .join(format!("chart-{name}-{language}-{theme}.svg")),
                        svg,
                    )
                    .unwrap();
                }
            }
        }
    }
}

fn attribute(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).map_or(0.0, |value| value.parse().unwrap())
}

/// Asserts that an SVG is well-formed and accessible, that nothing is outside the view box, and that
/// the text alternative has every value and note.
fn assert_sound_svg(chart: &Chart, options: &RenderOptions, svg: &str) {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let root = document.root_element();
    let view: Vec<f64> =
        root.attribute("viewBox").unwrap().split(' ').map(|part| part.parse().unwrap()).collect();
    let [_, _, width, height] = view[..] else { panic!("{view:?}") };
    assert!(
        (width - options.width).abs() < 0.1
            && options.height.is_none_or(|minimum| height >= minimum - 0.1),
        "{view:?}"
    );
    let element_text = |id: &str| {
        document
            .descendants()
            .find(|node| node.attribute("id") == Some(id))
            .and_then(|node| node.text())
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        (root.attribute("role"), root.attribute("aria-labelledby"), root.attribute("lang")),
        (Some("img"), Some("kc-title-chart"), Some(chart.language))
    );
    assert_eq!(element_text("kc-title-chart"), chart.title);
    let description = element_text("kc-desc-chart");
    for point in chart.panels.iter().flat_map(Panel::points) {
        assert!(
            description.contains(&point.accessible_text()),
            "{}: {description}",
            point.accessible_text()
        );
    }
    for note in chart.notes.iter().chain([&chart.source]) {
        assert!(description.contains(note.as_str()), "{note}: {description}");
    }
    let is_close = |least: f64, value: f64, most: f64| value >= least - 0.6 && value <= most + 0.6;
    for node in document.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "rect" => {
                let (x, y) = (attribute(node, "x"), attribute(node, "y"));
                assert!(
                    is_close(0.0, x, width) && is_close(0.0, x + attribute(node, "width"), width),
                    "{svg}"
                );
                assert!(
                    is_close(0.0, y, height)
                        && is_close(0.0, y + attribute(node, "height"), height),
                    "{svg}"
                );
            }
            "text" => {
                let (x, y) = (attribute(node, "x"), attribute(node, "y"));
                let long = attribute(node, "textLength");
                let (from, to) = match node.attribute("text-anchor") {
                    None => (x, x + long),
                    Some("middle") => (x - long / 2.0, x + long / 2.0),
                    _ => (x - long, x),
                };
                assert!(
                    is_close(0.0, from, width)
                        && is_close(0.0, to, width)
                        && is_close(0.0, y, height),
                    "{node:?}: {svg}"
                );
            }
            "path" => {
                for part in
                    node.attribute("d").unwrap().split(['M', 'L']).filter(|part| !part.is_empty())
                {
                    let mut numbers = part
                        .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
                        .filter_map(|number| number.parse::<f64>().ok());
                    let (x, y) = (numbers.next().unwrap(), numbers.next().unwrap());
                    assert!(is_close(0.0, x, width) && is_close(0.0, y, height), "{part}: {svg}");
                }
            }
            _ => {}
        }
    }
}

fn text_contents(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

fn bar_widths(svg: &str) -> Vec<f64> {
    let document = Document::parse(svg).unwrap();
    document
        .descendants()
        .filter(|node| node.attribute("class") == Some("kc-bar"))
        .map(|node| attribute(node, "width"))
        .collect()
}

#[test]
fn bar_lengths_are_proportional() {
    let svg = render_svg(
        &bar_chart(&[("100", "exact"), ("50", "exact"), ("-25", "exact"), ("0", "exact")]),
        &render_options(Theme::Light, 800.0),
    );
    let long = bar_widths(&svg);
    assert!(
        (long[0] / long[1] - 2.0).abs() < 0.01
            && (long[0] / long[2] - 4.0).abs() < 0.02
            && long[3] < 0.1,
        "{long:?}"
    );
}

#[test]
fn qualifiers_are_always_shown() {
    for width in [200.0, 640.0] {
        let texts = text_contents(&render_svg(
            &bar_chart(&[("500", "more_than"), ("20", "less_than"), ("7", "about")]),
            &render_options(Theme::Light, width),
        ));
        for figure in ["More than 500", "Less than 20", "About 7"] {
            assert!(texts.contains(&figure.to_owned()), "{texts:?}");
        }
    }
    // Without room for words, a line has the symbol.
    let points = (1_900..2_000)
        .map(|year| {
            point(
                "en",
                &year.to_string(),
                &year.to_string(),
                &format!("{}", 1_000 + year % 7),
                "more_than",
            )
        })
        .collect();
    let crowded = chart(
        ChartType::Line,
        "en",
        vec![Panel { heading: None, series: vec![Series { name: None, points }] }],
    );
    let texts = text_contents(&render_svg(&crowded, &render_options(Theme::Light, 400.0)));
    assert_eq!(
        texts.iter().filter(|text| text.starts_with("More than") || *text == ">").count(),
        100,
        "{texts:?}"
    );
}

#[test]
fn very_long_numbers_stay_exact() {
    let long = "12345678901234567890123456789012345678";
    for width in [200.0, 320.0, 640.0, 1_600.0] {
        let chart = bar_chart(&[
            (long, "more_than"),
            ("-99999999999999999999999999999999999999.5", "exact"),
            ("1", "exact"),
        ]);
        let svg = render_svg(&chart, &render_options(Theme::Light, width));
        assert_sound_svg(&chart, &render_options(Theme::Light, width), &svg);
        let all = text_contents(&svg).concat().replace(' ', "");
        assert!(
            all.contains("Morethan12,345,678,901,234,567,890,123,456,789,012,345,678")
                && all.contains("-99,999,999,999,999,999,999,999,999,999,999,999,999.5"),
            "{all}"
        );
        let mut map = sample_chart(ChartType::Map, "en");
        map.panels[0].series[0].points[0] = country("en", "AL", Some((long, "more_than")));
        let svg = render_svg(&map, &render_options(Theme::Light, width.max(320.0)));
        assert!(
            text_contents(&svg)
                .concat()
                .replace(' ', "")
                .contains("12,345,678,901,234,567,890,123,456,789,012,345,678"),
            "{svg}"
        );
    }
}

#[test]
fn omitted_points_are_counted() {
    let values: Vec<(String, &str)> =
        (1..=200).rev().map(|value| (value.to_string(), "exact")).collect();
    let values: Vec<(&str, &str)> =
        values.iter().map(|(value, qualifier)| (value.as_str(), *qualifier)).collect();
    let chart = bar_chart(&values);
    let options = RenderOptions { height: Some(400.0), ..render_options(Theme::Light, 640.0) };
    let svg = render_svg(&chart, &options);
    assert_sound_svg(&chart, &options, &svg);
    let shown_count = bar_widths(&svg).len();
    assert!(
        (3..20).contains(&shown_count)
            && text_contents(&svg).contains(&format!("Not shown: {}", 200 - shown_count)),
        "{shown_count}: {:?}",
        text_contents(&svg)
    );
    assert!(svg.contains("height=\"400\"") && svg.contains("viewBox=\"0 0 640 400\""), "{svg}");
    assert_eq!(
        bar_widths(&render_svg(&chart, &RenderOptions { height: None, ..options })).len(),
        200
    );
}

#[test]
fn lines_skip_years_without_data() {
    let svg =
        render_svg(&sample_chart(ChartType::Line, "en"), &render_options(Theme::Light, 640.0));
    let read = Document::parse(&svg).unwrap();
    let paths: Vec<&str> = read
        .descendants()
        .filter(|node| node.attribute("class") == Some("kc-line-0"))
        .filter_map(|node| node.attribute("d"))
        .collect();
    // The first is the key to the lines; 2017 to 2019 and 2022 to 2023 follow each other, 2026
    // is isolated.
    let path = paths[1];
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (3, 3), "{path}");
}

#[test]
fn empty_chart_shows_message() {
    for (_, form) in ChartType::ALL {
        for language in MESSAGE_LANGUAGES {
            let chart = chart(form, language, Vec::new());
            let svg = render_svg(&chart, &render_options(Theme::Auto, 320.0));
            assert_sound_svg(&chart, &render_options(Theme::Auto, 320.0), &svg);
            assert!(svg.contains(Message::NothingFound.localize(language)), "{svg}");
        }
    }
}

#[test]
fn lines_differ_without_colour() {
    let series = (0..8)
        .map(|line| Series {
            name: Some(format!("Line {line}")),
            points: vec![
                point("en", "2020", "2020", &line.to_string(), "exact"),
                point("en", "2021", "2021", "5", "exact"),
            ],
        })
        .collect();
    let svg = render_svg(
        &chart(ChartType::Line, "en", vec![Panel { heading: None, series }]),
        &render_options(Theme::Light, 640.0),
    );
    let read = Document::parse(&svg).unwrap();
    let attributes = |prefix: &str, name: &str| -> BTreeSet<String> {
        read.descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with(prefix)))
            .map(|node| node.attribute(name).unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(attributes("kc-line-", "stroke-dasharray").len(), 6);
    let shapes: BTreeSet<String> = attributes("kc-point-", "d")
        .into_iter()
        .map(|path| path.split_once(|c: char| c.is_ascii_lowercase()).unwrap().1.to_owned())
        .collect();
    assert_eq!(shapes.len(), 6);
    assert!(text_contents(&svg).contains(&"Not shown: 4".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_chart_is_sound(
        form in 0_usize..4,
        theme in 0_usize..3,
        width in 200.0_f64..2_000.0,
        height in prop::option::of(150.0_f64..2_000.0),
        language in 0_usize..7,
        points in prop::collection::vec(("\\PC{0,60}|[\\x00-\\x7F\u{FFFE}]{0,40}", "-?[0-9]{1,40}(\\.[0-9]{1,12})?", 0_usize..4, 1_990_i64..2_040, any::<bool>()), 0..30),
        title in "\\PC{0,300}",
        series in 1_usize..9,
    ) {
        let language = MESSAGE_LANGUAGES[language];
        let mut panel = Panel { heading: Some(title.clone()), series: vec![Series::default(); series] };
        let mut years = BTreeSet::new();
        for (place, (label, value, qualifier, year, has_target)) in points.into_iter().enumerate() {
            let key = match form { 1 => { if !years.insert((place % series, year)) { continue } year.to_string() }, 3 => country_names::all_countries()[place].code.to_owned(), _ => place.to_string() };
            let mut one = point(language, &key, &label, &value, QUALIFIERS[qualifier]);
            if has_target {
                one.target = Some(marker(language, Message::Target, &value, &label));
            }
            panel.series[place % series].points.push(one);
        }
        let mut chart = chart(ChartType::ALL[form].1, language, vec![panel]);
        chart.title = title;
        let chart = chart.without_invalid_chars();
        let options = RenderOptions { theme: Theme::ALL[theme].1, width: width.round(), height: height.map(f64::round), embedded_as: None };
        let svg = render_svg(&chart, &options);
        let paintable = chart.with_supported_glyphs();
        prop_assert!(Document::parse(&render_svg(&paintable, &options)).is_ok());
        assert_sound_svg(&chart, &options, &svg);
    }
}
