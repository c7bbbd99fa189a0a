//! Sets of row ids that are bound to a statement as one value, and tested in constant time for each
//! row.

use std::sync::Arc;

use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::sqlite_functions::bit_position;
use crate::db::types::RowId;

/// A set of row ids. Takes one bit for each row id up to the highest one in the set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowIdBitmap {
    bytes: Arc<[u8]>,
    count: u64,
}

impl FromIterator<RowId> for RowIdBitmap {
    /// Negative row ids, which no table has, are ignored.
    fn from_iter<I: IntoIterator<Item = RowId>>(row_ids: I) -> Self {
        let mut bytes = Vec::new();
        for (index, mask) in row_ids.into_iter().filter_map(bit_position) {
            if index >= bytes.len() {
                bytes.resize(index.saturating_add(1), 0);
            }
            if let Some(byte) = bytes.get_mut(index) {
                *byte |= mask;
            }
        }
        Self::from_bytes(bytes)
    }
}

impl RowIdBitmap {
    fn from_bytes(bytes: Vec<u8>) -> Self {
        let count = bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        Self { bytes: bytes.into(), count }
    }

    /// Returns the row ids that are in any of these sets.
    pub fn union(sets: &[Self]) -> Self {
        let mut bytes = vec![0; sets.iter().map(|set| set.bytes.len()).max().unwrap_or(0)];
        for set in sets {
            for (byte, other) in bytes.iter_mut().zip(set.bytes.iter()) {
                *byte |= other;
            }
        }
        Self::from_bytes(bytes)
    }

    /// Whether the set contains a row id.
    pub fn contains(&self, row_id: RowId) -> bool {
        bit_position(row_id)
            .and_then(|(index, mask)| Some(self.bytes.get(index)? & mask))
            .is_some_and(|bit| bit != 0)
    }

    /// The row ids in the set, in ascending order.
    pub fn row_ids(&self) -> impl Iterator<Item = RowId> {
        (0..).step_by(8).zip(self.bytes.iter()).flat_map(|(first, byte)| {
            (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| first + bit)
        })
    }

    /// Number of row ids in the set.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the condition that `row_id`, a SQL expression, is not in the set.
    pub fn excludes(&self, row_id: &'static str) -> Fragment {
        // PostgreSQL's `get_bit` fails for a position after the end.
        let end = i64::try_from(self.bytes.len().saturating_mul(8)).unwrap_or(i64::MAX);
        Fragment::new("CASE WHEN ")
            .sql(row_id)
            .sql(" < ")
            .bind(Bind::Integer(end))
            .sql(" THEN get_bit(")
            .bind(Bind::Bytes(Arc::clone(&self.bytes)))
            .sql(", ")
            .sql(row_id)
            .sql(") ELSE 0 END = 0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn union_contains_rows_of_all_sets() {
        let set = |row_ids: &[RowId]| row_ids.iter().copied().collect::<RowIdBitmap>();
        let union = RowIdBitmap::union(&[set(&[1, 9, 9]), set(&[]), set(&[70, 1, -5])]);
        assert_eq!(union, set(&[1, 9, 70]));
        assert_eq!(union.count(), 3);
        assert_eq!(union.row_ids().collect::<Vec<_>>(), [1, 9, 70]);
        assert!(union.contains(70) && !union.contains(71) && !union.contains(-1));
        assert_eq!(RowIdBitmap::union(&[]), set(&[]));
    }
}
