//! Detects that a database continues from another history than the one that a cache was read from.
//!
//! After a restore from a backup, or a failover that lost writes, the catalogue has a revision that
//! it had before, with other content. A cache that is updated with the items written since its
//! revision would keep what the lost writes created.

use std::collections::BTreeMap;

use crate::db::{Connection, Error};
use crate::resource::model::revisions::{Revisions, Version, load_versions};

/// Maximum number of versions that are remembered.
const MAX_KNOWN_VERSIONS: usize = 1_000;

/// The versions of the catalogue that a cache was read from, of one history: nonces by revision.
#[derive(Clone, Debug, Default)]
pub struct History {
    nonces: BTreeMap<i64, i64>,
}

impl History {
    /// Returns whether the revisions of a read belong to the same history as all earlier ones, and
    /// remembers them. If not, the cache must be read again, and the earlier ones are forgotten.
    pub fn advance(
        &mut self,
        connection: &mut Connection,
        revisions: &Revisions,
    ) -> Result<bool, Error> {
        let current = revisions.catalogue();
        if let Some(nonce) = self.nonces.get(&current.revision) {
            return Ok(*nonce == current.nonce || self.restart(current));
        }
        let Some((last, nonce)) = self.nonces.last_key_value().map(|(last, nonce)| (*last, *nonce))
        else {
            return Ok(self.restart(current));
        };
        if current.revision < last {
            return Ok(self.restart(current));
        }
        let logged = load_versions(connection, last, current.revision)?;
        if logged.first() != Some(&(last, nonce)) {
            return Ok(self.restart(current));
        }
        self.nonces.extend(logged);
        self.nonces.insert(current.revision, current.nonce);
        while self.nonces.len() > MAX_KNOWN_VERSIONS {
            self.nonces.pop_first();
        }
        Ok(true)
    }

    fn restart(&mut self, current: Version) -> bool {
        self.nonces = BTreeMap::from([(current.revision, current.nonce)]);
        false
    }
}
