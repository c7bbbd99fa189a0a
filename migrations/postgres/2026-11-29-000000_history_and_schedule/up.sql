-- Nonces that tell apart states of different histories with the same revision, and scheduled changes of status. See the
-- migration for SQLite for the meaning of the columns.

ALTER TABLE items ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;

CREATE TABLE revision_log (
    revision BIGINT NOT NULL PRIMARY KEY,
    nonce BIGINT NOT NULL
);

ALTER TABLE items DROP CONSTRAINT items_status_check;
ALTER TABLE items ADD CONSTRAINT items_status_check CHECK (status IN ('draft', 'scheduled', 'published', 'archived'));

ALTER TABLE items ADD COLUMN unpublish_at TIMESTAMPTZ;
ALTER TABLE items ADD COLUMN unpublish_referrers BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX items_scheduled ON items (published_at) WHERE status = 'scheduled';
CREATE INDEX items_unpublish_at ON items (unpublish_at) WHERE unpublish_at IS NOT NULL;

UPDATE schema_version SET version = 3, fingerprint = 'c2825eb2670f2bde2d2e1e7254b59e2b02bf8929523dc66bbca9e665b287a925', oldest_compatible = 3;
