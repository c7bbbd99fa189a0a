//! Translation completeness: which parts of an item are there in which language, as data
//! (`include=completeness`) and as a filter (`missing`).

use std::collections::{BTreeMap, HashMap};

use diesel::sql_types::{BigInt, Bool};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::db::keyset::DrivingTable;
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::db::{Connection, Error};
use crate::http::auth::Visibility;
use crate::http::json_fields::clip;
use crate::http::query_params::QueryParams;
use crate::places::NAME_LANGUAGES;
use crate::resource::Resource;
use crate::resource::openapi::comma_list_parameter;
use crate::resource::openapi::request_bodies::LANGUAGE_PATTERN;
use crate::resource::query::params::{MAX_VALUES, filter_match};
use crate::resource::schema::{FilterType, ResourceSchema, TEXT_LANGUAGE_FILTER, TextField};
use crate::resource::store::items::{LoadedItem, text_key_range_sql};
use crate::resource::store::tracks::TrackKind;
use crate::text::language::{Language, MAX_TAG_LENGTH};
use crate::text::nearest::nearest;

/// The filter by the languages of captions; a kind without it has neither captions nor transcripts.
const CAPTION_LANGUAGE_FILTER: &str = "caption_language";

/// What the kinds call the text that every language must have.
const TITLE_FIELD_NAMES: [&str; 3] = ["title", "name", "label"];

/// A part of an item that can be there in a language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TranslatablePart {
    /// Title, name or label.
    Title,
    /// Summary.
    Summary,
    /// Description.
    Description,
    /// Captions or subtitles, wherever they are kept.
    Captions,
    /// Captions or subtitles that this server keeps, which a transcript is made of.
    Transcript,
}

impl TranslatablePart {
    /// The part that a column holds, if it counts.
    fn from_text_field(column: TextField) -> Option<Self> {
        match column {
            TextField::Title => Some(Self::Title),
            TextField::Summary => Some(Self::Summary),
            TextField::Description => Some(Self::Description),
            TextField::ContentNote | TextField::CreditLine | TextField::Disclaimer => None,
        }
    }
}

/// The parts that items of a kind can have, under the names that the kind gives them.
fn translatable_parts(schema: &ResourceSchema) -> Vec<(&'static str, TranslatablePart)> {
    let mut parts: Vec<_> = schema
        .text_fields
        .iter()
        .filter_map(|(name, column)| Some((*name, TranslatablePart::from_text_field(*column)?)))
        .collect();
    if schema.all_filters().any(|filter| filter.name == CAPTION_LANGUAGE_FILTER) {
        parts.extend([
            ("captions", TranslatablePart::Captions),
            ("transcript", TranslatablePart::Transcript),
        ]);
    }
    parts
}

/// The names of these parts.
fn part_names(parts: &[(&'static str, TranslatablePart)]) -> Vec<&'static str> {
    parts.iter().map(|(name, _)| *name).collect()
}

/// The parts of an item in each language in which it has any.
pub type Completeness = BTreeMap<String, PartFlags>;

/// The parts of an item in one language: their names, and whether they are there.
#[derive(Clone, Debug)]
pub struct PartFlags(Vec<(&'static str, bool)>);

impl Serialize for PartFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Says of these items which of their parts are there, with one query.
pub fn load_completeness<S: Resource>(
    connection: &mut Connection,
    items: &mut [LoadedItem<S::Fields>],
) -> Result<(), Error> {
    let texts = load_text_presence(connection, items)?;
    for one in items {
        one.completeness = Some(item_completeness::<S>(one, &texts));
    }
    Ok(())
}

/// Whether a text has a summary, and whether it has a description.
type TextPresence = (bool, bool);

/// What there is of the texts of these items that the viewer may see, by their keys.
fn load_text_presence<O>(
    connection: &mut Connection,
    items: &[LoadedItem<O>],
) -> Result<HashMap<i64, TextPresence>, Error> {
    let keys = items
        .iter()
        .flat_map(|one| one.languages.iter().filter_map(|language| one.item.text_key(language)));
    let statement = Statement::<(BigInt, Bool, Bool)>::select(
        "texts.key, texts.summary IS NOT NULL, texts.description IS NOT NULL",
        "texts",
        &integer_in_fragment("texts.key", keys),
    );
    let rows: Vec<(i64, bool, bool)> = statement.load_rows(connection)?;
    Ok(rows.into_iter().map(|(key, summary, description)| (key, (summary, description))).collect())
}

fn item_completeness<S: Resource>(
    loaded: &LoadedItem<S::Fields>,
    texts: &HashMap<i64, TextPresence>,
) -> Completeness {
    let parts = translatable_parts(S::SCHEMA);
    let text_of = |language| texts.get(&loaded.item.text_key(language)?).copied();
    let texts: HashMap<&str, TextPresence> = loaded
        .languages
        .iter()
        .filter_map(|language| Some((language.as_str(), text_of(language)?)))
        .collect();
    let tracks = loaded.item.track_summaries();
    let facets = S::filter_values(&loaded.fields, &tracks);
    let captions: Vec<&str> = facets
        .iter()
        .filter(|(name, _)| *name == CAPTION_LANGUAGE_FILTER)
        .map(|(_, value)| value.as_str())
        .collect();
    let is_there = |language: &str, part: TranslatablePart| match part {
        TranslatablePart::Title => texts.contains_key(language),
        TranslatablePart::Summary => texts.get(language).is_some_and(|(summary, _)| *summary),
        TranslatablePart::Description => {
            texts.get(language).is_some_and(|(_, description)| *description)
        }
        TranslatablePart::Captions => captions.contains(&language),
        TranslatablePart::Transcript => {
            tracks.iter().any(|track| track.kind.is_spoken() && track.language == language)
        }
    };
    let in_language = |language: &str| {
        PartFlags(parts.iter().map(|(name, part)| (*name, is_there(language, *part))).collect())
    };
    texts
        .keys()
        .chain(&captions)
        .map(|language| ((*language).to_owned(), in_language(language)))
        .collect()
}

/// What `missing` asks for.
#[derive(Clone, Debug, Default)]
pub struct MissingFilter {
    /// Parts of which one must be missing.
    any_missing: Vec<MissingClause>,
    /// Parts that must all be there.
    all_present: Vec<MissingClause>,
}

/// A part in a language, or in one of the tags that are meant.
#[derive(Clone, Debug)]
struct MissingClause {
    part: TranslatablePart,
    languages: Vec<String>,
}

impl MissingFilter {
    /// Reads the parameter.
    pub fn parse(params: &mut QueryParams, schema: &ResourceSchema) -> Self {
        let parts = translatable_parts(schema);
        let mut read = Self::default();
        for member in params.list("missing", MAX_VALUES).unwrap_or_default() {
            let (list, text) =
                member.strip_prefix('!').map_or((&mut read.any_missing, member.as_str()), |text| {
                    (&mut read.all_present, text)
                });
            match MissingClause::parse(text, &parts) {
                Ok(wanted) => list.push(wanted),
                Err(detail) => params.error("missing", "unknown_value", detail),
            }
        }
        read
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.any_missing.is_empty() && self.all_present.is_empty()
    }

    /// What must hold of the items of a list that walks along this, each a lookup by a key of the
    /// item.
    pub fn predicates(
        &self,
        schema: &ResourceSchema,
        driving_table: DrivingTable,
        visibility: Visibility,
    ) -> Vec<Fragment> {
        let exists = |clause: &MissingClause| {
            Fragment::new("EXISTS (")
                .append(&clause.existence_subquery(schema, driving_table, visibility))
                .sql(")")
        };
        let mut predicates: Vec<Fragment> = self.all_present.iter().map(exists).collect();
        let any =
            self.any_missing.iter().map(|clause| Fragment::new("NOT ").append(&exists(clause)));
        predicates.extend(any.reduce(|all, one| all.sql(" OR ").append(&one)));
        predicates
    }
}

impl MissingClause {
    fn parse(text: &str, parts: &[(&'static str, TranslatablePart)]) -> Result<Self, String> {
        let wrong = |detail: String| {
            detail
                + &suggest_value(text, parts)
                    .map_or_else(String::new, |near| format!(" Did you mean `{near}`?"))
        };
        let named =
            |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        let Some((tag, part)) =
            text.split_once('.').and_then(|(tag, name)| Some((tag, named(name)?)))
        else {
            let detail = format!(
                "`{}` is not a language, a dot and one of {}, such as `sq.",
                clip(text),
                part_names(parts).join(", ")
            );
            return Err(wrong(detail + parts.first().map_or("title", |(title, _)| title) + "`."));
        };
        let languages =
            FilterType::Language.parse_value(tag).map_err(|detail| wrong(detail + "."))?;
        Ok(Self { part, languages })
    }

    /// The rows by which it is there; the filter index has those of titles and captions, as
    /// `language` and `caption_language` find them.
    fn existence_subquery(
        &self,
        schema: &ResourceSchema,
        driving_table: DrivingTable,
        visibility: Visibility,
    ) -> Fragment {
        let column = match self.part {
            TranslatablePart::Title if visibility.includes_unpublished() => {
                return filter_match(
                    driving_table,
                    &schema.index_field("any_language"),
                    &self.languages,
                );
            }
            TranslatablePart::Title => {
                return filter_match(
                    driving_table,
                    &schema.index_field(TEXT_LANGUAGE_FILTER),
                    &self.languages,
                );
            }
            TranslatablePart::Captions => {
                return filter_match(
                    driving_table,
                    &schema.index_field(CAPTION_LANGUAGE_FILTER),
                    &self.languages,
                );
            }
            TranslatablePart::Transcript => return self.track_subquery(driving_table),
            TranslatablePart::Summary => "texts.summary",
            TranslatablePart::Description => "texts.description",
        };
        // PostgreSQL, which expects many texts of each item, would read the whole table for each;
        // in order and with a limit it does not.
        Fragment::new("SELECT 1 FROM ")
            .by_backend("texts WHERE ", "(SELECT * FROM texts WHERE ")
            .sql(text_key_range_sql(driving_table.row_id_column()))
            .by_backend(" AND ", " ORDER BY texts.key LIMIT 512) texts WHERE ")
            .append(&self.language_in("texts.language"))
            .sql(if visibility.includes_unpublished() {
                " AND "
            } else {
                " AND texts.status = 'published' AND "
            })
            .sql(column)
            .sql(" IS NOT NULL")
    }

    fn track_subquery(&self, driving_table: DrivingTable) -> Fragment {
        let spoken = TrackKind::ALL.iter().filter(|(_, kind)| kind.is_spoken());
        let kinds: Vec<String> = spoken.map(|(name, _)| format!("'{name}'")).collect();
        Fragment::new("SELECT 1 FROM tracks WHERE tracks.item = ")
            .sql(driving_table.row_id_column())
            .sql(format!(" AND tracks.kind IN ({}) AND ", kinds.join(", ")))
            .append(&self.language_in("tracks.language"))
            // PostgreSQL asks row by row, until the page is full.
            .by_backend("", " OFFSET 0")
    }

    fn language_in(&self, column: &'static str) -> Fragment {
        Fragment::new(column)
            .sql(" IN (")
            .binds(self.languages.iter().cloned().map(Bind::Text))
            .sql(")")
    }
}

/// The right value that was probably meant.
fn suggest_value(text: &str, parts: &[(&'static str, TranslatablePart)]) -> Option<String> {
    let title = parts.first().map(|(title, _)| *title)?;
    let (tag, name) = text.rsplit_once(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(("", text));
    let part = nearest(name, part_names(parts))
        .or_else(|| TITLE_FIELD_NAMES.contains(&name).then_some(title));
    let Some(part) = part else {
        return Language::parse(text).ok().map(|language| format!("{}.{title}", language.as_str()));
    };
    let language = Language::parse(tag)
        .ok()
        .or_else(|| Language::parse(nearest(tag, NAME_LANGUAGES.iter().copied())?).ok());
    Some(format!("{}.{part}", language.unwrap_or_default().as_str()))
}

/// The parameter as the document describes it.
pub fn missing_parameter(schema: &ResourceSchema) -> Value {
    let names = part_names(&translatable_parts(schema));
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    let media_note = if names.contains(&"captions") {
        " `captions` are those that `caption_language` finds; a `transcript` is made of captions or subtitles that this server keeps."
    } else {
        ""
    };
    let description = format!(
        "Items that lack a part in a language: the language's tag, a dot, and one of {}. Without a key that lists drafts (`status`) only \
         published texts are there.{media_note} What is made from the other script is not there; `sr` means both scripts. Several mean that \
         any of them is missing; `!` that it is there.",
        names.join(", "),
    );
    let items = json!({
        "type": "string", "minLength": shortest.saturating_add(3), "maxLength": MAX_TAG_LENGTH.saturating_add(shortest).saturating_add(1),
        "pattern": format!("^!?{LANGUAGE_PATTERN}\\.({})$", names.join("|")),
    });
    let example = names
        .iter()
        .find(|name| **name == "captions")
        .or(names.first())
        .copied()
        .unwrap_or("title");
    comma_list_parameter("missing", &description, items, MAX_VALUES, &format!("sq.{example}"))
}

/// Adds the member to each resource, and what it looks like.
pub fn add_completeness_schemas(schemas: &mut Map<String, Value>, specs: &[&ResourceSchema]) {
    for resource_schema in specs {
        let name = resource_schema.kind.schema_name();
        let resource = schemas.get_mut(name).and_then(|schema| schema.get_mut("properties"));
        let Some(properties) = resource.and_then(Value::as_object_mut) else { continue };
        let parts = part_names(&translatable_parts(resource_schema));
        let sources = if parts.contains(&"captions") {
            "of texts that you may see and of captions"
        } else {
            "of texts that you may see"
        };
        let description = format!(
            "Which parts are there, by language tag; only with `include=completeness`. The languages are those {sources}: in a language \
             that is not named nothing is there."
        );
        let part = format!("{name}Completeness");
        let target = json!({"$ref": format!("#/components/schemas/{part}")});
        properties.insert(
            "completeness".to_owned(),
            json!({"type": "object", "additionalProperties": target, "description": description}),
        );
        let members: Map<String, Value> =
            parts.iter().map(|name| ((*name).to_owned(), json!({"type": "boolean"}))).collect();
        let description = "Whether each part is there in one language. What is made from the other script is not.";
        schemas.insert(part, json!({"type": "object", "description": description, "required": parts, "properties": members}));
    }
}
