//! How values and references of an item are named in the filter index and the full-text index.

use crate::resource::schema::ResourceKind;

/// The bit of a value in the signatures of the items that have it. Other values may share it: what
/// has the bit may have the value, what lacks it does not.
pub fn signature_bit(field: &str, value: &str) -> i64 {
    // FNV-1a: what is stored must mean the same in every build.
    let hash =
        [field, ".", value].concat().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    1 << (hash % 63)
}

/// The filter for a reference field: `partners` are filtered by `partner`.
pub fn reference_filter_name(field: &str) -> &str {
    match field {
        "partners" => "partner",
        "topics" => "topic",
        "evidence" => "video",
        other => other,
    }
}

/// Whether what an item refers to in this field lends it its name.
pub fn is_searchable_reference(field: &str) -> bool {
    field != "parent" && field != "evidence"
}

/// Whether items of this kind lend their name to the search for others.
pub fn is_searchable_by_name(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Topic
            | ResourceKind::Programme
            | ResourceKind::Partner
            | ResourceKind::Indicator
    )
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
