//! Fingerprints of typed keys, for values that leave the process: entity tags, cursors and the keys
//! of cached search pages.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A fixed hash of a typed key: SHA-256 over its JSON serialization. Equal keys have equal
/// fingerprints in all processes of one version.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes a key. A key that cannot be serialized, which no key of structs, strings and numbers
    /// is, has a fingerprint that is never repeated.
    pub fn of(key: &(impl Serialize + ?Sized)) -> Self {
        let mut digest = DigestWriter(Sha256::new());
        if serde_json::to_writer(&mut digest, key).is_err() {
            digest.0.update(uuid::Uuid::now_v7());
        }
        Self(digest.0.finalize().into())
    }

    /// The first `len` bytes, encoded as Base64 for URLs.
    pub fn to_base64(self, len: usize) -> String {
        URL_SAFE_NO_PAD.encode(self.0.get(..len).unwrap_or(&self.0))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

struct DigestWriter(Sha256);

impl io::Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Key<'a> {
        query: &'a str,
        language: Option<&'a str>,
    }

    #[test]
    fn fingerprint_depends_on_every_member_and_on_nothing_else() {
        let of = |query, language| Fingerprint::of(&Key { query, language });
        assert_eq!(of("a", None), of("a", None));
        assert_ne!(of("a", None), of("a", Some("")));
        assert_ne!(of("a\n", Some("b")), of("a", Some("\nb")));
        assert_eq!(of("a", Some("en")).to_base64(9), "XoD_eWDnaryh");
    }
}
