-- Gives tables, columns and indexes the standard names, and records the version of the schema.
--
-- revisions.entries: one entry for the catalogue, one for derived data (`derived`) and one for each kind that was ever
--   changed: its revision and the time of the last change (microseconds since 1970), separated by spaces, joined by commas.
-- items.reference_list: the references of the item as JSON; items.fields: the fields that only its kind has, as JSON; both
--   are empty if there are none. items.ever_public: whether the item was ever publicly visible.
--   items.catalogue_revision: the revision of the catalogue at the last change of the item.
-- filter_terms: the numbered values of equality filters. filter_index: one row for each item and value.
--   filter_index.bloom_signature: a Bloom filter of the selective values of the item.
-- impact_statistics.fact_record: what summaries need of a statistic, separated by tabs. sortable_value: its value in a
--   form that sorts as text.
-- api_keys.key_hash: the SHA-256 hash of the key. idempotent_requests.request_hash: the hash of method, path and body.
-- websub_queue: pings to the WebSub hub that are due.
-- tracks.header: the WebVTT header and blocks other than cues, as JSON. cues.extras: identifier, settings and notes of the
--   cue, as JSON.
-- vocabulary: the words of the texts as they are spelled, for spelling suggestions.

ALTER TABLE terms RENAME TO filter_terms;
ALTER TABLE facets RENAME TO filter_index;
ALTER TABLE pings RENAME TO websub_queue;
ALTER TABLE words RENAME TO vocabulary;

ALTER TABLE revisions RENAME COLUMN state TO entries;
ALTER TABLE items RENAME COLUMN refers_to TO reference_list;
ALTER TABLE items RENAME COLUMN own TO fields;
ALTER TABLE items RENAME COLUMN was_public TO ever_public;
ALTER TABLE items RENAME COLUMN written TO catalogue_revision;
ALTER TABLE filter_index RENAME COLUMN signature TO bloom_signature;
ALTER TABLE impact_statistics RENAME COLUMN value_order TO sortable_value;
ALTER TABLE impact_statistics RENAME COLUMN facts TO fact_record;
ALTER TABLE api_keys RENAME COLUMN digest TO key_hash;
ALTER TABLE idempotent_requests RENAME COLUMN digest TO request_hash;
ALTER TABLE tracks RENAME COLUMN head TO header;
ALTER TABLE cues RENAME COLUMN rest TO extras;

UPDATE revisions SET entries = replace(entries, 'mended ', 'derived ');

ALTER INDEX items_written RENAME TO items_catalogue_revision;
ALTER INDEX terms_value RENAME TO filter_terms_value;
ALTER INDEX facets_newest RENAME TO filter_index_newest;
ALTER INDEX impact_statistics_value RENAME TO impact_statistics_sortable_value;
ALTER INDEX api_keys_digest RENAME TO api_keys_key_hash;
ALTER INDEX pings_due RENAME TO websub_queue_due;
ALTER INDEX words_token RENAME TO vocabulary_token;
ALTER TABLE filter_index RENAME CONSTRAINT facets_pkey TO filter_index_pkey;
ALTER TABLE filter_terms RENAME CONSTRAINT terms_pkey TO filter_terms_pkey;
ALTER TABLE websub_queue RENAME CONSTRAINT pings_pkey TO websub_queue_pkey;
ALTER TABLE vocabulary RENAME CONSTRAINT words_pkey TO vocabulary_pkey;
ALTER SEQUENCE terms_number_seq RENAME TO filter_terms_number_seq;
ALTER SEQUENCE words_number_seq RENAME TO vocabulary_number_seq;

-- The version of the schema, one row. `fingerprint` is the SHA-256 digest of the table and column names, `oldest_compatible`
-- the oldest schema version whose programs can use this database. Every migration updates the row.
CREATE TABLE schema_version (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number = 1),
    version BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    oldest_compatible BIGINT NOT NULL
);
INSERT INTO schema_version (number, version, fingerprint, oldest_compatible)
VALUES (1, 2, '2d93e8ccfeb002198afcd0ddb97c4db87701778fe751a0e37d1183e129013bd9', 2);
