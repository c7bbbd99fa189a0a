//! Description of a query in the language of the response: "Videos · Serbia · Prevention".

use std::collections::HashMap;

use crate::db::{Connection, Error, Id};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::language_names;
use crate::i18n::messages::Message;
use crate::resource::cache::references::VisibleKind;
use crate::resource::query::params::{ListRequest, MAX_IDS};
use crate::resource::schema::{
    FilterSchema, FilterType, MAX_VALUES, RangeSchema, RangeType, ResourceKind,
    TEXT_LANGUAGE_FILTER,
};
use crate::resource::store::lookup::resolve_names;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_reference_targets;
use crate::text::language::Language;

/// Separator of conditions that must all match.
const SEPARATOR: &str = " · ";

/// A note that must accompany a description, with an optional label.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredNote {
    /// Label of the note, if it needs one.
    pub label: Option<&'static str>,
    /// Text of the note.
    pub text: String,
}

impl RequiredNote {
    /// Returns the label and the text of the note as plain text.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.label.map_or_else(|| self.text.clone(), |label| format!("{label}: {}", self.text))
    }
}

/// Description of a query, and the notes that must accompany it.
pub struct QueryDescription {
    /// Title that describes the query.
    pub title: String,
    /// Footnotes of the names in the title.
    pub notes: Vec<RequiredNote>,
}

/// Describes a query that is valid for the list of a list request.
pub fn describe_query(
    connection: &mut Connection,
    list_request: &ListRequest,
    query: &str,
    render_context: &mut RenderContext,
) -> Result<QueryDescription, Problem> {
    let schema = list_request.schema;
    let mut params = QueryParams::parse(query)?;
    let filters: Vec<(&'static FilterSchema, Vec<String>)> = schema
        .all_filters()
        .filter_map(|filter| Some((filter, params.list(filter.name, MAX_VALUES)?)))
        .collect();
    let titles = load_filter_titles(connection, &filters, list_request.visibility, render_context)?;
    let language = render_context.language_preference.ui_language;
    let say = |phrase: Message| phrase.localize(language);
    let mut filter_labels = FilterLabels { titles, render_context, notes: Vec::new() };
    let mut description = QueryDescription {
        title: say(schema.kind.heading_message()).to_owned(),
        notes: Vec::new(),
    };
    if let Some(text) = params.get("q").filter(|text| !text.trim().is_empty()) {
        description.append(&format!("“{}”", text.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    for (filter, values) in &filters {
        let mut labels = Vec::new();
        for value in values {
            let (is_excluded, value) =
                value.strip_prefix('!').map_or((false, value.as_str()), |rest| (true, rest));
            let label = filter_labels.label(filter, value);
            labels.push(if is_excluded {
                Message::Excluding.format(language, &label)
            } else {
                label
            });
        }
        let labels = labels.join(", ");
        match filter_label(filter) {
            Some(name) => description.append(&format!("{}: {labels}", say(name))),
            None => description.append(&labels),
        }
    }
    for missing in params.list("missing", MAX_VALUES).into_iter().flatten() {
        let text = missing_filter_label(&missing, language);
        description.append(&text);
    }
    for range in schema.all_ranges() {
        if let Some(bound) = params.get(range.name) {
            let sign = if range.is_lower_bound { "≥" } else { "<" };
            let unit = if range.value_type == RangeType::Integer { " s" } else { "" };
            description.append(&format!(
                "{} {sign} {}{unit}",
                range_label(range).map_or(range.name, say),
                bound.trim()
            ));
        }
    }
    if let Some(ids) = params.list("ids", MAX_IDS) {
        description.append(&format!("{} ({})", say(Message::Selection), ids.len()));
    }
    for status in params
        .list("status", MAX_VALUES)
        .into_iter()
        .flatten()
        .filter(|status| status != "published")
    {
        description.append(&status);
    }
    let sorts = params.list("sort", MAX_VALUES).unwrap_or_default();
    if !sorts.is_empty() && sorts != ["-published_at"] {
        let keys: Vec<String> = sorts
            .iter()
            .map(|sort| {
                let (arrow, name) =
                    sort.strip_prefix('-').map_or(("↑", sort.as_str()), |name| ("↓", name));
                format!("{} {arrow}", Message::for_code(name).map_or(name, say))
            })
            .collect();
        description.append(&format!("{}: {}", say(Message::Order), keys.join(", ")));
    }
    description.notes = filter_labels.notes;
    description.notes.dedup();
    Ok(description)
}

impl QueryDescription {
    fn append(&mut self, text: &str) {
        self.title.push_str(SEPARATOR);
        self.title.push_str(text);
    }
}

/// Titles of the items that filters reference, by kind and the name used in the query.
type TitlesByName = HashMap<(ResourceKind, String), String>;

fn load_filter_titles(
    connection: &mut Connection,
    filters: &[(&'static FilterSchema, Vec<String>)],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<TitlesByName, Error> {
    let named: Vec<(ResourceKind, &str)> = filters
        .iter()
        .filter_map(|(filter, values)| {
            if let FilterType::Item(kind) | FilterType::ReferencedBy(kind, _) = filter.filter_type {
                Some((kind, values))
            } else {
                None
            }
        })
        .flat_map(|(kind, values)| {
            values.iter().map(move |value| (kind, value.trim_start_matches('!')))
        })
        .collect();
    if named.is_empty() {
        return Ok(TitlesByName::new());
    }
    // The list request of this query resolves the same names and caches them.
    let known = |(kind, name): &(ResourceKind, &str)| {
        let items = VisibleKind { kind: *kind, visibility };
        render_context.cache().and_then(|cache| cache.get_id_by_name(items, name))
    };
    let mut found: HashMap<(ResourceKind, String), Id> = HashMap::new();
    let mut unknown: Vec<(ResourceKind, &str)> = Vec::new();
    for one in named {
        match known(&one) {
            Some(id) => drop(found.insert((one.0, one.1.to_owned()), id)),
            None => unknown.push(one),
        }
    }
    if !unknown.is_empty() {
        found.extend(
            resolve_names(connection, &unknown)?.into_iter().map(|(key, (id, _))| (key, id)),
        );
    }
    load_reference_targets(
        connection,
        found.iter().map(|((kind, _), id)| (*kind, vec![*id])).collect(),
        visibility,
        render_context,
    )?;
    Ok(found
        .into_iter()
        .filter_map(|(key, id)| Some((key, render_context.short_reference(&id)?.title)))
        .collect())
}

/// Labels filter values, and collects the notes that must accompany the labels.
struct FilterLabels<'a> {
    titles: TitlesByName,
    render_context: &'a RenderContext,
    notes: Vec<RequiredNote>,
}

impl FilterLabels<'_> {
    /// Returns the display label of a filter value.
    fn label(&mut self, filter: &FilterSchema, value: &str) -> String {
        let Self { titles, render_context, notes } = self;
        let language = render_context.language_preference.ui_language;
        match filter.filter_type {
            FilterType::Item(kind) | FilterType::ReferencedBy(kind, _) => {
                titles.get(&(kind, value.to_owned())).cloned().unwrap_or_else(|| value.to_owned())
            }
            FilterType::Country => {
                let Some(country) = render_context.country_names.country_reference(value, language)
                else {
                    return value.to_owned();
                };
                let Some(footnote) = country.footnote else { return country.name.to_owned() };
                notes.push(RequiredNote { label: None, text: format!("* {footnote}") });
                format!("{}*", country.name)
            }
            FilterType::Language => Language::parse(value).map_or_else(
                |_| value.to_owned(),
                |tag| language_names::display_name(&tag, language),
            ),
            FilterType::Boolean => if value == "true" {
                Message::OrganisationGroup
            } else {
                Message::SingleOrganisation
            }
            .localize(language)
            .to_owned(),
            FilterType::OneOf(_) | FilterType::AllOf(_) | FilterType::KindWithFeeds => {
                match value {
                    "youtube" => "YouTube".to_owned(),
                    "vimeo" => "Vimeo".to_owned(),
                    "hls" | "dash" => value.to_ascii_uppercase(),
                    _ => Message::for_code(value).map_or_else(
                        || value.to_owned(),
                        |phrase| phrase.format(language, "").trim().to_owned(),
                    ),
                }
            }
            FilterType::Text | FilterType::AnyCase | FilterType::Year => value.to_owned(),
        }
    }
}

/// Returns the display label of a filter whose values are ambiguous without one.
fn filter_label(filter: &FilterSchema) -> Option<Message> {
    Some(match filter.name {
        TEXT_LANGUAGE_FILTER => Message::Language,
        "spoken_language" => Message::SpokenLanguage,
        "caption_language" => Message::Captions,
        "unit" => Message::Unit,
        "measure" => Message::Measure,
        "qualifier" => Message::Precision,
        _ => return None,
    })
}

/// Returns the display label of the quantity that a range bounds.
fn range_label(range: &RangeSchema) -> Option<Message> {
    let (first, last) = range.name.split_once('_')?;
    Some(match (first, last) {
        ("published", _) => Message::Published,
        ("updated", _) => Message::Updated,
        ("recorded", _) => Message::Recorded,
        ("period", _) => Message::Period,
        (_, "duration") => Message::Duration,
        (_, "value") => Message::Value,
        _ => return None,
    })
}

/// Returns the display label of a value of `missing`: `sq.captions`, `!sq.captions`.
fn missing_filter_label(text: &str, language: &str) -> String {
    let (is_present, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (tag, part) = text.split_once('.').unwrap_or((text, ""));
    let tag = Language::parse(tag)
        .map_or_else(|_| tag.to_owned(), |tag| language_names::display_name(&tag, language));
    let part = Message::for_code(part).map_or(part, |phrase| phrase.localize(language));
    let what = if part.is_empty() { tag } else { format!("{part} ({tag})") };
    if is_present { what } else { format!("{}: {what}", Message::Missing.localize(language)) }
}
