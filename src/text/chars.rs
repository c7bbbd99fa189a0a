//! Classes of characters that several modules use.

/// Whether a character is an apostrophe, or a quotation mark or prime typed in place of one.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʹ')
}
