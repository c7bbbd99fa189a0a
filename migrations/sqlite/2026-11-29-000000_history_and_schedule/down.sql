DROP INDEX items_unpublish_at;
DROP INDEX items_scheduled;
ALTER TABLE items DROP COLUMN archived_from_public;
ALTER TABLE items DROP COLUMN unpublish_referrers;
ALTER TABLE items DROP COLUMN unpublish_at;

ALTER TABLE items ADD COLUMN old_status TEXT NOT NULL DEFAULT 'draft'
    CHECK (old_status IN ('draft', 'published', 'archived'));
UPDATE items SET old_status = CASE status WHEN 'scheduled' THEN 'draft' ELSE status END;
DROP INDEX items_status_newest;
ALTER TABLE items DROP COLUMN status;
ALTER TABLE items RENAME COLUMN old_status TO status;
CREATE INDEX items_status_newest ON items (kind, status, published_at DESC, number);

DROP TABLE secrets;
DROP TABLE revision_log;
ALTER TABLE tracks DROP COLUMN nonce;
ALTER TABLE items DROP COLUMN nonce;

UPDATE schema_version SET version = 2,
    fingerprint = '55b9866b1302aa4ad33c1bb091d4191766af42275e35e3c3312c7112ffb92cb2', oldest_compatible = 2;
