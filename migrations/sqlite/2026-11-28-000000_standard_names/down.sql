DROP TABLE schema_version;

DROP INDEX items_catalogue_revision;
DROP INDEX filter_terms_value;
DROP INDEX filter_index_newest;
DROP INDEX impact_statistics_sortable_value;
DROP INDEX api_keys_key_hash;
DROP INDEX websub_queue_due;
DROP INDEX vocabulary_token;

UPDATE revisions SET entries = replace(entries, 'derived ', 'mended ');

ALTER TABLE cues RENAME COLUMN extras TO rest;
ALTER TABLE tracks RENAME COLUMN header TO head;
ALTER TABLE idempotent_requests RENAME COLUMN request_hash TO digest;
ALTER TABLE api_keys RENAME COLUMN key_hash TO digest;
ALTER TABLE impact_statistics RENAME COLUMN fact_record TO facts;
ALTER TABLE impact_statistics RENAME COLUMN sortable_value TO value_order;
ALTER TABLE filter_index RENAME COLUMN bloom_signature TO signature;
ALTER TABLE items RENAME COLUMN catalogue_revision TO written;
ALTER TABLE items RENAME COLUMN ever_public TO was_public;
ALTER TABLE items RENAME COLUMN fields TO own;
ALTER TABLE items RENAME COLUMN reference_list TO refers_to;
ALTER TABLE revisions RENAME COLUMN entries TO state;

ALTER TABLE vocabulary RENAME TO words;
ALTER TABLE websub_queue RENAME TO pings;
ALTER TABLE filter_index RENAME TO facets;
ALTER TABLE filter_terms RENAME TO terms;

CREATE INDEX items_written ON items (kind, written);
CREATE UNIQUE INDEX terms_value ON terms (value, field);
CREATE INDEX facets_newest ON facets (term, is_public, published_at DESC, item, signature);
CREATE INDEX impact_statistics_value ON impact_statistics (value_order, number);
CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest);
CREATE INDEX pings_due ON pings (due_at);
CREATE UNIQUE INDEX words_token ON words (token);
