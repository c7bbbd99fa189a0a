//! HTTP handlers for `/v1/saved-queries`.

use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;
use crate::saved_queries::model::SavedQuery;
use crate::saved_queries::resource::SavedQueries;

type SavedQueryPage = Page<SavedQuery>;

crud_handlers! {
    resource: SavedQueries,
    view: SavedQuery,
    page: SavedQueryPage,
    tag: "Saved queries",
    list: "Named queries of lists with permanent URLs: `/f/{slug}` is an embeddable page, \
           `/f/{slug}.rss`, `.atom` and `.json` are feeds. Newest first unless `sort` or `q` is \
           given.",
    texts: OperationTexts {
        get: "By id or slug; a former slug redirects (308) to the current one.",
        create: "If `slug` is absent, it is generated from the name in the original language. \
                 Requires an API key with the role editor.",
        replace: "Replaces the entire saved query, or creates it at that slug if it does not \
                  exist, so that synchronization can repeat the request safely. The response of \
                  GET with `lang=all` can be sent back unchanged and changes nothing. Requires an \
                  API key with the role editor.",
        patch: "JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are \
                replaced. Requires an API key with the role editor.",
        delete: "After deletion the saved query returns 410, or 404 to the public if it was never \
                 published. Requires an API key with the role editor.",
        restore: "Restores a deleted saved query in its former state until it is purged; 410 after \
                  that. A saved query that is not deleted is returned unchanged. Requires an API \
                  key with the role editor.",
        stored_item: "The {noun}, as stored.",
        new_item: "The {noun} was created.",
        restored_item: "The restored {noun}.",
    },
    list_path: "/v1/saved-queries",
    item_path: "/v1/saved-queries/{saved_query}",
    restore_path: "/v1/saved-queries/{saved_query}/restore",
    path_parameter: "saved_query",
}
