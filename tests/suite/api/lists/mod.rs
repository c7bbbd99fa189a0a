//! Lists: parameters, filters, search, sorting, pagination.

mod did_you_mean;
mod facets;
mod filters;
mod judged_searches;
mod pagination;
mod parameters;
mod relevance;
mod search;
mod search_all;
mod search_order;
mod sorting;
mod suggest;
mod transcripts;
