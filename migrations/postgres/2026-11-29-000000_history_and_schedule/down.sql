DROP INDEX items_unpublish_at;
DROP INDEX items_scheduled;
ALTER TABLE items DROP COLUMN archived_from_public;
ALTER TABLE items DROP COLUMN unpublish_referrers;
ALTER TABLE items DROP COLUMN unpublish_at;

UPDATE items SET status = 'draft' WHERE status = 'scheduled';
ALTER TABLE items DROP CONSTRAINT items_status_check;
ALTER TABLE items ADD CONSTRAINT items_status_check CHECK (status IN ('draft', 'published', 'archived'));

DROP TABLE secrets;
DROP TABLE revision_log;
ALTER TABLE tracks DROP COLUMN nonce;
ALTER TABLE items DROP COLUMN nonce;

UPDATE schema_version SET version = 2,
    fingerprint = '2d93e8ccfeb002198afcd0ddb97c4db87701778fe751a0e37d1183e129013bd9', oldest_compatible = 2;
