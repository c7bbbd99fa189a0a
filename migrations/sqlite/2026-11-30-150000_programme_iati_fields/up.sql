-- Programmes store further members in `items.fields`: regions, policy_markers, tags, other_identifiers and iati, and names
-- of sectors. Older programs would drop them, hence the version.

-- A quotation mark inside a text is escaped, so the name of the field is found nowhere else.
UPDATE items SET fields = replace(fields, ',"helplines":',
    ',"regions":null,"policy_markers":null,"tags":null,"other_identifiers":null,"iati":null,"helplines":')
WHERE kind = 'programme' AND fields NOT LIKE '%,"policy_markers":%';

UPDATE schema_version SET version = 6, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 6;
