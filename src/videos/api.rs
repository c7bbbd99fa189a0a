//! HTTP handlers for `/v1/videos`.

use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;
use crate::videos::resource::Videos;
use crate::videos::view::Video;

type VideoPage = Page<Video>;

crud_handlers! {
    resource: Videos,
    view: Video,
    page: VideoPage,
    tag: "Videos",
    list: "Sorted by publication time, newest first, unless `sort` or `q` is given.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/videos",
    item_path: "/v1/videos/{video}",
    restore_path: "/v1/videos/{video}/restore",
    path_parameter: "video",
}
