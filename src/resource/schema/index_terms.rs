//! Terms under which the filter index and the full-text index store the values and references of
//! items.

/// Returns the signature bit of a filter value. The signature of an item is the union of the bits
/// of its values. Several values can share a bit: an item without the bit does not have the value,
/// an item with the bit may have it.
pub fn signature_bit(field: &str, value: &str) -> i64 {
    // FNV-1a: the hash is stored, so it must be the same in every build.
    let hash =
        [field, ".", value].concat().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    1 << (hash % 63)
}

/// Returns the name of the filter for a reference field: `partners` is filtered by `partner`.
pub fn reference_filter_name(field: &str) -> &str {
    match field {
        "partners" => "partner",
        "topics" => "topic",
        "evidence" => "video",
        other => other,
    }
}

/// Whether an item is found by the names of the items that it references in this field.
pub fn is_searchable_reference(field: &str) -> bool {
    field != "parent" && field != "evidence"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_bits_are_stable() {
        assert_eq!(signature_bit("video.country", "RS"), 1 << 62);
        assert_eq!(signature_bit("video.country", "RS").count_ones(), 1);
        let codes = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"];
        assert!(codes.iter().all(|code| signature_bit("video.country", code) > 0));
    }
}
