-- Nonces that tell apart states of different histories with the same revision, and scheduled changes of status.
--
-- items.nonce, tracks.nonce: random number drawn by the write that created the revision; 0 for writes before this migration.
-- secrets: random keys of this database, such as the one that the hashes of the slugs of purged items are made with.
-- revision_log: the nonces of the last revisions of the catalogue.
-- revisions.entries: an entry also has the nonce of its last change, and revision, time and nonce of the last change that
--   the public could see if that was an earlier one. The entry `scheduled` has the time of the next scheduled change.
-- items.status: `scheduled` until `published_at`, then `published`.
-- items.unpublish_at: when the item will be archived. items.unpublish_referrers: whether the items that refer to it will
--   be archived with it. items.archived_from_public: whether the item was public until it was archived, so that public
--   items that refer to it continue to show its name.

ALTER TABLE items ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;

CREATE TABLE revision_log (
    revision INTEGER NOT NULL PRIMARY KEY,
    nonce BIGINT NOT NULL
);

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- SQLite cannot change a CHECK constraint, so the column is replaced.
ALTER TABLE items ADD COLUMN new_status TEXT NOT NULL DEFAULT 'draft'
    CHECK (new_status IN ('draft', 'scheduled', 'published', 'archived'));
UPDATE items SET new_status = status;
DROP INDEX items_status_newest;
ALTER TABLE items DROP COLUMN status;
ALTER TABLE items RENAME COLUMN new_status TO status;
CREATE INDEX items_status_newest ON items (kind, status, published_at DESC, number);

ALTER TABLE items ADD COLUMN unpublish_at BIGINT;
ALTER TABLE items ADD COLUMN unpublish_referrers BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE items ADD COLUMN archived_from_public BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX items_scheduled ON items (published_at) WHERE status = 'scheduled';
CREATE INDEX items_unpublish_at ON items (unpublish_at) WHERE unpublish_at IS NOT NULL;

UPDATE schema_version SET version = 3, fingerprint = '5b5825c9b966413ff906a6e067c699b882dad6f7263c5cae8b2f4f657b074023', oldest_compatible = 3;
