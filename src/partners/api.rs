//! HTTP handlers for `/v1/partners`.

use crate::partners::resource::Partners;
use crate::partners::view::Partner;
use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;

type PartnerPage = Page<Partner>;

crud_handlers! {
    resource: Partners,
    view: Partner,
    page: PartnerPage,
    tag: "Partners",
    list: "Sorted by publication time, newest first, unless `sort` or `q` is given.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/partners",
    item_path: "/v1/partners/{partner}",
    restore_path: "/v1/partners/{partner}/restore",
    path_parameter: "partner",
}
