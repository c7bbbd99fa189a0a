//! Signature bits of the values in the filter index.

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
