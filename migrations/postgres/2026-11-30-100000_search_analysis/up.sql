-- Versions of the rules by which derived data was built, so that a newer program rebuilds what an older one has written.
--
-- derived_versions.name: `search_index`: how the full-text index was analyzed. No row: the index was built before this
--   migration.

CREATE TABLE derived_versions (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

UPDATE schema_version SET version = 5, fingerprint = '9d0d67fd90ddf41e2922b60be41166c9ebbedfd984887a47a96a6b0745d763de', oldest_compatible = 5;
