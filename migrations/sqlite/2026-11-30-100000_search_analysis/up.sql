-- Versions of the rules by which derived data was built, so that a newer program rebuilds what an older one has written.
--
-- derived_versions.name: `search_index`: how the full-text index was analyzed. No row: the index was built before this
--   migration.

CREATE TABLE derived_versions (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

UPDATE schema_version SET version = 5, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 5;
