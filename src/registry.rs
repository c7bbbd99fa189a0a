//! The registry of resource kinds: every operation of every kind, in one list.
//!
//! Everything that iterates over kinds (server, commands, OpenAPI document) iterates over
//! [`RESOURCES`]. Modules below this one receive what they need from it: `AppState` receives the
//! schemas and the loaders for `include`, the feeds of saved queries receive the [`FeedLoader`]s.

use crate::resource::model::item::ItemRow;
use crate::resource::query::shape::ResponseShape;
use crate::resource::read::get::render_item;
use crate::resource::read::include::load_full;
use crate::resource::view::resource::Resource;
use crate::resource::write::merge_patch::merge_with_stored;
use crate::resource::write::purge::PurgeFn;
use crate::resource::write::purge::purge_batch;
use crate::resource::write::save::{SaveResult, WriteMode, save_item};
use std::sync::Arc;

use serde_json::Value;

use crate::db::Connection;
use crate::feeds::api::{FeedLoader, load_feed};
use crate::feeds::entries::FeedResource;
use crate::http::auth::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::index::verify::{RepairFn, VerifyFn, repair, verify};
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::{AppState, LoadForInclude};
use crate::resource::view::context::RenderContext;
use crate::saved_queries::resource::SavedQueries;
use crate::topics::resource::Topics;
use crate::videos::resource::Videos;

/// Every kind. A kind comes after the kinds that it refers to, so that an import in this order
/// finds the targets of references.
pub static RESOURCES: [ResourceEntry; 7] = [
    entry::<Topics>(),
    entry::<Partners>().with_feed::<Partners>(),
    entry::<Programmes>().with_feed::<Programmes>(),
    entry::<Videos>().with_feed::<Videos>(),
    entry::<Indicators>(),
    entry::<ImpactStatistics>().with_feed::<ImpactStatistics>(),
    entry::<SavedQueries>(),
];

/// Validates a body and stores it as a new item, or as the new state of an existing one.
pub type SaveFn =
    fn(&mut Connection, &AppState, WriteMode<'_>, &Value) -> Result<SaveResult, Problem>;

/// Merges a JSON merge patch into a stored item. Returns the body that PUT would take.
pub type MergePatchFn = fn(&mut Connection, &AppState, &ItemRow, &Value) -> Result<Value, Problem>;

/// Renders an item as JSON with all its languages, as an editor sees it.
pub type RenderFn = fn(&mut Connection, &AppState, ItemRow) -> Result<String, Problem>;

/// The operations of one kind.
pub struct ResourceEntry {
    /// The declaration of the kind.
    pub schema: &'static ResourceSchema,
    /// Loads complete items for `include`.
    pub load_full: LoadForInclude,
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
    /// Loads a page of a list as a feed, for kinds with feeds.
    pub feed: Option<FeedLoader>,
}

/// Returns the entry of a kind, without feeds.
const fn entry<S: Resource>() -> ResourceEntry {
    ResourceEntry {
        schema: S::SCHEMA,
        load_full: load_full::<S>,
        save: save_item::<S>,
        merge_patch: merge_with_stored::<S>,
        render: render_all_languages::<S>,
        purge: purge_batch::<S>,
        verify: verify::<S>,
        repair: repair::<S>,
        feed: None,
    }
}

impl ResourceEntry {
    /// Adds the feeds of a kind.
    const fn with_feed<S: FeedResource>(mut self) -> Self {
        self.feed = Some(load_feed::<S>);
        self
    }
}

/// Returns the entry of a kind. Fails only if a kind is missing in [`RESOURCES`], which a test
/// excludes.
pub fn entry_of(kind: ResourceKind) -> Result<&'static ResourceEntry, Problem> {
    RESOURCES
        .iter()
        .find(|entry| entry.schema.kind == kind)
        .ok_or_else(|| Problem::internal(format!("kind {} is not registered", kind.as_str())))
}

/// Returns the declarations of all kinds.
pub fn schemas() -> Vec<&'static ResourceSchema> {
    RESOURCES.iter().map(|entry| entry.schema).collect()
}

/// Returns the schemas and the loaders for `include` of all kinds, for [`AppState`].
pub fn include_loaders() -> Vec<(&'static ResourceSchema, LoadForInclude)> {
    RESOURCES.iter().map(|entry| (entry.schema, entry.load_full)).collect()
}

/// Returns the feed loaders of the kinds with feeds.
pub fn feed_loaders() -> Vec<(ResourceKind, FeedLoader)> {
    RESOURCES.iter().filter_map(|entry| Some((entry.schema.kind, entry.feed?))).collect()
}

fn render_all_languages<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
) -> Result<String, Problem> {
    let mut render_context = RenderContext::new(
        LanguagePreference::all_languages(state.fallback_languages.clone()),
        Arc::clone(&state.country_names),
        None,
    );
    let shape = ResponseShape::default();
    render_item::<S>(connection, state, item, &mut render_context, &shape, Visibility::All)
        .map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved_queries::model::LISTABLE_SCHEMAS;

    #[test]
    fn every_kind_is_registered_once_in_dependency_order() {
        let kinds: Vec<ResourceKind> = RESOURCES.iter().map(|entry| entry.schema.kind).collect();
        assert_eq!(kinds, ResourceKind::ALL);
    }

    #[test]
    fn kinds_with_feed_formats_have_a_feed_loader() {
        for entry in &RESOURCES {
            let name = entry.schema.kind.as_str();
            assert_eq!(entry.feed.is_some(), !entry.schema.feed_formats.is_empty(), "{name}");
        }
    }

    #[test]
    fn saved_queries_list_the_kinds_with_feeds() {
        for entry in &RESOURCES {
            let kind = entry.schema.kind;
            let listable = LISTABLE_SCHEMAS.iter().any(|schema| schema.kind == kind);
            assert_eq!(listable, entry.feed.is_some(), "{}", kind.as_str());
        }
    }
}
