//! Classes of characters, and the length of words, that several modules use.

/// Maximum length of a token in characters; longer ones are truncated.
pub(super) const MAX_TOKEN_LEN: usize = 64;

/// Whether a character is an apostrophe, or a quotation mark or prime typed in place of one.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʹ')
}
