-- Older programs ignore the further members of programmes, and drop them when they write a programme.

UPDATE schema_version SET version = 5, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 5;
