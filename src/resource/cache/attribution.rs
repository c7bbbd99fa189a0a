//! Attribution of a programme: the credit line and disclaimer that every page of a feed repeats.

/// The attribution of a programme in the language of a response.
#[derive(Debug, Default)]
pub struct Attribution {
    /// The credit line, which must be displayed with the content.
    pub credit_line: Option<String>,
    /// The disclaimer, which must be displayed with the content.
    pub disclaimer: Option<String>,
}
