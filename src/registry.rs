//! The registry of resource kinds: every operation of every kind, in one list.
//!
//! Everything that iterates over kinds (server, commands, OpenAPI document) iterates over
//! [`resources`]: the kinds of the product, and those that a program which links this library adds
//! with [`register`]. Modules below this one receive what they need from it: `AppState` receives the
//! schemas and the loaders for `include`, the feeds of saved queries receive the [`FeedLoader`]s.

use crate::resource::model::item::ItemRow;
use crate::resource::read::include::load_full;
use crate::resource::view::resource::Resource;
use crate::resource::write::body::{RequestBody, describe_body};
use crate::resource::write::merge_patch::{load_stored, merge_with_stored};
use crate::resource::write::purge::PurgeFn;
use crate::resource::write::purge::purge_batch;
use crate::resource::write::save::{SaveRequest, SaveResult, save_item};
use crate::resource::write::status_change::change_status;
use std::sync::OnceLock;

use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::db::Connection;
use crate::feeds::api::{FeedLoader, load_feed};
use crate::feeds::entries::FeedResource;
use crate::http::problem::Problem;
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::impact::results::resource::Results;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::index::verify::{RepairFn, VerifyFn, repair, verify};
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::{AppState, RegisteredKind};
use crate::saved_queries::resource::SavedQueries;
use crate::topics::resource::Topics;
use crate::videos::resource::Videos;
use crate::{feeds, impact, partners, programmes, saved_queries, tables, topics, videos};

/// A function that registers one handler.
macro_rules! handler {
    ($handler:path) => {
        |config| {
            config.service($handler);
        }
    };
}

/// The kinds of the product. A kind comes after the kinds that it refers to, so that an import in this order
/// finds the targets of references.
static RESOURCES: [ResourceEntry; 8] = [
    entry::<Topics>(topics::api::configure),
    entry::<Partners>(partners::api::configure)
        .with_feed::<Partners>(handler!(feeds::api::partner_feed))
        .with_table(handler!(tables::api::export_partners)),
    entry::<Programmes>(programmes::api::configure)
        .with_feed::<Programmes>(handler!(feeds::api::programme_feed))
        .with_table(handler!(tables::api::export_programmes)),
    entry::<Videos>(videos::api::configure)
        .with_feed::<Videos>(handler!(feeds::api::video_feed))
        .with_table(handler!(tables::api::export_videos)),
    entry::<Results>(impact::results::api::configure)
        .with_table(handler!(tables::api::export_results)),
    entry::<Indicators>(impact::indicators::api::configure)
        .with_table(handler!(tables::api::export_indicators)),
    entry::<ImpactStatistics>(impact::api::configure)
        .with_feed::<ImpactStatistics>(handler!(feeds::api::impact_statistic_feed))
        .with_table(handler!(tables::api::export_impact_statistics)),
    entry::<SavedQueries>(saved_queries::api::configure),
];

/// The kinds that [`register`] added.
static FURTHER_RESOURCES: OnceLock<Vec<ResourceEntry>> = OnceLock::new();

/// Adds kinds to those of the product, for the whole process: the server and all commands then
/// treat them like the kinds of the product. To be called once, before anything else; returns
/// whether the kinds were added, which only the first call does.
pub fn register(entries: Vec<ResourceEntry>) -> bool {
    ResourceKind::register(entries.iter().map(|entry| entry.schema.kind))
        && FURTHER_RESOURCES.set(entries).is_ok()
}

/// Returns the entries of all kinds. A kind comes after the kinds that it refers to.
pub fn resources() -> impl DoubleEndedIterator<Item = &'static ResourceEntry> {
    RESOURCES.iter().chain(FURTHER_RESOURCES.get().into_iter().flatten())
}

/// Validates a body and stores it as a new item, or as the new state of an existing one.
pub type SaveFn = fn(&mut Connection, &AppState, SaveRequest<'_>) -> Result<SaveResult, Problem>;

/// Merges a JSON merge patch into a stored item. Returns the body that PUT would take.
pub type MergePatchFn = fn(&mut Connection, &AppState, &ItemRow, &Value) -> Result<Value, Problem>;

/// Registers handlers.
pub type ConfigureFn = fn(&mut ServiceConfig<'_>);

/// Renders an item as JSON with all its languages, as an editor sees it.
pub type RenderFn = fn(&mut Connection, &AppState, ItemRow) -> Result<Value, Problem>;

/// The operations of one kind.
pub struct ResourceEntry {
    /// The declaration of the kind.
    pub schema: &'static ResourceSchema,
    /// Registers the handlers of paths below the list: `/v1/{list}/…`.
    pub configure: ConfigureFn,
    /// Registers the handler of `/feeds/{list}.{format}`, for kinds with feeds.
    pub configure_feed: ConfigureFn,
    /// Registers the handler of `/v1/{list}.{format}`, for kinds with tables.
    pub configure_table: ConfigureFn,
    /// The operations that other kinds need.
    pub registered: RegisteredKind,
    /// Stores an item.
    pub save: SaveFn,
    /// Merges a patch into a stored item.
    pub merge_patch: MergePatchFn,
    /// Renders an item.
    pub render: RenderFn,
    /// Removes the content of items that were deleted long ago.
    pub purge: PurgeFn,
    /// Compares the derived data of items with the items.
    pub verify: VerifyFn,
    /// Rebuilds the derived data of items.
    pub repair: RepairFn,
    /// Describes the request body.
    pub describe_body: fn() -> RequestBody,
    /// Loads a page of a list as a feed, for kinds with feeds.
    pub feed: Option<FeedLoader>,
}

/// Returns the entry of a kind with these handlers, without feeds and tables.
pub const fn entry<S: Resource>(configure: ConfigureFn) -> ResourceEntry {
    ResourceEntry {
        schema: S::SCHEMA,
        configure,
        configure_feed: |_| {},
        configure_table: |_| {},
        registered: RegisteredKind {
            schema: S::SCHEMA,
            load_full: load_full::<S>,
            change_status: change_status::<S>,
        },
        save: save_item::<S>,
        merge_patch: merge_with_stored::<S>,
        render: render_all_languages::<S>,
        purge: purge_batch::<S>,
        verify: verify::<S>,
        repair: repair::<S>,
        describe_body: describe_body::<S>,
        feed: None,
    }
}

impl ResourceEntry {
    /// Adds the feeds of a kind, with the function that registers their handler.
    #[must_use]
    pub const fn with_feed<S: FeedResource>(mut self, configure: ConfigureFn) -> Self {
        self.feed = Some(load_feed::<S>);
        self.configure_feed = configure;
        self
    }

    /// Adds the tables of a kind, with the function that registers their handler.
    #[must_use]
    pub const fn with_table(mut self, configure: ConfigureFn) -> Self {
        self.configure_table = configure;
        self
    }
}

/// Returns the entry of a kind. Fails only if the kind is not registered.
pub fn entry_of(kind: ResourceKind) -> Result<&'static ResourceEntry, Problem> {
    resources()
        .find(|entry| entry.schema.kind == kind)
        .ok_or_else(|| Problem::internal(format!("kind {} is not registered", kind.as_str())))
}

/// Returns the declarations of all kinds.
pub fn schemas() -> Vec<&'static ResourceSchema> {
    resources().map(|entry| entry.schema).collect()
}

/// Returns the descriptions of the request bodies of all kinds.
pub fn request_bodies() -> Vec<RequestBody> {
    resources().map(|entry| (entry.describe_body)()).collect()
}

/// Returns all kinds with the operations that [`AppState`] needs.
pub fn registered_kinds() -> Vec<RegisteredKind> {
    resources().map(|entry| entry.registered).collect()
}

/// Returns the feed loaders of the kinds with feeds.
pub fn feed_loaders() -> Vec<(ResourceKind, FeedLoader)> {
    resources().filter_map(|entry| Some((entry.schema.kind, entry.feed?))).collect()
}

fn render_all_languages<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
) -> Result<Value, Problem> {
    let stored = load_stored::<S>(connection, state, item)?;
    serde_json::to_value(&stored).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::schema::FilterType;

    #[test]
    fn every_kind_is_registered_once_in_dependency_order() {
        let kinds: Vec<ResourceKind> = resources().map(|entry| entry.schema.kind).collect();
        assert_eq!(kinds, ResourceKind::all());
    }

    #[test]
    fn kinds_with_feed_formats_have_a_feed_loader() {
        for entry in resources() {
            let name = entry.schema.kind.as_str();
            assert_eq!(entry.feed.is_some(), entry.schema.kind.has_feeds(), "{name}");
        }
    }

    #[test]
    fn references_have_a_filter_by_the_target() {
        for entry in resources() {
            for reference in entry.schema.references {
                let filter = entry.schema.filters.iter().find(|filter| {
                    filter.name == reference.filter
                        && matches!(filter.filter_type, FilterType::Item(kind) if kind == reference.target)
                });
                assert!(filter.is_some(), "{} of {:?}", reference.field, entry.schema.kind);
            }
        }
    }

    #[test]
    fn searched_references_and_found_names_are_declared() {
        for entry in resources() {
            let kind = entry.schema.kind;
            let is_declared = |field: &&str| entry.schema.reference(field).is_some();
            assert!(kind.unsearched_references().iter().all(is_declared), "{kind:?}");
            for reference in entry.schema.references {
                let is_searched = kind.is_searched_reference(reference.field);
                assert!(!is_searched || reference.target.is_found_by_name(), "{}", reference.field);
            }
        }
    }
}
