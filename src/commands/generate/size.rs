//! The size and the seed of a generated catalogue.

/// Countries and territories that generated items are about.
pub const COUNTRY_CODES: &[&str] = &["AL", "BA", "XK", "ME", "MK", "RS", "TR"];

/// A catalogue to generate: the number of items of each kind, and the seed.
#[derive(Clone, Copy)]
pub struct CatalogueSpec {
    pub topics: u32,
    pub partners: u32,
    pub programmes: u32,
    pub videos: u32,
    pub statistics: u32,
    /// Whether statistics belong to indicators.
    pub by_indicator: bool,
    pub tracks: u32,
    /// Seed of the random generator.
    pub seed: u64,
}
