//! Attribution of a programme: the credit line and disclaimer that every page of a feed repeats.

use std::sync::Arc;

use crate::db::Id;
use crate::http::visibility::Visibility;
use crate::resource::cache::versioned::VersionedCache;
use crate::text::fingerprint::Fingerprint;

/// Identifies the attribution of a programme in a response.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AttributionKey {
    /// The programme.
    pub programme: Id,
    /// Fingerprint of the requested languages.
    pub languages: Fingerprint,
    /// Visibility of its texts.
    pub visibility: Visibility,
}

/// Attributions at the current catalogue revision.
pub type AttributionCache = VersionedCache<AttributionKey, Arc<Attribution>>;

/// The attribution of a programme in the language of a response.
#[derive(Clone, Debug, Default)]
pub struct Attribution {
    /// The credit line, which must be displayed with the content.
    pub credit_line: Option<String>,
    /// The disclaimer, which must be displayed with the content.
    pub disclaimer: Option<String>,
}
