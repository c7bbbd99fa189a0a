//! Source expressions of Content-Security-Policy for inline styles and scripts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// An inline style or script with its hash source.
pub struct InlineSource {
    /// The CSS or JavaScript.
    pub text: String,
    /// The hash source (CSP Level 3): `'sha256-…'`.
    pub csp_hash: String,
}

impl InlineSource {
    /// Computes the hash source of a style or script.
    pub fn new(text: String) -> Self {
        let csp_hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(&text)));
        Self { text, csp_hash }
    }
}
