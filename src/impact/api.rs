//! HTTP handlers for `/v1/impact-statistics`.

use crate::impact::resource::ImpactStatistics;
use crate::impact::view::ImpactStatistic;
use crate::resource::handlers::crud_handlers;
use crate::resource::openapi::page::Page;

type ImpactStatisticPage = Page<ImpactStatistic>;

crud_handlers! {
    resource: ImpactStatistics,
    view: ImpactStatistic,
    page: ImpactStatisticPage,
    tag: "Impact statistics",
    list: "Sorted by publication time, newest first, unless `sort` or `q` is given. A display of a \
           value must include its qualifier.",
    texts: OperationTexts::COMMON,
    list_path: "/v1/impact-statistics",
    item_path: "/v1/impact-statistics/{impact_statistic}",
    restore_path: "/v1/impact-statistics/{impact_statistic}/restore",
    path_parameter: "impact_statistic",
}
