-- What the public sees of the revision of an item.
--
-- items.public_revision, items.public_nonce, items.public_updated_at: revision, nonce and time of the last change of the
--   item that the public could see. Changes of unpublished texts and tracks leave them unchanged.

ALTER TABLE items ADD COLUMN public_revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN public_nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN public_updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE items SET public_revision = revision, public_nonce = nonce, public_updated_at = updated_at;
CREATE INDEX items_public_updated ON items (kind, public_updated_at, number);

UPDATE schema_version SET version = 4, fingerprint = 'ba5f8a90c6a1023165e926d7e4aee1d896589e8775b63b3646d3e137cf960ebc', oldest_compatible = 4;
