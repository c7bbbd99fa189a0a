//! Properties that hold for every input, one function for each fuzz target. `cargo test` replays
//! the stored inputs through the same functions.

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

/// Splits the input at the first line break. The second part is `None` without one. Returns `None`
/// if the input is not UTF-8.
fn two_lines(data: &[u8]) -> Option<(&str, Option<&str>)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest))))
}
