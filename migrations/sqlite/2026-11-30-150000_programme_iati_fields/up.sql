-- Programmes store further members in `items.fields` (regions, policy_markers, tags, other_identifiers, iati, and the
-- names of sectors), which are absent until they are written. Older programs would drop them, hence the version.

UPDATE schema_version SET version = 6, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 6;
