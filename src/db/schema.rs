//! The tables as diesel sees them; the same for both databases. A test compares them with the
//! migrations.
#![expect(missing_docs, reason = "the migrations describe the columns")]

use super::types::sql::{Instant, Uuid};

/// Writes a `table!` with the column types of both databases in scope.
macro_rules! tables {
    ($($name:ident ($($key:ident),+) { $($column:ident -> $type:ty,)+ })+) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use super::{Instant, Uuid};
            $name ($($key),+) { $($column -> $type,)+ }
        })+
    };
}

tables! {
    revisions (number) {
        number -> BigInt,
        state -> Text,
    }
    items (number) {
        number -> BigInt,
        id -> Uuid,
        kind -> Text,
        slug -> Text,
        status -> Text,
        original_language -> Text,
        languages -> Text,
        public_languages -> Text,
        refers_to -> Text,
        own -> Text,
        tracks -> Text,
        revision -> BigInt,
        is_public -> Bool,
        was_public -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
        published_at -> Nullable<Instant>,
        deleted_at -> Nullable<Instant>,
        purged_at -> Nullable<Instant>,
        written -> BigInt,
    }
    slugs (kind, slug) {
        kind -> Text,
        slug -> Text,
        item -> BigInt,
    }
    texts (key) {
        key -> BigInt,
        language -> Text,
        status -> Text,
        title -> Text,
        summary -> Nullable<Text>,
        description -> Nullable<Text>,
        content_note -> Nullable<Text>,
        credit_line -> Nullable<Text>,
        disclaimer -> Nullable<Text>,
        sort_key -> Text,
    }
    terms (number) {
        number -> BigInt,
        field -> Text,
        value -> Text,
    }
    facets (item, term) {
        item -> BigInt,
        term -> BigInt,
        is_public -> Bool,
        published_at -> Instant,
        signature -> BigInt,
    }
    videos (number) {
        number -> BigInt,
        duration_seconds -> Nullable<BigInt>,
        recorded_on -> Nullable<Date>,
    }
    programmes (number) {
        number -> BigInt,
        start_date -> Nullable<Date>,
        end_date -> Nullable<Date>,
    }
    impact_statistics (number) {
        number -> BigInt,
        is_public -> Bool,
        value_order -> Nullable<Text>,
        period_start -> Nullable<Date>,
        period_end -> Nullable<Date>,
        facts -> Text,
    }
    tracks (number) {
        number -> BigInt,
        id -> Uuid,
        item -> BigInt,
        kind -> Text,
        language -> Text,
        label -> Nullable<Text>,
        head -> Text,
        cue_count -> BigInt,
        revision -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
    cues (key) {
        key -> BigInt,
        start_ms -> BigInt,
        end_ms -> BigInt,
        payload -> Text,
        rest -> Nullable<Text>,
    }
    feed_changes (kind) {
        kind -> Text,
        first_at -> Instant,
        last_at -> Instant,
    }
    pings (topic) {
        topic -> Text,
        changes -> BigInt,
        attempts -> BigInt,
        due_at -> Instant,
    }
    api_keys (id) {
        id -> Uuid,
        name -> Text,
        role -> Text,
        digest -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
    }
    idempotent_requests (caller, key) {
        caller -> Uuid,
        key -> Text,
        digest -> Text,
        attempt -> Uuid,
        status -> Nullable<BigInt>,
        headers -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    items,
    slugs,
    texts,
    terms,
    facets,
    videos,
    programmes,
    impact_statistics
);
