//! HTTP handlers for `/v1/programmes`.

use crate::programmes::resource::Programmes;
use crate::programmes::view::Programme;
use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;

type ProgrammePage = Page<Programme>;

crud_handlers! {
    resource: Programmes,
    view: Programme,
    page: ProgrammePage,
    tag: "Programmes",
    list: "Sorted by publication time, newest first, unless `sort` or `q` is given.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/programmes",
    item_path: "/v1/programmes/{programme}",
    restore_path: "/v1/programmes/{programme}/restore",
    path_parameter: "programme",
}
