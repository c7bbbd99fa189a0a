//! The size of a generated catalogue.

/// Countries and territories that generated items are about.
pub const COUNTRY_CODES: &[&str] = &["AL", "BA", "XK", "ME", "MK", "RS", "TR"];

/// Number of items of each kind in a generated catalogue.
#[derive(Clone, Copy)]
pub struct CatalogueSize {
    pub topics: u32,
    pub partners: u32,
    pub programmes: u32,
    pub videos: u32,
    pub statistics: u32,
    /// Whether statistics belong to indicators.
    pub by_indicator: bool,
    pub tracks: u32,
}
