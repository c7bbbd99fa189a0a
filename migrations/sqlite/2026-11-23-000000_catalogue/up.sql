-- The catalogue: what every kind of item shares, then what each kind has of its own.
-- SQLite: identifiers are 16-byte blobs, times are microseconds since 1970 (UTC).

CREATE TABLE revisions (
    kind TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
INSERT INTO revisions (kind, revision, changed_at) VALUES
    ('catalogue', 0, 0), ('video', 0, 0), ('programme', 0, 0), ('partner', 0, 0), ('impact_statistic', 0, 0), ('topic', 0, 0);

-- `languages` are those that there are texts in, `public_languages` those of published texts: tags in order, with spaces between.
-- `refers_to` repeats the rows of `links` as JSON, so that a read needs no second table; empty where there are none.
CREATE TABLE items (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    original_language TEXT NOT NULL,
    languages TEXT NOT NULL,
    public_languages TEXT NOT NULL,
    refers_to TEXT NOT NULL,
    revision BIGINT NOT NULL,
    is_public BOOLEAN NOT NULL,
    was_public BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    published_at BIGINT,
    deleted_at BIGINT,
    purged_at BIGINT
);
CREATE UNIQUE INDEX items_slug ON items (kind, slug);
CREATE INDEX items_public_newest ON items (kind, is_public, published_at DESC, id);
CREATE INDEX items_status_newest ON items (kind, status, published_at DESC, id);
CREATE INDEX items_updated ON items (kind, updated_at, id);
-- What was deleted and is still kept, for the purge.
CREATE INDEX items_deleted ON items (kind, deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- Every slug an item has ever had; a slug is never given to another item of its kind.
CREATE TABLE slugs (
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, slug)
) WITHOUT ROWID;
CREATE INDEX slugs_item ON slugs (item_id);

-- Texts per language; `title` is the name of a partner or topic and the label of a statistic. Rows are large: by their
-- key they would make a deep tree.
CREATE TABLE texts (
    item_id BLOB NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    title TEXT NOT NULL,
    summary TEXT,
    description TEXT,
    content_note TEXT,
    credit_line TEXT,
    disclaimer TEXT,
    sort_key TEXT  NOT NULL,
    PRIMARY KEY (item_id, language)
);

-- References from item to item, in the order they are shown.
CREATE TABLE links (
    item_id BLOB NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    position BIGINT NOT NULL,
    target_id BLOB NOT NULL REFERENCES items (id),
    role TEXT,
    start_seconds BIGINT,
    end_seconds BIGINT,
    PRIMARY KEY (item_id, field, position)
) WITHOUT ROWID;
CREATE INDEX links_target ON links (target_id, field);

-- Every value that an equality filter has found something by, numbered, so that the filter index stays small. Numbers stay.
CREATE TABLE terms (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    field TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE UNIQUE INDEX terms_value ON terms (field, value);

-- The filter index: one row for each value that an item is found by. What the public may see is repeated from
-- the item, so that the newest of a value are read from one index, in order.
CREATE TABLE facets (
    item_id BLOB NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    term BIGINT NOT NULL REFERENCES terms (number),
    is_public BOOLEAN NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (item_id, term)
) WITHOUT ROWID;
CREATE INDEX facets_newest ON facets (term, is_public, published_at DESC, item_id);

CREATE TABLE videos (
    id BLOB NOT NULL PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    duration_seconds BIGINT,
    recorded_on DATE,
    licence TEXT,
    countries TEXT,
    spoken_languages TEXT,
    sources TEXT,
    thumbnail TEXT,
    captions TEXT,
    chapters TEXT,
    credits TEXT,
    accessibility TEXT
);
CREATE INDEX videos_duration ON videos (duration_seconds, id);
CREATE INDEX videos_recorded ON videos (recorded_on, id);

CREATE TABLE programmes (
    id BLOB NOT NULL PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    start_date DATE,
    end_date DATE,
    website TEXT,
    iati_identifier TEXT,
    countries TEXT,
    helplines TEXT
);

CREATE TABLE partners (
    id BLOB NOT NULL PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    kind TEXT,
    acronym TEXT,
    is_group BOOLEAN NOT NULL,
    country TEXT,
    website TEXT,
    logo TEXT
);

CREATE TABLE impact_statistics (
    id BLOB NOT NULL PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    value TEXT,
    value_order TEXT ,
    qualifier TEXT NOT NULL,
    unit TEXT,
    measure TEXT NOT NULL,
    ascending BOOLEAN,
    additive BOOLEAN,
    countries TEXT,
    period_start DATE,
    period_end DATE,
    baseline TEXT,
    target TEXT,
    disaggregation TEXT,
    source TEXT
);
CREATE INDEX impact_statistics_value ON impact_statistics (value_order, id);
CREATE INDEX impact_statistics_period ON impact_statistics (period_start, id);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest);

-- Requests under an Idempotency-Key and what was answered; without a status while they run.
CREATE TABLE idempotent_requests (
    caller BLOB NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    attempt BLOB NOT NULL,
    status BIGINT,
    headers TEXT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotent_requests_age ON idempotent_requests (created_at);

-- Full text: one entry for the public (published languages) and one for editors (all languages).
CREATE TABLE search_entries (
    key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    item_id BLOB NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    audience TEXT NOT NULL
);
CREATE UNIQUE INDEX search_entries_item ON search_entries (item_id, audience);

-- Contentless: the tokens are analysed in Rust and can always be made again from the texts.
CREATE VIRTUAL TABLE search_index USING fts5 (
    title, summary, names, body,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3'
);
