//! How cells are written as text.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::query_params::QueryParams;

/// Character before the decimals of numbers in CSV.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub enum DecimalSeparator {
    /// A point.
    #[serde(rename = ".")]
    Point,
    /// A comma, as in most regions; the cells are then separated by semicolons.
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    /// Parses the parameter `decimal`.
    pub fn parse(params: &mut QueryParams) -> Option<Self> {
        match params.get("decimal")?.as_str() {
            "." => Some(Self::Point),
            "," => Some(Self::Comma),
            _ => {
                params.error("decimal", "unknown_value", "Expected `,` or `.`.");
                None
            }
        }
    }
}

/// How cells are written as text.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TextNotation {
    /// Character before decimals.
    pub decimal: DecimalSeparator,
    /// Whether text that looks like a formula gets an apostrophe.
    pub is_defused: bool,
}
