//! What every list takes: parameters, filters, search, order, pages.

mod filters;
mod order;
mod paging;
mod parameters;
mod search;
