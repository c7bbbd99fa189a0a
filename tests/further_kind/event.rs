//! The kind `event`: a complete kind with a filter, a reference, feeds and a table, and without a
//! change to the library.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use kinoteka::feeds::api::list_feed;
use kinoteka::feeds::entries::{EntryContext, FeedResource};
use kinoteka::feeds::feed::Entry;
use kinoteka::http::json_fields::JsonFields;
use kinoteka::http::problem::Problem;
use kinoteka::i18n::messages::Message;
use kinoteka::registry::{ResourceEntry, entry};
use kinoteka::resource::handlers::crud_handlers;
use kinoteka::resource::model::item::{LoadedItem, NewReference};
use kinoteka::resource::model::resource::ResourceModel;
use kinoteka::resource::model::text_track::TrackSummary;
use kinoteka::resource::openapi::page::Page;
use kinoteka::resource::schema::{
    FilterSchema, FilterType, KindDefinition, ReferenceSchema, ResourceKind, ResourceSchema,
    SortColumn, SortSchema, TextField, openapi_refs,
};
use kinoteka::resource::state::AppState;
use kinoteka::resource::view::context::{CommonFields, EmbeddedJson, RenderContext};
use kinoteka::resource::view::resource::{ParsedFields, Resource};
use kinoteka::tables::api::export_table;
use kinoteka::tables::cell::CellSink;
use kinoteka::tables::row::RowWriter;
use kinoteka::tables::table_resource::TableResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The kind.
pub const EVENT: ResourceKind = ResourceKind::new(&KindDefinition {
    name: "event",
    noun: "event",
    schema_name: "Event",
    path: "/v1/events",
    heading: Message::Registered(&[
        "Events",
        "Ngjarje",
        "Događaji",
        "Događaji",
        "Догађаји",
        "Настани",
        "Etkinlikler",
    ]),
    index_prefix: 'e',
    example_slug: "opening-night",
    reserved_slugs: &[],
    is_searched: true,
    is_found_by_name: false,
    unsearched_references: &[],
    has_embed_page: false,
    display_rank: 7,
    suggestion_rank: Some(4),
    dataset_description: Some(Message::Registered(&[
        "Events of the programmes.",
        "Ngjarje të programeve.",
        "Događaji u okviru programa.",
        "Događaji u okviru programa.",
        "Догађаји у оквиру програма.",
        "Настани во рамки на програмите.",
        "Programların etkinlikleri.",
    ])),
    feed_formats: &["atom", "json"],
});

const FORMATS: &[&str] = &["online", "on_site"];

static SCHEMA: ResourceSchema = ResourceSchema {
    kind: EVENT,
    sort_table: None,
    text_fields: &[("title", TextField::Title), ("summary", TextField::Summary)],
    references: &[ReferenceSchema { field: "topic", filter: "topic", target: ResourceKind::TOPIC }],
    filters: &[
        FilterSchema {
            name: "topic",
            filter_type: FilterType::Item(ResourceKind::TOPIC),
            description: "Events on this topic.",
            example: "social-norms",
        },
        FilterSchema {
            name: "format",
            filter_type: FilterType::OneOf(FORMATS),
            description: "Events of this format.",
            example: "online",
        },
    ],
    ranges: &[],
    sort_keys: &[SortSchema {
        name: "title",
        column: SortColumn::Title,
        description: "the title, in the language and alphabet of the response",
    }],
    fields: &["date", "format", "topic"],
    on_demand_fields: &[],
    referenced_by: &[],
    embeds: &[ResourceKind::TOPIC],
};

/// The stored fields.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct EventFields {
    date: Option<NaiveDate>,
    format: Option<String>,
}

/// An event.
#[derive(Serialize, ToSchema)]
#[expect(clippy::option_option, reason = "with `lang=all` the member is absent, not null")]
pub struct Event {
    #[serde(flatten)]
    common: CommonFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    transliterated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Option<String>)]
    summary: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    translations: Option<BTreeMap<String, Value>>,
    date: Option<NaiveDate>,
    format: Option<String>,
    #[schema(required, schema_with = openapi_refs::topic_or_null)]
    topic: Option<EmbeddedJson>,
}

/// The `event` resource.
pub struct Events;

impl ResourceModel for Events {
    const SCHEMA: &'static ResourceSchema = &SCHEMA;
    type Fields = EventFields;

    fn filter_values(own: &EventFields, _: &[TrackSummary]) -> Vec<(&'static str, String)> {
        own.format.iter().map(|format| ("format", format.clone())).collect()
    }
}

impl Resource for Events {
    type View = Event;

    fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<EventFields> {
        let topic = fields.reference("topic");
        ParsedFields {
            references: topic
                .map(|topic| NewReference::without_role("topic", topic))
                .into_iter()
                .collect(),
            fields: EventFields {
                date: fields.date("date"),
                format: fields.one_of("format", FORMATS),
            },
        }
    }

    fn render(mut loaded: LoadedItem<EventFields>, render_context: &RenderContext) -> Event {
        let translations = loaded.render_translations(&SCHEMA, render_context);
        let selected = loaded.take_selected_text();
        Event {
            language: selected.as_ref().map(|selected| selected.language.as_str().to_owned()),
            transliterated: selected.as_ref().map(|selected| selected.is_transliterated),
            title: selected.as_ref().map(|selected| selected.text.title.clone()),
            summary: selected.map(|selected| selected.text.summary),
            translations,
            common: loaded.take_common_fields(),
            topic: loaded.embedded_reference("topic", render_context),
            date: loaded.fields.date,
            format: loaded.fields.format,
        }
    }
}

impl FeedResource for Events {
    fn render_entry(
        mut loaded: LoadedItem<EventFields>,
        entry_context: &EntryContext<'_>,
    ) -> Option<Entry> {
        entry_context.base_entry(EVENT, &mut loaded).map(|(entry, _)| entry)
    }
}

/// Subscribe to events
#[utoipa::path(operation_id = "get_event_feed", tag = "Feeds", params(("format" = String, Path, description = "The format.")), responses((status = 200, description = "The feed.")))]
#[get("/feeds/events.{format}")]
async fn event_feed(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Events>(state, request, format.into_inner()).await
}

impl TableResource for Events {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "title",
        "format",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn write_row(mut loaded: LoadedItem<EventFields>, _: &RenderContext, cells: &mut dyn CellSink) {
        let mut row = RowWriter::new(cells);
        let selected = loaded.take_selected_text();
        row.leading_columns(&loaded.item, selected.as_ref());
        row.optional_text(selected.as_ref().map(|selected| selected.text.title.as_str()));
        row.optional_text(loaded.fields.format.as_deref());
        row.trailing_columns(&loaded.item, &loaded.languages);
    }
}

/// Export events as a table
#[utoipa::path(operation_id = "export_events", tag = "Tables", params(("format" = String, Path, description = "The format.")), responses((status = 200, description = "The table.")))]
#[get("/v1/events.{format}")]
async fn export_events(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Events>(state, request, format.into_inner()).await
}

mod api {
    use super::{Event, Events, Page, crud_handlers};

    type EventPage = Page<Event>;

    crud_handlers! {
        resource: Events,
        view: Event,
        page: EventPage,
        tag: "Events",
        list: "Sorted by publication time, newest first, unless `sort` or `q` is given.",
        texts: OperationTexts::COMMON,
        list_path: "/v1/events",
        item_path: "/v1/events/{event}",
        restore_path: "/v1/events/{event}/restore",
        path_parameter: "event",
    }
}

fn configure_feed(config: &mut ServiceConfig<'_>) {
    config.service(event_feed);
}

fn configure_table(config: &mut ServiceConfig<'_>) {
    config.service(export_events);
}

/// The entry for the registry.
pub fn event_entry() -> ResourceEntry {
    entry::<Events>(api::configure).with_feed::<Events>(configure_feed).with_table(configure_table)
}
