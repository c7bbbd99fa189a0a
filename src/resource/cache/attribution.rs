//! The credit line and disclaimer of a programme, as every page of a feed repeats them.

/// What a programme wants said, in the language of an answer.
#[derive(Debug, Default)]
pub struct Attribution {
    /// Whom every display must credit.
    pub credit_line: Option<String>,
    /// What every display must say.
    pub disclaimer: Option<String>,
}
