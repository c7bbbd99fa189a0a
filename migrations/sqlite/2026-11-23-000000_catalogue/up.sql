-- The catalogue: what every kind of item shares, then what each kind has of its own.
-- SQLite: identifiers are 16-byte blobs, times are microseconds since 1970 (UTC).

-- One row, since every read asks for all of it: for the catalogue, for what was mended, and for each kind that was ever written its
-- revision and when it changed (microseconds since 1970), with spaces between and commas after each: `catalogue 2 1779177600000000,video 2 1779177600000000`.
CREATE TABLE revisions (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number = 1),
    state TEXT NOT NULL
);
INSERT INTO revisions (number, state) VALUES (1, '');

-- One row holds what every list shows of an item but its texts. `number` is the row's own, never shown: it grows as `id` does, and
-- as a key it is short. `languages` are those that there are texts in, `public_languages` those of published texts: tags in order, with
-- spaces between. `refers_to` holds the references as JSON, `own` the fields that only its kind has; both are empty where there
-- are none. `written` is the revision of the catalogue with which it was last written.
CREATE TABLE items (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    original_language TEXT NOT NULL,
    languages TEXT NOT NULL,
    public_languages TEXT NOT NULL,
    refers_to TEXT NOT NULL,
    own TEXT NOT NULL,
    tracks TEXT NOT NULL,
    revision BIGINT NOT NULL,
    is_public BOOLEAN NOT NULL,
    was_public BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    published_at BIGINT,
    deleted_at BIGINT,
    purged_at BIGINT,
    written BIGINT NOT NULL
);
CREATE UNIQUE INDEX items_id ON items (id);
CREATE UNIQUE INDEX items_slug ON items (kind, slug);
CREATE INDEX items_public_newest ON items (kind, is_public, published_at DESC, number);
CREATE INDEX items_status_newest ON items (kind, status, published_at DESC, number);
CREATE INDEX items_updated ON items (kind, updated_at, number);
-- What was written since a revision, for what is kept in memory.
CREATE INDEX items_written ON items (kind, written);
-- What was deleted and is still kept, for the purge.
CREATE INDEX items_deleted ON items (kind, deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- Every slug an item has ever had; a slug is never given to another item of its kind.
CREATE TABLE slugs (
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    item BIGINT NOT NULL REFERENCES items (number),
    PRIMARY KEY (kind, slug)
) WITHOUT ROWID;

-- Texts per language; `title` is the name of a partner or topic and the label of a statistic. The key is 512 times the number of
-- the item and the place of the language among its `languages`: a text is found without an index, and those of an item stand together.
CREATE TABLE texts (
    key INTEGER NOT NULL PRIMARY KEY,
    language TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    title TEXT NOT NULL,
    summary TEXT,
    description TEXT,
    content_note TEXT,
    credit_line TEXT,
    disclaimer TEXT,
    sort_key TEXT NOT NULL
);

-- Few texts have a content note; which, is asked where the language of an answer has none.
CREATE INDEX texts_with_content_note ON texts (key) WHERE content_note IS NOT NULL;

-- Every value that an equality filter has found something by, numbered, so that the filter index stays small. Numbers stay.
CREATE TABLE terms (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    field TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE UNIQUE INDEX terms_value ON terms (value, field);

-- The filter index: one row for each value that an item is found by; what refers to an item is found here too. What the public may
-- see is repeated from the item, so that the newest of a value are read from one index, in order. The signature has a bit for each
-- value of the item that narrows much: rows whose item cannot have another value are passed over without looking. It is derived, and
-- checked as a whole: no foreign keys, which would cost two lookups for each row.
CREATE TABLE facets (
    item BIGINT NOT NULL,
    term BIGINT NOT NULL,
    is_public BOOLEAN NOT NULL,
    published_at BIGINT NOT NULL,
    signature BIGINT NOT NULL,
    PRIMARY KEY (item, term)
) WITHOUT ROWID;
CREATE INDEX facets_newest ON facets (term, is_public, published_at DESC, item, signature);

-- What lists of a kind are sorted by or limited to, repeated from the fields of the item.
CREATE TABLE videos (
    number INTEGER NOT NULL PRIMARY KEY REFERENCES items (number),
    duration_seconds BIGINT,
    recorded_on DATE
);
CREATE INDEX videos_duration ON videos (duration_seconds, number);
CREATE INDEX videos_recorded ON videos (recorded_on, number);

CREATE TABLE programmes (
    number INTEGER NOT NULL PRIMARY KEY REFERENCES items (number),
    start_date DATE,
    end_date DATE
);
CREATE INDEX programmes_start ON programmes (start_date, number);

-- `facts` is what a summary asks of a statistic, in one text: what it is about, when, and its values; with tabs between.
CREATE TABLE impact_statistics (
    number INTEGER NOT NULL PRIMARY KEY REFERENCES items (number),
    is_public BOOLEAN NOT NULL,
    value_order TEXT,
    period_start DATE,
    period_end DATE,
    facts TEXT NOT NULL
);
CREATE INDEX impact_statistics_value ON impact_statistics (value_order, number);
CREATE INDEX impact_statistics_period ON impact_statistics (period_start, number);

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

-- Kinds of which something changed that the public sees, since when and until when, until the feeds that this concerns are queued below.
-- Only where there is a hub.
CREATE TABLE feed_changes (
    kind TEXT NOT NULL PRIMARY KEY,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

-- Feeds of whose change a hub is still to be told (WebSub): how many changes a ping stands for, how often it was sent in vain, and when it
-- is sent next. A node that sends it puts that off first, so that no other does.
CREATE TABLE pings (
    topic TEXT NOT NULL PRIMARY KEY,
    changes BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX pings_due ON pings (due_at);

-- Text tracks of items: captions, subtitles, descriptions and chapters. `head` is what a WebVTT file says beside its cues, as JSON; it is
-- empty where it says nothing. An item repeats in `tracks` what it shows of them.
CREATE TABLE tracks (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    item BIGINT NOT NULL REFERENCES items (number),
    kind TEXT NOT NULL CHECK (kind IN ('captions', 'subtitles', 'descriptions', 'chapters')),
    language TEXT NOT NULL,
    label TEXT,
    head TEXT NOT NULL,
    cue_count BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tracks_item ON tracks (item, kind, language);

-- Their cues, with times in milliseconds. The key is 32,768 times the number of the track and the place of the cue, from 0. `payload` is
-- cue text of WebVTT; `rest` holds identifier, settings and notes as JSON where there are any.
CREATE TABLE cues (
    key INTEGER NOT NULL PRIMARY KEY,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT NOT NULL,
    payload TEXT NOT NULL,
    rest TEXT
);

-- Full text. The key of an entry, `rowid`, has 33 bits for the second after 1900 of its item's publication (or else when it was stored),
-- 28 for the number of the item, and two for whom it serves: 0 everybody (published languages), 1 editors (all languages), 2 both, where
-- they would be the same. A token begins with the letters of its kind of item and of its field. Contentless: the tokens are analysed in
-- Rust and can always be made again from the texts.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
-- What one transaction writes is one segment, up to eight megabytes.
INSERT INTO search_index (search_index, rank) VALUES ('hashsize', 8388608);

-- Words as texts spell them, for what was probably meant by a misspelt one. The token is the letter of the script (`c` Cyrillic, `l` any
-- other) and the word folded. Words stay when the texts that had them go: what is offered is searched for first.
CREATE TABLE words (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL,
    spelling TEXT NOT NULL
);
CREATE UNIQUE INDEX words_token ON words (token);
