//! Generated images: the bundled font, video posters as SVG, and SVG to PNG.

pub mod font;
pub mod poster;
pub mod rasterizer;
