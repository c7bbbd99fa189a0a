-- What the public sees of the revision of an item.
--
-- items.public_revision, items.public_nonce, items.public_updated_at: revision, nonce and time of the last change of the
--   item that the public could see. Changes of unpublished texts and tracks leave them unchanged.

ALTER TABLE items ADD COLUMN public_revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN public_nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN public_updated_at TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01T00:00:00Z';
UPDATE items SET public_revision = revision, public_nonce = nonce, public_updated_at = updated_at;
CREATE INDEX items_public_updated ON items (kind, public_updated_at, number);

UPDATE schema_version SET version = 4, fingerprint = '90a3f74b307e098f06596048667ec3cd6d295cbcb7eca3d653d6cb08114f98d1', oldest_compatible = 4;
