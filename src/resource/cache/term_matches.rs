//! Cache of the items that contain a word, for words that are excluded or may be omitted.

use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::term_matches::load_items_with_term;
use crate::db::search::{Audience, FieldScope, IndexSearch};
use crate::db::{Connection, Error};
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::Revisions;
use crate::text::query::Term;

/// Maximum number of cached sets. A set takes 12 kB for 100,000 items.
const MAX_SETS: usize = 500;

/// Items that contain a term, at the current catalogue revision.
pub struct TermMatchCache(VersionedCache<TermMatchKey, RowIdBitmap>);

/// Identifies the items of a kind that contain a term.
#[derive(Clone, Eq, Hash, PartialEq)]
struct TermMatchKey {
    kind: char,
    audience: Audience,
    scope: FieldScope,
    term: Term,
}

impl Default for TermMatchCache {
    fn default() -> Self {
        Self(VersionedCache::with_max_entries(MAX_SETS))
    }
}

impl TermMatchCache {
    /// Returns the items that contain any of these terms.
    pub fn items_with_terms(
        &self,
        connection: &mut Connection,
        revisions: &Revisions,
        index_search: IndexSearch<'_>,
        terms: &[Term],
    ) -> Result<RowIdBitmap, Error> {
        let IndexSearch { kinds, audience, scope, .. } = index_search;
        let mut sets = Vec::new();
        for (term, kind) in
            terms.iter().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)))
        {
            // Terms that are typed differently may match the same words.
            let term_key = Term { text: String::new(), ..term.clone() };
            let key = TermMatchKey { kind, audience, scope, term: term_key };
            sets.push(self.0.get_or_try_insert_with(revisions, &key, || {
                load_items_with_term(connection, index_search, kind, term)
            })?);
        }
        Ok(RowIdBitmap::union(&sets))
    }
}
