-- Members with a value stay: older programs ignore them, and drop them when they write a programme.
UPDATE items SET fields = replace(fields,
    ',"regions":null,"policy_markers":null,"tags":null,"other_identifiers":null,"iati":null,"helplines":', ',"helplines":')
WHERE kind = 'programme';

UPDATE schema_version SET version = 5, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 5;
