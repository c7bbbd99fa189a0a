//! Slugs of imported items: those written by an export of this product, else derived from the
//! identifiers in the file.

use sha2::{Digest, Sha256};

use crate::iati::activity::{Activity, IatiResult, Indicator};
use crate::text::slug::{slugify, validate_slug};

/// Slug of an indicator.
pub(super) fn indicator_slug(
    activity: &Activity,
    result: &IatiResult,
    indicator: &Indicator,
    title: &str,
) -> String {
    valid_own_slug(indicator.slug.as_deref()).unwrap_or_else(|| {
        let of_result = result.title.first().map(|(_, title)| title.as_str()).unwrap_or_default();
        stable_slug(
            title,
            &format!("{}\n{of_result}\n{title}\n{}", activity.identifier, indicator.measure),
        )
    })
}

/// A slug written by an export of this product.
pub(super) fn valid_own_slug(slug: Option<&str>) -> Option<String> {
    slug.filter(|slug| validate_slug(slug).is_ok()).map(str::to_owned)
}

/// A slug from a readable name and a hash of what identifies the item.
pub(super) fn stable_slug(name: &str, identity: &str) -> String {
    let digest = Sha256::digest(identity.as_bytes());
    let mark = digest.iter().take(5).fold(0_u64, |mark, byte| (mark << 8) | u64::from(*byte));
    let name = slugify(name);
    let mut readable = String::new();
    for word in name.split('-').filter(|word| !word.is_empty()) {
        if readable.len().saturating_add(word.len()) > 60 {
            break;
        }
        readable.push_str(word);
        readable.push('-');
    }
    format!("{readable}{mark:010x}")
}
