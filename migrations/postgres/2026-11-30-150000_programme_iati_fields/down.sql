-- Members with a value stay: older programs ignore them, and drop them when they write a programme.
UPDATE items SET fields = replace(fields,
    ',"regions":null,"policy_markers":null,"tags":null,"other_identifiers":null,"iati":null,"helplines":', ',"helplines":')
WHERE kind = 'programme';

UPDATE schema_version SET version = 5, fingerprint = '9d0d67fd90ddf41e2922b60be41166c9ebbedfd984887a47a96a6b0745d763de', oldest_compatible = 5;
