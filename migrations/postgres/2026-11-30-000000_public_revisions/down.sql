DROP INDEX items_public_updated;
ALTER TABLE items DROP COLUMN public_updated_at;
ALTER TABLE items DROP COLUMN public_nonce;
ALTER TABLE items DROP COLUMN public_revision;

UPDATE schema_version SET version = 3,
    fingerprint = 'cb0d05567805464462660b32fc0f4586dcb9b35da0cf90b1c7aa888d6c210399', oldest_compatible = 3;
