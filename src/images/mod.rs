//! TODO

pub mod font;
pub mod poster;
pub mod rasterizer;
