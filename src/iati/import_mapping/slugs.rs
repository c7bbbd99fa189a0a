//! Slugs of imported items: those written by an export of this product, else derived from the
//! identifiers in the file.

use sha2::{Digest, Sha256};

use super::indicators::{JoinedIndicator, first_text};
use crate::iati::activity::{Activity, IatiResult};
use crate::text::slug::{slugify, validate_slug};

/// Slug of a result. Results of the same type and title are one.
pub(super) fn result_slug(activity: &Activity, result: &IatiResult) -> String {
    valid_own_slug(result.slug.as_deref()).unwrap_or_else(|| {
        let title = first_text(&result.title);
        stable_slug(title, &format!("{}\n{}\n{title}", activity.identifier, result.kind))
    })
}

/// Slug of an indicator.
pub(super) fn indicator_slug(activity: &Activity, indicator: &JoinedIndicator<'_>) -> String {
    valid_own_slug(indicator.first.slug.as_deref()).unwrap_or_else(|| {
        let title = first_text(&indicator.first.title);
        let identity = format!(
            "{}\n{}\n{title}\n{}",
            activity.identifier,
            first_text(&indicator.result.title),
            indicator.first.measure
        );
        stable_slug(title, &numbered(identity, indicator.number))
    })
}

/// The identity of the nth of several items that are otherwise identical.
pub(super) fn numbered(identity: String, number: usize) -> String {
    if number > 1 { format!("{identity}\n{number}") } else { identity }
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
