//! Everything that is shown to readers and is not content of the catalogue, in each of its languages.
//!
//! - [`messages`]: texts of feeds, embeddable pages and exports.
//! - [`country_names`]: codes and names of countries, and the footnote to the designation of Kosovo.
//! - [`language_names`]: names of languages.
//! - [`dates`]: dates and date ranges.

pub mod country_names;
pub mod dates;
pub mod language_names;
pub mod messages;
