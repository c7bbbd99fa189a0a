//! Properties of every input, one function per fuzz target. `cargo test` replays the corpus through
//! the same functions.

mod accept_language;
mod cursor;
mod import_line;
mod items;
mod merge_patch;
mod query;

pub use accept_language::accept_language;
pub use cursor::cursor;
pub use import_line::import_line;
pub use merge_patch::merge_patch;
pub use query::query;

/// Splits at the first line break; the rest is `None` without one.
fn two_lines(data: &[u8]) -> Option<(&str, Option<&str>)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest))))
}
