//! Functions of PostgreSQL that SQLite lacks.

use diesel::sqlite::SqliteConnection;

use crate::db::error::Error;

#[diesel::declare_sql_function]
extern "SQL" {
    /// The bit of a blob at a position, as in PostgreSQL.
    fn get_bit(
        bits: diesel::sql_types::Binary,
        position: diesel::sql_types::BigInt,
    ) -> diesel::sql_types::Integer;
}

/// Adds the function `get_bit` to a connection.
#[expect(unsafe_code, reason = "reads a blob where SQLite holds it, not a copy for every row")]
pub(super) fn register_get_bit(connection: &mut SqliteConnection) -> Result<(), Error> {
    get_bit_utils::register_impl(connection, |bits: *const [u8], position: i64| {
        // SAFETY: The argument is always bound as a blob, so the pointer comes from
        // `sqlite3_value_blob`, and SQLite keeps the arguments of a function until it returns. (Of a
        // text, Diesel would make a copy that is dropped before.) An empty blob is an empty slice.
        let bytes = unsafe { &*bits };
        let byte = bit_position(position).and_then(|(index, mask)| Some(bytes.get(index)? & mask));
        i32::from(byte.is_some_and(|bit| bit != 0))
    })
    .map_err(Error::from)
}

/// Returns the index of the byte and the mask of a bit, as PostgreSQL numbers them; `None` if the
/// position is negative.
pub(super) fn bit_position(position: i64) -> Option<(usize, u8)> {
    let position = usize::try_from(position).ok()?;
    Some((position / 8, 1 << (position % 8)))
}
