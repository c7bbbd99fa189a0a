DROP TABLE schema_version;

ALTER SEQUENCE filter_terms_number_seq RENAME TO terms_number_seq;
ALTER SEQUENCE vocabulary_number_seq RENAME TO words_number_seq;
ALTER TABLE filter_index RENAME CONSTRAINT filter_index_pkey TO facets_pkey;
ALTER TABLE filter_terms RENAME CONSTRAINT filter_terms_pkey TO terms_pkey;
ALTER TABLE websub_queue RENAME CONSTRAINT websub_queue_pkey TO pings_pkey;
ALTER TABLE vocabulary RENAME CONSTRAINT vocabulary_pkey TO words_pkey;
ALTER INDEX items_catalogue_revision RENAME TO items_written;
ALTER INDEX filter_terms_value RENAME TO terms_value;
ALTER INDEX filter_index_newest RENAME TO facets_newest;
ALTER INDEX impact_statistics_sortable_value RENAME TO impact_statistics_value;
ALTER INDEX api_keys_key_hash RENAME TO api_keys_digest;
ALTER INDEX websub_queue_due RENAME TO pings_due;
ALTER INDEX vocabulary_token RENAME TO words_token;

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
