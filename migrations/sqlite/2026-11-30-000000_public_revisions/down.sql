DROP INDEX items_public_updated;
ALTER TABLE items DROP COLUMN public_updated_at;
ALTER TABLE items DROP COLUMN public_nonce;
ALTER TABLE items DROP COLUMN public_revision;

UPDATE schema_version SET version = 3,
    fingerprint = '5b5825c9b966413ff906a6e067c699b882dad6f7263c5cae8b2f4f657b074023', oldest_compatible = 3;
