//! HTTP handlers for `/v1/results`.

use crate::impact::results::model::ResultStatement;
use crate::impact::results::resource::Results;
use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;

type ResultPage = Page<ResultStatement>;

crud_handlers! {
    resource: Results,
    view: ResultStatement,
    page: ResultPage,
    tag: "Results",
    list: "Results of programmes, newest first unless `sort` or `q` is given; `sort=order` is their order in the programme.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/results",
    item_path: "/v1/results/{result}",
    restore_path: "/v1/results/{result}/restore",
    path_parameter: "result",
}
