-- Nonces that tell apart states of different histories with the same revision, and scheduled changes of status. See the
-- migration for SQLite for the meaning of the columns.

ALTER TABLE items ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;

CREATE TABLE revision_log (
    revision BIGINT NOT NULL PRIMARY KEY,
    nonce BIGINT NOT NULL
);

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

ALTER TABLE items DROP CONSTRAINT items_status_check;
ALTER TABLE items ADD CONSTRAINT items_status_check CHECK (status IN ('draft', 'scheduled', 'published', 'archived'));

ALTER TABLE items ADD COLUMN unpublish_at TIMESTAMPTZ;
ALTER TABLE items ADD COLUMN unpublish_referrers BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE items ADD COLUMN archived_from_public BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX items_scheduled ON items (published_at) WHERE status = 'scheduled';
CREATE INDEX items_unpublish_at ON items (unpublish_at) WHERE unpublish_at IS NOT NULL;

UPDATE schema_version SET version = 3, fingerprint = 'cb0d05567805464462660b32fc0f4586dcb9b35da0cf90b1c7aa888d6c210399', oldest_compatible = 3;
