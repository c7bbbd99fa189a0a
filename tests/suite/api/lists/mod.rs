//! What every list takes: parameters, filters, search, order, pages.

mod everything;
mod facets;
mod filters;
mod judged;
mod meant;
mod order;
mod paging;
mod parameters;
mod search;
mod suggest;
mod transcripts;
