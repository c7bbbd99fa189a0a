//! Exact decimals.
//!
//! - [`format`]: validation, normalization, display and sort keys of decimals as text.
//! - [`exact`]: arithmetic without rounding.

pub mod exact;
pub mod format;
