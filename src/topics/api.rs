//! HTTP handlers for `/v1/topics`.

use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;
use crate::topics::model::Topic;
use crate::topics::resource::Topics;

type TopicPage = Page<Topic>;

crud_handlers! {
    resource: Topics,
    view: Topic,
    page: TopicPage,
    tag: "Topics",
    list: "Terms of the controlled vocabulary, newest first unless `sort` or `q` is given.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/topics",
    item_path: "/v1/topics/{topic}",
    restore_path: "/v1/topics/{topic}/restore",
    path_parameter: "topic",
}
