-- Programmes store further members in `items.fields` (regions, policy_markers, tags, other_identifiers, iati, and the
-- names of sectors), which are absent until they are written. Older programs would drop them, hence the version.

UPDATE schema_version SET version = 6, fingerprint = '9d0d67fd90ddf41e2922b60be41166c9ebbedfd984887a47a96a6b0745d763de', oldest_compatible = 6;
