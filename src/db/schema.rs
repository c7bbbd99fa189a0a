//! The diesel tables, the same for both databases. A server compares their names with the live
//! schema when it starts, see [`super::schema_version`].
#![expect(missing_docs, reason = "the migrations describe the columns")]

use super::types::sql::{Instant, Uuid};

/// Declares each table with the column types of both databases in scope, and lists the names.
macro_rules! tables {
    ($($name:ident ($($key:ident),+) { $($column:ident -> $type:ty,)+ })+) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use super::{Instant, Uuid};
            $name ($($key),+) { $($column -> $type,)+ }
        })+

        /// All tables and their columns, except the full-text index.
        pub(super) const TABLES: &[(&str, &[&str])] =
            &[$((stringify!($name), &[$(stringify!($column)),+])),+];
    };
}

tables! {
    revisions (number) {
        number -> BigInt,
        entries -> Text,
    }
    revision_log (revision) {
        revision -> BigInt,
        nonce -> BigInt,
    }
    secrets (name) {
        name -> Text,
        value -> Text,
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
        reference_list -> Text,
        fields -> Text,
        tracks -> Text,
        revision -> BigInt,
        nonce -> BigInt,
        is_public -> Bool,
        ever_public -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
        published_at -> Nullable<Instant>,
        unpublish_at -> Nullable<Instant>,
        unpublish_referrers -> Bool,
        archived_from_public -> Bool,
        deleted_at -> Nullable<Instant>,
        purged_at -> Nullable<Instant>,
        catalogue_revision -> BigInt,
        public_revision -> BigInt,
        public_nonce -> BigInt,
        public_updated_at -> Instant,
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
        comment -> Nullable<Text>,
        sort_key -> Text,
    }
    filter_terms (number) {
        number -> BigInt,
        field -> Text,
        value -> Text,
    }
    filter_index (item, term) {
        item -> BigInt,
        term -> BigInt,
        is_public -> Bool,
        published_at -> Instant,
        bloom_signature -> BigInt,
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
    results (number) {
        number -> BigInt,
        position -> Nullable<BigInt>,
    }
    indicators (number) {
        number -> BigInt,
        position -> Nullable<BigInt>,
    }
    impact_statistics (number) {
        number -> BigInt,
        is_public -> Bool,
        sortable_value -> Nullable<Text>,
        period_start -> Nullable<Date>,
        period_end -> Nullable<Date>,
        fact_record -> Text,
    }
    tracks (number) {
        number -> BigInt,
        id -> Uuid,
        item -> BigInt,
        kind -> Text,
        language -> Text,
        label -> Nullable<Text>,
        header -> Text,
        cue_count -> BigInt,
        revision -> BigInt,
        nonce -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
    cues (key) {
        key -> BigInt,
        start_ms -> BigInt,
        end_ms -> BigInt,
        payload -> Text,
        extras -> Nullable<Text>,
    }
    feed_changes (kind) {
        kind -> Text,
        first_at -> Instant,
        last_at -> Instant,
    }
    websub_queue (topic) {
        topic -> Text,
        changes -> BigInt,
        attempts -> BigInt,
        due_at -> Instant,
    }
    api_keys (id) {
        id -> Uuid,
        name -> Text,
        role -> Text,
        key_hash -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
    }
    idempotent_requests (caller, key) {
        caller -> Uuid,
        key -> Text,
        request_hash -> Text,
        attempt -> Uuid,
        status -> Nullable<BigInt>,
        headers -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> Instant,
    }
    vocabulary (number) {
        number -> BigInt,
        token -> Text,
        spelling -> Text,
    }
    derived_versions (name) {
        name -> Text,
        version -> BigInt,
    }
    schema_version (number) {
        number -> BigInt,
        version -> BigInt,
        fingerprint -> Text,
        oldest_compatible -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    items,
    slugs,
    texts,
    filter_terms,
    filter_index,
    videos,
    programmes,
    impact_statistics
);
