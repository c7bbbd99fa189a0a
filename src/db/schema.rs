//! The tables as diesel sees them; the same for both databases. A test compares them with the migrations.
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
    revisions (kind) {
        kind -> Text,
        revision -> BigInt,
        changed_at -> Instant,
    }
    items (id) {
        id -> Uuid,
        kind -> Text,
        slug -> Text,
        status -> Text,
        original_language -> Text,
        languages -> Text,
        public_languages -> Text,
        refers_to -> Text,
        revision -> BigInt,
        is_public -> Bool,
        was_public -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
        published_at -> Nullable<Instant>,
        deleted_at -> Nullable<Instant>,
        purged_at -> Nullable<Instant>,
    }
    slugs (kind, slug) {
        kind -> Text,
        slug -> Text,
        item_id -> Uuid,
    }
    texts (item_id, language) {
        item_id -> Uuid,
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
    links (item_id, field, position) {
        item_id -> Uuid,
        field -> Text,
        position -> BigInt,
        target_id -> Uuid,
        role -> Nullable<Text>,
        start_seconds -> Nullable<BigInt>,
        end_seconds -> Nullable<BigInt>,
    }
    terms (number) {
        number -> BigInt,
        field -> Text,
        value -> Text,
    }
    facets (item_id, term) {
        item_id -> Uuid,
        term -> BigInt,
        is_public -> Bool,
        published_at -> Instant,
    }
    videos (id) {
        id -> Uuid,
        duration_seconds -> Nullable<BigInt>,
        recorded_on -> Nullable<Date>,
        licence -> Nullable<Text>,
        countries -> Nullable<Text>,
        spoken_languages -> Nullable<Text>,
        sources -> Nullable<Text>,
        thumbnail -> Nullable<Text>,
        captions -> Nullable<Text>,
        chapters -> Nullable<Text>,
        credits -> Nullable<Text>,
        accessibility -> Nullable<Text>,
    }
    programmes (id) {
        id -> Uuid,
        start_date -> Nullable<Date>,
        end_date -> Nullable<Date>,
        website -> Nullable<Text>,
        iati_identifier -> Nullable<Text>,
        countries -> Nullable<Text>,
        helplines -> Nullable<Text>,
    }
    partners (id) {
        id -> Uuid,
        kind -> Nullable<Text>,
        acronym -> Nullable<Text>,
        is_group -> Bool,
        country -> Nullable<Text>,
        website -> Nullable<Text>,
        logo -> Nullable<Text>,
    }
    impact_statistics (id) {
        id -> Uuid,
        value -> Nullable<Text>,
        value_order -> Nullable<Text>,
        qualifier -> Text,
        unit -> Nullable<Text>,
        measure -> Text,
        ascending -> Nullable<Bool>,
        additive -> Nullable<Bool>,
        countries -> Nullable<Text>,
        period_start -> Nullable<Date>,
        period_end -> Nullable<Date>,
        baseline -> Nullable<Text>,
        target -> Nullable<Text>,
        disaggregation -> Nullable<Text>,
        source -> Nullable<Text>,
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
    search_entries (key) {
        key -> BigInt,
        item_id -> Uuid,
        audience -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    items,
    slugs,
    texts,
    links,
    terms,
    facets,
    videos,
    programmes,
    partners,
    impact_statistics,
    search_entries
);
