//! HTTP handlers for `/v1/indicators`.

use crate::impact::indicators::model::Indicator;
use crate::impact::indicators::resource::Indicators;
use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;

type IndicatorPage = Page<Indicator>;

crud_handlers! {
    resource: Indicators,
    view: Indicator,
    page: IndicatorPage,
    tag: "Indicators",
    list: "Sorted by publication time, newest first, unless `sort` or `q` is given.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/indicators",
    item_path: "/v1/indicators/{indicator}",
    restore_path: "/v1/indicators/{indicator}/restore",
    path_parameter: "indicator",
}
