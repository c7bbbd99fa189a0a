//! Data derived from items and stored with them in the same transaction: the filter index, the
//! full-text index and the sort tables, and their verification. Used by writes, and by the commands
//! that check and rebuild.

pub mod filters;
pub mod full_text;
pub mod sort_rows;
pub mod verify;
