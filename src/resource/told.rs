//! A query in the words of the answer's language: "Videos · Serbia · Prevention".

use std::collections::HashMap;

use crate::db::{Connection, Error, Id};
use crate::http::keys::Visibility;
use crate::http::params::QueryParams;
use crate::http::problem::Problem;
use crate::phrases::Phrase;
use crate::resource::load::{find_all, load_named};
use crate::resource::query::{MAX_IDS, MAX_VALUES};
use crate::resource::shown::Shown;
use crate::resource::spec::{FilterSpec, Kind, RangeSpec, RangeType, Spec, Takes};
use crate::text::language::Language;
use crate::text::language_names;

/// Stands between what must all hold.
const AND: &str = " · ";

/// A sentence that must stand with something, and what it is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// What it is called, if that has to be said.
    pub label: Option<&'static str>,
    /// The sentence.
    pub text: String,
}

impl Note {
    /// The whole as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        self.label.map_or_else(|| self.text.clone(), |label| format!("{label}: {}", self.text))
    }
}

/// A query in words, and what must be said with it.
pub struct Told {
    /// The words.
    pub title: String,
    /// Footnotes of what they name.
    pub notes: Vec<Note>,
}

/// Tells a query that a list has understood.
pub fn tell(
    connection: &mut Connection,
    spec: &'static Spec,
    query: &str,
    viewer: Visibility,
    shown: &mut Shown,
) -> Result<Told, Problem> {
    let mut params = QueryParams::parse(query)?;
    let filters: Vec<(&'static FilterSpec, Vec<String>)> = spec
        .all_filters()
        .filter_map(|filter| Some((filter, params.list(filter.name, MAX_VALUES)?)))
        .collect();
    let names = names(connection, &filters, viewer, shown)?;
    let language = shown.wish.ui_language;
    let say = |phrase: Phrase| phrase.in_language(language);
    let mut told = Told { title: say(spec.kind.heading()).to_owned(), notes: Vec::new() };
    if let Some(text) = params.get("q").filter(|text| !text.trim().is_empty()) {
        told.add(&format!("“{}”", text.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    for (filter, values) in &filters {
        let mut labels = Vec::new();
        for value in values {
            let (is_excluded, value) =
                value.strip_prefix('!').map_or((false, value.as_str()), |rest| (true, rest));
            let label = label(filter, value, &names, shown, &mut told.notes);
            labels.push(if is_excluded { Phrase::Except.with(language, &label) } else { label });
        }
        let labels = labels.join(", ");
        match name(filter) {
            Some(name) => told.add(&format!("{}: {labels}", say(name))),
            None => told.add(&labels),
        }
    }
    for missing in params.list("missing", MAX_VALUES).into_iter().flatten() {
        let text = missing_part(&missing, language);
        told.add(&text);
    }
    for range in spec.all_ranges() {
        if let Some(bound) = params.get(range.name) {
            let sign = if range.lower { "≥" } else { "<" };
            let unit = if range.holds == RangeType::Integer { " s" } else { "" };
            told.add(&format!(
                "{} {sign} {}{unit}",
                bounded(range).map_or(range.name, say),
                bound.trim()
            ));
        }
    }
    if let Some(ids) = params.list("ids", MAX_IDS) {
        told.add(&format!("{} ({})", say(Phrase::Selection), ids.len()));
    }
    for status in params
        .list("status", MAX_VALUES)
        .into_iter()
        .flatten()
        .filter(|status| status != "published")
    {
        told.add(&status);
    }
    let sorts = params.list("sort", MAX_VALUES).unwrap_or_default();
    if !sorts.is_empty() && sorts != ["-published_at"] {
        let keys: Vec<String> = sorts
            .iter()
            .map(|sort| {
                let (arrow, name) =
                    sort.strip_prefix('-').map_or(("↑", sort.as_str()), |name| ("↓", name));
                format!("{} {arrow}", Phrase::of_word(name).map_or(name, say))
            })
            .collect();
        told.add(&format!("{}: {}", say(Phrase::Order), keys.join(", ")));
    }
    told.notes.dedup();
    Ok(told)
}

impl Told {
    fn add(&mut self, text: &str) {
        self.title.push_str(AND);
        self.title.push_str(text);
    }
}

/// Titles of the items that filters name, by kind and the name that was used.
type Names = HashMap<(Kind, String), String>;

fn names(
    connection: &mut Connection,
    filters: &[(&'static FilterSpec, Vec<String>)],
    viewer: Visibility,
    shown: &mut Shown,
) -> Result<Names, Error> {
    let named: Vec<(Kind, &str)> = filters
        .iter()
        .filter_map(|(filter, values)| {
            if let Takes::Item(kind) | Takes::Referrer(kind, _) = filter.takes {
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
        return Ok(Names::new());
    }
    // The list that the words are of looks the names up too, and remembers them for the next time.
    let known = |(kind, name): &(Kind, &str)| {
        shown.memory().and_then(|memory| memory.named(*kind, viewer, name))
    };
    let mut found: HashMap<(Kind, String), Id> = HashMap::new();
    let mut unknown: Vec<(Kind, &str)> = Vec::new();
    for one in named {
        match known(&one) {
            Some(id) => drop(found.insert((one.0, one.1.to_owned()), id)),
            None => unknown.push(one),
        }
    }
    if !unknown.is_empty() {
        found.extend(find_all(connection, &unknown)?.into_iter().map(|(key, (id, _))| (key, id)));
    }
    load_named(
        connection,
        found.iter().map(|((kind, _), id)| (*kind, vec![*id])).collect(),
        viewer,
        shown,
    )?;
    Ok(found.into_iter().filter_map(|(key, id)| Some((key, shown.reference(&id)?.title))).collect())
}

/// How a person calls a value of a filter.
fn label(
    filter: &FilterSpec,
    value: &str,
    names: &Names,
    shown: &Shown,
    notes: &mut Vec<Note>,
) -> String {
    let language = shown.wish.ui_language;
    match filter.takes {
        Takes::Item(kind) | Takes::Referrer(kind, _) => {
            names.get(&(kind, value.to_owned())).cloned().unwrap_or_else(|| value.to_owned())
        }
        Takes::Country => {
            let Some(country) = shown.places.country(value, language) else {
                return value.to_owned();
            };
            let Some(footnote) = country.footnote else { return country.name.to_owned() };
            notes.push(Note { label: None, text: format!("* {footnote}") });
            format!("{}*", country.name)
        }
        Takes::Language => Language::parse(value)
            .map_or_else(|_| value.to_owned(), |tag| language_names::name(&tag, language)),
        Takes::Flag if filter.name == "additive" => {
            if value == "true" { Phrase::Additive } else { Phrase::NotAdditive }
                .in_language(language)
                .to_owned()
        }
        Takes::Flag => if value == "true" { Phrase::Group } else { Phrase::Single }
            .in_language(language)
            .to_owned(),
        Takes::Word(_) | Takes::Has(_) => match value {
            "youtube" => "YouTube".to_owned(),
            "vimeo" => "Vimeo".to_owned(),
            "hls" | "dash" => value.to_ascii_uppercase(),
            _ => Phrase::of_word(value).map_or_else(
                || value.to_owned(),
                |phrase| phrase.with(language, "").trim().to_owned(),
            ),
        },
        Takes::Text | Takes::Year => value.to_owned(),
    }
}

/// What a filter is called, where its values do not say what they are.
fn name(filter: &FilterSpec) -> Option<Phrase> {
    Some(match filter.name {
        "language" => Phrase::Language,
        "spoken_language" => Phrase::SpokenLanguage,
        "caption_language" => Phrase::Captions,
        "unit" => Phrase::Unit,
        "measure" => Phrase::Measure,
        "qualifier" => Phrase::Precision,
        _ => return None,
    })
}

/// What a range bounds.
fn bounded(range: &RangeSpec) -> Option<Phrase> {
    let (first, last) = range.name.split_once('_')?;
    Some(match (first, last) {
        ("published", _) => Phrase::Published,
        ("updated", _) => Phrase::Updated,
        ("recorded", _) => Phrase::Recorded,
        ("period", _) => Phrase::Period,
        (_, "duration") => Phrase::Duration,
        (_, "value") => Phrase::Value,
        _ => return None,
    })
}

/// A part that is missing in a language, or is there: `sq.captions`, `!sq.captions`.
fn missing_part(text: &str, language: &str) -> String {
    let (is_there, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (tag, part) = text.split_once('.').unwrap_or((text, ""));
    let tag = Language::parse(tag)
        .map_or_else(|_| tag.to_owned(), |tag| language_names::name(&tag, language));
    let part = Phrase::of_word(part).map_or(part, |phrase| phrase.in_language(language));
    let what = if part.is_empty() { tag } else { format!("{part} ({tag})") };
    if is_there { what } else { format!("{}: {what}", Phrase::Missing.in_language(language)) }
}
