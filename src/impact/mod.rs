//! Impact statistics: what came of programmes, in figures, with the videos that show it; and the
//! indicators that they belong to.

pub mod api;
pub mod facts;
pub mod figure;
pub mod indicators;
pub mod model;
pub mod reached;
pub mod store;
pub mod summary;
pub mod words;
