-- Programmes store further members in `items.fields`: regions, policy_markers, tags, other_identifiers and iati, and names
-- of sectors. Older programs would drop them, hence the version.

-- A quotation mark inside a text is escaped, so the name of the field is found nowhere else.
UPDATE items SET fields = replace(fields, ',"helplines":',
    ',"regions":null,"policy_markers":null,"tags":null,"other_identifiers":null,"iati":null,"helplines":')
WHERE kind = 'programme' AND fields NOT LIKE '%,"policy_markers":%';

UPDATE schema_version SET version = 6, fingerprint = '9d0d67fd90ddf41e2922b60be41166c9ebbedfd984887a47a96a6b0745d763de', oldest_compatible = 6;
