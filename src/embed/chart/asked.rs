//! What is asked of a chart: its form and its looks, and beside them a query of `/v1/impact-statistics`.

use serde_json::{Value, json};

use super::{Form, Theme};
use crate::http::fields::not_one_of;
use crate::http::keys::Viewer;
use crate::http::params::{Params, decode, given};
use crate::http::problem::{Problem, Violation};
use crate::impact::model::SPEC;
use crate::resource::document::parameter;
use crate::resource::query::ListRequest;
use crate::text::language::Language;

/// Parameters of lists that shape what a chart shapes itself.
pub const WITHOUT: &[&str] = &["fields", "include", "facets", "facet_limit", "highlights", "total", "status", "cursor", "offset"];
/// Those of a chart alone.
const OF_CHARTS: [&str; 4] = ["type", "theme", "width", "height"];

/// The forms that statistics by themselves have.
const FORMS: [(&str, Form); 2] = [("bar", Form::Bar), ("progress", Form::Progress)];

/// How wide a chart may be.
const WIDTHS: std::ops::RangeInclusive<i64> = 200..=2_000;
/// How high.
const HEIGHTS: std::ops::RangeInclusive<i64> = 150..=2_000;
/// How wide one is where nobody says.
const WIDTH: i64 = 800;

/// What is asked of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// How it shows values.
    pub form: Form,
    /// Its colours.
    pub theme: Theme,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: Option<u32>,
}

impl Asked {
    /// Reads a query: what is asked of the chart, the rest, and that rest as the query of a list. All that is wrong is said at once.
    pub fn read(
        query: &str,
        accepted: Option<&str>,
        (fallback, viewer): (&[Language], Viewer),
        is_page: bool,
    ) -> Result<(Self, String, ListRequest), Problem> {
        let (own, rest) = split(query, is_page);
        let mut params = Params::parse(&own)?;
        let form = one_of(&mut params, "type", &FORMS, Form::Bar);
        let theme = one_of(&mut params, "theme", &Theme::ALL, Theme::Auto);
        let pixels = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        let width = pixels(params.integer("width", WIDTHS)).or(pixels(Some(WIDTH))).unwrap_or_default();
        let height = pixels(params.integer("height", HEIGHTS));
        let refused = given(&rest, WITHOUT).into_iter().map(|name| {
            let detail =
                format!("A chart has a form of its own: `{name}` is for lists. Filters, `q`, `lang`, `sort` and `limit` work here.");
            Violation::parameter(name, "unknown_parameter", detail)
        });
        let mut errors: Vec<Violation> = params.finish().err().map(|problem| problem.errors).into_iter().flatten().chain(refused).collect();
        match ListRequest::parse(&SPEC, &rest, accepted, fallback, viewer) {
            Ok(wanted) if wanted.wish.all => {
                errors.push(Violation::parameter("lang", "invalid_language", "A chart is in one language: name it, or leave `lang` out."));
                Err(Problem::parameters(errors))
            }
            Ok(wanted) if errors.is_empty() => Ok((Self { form, theme, width, height }, rest, wanted)),
            Ok(_) => Err(Problem::parameters(errors)),
            Err(problem) if problem.errors.is_empty() => Err(problem),
            Err(problem) => {
                let more = problem.errors.into_iter().filter(|error| !errors.iter().any(|known| known.parameter == error.parameter));
                let more: Vec<Violation> = more.collect();
                errors.extend(more);
                Err(Problem::parameters(errors))
            }
        }
    }

    /// What makes one chart another.
    pub fn identity(&self) -> String {
        format!("{self:?}")
    }
}

/// What is asked of a chart, and the rest. A page is as large as its frame.
fn split(query: &str, is_page: bool) -> (String, String) {
    let is_own = |pair: &&str| {
        let name = decode(pair.split('=').next().unwrap_or_default());
        let is_size = matches!(name.as_deref(), Some("width" | "height"));
        name.is_some_and(|name| OF_CHARTS.contains(&name.as_str())) && !(is_page && is_size)
    };
    let (own, rest): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(is_own);
    (own.join("&"), rest.join("&"))
}

/// One of some words; the first where nothing is asked.
fn one_of<T: Copy, const MANY: usize>(params: &mut Params, name: &'static str, words: &[(&'static str, T); MANY], first: T) -> T {
    let Some(text) = params.take(name) else { return first };
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
        return *meant;
    }
    params.error(name, "unknown_value", not_one_of(&text, words.iter().map(|(word, _)| *word)));
    first
}

/// The parameters of a chart, for the document.
pub fn parameters() -> Vec<Value> {
    let mut parameters = parameters_of_page();
    parameters.extend([
        parameter(
            "width",
            "Its width in pixels.",
            json!({"type": "integer", "minimum": WIDTHS.start(), "maximum": WIDTHS.end(), "default": WIDTH}),
            json!(640),
        ),
        parameter(
            "height",
            "Its height in pixels; as much as it needs if it is absent. What there is no room for is counted below the chart.",
            json!({"type": "integer", "minimum": HEIGHTS.start(), "maximum": HEIGHTS.end()}),
            json!(400),
        ),
    ]);
    parameters
}

/// Those of a page that shows one.
pub fn parameters_of_page() -> Vec<Value> {
    vec![
        parameter(
            "type",
            "How values are shown: a bar for each, or the way from the baseline to the target.",
            json!({"type": "string", "enum": FORMS.map(|(name, _)| name), "default": "bar"}),
            json!("bar"),
        ),
        parameter(
            "theme",
            "Dark on light, light on dark, or as whoever looks at it prefers. A PNG is light unless `dark` is asked for.",
            json!({"type": "string", "enum": Theme::ALL.map(|(name, _)| name), "default": "auto"}),
            json!("auto"),
        ),
    ]
}
