-- Of the rules of aggregation, only whether both are `sum` is kept.
INSERT INTO filter_terms (field, value)
SELECT kind.name || '.additive', value.name
FROM (SELECT 'indicator' AS name UNION ALL SELECT 'impact_statistic') kind,
    (SELECT 'true' AS name UNION ALL SELECT 'false') value;
INSERT INTO filter_index (item, term, is_public, published_at, bloom_signature)
SELECT entry.item, additive.number, min(CAST(entry.is_public AS INTEGER)) = 1, min(entry.published_at), min(entry.bloom_signature)
FROM filter_index entry
JOIN filter_terms rule ON rule.number = entry.term
JOIN items ON items.number = entry.item
JOIN filter_terms additive ON additive.field = items.kind || '.additive'
    AND additive.value =
        CASE WHEN items.fields LIKE '%"time_aggregation":"sum","group_aggregation":"sum"%' THEN 'true' ELSE 'false' END
WHERE rule.field IN ('indicator.time_aggregation', 'indicator.group_aggregation',
    'impact_statistic.time_aggregation', 'impact_statistic.group_aggregation')
GROUP BY entry.item, additive.number;
DELETE FROM filter_index WHERE term IN (SELECT number FROM filter_terms WHERE field IN
    ('indicator.time_aggregation', 'indicator.group_aggregation',
    'impact_statistic.time_aggregation', 'impact_statistic.group_aggregation'));
DELETE FROM filter_terms WHERE field IN ('indicator.time_aggregation', 'indicator.group_aggregation',
    'impact_statistic.time_aggregation', 'impact_statistic.group_aggregation');

UPDATE items SET fields =
    replace(replace(fields,
        '"time_aggregation":"sum","group_aggregation":"sum"', '"additive":true'),
        '"time_aggregation":null,"group_aggregation":null', '"additive":null')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE items SET fields = replace(replace(fields, '"time_aggregation":"sum","group_aggregation":"none"', '"additive":false'), '"time_aggregation":"sum","group_aggregation":null', '"additive":false')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE items SET fields = replace(replace(replace(fields, '"time_aggregation":"latest","group_aggregation":"sum"', '"additive":false'), '"time_aggregation":"latest","group_aggregation":"none"', '"additive":false'), '"time_aggregation":"latest","group_aggregation":null', '"additive":false')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE items SET fields = replace(replace(replace(fields, '"time_aggregation":"max","group_aggregation":"sum"', '"additive":false'), '"time_aggregation":"max","group_aggregation":"none"', '"additive":false'), '"time_aggregation":"max","group_aggregation":null', '"additive":false')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE items SET fields = replace(replace(replace(fields, '"time_aggregation":"none","group_aggregation":"sum"', '"additive":false'), '"time_aggregation":"none","group_aggregation":"none"', '"additive":false'), '"time_aggregation":"none","group_aggregation":null', '"additive":false')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE items SET fields = replace(replace(fields, '"time_aggregation":null,"group_aggregation":"sum"', '"additive":false'), '"time_aggregation":null,"group_aggregation":"none"', '"additive":false')
WHERE kind IN ('indicator', 'impact_statistic');
UPDATE impact_statistics SET fact_record = replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(fact_record, char(9) || 'sum,none' || char(9), char(9) || '0' || char(9)), char(9) || 'sum,' || char(9), char(9) || '0' || char(9)), char(9) || 'latest,sum' || char(9), char(9) || '0' || char(9)), char(9) || 'latest,' || char(9), char(9) || '0' || char(9)), char(9) || 'max,sum' || char(9), char(9) || '0' || char(9)), char(9) || 'max,none' || char(9), char(9) || '0' || char(9)), char(9) || 'max,' || char(9), char(9) || '0' || char(9)), char(9) || 'none,sum' || char(9), char(9) || '0' || char(9)), char(9) || 'none,none' || char(9), char(9) || '0' || char(9)), char(9) || 'none,' || char(9), char(9) || '0' || char(9)), char(9) || ',sum' || char(9), char(9) || '0' || char(9)), char(9) || ',none' || char(9), char(9) || '0' || char(9));

UPDATE items SET fields =
    replace(replace(replace(replace(fields,
        ',"state":null', ''), ',"state":"provisional"', ''), ',"state":"verified"', ''),
        ',"date":null},"target":', '},"target":')
WHERE kind = 'impact_statistic';
UPDATE items SET fields = replace(fields, ',"order":null}', '}') WHERE kind = 'indicator';

UPDATE items SET fields =
    replace(replace(fields,
        'time_aggregation=sum&group_aggregation=sum', 'additive=true'),
        'time_aggregation=latest&group_aggregation=none', 'additive=false')
WHERE kind = 'saved_query';

ALTER TABLE texts DROP COLUMN comment;

DELETE FROM filter_index WHERE term IN (SELECT number FROM filter_terms WHERE field = 'impact_statistic.has');
DELETE FROM filter_terms WHERE field = 'impact_statistic.has';

DROP TABLE results;
DROP TABLE indicators;

UPDATE schema_version SET version = 6, fingerprint = '92cb8361147b84ff30152946c67e3e69225911af2506191b6359a6c2855ea14a', oldest_compatible = 6;
