//! What a saved query is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::JsonFields;
use crate::resource::model::item::{LoadedItem, Status};
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::{FacetValue, Links, encode_query};
use crate::resource::schema::{
    FilterSchema, FilterType, ResourceKind, ResourceSchema, SortColumn, SortSchema, TextField,
};
use crate::resource::view::context::{CommonFields, RenderContext};
use crate::resource::view::resource::ParsedFields;
use crate::saved_queries::resolve::{MAX_SAVED_QUERY_LEN, parse_saved_query};
use crate::{impact, partners, programmes, videos};

/// The lists that can be asked.
pub const LISTABLE_SCHEMAS: [&ResourceSchema; 4] = [
    &videos::model::SCHEMA,
    &programmes::model::SCHEMA,
    &partners::model::SCHEMA,
    &impact::model::SCHEMA,
];

/// The kinds of item that they list.
pub const LISTABLE_KINDS: &[&str] = &["video", "programme", "partner", "impact_statistic"];

/// The declaration.
pub const SCHEMA: ResourceSchema = ResourceSchema {
    kind: ResourceKind::SavedQuery,
    sort_table: None,
    text_fields: &[("name", TextField::Title), ("description", TextField::Description)],
    references: &[],
    filters: &[FilterSchema {
        name: "kind",
        filter_type: FilterType::OneOf(LISTABLE_KINDS),
        description: "Queries of items of this kind.",
        example: "video",
    }],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "name",
        column: SortColumn::Title,
        description: "the name, in the answer's language and its alphabet",
    }],
    fields: &["kind", "query", "list", "page", "feeds"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[],
    feed_formats: &[],
};

/// A query of a list that has a name and an address that stays.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedQuery {
    /// What every resource shows.
    #[serde(flatten)]
    pub common: CommonFields,
    /// The texts in the answer's language.
    #[serde(flatten)]
    pub texts: SavedQueryTexts,
    /// The kind of item that it asks for.
    #[schema(value_type = SavedQueryKind)]
    pub kind: String,
    /// What stands after `?` in the address of the list; empty for all items.
    #[schema(example = "topic=testimonials&sort=title")]
    pub query: String,
    /// The list at its own address.
    #[schema(
        format = "uri",
        example = "https://catalogue.example.org/v1/videos?topic=testimonials&sort=title"
    )]
    pub list: String,
    /// The list as a page to be framed; only videos have one.
    #[schema(required, format = "uri", example = "https://catalogue.example.org/f/testimonials")]
    pub page: Option<String>,
    /// The list as feeds.
    pub feeds: SavedQueryFeeds,
}

/// Feeds of a saved query: addresses that stay when the query changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedQueryFeeds {
    /// RSS 2.0; only of videos.
    #[schema(
        required,
        format = "uri",
        example = "https://catalogue.example.org/f/testimonials.rss"
    )]
    pub rss: Option<String>,
    /// Atom.
    #[schema(format = "uri", example = "https://catalogue.example.org/f/testimonials.atom")]
    pub atom: String,
    /// JSON Feed.
    #[schema(format = "uri", example = "https://catalogue.example.org/f/testimonials.json")]
    pub json: String,
}

/// The kind of item that a saved query asks for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SavedQueryKind {
    Video,
    Programme,
    Partner,
    ImpactStatistic,
}

/// A saved query's texts in one language; with `lang=all` in every language instead.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SavedQueryTexts {
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "en")]
    pub language: Option<String>,
    /// Whether they were made from the same language's other script.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    pub transliterated: Option<bool>,
    /// Name: the title of its feeds and of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false, example = "Testimonials")]
    pub name: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The texts of every language, by language tag; only with `lang=all` or
    /// `include=translations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = BTreeMap<String, SavedQueryTranslation>)]
    pub translations: Option<BTreeMap<String, Value>>,
}

/// A saved query's texts in one language.
#[derive(Clone, Debug, ToSchema)]
pub struct SavedQueryTranslation {
    /// Whether the public sees this language.
    pub status: Option<Status>,
    /// Name.
    #[schema(
        required,
        nullable = false,
        min_length = 1,
        max_length = 300,
        example = "Testimonials"
    )]
    pub name: Option<String>,
    /// Description.
    #[schema(max_length = 50_000)]
    pub description: Option<String>,
}

/// What POST and PUT take; PATCH merges it. Flat texts are those of `original_language`.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"status": "published", "name": "Testimonials", "kind": "video", "query": "topic=testimonials&sort=title"}))]
pub struct SavedQueryInput {
    /// Readable name in addresses; made from the name if it is absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    pub slug: Option<String>,
    /// `draft` if it is absent.
    pub status: Option<Status>,
    /// Set at first publication if it is absent.
    pub published_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The language it was written in.
    pub original_language: Option<String>,
    /// The texts by language tag; null removes a language in a PATCH.
    pub translations: Option<BTreeMap<String, SavedQueryTranslation>>,
    /// Name in the original language.
    #[schema(min_length = 1, max_length = 300)]
    pub name: Option<String>,
    /// Description in the original language.
    #[schema(max_length = 50_000)]
    pub description: Option<String>,
    /// The kind of item that it asks for.
    #[schema(required, nullable = false)]
    pub kind: Option<SavedQueryKind>,
    /// What stands after `?` in the address of the list: filters, `q`, `sort` and `limit`; the
    /// language is asked for at the feed's address.
    #[schema(max_length = 2_000, example = "topic=testimonials&sort=title")]
    pub query: Option<String>,
    /// Ignored: what was read can be sent back.
    pub list: Option<Value>,
    /// Ignored: what was read can be sent back.
    pub page: Option<Value>,
    /// Ignored: what was read can be sent back.
    pub feeds: Option<Value>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct SavedQueryPage {
    /// The items of this page.
    pub data: Vec<SavedQuery>,
    /// Where the page stands in the list.
    pub page: PageInfo,
    /// Counts of the values of each facet that was asked for, the most frequent first.
    #[schema(nullable = false)]
    pub facets: Option<BTreeMap<String, Vec<FacetValue>>>,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["violence"]))]
    pub did_you_mean: Option<Vec<String>>,
    /// Addresses of this page and its neighbours.
    pub links: Links,
}

/// A saved query's own fields.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SavedQueryFields {
    /// See [`KINDS`].
    pub kind: String,
    /// What stands after `?`.
    pub query: String,
}

impl SavedQueryFields {
    /// The list that it asks; `None` for a kind that this program does not know.
    pub fn list_schema(&self) -> Option<&'static ResourceSchema> {
        LISTABLE_SCHEMAS.into_iter().find(|spec| spec.kind.as_str() == self.kind)
    }
}

/// Reads a body.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<SavedQueryFields> {
    fields.ignore(&["list", "page", "feeds"]);
    let kind = fields.one_of("kind", LISTABLE_KINDS);
    fields.require("kind", kind.is_some());
    let text = fields.text("query", MAX_SAVED_QUERY_LEN).unwrap_or_default();
    let saved_query_fields = SavedQueryFields {
        kind: kind.unwrap_or_default(),
        query: text.trim_start_matches('?').to_owned(),
    };
    if let Some(Err(errors)) =
        saved_query_fields.list_schema().map(|list| parse_saved_query(&saved_query_fields, list))
    {
        fields.errors_mut().extend(errors);
    }
    ParsedFields { fields: saved_query_fields, references: Vec::new() }
}

/// Draws the resource.
pub fn render(
    mut loaded: LoadedItem<SavedQueryFields>,
    render_context: &RenderContext,
) -> SavedQuery {
    let translations = loaded.render_translations(&SCHEMA, render_context);
    let texts = match loaded.take_selected_text() {
        None => SavedQueryTexts { translations, ..SavedQueryTexts::default() },
        Some(chosen) => SavedQueryTexts {
            language: Some(chosen.language.as_str().to_owned()),
            transliterated: Some(chosen.is_transliterated),
            name: Some(chosen.text.title),
            description: Some(chosen.text.description),
            translations,
        },
    };
    let common = loaded.take_common_fields();
    let fields = loaded.fields;
    let (extensions, path) =
        fields.list_schema().map_or((&[][..], ""), |list| (list.feed_formats, list.kind.path()));
    let here = format!("{}/f/{}", render_context.base_url, common.slug);
    let mark = if fields.query.is_empty() { "" } else { "?" };
    SavedQuery {
        list: format!("{}{path}{mark}{}", render_context.base_url, encode_query(&fields.query)),
        page: (path == ResourceKind::Video.path()).then(|| here.clone()),
        feeds: SavedQueryFeeds {
            rss: extensions.contains(&"rss").then(|| format!("{here}.rss")),
            atom: format!("{here}.atom"),
            json: format!("{here}.json"),
        },
        common,
        texts,
        kind: fields.kind,
        query: fields.query,
    }
}
