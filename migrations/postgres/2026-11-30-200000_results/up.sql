-- Results of programmes.
--
-- items.fields of indicators and impact statistics: `additive` is replaced by `time_aggregation` (`sum`, `latest`, `max`,
--   `none` or null) and `group_aggregation` (`sum`, `none` or null). What was additive is summed over time and over groups;
--   what was not has the value of the latest period, and no sum over groups. The same applies to filters in saved queries.
-- impact_statistics.fact_record: the field of `additive` encodes both; its values of before remain valid.

-- texts.comment: the comment on the baseline of a statistic.

ALTER TABLE texts ADD COLUMN comment TEXT;

-- results, indicators: the position of a result in its programme, and of an indicator in its result.

CREATE TABLE results (
    number BIGINT NOT NULL PRIMARY KEY REFERENCES items (number),
    position BIGINT
);
CREATE INDEX results_position ON results (position, number);
CREATE TABLE indicators (
    number BIGINT NOT NULL PRIMARY KEY REFERENCES items (number),
    position BIGINT
);
CREATE INDEX indicators_position ON indicators (position, number);
INSERT INTO indicators (number) SELECT number FROM items WHERE kind = 'indicator' AND purged_at IS NULL;

-- A quotation mark inside a text is escaped, so the name of the field is found nowhere else.
UPDATE items SET fields =
    replace(replace(replace(fields,
        '"additive":true', '"time_aggregation":"sum","group_aggregation":"sum"'),
        '"additive":false', '"time_aggregation":"latest","group_aggregation":"none"'),
        '"additive":null', '"time_aggregation":null,"group_aggregation":null')
WHERE kind IN ('indicator', 'impact_statistic');

-- Members that are new; an item whose members are complete is not changed by a request that repeats it.
UPDATE items SET fields = replace(fields, ',"result_type":', ',"state":null,"result_type":')
WHERE kind = 'impact_statistic';
UPDATE items SET fields = replace(fields, '},"target":', ',"date":null},"target":')
WHERE kind = 'impact_statistic' AND fields LIKE '%"baseline":{%' AND fields NOT LIKE '%,"date":%';
UPDATE items SET fields = substr(fields, 1, length(fields) - 1) || ',"order":null}'
WHERE kind = 'indicator' AND fields NOT LIKE '%,"order":%';

UPDATE items SET fields =
    replace(replace(fields,
        'additive=true', 'time_aggregation=sum&group_aggregation=sum'),
        'additive=false', 'time_aggregation=latest&group_aggregation=none')
WHERE kind = 'saved_query';

INSERT INTO filter_terms (field, value)
SELECT kind.name || '.time_aggregation', value.name
FROM (SELECT 'indicator' AS name UNION ALL SELECT 'impact_statistic') kind,
    (SELECT 'sum' AS name UNION ALL SELECT 'latest') value
UNION ALL
SELECT kind.name || '.group_aggregation', value.name
FROM (SELECT 'indicator' AS name UNION ALL SELECT 'impact_statistic') kind,
    (SELECT 'sum' AS name UNION ALL SELECT 'none') value;
INSERT INTO filter_index (item, term, is_public, published_at, bloom_signature)
SELECT entry.item, new.number, entry.is_public, entry.published_at, entry.bloom_signature
FROM filter_index entry
JOIN filter_terms old ON old.number = entry.term AND old.field IN ('indicator.additive', 'impact_statistic.additive')
JOIN filter_terms new ON
    (new.field = replace(old.field, '.additive', '.time_aggregation')
        AND new.value = CASE old.value WHEN 'true' THEN 'sum' ELSE 'latest' END)
    OR (new.field = replace(old.field, '.additive', '.group_aggregation')
        AND new.value = CASE old.value WHEN 'true' THEN 'sum' ELSE 'none' END);
DELETE FROM filter_index WHERE term IN
    (SELECT number FROM filter_terms WHERE field IN ('indicator.additive', 'impact_statistic.additive'));
DELETE FROM filter_terms WHERE field IN ('indicator.additive', 'impact_statistic.additive');

INSERT INTO filter_terms (field, value)
SELECT 'impact_statistic.has', part.name
FROM (SELECT 'value' AS name UNION ALL SELECT 'target' UNION ALL SELECT 'baseline') part;
INSERT INTO filter_index (item, term, is_public, published_at, bloom_signature)
SELECT entry.item, part.number, entry.is_public, entry.published_at, entry.bloom_signature
FROM filter_index entry
JOIN filter_terms measure ON measure.number = entry.term AND measure.field = 'impact_statistic.measure'
JOIN items ON items.number = entry.item
JOIN filter_terms part ON part.field = 'impact_statistic.has' AND (
    (part.value = 'value' AND items.fields NOT LIKE '%"value":null,"qualifier":%')
    OR (part.value = 'target' AND items.fields NOT LIKE '%"target":null,"disaggregation":%')
    OR (part.value = 'baseline' AND items.fields NOT LIKE '%"baseline":null,"target":%'));

UPDATE schema_version SET version = 7, fingerprint = '1365581912f6c5ac4491e5f4672141b3964d90580b09ea167dd8400afb9fa334', oldest_compatible = 7;
