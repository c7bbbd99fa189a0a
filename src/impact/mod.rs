//! Impact statistics: what came of programmes, in figures, with the videos that show it; and the
//! indicators that they belong to.

pub mod api;
pub mod code_lists;
pub mod display_value;
pub mod fact_record;
pub mod indicators;
pub mod model;
pub mod progress;
pub mod resource;
pub mod summary;
